/**
 * The chain of chunks that holds a large list: how it lies in memory, its ends, and finding an element by its index.
 * Changes in the middle are in chunk-edits.ts.
 *
 *   root   word  0 first chunk   1 last chunk   2 chunks   3 elements
 *   chunk  word  0 next   1 previous   2 snapshot epoch   3 elements   4 start   5 end
 *          then room for elements in the form of a listpack's, which lie in bytes [start, end) of the block
 *
 * The first chunk is filled from its end backwards and the last one forwards, so adding at either end moves nothing. How
 * much a chunk takes is what `list-max-listpack-size` says of the listpack it would be; a longer element has a chunk of
 * its own. A chunk that is no longer at an end gives the room back that it does not need.
 *
 * In:     refs of roots, texts of elements as bytes that do not lie in the arena. Out: refs of chunks, positions in
 *         their page (`arena.bytes[chunk >>> 16]`).
 * Memory: blocks of the arena, which the chain owns. Before a chunk changes the keyspace is told (`preserveChunk`).
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import { elementAfter, elementBefore, LISTPACK_EMPTY_BYTES, storedBytes, writeElement } from './listpack.ts';

export const CHUNK_NEXT = 0;
export const CHUNK_PREVIOUS = 1;
export const CHUNK_EPOCH = 2;
export const CHUNK_COUNT = 3;
export const CHUNK_START = 4;
export const CHUNK_END = 5;
export const CHUNK_HEADER_BYTES = 24;

export const ROOT_FIRST = 0;
export const ROOT_LAST = 1;
export const ROOT_CHUNKS = 2;
export const ROOT_COUNT = 3;
const ROOT_BYTES = 16;

/** What a chain needs of its keyspace. */
export interface ChunkHost {
  readonly arena: Arena;
  readonly epoch: number;
  readonly limits: { readonly listSize: number };
  /** Elements of so many bytes have a chunk of their own; 0 = by their size alone. */
  readonly packedThresholdBytes: number;
  preserveChunk(root: number, chunk: number): void;
}

/** What -1 to -5 stand for, in bytes. */
const SIZES_BYTES = Int32Array.of(4096, 8192, 16384, 32768, 65536);
/** Where a number of elements is the limit, a chunk of several elements has no more bytes than this. */
const SAFE_BYTES_MAX = 8192;
/** How much longer than its text an element is taken to be, before it is known. */
const ELEMENT_OVERHEAD_BYTES = 8;
/** First room of a chunk that is limited by its number of elements; it doubles when it is full. */
const FIRST_ROOM_BYTES = 256;

/** The limit in bytes, or Infinity where a number of elements is the limit. */
export const sizeLimitBytes = (listSize: number): number =>
  listSize < 0 ? SIZES_BYTES[Math.min(-listSize, SIZES_BYTES.length) - 1] : Number.POSITIVE_INFINITY;

/** The limit in elements, or Infinity where a number of bytes is the limit. */
export const countLimit = (listSize: number): number =>
  listSize < 0 ? Number.POSITIVE_INFINITY : Math.max(listSize, 1);

/** Whether a listpack of so many bytes and elements is larger than `list-max-listpack-size` allows. */
export const exceedsLimit = (listSize: number, bytes: number, count: number): boolean => {
  if (listSize < 0) return bytes > SIZES_BYTES[Math.min(-listSize, SIZES_BYTES.length) - 1];
  return bytes > SAFE_BYTES_MAX || count > Math.max(listSize, 1);
};

/** Largest block that a chunk is given so that more elements fit in: all of the limit, the header included. */
export const blockBytesMax = (listSize: number): number =>
  listSize < 0 ? SIZES_BYTES[Math.min(-listSize, SIZES_BYTES.length) - 1] : SAFE_BYTES_MAX;

export const chunkWord = (arena: Arena, chunk: number, word: number): number =>
  arena.words[chunk >>> 16][((chunk & 0xffff) << 2) + word];

export const setChunkWord = (arena: Arena, chunk: number, word: number, value: number): void => {
  arena.words[chunk >>> 16][((chunk & 0xffff) << 2) + word] = value;
};

