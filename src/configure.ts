/**
 * What follows from a configuration, at start and when CONFIG SET changes it: plain fields that hot code reads.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { combineLatest } from 'rxjs';
import type { Config } from './config/table.ts';
import { describeListenError } from './listeners.ts';
import type { Server } from './server.ts';

const apply = ({ services }: Server, config: Config): void => {
  const { keyspace, clients, log } = services;
  log.level = config.loglevel;
  clients.limits.bulkBytesMax = config['proto-max-bulk-len'];
  keyspace.lfu = config['maxmemory-policy'].endsWith('lfu');
  keyspace.lfuLogFactor = config['lfu-log-factor'];
  keyspace.lfuDecayMinutes = config['lfu-decay-time'];
};

/** Moves the listeners; a failure is told in the log and the old addresses stay. */
const relisten = ({ services, listeners }: Server, config: Config, previous: Config): void => {
  void listeners
    .listenTcp(config, false)()
    .then((result) => {
      if (E.isRight(result)) return;
      services.log.warning(describeListenError(result.left));
      services.config.assign({ port: previous.port, bind: previous.bind });
      return listeners.listenTcp(previous, false)();
    });
};

export const configure = (server: Server): void => {
  const { services } = server;
  apply(server, services.config.config);
  services.config.changes$.subscribe(({ config }) => apply(server, config));
  // What is refused at the moment: replication and persistence each say their part.
  combineLatest([services.replication.gate$, services.persistence.state$]).subscribe(([gate, persistence]) => {
    server.dispatcher.setGate({
      ...gate,
      loading: gate.loading || persistence.loading,
      snapshotsFail: persistence.writesRefused,
    });
  });
  services.config.onApply(['port', 'bind'], (next, previous) => {
    relisten(server, next, previous);
    return undefined;
  });
};
