/**
 * The client registry: who is connected, and the limits every connection obeys.
 *
 * In:  peers. Out: clients, or the reason why one is turned away.
 *
 * @since 0.1.0
 */

import type { ServerStats } from '../commands/stats.ts';
import type { Config } from '../config/table.ts';
import type { DecoderLimits } from '../resp/decoder.ts';
import type { Reply } from '../resp/reply.ts';
import { Client, ClientKind } from './client.ts';
import type { Outbox } from './outbox.ts';
import type { Peer } from './peer.ts';

/**
 * A client that does not read is not read from either, once this much waits for it. It is generous, because a client
 * may well send a long pipeline before it reads the first reply; client-output-buffer-limit is the limit proper.
 */
export const OUTPUT_PAUSE_BYTES = 64 * 1024 * 1024;

/** Places in a request are int32, and the chunk that completes it comes on top. */
const REQUEST_BYTES_MAX = 2 ** 31 - 2 ** 20;

/** How long a connection that is over for us may take to read the last of what it was sent. */
export const CLOSING_MS_MAX = 60_000;

export const PROTECTED_MODE =
  "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n";
export const MAX_CLIENTS = '-ERR max number of clients reached\r\n';

export interface ClientsDependencies {
  readonly outbox: Outbox;
  readonly stats: ServerStats;
  readonly config: () => Config;
  readonly nowMs: () => number;
  /** Told when a limit closes a client: a line for the log. */
  readonly warn: (line: string) => void;
}

const isLoopback = (peer: Peer): boolean =>
  peer.isUnixSocket ||
  peer.remoteAddress.startsWith('127.') ||
  peer.remoteAddress.startsWith('[::1]') ||
  peer.remoteAddress.startsWith('[::ffff:127.');

export class ClientRegistry {
  /** Shared by all decoders. */
  readonly limits: DecoderLimits;
  readonly outbox: Outbox;
  private readonly clients = new Map<number, Client>();
  private readonly dependencies: ClientsDependencies;
  private nextId = 1;
  private readonly ending = new Set<Client>();
  /** Told of every client that goes. Set by whoever keeps something about all of them. */
  onRemoved: (client: Client) => void = () => {};
  /** Connections that are closed as soon as the other side has read its replies, and since when. */
  private readonly closing = new Map<Peer, number>();

  constructor(dependencies: ClientsDependencies) {
    this.dependencies = dependencies;
    this.outbox = dependencies.outbox;
    this.limits = { bulkBytesMax: dependencies.config()['proto-max-bulk-len'] };
  }

  get size(): number {
    return this.clients.size;
  }

  all(): IterableIterator<Client> {
    return this.clients.values();
  }

  byId(id: number): Client | undefined {
    return this.clients.get(id);
  }

  /** The text that turns a peer away, or undefined when it is welcome. */
  refusal(peer: Peer): string | undefined {
    const config = this.dependencies.config();
    if (this.clients.size + this.closing.size >= config.maxclients) this.forgetClosed();
    if (this.clients.size + this.closing.size >= config.maxclients) {
      this.dependencies.stats.rejectedConnections++;
      return MAX_CLIENTS;
    }
    if (config['protected-mode'] && config.requirepass === '' && !isLoopback(peer)) return PROTECTED_MODE;
    return undefined;
  }

  /** Registers a peer as a client. */
  add(peer: Peer): Client {
    const client = this.make(peer);
    this.clients.set(client.id, client);
    this.dependencies.stats.connectionsReceived++;
    peer.setKeepAlive(this.dependencies.config()['tcp-keepalive']);
    return client;
  }

  /** A client that is not counted as a connection of ours: the link to the master. */
  make(peer: Peer): Client {
    const client = new Client(this.nextId++, peer, this.limits, this.dependencies.nowMs());
    client.authenticated = this.dependencies.config().requirepass === '';
    client.decoder.authenticated = client.authenticated;
    client.afterFlush = (bytes) => this.afterFlush(client, bytes);
    peer.onDrain = () => this.drained(client);
    return client;
  }

  /** Shows the link to the master among the clients, as CLIENT LIST and CLIENT KILL TYPE master want it. */
  enlist(client: Client): void {
    this.clients.set(client.id, client);
  }

  /** Undoes `enlist`; the connection is somebody else's to close. */
  delist(client: Client): void {
    this.clients.delete(client.id);
  }

  /** Counts bytes that came in and notes the client's activity. */
  noteInput(client: Client, bytes: number, nowMs: number): void {
    const { stats } = this.dependencies;
    client.networkInBytes += bytes;
    client.lastActiveMs = nowMs;
    if (client.kind === ClientKind.Master) stats.replicationInBytes += bytes;
    else stats.networkInBytes += bytes;
  }

