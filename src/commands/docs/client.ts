/**
 * Contracts and documentation of CLIENT and its subcommands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import type { ArgumentDocs } from '../spec.ts';
import { describe, token } from './describe.ts';

const onOrOff: readonly ArgumentDocs[] = [{ name: 'enabled', type: 'oneof', arguments: [token('on'), token('off')] }];

export const client = describe({
  name: 'client',
  arity: -2,
  flags: [],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'A container for client connection commands.',
    since: '2.4.0',
    group: 'connection',
    complexity: 'Depends on subcommand.',
  },
});

export const clientGetname = describe({
  name: 'getname',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Returns the name of the connection.',
    since: '2.6.9',
    group: 'connection',
    complexity: 'O(1)',
  },
});

export const clientHelp = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: '5.0.0',
    group: 'connection',
    complexity: 'O(1)',
  },
});

export const clientId = describe({
  name: 'id',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Returns the unique client ID of the connection.',
    since: '5.0.0',
    group: 'connection',
    complexity: 'O(1)',
  },
});

export const clientInfo = describe({
  name: 'info',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns information about the connection.',
    since: '6.2.0',
    group: 'connection',
    complexity: 'O(1)',
  },
});

export const clientKill = describe({
  name: 'kill',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous', 'connection'],
  keys: [],
  docs: {
    summary: 'Terminates open connections.',
    since: '2.4.0',
    group: 'connection',
    complexity: 'O(N) where N is the number of client connections',
    history: [
      ['2.8.12', 'Added new filter format.'],
      ['2.8.12', '`ID` option.'],
      ['3.2.0', 'Added `master` type in for `TYPE` option.'],
      ['5.0.0', 'Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.'],
      ['6.2.0', '`LADDR` option.'],
    ],
    arguments: [
      {
        name: 'filter',
        type: 'oneof',
        arguments: [
          { name: 'old-format', type: 'string', displayText: 'ip:port', deprecatedSince: '2.8.12' },
          {
            name: 'new-format',
            type: 'oneof',
            flags: ['multiple'],
            arguments: [
              { name: 'client-id', type: 'integer', token: 'ID', since: '2.8.12', flags: ['optional'] },
              {
                name: 'client-type',
                type: 'oneof',
                token: 'TYPE',
                since: '2.8.12',
                flags: ['optional'],
                arguments: [
                  token('normal'),
                  token('master', { since: '3.2.0' }),
                  token('slave'),
                  token('replica', { since: '5.0.0' }),
                  token('pubsub'),
                ],
              },
              { name: 'username', type: 'string', token: 'USER', flags: ['optional'] },
              { name: 'addr', type: 'string', displayText: 'ip:port', token: 'ADDR', flags: ['optional'] },
              {
                name: 'laddr',
                type: 'string',
                displayText: 'ip:port',
                token: 'LADDR',
                since: '6.2.0',
                flags: ['optional'],
              },
              {
                name: 'skipme',
                type: 'oneof',
                token: 'SKIPME',
                flags: ['optional'],
                arguments: [token('yes'), token('no')],
              },
            ],
          },
        ],
      },
    ],
  },
});

export const clientList = describe({
  name: 'list',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous', 'connection'],
  keys: [],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Lists open connections.',
    since: '2.4.0',
    group: 'connection',
    complexity: 'O(N) where N is the number of client connections',
    history: [
      ['2.8.12', 'Added unique client `id` field.'],
      ['5.0.0', 'Added optional `TYPE` filter.'],
      ['6.0.0', 'Added `user` field.'],
      ['6.2.0', 'Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.'],
      ['7.0.0', 'Added `resp`, `multi-mem`, `rbs` and `rbp` fields.'],
      ['7.0.3', 'Added `ssub` field.'],
      ['7.2.0', 'Added `lib-name` and `lib-ver` fields.'],
    ],
    arguments: [
      {
        name: 'client-type',
        type: 'oneof',
        token: 'TYPE',
        since: '5.0.0',
        flags: ['optional'],
        arguments: [token('normal'), token('master'), token('replica'), token('pubsub')],
      },
      { name: 'client-id', type: 'integer', token: 'ID', since: '6.2.0', flags: ['optional', 'multiple'] },
    ],
  },
});

export const clientNoEvict = describe({
  name: 'no-evict',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous', 'connection'],
  keys: [],
  docs: {
    summary: 'Sets the client eviction mode of the connection.',
    since: '7.0.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: onOrOff,
  },
});

export const clientNoTouch = describe({
  name: 'no-touch',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Controls whether commands sent by the client affect the LRU/LFU of accessed keys.',
    since: '7.2.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: onOrOff,
  },
});

export const clientReply = describe({
  name: 'reply',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  docs: {
    summary: 'Instructs the server whether to reply to commands.',
    since: '3.2.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: [{ name: 'action', type: 'oneof', arguments: [token('on'), token('off'), token('skip')] }],
  },
});

export const clientSetinfo = describe({
  name: 'setinfo',
  arity: 4,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Sets information specific to the client or connection.',
    since: '7.2.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'attr',
        type: 'oneof',
        arguments: [
          { name: 'libname', type: 'string', token: 'LIB-NAME' },
          { name: 'libver', type: 'string', token: 'LIB-VER' },
        ],
      },
    ],
  },
});

export const clientSetname = describe({
  name: 'setname',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  acl: ['slow', 'connection'],
  keys: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  docs: {
    summary: 'Sets the connection name.',
    since: '2.6.9',
    group: 'connection',
    complexity: 'O(1)',
    arguments: [{ name: 'connection-name', type: 'string' }],
  },
});

export const clientUnblock = describe({
  name: 'unblock',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  acl: ['admin', 'slow', 'dangerous', 'connection'],
  keys: [],
  docs: {
    summary: 'Unblocks a client blocked by a blocking command from a different connection.',
    since: '5.0.0',
    group: 'connection',
    complexity: 'O(log N) where N is the number of client connections',
    arguments: [
      { name: 'client-id', type: 'integer' },
      { name: 'unblock-type', type: 'oneof', flags: ['optional'], arguments: [token('timeout'), token('error')] },
    ],
  },
});