/** Bytes of the elements of a chunk. */
export const chunkBytes = (arena: Arena, chunk: number): number =>
  chunkWord(arena, chunk, CHUNK_END) - chunkWord(arena, chunk, CHUNK_START);

/** Position in its page of the first element of a chunk. */
export const chunkStart = (arena: Arena, chunk: number): number =>
  ((chunk & 0xffff) << 4) + chunkWord(arena, chunk, CHUNK_START);

/** Position in its page behind the last element of a chunk. */
export const chunkEnd = (arena: Arena, chunk: number): number =>
  ((chunk & 0xffff) << 4) + chunkWord(arena, chunk, CHUNK_END);

/** Makes an empty chain and returns its root. */
export const createChain = (arena: Arena): number => {
  const root = arena.allocate(ROOT_BYTES);
  const at = (root & 0xffff) << 2;
  arena.words[root >>> 16].fill(0, at, at + ROOT_BYTES / 4);
  return root;
};

/** How many elements a chain has. */
export const chainCount = (arena: Arena, root: number): number => chunkWord(arena, root, ROOT_COUNT);

/** Whether the chunk is the one of a single element that is long by `packedThresholdBytes`. */
export const isPlain = (host: ChunkHost, chunk: number): boolean =>
  host.packedThresholdBytes !== 0 &&
  chunkWord(host.arena, chunk, CHUNK_COUNT) === 1 &&
  chunkBytes(host.arena, chunk) >= host.packedThresholdBytes;

/** Whether the chunk may take one more element with a text of `length` bytes. */
export const mayTake = (host: ChunkHost, chunk: number, length: number): boolean => {
  const { arena, packedThresholdBytes } = host;
  if (packedThresholdBytes !== 0 && (length >= packedThresholdBytes || isPlain(host, chunk))) return false;
  const words = arena.words[chunk >>> 16];
  const at = (chunk & 0xffff) << 2;
  const bytes = words[at + CHUNK_END] - words[at + CHUNK_START];
  return !exceedsLimit(
    host.limits.listSize,
    bytes + LISTPACK_EMPTY_BYTES + length + ELEMENT_OVERHEAD_BYTES,
    words[at + CHUNK_COUNT] + 1,
  );
};

// ── chunks ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Links a new chunk of at least `blockBytes` bytes between two others (0 = none). It is empty, start and end in front. */
export const openChunk = (
  host: ChunkHost,
  root: number,
  previous: number,
  next: number,
  blockBytes: number,
): number => {
  const { arena } = host;
  const chunk = arena.allocate(blockBytes);
  const words = arena.words[chunk >>> 16];
  const at = (chunk & 0xffff) << 2;
  words[at + CHUNK_NEXT] = next;
  words[at + CHUNK_PREVIOUS] = previous;
  words[at + CHUNK_EPOCH] = host.epoch;
  words[at + CHUNK_COUNT] = 0;
  words[at + CHUNK_START] = CHUNK_HEADER_BYTES;
  words[at + CHUNK_END] = CHUNK_HEADER_BYTES;
  const rootWords = arena.words[root >>> 16];
  const rootAt = (root & 0xffff) << 2;
  rootWords[rootAt + ROOT_CHUNKS]++;
  if (previous === 0) rootWords[rootAt + ROOT_FIRST] = chunk;
  else setChunkWord(arena, previous, CHUNK_NEXT, chunk);
  if (next === 0) rootWords[rootAt + ROOT_LAST] = chunk;
  else setChunkWord(arena, next, CHUNK_PREVIOUS, chunk);
  return chunk;
};

