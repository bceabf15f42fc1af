/**
 * Contracts and documentation of the set commands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { manyKeys, oneKey } from '../spec.ts';
import { countedKeys, describe, everyKey, key } from './describe.ts';

export const sadd = describe({
  name: 'sadd',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'set', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: "Adds one or more members to a set. Creates the key if it doesn't exist.",
    since: '1.0.0',
    group: 'set',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    history: [['2.4.0', 'Accepts multiple `member` arguments.']],
    arguments: [key, { name: 'member', type: 'string', flags: ['multiple'] }],
  },
});

export const scard = describe({
  name: 'scard',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'set', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the number of members in a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const sdiff = describe({
  name: 'sdiff',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [manyKeys(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns the difference of multiple sets.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the total number of elements in all given sets.',
    arguments: [everyKey],
  },
});

export const sdiffstore = describe({
  name: 'sdiffstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'set', 'slow'],
  keys: [oneKey(['OW', 'update']), manyKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the difference of multiple sets in a key.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the total number of elements in all given sets.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
    ],
  },
});

export const sinter = describe({
  name: 'sinter',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [manyKeys(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns the intersect of multiple sets.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
    arguments: [everyKey],
  },
});

export const sintercard = describe({
  name: 'sintercard',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [countedKeys(['RO', 'access'])],
  docs: {
    summary: 'Returns the number of members of the intersect of multiple sets.',
    since: '7.0.0',
    group: 'set',
    complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
    arguments: [
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'limit', type: 'integer', token: 'LIMIT', flags: ['optional'] },
    ],
  },
});

export const sinterstore = describe({
  name: 'sinterstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'set', 'slow'],
  keys: [oneKey(['RW', 'update']), manyKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the intersect of multiple sets in a key.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
    ],
  },
});

export const sismember = describe({
  name: 'sismember',
  arity: 3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'set', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Determines whether a member belongs to a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    arguments: [key, { name: 'member', type: 'string' }],
  },
});

export const smembers = describe({
  name: 'smembers',
  arity: 2,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns all members of a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the set cardinality.',
    arguments: [key],
  },
});

export const smismember = describe({
  name: 'smismember',
  arity: -3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'set', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Determines whether multiple members belong to a set.',
    since: '6.2.0',
    group: 'set',
    complexity: 'O(N) where N is the number of elements being checked for membership',
    arguments: [key, { name: 'member', type: 'string', flags: ['multiple'] }],
  },
});

export const smove = describe({
  name: 'smove',
  arity: 4,
  flags: ['write', 'fast'],
  acl: ['write', 'set', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['RW', 'insert'], 2)],
  docs: {
    summary: 'Moves a member from one set to another.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
      { name: 'member', type: 'string' },
    ],
  },
});

export const spop = describe({
  name: 'spop',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'set', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary:
      'Returns one or more random members from a set after removing them. Deletes the set if the last member was popped.',
    since: '1.0.0',
    group: 'set',
    complexity: 'Without the count argument O(1), otherwise O(N) where N is the value of the passed count.',
    history: [['3.2.0', 'Added the `count` argument.']],
    arguments: [key, { name: 'count', type: 'integer', since: '3.2.0', flags: ['optional'] }],
  },
});

export const srandmember = describe({
  name: 'srandmember',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Get one or multiple random members from a set',
    since: '1.0.0',
    group: 'set',
    complexity: 'Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.',
    history: [['2.6.0', 'Added the optional `count` argument.']],
    arguments: [key, { name: 'count', type: 'integer', since: '2.6.0', flags: ['optional'] }],
  },
});

export const srem = describe({
  name: 'srem',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['write', 'set', 'fast'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary: 'Removes one or more members from a set. Deletes the set if the last member was removed.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the number of members to be removed.',
    history: [['2.4.0', 'Accepts multiple `member` arguments.']],
    arguments: [key, { name: 'member', type: 'string', flags: ['multiple'] }],
  },
});

export const sscan = describe({
  name: 'sscan',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Iterates over members of a set.',
    since: '2.8.0',
    group: 'set',
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

export const sunion = describe({
  name: 'sunion',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'set', 'slow'],
  keys: [manyKeys(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns the union of multiple sets.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the total number of elements in all given sets.',
    arguments: [everyKey],
  },
});

export const sunionstore = describe({
  name: 'sunionstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'set', 'slow'],
  keys: [oneKey(['OW', 'update']), manyKeys(['RO', 'access'], 2)],
  docs: {
    summary: 'Stores the union of multiple sets in a key.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) where N is the total number of elements in all given sets.',
    arguments: [
      { name: 'destination', type: 'key', keySpecIndex: 0 },
      { name: 'key', type: 'key', keySpecIndex: 1, flags: ['multiple'] },
    ],
  },
});
