/**
 * The parts of the server that replication is made with.
 *
 * @since 0.1.0
 */
import type { ServerStats } from '../commands/stats.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Environment } from '../environment.ts';
import type { WriteStream } from '../events/write-stream.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Logger } from '../log.ts';
import type { Client } from '../net/client.ts';
import type { ClientRegistry } from '../net/clients.ts';
import type { ReplicationStorage } from './ports.ts';

/** The audit trail, as far as links are its business. */
export interface LinkAudit {
  link(client: Client | undefined, words: readonly string[]): void;
}

export interface ReplicationParts {
  readonly environment: Environment;
  readonly config: ConfigStore;
  readonly keyspace: Keyspace;
  readonly writes: WriteStream;
  readonly clients: ClientRegistry;
  readonly stats: ServerStats;
  readonly persistence: ReplicationStorage;
  readonly log: Logger;
  /** Told of links that come and go. */
  readonly audit?: LinkAudit;
}
