/**
 * Saving on demand: SAVE, BGSAVE, BGREWRITEAOF and LASTSAVE.
 *
 * In:  a command event. Out: a reply; files are the business of persistence.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as described from './docs/server.ts';
import { refuse, SYNTAX_ERROR } from './errors.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const IN_PROGRESS = 'ERR Background save already in progress';

/**
 * SAVE: writes the RDB file now. The server stands still meanwhile, which BGSAVE avoids at no cost.
 *
 * Reply:  +OK.
 * Errors: ERR while a snapshot is being written, and when the file cannot be (the log says why).
 * Source: https://redis.io/docs/latest/commands/save/
 */
export const save = command({
  ...described.save,
  reduce: (_db, _cmd, reply, ctx) => {
    const { persistence } = ctx.server;
    if (persistence.isSaving) return refuse(reply, IN_PROGRESS);
    const saved = persistence.saveSync();
    if (E.isLeft(saved)) return refuse(reply, saved.left);
    reply.ok();
    return Outcome.Unchanged;
  },
});

/**
 * BGSAVE [SCHEDULE]: writes the RDB file as of now while commands go on.
 *
 * Reply:  a status line.
 * Errors: ERR while a snapshot is being written, with SCHEDULE too; that waits for rewrites of the log only.
 * Source: https://redis.io/docs/latest/commands/bgsave/
 */
export const bgsave = command({
  ...described.bgsave,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc > 2 || (cmd.argc === 2 && !cmd.equalsToken(1, 'SCHEDULE'))) return refuse(reply, SYNTAX_ERROR);
    const started = ctx.server.persistence.backgroundSave({
      schedule: cmd.argc === 2,
      inTransaction: ctx.inTransaction,
    });
    if (E.isLeft(started)) return refuse(reply, started.left);
    reply.simple(started.right);
    return Outcome.Unchanged;
  },
});

/**
 * BGREWRITEAOF: a new base of the event log as of now, while commands go on.
 *
 * Reply:  a status line. With `appendonly no` there is a base and nothing behind it, as in Redis.
 * Errors: ERR while the log is being rewritten, and when its files cannot be made (the log says why).
 * Source: https://redis.io/docs/latest/commands/bgrewriteaof/
 */
export const bgrewriteaof = command({
  ...described.bgrewriteaof,
  reduce: (_db, _cmd, reply, ctx) => {
    const started = ctx.server.eventLog.rewrite(ctx.inTransaction);
    if (E.isLeft(started)) return refuse(reply, started.left);
    reply.simple(started.right);
    return Outcome.Unchanged;
  },
});

/** LASTSAVE: when the file was written last, in seconds since 1970. Source: https://redis.io/docs/latest/commands/lastsave/ */
export const lastsave = command({
  ...described.lastsave,
  reduce: (_db, _cmd, reply, ctx) => {
    reply.integer(ctx.server.persistence.lastSaveSeconds);
    return Outcome.Unchanged;
  },
});

export const saveCommands: readonly CommandSpec[] = [save, bgsave, bgrewriteaof, lastsave];
