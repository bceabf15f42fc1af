/**
 * Contracts and documentation of the commands of transactions, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { manyKeys } from '../spec.ts';
import { describe, everyKey } from './describe.ts';

export const discard = describe({
  name: 'discard',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  acl: ['fast', 'transaction'],
  keys: [],
  docs: {
    summary: 'Discards a transaction.',
    since: '2.0.0',
    group: 'transactions',
    complexity: 'O(N), when N is the number of queued commands',
  },
});

export const exec = describe({
  name: 'exec',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  acl: ['slow', 'transaction'],
  keys: [],
  docs: {
    summary: 'Executes all commands in a transaction.',
    since: '1.2.0',
    group: 'transactions',
    complexity: 'Depends on commands in the transaction',
  },
});

export const multi = describe({
  name: 'multi',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  acl: ['fast', 'transaction'],
  keys: [],
  docs: {
    summary: 'Starts a transaction.',
    since: '1.2.0',
    group: 'transactions',
    complexity: 'O(1)',
  },
});

export const unwatch = describe({
  name: 'unwatch',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  acl: ['fast', 'transaction'],
  keys: [],
  docs: {
    summary: 'Forgets about watched keys of a transaction.',
    since: '2.2.0',
    group: 'transactions',
    complexity: 'O(1)',
  },
});

export const watch = describe({
  name: 'watch',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  acl: ['fast', 'transaction'],
  keys: [manyKeys(['RO'])],
  docs: {
    summary: 'Monitors changes to keys to determine the execution of a transaction.',
    since: '2.2.0',
    group: 'transactions',
    complexity: 'O(1) for every key.',
    arguments: [everyKey],
  },
});
