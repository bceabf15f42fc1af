/**
 * Changes in the middle of a chain of chunks: an element inserted, replaced or removed at a position.
 *
 * An element that does not fit goes to the neighbour, to a new chunk, or splits the chunk in two; after a split,
 * neighbours that together are no more than one chunk become one. Removing an element joins nothing, as in Redis, so that
 * a list is packed again when Redis would pack it.
 *
 * In:     refs of roots and chunks, positions in the chunk's page; texts as bytes that do not lie in the arena.
 * Out:    positions. Chunks may have moved: look them up again.
 * Memory: blocks of the arena, which the chain owns.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import {
  blockBytesMax,
  CHUNK_COUNT,
  CHUNK_END,
  CHUNK_HEADER_BYTES,
  CHUNK_NEXT,
  CHUNK_PREVIOUS,
  CHUNK_START,
  type ChunkHost,
  chunkBytes,
  chunkEnd,
  chunkStart,
  chunkWord,
  closeChunk,
  exceedsLimit,
  fitChunk,
  isPlain,
  mayTake,
  moveChunk,
  openChunk,
  ROOT_COUNT,
  setChunkWord,
} from './chunks.ts';
import { elementAfter, LISTPACK_EMPTY_BYTES, storedBytes, writeElement } from './listpack.ts';

/** What `removeElement` answers when the chunk went with its last element. */
export const CHUNK_GONE = -1;
/** In place, a chunk may come to so many times its limit; a longer one is split. */
const REPLACED_LIMITS_MAX = 2;

const addToCounts = (arena: Arena, root: number, chunk: number, by: number): void => {
  arena.words[chunk >>> 16][((chunk & 0xffff) << 2) + CHUNK_COUNT] += by;
  arena.words[root >>> 16][((root & 0xffff) << 2) + ROOT_COUNT] += by;
};

/**
 * Makes the `removed` bytes at `offset`, counted from the first element, a hole of `inserted` bytes. Returns the chunk,
 * which may have moved; the hole is at the same offset then.
 */
const reshape = (
  host: ChunkHost,
  root: number,
  chunk: number,
  offset: number,
  removed: number,
  inserted: number,
): number => {
  const { arena } = host;
  const bytes = chunkBytes(arena, chunk);
  const grown = bytes - removed + inserted;
  const capacity = arena.capacity(chunk);
  let target = chunk;
  if (CHUNK_HEADER_BYTES + grown > capacity) {
    const most = Math.max(blockBytesMax(host.limits.listSize), CHUNK_HEADER_BYTES + grown);
    const blockBytes = Math.min(Math.max(capacity * 2, CHUNK_HEADER_BYTES + grown), most);
    target = moveChunk(host, root, chunk, blockBytes, CHUNK_HEADER_BYTES);
  } else {
    host.preserveChunk(root, chunk);
  }
  const buf = arena.bytes[target >>> 16];
  const start = chunkStart(arena, target);
  const end = start + bytes;
  const front = start - ((target & 0xffff) << 4) - CHUNK_HEADER_BYTES;
  const back = arena.capacity(target) - CHUNK_HEADER_BYTES - front - bytes;
  const growth = inserted - removed;
  const tail = start + offset + removed;
  // The shorter side moves when there is room for it, the other one when not, and both when it takes both.
  let left = 0;
  if (growth <= front && (offset < end - tail || growth > back)) left = growth;
  else if (growth > back) left = front;
  if (left !== 0) buf.copyWithin(start - left, start, start + offset);
  if (left !== growth) buf.copyWithin(tail + growth - left, tail, end);
  const newStart = front + CHUNK_HEADER_BYTES - left;
  setChunkWord(arena, target, CHUNK_START, newStart);
  setChunkWord(arena, target, CHUNK_END, newStart + grown);
  return target;
};

/** Inserts into a chunk that may take the element, at `offset` bytes from its first element. */
const insertInto = (
  host: ChunkHost,
  root: number,
  chunk: number,
  offset: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { arena } = host;
  const target = reshape(host, root, chunk, offset, 0, storedBytes(bytes, at, length));
  writeElement(arena.bytes[target >>> 16], chunkStart(arena, target) + offset, bytes, at, length);
  addToCounts(arena, root, target, 1);
};

