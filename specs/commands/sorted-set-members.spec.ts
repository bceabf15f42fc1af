/**
 * ZRANDMEMBER and ZSCAN: replies in both encodings, and the chance that each member has.
 */
import test from 'ava';
import { NOT_AN_INTEGER, SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { isUniform } from '../support/chi-square.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, type Plain, plain } from '../support/reply.ts';
import { RESP3, reads, refuses } from './sorted-set.table.ts';

const ONE = ['ZADD z 1.5 a'];
const ABC = ['ZADD z 1 a 2 b 3 c'];
const STRING = ['SET z v'];
const OUT_OF_RANGE = 'ERR value is out of range';
const LONG_RANGE = `${OUT_OF_RANGE}, value must between -9223372036854775807 and 9223372036854775807`;

// ZRANDMEMBER
reads(ONE, 'ZRANDMEMBER z', '"a"');
reads([], 'ZRANDMEMBER z', '$-1');
reads([], 'ZRANDMEMBER z', '_', RESP3);
reads(ONE, 'ZRANDMEMBER z 5', '["a"]');
reads(ONE, 'ZRANDMEMBER z -3', '["a", "a", "a"]');
reads(ONE, 'ZRANDMEMBER z 9223372036854775807', '["a"]');
reads(ONE, 'ZRANDMEMBER z 0', '[]');
reads([], 'ZRANDMEMBER z 5', '[]');
reads([], 'ZRANDMEMBER z -5 WITHSCORES', '[]');
reads(ONE, 'ZRANDMEMBER z 5 WITHSCORES', '["a", "1.5"]');
reads(ONE, 'ZRANDMEMBER z -2 withscores', '["a", "1.5", "a", "1.5"]');
reads(ONE, 'ZRANDMEMBER z -2 WITHSCORES', '[["a", ,1.5], ["a", ,1.5]]', RESP3);
reads(ABC, 'ZRANDMEMBER z 3 WITHSCORES', '[["a", ,1], ["b", ,2], ["c", ,3]]', RESP3);
refuses(STRING, 'ZRANDMEMBER z', WRONGTYPE);
refuses(STRING, 'ZRANDMEMBER z 0', WRONGTYPE);
refuses(STRING, 'ZRANDMEMBER z x', NOT_AN_INTEGER);
refuses(STRING, 'ZRANDMEMBER z 9223372036854775808', NOT_AN_INTEGER);
refuses(STRING, 'ZRANDMEMBER z -9223372036854775808', LONG_RANGE);
refuses(STRING, 'ZRANDMEMBER z -9223372036854775808 NONSENSE', LONG_RANGE);
refuses(STRING, 'ZRANDMEMBER z 1 WITHSCORE', SYNTAX_ERROR);
refuses(STRING, 'ZRANDMEMBER z 1 WITHSCORES 1', SYNTAX_ERROR);
refuses(STRING, 'ZRANDMEMBER z 4611686018427387904 WITHSCORES', OUT_OF_RANGE);
refuses(STRING, 'ZRANDMEMBER z -4611686018427387904 WITHSCORES', OUT_OF_RANGE);

// ZSCAN
reads(ONE, 'ZSCAN z 0', '["0", ["a", "1.5"]]');
reads(ONE, 'ZSCAN z 0', '["0", ["a", "1.5"]]', RESP3);
reads(ABC, 'ZSCAN z 0 MATCH [bx] COUNT 100', '["0", ["b", "2"]]');
reads(ABC, 'ZSCAN z 0 MATCH x COUNT 100', '["0", []]');
reads([], 'ZSCAN z 0', '["0", []]');
reads([], 'ZSCAN z 0 NONSENSE', '["0", []]');
refuses(STRING, 'ZSCAN z 0', WRONGTYPE);
refuses(STRING, 'ZSCAN z x', 'ERR invalid cursor');
refuses(ONE, 'ZSCAN z 0 COUNT 0', SYNTAX_ERROR);
refuses(ONE, 'ZSCAN z 0 COUNT x', NOT_AN_INTEGER);
refuses(ONE, 'ZSCAN z 0 NOSCORES', SYNTAX_ERROR);

const pad = (i: number): string => String(i).padStart(4, '0');
const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${pad(i)}`);

const withMembers = (count: number): MemoryServer => {
  const server = new MemoryServer();
  server.run(['ZADD', 'z', ...members(count).flatMap((member, i) => [String(i % 7), member])]);
  return server;
};

const asList = (server: MemoryServer, command: string): readonly Plain[] => {
  const reply = plain(decodeReply(server.raw(command)));
  if (!Array.isArray(reply)) throw new Error(`${command}: no array`);
  return reply;
};

/** How often each of `count` members was drawn. The server's chance has a fixed seed. */
const drawnEach = (draws: readonly Plain[], count: number): readonly number[] => {
  const seen = new Map<Plain, number>();
  for (const draw of draws) seen.set(draw, (seen.get(draw) ?? 0) + 1);
  return members(count).map((member) => seen.get(member) ?? 0);
};

for (const [name, count] of [
  ['listpack', 100],
  ['skiplist', 200],
] as const) {
  test(`every member of a ${name} is as likely to be drawn, one at a time and with repetition`, (t) => {
    const server = withMembers(count);
    t.is(server.run('OBJECT ENCODING z').reply, `"${name}"`);
    const single = Array.from({ length: 5000 }, () => plain(decodeReply(server.raw('ZRANDMEMBER z'))));
    t.true(isUniform(drawnEach(single, count)));
    t.true(isUniform(drawnEach(asList(server, 'ZRANDMEMBER z -20000'), count)));
  });

  test(`distinct members of a ${name} are drawn without repetition, each as likely as the others`, (t) => {
    const server = withMembers(count);
    for (const size of [2, 20, count / 2, count - 1]) {
      const draws: Plain[] = [];
      for (let i = 0; i < 20_000 / size; i++) {
        const drawn = asList(server, `ZRANDMEMBER z ${size}`);
        t.is(new Set(drawn).size, size);
        draws.push(...drawn);
      }
      t.true(isUniform(drawnEach(draws, count)), `${size} of ${count}`);
    }
  });
}

test('ZRANDMEMBER gives each member its own score', (t) => {
  const server = withMembers(300);
  for (const count of ['5', '-50', '250', '299']) {
    const drawn = asList(server, `ZRANDMEMBER z ${count} WITHSCORES`);
    for (let i = 0; i < drawn.length; i += 2) {
      t.is(String(drawn[i + 1]), String(Number(String(drawn[i]).slice(1)) % 7));
    }
  }
});

test('ZSCAN returns every member that stays, whatever comes and goes meanwhile', (t) => {
  const server = withMembers(1000);
  const seen = new Set<Plain>();
  let cursor = '0';
  let step = 0;
  do {
    const [next, found] = asList(server, `ZSCAN z ${cursor} COUNT 7`);
    if (!Array.isArray(found)) throw new Error('no members');
    for (let i = 0; i < found.length; i += 2) seen.add(found[i]);
    cursor = String(next);
    server.run(`ZADD z 1 new${step} 2 other${step}`);
    server.run(`ZREM z m0${900 + (step % 100)}`);
    step++;
  } while (cursor !== '0');
  t.deepEqual(
    members(900).filter((member) => !seen.has(member)),
    [],
  );
});
