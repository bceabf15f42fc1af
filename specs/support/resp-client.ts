/**
 * A raw RESP client: every byte that goes out and comes in can be seen.
 *
 * In:  a port, a socket path or any Duplex that is connected to a server.
 * Out: replies in the order they came, as trees or as the exact bytes; a promise for the moment the server hangs up.
 * Memory: holds what the server sent and nobody has read yet.
 * @since 0.1.0
 */
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Arg, decodeReply, encodeCommand, type Reply, ReplyScanner, show } from './reply.ts';
import type { Teardown } from './temp.ts';

export { type Arg, decodeReply, encodeCommand, type Plain, plain, type Reply, show } from './reply.ts';

interface Waiter {
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (reason: Error) => void;
}

/** The server closed the connection, or it was closed here, before the reply that was waited for. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

export class RawClient {
  /** Settles when the connection is over, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  /** Pushes that were put aside because `divertPushes` was set. */
  readonly pushes: Reply[] = [];
  /** When true, RESP3 pushes go to `pushes` (and `nextPush`) and do not answer a `send`. */
  divertPushes = false;

  readonly #stream: Duplex;
  readonly #scanner = new ReplyScanner();
  readonly #ready: Buffer[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #pushWaiters: ((reply: Reply) => void)[] = [];
  // Pieces are joined only when a reply may be complete, doubling the capacity: reading n bytes costs O(n).
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  #ended: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.closed = new Promise((resolve) => {
      const end = (reason: string) => {
        if (this.#ended === undefined) {
          this.#ended = new ConnectionClosed(reason);
          for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#ended);
        }
        resolve();
      };
      stream.on('data', (chunk: Buffer) => {
        try {
          this.#take(chunk);
        } catch (error) {
          end(`the server sent what is no RESP: ${String(error)}`);
          stream.destroy();
        }
      });
      stream.on('error', (error: Error) => end(`the connection failed: ${error.message}`));
      stream.on('end', () => end(`the server closed the connection${this.#leftover()}`));
      stream.on('close', () => end(`the connection was closed${this.#leftover()}`));
    });
  }

  /** Sends one command and waits for its reply. */
  async send(...args: Arg[]): Promise<Reply> {
    return decodeReply(await this.sendRaw(args));
  }

  /** Sends one command and waits for its reply, rendered by `show`: `t.is(await client.text('GET', 'k'), '"v"')`. */
  async text(...args: Arg[]): Promise<string> {
    return show(await this.send(...args));
  }

  /** Sends one command and waits for the exact bytes of its reply. */
  sendRaw(args: readonly Arg[]): Promise<Buffer> {
    const reply = this.readRaw();
    this.#stream.write(encodeCommand(args));
    return reply;
  }

  /** Sends all commands with one write and waits for all replies. */
  async pipeline(commands: readonly (readonly Arg[])[]): Promise<Reply[]> {
    return (await this.pipelineRaw(commands)).map(decodeReply);
  }

  /** As `pipeline`, with the exact bytes of each reply. */
  pipelineRaw(commands: readonly (readonly Arg[])[]): Promise<Buffer[]> {
    const replies = Promise.all(commands.map(() => this.readRaw()));
    this.#stream.write(Buffer.concat(commands.map(encodeCommand)));
    return replies;
  }

  /** Sends bytes as they are; resolves when they were handed to the kernel. */
  write(bytes: string | Uint8Array): Promise<void> {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return new Promise((resolve, reject) => {
      this.#stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next reply (or push), however it was caused. Rejects with ConnectionClosed when none can come any more. */
  async readReply(): Promise<Reply> {
    return decodeReply(await this.readRaw());
  }

  /** The exact bytes of the next reply. */
  readRaw(): Promise<Buffer> {
    const bytes = this.#ready.shift();
    if (bytes !== undefined) return Promise.resolve(bytes);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The next push that `divertPushes` puts aside, or the oldest that is already there. */
  nextPush(): Promise<Reply> {
    const push = this.pushes.shift();
    return push !== undefined ? Promise.resolve(push) : new Promise((resolve) => this.#pushWaiters.push(resolve));
  }

  /** Everything the server sends until it closes the connection, replies that were not read yet included. */
  async readToEnd(): Promise<Buffer> {
    await this.closed;
    return Buffer.concat([...this.#ready.splice(0), this.#buffer.subarray(0, this.#used)]);
  }

  /** Stops reading, as a client that hangs does; `resume` goes on. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Half-closes: the server still may answer what it has received. */
  end(): void {
    this.#stream.end();
  }

  /** Closes at once and waits until it is done. */
  close(): Promise<void> {
    this.#stream.destroy();
    return this.closed;
  }

  #leftover(): string {
    return this.#used === 0
      ? ''
      : ` in the middle of ${show.bytes(this.#buffer.subarray(0, Math.min(this.#used, 80)))}`;
  }

  #take(chunk: Buffer): void {
    if (this.#used + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(4096, 2 * (this.#used + chunk.length)));
      this.#buffer.copy(grown, 0, 0, this.#used);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#used);
    this.#used += chunk.length;

    let from = 0;
    while (from < this.#used) {
      const bytes = this.#scanner.scan(this.#buffer.subarray(from, this.#used));
      if (bytes === -1) break;
      this.#deliver(Buffer.from(this.#buffer.subarray(from, from + bytes)));
      from += bytes;
    }
    if (from === 0) return;
    this.#buffer.copyWithin(0, from, this.#used);
    this.#used -= from;
  }

  #deliver(bytes: Buffer): void {
    if (this.divertPushes && bytes[0] === 0x3e) {
      const push = decodeReply(bytes);
      const waiter = this.#pushWaiters.shift();
      if (waiter !== undefined) waiter(push);
      else this.pushes.push(push);
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve(bytes);
    else this.#ready.push(bytes);
  }
}

export interface Address {
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** A unix socket, instead of port and host. */
  readonly path?: string;
}

/** Connects to a server. With a test context the connection is closed when the test is over. */
export const connect = (address: Address, t?: Teardown): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket =
      address.path === undefined
        ? connectSocket({ port: address.port ?? 6379, host: address.host ?? '127.0.0.1', noDelay: true })
        : connectSocket({ path: address.path });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      const client = new RawClient(socket);
      t?.teardown(() => client.close());
      resolve(client);
    });
  });
