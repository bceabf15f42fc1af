/**
 * MEMORY: what a key is said to take follows what the arena gives out for it; the forms of the other answers.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { decodeReply, type Reply } from '../support/reply.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

test(reduces, [], 'MEMORY USAGE k', says('$-1'));
test(reduces, [], 'MEMORY USAGE k', says('_'), { resp: 3 });
test(reduces, [], 'MEMORY USAGE k SAMPLES 0 samples 5', says('$-1'));
test(reduces, [], 'MEMORY USAGE k SAMPLES 9223372036854775807', says('$-1'));
test(reduces, [], 'MEMORY USAGE k SAMPLES x', error(NOT_AN_INTEGER));
test(reduces, [], 'MEMORY USAGE k SAMPLES -1', error(SYNTAX_ERROR));
test(reduces, [], 'MEMORY USAGE k SAMPLES -9223372036854775808', error(SYNTAX_ERROR));
test(reduces, [], 'MEMORY USAGE k SAMPLES', error(SYNTAX_ERROR));
test(reduces, [], 'MEMORY USAGE k 5', error(SYNTAX_ERROR));
test(reduces, [], 'MEMORY PURGE', says('+OK'));

// A block of 32 bytes, and 4 of the table; the expiry takes 12 bytes in the index.
test(reduces, ['SET k v'], 'MEMORY USAGE k', says(':36'));
test(reduces, ['SET k v EX 100'], 'MEMORY USAGE k', says(':48'));
// What has expired and was not met since is still there.
test(reduces, ['SET k v PX 10', '+11'], 'MEMORY USAGE k', says(':48'));

const usage = (server: MemoryServer, ...options: string[]): number =>
  Number(server.run(['MEMORY', 'USAGE', 'k', ...options]).reply.slice(1));

const grown = (server: MemoryServer, command: string, count: number): number => {
  const before = server.keyspace.arena.usedBytes;
  for (let i = 0; i < count; i++) server.run(command.replace('%', `element-${i}`));
  return server.keyspace.arena.usedBytes - before;
};

for (const [type, command] of [
  ['a hash', 'HSET k % value'],
  ['a list', 'RPUSH k %'],
  ['a set', 'SADD k %'],
  ['a sorted set', 'ZADD k 1 %'],
] as const) {
  test(`all samples of ${type} are what the arena gave out for it, and a few samples come near`, (t) => {
    const server = new MemoryServer();
    for (const count of [1, 10, 3000]) {
      server.run('FLUSHALL');
      while (server.keyspace.reclaim(1000));
      const bytes = grown(server, command, count);
      const all = usage(server, 'SAMPLES', '0');
      // The bucket is counted for the key, and was there before it.
      t.true(Math.abs(all - 4 - bytes) <= 64, `${count}: ${all} of ${bytes}`);
      t.true(Math.abs(usage(server) / all - 1) < 0.25, `${usage(server)} of ${all}`);
    }
  });
}

const decoded = (server: MemoryServer, command: string): Reply => decodeReply(server.raw(command));

test('MEMORY STATS is a map of the figures of Redis 7.2, a database only when it has keys', (t) => {
  const server = new MemoryServer({ resp: 3 });
  const names = (): string[] => {
    const reply = decoded(server, 'MEMORY STATS');
    return reply.type === 'map' ? reply.entries.map(([name]) => (name.type === 'bulk' ? String(name.bytes) : '')) : [];
  };
  t.is(names().length, 27);
  server.run('MSET a 1 b 2');
  t.deepEqual(names(), [
    'peak.allocated',
    'total.allocated',
    'startup.allocated',
    'replication.backlog',
    'clients.slaves',
    'clients.normal',
    'cluster.links',
    'aof.buffer',
    'lua.caches',
    'functions.caches',
    'db.0',
    'overhead.total',
    'keys.count',
    'keys.bytes-per-key',
    'dataset.bytes',
    'dataset.percentage',
    'peak.percentage',
    'allocator.allocated',
    'allocator.active',
    'allocator.resident',
    'allocator-fragmentation.ratio',
    'allocator-fragmentation.bytes',
    'allocator-rss.ratio',
    'allocator-rss.bytes',
    'rss-overhead.ratio',
    'rss-overhead.bytes',
    'fragmentation',
    'fragmentation.bytes',
  ]);
  t.regex(server.run('MEMORY STATS').reply, /"keys.count": :2,/);
});

test('without data the doctor sends Sam away, with data he has nothing to say', (t) => {
  const server = new MemoryServer();
  t.regex(server.run('MEMORY DOCTOR').reply, /Hi Sam, this instance is empty/);
  for (let i = 0; i < 8; i++) server.run(['SET', `k${i}`, Buffer.alloc(1024 * 1024)]);
  t.notRegex(server.run('MEMORY DOCTOR').reply, /empty|Peak/);
  for (let i = 0; i < 3; i++) server.run(['DEL', `k${i}`]);
  t.regex(server.run('MEMORY DOCTOR').reply, /Peak memory/);
});

test('MEMORY MALLOC-STATS and DOCTOR are verbatim texts', (t) => {
  const server = new MemoryServer({ resp: 3 });
  for (const name of ['MALLOC-STATS', 'DOCTOR']) {
    t.is(server.raw(`MEMORY ${name}`).toString('latin1', 0, 1), '=');
  }
  t.regex(server.run('MEMORY MALLOC-STATS').reply, /Pages of 1048576 bytes: \d+/);
});
