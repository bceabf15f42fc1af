/**
 * Who changed a key: the index finds what a full scan finds, and before and after are what the server really had.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { Asker } from '../../src/eventlog/ask.ts';
import { effectOf } from '../../src/eventlog/dependence.ts';
import type { LoggedEvent } from '../../src/eventlog/event.ts';
import { backwards, WantedKeys } from '../../src/eventlog/history-walk.ts';
import { indexOf, indexPath } from '../../src/eventlog/index-file.ts';
import { type KeyValue, NO_VALUE, readValue } from '../../src/eventlog/key-value.ts';
import { scan } from '../../src/eventlog/scan.ts';
import { listSegments } from '../../src/eventlog/segments.ts';
import { type Change, who } from '../../src/eventlog/who.ts';
import { makeTempDir } from '../support/temp.ts';
import { anyLog, client, MadeLog } from './make-log.ts';
import { RecordedLog } from './recorded-log.ts';

const speaksOf = (event: LoggedEvent, key: string): boolean => {
  if (event.class !== 'write') return false;
  const { touched, flushed, swapped } = effectOf(event);
  return flushed !== undefined || swapped !== undefined || touched.some((one) => one.key === key);
};

const inOrder = async (events: AsyncIterable<LoggedEvent>): Promise<LoggedEvent[]> => {
  const found: LoggedEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
};

const findBackwards = async (folder: string, key: string, blockBytes: number): Promise<LoggedEvent[]> => {
  const wanted = new WantedKeys();
  wanted.add({ db: 0, key });
  const found: LoggedEvent[] = [];
  for await (const { event } of backwards(await listSegments(folder), wanted, { blockBytes })) found.push(event);
  return found.reverse();
};

const someKey = fc.constantFrom('a', 'b', 'user:1', '', '\xff\r\n#W:', 'nobody');
const blockSize = fc.constantFrom(1, 100, 700, 65536);

test('The index finds exactly the events that a full scan finds, with their clients', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyLog({ maxLength: 40 }), someKey, blockSize, async (log, key, blockBytes) => {
      const folder = log.save(await makeTempDir(t));
      const expected = (await inOrder(scan(folder))).filter((event) => speaksOf(event, key));
      assert.deepEqual(await findBackwards(folder, key, blockBytes), expected);
      // And so does the index that is stored now.
      assert.deepEqual(await findBackwards(folder, key, blockBytes), expected);
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('An index grows with its segment, wherever that ended when somebody asked', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      anyLog({ maxLength: 25 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      blockSize,
      async (log, cuts, blockBytes) => {
        const folder = await makeTempDir(t);
        const [[name, bytes]] = [...log.files()];
        const ends = [...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        for (const end of ends) {
          writeFileSync(join(folder, name), bytes.subarray(0, end));
          const expected = (await inOrder(scan(folder))).filter((event) => speaksOf(event, 'a'));
          assert.deepEqual(await findBackwards(folder, 'a', blockBytes), expected);
        }
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

const indexed = async (t: { teardown(undo: () => unknown): void }) => {
  const log = new MadeLog({});
  for (let i = 0; i < 3000; i++) log.write(client(1 + (i % 9)), 0, { args: ['SET', `key:${i}`, String(i)] });
  const folder = log.save(await makeTempDir(t));
  const [segment] = await listSegments(folder);
  await indexOf(segment);
  return { folder, segment, path: indexPath(segment.path) };
};

const damaged = test.macro<[damage: (path: string) => void]>({
  exec: async (t, damage) => {
    const { folder, path } = await indexed(t);
    const good = readFileSync(path);
    damage(path);
    const [change] = await who(folder, 'key:17');
    t.is(Buffer.from(change.event.args[1]).toString(), 'key:17');
    t.deepEqual(change.event.client, client(1 + (17 % 9)));
    t.deepEqual(readFileSync(path), good);
  },
  title: (name) => `An index that ${name} is made anew`,
});

test('is missing', damaged, (path) => rmSync(path));
test('is empty', damaged, (path) => writeFileSync(path, ''));
test('has a bit flipped', damaged, (path) => {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 4;
  writeFileSync(path, bytes);
});
test('is cut', damaged, (path) => writeFileSync(path, readFileSync(path).subarray(0, 100)));

test('An index of another segment is made anew', async (t) => {
  const { path } = await indexed(t);
  const other = new MadeLog({});
  for (let i = 0; i < 3000; i++) other.write(client(1), 0, { args: ['SET', `other:${i}`, `value ${i}`] });
  const folder = other.save(await makeTempDir(t));
  const [segment] = await listSegments(folder);
  writeFileSync(indexPath(segment.path), readFileSync(path));
  t.is((await who(folder, 'other:5')).length, 1);
});

test('A folder that is not to be written stays as it is', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  const folder = log.save(await makeTempDir(t));
  t.is((await who(folder, 'a', { save: false })).length, 1);
  const [segment] = await listSegments(folder);
  t.false(existsSync(indexPath(segment.path)));
});

// ── before and after ────────────────────────────────────────────────────────────────────────────────────────────────

const KEYS = ['a', 'b', 'c', 'd'];
const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom('1', '2', 'x', 'y');
const command: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(fc.constant('SET'), key, value),
  fc.tuple(key, value).map(([k, v]) => ['SET', k, v, 'KEEPTTL']),
  fc.tuple(key, value).map(([k, v]) => ['SET', k, v, 'EX', '100']),
  fc.tuple(fc.constant('APPEND'), key, value),
  fc.tuple(fc.constant('INCR'), key),
  fc.tuple(fc.constant('RPUSH'), key, value),
  fc.tuple(fc.constant('LPOP'), key),
  fc.tuple(fc.constant('RPOPLPUSH'), key, key),
  fc.tuple(fc.constant('SADD'), key, value),
  fc.tuple(fc.constant('SPOP'), key),
  fc.tuple(fc.constant('SMOVE'), key, key, value),
  fc.tuple(fc.constant('SUNIONSTORE'), key, key, key),
  fc.tuple(fc.constant('HSET'), key, value, value),
  fc.tuple(fc.constant('ZADD'), key, fc.constantFrom('1', '2'), value),
  fc.tuple(key, key).map(([a, b]) => ['ZUNIONSTORE', a, '2', b, a]),
  fc.tuple(key, key).map(([a, b]) => ['SORT', a, 'ALPHA', 'STORE', b]),
  fc.tuple(fc.constant('RENAME'), key, key),
  fc.tuple(key, key, fc.constantFrom('0', '1')).map(([a, b, db]) => ['COPY', a, b, 'DB', db, 'REPLACE']),
  fc.tuple(fc.constant('MOVE'), key, fc.constantFrom('0', '1')),
  fc.tuple(fc.constant('DEL'), key, key),
  fc.tuple(fc.constant('GETDEL'), key),
  fc.tuple(fc.constant('EXPIRE'), key, fc.constant('50')),
  fc.tuple(fc.constant('PERSIST'), key),
  fc.tuple(key, value, key, value).map((all) => ['MSET', ...all]),
  fc.constantFrom(['FLUSHDB'], ['FLUSHALL'], ['SWAPDB', '0', '1'], ['SELECT', '0'], ['SELECT', '1']),
);
type Act = readonly string[] | 'rotate' | 'base' | 'transaction' | number;
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: command },
    { weight: 2, arbitrary: fc.constantFrom<Act>('rotate', 'base', 'transaction') },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 60_000 }) },
  ),
  { maxLength: 40 },
);

/** What every key held, at offsets of the stream. */
type Values = ReadonlyMap<string, KeyValue>;

