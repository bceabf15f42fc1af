/**
 * The master side: who replicates from us, how they are brought up to date, and what they have acknowledged.
 *
 * In:     PSYNC, SYNC and REPLCONF of clients; the write stream, by way of the backlog.
 * Out:    snapshots and the stream to the replicas' peers.
 * Memory: per replica one piece of at most 256 KiB that its socket has not taken, and 1 MiB of snapshot. What a slow
 *         replica has not got stays in the backlog and nowhere else; when the backlog has moved past it, it is dropped
 *         and has to come back for a resync. While a full sync is under way the backlog may grow to the hard limit of
 *         `client-output-buffer-limit replica`.
 *
 *   write events ──▶ backlog ──▶ once per turn: [replica.offset, end) ──▶ peer
 *
 * @since 0.1.0
 */
import { type Observable, Subject, tap, timer } from 'rxjs';
import { type Client, ClientKind } from '../net/client.ts';
import { AttachedReplica, Capability, ReplicaState } from './attached-replica.ts';
import type { History } from './history.ts';
import type { ReplicationParts } from './parts.ts';
import { SnapshotTransfer } from './transfer.ts';
import { GETACK, line, NEWLINE, PING } from './wire.ts';

/** What a peer is handed at a time. */
const FEED_BYTES = 256 * 1024;
const CRON_MS = 1000;

export interface MasterOptions {
  readonly parts: ReplicationParts;
  readonly history: History;
  /** The database that the stream has selected: -1 when the next event says so itself. */
  readonly streamDb: () => number;
  /** Whether we are a replica ourselves: then our master does the pinging. */
  readonly isReplica: () => boolean;
}

export class MasterSide {
  private readonly parts: ReplicationParts;
  private readonly history: History;
  private readonly options: MasterOptions;
  private readonly replicas = new Map<Client, AttachedReplica>();
  private readonly changeSubject = new Subject<void>();
  /** A replica came, went, got online, or acknowledged something. */
  readonly changes$: Observable<void> = this.changeSubject.asObservable();
  private transfer: SnapshotTransfer | undefined = undefined;
  private feedScheduled = false;
  private snapshotDueMs = Number.POSITIVE_INFINITY;
  private pingDueMs = 0;
  private aloneSinceMs: number;
  private keepsMore = false;
  /** The bytes of the last GETACK in the stream. */
  private askedFrom = -1;
  private askedTo = -1;

  constructor(options: MasterOptions) {
    this.options = options;
    this.parts = options.parts;
    this.history = options.history;
    this.aloneSinceMs = this.nowMs;
    this.history.onWrite = () => {
      if (!this.feedScheduled && this.replicas.size > 0) this.scheduleFeed();
    };
  }

  /** Pings, time-outs and the end of an unused backlog, for as long as it is subscribed to. */
  get cron$(): Observable<unknown> {
    return timer(CRON_MS, CRON_MS, this.parts.environment.scheduler).pipe(tap(() => this.cron()));
  }

  /** All replicas, in the order in which they came. */
  all(): readonly AttachedReplica[] {
    return [...this.replicas.values()];
  }

  get count(): number {
    return this.replicas.size;
  }

  find(client: Client): AttachedReplica | undefined {
    return this.replicas.get(client);
  }

  /** How many have acknowledged everything up to `offset`. */
  countAcknowledged(offset: number): number {
    let count = 0;
    for (const replica of this.replicas.values()) {
      if (replica.state === ReplicaState.Online && replica.ackOffset >= offset) count++;
    }
    return count;
  }

  /** How many have everything up to `offset` on their disk. */
  countSynced(offset: number): number {
    let count = 0;
    for (const replica of this.replicas.values()) {
      if (replica.state === ReplicaState.Online && replica.syncedOffset >= offset) count++;
    }
    return count;
  }

  /** How many have not acknowledged everything. What was only a question for it does not count. */
  countLagging(): number {
    const { offset } = this.history.writes;
    return this.replicas.size - this.countAcknowledged(offset === this.askedTo ? this.askedFrom : offset);
  }

