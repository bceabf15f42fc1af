/**
 * Sorted sets member by member: replies, events and errors, in both encodings.
 */
import test from 'ava';
import { NOT_A_FLOAT, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { MemoryServer } from '../support/reduce.ts';
import { RESP3, reads, refuses, writes } from './sorted-set.table.ts';

const ABC = ['ZADD z 1 a 2 b 3 c'];
const STRING = ['SET z v'];

// ZADD
writes([], 'ZADD z 1 a', ':1');
writes([], 'ZADD z 1 a 2 b 1.5 a', ':2');
reads(['ZADD z 1 a 2 b 1.5 a'], 'ZRANGE z 0 -1 WITHSCORES', '["a", "1.5", "b", "2"]');
reads(ABC, 'ZADD z 1 a', ':0');
writes(ABC, 'ZADD z 5 a', ':0');
writes(ABC, 'ZADD z CH 5 a 2 b 4 d', ':2');
writes(ABC, 'ZADD z ch 5 a', ':1');
writes([], 'ZADD z inf a -INF b +inf c Infinity d', ':4');
reads(['ZADD z inf a -inf b 1e3 c 0x10 d .5 e'], 'ZMSCORE z a b c d e', '["inf", "-inf", "1000", "16", "0.5"]');
reads([], 'ZADD z XX 1 a', ':0');
reads(ABC, 'ZADD z XX 1 d', ':0');
writes(ABC, 'ZADD z XX CH 4 a 1 d', ':1');
reads(['ZADD z 1 a', 'ZADD z XX 4 a 1 d'], 'ZRANGE z 0 -1 WITHSCORES', '["a", "4"]');
reads(ABC, 'ZADD z NX 9 a', ':0');
writes(ABC, 'ZADD z NX CH 9 a 9 d', ':1');
reads(['ZADD z 1 a', 'ZADD z NX 9 a 9 d'], 'ZRANGE z 0 -1 WITHSCORES', '["a", "1", "d", "9"]');
reads(ABC, 'ZADD z GT CH 1 a 1 b', ':0');
writes(ABC, 'ZADD z GT CH 2 a 1 b', ':1');
writes(ABC, 'ZADD z GT 1 d', ':1');
reads(ABC, 'ZADD z LT CH 1 a 3 b', ':0');
writes(ABC, 'ZADD z LT CH 0 a 1 b 7 d', ':3');
writes(ABC, 'ZADD z XX GT CH 2 a 5 d', ':1');
writes([], 'ZADD z INCR 1.5 a', '"1.5"');
writes(ABC, 'ZADD z INCR 1.5 a', '"2.5"');
writes(ABC, 'ZADD z INCR 1.5 a', ',2.5', RESP3);
reads(ABC, 'ZADD z INCR 0 a', '"1"');
reads(ABC, 'ZADD z INCR NX 1 a', '$-1');
reads(ABC, 'ZADD z NX INCR 1 a', '_', RESP3);
writes(ABC, 'ZADD z NX INCR 1 d', '"1"');
reads(ABC, 'ZADD z XX INCR 1 d', '$-1');
reads([], 'ZADD z XX INCR 1 d', '$-1');
reads(ABC, 'ZADD z GT INCR -1 a', '$-1');
writes(ABC, 'ZADD z LT INCR -1 a', '"0"');
writes([], "ZADD z 1 ''".replace("''", '""'), ':1');
writes(['SET other v'], 'ZADD z 1 \\x00\\xff'.replace('\\x00\\xff', '"\\x00\\xff"'), ':1');
refuses(STRING, 'ZADD z 1 a', WRONGTYPE);
refuses(STRING, 'ZADD z XX 1 a', WRONGTYPE);
refuses(STRING, 'ZADD z x a', NOT_A_FLOAT);
for (const score of ['x', 'nan', '1x', "' 1'", "''", '1e400', '1e-400', '0x', '(1', '"1\\x00"']) {
  refuses([], `ZADD z ${score} a`, NOT_A_FLOAT);
  refuses([], `ZADD z 1 b ${score} a`, NOT_A_FLOAT);
}
refuses(ABC, 'ZADD z NX XX 1 a', 'ERR XX and NX options at the same time are not compatible');
for (const options of ['NX GT', 'LT NX', 'GT LT', 'GT NX CH']) {
  refuses(ABC, `ZADD z ${options} 1 a`, 'ERR GT, LT, and/or NX options at the same time are not compatible');
}
refuses(ABC, 'ZADD z INCR 1 a 2 b', 'ERR INCR option supports a single increment-element pair');
refuses(ABC, 'ZADD z 1 a 2', SYNTAX_ERROR);
refuses(ABC, 'ZADD z NX XX', SYNTAX_ERROR);
refuses(ABC, 'ZADD z NX a', SYNTAX_ERROR);
refuses(ABC, 'ZADD z 1', "ERR wrong number of arguments for 'zadd' command");
refuses(ABC, 'ZADD z 1 NX 2', SYNTAX_ERROR);
refuses(['ZADD z inf a'], 'ZADD z INCR -inf a', 'ERR resulting score is not a number (NaN)');
reads(['ZADD z 2 c 1 b 1 a 1 ab', 'ZADD z 0 c'], 'ZRANGE z 0 -1', '["c", "a", "ab", "b"]');
writes(['ZADD z 1 a', 'EXPIRE z 10'], 'ZADD z 2 b', ':1');
reads(['ZADD z 1 a', 'EXPIRE z 10', 'ZADD z 2 b'], 'TTL z', ':10');

// ZINCRBY
writes([], 'ZINCRBY z 1.5 a', '"1.5"');
writes(ABC, 'ZINCRBY z -1.5 a', '"-0.5"');
writes(ABC, 'ZINCRBY z 2 a', ',3', RESP3);
reads(ABC, 'ZINCRBY z 0 a', '"1"');
reads(['ZADD z 1 a', 'ZINCRBY z 0.1 a', 'ZINCRBY z 0.1 a'], 'ZSCORE z a', '"1.2000000000000002"');
refuses(['ZADD z -inf a'], 'ZINCRBY z inf a', 'ERR resulting score is not a number (NaN)');
refuses(STRING, 'ZINCRBY z x a', NOT_A_FLOAT);
refuses(STRING, 'ZINCRBY z 1 a', WRONGTYPE);
refuses(ABC, 'ZINCRBY z nan a', NOT_A_FLOAT);

// ZREM
writes(ABC, 'ZREM z a x c a', ':2');
reads(ABC, 'ZREM z x', ':0');
reads([], 'ZREM z x', ':0');
writes(ABC, 'ZREM z a b c d', ':3');
reads(['ZADD z 1 a 2 b 3 c', 'ZREM z a b c'], 'EXISTS z', ':0');
reads(['ZADD z 1 a 2 b 3 c', 'ZREM z b'], 'ZRANGE z 0 -1', '["a", "c"]');
refuses(STRING, 'ZREM z a', WRONGTYPE);

// ZCARD, ZSCORE, ZMSCORE
reads(ABC, 'ZCARD z', ':3');
reads([], 'ZCARD z', ':0');
refuses(STRING, 'ZCARD z', WRONGTYPE);
reads(ABC, 'ZSCORE z b', '"2"');
reads(ABC, 'ZSCORE z b', ',2', RESP3);
reads(ABC, 'ZSCORE z x', '$-1');
reads(ABC, 'ZSCORE z x', '_', RESP3);
reads([], 'ZSCORE z x', '$-1');
refuses(STRING, 'ZSCORE z a', WRONGTYPE);
reads(ABC, 'ZMSCORE z b x a', '["2", $-1, "1"]');
reads(ABC, 'ZMSCORE z b x a', '[,2, _, ,1]', RESP3);
reads([], 'ZMSCORE z a b', '[$-1, $-1]');
refuses(STRING, 'ZMSCORE z a', WRONGTYPE);
for (const [score, printed] of [
  ['0.1', '0.1'],
  ['3.0', '3'],
  ['1e17', '100000000000000000'],
  ['1e21', '1e+21'],
  ['-1e-7', '-1e-7'],
  ['9007199254740993', '9007199254740992'],
  ['0.30000000000000004', '0.30000000000000004'],
  ['4.9e-324', '5e-324'],
  ['1.7976931348623157e308', '1.7976931348623157e+308'],
]) {
  reads([`ZADD z ${score} a`], 'ZSCORE z a', `"${printed}"`);
}

// ZRANK, ZREVRANK
reads(ABC, 'ZRANK z a', ':0');
reads(ABC, 'ZRANK z c', ':2');
reads(ABC, 'ZREVRANK z a', ':2');
reads(ABC, 'ZRANK z x', '$-1');
reads([], 'ZREVRANK z x', '$-1');
reads([], 'ZRANK z x', '_', RESP3);
reads(ABC, 'ZRANK z b WITHSCORE', '[:1, "2"]');
reads(ABC, 'ZREVRANK z a withscore', '[:2, ,1]', RESP3);
reads(ABC, 'ZRANK z x WITHSCORE', '*-1');
reads([], 'ZREVRANK z x WITHSCORE', '*-1');
reads([], 'ZRANK z x WITHSCORE', '_', RESP3);
refuses(STRING, 'ZRANK z a', WRONGTYPE);
refuses(STRING, 'ZRANK z a WITHSCORES', SYNTAX_ERROR);
refuses(ABC, 'ZRANK z a WITHSCORE 1', "ERR wrong number of arguments for 'zrank' command");
refuses(ABC, 'ZREVRANK z a WITHSCORE 1', "ERR wrong number of arguments for 'zrevrank' command");
reads(['ZADD z 1 b 1 a 1 c'], 'ZRANK z b', ':1');

test('a sorted set is a listpack until a member or their number is too large, and stays what it became', (t) => {
  const server = new MemoryServer({ config: { 'zset-max-listpack-entries': 2, 'zset-max-listpack-value': 4 } });
  const encoding = (): string => server.run('OBJECT ENCODING z').reply;
  server.run('ZADD z 1 a 2 b');
  t.is(encoding(), '"listpack"');
  server.run('ZADD z 3 c');
  t.is(encoding(), '"skiplist"');
  server.run('ZREM z b c');
  t.is(encoding(), '"skiplist"');
  server.run('DEL z');
  server.run('ZADD z 1 four');
  t.is(encoding(), '"listpack"');
  server.run('ZADD z 1 fives');
  t.is(encoding(), '"skiplist"');
  server.run('DEL z');
  server.run('ZADD z 1 fives');
  t.is(encoding(), '"skiplist"');
});

test('ZADD counts one change per member added or moved', (t) => {
  const server = new MemoryServer();
  const changes = (): number =>
    Number(/rdb_changes_since_last_save:(\d+)/.exec(server.run('INFO persistence').reply)?.[1]);
  server.run('ZADD z 1 a 2 b 3 c');
  t.is(changes(), 3);
  server.run('ZADD z 1 a 3 b 4 d');
  t.is(changes(), 5);
  server.run('ZREM z a b x');
  t.is(changes(), 7);
});
