/**
 * Contracts and documentation of the string commands, as COMMAND INFO and COMMAND DOCS of Redis 7.2 print them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import { type ArgumentDocs, manyKeys, oneKey } from '../spec.ts';
import { describe, everyKey, key, token } from './describe.ts';
import { setKeys } from './getkeys.ts';

const value: ArgumentDocs = { name: 'value', type: 'string' };
const pairs: ArgumentDocs = { name: 'data', type: 'block', flags: ['multiple'], arguments: [key, value] };
const substringComplexity =
  'O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.';

export const append = describe({
  name: 'append',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: "Appends a string to the value of a key. Creates the key if it doesn't exist.",
    since: '2.0.0',
    group: 'string',
    complexity:
      'O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.',
    arguments: [key, value],
  },
});

export const decr = describe({
  name: 'decr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const decrby = describe({
  name: 'decrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key, { name: 'decrement', type: 'integer' }],
  },
});

export const get = describe({
  name: 'get',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'string', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the string value of a key.',
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const getdel = describe({
  name: 'getdel',
  arity: 2,
  flags: ['write', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  docs: {
    summary: 'Returns the string value of a key after deleting the key.',
    since: '6.2.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const getex = describe({
  name: 'getex',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [{ notes: 'RW and UPDATE because it changes the TTL', ...oneKey(['RW', 'access', 'update']) }],
  docs: {
    summary: 'Returns the string value of a key after setting its expiration time.',
    since: '6.2.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [
      key,
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'seconds', type: 'integer', token: 'EX' },
          { name: 'milliseconds', type: 'integer', token: 'PX' },
          { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
          { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
          token('persist'),
        ],
      },
    ],
  },
});

export const getrange = describe({
  name: 'getrange',
  arity: 4,
  flags: ['readonly'],
  acl: ['read', 'string', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns a substring of the string stored at a key.',
    since: '2.4.0',
    group: 'string',
    complexity: substringComplexity,
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  },
});

export const getset = describe({
  name: 'getset',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: 'Returns the previous string value of a key after setting it to a new value.',
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`SET` with the `!GET` argument',
    arguments: [key, value],
  },
});

export const incr = describe({
  name: 'incr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const incrby = describe({
  name: 'incrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary: "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key, { name: 'increment', type: 'integer' }],
  },
});

export const incrbyfloat = describe({
  name: 'incrbyfloat',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary:
      "Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist.",
    since: '2.6.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key, { name: 'increment', type: 'double' }],
  },
});

export const lcs = describe({
  name: 'lcs',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'string', 'slow'],
  keys: [
    {
      flags: ['RO', 'access'],
      begin: { kind: 'index', index: 1 },
      find: { kind: 'range', lastKey: 1, step: 1, limit: 0 },
    },
  ],
  docs: {
    summary: 'Finds the longest common substring.',
    since: '7.0.0',
    group: 'string',
    complexity: 'O(N*M) where N and M are the lengths of s1 and s2, respectively',
    arguments: [
      { name: 'key1', type: 'key', keySpecIndex: 0 },
      { name: 'key2', type: 'key', keySpecIndex: 0 },
      token('len', { flags: ['optional'] }),
      token('idx', { flags: ['optional'] }),
      { name: 'min-match-len', type: 'integer', token: 'MINMATCHLEN', flags: ['optional'] },
      token('withmatchlen', { flags: ['optional'] }),
    ],
  },
});

export const mget = describe({
  name: 'mget',
  arity: -2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'string', 'fast'],
  keys: [manyKeys(['RO', 'access'])],
  tips: ['request_policy:multi_shard'],
  docs: {
    summary: 'Atomically returns the string values of one or more keys.',
    since: '1.0.0',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to retrieve.',
    arguments: [everyKey],
  },
});

export const mset = describe({
  name: 'mset',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [manyKeys(['OW', 'update'], 1, 2)],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Atomically creates or modifies the string values of one or more keys.',
    since: '1.0.1',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to set.',
    arguments: [pairs],
  },
});

export const msetnx = describe({
  name: 'msetnx',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [manyKeys(['OW', 'insert'], 1, 2)],
  docs: {
    summary: "Atomically modifies the string values of one or more keys only when all keys don't exist.",
    since: '1.0.1',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to set.',
    arguments: [pairs],
  },
});

export const psetex = describe({
  name: 'psetex',
  arity: 4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [oneKey(['OW', 'update'])],
  docs: {
    summary:
      "Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't exist.",
    since: '2.6.0',
    group: 'string',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '2.6.12',
    replacedBy: '`SET` with the `PX` argument',
    arguments: [key, { name: 'milliseconds', type: 'integer' }, value],
  },
});

export const set = describe({
  name: 'set',
  arity: -3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [
    {
      notes: 'RW and ACCESS due to the optional `GET` argument',
      ...oneKey(['RW', 'access', 'update', 'variable_flags']),
    },
  ],
  docs: {
    summary: "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    history: [
      ['2.6.12', 'Added the `EX`, `PX`, `NX` and `XX` options.'],
      ['6.0.0', 'Added the `KEEPTTL` option.'],
      ['6.2.0', 'Added the `GET`, `EXAT` and `PXAT` option.'],
      ['7.0.0', 'Allowed the `NX` and `GET` options to be used together.'],
    ],
    arguments: [
      key,
      value,
      { name: 'condition', type: 'oneof', since: '2.6.12', flags: ['optional'], arguments: [token('nx'), token('xx')] },
      token('get', { since: '6.2.0', flags: ['optional'] }),
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'seconds', type: 'integer', token: 'EX', since: '2.6.12' },
          { name: 'milliseconds', type: 'integer', token: 'PX', since: '2.6.12' },
          { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT', since: '6.2.0' },
          { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT', since: '6.2.0' },
          token('keepttl', { since: '6.0.0' }),
        ],
      },
    ],
  },
  getKeys: setKeys,
});

export const setex = describe({
  name: 'setex',
  arity: 4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [oneKey(['OW', 'update'])],
  docs: {
    summary: "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.",
    since: '2.0.0',
    group: 'string',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '2.6.12',
    replacedBy: '`SET` with the `EX` argument',
    arguments: [key, { name: 'seconds', type: 'integer' }, value],
  },
});

export const setnx = describe({
  name: 'setnx',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'string', 'fast'],
  keys: [oneKey(['OW', 'insert'])],
  docs: {
    summary: "Set the string value of a key only when the key doesn't exist.",
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '2.6.12',
    replacedBy: '`SET` with the `NX` argument',
    arguments: [key, value],
  },
});

export const setrange = describe({
  name: 'setrange',
  arity: 4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'string', 'slow'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist.",
    since: '2.2.0',
    group: 'string',
    complexity:
      'O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.',
    arguments: [key, { name: 'offset', type: 'integer' }, value],
  },
});

export const strlen = describe({
  name: 'strlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'string', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the length of a string value.',
    since: '2.2.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const substr = describe({
  name: 'substr',
  arity: 4,
  flags: ['readonly'],
  acl: ['read', 'string', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns a substring from a string value.',
    since: '1.0.0',
    group: 'string',
    complexity: substringComplexity,
    docFlags: ['deprecated'],
    deprecatedSince: '2.0.0',
    replacedBy: '`GETRANGE`',
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  },
});
