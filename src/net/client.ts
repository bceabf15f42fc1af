/**
 * A client: one connection with what the server knows of it.
 *
 * @since 0.1.0
 */
import type { CommandQueue } from '../commands/command-queue.ts';
import { Decoder, type DecoderLimits } from '../resp/decoder.ts';
import type { Recipient } from './outbox.ts';
import type { Peer } from './peer.ts';

export enum ClientKind {
  Normal = 0,
  /** A replica of ours, once it has asked for the stream. */
  Replica = 1,
  /** Our own master: its commands are applied, not answered. */
  Master = 2,
}

/** Why a client's next commands have to wait, and what ends the waiting. */
export interface Blocked {
  /** When whoever blocked it will give up, on the monotonic clock of the server in ms; Infinity = never. */
  readonly deadlineMs: number;
  /** Called when the client goes away, or is unblocked, in the meantime. */
  readonly onCancel: () => void;
  /** Ends the waiting as if its time was up, or with an error reply; missing where CLIENT UNBLOCK has no say. */
  readonly unblock?: (error?: string) => void;
  /** The waiting is over: the client is answered and goes on at the end of the turn. */
  readonly isOver?: boolean;
}

export class Client implements Recipient {
  readonly id: number;
  readonly peer: Peer;
  readonly decoder: Decoder;
  readonly createdMs: number;
  kind = ClientKind.Normal;
  resp: 2 | 3 = 2;
  db = 0;
  name = '';
  libName = '';
  libVersion = '';
  user = 'default';
  authenticated = true;
  /** Name of the last command, "config|get" for a subcommand. */
  lastCommand = 'NULL';
  lastActiveMs: number;
  commands = 0;

  replyOff = false;
  /** Replies to skip: 1 = the next command's, 2 = the running CLIENT REPLY SKIP's own and the next. */
  replySkip = 0;
  noEvict = false;
  noTouch = false;
  closeAfterReply = false;
  /** Its output went beyond the limit in the middle of a reply, which was broken off. */
  isOverfull = false;
  closed = false;
  paused = false;
  blocked: Blocked | undefined = undefined;
  /** What it has sent since MULTI; undefined outside of a transaction. */
  transaction: CommandQueue | undefined = undefined;
  /** A key it watched has changed: its next EXEC runs nothing. */
  dirty = false;

  queuedBytes = 0;
  /** When the output first exceeded the soft limit, or 0. */
  softLimitSinceMs = 0;
  networkInBytes = 0;
  networkOutBytes = 0;

  /** What the replication link of a replica knows of it; set by the master side. */
  replicaPort = 0;
  replicaAddress = '';
  replicaCapabilities = 0;

  /** Goes on with the requests that were held back while the client was blocked. Set by the session. */
  resume: () => void = () => {};
  /** Ends the session at once. Set by the session. */
  end: () => void = () => {};
  /** Called once when the connection is over. Set by whoever keeps something about the client. */
  onClosed: () => void = () => {};
  /** Set by the registry: looks at output limits and pauses after each flush. */
  afterFlush: (bytes: number) => void = () => {};

  constructor(id: number, peer: Peer, limits: DecoderLimits, nowMs: number) {
    this.id = id;
    this.peer = peer;
    this.decoder = new Decoder(limits);
    this.createdMs = nowMs;
    this.lastActiveMs = nowMs;
  }

  /** Bytes of output that have not reached the system. */
  get outputBytes(): number {
    return this.queuedBytes + this.peer.pendingBytes;
  }
}