/** A new chunk with one element between two others. */
const openWith = (
  host: ChunkHost,
  root: number,
  previous: number,
  next: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { arena } = host;
  const stored = storedBytes(bytes, at, length);
  const chunk = openChunk(host, root, previous, next, CHUNK_HEADER_BYTES + stored);
  writeElement(arena.bytes[chunk >>> 16], chunkStart(arena, chunk), bytes, at, length);
  setChunkWord(arena, chunk, CHUNK_END, CHUNK_HEADER_BYTES + stored);
  addToCounts(arena, root, chunk, 1);
};

/** Whether two chunks (0 = none) together are no more than one. */
const mayJoin = (host: ChunkHost, first: number, second: number): boolean => {
  if (first === 0 || second === 0 || isPlain(host, first) || isPlain(host, second)) return false;
  const { arena } = host;
  const count = chunkWord(arena, first, CHUNK_COUNT) + chunkWord(arena, second, CHUNK_COUNT);
  return !exceedsLimit(
    host.limits.listSize,
    chunkBytes(arena, first) + chunkBytes(arena, second) + LISTPACK_EMPTY_BYTES,
    count,
  );
};

/** Appends the elements of `second` to those of `first`, its neighbour, and frees it. Returns the joined chunk. */
const join = (host: ChunkHost, root: number, first: number, second: number): number => {
  const { arena } = host;
  const offset = chunkBytes(arena, first);
  const added = chunkBytes(arena, second);
  const count = chunkWord(arena, second, CHUNK_COUNT);
  const target = reshape(host, root, first, offset, 0, added);
  const from = chunkStart(arena, second);
  arena.bytes[target >>> 16].set(
    arena.bytes[second >>> 16].subarray(from, from + added),
    chunkStart(arena, target) + offset,
  );
  addToCounts(arena, root, target, count);
  closeChunk(host, root, second);
  return target;
};

/** Joins the neighbours of a chunk that was split, and the chunk with them, where they are no more than one chunk. */
const joinAround = (host: ChunkHost, root: number, chunk: number): void => {
  const { arena } = host;
  const previous = chunkWord(arena, chunk, CHUNK_PREVIOUS);
  const beforeThat = previous === 0 ? 0 : chunkWord(arena, previous, CHUNK_PREVIOUS);
  if (mayJoin(host, beforeThat, previous)) join(host, root, beforeThat, previous);
  const next = chunkWord(arena, chunk, CHUNK_NEXT);
  const afterThat = next === 0 ? 0 : chunkWord(arena, next, CHUNK_NEXT);
  if (mayJoin(host, next, afterThat)) join(host, root, next, afterThat);

  let center = chunk;
  const neighbour = chunkWord(arena, center, CHUNK_PREVIOUS);
  if (mayJoin(host, neighbour, center)) center = join(host, root, neighbour, center);
  const follower = chunkWord(arena, center, CHUNK_NEXT);
  if (mayJoin(host, center, follower)) center = join(host, root, center, follower);
  fitChunk(host, root, center);
};

/** Whether an element with a text of `length` bytes has to have a chunk of its own. */
const isLong = (host: ChunkHost, length: number): boolean => {
  const { limits, packedThresholdBytes } = host;
  if (packedThresholdBytes !== 0 && length >= packedThresholdBytes) return true;
  return length > blockBytesMax(limits.listSize);
};

/** Elements in the bytes from one position to another. */
const countBetween = (buf: Uint8Array, from: number, to: number): number => {
  let count = 0;
  for (let pos = from; pos < to; pos = elementAfter(buf, pos)) count++;
  return count;
};

/**
 * Splits a chunk at `pos`: what stands behind it (or in front of it) becomes a chunk of its own with the new element on
 * its near side, or with a long one between the two.
 */
