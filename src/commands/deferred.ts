/**
 * Replies that come later: the client waits for something outside of the keyspace, such as the disk.
 *
 * They are written at the end of a turn, never within another client's command: all clients share one reply writer, and
 * that command's own reply would go where the writer points to.
 *
 * In:  the context of the command that has to wait. Out: a function that answers it and lets the client go on.
 *
 * @since 0.1.0
 */
import { ClientKind } from '../net/client.ts';
import type { Reply } from '../resp/reply.ts';
import type { Context } from './context.ts';

/** Writes the reply and lets the client go on; does nothing when the client has gone away in the meantime. */
export type Answer = (write: (reply: Reply) => void) => void;

/**
 * Holds back everything else the client sent until the answer is given.
 *
 * Within EXEC nobody can wait: the answer is OK at once, and a failure is told by the log alone.
 */
export const answerLater = (ctx: Context): Answer => {
  const { client } = ctx;
  const { clients, environment } = ctx.server;
  if (ctx.denyBlocking) {
    clients.replyTo(client).ok();
    return () => {};
  }
  // Dispatch silences the reply of a command when the command returns; this one comes after that.
  const silent = client.replyOff || client.replySkip > 0 || client.kind !== ClientKind.Normal;
  const blocked = { deadlineMs: Number.POSITIVE_INFINITY, onCancel: () => {} };
  client.blocked = blocked;
  return (write) =>
    environment.atTurnEnd(() => {
      if (client.closed || client.blocked !== blocked) return;
      if (!silent) write(clients.replyTo(client));
      clients.unblock(client);
    });
};
