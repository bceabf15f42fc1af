/**
 * Contracts and documentation of CONFIG and its subcommands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import { describe } from './describe.ts';

export const config = describe({
  name: 'config',
  arity: -2,
  flags: [],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'A container for server configuration commands.',
    since: '2.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
  },
});

export const configGet = describe({
  name: 'get',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Returns the effective values of configuration parameters.',
    since: '2.0.0',
    group: 'server',
    complexity: 'O(N) when N is the number of configuration parameters provided',
    history: [['7.0.0', 'Added the ability to pass multiple pattern parameters in one call']],
    arguments: [{ name: 'parameter', type: 'string', flags: ['multiple'] }],
  },
});

export const configHelp = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: '5.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const configResetstat = describe({
  name: 'resetstat',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  docs: {
    summary: "Resets the server's statistics.",
    since: '2.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const configRewrite = describe({
  name: 'rewrite',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Persists the effective configuration to file.',
    since: '2.8.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const configSet = describe({
  name: 'set',
  arity: -4,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Sets configuration parameters in-flight.',
    since: '2.0.0',
    group: 'server',
    complexity: 'O(N) when N is the number of configuration parameters provided',
    history: [['7.0.0', 'Added the ability to set multiple parameters in one call.']],
    arguments: [
      {
        name: 'data',
        type: 'block',
        flags: ['multiple'],
        arguments: [
          { name: 'parameter', type: 'string' },
          { name: 'value', type: 'string' },
        ],
      },
    ],
  },
});
