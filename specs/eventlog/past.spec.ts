/**
 * Back in time: the state at a moment is the fold of the events up to it, exact to one event.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { defaults } from '../../src/config/config.ts';
import type { LogFolder } from '../../src/eventlog/files.ts';
import { offsetMoment, timeMoment } from '../../src/eventlog/format.ts';
import { foldTo, type Past } from '../../src/eventlog/past.ts';
import { recoverTo } from '../../src/eventlog/recover.ts';
import { restore } from '../../src/eventlog/restore.ts';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { program } from '../support/arbitrary-commands.ts';
import { MemoryServer } from '../support/reduce.ts';
import type { Arg } from '../support/reply.ts';
import { makeTempDir } from '../support/temp.ts';
import { ask as answer, folderIn, type Kind, loadFolder, messageOf, RecordedLog } from './recorded-log.ts';

const long = process.env['FERROUS_LONG'] === '1';
const config = { ...defaults, save: [] };
const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

const reached = (past: E.Either<{ readonly message: string }, Past>): Past => {
  if (E.isLeft(past)) throw new Error(past.left.message);
  return past.right;
};

const digestOf = ({ server }: Past): string => digestKeyspace(server.services.keyspace);

/** A log of some segments and bases in between. */
const anyLog = (kinds: readonly Kind[]) =>
  fc
    .tuple(
      fc.constantFrom(...kinds),
      program({ maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 3 }),
      fc.boolean(),
    )
    .map(([kind, { commands }, rotations, isSealed]) => {
      const log = new RecordedLog(kind, 5000);
      log.snapshot(true);
      for (const [index, { args }] of commands.entries()) {
        for (const [at, base] of rotations) if (at === index) log.rotate(base);
        log.wait(1000);
        log.run(wordsOf(args));
      }
      if (isSealed) log.seal();
      return log;
    });

/** Says of all bases where they stand, as the log's service does. */
const saved = (log: RecordedLog, dir: string): LogFolder => {
  const folder = log.save(dir);
  folder.writeHistory(
    log.bases.map(({ name, offset, timeUs }, index) => ({
      kind: 'base',
      name,
      seq: index + 1,
      from: offset,
      to: offset,
      fromUs: timeUs,
      toUs: timeUs,
      seal: undefined,
    })),
  );
  return folder;
};

test('the state at any offset is the fold of the events that end there or before', async (t) => {
  const dir = await makeTempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      anyLog(['trail', 'timestamps', 'plain']),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (log, share) => {
        const folder = saved(log, `${dir}/${runs++}`);
        const offset = 5000 + Math.floor((log.offset - 5000) * share);
        const past = reached(await foldTo({ folder, config, moment: offsetMoment(offset) })());
        const expected = log.states.filter((state) => state.offset <= offset).at(-1);
        t.is(digestOf(past), expected?.digest ?? '');
        t.true(past.reached.offset <= offset);
      },
    ),
    { numRuns: long ? 1000 : 60 },
  );
});

test('the state at any time is the fold of the events that had happened by then', async (t) => {
  const dir = await makeTempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      anyLog(['trail', 'timestamps']),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (log, share) => {
        const folder = saved(log, `${dir}/${runs++}`);
        const [first] = log.states;
        const startUs = first?.timeUs ?? 0;
        const us = startUs + Math.floor((log.timeUs - startUs) * share);
        const past = reached(await foldTo({ folder, config, moment: timeMoment(us) })());
        const expected = log.states.filter((state) => state.timeUs <= us).at(-1);
        t.is(digestOf(past), expected?.digest ?? '');
        t.is(past.server.services.environment.scheduler.now(), Math.floor(us / 1000));
      },
    ),
    { numRuns: long ? 1000 : 60 },
  );
});

/** A log with a key that is over after a second. */
const expiring = (): RecordedLog => {
  const log = new RecordedLog('trail');
  log.snapshot(true);
  log.run('SET key short PX 1000');
  log.wait(500);
  log.run('SET other 1');
  log.wait(1500);
  log.run('GET key');
  log.run('SET last 1');
  return log;
};

