/**
 * Contracts and documentation of FERROUS, which Redis has not: the stream of events, and the way back in time.
 *
 * In: nothing. Out: one constant per subcommand. `all.ts` keeps these commands apart from those that Redis has too.
 *
 * @since 0.3.0
 */
import type { ArgumentDocs } from '../spec.ts';
import { describe, token } from './describe.ts';

const SINCE = '7.2.0';
const moment: ArgumentDocs = { name: 'moment', type: 'string' };
const count: ArgumentDocs = { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] };

const option = (word: string, name: string, type: ArgumentDocs['type'] = 'pattern'): ArgumentDocs => ({
  name,
  type,
  token: word,
  flags: ['optional'],
});

export const ferrous = describe({
  name: 'ferrous',
  arity: -2,
  flags: [],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'A container for commands of Ferrous on its event log.',
    since: SINCE,
    group: 'server',
    complexity: 'Depends on subcommand.',
  },
});

export const events = describe({
  name: 'events',
  arity: -3,
  flags: ['admin', 'noscript', 'no_multi'],
  acl: ['admin', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Streams events of the log, from a moment on; STOP ends that.',
    since: SINCE,
    group: 'server',
    complexity: 'O(N) with N being the bytes of the segments read.',
    arguments: [
      {
        name: 'what',
        type: 'oneof',
        arguments: [
          {
            name: 'range',
            type: 'block',
            arguments: [
              { name: 'from', type: 'string', token: 'FROM' },
              option('TO', 'to', 'string'),
              option('MATCH', 'key-pattern'),
              option('DB', 'db', 'integer'),
              option('USER', 'user-pattern'),
              option('CLIENT', 'client-pattern'),
              option('COMMAND', 'command-pattern'),
              token('follow', { flags: ['optional'] }),
            ],
          },
          token('stop'),
        ],
      },
    ],
  },
});

export const at = describe({
  name: 'at',
  arity: -4,
  flags: ['admin', 'noscript', 'no_multi'],
  acl: ['admin', 'read', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Runs a command that only reads on the data of a moment in the past.',
    since: SINCE,
    group: 'server',
    complexity: 'O(N) with N being the bytes of the log that lead to the moment; the last moment is kept for a while.',
    arguments: [
      moment,
      { name: 'command', type: 'string' },
      { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
    ],
  },
});

export const history = describe({
  name: 'history',
  arity: -3,
  flags: ['admin', 'noscript', 'no_multi'],
  acl: ['admin', 'read', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Returns the last changes of a key, the newest first.',
    since: SINCE,
    group: 'server',
    complexity: 'O(N) with N being the bytes of the blocks of the log that speak of the key, once it is indexed.',
    arguments: [{ name: 'key', type: 'string' }, count],
  },
});

export const undo = describe({
  name: 'undo',
  arity: -3,
  flags: ['write', 'denyoom', 'admin', 'noscript', 'no_multi'],
  acl: ['admin', 'write', 'slow', 'dangerous'],
  keys: [],
  docs: {
    summary: 'Undoes an event of the log, or the last change of a key, by new events.',
    since: SINCE,
    group: 'server',
    complexity: 'O(N) with N being the bytes of the log that lead to the moment before, and from there to now.',
    arguments: [
      {
        name: 'what',
        type: 'oneof',
        arguments: [
          { name: 'offset', type: 'string' },
          { name: 'key', type: 'string', token: 'KEY' },
        ],
      },
    ],
  },
});

export const help = describe({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  acl: ['slow'],
  keys: [],
  docs: {
    summary: 'Returns helpful text about the different subcommands.',
    since: SINCE,
    group: 'server',
    complexity: 'O(1)',
  },
});
