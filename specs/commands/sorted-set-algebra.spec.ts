/**
 * Unions, intersections and differences of sorted sets and sets, in both encodings.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { MemoryServer } from '../support/reduce.ts';
import { RESP3, reads, refuses, writes } from './sorted-set.table.ts';

const TWO = ['ZADD k 1 a 2 b 5 c', 'ZADD l 10 b 20 d'];
const WITH_SET = ['ZADD k 3 a 2 b 5 c', 'SADD s a b x'];
const INFINITE = ['ZADD p inf x', 'ZADD n -inf x'];
const STRING = ['SET s v', 'ZADD k 1 a'];

// ZUNION
reads(TWO, 'ZUNION 2 k l', '["a", "c", "b", "d"]');
reads(TWO, 'ZUNION 2 k l WITHSCORES', '["a", "1", "c", "5", "b", "12", "d", "20"]');
reads(TWO, 'ZUNION 2 k l WITHSCORES', '[["a", ,1], ["c", ,5], ["b", ,12], ["d", ,20]]', RESP3);
reads(TWO, 'ZUNION 2 k l AGGREGATE MIN WITHSCORES', '["a", "1", "b", "2", "c", "5", "d", "20"]');
reads(TWO, 'ZUNION 2 k l WITHSCORES aggregate max', '["a", "1", "c", "5", "b", "10", "d", "20"]');
reads(TWO, 'ZUNION 2 k l WEIGHTS 2 -1 WITHSCORES', '["d", "-20", "b", "-6", "a", "2", "c", "10"]');
reads(TWO, 'ZUNION 3 k none k WITHSCORES', '["a", "2", "b", "4", "c", "10"]');
reads(TWO, 'ZUNION 1 none', '[]');
reads(WITH_SET, 'ZUNION 2 k s WITHSCORES', '["x", "1", "b", "3", "a", "4", "c", "5"]');
reads(WITH_SET, 'ZUNION 1 s WEIGHTS 2 WITHSCORES', '["a", "2", "b", "2", "x", "2"]');
reads(INFINITE, 'ZUNION 2 p n WITHSCORES', '["x", "0"]');
reads(INFINITE, 'ZUNION 1 p WEIGHTS 0 WITHSCORES', '["x", "0"]');

// ZINTER
reads(TWO, 'ZINTER 2 k l WITHSCORES', '["b", "12"]');
reads(TWO, 'ZINTER 2 k l WITHSCORES', '[["b", ,12]]', RESP3);
reads(TWO, 'ZINTER 2 k l WEIGHTS 1 0.5 AGGREGATE MAX WITHSCORES', '["b", "5"]');
reads(TWO, 'ZINTER 2 k l WEIGHTS 1 inf AGGREGATE MIN WITHSCORES', '["b", "2"]');
reads(TWO, 'ZINTER 3 k l none', '[]');
reads(TWO, 'ZINTER 2 k k WITHSCORES', '["a", "2", "b", "4", "c", "10"]');
reads(WITH_SET, 'ZINTER 2 s k WEIGHTS 10 1 WITHSCORES', '["b", "12", "a", "13"]');
reads(WITH_SET, 'ZINTER 1 s', '["a", "b", "x"]');
reads(INFINITE, 'ZINTER 2 p n WITHSCORES', '["x", "0"]');
reads(INFINITE, 'ZINTER 2 p n WEIGHTS 1 0 AGGREGATE MAX WITHSCORES', '["x", "inf"]');

// ZDIFF
reads(TWO, 'ZDIFF 2 k l WITHSCORES', '["a", "1", "c", "5"]');
reads(TWO, 'ZDIFF 2 l k WITHSCORES', '[["d", ,20]]', RESP3);
reads(TWO, 'ZDIFF 1 k', '["a", "b", "c"]');
reads(TWO, 'ZDIFF 2 k k', '[]');
reads(TWO, 'ZDIFF 2 none k', '[]');
reads(TWO, 'ZDIFF 3 k none l', '["a", "c"]');
reads(WITH_SET, 'ZDIFF 2 k s WITHSCORES', '["c", "5"]');
reads(WITH_SET, 'ZDIFF 2 s k WITHSCORES', '["x", "1"]');
reads(['ZADD k 1 a 2 b', 'ZADD l 1 a 2 c 3 d', 'ZADD m 1 b'], 'ZDIFF 4 k l l m', '[]');

// ZINTERCARD
reads(TWO, 'ZINTERCARD 2 k l', ':1');
reads(TWO, 'ZINTERCARD 1 k', ':3');
reads(TWO, 'ZINTERCARD 1 k LIMIT 2', ':2');
reads(TWO, 'ZINTERCARD 1 k limit 0', ':3');
reads(TWO, 'ZINTERCARD 1 k LIMIT 1 LIMIT 0', ':3');
reads(TWO, 'ZINTERCARD 2 k none', ':0');
reads(WITH_SET, 'ZINTERCARD 2 k s', ':2');

// the ones that store
writes(TWO, 'ZUNIONSTORE d 2 k l', ':4');
reads(
  [...TWO, 'ZUNIONSTORE d 2 k l WEIGHTS 1 2'],
  'ZRANGE d 0 -1 WITHSCORES',
  '["a", "1", "c", "5", "b", "22", "d", "40"]',
);
writes(TWO, 'ZINTERSTORE k 2 k l', ':1');
reads([...TWO, 'ZINTERSTORE k 2 k l'], 'ZRANGE k 0 -1 WITHSCORES', '["b", "12"]');
writes(TWO, 'ZDIFFSTORE l 2 k l', ':2');
reads([...TWO, 'ZDIFFSTORE l 2 k l'], 'ZRANGE l 0 -1 WITHSCORES', '["a", "1", "c", "5"]');
writes([...TWO, 'SET d v EX 10'], 'ZUNIONSTORE d 1 k', ':3');
reads([...TWO, 'SET d v EX 10', 'ZUNIONSTORE d 1 k'], 'TTL d', ':-1');
writes(WITH_SET, 'ZUNIONSTORE s 1 s', ':3');
reads([...WITH_SET, 'ZUNIONSTORE s 1 s'], 'TYPE s', '+zset');
reads([], 'ZUNIONSTORE d 1 none', ':0');
reads([], 'ZINTERSTORE d 1 none', ':0');
reads([], 'ZDIFFSTORE d 1 none', ':0');
writes(['SET d v'], 'ZINTERSTORE d 1 none', ':0');
reads(['SET d v', 'ZINTERSTORE d 1 none'], 'EXISTS d', ':0');

// the wrong forms
for (const name of ['ZUNION', 'ZINTER', 'ZDIFF', 'ZINTERCARD', 'ZUNIONSTORE d', 'ZINTERSTORE d', 'ZDIFFSTORE d']) {
  const [word = ''] = name.toLowerCase().split(' ');
  refuses(STRING, `${name} 0 k`, `ERR at least 1 input key is needed for '${word}' command`);
  refuses(STRING, `${name} -9223372036854775808 k`, `ERR at least 1 input key is needed for '${word}' command`);
  refuses(STRING, `${name} x k`, NOT_AN_INTEGER);
  refuses(STRING, `${name} 9223372036854775807 k`, SYNTAX_ERROR);
  refuses(STRING, `${name} 2 k`, SYNTAX_ERROR);
  refuses(STRING, `${name} 2 k s NONSENSE`, WRONGTYPE);
  refuses(STRING, `${name} 1 k NONSENSE`, SYNTAX_ERROR);
}
for (const name of ['ZUNION', 'ZINTERSTORE d']) {
  refuses(STRING, `${name} 1 k WEIGHTS`, SYNTAX_ERROR);
  refuses(STRING, `${name} 2 k k WEIGHTS 1`, SYNTAX_ERROR);
  refuses(STRING, `${name} 1 k WEIGHTS x`, 'ERR weight value is not a float');
  refuses(STRING, `${name} 1 k WEIGHTS nan`, 'ERR weight value is not a float');
  refuses(STRING, `${name} 1 k AGGREGATE`, SYNTAX_ERROR);
  refuses(STRING, `${name} 1 k AGGREGATE AVG`, SYNTAX_ERROR);
}
refuses(STRING, 'ZDIFF 1 k WEIGHTS 1', SYNTAX_ERROR);
refuses(STRING, 'ZDIFF 1 k AGGREGATE SUM', SYNTAX_ERROR);
refuses(STRING, 'ZINTERCARD 1 k WEIGHTS 1', SYNTAX_ERROR);
refuses(STRING, 'ZINTERCARD 1 k WITHSCORES', SYNTAX_ERROR);
refuses(STRING, 'ZINTERCARD 1 k LIMIT', SYNTAX_ERROR);
refuses(STRING, 'ZINTERCARD 1 k LIMIT -1', "ERR LIMIT can't be negative");
refuses(STRING, 'ZINTERCARD 1 k LIMIT x', "ERR LIMIT can't be negative");
refuses(STRING, 'ZUNION 1 k LIMIT 1', SYNTAX_ERROR);
for (const name of ['ZUNIONSTORE', 'ZINTERSTORE', 'ZDIFFSTORE'])
  refuses(STRING, `${name} d 1 k WITHSCORES`, SYNTAX_ERROR);

test('a result is stored in the encoding that fits it', (t) => {
  const server = new MemoryServer({ config: { 'zset-max-listpack-entries': 2, 'zset-max-listpack-value': 4 } });
  server.run('ZADD k 1 a 2 b 3 fives');
  server.run('ZADD l 1 a 2 b');
  server.run('ZUNIONSTORE many 2 k l');
  server.run('ZINTERSTORE small 2 k l');
  server.run('ZDIFFSTORE long 2 k l');
  t.deepEqual(
    ['many', 'small', 'long'].map((key) => server.run(`OBJECT ENCODING ${key}`).reply),
    ['"skiplist"', '"listpack"', '"skiplist"'],
  );
});
