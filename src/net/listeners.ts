/**
 * Where the server listens: several addresses, IPv6, a unix socket; and moving elsewhere while it runs.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as TE from 'fp-ts/TaskEither';
import { concat, defer, type Observable, Subject, type Subscription } from 'rxjs';
import { type Config, fromLatin1 } from '../config/config.ts';
import type { Endpoint, ListenError, Listener, Peer, Transport } from './peer.ts';

/** Errors that an address with a leading '-' is forgiven: it does not exist on this machine. */
const UNAVAILABLE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOENT', 'EPROTONOSUPPORT']);

const MESSAGES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
};

const hostOf = (address: string): string => {
  const name = address.startsWith('-') ? address.slice(1) : address;
  if (name === '*') return '0.0.0.0';
  return name === '::*' || name === '::' ? '::' : name;
};

/** An address as `bind` says it. */
const shownHost = (host: string): string => (host === '0.0.0.0' ? '*' : host === '::' ? '::*' : host);

/** Redis' line for a socket that could not be opened. */
export const describeListenError = ({ endpoint, code, message }: ListenError): string => {
  const reason = `bind: ${MESSAGES[code] ?? message}`;
  return endpoint.kind === 'tcp'
    ? `Warning: Could not create server TCP listening socket ${shownHost(endpoint.host)}:${endpoint.port}: ${reason}`
    : `Failed opening Unix socket: ${reason}`;
};

/** Opens and closes listeners; their peers come out of one stream. */
export class Listeners {
  private readonly subject = new Subject<Peer>();
  /** Peers that came before anybody served: a port is open a moment before the server is. */
  private early: Peer[] = [];
  readonly peers$: Observable<Peer> = defer(() => {
    const { early } = this;
    this.early = [];
    return concat(early, this.subject);
  });
  private tcp: Listener[] = [];
  private unix: Listener | undefined = undefined;
  private readonly subscriptions = new Map<Listener, Subscription>();
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Whether clients can connect by a unix socket. */
  get hasUnixSocket(): boolean {
    return this.unix !== undefined;
  }

  /** The first TCP port that was really bound, or 0. */
  get port(): number {
    return this.tcp[0]?.port ?? 0;
  }

  /**
   * Listens on all addresses of `bind`; the old ones are given up when the new ones are open. On failure nothing changes.
   *
   * @param anyPort whether port 0 asks for a free port instead of none
   */
  listenTcp(config: Config, anyPort: boolean): TE.TaskEither<ListenError, void> {
    const { port } = config;
    return async () => {
      const opened: Listener[] = [];
      const wanted = port === 0 && !anyPort ? [] : config.bind.length === 0 ? ['*', '-::*'] : config.bind;
      // A socket cannot be bound twice, so those of the same port go first.
      const replaced = this.tcp;
      const samePort = replaced.some((listener) => listener.port === port);
      if (samePort) for (const listener of replaced) this.close(listener);
      for (const address of wanted) {
        const endpoint: Endpoint = {
          kind: 'tcp',
          host: hostOf(address),
          port: opened[0]?.port ?? port,
          backlog: config['tcp-backlog'],
        };
        const listener = await this.transport.listen(endpoint)();
        if (E.isRight(listener)) {
          opened.push(listener.right);
          this.open(listener.right);
        } else if (!address.startsWith('-') || !UNAVAILABLE.has(listener.left.code)) {
          for (const other of opened) this.close(other);
          return listener;
        }
      }
      if (!samePort) for (const listener of replaced) this.close(listener);
      this.tcp = opened;
      return E.right(undefined);
    };
  }

  /** Listens on `unixsocket`, when there is one. */
  listenUnix(config: Config): TE.TaskEither<ListenError, void> {
    const path = fromLatin1(config.unixsocket);
    if (path === '') return TE.right(undefined);
    const endpoint: Endpoint = { kind: 'unix', path, mode: config.unixsocketperm, backlog: config['tcp-backlog'] };
    return async () => {
      const listener = await this.transport.listen(endpoint)();
      if (E.isLeft(listener)) return listener;
      this.unix = listener.right;
      this.open(listener.right);
      return E.right(undefined);
    };
  }

  closeAll(): void {
    for (const listener of this.tcp) this.close(listener);
    if (this.unix !== undefined) this.close(this.unix);
    this.tcp = [];
    this.unix = undefined;
    for (const peer of this.early) peer.abort();
    this.early = [];
    this.subject.complete();
  }

  private open(listener: Listener): void {
    this.subscriptions.set(
      listener,
      listener.peers$.subscribe((peer) => {
        if (this.subject.observed) this.subject.next(peer);
        else this.early.push(peer);
      }),
    );
  }

  private close(listener: Listener): void {
    this.subscriptions.get(listener)?.unsubscribe();
    this.subscriptions.delete(listener);
    listener.close();
  }
}
