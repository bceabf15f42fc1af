/**
 * The list as a value, whichever way it is kept: as one listpack in its entry, or as a chain of chunks.
 *
 * In:     entries of type list, texts as bytes that do not lie in the arena. Out: entries, which may have moved.
 * Memory: the arena's, and one buffer outside of it. Elements are looked at through a cursor (list-cursor.ts).
 *
 * A list becomes a chain when its listpack would exceed `list-max-listpack-size`, and a listpack again when it has shrunk
 * to one chunk of at most half that.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import {
  appendElements,
  CHUNK_COUNT,
  chainCount,
  chunkBytes,
  chunkStart,
  chunkWord,
  countLimit,
  createChain,
  dropFirst,
  dropLast,
  exceedsLimit,
  isPlain,
  pushFirst,
  pushLast,
  ROOT_CHUNKS,
  ROOT_FIRST,
  sizeLimitBytes,
} from '../keyspace/chunks.ts';
import { type Arguments, type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import {
  elementAfter,
  elementBefore,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackCount,
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

/** Whether the list is one listpack. */
export const isPacked = (db: Database, ref: number): boolean => db.encoding(ref) === Encoding.ListPack;

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
  const { arena, limits } = db.keyspace;
  const chunk = chunkWord(arena, root, ROOT_FIRST);
  if (chunkWord(arena, root, ROOT_CHUNKS) !== 1 || isPlain(db.keyspace, chunk)) return false;
  const bytes = chunkBytes(arena, chunk);
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
