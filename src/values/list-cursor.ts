/**
 * A cursor on the elements of a list, whichever way it is kept.
 *
 * In:     a list's entry. Out: positions for the functions of listpack.ts; changes at the element it stands on.
 * Memory: none. A cursor stands until the list changes by other means than the cursor.
 *
 * @since 0.2.0
 */
import { CHUNK_GONE, insertElement, removeElement, replaceElement } from '../keyspace/chunk-edits.ts';
import {
  CHUNK_COUNT,
  CHUNK_NEXT,
  CHUNK_PREVIOUS,
  chunkEnd,
  chunkStart,
  chunkWord,
  fitChunk,
  ROOT_FIRST,
  ROOT_LAST,
  seekChunk,
} from '../keyspace/chunks.ts';
import type { Database } from '../keyspace/database.ts';
import {
  elementAfter,
  elementBefore,
  findElement,
  LISTPACK_HEADER_BYTES,
  listpackCount,
  seekElement,
  storedBytes,
  writeElement,
} from '../keyspace/listpack.ts';
import { End, isPacked } from './list.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * Stands on one element of a list: `buf` and `pos` say where, for the functions of listpack.ts. Reading needs no more than
 * `seek`, `next` and `previous`. Who removes elements calls `settle…` to get to the next one and `finish` at the end.
 */
export class ListCursor {
  buf: Uint8Array = NO_BYTES;
  pos = 0;
  /** The chunk; 0 in a listpack. */
  chunk = 0;
  indexInChunk = 0;
  private root = 0;
  private start = 0;
  private end = 0;
  /** Whether elements of this chunk were removed. */
  private hasShrunk = false;

  /** Goes to the `index`-th element, which is there. */
  seek(db: Database, ref: number, index: number): void {
    if (isPacked(db, ref)) {
      this.enterListpack(db, ref);
      const count = listpackCount(db.valueBytes, db.valueAt);
      this.pos = seekElement(this.buf, this.start, this.end, count, index);
      return;
    }
    const { arena } = db.keyspace;
    this.root = db.root(ref);
    seekChunk(arena, this.root, index, this);
    this.enter(db, this.chunk);
    const count = chunkWord(arena, this.chunk, CHUNK_COUNT);
    this.pos = seekElement(this.buf, this.start, this.end, count, this.indexInChunk);
  }

  /** Goes to the element at an end of a list that is not empty. */
  seekEnd(db: Database, ref: number, end: End): void {
    if (isPacked(db, ref)) this.enterListpack(db, ref);
    else {
      this.root = db.root(ref);
      this.enter(db, chunkWord(db.keyspace.arena, this.root, end === End.Left ? ROOT_FIRST : ROOT_LAST));
    }
    this.pos = end === End.Left ? this.start : elementBefore(this.buf, this.end);
  }

  /** Goes to the next element; false, and nowhere, at the end. */
  next(db: Database): boolean {
    const pos = elementAfter(this.buf, this.pos);
    this.pos = pos;
    return pos !== this.end || this.nextChunk(db);
  }

  /** Goes to the previous element; false, and nowhere, at the beginning. */
  previous(db: Database): boolean {
    if (this.pos === this.start && !this.previousChunk(db)) return false;
    this.pos = elementBefore(this.buf, this.pos);
    return true;
  }

  /** Goes to the next element with this text, which may be this one; false, and nowhere, when there is none. */
  find(db: Database, bytes: Uint8Array, at: number, length: number): boolean {
    do {
      const pos = findElement(this.buf, this.pos, this.end, bytes, at, length, 1);
      if (pos >= 0) {
        this.pos = pos;
        return true;
      }
    } while (this.nextChunk(db));
    return false;
  }