/** Takes a chunk out of the chain and frees it. Its elements no longer count. */
export const closeChunk = (host: ChunkHost, root: number, chunk: number): void => {
  host.preserveChunk(root, chunk);
  const { arena } = host;
  const words = arena.words[chunk >>> 16];
  const at = (chunk & 0xffff) << 2;
  const next = words[at + CHUNK_NEXT];
  const previous = words[at + CHUNK_PREVIOUS];
  const rootWords = arena.words[root >>> 16];
  const rootAt = (root & 0xffff) << 2;
  rootWords[rootAt + ROOT_CHUNKS]--;
  rootWords[rootAt + ROOT_COUNT] -= words[at + CHUNK_COUNT];
  if (previous === 0) rootWords[rootAt + ROOT_FIRST] = next;
  else setChunkWord(arena, previous, CHUNK_NEXT, next);
  if (next === 0) rootWords[rootAt + ROOT_LAST] = previous;
  else setChunkWord(arena, next, CHUNK_PREVIOUS, previous);
  arena.free(chunk);
};

/** Puts a chunk into a block of at least `blockBytes` bytes, its elements at `start`. Returns the new chunk. */
export const moveChunk = (host: ChunkHost, root: number, chunk: number, blockBytes: number, start: number): number => {
  host.preserveChunk(root, chunk);
  const { arena } = host;
  const moved = arena.allocate(blockBytes);
  const from = arena.words[chunk >>> 16];
  const fromAt = (chunk & 0xffff) << 2;
  const to = arena.words[moved >>> 16];
  const toAt = (moved & 0xffff) << 2;
  const next = from[fromAt + CHUNK_NEXT];
  const previous = from[fromAt + CHUNK_PREVIOUS];
  const bytes = from[fromAt + CHUNK_END] - from[fromAt + CHUNK_START];
  to[toAt + CHUNK_NEXT] = next;
  to[toAt + CHUNK_PREVIOUS] = previous;
  to[toAt + CHUNK_EPOCH] = host.epoch;
  to[toAt + CHUNK_COUNT] = from[fromAt + CHUNK_COUNT];
  to[toAt + CHUNK_START] = start;
  to[toAt + CHUNK_END] = start + bytes;
  const at = (fromAt << 2) + from[fromAt + CHUNK_START];
  arena.bytes[moved >>> 16].set(arena.bytes[chunk >>> 16].subarray(at, at + bytes), (toAt << 2) + start);
  if (previous === 0) setChunkWord(arena, root, ROOT_FIRST, moved);
  else setChunkWord(arena, previous, CHUNK_NEXT, moved);
  if (next === 0) setChunkWord(arena, root, ROOT_LAST, moved);
  else setChunkWord(arena, next, CHUNK_PREVIOUS, moved);
  arena.free(chunk);
  return moved;
};

/** Gives back the room a chunk does not need, where that makes a smaller block of it. Returns the chunk. */
export const fitChunk = (host: ChunkHost, root: number, chunk: number): number => {
  const { arena } = host;
  const needed = CHUNK_HEADER_BYTES + chunkBytes(arena, chunk);
  if (arena.capacity(chunk) <= Math.max(needed + (needed >>> 4), 64)) return chunk;
  return moveChunk(host, root, chunk, needed, CHUNK_HEADER_BYTES);
};

/** Moves the elements of a chunk within its block. */
const slideChunk = (arena: Arena, chunk: number, start: number): void => {
  const base = (chunk & 0xffff) << 4;
  const oldStart = chunkWord(arena, chunk, CHUNK_START);
  const end = chunkWord(arena, chunk, CHUNK_END);
  arena.bytes[chunk >>> 16].copyWithin(base + start, base + oldStart, base + end);
  setChunkWord(arena, chunk, CHUNK_START, start);
  setChunkWord(arena, chunk, CHUNK_END, end - oldStart + start);
};

// ── the ends ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** First block of a new chunk that begins with an element of `stored` bytes. */
const firstBlockBytes = (listSize: number, stored: number): number =>
  Math.max(CHUNK_HEADER_BYTES + stored, listSize < 0 ? blockBytesMax(listSize) : FIRST_ROOM_BYTES);

/**
 * A chunk at one end of the chain with `stored` free bytes on that side of its elements, for an element of `length`
 * bytes of text: the one that is there when it may take it, else a new one.
 */
