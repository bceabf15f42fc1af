/**
 * SORT and SORT_RO: orders, patterns, limits, what is stored and how it is told.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { type KeyEvent, KeyEventClass } from '../../src/keyspace/key-events.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const list = (...texts: string[]) => says(`[${texts.map((text) => `"${text}"`).join(', ')}]`);
const NOT_A_SCORE = error("ERR One or more scores can't be converted into double");

const numbers = ['RPUSH l 3 -1 2.5 10'];
const words = ['RPUSH l banana Apple cherry apple'];
const weighted = [
  'RPUSH l 1 2 3',
  'MSET w_1 30 w_2 10 w_3 20',
  'HSET h_1 w 3 name one',
  'HSET h_2 w 1 name two',
  'HSET h_3 w 2',
];

// Orders
test(reduces, [], 'SORT l', says('[]'));
test(reduces, [], 'SORT_RO l', says('[]'));
test(reduces, numbers, 'SORT l', list('-1', '2.5', '3', '10'));
test(reduces, numbers, 'SORT l ASC', list('-1', '2.5', '3', '10'));
test(reduces, numbers, 'SORT l DESC', list('10', '3', '2.5', '-1'));
test(reduces, numbers, 'SORT l DESC asc', list('-1', '2.5', '3', '10'));
test(reduces, numbers, 'SORT l ALPHA', list('-1', '10', '2.5', '3'));
test(reduces, numbers, 'SORT_RO l alpha desc', list('3', '2.5', '10', '-1'));
test(reduces, words, 'SORT l ALPHA', list('Apple', 'apple', 'banana', 'cherry'));
test(reduces, words, 'SORT l', NOT_A_SCORE);
test(
  reduces,
  ["RPUSH l inf 0x10 -infinity 1e3 '' '  7'"],
  'SORT l',
  list('-infinity', '', '  7', '0x10', '1e3', 'inf'),
);
for (const text of ['nan', '1e400', '1e-310', '7 ', '0x', '1.2.3', '  ']) {
  test(reduces, [`RPUSH l 1 '${text}'`], 'SORT l', NOT_A_SCORE);
}
test(reduces, ['RPUSH l 1.0 01 1 +1'], 'SORT l', list('+1', '01', '1', '1.0'));
test(reduces, ['RPUSH l 1.0 01 1 +1'], 'SORT l DESC', list('1.0', '1', '01', '+1'));

// Types
test(reduces, ['SADD s 3 1 2'], 'SORT s DESC', list('3', '2', '1'));
test(reduces, ['SADD s c a b'], 'SORT s ALPHA', list('a', 'b', 'c'));
test(reduces, ['ZADD z 1 c 2 a 3 b'], 'SORT z ALPHA', list('a', 'b', 'c'));
test(reduces, ['ZADD z 1 3 2 20 3 1'], 'SORT z', list('1', '3', '20'));
test(reduces, ['SET k v'], 'SORT k', error(WRONGTYPE));
test(reduces, ['HSET k f v'], 'SORT k ALPHA', error(WRONGTYPE));
test(reduces, ['SET k v'], 'SORT k LIMIT', error(SYNTAX_ERROR));

// LIMIT
test(reduces, numbers, 'SORT l LIMIT 0 2', list('-1', '2.5'));
test(reduces, numbers, 'SORT l LIMIT 1 2', list('2.5', '3'));
test(reduces, numbers, 'SORT l LIMIT 2 -1', list('3', '10'));
test(reduces, numbers, 'SORT l LIMIT -5 1', list('-1'));
test(reduces, numbers, 'SORT l LIMIT 4 1', says('[]'));
test(reduces, numbers, 'SORT l LIMIT 1 0', says('[]'));
test(reduces, numbers, 'SORT l LIMIT 9223372036854775807 9223372036854775807', says('[]'));
test(reduces, numbers, 'SORT l LIMIT -9223372036854775808 9223372036854775807 DESC LIMIT 0 1', list('10'));
test(reduces, numbers, 'SORT l LIMIT 0 -9223372036854775808', list('-1', '2.5', '3', '10'));
test(reduces, numbers, 'SORT l LIMIT x 1', error(NOT_AN_INTEGER));
test(reduces, numbers, 'SORT l LIMIT 1 9223372036854775808', error(NOT_AN_INTEGER));
for (const options of ['LIMIT 1', 'LIMIT', 'BY', 'GET', 'STORE', 'UP', "''", 'LIMIT 0 1 2']) {
  test(reduces, numbers, `SORT l ${options}`, error(SYNTAX_ERROR));
}
test(reduces, numbers, 'SORT_RO l STORE d', error(SYNTAX_ERROR));

// BY
test(reduces, weighted, 'SORT l BY w_*', list('2', '3', '1'));
test(reduces, weighted, 'SORT l BY w_* DESC LIMIT 0 2', list('1', '3'));
test(reduces, weighted, 'SORT l BY h_*->w', list('2', '3', '1'));
test(reduces, weighted, 'SORT l BY h_*->none', list('1', '2', '3'));
test(reduces, weighted, 'SORT l BY none_* DESC', list('3', '2', '1'));
test(reduces, [...weighted, 'DEL w_2'], 'SORT l BY w_*', list('2', '3', '1'));
test(reduces, [...weighted, 'MSET w_1 b w_2 a'], 'SORT l BY w_* ALPHA', list('3', '2', '1'));
test(reduces, [...weighted, 'DEL w_2 w_3', 'SET w_1 a'], 'SORT l BY w_* ALPHA', list('2', '3', '1'));
test(reduces, [...weighted, 'DEL w_2 w_3', 'SET w_1 a'], 'SORT l BY w_* ALPHA DESC', list('1', '2', '3'));
test(reduces, [...weighted, 'SET w_2 x'], 'SORT l BY w_*', NOT_A_SCORE);
test(reduces, [...weighted, 'DEL w_2', 'RPUSH w_2 5'], 'SORT l BY w_*', list('2', '3', '1')); // not a string: no weight
test(reduces, [...weighted, 'MSET 1->w 3 2->w 2 3->w 1'], 'SORT l BY *->w', list('1', '2', '3')); // hashes 1 2 3: none
test(reduces, [...weighted, 'MSET 1-> 3 2-> 2 3-> 1'], 'SORT l BY *->', list('3', '2', '1')); // no field: a name
test(reduces, [...weighted, 'MSET a1a* 3 a2a* 2 a3a* 1'], 'SORT l BY a*a*', list('3', '2', '1')); // the first star

// BY a constant keeps the order
test(reduces, numbers, 'SORT l BY nosort', list('3', '-1', '2.5', '10'));
test(reduces, numbers, 'SORT l BY nosort DESC', list('10', '2.5', '-1', '3'));
test(reduces, numbers, 'SORT l BY nosort LIMIT 1 2', list('-1', '2.5'));
test(reduces, numbers, 'SORT l BY nosort DESC LIMIT 1 2', list('2.5', '-1'));
test(reduces, words, 'SORT l BY #', list('banana', 'Apple', 'cherry', 'apple'));
test(reduces, weighted, 'SORT l BY nosort BY w_*', list('1', '2', '3'));
test(reduces, ['ZADD z 3 a 2 b 1 c'], 'SORT z BY nosort', list('c', 'b', 'a'));
test(reduces, ['ZADD z 3 a 2 b 1 c'], 'SORT z BY nosort DESC', list('a', 'b', 'c'));
test(reduces, ['ZADD z 3 a 2 b 1 c'], 'SORT z BY nosort DESC LIMIT 1 1', list('b'));
test(reduces, ['ZADD z 3 a 2 b 1 c'], 'SORT z BY nosort LIMIT 2 9', list('a'));
test(reduces, ['SADD s 3 1 2'], 'SORT s BY nosort LIMIT 1 9', list('2', '3'));

// GET
test(reduces, weighted, 'SORT l GET #', list('1', '2', '3'));
test(
  reduces,
  weighted,
  'SORT l BY w_* GET # GET w_* GET h_*->name',
  says('["2", "10", "two", "3", "20", $-1, "1", "30", "one"]'),
);
test(reduces, weighted, 'SORT_RO l GET h_*->name', says('["one", "two", _]'), { resp: 3 });
test(reduces, weighted, 'SORT l GET none_*', says('[$-1, $-1, $-1]'));
test(reduces, weighted, 'SORT l GET constant LIMIT 0 1', says('[$-1]'));
test(reduces, weighted, 'SORT l GET h_* LIMIT 0 1', says('[$-1]'));
test(reduces, weighted, 'SORT l GET w_*->w LIMIT 0 1', says('[$-1]'));

// STORE
const stored = (count: number, event: string) => ({ reply: `:${count}`, events: [event] });
test(reduces, weighted, 'SORT l BY w_* STORE d', stored(3, 'SORT l BY w_* STORE d'));
test(reduces, [...weighted, 'SORT l BY w_* STORE d'], 'LRANGE d 0 -1', list('2', '3', '1'));
test(
  reduces,
  [...weighted, 'SORT l GET h_*->name GET # STORE d'],
  'LRANGE d 0 -1',
  list('one', '1', 'two', '2', '', '3'),
);
test(reduces, [...weighted, 'SORT l DESC STORE l'], 'LRANGE l 0 -1', list('3', '2', '1'));
test(reduces, [...weighted, 'SET d x EX 100', 'SORT l STORE d'], 'TTL d', says(':-1'));
test(reduces, [...weighted, 'SORT l STORE d'], 'OBJECT ENCODING d', says('"listpack"'));
test(reduces, ['SET d x'], 'SORT l STORE d', stored(0, 'SORT l STORE d'));
test(reduces, ['SET d x', 'SORT l STORE d'], 'EXISTS d', says(':0'));
test(reduces, [], 'SORT l STORE d', says(':0'));
test(reduces, weighted, 'SORT l LIMIT 3 1 STORE d', says(':0'));
test(reduces, ['RPUSH l a', 'SET d x'], 'SORT l STORE d', NOT_A_SCORE);
test(reduces, [...weighted, 'SORT l STORE a STORE b'], 'EXISTS a b', says(':1'));
// A set has no order of its own: what is stored is in order all the same.
test(reduces, ['SADD s c a b', 'SORT s BY nosort STORE d'], 'LRANGE d 0 -1', list('a', 'b', 'c'));
test(reduces, ['SADD s c a b', 'SORT s BY nosort DESC STORE d'], 'LRANGE d 0 -1', list('c', 'b', 'a'));
test(reduces, ['SADD s c a b', 'SORT s BY none_* ALPHA STORE d'], 'LRANGE d 0 -1', list('a', 'b', 'c'));

// Keys whose time is up
test(reduces, [...weighted, 'PEXPIRE w_1 10', '+11'], 'SORT l BY w_*', { ...list('1', '2', '3'), events: ['DEL w_1'] });
test(reduces, [...weighted, 'PEXPIRE w_1 10', '+11'], 'SORT l GET w_* STORE d', {
  reply: ':3',
  events: ['DEL w_1', 'SORT l GET w_* STORE d'],
});
test(reduces, [...weighted, 'PEXPIRE l 10', '+11'], 'SORT l', { reply: '[]', events: ['DEL l'] });

test('collections of every encoding are sorted, forwards and backwards', (t) => {
  const config = { 'list-max-listpack-size': 16, 'set-max-listpack-entries': 16, 'set-max-intset-entries': 16 };
  for (const [add, encoding] of [
    ['RPUSH k %', 'quicklist'],
    ['SADD k %', 'hashtable'],
    ['ZADD k 0 %', 'skiplist'],
  ] as const) {
    const server = new MemoryServer({ config: { ...config, 'zset-max-listpack-entries': 16 } });
    for (let i = 0; i < 1000; i++) server.run(add.replace('%', String((i * 7919) % 1000)));
    t.is(server.run('OBJECT ENCODING k').reply, `"${encoding}"`);
    const ascending = Array.from({ length: 1000 }, (_, i) => String(i));
    const shown = (texts: readonly string[]) => `[${texts.map((text) => `"${text}"`).join(', ')}]`;
    t.is(server.run('SORT k').reply, shown(ascending));
    t.is(server.run('SORT k DESC LIMIT 10 5').reply, shown(ascending.reverse().slice(10, 15)));
    if (encoding === 'hashtable') continue;
    const own = server.run('SORT k BY nosort').reply;
    const backwards = server.run('SORT k BY nosort DESC').reply;
    const texts = own.slice(2, -2).split('", "');
    t.is(texts.length, 1000);
    t.is(backwards, shown([...texts].reverse()));
    t.is(server.run('SORT k BY nosort LIMIT 300 50').reply, shown(texts.slice(300, 350)));
    t.is(server.run('SORT k BY nosort DESC LIMIT 300 50').reply, shown(texts.reverse().slice(300, 350)));
    t.is(server.run('SORT k STORE d').reply, ':1000');
    t.is(server.run('LRANGE d 998 -1').reply, '["998", "999"]');
    t.is(server.run('OBJECT ENCODING d').reply, '"quicklist"');
  }
});

test('storing makes the key events of redis-server', (t) => {
  const server = new MemoryServer();
  const seen: string[] = [];
  server.keyspace.keyEvents.flags = KeyEventClass.List | KeyEventClass.Generic;
  server.run('RPUSH l 2 1');
  server.keyspace.keyEvents.events$.subscribe(({ name, bytes, at, length }: KeyEvent) => {
    seen.push(`${name} ${Buffer.from(bytes).toString('latin1', at, at + length)}`);
  });
  server.run('SORT l STORE d');
  server.run('SORT none STORE d');
  server.run('SORT none STORE d');
  server.run('SORT l');
  t.deepEqual(seen, ['sortstore d', 'del d']);
});
