/**
 * What replication needs of the rest of the server: snapshots to send, a loader for those it receives, and a way to run
 * commands. Narrow, so that specs can stand in for each.
 *
 * @since 0.1.0
 */
import type { Observable } from 'rxjs';
import type { Client } from '../net/client.ts';
import type { Chunk } from '../net/peer.ts';
import type { SnapshotOrigin, SnapshotSink } from '../persistence/snapshot.ts';
import type { CommandView } from '../resp/view.ts';

/** What a snapshot that was loaded from a stream says of itself. */
export interface StreamLoaded {
  /** The database that the master's stream has selected where the snapshot stands (`repl-stream-db`). */
  readonly replStreamDb?: number;
}

export interface ReplicationStorage {
  /** Writes a snapshot to the sink once subscribed, after those asked for before; `origin` is called at its moment. */
  readonly snapshotter: {
    start(sink: SnapshotSink, origin: () => SnapshotOrigin): Observable<unknown>;
  };
  /**
   * Loads an RDB in place of what is there, as its chunks come; they are loans. Subscribes at once and synchronously,
   * emits once `chunks$` has completed and the end of the file was right, fails when the bytes are no RDB. Then, and
   * when it is given up, the keyspace is empty. `totalBytes` is 0 when nobody knows.
   */
  loadStream(chunks$: Observable<Chunk>, totalBytes: number): Observable<StreamLoaded>;
  /** Where in the replication stream the data stand, for the files; set by replication. */
  replicationOrigin: () => SnapshotOrigin;
}

/** Runs commands: dispatch. */
export interface CommandRunner {
  /** Around the commands of one chunk. */
  beginTurn(): void;
  endTurn(): void;
  run(client: Client, view: CommandView): void;
}

/** What replication says about which commands are refused. */
export interface ReplicationGate {
  readonly readOnlyReplica: boolean;
  readonly stale: boolean;
  readonly tooFewReplicas: boolean;
}