const insertBySplitting = (
  host: ChunkHost,
  root: number,
  chunk: number,
  pos: number,
  behind: boolean,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { arena } = host;
  host.preserveChunk(root, chunk);
  const buf = arena.bytes[chunk >>> 16];
  const from = behind ? pos : chunkStart(arena, chunk);
  const to = behind ? chunkEnd(arena, chunk) : pos;
  const count = countBetween(buf, from, to);
  const previous = behind ? chunk : chunkWord(arena, chunk, CHUNK_PREVIOUS);
  const next = behind ? chunkWord(arena, chunk, CHUNK_NEXT) : chunk;

  const isBetween = isLong(host, length);
  const stored = isBetween ? 0 : storedBytes(bytes, at, length);
  const part = openChunk(host, root, previous, next, CHUNK_HEADER_BYTES + stored + to - from);
  const start = chunkStart(arena, part);
  const target = arena.bytes[part >>> 16];
  target.set(buf.subarray(from, to), behind ? start + stored : start);
  if (!isBetween) writeElement(target, behind ? start : start + to - from, bytes, at, length);
  setChunkWord(arena, part, CHUNK_END, CHUNK_HEADER_BYTES + stored + to - from);
  setChunkWord(arena, chunk, behind ? CHUNK_END : CHUNK_START, pos - ((chunk & 0xffff) << 4));
  addToCounts(arena, root, part, isBetween ? count : count + 1);
  addToCounts(arena, root, chunk, -count);
  if (isBetween) {
    openWith(host, root, behind ? chunk : part, behind ? part : chunk, bytes, at, length);
    fitChunk(host, root, chunk);
  } else joinAround(host, root, chunk);
};

/**
 * Inserts an element at `pos`, where an element of the chunk begins or its last one ends: `behind` the element that ends
 * there, or else before the one that begins there.
 */
export const insertElement = (
  host: ChunkHost,
  root: number,
  chunk: number,
  pos: number,
  behind: boolean,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { arena } = host;
  const offset = pos - chunkStart(arena, chunk);
  if (mayTake(host, chunk, length)) {
    insertInto(host, root, chunk, offset, bytes, at, length);
    return;
  }
  const previous = chunkWord(arena, chunk, CHUNK_PREVIOUS);
  const next = chunkWord(arena, chunk, CHUNK_NEXT);
  if (behind && pos === chunkEnd(arena, chunk)) {
    if (next !== 0 && mayTake(host, next, length)) insertInto(host, root, next, 0, bytes, at, length);
    else openWith(host, root, chunk, next, bytes, at, length);
  } else if (!behind && offset === 0) {
    if (previous !== 0 && mayTake(host, previous, length)) {
      insertInto(host, root, previous, chunkBytes(arena, previous), bytes, at, length);
    } else {
      openWith(host, root, previous, chunk, bytes, at, length);
    }
  } else {
    insertBySplitting(host, root, chunk, pos, behind, bytes, at, length);
  }
};

/**
 * Removes the element at `pos`. Returns the position where the element that followed it now begins, which is the end of
 * the chunk when it was the last one, or CHUNK_GONE.
 */
export const removeElement = (host: ChunkHost, root: number, chunk: number, pos: number): number => {
  const { arena } = host;
  if (chunkWord(arena, chunk, CHUNK_COUNT) === 1) {
    closeChunk(host, root, chunk);
    return CHUNK_GONE;
  }
  const offset = pos - chunkStart(arena, chunk);
  const bytes = elementAfter(arena.bytes[chunk >>> 16], pos) - pos;
  reshape(host, root, chunk, offset, bytes, 0);
  addToCounts(arena, root, chunk, -1);
  return chunkStart(arena, chunk) + offset;
};

/** Replaces the element at `pos`. */
export const replaceElement = (
  host: ChunkHost,
  root: number,
  chunk: number,
  pos: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): void => {
  const { arena } = host;
  const limitBytes = blockBytesMax(host.limits.listSize);
  const stored = storedBytes(bytes, at, length);
  const old = elementAfter(arena.bytes[chunk >>> 16], pos) - pos;
  const offset = pos - chunkStart(arena, chunk);
  const isAlone = chunkWord(arena, chunk, CHUNK_COUNT) === 1;
  const grown = chunkBytes(arena, chunk) - old + stored;
  if (isAlone || stored <= old || (!isLong(host, length) && grown <= limitBytes * REPLACED_LIMITS_MAX)) {
    const target = reshape(host, root, chunk, offset, old, stored);
    writeElement(arena.bytes[target >>> 16], chunkStart(arena, target) + offset, bytes, at, length);
    return;
  }
  const hole = removeElement(host, root, chunk, pos);
  insertElement(host, root, chunk, hole, hole === chunkEnd(arena, chunk), bytes, at, length);
};
