/**
 * Keys that are over, beside redis-server: whatever meets them, in both protocols, with a cycle that removes them and
 * without.
 */
import process from 'node:process';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { anyCommand, command } from '../support/arbitrary-commands.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import type { Arg } from '../support/reply.ts';

const key = fc.constantFrom('a', 'b', 'c');

/** A key gets a time to live of a millisecond, and the time passes. */
const passesAway: fc.Arbitrary<readonly (readonly Arg[])[]> = fc
  .tuple(key, fc.constantFrom('x', '12', ''), fc.nat(3))
  .map(([name, value, how]) => {
    const ends = [
      ['SET', name, value, 'PX', '1'],
      ['PSETEX', name, '1', value],
      ['PEXPIRE', name, '1'],
      ['GETEX', name, 'PX', '1'],
    ][how] ?? ['PING'];
    return [['SET', name, value], ends, ['DEBUG', 'SLEEP', '0.005']];
  });

const meets = fc.oneof(
  { weight: 2, arbitrary: anyCommand },
  command('GET', key),
  command('SET', key, fc.constant('y'), fc.constantFrom('XX', 'NX', 'KEEPTTL', 'GET')),
  command('RENAME', key, key),
  command('COPY', key, key, fc.constantFrom('REPLACE', 'DB')),
  command('EXISTS', key, key),
  command('PERSIST', key),
  command('EXPIRE', key, fc.constant('100'), fc.constantFrom('NX', 'XX', 'GT', 'LT')),
  command('INCR', key),
  command('APPEND', key, fc.constant('z')),
  command('TTL', key),
  command('OBJECT ENCODING', key),
  command('DUMP', key),
  command('MOVE', key, fc.constant('1')),
  command('DEL', key),
  command('KEYS', fc.constant('*')),
);

// Which key RANDOMKEY and a partial SCAN meet is chance, and what they meet goes; DBSIZE counts what nobody has met.
const isSteady = (args: readonly Arg[]): boolean => !/^(randomkey|scan)$/i.test(String(args[0]));

const stories = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: passesAway },
      { weight: 3, arbitrary: meets.map(({ args }) => [args] as readonly (readonly Arg[])[]) },
    ),
    { minLength: 2, maxLength: 14, size: 'max' },
  )
  .map((parts) => parts.flat().filter(isSteady));

oracleTest('keys that are over are met as by redis-server', async (t) => {
  const pair = await startPair(t);
  await fc.assert(
    fc.asyncProperty(stories, fc.constantFrom(2 as const, 3 as const), (script, protocol) =>
      pair.check(script, { protocol }),
    ),
    { numRuns: process.env['FERROUS_LONG'] === '1' ? 2000 : 60 },
  );
  t.pass();
});
