/**
 * The string family: replies, events and encodings, the wrong forms included.
 */
import test from 'ava';
import {
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OVERFLOW,
  STRING_TOO_LONG,
  SYNTAX_ERROR,
  WRONGTYPE,
} from '../../src/commands/errors.ts';
import { Encoding, Type } from '../../src/keyspace/entry.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const INVALID = (name: string) => error(`ERR invalid expire time in '${name}' command`);

// SET
test(reduces, [], 'SET k v', { reply: '+OK', events: ['SET k v'] });
test(reduces, ['SET k v EX 10'], 'SET k w', { reply: '+OK', events: ['SET k w'] });
test(reduces, ['SET k v EX 10', 'SET k w'], 'TTL k', says(':-1'));
test(reduces, [], 'SET k a EX 10', { reply: '+OK', events: ['SET k a PXAT 10000'] });
test(reduces, ['+500'], 'set k a px 10', { reply: '+OK', events: ['SET k a PXAT 510'] });
test(reduces, [], 'SET k a EXAT 10', { reply: '+OK', events: ['SET k a PXAT 10000'] });
test(reduces, [], 'SET k a PXAT 10', { reply: '+OK', events: ['SET k a PXAT 10'] });
test(reduces, [], 'SET k a PXAT 10 GET', { reply: '$-1', events: ['SET k a PXAT 10'] });
test(reduces, [], 'SET k a NX EX 10', { reply: '+OK', events: ['SET k a PXAT 10000'] });
test(reduces, ['SET k v'], 'SET k a NX', says('$-1'));
test(reduces, ['SET k v'], 'SET k a NX', says('_'), { resp: 3 });
test(reduces, ['SET k v'], 'SET k a NX GET', says('"v"'));
test(reduces, [], 'SET k a NX GET', { reply: '$-1', events: ['SET k a NX'] });
test(reduces, [], 'SET k a XX', says('$-1'));
test(reduces, [], 'SET k a XX GET', says('$-1'));
test(reduces, ['SET k v'], 'SET k a XX', { reply: '+OK', events: ['SET k a XX'] });
test(reduces, ['SET k v'], 'SET k a get xx GET', { reply: '"v"', events: ['SET k a xx'] });
test(reduces, ['SET k v EX 10'], 'SET k a KEEPTTL', { reply: '+OK', events: ['SET k a KEEPTTL'] });
test(reduces, ['SET k v EX 10', 'SET k a KEEPTTL'], 'PTTL k', says(':10000'));
test(reduces, ['SET k v EX 10', 'SET k a EX 20'], 'PTTL k', says(':20000'));
test(reduces, ['SET k v PX 10', '+11'], 'SET k w XX', { reply: '$-1', events: ['DEL k'] });
test(reduces, ['SET k v PX 10', '+11'], 'SET k w', { reply: '+OK', events: ['DEL k', 'SET k w'] });
test(reduces, [], 'SET k a EX 10 EX 20', { reply: '+OK', events: ['SET k a PXAT 20000'] });
for (const options of [
  'NX XX',
  'XX NX',
  'EX',
  'EX 10 PX 10',
  'EX 10 EXAT 10',
  'KEEPTTL EX 10',
  'EX 10 KEEPTTL',
  'PERSIST',
  'GETS',
  '10',
  "''",
]) {
  test(reduces, [], `SET k a ${options}`, error(SYNTAX_ERROR));
}
test(reduces, [], 'SET k a EX x', error(NOT_AN_INTEGER));
test(reduces, [], 'SET k a EX 9223372036854775808', error(NOT_AN_INTEGER));
for (const time of ['EX 0', 'EX -1', 'PX 0', 'EX 9223372036854776', 'PXAT -9223372036854775808', 'EXAT 0']) {
  test(reduces, [], `SET k a ${time}`, INVALID('set'));
}
test(reduces, [], 'SET k a PX 9223372036854775807', INVALID('set'), { nowMs: 1 });
test(reduces, [], 'SET k a PXAT 9223372036854775807', {
  reply: '+OK',
  events: ['SET k a PXAT 9223372036854775807'],
});
test(reduces, ['SET k a PXAT 9223372036854775807'], 'PEXPIRETIME k', says(':9223372036854774784'));
test(reduces, ['SET k a PXAT 9223372036854775807'], 'GET k', says('"a"'), { nowMs: 1_800_000_000_000 });
test(reduces, ['SET k a PXAT 9007199254740991'], 'PEXPIRETIME k', says(':9007199254740991'));

