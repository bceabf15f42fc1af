/**
 * Contracts and documentation of COMMAND and its subcommands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import type { ArgumentDocs } from '../spec.ts';
import { describe } from './describe.ts';

const names: readonly ArgumentDocs[] = [{ name: 'command-name', type: 'string', flags: ['optional', 'multiple'] }];
const wholeCommand: readonly ArgumentDocs[] = [
  { name: 'command', type: 'string' },
  { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
];

export const command = describe({
  name: 'command',
  arity: -1,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns detailed information about all commands.',
    since: '2.8.13',
    group: 'server',
    complexity: 'O(N) where N is the total number of Redis commands',
  },
});

export const commandCount = describe({
  name: 'count',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Returns a count of commands.',
    since: '2.8.13',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const commandDocs = describe({
  name: 'docs',
  arity: -2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns documentary information about one, multiple or all commands.',
    since: '7.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of commands to look up',
    arguments: names,
  },
});

export const commandGetkeys = describe({
  name: 'getkeys',
  arity: -3,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Extracts the key names from an arbitrary command.',
    since: '2.8.13',
    group: 'server',
    complexity: 'O(N) where N is the number of arguments to the command',
    arguments: wholeCommand,
  },
});

export const commandGetkeysandflags = describe({
  name: 'getkeysandflags',
  arity: -3,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Extracts the key names and access flags for an arbitrary command.',
    since: '7.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of arguments to the command',
    arguments: wholeCommand,
  },
});

export const commandHelp = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: '5.0.0',
    group: 'server',
    complexity: 'O(1)',
  },
});

export const commandInfo = describe({
  name: 'info',
  arity: -2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns information about one, multiple or all commands.',
    since: '2.8.13',
    group: 'server',
    complexity: 'O(N) where N is the number of commands to look up',
    history: [['7.0.0', 'Allowed to be called with no argument to get info on all commands.']],
    arguments: names,
  },
});

export const commandList = describe({
  name: 'list',
  arity: -2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['nondeterministic_output_order'],
  docs: {
    summary: 'Returns a list of command names.',
    since: '7.0.0',
    group: 'server',
    complexity: 'O(N) where N is the total number of Redis commands',
    arguments: [
      {
        name: 'filterby',
        type: 'oneof',
        token: 'FILTERBY',
        flags: ['optional'],
        arguments: [
          { name: 'module-name', type: 'string', token: 'MODULE' },
          { name: 'category', type: 'string', token: 'ACLCAT' },
          { name: 'pattern', type: 'pattern', token: 'PATTERN' },
        ],
      },
    ],
  },
});
