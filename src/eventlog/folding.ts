/**
 * A log on its way into a keyspace: the base and the segments of a plan, one behind the other, up to a moment if need be.
 *
 * In:     files. Out: a changed keyspace, and what came of each file; or which file is wrong, where, and why.
 * Memory: one file's (see file-fold.ts); a file is open while it is read.
 *
 * The work is a generator that pauses every few milliseconds: `inSlices` lets the event loop run in between, `atOnce` does
 * not.
 *
 * @since 0.3.0
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as E from 'fp-ts/Either';
import type { Services } from '../commands/context.ts';
import { FileFold, type Outcome } from './file-fold.ts';
import { attempt, type LogFileError } from './files.ts';
import type { Moment } from './format.ts';
import { Replayer } from './replayer.ts';
import { StreamPlace } from './stream-place.ts';

export interface PlannedFile {
  readonly kind: 'base' | 'segment';
  readonly name: string;
  readonly seq: number;
  readonly path: string;
  /** The moment lies behind it: all of it is wanted. */
  readonly isWhole: boolean;
}

/** What came of a file. */
export interface FoldedFile extends PlannedFile {
  readonly outcome: Outcome;
  readonly from: number;
  readonly to: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Bytes of the file; those up to which it is good and was applied. */
  readonly bytes: number;
  readonly validTo: number;
  readonly hasHead: boolean;
  readonly seal: string | undefined;
  /** Hash of its last record; '' where it was not read to its end. */
  readonly lastHash: string;
}

export interface FoldError {
  readonly _tag: 'FoldError';
  readonly kind: 'snapshot' | 'format' | 'unknown command' | 'missing' | 'moment' | 'truncated' | 'system';
  readonly file: string;
  /** Place in the file. */
  readonly position: number;
  readonly reason: string;
}

export interface FoldingOptions {
  readonly services: Services;
  readonly files: readonly PlannedFile[];
  readonly until?: Moment;
  /** Told of each file that has been read. */
  readonly onFile?: (file: FoldedFile, seconds: number) => void;
  /** Told after each slice of the work. */
  readonly onSlice?: () => void;
}

const US_PER_MS = 1000;
/** Flushed databases are freed meanwhile, as there is no cron. */
const RECLAIM_BATCH = 4096;

const wrong = (kind: FoldError['kind'], file: string, position: number, reason: string): E.Either<FoldError, never> =>
  E.left({ _tag: 'FoldError', kind, file, position, reason });

const fileWrong = (name: string, { operation, message }: LogFileError): E.Either<FoldError, never> =>
  wrong('system', name, 0, `cannot ${operation} it: ${message}`);

/** "appendonly.aof.1.incr.aof: …, at offset 17" */
export const describeFoldError = ({ file, position, reason }: FoldError): string =>
  `${file}: ${reason}, at offset ${position}`;

export class Folding {
  readonly place = new StreamPlace();
  readonly startedMs: number;
  readonly totalBytes: number;
  usedMemoryBytes = 0;
  readonly folded: FoldedFile[] = [];
  private readonly options: FoldingOptions;
  private readonly replayer: Replayer;
  private doneBytes = 0;
  private current: FileFold | undefined = undefined;

  constructor(options: FoldingOptions, totalBytes = 0) {
    this.options = options;
    this.totalBytes = totalBytes;
    this.startedMs = options.services.environment.scheduler.now();
    this.replayer = new Replayer(options.services);
  }

  get loadedBytes(): number {
    return this.doneBytes + (this.current?.loadedBytes ?? 0);
  }

  /** The database that the stream has selected. */
  get streamDb(): number {
    return this.replayer.db;
  }

  /** How many changes the commands stood for. */
  get changes(): number {
    return this.replayer.changes;
  }

  /** Without a pause. */
  atOnce(): E.Either<FoldError, readonly FoldedFile[]> {
    const work = this.work();
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
  }

