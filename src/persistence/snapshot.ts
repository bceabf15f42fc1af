/**
 * Snapshots without fork: a point-in-time RDB of the whole keyspace, written in slices while commands go on.
 *
 * In:     a keyspace; a sink; the place in the replication stream, asked for when the walk begins.
 * Out:    the bytes of an RDB file in chunks of at most 64 KiB, as fast as the sink takes them.
 * Memory: one chunk, and the entries that were changed before the walk came to them (`preserve` cannot wait).
 *
 * At the start the walk pins every database's dictionary and takes the next epoch. An entry that carries this epoch
 * has been written, or was made later; each other one is written by the walk when it comes by, or by `preserve` when a
 * command is about to change it, whichever is first. What FLUSHALL or SWAPDB do to the databases does not matter: the
 * walk reads the dictionaries it pinned, and flushed ones are kept until it has (`needs`).
 *
 * A long string is written in pieces, one per slice; entries that have to be preserved meanwhile are put aside and follow
 * behind it. A large collection is written element by element (large-value.ts): its elements carry epochs of their own, so
 * a command that is about to change one of a million has only that one preserved.
 *
 *   walk, preserve ──▶ RdbWriter ──▶ queue of chunks ──▶ checksum ──▶ sink      (the last two in slices)
 *
 * @since 0.1.0
 */
import { Observable, type Subscriber, Subscription } from 'rxjs';
import type { Environment } from '../environment.ts';
import { Database, type Detached, NO_EXPIRY } from '../keyspace/database.ts';
import { ACCESS, EXPIRES, encodingOf, expiresWord, META, Type, typeOf } from '../keyspace/entry.ts';
import type { ExpiryIndex } from '../keyspace/expiry-index.ts';
import type { Keyspace, Walker } from '../keyspace/keyspace.ts';
import { isLarge } from '../keyspace/large.ts';
import { LargeValue } from './large-value.ts';
import { CRC64_BYTES, Crc64 } from './rdb/crc64.ts';
import { type AccessKind, RdbWriter, type SnapshotOrigin } from './rdb/writer.ts';

export type { SnapshotOrigin } from './rdb/writer.ts';

/** Where the bytes of a snapshot go. */
export interface SnapshotSink {
  /** Takes a chunk, which is the sink's from now on. False = full; the walk goes on after the next `drain$`. */
  write(chunk: Uint8Array): boolean;
  /** Emits when a full sink has room again; fails when the bytes cannot be delivered, which ends the walk. */
  readonly drain$: Observable<unknown>;
  /** Completes when everything has arrived where it belongs. Subscribed after the last `write`. */
  readonly finish$?: Observable<unknown>;
}

export interface SnapshotProgress {
  readonly keysWritten: number;
  /** Keys there were at the start. */
  readonly keysTotal: number;
  readonly bytesWritten: number;
}

/** What the configuration says about RDB files, read when a walk begins. */
export interface SnapshotSettings {
  /** `rdbcompression` */
  readonly compress: boolean;
  /** `rdbchecksum` */
  readonly checksum: boolean;
  readonly access: AccessKind;
}

export interface SnapshotterOptions {
  readonly environment: Environment;
  readonly keyspace: Keyspace;
  readonly settings: () => SnapshotSettings;
  /** How long a slice may hold the event loop. */
  readonly sliceUs?: number;
  /** How many buckets are walked between two looks at the clock. */
  readonly stepsPerLook?: number;
  /** How long a value may be to be written at once. */
  readonly pieceBytes?: number;
}

/** Long enough to be efficient, short enough to drown in the latency of a loaded server. */
const SLICE_US = 150;
/** The share of it that a slice takes even when the turn before did nothing else: whoever comes then waits less. */
const LEAST_SHARE = 1 / 3;
/** Looking at the clock costs as much as writing an entry. */
const STEPS_PER_LOOK = 32;
/** Longer values are written in pieces of this size, and uncompressed: LZF takes 3 ms for this much. */
const PIECE_BYTES = 512 * 1024;
const EPOCH_MAX = 255;
/** After so many aborted walks in a row one is finished for nobody, or old epochs would be mistaken for the new one. */
const ABORTS_MAX = 200;