const play = (
  program: readonly Act[],
  offset: number,
): { readonly log: RecordedLog; readonly at: Map<number, Values> } => {
  const log = new RecordedLog('trail', offset);
  const asker = new Asker(log.server.server.services);
  const at = new Map<number, Values>();
  const note = (): void => {
    const values = new Map<string, KeyValue>();
    for (const db of [0, 1]) for (const k of KEYS) values.set(`${db}:${k}`, readValue(asker, db, Buffer.from(k)));
    at.set(log.offset, values);
  };
  if (offset > 0) log.snapshot(true);
  note();
  for (const act of program) {
    if (act === 'rotate') log.rotate();
    else if (act === 'base') log.rotate(true);
    else if (act === 'transaction') {
      for (const words of [['MULTI'], ['APPEND', 'a', '1'], ['SET', 'b', '2'], ['RENAME', 'b', 'c'], ['EXEC']])
        log.run(words);
    } else if (typeof act === 'number') log.wait(act);
    else log.run(act);
    note();
  }
  return { log, at };
};

const save = (log: RecordedLog, dir: string): string => {
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
  return folder.path;
};

const shownAs = ({ event }: Change): string => event.args.map((arg) => Buffer.from(arg).toString('latin1')).join(' ');

test('Before and after are what the server had, whatever commands went into it', async (t) => {
  const program = fc.tuple(
    acts,
    key,
    fc.constantFrom(0, 1),
    fc.constantFrom(0, 1000),
    blockSize,
    fc.integer({ min: 1, max: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(program, async ([list, name, db, offset, blockBytes, count]) => {
      const { log, at } = play(list, offset);
      const folder = save(log, await makeTempDir(t));
      const all = await who(folder, name, { db, count: 1000, blockBytes });
      const held = (place: number): KeyValue => at.get(place)?.get(`${db}:${name}`) ?? NO_VALUE;
      const offsets = [...at.keys()];
      let newest = all[0]?.after;
      for (const change of all) {
        const { event, before, after } = change;
        assert.ok(before !== undefined && after !== undefined, `${shownAs(change)}: unknown`);
        assert.deepEqual(after, newest, `${shownAs(change)}: the change behind it`);
        newest = before;
        if (event.transaction === undefined && at.has(event.end))
          assert.deepEqual(after, held(event.end), shownAs(change));
        const stood = offsets.findLast((place) => place <= event.offset) ?? 0;
        if (event.transaction === undefined && event.offset - stood < 34) {
          assert.deepEqual(before, held(stood), shownAs(change));
        }
      }
      // Nothing is left out: the oldest change begins with what was there first, the newest ends with what is there now.
      assert.deepEqual(all[0]?.after ?? held(offsets[0]), held(log.offset));
      if (offset === 0) assert.deepEqual(all.at(-1)?.before ?? NO_VALUE, NO_VALUE);
      const last = await who(folder, name, { db, count, blockBytes });
      assert.deepEqual(last, all.slice(0, last.length));
      assert.ok(
        last.length >= Math.min(count, all.length) || last.length === all.length,
        `${last.length} of ${all.length}`,
      );
    }),
    { numRuns: 200, examples: [[[[['RPUSH', 'd', '1'], 'base'], 'd', 0, 0, 1, 1]]] },
  );
  t.pass();
});

test('Where the log begins later than the key, what is not known is left out', async (t) => {
  const log = new MadeLog({ offset: 5000 });
  log.write(client(1), 0, { args: ['APPEND', 'a', 'x'] });
  log.write(client(2), 0, { args: ['SET', 'a', 'y'] });
  log.write(client(3), 0, { args: ['APPEND', 'a', 'z'] });
  const [third, second, first] = await who(log.save(await makeTempDir(t)), 'a');
  const text = (held: KeyValue | undefined) => held?.value.map((bytes) => Buffer.from(bytes).toString());
  t.deepEqual([text(third.before), text(third.after)], [['y'], ['yz']]);
  t.deepEqual([second.before, text(second.after)], [undefined, ['y']]);
  t.deepEqual([first.before, first.after], [undefined, undefined]);
  t.is(third.event.client?.id, 3);
});

test('Only as many changes as are asked for are read, and without values nothing is replayed', async (t) => {
  const log = new MadeLog({});
  for (let i = 0; i < 50; i++) log.write(client(1), 0, { args: ['INCR', 'n'] });
  const folder = log.save(await makeTempDir(t));
  const changes = await who(folder, 'n', { count: 3 });
  t.deepEqual(
    changes.map(({ before, after }) => [before, after].map((held) => Buffer.from(held?.value[0] ?? []).toString())),
    [
      ['49', '50'],
      ['48', '49'],
      ['47', '48'],
    ],
  );
  const bare = await who(folder, 'n', { count: 3, values: false });
  t.deepEqual(
    bare.map(({ event }) => event.offset),
    changes.map(({ event }) => event.offset),
  );
  t.true(bare.every(({ before, after }) => before === undefined && after === undefined));
});

test('A FLUSHALL is a change of the keys that were there, and of no others', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  log.write(client(2), 0, { args: ['FLUSHALL'] });
  log.write(client(3), 0, { args: ['SET', 'b', '1'] });
  const folder = log.save(await makeTempDir(t));
  t.deepEqual((await who(folder, 'a')).map(shownAs), ['FLUSHALL', 'SET a 1']);
  t.deepEqual((await who(folder, 'b')).map(shownAs), ['SET b 1']);
  t.deepEqual(await who(folder, 'c'), []);
});

test('A change of other keys that names a key which is not there is none of it', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  log.write(client(2), 0, { args: ['DEL', 'a', 'b'] });
  log.write(client(2), 0, { args: ['FLUSHALL'] });
  const folder = log.save(await makeTempDir(t));
  t.deepEqual((await who(folder, 'a')).map(shownAs), ['DEL a b', 'SET a 1']);
  t.deepEqual(await who(folder, 'b'), []);
});

test('Elements and long strings are shown in part', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SADD', 's', ...Array.from({ length: 100 }, (_, at) => `m${at}`)] });
  log.write(client(1), 0, { args: ['SET', 'big', 'v'.repeat(5000)] });
  const folder = log.save(await makeTempDir(t));
  const [[set], [big]] = [await who(folder, 's'), await who(folder, 'big')];
  t.like(set.after, { type: 'set', length: 100, isCut: true });
  t.is(set.after?.value.length, 20);
  t.like(big.after, { type: 'string', length: 5000, isCut: true });
  t.is(big.after?.value[0]?.length, 1024);
});
