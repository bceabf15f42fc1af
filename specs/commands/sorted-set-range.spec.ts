/**
 * Ranges of sorted sets: replied, stored, counted and removed, in both encodings.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { MemoryServer } from '../support/reduce.ts';
import { RESP3, reads, refuses, writes } from './sorted-set.table.ts';

const ABCDE = ['ZADD z 1 a 2 b 3 c 3 d 5 e'];
const LEX = ['ZADD z 0 a 0 b 0 ba 0 c 0 d'];
const STRING = ['SET z v'];
const NOT_A_SCORE = 'ERR min or max is not a float';
const NOT_A_MEMBER = 'ERR min or max not valid string range item';

// by rank
for (const [range, members] of [
  ['0 -1', '"a", "b", "c", "d", "e"'],
  ['1 2', '"b", "c"'],
  ['-2 -1', '"d", "e"'],
  ['-100 0', '"a"'],
  ['4 100', '"e"'],
  ['5 100', ''],
  ['3 2', ''],
  ['0 -6', ''],
  ['-9223372036854775808 9223372036854775807', '"a", "b", "c", "d", "e"'],
  ['9223372036854775807 -9223372036854775808', ''],
]) {
  reads(ABCDE, `ZRANGE z ${range}`, `[${members}]`);
}
reads(ABCDE, 'ZRANGE z 0 1 WITHSCORES', '["a", "1", "b", "2"]');
reads(ABCDE, 'ZRANGE z 0 1 withscores', '[["a", ,1], ["b", ,2]]', RESP3);
reads(ABCDE, 'ZRANGE z 0 1', '["a", "b"]', RESP3);
reads(ABCDE, 'ZRANGE z 0 1 REV', '["e", "d"]');
reads(ABCDE, 'ZRANGE z 3 100 REV WITHSCORES', '["b", "2", "a", "1"]');
reads(ABCDE, 'ZREVRANGE z 0 1', '["e", "d"]');
reads(ABCDE, 'ZREVRANGE z -1 -1 WITHSCORES', '[["a", ,1]]', RESP3);
reads(ABCDE, 'ZREVRANGE z -2 -1 WITHSCORES', '["b", "2", "a", "1"]');
reads([], 'ZRANGE z 0 -1', '[]');
reads([], 'ZREVRANGE z 0 -1', '[]');
reads(ABCDE, 'ZRANGE z 0 1 LIMIT 1 -1', '["a", "b"]');
refuses(
  ABCDE,
  'ZRANGE z 0 -1 LIMIT 0 1',
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
);
refuses(STRING, 'ZRANGE z 0 -1', WRONGTYPE);
refuses(STRING, 'ZRANGE z x -1', NOT_AN_INTEGER);
refuses(STRING, 'ZRANGE z 0 1.5', NOT_AN_INTEGER);
refuses(ABCDE, 'ZRANGE z 0 9223372036854775808', NOT_AN_INTEGER);
for (const options of ['REV REV', 'BYSCORE BYLEX', 'BYLEX BYLEX', 'LIMIT', 'LIMIT 0', 'NONSENSE', 'WITHSCORE', '""']) {
  refuses(STRING, `ZRANGE z 0 -1 ${options}`, SYNTAX_ERROR);
}
for (const options of ['REV', 'BYSCORE', 'BYLEX']) {
  refuses(STRING, `ZREVRANGE z 0 -1 ${options}`, SYNTAX_ERROR);
  refuses(STRING, `ZRANGEBYSCORE z 0 -1 ${options}`, SYNTAX_ERROR);
  refuses(STRING, `ZREVRANGEBYLEX z - + ${options}`, SYNTAX_ERROR);
}
refuses(STRING, 'ZRANGE z - + BYLEX LIMIT x 1', NOT_AN_INTEGER);
refuses(STRING, 'ZRANGE z - + BYLEX LIMIT 1 9223372036854775808', NOT_AN_INTEGER);

// by score
for (const [range, members] of [
  ['-inf +inf', '"a", "b", "c", "d", "e"'],
  ['2 3', '"b", "c", "d"'],
  ['(2 3', '"c", "d"'],
  ['2 (3', '"b"'],
  ['(2 (3', ''],
  ['3 3', '"c", "d"'],
  ['(3 (3', ''],
  ['(3 3', ''],
  ['4 4', ''],
  ['5 1', ''],
  ['(-inf (inf', '"a", "b", "c", "d", "e"'],
  ['5 inf', '"e"'],
  ['"" " 2"', '"a", "b"'],
  ['( 0x2', '"a", "b"'],
  ['1e-400 1e400', '"a", "b", "c", "d", "e"'],
  ['"1\\x00x" 2', '"a", "b"'],
]) {
  reads(ABCDE, `ZRANGEBYSCORE z ${range}`, `[${members}]`);
  reads(ABCDE, `ZRANGE z ${range} BYSCORE`, `[${members}]`);
}
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 WITHSCORES', '["b", "2", "c", "3", "d", "3"]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 WITHSCORES', '[["b", ,2], ["c", ,3], ["d", ,3]]', RESP3);
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 1 1', '["c"]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 limit 1 -1 withscores', '["c", "3", "d", "3"]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 0 0', '[]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 3 10', '[]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT -1 10', '[]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT -9223372036854775808 10', '[]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 9223372036854775807 9223372036854775807', '[]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 1 9223372036854775807', '["c", "d"]');
reads(ABCDE, 'ZRANGEBYSCORE z 2 3 LIMIT 0 2 LIMIT 1 1', '["c"]');
reads(ABCDE, 'ZREVRANGEBYSCORE z 3 (1', '["d", "c", "b"]');
reads(ABCDE, 'ZREVRANGEBYSCORE z 3 (1 LIMIT 1 5 WITHSCORES', '["c", "3", "b", "2"]');
reads(ABCDE, 'ZREVRANGEBYSCORE z 1 3', '[]');
reads(ABCDE, 'ZRANGE z 3 (1 BYSCORE REV LIMIT 0 2', '["d", "c"]');
reads(ABCDE, 'ZRANGE z inf -inf rev byscore withscores limit 4 1', '[["a", ,1]]', RESP3);
reads([], 'ZRANGEBYSCORE z 2 3', '[]');
for (const range of ['x 1', '1 x', 'nan 1', '1 nan', '((1 2', '[1 2', '"1 " 2', '" " 2']) {
  refuses(STRING, `ZRANGEBYSCORE z ${range}`, NOT_A_SCORE);
  refuses(STRING, `ZREVRANGEBYSCORE z ${range}`, NOT_A_SCORE);
  refuses(STRING, `ZRANGE z ${range} BYSCORE`, NOT_A_SCORE);
  refuses(STRING, `ZCOUNT z ${range}`, NOT_A_SCORE);
  refuses(STRING, `ZREMRANGEBYSCORE z ${range}`, NOT_A_SCORE);
}
refuses(STRING, 'ZRANGEBYSCORE z 1 2', WRONGTYPE);
refuses(STRING, 'ZREVRANGEBYSCORE z 1 2', WRONGTYPE);

// by member
for (const [range, members] of [
  ['- +', '"a", "b", "ba", "c", "d"'],
  ['[b [c', '"b", "ba", "c"'],
  ['(b [c', '"ba", "c"'],
  ['[b (c', '"b", "ba"'],
  ['(b (ba', ''],
  ['[b [b', '"b"'],
  ['(b (b', ''],
  ['[c [b', ''],
  ['+ -', ''],
  ['+ +', ''],
  ['- -', ''],
  ['[bb +', '"c", "d"'],
  ['- (b', '"a"'],
  ['[ +', '"a", "b", "ba", "c", "d"'],
  ['( ( ', ''],
  ['- [', ''],
]) {
  reads(LEX, `ZRANGEBYLEX z ${range.trim()}`, `[${members}]`);
  reads(LEX, `ZRANGE z ${range.trim()} BYLEX`, `[${members}]`);
}
reads(LEX, 'ZRANGEBYLEX z - + LIMIT 1 2', '["b", "ba"]');
reads(LEX, 'ZREVRANGEBYLEX z + - LIMIT 1 2', '["c", "ba"]');
reads(LEX, 'ZREVRANGEBYLEX z [c (a', '["c", "ba", "b"]');
reads(LEX, 'ZREVRANGEBYLEX z - +', '[]');
reads(LEX, 'ZRANGE z [c (a BYLEX REV LIMIT 0 1', '["c"]');
reads([], 'ZRANGEBYLEX z - +', '[]');
for (const range of ['a [b', '[a b', '"" +', '-a +', '- ++', '1 2', '-5 5']) {
  refuses(STRING, `ZRANGEBYLEX z ${range}`, NOT_A_MEMBER);
  refuses(STRING, `ZREVRANGEBYLEX z ${range}`, NOT_A_MEMBER);
  refuses(STRING, `ZRANGE z ${range} BYLEX`, NOT_A_MEMBER);
  refuses(STRING, `ZLEXCOUNT z ${range}`, NOT_A_MEMBER);
  refuses(STRING, `ZREMRANGEBYLEX z ${range}`, NOT_A_MEMBER);
}
for (const range of [
  'ZRANGE z - + BYLEX WITHSCORES',
  'ZRANGEBYLEX z - + WITHSCORES',
  'ZREVRANGEBYLEX z a b WITHSCORES',
]) {
  refuses(LEX, range, 'ERR syntax error, WITHSCORES not supported in combination with BYLEX');
}
refuses(STRING, 'ZRANGEBYLEX z - +', WRONGTYPE);
refuses(STRING, 'ZREVRANGEBYLEX z + -', WRONGTYPE);

// counted
reads(ABCDE, 'ZCOUNT z (1 3', ':3');
reads(ABCDE, 'ZCOUNT z -inf inf', ':5');
reads(ABCDE, 'ZCOUNT z 4 2', ':0');
reads([], 'ZCOUNT z 4 2', ':0');
refuses(STRING, 'ZCOUNT z 4 2', WRONGTYPE);
reads(LEX, 'ZLEXCOUNT z - (c', ':3');
reads(LEX, 'ZLEXCOUNT z + -', ':0');
reads([], 'ZLEXCOUNT z - +', ':0');
refuses(STRING, 'ZLEXCOUNT z - +', WRONGTYPE);

// stored
writes(ABCDE, 'ZRANGESTORE d z 1 -2', ':3');
reads(['ZADD z 1 a 2 b 3 c', 'ZRANGESTORE d z 1 -1'], 'ZRANGE d 0 -1 WITHSCORES', '["b", "2", "c", "3"]');
writes(['ZADD z 1 a 2 b', 'SET d v EX 10'], 'ZRANGESTORE d z 0 0', ':1');
reads(['ZADD z 1 a 2 b', 'SET d v EX 10', 'ZRANGESTORE d z 0 0'], 'TTL d', ':-1');
writes(ABCDE, 'ZRANGESTORE z z 2 inf BYSCORE LIMIT 1 2', ':2');
reads(['ZADD z 1 a 2 b 3 c', 'ZRANGESTORE z z (1 inf BYSCORE'], 'ZRANGE z 0 -1 WITHSCORES', '["b", "2", "c", "3"]');
writes(LEX, 'ZRANGESTORE d z (c - BYLEX REV', ':3');
reads(ABCDE, 'ZRANGESTORE d z 7 8', ':0');
reads([], 'ZRANGESTORE d z 7 8', ':0');
writes(['SET d v'], 'ZRANGESTORE d z 7 8', ':0');
reads(['SET d v', 'ZRANGESTORE d z 7 8'], 'EXISTS d', ':0');
refuses(['SET z v', 'ZADD d 1 a'], 'ZRANGESTORE d z 0 -1', WRONGTYPE);
refuses(ABCDE, 'ZRANGESTORE d z 0 -1 WITHSCORES', SYNTAX_ERROR);
refuses(ABCDE, 'ZRANGESTORE d z 0 x', NOT_AN_INTEGER);
refuses(ABCDE, 'ZRANGESTORE d z 0', "ERR wrong number of arguments for 'zrangestore' command");

// removed
writes(ABCDE, 'ZREMRANGEBYRANK z 1 -2', ':3');
reads(['ZADD z 1 a 2 b 3 c', 'ZREMRANGEBYRANK z 1 1'], 'ZRANGE z 0 -1', '["a", "c"]');
reads(ABCDE, 'ZREMRANGEBYRANK z 5 9', ':0');
reads([], 'ZREMRANGEBYRANK z 0 -1', ':0');
writes(ABCDE, 'ZREMRANGEBYRANK z 0 -1', ':5');
reads(['ZADD z 1 a', 'ZREMRANGEBYRANK z 0 -1'], 'EXISTS z', ':0');
refuses(STRING, 'ZREMRANGEBYRANK z 0 -1', WRONGTYPE);
refuses(STRING, 'ZREMRANGEBYRANK z 0 x', NOT_AN_INTEGER);
writes(ABCDE, 'ZREMRANGEBYSCORE z (1 3', ':3');
reads(ABCDE, 'ZREMRANGEBYSCORE z 4 4', ':0');
reads([], 'ZREMRANGEBYSCORE z 4 4', ':0');
writes(ABCDE, 'ZREMRANGEBYSCORE z -inf inf', ':5');
reads(['ZADD z 1 a', 'ZREMRANGEBYSCORE z -inf inf'], 'EXISTS z', ':0');
refuses(STRING, 'ZREMRANGEBYSCORE z 0 1', WRONGTYPE);
writes(LEX, 'ZREMRANGEBYLEX z [b (c', ':2');
reads(LEX, 'ZREMRANGEBYLEX z (d +', ':0');
reads([], 'ZREMRANGEBYLEX z - +', ':0');
writes(LEX, 'ZREMRANGEBYLEX z - +', ':5');
refuses(STRING, 'ZREMRANGEBYLEX z - +', WRONGTYPE);

test('ZRANGESTORE chooses the encoding by what is stored', (t) => {
  const server = new MemoryServer({ config: { 'zset-max-listpack-entries': 2, 'zset-max-listpack-value': 4 } });
  server.run('ZADD z 1 a 2 b 3 fives 4 d');
  server.run('ZRANGESTORE small z 0 1');
  server.run('ZRANGESTORE long z 2 2');
  server.run('ZRANGESTORE many z 0 -1');
  t.deepEqual(
    ['z', 'small', 'long', 'many'].map((key) => server.run(`OBJECT ENCODING ${key}`).reply),
    ['"skiplist"', '"listpack"', '"skiplist"', '"skiplist"'],
  );
});

for (const all of [
  'ZREMRANGEBYRANK z 0 -1',
  'ZREMRANGEBYSCORE z -inf +inf',
  'ZREMRANGEBYLEX z - +',
  'ZPOPMIN z 1000',
]) {
  test(`${all} takes a large sorted set away as a whole, its memory comes back in slices`, (t) => {
    const server = new MemoryServer();
    server.raw(['ZADD', 'z', ...Array.from({ length: 1000 }, (_, i) => ['0', `m${i}`]).flat()]);
    t.deepEqual(server.run(all).events, [all]);
    t.is(server.run('EXISTS z').reply, ':0');
    t.is(server.keyspace.pendingObjects(), 1);
    while (server.keyspace.reclaim(100));
    t.is(server.keyspace.pendingObjects(), 0);
  });
}
