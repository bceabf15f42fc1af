/**
 * Contracts and documentation of MEMORY and its subcommands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { oneKey } from '../spec.ts';
import { describe, key } from './describe.ts';

export const memory = describe({
  name: 'memory',
  arity: -2,
  flags: [],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'A container for memory diagnostics commands.',
    since: '4.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
  },
});

export const memoryDoctor = describe({
  name: 'doctor',
  arity: 2,
  flags: [],
  acl: ['slow'],
  keys: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  docs: {
    summary: 'Outputs a memory problems report.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const memoryHelp = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const memoryMallocStats = describe({
  name: 'malloc-stats',
  arity: 2,
  flags: [],
  acl: ['slow'],
  keys: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  docs: {
    summary: 'Returns the allocator statistics.',
    since: '4.0.0',
    group: 'server',
    complexity: 'Depends on how much memory is allocated, could be slow',
  },
});

export const memoryPurge = describe({
  name: 'purge',
  arity: 2,
  flags: [],
  acl: ['slow'],
  keys: [],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Asks the allocator to release memory.',
    since: '4.0.0',
    group: 'server',
    complexity: 'Depends on how much memory is allocated, could be slow',
  },
});

export const memoryStats = describe({
  name: 'stats',
  arity: 2,
  flags: [],
  acl: ['slow'],
  keys: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  docs: {
    summary: 'Returns details about memory usage.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const memoryUsage = describe({
  name: 'usage',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'slow'],
  keys: [oneKey(['RO'], 2)],
  docs: {
    summary: 'Estimates the memory usage of a key.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of samples.',
    arguments: [key, { name: 'count', type: 'integer', token: 'SAMPLES', flags: ['optional'] }],
  },
});
