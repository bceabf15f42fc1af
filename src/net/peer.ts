/**
 * A peer: the other end of one connection, whatever carries it. And the transport that makes peers.
 *
 * The server knows only these interfaces; TCP and unix sockets are in tcp.ts, connections within one process in
 * memory.ts.
 *
 * @since 0.1.0
 */
import type { TaskEither } from 'fp-ts/TaskEither';
import { NEVER, type Observable } from 'rxjs';

/** Bytes as they came: the first `length` of `bytes`. A loan, good until `next` returns. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly length: number;
}

export interface Peer {
  /** "127.0.0.1:6379", "[::1]:6379", or "/path:0" for a unix socket. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  /** File descriptor, or -1. */
  readonly descriptor: number;
  /** Completes when the peer has finished sending, fails when the connection breaks. One subscriber. */
  readonly chunks$: Observable<Chunk>;
  /** Bytes handed to `write` that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Sends bytes[start, end). True when the range may be reused at once, false when it is needed until the drain. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** Set by the owner: called when `pendingBytes` falls to 0. */
  onDrain: () => void;
  pause(): void;
  resume(): void;
  setKeepAlive(seconds: number): void;
  /** Ends the connection once what was written has gone out. */
  close(): void;
  /** Ends the connection now. */
  abort(): void;
}

export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly backlog: number }
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number; readonly backlog: number };

export interface ListenError {
  readonly _tag: 'ListenError';
  readonly endpoint: Endpoint;
  /** System error code such as EADDRINUSE. */
  readonly code: string;
  readonly message: string;
}

export interface Listener {
  /** The port that was really bound; 0 for a unix socket. */
  readonly port: number;
  readonly peers$: Observable<Peer>;
  close(): void;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Local address to connect from. */
  readonly localAddress?: string;
}

export interface Transport {
  listen(endpoint: Endpoint): TaskEither<ListenError, Listener>;
  /** Emits one peer and completes, or fails. Unsubscribing before that gives the attempt up. */
  connect(options: ConnectOptions): Observable<Peer>;
}

/** The connection broke; `message` as the system names it ("Connection reset by peer"). */
export class PeerError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A peer that says and hears nothing. */
export const NO_PEER: Peer = {
  remoteAddress: '',
  localAddress: '',
  isUnixSocket: false,
  descriptor: -1,
  chunks$: NEVER,
  pendingBytes: 0,
  write: () => true,
  onDrain: () => {},
  pause: () => {},
  resume: () => {},
  setKeepAlive: () => {},
  close: () => {},
  abort: () => {},
};
