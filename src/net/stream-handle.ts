/**
 * A peer directly on the libuv handle of a socket.
 *
 * Node's net.Socket spends more time per read and write on its stream machinery than a command takes. The handle below
 * it (`socket._handle`) does the work: it reads into a buffer of ours and writes what it can at once. Both are internals
 * of Node that have been stable since version 12; everything about them is in this file, is checked before it is used
 * (`takeHandle` answers undefined where anything is missing) and has the public way as its fallback (tcp.ts).
 *
 * @since 0.1.0
 */
import type net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { Observable, type Subscriber } from 'rxjs';
import { type Chunk, type Peer, PeerError } from './peer.ts';
import type { Addresses } from './tcp.ts';

/** A request object that libuv fills when a write completes later. */
interface WriteRequest {
  oncomplete: (status: number) => void;
  /** What is being written. libuv knows its address only, so whoever holds the request keeps the memory alive. */
  buffer?: Uint8Array;
}

/** The part of a TCP or Pipe handle that is used here. */
export interface StreamHandle {
  onread: (arrayBuffer: unknown) => void;
  readonly fd?: number;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  close(callback?: () => void): void;
  setKeepAlive?(enable: boolean, seconds: number): number;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly state: Int32Array;
  readonly readResult: number;
  readonly writeWasAsync: number;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isWriteRequestClass = (value: unknown): value is new () => WriteRequest => isFunction(value);

const loadBinding = (): StreamBinding | undefined => {
  try {
    const load: unknown = Reflect.get(process, 'binding');
    if (typeof load !== 'function') return undefined;
    const binding: unknown = Reflect.apply(load, process, ['stream_wrap']);
    if (!isObject(binding)) return undefined;
    const WriteWrap: unknown = Reflect.get(binding, 'WriteWrap');
    const state: unknown = Reflect.get(binding, 'streamBaseState');
    const readResult: unknown = Reflect.get(binding, 'kReadBytesOrError');
    const writeWasAsync: unknown = Reflect.get(binding, 'kLastWriteWasAsync');
    return isWriteRequestClass(WriteWrap) &&
      state instanceof Int32Array &&
      typeof readResult === 'number' &&
      typeof writeWasAsync === 'number'
      ? { WriteWrap, state, readResult, writeWasAsync }
      : undefined;
  } catch {
    return undefined;
  }
};

const BINDING = loadBinding();
const METHODS = ['readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'close'];

const isStreamHandle = (value: unknown): value is StreamHandle =>
  isObject(value) && METHODS.every((name) => isFunction(Reflect.get(value, name)));

/** The handle of a connected, paused socket, which must not be used by others any more; undefined where there is none. */
export const takeHandle = (socket: net.Socket): StreamHandle | undefined => {
  if (BINDING === undefined) return undefined;
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isStreamHandle(handle)) return undefined;
  handle.readStop();
  return handle;
};

const UV_EOF = -4095;
const NO_SUBSCRIBER = undefined;

export class HandlePeer implements Peer {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  readonly descriptor: number;
  readonly chunks$: Observable<Chunk>;
  pendingBytes = 0;
  onDrain: () => void = () => {};

  private readonly handle: StreamHandle;
  private readonly chunk: { bytes: Uint8Array; length: number };
  private subscriber: Subscriber<Chunk> | undefined = NO_SUBSCRIBER;
  private request: WriteRequest | undefined = undefined;
  private closing = false;
  private closed = false;
  private reading = false;
  /** Reading waits for the next turn, because this one has had its share. */
  private resting = false;

  /** `buffer` is where the bytes are read to; all peers may share one. */
  constructor(handle: StreamHandle, addresses: Addresses, buffer: Uint8Array) {
    this.handle = handle;
    this.remoteAddress = addresses.remoteAddress;
    this.localAddress = addresses.localAddress;
    this.isUnixSocket = addresses.isUnixSocket;
    this.descriptor = handle.fd ?? -1;
    this.chunk = { bytes: buffer, length: 0 };
    handle.useUserBuffer(buffer);
    handle.onread = () => this.readDone();
    this.chunks$ = new Observable<Chunk>((subscriber) => {
      this.subscriber = subscriber;
      this.resume();
      return () => {
        this.subscriber = NO_SUBSCRIBER;
        this.pause();
      };
    });
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.closed || BINDING === undefined) return true;
    const later = this.pendingBytes > 0;
    const range = later ? bytes.slice(start, end) : bytes.subarray(start, end);
    // A request that was not needed, because the system took everything at once, serves the next write.
    const request = this.request ?? new BINDING.WriteWrap();
    this.request = undefined;
    const failure = this.handle.writeBuffer(request, range);
    if (failure !== 0) {
      this.fail(failure);
      return true;
    }
    if (BINDING.state[BINDING.writeWasAsync] === 0) {
      this.request = request;
      return true;
    }
    this.pendingBytes += end - start;
    request.buffer = range;
    request.oncomplete = (status) => this.written(end - start, status);
    return later;
  }

  pause(): void {
    if (!this.reading || this.closed) return;
    this.reading = false;
    if (!this.resting) this.handle.readStop();
  }

  resume(): void {
    if (this.reading || this.closed || this.subscriber === undefined) return;
    this.reading = true;
    if (!this.resting) this.handle.readStart();
  }

  setKeepAlive(seconds: number): void {
    if (!this.isUnixSocket) this.handle.setKeepAlive?.(seconds > 0, seconds);
  }

  close(): void {
    this.closing = true;
    if (this.pendingBytes === 0) this.abort();
  }

  abort(): void {
    if (this.closed) return;
    this.closed = true;
    this.reading = false;
    this.pendingBytes = 0;
    this.handle.close();
  }

  private readDone(): void {
    const result = BINDING === undefined ? UV_EOF : BINDING.state[BINDING.readResult];
    const { subscriber } = this;
    if (subscriber === undefined) return;
    if (result > 0) {
      this.chunk.length = result;
      // libuv goes on reading a socket that fills the buffer, up to 32 times, while all others wait.
      if (result === this.chunk.bytes.length) this.rest();
      subscriber.next(this.chunk);
    } else if (result === UV_EOF) {
      this.pause();
      subscriber.complete();
    } else if (result < 0) {
      this.fail(result);
    }
  }

  private rest(): void {
    if (this.resting || !this.reading) return;
    this.resting = true;
    this.handle.readStop();
    setImmediate(this.wake);
  }

  private readonly wake = (): void => {
    this.resting = false;
    if (this.reading && !this.closed) this.handle.readStart();
  };

  private written(bytes: number, status: number): void {
    if (this.closed) return;
    this.pendingBytes -= bytes;
    if (status < 0) this.fail(status);
    else if (this.pendingBytes === 0) {
      if (this.closing) this.abort();
      else this.onDrain();
    }
  }

  private fail(status: number): void {
    const code = getSystemErrorName(status);
    const { subscriber } = this;
    this.abort();
    subscriber?.error(new PeerError(code, code));
  }
}
