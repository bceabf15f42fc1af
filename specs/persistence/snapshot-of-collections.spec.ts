/**
 * The snapshot law for large collections: elements and chunks change while they are being written, and before.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { MemoryServer } from '../support/reduce.ts';
import { load, memorySink, NOW_MS, StillEnvironment, snapshotterOf } from './keyspaces.ts';

/** Nearly everything is large: a chunk of a list has three elements. */
const LOW = {
  save: [],
  'hash-max-listpack-entries': 2,
  'set-max-intset-entries': 2,
  'set-max-listpack-entries': 2,
  'zset-max-listpack-entries': 2,
  'list-max-listpack-size': 3,
};

const sixteen = (): Keyspace => {
  const keyspace = new Keyspace({ databases: 16, random: () => 0.5, hashKey: [3, 4] });
  keyspace.setNow(NOW_MS);
  return keyspace;
};

type Words = readonly string[];

const numbers = (to: number): readonly number[] => Array.from({ length: to }, (_, i) => i);

/** Adds a value of `size` elements. */
const filling = (type: string, size: number): Words => {
  switch (type) {
    case 'hash':
      return ['HSET', type, ...numbers(size).flatMap((i) => [`f${i}`, `v${i}`])];
    case 'set':
      return ['SADD', type, ...numbers(size).map((i) => `m${i}`)];
    case 'zset':
      return ['ZADD', type, ...numbers(size).flatMap((i) => [String((i * 7) % 13), `m${i}`])];
    default:
      return ['RPUSH', type, ...numbers(size).map((i) => `e${i}`)];
  }
};

const TYPES = ['hash', 'set', 'zset', 'list'];
const beginning = fc.record({
  sizes: fc.tuple(...TYPES.map(() => fc.nat(40))),
  pad: fc.nat(5),
});

const number = fc.nat(45);
const index = fc.integer({ min: -10, max: 45 }).map(String);
const said = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<Words> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));

const change: fc.Arbitrary<Words> = fc.oneof(
  said(
    'HSET',
    'hash',
    number.map((n) => `f${n}`),
    fc.constantFrom('x', 'y'.repeat(300), 'z'.repeat(3000)),
  ),
  said(
    'HDEL',
    'hash',
    number.map((n) => `f${n}`),
    number.map((n) => `f${n}`),
  ),
  said(
    'SADD',
    'set',
    number.map((n) => `m${n}`),
  ),
  said(
    'SREM',
    'set',
    number.map((n) => `m${n}`),
    number.map((n) => `m${n}`),
  ),
  said('SPOP', 'set', fc.nat(5).map(String)),
  said(
    'ZADD',
    'zset',
    fc.nat(9).map(String),
    number.map((n) => `m${n}`),
  ),
  said(
    'ZREM',
    'zset',
    number.map((n) => `m${n}`),
  ),
  said('ZPOPMIN', 'zset', fc.nat(4).map(String)),
  said('ZREMRANGEBYRANK', 'zset', index, index),
  said('LPUSH', 'list', number.map(String)),
  said('RPUSH', 'list', fc.constantFrom('a', 'b'.repeat(9000))),
  said('LPOP', 'list', fc.nat(8).map(String)),
  said('RPOP', 'list', fc.nat(8).map(String)),
  said(
    'LSET',
    'list',
    index,
    number.map((n) => `set${n}`),
  ),
  said(
    'LINSERT',
    'list',
    'BEFORE',
    number.map((n) => `e${n}`),
    'inserted',
  ),
  said(
    'LREM',
    'list',
    '0',
    number.map((n) => `e${n}`),
  ),
  said('LTRIM', 'list', index, index),
  said('DEL', fc.constantFrom(...TYPES)),
  said('SET', fc.constantFrom(...TYPES), 'string'),
  said('RENAME', fc.constantFrom(...TYPES), fc.constantFrom(...TYPES)),
  said('COPY', fc.constantFrom(...TYPES), fc.constantFrom(...TYPES), 'REPLACE'),
  said('PEXPIRE', fc.constantFrom(...TYPES), fc.constantFrom('60', '100000')),
  said('SINTERSTORE', 'set', 'set', 'set'),
  said('FLUSHALL'),
  said('SWAPDB', '0', '1'),
  ...TYPES.map((type) => fc.nat(40).map((size) => filling(type, size + 1))),
);

test('a snapshot taken while large collections change is what they were when it began', (t) => {
  const story = fc.record({
    beginning,
    during: fc.array(change, { maxLength: 40 }),
    stepsPerLook: fc.constantFrom(1, 3),
    turns: fc.constantFrom(1, 2, 5),
  });
  fc.assert(
    fc.property(story, ({ beginning: { sizes, pad }, during, stepsPerLook, turns }) => {
      const server = new MemoryServer({ config: LOW, nowMs: NOW_MS });
      TYPES.forEach((type, i) => void (sizes[i]! > 0 && server.raw(filling(type, sizes[i]!))));
      for (let i = 0; i < pad; i++) server.raw(['SET', `pad${i}`, 'x']);
      const { keyspace } = server;
      const environment = new StillEnvironment();
      const snapshotter = snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook });
      const expected = digestKeyspace(keyspace);
      const sink = memorySink();
      let isDone = false;
      snapshotter.start(sink).subscribe({
        complete: () => {
          isDone = true;
        },
      });
      for (const words of during) {
        server.raw(words);
        server.advance(20);
        keyspace.reclaim(3);
        for (let i = 0; i < turns; i++) environment.endTurn();
      }
      while (!isDone) environment.endTurn();
      const { keyspace: loaded, error } = load(sink.bytes(), { keyspace: sixteen() });
      assert.equal(error, undefined);
      assert.equal(digestKeyspace(loaded), expected);

      // Nothing was forgotten on the way: what is discarded comes back to the last byte.
      const now = digestKeyspace(keyspace);
      const again = memorySink();
      let isDoneAgain = false;
      snapshotter.start(again).subscribe({
        complete: () => {
          isDoneAgain = true;
        },
      });
      while (!isDoneAgain) environment.endTurn();
      assert.equal(digestKeyspace(load(again.bytes(), { keyspace: sixteen() }).keyspace), now);
      server.raw(['FLUSHALL']);
      while (keyspace.reclaim(100));
      assert.ok(keyspace.arena.usedBytes < 64 * 1024, `${keyspace.arena.usedBytes} bytes are left`);
    }),
    { numRuns: 300 },
  );
  t.pass();
});
