/**
 * The end of a blocked client's waiting, decided by somebody else's command.
 *
 * The answer is written at the end of the turn, never within that command: all clients share one reply writer, and the
 * command's own reply would go where the writer points to. Until then the client counts as unblocked and does not go on.
 *
 * @since 0.2.0
 */
import type { Environment } from '../environment.ts';
import type { Reply } from '../resp/reply.ts';
import { type Blocked, type Client, ClientKind } from './client.ts';
import type { ClientRegistry } from './clients.ts';

/** Whether the running command of a client is not to be answered: what is answered later has to ask now. */
export const isSilent = (client: Client): boolean =>
  client.replyOff || client.replySkip > 0 || client.kind !== ClientKind.Normal;

export interface Release {
  readonly client: Client;
  /** The client does not want the answer. */
  readonly silent: boolean;
  readonly write: (reply: Reply) => void;
  /** The connection ends behind the answer. */
  readonly thenClose?: boolean;
}

/** Answers a client that whoever blocked it has forgotten, and lets it go on, at the end of the turn. */
export const releaseLater = (
  clients: ClientRegistry,
  environment: Environment,
  { client, silent, write, thenClose = false }: Release,
): void => {
  const over: Blocked = { deadlineMs: Number.POSITIVE_INFINITY, onCancel: () => {}, isOver: true };
  client.blocked = over;
  environment.atTurnEnd(() => {
    if (client.closed || client.blocked !== over) return;
    if (!silent) write(clients.replyTo(client));
    if (thenClose && silent) {
      clients.kill(client);
      return;
    }
    if (thenClose) client.closeAfterReply = true;
    clients.unblock(client);
  });
};
