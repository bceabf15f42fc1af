/**
 * Contracts and documentation of the commands on keys of any type (group "generic"), as Redis 7.2 prints them.
 * Those about expiration times are in expiry.ts, OBJECT is in object.ts.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import { type ArgumentDocs, type KeySpec, manyKeys, oneKey } from '../spec.ts';
import { describe, everyKey, key, limit, token } from './describe.ts';
import { sortKeys, sortRoKeys } from './getkeys.ts';

const sortComplexity =
  'O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).';
const patternKeys: KeySpec = {
  notes:
    "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
  flags: ['RO', 'access'],
  begin: { kind: 'unknown' },
  find: { kind: 'unknown' },
};
const sortArguments: readonly ArgumentDocs[] = [
  { name: 'by-pattern', type: 'pattern', displayText: 'pattern', keySpecIndex: 1, token: 'BY', flags: ['optional'] },
  limit,
  {
    name: 'get-pattern',
    type: 'pattern',
    displayText: 'pattern',
    keySpecIndex: 1,
    token: 'GET',
    flags: ['optional', 'multiple', 'multiple_token'],
  },
  { name: 'order', type: 'oneof', flags: ['optional'], arguments: [token('asc'), token('desc')] },
  { name: 'sorting', type: 'pure-token', token: 'ALPHA', flags: ['optional'] },
];

export const copy = describe({
  name: 'copy',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['keyspace', 'write', 'slow'],
  keys: [oneKey(['RO', 'access']), oneKey(['OW', 'update'], 2)],
  docs: {
    summary: 'Copies the value of a key to a new key.',
    since: '6.2.0',
    group: 'generic',
    complexity: 'O(N) worst case for collections, where N is the number of nested items. O(1) for string values.',
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
      { name: 'destination-db', type: 'integer', token: 'DB', flags: ['optional'] },
      token('replace', { flags: ['optional'] }),
    ],
  },
});

export const del = describe({
  name: 'del',
  arity: -2,
  flags: ['write'],
  acl: ['keyspace', 'write', 'slow'],
  keys: [manyKeys(['RM', 'delete'])],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  docs: {
    summary: 'Deletes one or more keys.',
    since: '1.0.0',
    group: 'generic',
    complexity:
      'O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).',
    arguments: [everyKey],
  },
});

export const dump = describe({
  name: 'dump',
  arity: 2,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns a serialized representation of the value stored at a key.',
    since: '2.6.0',
    group: 'generic',
    complexity:
      'O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).',
    arguments: [key],
  },
});

export const exists = describe({
  name: 'exists',
  arity: -2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [manyKeys(['RO'])],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  docs: {
    summary: 'Determines whether one or more keys exist.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys to check.',
    history: [['3.0.3', 'Accepts multiple `key` arguments.']],
    arguments: [everyKey],
  },
});

export const keys = describe({
  name: 'keys',
  arity: 2,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  docs: {
    summary: 'Returns all key names that match a pattern.',
    since: '1.0.0',
    group: 'generic',
    complexity:
      'O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.',
    arguments: [{ name: 'pattern', type: 'pattern' }],
  },
});

export const move = describe({
  name: 'move',
  arity: 3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: 'Moves a key to another database.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key, { name: 'db', type: 'integer' }],
  },
});

export const randomkey = describe({
  name: 'randomkey',
  arity: 1,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:special', 'nondeterministic_output'],
  docs: {
    summary: 'Returns a random key name from the database.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
  },
});

export const rename = describe({
  name: 'rename',
  arity: 3,
  flags: ['write'],
  acl: ['keyspace', 'write', 'slow'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['OW', 'update'], 2)],
  docs: {
    summary: 'Renames a key and overwrites the destination.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key, { name: 'newkey', type: 'key', keySpecIndex: 1 }],
  },
});

export const renamenx = describe({
  name: 'renamenx',
  arity: 3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['OW', 'insert'], 2)],
  docs: {
    summary: "Renames a key only when the target key name doesn't exist.",
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    history: [['3.2.0', 'The command no longer returns an error when source and destination names are the same.']],
    arguments: [key, { name: 'newkey', type: 'key', keySpecIndex: 1 }],
  },
});

export const restore = describe({
  name: 'restore',
  arity: -4,
  flags: ['write', 'denyoom'],
  acl: ['keyspace', 'write', 'slow', 'dangerous'],
  keys: [oneKey(['OW', 'update'])],
  docs: {
    summary: 'Creates a key from the serialized representation of a value.',
    since: '2.6.0',
    group: 'generic',
    complexity:
      'O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).',
    history: [
      ['3.0.0', 'Added the `REPLACE` modifier.'],
      ['5.0.0', 'Added the `ABSTTL` modifier.'],
      ['5.0.0', 'Added the `IDLETIME` and `FREQ` options.'],
    ],
    arguments: [
      key,
      { name: 'ttl', type: 'integer' },
      { name: 'serialized-value', type: 'string' },
      token('replace', { since: '3.0.0', flags: ['optional'] }),
      token('absttl', { since: '5.0.0', flags: ['optional'] }),
      { name: 'seconds', type: 'integer', token: 'IDLETIME', since: '5.0.0', flags: ['optional'] },
      { name: 'frequency', type: 'integer', token: 'FREQ', since: '5.0.0', flags: ['optional'] },
    ],
  },
});

export const scan = describe({
  name: 'scan',
  arity: -2,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [],
  tips: ['nondeterministic_output', 'request_policy:special', 'response_policy:special'],
  docs: {
    summary: 'Iterates over the key names in the database.',
    since: '2.8.0',
    group: 'generic',
    complexity:
      'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
    history: [['6.0.0', 'Added the `TYPE` subcommand.']],
    arguments: [
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
      { name: 'type', type: 'string', token: 'TYPE', since: '6.0.0', flags: ['optional'] },
    ],
  },
});

export const sort = describe({
  name: 'sort',
  arity: -2,
  flags: ['write', 'denyoom'],
  acl: ['write', 'set', 'sortedset', 'list', 'slow', 'dangerous'],
  keys: [
    oneKey(['RO', 'access']),
    patternKeys,
    {
      notes:
        "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
      flags: ['OW', 'update'],
      begin: { kind: 'unknown' },
      find: { kind: 'unknown' },
    },
  ],
  docs: {
    summary: 'Sorts the elements in a list, a set, or a sorted set, optionally storing the result.',
    since: '1.0.0',
    group: 'generic',
    complexity: sortComplexity,
    arguments: [
      key,
      ...sortArguments,
      { name: 'destination', type: 'key', keySpecIndex: 2, token: 'STORE', flags: ['optional'] },
    ],
  },
  getKeys: sortKeys,
});

export const sortRo = describe({
  name: 'sort_ro',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'set', 'sortedset', 'list', 'slow', 'dangerous'],
  keys: [oneKey(['RO', 'access']), patternKeys],
  docs: {
    summary: 'Returns the sorted elements of a list, a set, or a sorted set.',
    since: '7.0.0',
    group: 'generic',
    complexity: sortComplexity,
    arguments: [key, ...sortArguments],
  },
  getKeys: sortRoKeys,
});

export const touch = describe({
  name: 'touch',
  arity: -2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [manyKeys(['RO'])],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  docs: {
    summary:
      'Returns the number of existing keys out of those specified after updating the time they were last accessed.',
    since: '3.2.1',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys that will be touched.',
    arguments: [everyKey],
  },
});

export const type = describe({
  name: 'type',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Determines the type of value stored at a key.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const unlink = describe({
  name: 'unlink',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [manyKeys(['RM', 'delete'])],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  docs: {
    summary: 'Asynchronously deletes one or more keys.',
    since: '4.0.0',
    group: 'generic',
    complexity:
      'O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.',
    arguments: [everyKey],
  },
});

export const wait = describe({
  name: 'wait',
  arity: 3,
  flags: [],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  docs: {
    summary:
      'Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.',
    since: '3.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [
      { name: 'numreplicas', type: 'integer' },
      { name: 'timeout', type: 'integer' },
    ],
  },
});

export const waitaof = describe({
  name: 'waitaof',
  arity: 4,
  flags: ['noscript'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  docs: {
    summary:
      'Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.',
    since: '7.2.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [
      { name: 'numlocal', type: 'integer' },
      { name: 'numreplicas', type: 'integer' },
      { name: 'timeout', type: 'integer' },
    ],
  },
});
