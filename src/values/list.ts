/**
 * The list as a value, whichever way it is kept: as one listpack in its entry, or as a chain of chunks.
 *
 * In:     entries of type list, texts as bytes that do not lie in the arena. Out: entries, which may have moved.
 * Memory: the arena's. Cursors are loans: they stand until the list changes by other means than the cursor.
 *
 * A list becomes a chain when its listpack would exceed `list-max-listpack-size`, and a listpack again when it has shrunk
 * to one chunk of at most half that.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { CHUNK_GONE, insertElement, removeElement, replaceElement } from '../keyspace/chunk-edits.ts';
import {
  appendElements,
  CHUNK_COUNT,
  CHUNK_NEXT,
  CHUNK_PREVIOUS,
  chainCount,
  chunkBytes,
  chunkEnd,
  chunkStart,
  chunkWord,
  countLimit,
  createChain,
  dropFirst,
  dropLast,
  exceedsLimit,
  fitChunk,
  pushFirst,
  pushLast,
  ROOT_CHUNKS,
  ROOT_FIRST,
  ROOT_LAST,
  seekChunk,
  sizeLimitBytes,
} from '../keyspace/chunks.ts';
import { type Arguments, type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import {
  elementAfter,
  elementBefore,
  findElement,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackCount,
  seekElement,
  storedBytes,
  writeElement,
  writeEmptyListpack,
  writeListpackHeader,
} from '../keyspace/listpack.ts';

/** Arguments with their number. */
export interface ArgumentList extends Arguments {
  readonly argc: number;
}

/** The two ends of a list. */
export enum End {
  Left = 0,
  Right = 1,
}

const SCRATCH_BYTES = 8192;
const SCRATCH_KEPT_BYTES_MAX = 1024 * 1024;
let scratch = new Uint8Array(SCRATCH_BYTES);

/** A buffer outside the arena, for bytes that must not move for a while. One, so it is good until the next call. */
export const scratchOf = (bytes: number): Uint8Array => {
  if (bytes <= SCRATCH_BYTES) {
    if (scratch.length > SCRATCH_KEPT_BYTES_MAX) scratch = new Uint8Array(SCRATCH_BYTES);
  } else if (bytes > scratch.length) scratch = new Uint8Array(bytes);
  return scratch;
};

const isPacked = (db: Database, ref: number): boolean => db.encoding(ref) === Encoding.ListPack;

/** How many elements the list has. */
export const listLength = (db: Database, ref: number): number => {
  if (!isPacked(db, ref)) return chainCount(db.keyspace.arena, db.root(ref));
  db.loadValue(ref);
  return listpackCount(db.valueBytes, db.valueAt);
};

// ── encodings ─────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Makes a chain of a listpack that would become too large by so many more elements of so many bytes of text together.
 * Returns the entry.
 */
export const makeRoom = (db: Database, ref: number, moreBytes: number, moreCount: number): number => {
  if (!isPacked(db, ref)) return ref;
  db.loadValue(ref);
  const count = listpackCount(db.valueBytes, db.valueAt);
  const { keyspace, valueLength } = db;
  if (!exceedsLimit(keyspace.limits.listSize, valueLength + moreBytes, count + moreCount)) return ref;

  const root = createChain(keyspace.arena);
  if (count > 0) {
    const from = db.valueAt + LISTPACK_HEADER_BYTES;
    appendElements(keyspace, root, db.valueBytes, from, valueLength - LISTPACK_EMPTY_BYTES, count);
  }
  return db.enlarge(ref, Encoding.QuickList, root);
};

/** Whether a chain is one chunk that takes no more than the given part (1 = all, 2 = half) of the limit. */
const fitsListpack = (db: Database, root: number, part: number): boolean => {
  const { arena, limits, packedThresholdBytes } = db.keyspace;
  if (chunkWord(arena, root, ROOT_CHUNKS) !== 1) return false;
  const chunk = chunkWord(arena, root, ROOT_FIRST);
  const bytes = chunkBytes(arena, chunk);
  if (packedThresholdBytes !== 0 && bytes >= packedThresholdBytes) return false;
  if (bytes + LISTPACK_EMPTY_BYTES > sizeLimitBytes(limits.listSize) / part) return false;
  return chunkWord(arena, chunk, CHUNK_COUNT) <= Math.floor(countLimit(limits.listSize) / part);
};