const ask = ({ server }: Past, command: string): string => answer(server, command);

test('a key that was not over at the moment is there, and one that was is not', async (t) => {
  const log = expiring();
  const folder = saved(log, await makeTempDir(t));
  const [first] = log.states;
  const startUs = first?.timeUs ?? 0;
  const at = async (us: number): Promise<string> =>
    ask(reached(await foldTo({ folder, config, moment: timeMoment(startUs + us) })()), 'GET key');
  t.is(await at(600_000), '"short"');
  t.is(await at(999_000), '"short"');
  t.is(await at(1_200_000), '$-1');
});

test('a moment that the log does not lead to is refused with the range that can be restored', async (t) => {
  const log = new RecordedLog('trail', 5000);
  log.snapshot(true);
  log.run('SET a 1');
  const folder = saved(log, await makeTempDir(t));
  const message = async (moment: Parameters<typeof foldTo>[0]['moment']): Promise<string> => {
    const past = await foldTo({ folder, config, moment })();
    return E.isLeft(past) ? past.left.message : 'reached';
  };
  const range = /what can be restored is offset:5000 \(2023-11-14T22:13:20\.000000Z\) to offset:5050 \(/;
  t.regex(await message(offsetMoment(4999)), range);
  t.regex(await message(offsetMoment(5051)), range);
  t.regex(await message(timeMoment(1_000_000_000_000_000)), range);
  t.is(await message(offsetMoment(5050)), 'reached');
});

test('a log without times can be asked for an offset only', async (t) => {
  const log = new RecordedLog('plain');
  log.snapshot(true);
  log.run('SET a 1');
  log.wait(5000);
  log.run('SET a 2');
  log.wait(5000);
  log.seal();
  const folder = saved(log, await makeTempDir(t));
  const [first] = log.states;
  const startUs = first?.timeUs ?? 0;
  const past = await foldTo({ folder, config, moment: timeMoment(startUs + 2_000_000) })();
  t.regex(E.isLeft(past) ? past.left.message : '', /does not say when its commands came .* ask for an offset/);
  t.is(ask(reached(await foldTo({ folder, config, moment: timeMoment(log.timeUs) })()), 'GET a'), '"2"');
});

test('a restored folder holds the state of the moment, as a log and as an RDB, and goes on under another id', async (t) => {
  const log = new RecordedLog('trail', 5000);
  log.snapshot(true);
  for (let i = 0; i < 20; i++) log.run(`SET key:${i} ${i}`);
  const state = log.states[10];
  const dir = await makeTempDir(t);
  const folder = saved(log, join(dir, 'from'));
  const out = join(dir, 'to');
  const restored = await restore({ folder, config, moment: offsetMoment(state?.offset ?? 0), out })();
  if (E.isLeft(restored)) throw new Error(restored.left.message);
  t.is(restored.right.keys, 10);
  const result = await loadFolder(folderIn(out));
  t.is(messageOf(result), '');
  t.is(result.digest, state?.digest ?? '');
  const loaded = E.isRight(result.loaded) ? result.loaded.right : undefined;
  t.is(loaded?.offset, state?.offset);
  t.not(loaded?.replid, 'f'.repeat(40));
  t.true(readdirSync(out).includes('dump.rdb'));

  const again = await restore({ folder, config, moment: offsetMoment(5000), out })();
  t.regex(E.isLeft(again) ? again.left.message : '', /is not empty/);
});

test('a recovery ends the log at the moment, keeps what came later aside, and is done once', async (t) => {
  const log = new RecordedLog('trail', 5000);
  log.snapshot(true);
  log.run('SET a 1');
  log.rotate(true);
  log.run('SET a 2');
  log.run('SET a 3');
  log.rotate(true);
  log.run('SET a 4');
  const state = log.states.filter(({ digest }) => digest === log.states[3]?.digest).at(-1);
  const dir = await makeTempDir(t);
  const folder = saved(log, dir);
  const before = new Map(readdirSync(folder.path).map((name) => [name, readFileSync(folder.file(name))]));
  const { services } = new MemoryServer().server;
  const moment = offsetMoment(state?.offset ?? 0);
  const done = await recoverTo(services, folder, moment)();
  t.deepEqual(done, E.right(undefined));
  const result = await loadFolder(folder);
  t.is(messageOf(result), '');
  t.is(result.digest, state?.digest ?? '');
  t.is(result.server.run('GET a').reply, '"2"');
  const loaded = E.isRight(result.loaded) ? result.loaded.right : undefined;
  t.is(loaded?.offset, state?.offset);
  t.is(loaded?.replid, undefined);

  // All that was there is there, here or beside.
  const aside = readdirSync(dir).find((name) => name.includes('before-recovery')) ?? '';
  for (const [name, bytes] of before) {
    const places = [join(folder.path, name), join(dir, aside, name)];
    const kept = places.some((path) => {
      try {
        return readFileSync(path).equals(bytes);
      } catch {
        return false;
      }
    });
    t.true(kept, name);
  }
  // The past before the moment is still there.
  t.is(
    ask(reached(await foldTo({ folder, config, moment: offsetMoment(log.states[1]?.offset ?? 0) })()), 'GET a'),
    '"1"',
  );

  // The directive may stay: what is written from now on is not cut off.
  const [, second] = log.files;
  const path = folder.file(second?.name ?? '');
  const kept = readFileSync(path);
  writeFileSync(path, Buffer.concat([kept, Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nnew\r\n')]));
  t.deepEqual(await recoverTo(services, folder, moment)(), E.right(undefined));
  t.is((await loadFolder(folder)).server.run('GET a').reply, '"new"');
});

test('a recovery that a crash has cut short is finished at the next start', async (t) => {
  const log = new RecordedLog('trail', 5000);
  log.snapshot(true);
  log.run('SET a 1');
  log.run('SET a 2');
  log.rotate(true);
  log.run('SET a 3');
  const dir = await makeTempDir(t);
  const { services } = new MemoryServer().server;
  const moment = offsetMoment(log.states[1]?.offset ?? 0);
  const whole = saved(log, join(dir, 'whole'));
  await recoverTo(services, whole, moment)();
  const note = readFileSync(whole.file('appendonly.aof.recovered'), 'latin1').replace(
    '"isDone":true',
    '"isDone":false',
  );
  const aside = /"aside":"([^"]+)"/.exec(note)?.[1] ?? '';
  // As it is when nothing but the note was written.
  const cut = saved(log, join(dir, 'cut'));
  mkdirSync(join(dir, 'cut', aside));
  writeFileSync(cut.file('appendonly.aof.recovered'), note);
  t.deepEqual(await recoverTo(services, cut, undefined)(), E.right(undefined));
  const result = await loadFolder(cut);
  t.is(messageOf(result), '');
  t.is(result.digest, log.states[1]?.digest ?? '');
});

test("a log of redis-server's can be gone back in, its offsets being counted from its first segment", async (t) => {
  const log = new RecordedLog('redis');
  for (let i = 0; i < 3; i++) {
    log.run(`SET a ${i}`);
    log.run(`SET b ${i}`);
    if (i < 2) log.rotate();
  }
  const dir = await makeTempDir(t);
  for (const [index, { offset, digest }] of log.states.entries()) {
    const folder = log.save(join(dir, String(index)));
    t.is(digestOf(reached(await foldTo({ folder, config, moment: offsetMoment(offset) })())), digest);
    if (offset === 0) continue;
    const { services } = new MemoryServer().server;
    t.deepEqual(await recoverTo(services, folder, offsetMoment(offset))(), E.right(undefined));
    const result = await loadFolder(folder);
    t.is(messageOf(result), '');
    t.is(result.digest, digest);
  }
});
