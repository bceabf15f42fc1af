/**
 * The writer of the log: the bytes of a turn go to the current segment with one write, before the replies go out.
 *
 *   runs of the stream ──take──▶ pending bytes of this turn ──commit──▶ file ──flush──▶ disk
 *                                        └── a disk that fails ──▶ kept, and tried again
 *
 * In:     runs; the policy of `appendfsync`. Out: segments; offsets that are written and flushed; what fails.
 * Memory: one buffer that is used again, which grows with what a turn writes, and what a failing disk does not take.
 *
 * A flush that fails within a commit (appendfsync always) is undone: the bytes are cut off and written again, since the
 * system forgets what it could not flush. One that fails in the background leaves a file that may have a hole (`torn`).
 *
 * @since 0.3.0
 */
import { copyBytes } from '../bytes.ts';
import type { ByteRun } from '../events/write-stream.ts';
import type { Logger } from '../log.ts';
import { appendText, type PendingBytes, type SegmentAnnotator } from './annotator.ts';
import { parseAnnotation, renderTimestamp } from './format.ts';
import type { DiskError, Segment } from './segment.ts';

export type SyncPolicy = 'always' | 'everysec' | 'no';

/** Plain fields, kept up to date by the owner: every run looks at them. */
export interface WriterSettings {
  /** appendfsync */
  policy: SyncPolicy;
  /** aof-timestamp-enabled */
  timestamps: boolean;
}

export interface WriterOptions {
  readonly log: Logger;
  readonly settings: WriterSettings;
  /** Whether nothing is to be flushed now: no-appendfsync-on-rewrite, while a snapshot is written. */
  readonly syncPaused: () => boolean;
  /** Time of the stream's present moment. */
  readonly timeUs: () => number;
  /** A clock for durations. */
  readonly nowMs: () => number;
  readonly annotator: (pending: PendingBytes) => SegmentAnnotator;
  /** Told when writing begins or ceases to fail. */
  readonly stateChanged: () => void;
  /** A flush in the background has failed: what the file holds is not known any more. */
  readonly torn: (error: DiskError) => void;
  /** Told when more of the stream is on the disk. */
  readonly synced: () => void;
}

/** How a segment ended. */
export interface Ended {
  /** What the next head names. */
  readonly hash: string;
  /** The hash in the seal, where there is one. */
  readonly seal: string | undefined;
}

const PENDING_BYTES = 256 * 1024;
/** A buffer that has grown beyond this is not kept. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** A write waits for a flush under way for so long, as redis-server does: the system would make it wait anyway. */
const POSTPONED_MS_MAX = 2000;
const SYNC_EVERY_MS = 1000;
const LOG_ERRORS_EVERY_MS = 30_000;
const US_PER_SECOND = 1_000_000;

export const isDiskError = (result: DiskError | Ended): result is DiskError => 'operation' in result;