const roomAtEnd = (host: ChunkHost, root: number, atFirst: boolean, stored: number, length: number): number => {
  const { arena } = host;
  const { listSize } = host.limits;
  const rootAt = (root & 0xffff) << 2;
  const rootWords = arena.words[root >>> 16];
  const edge = rootWords[rootAt + (atFirst ? ROOT_FIRST : ROOT_LAST)];
  if (edge !== 0) {
    if (mayTake(host, edge, length)) {
      const needed = CHUNK_HEADER_BYTES + chunkBytes(arena, edge) + stored;
      let room = arena.capacity(edge);
      let chunk = edge;
      if (needed > room && needed <= blockBytesMax(listSize)) {
        const wider = Math.min(Math.max(room * 2, needed), blockBytesMax(listSize));
        chunk = moveChunk(host, root, edge, wider, CHUNK_HEADER_BYTES);
        room = arena.capacity(chunk);
      } else {
        host.preserveChunk(root, edge);
      }
      if (needed <= room) {
        // A chunk that is first and last is added to at both ends, by and by.
        const free = room - needed;
        const otherSide = rootWords[rootAt + ROOT_CHUNKS] === 1 ? free >>> 1 : 0;
        slideChunk(arena, chunk, CHUNK_HEADER_BYTES + (atFirst ? free - otherSide + stored : otherSide));
        return chunk;
      }
    }
    // The old end comes to lie inside, unless it is the other end as well.
    if (rootWords[rootAt + ROOT_CHUNKS] > 1) fitChunk(host, root, edge);
  }
  const blockBytes = firstBlockBytes(listSize, stored);
  if (!atFirst) return openChunk(host, root, rootWords[rootAt + ROOT_LAST], 0, blockBytes);
  const opened = openChunk(host, root, 0, rootWords[rootAt + ROOT_FIRST], blockBytes);
  const room = arena.capacity(opened);
  setChunkWord(arena, opened, CHUNK_START, room);
  setChunkWord(arena, opened, CHUNK_END, room);
  return opened;
};

/** Adds an element in front of all others. */
export const pushFirst = (host: ChunkHost, root: number, bytes: Uint8Array, at: number, length: number): void => {
  const { arena } = host;
  const stored = storedBytes(bytes, at, length);
  let chunk = chunkWord(arena, root, ROOT_FIRST);
  if (
    chunk !== 0 &&
    chunkWord(arena, chunk, CHUNK_START) - stored >= CHUNK_HEADER_BYTES &&
    mayTake(host, chunk, length)
  ) {
    host.preserveChunk(root, chunk);
  } else {
    chunk = roomAtEnd(host, root, true, stored, length);
  }
  const words = arena.words[chunk >>> 16];
  const chunkAt = (chunk & 0xffff) << 2;
  const start = words[chunkAt + CHUNK_START] - stored;
  words[chunkAt + CHUNK_START] = start;
  words[chunkAt + CHUNK_COUNT]++;
  writeElement(arena.bytes[chunk >>> 16], (chunkAt << 2) + start, bytes, at, length);
  arena.words[root >>> 16][((root & 0xffff) << 2) + ROOT_COUNT]++;
};

/** Adds an element behind all others. */
export const pushLast = (host: ChunkHost, root: number, bytes: Uint8Array, at: number, length: number): void => {
  const { arena } = host;
  const stored = storedBytes(bytes, at, length);
  let chunk = chunkWord(arena, root, ROOT_LAST);
  if (
    chunk !== 0 &&
    chunkWord(arena, chunk, CHUNK_END) + stored <= arena.capacity(chunk) &&
    mayTake(host, chunk, length)
  ) {
    host.preserveChunk(root, chunk);
  } else {
    chunk = roomAtEnd(host, root, false, stored, length);
  }
  const words = arena.words[chunk >>> 16];
  const chunkAt = (chunk & 0xffff) << 2;
  const end = words[chunkAt + CHUNK_END];
  words[chunkAt + CHUNK_END] = end + stored;
  words[chunkAt + CHUNK_COUNT]++;
  writeElement(arena.bytes[chunk >>> 16], (chunkAt << 2) + end, bytes, at, length);
  arena.words[root >>> 16][((root & 0xffff) << 2) + ROOT_COUNT]++;
};

