/**
 * RDB files of collections against a real redis-server: it loads ours, we load its, and DEBUG DIGEST is the same.
 *
 * Values of every type around every threshold, in files of servers with low and with usual ones; lists whose inner nodes are
 * compressed in memory, strings that LZF packs and that it does not.
 */
import process from 'node:process';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { collectionCommandAnywhere, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { program } from '../support/arbitrary-commands.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startFerrous, startRedis } from '../support/process-server.ts';
import type { Arg, RawClient } from '../support/resp-client.ts';
import { show } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';
import { noise } from './keyspaces.ts';

const PROGRAMS = process.env['FERROUS_LONG'] === '1' ? 2000 : 60;
const DATABASES = 16;

const { 'set-max-listpack-entries': _entries, 'set-max-listpack-value': _value, ...KNOWN_TO_7_0 } = LOW_THRESHOLDS;
const LOW = Object.entries(KNOWN_TO_7_0).flatMap(([directive, value]) => [`--${directive}`, String(value)]);
const COMPRESSED = ['--list-compress-depth', '1', '--list-max-listpack-size', '-1'];

const numbers = (to: number): readonly number[] => Array.from({ length: to }, (_, i) => i);

/** Elements of every kind: integers of all widths, texts, long ones that pack and that do not. */
const elements = (count: number, seed: number): string[] =>
  numbers(count).map((i) => {
    const n = i + seed;
    switch (n % 8) {
      case 0:
        return String(n);
      case 1:
        return String(-n * 1_000_003);
      case 2:
        return String(BigInt(n) * 1_000_000_007_000_000n);
      case 3:
        return `${'lorem ipsum '.repeat(n % 40)}${n}`;
      case 4:
        return noise(n, 10 + (n % 90));
      case 5:
        return `text ${n}`;
      case 6:
        return `${n}.5`;
      default:
        return `\x00\xff${n}\r\n`;
    }
  });

/** Around the thresholds of both kinds, and well above. */
const SIZES = [1, 3, 4, 5, 128, 129, 512, 513, 3000];

const fillings = (): Arg[][] => [
  ...SIZES.flatMap((size): Arg[][] => [
    ['RPUSH', `list:${size}`, ...elements(size, 0)],
    ['SADD', `set:${size}`, ...elements(size, 1)],
    ['SADD', `integers:${size}`, ...numbers(size).map((i) => String(i * 37 - 500))],
    ['SADD', `large integers:${size}`, ...numbers(size).map((i) => String(BigInt(i - 50) * 184_467_440_737n))],
    ['HSET', `hash:${size}`, ...elements(size, 2).flatMap((field, i) => [field, `value ${i * 7919}`])],
    ['HSET', `small hash:${size}`, ...numbers(size).flatMap((i) => [`f${i}`, String(i)])],
    ['ZADD', `zset:${size}`, ...elements(size, 3).flatMap((member, i) => [String(((i * 7919) % 101) / 8), member])],
    ['ZADD', `small zset:${size}`, ...numbers(size).flatMap((i) => [String((i * 31) % 17), `m${i}`])],
  ]),
  [
    'ZADD',
    'scores',
    '-inf',
    'a',
    'inf',
    'b',
    '0',
    'c',
    '1e308',
    'd',
    '-5e-324',
    'e',
    '0.1',
    'f',
    '3.0000000000000004',
    'g',
  ],
  ['RPUSH', 'list of long elements', 'x'.repeat(100_000), noise(1, 70_000), 'short', 'ab'.repeat(10_000), ''],
  ['RPUSH', 'list of one long element', noise(2, 20_000)],
  ['HSET', 'hash of long values', 'packs', 'y'.repeat(50_000), 'does not', noise(3, 40_000), noise(4, 300), ''],
  ['SADD', 'set of long members', 'z'.repeat(64), 'z'.repeat(65), noise(5, 30_000)],
  ['ZADD', 'zset of long members', '1', 'z'.repeat(64), '2', 'z'.repeat(65), '3', noise(6, 30_000)],
  ['SET', 'long string', 'lorem ipsum dolor '.repeat(20_000)],
  ['SET', 'noise', noise(7, 300_000)],
  ['SELECT', '9'],
  ['RPUSH', 'volatile', 'a', 'b'],
  ['PEXPIREAT', 'volatile', '4102444800123'],
  ['SELECT', '0'],
];

const programs = fc.sample(program({ commands: collectionCommandAnywhere, minLength: 10, maxLength: 60 }), {
  numRuns: PROGRAMS,
  seed: 81,
});

const fill = async (client: RawClient): Promise<void> => {
  const replies = await client.pipeline(fillings());
  const wrong = replies.find((reply) => reply.type === 'error');
  if (wrong !== undefined) throw new Error(show(wrong));
  // What programs leave behind, in the other databases; database 0 keeps what is above.
  for (const [i, { script }] of programs.entries()) {
    await client.send('SELECT', String(1 + (i % (DATABASES - 1))));
    await client.pipelineRaw(script.filter(([name]) => String(name).toUpperCase() !== 'SELECT'));
  }
  await client.send('SELECT', '0');
};

type Start = typeof startFerrous;

/** What a server says of each list that it holds in nodes. */
const nodesOf = async (client: RawClient, key: string): Promise<string> => client.text('DEBUG', 'OBJECT', key);

interface Route {
  readonly from: Start;
  readonly to: Start;
  readonly saving: readonly string[];
  readonly loading: readonly string[];
}

const travels = async (t: ExecutionContext, { from, to, saving, loading }: Route): Promise<void> => {
  const dir = await makeTempDir(t);
  const first = await from(t, { dir, args: [...saving] });
  const client = await first.connect();
  await fill(client);
  const nodes = await nodesOf(client, 'list:3000');
  const digest = await client.text('DEBUG', 'DIGEST');
  const sizes = (await client.text('INFO', 'keyspace')).match(/keys=\d+/g);
  t.is(await client.text('SAVE'), '+OK');
  await first.kill();

  const second = await to(t, { dir, args: [...loading] });
  const reader = await second.connect();
  t.is(await reader.text('DEBUG', 'DIGEST'), digest);
  t.deepEqual((await reader.text('INFO', 'keyspace')).match(/keys=\d+/g), sizes);
  t.is(await reader.text('PEXPIRETIME', 'volatile'), ':-2');
  await reader.send('SELECT', '9');
  t.is(await reader.text('PEXPIRETIME', 'volatile'), ':4102444800123');
  // And what it saves in turn is the same again.
  t.is(await reader.text('DEBUG', 'RELOAD'), '+OK');
  t.is(await reader.text('DEBUG', 'DIGEST'), digest);
  t.log(`${sizes?.length} databases; list:3000 was ${nodes.replace(/^.*ql_nodes/, 'ql_nodes').slice(0, 100)}`);
};

const USUAL: readonly string[] = [];
for (const [name, saving, loading] of [
  ['usual thresholds', USUAL, USUAL],
  ['low thresholds', LOW, LOW],
  ['low thresholds, loaded with usual ones', LOW, USUAL],
  ['usual thresholds, loaded with low ones', USUAL, LOW],
  ['lists whose inner nodes are compressed', COMPRESSED, COMPRESSED],
  ['nothing compressed', ['--rdbcompression', 'no'], USUAL],
] as const) {
  oracleTest.serial(`redis-server loads our file: ${name}`, (t) =>
    travels(t, { from: startFerrous, to: startRedis, saving, loading }),
  );
  oracleTest.serial(`we load redis-server's file: ${name}`, (t) =>
    travels(t, { from: startRedis, to: startFerrous, saving, loading }),
  );
}