  /** The reply writer directed to a client; for replies outside of its own command. */
  replyTo(client: Client): Reply {
    return this.outbox.open(client);
  }

  /** Lets a blocked client go on. */
  unblock(client: Client): void {
    if (client.blocked === undefined) return;
    client.blocked = undefined;
    client.resume();
  }

  /** Forgets a client whose session is over, and closes its connection once its last replies are out. */
  remove(client: Client): void {
    if (client.closed) return;
    client.closed = true;
    client.blocked?.onCancel();
    client.blocked = undefined;
    this.clients.delete(client.id);
    client.transaction = undefined;
    this.onRemoved(client);
    client.onClosed();
    if (this.outbox.holds(client)) this.ending.add(client);
    else this.close(client.peer);
  }

  /** Ends a client now, with whatever was not sent. */
  kill(client: Client): void {
    client.peer.abort();
    client.end();
  }

  /** Whether so much output waits for a client that its requests have to wait too. */
  isCongested(client: Client): boolean {
    return client.kind === ClientKind.Normal && client.outputBytes > OUTPUT_PAUSE_BYTES;
  }

  /** Closes a client whose unfinished request is larger than client-query-buffer-limit. True when it was. */
  checkQueryBuffer(client: Client): boolean {
    const limit = Math.min(this.dependencies.config()['client-query-buffer-limit'], REQUEST_BYTES_MAX);
    // What waits for EXEC has not been dealt with either.
    const waiting = client.transaction?.bytes ?? 0;
    if (client.decoder.pendingBytes + waiting <= limit || client.kind === ClientKind.Master) return false;
    this.dependencies.stats.queryBufferDisconnections++;
    this.dependencies.warn(
      `Closing client that reached max query buffer length: id=${client.id} addr=${client.peer.remoteAddress} (qbuf=${client.decoder.pendingBytes})`,
    );
    this.kill(client);
    return true;
  }

  /** Closes clients that were idle for longer than `timeout` or are above their soft output limit for too long. */
  sweep(nowMs: number): void {
    const { timeout } = this.dependencies.config();
    this.forgetClosed();
    for (const [peer, sinceMs] of this.closing) if (nowMs - sinceMs > CLOSING_MS_MAX) peer.abort();
    for (const client of [...this.clients.values()]) {
      this.checkOutput(client, nowMs);
      if (timeout === 0 || client.closed || client.kind !== ClientKind.Normal || client.blocked !== undefined) continue;
      if (nowMs - client.lastActiveMs > timeout * 1000) this.kill(client);
    }
  }

  /** Closes a connection behind its last reply; who never reads that does not keep us from it. */
  private close(peer: Peer): void {
    peer.close();
    if (peer.pendingBytes > 0) this.closing.set(peer, this.dependencies.nowMs());
  }

  private forgetClosed(): void {
    for (const peer of this.closing.keys()) if (peer.pendingBytes === 0) this.closing.delete(peer);
  }

  private afterFlush(client: Client, bytes: number): void {
    client.networkOutBytes += bytes;
    this.dependencies.stats.networkOutBytes += bytes;
    if (this.ending.delete(client)) {
      this.close(client.peer);
      return;
    }
    if (client.closed) return;
    if (client.closeAfterReply) {
      client.end();
      return;
    }
    if (client.isOverfull || client.peer.pendingBytes > 0) this.checkOutput(client, this.dependencies.nowMs());
  }

  private checkOutput(client: Client, nowMs: number): void {
    const limits = this.dependencies.config()['client-output-buffer-limit'];
    const limit = client.kind === ClientKind.Replica ? limits.replica : limits.normal;
    const bytes = client.outputBytes;
    const hard = client.isOverfull || (limit.hardBytes > 0 && bytes >= limit.hardBytes);
    const soft = limit.softBytes > 0 && bytes >= limit.softBytes;
    if (!soft) client.softLimitSinceMs = 0;
    else if (client.softLimitSinceMs === 0) client.softLimitSinceMs = nowMs;
    const tooLong = soft && nowMs - client.softLimitSinceMs > limit.softSeconds * 1000;
    if (!hard && !tooLong) return;
    this.dependencies.stats.outputBufferDisconnections++;
    this.dependencies.warn(
      `Client id=${client.id} addr=${client.peer.remoteAddress} name=${client.name} scheduled to be closed ASAP for overcoming of output buffer limits.`,
    );
    this.kill(client);
  }

  private drained(client: Client): void {
    if (!client.paused) return;
    client.paused = false;
    client.resume();
  }
}
