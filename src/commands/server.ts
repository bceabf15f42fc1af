/**
 * Commands on the server process: TIME, SHUTDOWN, LOLWUT.
 *
 * @since 0.1.0
 */
import type { ShutdownOptions } from '../lifecycle.ts';
import type { CommandView } from '../resp/view.ts';
import { REDIS_VERSION } from '../version.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/server.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { drawing } from './lolwut.ts';
import { accept } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

export const NO_SHUTDOWN = 'ERR No shutdown in progress.';

/**
 * TIME: the clock of the server.
 *
 * Reply:  seconds since 1970 and microseconds within the second.
 * Source: https://redis.io/docs/latest/commands/time/
 */
export const time = command({
  ...described.time,
  reduce: (_db, _cmd, reply, ctx) => {
    const us = ctx.server.writes.timeUs();
    reply.array(2);
    reply.bulkInteger(Math.floor(us / 1_000_000));
    reply.bulkInteger(us % 1_000_000);
    return Outcome.Unchanged;
  },
});

/** What SHUTDOWN was asked for, or 'abort', or undefined when the options contradict each other. */
const readShutdown = (cmd: CommandView): ShutdownOptions | 'abort' | undefined => {
  let save: ShutdownOptions['save'] = 'when configured';
  let now = false;
  let force = false;
  let abort = false;
  for (let i = 1; i < cmd.argc; i++) {
    if (cmd.equalsToken(i, 'NOSAVE') && save !== 'yes') save = 'no';
    else if (cmd.equalsToken(i, 'SAVE') && save !== 'no') save = 'yes';
    else if (cmd.equalsToken(i, 'NOW')) now = true;
    else if (cmd.equalsToken(i, 'FORCE')) force = true;
    else if (cmd.equalsToken(i, 'ABORT')) abort = true;
    else return undefined;
  }
  if (!abort) return { save, now, force };
  return save === 'when configured' && !now && !force ? 'abort' : undefined;
};

/**
 * SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]: saves where that is asked for or configured, and ends the process.
 *
 * Reply:  none, as the connection ends with the server; OK for ABORT; an error when the server goes on.
 * Source: https://redis.io/docs/latest/commands/shutdown/
 */
export const shutdown = command({
  ...described.shutdown,
  reduce: (_db, cmd, reply, ctx) => {
    const { lifecycle } = ctx.server;
    const asked = readShutdown(cmd);
    if (asked === undefined) return refuse(reply, SYNTAX_ERROR);
    if (asked === 'abort') return lifecycle.abortShutdown() ? accept(reply) : refuse(reply, NO_SHUTDOWN);

    // The client waits for the end; nothing else it sent is run, unless the shutdown is given up.
    const answer = answerLater(ctx);
    lifecycle.shutdown(asked, (error) => answer((late) => late.error(error)));
    return Outcome.Unchanged;
  },
});

/**
 * LOLWUT [VERSION version] [columns rows]: a drawing made by chance, and the version of Redis.
 *
 * Every VERSION answers with the same drawing, sized by the two numbers.
 * Source: https://redis.io/docs/latest/commands/lolwut/
 */
export const lolwut = command({
  ...described.lolwut,
  reduce: (_db, cmd, reply, ctx) => {
    const hasVersion = cmd.argc >= 3 && cmd.equalsToken(1, 'VERSION');
    if (hasVersion && !Number.isSafeInteger(cmd.integer(2))) return refuse(reply, NOT_AN_INTEGER);
    const first = hasVersion ? 3 : 1;
    const size = (index: number, otherwise: number): number => {
      const value = index < cmd.argc ? cmd.integer(index) : otherwise;
      return Number.isSafeInteger(value) ? value : otherwise;
    };
    reply.verbatim(`${drawing(size(first, 64), size(first + 1, 12), ctx.random)}\nRedis ver. ${REDIS_VERSION}\n`);
    return Outcome.Unchanged;
  },
});

export const serverCommands: readonly CommandSpec[] = [lolwut, shutdown, time];
