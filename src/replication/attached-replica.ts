/**
 * A replica as its master sees it: a client, a place in the stream, and what it has acknowledged.
 *
 * @since 0.1.0
 */
import type { Client } from '../net/client.ts';

export enum ReplicaState {
  /** It has asked for a full sync, and the snapshot has not begun. */
  Waiting = 0,
  /** The snapshot is on its way. */
  Sending = 1,
  Online = 2,
}

/** What a replica can do, as it said with REPLCONF capa; bits of `client.replicaCapabilities`. */
export enum Capability {
  /** Understands a snapshot that ends with a mark. */
  Eof = 1,
  /** Understands +CONTINUE with an id. */
  Psync2 = 2,
  /** Wants the snapshot and nothing after it. */
  RdbOnly = 4,
}

const STATE_NAMES: Readonly<Record<ReplicaState, string>> = {
  [ReplicaState.Waiting]: 'wait_bgsave',
  [ReplicaState.Sending]: 'send_bulk',
  [ReplicaState.Online]: 'online',
};

/** The host of "127.0.0.1:6379" or "[::1]:6379". */
export const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');

export class AttachedReplica {
  readonly client: Client;
  state = ReplicaState.Waiting;
  /** Asked with PSYNC, so it is told the id and the offset of its snapshot. */
  readonly speaksPsync: boolean;
  /** Next byte of the stream that its peer is to get. */
  offset = 0;
  /** The piece of the stream that its socket takes; used again once the socket has taken it. */
  piece: Uint8Array | undefined = undefined;
  /** Whether the stream flows: not before the snapshot is loaded. */
  streaming = false;
  /** It has not yet reached the end of the stream since its full sync; the backlog keeps what it needs. */
  catchingUp = false;
  /** Bytes it has applied, as it says. */
  ackOffset = 0;
  /** Bytes that its disk has, as it says; -1 when it keeps no log. */
  syncedOffset = -1;
  /** When it was heard of last, or when its snapshot last made progress. */
  heardMs: number;
  /** Bytes its connection had brought when the cron looked last. */
  seenBytes = 0;
  /** Pieces of a snapshot of known length that have not been handed to the peer, and the next one to hand over. */
  pieces: Uint8Array[] | undefined = undefined;
  nextPiece = 0;
  pieceBytes = 0;

  constructor(client: Client, speaksPsync: boolean, nowMs: number) {
    this.client = client;
    this.speaksPsync = speaksPsync;
    this.heardMs = nowMs;
  }

  can(capability: Capability): boolean {
    return (this.client.replicaCapabilities & capability) !== 0;
  }

  get host(): string {
    return this.client.replicaAddress === '' ? hostOf(this.client.peer.remoteAddress) : this.client.replicaAddress;
  }

  get port(): number {
    return this.client.replicaPort;
  }

  get stateName(): string {
    return STATE_NAMES[this.state];
  }

  /** As log lines call it. */
  get name(): string {
    if (this.port !== 0) return `${this.host}:${this.port}`;
    return this.host === '' ? `client id #${this.client.id}` : `${this.host}:<unknown-replica-port>`;
  }

  /** Seconds since it was heard of. */
  lagSeconds(nowMs: number): number {
    return this.state === ReplicaState.Online ? Math.max(0, Math.floor((nowMs - this.heardMs) / 1000)) : 0;
  }
}
