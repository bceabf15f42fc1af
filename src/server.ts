/**
 * The server: the whole pipeline on one screen. Read this first.
 *
 *   socket bytes → RESP frames → command views → reducers on the keyspace → replies
 *                                                   └→ write events → backlog, replicas, save points
 *
 * `buildServer` makes the parts, `openListeners` the sockets, `serve` runs everything for as long as it is subscribed to.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import { concat, defer, finalize, from, map, merge, mergeMap, type Observable, takeUntil } from 'rxjs';
import { allCommands } from './commands/all.ts';
import type { Services } from './commands/context.ts';
import { Dispatcher } from './commands/dispatch.ts';
import { ServerStats } from './commands/stats.ts';
import { CommandTable } from './commands/table.ts';
import type { Config } from './config/config.ts';
import { ConfigStore } from './config/store.ts';
import { configure } from './configure.ts';
import { type CronSwitches, cron } from './cron.ts';
import { type Environment, hexadecimalId } from './environment.ts';
import { WriteStream } from './events/write-stream.ts';
import { Keyspace } from './keyspace/keyspace.ts';
import { describeListenError, Listeners } from './listeners.ts';
import type { Logger } from './log.ts';
import { ClientRegistry } from './net/clients.ts';
import { Outbox } from './net/outbox.ts';
import type { ListenError } from './net/peer.ts';
import { Persistence } from './persistence/service.ts';
import { renamesOf } from './renames.ts';
import { Replication } from './replication/service.ts';
import { session } from './session.ts';
import { ServerLifecycle } from './shutdown.ts';

export interface ServerOptions {
  readonly config: Config;
  /** Path of the configuration file for CONFIG REWRITE, or ''. */
  readonly configFile: string;
  readonly executable: string;
  readonly environment: Environment;
  readonly log: Logger;
}

export interface Server {
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly listeners: Listeners;
  readonly lifecycle: ServerLifecycle;
  readonly switches: CronSwitches;
}

/** Makes all parts and joins them; no I/O yet. */
export const buildServer = ({ config, configFile, executable, environment, log }: ServerOptions): Server => {
  const nowMs = () => environment.scheduler.now();
  const store = new ConfigStore(config);
  const hashKey = Buffer.from(environment.randomBytes(8));
  const keyspace = new Keyspace({
    databases: config.databases,
    random: environment.random,
    hashKey: [hashKey.readInt32LE(0), hashKey.readInt32LE(4)],
  });
  const outbox = new Outbox(environment.atTurnEnd);
  const stats = new ServerStats();
  const clients = new ClientRegistry({
    outbox,
    stats,
    config: () => store.config,
    nowMs,
    warn: (line) => log.warning(line),
  });
  const writes = new WriteStream();
  const listeners = new Listeners(environment.transport);
  const lifecycle = new ServerLifecycle({
    runId: hexadecimalId(environment),
    configFile,
    executable,
    startedMs: nowMs(),
    port: () => listeners.port,
  });
  const names = allCommands.map(({ name }) => name);
  const renames = renamesOf(config['rename-command'], names);
  if (E.isLeft(renames)) throw new Error(renames.left);
  const commands = new CommandTable(allCommands, renames.right);
  const persistence = new Persistence({ environment, keyspace, config: store, log, writes });
  const replication = new Replication({
    environment,
    config: store,
    keyspace,
    writes,
    clients,
    stats,
    persistence,
    log,
  });
  const switches: CronSwitches = { activeExpire: true };
  const services: Services = {
    environment,
    log,
    config: store,
    keyspace,
    clients,
    writes,
    stats,
    commands,
    persistence,
    replication,
    lifecycle,
    switches,
  };
  const dispatcher = new Dispatcher(services, outbox);
  replication.attach(dispatcher, {
    port: () => listeners.port,
    knows: (name) => commands.byName(name) !== undefined,
  });
  lifecycle.attach(services);
  const server: Server = { services, dispatcher, listeners, lifecycle, switches };
  configure(server);
  return server;
};

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
  from(services.persistence.load()()).pipe(
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
  const { clients, log, persistence, replication } = services;
  const sessions$ = listeners.peers$.pipe(mergeMap((peer) => session(peer, { clients, dispatcher, log })));
  const data$ = concat(
    defer(() => load(server)),
    defer(() => merge(cron(services, dispatcher, switches), persistence.run$, replication.run$)),
  );
  return merge(sessions$, data$).pipe(
    takeUntil(lifecycle.ended$),
    finalize(() => listeners.closeAll()),
  );
};
