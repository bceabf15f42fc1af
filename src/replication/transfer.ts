/**
 * One snapshot on its way to all replicas that waited for it.
 *
 * In:     chunks of a snapshot. Out: the same chunks to every peer, framed as each can read them: up to a mark, or as a
 *         bulk of known length.
 * Memory: what the slowest peer has not taken, at most 1 MiB and a chunk. For a replica that knows no mark (none since
 *         Redis 2.8.18) the whole snapshot, because its length comes first.
 *
 * @since 0.1.0
 */
import { Subject, type Subscription } from 'rxjs';
import { hexadecimalId } from '../environment.ts';
import type { SnapshotOrigin, SnapshotSink } from '../persistence/snapshot.ts';
import { type AttachedReplica, Capability, ReplicaState } from './attached-replica.ts';
import type { History } from './history.ts';
import type { ReplicationParts } from './parts.ts';
import { line } from './wire.ts';

const PEER_BYTES_MAX = 1024 * 1024;
/** `nextPiece` while the pieces are still being collected. */
const COLLECTING = -1;

export interface TransferOptions {
  readonly parts: ReplicationParts;
  readonly history: History;
  readonly streamDb: () => number;
  /** Who waits at the moment. */
  readonly waiting: () => readonly AttachedReplica[];
  /** The snapshot shows this moment. */
  readonly begun: () => void;
  /** The replica has been handed everything. */
  readonly sent: (replica: AttachedReplica) => void;
  readonly failed: (replica: AttachedReplica) => void;
  readonly ended: () => void;
}

export class SnapshotTransfer implements SnapshotSink {
  private readonly drainSubject = new Subject<void>();
  readonly drain$ = this.drainSubject.asObservable();
  private readonly options: TransferOptions;
  private readonly mark: Uint8Array;
  private readonly receivers = new Set<AttachedReplica>();
  private subscription: Subscription | undefined = undefined;
  private over = false;

  constructor(options: TransferOptions) {
    this.options = options;
    this.mark = line(hexadecimalId(options.parts.environment));
  }

  start(): void {
    const { log, persistence } = this.options.parts;
    this.subscription = persistence.snapshotter
      .start(this, () => this.begin())
      .subscribe({
        error: (error: unknown) => {
          log.warning(
            `The snapshot for the replicas failed: ${error instanceof Error ? error.message : String(error)}`,
          );
          for (const replica of [...this.receivers]) this.options.failed(replica);
          this.end();
        },
        complete: () => this.complete(),
      });
    if (this.over) this.subscription.unsubscribe();
  }

  /** A chunk for everybody. False when somebody's socket is full. */
  write(chunk: Uint8Array): boolean {
    const { stats } = this.options.parts;
    for (const replica of this.receivers) {
      stats.replicationOutBytes += chunk.length;
      if (replica.pieces !== undefined) this.collect(replica, chunk);
      else replica.client.peer.write(chunk, 0, chunk.length);
    }
    return !this.isFull();
  }

  drained(replica: AttachedReplica): void {
    if (replica.pieces !== undefined && replica.nextPiece !== COLLECTING) this.pump(replica);
    else if (!this.isFull()) this.drainSubject.next();
  }

  /** The replica has gone. When it was the last one, nobody wants the snapshot any more. */
  remove(replica: AttachedReplica): void {
    replica.pieces = undefined;
    if (!this.receivers.delete(replica)) return;
    if (this.receivers.size === 0) this.end();
    else if (!this.isFull()) this.drainSubject.next();
  }

  /** The snapshot shows this moment: whoever waits now gets it, and the stream from here on. */
  private begin(): SnapshotOrigin {
    const { history, parts, streamDb, waiting, begun } = this.options;
    const { offset } = history.writes;
    history.writes.forgetDatabase();
    for (const replica of waiting()) {
      const { client } = replica;
      if (parts.clients.outbox.holds(client)) parts.clients.outbox.flush();
      replica.state = ReplicaState.Sending;
      replica.offset = offset;
      replica.ackOffset = 0;
      replica.catchingUp = true;
      replica.heardMs = parts.environment.scheduler.now();
      if (replica.speaksPsync) this.send(replica, line(`+FULLRESYNC ${history.replid} ${offset}\r\n`));
      if (replica.can(Capability.Eof)) {
        this.send(replica, line('$EOF:'));
        this.send(replica, this.mark);
        this.send(replica, line('\r\n'));
      } else {
        replica.pieces = [];
        replica.nextPiece = COLLECTING;
      }
      this.receivers.add(replica);
    }
    parts.log.notice(`Starting BGSAVE for SYNC with target: replicas sockets`);
    begun();
    // All of them may have gone while the snapshot waited for its turn.
    if (this.receivers.size === 0) parts.environment.atTurnEnd(() => this.end());
    return { replId: history.replid, replOffset: offset, replStreamDb: Math.max(0, streamDb()) };
  }

  private send(replica: AttachedReplica, bytes: Uint8Array): void {
    replica.client.peer.write(bytes, 0, bytes.length);
  }

  private complete(): void {
    this.options.parts.log.notice('Background RDB transfer terminated with success');
    for (const replica of [...this.receivers]) {
      if (replica.pieces === undefined) {
        this.send(replica, this.mark);
        this.receivers.delete(replica);
        this.options.sent(replica);
      } else {
        this.send(replica, line(`$${replica.pieceBytes}\r\n`));
        replica.nextPiece = 0;
        this.pump(replica);
      }
    }
    if (this.receivers.size === 0) this.end();
  }

  /** Keeps a chunk until the length of all is known; too many of them end the replica. */
  private collect(replica: AttachedReplica, chunk: Uint8Array): void {
    const { log, config } = this.options.parts;
    const { hardBytes } = config.config['client-output-buffer-limit'].replica;
    replica.pieces?.push(chunk);
    replica.pieceBytes += chunk.length;
    if (hardBytes === 0 || replica.pieceBytes <= hardBytes) return;
    log.warning(
      `Replica ${replica.name} knows no REPLCONF capa eof, and the snapshot to send it is larger than client-output-buffer-limit allows: closing its connection.`,
    );
    this.options.failed(replica);
  }

  /** Hands over collected pieces as far as the socket takes them. */
  private pump(replica: AttachedReplica): void {
    const { pieces, client } = replica;
    if (pieces === undefined) return;
    while (replica.nextPiece < pieces.length && client.peer.pendingBytes === 0) {
      this.send(replica, pieces[replica.nextPiece++]);
    }
    if (replica.nextPiece < pieces.length) return;
    replica.pieces = undefined;
    this.receivers.delete(replica);
    this.options.sent(replica);
    if (this.receivers.size === 0) this.end();
  }

  private isFull(): boolean {
    for (const replica of this.receivers) {
      if (replica.pieces === undefined && replica.client.peer.pendingBytes > PEER_BYTES_MAX) return true;
    }
    return false;
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.subscription?.unsubscribe();
    this.options.ended();
  }
}
