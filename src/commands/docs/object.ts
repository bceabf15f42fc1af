/**
 * Contracts and documentation of OBJECT and its subcommands (group "generic"), as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import { oneKey } from '../spec.ts';
import { describe, key } from './describe.ts';

export const object = describe({
  name: 'object',
  arity: -2,
  flags: [],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'A container for object introspection commands.',
    since: '2.2.3',
    group: 'generic',
    complexity: 'Depends on subcommand.',
  },
});

export const objectEncoding = describe({
  name: 'encoding',
  arity: 3,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [oneKey(['RO'], 2)],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the internal encoding of a Redis object.',
    since: '2.2.3',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const objectFreq = describe({
  name: 'freq',
  arity: 3,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [oneKey(['RO'], 2)],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the logarithmic access frequency counter of a Redis object.',
    since: '4.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const objectHelp = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['keyspace', 'slow'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: '6.2.0',
    group: 'generic',
    complexity: 'O(1)',
  },
});

export const objectIdletime = describe({
  name: 'idletime',
  arity: 3,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [oneKey(['RO'], 2)],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the time since the last access to a Redis object.',
    since: '2.2.3',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const objectRefcount = describe({
  name: 'refcount',
  arity: 3,
  flags: ['readonly'],
  acl: ['keyspace', 'read', 'slow'],
  keys: [oneKey(['RO'], 2)],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the reference count of a value of a key.',
    since: '2.2.3',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});