/** Adds a chunk of elements that are encoded already, behind all others: buf[at, at + length) of `count` elements. */
export const appendElements = (
  host: ChunkHost,
  root: number,
  buf: Uint8Array,
  at: number,
  length: number,
  count: number,
): void => {
  const { arena } = host;
  const chunk = openChunk(host, root, chunkWord(arena, root, ROOT_LAST), 0, CHUNK_HEADER_BYTES + length);
  arena.bytes[chunk >>> 16].set(buf.subarray(at, at + length), chunkEnd(arena, chunk));
  setChunkWord(arena, chunk, CHUNK_END, CHUNK_HEADER_BYTES + length);
  setChunkWord(arena, chunk, CHUNK_COUNT, count);
  setChunkWord(arena, root, ROOT_COUNT, chainCount(arena, root) + count);
};

/** Removes the first `count` elements, which are there. */
export const dropFirst = (host: ChunkHost, root: number, count: number): void => {
  const { arena } = host;
  let left = count;
  while (left > 0) {
    const chunk = chunkWord(arena, root, ROOT_FIRST);
    const words = arena.words[chunk >>> 16];
    const at = (chunk & 0xffff) << 2;
    const held = words[at + CHUNK_COUNT];
    if (left >= held) {
      closeChunk(host, root, chunk);
      left -= held;
      continue;
    }
    host.preserveChunk(root, chunk);
    const buf = arena.bytes[chunk >>> 16];
    let pos = (at << 2) + words[at + CHUNK_START];
    for (let i = left; i > 0; i--) pos = elementAfter(buf, pos);
    words[at + CHUNK_START] = pos - (at << 2);
    words[at + CHUNK_COUNT] = held - left;
    arena.words[root >>> 16][((root & 0xffff) << 2) + ROOT_COUNT] -= left;
    return;
  }
};

/** Removes the last `count` elements, which are there. */
export const dropLast = (host: ChunkHost, root: number, count: number): void => {
  const { arena } = host;
  let left = count;
  while (left > 0) {
    const chunk = chunkWord(arena, root, ROOT_LAST);
    const words = arena.words[chunk >>> 16];
    const at = (chunk & 0xffff) << 2;
    const held = words[at + CHUNK_COUNT];
    if (left >= held) {
      closeChunk(host, root, chunk);
      left -= held;
      continue;
    }
    host.preserveChunk(root, chunk);
    const buf = arena.bytes[chunk >>> 16];
    let pos = (at << 2) + words[at + CHUNK_END];
    for (let i = left; i > 0; i--) pos = elementBefore(buf, pos);
    words[at + CHUNK_END] = pos - (at << 2);
    words[at + CHUNK_COUNT] = held - left;
    arena.words[root >>> 16][((root & 0xffff) << 2) + ROOT_COUNT] -= left;
    return;
  }
};

// ── finding ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where `seekChunk` puts its answer. */
export interface ChunkPlace {
  chunk: number;
  /** 0-based, within the chunk. */
  indexInChunk: number;
}

/** Finds the chunk of the `index`-th element, which is there, from the nearer end. */
export const seekChunk = (arena: Arena, root: number, index: number, place: ChunkPlace): void => {
  const count = chainCount(arena, root);
  if (index < count >>> 1) {
    let left = index;
    let chunk = chunkWord(arena, root, ROOT_FIRST);
    for (let held = chunkWord(arena, chunk, CHUNK_COUNT); left >= held; held = chunkWord(arena, chunk, CHUNK_COUNT)) {
      left -= held;
      chunk = chunkWord(arena, chunk, CHUNK_NEXT);
    }
    place.chunk = chunk;
    place.indexInChunk = left;
    return;
  }
  let left = count - index;
  let chunk = chunkWord(arena, root, ROOT_LAST);
  for (let held = chunkWord(arena, chunk, CHUNK_COUNT); left > held; held = chunkWord(arena, chunk, CHUNK_COUNT)) {
    left -= held;
    chunk = chunkWord(arena, chunk, CHUNK_PREVIOUS);
  }
  place.chunk = chunk;
  place.indexInChunk = chunkWord(arena, chunk, CHUNK_COUNT) - left;
};