/** Fills the loaded value with a listpack of the elements in buf[at, at + bytes). */
const fillListpack = (db: Database, buf: Uint8Array, at: number, bytes: number, count: number): void => {
  const total = bytes + LISTPACK_EMPTY_BYTES;
  const { valueBytes, valueAt } = db;
  writeListpackHeader(valueBytes, valueAt, total, count);
  copyBytes(buf, at, valueBytes, valueAt + LISTPACK_HEADER_BYTES, bytes);
  valueBytes[valueAt + total - 1] = LISTPACK_END;
};

/** Makes a listpack of a chain that has shrunk to one chunk of at most half the limit. Returns the entry. */
export const packIfSmall = (db: Database, ref: number): number => {
  if (isPacked(db, ref)) return ref;
  const root = db.root(ref);
  if (!fitsListpack(db, root, 2)) return ref;
  // The chunk goes with the chain, so its bytes wait elsewhere.
  const { arena } = db.keyspace;
  const chunk = chunkWord(arena, root, ROOT_FIRST);
  const bytes = chunkBytes(arena, chunk);
  const count = chunkWord(arena, chunk, CHUNK_COUNT);
  const waiting = scratchOf(bytes);
  copyBytes(arena.bytes[chunk >>> 16], chunkStart(arena, chunk), waiting, 0, bytes);
  const packed = db.pack(ref, Encoding.ListPack, bytes + LISTPACK_EMPTY_BYTES);
  fillListpack(db, waiting, 0, bytes, count);
  return packed;
};

/** Adds a missing key with a list that was made as a chain, as a listpack when it fits into one. The chain is given up. */
export const createFromChain = (
  db: Database,
  key: Uint8Array,
  keyAt: number,
  keyLength: number,
  root: number,
  expires: boolean,
): number => {
  if (!fitsListpack(db, root, 1)) {
    return db.createCollection(key, keyAt, keyLength, Type.List, Encoding.QuickList, root, expires);
  }
  const { arena } = db.keyspace;
  const chunk = chunkWord(arena, root, ROOT_FIRST);
  const bytes = chunkBytes(arena, chunk);
  const total = bytes + LISTPACK_EMPTY_BYTES;
  const ref = db.create(key, keyAt, keyLength, total, Type.List, Encoding.ListPack, expires);
  const count = chunkWord(arena, chunk, CHUNK_COUNT);
  fillListpack(db, arena.bytes[chunk >>> 16], chunkStart(arena, chunk), bytes, count);
  db.keyspace.releaseLarge(Encoding.QuickList, root);
  return ref;
};

// ── the ends ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds a missing key with an empty list, which is to be filled at once. */
const createEmpty = (db: Database, args: Arguments, key: number): number => {
  const keyAt = args.offset(key);
  const keyLength = args.length(key);
  const ref = db.create(args.buf, keyAt, keyLength, LISTPACK_EMPTY_BYTES, Type.List, Encoding.ListPack);
  writeEmptyListpack(db.valueBytes, db.valueAt);
  return ref;
};

/** Adds a missing key with a list of one element. */
export const createList = (
  db: Database,
  args: Arguments,
  key: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { listSize } = db.keyspace.limits;
  if (exceedsLimit(listSize, LISTPACK_EMPTY_BYTES + length, 1)) {
    pushElement(db, createEmpty(db, args, key), End.Right, bytes, at, length);
    return;
  }
  const total = LISTPACK_EMPTY_BYTES + storedBytes(bytes, at, length);
  db.create(args.buf, args.offset(key), args.length(key), total, Type.List, Encoding.ListPack);
  writeListpackHeader(db.valueBytes, db.valueAt, total, 1);
  writeElement(db.valueBytes, db.valueAt + LISTPACK_HEADER_BYTES, bytes, at, length);
  db.valueBytes[db.valueAt + total - 1] = LISTPACK_END;
};

