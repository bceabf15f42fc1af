/**
 * A session: the life of one client's connection, from its first byte to its last.
 *
 *   chunks → frames → command views → dispatch
 *
 * @since 0.1.0
 */
import {
  catchError,
  EMPTY,
  finalize,
  ignoreElements,
  Observable,
  type OperatorFunction,
  Subject,
  takeUntil,
  tap,
} from 'rxjs';
import type { Dispatcher } from './commands/dispatch.ts';
import type { Logger } from './log.ts';
import type { Client } from './net/client.ts';
import type { ClientRegistry } from './net/clients.ts';
import { type Chunk, type Peer, PeerError } from './net/peer.ts';
import { Decoded } from './resp/decoder.ts';
import type { CommandView } from './resp/view.ts';

/** The client broke the protocol; `message` is Redis' error text. */
export class ProtocolError extends Error {}

/** What happens around the commands of one chunk: dispatch reads its clocks. */
export interface Turn {
  readonly nowMs: number;
  beginTurn(): void;
  endTurn(): void;
}

/**
 * Bytes to command views, one at a time. A view is a loan, valid during `next`.
 *
 * Requests wait while the client is blocked; reading stops while it does not read its replies. `client.resume` goes on.
 */
export const decodeFrames =
  (client: Client, clients: ClientRegistry, turn: Turn): OperatorFunction<Chunk, CommandView> =>
  (chunks$) =>
    new Observable<CommandView>((subscriber) => {
      const { decoder } = client;
      /** Runs what is there. True when more may come. */
      const drain = (): boolean => {
        for (;;) {
          if (client.closed || client.closeAfterReply) return false;
          if (client.blocked !== undefined) {
            // Reading goes on, because only so does it show that the client has gone.
            decoder.hold();
            return !clients.checkQueryBuffer(client);
          }
          if (clients.isCongested(client)) {
            // What waits for the end of the turn first: a system that takes all of it never tells of a drain.
            clients.outbox.flush();
            if (client.closed) return false;
            if (clients.isCongested(client)) {
              client.paused = true;
              decoder.hold();
              client.peer.pause();
              return false;
            }
          }
          const decoded = decoder.next();
          if (decoded === Decoded.Command) {
            subscriber.next(decoder.view);
          } else if (decoded === Decoded.NeedMore) {
            return !clients.checkQueryBuffer(client);
          } else {
            subscriber.error(new ProtocolError(decoder.error));
            return false;
          }
        }
      };
      client.resume = () => {
        if (client.closed) return;
        turn.beginTurn();
        if (drain()) client.peer.resume();
        turn.endTurn();
      };
      return chunks$.subscribe({
        next: (chunk) => {
          turn.beginTurn();
          clients.noteInput(client, chunk.length, turn.nowMs);
          decoder.feed(chunk.bytes, chunk.length);
          drain();
          turn.endTurn();
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });

export interface SessionDependencies {
  readonly clients: ClientRegistry;
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
}

/** A broken client ends its own session and no other; anything else is a bug and ends the process. */
const closeWith =
  (client: Client, { clients, log }: SessionDependencies) =>
  (error: unknown): Observable<never> => {
    if (error instanceof ProtocolError) {
      clients.replyTo(client).error(`ERR Protocol error: ${error.message}`);
      log.verbose(`Protocol error (${error.message}) from client: ${client.peer.remoteAddress}`);
      return EMPTY;
    }
    if (error instanceof PeerError) {
      log.verbose(`Error reading from client: ${error.message}`);
      return EMPTY;
    }
    throw error;
  };

/** One client from accept to close. Completes when the connection is over. */
export const session = (peer: Peer, dependencies: SessionDependencies): Observable<unknown> => {
  const { clients, dispatcher } = dependencies;
  const refusal = clients.refusal(peer);
  if (refusal !== undefined) {
    const bytes = new Uint8Array(Buffer.from(refusal, 'latin1'));
    peer.write(bytes, 0, bytes.length);
    peer.close();
    return EMPTY;
  }
  const client = clients.add(peer);
  const ended$ = new Subject<void>();
  client.end = () => ended$.next();
  return peer.chunks$.pipe(
    decodeFrames(client, clients, dispatcher),
    tap((view) => dispatcher.run(client, view)),
    ignoreElements(), // a view ends here: what follows is about the end of the session, and would cost each command
    catchError(closeWith(client, dependencies)),
    takeUntil(ended$),
    finalize(() => clients.remove(client)),
  );
};
