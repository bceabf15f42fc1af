/**
 * Reading a sorted set in order, whatever its encoding.
 *
 * In:     an entry, a rank and a direction. Out: a view of one member after the other.
 * Memory: a cursor is made once and opened again and again; members are loans from the arena.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import { Encoding } from '../keyspace/entry.ts';
import { Element, elementAfter, firstElement, seekElement } from '../keyspace/listpack.ts';
import { TreeCursor, treeCount } from '../keyspace/score-tree.ts';
import { listpackEnd, pairBefore, pairCount, readScore } from './sorted-set-listpack.ts';

/** What can be read through a tree although no key holds it yet. */
export interface Ordered {
  readonly db: Database;
  /** Root of a large sorted set, 0 when there are no members. */
  readonly root: number;
  readonly count: number;
}

export class MemberCursor {
  /** The text of the member read last, on loan until something changes. */
  bytes: Uint8Array;
  at = 0;
  length = 0;
  /** Ref of its element, 0 in a listpack. */
  element = 0;

  private readonly member = new Element();
  private readonly tree = new TreeCursor();
  private db: Database | undefined = undefined;
  private reverse = false;
  private left = 0;
  private buf: Uint8Array;
  private pos = 0;
  private scoreAt = 0;

  constructor() {
    this.bytes = this.member.bytes;
    this.buf = this.bytes;
  }

  /** Score of the member read last. */
  get score(): number {
    return this.element === 0 ? readScore(this.buf, this.scoreAt) : this.tree.score;
  }

  /**
   * Stands before the member of ascending rank `rank`, to read it and those behind it, or (in reverse) those in front.
   * A rank that no member has leaves nothing to read.
   */
  open(db: Database, ref: number, rank: number, reverse: boolean): this {
    if (db.encoding(ref) === Encoding.SkipList) {
      const root = db.root(ref);
      return this.openRoot(db, root, treeCount(db.keyspace.arena, root), rank, reverse);
    }
    db.loadValue(ref);
    const { valueBytes, valueAt } = db;
    const count = pairCount(valueBytes, valueAt);
    this.db = undefined;
    this.element = 0;
    this.buf = valueBytes;
    this.reverse = reverse;
    this.left = readable(rank, count, reverse);
    if (this.left > 0) {
      const end = listpackEnd(valueBytes, valueAt);
      this.pos = seekElement(valueBytes, firstElement(valueAt), end, count * 2, rank * 2);
    }
    return this;
  }

  /** As `open`, over what a builder has sorted. */
  openBuilt(built: Ordered, rank: number, reverse: boolean): this {
    return this.openRoot(built.db, built.root, built.count, rank, reverse);
  }

  /** Reads the next member; false when there is none. */
  next(): boolean {
    if (this.left === 0) return false;
    this.left--;
    const { db } = this;
    if (db !== undefined) {
      this.element = this.reverse ? this.tree.previous() : this.tree.next();
      db.loadKey(this.element);
      this.bytes = db.keyBytes;
      this.at = db.keyAt;
      this.length = db.keyLength;
      return true;
    }
    const { buf, pos, member } = this;
    member.read(buf, pos);
    this.bytes = member.bytes;
    this.at = member.at;
    this.length = member.length;
    this.scoreAt = elementAfter(buf, pos);
    if (this.left > 0) this.pos = this.reverse ? pairBefore(buf, pos) : elementAfter(buf, this.scoreAt);
    return true;
  }

  private openRoot(db: Database, root: number, count: number, rank: number, reverse: boolean): this {
    this.db = db;
    this.reverse = reverse;
    this.left = readable(rank, count, reverse);
    if (this.left > 0) this.tree.seek(db.keyspace.arena, root, reverse ? rank + 1 : rank);
    return this;
  }
}

/** Members from a rank on in a direction. */
const readable = (rank: number, count: number, reverse: boolean): number => {
  if (rank < 0 || rank >= count) return 0;
  return reverse ? rank + 1 : count - rank;
};
