/**
 * TCP and unix sockets on Node's net module.
 *
 * In:  endpoints. Out: peers. All sockets read into one static buffer; a chunk is a view of it.
 *
 * Two ways carry a connection. The quick one (stream-handle.ts) talks to the socket's libuv handle and saves the cost
 * of the Writable and Readable machinery, which is more than that of a command. Where Node does not offer the handle
 * the plain one (`SocketPeer`) does the same with the public interface.
 *
 * @since 0.1.0
 */
import { chmodSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import net from 'node:net';
import * as E from 'fp-ts/Either';
import type { TaskEither } from 'fp-ts/TaskEither';
import { Observable, Subject } from 'rxjs';
import {
  type Chunk,
  type ConnectOptions,
  type Endpoint,
  type ListenError,
  type Listener,
  type Peer,
  PeerError,
  type Transport,
} from './peer.ts';
import { HandlePeer, type StreamHandle, takeHandle } from './stream-handle.ts';

/** The share of one connection in a turn. Redis reads 16 KiB; deep pipelines profit from a little more. */
export const READ_BUFFER_BYTES = 32 * 1024;

/** `ip:port` as Redis prints it, with brackets around IPv6. */
const address = (host: string | undefined, port: number | undefined): string =>
  host === undefined ? '?:0' : `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`;

export interface Addresses {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
}

const addressesOf = (socket: net.Socket, path: string | undefined): Addresses =>
  path === undefined
    ? {
        remoteAddress: address(socket.remoteAddress, socket.remotePort),
        localAddress: address(socket.localAddress, socket.localPort),
        isUnixSocket: false,
      }
    : { remoteAddress: `${path}:0`, localAddress: `${path}:0`, isUnixSocket: true };

/** A peer on the public interface of net.Socket. */
class SocketPeer implements Peer {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  readonly descriptor = -1;
  readonly chunks$: Observable<Chunk>;
  onDrain: () => void = () => {};
  private readonly socket: net.Socket;

  constructor(socket: net.Socket, addresses: Addresses) {
    this.socket = socket;
    this.remoteAddress = addresses.remoteAddress;
    this.localAddress = addresses.localAddress;
    this.isUnixSocket = addresses.isUnixSocket;
    socket.on('error', () => {});
    socket.on('drain', () => this.drained());
    this.chunks$ = new Observable<Chunk>((subscriber) => {
      // As a plain array: `slice` of a Buffer is a view, not a copy.
      const onData = ({ buffer, byteOffset, length }: Buffer) =>
        subscriber.next({ bytes: new Uint8Array(buffer, byteOffset, length), length });
      const onError = (error: NodeJS.ErrnoException) =>
        subscriber.error(new PeerError(error.code ?? 'EIO', error.message));
      const onEnd = () => subscriber.complete();
      socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
      socket.resume();
      return () => {
        socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
      };
    });
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.socket.writableLength > 0) {
      this.socket.write(bytes.slice(start, end), this.drained);
      return true;
    }
    this.socket.write(bytes.subarray(start, end), this.drained);
    return this.socket.writableLength === 0;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  setKeepAlive(seconds: number): void {
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }

  close(): void {
    this.socket.end(() => this.socket.destroy());
  }

  abort(): void {
    this.socket.destroy();
  }

  private readonly drained = (): void => {
    if (this.socket.writableLength === 0) this.onDrain();
  };
}

const listenError = (endpoint: Endpoint, error: NodeJS.ErrnoException): ListenError => ({
  _tag: 'ListenError',
  endpoint,
  code: error.code ?? 'EIO',
  message: error.message,
});

const peerOf = (socket: net.Socket, path: string | undefined, quick: boolean, buffer: Uint8Array): Peer => {
  const addresses = addressesOf(socket, path);
  if (path === undefined) socket.setNoDelay(true);
  const handle: StreamHandle | undefined = quick ? takeHandle(socket) : undefined;
  return handle === undefined ? new SocketPeer(socket, addresses) : new HandlePeer(handle, addresses, buffer);
};

/**
 * A transport over the system's sockets.
 *
 * @param quick whether to use libuv handles where Node offers them; the plain way otherwise
 */
export const tcpTransport = (quick = true): Transport => {
  const buffer = new Uint8Array(READ_BUFFER_BYTES);

  const listen =
    (endpoint: Endpoint): TaskEither<ListenError, Listener> =>
    async () => {
      const path = endpoint.kind === 'unix' ? endpoint.path : undefined;
      const peers$ = new Subject<Peer>();
      // Half-open, so that replies to the last commands of a client that has sent its FIN still go out.
      const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
        peers$.next(peerOf(socket, path, quick, buffer)),
      );
      if (path !== undefined) await unlink(path).catch(() => {});
      const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
        server.once('error', resolve);
        server.once('listening', () => resolve(undefined));
        if (endpoint.kind === 'unix') server.listen({ path: endpoint.path, backlog: endpoint.backlog });
        else {
          server.listen({
            host: endpoint.host,
            port: endpoint.port,
            backlog: endpoint.backlog,
            ipv6Only: endpoint.host.includes(':'),
          });
        }
      });
      if (failure !== undefined) return E.left(listenError(endpoint, failure));
      // An accept that fails (out of descriptors) concerns that one connection.
      server.on('error', () => {});
      // At once: a peer that came while we waited would meet nobody.
      if (endpoint.kind === 'unix' && endpoint.mode !== 0) chmodSync(endpoint.path, endpoint.mode);
      const bound = server.address();
      return E.right({
        port: bound !== null && typeof bound === 'object' ? bound.port : 0,
        peers$: peers$.asObservable(),
        close: () => {
          server.close();
          peers$.complete();
        },
      });
    };

  const connect = (options: ConnectOptions): Observable<Peer> =>
    new Observable<Peer>((subscriber) => {
      const { host, port, localAddress } = options;
      let handedOver = false;
      const onError = (error: NodeJS.ErrnoException) =>
        subscriber.error(new PeerError(error.code ?? 'EIO', error.message));
      let socket: net.Socket;
      try {
        socket = net.connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
      } catch (error) {
        // Node throws at addresses that are none, as if they were the program's and not the configuration's.
        subscriber.error(new PeerError('EINVAL', error instanceof Error ? error.message : String(error)));
        return;
      }
      socket.once('error', onError);
      socket.once('connect', () => {
        socket.off('error', onError);
        socket.pause();
        handedOver = true;
        subscriber.next(peerOf(socket, undefined, quick, buffer));
        subscriber.complete();
      });
      return () => {
        if (!handedOver) socket.destroy();
      };
    });

  return { listen, connect };
};