/** A database as it was when the walk began. */
export interface Section {
  readonly index: number;
  readonly header: number;
  readonly expiries: ExpiryIndex;
  readonly keys: number;
  readonly expires: number;
  done: boolean;
}

/** Expiry of an entry whose database may have been taken out of the keyspace since. */
const expireAtMs = (keyspace: Keyspace, expiries: ExpiryIndex, ref: number): number => {
  const words = keyspace.arena.words[ref >>> 16];
  const at = (ref & 0xffff) << 2;
  const meta = words[at + META];
  if ((meta & EXPIRES) === 0) return NO_EXPIRY;
  const position = words[at + expiresWord(meta)];
  return position < 0 ? NO_EXPIRY : expiries.timeAt(position);
};

const sectionsOf = (keyspace: Keyspace): Section[] =>
  keyspace.databases
    .filter((db) => db.size > 0)
    .map((db) => ({
      index: db.index,
      header: db.header,
      expiries: db.expiries,
      keys: db.size,
      expires: db.expiries.count,
      done: false,
    }));

const factsOf = (keyspace: Keyspace, nowMs: number, origin: SnapshotOrigin) => ({
  ...origin,
  createdMs: nowMs,
  usedMemoryBytes: keyspace.arena.usedBytes,
});

const isLongString = (db: Database, ref: number, pieceBytes: number): boolean => {
  db.loadValue(ref);
  return db.valueLength > pieceBytes;
};

const checksumBytes = (crc: Crc64, wanted: boolean): Uint8Array => {
  const bytes = new Uint8Array(CRC64_BYTES);
  if (wanted) crc.writeTo(bytes, 0);
  return bytes;
};

/** One walk over the keyspace, from its first record to its checksum. */
class Walk implements Walker {
  keysWritten = 0;
  bytesWritten = 0;
  readonly keysTotal: number;
  private readonly environment: Environment;
  private readonly keyspace: Keyspace;
  private readonly lens: Database;
  private readonly checksum: boolean;
  private readonly sliceUs: number;
  private readonly stepsPerLook: number;
  private readonly pieceBytes: number;
  private readonly ended: (complete: boolean) => void;
  private readonly writer: RdbWriter;
  /** Takes the entries that come while a long value is being written; they follow behind it. */
  private readonly aside: RdbWriter;
  private readonly asideQueue: Uint8Array[] = [];
  private readonly sections: readonly Section[];
  private readonly crc = new Crc64();
  private readonly queue: Uint8Array[] = [];
  private readonly subscription = new Subscription();
  private sink: SnapshotSink | undefined;
  private subscriber: Subscriber<SnapshotProgress> | undefined;
  private current = 0;
  private cursor = 0;
  private walking = true;
  private full = false;
  private scheduled = false;
  private over = false;
  /** The entry whose value is being written in pieces, or 0, and where its next piece begins. */
  private longRef = 0;
  private longFrom = 0;
  /** The collection whose elements are being written. */
  private large: LargeValue | undefined;
  /** Collections that commands have begun to change before the walk came to them, by root. */
  private readonly opened = new Map<number, LargeValue>();
  private sectionEnded = false;
  private sliceEndedUs = 0;

  constructor(
    { environment, keyspace, settings, sliceUs, stepsPerLook, pieceBytes }: SnapshotterOptions,
    lens: Database,
    sink: SnapshotSink,
    subscriber: Subscriber<SnapshotProgress>,
    ended: (complete: boolean) => void,
  ) {
    const { compress, checksum, access } = settings();
    this.environment = environment;
    this.keyspace = keyspace;
    this.lens = lens;
    this.sink = sink;
    this.subscriber = subscriber;
    this.ended = ended;
    this.checksum = checksum;
    this.sliceUs = sliceUs ?? SLICE_US;
    this.stepsPerLook = stepsPerLook ?? STEPS_PER_LOOK;
    this.sections = sectionsOf(keyspace);
    this.keysTotal = this.sections.reduce((sum, section) => sum + section.keys, 0);
    this.pieceBytes = pieceBytes ?? PIECE_BYTES;
    this.writer = new RdbWriter((chunk) => this.queue.push(chunk));
    this.aside = new RdbWriter((chunk) => this.asideQueue.push(chunk));
    for (const writer of [this.writer, this.aside]) {
      writer.access = access;
      writer.output.compress = compress;
    }
  }

