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
import {
  BehaviorSubject,
  distinctUntilChanged,
  ignoreElements,
  interval,
  type Observable,
  type Subscription,
  tap,
} from 'rxjs';
import { fromLatin1 } from '../config/load.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Environment } from '../environment.ts';
import { selectBytes, type WriteStream } from '../events/write-stream.ts';
import type { Logger } from '../log.ts';
import type { Outbox } from '../net/outbox.ts';
import type { LoadError, Persistence } from '../persistence/service.ts';
import type { SnapshotOrigin } from '../persistence/snapshot.ts';
import type { Replication } from '../replication/service.ts';
import { type PendingBytes, PlainAnnotator, type SegmentAnnotator } from './annotator.ts';
import { CommandBase, type CommandBaseOptions, CommandBaseSink } from './base-commands.ts';
import { Catalog } from './catalog.ts';
import { attempt, type LogFileError, LogFolder, type ManifestFile, systemFiles } from './files.ts';
import { hashOf, NO_HASH, parseAnnotation, renderHead, renderSeal, renderTimestamp } from './format.ts';
import type { LoadedLog, LogLoader } from './ports.ts';
import { Rewriter } from './rewrite.ts';
import { type DiskError, Segment } from './segment.ts';
import { isDiskError, LogWriter, type WriterSettings } from './writer.ts';

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

