/**
 * Loading a log: what was written is there again; what a crash cut off is cut off; what was damaged is refused (law 5).
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { renderSeal } from '../../src/eventlog/format.ts';
import { LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { program } from '../support/arbitrary-commands.ts';
import type { Arg } from '../support/reply.ts';
import { makeTempDir } from '../support/temp.ts';
import { type Kind, loadFolder, messageOf, RecordedLog } from './recorded-log.ts';

const long = process.env['FERROUS_LONG'] === '1';
const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

const kinds = fc.constantFrom<Kind>('trail', 'timestamps', 'plain', 'redis');

/** A few units of every kind: plain ones, other databases, transactions, collections. */
const HISTORY = [
  'SET a 1',
  'RPUSH list x y z',
  'MULTI',
  'INCR a',
  'HSET hash f v',
  'EXEC',
  'SELECT 3',
  'SET b #W:17',
  'SET c "*1\\r\\n$4\\r\\nEXEC\\r\\n"',
  'MULTI',
  'SADD set 1 2 3',
  'ZADD zset 1.5 m',
  'DEL b',
  'EXEC',
  'PEXPIRE set 50000',
];

const recorded = (kind: Kind): RecordedLog => {
  const log = new RecordedLog(kind, 100);
  for (const command of HISTORY) {
    log.wait(3);
    log.run(command);
  }
  return log;
};

test('what any program wrote is there again when its log is loaded', async (t) => {
  const dir = await makeTempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      kinds,
      program({ maxLength: 40 }),
      fc.array(fc.nat(40), { maxLength: 2 }),
      fc.boolean(),
      async (kind, { commands }, rotations, isSealed) => {
        const log = new RecordedLog(kind, kind === 'redis' ? 0 : 1000, LOW_THRESHOLDS);
        for (const [index, { args }] of commands.entries()) {
          if (rotations.includes(index)) log.rotate();
          log.wait(7);
          log.run(wordsOf(args));
        }
        if (isSealed) log.seal();
        const folder = log.save(`${dir}/${runs++}`);
        const result = await loadFolder(folder, LOW_THRESHOLDS);
        t.is(messageOf(result), '');
        t.is(result.digest, log.digest);
        const loaded = E.isRight(result.loaded) ? result.loaded.right : undefined;
        t.is(loaded?.offset, log.offset);
        t.is(loaded?.sealed, isSealed && kind !== 'redis');
        t.is(loaded?.replid, kind === 'redis' ? undefined : 'f'.repeat(40));
      },
    ),
    { numRuns: long ? 1000 : 60 },
  );
});

for (const kind of ['trail', 'plain', 'redis'] as const) {
  test(`a log (${kind}) that is cut at any byte of its tail has a state that the server had, and goes on from there`, async (t) => {
    const log = recorded(kind);
    const dir = await makeTempDir(t);
    const [{ name, bytes }] = log.files;
    const folder = log.save(dir);
    const path = folder.file(name);
    const from = long ? 0 : Math.floor(bytes.length / 2);
    for (let length = from; length <= bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      const result = await loadFolder(folder);
      const state = log.stateAt(0, length);
      t.is(messageOf(result), '', `cut at ${length}`);
      t.is(result.digest, state?.digest ?? '0'.repeat(40), `cut at ${length}`);
      if (E.isLeft(result.loaded) || result.loaded.right === undefined) throw new Error('not loaded');
      const { offset, lastHash } = result.loaded.right;
      const left = statSync(path).size;
      // A SELECT that came is good, whatever came of the command behind it.
      t.true(left <= length && left >= (state?.position ?? 0), `${left} of ${length}`);
      if (left < length)
        t.true(result.log.some((line) => line.includes(`!!! Truncating the AOF ${name} at offset ${left} !!!`)));
      if (kind === 'redis' || state === undefined) continue;
      t.true(offset >= state.offset && offset <= state.offset + left - state.position);
      // What comes next is chained to what was left.
      const seal = renderSeal({ offset, timeUs: 1, hash: lastHash });
      writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from(seal)]));
      t.is(messageOf(await loadFolder(folder)), '');
    }
  });
}

test('without aof-load-truncated a log that ends in the middle is refused in the words of Redis, and left alone', async (t) => {
  const log = recorded('trail');
  const dir = await makeTempDir(t);
  const [{ name, bytes }] = log.files;
  for (const cutBytes of [1, 30, 60, 100]) {
    const torn = bytes.subarray(0, -cutBytes);
    if (log.states.some(({ position }) => position === torn.length)) continue;
    const folder = log.save(dir, new Map([[name, torn]]));
    const result = await loadFolder(folder, { 'aof-load-truncated': false });
    t.is(
      messageOf(result),
      `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`,
    );
    t.deepEqual(readFileSync(folder.file(name)), torn);
  }
});

test('only the last file may end in the middle', async (t) => {
  const log = new RecordedLog('plain');
  log.run('SET a 1');
  log.rotate();
  log.run('SET b 1');
  const [{ name, bytes }] = log.files;
  const folder = log.save(await makeTempDir(t), new Map([[name, bytes.subarray(0, 130)]]));
  t.is(messageOf(await loadFolder(folder)), 'Fatal error: the truncated file is not the last file');
});