  /** Takes hold of this moment. */
  begin(origin: SnapshotOrigin): void {
    const { keyspace, environment, sink } = this;
    keyspace.epoch = keyspace.epoch === EPOCH_MAX ? 1 : keyspace.epoch + 1;
    keyspace.walker = this;
    this.writer.begin(factsOf(keyspace, environment.scheduler.now(), origin));
    this.subscription.add(
      sink?.drain$.subscribe({
        next: () => {
          this.full = false;
          this.schedule();
        },
        error: (error: unknown) => this.fail(error),
      }),
    );
    this.schedule();
  }

  /** Called by the keyspace before an entry changes that this walk has not written. */
  preserve(db: Database, ref: number): void {
    if (ref === this.longRef) {
      this.writeLong(Number.POSITIVE_INFINITY);
      return;
    }
    const { header } = db;
    for (const section of this.sections) {
      if (section.header === header && !section.done) {
        this.write(section, ref, Number.POSITIVE_INFINITY);
        return;
      }
    }
    // An entry of an older epoch in a database that the walk has left, or never knew, has been overlooked.
    throw new Error('snapshot: an entry outside the walk was to be preserved');
  }

  /** An element that is not part of a value that waits or is being written has been written, or came later. */
  preserveElement(root: number, ref: number): void {
    if (this.large?.root === root) this.large.writeElement(this.writer.output, ref);
    else this.opened.get(root)?.preserveElement(ref);
  }

  preserveChunk(root: number, chunk: number): void {
    if (this.large?.root === root) this.large.preserveChunk(chunk);
    else this.opened.get(root)?.preserveChunk(chunk);
  }

  needs(detached: Detached): boolean {
    return this.sections.some((section) => section.header === detached.header && !section.done);
  }

  needsValue(root: number): boolean {
    return this.large?.root === root || this.opened.has(root);
  }

  /** Nobody wants the result any more. */
  abort(): void {
    if (!this.over) this.end(false);
  }