// the family around SET
test(reduces, [], 'SETNX k v', { reply: ':1', events: ['SETNX k v'] });
test(reduces, ['SET k v'], 'SETNX k w', says(':0'));
test(reduces, [], 'SETEX k 10 v', { reply: '+OK', events: ['SET k v PXAT 10000'] });
test(reduces, [], 'PSETEX k 10 v', { reply: '+OK', events: ['SET k v PXAT 10'] });
test(reduces, [], 'SETEX k 0 v', INVALID('setex'));
test(reduces, [], 'PSETEX k -1 v', INVALID('psetex'));
test(reduces, [], 'PSETEX k x v', error(NOT_AN_INTEGER));
test(reduces, [], 'GETSET k v', { reply: '$-1', events: ['SET k v'] });
test(reduces, ['SET k v EX 10'], 'GETSET k w', { reply: '"v"', events: ['SET k w'] });
test(reduces, ['SET k v EX 10', 'GETSET k w'], 'TTL k', says(':-1'));
test(reduces, [], 'GETDEL k', says('$-1'));
test(reduces, ['SET k v'], 'GETDEL k', { reply: '"v"', events: ['DEL k'] });
test(
  reduces,
  ['SET k v'],
  'GETDEL k',
  { reply: '"v"', events: ['UNLINK k'] },
  { config: { 'lazyfree-lazy-user-del': true } },
);
test(reduces, [], 'GETEX k', says('$-1'));
test(reduces, [], 'GETEX k EX 0', says('$-1'));
test(reduces, ['SET k v'], 'GETEX k', says('"v"'));
test(reduces, ['SET k v'], 'GETEX k EX 10', { reply: '"v"', events: ['PEXPIREAT k 10000'] });
test(reduces, ['SET k v', '+5'], 'GETEX k px 10', { reply: '"v"', events: ['PEXPIREAT k 15'] });
test(reduces, ['SET k v', '+5000'], 'GETEX k EXAT 4', { reply: '"v"', events: ['DEL k'] });
test(reduces, ['SET k v'], 'GETEX k PERSIST', says('"v"'));
test(reduces, ['SET k v EX 10'], 'GETEX k PERSIST', { reply: '"v"', events: ['PERSIST k'] });
test(reduces, ['SET k v'], 'GETEX k EX 0', INVALID('getex'));
test(reduces, ['SET k v'], 'GETEX k EX 10 PERSIST', error(SYNTAX_ERROR));
test(reduces, ['SET k v'], 'GETEX k NX', error(SYNTAX_ERROR));
test(reduces, ['SET k v'], 'GETEX k KEEPTTL', error(SYNTAX_ERROR));

// several keys
test(reduces, ['SET a 1'], 'MGET a b a', says('["1", $-1, "1"]'));
test(reduces, [], 'MSET a 1 b 2', { reply: '+OK', events: ['MSET a 1 b 2'] });
test(reduces, ['MSET a 1 a 2'], 'GET a', says('"2"'));
test(reduces, [], 'MSET a 1 b', error("ERR wrong number of arguments for 'mset' command"));
test(reduces, [], 'MSETNX a 1 b', error("ERR wrong number of arguments for 'msetnx' command"));
test(reduces, [], 'MSETNX a 1 a 2', { reply: ':1', events: ['MSETNX a 1 a 2'] });
test(reduces, ['SET b 1'], 'MSETNX a 1 b 2', says(':0'));

// parts
test(reduces, [], 'APPEND k ab', { reply: ':2', events: ['APPEND k ab'] });
test(reduces, ['SET k ab EX 9'], 'APPEND k cd', { reply: ':4', events: ['APPEND k cd'] });
test(reduces, ['SET k ab EX 9', 'APPEND k cd'], 'PTTL k', says(':9000'));
test(reduces, ['SET k ab'], "APPEND k ''", { reply: ':2', events: ['APPEND k ""'] });
test(reduces, [], 'STRLEN k', says(':0'));
test(reduces, ['SET k abc'], 'STRLEN k', says(':3'));
for (const [range, part] of [
  ['0 -1', 'Hello'],
  ['1 2', 'el'],
  ['-3 -1', 'llo'],
  ['-100 0', 'H'],
  ['-100 -200', ''],
  ['-200 -100', 'H'],
  ['4 100', 'o'],
  ['5 100', ''],
  ['2 1', ''],
  ['-9223372036854775808 9223372036854775807', 'Hello'],
  ['9223372036854775807 -1', ''],
  ['-9223372036854775807 -9223372036854775808', ''],
  ['-9223372036854775808 -9223372036854775807', 'H'],
]) {
  test(reduces, ['SET k Hello'], `GETRANGE k ${range}`, says(`"${part}"`));
}
test(reduces, ['SET k Hello'], 'SUBSTR k 1 3', says('"ell"'));
test(reduces, [], 'GETRANGE k 0 -1', says('""'));
test(reduces, [], 'GETRANGE k 0 x', error(NOT_AN_INTEGER));
test(reduces, [], 'SETRANGE k 2 ab', { reply: ':4', events: ['SETRANGE k 2 ab'] });
test(reduces, ['SETRANGE k 2 ab'], 'GET k', says('"\\x00\\x00ab"'));
test(reduces, ['SET k Hello'], 'SETRANGE k 1 ipp', { reply: ':5', events: ['SETRANGE k 1 ipp'] });
test(reduces, ['SET k Hello', 'SETRANGE k 1 ipp'], 'GET k', says('"Hippo"'));
test(reduces, [], "SETRANGE k 5 ''", says(':0'));
test(reduces, ['SET k ab'], "SETRANGE k 9223372036854775807 ''", says(':2'));
test(reduces, [], 'SETRANGE k -1 a', error('ERR offset is out of range'));
test(reduces, [], 'SETRANGE k -9223372036854775808 a', error('ERR offset is out of range'));
test(reduces, [], 'SETRANGE k x a', error(NOT_AN_INTEGER));
test(reduces, [], 'SETRANGE k 536870911 ab', error(STRING_TOO_LONG));
test(reduces, [], 'SETRANGE k 9223372036854775807 a', error(STRING_TOO_LONG));
test(reduces, ['SETRANGE k 1048570 a'], 'APPEND k 123456', error(STRING_TOO_LONG), {
  config: { 'proto-max-bulk-len': 1048576 },
});

