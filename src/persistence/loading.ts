/**
 * Loading: an RDB on its way into the keyspace, from a file or from a master, with what the log and INFO say of it.
 *
 * In:     chunks. Out: keys in the keyspace, log lines as Redis writes them, the place in the replication stream.
 * Memory: none beyond the reader's.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import type { Environment } from '../environment.ts';
import { ExpiryMode, type Keyspace } from '../keyspace/keyspace.ts';
import type { Logger } from '../log.ts';
import type { RdbError } from './rdb/input.ts';
import { RdbReader } from './rdb/reader.ts';
import type { SnapshotOrigin } from './rdb/writer.ts';

export interface LoadingOptions {
  readonly environment: Environment;
  readonly keyspace: Keyspace;
  readonly log: Logger;
  /** 0 = nobody knows, as with a stream. */
  readonly totalBytes: number;
  readonly dropExpired: boolean;
  readonly replaceExisting: boolean;
  readonly verifyChecksum: boolean;
}

/** What came of a load. */
export interface Loaded {
  readonly keysLoaded: number;
  readonly keysExpired: number;
  /** Where the snapshot stands in the stream of the server that wrote it. */
  readonly origin: SnapshotOrigin;
}

/** A load that takes longer says now and then how far it is. */
const REPORT_EVERY_MS = 5000;
const MEGABYTE = 1024 * 1024;

export class Loading {
  readonly startedMs: number;
  readonly totalBytes: number;
  /** `used-mem` of the file. */
  usedMemoryBytes = 0;
  /** `ctime` of the file. */
  createdSeconds: number | undefined = undefined;
  private readonly options: LoadingOptions;
  private readonly reader: RdbReader;
  private reportedMs: number;
  private replId: string | undefined = undefined;
  private replOffset: number | undefined = undefined;
  private replStreamDb: number | undefined = undefined;

  constructor(options: LoadingOptions) {
    this.options = options;
    this.totalBytes = options.totalBytes;
    this.startedMs = options.environment.scheduler.now();
    this.reportedMs = this.startedMs;
    const { keyspace, dropExpired, replaceExisting, verifyChecksum } = options;
    this.reader = new RdbReader({
      keyspace,
      dropExpired,
      replaceExisting,
      verifyChecksum,
      onAux: (name, value) => this.note(name, value),
      onWarning: (text) => options.log.notice(text),
    });
  }

  get loadedBytes(): number {
    return this.reader.offset;
  }

  /** As long as this is false there is more to feed. */
  get done(): boolean {
    return this.reader.done;
  }

  /** Takes bytes[start, end), a loan. Right(true) when the file is complete. */
  feed(bytes: Uint8Array, start: number, end: number): E.Either<RdbError, boolean> {
    const { keyspace, environment } = this.options;
    const mode = keyspace.expiryMode;
    keyspace.expiryMode = ExpiryMode.Ignore; // the reader sees keys that are past their time as they are
    keyspace.setNow(environment.scheduler.now());
    // What is loaded was there before: nobody is told that it is new.
    const { keyEvents } = keyspace;
    const { flags } = keyEvents;
    keyEvents.flags = 0;
    const fed = this.reader.feed(bytes, start, end);
    keyEvents.flags = flags;
    keyspace.expiryMode = mode;
    this.report();
    return fed;
  }

  /** To be called when no more bytes come. */
  finish(): E.Either<RdbError, Loaded> {
    const finished = this.reader.finish();
    if (E.isLeft(finished)) return finished;
    const { keysLoaded, keysExpired, emptyKeys } = this.reader;
    this.options.log.notice(`Done loading RDB, keys loaded: ${keysLoaded}, keys expired: ${keysExpired}.`);
    if (emptyKeys > 0) this.options.log.notice(`Empty keys skipped while loading: ${emptyKeys}.`);
    return E.right({ keysLoaded, keysExpired, origin: this.origin() });
  }

  /** Gives up, or says that all is done: nothing is held any more. */
  close(): void {
    this.reader.close();
  }

  private origin(): SnapshotOrigin {
    const { replId, replOffset, replStreamDb } = this;
    return {
      ...(replId === undefined ? {} : { replId }),
      ...(replOffset === undefined ? {} : { replOffset }),
      ...(replStreamDb === undefined ? {} : { replStreamDb }),
    };
  }

  private note(name: string, value: string): void {
    const { log, environment } = this.options;
    const number = Number(value);
    switch (name) {
      case 'redis-ver':
        log.notice(`Loading RDB produced by version ${value}`);
        return;
      case 'ctime':
        if (Number.isSafeInteger(number)) this.createdSeconds = number;
        log.notice(`RDB age ${Math.max(0, Math.floor(environment.scheduler.now() / 1000) - number)} seconds`);
        return;
      case 'used-mem':
        this.usedMemoryBytes = Number.isFinite(number) ? number : 0;
        log.notice(`RDB memory usage when created ${(this.usedMemoryBytes / MEGABYTE).toFixed(2)} Mb`);
        return;
      case 'repl-id':
        if (value.length === 40) this.replId = value;
        return;
      case 'repl-offset':
        if (Number.isSafeInteger(number)) this.replOffset = number;
        return;
      case 'repl-stream-db':
        if (Number.isSafeInteger(number)) this.replStreamDb = number;
        return;
      case 'aof-base':
        if (number !== 0) log.notice('RDB is base AOF');
        return;
      case 'aof-preamble':
        if (number !== 0) log.notice('RDB has an AOF tail');
        return;
      case 'redis-bits':
      case 'lua': // scripts of versions before 7: they are not kept any more
        return;
      default:
        if (name.startsWith('%')) log.notice(`RDB '${name}': ${value}`);
        else log.debug(`Unrecognized RDB AUX field: '${name}' '${value}'`);
    }
  }

  private report(): void {
    const nowMs = this.options.environment.scheduler.now();
    if (nowMs - this.reportedMs < REPORT_EVERY_MS || this.reader.done) return;
    this.reportedMs = nowMs;
    const megabytes = (this.loadedBytes / MEGABYTE).toFixed(0);
    const share =
      this.totalBytes > 0
        ? `${((this.loadedBytes / this.totalBytes) * 100).toFixed(0)}% (${megabytes} of ${(this.totalBytes / MEGABYTE).toFixed(0)} MB)`
        : `${megabytes} MB`;
    this.options.log.notice(`Loading RDB: ${share}, ${this.reader.keysLoaded} keys so far`);
  }
}
