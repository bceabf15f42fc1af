/**
 * Contracts and documentation of the replication commands (group "server"), as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import type { ArgumentDocs } from '../spec.ts';
import { describe, token } from './describe.ts';

const masterArguments: readonly ArgumentDocs[] = [
  {
    name: 'args',
    type: 'oneof',
    arguments: [
      {
        name: 'host-port',
        type: 'block',
        arguments: [
          { name: 'host', type: 'string' },
          { name: 'port', type: 'integer' },
        ],
      },
      { name: 'no-one', type: 'block', arguments: [token('no'), token('one')] },
    ],
  },
];

export const psync = describe({
  name: 'psync',
  arity: -3,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'An internal command used in replication.',
    since: '2.8.0',
    group: 'server',
    arguments: [
      { name: 'replicationid', type: 'string' },
      { name: 'offset', type: 'integer' },
    ],
  },
});

export const replconf = describe({
  name: 'replconf',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'allow_busy'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'An internal command for configuring the replication stream.',
    since: '3.0.0',
    group: 'server',
    complexity: 'O(1)',
    docFlags: ['syscmd'],
  },
});

export const replicaof = describe({
  name: 'replicaof',
  arity: 3,
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Configures a server as replica of another, or promotes it to a master.',
    since: '5.0.0',
    group: 'server',
    complexity: 'O(1)',
    arguments: masterArguments,
  },
});

export const role = describe({
  name: 'role',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  acl: ['admin', 'fast', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Returns the replication role.',
    since: '2.8.12',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const slaveof = describe({
  name: 'slaveof',
  arity: 3,
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Sets a Redis server as a replica of another, or promotes it to being a master.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '5.0.0',
    replacedBy: '`REPLICAOF`',
    arguments: masterArguments,
  },
});

export const sync = describe({
  name: 'sync',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'An internal command used in replication.',
    since: '1.0.0',
    group: 'server',
  },
});
