/**
 * Arbitrary commands of lists, hashes, sets and sorted sets, and of what works on any of them.
 *
 * In:  fast-check.
 * Out: `Command`s, over few keys and few elements, so that values grow, shrink and change their encoding and their type.
 * Memory: none.
 *
 * `determined` commands have one right reply; what `chance` decides is kept apart.
 * @since 0.2.0
 */
import fc from 'fast-check';
import type { Command } from './arbitraries.ts';
import { command, many, options, type Part, withArg, word } from './arbitrary-commands.ts';
import type { Arg } from './reply.ts';

/** A key that is usually of the type, and now and then of another. */
const keyOf = (usual: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(usual, `${usual}2`) },
    { weight: 1, arbitrary: fc.constantFrom('list', 'hash', 'set', 'zset', 'string') },
  );
const list = keyOf('list');
const hash = keyOf('hash');
const set = keyOf('set');
const zset = keyOf('zset');
const anyKey = fc.constantFrom('list', 'list2', 'hash', 'hash2', 'set', 'set2', 'zset', 'zset2', 'string');

const element: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12).map((n) => `e${n}`) },
  { weight: 4, arbitrary: fc.integer({ min: -4, max: 12 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '127',
      '128',
      '-4096',
      '32767',
      '-32769',
      '8388608',
      '2147483648',
      '9223372036854775807',
      '-9223372036854775808',
      '9223372036854775808',
      '007',
      '-0',
      '+1',
      '1.5',
      '\x00\xff\r\n',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('s'.repeat(63), 't'.repeat(64), 'u'.repeat(65), 'v'.repeat(300)) },
  { weight: 1, arbitrary: fc.constantFrom('w'.repeat(5000), 'x'.repeat(20_000)) },
);
const integer: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 12 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('x', '', '9223372036854775807', '-9223372036854775808', '1.5', '100') },
);
const count: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(6).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('-1', 'x', '100') },
);
/**
 * Fractions that every version prints alike: 7.0 writes 0.1 with 17 digits. No -0, which a listpack forgets: when ZADD makes
 * a listpack differs between versions.
 */
const score: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 9 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom('1.5', '0.125', '-2.25', '3e10', '1e21') },
  { weight: 1, arbitrary: fc.constantFrom('inf', '-inf', '+inf', '0', '9007199254740993') },
);
const anyScore = fc.oneof({ weight: 12, arbitrary: score }, { weight: 1, arbitrary: fc.constantFrom('x', 'nan', '') });
const scoreBound = fc.oneof(
  { weight: 5, arbitrary: score },
  { weight: 3, arbitrary: score.map((text) => `(${text}`) },
  { weight: 2, arbitrary: fc.constantFrom('-inf', '+inf', '(inf', 'x', '(') },
);
const lexBound = fc.oneof(
  { weight: 3, arbitrary: element.map((text) => `[${text}`) },
  { weight: 3, arbitrary: element.map((text) => `(${text}`) },
  { weight: 3, arbitrary: fc.constantFrom('-', '+') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x', '[', '(') },
);
const limit = fc.tuple(integer, integer).map(([offset, size]): readonly Arg[] => ['LIMIT', offset, size]);

const pairs = (left: fc.Arbitrary<string>, right: fc.Arbitrary<string>): Part =>
  fc.array(fc.tuple(left, right), { minLength: 1, maxLength: 5 }).map((all) => all.flat());

/** A number of keys, nearly always the right one, and the keys. */
const numbered = (key: fc.Arbitrary<string>): Part =>
  fc
    .tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, -1))
    .map(([keys, off]): readonly Arg[] => [String(keys.length + off), ...keys]);

const end = fc.constantFrom('LEFT', 'RIGHT', 'left', 'up');

export const listCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: command('RPUSH', list, many(element, 6)) },
  { weight: 5, arbitrary: command('LPUSH', list, many(element, 6)) },
  command('RPUSHX', list, many(element)),
  command('LPUSHX', list, many(element)),
  {
    weight: 2,
    arbitrary: command(
      'LPOP',
      list,
      options(
        1,
        count.map((n) => [n]),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: command(
      'RPOP',
      list,
      options(
        1,
        count.map((n) => [n]),
      ),
    ),
  },
  command('LLEN', list),
  { weight: 2, arbitrary: command('LRANGE', list, integer, integer) },
  { weight: 2, arbitrary: command('LINDEX', list, integer) },
  { weight: 2, arbitrary: command('LSET', list, integer, element) },
  { weight: 2, arbitrary: command('LINSERT', list, fc.constantFrom('BEFORE', 'after', 'x'), element, element) },
  { weight: 2, arbitrary: command('LREM', list, integer, element) },
  { weight: 2, arbitrary: command('LTRIM', list, integer, integer) },
  {
    weight: 2,
    arbitrary: command(
      'LPOS',
      list,
      element,
      options(
        3,
        withArg('RANK', fc.integer({ min: -3, max: 3 }).map(String)),
        withArg('COUNT', count),
        withArg('MAXLEN', count),
        word('bad'),
      ),
    ),
  },
  { weight: 2, arbitrary: command('LMOVE', list, list, end, end) },
  command('RPOPLPUSH', list, list),
  command('LMPOP', numbered(list), end, options(1, withArg('COUNT', count))),
);

const fields = fc.nat(9).map((n) => `f${n}`);
const field = fc.oneof({ weight: 4, arbitrary: fields }, { weight: 1, arbitrary: element });
const increment = fc.oneof(
  { weight: 4, arbitrary: integer },
  { weight: 2, arbitrary: fc.constantFrom('0.1', '1.5', '-3.25', '1e5', 'inf', 'nan', ' 1', '5e-324') },
);

export const hashCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: command('HSET', hash, pairs(field, element)) },
  command('HMSET', hash, pairs(field, element)),
  command('HSETNX', hash, field, element),
  { weight: 2, arbitrary: command('HGET', hash, field) },
  command('HMGET', hash, many(field)),
  { weight: 2, arbitrary: command('HDEL', hash, many(field)) },
  command('HLEN', hash),
  command('HSTRLEN', hash, field),
  command('HEXISTS', hash, field),
  command('HKEYS', hash),
  command('HVALS', hash),
  { weight: 2, arbitrary: command('HGETALL', hash) },
  { weight: 2, arbitrary: command('HINCRBY', hash, fields, integer) },
  { weight: 2, arbitrary: command('HINCRBYFLOAT', hash, fields, increment) },
  command('HSCAN', hash, fc.constantFrom('0', 'x'), fc.constant('COUNT'), fc.constantFrom('1000', '0')),
);

