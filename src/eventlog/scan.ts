/**
 * Reads events from the segments of a log, in order.
 *
 * In:     a folder and conditions. Out: events, copied, in batches as large as what one read of the file gave.
 * Memory: one buffer of 256 KiB (or as large as the largest command) and the events of one batch, however long the log.
 *
 * A transaction is handed out when its end has been seen: one that a crash cut off never happened. A log that ends within
 * a command ends before it.
 *
 * @since 0.3.0
 */
import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Observable } from 'rxjs';
import type { EventClient, LoggedEvent } from './event.ts';
import { type EventConditions, EventFilter } from './filter.ts';
import { Blocks } from './history-walk.ts';
import { indexOf, storedIndex } from './index-file.ts';
import { readMore } from './read-more.ts';
import { type Place, SegmentCursor, Step } from './segment-cursor.ts';
import { LogError, listSegments, logFolder, type Segment, segmentAfter } from './segments.ts';

export { readMore } from './read-more.ts';

export interface ScanOptions extends EventConditions {
  /** Waits for more at the end, until `signal` says it is enough. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /**
   * Whether the index of the first segment is used to begin near `from`: where there is one ('use', which it is unless
   * said otherwise), made if need be ('make': who comes back again and again with an offset), or never.
   */
  readonly index?: 'use' | 'make' | 'none';
  /** Told after each read: bytes of the files read so far, and in all. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** Reading less than this takes no longer than opening an index. */
const INDEXED_BYTES_MIN = 1024 * 1024;
/** Events of one transaction that are kept until its end comes; for a longer one the file is looked through ahead. */
const HELD_EVENTS_MAX = 1000;
/** How long a change of the file may go unnoticed where the system does not tell. */
const POLL_MS = 250;

/** Offset of the EXEC's end of the transaction that goes on at `place`; undefined where it is not there. */
const endOfTransaction = async (file: FileHandle, place: Place): Promise<number | undefined> => {
  const cursor = new SegmentCursor();
  cursor.seek(place);
  for (;;) {
    const step = cursor.next();
    if (step === Step.Broken) return undefined;
    if (cursor.transaction !== place.transaction) return cursor.transactionEnd;
    if (step === Step.More && !(await readMore(file, cursor))) return undefined;
  }
};

/** The segments that a scan from `from` has to read. */
const relevant = (segments: readonly Segment[], { from }: EventFilter): readonly Segment[] => {
  if (from === undefined) return segments;
  let first = 0;
  segments.forEach(({ head }, at) => {
    if (head === undefined || at === 0) return;
    if (from._tag === 'time') {
      if (head.timeUs < from.us) first = at;
      return;
    }
    // Segments may overlap by a SELECT of their own, and what is no write may stand at the end of the one before.
    const before = segments[at - 1]?.seal;
    if (head.offset <= from.offset && (before === undefined || before.offset < from.offset)) first = at;
  });
  return segments.slice(first);
};

/** Waits until something happens in a folder. */
const changeIn = (folder: string, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      watcher?.close();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, POLL_MS);
    signal?.addEventListener('abort', end, { once: true });
    const watcher = watched(folder, end);
  });

const watched = (folder: string, changed: () => void) => {
  try {
    const watcher = watch(folder, changed);
    watcher.on('error', changed);
    return watcher;
  } catch {
    return undefined; // the timer does it alone
  }
};

/** Why a scan cannot go on by itself. */
enum Pause {
  /** The bytes are used up, or it is enough. */
  More = 0,
  Broken = 1,
  /** Somebody has to look ahead for the end of a transaction. */
  LookAhead = 2,
  /** Somebody has to look back for a client: `cursor.clientId`. */
  LookBack = 3,
}

/** One scan: what it has to know from segment to segment. */
class Scan {
  readonly filter: EventFilter;
  readonly cursor = new SegmentCursor();
  isOver = false;
  /** The walk began in the middle of a segment, so that clients may have been named before. */
  looksBack = false;
  private postponed: Step | undefined = undefined;
  private hasBegun = false;
  private batch: LoggedEvent[] = [];
  private held: LoggedEvent[] = [];
  private heldFor = -1;
  /** The transaction whose end has been found ahead. */
  private whole = -1;
  private judgedRecord = -1;
  private accepted = false;

  constructor(filter: EventFilter) {
    this.filter = filter;
  }