/** The hash in a seal, which is that of the record before it. */
const hashInSeal = (line: Uint8Array): string => {
  const seal = parseAnnotation(Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1'));
  if (seal._tag === 'Left' || seal.right._tag !== 'Seal') throw new Error('eventlog: the last line is no seal');
  return seal.right.hash;
};

export class LogWriter implements PendingBytes {
  buf: Uint8Array = new Uint8Array(PENDING_BYTES);
  pos = 0;
  /** The segment that is being written. */
  segment: Segment | undefined = undefined;
  /** Offset in the stream behind what has been taken. */
  takenOffset = 0;
  /** Offset in the stream up to which the disk has it; -1 before anything was flushed. */
  syncedOffset = -1;
  /** Why the last write failed; undefined when it did not. */
  failure: DiskError | undefined = undefined;
  /** Commits that went on although a flush was under way: aof_delayed_fsync. */
  delayedSyncs = 0;
  isSyncing = false;
  readonly annotator: SegmentAnnotator;

  private readonly options: WriterOptions;
  private readonly settings: WriterSettings;
  /** What the file has not taken, in order: it comes before the pending bytes, and the annotator has seen it. */
  private kept: Uint8Array[] = [];
  private keptBytes = 0;
  /** Offset in the stream up to which the file has it. */
  private writtenOffset = 0;
  private isDirty = false;
  private postponedSinceMs = 0;
  private syncedMs = 0;
  private stampedSeconds = 0;
  private loggedMs = Number.NEGATIVE_INFINITY;

  constructor(options: WriterOptions) {
    this.options = options;
    this.settings = options.settings;
    this.annotator = options.annotator(this);
  }

  /** Bytes in memory that the file has not got: aof_buffer_length. */
  get pendingBytes(): number {
    return this.pos + this.keptBytes;
  }

  reserve(bytes: number): void {
    const needed = this.pos + bytes;
    if (needed <= this.buf.length) return;
    const grown = new Uint8Array(Math.max(needed, this.buf.length * 2));
    grown.set(this.buf.subarray(0, this.pos));
    this.buf = grown;
  }

  /** Takes the bytes of a run, a loan. */
  take(run: ByteRun): void {
    const { buf, start, end } = run;
    this.annotator.annotate(run);
    // Behind the record's first line: a record that has been committed takes nothing more.
    if (this.settings.timestamps) this.stamp();
    this.append(buf, start, end);
    this.takenOffset += end - start;
  }

  // ── segments ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Goes on with a new segment, behind one that has ended. `preamble` are commands that stand before the stream's first
   * byte and are no part of it.
   */
  begin(segment: Segment, replid: string, hash: string, preamble: Uint8Array | undefined): DiskError | undefined {
    const { from, fromUs } = segment.place;
    const before = preamble?.length ?? 0;
    this.segment = segment;
    this.takenOffset = from;
    this.writtenOffset = from;
    this.stampedSeconds = 0;
    this.annotator.head({ replid, offset: from - before, timeUs: fromUs, hash });
    if (preamble !== undefined) this.append(preamble, 0, before);
    return this.writeNow();
  }

  /**
   * Seals the segment and lets go of it. It stays as it is when the disk does not take what comes before the seal; a
   * seal that fails itself is left out.
   */
  end(timeUs: number): DiskError | Ended {
    const { segment } = this;
    if (segment === undefined) return { hash: this.annotator.hash, seal: undefined };
    const failed = this.syncNow();
    if (failed !== undefined) return failed;
    const { bytes } = segment;
    this.annotator.seal(this.takenOffset, timeUs);
    const seal = hashInSeal(this.buf.subarray(0, this.pos));
    const unsealed = segment.write(this.buf, 0, this.pos) ?? segment.sync();
    if (unsealed !== undefined) segment.cut(bytes);
    this.drop();
    return unsealed === undefined ? { hash: this.annotator.hash, seal } : { hash: seal, seal: undefined };
  }

  /** Lets go of the segment as it is, and of what has not been written. */
  drop(): void {
    this.segment?.close();
    this.segment = undefined;
    this.forget();
    this.isDirty = false;
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.options.stateChanged();
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Gives the file what the turn has brought; under `always` the disk, too. False when that failed just now, so that
   * nobody may be told that it was done. While it fails `tick` tries again.
   */
  commit(): boolean {
    if (this.pos === 0 || this.segment === undefined) return true;
    if (this.failure !== undefined) {
      this.keep();
      return true;
    }
    const { policy } = this.settings;
    if (policy === 'everysec' && this.isSyncing && this.mayWait()) return true;
    return this.store(this.segment, policy === 'always') === undefined;
  }

  /** Writes what is there, a flush being under way or not. */
  writeNow(): DiskError | undefined {
    const { segment } = this;
    return segment === undefined || this.pendingBytes === 0 ? this.failure : this.store(segment, false);
  }

  /** Writes what is there and waits until the disk has it. */
  syncNow(): DiskError | undefined {
    const { segment } = this;
    if (segment === undefined) return undefined;
    const unwritten = this.writeNow();
    if (unwritten !== undefined) return unwritten;
    if (!this.isDirty && !this.isSyncing) return undefined;
    const unsynced = segment.sync();
    if (unsynced === undefined) this.hasSynced(this.writtenOffset);
    else this.options.torn(unsynced);
    return unsynced;
  }

  /** Now and then: flushes once a second, writes what waited for a flush, tries again what failed. */
  tick(): void {
    const { segment } = this;
    if (segment === undefined) return;
    const { policy } = this.settings;
    if (this.failure !== undefined) {
      if (this.store(segment, policy === 'always') !== undefined) return;
    } else {
      this.commit();
    }
    if (policy === 'no' || !this.isDirty || this.isSyncing || this.options.syncPaused()) return;
    if (this.options.nowMs() - this.syncedMs >= SYNC_EVERY_MS) this.startSync(segment);
  }

  /** Writes all there is, or nothing. */
  private store(segment: Segment, thenSync: boolean): DiskError | undefined {
    const { bytes } = segment;
    if (this.pos > 0) this.annotator.commit();
    let failed: DiskError | undefined;
    for (const part of this.kept) failed ??= segment.write(part, 0, part.length);
    failed ??= segment.write(this.buf, 0, this.pos);
    const isSynced = thenSync && !this.options.syncPaused();
    if (isSynced) failed ??= segment.sync();
    if (failed !== undefined) {
      if (segment.bytes !== bytes) segment.cut(bytes);
      this.putAside();
      this.hasFailed(failed);
      return failed;
    }
    this.forget();
    this.writtenOffset = this.takenOffset;
    if (isSynced) this.hasSynced(this.takenOffset);
    else this.isDirty = true;
    this.recovered();
    return undefined;
  }

  /** While writing fails the pending bytes are collected. */
  private keep(): void {
    this.annotator.commit();
    this.putAside();
  }

  private putAside(): void {
    if (this.pos === 0) return;
    this.kept.push(this.buf.slice(0, this.pos));
    this.keptBytes += this.pos;
    this.pos = 0;
  }

  /** Nothing waits to be written any more. */
  private forget(): void {
    this.pos = 0;
    this.postponedSinceMs = 0;
    if (this.keptBytes > 0) {
      this.kept = [];
      this.keptBytes = 0;
    }
    if (this.buf.length > KEPT_BYTES_MAX) this.buf = new Uint8Array(PENDING_BYTES);
  }

  private append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    copyBytes(bytes, start, this.buf, this.pos, length);
    this.pos += length;
  }

  /** Whether a write may still wait for the flush under way. */
  private mayWait(): boolean {
    const { nowMs, log } = this.options;
    const now = nowMs();
    if (this.postponedSinceMs === 0) this.postponedSinceMs = now;
    if (now - this.postponedSinceMs < POSTPONED_MS_MAX) return true;
    this.delayedSyncs++;
    log.notice(
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.',
    );
    return false;
  }

  private stamp(): void {
    const seconds = Math.floor(this.options.timeUs() / US_PER_SECOND);
    if (seconds <= this.stampedSeconds) return;
    this.stampedSeconds = seconds;
    appendText(this, renderTimestamp({ seconds }));
  }

  // ── flushing ────────────────────────────────────────────────────────────────────────────────────────────────────

  private startSync(segment: Segment): void {
    const offset = this.writtenOffset;
    this.isSyncing = true;
    this.isDirty = false;
    this.syncedMs = this.options.nowMs();
    segment.syncLater((error) => {
      this.isSyncing = false;
      // Of a segment that has ended more is known by now.
      if (segment === this.segment) {
        if (error !== undefined) this.options.torn(error);
        else this.hasSynced(offset);
      }
      this.commit();
    });
  }

  private hasSynced(offset: number): void {
    if (offset === this.writtenOffset) this.isDirty = false;
    if (offset === this.syncedOffset) return;
    this.syncedOffset = offset;
    this.options.synced();
  }

  // ── failing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private hasFailed(error: DiskError): void {
    const { log, nowMs } = this.options;
    if (nowMs() - this.loggedMs > LOG_ERRORS_EVERY_MS) {
      this.loggedMs = nowMs();
      const what = error.operation === 'fsync' ? 'Fail to fsync' : 'Error writing to';
      log.warning(`${what} the AOF file: ${error.reason}`);
      if (error.uncut !== undefined) {
        log.warning(
          `Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it starts.  ftruncate: ${error.uncut}`,
        );
      }
    }
    const isNews = this.failure?.reason !== error.reason;
    this.failure = error;
    if (isNews) this.options.stateChanged();
  }

  private recovered(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.loggedMs = Number.NEGATIVE_INFINITY;
    this.options.log.warning('AOF write error looks solved. Redis can write again.');
    this.options.stateChanged();
  }
}
