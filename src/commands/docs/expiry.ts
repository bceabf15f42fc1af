/**
 * Contracts and documentation of the commands on expiration times (group "generic"), as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.1.0
 */
import { type ArgumentDocs, type CommandDocs, oneKey } from '../spec.ts';
import { describe, key, token } from './describe.ts';

const condition: ArgumentDocs = {
  name: 'condition',
  type: 'oneof',
  since: '7.0.0',
  flags: ['optional'],
  arguments: [token('nx'), token('xx'), token('gt'), token('lt')],
};
const conditionHistory: CommandDocs['history'] = [['7.0.0', 'Added options: `NX`, `XX`, `GT` and `LT`.']];
const ttlHistory: CommandDocs['history'] = [['2.8.0', 'Added the -2 reply.']];

export const expire = describe({
  name: 'expire',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the expiration time of a key in seconds.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    history: conditionHistory,
    arguments: [key, { name: 'seconds', type: 'integer' }, condition],
  },
});

export const expireat = describe({
  name: 'expireat',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the expiration time of a key to a Unix timestamp.',
    since: '1.2.0',
    group: 'generic',
    complexity: 'O(1)',
    history: conditionHistory,
    arguments: [key, { name: 'unix-time-seconds', type: 'unix-time' }, condition],
  },
});

export const expiretime = describe({
  name: 'expiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the expiration time of a key as a Unix timestamp.',
    since: '7.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const persist = describe({
  name: 'persist',
  arity: 2,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Removes the expiration time of a key.',
    since: '2.2.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const pexpire = describe({
  name: 'pexpire',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the expiration time of a key in milliseconds.',
    since: '2.6.0',
    group: 'generic',
    complexity: 'O(1)',
    history: conditionHistory,
    arguments: [key, { name: 'milliseconds', type: 'integer' }, condition],
  },
});

export const pexpireat = describe({
  name: 'pexpireat',
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['keyspace', 'write', 'fast'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the expiration time of a key to a Unix milliseconds timestamp.',
    since: '2.6.0',
    group: 'generic',
    complexity: 'O(1)',
    history: conditionHistory,
    arguments: [key, { name: 'unix-time-milliseconds', type: 'unix-time' }, condition],
  },
});

export const pexpiretime = describe({
  name: 'pexpiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the expiration time of a key as a Unix milliseconds timestamp.',
    since: '7.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const pttl = describe({
  name: 'pttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the expiration time in milliseconds of a key.',
    since: '2.6.0',
    group: 'generic',
    complexity: 'O(1)',
    history: ttlHistory,
    arguments: [key],
  },
});

export const ttl = describe({
  name: 'ttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace', 'read', 'fast'],
  keys: [oneKey(['RO', 'access'])],
  tips: ['nondeterministic_output'],
  docs: {
    summary: 'Returns the expiration time in seconds of a key.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    history: ttlHistory,
    arguments: [key],
  },
});