export const setCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: command('SADD', set, many(element, 6)) },
  { weight: 3, arbitrary: command('SREM', set, many(element)) },
  command('SCARD', set),
  command('SISMEMBER', set, element),
  command('SMISMEMBER', set, many(element)),
  command('SMEMBERS', set),
  command('SMOVE', set, set, element),
  command('SINTER', many(set)),
  command('SUNION', many(set)),
  command('SDIFF', many(set)),
  { weight: 2, arbitrary: command('SINTERSTORE', set, many(set)) },
  { weight: 2, arbitrary: command('SUNIONSTORE', set, many(set)) },
  { weight: 2, arbitrary: command('SDIFFSTORE', set, many(set)) },
  command('SINTERCARD', numbered(set), options(1, withArg('LIMIT', count))),
  command('SSCAN', set, fc.constant('0'), fc.constant('COUNT'), fc.constant('1000')),
);

/** Redis leaves open what a range by members is where scores differ. */
const lexset = fc.constantFrom('lex', 'lex2');

const zaddOption = word('NX', 'XX', 'GT', 'LT', 'CH', 'INCR');
const aggregate = word('AGGREGATE SUM', 'AGGREGATE MIN', 'aggregate max', 'AGGREGATE x').map(([text]) =>
  String(text).split(' '),
);
const weights = fc.array(score, { minLength: 1, maxLength: 3 }).map((all): readonly Arg[] => ['WEIGHTS', ...all]);
const source = fc.oneof({ weight: 3, arbitrary: zset }, { weight: 1, arbitrary: set });
const withScores = options(1, word('WITHSCORES', 'withscores', 'bad'));

