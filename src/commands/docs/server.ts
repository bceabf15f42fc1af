/**
 * Contracts and documentation of the commands on the server as a whole (group "server"), as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import type { ArgumentDocs, CommandDocs } from '../spec.ts';
import { describe, token } from './describe.ts';
import { restore } from './generic.ts';

const flushHistory: CommandDocs['history'] = [
  ['4.0.0', 'Added the `ASYNC` flushing mode modifier.'],
  ['6.2.0', 'Added the `SYNC` flushing mode modifier.'],
];
const flushArguments: readonly ArgumentDocs[] = [
  {
    name: 'flush-type',
    type: 'oneof',
    flags: ['optional'],
    arguments: [token('async', { since: '4.0.0' }), token('sync', { since: '6.2.0' })],
  },
];

export const bgrewriteaof = describe({
  name: 'bgrewriteaof',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Asynchronously rewrites the append-only file to disk.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const bgsave = describe({
  name: 'bgsave',
  arity: -1,
  flags: ['admin', 'noscript', 'no_async_loading'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Asynchronously saves the database(s) to disk.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    history: [['3.2.2', 'Added the `SCHEDULE` option.']],
    arguments: [token('schedule', { since: '3.2.2', flags: ['optional'] })],
  },
});

export const dbsize = describe({
  name: 'dbsize',
  arity: 1,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  docs: {
    summary: 'Returns the number of keys in the database.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const debug = describe({
  name: 'debug',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'A container for debugging commands.',
    since: '1.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
    docFlags: ['syscmd'],
  },
});

export const flushall = describe({
  name: 'flushall',
  arity: -1,
  flags: ['write'],
  acl: ['keyspace', 'write', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Removes all keys from all databases.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(N) where N is the total number of keys in all databases',
    history: flushHistory,
    arguments: flushArguments,
  },
});

export const flushdb = describe({
  name: 'flushdb',
  arity: -1,
  flags: ['write'],
  acl: ['keyspace', 'write', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Remove all keys from the current database.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of keys in the selected database',
    history: flushHistory,
    arguments: flushArguments,
  },
});

export const info = describe({
  name: 'info',
  arity: -1,
  flags: ['loading', 'stale'],
  acl: ['slow', 'dangerous'],
  keys: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  docs: {
    summary: 'Returns information and statistics about the server.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    history: [['7.0.0', 'Added support for taking multiple section arguments.']],
    arguments: [{ name: 'section', type: 'string', flags: ['optional', 'multiple'] }],
  },
});

export const lastsave = describe({
  name: 'lastsave',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  acl: ['admin', 'fast', 'dangerous'],
  keys: [],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the Unix timestamp of the last successful save to disk.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const lolwut = describe({
  name: 'lolwut',
  arity: -1,
  flags: ['readonly', 'fast'],
  acl: ['read', 'fast'],
  keys: [],
  docs: {
    summary: 'Displays computer art and the Redis version',
    since: '5.0.0',
    group: 'server',
    arguments: [{ name: 'version', type: 'integer', token: 'VERSION', flags: ['optional'] }],
  },
});

/** RESTORE as a node sends it to a node that imports the slot: it differs by the `asking` flag alone. */
export const restoreAsking = describe({
  name: 'restore-asking',
  arity: -4,
  flags: ['write', 'denyoom', 'asking'],
  acl: ['keyspace', 'write', 'slow', 'dangerous'],
  keys: restore.keys,
  docs: {
    summary: 'An internal command for migrating keys in a cluster.',
    since: '3.0.0',
    group: 'server',
    complexity: restore.docs.complexity,
    docFlags: ['syscmd'],
    history: restore.docs.history,
    arguments: restore.docs.arguments,
  },
});

export const save = describe({
  name: 'save',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Synchronously saves the database(s) to disk.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(N) where N is the total number of keys in all databases',
  },
});

export const shutdown = describe({
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Synchronously saves the database(s) to disk and shuts down the Redis server.',
    since: '1.0.0',
    group: 'server',
    complexity:
      'O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)',
    history: [['7.0.0', 'Added the `NOW`, `FORCE` and `ABORT` modifiers.']],
    arguments: [
      { name: 'save-selector', type: 'oneof', flags: ['optional'], arguments: [token('nosave'), token('save')] },
      token('now', { since: '7.0.0', flags: ['optional'] }),
      token('force', { since: '7.0.0', flags: ['optional'] }),
      token('abort', { since: '7.0.0', flags: ['optional'] }),
    ],
  },
});

export const swapdb = describe({
  name: 'swapdb',
  arity: 3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Swaps two Redis databases.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(N) where N is the count of clients watching or blocking on keys from both databases.',
    arguments: [
      { name: 'index1', type: 'integer' },
      { name: 'index2', type: 'integer' },
    ],
  },
});

export const time = describe({
  name: 'time',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  acl: ['fast'],
  keys: [],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the server time.',
    since: '2.6.0',
    group: 'server',
    complexity: 'O(1)',
  },
});
