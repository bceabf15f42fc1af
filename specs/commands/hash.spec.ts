/**
 * The hash family: replies, events and encodings, the wrong forms included, in both encodings.
 */
import test from 'ava';
import {
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OVERFLOW,
  SYNTAX_ERROR,
  WRONGTYPE,
  wrongArity,
} from '../../src/commands/errors.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const does = (reply: string, ...events: string[]) => ({ reply, events });

/** A hash that is a table from the first field on, beside one that is a listpack. */
const TABLES = { config: { 'hash-max-listpack-entries': 0 } };
const PACKED = {};

for (const settings of [PACKED, TABLES]) {
  // HSET, HMSET, HSETNX
  test(reduces, [], 'HSET h a 1', does(':1', 'HSET h a 1'), settings);
  test(reduces, ['HSET h a 1'], 'HSET h a 2 b 3 c 4', does(':2', 'HSET h a 2 b 3 c 4'), settings);
  test(reduces, [], 'HSET h a 1 a 2', does(':1', 'HSET h a 1 a 2'), settings);
  test(reduces, ['HSET h a 1 a 22 b 3 a 4'], 'HMGET h a b', says('["4", "3"]'), settings);
  test(reduces, ['HSET h a 1'], 'HSET h a 1', does(':0', 'HSET h a 1'), settings);
  test(reduces, [], 'HSET h a', error(wrongArity('hset')), settings);
  test(reduces, [], 'HSET h a 1 b', error(wrongArity('hset')), settings);
  test(reduces, ['SET h v'], 'HSET h a 1', error(WRONGTYPE), settings);
  test(reduces, [], 'HMSET h a 1 b 2', does('+OK', 'HMSET h a 1 b 2'), settings);
  test(reduces, [], 'HMSET h a 1 b', error(wrongArity('hmset')), settings);
  test(reduces, ['SET h v'], 'HMSET h a 1', error(WRONGTYPE), settings);
  test(reduces, [], 'HSETNX h a 1', does(':1', 'HSETNX h a 1'), settings);
  test(reduces, ['HSET h a 1'], 'HSETNX h a 2', says(':0'), settings);
  test(reduces, ['HSET h a 1', 'HSETNX h a 2'], 'HGET h a', says('"1"'), settings);
  test(reduces, ['HSET h a 1'], 'HSETNX h b 2', does(':1', 'HSETNX h b 2'), settings);
  test(reduces, ['SET h v'], 'HSETNX h a 1', error(WRONGTYPE), settings);
  test(reduces, ['HSET h "" ""'], 'HGETALL h', says('["", ""]'), settings);
  test(reduces, ['HSET h a 1', 'PEXPIRE h 100', 'HSET h a 2'], 'PTTL h', says(':100'), settings);
  test(reduces, ['HSET h a 1', 'PEXPIRE h 100', '+101'], 'HSET h b 2', does(':1', 'DEL h', 'HSET h b 2'), settings);

  // HGET, HMGET, HLEN, HSTRLEN, HEXISTS
  test(reduces, ['HSET h a 1'], 'HGET h a', says('"1"'), settings);
  test(reduces, ['HSET h a 1'], 'HGET h b', says('$-1'), settings);
  test(reduces, [], 'HGET h b', says('_'), { ...settings, resp: 3 });
  test(reduces, ['SET h v'], 'HGET h a', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a 1 b 2'], 'HMGET h b x a b', says('["2", $-1, "1", "2"]'), settings);
  test(reduces, [], 'HMGET h a b', says('[$-1, $-1]'), settings);
  test(reduces, ['SET h v'], 'HMGET h a', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a 1 b 2'], 'HLEN h', says(':2'), settings);
  test(reduces, [], 'HLEN h', says(':0'), settings);
  test(reduces, ['SET h v'], 'HLEN h', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a -12345'], 'HSTRLEN h a', says(':6'), settings);
  test(reduces, ['HSET h a 1'], 'HSTRLEN h b', says(':0'), settings);
  test(reduces, [], 'HSTRLEN h b', says(':0'), settings);
  test(reduces, ['SET h v'], 'HSTRLEN h a', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a 1'], 'HEXISTS h a', says(':1'), settings);
  test(reduces, ['HSET h a 1'], 'HEXISTS h b', says(':0'), settings);
  test(reduces, ['SET h v'], 'HEXISTS h a', error(WRONGTYPE), settings);

  // HDEL
  test(reduces, ['HSET h a 1 b 2'], 'HDEL h a', does(':1', 'HDEL h a'), settings);
  test(reduces, ['HSET h a 1 b 2'], 'HDEL h a x a', does(':1', 'HDEL h a x a'), settings);
  test(reduces, ['HSET h a 1 b 2'], 'HDEL h a b c', does(':2', 'HDEL h a b c'), settings);
  test(reduces, ['HSET h a 1 b 2', 'HDEL h a b'], 'EXISTS h', says(':0'), settings);
  test(reduces, ['HSET h a 1'], 'HDEL h b', says(':0'), settings);
  test(reduces, [], 'HDEL h b', says(':0'), settings);
  test(reduces, ['SET h v'], 'HDEL h a', error(WRONGTYPE), settings);

  // HKEYS, HVALS, HGETALL
  test(reduces, ['HSET h a 1'], 'HKEYS h', says('["a"]'), settings);
  test(reduces, ['HSET h a 1'], 'HVALS h', says('["1"]'), settings);
  test(reduces, ['HSET h a 1'], 'HGETALL h', says('["a", "1"]'), settings);
  test(reduces, ['HSET h a 1'], 'HGETALL h', says('{"a": "1"}'), { ...settings, resp: 3 });
  test(reduces, [], 'HGETALL h', says('{}'), { ...settings, resp: 3 });
  test(reduces, [], 'HGETALL h', says('[]'), settings);
  test(reduces, [], 'HKEYS h', says('[]'), { ...settings, resp: 3 });
  for (const name of ['HKEYS', 'HVALS', 'HGETALL']) test(reduces, ['SET h v'], `${name} h`, error(WRONGTYPE), settings);

  // HINCRBY, HINCRBYFLOAT
  test(reduces, [], 'HINCRBY h n 5', does(':5', 'HINCRBY h n 5'), settings);
  test(reduces, ['HSET h n 5'], 'HINCRBY h n -15', does(':-10', 'HINCRBY h n -15'), settings);
  test(reduces, ['HSET h n 9007199254740991'], 'HINCRBY h n 2', does(':9007199254740993', 'HINCRBY h n 2'), settings);
  test(
    reduces,
    [],
    'HINCRBY h n 9223372036854775807',
    does(':9223372036854775807', 'HINCRBY h n 9223372036854775807'),
    settings,
  );
  test(reduces, ['HSET h n 9223372036854775807'], 'HINCRBY h n 1', error(OVERFLOW), settings);
  test(reduces, ['HSET h n -9223372036854775808'], 'HINCRBY h n -1', error(OVERFLOW), settings);
  test(reduces, ['HSET h n x'], 'HINCRBY h n 1', error('ERR hash value is not an integer'), settings);
  test(reduces, ['HSET h n ""'], 'HINCRBY h n 1', error('ERR hash value is not an integer'), settings);
  test(reduces, ['HSET h n " 1"'], 'HINCRBY h n 1', error('ERR hash value is not an integer'), settings);
  test(reduces, ['HSET h n 1'], 'HINCRBY h n 1.5', error(NOT_AN_INTEGER), settings);
  test(reduces, ['SET h v'], 'HINCRBY h n x', error(NOT_AN_INTEGER), settings);
  test(reduces, ['SET h v'], 'HINCRBY h n 1', error(WRONGTYPE), settings);
  test(reduces, [], 'HINCRBYFLOAT h n 1.5', does('"1.5"', 'HSET h n 1.5'), settings);
  test(reduces, ['HSET h n 1e2'], 'HINCRBYFLOAT h n -0.5', does('"99.5"', 'HSET h n 99.5'), settings);
  test(reduces, ['HSET h n 3'], 'HINCRBYFLOAT h n 0.1', does('"3.1"', 'HSET h n 3.1'), settings);
  test(reduces, ['HSET h n x'], 'HINCRBYFLOAT h n 1', error('ERR hash value is not a float'), settings);
  test(reduces, ['HSET h n ""'], 'HINCRBYFLOAT h n 1', error('ERR hash value is not a float'), settings);
  test(reduces, [], 'HINCRBYFLOAT h n x', error(NOT_A_FLOAT), settings);
  test(reduces, ['SET h v'], 'HINCRBYFLOAT h n inf', error('ERR value is NaN or Infinity'), settings);
  test(reduces, ['SET h v'], 'HINCRBYFLOAT h n 1', error(WRONGTYPE), settings);

  // HRANDFIELD
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h', says('"a"'), settings);
  test(reduces, [], 'HRANDFIELD h', says('$-1'), settings);
  test(reduces, [], 'HRANDFIELD h 3', says('[]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 0', says('[]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 3', says('["a"]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h -3', says('["a", "a", "a"]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 1 WITHVALUES', says('["a", "1"]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h -2 withvalues', says('["a", "1", "a", "1"]'), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h -2 WITHVALUES', says('[["a", "1"], ["a", "1"]]'), {
    ...settings,
    resp: 3,
  });
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 2 WITHVALUES', says('[["a", "1"]]'), { ...settings, resp: 3 });
  test(reduces, ['SET h v'], 'HRANDFIELD h', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h x', error(NOT_AN_INTEGER), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 1 VALUES', error(SYNTAX_ERROR), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 1 WITHVALUES x', error(SYNTAX_ERROR), settings);
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h 9223372036854775807', says('["a"]'), settings);
  const range = 'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';
  test(reduces, ['HSET h a 1'], 'HRANDFIELD h -9223372036854775808 WITHVALUES', error(range), settings);
  for (const count of ['4611686018427387904', '-4611686018427387904']) {
    test(reduces, ['HSET h a 1'], `HRANDFIELD h ${count} WITHVALUES`, error('ERR value is out of range'), settings);
  }

  // HSCAN
  test(reduces, ['HSET h a 1'], 'HSCAN h 0', says('["0", ["a", "1"]]'), settings);
  test(reduces, ['HSET h a 1 bb 2'], 'HSCAN h 0 MATCH b* COUNT 100', says('["0", ["bb", "2"]]'), settings);
  test(reduces, ['HSET h 12 1'], 'HSCAN h 0 MATCH 1?', says('["0", ["12", "1"]]'), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 MATCH x', says('["0", []]'), settings);
  test(reduces, [], 'HSCAN h 0', says('["0", []]'), settings);
  test(reduces, [], 'HSCAN h 0 NONSENSE', says('["0", []]'), settings);
  test(reduces, ['SET h v'], 'HSCAN h 0 NONSENSE', error(WRONGTYPE), settings);
  test(reduces, ['SET h v'], 'HSCAN h x', error('ERR invalid cursor'), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 COUNT 0', error(SYNTAX_ERROR), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 COUNT x', error(NOT_AN_INTEGER), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 TYPE hash', error(SYNTAX_ERROR), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 NOVALUES', error(SYNTAX_ERROR), settings);
  test(reduces, ['HSET h a 1'], 'HSCAN h 0 MATCH', error(SYNTAX_ERROR), settings);

  // the key as a whole
  test(reduces, ['HSET h a 1'], 'TYPE h', says('+hash'), settings);
  test(reduces, ['HSET h a 1', 'COPY h g', 'HSET h a 2'], 'HGETALL g', says('["a", "1"]'), settings);
  test(reduces, ['HSET h a 1', 'RENAME h g'], 'HGETALL g', says('["a", "1"]'), settings);
  test(reduces, ['HSET h a 1', 'SET h v'], 'GET h', says('"v"'), settings);
  test(reduces, ['HSET h a 1'], 'GET h', error(WRONGTYPE), settings);
  test(reduces, ['HSET h a 1'], 'SCAN 0 TYPE hash', says('["0", ["h"]]'), settings);
}

// Encodings
const small = { config: { 'hash-max-listpack-entries': 3, 'hash-max-listpack-value': 5 } };
const encodings: readonly (readonly [given: readonly string[], encoding: string])[] = [
  [['HSET h a 1 b 2 c 3'], 'listpack'],
  [['HSET h a 1 b 2 c 3 d 4'], 'hashtable'],
  [['HSET h a 1 b 2 c 3', 'HSET h a 2'], 'listpack'],
  [['HSET h a 1 b 2 c 3', 'HSET h d 4'], 'hashtable'],
  [['HSET h a 1 b 2 c 3', 'HINCRBY h d 4'], 'hashtable'],
  [['HSET h a 1 b 2 c 3', 'HSETNX h d 4'], 'hashtable'],
  [['HSET h a 1 b 2 c 3', 'HSETNX h c 400000'], 'listpack'],
  [['HSET h a 12345'], 'listpack'],
  [['HSET h a 123456'], 'hashtable'],
  [['HSET h abcdef 1'], 'hashtable'],
  [['HSET h a 1', 'HSET h abcdef 1'], 'hashtable'],
  [['HSET h a 1', 'HSET h a 123456'], 'hashtable'],
  [['HSET h a 1', 'HSETNX h b 123456'], 'hashtable'],
  [['HINCRBY h a 123456'], 'hashtable'],
  [['HSET h a 99999', 'HINCRBY h a 1'], 'hashtable'],
  [['HINCRBYFLOAT h a 1.2345'], 'hashtable'],
  [['HSET h a 1 b 2 c 3 d 4', 'HDEL h a b c'], 'hashtable'],
  [['HSET h a 1 b 2 c 3 d 4', 'COPY h g', 'RENAME g h'], 'hashtable'],
];
for (const [given, encoding] of encodings) test(reduces, given, 'OBJECT ENCODING h', says(`"${encoding}"`), small);

test('a hash keeps its fields when it becomes a table', (t) => {
  const server = new MemoryServer(small);
  server.run('HSET h a 1 b -70000 c xyz');
  server.run('HSET h a 2 d long-value e ""');
  t.is(server.run('HMGET h a b c d e').reply, '["2", "-70000", "xyz", "long-value", ""]');
  t.is(server.run('HLEN h').reply, ':5');
});

test('changes count what HSET sets and HDEL deletes', (t) => {
  const server = new MemoryServer();
  const changes = (): string =>
    /rdb_changes_since_last_save:(\d+)/.exec(server.run('INFO persistence').reply)?.[1] ?? '';
  server.run('HSET h a 1 b 2 c 3');
  t.is(changes(), '3');
  server.run('HDEL h a x b');
  t.is(changes(), '5');
});

test('memory of a hash that has grown and shrunk comes back', (t) => {
  const server = new MemoryServer(small);
  const { arena } = server.keyspace;
  server.run('SET h v');
  server.run('DEL h');
  const before = arena.usedBytes;
  for (let i = 0; i < 500; i++) server.run(`HSET h field:${i} ${'v'.repeat(i * 10)}`);
  for (let i = 0; i < 500; i++) server.run(`HSET h field:${i} ${'v'.repeat(5000 - i * 10)}`);
  for (let i = 0; i < 500; i++) server.run(`HDEL h field:${i}`);
  t.is(server.run('EXISTS h').reply, ':0');
  t.is(arena.usedBytes, before);
});

test('HSCAN with any COUNT walks all fields', (t) => {
  const server = new MemoryServer(small);
  for (let i = 0; i < 300; i++) server.run(`HSET h field:${i} ${i}`);
  for (const count of [1, 7, 1000]) {
    const seen = new Map<string, string>();
    let cursor = '0';
    do {
      const { reply } = server.run(`HSCAN h ${cursor} COUNT ${count}`);
      cursor = /^\["(\d+)"/.exec(reply)?.[1] ?? '0';
      for (const [, name, number] of reply.matchAll(/"(field:\d+)", "(\d+)"/g)) seen.set(name, number);
    } while (cursor !== '0');
    t.is(seen.size, 300);
    for (const [name, number] of seen) t.is(name, `field:${number}`);
  }
});
