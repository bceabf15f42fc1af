/**
 * What a reducer is given beside its database, its arguments and its reply: the frozen time, chance, the client, the
 * place for rewritten events, and the services that administrative commands talk to.
 *
 * @since 0.1.0
 */

import type { AuditTrail } from '../audit/service.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Config } from '../config/table.ts';
import type { CronSwitches } from '../cron.ts';
import type { Environment } from '../environment.ts';
import type { EventLog } from '../eventlog/service.ts';
import type { Effects } from '../events/effects.ts';
import type { WriteStream } from '../events/write-stream.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { Client } from '../net/client.ts';
import type { ClientRegistry } from '../net/clients.ts';
import type { Persistence } from '../persistence/service.ts';
import type { Replication } from '../replication/service.ts';
import type { Blocking } from './blocking.ts';
import type { CommandQueue } from './command-queue.ts';
import type { ServerStats } from './stats.ts';
import type { CommandTable } from './table.ts';
import type { WatchedKeys } from './watched-keys.ts';

/** Everything that is one per server. */
export interface Services {
  readonly environment: Environment;
  readonly log: Logger;
  readonly config: ConfigStore;
  readonly keyspace: Keyspace;
  readonly clients: ClientRegistry;
  readonly writes: WriteStream;
  readonly stats: ServerStats;
  readonly commands: CommandTable;
  readonly watchedKeys: WatchedKeys;
  readonly persistence: Persistence;
  readonly replication: Replication;
  readonly eventLog: EventLog;
  readonly blocking: Blocking;
  readonly audit: AuditTrail;
  readonly lifecycle: Lifecycle;
  readonly switches: CronSwitches;
}

export interface Context {
  /** Time of this command in ms since 1970; it stands still while the command runs. */
  readonly nowMs: number;
  readonly client: Client;
  readonly keyspace: Keyspace;
  /** The current configuration; a plain record. */
  readonly config: Config;
  /** Yields numbers in [0, 1). */
  readonly random: () => number;
  /** Where a reducer that returns Outcome.Rewritten writes what it did. */
  readonly effects: Effects;
  /** How many changes the command stands for (rdb_changes_since_last_save); 1 unless the reducer says otherwise. */
  changes: number;
  /** The command comes from our master, from the log or from a file: it is law, not a wish. */
  readonly fromMaster: boolean;
  /** The command is one of those that an EXEC runs. */
  readonly inTransaction: boolean;
  /** The client cannot be made to wait, within EXEC and on the link to our master: a command that would is answered. */
  readonly denyBlocking: boolean;
  /** Runs the commands of a transaction in one go and replies with the array of their replies. EXEC's business. */
  readonly runQueue: (queue: CommandQueue) => void;
  readonly server: Services;
}
