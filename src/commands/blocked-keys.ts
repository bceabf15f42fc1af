/**
 * The keys that clients wait for, and who waits for each, in the order in which they came.
 *
 * In:  waiters with the keys they name; keys that have come into being. Out: the keys that are ready to be served.
 * Memory: one object per key and waiter, on the heap: there are at most as many waiters as clients. A look-up allocates
 * nothing, because it is made for every key that comes into being while somebody waits.
 *
 * @since 0.2.0
 */
import type { Arguments, Database } from '../keyspace/database.ts';
import { HASH, Type } from '../keyspace/entry.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';

/** A key of one database and those who wait for it. */
export class BlockedKey<W> {
  readonly db: Database;
  readonly hash: number;
  readonly bytes: Uint8Array;
  /** In the order in which they came. */
  readonly waiters = new Set<W>();
  /** Stands in the row of those that are ready. */
  isReady = false;
  /** Another key of the same hash. */
  next: BlockedKey<W> | undefined = undefined;

  constructor(db: Database, hash: number, bytes: Uint8Array) {
    this.db = db;
    this.hash = hash;
    this.bytes = bytes;
  }
}

/** What the index has to know of who waits. */
export interface Waiting<W> {
  readonly type: Type;
  /** The keys it waits for, each once. Filled and emptied by the index. */
  keys: BlockedKey<W>[];
}

const sameBytes = (a: Uint8Array, b: Uint8Array, at: number, length: number): boolean => {
  if (a.length !== length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[at + i]) return false;
  return true;
};

export class BlockedKeys<W extends Waiting<W>> {
  /** How many keys somebody waits for. */
  count = 0;
  /** Keys that have come into being since they were taken last, in that order. */
  private ready: BlockedKey<W>[] = [];
  private readonly keyspace: Keyspace;
  /** By database, then by the hash of the key. */
  private readonly byHash: Map<number, BlockedKey<W>>[] = [];
  /** How many wait for a value of each type. */
  private readonly byType = new Int32Array(Type.Stream + 1);

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
  }

  get readyCount(): number {
    return this.ready.length;
  }

  /** Puts a waiter at the end of the row of each of the `count` keys from argument `first` on. */
  add(waiter: W, db: Database, args: Arguments, first: number, count: number): void {
    this.byType[waiter.type]++;
    for (let i = first; i < first + count; i++) {
      const key = this.obtain(db, args.buf, args.offset(i), args.length(i));
      if (key.waiters.has(waiter)) continue; // named twice
      key.waiters.add(waiter);
      waiter.keys.push(key);
    }
  }

  /** Takes a waiter out of all its rows. */
  remove(waiter: W): void {
    if (waiter.keys.length === 0) return;
    this.byType[waiter.type]--;
    for (const key of waiter.keys) {
      key.waiters.delete(waiter);
      if (key.waiters.size === 0) this.drop(key);
    }
    waiter.keys = [];
  }

  /** An entry has come into being: when somebody waits for its key, the key is ready. */
  came(db: Database, ref: number): void {
    if (this.byType[db.type(ref)] === 0) return;
    const { arena, lens } = this.keyspace;
    const hash = arena.words[ref >>> 16][((ref & 0xffff) << 2) + HASH];
    let key = this.byHash[db.index]?.get(hash);
    if (key === undefined) return;
    lens.loadKey(ref);
    const { keyBytes, keyAt, keyLength } = lens;
    while (key !== undefined && !sameBytes(key.bytes, keyBytes, keyAt, keyLength)) key = key.next;
    if (key !== undefined) this.markReady(key);
  }

  /** The contents of a database have been exchanged: whatever somebody waits for and is there now is ready. */
  exchanged(db: Database): void {
    for (const first of this.byHash[db.index]?.values() ?? []) {
      for (let key: BlockedKey<W> | undefined = first; key !== undefined; key = key.next) {
        if (this.valueType(key) !== undefined) this.markReady(key);
      }
    }
  }

  /** The keys that are ready, which are not any more. */
  takeReady(): readonly BlockedKey<W>[] {
    const { ready } = this;
    this.ready = [];
    for (const key of ready) key.isReady = false;
    return ready;
  }

  /** The type of what lies under the key; undefined when there is nothing, or nothing any more. Touches nothing. */
  valueType({ db, hash, bytes }: BlockedKey<W>): Type | undefined {
    const ref = this.keyspace.dict.find(db.header, hash, bytes, 0, bytes.length);
    return ref === 0 || db.isExpired(ref) ? undefined : db.type(ref);
  }

  private markReady(key: BlockedKey<W>): void {
    if (key.isReady) return;
    key.isReady = true;
    this.ready.push(key);
  }

  private obtain(db: Database, bytes: Uint8Array, at: number, length: number): BlockedKey<W> {
    const hash = this.keyspace.dict.hash(bytes, at, length) | 0;
    let table = this.byHash[db.index];
    if (table === undefined) {
      table = new Map();
      this.byHash[db.index] = table;
    }
    const first = table.get(hash);
    for (let key = first; key !== undefined; key = key.next) {
      if (sameBytes(key.bytes, bytes, at, length)) return key;
    }
    const key = new BlockedKey<W>(db, hash, Uint8Array.from(bytes.subarray(at, at + length)));
    key.next = first;
    table.set(hash, key);
    this.counted(1);
    return key;
  }

  private drop(key: BlockedKey<W>): void {
    const table = this.byHash[key.db.index];
    const first = table.get(key.hash);
    if (first === key) {
      if (key.next === undefined) table.delete(key.hash);
      else table.set(key.hash, key.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== key) before = before.next;
      if (before !== undefined) before.next = key.next;
    }
    this.counted(-1);
  }

  private counted(delta: number): void {
    this.count += delta;
    this.keyspace.waiting = this.count;
  }
}
