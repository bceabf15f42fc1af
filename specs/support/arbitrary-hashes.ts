/**
 * Arbitrary commands of the hash group, every option and the invalid forms.
 *
 * In:  the arbitraries of `arbitraries.ts`.
 * Out: `Command`s.
 * Memory: none.
 *
 * Fields come from a small pool, texts of integers among them, so that commands meet.
 * @since 0.2.0
 */
import fc from 'fast-check';
import { badFloatText, type Command, floatText, integerArg, integerText, key, pattern, value } from './arbitraries.ts';
import { command } from './arbitrary-commands.ts';
import type { Arg } from './reply.ts';

const FIELDS: readonly string[] = [
  'f',
  'g',
  'h',
  '1',
  '-70000',
  '9223372036854775807',
  '01',
  '',
  '\x00\xff',
  'f'.repeat(65),
];

export const field: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...FIELDS) },
  { weight: 1, arbitrary: fc.nat(20).map(String) },
);

const fields = fc.array(field, { minLength: 1, maxLength: 5 });
/**
 * Fields with values. Redis 7.2, and so Ferrous, makes a table for more pairs than a listpack may have without a look at
 * them, Redis 7.0 only when it has as many fields: so the same field comes twice among a few pairs only.
 */
const pairs: fc.Arbitrary<readonly Arg[]> = fc
  .oneof(
    fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 4 }),
    fc.uniqueArray(fc.tuple(field, value), { minLength: 1, maxLength: 6, selector: ([name]) => name }),
  )
  .map((list) => list.flat());

const floatArg = fc.oneof(
  { weight: 4, arbitrary: floatText },
  { weight: 1, arbitrary: integerText },
  { weight: 1, arbitrary: badFloatText },
  { weight: 1, arbitrary: fc.constantFrom('inf', '-inf') },
);

const randomCount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -6, max: 40 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('9223372036854775807', '-9223372036854775808', '4611686018427387904', 'x', ''),
  },
);
const withValues = fc.constantFrom<readonly Arg[]>([], ['WITHVALUES'], ['withvalues'], ['VALUES']);
const scanOptions = fc.constantFrom<readonly Arg[]>(
  [],
  ['COUNT', '5000'],
  ['COUNT', '0'],
  ['COUNT', 'x'],
  ['MATCH', 'x'],
  ['COUNT'],
  ['TYPE', 'hash'],
  ['bad', 'bad'],
);

/** Any command of the hash group. */
export const hashCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: command('HSET', key, pairs) },
  command('HMSET', key, pairs),
  { weight: 2, arbitrary: command('HSETNX', key, field, value) },
  { weight: 3, arbitrary: command('HGET', key, field) },
  { weight: 2, arbitrary: command('HMGET', key, fields) },
  { weight: 4, arbitrary: command('HDEL', key, fields) },
  command('HLEN', key),
  command('HSTRLEN', key, field),
  command('HEXISTS', key, field),
  command('HKEYS', key),
  command('HVALS', key),
  { weight: 2, arbitrary: command('HGETALL', key) },
  { weight: 3, arbitrary: command('HINCRBY', key, field, integerArg) },
  { weight: 3, arbitrary: command('HINCRBYFLOAT', key, field, floatArg) },
  command('HRANDFIELD', key),
  { weight: 2, arbitrary: command('HRANDFIELD', key, randomCount, withValues) },
  command('HSCAN', key, fc.constantFrom('0', '0', '0', 'x'), scanOptions),
  command('HSCAN', key, fc.constant('0'), fc.constant('COUNT'), fc.constant('5000'), fc.constant('MATCH'), pattern),
);
