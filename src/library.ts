/**
 * Ferrous as a library: a server within a program, its events as an observable, and the codec of their JSON form.
 *
 * In:     settings. Out: a server that runs, or why it does not.
 * Memory: the server's.
 *
 *     import { start } from 'ferrous';
 *     const embedded = await start({ port: 6379 });
 *     embedded.events$.subscribe((event) => console.log(eventLine(event)));
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { type Observable, Subject, takeUntil } from 'rxjs';
import { type Config, defaults } from './config/config.ts';
import { type Environment, systemEnvironment } from './environment.ts';
import type { LoggedEvent } from './eventlog/event.ts';
import { liveEvents } from './eventlog/live.ts';
import { type ScanOptions, scan$ } from './eventlog/scan.ts';
import { Logger } from './log.ts';
import { buildServer, openListeners, type Server, serve } from './server.ts';

export { type Config, defaults } from './config/config.ts';
export { type Environment, systemEnvironment } from './environment.ts';
export {
  type ArgumentJson,
  type EventClient,
  EventJson,
  eventLine,
  type LoggedEvent,
} from './eventlog/event.ts';
export type { EventConditions } from './eventlog/filter.ts';
export { liveEvents } from './eventlog/live.ts';
export { formatMoment, isoTime, type Moment, offsetMoment, parseMoment, timeMoment } from './eventlog/moment.ts';
export { type ScanOptions, scan, scan$, scanBatches } from './eventlog/scan.ts';
export { type VerifyOptions, verify } from './eventlog/verify.ts';
export { Logger } from './log.ts';
export { MemoryNetwork } from './net/memory.ts';
export { buildServer, openListeners, type Server, serve } from './server.ts';

export interface EmbeddedOptions {
  /** What differs from the defaults: loopback only, no snapshots, any free port. */
  readonly config?: Partial<Config>;
  /** Clock, chance, network: the system's when it is not given. */
  readonly environment?: Environment;
  /** Takes the lines of the log; they go nowhere by default. */
  readonly log?: (line: string) => void;
}

export interface Embedded {
  readonly server: Server;
  /** The port that was bound; 0 when there is none. */
  readonly port: number;
  /** Every event from the subscription on, in the order of the log, whether or not there is one. */
  readonly events$: Observable<LoggedEvent>;
  /** Events of the log on disk, from `from` on; fails when the log is off. */
  readonly logged$: (options?: Omit<ScanOptions, 'signal'>) => Observable<LoggedEvent>;
  /** Ends the server, without a snapshot; what the event log has stays. */
  readonly stop: () => Promise<void>;
}

/** The server does not start; `message` says why. */
export class StartError extends Error {}

/** Starts a server within this program; resolves when its data is loaded. */
export const start = async ({
  config = {},
  environment = systemEnvironment(),
  log = () => {},
}: EmbeddedOptions = {}): Promise<Embedded> => {
  const server = buildServer({
    config: { ...defaults, bind: ['127.0.0.1'], port: 0, save: [], ...config },
    configFile: '',
    executable: '',
    environment,
    log: new Logger(log, () => environment.scheduler.now()),
  });
  const opened = await openListeners(server, config.port === undefined)();
  if (E.isLeft(opened)) throw new StartError(opened.left.join('\n'));
  const ended$ = new Subject<void>();
  const ended = new Promise<void>((resolve) => ended$.subscribe({ complete: resolve }));
  await new Promise<void>((resolve, reject) => {
    serve(server).subscribe({
      next: (event) => {
        if (event === 'loaded') resolve();
      },
      error: (error: unknown) => {
        ended$.complete();
        reject(error);
      },
      complete: () => {
        ended$.next();
        ended$.complete();
      },
    });
  });
  const { services, lifecycle, listeners } = server;
  return {
    server,
    port: listeners.port,
    events$: liveEvents(services).pipe(takeUntil(ended$)),
    logged$: (options) => {
      services.eventLog.commit();
      return scan$(services.eventLog.folder.path, options);
    },
    stop: () => {
      lifecycle.shutdown({ save: 'no', now: true, force: true }, () => {});
      return ended;
    },
  };
};