// counters
test(reduces, [], 'INCR k', { reply: ':1', events: ['INCR k'] });
test(reduces, [], 'DECR k', { reply: ':-1', events: ['DECR k'] });
test(reduces, ['SET k 9 EX 5'], 'INCR k', { reply: ':10', events: ['INCR k'] });
test(reduces, ['SET k 9 EX 5', 'INCR k'], 'PTTL k', says(':5000'));
test(reduces, ['SET k 100'], 'DECRBY k 1', { reply: ':99', events: ['DECRBY k 1'] });
test(reduces, [], 'DECRBY k 0', { reply: ':0', events: ['DECRBY k 0'] });
test(reduces, ['SET k 9007199254740991'], 'INCR k', { reply: ':9007199254740992', events: ['INCR k'] });
test(reduces, ['SET k 9007199254740993'], 'DECRBY k 2', { reply: ':9007199254740991', events: ['DECRBY k 2'] });
test(reduces, ['SET k 9223372036854775806'], 'INCR k', { reply: ':9223372036854775807', events: ['INCR k'] });
test(reduces, ['SET k 9223372036854775807'], 'INCR k', error(OVERFLOW));
test(reduces, ['SET k -9223372036854775808'], 'DECR k', error(OVERFLOW));
test(reduces, ['SET k -9223372036854775808'], 'INCRBY k 9223372036854775807', {
  reply: ':-1',
  events: ['INCRBY k 9223372036854775807'],
});
test(reduces, ['SET k -1'], 'DECRBY k 9223372036854775807', {
  reply: ':-9223372036854775808',
  events: ['DECRBY k 9223372036854775807'],
});
test(reduces, [], 'INCRBY k -9223372036854775808', {
  reply: ':-9223372036854775808',
  events: ['INCRBY k -9223372036854775808'],
});
test(reduces, [], 'DECRBY k -9223372036854775808', error('ERR decrement would overflow'));
test(reduces, [], 'INCRBY k 9223372036854775808', error(NOT_AN_INTEGER));
for (const text of [' 1', '1 ', '+1', '01', '-0', '', '1.0', 'abc', '9223372036854775808']) {
  test(reduces, [`SET k '${text}'`], 'INCR k', error(NOT_AN_INTEGER));
}
test(reduces, ['SET k 10.5 EX 5'], 'INCRBYFLOAT k 0.1', { reply: '"10.6"', events: ['SET k 10.6 KEEPTTL'] });
test(reduces, ['SET k 10.5 EX 5', 'INCRBYFLOAT k 0.1'], 'PTTL k', says(':5000'));
test(reduces, [], 'INCRBYFLOAT k 5.0e3', { reply: '"5000"', events: ['SET k 5000 KEEPTTL'] });
test(reduces, [], 'INCRBYFLOAT k x', error(NOT_A_FLOAT));
test(reduces, ['SET k x'], 'INCRBYFLOAT k 1', error(NOT_A_FLOAT));
test(reduces, [], 'INCRBYFLOAT k inf', error('ERR increment would produce NaN or Infinity'));