/** Adds one element at an end. Returns the entry. */
export const pushElement = (
  db: Database,
  ref: number,
  end: End,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  const roomy = makeRoom(db, ref, length, 1);
  if (isPacked(db, roomy)) {
    // makeRoom has loaded the value.
    const position = end === End.Left ? LISTPACK_HEADER_BYTES : db.valueLength - 1;
    const target = db.splice(roomy, position, 0, storedBytes(bytes, at, length), 1);
    writeElement(db.valueBytes, db.valueAt + position, bytes, at, length);
    return target;
  }
  db.preserve(roomy);
  if (end === End.Left) pushFirst(db.keyspace, db.root(roomy), bytes, at, length);
  else pushLast(db.keyspace, db.root(roomy), bytes, at, length);
  return roomy;
};

/** Writes the arguments from `first` on as elements at `pos`, the last one first when they come from the left. */
const writeArguments = (db: Database, pos: number, end: End, args: ArgumentList, first: number): void => {
  const { argc, buf } = args;
  const step = end === End.Left ? -1 : 1;
  let here = pos;
  let index = end === End.Left ? argc - 1 : first;
  for (let left = argc - first; left > 0; left--) {
    here = writeElement(db.valueBytes, here, buf, args.offset(index), args.length(index));
    index += step;
  }
};

/** Adds the arguments from `first` to the last at an end, one after the other; `ref` may be MISSING. */
export const pushArguments = (
  db: Database,
  ref: number,
  key: number,
  end: End,
  args: ArgumentList,
  first: number,
): void => {
  const { argc, buf } = args;
  if (argc === first + 1) {
    const at = args.offset(first);
    const length = args.length(first);
    if (ref !== MISSING) pushElement(db, ref, end, buf, at, length);
    else createList(db, args, key, buf, at, length);
    return;
  }
  let textBytes = 0;
  for (let i = first; i < argc; i++) textBytes += args.length(i);
  const roomy = makeRoom(db, ref === MISSING ? createEmpty(db, args, key) : ref, textBytes, argc - first);
  if (isPacked(db, roomy)) {
    let stored = 0;
    for (let i = first; i < argc; i++) stored += storedBytes(buf, args.offset(i), args.length(i));
    const position = end === End.Left ? LISTPACK_HEADER_BYTES : db.valueLength - 1;
    db.splice(roomy, position, 0, stored, argc - first);
    writeArguments(db, db.valueAt + position, end, args, first);
    return;
  }
  db.preserve(roomy);
  const { keyspace } = db;
  const root = db.root(roomy);
  for (let i = first; i < argc; i++) {
    if (end === End.Left) pushFirst(keyspace, root, buf, args.offset(i), args.length(i));
    else pushLast(keyspace, root, buf, args.offset(i), args.length(i));
  }
};

/**
 * Removes `left` elements from the left end and `right` from the right one. Returns the entry. Who leaves none removes
 * the key; else `packIfSmall` follows.
 */
export const dropElements = (db: Database, ref: number, left: number, right: number): number => {
  if (!isPacked(db, ref)) {
    db.preserve(ref);
    const { keyspace } = db;
    const root = db.root(ref);
    dropFirst(keyspace, root, left);
    dropLast(keyspace, root, right);
    return ref;
  }
  let target = ref;
  if (right > 0) {
    db.loadValue(target);
    const end = db.valueAt + db.valueLength - 1;
    let from = end;
    for (let i = right; i > 0; i--) from = elementBefore(db.valueBytes, from);
    target = db.splice(target, from - db.valueAt, end - from, 0, -right);
  }
  if (left > 0) {
    db.loadValue(target);
    const from = db.valueAt + LISTPACK_HEADER_BYTES;
    let to = from;
    for (let i = left; i > 0; i--) to = elementAfter(db.valueBytes, to);
    target = db.splice(target, LISTPACK_HEADER_BYTES, to - from, 0, -left);
  }
  return target;
};

// ── walking ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Stands on one element of a list: `buf` and `pos` say where, for the functions of listpack.ts. Reading needs no more than
 * `seek`, `next` and `previous`. Who removes elements calls `settle…` to get to the next one and `finish` at the end.
 */
export class ListCursor {
  buf: Uint8Array = scratch;
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
