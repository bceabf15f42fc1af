/**
 * The event log as the rest of the server sees it: on or off, what it writes when, and what INFO says of it.
 *
 *   off ──CONFIG SET appendonly yes──▶ waiting ──the first base is there──▶ on ──BGREWRITEAOF──▶ on
 *                                         ▲            a full resync, a file with a hole ───────────┘
 *
 * In:     the runs of the write stream, the configuration, the clock, commands. Out: the folder of the log; whether
 *         writes are refused (`state$`); log lines as Redis'.
 * Memory: see the writer.
 *
 * While it waits, the segment has a temporary name, and the manifest still says what was true before.
 *
 * @since 0.3.0
 */
import { resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import { BehaviorSubject, distinctUntilChanged, ignoreElements, interval, type Observable, tap } from 'rxjs';
import { fromLatin1 } from '../config/load.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Environment } from '../environment.ts';
import type { WriteStream } from '../events/write-stream.ts';
import type { Logger } from '../log.ts';
import type { Outbox } from '../net/outbox.ts';
import type { InfoFields, LoadError, Persistence } from '../persistence/service.ts';
import type { Replication } from '../replication/service.ts';
import { type PendingBytes, PlainAnnotator, type SegmentAnnotator } from './annotator.ts';
import { Bases, type NewBase } from './bases.ts';
import { Catalog } from './catalog.ts';
import { rewriteFields, writerFields } from './figures.ts';
import { attempt, LogFolder, type ManifestFile, systemFiles } from './files.ts';
import { NO_HASH } from './format.ts';
import type { LoadedLog, LogLoader } from './ports.ts';
import { Rewriter } from './rewrite.ts';
import type { DiskError } from './segment.ts';
import { SegmentLog } from './segment-log.ts';
import { closeTail } from './tail.ts';
import { LogWriter, type WriterSettings } from './writer.ts';

export interface EventLogParts {
  readonly environment: Environment;
  readonly config: ConfigStore;
  readonly log: Logger;
  readonly writes: WriteStream;
  readonly outbox: Outbox;
  readonly persistence: Persistence;
  readonly replication: Replication;
  /** Makes what writes heads, seals and the audit trail. */
  readonly annotator?: (pending: PendingBytes) => SegmentAnnotator;
}

/** What the gate has to know. */
export interface EventLogState {
  /** The error that refuses writes, or undefined. */
  readonly refusal: string | undefined;
}

type Mode = 'off' | 'waiting' | 'on';

const TICK_MS = 100;
const COLLECT_EVERY_MS = 10_000;
const UNABLE = 'Unable to turn on AOF. Check server logs.';
const REWRITING = 'ERR Background append only file rewriting already in progress';
const CANNOT_REWRITE =
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.";

export class EventLog {
  readonly writer: LogWriter;
  readonly rewriter: Rewriter;
  /** Loads logs; whoever can apply commands hands it in. */
  loader: LogLoader | undefined = undefined;
  private readonly parts: EventLogParts;
  private readonly settings: WriterSettings;
  private readonly states = new BehaviorSubject<EventLogState>({ refusal: undefined });
  private mode: Mode = 'off';
  private readonly segments: SegmentLog;
  private readonly bases: Bases;
  private isScheduled = false;
  /** Why the file may have a hole: writes are refused until there is a new base. */
  private torn: DiskError | undefined = undefined;
  /** Bytes of the state's files but for the open segment, and of all after the last rewrite or start. */
  private closedBytes = 0;
  private rewrittenBytes = 0;
  private collectedMs = 0;

  constructor(parts: EventLogParts) {
    const { environment, config, log, writes, persistence } = parts;
    this.parts = parts;
    this.settings = { policy: 'everysec', timestamps: false };
    this.applySettings();
    this.writer = new LogWriter({
      log,
      settings: this.settings,
      syncPaused: () =>
        config.config['no-appendfsync-on-rewrite'] && (persistence.isSaving || persistence.snapshotter.isRunning),
      timeUs: () => writes.timeUs(),
      nowMs: () => environment.monotonicUs() / 1000,
      annotator: parts.annotator ?? ((pending) => new PlainAnnotator(pending)),
      stateChanged: () => this.tell(),
      torn: (error) => this.hasTorn(error),
      synced: () => parts.replication.waiters.check(),
    });
    const { replication } = parts;
    const taken = (): void => this.schedule();
    const { writer } = this;
    this.segments = new SegmentLog({ environment, log, writes, replication, writer, taken }, this.makeCatalog());
    this.bases = new Bases({ environment, config, log, persistence });
    this.rewriter = new Rewriter({
      snapshotter: persistence.snapshotter,
      log,
      nowMs: () => environment.scheduler.now(),
    });
    config.changes$.subscribe(() => this.applySettings());
    config.onApply(['appendonly'], (next, previous) => this.toggle(next.appendonly, previous.appendonly));
  }

  // ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether writes are logged, or will be as soon as there is a base. */
  get isEnabled(): boolean {
    return this.mode !== 'off';
  }

  get isRewriting(): boolean {
    return this.rewriter.isRunning;
  }

  /** Why writes are refused, now and whenever that changes. */
  get state$(): Observable<EventLogState> {
    return this.states.pipe(distinctUntilChanged((a, b) => a.refusal === b.refusal));
  }

  get folder(): LogFolder {
    return this.segments.catalog.folder;
  }

  /** Offset in the stream up to which the disk has it; -1 while the log is off or has no base. */
  get syncedOffset(): number {
    return this.mode === 'on' ? this.writer.syncedOffset : -1;
  }

  // ── the stream ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Writes what the turn has brought; to be called before its replies go out. False when they must not, because what
   * they acknowledge could not be written.
   */
  commit(): boolean {
    if (!this.segments.isOpen) return true;
    this.parts.writes.flush();
    return this.writer.commit();
  }

  /** Writes all there is and waits until the disk has it. Left says why it has not. */
  flush(): E.Either<string, void> {
    this.parts.writes.flush();
    const failed = this.writer.syncNow();
    return failed === undefined ? E.right(undefined) : E.left(failed.reason);
  }

  /** Has something written down beside the stream, between two commands. */
  annotate(write: () => void): void {
    if (!this.segments.isOpen) return;
    this.parts.writes.flush();
    write();
    this.schedule();
  }

  /** Commits at the end of the turn, unless a flush of replies does it anyway. */
  private schedule(): void {
    if (this.isScheduled || this.parts.outbox.isFlushDue) return;
    this.isScheduled = true;
    this.parts.environment.atTurnEnd(this.turnEnds);
  }

  private readonly turnEnds = (): void => {
    this.isScheduled = false;
    // Nobody waits for a reply: that it failed is told by the state.
    this.commit();
  };

  /** Ticks for as long as it is subscribed to, and emits nothing. */
  get run$(): Observable<never> {
    return interval(TICK_MS, this.parts.environment.scheduler).pipe(
      tap(() => this.tick()),
      ignoreElements(),
    );
  }

  private tick(): void {
    const { environment, persistence } = this.parts;
    this.writer.tick();
    if (persistence.isLoading) return;
    const nowMs = environment.scheduler.now();
    if (this.mode === 'on' && nowMs - this.collectedMs >= COLLECT_EVERY_MS) {
      this.collectedMs = nowMs;
      this.segments.catalog.collect(environment.timeUs());
    }
    if (this.rewriter.isRunning || persistence.snapshotter.isRunning || persistence.isSaving) return;
    if (this.rewriter.isLimited) return;
    if (this.rewriter.isScheduled || (this.mode === 'on' && this.hasGrown())) this.startRewrite();
  }

  /** Whether the log has grown so much that it is rewritten on our own account. */
  private hasGrown(): boolean {
    const { config, log } = this.parts;
    const percentage = config.config['auto-aof-rewrite-percentage'];
    if (percentage === 0 || this.currentBytes <= config.config['auto-aof-rewrite-min-size']) return false;
    const growth = Math.floor((this.currentBytes * 100) / Math.max(1, this.rewrittenBytes) - 100);
    if (growth >= percentage) log.notice(`Starting automatic rewriting of AOF on ${growth}% growth`);
    return growth >= percentage;
  }

  private get currentBytes(): number {
    return this.closedBytes + (this.writer.segment?.bytes ?? 0);
  }

  // ── on and off ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * At start: goes on behind what was loaded. Without it what is in memory becomes the first base, whatever the folder
   * holds. Left says why the log cannot be written.
   */
  started(loaded?: LoadedLog): E.Either<LoadError, void> {
    const { environment, log } = this.parts;
    const { bases, segments } = this;
    const prepared = this.prepare(loaded);
    if (E.isLeft(prepared)) return E.left({ _tag: 'LoadError', message: prepared.left });
    const { catalog } = segments;
    const { folder } = catalog;
    if (loaded !== undefined) this.continueHistory(loaded);
    const hash = loaded === undefined ? NO_HASH : closeTail(catalog, loaded, environment.timeUs());
    const seq = catalog.nextSegmentSeq;
    const file = { name: folder.segmentName(seq), seq };
    const register = (timeUs: number): E.Either<string, void> => {
      const registered = loaded === undefined ? bases.writeNow(catalog, file, timeUs) : segments.register(file);
      log.notice(`Creating AOF incr file ${file.name} on server start`);
      return registered;
    };
    const opened = segments.open({ file, path: folder.file(file.name), register, hash });
    if (E.isLeft(opened)) return E.left({ _tag: 'LoadError', message: `Cannot write the log: ${opened.left}` });
    this.mode = 'on';
    this.writer.syncNow();
    this.watchHistory();
    this.hasRewritten();
    // How large the log was after its last rewrite nobody knows any more, only that its base was a part of that.
    if (loaded !== undefined) this.rewrittenBytes = catalog.baseBytes;
    if (loaded !== undefined) catalog.collect(environment.timeUs());
    this.tell();
    return E.right(undefined);
  }

  /** The folder, what it says of itself, and nothing that a crash has left. */
  private prepare(loaded?: LoadedLog): E.Either<string, void> {
    const catalog = this.makeCatalog();
    const { folder } = catalog;
    this.segments.catalog = catalog;
    const made = attempt('make the folder', folder.path, () => {
      folder.files.makeFolder(folder.path);
      for (const name of folder.files.list(folder.path)) if (name.startsWith('temp-')) folder.remove({ name });
    });
    if (E.isLeft(made)) return E.left(`Can't open or create append-only dir ${folder.path}: ${made.left.message}`);
    const read = catalog.read(loaded?.files);
    return E.isLeft(read) ? E.left(read.left.message) : read;
  }

  /** Our stream goes on where the log ends; after a crash as a history of its own, since a replica may know more. */
  private continueHistory({ replid, offset, streamDb }: LoadedLog): void {
    const { replication, writes } = this.parts;
    const { history } = replication;
    if (writes.offset !== offset) writes.continueAt(offset);
    if (replid === undefined) return;
    history.replid = replid;
    history.openBacklog();
    if (replication.isReplica) {
      replication.link.memory.resumable = true;
      replication.link.memory.streamDb = streamDb;
    } else if (!this.segments.catalog.endsAt(offset)) {
      history.branch();
    }
  }

  /** CONFIG SET appendonly. */
  private toggle(next: boolean, previous: boolean): string | undefined {
    if (next === previous) return undefined;
    if (!next) {
      this.stop();
      return undefined;
    }
    const prepared = this.prepare();
    if (E.isLeft(prepared)) {
      this.parts.log.warning(prepared.left);
      return UNABLE;
    }
    this.watchHistory();
    this.mode = 'waiting';
    if (this.rewriter.isRunning) {
      this.parts.log.warning(
        'AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.',
      );
      this.rewriter.abort();
    }
    if (this.parts.persistence.snapshotter.isRunning) {
      this.rewriter.isScheduled = true;
      this.parts.log.warning(
        'AOF was enabled but there is already a background operation. An AOF background was scheduled to start when possible.',
      );
      return undefined;
    }
    if (this.startRewrite()) return undefined;
    this.mode = 'off';
    this.rewriter.isScheduled = false;
    return UNABLE;
  }

  /** CONFIG SET appendonly no: what was written stays. */
  private stop(): void {
    this.rewriter.isScheduled = false;
    this.rewriter.abort();
    if (this.mode === 'on') this.segments.seal();
    this.end();
  }

  /**
   * Ends the log with the server. The segment is not sealed before another one follows: until then redis-server may go on
   * with it. That its end is known tells the next start that nothing is missing.
   */
  close(): void {
    if (this.mode === 'off') return;
    this.rewriter.abort();
    if (this.mode === 'on') this.segments.leave();
    this.end();
  }

  private end(): void {
    this.segments.forget();
    this.mode = 'off';
    this.parts.replication.history.onChange = () => {};
    this.torn = undefined;
    this.tell();
  }

  /**
   * Before a shutdown: what was written is on the disk. False when the log has no base yet, without which it is worth
   * nothing.
   */
  prepareShutdown(isForced: boolean): boolean {
    const { log } = this.parts;
    if (this.rewriter.isRunning) log.warning('There is a child rewriting the AOF. Killing it!');
    if (this.mode === 'waiting') {
      log.warning(isForced ? 'Writing initial AOF. Exit anyway.' : "Writing initial AOF, can't exit.");
      if (!isForced) return false;
    }
    if (this.mode === 'off') return true;
    log.notice('Calling fsync() on the AOF file.');
    const flushed = this.flush();
    if (E.isRight(flushed)) return true;
    log.warning(`Fail to fsync the AOF file: ${flushed.left}.`);
    // What is acknowledged and only here must not be lost because somebody presses a key.
    return isForced || this.writer.pendingBytes === 0;
  }

  // ── a history that changes ──────────────────────────────────────────────────────────────────────────────────────

  private watchHistory(): void {
    this.parts.replication.history.onChange = (isReplaced) => this.historyChanged(isReplaced);
  }

  /** The stream has another id from here on, or another content. */
  private historyChanged(isReplaced: boolean): void {
    if (this.mode === 'off') return;
    if (isReplaced || this.mode === 'waiting' || this.torn !== undefined) {
      this.restart();
      return;
    }
    const opened = this.segments.openNext('on a new replication id');
    this.measure();
    if (E.isLeft(opened)) {
      this.parts.log.warning(`Cannot go on with the log: ${opened.left}`);
      this.restart();
    }
  }

  /** Makes a log of what is in memory now; the old one counts until that has a base. */
  private restart(): void {
    this.rewriter.abort();
    if (this.mode === 'on' && this.torn === undefined) this.segments.seal();
    this.segments.forget();
    this.mode = 'waiting';
    this.rewriter.isScheduled = true;
    this.parts.environment.atTurnEnd(() => this.tickRewrite());
  }

  private tickRewrite(): void {
    const { snapshotter } = this.parts.persistence;
    if (this.mode === 'waiting' && this.rewriter.isScheduled && !snapshotter.isRunning && !this.rewriter.isLimited) {
      this.startRewrite();
    }
  }

  // ── rewriting ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** BGREWRITEAOF: the status reply, or the error. */
  rewrite(inTransaction: boolean): E.Either<string, string> {
    const { persistence } = this.parts;
    if (this.rewriter.isRunning) return E.left(REWRITING);
    if (inTransaction || persistence.isSaving || persistence.snapshotter.isRunning) {
      this.rewriter.isScheduled = true;
      return E.right('Background append only file rewriting scheduled');
    }
    if (this.mode === 'off') {
      const prepared = this.prepare();
      if (E.isLeft(prepared)) {
        this.parts.log.warning(prepared.left);
        return E.left(CANNOT_REWRITE);
      }
    }
    return this.startRewrite() ? E.right('Background append only file rewriting started') : E.left(CANNOT_REWRITE);
  }

  private startRewrite(): boolean {
    const { bases, mode, segments } = this;
    let first: ManifestFile | undefined;
    this.rewriter.isScheduled = false;
    if (mode !== 'off') {
      const opened = mode === 'on' ? segments.openNext('on background rewrite') : segments.openTemporary();
      this.measure();
      if (E.isLeft(opened)) {
        this.rewriter.fail(opened.left);
        this.rewriter.isScheduled = mode === 'waiting';
        return false;
      }
      first = opened.right;
    }
    const base = bases.begin(segments.catalog, mode === 'off' ? undefined : this.writer.segment?.place.fromUs);
    this.rewriter.start({
      sink: base.sink,
      origin: () => base.origin,
      finish: () => this.putIntoEffect(base, first),
      failed: () => {
        if (this.mode === 'waiting') this.restart();
      },
    });
    return true;
  }

  private putIntoEffect(base: NewBase, first: ManifestFile | undefined): E.Either<string, void> {
    const { bases, parts, segments } = this;
    const { catalog } = segments;
    const following = (): E.Either<string, readonly ManifestFile[]> => {
      const listed = catalog.manifest.incrs.filter(({ seq }) => first !== undefined && seq >= first.seq);
      if (this.mode !== 'waiting') return E.right(listed);
      return E.map((named: ManifestFile | undefined) => (named === undefined ? [] : [named]))(segments.name());
    };
    const replaced = bases.putIntoEffect(catalog, base, following);
    if (E.isLeft(replaced)) return replaced;
    if (this.mode === 'waiting') this.mode = 'on';
    this.torn = undefined;
    this.tell();
    this.hasRewritten();
    catalog.collect(parts.environment.timeUs());
    parts.replication.waiters.check();
    return E.right(undefined);
  }

  private hasTorn(error: DiskError): void {
    this.parts.log.warning(`Fail to fsync the AOF file: ${error.reason}`);
    this.torn = error;
    this.tell();
    this.restart();
  }

  // ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What INFO persistence says of the log. */
  info(): InfoFields {
    return rewriteFields(this.isEnabled, this.refusal === undefined, this.rewriter);
  }

  /** What it says besides while the log is on. */
  infoWhileOn(): InfoFields {
    const sizes = { currentBytes: this.currentBytes, rewrittenBytes: this.rewrittenBytes };
    return this.isEnabled ? writerFields(sizes, this.rewriter, this.writer) : [];
  }

  private get refusal(): DiskError | undefined {
    return this.mode === 'off' ? undefined : (this.torn ?? this.writer.failure);
  }

  private tell(): void {
    const { refusal } = this;
    this.states.next({
      refusal: refusal === undefined ? undefined : `MISCONF Errors writing to the AOF file: ${refusal.reason}`,
    });
  }

  private measure(): void {
    this.closedBytes = this.segments.catalog.currentBytes(this.writer.segment?.place.name);
  }

  /** The log is as small as it gets: growth counts from here. */
  private hasRewritten(): void {
    this.measure();
    this.rewrittenBytes = this.currentBytes;
  }

  private applySettings(): void {
    const { config } = this.parts.config;
    this.settings.policy = config.appendfsync;
    this.settings.timestamps = config['aof-timestamp-enabled'];
  }

  private makeCatalog(): Catalog {
    const { config, environment, log } = this.parts;
    const { dir, appenddirname, appendfilename } = config.config;
    const names = {
      dir: resolve(fromLatin1(dir)),
      folder: fromLatin1(appenddirname),
      file: fromLatin1(appendfilename),
    };
    const folder = new LogFolder({ ...names, files: environment.logFiles ?? systemFiles });
    return new Catalog(folder, log, () => ({
      limits: { seconds: config.config['log-retention-time'], bytes: config.config['log-retention-size'] },
      keepsHistory: config.config['aof-disable-auto-gc'],
    }));
  }
}
