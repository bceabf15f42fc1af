/**
 * What follows from a configuration, at start and when CONFIG SET changes it: plain fields that hot code reads.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { combineLatest } from 'rxjs';
import type { Config } from './config/table.ts';
import { keyEventFlags } from './keyspace/key-events.ts';
import type { EncodingLimits } from './keyspace/limits.ts';
import { describeListenError } from './net/listeners.ts';
import type { Server } from './server.ts';

const limitsOf = (config: Config): EncodingLimits => ({
  hashEntries: config['hash-max-listpack-entries'],
  hashValueBytes: config['hash-max-listpack-value'],
  intsetEntries: config['set-max-intset-entries'],
  setEntries: config['set-max-listpack-entries'],
  setValueBytes: config['set-max-listpack-value'],
  zsetEntries: config['zset-max-listpack-entries'],
  zsetValueBytes: config['zset-max-listpack-value'],
  listSize: config['list-max-listpack-size'],
});

const apply = ({ services }: Server, config: Config): void => {
  const { keyspace, clients, log } = services;
  log.level = config.loglevel;
  clients.limits.bulkBytesMax = config['proto-max-bulk-len'];
  keyspace.lfu = config['maxmemory-policy'].endsWith('lfu');
  keyspace.lfuLogFactor = config['lfu-log-factor'];
  keyspace.lfuDecayMinutes = config['lfu-decay-time'];
  keyspace.keyEvents.flags = keyEventFlags(config['notify-keyspace-events']);
  Object.assign(keyspace.limits, limitsOf(config));
};

const NO_PORT =
  "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.";
const NO_ADDRESS =
  "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.";

/**
 * Moves the listeners, which takes a moment: CONFIG SET answers when it is over. After a failure the old addresses and
 * all that the command set are as before.
 */
const relisten = async (
  { services, listeners }: Server,
  config: Config,
  previous: Config,
): Promise<string | undefined> => {
  const { config: store, log } = services;
  const moved = await listeners.listenTcp(config, false)();
  if (E.isRight(moved)) return undefined;
  log.warning(describeListenError(moved.left));
  log.warning('Failed applying new configuration. Restoring previous settings.');
  store.assign(store.config === config ? previous : { port: previous.port, bind: previous.bind });
  const restored = await listeners.listenTcp(previous, false)();
  if (E.isLeft(restored)) log.warning(describeListenError(restored.left));
  return config.port === previous.port ? NO_ADDRESS : NO_PORT;
};

export const configure = (server: Server): void => {
  const { services } = server;
  apply(server, services.config.config);
  services.config.changes$.subscribe(({ config }) => apply(server, config));
  // What is refused at the moment: replication, persistence and a shutdown under way each say their part.
  combineLatest([
    services.replication.gate$,
    services.persistence.state$,
    services.eventLog.state$,
    server.lifecycle.holdsWrites$,
  ]).subscribe(([gate, persistence, eventLog, writesHeld]) => {
    server.dispatcher.setGate({
      ...gate,
      loading: persistence.loading,
      snapshotsFail: persistence.writesRefused,
      logFails: eventLog.refusal,
      writesHeld,
    });
  });
  services.persistence.state$.subscribe(({ loading }) => services.blocking.hold(loading));
  services.config.onApply(['port', 'bind'], (next, previous) => {
    const { lifecycle } = server;
    lifecycle.relistening = lifecycle.relistening.then(() => relisten(server, next, previous));
    return undefined;
  });
};
