/**
 * Arbitrary commands of the set group, every option and the invalid forms.
 *
 * In:  the arbitraries of `arbitraries.ts`.
 * Out: `Command`s.
 * Memory: none.
 *
 * Members come from a small pool, texts of integers among them, so that commands meet. What SPOP takes is a matter of
 * chance, and so would be all that comes after it: here it takes all or nothing, and for that no argument may be left out
 * (`invalid: false` in a program).
 * @since 0.2.0
 */
import fc from 'fast-check';
import { type Command, key, pattern } from './arbitraries.ts';
import { command, many } from './arbitrary-commands.ts';
import type { Arg } from './reply.ts';

const MEMBERS: readonly string[] = [
  'a',
  'b',
  '',
  '01',
  '-0',
  '+1',
  ' 1',
  '\x00\xff\r\n',
  'm'.repeat(65),
  'n'.repeat(300),
  '-32768',
  '32768',
  '-2147483649',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
];

export const member: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -3, max: 9 }).map(String) },
  { weight: 3, arbitrary: fc.constantFrom(...MEMBERS) },
);

const members = many(member, 6);
const integers = many(fc.integer({ min: -40_000, max: 40_000 }).map(String), 8);
const keys = many(key, 3);

const chosen = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -6, max: 40 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('9223372036854775807', '-9223372036854775808', 'x', '') },
);
const limit = fc.constantFrom('0', '1', '2', '100', '-1', 'x', '9223372036854775807');
const numbered = fc
  .tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 0, 0, 0, 0, 1, -1, -5))
  .map(([list, off]): readonly Arg[] => [String(list.length + off), ...list]);
const limits = fc.oneof(
  fc.constant<readonly Arg[]>([]),
  limit.map((one): readonly Arg[] => ['LIMIT', one]),
  fc.tuple(limit, limit).map(([one, other]): readonly Arg[] => ['limit', one, 'LIMIT', other]),
  fc.constantFrom<readonly Arg[]>(['LIMIT'], ['bad'], ['bad', '1']),
);
const scanOptions = fc.constantFrom<readonly Arg[]>(
  [],
  ['COUNT', '5000'],
  ['COUNT', '0'],
  ['COUNT', 'x'],
  ['MATCH', 'x'],
  ['COUNT'],
  ['TYPE', 'set'],
  ['bad', 'bad'],
);

/** Any command of the set group. */
export const setCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: command('SADD', key, members) },
  { weight: 4, arbitrary: command('SADD', key, integers) },
  { weight: 4, arbitrary: command('SREM', key, members) },
  command('SCARD', key),
  { weight: 2, arbitrary: command('SISMEMBER', key, member) },
  command('SMISMEMBER', key, members),
  { weight: 2, arbitrary: command('SMEMBERS', key) },
  { weight: 3, arbitrary: command('SMOVE', key, key, member) },
  command('SPOP', key, fc.constantFrom('0', '1000', '1000', '9223372036854775807', '-1', 'x', '9223372036854775808')),
  command('SPOP', key, fc.constant('1'), fc.constant('2')),
  command('SRANDMEMBER', key),
  { weight: 2, arbitrary: command('SRANDMEMBER', key, chosen) },
  command('SRANDMEMBER', key, chosen, fc.constant('1')),
  { weight: 2, arbitrary: command('SINTER', keys) },
  { weight: 2, arbitrary: command('SUNION', keys) },
  { weight: 2, arbitrary: command('SDIFF', keys) },
  { weight: 2, arbitrary: command('SINTERSTORE', key, keys) },
  { weight: 2, arbitrary: command('SUNIONSTORE', key, keys) },
  { weight: 2, arbitrary: command('SDIFFSTORE', key, keys) },
  { weight: 2, arbitrary: command('SINTERCARD', numbered, limits) },
  command('SSCAN', key, fc.constantFrom('0', '0', '0', 'x'), scanOptions),
  command('SSCAN', key, fc.constant('0'), fc.constant('COUNT'), fc.constant('5000'), fc.constant('MATCH'), pattern),
);
