/**
 * Connections within one process: a network of named hosts and ports that no system knows of.
 *
 * In:     endpoints to listen on and to connect to. Out: peers, as tcp.ts makes them.
 * Memory: what was written and not delivered; a writer sees it as `pendingBytes` and is told when it has gone.
 *
 * Delivery is as deterministic as the caller: bytes move in `atTurnEnd`, one chunk per connection and turn, in the order
 * in which connections were written to. Who wants a hostile network says how chunks are cut (`cut`), breaks links
 * (`breakLinks`) or keeps them from coming up (`isolate`).
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { Observable, Subject, type Subscriber } from 'rxjs';
import {
  type Chunk,
  type Endpoint,
  type ListenError,
  type Listener,
  type Peer,
  PeerError,
  type Transport,
} from './peer.ts';

export interface MemoryNetworkOptions {
  /** Runs a function once the events that are ready now have been handled. */
  readonly atTurnEnd: (run: () => void) => void;
  /** How many of `available` bytes the next chunk has; all by default, at least 1. */
  readonly cut?: (available: number) => number;
}

const LOOPBACK = '127.0.0.1';
const FIRST_FREE_PORT = 49152;
const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::', '*']);

/** One end of a connection. */
class MemoryPeer implements Peer {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  readonly descriptor = -1;
  readonly chunks$: Observable<Chunk>;
  pendingBytes = 0;
  onDrain: () => void = () => {};
  other: MemoryPeer | undefined = undefined;

  private readonly network: MemoryNetworkOptions;
  private readonly forget: (peer: MemoryPeer) => void;
  /** Bytes the other end has written and we have not delivered; the first from `consumed` on. */
  private readonly inbox: Uint8Array[] = [];
  private consumed = 0;
  private subscriber: Subscriber<Chunk> | undefined = undefined;
  private paused = false;
  private scheduled = false;
  /** The other end sends no more. */
  private finished = false;
  private failure: PeerError | undefined = undefined;
  private closing = false;
  private closed = false;

  constructor(
    network: MemoryNetworkOptions,
    addresses: { readonly remote: string; readonly local: string; readonly isUnixSocket: boolean },
    forget: (peer: MemoryPeer) => void,
  ) {
    this.network = network;
    this.remoteAddress = addresses.remote;
    this.localAddress = addresses.local;
    this.isUnixSocket = addresses.isUnixSocket;
    this.forget = forget;
    this.chunks$ = new Observable<Chunk>((subscriber) => {
      this.subscriber = subscriber;
      this.schedule();
      return () => {
        this.subscriber = undefined;
      };
    });
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const { other } = this;
    if (this.closed || this.closing || other === undefined || other.closed || end === start) return true;
    other.inbox.push(new Uint8Array(bytes.subarray(start, end)));
    this.pendingBytes += end - start;
    other.schedule();
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.schedule();
  }

  setKeepAlive(): void {}

  close(): void {
    if (this.closed || this.closing) return;
    this.closing = true;
    if (this.pendingBytes === 0) this.abort();
  }

  abort(): void {
    if (this.closed) return;
    this.closed = true;
    this.inbox.length = 0;
    this.pendingBytes = 0;
    this.forget(this);
    this.other?.finish();
  }

  /** The connection breaks, as if a cable had been cut: both ends get an error, what was under way is lost. */
  fail(error: PeerError): void {
    if (this.closed) return;
    this.closed = true;
    this.failure = error;
    this.inbox.length = 0;
    this.pendingBytes = 0;
    this.forget(this);
    this.schedule();
  }

  /** The other end has closed; what it had written before still comes. */
  private finish(): void {
    this.finished = true;
    // Nobody reads what we have written.
    this.pendingBytes = 0;
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.network.atTurnEnd(this.deliver);
  }

  private readonly deliver = (): void => {
    this.scheduled = false;
    const { subscriber, inbox } = this;
    if (subscriber === undefined) return;
    if (this.failure !== undefined) {
      subscriber.error(this.failure);
      return;
    }
    if (this.paused || this.closed) return;
    const next = inbox[0];
    if (next === undefined) {
      if (this.finished) subscriber.complete();
      return;
    }
    const available = next.length - this.consumed;
    const length = Math.max(1, Math.min(available, this.network.cut?.(available) ?? available));
    // A copy, so that a reader that keeps its loan is found out.
    const bytes = next.slice(this.consumed, this.consumed + length);
    this.consumed += length;
    if (length === available) {
      inbox.shift();
      this.consumed = 0;
    }
    this.schedule();
    subscriber.next({ bytes, length });
    bytes.fill(0xaa);
    this.other?.delivered(length);
  };

  private delivered(bytes: number): void {
    if (this.closed || this.pendingBytes === 0) return;
    this.pendingBytes -= bytes;
    if (this.pendingBytes > 0) return;
    if (this.closing) this.abort();
    else this.onDrain();
  }
}