  /** In slices, with everybody else in between. */
  async inSlices(): Promise<E.Either<FoldError, readonly FoldedFile[]>> {
    const { atTurnEnd } = this.options.services.environment;
    const work = this.work();
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      this.options.onSlice?.();
      await new Promise<void>((resolve) => atTurnEnd(resolve));
    }
  }

  private *work(): Generator<void, E.Either<FoldError, readonly FoldedFile[]>> {
    const { files, onFile, services } = this.options;
    for (const [index, file] of files.entries()) {
      const startedUs = services.environment.monotonicUs();
      const folded = yield* this.foldFile(file);
      if (E.isLeft(folded)) return folded;
      this.folded.push(folded.right);
      onFile?.(folded.right, (services.environment.monotonicUs() - startedUs) / 1e6);
      const { outcome } = folded.right;
      if (outcome._tag === 'stopped') break;
      if (outcome._tag === 'torn' && index < files.length - 1) {
        return wrong(
          'truncated',
          file.name,
          folded.right.validTo,
          'it ends in the middle, and it is not the last file',
        );
      }
    }
    return E.right(this.folded);
  }

  private *foldFile(file: PlannedFile): Generator<void, E.Either<FoldError, FoldedFile>> {
    const { services, until } = this.options;
    const { place, replayer } = this;
    const opened = attempt('open', file.path, () => openSync(file.path, 'r'));
    if (E.isLeft(opened)) return fileWrong(file.name, opened.left);
    const fd = opened.right;
    const fold = new FileFold({
      services,
      replayer,
      place,
      name: file.name,
      isSnapshot: file.kind === 'base' && file.name.endsWith('.rdb'),
      ...(until === undefined || file.isWhole ? {} : { until }),
    });
    this.current = fold;
    try {
      const stat = attempt('read', file.path, () => fstatSync(fd));
      if (E.isLeft(stat)) return fileWrong(file.name, stat.left);
      for (;;) {
        const room = fold.room();
        const read = attempt('read', file.path, () => readSync(fd, room, 0, room.length, fold.readPosition));
        if (E.isLeft(read)) return fileWrong(file.name, read.left);
        if (read.right === 0 || !fold.filled(read.right)) break;
        this.usedMemoryBytes = Math.max(this.usedMemoryBytes, fold.usedMemoryBytes);
        services.keyspace.reclaim(RECLAIM_BATCH);
        yield;
      }
      const outcome = fold.outcome();
      if (outcome._tag === 'damaged') {
        const { kind, position, reason } = outcome.damage;
        return wrong(kind, file.name, position, reason);
      }
      return E.right(this.describe(file, fold, outcome, stat.right.size, Math.round(stat.right.mtimeMs * US_PER_MS)));
    } finally {
      fold.close();
      this.doneBytes += fold.loadedBytes;
      this.current = undefined;
      closeSync(fd);
    }
  }

  private describe(file: PlannedFile, fold: FileFold, outcome: Outcome, bytes: number, changedUs: number): FoldedFile {
    const { place } = this;
    const { head, seal, validTo } = fold;
    const lastHash = outcome._tag === 'complete' && head !== undefined ? fold.lastHash() : '';
    const isBase = file.kind === 'base';
    place.hash = lastHash === '' || isBase ? undefined : lastHash;
    // The commands of a base are its own, and none of the stream.
    if (isBase && (head !== undefined || !place.isKnown)) {
      place.offset = head?.offset ?? 0;
      place.counted = place.offset;
      place.isAtBase = head !== undefined;
    }
    const to = outcome._tag === 'complete' ? place.counted : place.offset;
    const before = this.folded.at(-1);
    return {
      ...file,
      outcome,
      from: head?.offset ?? (isBase ? to : (before?.to ?? 0)),
      to,
      fromUs: head?.timeUs ?? fold.createdUs ?? before?.toUs ?? changedUs,
      toUs: isBase ? (fold.createdUs ?? changedUs) : Math.max(place.timeUs, seal?.timeUs ?? 0) || changedUs,
      bytes,
      validTo,
      hasHead: head !== undefined,
      seal: seal?.hash,
      lastHash,
    };
  }
}