  /** How many are online and were heard of within `lagSecondsMax`. */
  countGood(lagSecondsMax: number): number {
    const { nowMs } = this;
    let count = 0;
    for (const replica of this.replicas.values()) {
      if (replica.state === ReplicaState.Online && replica.lagSeconds(nowMs) <= lagSecondsMax) count++;
    }
    return count;
  }

  /** Asks all replicas what they have applied. */
  requestAcks(): void {
    if (this.replicas.size === 0) return;
    const { writes } = this.history;
    this.askedFrom = writes.offset;
    writes.relay(this.nowMs, GETACK, 0, GETACK.length);
    writes.flush();
    this.askedTo = writes.offset;
  }

  /** PSYNC: goes on with the stream where the history allows it. False when it does not. */
  continueFrom(client: Client, replid: string, requestOffset: number): boolean {
    const { history, parts } = this;
    const replica = new AttachedReplica(client, true, this.nowMs);
    const { backlog } = history;
    if (!history.knows(replid, requestOffset)) {
      if (replid !== '?') {
        parts.stats.partialSyncErrors++;
        parts.log.notice(
          `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${replid}', my replication IDs are '${history.replid}' and '${history.replid2}')`,
        );
      } else {
        parts.log.notice(`Full resync requested by replica ${replica.name}`);
      }
      return false;
    }
    if (backlog === undefined || !backlog.holds(requestOffset - 1)) {
      parts.stats.partialSyncErrors++;
      parts.log.notice(
        `Unable to partial resync with replica ${replica.name} for lack of backlog (Replica request was: ${requestOffset}).`,
      );
      return false;
    }
    const reply = parts.clients.replyTo(client);
    reply.raw(line(replica.can(Capability.Psync2) ? `+CONTINUE ${history.replid}\r\n` : '+CONTINUE\r\n'));
    parts.stats.partialSyncs++;
    parts.log.notice(
      `Partial resynchronization request from ${replica.name} accepted. Sending ${history.writes.offset - requestOffset + 1} bytes of backlog starting from offset ${requestOffset}.`,
    );
    parts.audit?.link(client, ['REPLICA', replica.name, 'partial-sync', `offset:${requestOffset - 1}`]);
    replica.offset = requestOffset - 1;
    replica.ackOffset = replica.offset;
    replica.state = ReplicaState.Online;
    replica.streaming = true;
    this.attach(replica);
    this.scheduleFeed();
    return true;
  }

  /** A full sync: as soon as a snapshot can begin, together with all others who wait for one. */
  fullSync(client: Client, speaksPsync: boolean): void {
    const { parts, history } = this;
    parts.stats.fullSyncs++;
    const replica = new AttachedReplica(client, speaksPsync, this.nowMs);
    parts.audit?.link(client, ['REPLICA', replica.name, 'full-sync', `offset:${history.writes.offset}`]);
    this.attach(replica);
    if (history.backlog === undefined) {
      history.openBacklog();
      parts.log.notice(
        `Replication backlog created, my replication IDs are '${history.replid}' and '${history.replid2}'`,
      );
    }
    const { config } = parts.config;
    const waiting = this.all().filter((replica) => replica.state === ReplicaState.Waiting).length;
    const most = config['repl-diskless-sync-max-replicas'];
    const delayMs = most > 0 && waiting >= most ? 0 : config['repl-diskless-sync-delay'] * 1000;
    this.snapshotDueMs = Math.min(this.snapshotDueMs, this.nowMs + delayMs);
    if (this.snapshotDueMs <= this.nowMs) parts.environment.atTurnEnd(() => this.startTransfer());
    else parts.log.notice(`Delay next BGSAVE for diskless SYNC`);
  }

  /** REPLCONF ACK: what a replica has applied. */
  acknowledge(client: Client, offset: number, syncedOffset = -1): void {
    const replica = this.replicas.get(client);
    if (replica === undefined) return;
    replica.heardMs = this.nowMs;
    if (offset > replica.ackOffset) replica.ackOffset = offset;
    if (syncedOffset > replica.syncedOffset) replica.syncedOffset = syncedOffset;
    if (replica.state === ReplicaState.Online && !replica.streaming) this.startStream(replica);
    this.changeSubject.next();
  }