for (const kind of ['trail', 'plain'] as const) {
  test(`a bit that was flipped anywhere in a sealed log (${kind}) is found`, async (t) => {
    const log = recorded(kind);
    log.rotate();
    log.run('SET last 1');
    log.seal();
    const { digest } = log;
    const dir = await makeTempDir(t);
    const folder = log.save(dir);
    for (const { name, bytes } of log.files) {
      const sealAt = bytes.lastIndexOf('#S:');
      const flips = long ? 8 : 1;
      for (let at = 0; at < bytes.length; at += long ? 1 : 3) {
        for (let bit = 0; bit < flips; bit++) {
          const flipped = Buffer.from(bytes);
          flipped[at] ^= 1 << (long ? bit : (at * 5) % 8);
          writeFileSync(folder.file(name), flipped);
          const result = await loadFolder(folder, { 'aof-load-truncated': false });
          if (E.isRight(result.loaded)) {
            // Only when the last seal was made is covered by no hash.
            t.true(at > sealAt, `${name}: bit at ${at} was not seen`);
            t.is(result.digest, digest);
          } else {
            const said = result.log.some((line) => /appendonly\.aof\.\d\.incr\.aof: .+, at offset \d+/.test(line));
            t.true(
              said || /Unexpected end of file|Unknown command/.test(messageOf(result)),
              `${at}: ${messageOf(result)}`,
            );
          }
        }
      }
      writeFileSync(folder.file(name), bytes);
    }
  });
}

test('a length that a flipped bit has made too long is damage, not the end of the log', async (t) => {
  const log = new RecordedLog('redis');
  for (let i = 10; i < 20; i++) log.run(`SET key:${i} ${'v'.repeat(100)}`);
  const [{ name, bytes }] = log.files;
  const damaged = Buffer.from(bytes.toString('latin1').replace('key:17\r\n$100', 'key:17\r\n$900'), 'latin1');
  t.is(damaged.length, bytes.length);
  const folder = log.save(await makeTempDir(t), new Map([[name, damaged]]));
  const result = await loadFolder(folder);
  t.is(
    messageOf(result),
    `Bad file format reading the append only file ${name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`,
  );
  t.regex(
    result.log.join(''),
    /the length leads beyond the end of the file, and a command ends before that, at offset \d+/,
  );
  t.is(statSync(folder.file(name)).size, damaged.length);
});

test('a segment that is missing, moved or from elsewhere is refused', async (t) => {
  const log = new RecordedLog('plain');
  for (const key of ['a', 'b', 'c']) {
    log.run(`SET ${key} 1`);
    log.rotate();
  }
  const dir = await makeTempDir(t);
  const folder = log.save(dir);
  const names = log.files.map(({ name }, index) => ({ name, seq: index + 1 }));
  folder.writeManifest({ base: undefined, incrs: names.filter((_, index) => index !== 1), history: [] });
  const gap = await loadFolder(folder);
  t.regex(messageOf(gap), /^Bad file format/);
  t.regex(gap.log.join(''), /what happened between offset \d+ and \d+ is missing/);

  folder.writeManifest({ base: undefined, incrs: names, history: [] });
  const other = new RecordedLog('plain');
  other.run('SET z 1');
  other.rotate();
  other.run('SET y 1');
  const [, second] = other.files;
  writeFileSync(folder.file(names[1]?.name ?? ''), second?.bytes ?? Buffer.alloc(0));
  const foreign = await loadFolder(folder);
  t.regex(foreign.log.join(''), /hash that the file before it ends with|It begins at|missing|it begins at/);
});

test('a base that was made while a segment was written has what stands there before', async (t) => {
  const log = new RecordedLog('trail');
  log.run('SET a 1');
  log.run('INCR a');
  log.snapshot(true);
  log.run('INCR a');
  log.run('MULTI');
  log.run('INCR a');
  log.run('INCR a');
  log.run('EXEC');
  const result = await loadFolder(log.save(await makeTempDir(t)));
  t.is(messageOf(result), '');
  t.is(result.server.run('GET a').reply, '"5"');
});

test('a command that nobody knows is refused, and named', async (t) => {
  const log = new RecordedLog('redis');
  log.run('SET a 1');
  const [{ name, bytes }] = log.files;
  const odd = Buffer.concat([bytes, Buffer.from('*2\r\n$5\r\nODDLY\r\n$1\r\na\r\n')]);
  const result = await loadFolder(log.save(await makeTempDir(t), new Map([[name, odd]])));
  t.is(messageOf(result), `Unknown command 'ODDLY' reading the append only file ${name}`);
});

test('nothing of what is loaded is told as a new event', async (t) => {
  const log = recorded('trail');
  const folder = log.save(await makeTempDir(t));
  const { server, loaded } = await loadFolder(folder);
  t.true(E.isRight(loaded));
  t.is(server.server.services.writes.offset, 0);
});