// LCS
const given = ['MSET k1 ohmytext k2 mynewtext'];
test(reduces, given, 'LCS k1 k2', says('"mytext"'));
test(reduces, given, 'LCS k1 k2 LEN', says(':6'));
test(reduces, given, 'LCS k1 k2 IDX', says('["matches", [[[:4, :7], [:5, :8]], [[:2, :3], [:0, :1]]], "len", :6]'));
test(
  reduces,
  given,
  'LCS k1 k2 IDX MINMATCHLEN 4 WITHMATCHLEN',
  says('{"matches": [[[:4, :7], [:5, :8], :4]], "len": :6}'),
  { resp: 3 },
);
test(reduces, given, 'LCS k1 missing', says('""'));
test(reduces, given, 'LCS k1 missing IDX', says('["matches", [], "len", :0]'));
test(
  reduces,
  given,
  'LCS k1 k2 IDX MINMATCHLEN -1',
  says('["matches", [[[:4, :7], [:5, :8]], [[:2, :3], [:0, :1]]], "len", :6]'),
);
test(reduces, given, 'LCS k1 k2 LEN IDX', error('ERR If you want both the length and indexes, please just use IDX.'));
test(reduces, given, 'LCS k1 k2 MINMATCHLEN', error(SYNTAX_ERROR));
test(reduces, given, 'LCS k1 k2 MINMATCHLEN x', error(NOT_AN_INTEGER));
test(
  reduces,
  ['SETRANGE a 999 x', 'SETRANGE b 999 x'],
  'LCS a b',
  error('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len'),
  { config: { 'proto-max-bulk-len': 1024 * 1024 } },
);

const encodings: readonly (readonly [given: string, encoding: string])[] = [
  ['SET k 1', 'int'],
  ['SET k -9223372036854775808', 'int'],
  ['SET k 9223372036854775808', 'embstr'],
  ['SET k 007', 'embstr'],
  ['SET k ""', 'embstr'],
  [`SET k ${'x'.repeat(44)}`, 'embstr'],
  [`SET k ${'x'.repeat(45)}`, 'raw'],
  ['APPEND k 12', 'int'],
  ['SETRANGE k 0 12', 'raw'],
  ['INCR k', 'int'],
  ['INCRBYFLOAT k 1', 'embstr'],
  ['MSET k 5 k2 x', 'int'],
  ['GETSET k abc', 'embstr'],
];
for (const [command, encoding] of encodings) {
  test(reduces, [command], 'OBJECT ENCODING k', says(`"${encoding}"`));
}
test(reduces, ['SET k 12', 'APPEND k 3'], 'OBJECT ENCODING k', says('"raw"'));
test(reduces, ['SET k 12', 'APPEND k 3', 'INCR k'], 'OBJECT ENCODING k', says('"int"'));

test('a reading command counts hits and misses, a writing one does not', (t) => {
  const server = new MemoryServer();
  for (const command of ['SET a 1', 'GET a', 'GET b', 'MGET a b', 'SETNX a 2', 'INCR a', 'EXISTS a b', 'SET a 1 GET']) {
    server.run(command);
  }
  t.is(server.keyspace.hits, 4);
  t.is(server.keyspace.misses, 3);
});

test('MSET counts as many changes as it sets keys', (t) => {
  const server = new MemoryServer();
  server.run('MSET a 1 b 2 c 3');
  t.is(server.server.services.writes.changes, 3);
});

test('a value of another type is refused, or given up where the command replaces it', (t) => {
  const afresh = () => {
    const server = new MemoryServer();
    server.keyspace.databases[0].create(Buffer.from('k'), 0, 1, 0, Type.List, Encoding.ListPack);
    return server;
  };
  for (const command of [
    'GET k',
    'GETSET k v',
    'GETDEL k',
    'GETEX k EX 0',
    'SET k v GET',
    'STRLEN k',
    'APPEND k v',
    'GETRANGE k 0 1',
    'SETRANGE k 0 v',
    'INCR k',
    'DECRBY k 2',
    'INCRBYFLOAT k 2',
  ]) {
    t.deepEqual(afresh().run(command), error(WRONGTYPE), command);
  }
  t.deepEqual(afresh().run('MGET k'), says('[$-1]'));
  t.deepEqual(afresh().run('SETNX k v'), says(':0'));
  t.deepEqual(afresh().run('LCS k x'), error('ERR The specified keys must contain string values'));
  t.deepEqual(afresh().run('TYPE k'), { reply: '+list', events: nothing });
  for (const command of ['SET k v', 'SET k v KEEPTTL', 'MSET k v']) {
    const server = afresh();
    server.run('PEXPIRE k 100');
    t.deepEqual(server.run(command), { reply: '+OK', events: [command] });
    t.is(server.run('GET k').reply, '"v"');
    t.is(server.run('PTTL k').reply, command.endsWith('KEEPTTL') ? ':100' : ':-1');
    t.is(server.run('DBSIZE').reply, ':1');
  }
});
