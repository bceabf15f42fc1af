/**
 * Arbitrary commands of the sorted set group, every option and the invalid forms.
 *
 * In:  the arbitraries of `arbitraries.ts`.
 * Out: `Command`s.
 * Memory: none.
 *
 * redis-server 7.0 prints 17 digits where 7.2 prints the fewest that do, so scores are halves of small integers here, and
 * weights small integers. What is asked for by member alone has one right answer only where all scores are the same, as
 * they are under the key `lex`.
 * @since 0.2.0
 */
import fc from 'fast-check';
import { badFloatText, type Command, integerArg, pattern } from './arbitraries.ts';
import { command, many, options, type Part, withArg, word } from './arbitrary-commands.ts';
import type { Arg } from './reply.ts';

/** Sorted sets, mostly. */
const zset = fc.constantFrom('a', 'b', 'c');
/** Sorted sets, sets, a string, and what is missing. */
const source = fc.oneof({ weight: 6, arbitrary: zset }, { weight: 3, arbitrary: fc.constantFrom('s', 't', 'none') });
const anyKey = fc.oneof(
  { weight: 14, arbitrary: zset },
  { weight: 2, arbitrary: source },
  { weight: 1, arbitrary: fc.constant('string') },
);
const LEX = fc.constant('lex');

const MEMBERS: readonly string[] = ['', 'm', 'n', '1', '12', '-70000', '9223372036854775807', '01', '\x00\xff'];
const member: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(15).map((n) => `m${n}`) },
  { weight: 2, arbitrary: fc.constantFrom(...MEMBERS) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(20), 'y'.repeat(21), 'z'.repeat(300)) },
);

const goodScore = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 10 }).map((n) => String(n / 2)) },
  { weight: 1, arbitrary: fc.constantFrom('inf', '-inf', '+INF', 'Infinity', '1e3', '0x10', '.5', '3.0', '100000') },
);
const score = fc.oneof({ weight: 15, arbitrary: goodScore }, { weight: 1, arbitrary: badFloatText });
const scoreBound = fc.oneof(
  { weight: 6, arbitrary: goodScore },
  { weight: 4, arbitrary: goodScore.map((text) => `(${text}`) },
  { weight: 3, arbitrary: fc.constantFrom('-inf', '+inf') },
  { weight: 1, arbitrary: fc.constantFrom('', '(', ' 1', '1 ', 'x', '(x', 'nan', '[1', '1e400', '1\x00x') },
);
const lexBound = fc.oneof(
  { weight: 4, arbitrary: member.map((text) => `[${text}`) },
  { weight: 4, arbitrary: member.map((text) => `(${text}`) },
  { weight: 4, arbitrary: fc.constantFrom('-', '+') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x', '[', '(', '-x', '+x', '5') },
);

/** redis-server 7.0 chooses the first encoding without a look at how many members come: so few do, each once. */
const pairs = (left: fc.Arbitrary<string>): Part =>
  fc
    .uniqueArray(fc.tuple(left, member), { minLength: 1, maxLength: 3, selector: ([, name]) => name })
    .map((list) => list.flat());

const condition = word('NX', 'XX', 'GT', 'LT', 'CH', 'INCR', 'ch');
const limit = fc.tuple(integerArg, integerArg).map(([offset, count]): readonly Arg[] => ['LIMIT', offset, count]);
const wholeLimit = fc.constant<readonly Arg[]>(['LIMIT', '0', '-1']);
const popCount = fc.oneof(
  { weight: 6, arbitrary: fc.nat(6).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('-1', 'x', '9223372036854775807', '9223372036854775808') },
);
const maybe = (arg: fc.Arbitrary<Arg>): Part => fc.array(arg, { maxLength: 1 });

/** Keys with their number, which is wrong now and then. */
const counted = (keys: fc.Arbitrary<string>): fc.Arbitrary<readonly Arg[]> =>
  fc
    .tuple(
      fc.array(keys, { minLength: 1, maxLength: 4 }),
      fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: integerArg }),
    )
    .map(([list, wrong]) => [wrong ?? String(list.length), ...list]);

const weight = fc.constantFrom('1', '2', '-1', '0', '3', 'inf');
const aggregate = fc.constantFrom('SUM', 'min', 'MAX').map((how): readonly Arg[] => ['AGGREGATE', how]);

/** Keys and as many weights. */
const weighed = fc
  .array(fc.tuple(source, weight), { minLength: 1, maxLength: 4 })
  .map((list): readonly Arg[] => [
    String(list.length),
    ...list.map(([name]) => name),
    'WEIGHTS',
    ...list.map(([, factor]) => factor),
  ]);
const inputs = fc.oneof({ weight: 2, arbitrary: counted(source) }, { weight: 1, arbitrary: weighed });
const withScores = options(1, word('WITHSCORES', 'withscores', 'WITHSCORES', 'bad'));

const additions: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: command('ZADD', anyKey, pairs(goodScore)) },
  { weight: 6, arbitrary: command('ZADD', anyKey, options(3, condition), pairs(score)) },
  { weight: 3, arbitrary: command('ZINCRBY', anyKey, score, member) },
  { weight: 3, arbitrary: command('SADD', fc.constantFrom('s', 't'), many(member)) },
  { weight: 4, arbitrary: command('ZADD', LEX, pairs(fc.constant('0'))) },
);

