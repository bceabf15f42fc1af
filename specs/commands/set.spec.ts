/**
 * The set family: replies, events and encodings, the wrong forms included.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

// SADD
test(reduces, [], 'SADD s a b a', { reply: ':2', events: ['SADD s a b a'] });
test(reduces, ['SADD s a b'], 'SADD s b a', says(':0'));
test(reduces, ['SADD s a b'], 'SADD s b c', { reply: ':1', events: ['SADD s b c'] });
test(reduces, ['SADD s 1 2'], 'SADD s 2 -9223372036854775808', {
  reply: ':1',
  events: ['SADD s 2 -9223372036854775808'],
});
test(reduces, ['SADD s 1 01'], 'SADD s 1 01 +1', { reply: ':1', events: ['SADD s 1 01 +1'] });
test(reduces, ['SADD s a EX'], "SADD s ''", { reply: ':1', events: ['SADD s ""'] });
test(reduces, ['SADD s a', 'PEXPIRE s 10', '+11'], 'SADD s b', { reply: ':1', events: ['DEL s', 'SADD s b'] });
test(reduces, ['SADD s a', 'PEXPIRE s 10', 'SADD s b'], 'PTTL s', says(':10'));
test(reduces, ['SET k v'], 'SADD k a', error(WRONGTYPE));
test(reduces, [], 'SADD s', error("ERR wrong number of arguments for 'sadd' command"));

// SREM
test(reduces, [], 'SREM s a', says(':0'));
test(reduces, ['SADD s a b c'], 'SREM s x a a b', { reply: ':2', events: ['SREM s x a a b'] });
test(reduces, ['SADD s a b c'], 'SREM s x y', says(':0'));
test(reduces, ['SADD s 1 2'], 'SREM s 2 1 3', { reply: ':2', events: ['SREM s 2 1 3'] });
test(reduces, ['SADD s 1 2', 'SREM s 2 1 3'], 'EXISTS s', says(':0'));
test(reduces, ['SET k v'], 'SREM k a', error(WRONGTYPE));

// asking
test(reduces, ['SADD s a b'], 'SCARD s', says(':2'));
test(reduces, [], 'SCARD s', says(':0'));
test(reduces, ['SET k v'], 'SCARD k', error(WRONGTYPE));
test(reduces, ['SADD s a 1'], 'SISMEMBER s 1', says(':1'));
test(reduces, ['SADD s a 1'], 'SISMEMBER s 01', says(':0'));
test(reduces, ['SADD s 1 2'], 'SISMEMBER s a', says(':0'));
test(reduces, [], 'SISMEMBER s 1', says(':0'));
test(reduces, ['SET k v'], 'SISMEMBER k v', error(WRONGTYPE));
test(reduces, ['SADD s a 1'], 'SMISMEMBER s a b 1 1', says('[:1, :0, :1, :1]'));
test(reduces, [], 'SMISMEMBER s a b', says('[:0, :0]'));
test(reduces, ['SET k v'], 'SMISMEMBER k v', error(WRONGTYPE));
test(reduces, ['SADD s 3 1 2'], 'SMEMBERS s', says('["1", "2", "3"]'));
test(reduces, ['SADD s b 1'], 'SMEMBERS s', says('["b", "1"]'));
test(reduces, ['SADD s 3 1 2'], 'SMEMBERS s', says('~["1", "2", "3"]'), { resp: 3 });
test(reduces, [], 'SMEMBERS s', says('[]'));
test(reduces, [], 'SMEMBERS s', says('~[]'), { resp: 3 });
test(reduces, ['SET k v'], 'SMEMBERS k', error(WRONGTYPE));

// SMOVE
test(reduces, ['SADD s a b', 'SADD t c'], 'SMOVE s t a', { reply: ':1', events: ['SMOVE s t a'] });
test(reduces, ['SADD s a b', 'SADD t c', 'SMOVE s t a'], 'SMEMBERS t', says('["c", "a"]'));
test(reduces, ['SADD s a', 'SADD t a'], 'SMOVE s t a', { reply: ':1', events: ['SMOVE s t a'] });
test(reduces, ['SADD s a', 'SMOVE s t a'], 'EXISTS s t', says(':1'));
test(reduces, ['SADD s 5', 'SMOVE s t 5'], 'OBJECT ENCODING t', says('"intset"'));
test(reduces, ['SADD s a'], 'SMOVE s t b', says(':0'));
test(reduces, ['SET k v'], 'SMOVE s k b', says(':0'));
test(reduces, ['SADD s a'], 'SMOVE s s a', says(':1'));
test(reduces, ['SADD s a'], 'SMOVE s s b', says(':0'));
test(reduces, ['SADD s a', 'SET k v'], 'SMOVE s k a', error(WRONGTYPE));
test(reduces, ['SADD s a', 'SET k v'], 'SMOVE k s a', error(WRONGTYPE));
test(reduces, ['SET k v'], 'SMOVE k s a', error(WRONGTYPE));

// SPOP
test(reduces, [], 'SPOP s', says('$-1'));
test(reduces, [], 'SPOP s', says('_'), { resp: 3 });
test(reduces, ['SADD s a'], 'SPOP s', { reply: '"a"', events: ['SREM s a'] });
test(reduces, ['SADD s a', 'SPOP s'], 'EXISTS s', says(':0'));
test(reduces, ['SADD s 7'], 'SPOP s', { reply: '"7"', events: ['SREM s 7'] });
test(reduces, ['SADD s a'], 'SPOP s 0', says('[]'));
test(reduces, ['SADD s a'], 'SPOP s 0', says('~[]'), { resp: 3 });
test(reduces, [], 'SPOP s 3', says('[]'));
test(reduces, [], 'SPOP s 3', says('~[]'), { resp: 3 });
test(reduces, ['SADD s 1 2'], 'SPOP s 2', { reply: '["1", "2"]', events: ['DEL s'] });
test(reduces, ['SADD s 1 2'], 'SPOP s 9223372036854775807', { reply: '~["1", "2"]', events: ['DEL s'] }, { resp: 3 });
test(
  reduces,
  ['SADD s 1 2'],
  'SPOP s 2',
  { reply: '["1", "2"]', events: ['UNLINK s'] },
  { config: { 'lazyfree-lazy-server-del': true } },
);
for (const count of ['-1', 'x', '9223372036854775808', '-9223372036854775808', '']) {
  test(reduces, ['SET s v'], `SPOP s '${count}'`, error('ERR value is out of range, must be positive'));
}
test(reduces, [], 'SPOP s 1 2', error(SYNTAX_ERROR));
test(reduces, ['SET k v'], 'SPOP k', error(WRONGTYPE));
test(reduces, ['SET k v'], 'SPOP k 0', error(WRONGTYPE));

test('SPOP with a count replies with what the write event removes', (t) => {
  for (const members of ['1 2 3 4 5 6 7 8', 'a b c d e f g 8']) {
    const server = new MemoryServer();
    server.run(`SADD s ${members}`);
    const { reply, events } = server.run('SPOP s 3');
    t.is(events.length, 1);
    const words = events[0]?.split(' ') ?? [];
    t.deepEqual(words.slice(0, 2), ['SREM', 's']);
    t.is(
      reply,
      `[${words
        .slice(2)
        .map((word) => `"${word}"`)
        .join(', ')}]`,
    );
    t.is(new Set(words.slice(2)).size, 3);
    t.is(server.run('SCARD s').reply, ':5');
    t.is(server.run(`SMISMEMBER s ${words.slice(2).join(' ')}`).reply, '[:0, :0, :0]');
  }
});

test('SPOP of thousands names at most 1024 members in one write event', (t) => {
  const server = new MemoryServer();
  const members = Array.from({ length: 4000 }, (_, i) => `m${i}`);
  server.run(['SADD', 's', ...members]);
  const { events } = server.run('SPOP s 2100');
  const removed = events.filter((event) => event.startsWith('SREM s ')).map((event) => event.split(' ').length - 2);
  t.deepEqual(removed, [1024, 1024, 52]);
  t.is(server.run('SCARD s').reply, ':1900');
});

// SRANDMEMBER
test(reduces, [], 'SRANDMEMBER s', says('$-1'));
test(reduces, ['SADD s a'], 'SRANDMEMBER s', says('"a"'));
test(reduces, ['SADD s a'], 'SRANDMEMBER s -3', says('["a", "a", "a"]'));
test(reduces, ['SADD s a'], 'SRANDMEMBER s 3', says('["a"]'));
test(reduces, ['SADD s a'], 'SRANDMEMBER s 3', says('["a"]'), { resp: 3 });
test(reduces, ['SADD s 1 2'], 'SRANDMEMBER s 9223372036854775807', says('["1", "2"]'));
test(reduces, ['SADD s a'], 'SRANDMEMBER s 0', says('[]'));
test(reduces, [], 'SRANDMEMBER s 5', says('[]'));
test(reduces, [], 'SRANDMEMBER s -9223372036854775807', says('[]'));
test(reduces, [], 'SRANDMEMBER s x', error(NOT_AN_INTEGER));
test(
  reduces,
  [],
  'SRANDMEMBER s -9223372036854775808',
  error('ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807'),
);
test(reduces, [], 'SRANDMEMBER s 1 2', error(SYNTAX_ERROR));
test(reduces, ['SET k v'], 'SRANDMEMBER k', error(WRONGTYPE));
test(reduces, ['SET k v'], 'SRANDMEMBER k 1', error(WRONGTYPE));

// SINTER and its kin
const three = ['SADD a 1 2 3 4', 'SADD b 2 3 x', 'SADD c 3 4 5 2 9'];
test(reduces, three, 'SINTER a b c', says('["2", "3"]'));
test(reduces, three, 'SINTER a b c', says('~["2", "3"]'), { resp: 3 });
test(reduces, three, 'SINTER a a', says('["1", "2", "3", "4"]'));
test(reduces, three, 'SINTER a nokey', says('[]'));
test(reduces, three, 'SINTER nokey', says('~[]'), { resp: 3 });
test(reduces, [...three, 'SET k v'], 'SINTER nokey k', error(WRONGTYPE));
test(reduces, three, 'SINTERCARD 3 a b c', says(':2'));
test(reduces, three, 'SINTERCARD 3 a b c LIMIT 1', says(':1'));
test(reduces, three, 'SINTERCARD 2 a a limit 3 LIMIT 0', says(':4'));
test(reduces, three, 'SINTERCARD 2 a a LIMIT 9223372036854775807', says(':4'));
test(reduces, three, 'SINTERCARD 2 a nokey', says(':0'));
for (const numkeys of ['0', '-1', 'x', '99999999999999999999']) {
  test(reduces, [], `SINTERCARD ${numkeys} a`, error('ERR numkeys should be greater than 0'));
}
for (const numkeys of ['2', '9223372036854775807']) {
  test(reduces, [], `SINTERCARD ${numkeys} a`, error("ERR Number of keys can't be greater than number of args"));
}
test(reduces, [], 'SINTERCARD 1 a LIMIT -1', error("ERR LIMIT can't be negative"));
test(reduces, [], 'SINTERCARD 1 a LIMIT x', error("ERR LIMIT can't be negative"));
test(reduces, [], 'SINTERCARD 1 a LIMIT', error(SYNTAX_ERROR));
test(reduces, [], 'SINTERCARD 1 a b', error(SYNTAX_ERROR));
test(reduces, ['SET k v'], 'SINTERCARD 2 nokey k', error(WRONGTYPE));
test(reduces, three, 'SINTERSTORE d a b', { reply: ':2', events: ['SINTERSTORE d a b'] });
test(reduces, [...three, 'SINTERSTORE d a b'], 'OBJECT ENCODING d', says('"intset"'));
test(reduces, [...three, 'SADD a x', 'SINTERSTORE d a b'], 'OBJECT ENCODING d', says('"listpack"'));
test(reduces, three, 'SINTERSTORE a a b', { reply: ':2', events: ['SINTERSTORE a a b'] });
test(reduces, three, 'SINTERSTORE d a nokey', says(':0'));
test(reduces, [...three, 'SET d v'], 'SINTERSTORE d a nokey', { reply: ':0', events: ['SINTERSTORE d a nokey'] });
test(reduces, [...three, 'SET d v', 'SINTERSTORE d a nokey'], 'EXISTS d', says(':0'));
test(reduces, [...three, 'SET d v EX 10', 'SINTERSTORE d a b'], 'TTL d', says(':-1'));
test(reduces, [...three, 'SET k v'], 'SINTERSTORE d k a', error(WRONGTYPE));

// SUNION and SDIFF
test(reduces, three, 'SUNION a b nokey', says('["1", "2", "3", "4", "x"]'));
test(reduces, ['SADD a 1'], 'SUNION a', says('~["1"]'), { resp: 3 });
test(reduces, [], 'SUNION a b', says('[]'));
test(reduces, ['SET k v'], 'SUNION a k', error(WRONGTYPE));
test(reduces, three, 'SUNIONSTORE d a c', { reply: ':6', events: ['SUNIONSTORE d a c'] });
test(reduces, [...three, 'SUNIONSTORE d a c'], 'OBJECT ENCODING d', says('"intset"'));
test(reduces, [...three, 'SUNIONSTORE d a b'], 'OBJECT ENCODING d', says('"listpack"'));
test(reduces, three, 'SUNIONSTORE a nokey', { reply: ':0', events: ['SUNIONSTORE a nokey'] });
test(reduces, three, 'SUNIONSTORE d nokey', says(':0'));
test(reduces, three, 'SDIFF a b', says('["1", "4"]'));
test(reduces, three, 'SDIFF a b c', says('["1"]'));
test(reduces, three, 'SDIFF a nokey b', says('["1", "4"]'));
test(reduces, three, 'SDIFF nokey a', says('[]'));
test(reduces, three, 'SDIFF a c a', says('[]'));
test(reduces, ['SADD a 1'], 'SDIFF a', says('~["1"]'), { resp: 3 });
test(reduces, ['SET k v'], 'SDIFF a k', error(WRONGTYPE));
test(reduces, three, 'SDIFFSTORE d a b', { reply: ':2', events: ['SDIFFSTORE d a b'] });
test(reduces, three, 'SDIFFSTORE a a a', { reply: ':0', events: ['SDIFFSTORE a a a'] });
test(reduces, ['SET k v'], 'SDIFFSTORE d a k', error(WRONGTYPE));

// both ways to a difference: few look-ups in large sets, and many removals from a copy
test(reduces, ['SADD a 1 2 x', 'SADD b 2 3 4 5 6 7 8 9'], 'SDIFF a b', says('["1", "x"]'));
test(
  reduces,
  ['SADD a 1 2 3 4 5 6 7 x', 'SADD b 2', 'SADD c 3'],
  'SDIFF a b c b c',
  says('["1", "4", "5", "6", "7", "x"]'),
);
test(reduces, ['SADD a 1 2 3 4 5 6 7', 'SADD b 2', 'SADD c 3 x'], 'SDIFFSTORE d a b c', {
  reply: ':5',
  events: ['SDIFFSTORE d a b c'],
});

// SSCAN
test(reduces, [], 'SSCAN s 0', says('["0", []]'));
test(reduces, [], 'SSCAN s 0 WHATEVER', says('["0", []]'));
test(reduces, [], 'SSCAN s x', error('ERR invalid cursor'));
test(reduces, ['SET k v'], 'SSCAN k 0 WHATEVER', error(WRONGTYPE));
test(reduces, ['SADD s 1 2 30'], 'SSCAN s 0', says('["0", ["1", "2", "30"]]'));
test(reduces, ['SADD s 1 2 30'], 'SSCAN s 0 MATCH 3* COUNT 1', says('["0", ["30"]]'));
test(reduces, ['SADD s a b 30'], 'SSCAN s 77 MATCH [ab]', says('["0", ["a", "b"]]'));
test(reduces, ['SADD s a'], 'SSCAN s 0 COUNT 0', error(SYNTAX_ERROR));
test(reduces, ['SADD s a'], 'SSCAN s 0 COUNT x', error(NOT_AN_INTEGER));
test(reduces, ['SADD s a'], 'SSCAN s 0 COUNT', error(SYNTAX_ERROR));
test(reduces, ['SADD s a'], 'SSCAN s 0 TYPE set', error(SYNTAX_ERROR));

// encodings
const SMALL = {
  config: { 'set-max-intset-entries': 4, 'set-max-listpack-entries': 6, 'set-max-listpack-value': 5 },
};
const encodings = (given: readonly string[], encoding: string, settings = SMALL) =>
  test(reduces, given, 'OBJECT ENCODING s', says(`"${encoding}"`), settings);
encodings(['SADD s 1 2 3 4'], 'intset');
encodings(['SADD s 1 2 3 4', 'SREM s 1', 'SADD s 1'], 'intset');
encodings(['SADD s 1 2 3 4', 'SADD s 5'], 'hashtable');
encodings(['SADD s 1 2 3 4 5'], 'listpack');
encodings(['SADD s 1 2 3 4 5 6 7'], 'hashtable');
encodings(['SADD s 1', 'SADD s 1 2 3 4 5'], 'hashtable');
encodings(['SADD s 1 2 3 4', 'SADD s a'], 'listpack');
encodings(['SADD s 12345 -12345', 'SADD s a'], 'hashtable');
encodings(['SADD s 1 2 3', 'SADD s 123456', 'SADD s a'], 'hashtable');
encodings(['SADD s 1', 'SADD s abcdef'], 'hashtable');
encodings(['SADD s abcde 1'], 'listpack');
encodings(['SADD s abcdef'], 'hashtable');
encodings(['SADD s a 1 2 3 4 5'], 'listpack');
encodings(['SADD s a 1 2 3 4 5', 'SADD s 6'], 'hashtable');
encodings(['SADD s a 1 2 3 4 5', 'SREM s 5', 'SADD s 6'], 'listpack');
encodings(['SADD s a 1 2 3 4 5', 'SADD s 6', 'SREM s a 1 2 3 4 5'], 'hashtable');
encodings(['SADD s a', 'SADD s b c d e f g h'], 'hashtable');
encodings(['SADD s a', 'SADD s a a a a a a a'], 'listpack');
encodings(['SADD t 1 2 3', 'SADD u 4 5', 'SUNIONSTORE s t u'], 'hashtable');
encodings(['SADD t a 2 3', 'SADD u 4 5', 'SUNIONSTORE s t u'], 'listpack');
encodings(['SADD t a 2 3 4 5 6 7', 'SINTERSTORE s t t'], 'hashtable');
encodings(['SADD t a 2 3 4 5 6 7', 'SADD u 2 3 4 5 x', 'SINTERSTORE s t u'], 'intset');
encodings(['SADD t a 2 3 4 5 6 7', 'SADD u 2 3 4 5 6 x', 'SINTERSTORE s t u'], 'listpack');
encodings(['SADD t a b 1 2', 'SADD u a b', 'SDIFFSTORE s t u'], 'intset');
encodings(['SADD s 1 2', 'COPY s t', 'RENAME t s'], 'intset');
