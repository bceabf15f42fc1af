/**
 * Assembly: makes the parts of a server and joins them. No I/O happens here; server.ts lets the data flow.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { Annotator } from './audit/annotator.ts';
import { AuditTrail } from './audit/service.ts';
import { allCommands } from './commands/all.ts';
import { Blocking } from './commands/blocking.ts';
import type { Services } from './commands/context.ts';
import { Dispatcher } from './commands/dispatch.ts';
import { renamesOf } from './commands/renames.ts';
import { ServerStats } from './commands/stats.ts';
import { CommandTable } from './commands/table.ts';
import { WatchedKeys } from './commands/watched-keys.ts';
import type { Config } from './config/config.ts';
import { ConfigStore } from './config/store.ts';
import { configure } from './configure.ts';
import type { CronSwitches } from './cron.ts';
import { type Environment, hexadecimalId } from './environment.ts';
import { FolderLoader } from './eventlog/loader.ts';
import { EventLog } from './eventlog/service.ts';
import { WriteStream } from './events/write-stream.ts';
import { Keyspace } from './keyspace/keyspace.ts';
import type { Logger } from './log.ts';
import { ClientRegistry } from './net/clients.ts';
import { Listeners } from './net/listeners.ts';
import { Outbox } from './net/outbox.ts';
import { Persistence } from './persistence/service.ts';
import { Replication } from './replication/service.ts';
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
  const watchedKeys = new WatchedKeys(keyspace);
  clients.onRemoved = (client) => watchedKeys.forget(client);
  const writes = new WriteStream(environment.timeUs);
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
  const audit = new AuditTrail(store, writes);
  const replication = new Replication({
    environment,
    config: store,
    keyspace,
    writes,
    clients,
    stats,
    persistence,
    log,
    audit,
  });
  let annotator: Annotator | undefined;
  const eventLog = new EventLog({
    environment,
    config: store,
    log,
    writes,
    outbox,
    persistence,
    replication,
    annotator: (pending) => {
      annotator = new Annotator({ pending, timeUs: () => writes.timeUs(), commands, config: store });
      return annotator;
    },
  });
  audit.events$.subscribe((event) => eventLog.annotate(() => annotator?.audit(event)));
  outbox.beforeFlush = () => eventLog.commit();
  persistence.eventLog = eventLog;
  replication.history.beforeFeed = () => void eventLog.commit();
  replication.history.syncedOffset = () => eventLog.syncedOffset;
  const blocking = new Blocking({ environment, keyspace, clients, stats, commands });
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
    watchedKeys,
    persistence,
    replication,
    eventLog,
    blocking,
    audit,
    lifecycle,
    switches,
  };
  eventLog.loader = new FolderLoader(services);
  const dispatcher = new Dispatcher(services, outbox);
  replication.attach(dispatcher, {
    port: () => listeners.port,
    knows: (name) => commands.byName(name) !== undefined,
    demoted: () => blocking.cancelAll(),
  });
  blocking.attach(dispatcher);
  lifecycle.attach(services);
  const server: Server = { services, dispatcher, listeners, lifecycle, switches };
  configure(server);
  return server;
};
