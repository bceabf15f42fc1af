/**
 * Transactions: MULTI EXEC DISCARD WATCH UNWATCH.
 *
 * In:  a request. Out: a reply, and a changed client. What stands between MULTI and EXEC is kept by dispatch
 * (command-queue.ts); EXEC hands it back to dispatch to be run in one go.
 *
 * @since 0.2.0
 */
import type { Client } from '../net/client.ts';
import { CommandQueue } from './command-queue.ts';
import * as described from './docs/transactions.ts';
import { refuse } from './errors.ts';
import { accept } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';
import type { WatchedKeys } from './watched-keys.ts';

const NESTED = 'ERR MULTI calls can not be nested';
const EXEC_WITHOUT_MULTI = 'ERR EXEC without MULTI';
const DISCARD_WITHOUT_MULTI = 'ERR DISCARD without MULTI';
const WATCH_INSIDE_MULTI = 'ERR WATCH inside MULTI is not allowed';
const ABORTED = 'EXECABORT Transaction discarded because of previous errors.';

/** Forgets the transaction of a client, and the keys it watches. */
export const leaveTransaction = (client: Client, watchedKeys: WatchedKeys): void => {
  client.transaction = undefined;
  client.dirty = false;
  watchedKeys.forget(client);
};

/**
 * MULTI: commands that follow are queued until EXEC.
 *
 * Errors: ERR within a transaction, which goes on. Source: https://redis.io/docs/latest/commands/multi/
 */
export const multi = command({
  ...described.multi,
  reduce: (_db, _cmd, reply, ctx) => {
    if (ctx.client.transaction !== undefined) return refuse(reply, NESTED);
    ctx.client.transaction = new CommandQueue();
    return accept(reply);
  },
});

/**
 * EXEC: runs the commands since MULTI, with nothing in between; one that fails does not stop the others.
 *
 * Reply:  array of their replies; null when a watched key has changed.
 * Errors: EXECABORT when a command could not be queued; ERR without MULTI.
 * Event:  what the commands did, as one transaction.
 * Source: https://redis.io/docs/latest/commands/exec/
 */
export const exec = command({
  ...described.exec,
  reduce: (_db, _cmd, reply, ctx) => {
    const { client } = ctx;
    const { watchedKeys } = ctx.server;
    const { transaction, dirty } = client;
    if (transaction === undefined) return refuse(reply, EXEC_WITHOUT_MULTI);
    const isStale = dirty || watchedKeys.hasExpired(client);
    if (!transaction.isAborted && !isStale) {
      // What the commands themselves change is nobody's concern.
      watchedKeys.forget(client);
      ctx.runQueue(transaction);
    }
    leaveTransaction(client, watchedKeys);
    if (transaction.isAborted) return refuse(reply, ABORTED);
    if (isStale) reply.nullArray();
    return Outcome.Unchanged;
  },
});

/** DISCARD: forgets the commands since MULTI, and watched keys. Source: https://redis.io/docs/latest/commands/discard/ */
export const discard = command({
  ...described.discard,
  reduce: (_db, _cmd, reply, ctx) => {
    if (ctx.client.transaction === undefined) return refuse(reply, DISCARD_WITHOUT_MULTI);
    leaveTransaction(ctx.client, ctx.server.watchedKeys);
    return accept(reply);
  },
});

/**
 * WATCH key [key …]: the next EXEC comes to nothing when one of the keys has changed until then, whoever changed it.
 *
 * Errors: ERR within a transaction, which goes on. Source: https://redis.io/docs/latest/commands/watch/
 */
export const watch = command({
  ...described.watch,
  reduce: (db, cmd, reply, ctx) => {
    const { client, server } = ctx;
    if (client.transaction !== undefined) return refuse(reply, WATCH_INSIDE_MULTI);
    // Once a key has changed there is nothing left to watch for.
    for (let i = 1; i < cmd.argc && !client.dirty; i++) {
      server.watchedKeys.watch(client, db, cmd.buf, cmd.offset(i), cmd.length(i));
    }
    return accept(reply);
  },
});

/** UNWATCH: forgets watched keys, changed ones too. Source: https://redis.io/docs/latest/commands/unwatch/ */
export const unwatch = command({
  ...described.unwatch,
  reduce: (_db, _cmd, reply, ctx) => {
    ctx.server.watchedKeys.forget(ctx.client);
    ctx.client.dirty = false;
    return accept(reply);
  },
});

export const transactionCommands: readonly CommandSpec[] = [discard, exec, multi, unwatch, watch];