  /** Nobody wants the result any more, but the entries shall be stamped to the last one. */
  discard(): void {
    if (!this.walking) {
      this.abort();
      return;
    }
    this.subscription.unsubscribe();
    this.sink = undefined;
    this.subscriber = undefined;
    this.queue.length = 0;
    this.full = false;
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.full || this.over) return;
    this.scheduled = true;
    this.environment.atTurnEnd(this.slice);
  }

  private readonly slice = (): void => {
    this.scheduled = false;
    if (this.over || this.full) return;
    const { sliceUs, environment } = this;
    const nowUs = environment.monotonicUs();
    // As long as what the turn has done for clients, within limits.
    const deadlineUs = nowUs + Math.min(sliceUs, Math.max(sliceUs * LEAST_SHARE, nowUs - this.sliceEndedUs));
    let endedUs = nowUs;
    do {
      if (!this.deliver(deadlineUs)) break;
      if (!this.walking) {
        this.finish();
        return;
      }
      this.step();
      endedUs = environment.monotonicUs();
    } while (endedUs < deadlineUs);
    this.sliceEndedUs = endedUs;
    this.subscriber?.next({
      keysWritten: this.keysWritten,
      keysTotal: this.keysTotal,
      bytesWritten: this.bytesWritten,
    });
    this.schedule();
  };

  /** Hands queued chunks to the sink; false when it is full, or the time is up. */
  private deliver(deadlineUs: number): boolean {
    const { queue } = this;
    let taken = 0;
    while (taken < queue.length && !this.full && !this.over) {
      if (taken > 0 && this.environment.monotonicUs() >= deadlineUs) break;
      const chunk = queue[taken++];
      if (this.checksum) this.crc.update(chunk, 0, chunk.length);
      this.bytesWritten += chunk.length;
      this.full = true; // before the call: a sink may drain within it
      if (this.sink?.write(chunk) ?? true) this.full = false;
    }
    queue.splice(0, taken);
    return queue.length === 0 && !this.full && !this.over;
  }

  private step(): void {
    for (let steps = 0; steps < this.stepsPerLook && this.queue.length === 0; steps++) {
      if (this.longRef !== 0) {
        this.writeLong(this.pieceBytes);
        continue;
      }
      if (this.large !== undefined) {
        steps += this.large.write(this.writer.output);
        if (this.large.isComplete) this.endLarge();
        continue;
      }
      if (this.opened.size > 0) {
        this.beginOpened();
        continue;
      }
      // Not before the last value is complete: until then its database must not be reclaimed.
      if (this.sectionEnded) {
        this.sectionEnded = false;
        this.sections[this.current++].done = true;
      }
      const section = this.sections[this.current];
      if (section === undefined) {
        this.walking = false;
        this.keyspace.walker = undefined;
        this.writer.end();
        return;
      }
      this.cursor = this.keyspace.dict.scan(section.header, this.cursor, this.visit);
      this.sectionEnded = this.cursor === 0;
    }
  }

  private readonly visit = (ref: number): void => {
    const words = this.keyspace.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    if (words[at] >>> 24 === this.keyspace.epoch || ref === this.longRef) return;
    this.write(this.sections[this.current], ref, this.pieceBytes);
    if (ref !== this.longRef) this.stamp(ref);
  };

  private stamp(ref: number): void {
    const words = this.keyspace.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    words[at] = (words[at] & 0xffffff) | (this.keyspace.epoch << 24);
  }

  /** Something is being written in pieces: what else comes has to wait for its end. */
  private get isBusy(): boolean {
    return this.longRef !== 0 || this.large !== undefined;
  }

  private write(section: Section, ref: number, pieceBytes: number): void {
    this.keysWritten++;
    const { lens, keyspace } = this;
    const expiresMs = expireAtMs(keyspace, section.expiries, ref);
    const meta = lens.meta(ref);
    if (isLarge(encodingOf(meta))) {
      this.openLarge(section, ref, expiresMs);
      return;
    }
    if (this.isBusy) {
      this.aside.select(section.index, section.keys, section.expires);
      this.aside.entry(lens, ref, expiresMs);
      return;
    }
    this.writer.select(section.index, section.keys, section.expires);
    if (typeOf(meta) === Type.String && isLongString(lens, ref, pieceBytes)) {
      this.writer.head(lens, ref, expiresMs);
      this.longFrom = this.writer.stringPiece(lens, ref, 0, pieceBytes);
      if (this.longFrom !== 0) this.longRef = ref;
    } else {
      this.writer.entry(lens, ref, expiresMs);
    }
  }

  /** Takes note of a large collection; it is written in the steps to come. */
  private openLarge(section: Section, ref: number, expiresMs: number): void {
    const head = new RdbWriter();
    head.access = this.writer.access;
    head.output.compress = this.writer.output.compress;
    head.head(this.lens, ref, expiresMs);
    const value = new LargeValue(this.keyspace, this.lens, ref, section, head.output);
    this.opened.set(value.root, value);
  }

  private beginOpened(): void {
    for (const [root, value] of this.opened) {
      const { section, early } = value;
      this.writer.select(section.index, section.keys, section.expires);
      this.writer.output.bytes(early.buf, 0, early.pos);
      this.large = value;
      this.opened.delete(root);
      return;
    }
  }

  private endLarge(): void {
    this.large = undefined;
    this.writeAside();
  }

  /** The next piece of a long string; behind the last one goes what came meanwhile. */
  private writeLong(pieceBytes: number): void {
    this.longFrom = this.writer.stringPiece(this.lens, this.longRef, this.longFrom, pieceBytes);
    if (this.longFrom !== 0) return;
    this.stamp(this.longRef);
    this.longRef = 0;
    this.writeAside();
  }

  private writeAside(): void {
    this.aside.output.flush();
    if (this.asideQueue.length === 0) return;
    this.writer.output.flush();
    for (const chunk of this.asideQueue) this.queue.push(chunk);
    this.asideQueue.length = 0;
    this.writer.forgetSelection();
    this.aside.forgetSelection();
  }

  private finish(): void {
    const checksum = checksumBytes(this.crc, this.checksum);
    this.bytesWritten += checksum.length;
    this.sink?.write(checksum);
    if (this.over) return;
    const complete = (): void => {
      const { subscriber, keysWritten, keysTotal, bytesWritten } = this;
      this.end(true);
      subscriber?.next({ keysWritten, keysTotal, bytesWritten });
      subscriber?.complete();
    };
    const finish$ = this.sink?.finish$;
    if (finish$ === undefined) complete();
    else this.subscription.add(finish$.subscribe({ error: (error: unknown) => this.fail(error), complete }));
  }

  private fail(error: unknown): void {
    const { subscriber } = this;
    if (this.over) return;
    this.end(false);
    subscriber?.error(error);
  }

  private end(complete: boolean): void {
    this.over = true;
    if (this.keyspace.walker === this) this.keyspace.walker = undefined;
    this.queue.length = 0;
    this.subscription.unsubscribe();
    this.ended(complete || !this.walking);
  }
}

