/**
 * Values of every type in every encoding, and a client that keeps changing all of them.
 *
 * In:  connections to servers of any make, with the default thresholds.
 * Out: keys named after what they hold; a `Changer` to stop.
 * Memory: none.
 * @since 0.2.0
 */
import { type Arg, plain, type RawClient, show } from '../support/resp-client.ts';
import { seededRandom } from '../support/seeded-random.ts';

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => String(i));
const BYTES = Uint8Array.from({ length: 64 }, (_, i) => (i * 4) ^ 0x80);
const LONG = 'long '.repeat(30);

/** A key, the encoding that it has, and what makes it. */
export const EVERY_TYPE: readonly (readonly [key: string, encoding: string, command: readonly Arg[]])[] = [
  ['string int', 'int', ['SET', '-9223372036854775808']],
  ['string short', 'embstr', ['SET', 'short']],
  ['string raw', 'raw', ['SET', LONG]],
  ['list packed', 'listpack', ['RPUSH', 'a', '', '-1', BYTES, '9223372036854775807', LONG]],
  ['list large', 'quicklist', ['RPUSH', ...numbers(3000).map((n) => `element ${n}`), BYTES]],
  ['list of long ones', 'quicklist', ['RPUSH', 'x'.repeat(20_000), 'y'.repeat(9000), 'short']],
  ['hash packed', 'listpack', ['HSET', 'f', 'v', '1', '2', '', 'empty', BYTES, 'binary']],
  ['hash large', 'hashtable', ['HSET', ...numbers(600).flatMap((n) => [`field ${n}`, `value ${n}`])]],
  ['hash with a long value', 'hashtable', ['HSET', 'f', LONG]],
  ['set of numbers', 'intset', ['SADD', ...numbers(500), '-9223372036854775808']],
  ['set packed', 'listpack', ['SADD', 'a', 'b', '1', BYTES, '']],
  ['set large', 'hashtable', ['SADD', ...numbers(600).map((n) => `member ${n}`)]],
  ['set of many numbers', 'hashtable', ['SADD', ...numbers(600)]],
  ['zset packed', 'listpack', ['ZADD', '-inf', 'a', '0.1', 'b', '1e300', 'c', 'inf', '', '0.1', BYTES]],
  ['zset large', 'skiplist', ['ZADD', ...numbers(600).flatMap((n) => [String(Number(n) / 8), `member ${n}`])]],
  ['zset with a long member', 'skiplist', ['ZADD', '0', LONG]],
];

export const EXPIRES_AT_MS = 4_102_444_800_000;
export const SECOND_DB = '7';

/** Puts every key into databases 0 and 7; those of 7 expire in another century. */
export const fillEveryType = async (client: RawClient): Promise<void> => {
  for (const db of ['0', SECOND_DB]) {
    const commands: (readonly Arg[])[] = [['SELECT', db]];
    for (const [key, , [name = '', ...args]] of EVERY_TYPE) {
      commands.push([name, key, ...args]);
      if (db !== '0') commands.push(['PEXPIREAT', key, String(EXPIRES_AT_MS)]);
    }
    const wrong = (await client.pipeline(commands)).map(show).find((text) => text.startsWith('-'));
    if (wrong !== undefined) throw new Error(`fillEveryType: ${wrong}`);
  }
  await client.send('SELECT', '0');
};

/** The encoding of every key that `fillEveryType` has made. */
export const encodings = async (client: RawClient): Promise<readonly unknown[]> =>
  (await client.pipeline(EVERY_TYPE.map(([key]) => ['OBJECT', 'ENCODING', key]))).map((reply) => plain(reply));

export interface Changer {
  /** Stops after the batch under way; answers how many there were. */
  stop(): Promise<number>;
}

/** Changes values of all types from now until it is stopped: single commands, batches and transactions. */
export const changing = (client: RawClient, seed: number): Changer => {
  const random = seededRandom(seed);
  const pick = (count: number): string => String(Math.floor(random() * count));
  const large = (type: string): string => `${type} ${random() < 0.5 ? 'large' : 'packed'}`;
  const change = (): readonly Arg[][] => [
    [random() < 0.5 ? 'RPUSH' : 'LPUSH', large('list'), `new ${pick(1000)}`],
    ['LSET', 'list large', pick(1000), `set ${pick(1000)}`],
    ['LMOVE', 'list large', large('list'), 'LEFT', 'RIGHT'],
    ['LINSERT', 'list large', 'BEFORE', `element ${pick(3000)}`, pick(1e9)],
    ['LTRIM', 'list packed', '0', '40'],
    ['HSET', large('hash'), `field ${pick(700)}`, `new ${pick(1000)}`],
    ['HDEL', large('hash'), `field ${pick(700)}`],
    ['HINCRBYFLOAT', large('hash'), 'float', '0.25'],
    ['SADD', large('set'), `member ${pick(700)}`],
    ['SADD', 'set of numbers', pick(505)],
    ['SPOP', large('set')],
    ['SUNIONSTORE', 'union', 'set large', 'set packed', 'set of numbers'],
    ['ZADD', large('zset'), pick(100), `member ${pick(700)}`],
    ['ZINCRBY', large('zset'), '0.125', `member ${pick(700)}`],
    ['ZPOPMIN', 'zset packed'],
    ['ZREMRANGEBYRANK', 'zset large', '300', '301'],
    ['ZUNIONSTORE', 'total', '2', 'zset large', 'set packed'],
    ['SORT', 'set of numbers', 'LIMIT', '0', '20', 'STORE', 'sorted'],
    ['COPY', large('hash'), `copy ${pick(3)}`, 'REPLACE'],
    ['RENAME', 'sorted', 'list sorted'],
    ['EXPIRE', `copy ${pick(3)}`, '100000'],
    ['UNLINK', 'union', 'total'],
  ];
  let isOver = false;
  const run = async (): Promise<number> => {
    let batches = 0;
    for (; !isOver; batches++) {
      const commands = change();
      await client.pipeline(batches % 3 === 0 ? [['MULTI'], ...commands, ['EXEC']] : commands);
    }
    return batches;
  };
  const done = run();
  return {
    stop: () => {
      isOver = true;
      return done;
    },
  };
};
