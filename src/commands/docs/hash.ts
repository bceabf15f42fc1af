/**
 * Contracts and documentation of the hash commands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { type ArgumentDocs, oneKey } from '../spec.ts';
import { describe, key, token } from './describe.ts';

const fieldsAndValues: ArgumentDocs = {
  name: 'data',
  type: 'block',
  flags: ['multiple'],
  arguments: [
    { name: 'field', type: 'string' },
    { name: 'value', type: 'string' },
  ],
};

export const hdel = describe({
  name: 'hdel',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary: 'Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the number of fields to be removed.',
    history: [['2.4.0', 'Accepts multiple `field` arguments.']],
    arguments: [key, { name: 'field', type: 'string', flags: ['multiple'] }],
  },
});

export const hexists = describe({
  name: 'hexists',
  arity: 3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'hash', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Determines whether a field exists in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }],
  },
});

export const hget = describe({
  name: 'hget',
  arity: 3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'hash', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the value of a field in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }],
  },
});

export const hgetall = describe({
  name: 'hgetall',
  arity: 2,
  flags: ['readonly'],
  acl: ['read', 'hash', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns all fields and values in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the size of the hash.',
    arguments: [key],
  },
});

export const hincrby = describe({
  name: 'hincrby',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary:
      "Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the field doesn't exist.",
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }, { name: 'increment', type: 'integer' }],
  },
});

export const hincrbyfloat = describe({
  name: 'hincrbyfloat',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'access', 'update'])],
  docs: {
    summary:
      "Increments the floating point value of a field by a number. Uses 0 as initial value if the field doesn't exist.",
    since: '2.6.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }, { name: 'increment', type: 'double' }],
  },
});

export const hkeys = describe({
  name: 'hkeys',
  arity: 2,
  flags: ['readonly'],
  acl: ['read', 'hash', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns all fields in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the size of the hash.',
    arguments: [key],
  },
});

export const hlen = describe({
  name: 'hlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'hash', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the number of fields in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const hmget = describe({
  name: 'hmget',
  arity: -3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'hash', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the values of all fields in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the number of fields being requested.',
    arguments: [key, { name: 'field', type: 'string', flags: ['multiple'] }],
  },
});

export const hmset = describe({
  name: 'hmset',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the values of multiple fields.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the number of fields being set.',
    docFlags: ['deprecated'],
    deprecatedSince: '4.0.0',
    replacedBy: '`HSET` with multiple field-value pairs',
    arguments: [key, fieldsAndValues],
  },
});

export const hrandfield = describe({
  name: 'hrandfield',
  arity: -2,
  flags: ['readonly'],
  acl: ['read', 'hash', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns one or more random fields from a hash.',
    since: '6.2.0',
    group: 'hash',
    complexity: 'O(N) where N is the number of fields returned',
    arguments: [
      key,
      {
        name: 'options',
        type: 'block',
        flags: ['optional'],
        arguments: [{ name: 'count', type: 'integer' }, token('withvalues', { flags: ['optional'] })],
      },
    ],
  },
});

export const hscan = describe({
  name: 'hscan',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'hash', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Iterates over fields and values of a hash.',
    since: '2.8.0',
    group: 'hash',
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

export const hset = describe({
  name: 'hset',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Creates or modifies the value of a field in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity:
      'O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.',
    history: [['4.0.0', 'Accepts multiple `field` and `value` arguments.']],
    arguments: [key, fieldsAndValues],
  },
});

export const hsetnx = describe({
  name: 'hsetnx',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'hash', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: "Sets the value of a field in a hash only when the field doesn't exist.",
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }, { name: 'value', type: 'string' }],
  },
});

export const hstrlen = describe({
  name: 'hstrlen',
  arity: 3,
  flags: ['readonly', 'fast'],
  acl: ['read', 'hash', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the length of the value of a field.',
    since: '3.2.0',
    group: 'hash',
    complexity: 'O(1)',
    arguments: [key, { name: 'field', type: 'string' }],
  },
});

export const hvals = describe({
  name: 'hvals',
  arity: 2,
  flags: ['readonly'],
  acl: ['read', 'hash', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns all values in a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) where N is the size of the hash.',
    arguments: [key],
  },
});