interface Request {
  readonly sink: SnapshotSink;
  readonly origin: () => SnapshotOrigin;
  readonly subscriber: Subscriber<SnapshotProgress>;
}

export class Snapshotter {
  private readonly options: SnapshotterOptions;
  private readonly lens: Database;
  private readonly waiting: Request[] = [];
  private running: Walk | undefined;
  private runningFor: Request | undefined;
  private abortsInARow = 0;

  constructor(options: SnapshotterOptions) {
    this.options = options;
    this.lens = new Database(options.keyspace, -1);
  }

  /** Whether a walk is under way. */
  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** How far the running walk has come, or undefined. */
  get progress(): SnapshotProgress | undefined {
    return this.running;
  }

  /**
   * Writes a snapshot to the sink once it is subscribed: at once, or after those that were asked for before. `origin`
   * is called at the moment that the snapshot shows, in the same turn and before its first byte. Emits now and then,
   * completes when the sink has everything, fails when the sink does; unsubscribing gives the snapshot up.
   */
  start(sink: SnapshotSink, origin: () => SnapshotOrigin = () => ({})): Observable<SnapshotProgress> {
    return new Observable((subscriber) => {
      const request = { sink, origin, subscriber };
      this.waiting.push(request);
      this.next();
      return () => this.withdraw(request);
    });
  }

  /** Writes a snapshot of this moment without a pause: for SAVE and SHUTDOWN. A walk under way is not disturbed. */
  runToEnd(write: (chunk: Uint8Array) => void, origin: SnapshotOrigin = {}): SnapshotProgress {
    const { keyspace, environment, settings } = this.options;
    const { compress, checksum, access } = settings();
    const crc = new Crc64();
    let bytesWritten = 0;
    const emit = (chunk: Uint8Array): void => {
      if (checksum) crc.update(chunk, 0, chunk.length);
      bytesWritten += chunk.length;
      write(chunk);
    };
    const writer = new RdbWriter(emit);
    writer.access = access;
    writer.output.compress = compress;
    writer.begin(factsOf(keyspace, environment.scheduler.now(), origin));
    let keysWritten = 0;
    for (const section of sectionsOf(keyspace)) {
      writer.select(section.index, section.keys, section.expires);
      const visit = (ref: number): void => {
        writer.entry(this.lens, ref, expireAtMs(keyspace, section.expiries, ref));
        keysWritten++;
      };
      let cursor = 0;
      do cursor = keyspace.dict.scan(section.header, cursor, visit);
      while (cursor !== 0);
    }
    writer.end();
    const sum = checksumBytes(crc, checksum);
    bytesWritten += sum.length;
    write(sum);
    return { keysWritten, keysTotal: keysWritten, bytesWritten };
  }

  private next(): void {
    if (this.running !== undefined) return;
    const request = this.waiting.shift();
    if (request === undefined) return;
    const walk = new Walk(this.options, this.lens, request.sink, request.subscriber, (complete) => {
      this.abortsInARow = complete ? 0 : this.abortsInARow + 1;
      this.running = undefined;
      this.runningFor = undefined;
      this.next();
    });
    this.runningFor = request;
    this.running = walk;
    walk.begin(request.origin());
  }

  private withdraw(request: Request): void {
    const index = this.waiting.indexOf(request);
    if (index >= 0) this.waiting.splice(index, 1);
    if (this.runningFor !== request) return;
    if (this.abortsInARow < ABORTS_MAX) {
      this.running?.abort();
    } else {
      this.runningFor = undefined;
      this.running?.discard();
    }
  }
}
