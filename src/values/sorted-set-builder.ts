/**
 * A sorted set made from nothing, which no key holds until it is finished: for ZUNION and its like, for what they store,
 * and for RDB files.
 *
 * In:     members and scores in any order. Out: a key, or members in order for a `MemberCursor`.
 * Memory: a large sorted set in the arena, the builder's until `finish` or `discard`.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, NEXT, Type } from '../keyspace/entry.ts';
import { firstElement, LISTPACK_EMPTY_BYTES, LISTPACK_END, writeListpackHeader } from '../keyspace/listpack.ts';
import { reclaimTree, treeCount, treeInsert, treeRemove } from '../keyspace/score-tree.ts';
import { MemberCursor, type Ordered } from './sorted-set-cursor.ts';
import { pairBytes, writePair } from './sorted-set-listpack.ts';
import { createRoot, dictOfRoot } from './sorted-set-root.ts';

const ALL_NODES = 0x7fffffff;

const cursor = new MemberCursor();

export class SortedSetBuilder implements Ordered {
  /** Root of the value, 0 before the first member. */
  root = 0;
  count = 0;

  private target: Database | undefined = undefined;
  private sortsAtOnce = false;
  private isSorted = false;
  private header = 0;

  // The member looked up last.
  private hash = 0;
  private element = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private length = 0;

  get db(): Database {
    const { target } = this;
    if (target === undefined) throw new Error('sorted set: the builder has not begun');
    return target;
  }

  /**
   * Begins with no members; what was left over is discarded. With `sortsAtOnce` each member is put in its place when it
   * comes, so that no step takes long; without, all are when they are wanted in order, and scores may change cheaply.
   */
  begin(db: Database, sortsAtOnce = false): this {
    this.discard();
    this.target = db;
    this.sortsAtOnce = sortsAtOnce;
    this.isSorted = sortsAtOnce;
    return this;
  }

  /** Looks a member up among those added and remembers it for `put` and `removeFound`: its score, or NaN. */
  find(bytes: Uint8Array, at: number, length: number): number {
    const { dict, elements } = this.db.keyspace;
    this.hash = dict.hash(bytes, at, length);
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    this.element = this.root === 0 ? MISSING : dict.find(this.header, this.hash, bytes, at, length);
    return this.element === MISSING ? Number.NaN : elements.score(this.element);
  }

  /** Gives the member looked up last this score, or adds it with it. */
  put(score: number): void {
    const { elements, arena } = this.db.keyspace;
    if (this.element === MISSING) {
      this.append(this.bytes, this.at, this.length, score);
      return;
    }
    if (this.isSorted) {
      treeRemove(arena, this.root, elements.score(this.element), this.element);
      treeInsert(arena, this.root, score, this.element);
    }
    elements.setScore(this.root, this.element, score);
  }

  /** Adds a member that is not among those added. */
  add(bytes: Uint8Array, at: number, length: number, score: number): void {
    this.hash = this.db.keyspace.dict.hash(bytes, at, length);
    this.append(bytes, at, length, score);
  }

  /** Removes the member looked up last, which was there. */
  removeFound(): void {
    const { elements, arena } = this.db.keyspace;
    if (this.isSorted) treeRemove(arena, this.root, elements.score(this.element), this.element);
    elements.remove(this.root, this.header, this.element);
    this.element = MISSING;
    this.count--;
  }

  /** Puts the members in order; `finish` does so itself. */
  sort(): void {
    if (this.isSorted) return;
    this.isSorted = true;
    if (this.root === 0) return;
    const { dict, arena, elements } = this.db.keyspace;
    const buckets = dict.bucketCount(this.header);
    for (let bucket = 0; bucket < buckets; bucket++) {
      let ref = dict.firstInBucket(this.header, bucket);
      while (ref !== 0) {
        treeInsert(arena, this.root, elements.score(ref), ref);
        ref = arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      }
    }
  }

  /** Adds the key, which is missing, with what was added: MISSING when that is nothing. Small values are packed. */
  finish(key: Uint8Array, keyAt: number, keyLength: number, expires = false): number {
    const { db } = this;
    if (this.count === 0) {
      this.discard();
      return MISSING;
    }
    this.sort();
    const packed = this.packedBytes();
    if (packed > 0) {
      const ref = db.create(key, keyAt, keyLength, packed, Type.SortedSet, Encoding.ListPack, expires);
      this.writeListpack(db.valueBytes, db.valueAt, packed);
      this.discard();
      return ref;
    }
    const { root } = this;
    this.root = 0;
    this.forget();
    return db.createCollection(key, keyAt, keyLength, Type.SortedSet, Encoding.SkipList, root, expires);
  }

  /** Frees what was added and not finished. */
  discard(): void {
    const { root, header } = this;
    const isSmall = this.count <= (this.target?.keyspace.limits.zsetEntries ?? 0);
    this.root = 0;
    const keyspace = this.target?.keyspace;
    this.forget();
    if (root === 0 || keyspace === undefined) return;
    const { arena, dict, elements } = keyspace;
    if (!isSmall) {
      keyspace.releaseLarge(Encoding.SkipList, root);
      return;
    }
    reclaimTree(arena, root, ALL_NODES);
    const buckets = dict.bucketCount(header);
    for (let bucket = 0; bucket < buckets; bucket++) dict.takeBucket(header, bucket, elements.free);
    dict.destroy(header);
    arena.free(root);
  }

  private forget(): void {
    this.count = 0;
    this.header = 0;
    this.element = MISSING;
    this.isSorted = this.sortsAtOnce;
  }

  private append(bytes: Uint8Array, at: number, length: number, score: number): void {
    const { keyspace } = this.db;
    if (this.root === 0) {
      this.root = createRoot(keyspace);
      this.header = dictOfRoot(keyspace, this.root);
    }
    this.element = keyspace.elements.createScored(this.header, this.hash, bytes, at, length, score);
    if (this.isSorted) treeInsert(keyspace.arena, this.root, score, this.element);
    this.count++;
  }

  /** Bytes of the listpack that holds all members, or 0 when they are too many or too long for one. */
  private packedBytes(): number {
    const { zsetEntries, zsetValueBytes } = this.db.keyspace.limits;
    if (this.count > zsetEntries) return 0;
    let total = LISTPACK_EMPTY_BYTES;
    cursor.openBuilt(this, 0, false);
    while (cursor.next()) {
      if (cursor.length > zsetValueBytes) return 0;
      total += pairBytes(cursor.bytes, cursor.at, cursor.length, cursor.score);
    }
    return total;
  }

  private writeListpack(target: Uint8Array, at: number, totalBytes: number): void {
    writeListpackHeader(target, at, totalBytes, treeCount(this.db.keyspace.arena, this.root) * 2);
    let pos = firstElement(at);
    cursor.openBuilt(this, 0, false);
    while (cursor.next()) pos = writePair(target, pos, cursor.bytes, cursor.at, cursor.length, cursor.score);
    target[pos] = LISTPACK_END;
  }
}