interface MemoryListener extends Listener {
  readonly accept: (peer: Peer) => void;
}

/** A network of its own: its ports are nobody else's. */
export class MemoryNetwork {
  readonly transport: Transport;
  private readonly options: MemoryNetworkOptions;
  private readonly listeners = new Map<string, MemoryListener>();
  private readonly peers = new Set<MemoryPeer>();
  private readonly isolated = new Set<number>();
  private nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions) {
    this.options = options;
    this.transport = {
      listen: (endpoint) => async () => this.listen(endpoint),
      connect: ({ host, port, localAddress }) => this.connect(host, port, localAddress ?? LOOPBACK),
    };
  }

  /** How many connections there are. */
  get size(): number {
    return this.peers.size / 2;
  }

  /** Connects to a unix socket, which Transport cannot. */
  connectUnix(path: string): Observable<Peer> {
    return this.open(path, { remote: `${path}:0`, local: `${path}:0`, isUnixSocket: true });
  }

  /**
   * Breaks every connection to this port, or every one there is, except those that `spare` wants to keep; it is asked
   * with the address of the end that connected. Answers how many.
   */
  breakLinks(port?: number, spare: (remoteAddress: string) => boolean = () => false): number {
    const suffix = `:${port ?? ''}`;
    const ends = [...this.peers].filter(
      (peer) => (port === undefined || peer.localAddress.endsWith(suffix)) && !spare(peer.remoteAddress),
    );
    let broken = 0;
    for (const end of ends) {
      const { other } = end;
      if (!this.peers.has(end)) continue;
      broken++;
      const reset = new PeerError('ECONNRESET', 'read ECONNRESET');
      end.fail(reset);
      other?.fail(reset);
    }
    return broken;
  }

  /** Breaks the connections to a port and refuses new ones, until `rejoin`. */
  isolate(port: number, spare?: (remoteAddress: string) => boolean): void {
    this.isolated.add(port);
    this.breakLinks(port, spare);
  }

  rejoin(port: number): void {
    this.isolated.delete(port);
  }

  private listen(endpoint: Endpoint): E.Either<ListenError, Listener> {
    const port = endpoint.kind === 'unix' ? 0 : endpoint.port === 0 ? this.freePort() : endpoint.port;
    const name = endpoint.kind === 'unix' ? endpoint.path : this.nameOf(endpoint.host, port);
    if (this.listeners.has(name)) {
      return E.left({ _tag: 'ListenError', endpoint, code: 'EADDRINUSE', message: `address already in use ${name}` });
    }
    const peers$ = new Subject<Peer>();
    const listener: MemoryListener = {
      port,
      peers$: peers$.asObservable(),
      accept: (peer) => peers$.next(peer),
      close: () => {
        if (this.listeners.get(name) === listener) this.listeners.delete(name);
        peers$.complete();
      },
    };
    this.listeners.set(name, listener);
    return E.right(listener);
  }

  private connect(host: string, port: number, localHost: string): Observable<Peer> {
    return new Observable<Peer>((subscriber) => {
      const local = `${localHost}:${this.freePort()}`;
      const addresses = { remote: this.nameOf(host, port), local, isUnixSocket: false };
      const names = [addresses.remote, `*:${port}`];
      const found = this.isolated.has(port) ? undefined : names.find((name) => this.listeners.has(name));
      return this.open(found, addresses).subscribe(subscriber);
    });
  }

  private open(
    listenerName: string | undefined,
    addresses: { readonly remote: string; readonly local: string; readonly isUnixSocket: boolean },
  ): Observable<Peer> {
    return new Observable<Peer>((subscriber) => {
      this.options.atTurnEnd(() => {
        if (subscriber.closed) return;
        const listener = listenerName === undefined ? undefined : this.listeners.get(listenerName);
        if (listener === undefined) {
          subscriber.error(new PeerError('ECONNREFUSED', `connect ECONNREFUSED ${addresses.remote}`));
          return;
        }
        const forget = (peer: MemoryPeer) => this.peers.delete(peer);
        const near = new MemoryPeer(this.options, addresses, forget);
        const swapped = { remote: addresses.local, local: addresses.remote, isUnixSocket: addresses.isUnixSocket };
        const far = new MemoryPeer(this.options, swapped, forget);
        near.other = far;
        far.other = near;
        this.peers.add(near);
        this.peers.add(far);
        listener.accept(far);
        subscriber.next(near);
        subscriber.complete();
      });
    });
  }

  private nameOf(host: string, port: number): string {
    if (ANY_HOST.has(host)) return `*:${port}`;
    const name = host === 'localhost' ? LOOPBACK : host;
    return `${name.includes(':') ? `[${name}]` : name}:${port}`;
  }

  private freePort(): number {
    return this.nextPort++;
  }
}