  /** Removes the element and stands between its neighbours. Returns the entry. */
  remove(db: Database, ref: number): number {
    if (this.chunk === 0) {
      const position = this.position(this.pos);
      const target = db.splice(ref, position, elementAfter(this.buf, this.pos) - this.pos, 0, -1);
      this.enterListpack(db, target);
      this.pos = db.valueAt + position;
      return target;
    }
    const { chunk } = this;
    const { arena } = db.keyspace;
    const following = chunkWord(arena, chunk, CHUNK_NEXT);
    const preceding = chunkWord(arena, chunk, CHUNK_PREVIOUS);
    db.preserve(ref);
    const pos = removeElement(db.keyspace, this.root, chunk, this.pos);
    if (pos !== CHUNK_GONE) {
      this.enter(db, chunk);
      this.hasShrunk = true;
      this.pos = pos;
    } else if (following !== 0) {
      this.enter(db, following);
      this.pos = this.start;
    } else if (preceding !== 0) {
      this.enter(db, preceding);
      this.pos = this.end;
    } else {
      this.chunk = 0;
      this.start = this.pos;
      this.end = this.pos;
    }
    return ref;
  }

  /** After `remove`: goes to the element behind; false, and nowhere, when there is none. */
  settleForward(db: Database): boolean {
    return this.pos !== this.end || this.nextChunk(db);
  }

  /** After `remove`: goes to the element in front; false, and nowhere, when there is none. */
  settleBackward(db: Database): boolean {
    return this.previous(db);
  }

  /** Gives back the room that removals have left. The cursor stands nowhere then. */
  finish(db: Database): void {
    if (!this.hasShrunk) return;
    this.hasShrunk = false;
    fitChunk(db.keyspace, this.root, this.chunk);
  }

  /** Replaces the element, in a list that has room for it. Returns the entry; the cursor stands nowhere then. */
  replace(db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number {
    if (this.chunk === 0) {
      const position = this.position(this.pos);
      const old = elementAfter(this.buf, this.pos) - this.pos;
      const target = db.splice(ref, position, old, storedBytes(bytes, at, length), 0);
      writeElement(db.valueBytes, db.valueAt + position, bytes, at, length);
      return target;
    }
    db.preserve(ref);
    replaceElement(db.keyspace, this.root, this.chunk, this.pos, bytes, at, length);
    return ref;
  }

  /** Inserts an element before or behind this one, in a list that has room for it. The cursor stands nowhere then. */
  insert(db: Database, ref: number, behind: boolean, bytes: Uint8Array, at: number, length: number): void {
    const pos = behind ? elementAfter(this.buf, this.pos) : this.pos;
    if (this.chunk === 0) {
      const position = this.position(pos);
      db.splice(ref, position, 0, storedBytes(bytes, at, length), 1);
      writeElement(db.valueBytes, db.valueAt + position, bytes, at, length);
      return;
    }
    db.preserve(ref);
    insertElement(db.keyspace, this.root, this.chunk, pos, behind, bytes, at, length);
  }

  /** A position as an offset in the listpack. */
  private position(pos: number): number {
    return pos - this.start + LISTPACK_HEADER_BYTES;
  }

  private enterListpack(db: Database, ref: number): void {
    db.loadValue(ref);
    this.chunk = 0;
    this.hasShrunk = false;
    this.buf = db.valueBytes;
    this.start = db.valueAt + LISTPACK_HEADER_BYTES;
    this.end = db.valueAt + db.valueLength - 1;
  }

  private enter(db: Database, chunk: number): void {
    const { arena } = db.keyspace;
    this.chunk = chunk;
    this.hasShrunk = false;
    this.buf = arena.bytes[chunk >>> 16];
    this.start = chunkStart(arena, chunk);
    this.end = chunkEnd(arena, chunk);
  }

  private nextChunk(db: Database): boolean {
    if (this.chunk === 0) return false;
    const next = chunkWord(db.keyspace.arena, this.chunk, CHUNK_NEXT);
    if (next === 0) return false;
    this.finish(db);
    this.enter(db, next);
    this.pos = this.start;
    return true;
  }

  private previousChunk(db: Database): boolean {
    if (this.chunk === 0) return false;
    const previous = chunkWord(db.keyspace.arena, this.chunk, CHUNK_PREVIOUS);
    if (previous === 0) return false;
    this.finish(db);
    this.enter(db, previous);
    this.pos = this.end;
    return true;
  }
}