const US_PER_SECOND = 1_000_000;
const TICK_MS = 100;
const COLLECT_EVERY_MS = 10_000;
/** A segment with nothing but a head and a seal is shorter. */
const EMPTY_BYTES_MAX = 512;
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
  private catalog: Catalog;
  private runs: Subscription | undefined = undefined;
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
    this.catalog = this.makeCatalog();
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
    return this.catalog.folder;
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
    if (this.runs === undefined) return true;
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
    if (this.runs === undefined) return;
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
      this.catalog.collect(environment.timeUs());
    }
    if (this.rewriter.isRunning || persistence.snapshotter.isRunning || persistence.isSaving) return;
    if (this.rewriter.isLimited) return;
    if (this.rewriter.isScheduled || (this.mode === 'on' && this.hasGrown())) this.startRewrite();
  }

  /** Whether the log has grown so much that it is rewritten on our own account. */
  private hasGrown(): boolean {
    const { config, log } = this.parts;
    const percentage = config.config['auto-aof-rewrite-percentage'];
    const bytes = this.currentBytes;
    if (percentage === 0 || bytes <= config.config['auto-aof-rewrite-min-size']) return false;
    const growth = Math.floor((bytes * 100) / Math.max(1, this.rewrittenBytes) - 100);
    if (growth < percentage) return false;
    log.notice(`Starting automatic rewriting of AOF on ${growth}% growth`);
    return true;
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
    const { log, replication } = this.parts;
    this.catalog = this.makeCatalog();
    const { folder } = this.catalog;
    const begun = this.prepare(loaded);
    if (E.isLeft(begun)) return E.left({ _tag: 'LoadError', message: begun.left });
    if (loaded !== undefined) this.continueHistory(loaded);
    const hash = loaded === undefined ? NO_HASH : this.closeTail(loaded);
    const seq = this.catalog.nextSegmentSeq;
    const file = { name: folder.segmentName(seq), seq };
    const begin = (): E.Either<string, void> => {
      const added = loaded === undefined ? this.firstBase(file) : this.addSegment(file);
      log.notice(`Creating AOF incr file ${file.name} on server start`);
      return added;
    };
    const opened = this.open(file, folder.file(file.name), begin, hash);
    if (E.isLeft(opened)) return E.left({ _tag: 'LoadError', message: `Cannot write the log: ${opened.left}` });
    this.mode = 'on';
    replication.history.onChange = (isReplaced) => this.historyChanged(isReplaced);
    this.measure();
    this.rewrittenBytes = this.currentBytes;
    if (loaded !== undefined) this.catalog.collect(this.parts.environment.timeUs());
    this.tell();
    return E.right(undefined);
  }

  /** The folder, what it says of itself, and nothing that a crash has left. */
  private prepare(loaded?: LoadedLog): E.Either<string, void> {
    const { folder } = this.catalog;
    const made = attempt('make the folder', folder.path, () => {
      folder.files.makeFolder(folder.path);
      for (const name of folder.files.list(folder.path)) if (name.startsWith('temp-')) folder.remove({ name });
    });
    if (E.isLeft(made)) return E.left(`Can't open or create append-only dir ${folder.path}: ${made.left.message}`);
    const read = this.catalog.read(loaded?.files);
    return E.isLeft(read) ? E.left(read.left.message) : read;
  }

  /** Seals the segment that a crash has left; answers what the next head names. */
  private closeTail(loaded: LoadedLog): string {
    const { folder } = this.catalog;
    const last = loaded.files.at(-1);
    if (last === undefined || last.kind !== 'segment' || !last.hasHead) return loaded.lastHash;
    const before = this.emptySegment(last.name, last.bytes);
    if (before !== undefined) {
      this.catalog.withdrawSegment(last.name);
      return before;
    }
    if (loaded.sealed) return loaded.lastHash;
    const timeUs = this.parts.environment.timeUs();
    const line = new Uint8Array(Buffer.from(renderSeal({ offset: last.to, timeUs, hash: loaded.lastHash }), 'latin1'));
    const path = folder.file(last.name);
    const sealed = attempt('seal', path, () => {
      const segment = new Segment(folder.files, folder.files.open(path), { ...last, path });
      segment.bytes = last.bytes;
      const failed = segment.write(line, 0, line.length) ?? segment.sync();
      segment.close();
      return failed === undefined;
    });
    if (E.isLeft(sealed) || !sealed.right) return loaded.lastHash;
    this.catalog.noteEnd(last.name, last.to, last.toUs, loaded.lastHash);
    return hashOf(line);
  }

  /** The hash in the head of a segment to which nothing was written; undefined where something was. */
  private emptySegment(name: string, bytes: number): string | undefined {
    if (bytes > EMPTY_BYTES_MAX) return undefined;
    const { folder } = this.catalog;
    const text = attempt('read', folder.file(name), () => folder.files.readText(folder.file(name)));
    if (E.isLeft(text) || text.right === undefined) return undefined;
    const lines = text.right.split('\r\n').filter((line) => line !== '');
    const head = lines[0] === undefined ? undefined : parseAnnotation(lines[0]);
    const isEmpty = lines.slice(1).every((line) => line.startsWith('#S:') || line.startsWith('#TS:'));
    return isEmpty && head?._tag === 'Right' && head.right._tag === 'Head' ? head.right.hash : undefined;
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
    } else if (!this.catalog.endsAt(offset)) {
      history.branch();
    }
  }

  /** Writes the first base at once, before anybody is served. */
  private firstBase(segment: ManifestFile): E.Either<string, void> {
    const { log, persistence, environment } = this.parts;
    const { folder } = this.catalog;
    const seq = this.catalog.nextBaseSeq;
    const kind = this.baseKind;
    const file = { name: folder.baseName(seq, kind), seq };
    log.notice(`Creating AOF base file ${file.name} on server start`);
    const temporary = folder.file('temp-base');
    const origin = this.origin();
    const written = attempt('write', temporary, () => {
      const base = new Segment(folder.files, folder.files.create(temporary), {
        ...file,
        path: temporary,
        from: 0,
        fromUs: 0,
      });
      let failed: DiskError | undefined;
      const write = (chunk: Uint8Array): void => {
        failed ??= base.write(chunk, 0, chunk.length);
      };
      if (kind === 'rdb') persistence.snapshotter.runToEnd(write, origin);
      else {
        const commands = new CommandBase(write, this.commandOptions());
        persistence.snapshotter.runToEnd((chunk) => commands.take(chunk), origin);
        commands.end();
      }
      failed ??= base.sync();
      base.close();
      return failed;
    });
    if (E.isLeft(written)) return E.left(written.left.message);
    if (written.right !== undefined) return E.left(written.right.reason);
    const taken = folder.take(temporary, file.name);
    if (E.isLeft(taken)) return E.left(taken.left.message);
    const replaced = this.catalog.replace(file, [segment]);
    if (E.isLeft(replaced)) return E.left(replaced.left.message);
    const timeUs = environment.timeUs();
    this.noteBase(file, origin.replOffset ?? 0, timeUs);
    return E.right(undefined);
  }

  /** CONFIG SET appendonly. */
  private toggle(next: boolean, previous: boolean): string | undefined {
    if (next === previous) return undefined;
    if (!next) {
      this.stop();
      return undefined;
    }
    this.catalog = this.makeCatalog();
    const prepared = this.prepare();
    if (E.isLeft(prepared)) {
      this.parts.log.warning(prepared.left);
      return UNABLE;
    }
    this.parts.replication.history.onChange = (isReplaced) => this.historyChanged(isReplaced);
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
    if (this.mode === 'on') this.seal();
    this.end();
  }

  /**
   * Ends the log with the server. The segment is not sealed before another one follows: until then redis-server may go on
   * with it. That its end is known tells the next start that nothing is missing.
   */
  close(): void {
    if (this.mode === 'off') return;
    this.rewriter.abort();
    const name = this.writer.segment?.place.name;
    if (this.mode === 'on' && name !== undefined && E.isRight(this.flush())) {
      this.catalog.noteEnd(name, this.writer.takenOffset, this.parts.environment.timeUs(), undefined);
      this.catalog.save();
    }
    this.end();
  }

  private end(): void {
    this.forget();
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

  /** Seals the segment, as far as the disk allows it, and takes note of that. */
  private seal(): void {
    this.parts.writes.flush();
    if (E.isRight(this.endCurrent(this.parts.environment.timeUs()))) this.catalog.save();
  }

  private forget(): void {
    this.runs?.unsubscribe();
    this.runs = undefined;
    this.writer.drop();
  }

  // ── segments ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Goes on with a new file, the one before being sealed. `register` makes it part of the state where it is to be, when
   * the file is there and nothing is in it. Left says why all is as it was.
   */
  private open(
    file: ManifestFile,
    path: string,
    register: () => E.Either<string, void>,
    firstHash?: string,
  ): E.Either<string, void> {
    const { environment, replication, writes } = this.parts;
    const { folder } = this.catalog;
    writes.flush();
    const created = attempt('create', path, () => folder.files.create(path));
    if (E.isLeft(created)) return E.left(`Can't create ${path}: ${created.left.message}`);
    const timeUs = environment.timeUs();
    const place = { ...file, path, from: writes.offset, fromUs: timeUs };
    const segment = new Segment(folder.files, created.right, place);
    const registered = register();
    const ended = E.isLeft(registered) ? registered : this.endCurrent(timeUs);
    if (E.isLeft(ended)) {
      segment.close();
      if (E.isRight(registered)) this.catalog.withdrawSegment(file.name);
      else folder.remove(file);
      return ended;
    }
    this.catalog.note({
      kind: 'segment',
      ...file,
      from: place.from,
      to: undefined,
      fromUs: timeUs,
      toUs: undefined,
      seal: undefined,
    });
    this.catalog.save();
    const { replStreamDb = 0 } = this.origin();
    // The stream is our master's: it does not name its database for us.
    const preamble = replication.isReplica && replStreamDb !== 0 ? selectBytes(replStreamDb) : undefined;
    writes.forgetDatabase();
    this.writer.begin(segment, replication.history.replid, firstHash ?? ended.right, preamble);
    this.runs ??= writes.runs$.subscribe((run) => {
      this.writer.take(run);
      if (!this.isScheduled) this.schedule();
    });
    return E.right(undefined);
  }

  /** Seals the current segment, if there is one; answers what the next head names. */
  private endCurrent(timeUs: number): E.Either<string, string> {
    const { writer } = this;
    const name = writer.segment?.place.name;
    const to = writer.takenOffset;
    const ended = writer.end(timeUs);
    if (isDiskError(ended)) return E.left(ended.reason);
    if (name !== undefined) this.catalog.noteEnd(name, to, timeUs, ended.seal);
    return E.right(ended.hash);
  }

  /** A segment of the state, named by its number. */
  private openNext(reason: string): E.Either<string, ManifestFile> {
    const { catalog } = this;
    const seq = catalog.nextSegmentSeq;
    const file = { name: catalog.folder.segmentName(seq), seq };
    this.parts.log.notice(`Creating AOF incr file ${file.name} ${reason}`);
    const opened = this.open(file, catalog.folder.file(file.name), () => this.addSegment(file));
    this.measure();
    return E.isLeft(opened) ? opened : E.right(file);
  }

  private addSegment(file: ManifestFile): E.Either<string, void> {
    return E.mapLeft(({ message }: LogFileError) => message)(this.catalog.addSegment(file));
  }

  /** A segment that becomes part of the state together with the base being made. */
  private openTemporary(): E.Either<string, ManifestFile> {
    const { folder } = this.catalog;
    const name = `temp-${folder.prefix}.incr`;
    this.parts.log.notice(`Creating AOF incr file ${name} on background rewrite`);
    const file = { name, seq: this.catalog.nextSegmentSeq };
    const opened = this.open(file, folder.file(name), () => E.right(undefined));
    return E.isLeft(opened) ? opened : E.right(file);
  }

  /** The stream has another id from here on, or another content. */
  private historyChanged(isReplaced: boolean): void {
    if (this.mode === 'off') return;
    if (isReplaced || this.mode === 'waiting' || this.torn !== undefined) {
      this.restart();
      return;
    }
    const opened = this.openNext('on a new replication id');
    if (E.isLeft(opened)) {
      this.parts.log.warning(`Cannot go on with the log: ${opened.left}`);
      this.restart();
    }
  }

  /** Makes a log of what is in memory now; the old one counts until that has a base. */
  private restart(): void {
    this.rewriter.abort();
    if (this.mode === 'on' && this.torn === undefined) this.seal();
    this.forget();
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
      this.catalog = this.makeCatalog();
      const prepared = this.prepare();
      if (E.isLeft(prepared)) {
        this.parts.log.warning(prepared.left);
        return E.left(CANNOT_REWRITE);
      }
    }
    return this.startRewrite() ? E.right('Background append only file rewriting started') : E.left(CANNOT_REWRITE);
  }

  private startRewrite(): boolean {
    const { catalog, mode } = this;
    const { folder } = catalog;
    let segment: ManifestFile | undefined;
    this.rewriter.isScheduled = false;
    if (mode !== 'off') {
      const opened = mode === 'on' ? this.openNext('on background rewrite') : this.openTemporary();
      if (E.isLeft(opened)) {
        this.rewriter.fail(opened.left);
        this.rewriter.isScheduled = mode === 'waiting';
        return false;
      }
      segment = opened.right;
    }
    const temporary = folder.file(`temp-rewriteaof-bg-${process.pid}.aof`);
    const kind = this.baseKind;
    const { config } = this.parts.config;
    const file = folder.files.sink(temporary, config['aof-rewrite-incremental-fsync']);
    const origin = this.origin();
    const timeUs = this.parts.environment.timeUs();
    this.rewriter.start({
      sink: kind === 'rdb' ? file : new CommandBaseSink(file, this.commandOptions()),
      origin: () => origin,
      finish: () => this.putIntoEffect(temporary, kind, segment, origin.replOffset ?? 0, timeUs),
      failed: () => {
        if (this.mode === 'waiting') this.restart();
      },
    });
    return true;
  }

  /** The new base is complete: from here on the state begins with it. */
  private putIntoEffect(
    temporary: string,
    kind: 'rdb' | 'aof',
    first: ManifestFile | undefined,
    offset: number,
    timeUs: number,
  ): E.Either<string, void> {
    const { catalog, parts, writer } = this;
    const { folder } = catalog;
    const seq = catalog.nextBaseSeq;
    const base = { name: folder.baseName(seq, kind), seq };
    const taken = folder.take(temporary, base.name);
    if (E.isLeft(taken)) return E.left(`Error trying to rename the temporary AOF base file: ${taken.left.message}`);
    parts.log.notice(
      `Successfully renamed the temporary AOF base file temp-rewriteaof-bg-${process.pid}.aof into ${base.name}`,
    );
    const incrs = first === undefined ? [] : catalog.manifest.incrs.filter(({ seq: number }) => number >= first.seq);
    const { segment } = writer;
    if (this.mode === 'waiting' && segment !== undefined && first !== undefined) {
      const name = folder.segmentName(first.seq);
      const named = folder.take(segment.place.path, name);
      if (E.isLeft(named)) {
        folder.remove(base);
        return E.left(`Error trying to rename the temporary AOF incr file: ${named.left.message}`);
      }
      parts.log.notice(`Successfully renamed the temporary AOF incr file ${first.name} into ${name}`);
      catalog.rename(first.name, name);
      segment.place = { ...segment.place, name, path: folder.file(name) };
      incrs.push({ name, seq: first.seq });
    }
    const replaced = catalog.replace(base, incrs);
    if (E.isLeft(replaced)) {
      folder.remove(base);
      return E.left(`Cannot write the manifest: ${replaced.left.message}`);
    }
    this.noteBase(base, offset, timeUs, first === undefined ? undefined : folder.segmentName(first.seq));
    if (this.mode === 'waiting') this.mode = 'on';
    this.torn = undefined;
    this.tell();
    this.measure();
    this.rewrittenBytes = this.currentBytes;
    catalog.collect(parts.environment.timeUs());
    if (this.mode === 'on') parts.replication.waiters.check();
    return E.right(undefined);
  }

  private noteBase(file: ManifestFile, offset: number, timeUs: number, before?: string): void {
    this.catalog.note(
      { kind: 'base', ...file, from: offset, to: offset, fromUs: timeUs, toUs: timeUs, seal: undefined },
      before,
    );
    this.catalog.save();
  }

  private get baseKind(): 'rdb' | 'aof' {
    return this.parts.config.config['aof-use-rdb-preamble'] ? 'rdb' : 'aof';
  }

  /** What a base of commands begins with: where it stands, and the time where that is wanted. */
  private commandOptions(): CommandBaseOptions {
    const { config, environment, replication, writes } = this.parts;
    const timeUs = environment.timeUs();
    const { replid } = replication.history;
    const head = renderHead({ replid, offset: writes.offset, timeUs, hash: NO_HASH });
    const stamp = renderTimestamp({ seconds: Math.floor(timeUs / US_PER_SECOND) });
    return {
      databases: config.config.databases,
      preface: config.config['aof-timestamp-enabled'] ? head + stamp : head,
    };
  }

  private origin(): SnapshotOrigin {
    return { ...this.parts.persistence.replicationOrigin(), aofBase: true };
  }

  private hasTorn(error: DiskError): void {
    this.parts.log.warning(`Fail to fsync the AOF file: ${error.reason}`);
    this.torn = error;
    this.tell();
    this.restart();
  }

  // ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What INFO persistence says of the log, in two parts: always, and while it is on. */
  info(): readonly (readonly [field: string, value: string | number])[] {
    const { rewriter } = this;
    return [
      ['aof_enabled', this.isEnabled ? 1 : 0],
      ['aof_rewrite_in_progress', rewriter.isRunning ? 1 : 0],
      ['aof_rewrite_scheduled', rewriter.isScheduled ? 1 : 0],
      ['aof_last_rewrite_time_sec', rewriter.lastSeconds],
      ['aof_current_rewrite_time_sec', rewriter.currentSeconds],
      ['aof_last_bgrewrite_status', rewriter.lastStatus],
      ['aof_rewrites', rewriter.rewrites],
      ['aof_rewrites_consecutive_failures', rewriter.consecutiveFailures],
      ['aof_last_write_status', this.refusal === undefined ? 'ok' : 'err'],
      ['aof_last_cow_size', 0],
    ];
  }

  infoWhileOn(): readonly (readonly [field: string, value: string | number])[] {
    if (!this.isEnabled) return [];
    const { rewriter, writer } = this;
    return [
      ['aof_current_size', this.currentBytes],
      ['aof_base_size', this.rewrittenBytes],
      ['aof_pending_rewrite', rewriter.isScheduled ? 1 : 0],
      ['aof_buffer_length', writer.pendingBytes],
      ['aof_pending_bio_fsync', writer.isSyncing ? 1 : 0],
      ['aof_delayed_fsync', writer.delayedSyncs],
    ];
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
    this.closedBytes = this.catalog.currentBytes(this.writer.segment?.place.name);
  }

  private applySettings(): void {
    const { config } = this.parts.config;
    this.settings.policy = config.appendfsync;
    this.settings.timestamps = config['aof-timestamp-enabled'];
  }

  private makeCatalog(): Catalog {
    const { config, environment, log } = this.parts;
    const { dir, appenddirname, appendfilename } = config.config;
    const folder = new LogFolder({
      dir: resolve(fromLatin1(dir)),
      folder: fromLatin1(appenddirname),
      file: fromLatin1(appendfilename),
      files: environment.logFiles ?? systemFiles,
    });
    return new Catalog(folder, log, () => ({
      limits: { seconds: config.config['log-retention-time'], bytes: config.config['log-retention-size'] },
      keepsHistory: config.config['aof-disable-auto-gc'],
    }));
  }
}
