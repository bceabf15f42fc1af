/**
 * The digest: equal where the data is equal, whatever the way there.
 */
import test from 'ava';
import fc from 'fast-check';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { MemoryServer } from '../support/reduce.ts';

const digest = (...commands: readonly string[]): string => {
  const server = new MemoryServer();
  for (const command of commands) server.raw(command);
  return digestKeyspace(server.keyspace);
};

// What redis-server answers to the same commands.
test('an empty keyspace has a digest of zeros', (t) => {
  t.is(digest(), '0'.repeat(40));
  t.is(digest('SET a 1', 'DEL a'), '0'.repeat(40));
});

test('digests are those of redis-server', (t) => {
  const steps = [
    ['SET a 1', '943d800368fb9c0e951138f1bc0e313ac769d91f'],
    ['SET b hellox', 'f2351b0b7ce439a164346ff1d21df901572ae83c'],
    ['PEXPIREAT a 1000', '6a6020c75eca6c2b09efd497479b55697c416352'],
    ['SELECT 3', '6a6020c75eca6c2b09efd497479b55697c416352'],
    ['SET c 1', 'db4b66ea184910feb682e998d40082ac72274f18'],
  ] as const;
  const server = new MemoryServer();
  for (const [command, expected] of steps) {
    server.raw(command);
    t.is(digestKeyspace(server.keyspace), expected, command);
  }
});

test('digests of sorted sets are those of redis-server, in each encoding', (t) => {
  const steps = [
    ['ZADD z 1 a 0.1 b', '7b4db441a7fb924961c337dda88718c60783510b'],
    ['ZADD z -inf 12', 'c63faba19bb224bca385ca9574efceec74afb1d4'],
    ['ZADD z 1e20 c', '18ff25d0aa2503f0a4a9c76b3db6b8dbbae48186'],
  ] as const;
  for (const entriesMax of [128, 2, 0]) {
    const server = new MemoryServer({ config: { 'zset-max-listpack-entries': entriesMax } });
    for (const [command, expected] of steps) {
      server.raw(command);
      t.is(digestKeyspace(server.keyspace), expected, command);
    }
  }
});

test('the order in which keys came does not matter', (t) => {
  const sets = fc.uniqueArray(fc.tuple(fc.nat(20), fc.nat(9), fc.nat(3)), {
    selector: ([key, , db]) => `${key} ${db}`,
  });
  fc.assert(
    fc.property(
      sets.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([some, others]) => {
        const commands = (list: typeof some) => list.flatMap(([k, v, db]) => [`SELECT ${db}`, `SET ${k} ${v}`]);
        return digest(...commands(some)) === digest(...commands(others));
      },
    ),
    { numRuns: 30 },
  );
  t.pass();
});

test('a key, its value, its database and whether it expires all matter; when it expires does not', (t) => {
  const base = digest('SET a 1');
  const others = [
    digest('SET b 1'),
    digest('SET a 2'),
    digest('SELECT 1', 'SET a 1'),
    digest('SET a 1 PX 5'),
    digest('SET a ""'),
  ];
  t.is(new Set([base, ...others]).size, 6);
  t.is(digest('SET a 1 PX 5'), digest('SET a 1 PX 500'));
  t.is(digest('SET a 1 PX 5', 'PERSIST a'), base);
});