const removals: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: command('ZREM', anyKey, many(member)) },
  { weight: 2, arbitrary: command('ZPOPMIN', anyKey, maybe(popCount)) },
  { weight: 2, arbitrary: command('ZPOPMAX', anyKey, maybe(popCount)) },
  {
    weight: 2,
    arbitrary: command('ZMPOP', counted(anyKey), word('MIN', 'MAX', 'max'), options(1, withArg('COUNT', popCount))),
  },
  command('ZREMRANGEBYRANK', anyKey, integerArg, integerArg),
  command('ZREMRANGEBYSCORE', anyKey, scoreBound, scoreBound),
  command('ZREMRANGEBYLEX', LEX, lexBound, lexBound),
);

const ranges: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: command(
      'ZRANGE',
      anyKey,
      integerArg,
      integerArg,
      options(2, word('REV', 'WITHSCORES', 'rev', 'bad'), wholeLimit),
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'ZRANGE',
      anyKey,
      scoreBound,
      scoreBound,
      fc.constant('BYSCORE'),
      options(3, word('REV', 'WITHSCORES', 'BYLEX'), limit),
    ),
  },
  {
    weight: 3,
    arbitrary: command('ZRANGE', LEX, lexBound, lexBound, fc.constant('bylex'), options(2, word('REV'), limit)),
  },
  command('ZREVRANGE', anyKey, integerArg, integerArg, withScores),
  command('ZRANGEBYSCORE', anyKey, scoreBound, scoreBound, options(2, word('WITHSCORES'), limit)),
  command('ZREVRANGEBYSCORE', anyKey, scoreBound, scoreBound, options(2, word('WITHSCORES', 'REV'), limit)),
  command('ZRANGEBYLEX', LEX, lexBound, lexBound, options(1, limit, word('WITHSCORES'))),
  command('ZREVRANGEBYLEX', LEX, lexBound, lexBound, options(1, limit)),
  command('ZRANGESTORE', anyKey, anyKey, integerArg, integerArg, options(1, word('REV', 'WITHSCORES'))),
  command('ZRANGESTORE', zset, anyKey, scoreBound, scoreBound, fc.constant('BYSCORE'), options(2, word('REV'), limit)),
  command(
    'ZRANGESTORE',
    fc.constantFrom('lex2', 'lex'),
    LEX,
    lexBound,
    lexBound,
    fc.constant('BYLEX'),
    options(1, limit),
  ),
  command('ZCOUNT', anyKey, scoreBound, scoreBound),
  command('ZLEXCOUNT', LEX, lexBound, lexBound),
);

const combinations: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: command('ZUNIONSTORE', zset, inputs, options(1, aggregate)) },
  { weight: 2, arbitrary: command('ZINTERSTORE', zset, inputs, options(1, aggregate)) },
  { weight: 2, arbitrary: command('ZDIFFSTORE', zset, counted(source)) },
  { weight: 2, arbitrary: command('ZUNION', inputs, options(1, aggregate), withScores) },
  { weight: 2, arbitrary: command('ZINTER', inputs, options(1, aggregate), withScores) },
  { weight: 2, arbitrary: command('ZDIFF', counted(source), withScores) },
  command('ZINTERCARD', counted(source), options(2, withArg('LIMIT', popCount))),
  command('ZUNION', inputs, options(2, word('WEIGHTS', 'AGGREGATE', 'bad'), aggregate)),
);

const looks: fc.Arbitrary<Command> = fc.oneof(
  command('ZCARD', anyKey),
  command('ZSCORE', anyKey, member),
  command('ZMSCORE', anyKey, many(member)),
  { weight: 2, arbitrary: command('ZRANK', anyKey, member) },
  { weight: 2, arbitrary: command('ZREVRANK', anyKey, member) },
  command(
    'ZRANDMEMBER',
    anyKey,
    fc.oneof(
      fc.constant<readonly Arg[]>([]),
      fc.tuple(fc.integer({ min: -5, max: 20 }).map(String)),
      fc.tuple(fc.integer({ min: -5, max: 20 }).map(String), fc.constantFrom('WITHSCORES', 'bad')),
      fc.constantFrom<readonly Arg[]>(['x'], ['-9223372036854775808'], ['9223372036854775807', 'WITHSCORES']),
    ),
  ),
  command(
    'ZSCAN',
    anyKey,
    fc.constantFrom('0', '0', '0', 'x'),
    options(2, withArg('COUNT', fc.constantFrom('1000', '0', 'x')), withArg('MATCH', pattern), word('bad')),
    fc.constantFrom<readonly Arg[]>([], ['COUNT', '5000']),
  ),
);

/** Any command of the sorted set group; SADD too, because sets are inputs of some. Those that wait are not here. */
export const sortedSetCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: additions },
  { weight: 4, arbitrary: removals },
  { weight: 5, arbitrary: ranges },
  { weight: 4, arbitrary: combinations },
  { weight: 3, arbitrary: looks },
);

/** Sorted set commands among those that work on any key. */
export const aroundSortedSets: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: sortedSetCommand },
  command('SET', fc.constantFrom('string', 'a'), fc.constant('text')),
  command('DEL', anyKey),
  command('TYPE', anyKey),
  command('RENAME', zset, anyKey),
  command('COPY', zset, zset, fc.constant('REPLACE')),
  command('EXPIRE', anyKey, fc.constant('1000')),
  command('TTL', anyKey),
  command('PERSIST', anyKey),
  { weight: 2, arbitrary: command('OBJECT ENCODING', zset) },
);
