/**
 * The server: the whole pipeline on one screen. Read this first.
 *
 *   socket bytes → RESP frames → command views → reducers on the keyspace → replies
 *                                                   └→ write events → backlog, replicas, save points
 *
 * `buildServer` (assemble.ts) makes the parts, `openListeners` the sockets, `serve` runs everything for as long as it is
 * subscribed to.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import { concat, defer, finalize, from, map, merge, mergeMap, type Observable, takeUntil } from 'rxjs';
import type { Server } from './assemble.ts';
import { cron } from './cron.ts';
import { loadData } from './eventlog/startup.ts';
import { describeListenError } from './net/listeners.ts';
import type { ListenError } from './net/peer.ts';
import { session } from './session.ts';

export { buildServer, type Server, type ServerOptions } from './assemble.ts';

/** Opens every socket of the configuration; the error is what Redis writes to its log. */
export const openListeners = (
  { services, listeners }: Server,
  anyPort = false,
): TE.TaskEither<readonly string[], void> => {
  const config = services.config.config;
  const lines = (error: ListenError): readonly string[] => [
    describeListenError(error),
    error.endpoint.kind === 'tcp'
      ? `Failed listening on port ${config.port} (tcp), aborting.`
      : 'Failed listening on port 0 (unix), aborting.',
  ];
  return pipe(
    listeners.listenTcp(config, anyPort),
    TE.chain(() => listeners.listenUnix(config)),
    TE.mapLeft(lines),
  );
};

/** The data could not be loaded; `message` says from where and why. */
export class BootError extends Error {}

/** Loads what was saved; clients are told LOADING meanwhile. */
const load = ({ services }: Server): Observable<'loaded'> =>
  from(loadData(services)()).pipe(
    map((loaded) => {
      if (E.isLeft(loaded)) throw new BootError(loaded.left.message);
      return 'loaded' as const;
    }),
  );

/**
 * Serves. Emits 'loaded' when the data is there, completes after a shutdown, fails when the data cannot be loaded or a
 * bug shows.
 */
export const serve = (server: Server): Observable<unknown> => {
  const { services, dispatcher, listeners, lifecycle, switches } = server;
  const { clients, eventLog, log, persistence, replication } = services;
  const sessions$ = listeners.peers$.pipe(mergeMap((peer) => session(peer, { clients, dispatcher, log })));
  const data$ = concat(
    defer(() => load(server)),
    defer(() => merge(cron(services, dispatcher, switches), persistence.run$, eventLog.run$, replication.run$)),
  );
  return merge(sessions$, data$).pipe(
    takeUntil(lifecycle.ended$),
    finalize(() => {
      listeners.closeAll();
      eventLog.close();
    }),
  );
};
