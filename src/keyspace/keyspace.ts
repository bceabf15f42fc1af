/**
 * The keyspace: all databases over one arena, with the clock reading and the rules that every look-up obeys.
 *
 * In:  bytes and a time that stands still while a command runs. Out: refs, and a call for each key that expires.
 *
 * @since 0.1.0
 */
import { Arena } from './arena.ts';
import { CHUNK_EPOCH } from './chunks.ts';
import { Database, type Detached } from './database.ts';
import { Dict } from './dict.ts';
import { Elements } from './elements.ts';
import { ACCESS, type Encoding, EXTERNAL, encodingOf, externalWord, META } from './entry.ts';
import { KeyEventClass, KeyEvents } from './key-events.ts';
import { isLarge, LargeGarbage, largeCount } from './large.ts';
import { lfuInitial, lfuMinutes, lfuTouch } from './lfu.ts';
import { defaultLimits, type EncodingLimits } from './limits.ts';

/** What happens when a look-up meets a key past its time. */
export enum ExpiryMode {
  /** A master removes it and says so. */
  Remove = 0,
  /** A replica hides it from clients and waits for its master's word. */
  Hide = 1,
  /** The master's own stream, and loading, see it as it is. */
  Ignore = 2,
  /** A replica's own client writes (replica-read-only no): hidden keys make way, but no key is declared over. */
  Purge = 3,
}

/** A running snapshot; told of an entry before it changes. */
export interface Walker {
  /** Writes the entry as it is now. The caller marks it as done. */
  preserve(db: Database, ref: number): void;
  /** Writes an element of a large value as it is now, where the walk still needs it. The caller marks it as done. */
  preserveElement(root: number, ref: number): void;
  /** Keeps a chunk of a large list as it is now, where the walk still needs it. The caller marks it as done. */
  preserveChunk(root: number, chunk: number): void;
  /** Whether the walk still has to read these detached contents. */
  needs(detached: Detached): boolean;
  /** Whether the walk still has to read this large value, which nobody else can reach any more. */
  needsValue(root: number): boolean;
}

/** Large values of up to so many elements are freed at once. */
const FREED_AT_ONCE_MAX = 64;

/** A flushed database on its way back to the arena. */
class DatabaseGarbage {
  bucket = 0;
  readonly detached: Detached;
  constructor(detached: Detached) {
    this.detached = detached;
  }
}

export interface KeyspaceOptions {
  readonly databases: number;
  /** Yields numbers in [0, 1). */
  readonly random: () => number;
  /** Secret key of the hash: two int32. */
  readonly hashKey: readonly [number, number];
}

export class Keyspace {
  readonly arena: Arena;
  readonly dict: Dict;
  readonly databases: readonly Database[];
  /** A database of no number: its views serve whoever looks at entries from the outside, such as the hooks below. */
  readonly lens: Database;
  readonly elements: Elements;
  readonly keyEvents = new KeyEvents();
  readonly limits: EncodingLimits = defaultLimits();
  readonly random: () => number;

  /** Time of the running command, in ms since 1970. */
  nowMs = 0;
  expiryMode: ExpiryMode = ExpiryMode.Remove;
  /** Called when a key is removed because its time is up; the key view of `db` holds the key. */
  onExpired: (db: Database) => void = () => {};

  /** Snapshot epoch, 1 to 255: an entry that carries it needs not be written by the running snapshot. */
  epoch = 1;
  walker: Walker | undefined = undefined;

  /** How many keys are being watched; without any `onTouched` is not called. */
  watching = 0;
  /** Called before an entry changes or goes, and after one has come. Changes nothing, and reads keys through `lens`. */
  onTouched: (db: Database, ref: number) => void = () => {};
  /** Called, where keys are watched, before all contents of a database go, or make way for those of another. */
  onReplaced: (db: Database, by: Database | undefined) => void = () => {};
  /** How many keys clients wait for; without any `onReady` is not called. */
  waiting = 0;
  /** Called when an entry has come. Changes nothing, and reads keys through `lens`. */
  onReady: (db: Database, ref: number) => void = () => {};

  /** LRU clock: seconds modulo 2^24. */
  lruClock = 0;
  lfu = false;
  lfuLogFactor = 10;
  lfuDecayMinutes = 1;
  /** CLIENT NO-TOUCH: look-ups leave the access words alone. */
  noTouch = false;
  /** DEBUG QUICKLIST-PACKED-THRESHOLD: list elements of this many bytes get a node of their own; 0 = the default. */
  packedThresholdBytes = 0;

  hits = 0;
  misses = 0;
  expired = 0;

  /** The last one is freed first: a large value of a flushed database before the rest of it. */
  private readonly garbage: (DatabaseGarbage | LargeGarbage)[] = [];

  constructor(options: KeyspaceOptions) {
    this.random = options.random;
    this.arena = new Arena();
    this.dict = new Dict(this.arena, options.hashKey[0], options.hashKey[1]);
    this.elements = new Elements(this);
    this.lens = new Database(this, -1);
    const databases: Database[] = [];
    for (let index = 0; index < options.databases; index++) databases.push(new Database(this, index));
    this.databases = databases;
  }

  /** Sets the time that look-ups compare with. */
  setNow(nowMs: number): void {
    this.nowMs = nowMs;
    this.lruClock = Math.floor(nowMs / 1000) & 0xffffff;
  }

  /** Access word of a new entry. */
  firstAccess(): number {
    return this.lfu ? lfuInitial(lfuMinutes(Math.floor(this.nowMs / 60000))) : this.lruClock;
  }