  /** Takes steps for as long as it can. */
  run(): Pause {
    const { cursor, filter } = this;
    for (;;) {
      const step = this.postponed ?? cursor.next();
      this.postponed = undefined;
      if (this.heldFor >= 0 && cursor.transaction !== this.heldFor) this.complete(cursor.transactionEnd);
      if (step === Step.Broken) return Pause.Broken;
      if (step === Step.More || this.isOver) return Pause.More;
      if (!this.hasBegun) {
        if (!filter.hasBegun(cursor.timeUs, step === Step.Audit ? cursor.end : cursor.offset)) continue;
        this.hasBegun = true;
      }
      if (filter.isOver(cursor.timeUs, cursor.end)) {
        this.isOver = true;
        this.held = [];
        return Pause.More;
      }
      if (this.looksBack && cursor.isStranger()) {
        this.postponed = step;
        return Pause.LookBack;
      }
      if (this.accepts(step) && this.take(step)) return Pause.LookAhead;
    }
  }

  /** What has been gathered, which is the caller's from now on. */
  gathered(): readonly LoggedEvent[] {
    const { batch } = this;
    this.batch = [];
    return batch;
  }

  /** The transaction of the events that are held is known to be complete, up to the offset. */
  complete(end: number): void {
    const { filter } = this;
    if (filter.to?._tag === 'offset' && end > filter.to.offset) {
      this.isOver = true;
    } else {
      this.whole = this.heldFor;
      for (const event of this.held) this.batch.push(event);
    }
    this.forget();
  }

  /** The transaction that was under way has no end. */
  forget(): void {
    this.held = [];
    this.heldFor = -1;
  }

  private accepts(step: Step): boolean {
    const { cursor, filter } = this;
    if (this.judgedRecord !== cursor.records || step === Step.Audit) {
      this.judgedRecord = cursor.records;
      this.accepted = filter.acceptsOrigin(filter.asksForClients ? cursor.client() : undefined, cursor.class);
    }
    if (!this.accepted) return false;
    if (step === Step.Write) return filter.acceptsWrite(cursor.db, cursor.view, cursor.asSent);
    return filter.acceptsAudit(cursor.args());
  }

  /** True when too much is held. */
  private take(step: Step): boolean {
    const { cursor } = this;
    const event = cursor.event();
    if (step === Step.Audit || cursor.transaction < 0 || cursor.transaction === this.whole) {
      this.batch.push(event);
      return false;
    }
    this.heldFor = cursor.transaction;
    this.held.push(event);
    return this.held.length > HELD_EVENTS_MAX;
  }
}

/** Reads one segment: to its end, to the end of what is wanted, or for as long as it is being written. */
class SegmentReading {
  private readonly scan: Scan;
  private readonly options: ScanOptions;
  private readonly segment: Segment;
  private readonly file: FileHandle;
  private named: (id: number) => Promise<EventClient | undefined> = async () => undefined;

  constructor(scan: Scan, options: ScanOptions, segment: Segment, file: FileHandle) {
    this.scan = scan;
    this.options = options;
    this.segment = segment;
    this.file = file;
  }

  async *batches(progress: (bytes: number) => void): AsyncGenerator<readonly LoggedEvent[]> {
    const { scan, segment, file } = this;
    const { cursor } = scan;
    const { parser } = cursor;
    let isFollowed = false;
    for (;;) {
      const before = parser.readPosition;
      const isMore = await readMore(file, cursor);
      progress(parser.readPosition - before);
      let pause = scan.run();
      while (await this.helped(pause)) pause = scan.run();
      const batch = scan.gathered();
      if (batch.length > 0) yield batch;
      if (scan.isOver || this.isAborted || pause === Pause.LookAhead) return;
      if (pause === Pause.Broken) throw new LogError(segment.path, parser.position, cursor.error);
      if (isMore) continue;
      if (cursor.seal !== undefined) return;
      if (isFollowed) return this.checkEnd();
      isFollowed = (await segmentAfter(segment)) !== undefined;
      if (!isFollowed) {
        if (this.options.follow !== true) return;
        await changeIn(dirname(segment.path), this.options.signal);
      }
      // What was read of a command that is not complete may change yet, and more may have come.
      parser.seek(parser.consumed);
    }
  }