  /** The client is no more. */
  detach(client: Client): void {
    const replica = this.replicas.get(client);
    if (replica === undefined) return;
    this.replicas.delete(client);
    this.transfer?.remove(replica);
    if (this.replicas.size === 0) this.aloneSinceMs = this.nowMs;
    this.parts.audit?.link(client, ['REPLICA', replica.name, 'gone']);
    this.parts.log.notice(`Connection with replica ${replica.name} lost.`);
    this.keepBacklog();
    this.changeSubject.next();
  }

  /** Ends all links to replicas: their history is not ours any more. */
  dropAll(): void {
    for (const replica of this.all()) this.drop(replica);
  }

  private get nowMs(): number {
    return this.parts.environment.scheduler.now();
  }

  private attach(replica: AttachedReplica): void {
    const { client } = replica;
    client.kind = ClientKind.Replica;
    client.peer.onDrain = () => this.drained(replica);
    client.onClosed = () => this.detach(client);
    this.replicas.set(client, replica);
    this.changeSubject.next();
  }

  private drop(replica: AttachedReplica): void {
    this.parts.clients.kill(replica.client);
    this.detach(replica.client);
  }

  private startTransfer(): void {
    this.snapshotDueMs = Number.POSITIVE_INFINITY;
    if (this.transfer !== undefined || !this.someoneWaits()) return;
    const { parts, history } = this;
    this.transfer = new SnapshotTransfer({
      parts,
      history,
      streamDb: this.options.streamDb,
      waiting: () => this.all().filter((replica) => replica.state === ReplicaState.Waiting),
      begun: () => this.keepBacklog(),
      sent: (replica) => this.sent(replica),
      failed: (replica) => this.drop(replica),
      ended: () => {
        this.transfer = undefined;
        // Those who came in the meantime.
        if (this.someoneWaits()) parts.environment.atTurnEnd(() => this.startTransfer());
      },
    });
    this.transfer.start();
  }

  private someoneWaits(): boolean {
    return this.all().some((replica) => replica.state === ReplicaState.Waiting);
  }

  /** Its snapshot has gone out. */
  private sent(replica: AttachedReplica): void {
    const { log } = this.parts;
    replica.heardMs = this.nowMs;
    if (replica.can(Capability.RdbOnly)) {
      log.notice(`RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`);
      replica.state = ReplicaState.Online;
      this.replicas.delete(replica.client);
      this.keepBacklog();
      replica.client.peer.close();
      replica.client.end();
      return;
    }
    replica.state = ReplicaState.Online;
    if (replica.can(Capability.Eof)) {
      log.notice(
        `Streamed replica transfer with socket succeeded, waiting for REPLCONF ACK from replica ${replica.name} to enable streaming`,
      );
    } else this.startStream(replica);
    this.changeSubject.next();
  }

  private startStream(replica: AttachedReplica): void {
    replica.streaming = true;
    this.parts.audit?.link(replica.client, ['REPLICA', replica.name, 'online']);
    this.parts.log.notice(`Synchronization with replica ${replica.name} succeeded`);
    this.feed(replica);
  }

  private drained(replica: AttachedReplica): void {
    replica.heardMs = Math.max(replica.heardMs, replica.state === ReplicaState.Sending ? this.nowMs : 0);
    if (replica.state === ReplicaState.Sending) this.transfer?.drained(replica);
    this.feed(replica);
  }

  private scheduleFeed(): void {
    if (this.feedScheduled) return;
    this.feedScheduled = true;
    this.parts.environment.atTurnEnd(this.feedAll);
  }

  private readonly feedAll = (): void => {
    this.feedScheduled = false;
    this.history.beforeFeed();
    for (const replica of this.replicas.values()) this.feed(replica);
  };