  nextLfu(access: number): number {
    const minutes = lfuMinutes(Math.floor(this.nowMs / 60000));
    return lfuTouch(access, minutes, this.lfuDecayMinutes, this.lfuLogFactor, this.random());
  }

  /** Applies the expiry mode to an expired entry; true when the key counts as missing. */
  treatExpired(db: Database, ref: number): boolean {
    if (this.expiryMode === ExpiryMode.Ignore) return false;
    if (this.expiryMode !== ExpiryMode.Hide) this.expire(db, ref);
    return true;
  }

  /**
   * Removes up to `limit` keys whose time is up, the oldest first, in all databases. Returns how many were removed;
   * fewer than `limit` means that none is left.
   */
  expireDue(limit: number): number {
    let removed = 0;
    for (const db of this.databases) {
      while (removed < limit && db.expiries.earliestMs() < this.nowMs) {
        this.expire(db, db.expiries.refAt(0));
        removed++;
      }
    }
    return removed;
  }

  /** The earliest expiry of all databases in ms since 1970, or Infinity. */
  earliestExpiryMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const db of this.databases) earliest = Math.min(earliest, db.expiries.earliestMs());
    return earliest;
  }

  /** Gives an unlinked entry and its value back to the arena; a large value in slices. */
  release(ref: number): void {
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & EXTERNAL) !== 0) {
      const block = words[at + externalWord(meta)];
      const encoding = encodingOf(meta);
      if (isLarge(encoding)) this.releaseLarge(encoding, block);
      else arena.free(block);
    }
    arena.free(ref);
  }

  /** Gives a large value that no entry holds back to the arena: at once when it is small enough, else in slices. */
  releaseLarge(encoding: Encoding, root: number): void {
    const garbage = new LargeGarbage(this, encoding, root);
    const isSmall = largeCount(this, encoding, root) <= FREED_AT_ONCE_MAX;
    if (isSmall && !(this.walker?.needsValue(root) ?? false)) {
      while (garbage.reclaim(FREED_AT_ONCE_MAX) === 0);
      return;
    }
    this.garbage.push(garbage);
  }

  /** To be called before an element of a large value changes or goes: a running snapshot may still need it. */
  preserveElement(root: number, ref: number): void {
    if (this.walker === undefined) return;
    const words = this.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    if (words[at] >>> 24 === this.epoch) return;
    this.walker.preserveElement(root, ref);
    words[at] = this.epoch << 24;
  }

  /** To be called before a chunk of a large list changes or goes: a running snapshot may still need it. */
  preserveChunk(root: number, chunk: number): void {
    if (this.walker === undefined) return;
    const words = this.arena.words[chunk >>> 16];
    const at = ((chunk & 0xffff) << 2) + CHUNK_EPOCH;
    if (words[at] === this.epoch) return;
    this.walker.preserveChunk(root, chunk);
    words[at] = this.epoch;
  }

  /** Empties a database at once; its memory comes back in slices (`reclaim`). Returns the number of keys. */
  flush(db: Database): number {
    const keys = db.size;
    if (keys === 0) return 0;
    if (this.watching !== 0) this.onReplaced(db, undefined);
    this.discard(db.detach());
    return keys;
  }

  /** Hands detached contents to the reclaimer. */
  discard(detached: Detached): void {
    this.garbage.push(new DatabaseGarbage(detached));
  }

  /** Keys of flushed databases, and large values, whose memory has not come back yet. */
  pendingObjects(): number {
    let count = 0;
    for (const one of this.garbage) count += one instanceof LargeGarbage ? 1 : this.dict.count(one.detached.header);
    return count;
  }

  /** Frees about `limit` entries and elements of what nobody can reach any more. True when there is more to do. */
  reclaim(limit: number): boolean {
    let left = limit;
    while (left > 0) {
      let at = this.garbage.length - 1;
      while (at >= 0 && this.isNeeded(this.garbage[at])) at--;
      if (at < 0) return false;
      const one = this.garbage[at];
      left = one instanceof LargeGarbage ? one.reclaim(left) : this.reclaimDatabase(one, left);
      if (left > 0) this.garbage.splice(this.garbage.indexOf(one), 1);
    }
    return this.garbage.length > 0;
  }

  private isNeeded(one: DatabaseGarbage | LargeGarbage): boolean {
    const { walker } = this;
    if (walker === undefined) return false;
    return one instanceof LargeGarbage ? walker.needsValue(one.root) : walker.needs(one.detached);
  }

  /** Returns what is left of the limit; above 0 all is gone. A large value among the entries goes to the garbage. */
  private reclaimDatabase(one: DatabaseGarbage, limit: number): number {
    const { header, expiries } = one.detached;
    const buckets = this.dict.bucketCount(header);
    const before = this.garbage.length;
    let left = limit;
    for (; one.bucket < buckets && left > 0 && this.garbage.length === before; one.bucket++) {
      left -= 1 + this.dict.takeBucket(header, one.bucket, this.releaseEntry);
    }
    if (one.bucket < buckets) return 0;
    this.dict.destroy(header);
    expiries.destroy();
    return Math.max(left, 1);
  }

  private readonly releaseEntry = (ref: number): void => this.release(ref);

  private expire(db: Database, ref: number): void {
    db.loadKey(ref);
    // The event is told while the key's bytes are still there; nothing reads the keyspace in between.
    this.onExpired(db);
    this.expired++;
    db.notifyKey(KeyEventClass.Expired, 'expired', db.keyBytes, db.keyAt, db.keyLength);
    db.remove(ref);
  }
}
