/**
 * FERROUS: the event log for clients. Redis has no such command.
 *
 * @since 0.3.0
 */
import * as described from './docs/ferrous.ts';
import { events } from './ferrous-events.ts';
import { history } from './ferrous-history.ts';
import { at } from './ferrous-past.ts';
import { undo } from './ferrous-undo.ts';
import { replyHelp } from './replies.ts';
import { type CommandSpec, command } from './spec.ts';

const HELP: readonly string[] = [
  'AT <moment> <command> [<arg> ...]',
  '    Run a command that only reads on the data of a moment in the past.',
  '    A moment is a time (seconds since 1970, or ISO 8601) or offset:<n>.',
  'EVENTS FROM <moment|$|-> [TO <moment>] [MATCH <key-pattern>] [DB <db>]',
  '       [USER <pattern>] [CLIENT <pattern>] [COMMAND <pattern>] [FOLLOW]',
  '    Send the events of the log from the moment on ($: from now on, -: from the',
  '    oldest on), each as ["event", <json>], and ["end", <offset>] behind the last.',
  '    With FOLLOW there is no last one.',
  'EVENTS STOP',
  '    Send no more events.',
  'HISTORY <key> [COUNT <n>]',
  '    Return the last changes of a key, the newest first.',
  'UNDO offset:<n>',
  '    Undo the event at an offset, and the whole transaction that it is part of.',
  'UNDO KEY <key>',
  '    Undo the last change of a key.',
];

/** FERROUS HELP. */
export const help = command({ ...described.help, reduce: (_db, _cmd, reply) => replyHelp(reply, 'FERROUS', HELP) });

export const ferrous = command({ ...described.ferrous, subcommands: [at, events, help, history, undo] });

export const ferrousCommands: readonly CommandSpec[] = [ferrous];
