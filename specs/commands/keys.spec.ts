/**
 * Keys as a whole: removing, renaming, moving, copying, counting, walking them; whole databases; OBJECT.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
  DB_OUT_OF_RANGE,
  NO_SUCH_KEY,
  NOT_AN_INT32,
  NOT_AN_INTEGER,
  SAME_OBJECT,
  SYNTAX_ERROR,
} from '../../src/commands/errors.ts';
import { MemoryServer, nothing, reduce, reduces } from '../support/reduce.ts';
import { makeTempDir } from '../support/temp.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

const two = ['MSET a 1 b 2'];
const over = ['SET a 1 PX 10', '+11'];

// DEL, UNLINK, EXISTS, TOUCH, TYPE
test(reduces, [], 'DEL a', says(':0'));
test(reduces, two, 'DEL a x b a', { reply: ':2', events: ['DEL a x b a'] });
test(reduces, two, 'UNLINK b', { reply: ':1', events: ['UNLINK b'] });
test(reduces, over, 'DEL a', { reply: ':0', events: ['DEL a'] });
test(reduces, two, 'EXISTS a a x b', says(':3'));
test(reduces, two, 'TOUCH a a x', says(':2'));
test(reduces, two, 'TYPE a', says('+string'));
test(reduces, two, 'TYPE x', says('+none'));

// RENAME, RENAMENX
test(reduces, [], 'RENAME a b', error(NO_SUCH_KEY));
test(reduces, [], 'RENAME a a', error(NO_SUCH_KEY));
test(reduces, two, 'RENAME a a', says('+OK'));
test(reduces, two, 'RENAME a c', { reply: '+OK', events: ['RENAME a c'] });
test(reduces, [...two, 'RENAME a b'], 'MGET a b', says('[$-1, "1"]'));
test(reduces, ['SET a 1 PX 50', 'SET b 2 PX 70', 'RENAME a b'], 'PTTL b', says(':50'));
test(reduces, ['SET a 1', 'SET b 2 PX 70', 'RENAME a b'], 'PTTL b', says(':-1'));
test(reduces, [...two, 'RENAME a b'], 'DBSIZE', says(':1'));
test(reduces, [], 'RENAMENX a b', error(NO_SUCH_KEY));
test(reduces, two, 'RENAMENX a b', says(':0'));
test(reduces, two, 'RENAMENX a a', says(':0'));
test(reduces, two, 'RENAMENX a c', { reply: ':1', events: ['RENAMENX a c'] });

// MOVE
test(reduces, two, 'MOVE a 1', { reply: ':1', events: ['MOVE a 1'] });
test(reduces, [], 'MOVE a 1', says(':0'));
test(reduces, two, 'MOVE a 0', error(SAME_OBJECT));
test(reduces, two, 'MOVE a 16', error(DB_OUT_OF_RANGE));
test(reduces, two, 'MOVE a -1', error(DB_OUT_OF_RANGE));
test(reduces, two, 'MOVE a x', error(NOT_AN_INTEGER));
test(reduces, two, 'MOVE a 2147483648', error(NOT_AN_INT32));
test(reduces, two, 'MOVE a -9223372036854775808', error(NOT_AN_INT32));

// COPY
test(reduces, two, 'COPY a c', { reply: ':1', events: ['COPY a c'] });
test(reduces, two, 'COPY a b', says(':0'));
test(reduces, two, 'COPY a b replace', { reply: ':1', events: ['COPY a b replace'] });
test(reduces, [], 'COPY a b', says(':0'));
test(reduces, two, 'COPY a a', error(SAME_OBJECT));
test(reduces, two, 'COPY a a DB 0', error(SAME_OBJECT));
test(reduces, two, 'COPY a a DB 1', { reply: ':1', events: ['COPY a a DB 1'] });
test(reduces, two, 'COPY a c DB', error(SYNTAX_ERROR));
test(reduces, two, 'COPY a c DB 16 REPLACE', error(DB_OUT_OF_RANGE));
test(reduces, two, 'COPY a c DB 99999999999', error(NOT_AN_INT32));
test(reduces, two, 'COPY a c KEEP', error(SYNTAX_ERROR));
test(reduces, ['SET a 1 PX 50', 'SET b 2', 'COPY a b REPLACE'], 'PTTL b', says(':50'));
test(reduces, ['SET a 1', 'SET b 2 PX 50', 'COPY a b REPLACE'], 'PTTL b', says(':-1'));
test(reduces, ['SET a 1', 'COPY a b', 'INCR b'], 'MGET a b', says('["1", "2"]'));
test(reduces, ['APPEND a 1', 'APPEND a 2', 'COPY a b'], 'OBJECT ENCODING b', says('"raw"'));

// KEYS, SCAN, RANDOMKEY
test(reduces, ['MSET one 1 two 2 three 3'], 'KEYS *e', says(reduce(['MSET one 1 two 2 three 3'], 'KEYS *e').reply));
test(reduces, two, 'KEYS a', says('["a"]'));
test(reduces, two, 'KEYS [b-c]', says('["b"]'));
test(reduces, two, 'KEYS x', says('[]'));
test(reduces, [], 'KEYS *', says('[]'));
test(reduces, over, 'KEYS *', says('[]'));
test(reduces, over, 'KEYS a', says('[]'));
test(reduces, [], 'SCAN 0', says('["0", []]'));
test(reduces, ['SET a 1'], 'SCAN 0', says('["0", ["a"]]'));
test(reduces, over, 'SCAN 0', { reply: '["0", []]', events: ['DEL a'] });
test(reduces, over, 'SCAN 0 MATCH b', says('["0", []]'));
test(reduces, two, 'SCAN 0 MATCH b', says('["0", ["b"]]'));
test(reduces, ['SET a 1'], 'SCAN 0 TYPE STRING', says('["0", ["a"]]'));
test(reduces, ['SET a 1'], 'SCAN 0 TYPE list', says('["0", []]'));
test(reduces, ['SET a 1'], 'SCAN 0 TYPE nonsense', says('["0", []]'));
test(reduces, ['SET a 1'], "SCAN ''", says('["0", ["a"]]'));
test(reduces, ['SET a 1'], 'SCAN +0', says('["0", ["a"]]'));
for (const cursor of ['x', '1x', "' 1'", "'1 '", '-', '18446744073709551616', '--1']) {
  test(reduces, [], `SCAN ${cursor}`, error('ERR invalid cursor'));
}
for (const cursor of ['-1', '18446744073709551615', '4294967296', '007'])
  test(reduces, [], `SCAN ${cursor}`, says('["0", []]'));
test(reduces, [], 'SCAN 0 COUNT x', error(NOT_AN_INTEGER));
test(reduces, [], 'SCAN 0 COUNT 0', error(SYNTAX_ERROR));
test(reduces, [], 'SCAN 0 COUNT -9223372036854775808', error(SYNTAX_ERROR));
test(reduces, [], 'SCAN 0 COUNT 9223372036854775807', says('["0", []]'));
test(reduces, [], 'SCAN 0 COUNT', error(SYNTAX_ERROR));
test(reduces, [], 'SCAN 0 FOO bar', error(SYNTAX_ERROR));
test(reduces, [], 'SCAN 0 COUNT x FOO', error(NOT_AN_INTEGER));
test(reduces, [], 'RANDOMKEY', says('$-1'));
test(reduces, ['SET a 1'], 'RANDOMKEY', says('"a"'));
test(reduces, over, 'RANDOMKEY', { reply: '$-1', events: ['DEL a'] });
test(reduces, ['SET a 1 PX 10', 'SET b 1', '+11', 'KEYS *'], 'DBSIZE', says(':2'));

// databases
test(reduces, two, 'DBSIZE', says(':2'));
test(reduces, two, 'FLUSHDB', { reply: '+OK', events: ['FLUSHDB'] });
test(reduces, [], 'FLUSHDB ASYNC', { reply: '+OK', events: ['FLUSHDB ASYNC'] });
test(reduces, [...two, 'FLUSHDB'], 'KEYS *', says('[]'));
test(reduces, [...two, 'MOVE a 1', 'FLUSHDB', 'SWAPDB 0 1'], 'DBSIZE', says(':1'));
test(reduces, [...two, 'MOVE a 1'], 'FLUSHALL sync', { reply: '+OK', events: ['FLUSHALL sync'] });
test(reduces, [...two, 'MOVE a 1', 'FLUSHALL', 'SWAPDB 0 1'], 'DBSIZE', says(':0'));
test(reduces, two, 'FLUSHALL FOO', error(SYNTAX_ERROR));
test(reduces, two, 'FLUSHDB SYNC ASYNC', error(SYNTAX_ERROR));
test(reduces, two, 'SWAPDB 0 1', { reply: '+OK', events: ['SWAPDB 0 1'] });
test(reduces, two, 'SWAPDB 0 0', { reply: '+OK', events: ['SWAPDB 0 0'] });
test(reduces, [...two, 'SWAPDB 0 1'], 'GET a', says('$-1'));
test(reduces, ['SET a 1 PX 50', 'SWAPDB 0 1', 'SWAPDB 2 1', 'SWAPDB 0 2'], 'PTTL a', says(':50'));
test(reduces, [], 'SWAPDB x y', error('ERR invalid first DB index'));
test(reduces, [], 'SWAPDB 0 2147483648', error('ERR invalid second DB index'));
test(reduces, [], 'SWAPDB 0 16', error(DB_OUT_OF_RANGE));
test(reduces, [], 'SWAPDB -1 0', error(DB_OUT_OF_RANGE));

// OBJECT
const LFU = { config: { 'maxmemory-policy': 'allkeys-lfu' } } as const;
for (const subcommand of ['ENCODING', 'FREQ', 'IDLETIME', 'REFCOUNT']) {
  test(reduces, [], `OBJECT ${subcommand} k`, says('$-1'));
  test(
    reduces,
    [],
    `OBJECT ${subcommand}`,
    error(`ERR wrong number of arguments for 'object|${subcommand.toLowerCase()}' command`),
  );
}
test(reduces, ['SET k v', '+2000'], 'OBJECT IDLETIME k', says(':2'));
test(reduces, ['SET k v', '+2000', 'GET k'], 'OBJECT IDLETIME k', says(':0'));
for (const command of ['EXISTS k', 'TYPE k', 'TTL k', 'OBJECT ENCODING k', 'SCAN 0']) {
  test(reduces, ['SET k v', '+2000', command], 'OBJECT IDLETIME k', says(':2'));
}
test(
  reduces,
  ['SET k v'],
  'OBJECT IDLETIME k',
  error(
    'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
  ),
  LFU,
);
test(
  reduces,
  ['SET k v'],
  'OBJECT FREQ k',
  error(
    'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
  ),
);
test(reduces, ['SET k v'], 'OBJECT FREQ k', says(':5'), LFU);
test(reduces, ['SET k v', '+120000'], 'OBJECT FREQ k', says(':3'), LFU);
test(reduces, ['SET k v'], 'OBJECT REFCOUNT k', says(':1'));
test(reduces, ['SET k 9999'], 'OBJECT REFCOUNT k', says(':2147483647'));
test(reduces, ['SET k 10000'], 'OBJECT REFCOUNT k', says(':1'));
test(reduces, ['SET k -1'], 'OBJECT REFCOUNT k', says(':1'));
test(reduces, ['SET k 5'], 'OBJECT REFCOUNT k', says(':1'), {
  config: { maxmemory: 2 ** 30, 'maxmemory-policy': 'allkeys-lru' },
});
test(reduces, [], 'OBJECT NONSENSE k', error("ERR unknown subcommand 'NONSENSE'. Try OBJECT HELP."));

test('RANDOMKEY finds every key, and SCAN with any COUNT walks all of them', (t) => {
  const server = new MemoryServer();
  const names = Array.from({ length: 30 }, (_, i) => `key:${i}`);
  for (const name of names) server.run(['SET', name, 'v']);
  const random = new Set<string>();
  for (let i = 0; i < 1000 && random.size < names.length; i++) random.add(server.run('RANDOMKEY').reply);
  t.is(random.size, names.length);

  for (const count of [1, 2, 7, 1000]) {
    const seen: string[] = [];
    let cursor = '0';
    do {
      const { reply } = server.run(`SCAN ${cursor} COUNT ${count}`);
      cursor = /^\["(\d+)"/.exec(reply)?.[1] ?? '0';
      seen.push(...(reply.match(/key:\d+/g) ?? []));
    } while (cursor !== '0');
    t.deepEqual(seen.sort(), [...names].sort());
  }
});

test('FLUSHALL counts the keys it removes as changes, and an empty FLUSHDB is still an event', (t) => {
  const server = new MemoryServer();
  server.run('MSET a 1 b 2 c 3');
  server.run('MOVE a 1');
  const { writes } = server.server.services;
  const before = writes.changes;
  server.run('FLUSHALL');
  t.is(writes.changes, before + 3);
  t.deepEqual(server.run('FLUSHDB').events, ['FLUSHDB']);
  t.is(writes.changes, before + 3);
});

test('FLUSHALL saves the empty keyspace where save points are set', async (t) => {
  const dir = await makeTempDir(t);
  const server = new MemoryServer({ config: { dir, save: [{ seconds: 3600, changes: 1 }] } });
  server.run('SET a 1');
  t.false(existsSync(join(dir, 'dump.rdb')));
  server.run('FLUSHALL');
  t.true(existsSync(join(dir, 'dump.rdb')));
  t.is(server.server.services.persistence.changesSinceSave, 0);
});

test('flushed memory comes back in slices', (t) => {
  const server = new MemoryServer();
  const before = server.keyspace.arena.usedBytes;
  for (let i = 0; i < 1000; i++) server.run(['SET', `key:${i}`, 'v'.repeat(i * 5), 'PX', '1000']);
  server.run('FLUSHALL');
  t.is(server.keyspace.pendingObjects(), 1000);
  while (server.keyspace.reclaim(100)) t.true(server.keyspace.pendingObjects() > 0);
  t.is(server.keyspace.arena.usedBytes, before);
});