export const sortedSetCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: command('ZADD', zset, pairs(score, element)) },
  { weight: 4, arbitrary: command('ZADD', zset, options(3, zaddOption), pairs(anyScore, element)) },
  { weight: 4, arbitrary: command('ZADD', lexset, pairs(fc.constant('0'), element)) },
  command('ZREM', lexset, many(element)),
  { weight: 2, arbitrary: command('ZINCRBY', zset, anyScore, element) },
  { weight: 3, arbitrary: command('ZREM', zset, many(element)) },
  command('ZCARD', zset),
  command('ZSCORE', zset, element),
  command('ZMSCORE', zset, many(element)),
  command('ZRANK', zset, element),
  command('ZREVRANK', zset, element),
  command('ZCOUNT', zset, scoreBound, scoreBound),
  command('ZLEXCOUNT', lexset, lexBound, lexBound),
  { weight: 2, arbitrary: command('ZRANGE', zset, integer, integer, options(2, word('REV', 'WITHSCORES', 'bad'))) },
  {
    weight: 2,
    arbitrary: command(
      'ZRANGE',
      zset,
      scoreBound,
      scoreBound,
      fc.constant('BYSCORE'),
      options(3, word('REV'), word('WITHSCORES'), limit),
    ),
  },
  command('ZRANGE', lexset, lexBound, lexBound, fc.constant('BYLEX'), options(2, word('REV', 'WITHSCORES'), limit)),
  command('ZREVRANGE', zset, integer, integer, withScores),
  command('ZRANGEBYSCORE', zset, scoreBound, scoreBound, options(2, word('WITHSCORES'), limit)),
  command('ZREVRANGEBYSCORE', zset, scoreBound, scoreBound, options(2, word('WITHSCORES'), limit)),
  command('ZRANGEBYLEX', lexset, lexBound, lexBound, options(1, limit)),
  command('ZREVRANGEBYLEX', lexset, lexBound, lexBound, options(1, limit)),
  command('ZRANGESTORE', zset, zset, integer, integer, options(1, word('REV', 'WITHSCORES'))),
  command('ZRANGESTORE', zset, zset, scoreBound, scoreBound, fc.constant('BYSCORE'), options(2, word('REV'), limit)),
  command('ZREMRANGEBYRANK', zset, integer, integer),
  command('ZREMRANGEBYSCORE', zset, scoreBound, scoreBound),
  command('ZREMRANGEBYLEX', lexset, lexBound, lexBound),
  {
    weight: 2,
    arbitrary: command(
      'ZPOPMIN',
      zset,
      options(
        1,
        count.map((n) => [n]),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: command(
      'ZPOPMAX',
      zset,
      options(
        1,
        count.map((n) => [n]),
      ),
    ),
  },
  command('ZMPOP', numbered(zset), fc.constantFrom('MIN', 'max', 'x'), options(1, withArg('COUNT', count))),
  { weight: 2, arbitrary: command('ZUNIONSTORE', zset, numbered(source), options(2, weights, aggregate)) },
  { weight: 2, arbitrary: command('ZINTERSTORE', zset, numbered(source), options(2, weights, aggregate)) },
  command('ZDIFFSTORE', zset, numbered(source)),
  command('ZUNION', numbered(source), options(2, weights, aggregate, word('WITHSCORES'))),
  command('ZINTER', numbered(source), options(2, weights, aggregate, word('WITHSCORES'))),
  command('ZDIFF', numbered(source), withScores),
  command('ZINTERCARD', numbered(source), options(1, withArg('LIMIT', count))),
  command('ZSCAN', zset, fc.constant('0'), fc.constant('COUNT'), fc.constant('1000')),
);

const sortOption = fc.oneof(
  word('ASC', 'DESC'),
  limit,
  withArg('GET', fc.constantFrom('#', 'hash->f1', 'string*', '*')),
);
/** Not both: elements whose weights are equal texts come in an order that Redis leaves open; so do unsorted ones of a set. */
const sortBy = options(1, word('ALPHA'), withArg('BY', fc.constantFrom('hash->*', 'e*', '*')));

/** Commands that take a key of any type. */
export const genericCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: command('DEL', many(anyKey, 2)) },
  command('UNLINK', anyKey),
  command('TYPE', anyKey),
  { weight: 2, arbitrary: command('RENAME', anyKey, anyKey) },
  { weight: 2, arbitrary: command('COPY', anyKey, anyKey, options(1, word('REPLACE'))) },
  command('EXISTS', many(anyKey)),
  command('EXPIRE', anyKey, fc.constantFrom('10000', '-1')),
  command('PERSIST', anyKey),
  { weight: 2, arbitrary: command('SET', anyKey, element) },
  command('GET', anyKey),
  command('APPEND', anyKey, element),
  command('INCR', anyKey),
  command('DEBUG DIGEST-VALUE', anyKey),
  command('DBSIZE'),
);

export const sortCommand: fc.Arbitrary<Command> = fc.oneof(
  command('SORT', fc.oneof(list, zset), sortBy, options(2, sortOption)),
  command('SORT', fc.oneof(list, zset), sortBy, options(2, sortOption), withArg('STORE', list)),
);

/** Any command on collections whose reply is not a matter of chance. */
export const determined: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: listCommand },
  { weight: 5, arbitrary: hashCommand },
  { weight: 5, arbitrary: setCommand },
  { weight: 5, arbitrary: sortedSetCommand },
  { weight: 3, arbitrary: genericCommand },
  { weight: 1, arbitrary: sortCommand },
);

/** Commands that choose at random. */
export const chance: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: command(
      'SPOP',
      set,
      options(
        1,
        count.map((n) => [n]),
      ),
    ),
  },
  command(
    'SRANDMEMBER',
    set,
    options(
      1,
      integer.map((n) => [n]),
    ),
  ),
  command(
    'HRANDFIELD',
    hash,
    options(
      1,
      integer.map((n) => [n]),
    ),
  ),
  command(
    'ZRANDMEMBER',
    zset,
    options(
      1,
      integer.map((n) => [n]),
    ),
  ),
);

/** Any command on collections. */
export const collectionCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: determined },
  { weight: 1, arbitrary: chance },
);

const makesMinusZero = ({ args }: Command): boolean => {
  const at = args.indexOf('WEIGHTS');
  return at !== -1 && args.slice(at + 1).some((arg) => /^-|^0$/.test(String(arg)));
};

/** Any command but those that make -0, which a skiplist keeps and a listpack forgets: for servers that differ in that. */
export const collectionCommandAnywhere = collectionCommand.filter((one) => !makesMinusZero(one));

/** Thresholds so low that values change their encoding all the time. */
export const LOW_THRESHOLDS = {
  'hash-max-listpack-entries': 4,
  'hash-max-listpack-value': 20,
  'set-max-intset-entries': 3,
  'set-max-listpack-entries': 4,
  'set-max-listpack-value': 20,
  'zset-max-listpack-entries': 4,
  'zset-max-listpack-value': 20,
  'list-max-listpack-size': 4,
};