  private get isAborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  /** Begins near where the scan begins, if an index says where that is. */
  async skip(): Promise<number> {
    const { scan, segment, file, options } = this;
    const { from } = scan.filter;
    const { index: use = 'use' } = options;
    if (from === undefined || use === 'none' || segment.bytes < INDEXED_BYTES_MIN) return 0;
    const index = use === 'make' ? await indexOf(segment) : await storedIndex(segment, file);
    if (index === undefined) return 0;
    const block = from._tag === 'time' ? index.lastBefore('time', from.us) : index.lastBefore('offset', from.offset);
    if (block === 0) return 0;
    const place = index.place(block);
    scan.cursor.seek(place);
    scan.looksBack = true;
    this.named = (id) => new Blocks(segment, file, index).clientBefore(id, block);
    return place.position;
  }

  /** Does what the scan cannot do by itself. False when there is nothing that could be done. */
  private async helped(pause: Pause): Promise<boolean> {
    if (pause === Pause.LookAhead) return this.findEnd();
    if (pause !== Pause.LookBack) return false;
    const { cursor } = this.scan;
    const { clientId: id } = cursor;
    cursor.introduce((await this.named(id)) ?? { id, address: '', name: '', user: '' });
    return true;
  }

  /** Finds the end of a long transaction ahead, waiting for it where one may. */
  private async findEnd(): Promise<boolean> {
    const { scan, file, segment, options } = this;
    const place = scan.cursor.place();
    for (;;) {
      const end = await endOfTransaction(file, place);
      if (end !== undefined) {
        scan.complete(end);
        return !scan.isOver;
      }
      if (options.follow !== true || this.isAborted) return false;
      await changeIn(dirname(segment.path), options.signal);
    }
  }

  /** A segment that others follow has to be complete. */
  private checkEnd(): void {
    const { parser } = this.scan.cursor;
    if (parser.pendingBytes === 0) return;
    throw new LogError(this.segment.path, parser.consumed, 'expected a whole command, got the end of the file');
  }
}

/** Whether segments between two of one history were removed, as retention does behind a reader that is slow. */
const isCutOff = (last: Segment, { seq, head }: Segment, end: number): boolean =>
  seq > last.seq + 1 && head !== undefined && head.replid === last.head?.replid && head.offset > end;

/** Reads events in batches, none of them empty. Throws `LogError` where the log is damaged. */
export async function* scanBatches(folder: string, options: ScanOptions = {}): AsyncGenerator<readonly LoggedEvent[]> {
  const { follow = false, signal, onProgress } = options;
  const place = await logFolder(folder);
  const scan = new Scan(new EventFilter(options));
  const { cursor } = scan;
  const queue = [...relevant(await listSegments(place), scan.filter)];
  const totalBytes = queue.reduce((sum, { bytes }) => sum + bytes, 0);
  let readBytes = 0;
  const progress = (bytes: number): void => {
    readBytes += bytes;
    onProgress?.(readBytes, Math.max(readBytes, totalBytes));
  };
  let last: Segment | undefined;
  while (!scan.isOver && signal?.aborted !== true) {
    const segment = queue.shift() ?? (await segmentAfter(last ?? { path: join(place, '-'), seq: 0 }));
    if (segment === undefined) {
      if (!follow) return;
      await changeIn(place, signal);
      continue;
    }
    const { head } = segment;
    if (last !== undefined && isCutOff(last, segment, cursor.end)) {
      const found = `got one of ${head?.offset}: what lies between is no longer kept`;
      throw new LogError(segment.path, 0, `expected the segment of offset ${cursor.end}, ${found}`);
    }
    cursor.begin(head?.offset ?? cursor.end, head?.timeUs ?? cursor.timeUs);
    scan.forget();
    const file = await open(segment.path, 'r');
    try {
      const reading = new SegmentReading(scan, options, segment, file);
      scan.looksBack = false;
      if (last === undefined) progress(await reading.skip());
      yield* reading.batches(progress);
    } finally {
      await file.close();
    }
    last = segment;
  }
}

/** Reads events one by one. */
export async function* scan(folder: string, options: ScanOptions = {}): AsyncGenerator<LoggedEvent> {
  for await (const batch of scanBatches(folder, options)) yield* batch;
}

/** The events as an observable, which reads for as long as it is subscribed to. */
export const scan$ = (folder: string, options: Omit<ScanOptions, 'signal'> = {}): Observable<LoggedEvent> =>
  new Observable((subscriber) => {
    const abort = new AbortController();
    const run = async (): Promise<void> => {
      for await (const batch of scanBatches(folder, { ...options, signal: abort.signal })) {
        for (const event of batch) {
          if (subscriber.closed) return;
          subscriber.next(event);
        }
      }
      subscriber.complete();
    };
    run().catch((error: unknown) => subscriber.error(error));
    return () => abort.abort();
  });
