/**
 * Persistence as the rest of the server sees it: saving, save points, loading, and what INFO says of all that.
 *
 * In:     commands (SAVE, BGSAVE, DEBUG RELOAD), the count of changes, the clock, snapshots of a master.
 * Out:    RDB files; flags that the gate reads (`isLoading`, `writesRefused`, told by `state$`); log lines as Redis'.
 * Memory: see the snapshot and the reader.
 *
 * @since 0.1.0
 */
import { join, resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import {
  BehaviorSubject,
  distinctUntilChanged,
  ignoreElements,
  interval,
  Observable,
  type Subscription,
  tap,
} from 'rxjs';
import { fromLatin1 } from '../config/load.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Environment } from '../environment.ts';
import type { WriteStream } from '../events/write-stream.ts';
import { ExpiryMode, type Keyspace } from '../keyspace/keyspace.ts';
import type { Logger } from '../log.ts';
import type { Chunk } from '../net/peer.ts';
import { type Loaded, Loading } from './loading.ts';
import {
  type FileError,
  FileSink,
  readAtOnce,
  readInPieces,
  removeLeftovers,
  replaceFile,
  temporaryName,
  writeFileSync,
} from './rdb/file.ts';
import type { RdbError } from './rdb/input.ts';
import { accessKindOf, type SnapshotOrigin } from './rdb/writer.ts';
import { Snapshotter } from './snapshot.ts';

export interface PersistenceOptions {
  readonly environment: Environment;
  readonly keyspace: Keyspace;
  readonly config: ConfigStore;
  readonly log: Logger;
  readonly writes: WriteStream;
}

/** What the gate has to know. */
export interface PersistenceState {
  readonly loading: boolean;
  /** Writes get MISCONF. */
  readonly writesRefused: boolean;
}

/** How far a load has come, for INFO. */
export interface LoadProgress {
  readonly startedMs: number;
  /** 0 = nobody knows. */
  readonly totalBytes: number;
  readonly loadedBytes: number;
  /** What the file says of the memory that was in use. */
  readonly usedMemoryBytes: number;
}

export interface LoadError {
  readonly _tag: 'LoadError';
  readonly message: string;
}

/** What a snapshot that was loaded from a stream says of itself. */
export interface StreamLoaded extends Loaded {
  readonly replStreamDb?: number;
}

export interface ReloadOptions {
  /** Do not save first. */
  readonly noSave: boolean;
  /** Do not empty the keyspace first. */
  readonly noFlush: boolean;
  /** Keys of the file replace those that exist. */
  readonly merge: boolean;
}

export interface BackgroundSaveOptions {
  /** BGSAVE SCHEDULE */
  readonly schedule?: boolean;
  /** Within a transaction the save begins behind its last command. */
  readonly inTransaction?: boolean;
}

const IN_PROGRESS = 'ERR Background save already in progress';
const REWRITING =
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.";
const RELOAD_FAILED = 'ERR Error trying to load the RDB dump, check server logs.';
const CHECK_EVERY_MS = 100;
/** After a failed save the next one that a save point asks for waits this long. */
const RETRY_SECONDS = 5;

type Status = 'ok' | 'err';

/** Fields of INFO. */
export type InfoFields = readonly (readonly [field: string, value: string | number])[];

/** What the event log tells of itself here. */
export interface LogFigures {
  readonly isRewriting: boolean;
  info(): InfoFields;
  /** What only a log that is on says. */
  infoWhileOn(): InfoFields;
}

const NO_LOG: LogFigures = { isRewriting: false, info: () => [], infoWhileOn: () => [] };

/** A background save under way. */
interface RunningSave {
  readonly startedMs: number;
  readonly changes: number;
  readonly sink: FileSink;
  readonly subscription: Subscription;
}

export class Persistence {
  readonly snapshotter: Snapshotter;
  /** Where in the replication stream we stand, for the files; replication says. */
  replicationOrigin: () => SnapshotOrigin = () => ({});
  /** What the event log says of itself, and whether a new base of it is being written. */
  eventLog: LogFigures = NO_LOG;
  /** DEBUG SET-SKIP-CHECKSUM-VALIDATION */
  skipChecksumValidation = false;

  lastSaveSeconds: number;
  lastBackgroundSaveStatus: Status = 'ok';
  /** Files written since the server started. */
  saves = 0;

  private readonly environment: Environment;
  private readonly keyspace: Keyspace;
  private readonly config: ConfigStore;
  private readonly log: Logger;
  private readonly writes: WriteStream;
  private readonly states: BehaviorSubject<PersistenceState>;
  private loading: Loading | undefined = undefined;
  /** The file of the start is being opened: what is there is not known yet. */
  private isOpening = false;
  /** A log is being loaded. */
  private logProgress: LoadProgress | undefined = undefined;
  private running: RunningSave | undefined = undefined;
  private scheduled = false;
  private savedChanges = 0;
  private lastTrySeconds = 0;
  private lastDurationSeconds = -1;
  private lastLoaded: Loaded = { keysLoaded: 0, keysExpired: 0, origin: {} };
  private temporaryFiles = 0;

  constructor({ environment, keyspace, config, log, writes }: PersistenceOptions) {
    this.environment = environment;
    this.keyspace = keyspace;
    this.config = config;
    this.log = log;
    this.writes = writes;
    this.lastSaveSeconds = this.nowSeconds();
    this.states = new BehaviorSubject<PersistenceState>({ loading: false, writesRefused: false });
    this.snapshotter = new Snapshotter({
      environment,
      keyspace,
      settings: () => ({
        compress: config.config.rdbcompression,
        checksum: config.config.rdbchecksum,
        access: accessKindOf(config.config['maxmemory-policy']),
      }),
    });
    config.changes$.subscribe(() => this.tell());
  }

  // ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────

  get isLoading(): boolean {
    return this.loading !== undefined || this.isOpening || this.logProgress !== undefined;
  }

  /** Whether writes get MISCONF because the last save failed. */
  get writesRefused(): boolean {
    const { config } = this.config;
    return this.lastBackgroundSaveStatus === 'err' && config['stop-writes-on-bgsave-error'] && config.save.length > 0;
  }

  /** The flags now, and whenever one of them changes. */
  get state$(): Observable<PersistenceState> {
    return this.states.pipe(
      distinctUntilChanged((a, b) => a.loading === b.loading && a.writesRefused === b.writesRefused),
    );
  }

  /** A snapshot is being written, to disk or to a replica. */
  get isSaving(): boolean {
    return this.running !== undefined || (this.snapshotter.isRunning && !this.eventLog.isRewriting);
  }

  get changesSinceSave(): number {
    return this.writes.changes - this.savedChanges;
  }

  /** Path of the RDB file. */
  get path(): string {
    return resolve(this.folder, fromLatin1(this.config.config.dbfilename));
  }

  private get folder(): string {
    return resolve(fromLatin1(this.config.config.dir));
  }

  // ── saving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** SAVE: writes the file now, the server standing still. Left is the error reply; the log says why. */
  saveSync(): E.Either<string, void> {
    const { changes } = this.writes;
    const written = writeFileSync(this.temporaryPath(), this.path, (write) => {
      this.snapshotter.runToEnd(write, this.replicationOrigin());
    });
    if (E.isLeft(written)) {
      this.log.warning(describeSaveError(written.left));
      return E.left('ERR');
    }
    this.saved(changes);
    return E.right(undefined);
  }

  /** BGSAVE: the status reply, or the error. */
  backgroundSave({ schedule = false, inTransaction = false }: BackgroundSaveOptions = {}): E.Either<string, string> {
    const { isRewriting } = this.eventLog;
    if (this.isSaving) return E.left(IN_PROGRESS);
    if (isRewriting && !schedule && !inTransaction) return E.left(REWRITING);
    if (isRewriting || inTransaction) {
      this.scheduled = true;
      return E.right('Background saving scheduled');
    }
    this.startSaving();
    return E.right('Background saving started');
  }

  /** Gives a running background save up; its temporary file goes. */
  abortBackgroundSave(): void {
    const { running } = this;
    if (running === undefined) return;
    this.log.warning('There is a child saving an .rdb. Killing it!');
    this.running = undefined;
    running.subscription.unsubscribe();
    running.sink.abandon();
  }

  /** Saves when a save point says so. Runs as long as it is subscribed to, and emits nothing. */
  get run$(): Observable<never> {
    return interval(CHECK_EVERY_MS, this.environment.scheduler).pipe(
      tap(() => this.checkSavePoints()),
      ignoreElements(),
    );
  }

  private checkSavePoints(): void {
    if (this.isSaving || this.isLoading || this.eventLog.isRewriting) return;
    if (this.scheduled) {
      this.startSaving();
      return;
    }
    const now = this.nowSeconds();
    if (this.lastBackgroundSaveStatus === 'err' && now - this.lastTrySeconds <= RETRY_SECONDS) return;
    for (const { seconds, changes } of this.config.config.save) {
      if (this.changesSinceSave < changes || now - this.lastSaveSeconds <= seconds) continue;
      this.log.notice(`${changes} changes in ${seconds} seconds. Saving...`);
      this.startSaving();
      return;
    }
  }

  private startSaving(): void {
    const { environment, log, path } = this;
    const temporary = this.temporaryPath(`-${++this.temporaryFiles}`);
    const sink = new FileSink(temporary, this.config.config['rdb-save-incremental-fsync']);
    this.scheduled = false;
    this.lastTrySeconds = this.nowSeconds();
    const { changes } = this.writes;
    log.notice(`Background saving started by pid ${process.pid}`);
    const save$ = new Observable<never>((subscriber) => {
      const walk = this.snapshotter.start(sink, this.replicationOrigin).subscribe({
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          // The walk is over and cannot be unsubscribed from any more; what is left is to put the file in its place.
          void replaceFile(temporary, path)().then((replaced) => {
            if (E.isLeft(replaced)) subscriber.error(replaced.left);
            else subscriber.complete();
          });
        },
      });
      return walk;
    });
    const startedMs = environment.scheduler.now();
    const subscription = save$.subscribe({
      error: (error: unknown) => this.savingFailed(sink, error),
      complete: () => {
        this.lastDurationSeconds = this.secondsSince(startedMs);
        this.running = undefined;
        this.saved(changes);
        log.notice('Background saving terminated with success');
      },
    });
    this.running = { startedMs, changes, sink, subscription };
  }

  private savingFailed(sink: FileSink, error: unknown): void {
    const { running } = this;
    sink.abandon();
    this.running = undefined;
    this.lastDurationSeconds = running === undefined ? 0 : this.secondsSince(running.startedMs);
    if (!isFileError(error)) throw error; // a bug
    this.log.warning(describeSaveError(error));
    this.log.warning('Background saving error');
    this.lastBackgroundSaveStatus = 'err';
    this.tell();
  }

  private saved(changes: number): void {
    this.savedChanges = changes;
    this.saves++;
    this.lastSaveSeconds = this.nowSeconds();
    this.lastBackgroundSaveStatus = 'ok';
    this.log.notice('DB saved on disk');
    this.tell();
  }

  private temporaryPath(suffix = ''): string {
    return join(this.folder, temporaryName(suffix));
  }

  // ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Loads the RDB file at start, if there is one; clients are served in between. */
  load(): TE.TaskEither<LoadError, Loaded> {
    const { path, log } = this;
    const startedUs = this.environment.monotonicUs();
    let failure: RdbError | undefined;
    const read = pipe(
      readInPieces(path, (totalBytes) => {
        const loading = this.beginLoading(totalBytes, this.keyspace.expiryMode === ExpiryMode.Remove, false);
        return (bytes, length) => {
          const fed = loading.feed(bytes, 0, length);
          if (E.isLeft(fed)) failure = fed.left;
          return failure === undefined && !loading.done;
        };
      }),
      TE.map(() => this.endLoading()),
      TE.chainEitherK((loaded): E.Either<RdbError | FileError, Loaded> => {
        if (failure !== undefined) return E.left(failure);
        return loaded;
      }),
      TE.map((loaded) => {
        const seconds = (this.environment.monotonicUs() - startedUs) / 1e6;
        log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`);
        this.savedChanges = this.writes.changes;
        return loaded;
      }),
      TE.orElse((error): TE.TaskEither<LoadError, Loaded> => {
        this.endLoading();
        if (error._tag === 'FileError' && error.code === 'ENOENT') return TE.right(this.lastLoaded);
        return TE.left(loadError(path, error));
      }),
    );
    return async () => {
      this.isOpening = true;
      this.tell();
      for (const name of await removeLeftovers(this.folder)())
        log.notice(`Removed ${name}, left by a save that was killed`);
      return read();
    };
  }

  /** A log is being loaded, up to the call without a progress. `loaded` is what the snapshots in it held. */
  loadsLog(progress: LoadProgress | undefined, loaded?: Loaded): void {
    this.logProgress = progress;
    if (loaded !== undefined) this.lastLoaded = loaded;
    this.tell();
  }

  /** What was changed so far is on the disk, in the log. */
  forgetChanges(): void {
    this.savedChanges = this.writes.changes;
  }

  /** DEBUG RELOAD: saves, empties the keyspace and loads again, without a pause. Left is the error reply. */
  reload({ noSave, noFlush, merge }: ReloadOptions): E.Either<string, void> {
    const { path, log } = this;
    if (!noSave) {
      const saved = this.saveSync();
      if (E.isLeft(saved)) return saved;
    }
    // The keys that come are the keys that go, so who watches them hears of neither.
    const { watching } = this.keyspace;
    this.keyspace.watching = 0;
    if (!noFlush) this.flushAll();
    const loading = this.beginLoading(0, this.keyspace.expiryMode === ExpiryMode.Remove, merge);
    let failure: RdbError | undefined;
    const read = readAtOnce(path, (bytes, length) => {
      const fed = loading.feed(bytes, 0, length);
      if (E.isLeft(fed)) failure = fed.left;
      return failure === undefined && !loading.done;
    });
    const ended = this.endLoading();
    this.keyspace.watching = watching;
    const error = E.isLeft(read) ? read.left : (failure ?? (E.isLeft(ended) ? ended.left : undefined));
    if (error !== undefined) {
      log.warning(loadError(path, error).message);
      return E.left(RELOAD_FAILED);
    }
    log.warning('DB reloaded by DEBUG RELOAD');
    return E.right(undefined);
  }

  /**
   * Loads a master's snapshot in place of what is there. The chunks are loans. Emits once `chunks$` has completed and
   * the end of the file was right; fails with an `RdbError` when the bytes are no RDB. Then, and when it is given up,
   * the keyspace is empty.
   */
  loadStream(chunks$: Observable<Chunk>, totalBytes = 0): Observable<StreamLoaded> {
    return new Observable((subscriber) => {
      this.flushAll();
      const loading = this.beginLoading(totalBytes, false, false);
      let isOver = false;
      const stop = (): void => {
        if (isOver) return;
        isOver = true;
        this.loading = undefined;
        this.flushAll();
        this.tell();
      };
      const fail = (error: unknown): void => {
        stop();
        subscriber.error(error);
      };
      const source = chunks$.subscribe({
        next: ({ bytes, length }) => {
          if (isOver) return;
          const fed = loading.feed(bytes, 0, length);
          if (E.isLeft(fed)) fail(fed.left);
        },
        error: fail,
        complete: () => {
          const loaded = loading.finish();
          if (E.isLeft(loaded)) {
            fail(loaded.left);
            return;
          }
          isOver = true;
          this.loading = undefined;
          this.lastLoaded = loaded.right;
          this.tell();
          const { replStreamDb } = loaded.right.origin;
          subscriber.next(replStreamDb === undefined ? loaded.right : { ...loaded.right, replStreamDb });
          subscriber.complete();
        },
      });
      return () => {
        source.unsubscribe();
        stop();
      };
    });
  }

  private beginLoading(totalBytes: number, dropExpired: boolean, replaceExisting: boolean): Loading {
    const { environment, keyspace, log } = this;
    const verifyChecksum = this.config.config.rdbchecksum && !this.skipChecksumValidation;
    const loading = new Loading({
      environment,
      keyspace,
      log,
      totalBytes,
      dropExpired,
      replaceExisting,
      verifyChecksum,
    });
    this.loading = loading;
    this.tell();
    return loading;
  }

  private endLoading(): E.Either<RdbError, Loaded> {
    const { loading } = this;
    this.loading = undefined;
    this.isOpening = false;
    this.tell();
    if (loading === undefined) return E.right(this.lastLoaded);
    const loaded = loading.finish();
    loading.close();
    if (E.isRight(loaded)) this.lastLoaded = loaded.right;
    return loaded;
  }

  private flushAll(): void {
    for (const db of this.keyspace.databases) this.keyspace.flush(db);
  }

  // ── INFO ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** INFO persistence, line by line. */
  info(): readonly (readonly [field: string, value: string | number])[] {
    const { running, lastLoaded } = this;
    const loading = this.loading ?? this.logProgress;
    const progress = this.snapshotter.progress;
    const share = progress === undefined ? 0 : (progress.keysWritten / Math.max(1, progress.keysTotal)) * 100;
    return [
      ['loading', this.isLoading ? 1 : 0],
      ['async_loading', 0],
      ['current_cow_peak', 0],
      ['current_cow_size', 0],
      ['current_cow_size_age', 0],
      ['current_fork_perc', share.toFixed(2)],
      ['current_save_keys_processed', progress?.keysWritten ?? 0],
      ['current_save_keys_total', progress?.keysTotal ?? 0],
      ['rdb_changes_since_last_save', this.changesSinceSave],
      ['rdb_bgsave_in_progress', this.isSaving ? 1 : 0],
      ['rdb_last_save_time', this.lastSaveSeconds],
      ['rdb_last_bgsave_status', this.lastBackgroundSaveStatus],
      ['rdb_last_bgsave_time_sec', this.lastDurationSeconds],
      ['rdb_current_bgsave_time_sec', running === undefined ? -1 : this.secondsSince(running.startedMs)],
      ['rdb_saves', this.saves],
      ['rdb_last_cow_size', 0],
      ['rdb_last_load_keys_expired', lastLoaded.keysExpired],
      ['rdb_last_load_keys_loaded', lastLoaded.keysLoaded],
      ...this.eventLog.info(),
      ['module_fork_in_progress', 0],
      ['module_fork_last_cow_size', 0],
      ...this.eventLog.infoWhileOn(),
      ...(loading === undefined ? [] : this.loadingInfo(loading)),
    ];
  }

  private loadingInfo(loading: LoadProgress): readonly (readonly [string, string | number])[] {
    const { loadedBytes, totalBytes, startedMs, usedMemoryBytes } = loading;
    const elapsedSeconds = this.secondsSince(startedMs);
    const left = Math.max(0, totalBytes - loadedBytes);
    return [
      ['loading_start_time', Math.floor(startedMs / 1000)],
      ['loading_total_bytes', totalBytes],
      ['loading_rdb_used_mem', usedMemoryBytes],
      ['loading_loaded_bytes', loadedBytes],
      ['loading_loaded_perc', ((loadedBytes / Math.max(1, totalBytes)) * 100).toFixed(2)],
      ['loading_eta_seconds', loadedBytes === 0 ? 1 : Math.floor((elapsedSeconds * left) / loadedBytes)],
    ];
  }

  private tell(): void {
    this.states.next({ loading: this.isLoading, writesRefused: this.writesRefused });
  }

  private nowSeconds(): number {
    return Math.floor(this.environment.scheduler.now() / 1000);
  }

  private secondsSince(ms: number): number {
    return Math.floor((this.environment.scheduler.now() - ms) / 1000);
  }
}

const isFileError = (error: unknown): error is FileError =>
  typeof error === 'object' && error !== null && '_tag' in error && error._tag === 'FileError';

const describeSaveError = ({ operation, path, message }: FileError): string =>
  operation === 'create'
    ? `Failed opening the temp RDB file ${path} for saving: ${message}`
    : `Write error while saving DB to the disk (${operation} ${path}): ${message}`;

const loadError = (path: string, error: RdbError | FileError): LoadError => ({
  _tag: 'LoadError',
  message:
    error._tag === 'RdbError'
      ? `Bad RDB file ${path}: ${error.reason}, at offset ${error.offset}. The file was left as it is.`
      : `Cannot ${error.operation} ${error.path}: ${error.message}`,
});
