/**
 * What the parts of a link to the master tell one another.
 *
 * @since 0.1.0
 */

/** Why a link to the master ended. `message` is what the log says. */
export class LinkError extends Error {}

/** States as ROLE names them, and `transfer`, which ROLE calls `sync`. */
export type LinkState = 'none' | 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected';

/** What is known of a full sync under way. */
export interface SyncProgress {
  /** 0 when the master does not say. */
  readonly totalBytes: number;
  readonly readBytes: number;
}

/** What outlives a connection, so that the next one can go on where it broke. */
export interface LinkMemory {
  /** Whether the history's id and offset are a place in the master's stream. */
  resumable: boolean;
  /** The database that the stream has selected. */
  streamDb: number;
}
