/**
 * CLIENT UNBLOCK: ends another client's waiting.
 *
 * @since 0.2.0
 */
import { clientUnblock as described } from './docs/client.ts';
import { NOT_AN_INTEGER, refuse } from './errors.ts';
import { command, Outcome } from './spec.ts';

const BAD_REASON = 'ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR';
const UNBLOCKED = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';

/**
 * CLIENT UNBLOCK id [TIMEOUT | ERROR]: a client that waits for a key, or in WAIT, is answered as if its time was up, or
 * with an error. It can be answered no more by what follows.
 *
 * Reply:  1, or 0 when there is no such client or it does not wait in that way.
 * Source: https://redis.io/docs/latest/commands/client-unblock/
 */
export const clientUnblock = command({
  ...described,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc > 4) {
      return refuse(
        reply,
        `ERR unknown subcommand or wrong number of arguments for '${cmd.text(1)}'. Try CLIENT HELP.`,
      );
    }
    const isError = cmd.argc === 4 && cmd.equalsToken(3, 'ERROR');
    if (cmd.argc === 4 && !isError && !cmd.equalsToken(3, 'TIMEOUT')) return refuse(reply, BAD_REASON);
    const id = cmd.integer(2);
    if (Number.isNaN(id)) return refuse(reply, NOT_AN_INTEGER);

    const unblock = ctx.server.clients.byId(id)?.blocked?.unblock;
    unblock?.(isError ? UNBLOCKED : undefined);
    reply.integer(unblock === undefined ? 0 : 1);
    return Outcome.Unchanged;
  },
});
