/**
 * The keyspace: all databases over one arena, with the clock reading and the rules that every look-up obeys.
 *
 * In:  bytes and a time that stands still while a command runs. Out: refs, and a call for each key that expires.
 *
 * @since 0.1.0
 */
import { Arena } from './arena.ts';
import { Database, type Detached } from './database.ts';
import { Dict } from './dict.ts';
import { EXTERNAL, externalWord, META } from './entry.ts';
import { lfuInitial, lfuMinutes, lfuTouch } from './lfu.ts';

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
  /** Whether the walk still has to read these detached contents. */
  needs(detached: Detached): boolean;
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
  readonly random: () => number;

  /** Time of the running command, in ms since 1970. */
  nowMs = 0;
  expiryMode: ExpiryMode = ExpiryMode.Remove;
  /** Called when a key is removed because its time is up; the key view of `db` holds the key. */
  onExpired: (db: Database) => void = () => {};

  /** Snapshot epoch, 1 to 255: an entry that carries it needs not be written by the running snapshot. */
  epoch = 1;
  walker: Walker | undefined = undefined;

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

  private readonly garbage: Detached[] = [];
  private garbageBucket = 0;

  constructor(options: KeyspaceOptions) {
    this.random = options.random;
    this.arena = new Arena();
    this.dict = new Dict(this.arena, options.hashKey[0], options.hashKey[1]);
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

  /** Gives an unlinked entry and its value back to the arena. */
  release(ref: number): void {
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & EXTERNAL) !== 0) arena.free(words[at + externalWord(meta)]);
    arena.free(ref);
  }

  /** Empties a database at once; its memory comes back in slices (`reclaim`). Returns the number of keys. */
  flush(db: Database): number {
    const keys = db.size;
    if (keys > 0) this.discard(db.detach());
    return keys;
  }

  /** Hands detached contents to the reclaimer. */
  discard(detached: Detached): void {
    this.garbage.push(detached);
  }

  /** Keys of flushed databases whose memory has not come back yet. */
  pendingObjects(): number {
    let count = 0;
    for (const detached of this.garbage) count += this.dict.count(detached.header);
    return count;
  }

  /** Frees about `limit` entries of flushed databases. True when there is more to do. */
  reclaim(limit: number): boolean {
    let left = limit;
    while (left > 0) {
      const at = this.garbage.findIndex((detached) => !(this.walker?.needs(detached) ?? false));
      if (at < 0) return false;
      const detached = this.garbage[at];
      const buckets = this.dict.bucketCount(detached.header);
      let bucket = at === 0 ? this.garbageBucket : 0;
      for (; bucket < buckets && left > 0; bucket++) {
        left -= 1 + this.dict.takeBucket(detached.header, bucket, (ref) => this.release(ref));
      }
      if (bucket < buckets) {
        // Keep the one in work in front, so that its position holds.
        this.garbage.splice(at, 1);
        this.garbage.unshift(detached);
        this.garbageBucket = bucket;
      } else {
        this.dict.destroy(detached.header);
        detached.expiries.destroy();
        this.garbage.splice(at, 1);
        this.garbageBucket = 0;
      }
    }
    return this.garbage.length > 0;
  }

  private expire(db: Database, ref: number): void {
    db.loadKey(ref);
    // The event is told while the key's bytes are still there; nothing reads the keyspace in between.
    this.onExpired(db);
    this.expired++;
    db.remove(ref);
  }
}
