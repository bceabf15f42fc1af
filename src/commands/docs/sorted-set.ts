/**
 * Contracts and documentation of the sorted set commands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { type ArgumentDocs, oneKey } from '../spec.ts';
import { countedKeys, describe, everyKey, key, keysBeforeTimeout, limit, token } from './describe.ts';

const withScores: ArgumentDocs = token('withscores', { flags: ['optional'] });
const minOrMax: readonly ArgumentDocs[] = [token('min'), token('max')];
const weights: ArgumentDocs = { name: 'weight', type: 'integer', token: 'WEIGHTS', flags: ['optional', 'multiple'] };
const aggregate: ArgumentDocs = {
  name: 'aggregate',
  type: 'oneof',
  token: 'AGGREGATE',
  flags: ['optional'],
  arguments: [token('sum'), token('min'), token('max')],
};

export const bzmpop = describe({
  name: 'bzmpop',
  arity: -5,
  flags: ['write', 'blocking'],
  acl: ['write', 'sortedset', 'slow', 'blocking'],
  keys: [countedKeys(['RW', 'access', 'delete'], 2)],
  docs: {
    summary:
      'Removes and returns a member by score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted set if the last element was popped.',
    since: '7.0.0',
    group: 'sorted-set',
    complexity:
      'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
    arguments: [
      { name: 'timeout', type: 'double' },
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'where', type: 'oneof', arguments: minOrMax },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
  },
});

export const bzpopmax = describe({
  name: 'bzpopmax',
  arity: -3,
  flags: ['write', 'blocking', 'fast'],
  acl: ['write', 'sortedset', 'fast', 'blocking'],
  keys: [keysBeforeTimeout(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Removes and returns the member with the highest score from one or more sorted sets. Blocks until a member available otherwise.  Deletes the sorted set if the last element was popped.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
    history: [['6.0.0', '`timeout` is interpreted as a double instead of an integer.']],
    arguments: [everyKey, { name: 'timeout', type: 'double' }],
  },
});

export const bzpopmin = describe({
  name: 'bzpopmin',
  arity: -3,
  flags: ['write', 'blocking', 'fast'],
  acl: ['write', 'sortedset', 'fast', 'blocking'],
  keys: [keysBeforeTimeout(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Removes and returns the member with the lowest score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted set if the last element was popped.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
    history: [['6.0.0', '`timeout` is interpreted as a double instead of an integer.']],
    arguments: [everyKey, { name: 'timeout', type: 'double' }],
  },
});

export const zadd = describe({
  name: 'zadd',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'sortedset', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: "Adds one or more members to a sorted set, or updates their scores. Creates the key if it doesn't exist.",
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) for each item added, where N is the number of elements in the sorted set.',
    history: [
      ['2.4.0', 'Accepts multiple elements.'],
      ['3.0.2', 'Added the `XX`, `NX`, `CH` and `INCR` options.'],
      ['6.2.0', 'Added the `GT` and `LT` options.'],
    ],
    arguments: [
      key,
      { name: 'condition', type: 'oneof', since: '3.0.2', flags: ['optional'], arguments: [token('nx'), token('xx')] },
      { name: 'comparison', type: 'oneof', since: '6.2.0', flags: ['optional'], arguments: [token('gt'), token('lt')] },
      { name: 'change', type: 'pure-token', token: 'CH', since: '3.0.2', flags: ['optional'] },
      { name: 'increment', type: 'pure-token', token: 'INCR', since: '3.0.2', flags: ['optional'] },
      {
        name: 'data',
        type: 'block',
        flags: ['multiple'],
        arguments: [
          { name: 'score', type: 'double' },
          { name: 'member', type: 'string' },
        ],
      },
    ],
  },
});

export const zcard = describe({
  name: 'zcard',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the number of members in a sorted set.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const zcount = describe({
  name: 'zcount',
  arity: 4,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the count of members in a sorted set that have scores within a range.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
    arguments: [key, { name: 'min', type: 'double' }, { name: 'max', type: 'double' }],
  },
});

export const zdiff = describe({
  name: 'zdiff',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [countedKeys(['RO', 'access'])],
  docs: {
    summary: 'Returns the difference between multiple sorted sets.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity:
      'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
    arguments: [{ name: 'numkeys', type: 'integer' }, everyKey, withScores],
  },
});

export const zdiffstore = describe({
  name: 'zdiffstore',
  arity: -4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['OW', 'update']), countedKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the difference of multiple sorted sets in a key.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity:
      'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'numkeys', type: 'integer' },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
    ],
  },
});

export const zincrby = describe({
  name: 'zincrby',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'sortedset', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: 'Increments the score of a member in a sorted set.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) where N is the number of elements in the sorted set.',
    arguments: [key, { name: 'increment', type: 'integer' }, { name: 'member', type: 'string' }],
  },
});

export const zinter = describe({
  name: 'zinter',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [countedKeys(['RO', 'access'])],
  docs: {
    summary: 'Returns the intersect of multiple sorted sets.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity:
      'O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.',
    arguments: [{ name: 'numkeys', type: 'integer' }, everyKey, weights, aggregate, withScores],
  },
});

export const zintercard = describe({
  name: 'zintercard',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [countedKeys(['RO', 'access'])],
  docs: {
    summary: 'Returns the number of members of the intersect of multiple sorted sets.',
    since: '7.0.0',
    group: 'sorted-set',
    complexity:
      'O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.',
    arguments: [
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'limit', type: 'integer', token: 'LIMIT', flags: ['optional'] },
    ],
  },
});

export const zinterstore = describe({
  name: 'zinterstore',
  arity: -4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['OW', 'update']), countedKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the intersect of multiple sorted sets in a key.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity:
      'O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'numkeys', type: 'integer' },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
      weights,
      aggregate,
    ],
  },
});

export const zlexcount = describe({
  name: 'zlexcount',
  arity: 4,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the number of members in a sorted set within a lexicographical range.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
    arguments: [key, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }],
  },
});

export const zmpop = describe({
  name: 'zmpop',
  arity: -4,
  flags: ['write'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [countedKeys(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Returns the highest- or lowest-scoring members from one or more sorted sets after removing them. Deletes the sorted set if the last member was popped.',
    since: '7.0.0',
    group: 'sorted-set',
    complexity:
      'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
    arguments: [
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'where', type: 'oneof', arguments: minOrMax },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
  },
});

export const zmscore = describe({
  name: 'zmscore',
  arity: -3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the score of one or more members in a sorted set.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N) where N is the number of members being requested.',
    arguments: [key, { name: 'member', type: 'string', flags: ['multiple'] }],
  },
});

export const zpopmax = describe({
  name: 'zpopmax',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'sortedset', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Returns the highest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.',
    arguments: [key, { name: 'count', type: 'integer', flags: ['optional'] }],
  },
});

export const zpopmin = describe({
  name: 'zpopmin',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'sortedset', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.',
    arguments: [key, { name: 'count', type: 'integer', flags: ['optional'] }],
  },
});

export const zrandmember = describe({
  name: 'zrandmember',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns one or more random members from a sorted set.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N) where N is the number of elements returned',
    arguments: [
      key,
      {
        name: 'options',
        type: 'block',
        flags: ['optional'],
        arguments: [{ name: 'count', type: 'integer' }, withScores],
      },
    ],
  },
});

export const zrange = describe({
  name: 'zrange',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a range of indexes.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
    history: [['6.2.0', 'Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.']],
    arguments: [
      key,
      { name: 'start', type: 'string' },
      { name: 'stop', type: 'string' },
      {
        name: 'sortby',
        type: 'oneof',
        since: '6.2.0',
        flags: ['optional'],
        arguments: [token('byscore'), token('bylex')],
      },
      token('rev', { since: '6.2.0', flags: ['optional'] }),
      {
        name: 'limit',
        type: 'block',
        token: 'LIMIT',
        since: '6.2.0',
        flags: ['optional'],
        arguments: [
          { name: 'offset', type: 'integer' },
          { name: 'count', type: 'integer' },
        ],
      },
      withScores,
    ],
  },
});

export const zrangebylex = describe({
  name: 'zrangebylex',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a lexicographical range.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`ZRANGE` with the `BYLEX` argument',
    arguments: [key, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }, limit],
  },
});

export const zrangebyscore = describe({
  name: 'zrangebyscore',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a range of scores.',
    since: '1.0.5',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`ZRANGE` with the `BYSCORE` argument',
    history: [['2.0.0', 'Added the `WITHSCORES` modifier.']],
    arguments: [
      key,
      { name: 'min', type: 'double' },
      { name: 'max', type: 'double' },
      token('withscores', { since: '2.0.0', flags: ['optional'] }),
      limit,
    ],
  },
});

export const zrangestore = describe({
  name: 'zrangestore',
  arity: -5,
  flags: ['write', 'denyoom'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['OW', 'update']), oneKey(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores a range of members from sorted set in a key.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.',
    arguments: [
      { name: 'dst', type: 'key', keySpecIndex: 0 },
      { name: 'src', type: 'key', keySpecIndex: 1 },
      { name: 'min', type: 'string' },
      { name: 'max', type: 'string' },
      { name: 'sortby', type: 'oneof', flags: ['optional'], arguments: [token('byscore'), token('bylex')] },
      token('rev', { flags: ['optional'] }),
      limit,
    ],
  },
});

export const zrank = describe({
  name: 'zrank',
  arity: -3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the index of a member in a sorted set ordered by ascending scores.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N))',
    history: [['7.2.0', 'Added the optional `WITHSCORE` argument.']],
    arguments: [key, { name: 'member', type: 'string' }, token('withscore', { flags: ['optional'] })],
  },
});

export const zrem = describe({
  name: 'zrem',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['write', 'sortedset', 'fast'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary: 'Removes one or more members from a sorted set. Deletes the sorted set if all members were removed.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity:
      'O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.',
    history: [['2.4.0', 'Accepts multiple elements.']],
    arguments: [key, { name: 'member', type: 'string', flags: ['multiple'] }],
  },
});

export const zremrangebylex = describe({
  name: 'zremrangebylex',
  arity: 4,
  flags: ['write'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary:
      'Removes members in a sorted set within a lexicographical range. Deletes the sorted set if all members were removed.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
    arguments: [key, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }],
  },
});

export const zremrangebyrank = describe({
  name: 'zremrangebyrank',
  arity: 4,
  flags: ['write'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary:
      'Removes members in a sorted set within a range of indexes. Deletes the sorted set if all members were removed.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  },
});

export const zremrangebyscore = describe({
  name: 'zremrangebyscore',
  arity: 4,
  flags: ['write'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary:
      'Removes members in a sorted set within a range of scores. Deletes the sorted set if all members were removed.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
    arguments: [key, { name: 'min', type: 'double' }, { name: 'max', type: 'double' }],
  },
});

export const zrevrange = describe({
  name: 'zrevrange',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a range of indexes in reverse order.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`ZRANGE` with the `REV` argument',
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }, withScores],
  },
});

export const zrevrangebylex = describe({
  name: 'zrevrangebylex',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a lexicographical range in reverse order.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`ZRANGE` with the `REV` and `BYLEX` arguments',
    arguments: [key, { name: 'max', type: 'string' }, { name: 'min', type: 'string' }, limit],
  },
});

export const zrevrangebyscore = describe({
  name: 'zrevrangebyscore',
  arity: -4,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns members in a sorted set within a range of scores in reverse order.',
    since: '2.2.0',
    group: 'sorted-set',
    complexity:
      'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`ZRANGE` with the `REV` and `BYSCORE` arguments',
    history: [['2.1.6', '`min` and `max` can be exclusive.']],
    arguments: [key, { name: 'max', type: 'double' }, { name: 'min', type: 'double' }, withScores, limit],
  },
});

export const zrevrank = describe({
  name: 'zrevrank',
  arity: -3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the index of a member in a sorted set ordered by descending scores.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N))',
    history: [['7.2.0', 'Added the optional `WITHSCORE` argument.']],
    arguments: [key, { name: 'member', type: 'string' }, token('withscore', { flags: ['optional'] })],
  },
});

export const zscan = describe({
  name: 'zscan',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Iterates over members and scores of a sorted set.',
    since: '2.8.0',
    group: 'sorted-set',
    complexity:
      'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..',
    arguments: [
      key,
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
  },
});

export const zscore = describe({
  name: 'zscore',
  arity: 3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'sortedset', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the score of a member in a sorted set.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(1)',
    arguments: [key, { name: 'member', type: 'string' }],
  },
});

export const zunion = describe({
  name: 'zunion',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'sortedset', 'slow'],
  keys: [countedKeys(['RO', 'access'])],
  docs: {
    summary: 'Returns the union of multiple sorted sets.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity:
      'O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.',
    arguments: [{ name: 'numkeys', type: 'integer' }, everyKey, weights, aggregate, withScores],
  },
});

export const zunionstore = describe({
  name: 'zunionstore',
  arity: -4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'sortedset', 'slow'],
  keys: [oneKey(['OW', 'update']), countedKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the union of multiple sorted sets in a key.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity:
      'O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'numkeys', type: 'integer' },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
      weights,
      aggregate,
    ],
  },
});