  /** Gives a replica's peer what it has not got, as far as its socket takes it at once. */
  private feed(replica: AttachedReplica): void {
    const { history, parts } = this;
    const { client } = replica;
    const { peer } = client;
    if (!replica.streaming || client.closed) return;
    if (parts.clients.outbox.holds(client)) {
      // Its +CONTINUE goes first.
      this.scheduleFeed();
      return;
    }
    const end = history.writes.offset;
    while (replica.offset < end && peer.pendingBytes === 0 && !client.closed) {
      const { backlog } = history;
      if (backlog === undefined || !backlog.holds(replica.offset)) {
        parts.stats.outputBufferDisconnections++;
        parts.log.warning(
          `Client id=${client.id} addr=${peer.remoteAddress} name=${client.name} (replica ${replica.name}) scheduled to be closed ASAP for overcoming of output buffer limits: it needs the stream from offset ${replica.offset + 1}, the backlog begins at ${(backlog?.firstOffset ?? end) + 1}.`,
        );
        this.drop(replica);
        return;
      }
      replica.piece ??= new Uint8Array(FEED_BYTES);
      const bytes = backlog.copy(replica.offset, replica.piece);
      replica.offset += bytes;
      parts.stats.replicationOutBytes += bytes;
      client.networkOutBytes += bytes;
      peer.write(replica.piece, 0, bytes);
    }
    if (replica.catchingUp) {
      replica.catchingUp = replica.offset < end;
      this.keepBacklog();
    }
  }

  /** Tells the backlog how far back full syncs need it. */
  private keepBacklog(): void {
    const { backlog } = this.history;
    if (backlog === undefined) return;
    let from = Number.POSITIVE_INFINITY;
    for (const replica of this.replicas.values()) if (replica.catchingUp) from = Math.min(from, replica.offset);
    if (from === Number.POSITIVE_INFINITY) {
      if (this.keepsMore) backlog.keepNothing();
      this.keepsMore = false;
      return;
    }
    this.keepsMore = true;
    const { hardBytes } = this.parts.config.config['client-output-buffer-limit'].replica;
    backlog.keepFrom(from, hardBytes === 0 ? Number.POSITIVE_INFINITY : hardBytes);
  }

  private cron(): void {
    const { nowMs, parts, history, replicas } = this;
    const { config } = parts.config;
    if (replicas.size > 0 && !this.options.isReplica()) {
      if (nowMs >= this.pingDueMs) {
        this.pingDueMs = nowMs + config['repl-ping-replica-period'] * 1000;
        history.writes.relay(nowMs, PING, 0, PING.length);
        history.writes.flush();
      }
    }
    for (const replica of this.all()) {
      // While it loads a snapshot it acknowledges nothing, but newlines say that it lives.
      if (!replica.streaming && replica.client.networkInBytes !== replica.seenBytes) replica.heardMs = nowMs;
      replica.seenBytes = replica.client.networkInBytes;
      if (replica.state === ReplicaState.Waiting || (replica.pieces !== undefined && replica.nextPiece < 0)) {
        replica.client.peer.write(NEWLINE, 0, NEWLINE.length);
        replica.heardMs = nowMs;
      } else if (nowMs - replica.heardMs > config['repl-timeout'] * 1000) {
        const kind = replica.state === ReplicaState.Online ? 'streaming sync' : 'full sync';
        parts.log.warning(`Disconnecting timedout replica (${kind}): ${replica.name}`);
        this.drop(replica);
      }
    }
    if (this.snapshotDueMs <= nowMs) this.startTransfer();
    this.forgetOldBacklog(nowMs, config['repl-backlog-ttl']);
    this.changeSubject.next();
  }

  private forgetOldBacklog(nowMs: number, ttlSeconds: number): void {
    if (ttlSeconds === 0 || this.replicas.size > 0 || this.options.isReplica()) return;
    if (this.history.backlog === undefined || nowMs - this.aloneSinceMs <= ttlSeconds * 1000) return;
    this.history.freeBacklog();
    this.parts.log.notice(`Replication backlog freed after ${ttlSeconds} seconds without connected replicas.`);
  }
}
