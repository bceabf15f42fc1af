/**
 * The list family: replies, events, key events and encodings, the wrong forms included, as a listpack and as a chain.
 */
import test from 'ava';
import { NO_SUCH_KEY, NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE, wrongArity } from '../../src/commands/errors.ts';
import { type KeyEvent, KeyEventClass } from '../../src/keyspace/key-events.ts';
import { MemoryServer, nothing, reduces, type Settings } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const does = (reply: string, ...events: string[]) => ({ reply, events });

const NOT_POSITIVE = 'ERR value is out of range, must be positive';
const NO_KEYS = 'ERR numkeys should be greater than 0';
const NO_COUNT = 'ERR count should be greater than 0';
const NEGATIVE_TIMEOUT = 'ERR timeout is negative';
const NO_TIMEOUT = 'ERR timeout is not a float or out of range';
const RANK_ZERO =
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";
const RANK_RANGE = 'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';

/** Lists that are chains of single elements, beside lists that are listpacks. */
const CHAINS: Settings = { config: { 'list-max-listpack-size': 1 } };
const PACKED: Settings = {};
const abc = ['RPUSH l a b c'];

for (const settings of [PACKED, CHAINS]) {
  const resp3: Settings = { ...settings, resp: 3 };

  // LPUSH, RPUSH, LPUSHX, RPUSHX
  test(reduces, [], 'LPUSH l a', does(':1', 'LPUSH l a'), settings);
  test(reduces, abc, 'LPUSH l d e', does(':5', 'LPUSH l d e'), settings);
  test(reduces, ['LPUSH l a b c'], 'LRANGE l 0 -1', says('["c", "b", "a"]'), settings);
  test(reduces, [...abc, 'LPUSH l d e'], 'LRANGE l 0 -1', says('["e", "d", "a", "b", "c"]'), settings);
  test(reduces, [...abc, 'RPUSH l d e'], 'LRANGE l 0 -1', says('["a", "b", "c", "d", "e"]'), settings);
  test(reduces, ['RPUSH l "" 0 -1 12345678901'], 'LRANGE l 0 -1', says('["", "0", "-1", "12345678901"]'), settings);
  test(reduces, ['SET l v'], 'RPUSH l a', error(WRONGTYPE), settings);
  test(reduces, [], 'RPUSH l', error(wrongArity('rpush')), settings);
  test(reduces, [], 'LPUSHX l a', says(':0'), settings);
  test(reduces, [], 'RPUSHX l a b', says(':0'), settings);
  test(reduces, abc, 'LPUSHX l d e', does(':5', 'LPUSHX l d e'), settings);
  test(reduces, abc, 'RPUSHX l d', does(':4', 'RPUSHX l d'), settings);
  test(reduces, ['SET l v'], 'LPUSHX l a', error(WRONGTYPE), settings);
  test(reduces, [...abc, 'PEXPIRE l 100', 'RPUSH l d'], 'PTTL l', says(':100'), settings);
  test(reduces, [...abc, 'PEXPIRE l 100', '+101'], 'RPUSH l d', does(':1', 'DEL l', 'RPUSH l d'), settings);

  // LPOP, RPOP
  test(reduces, abc, 'LPOP l', does('"a"', 'LPOP l'), settings);
  test(reduces, abc, 'RPOP l', does('"c"', 'RPOP l'), settings);
  test(reduces, abc, 'LPOP l 2', does('["a", "b"]', 'LPOP l 2'), settings);
  test(reduces, abc, 'RPOP l 2', does('["c", "b"]', 'RPOP l 2'), settings);
  test(reduces, abc, 'LPOP l 9', does('["a", "b", "c"]', 'LPOP l 9'), settings);
  test(reduces, abc, 'LPOP l 9223372036854775807', does('["a", "b", "c"]', 'LPOP l 9223372036854775807'), settings);
  test(reduces, [...abc, 'RPOP l 3'], 'EXISTS l', says(':0'), settings);
  test(reduces, [...abc, 'LPOP l', 'LPOP l', 'LPOP l'], 'EXISTS l', says(':0'), settings);
  test(reduces, abc, 'LPOP l 0', says('[]'), settings);
  test(reduces, [], 'LPOP l', says('$-1'), settings);
  test(reduces, [], 'LPOP l', says('_'), resp3);
  test(reduces, [], 'LPOP l 0', says('*-1'), settings);
  test(reduces, [], 'RPOP l 1', says('_'), resp3);
  test(reduces, abc, 'LPOP l -1', error(NOT_POSITIVE), settings);
  test(reduces, abc, 'LPOP l -9223372036854775808', error(NOT_POSITIVE), settings);
  test(reduces, abc, 'LPOP l x', error(NOT_POSITIVE), settings);
  test(reduces, abc, 'RPOP l 1 2', error(wrongArity('rpop')), settings);
  test(reduces, ['SET l v'], 'LPOP l', error(WRONGTYPE), settings);
  test(reduces, ['SET l v'], 'LPOP l 0', error(WRONGTYPE), settings);

  // LLEN, LRANGE, LINDEX
  test(reduces, abc, 'LLEN l', says(':3'), settings);
  test(reduces, [], 'LLEN l', says(':0'), settings);
  test(reduces, ['SET l v'], 'LLEN l', error(WRONGTYPE), settings);
  for (const [range, elements] of [
    ['0 -1', '"a", "b", "c"'],
    ['-2 -1', '"b", "c"'],
    ['-100 0', '"a"'],
    ['1 1', '"b"'],
    ['2 100', '"c"'],
    ['3 100', ''],
    ['2 1', ''],
    ['0 -4', ''],
    ['-9223372036854775808 9223372036854775807', '"a", "b", "c"'],
    ['9223372036854775807 -9223372036854775808', ''],
  ]) {
    test(reduces, abc, `LRANGE l ${range}`, says(`[${elements}]`), settings);
  }
  test(reduces, [], 'LRANGE l 0 -1', says('[]'), settings);
  test(reduces, abc, 'LRANGE l x 1', error(NOT_AN_INTEGER), settings);
  test(reduces, abc, 'LRANGE l 0 1.5', error(NOT_AN_INTEGER), settings);
  test(reduces, ['SET l v'], 'LRANGE l 0 1', error(WRONGTYPE), settings);
  test(reduces, abc, 'LINDEX l 0', says('"a"'), settings);
  test(reduces, abc, 'LINDEX l -1', says('"c"'), settings);
  test(reduces, abc, 'LINDEX l 3', says('$-1'), settings);
  test(reduces, abc, 'LINDEX l -4', says('_'), resp3);
  test(reduces, abc, 'LINDEX l x', error(NOT_AN_INTEGER), settings);
  test(reduces, [], 'LINDEX l x', says('$-1'), settings);
  test(reduces, ['SET l v'], 'LINDEX l x', error(WRONGTYPE), settings);

  // LINSERT, LSET
  test(reduces, abc, 'LINSERT l BEFORE b x', does(':4', 'LINSERT l BEFORE b x'), settings);
  test(reduces, [...abc, 'LINSERT l before a x'], 'LRANGE l 0 -1', says('["x", "a", "b", "c"]'), settings);
  test(reduces, [...abc, 'LINSERT l after b x'], 'LRANGE l 0 -1', says('["a", "b", "x", "c"]'), settings);
  test(reduces, [...abc, 'LINSERT l after c 7'], 'LRANGE l 0 -1', says('["a", "b", "c", "7"]'), settings);
  test(reduces, ['RPUSH l 1 2', 'LINSERT l AFTER 1 x'], 'LRANGE l 0 -1', says('["1", "x", "2"]'), settings);
  test(reduces, abc, 'LINSERT l BEFORE d x', says(':-1'), settings);
  test(reduces, [], 'LINSERT l BEFORE d x', says(':0'), settings);
  test(reduces, abc, 'LINSERT l BESIDE a x', error(SYNTAX_ERROR), settings);
  test(reduces, ['SET l v'], 'LINSERT l BEFORE a x', error(WRONGTYPE), settings);
  test(reduces, abc, 'LSET l 1 x', does('+OK', 'LSET l 1 x'), settings);
  test(reduces, [...abc, 'LSET l -1 123456'], 'LRANGE l 0 -1', says('["a", "b", "123456"]'), settings);
  test(reduces, [...abc, `LSET l 0 ${'x'.repeat(20)}`], 'LINDEX l 0', says(`"${'x'.repeat(20)}"`), settings);
  test(reduces, abc, 'LSET l 3 x', error('ERR index out of range'), settings);
  test(reduces, abc, 'LSET l -4 x', error('ERR index out of range'), settings);
  test(reduces, abc, 'LSET l 9223372036854775807 x', error('ERR index out of range'), settings);
  test(reduces, abc, 'LSET l x x', error(NOT_AN_INTEGER), settings);
  test(reduces, [], 'LSET l x x', error(NO_SUCH_KEY), settings);
  test(reduces, ['SET l v'], 'LSET l x x', error(WRONGTYPE), settings);

  // LREM, LTRIM
  const aba = ['RPUSH l a b a c a'];
  test(reduces, aba, 'LREM l 0 a', does(':3', 'LREM l 0 a'), settings);
  test(reduces, [...aba, 'LREM l 2 a'], 'LRANGE l 0 -1', says('["b", "c", "a"]'), settings);
  test(reduces, [...aba, 'LREM l -2 a'], 'LRANGE l 0 -1', says('["a", "b", "c"]'), settings);
  test(reduces, [...aba, 'LREM l -9223372036854775808 a'], 'LRANGE l 0 -1', says('["b", "c"]'), settings);
  test(reduces, ['RPUSH l a a'], 'LREM l 5 a', does(':2', 'LREM l 5 a'), settings);
  test(reduces, ['RPUSH l a a', 'LREM l -5 a'], 'EXISTS l', says(':0'), settings);
  test(reduces, ['RPUSH l 10 010 10'], 'LREM l 0 10', does(':2', 'LREM l 0 10'), settings);
  test(reduces, abc, 'LREM l 0 x', says(':0'), settings);
  test(reduces, [], 'LREM l 0 x', says(':0'), settings);
  test(reduces, [], 'LREM l x x', error(NOT_AN_INTEGER), settings);
  test(reduces, ['SET l v'], 'LREM l 0 x', error(WRONGTYPE), settings);
  test(reduces, abc, 'LTRIM l 1 1', does('+OK', 'LTRIM l 1 1'), settings);
  test(reduces, [...abc, 'LTRIM l 1 -1'], 'LRANGE l 0 -1', says('["b", "c"]'), settings);
  test(reduces, [...abc, 'LTRIM l 0 -2'], 'LRANGE l 0 -1', says('["a", "b"]'), settings);
  test(reduces, abc, 'LTRIM l 0 -1', says('+OK'), settings);
  test(reduces, abc, 'LTRIM l -100 100', says('+OK'), settings);
  test(reduces, abc, 'LTRIM l 5 9', does('+OK', 'LTRIM l 5 9'), settings);
  test(reduces, [...abc, 'LTRIM l 2 1'], 'EXISTS l', says(':0'), settings);
  test(reduces, [], 'LTRIM l 0 1', says('+OK'), settings);
  test(reduces, [], 'LTRIM l 0 x', error(NOT_AN_INTEGER), settings);
  test(reduces, ['SET l v'], 'LTRIM l 0 1', error(WRONGTYPE), settings);

  // LPOS
  const many = ['RPUSH l a b c 1 2 3 c c'];
  test(reduces, many, 'LPOS l c', says(':2'), settings);
  test(reduces, many, 'LPOS l 3', says(':5'), settings);
  test(reduces, many, 'LPOS l c RANK 2', says(':6'), settings);
  test(reduces, many, 'LPOS l c RANK -1', says(':7'), settings);
  test(reduces, many, 'LPOS l c COUNT 2', says('[:2, :6]'), settings);
  test(reduces, many, 'LPOS l c RANK -1 COUNT 2', says('[:7, :6]'), settings);
  test(reduces, many, 'LPOS l c COUNT 0', says('[:2, :6, :7]'), settings);
  test(reduces, many, 'LPOS l c COUNT 0 MAXLEN 7', says('[:2, :6]'), settings);
  test(reduces, many, 'LPOS l c MAXLEN 2', says('$-1'), settings);
  test(reduces, many, 'LPOS l c maxlen 0 rank 3 count 0', says('[:7]'), settings);
  test(reduces, many, 'LPOS l c RANK 4 COUNT 0', says('[]'), settings);
  test(reduces, many, 'LPOS l c RANK -9223372036854775807', says('$-1'), settings);
  test(reduces, many, 'LPOS l x', says('$-1'), settings);
  test(reduces, many, 'LPOS l x', says('_'), resp3);
  test(reduces, many, 'LPOS l x COUNT 1', says('[]'), settings);
  test(reduces, [], 'LPOS l x', says('$-1'), settings);
  test(reduces, [], 'LPOS l x COUNT 1', says('[]'), settings);
  test(reduces, [], 'LPOS l x RANK 0', error(RANK_ZERO), settings);
  test(reduces, [], 'LPOS l x RANK x', error(NOT_AN_INTEGER), settings);
  test(reduces, [], 'LPOS l x RANK -9223372036854775808', error(RANK_RANGE), settings);
  test(reduces, [], 'LPOS l x COUNT -1', error("ERR COUNT can't be negative"), settings);
  test(reduces, [], 'LPOS l x COUNT x', error("ERR COUNT can't be negative"), settings);
  test(reduces, [], 'LPOS l x MAXLEN -1', error("ERR MAXLEN can't be negative"), settings);
  test(reduces, [], 'LPOS l x MAXLEN 9223372036854775808', error("ERR MAXLEN can't be negative"), settings);
  test(reduces, [], 'LPOS l x RANK', error(SYNTAX_ERROR), settings);
  test(reduces, [], 'LPOS l x FIRST 1', error(SYNTAX_ERROR), settings);
  test(reduces, ['SET l v'], 'LPOS l x', error(WRONGTYPE), settings);

  // LMOVE, RPOPLPUSH
  test(reduces, abc, 'LMOVE l m LEFT RIGHT', does('"a"', 'LMOVE l m LEFT RIGHT'), settings);
  test(reduces, [...abc, 'RPUSH m x y', 'LMOVE l m right left'], 'LRANGE m 0 -1', says('["c", "x", "y"]'), settings);
  test(reduces, [...abc, 'LMOVE l l LEFT RIGHT'], 'LRANGE l 0 -1', says('["b", "c", "a"]'), settings);
  test(reduces, [...abc, 'LMOVE l l LEFT LEFT'], 'LRANGE l 0 -1', says('["a", "b", "c"]'), settings);
  test(reduces, ['RPUSH l 1', 'LMOVE l l RIGHT LEFT'], 'LRANGE l 0 -1', says('["1"]'), settings);
  test(reduces, ['RPUSH l 1', 'LMOVE l m RIGHT LEFT'], 'EXISTS l m', says(':1'), settings);
  test(reduces, [], 'LMOVE l m LEFT LEFT', says('$-1'), settings);
  test(reduces, ['SET m v'], 'LMOVE l m LEFT LEFT', says('_'), resp3);
  test(reduces, [...abc, 'SET m v'], 'LMOVE l m LEFT LEFT', error(WRONGTYPE), settings);
  test(reduces, ['SET l v'], 'LMOVE l m LEFT LEFT', error(WRONGTYPE), settings);
  test(reduces, abc, 'LMOVE l m UP LEFT', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMOVE l m LEFT DOWN', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'RPOPLPUSH l m', does('"c"', 'RPOPLPUSH l m'), settings);
  test(reduces, [...abc, 'RPOPLPUSH l l'], 'LRANGE l 0 -1', says('["c", "a", "b"]'), settings);
  test(reduces, [], 'RPOPLPUSH l m', says('$-1'), settings);

  // LMPOP
  test(reduces, abc, 'LMPOP 1 l LEFT', does('["l", ["a"]]', 'LPOP l 1'), settings);
  test(reduces, abc, 'LMPOP 2 x l right COUNT 2', does('["l", ["c", "b"]]', 'RPOP l 2'), settings);
  test(reduces, abc, 'LMPOP 2 l l LEFT COUNT 9', does('["l", ["a", "b", "c"]]', 'LPOP l 3'), settings);
  test(reduces, [], 'LMPOP 1 l LEFT', says('*-1'), settings);
  test(reduces, [], 'LMPOP 1 l LEFT', says('_'), resp3);
  test(reduces, ['SET s v', ...abc], 'LMPOP 2 s l LEFT', error(WRONGTYPE), settings);
  test(reduces, ['SET s v', ...abc], 'LMPOP 2 l s LEFT', does('["l", ["a"]]', 'LPOP l 1'), settings);
  test(reduces, abc, 'LMPOP 0 l LEFT', error(NO_KEYS), settings);
  test(reduces, abc, 'LMPOP -1 l LEFT', error(NO_KEYS), settings);
  test(reduces, abc, 'LMPOP x l LEFT', error(NO_KEYS), settings);
  test(reduces, abc, 'LMPOP 2 l LEFT', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMPOP 9223372036854775807 l LEFT', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMPOP 1 l UP', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMPOP 1 l LEFT COUNT', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMPOP 1 l LEFT COUNT 0', error(NO_COUNT), settings);
  test(reduces, abc, 'LMPOP 1 l LEFT COUNT x', error(NO_COUNT), settings);
  test(reduces, abc, 'LMPOP 1 l LEFT COUNT 1 COUNT 1', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'LMPOP 1 l LEFT LIMIT 1', error(SYNTAX_ERROR), settings);

  // blocking commands that find something, or fail
  test(reduces, abc, 'BLPOP x l 0', does('["l", "a"]', 'LPOP l'), settings);
  test(reduces, abc, 'BRPOP l x 1.5', does('["l", "c"]', 'RPOP l'), settings);
  test(reduces, abc, 'BLMOVE l m LEFT right 0', does('"a"', 'LMOVE l m LEFT right'), settings);
  test(reduces, abc, 'BRPOPLPUSH l m 0', does('"c"', 'RPOPLPUSH l m'), settings);
  test(reduces, abc, 'BLMPOP 0 2 x l RIGHT COUNT 2', does('["l", ["c", "b"]]', 'RPOP l 2'), settings);
  test(reduces, ['SET s v', ...abc], 'BLPOP s l 0', error(WRONGTYPE), settings);
  test(reduces, ['SET s v', ...abc], 'BLMPOP 0 2 s l LEFT', error(WRONGTYPE), settings);
  test(reduces, ['SET s v'], 'BLMOVE s l LEFT LEFT 0', error(WRONGTYPE), settings);
  test(reduces, ['SET s v', ...abc], 'BRPOPLPUSH l s 0', error(WRONGTYPE), settings);
  test(reduces, abc, 'BLPOP l -1', error(NEGATIVE_TIMEOUT), settings);
  test(reduces, abc, 'BRPOP l x', error(NO_TIMEOUT), settings);
  test(reduces, abc, 'BLMOVE l m LEFT UP x', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'BLMOVE l m LEFT LEFT x', error(NO_TIMEOUT), settings);
  test(reduces, abc, 'BRPOPLPUSH l m -1', error(NEGATIVE_TIMEOUT), settings);
  test(reduces, abc, 'BLMPOP -1 1 l LEFT', error(NEGATIVE_TIMEOUT), settings);
  test(reduces, abc, 'BLMPOP x 1 l UP', error(SYNTAX_ERROR), settings);
  test(reduces, abc, 'BLMPOP x 0 l LEFT', error(NO_KEYS), settings);
}

// encodings
const encodings: readonly (readonly [given: string[], encoding: string, size?: number])[] = [
  [['RPUSH l a'], 'listpack'],
  [[`RPUSH l ${'x'.repeat(8185)}`], 'listpack'],
  [[`RPUSH l ${'x'.repeat(8186)}`], 'quicklist'],
  [[`RPUSH l ${'x'.repeat(8185)}`, 'RPUSH l a'], 'quicklist'],
  [[`RPUSH l ${'x'.repeat(8185)}`, 'RPUSH l a', 'LPOP l'], 'listpack'],
  [[`RPUSH l ${'x'.repeat(8185)}`, 'RPUSH l a', 'RPOP l'], 'quicklist'],
  [[`RPUSH l a ${'x'.repeat(8186)}`, 'LPOP l'], 'quicklist'],
  [[`RPUSH l a ${'x'.repeat(8186)}`, 'LSET l 1 b'], 'quicklist'],
  [[`RPUSH l a b ${'x'.repeat(8186)}`, 'LREM l 0 b', 'RPOP l'], 'listpack'],
  [['RPUSH l 1 2 3 4'], 'listpack', 4],
  [['RPUSH l 1 2 3 4', 'RPUSH l 5'], 'quicklist', 4],
  [['RPUSH l 1 2 3 4', 'LSET l 0 5'], 'quicklist', 4],
  [['RPUSH l 1 2 3 4', 'RPUSH l 5', 'RPOP l 2'], 'quicklist', 4],
  [['RPUSH l 1 2 3 4', 'RPUSH l 5', 'RPOP l 3'], 'listpack', 4],
  [['RPUSH l 1 2 3 4', 'RPUSH l 5', 'LTRIM l 1 2'], 'listpack', 4],
  [['RPUSH l 1 2 3 4', 'LINSERT l AFTER 2 5'], 'quicklist', 4],
  [['RPUSH l 1 2 3 4', 'RPUSH m 5', 'LMOVE m l LEFT LEFT'], 'quicklist', 4],
  [[`RPUSH l ${'x'.repeat(8192)}`], 'quicklist', 128],
  [[`RPUSH l ${'x'.repeat(8192)} a`, 'RPOP l'], 'listpack', 128],
  [['RPUSH l 1'], 'listpack', 1],
  [['RPUSH l 1 2', 'LPOP l'], 'quicklist', 1],
];
for (const [given, encoding, size] of encodings) {
  const settings = size === undefined ? {} : { config: { 'list-max-listpack-size': size } };
  test(reduces, given, 'OBJECT ENCODING l', says(`"${encoding}"`), settings);
}

test('a key event is told for each change, where somebody wants to know', (t) => {
  const server = new MemoryServer();
  const seen: string[] = [];
  server.keyspace.keyEvents.flags = KeyEventClass.List | KeyEventClass.Generic;
  server.keyspace.keyEvents.events$.subscribe(({ name, bytes, at, length }: KeyEvent) => {
    seen.push(`${name} ${Buffer.from(bytes.slice(at, at + length)).toString()}`);
  });
  const tells = (command: string, ...events: string[]): void => {
    server.run(command);
    t.deepEqual(seen.splice(0), events, command);
  };
  tells('RPUSH l a b c d e f g h', 'rpush l');
  tells('LPUSHX l z', 'lpush l');
  tells('LPUSHX x z');
  tells('LINSERT l BEFORE b i', 'linsert l');
  tells('LINSERT l BEFORE x i');
  tells('LSET l 0 y', 'lset l');
  tells('LREM l 0 y', 'lrem l');
  tells('LREM l 0 y');
  tells('LTRIM l 0 -2', 'ltrim l');
  tells('LTRIM l 0 -1', 'ltrim l');
  tells('LPOP l', 'lpop l');
  tells('RPOP l 2', 'rpop l');
  tells('LMOVE l m LEFT RIGHT', 'rpush m', 'lpop l');
  tells('RPOPLPUSH m m', 'lpush m', 'rpop m');
  tells('LMOVE m l RIGHT LEFT', 'lpush l', 'rpop m', 'del m');
  tells('LMPOP 2 x l RIGHT', 'rpop l');
  tells('BLPOP l 0', 'lpop l');
  tells('BRPOPLPUSH l m 0', 'lpush m', 'rpop l');
  tells('RPOP m 5', 'rpop m', 'del m');
  tells('LTRIM l 1 0', 'ltrim l', 'del l');
  tells('RPUSH l a a', 'rpush l');
  tells('LREM l 0 a', 'lrem l', 'del l');
});

test('a command counts as many changes as it adds or removes elements', (t) => {
  const server = new MemoryServer();
  const { writes } = server.server.services;
  const changes = (command: string): number => {
    const before = writes.changes;
    server.run(command);
    return writes.changes - before;
  };
  t.is(changes('RPUSH l a b c a b c a b c'), 9);
  t.is(changes('LPOP l 2'), 2);
  t.is(changes('LREM l 0 a'), 2);
  t.is(changes('LTRIM l 1 -2'), 2);
  t.is(changes('LMPOP 1 l LEFT COUNT 2'), 2);
  t.is(changes('LMOVE l m LEFT LEFT'), 1);
});

test('reading counts hits and misses, writing does not', (t) => {
  const server = new MemoryServer();
  for (const command of [
    'RPUSH l a',
    'LLEN l',
    'LRANGE l 0 -1',
    'LINDEX x 0',
    'LPOS l a',
    'LPOP x',
    'LMOVE x l LEFT LEFT',
  ]) {
    server.run(command);
  }
  t.is(server.keyspace.hits, 3);
  t.is(server.keyspace.misses, 1);
});
