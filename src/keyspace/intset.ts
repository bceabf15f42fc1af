/**
 * The intset: a set of int64 in one piece of memory, sorted, byte for byte as Redis keeps it.
 *
 * In:     a buffer, the position of an intset in it, integers as `Int64`. Out: indexes and integers.
 * Memory: the caller's, who makes room before an insertion; nothing is kept and nothing allocated.
 *
 *   u32 width of an integer in bytes (2, 4 or 8) | u32 count | integers, ascending        all little-endian
 *
 * The width is that of the widest integer that was ever in the set; it grows and never shrinks.
 *
 * @since 0.2.0
 */
import type { Int64 } from './int64.ts';

export { Int64 as IntsetValue } from './int64.ts';

export const INTSET_HEADER_BYTES = 8;

/** Fewer bytes are moved by a loop. */
const LOOP_BYTES_MAX = 64;

const u32 = (buf: Uint8Array, at: number): number =>
  (buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24)) >>> 0;

const writeInt32 = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value;
  buf[at + 1] = value >> 8;
  buf[at + 2] = value >> 16;
  buf[at + 3] = value >> 24;
};

const int16 = (buf: Uint8Array, at: number): number => ((buf[at] << 16) | (buf[at + 1] << 24)) >> 16;

const int32 = (buf: Uint8Array, at: number): number =>
  buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24);

/** Bytes of each integer: 2, 4 or 8. */
export const intsetWidth = (buf: Uint8Array, at: number): number => buf[at];

export const intsetCount = (buf: Uint8Array, at: number): number => u32(buf, at + 4);

/** Bytes of the whole intset. */
export const intsetBytes = (buf: Uint8Array, at: number): number =>
  INTSET_HEADER_BYTES + intsetCount(buf, at) * intsetWidth(buf, at);

/** Writes an intset of no integers: INTSET_HEADER_BYTES bytes. */
export const writeEmptyIntset = (buf: Uint8Array, at: number): void => {
  writeInt32(buf, at, 2);
  writeInt32(buf, at + 4, 0);
};

/** Bytes that this integer needs: 2, 4 or 8. */
export const widthOfInteger = (value: Int64): number => {
  const { hi, lo } = value;
  if (hi !== lo >> 31) return 8;
  return lo >= -32768 && lo <= 32767 ? 2 : 4;
};

const readAs = (buf: Uint8Array, pos: number, width: number, value: Int64): Int64 => {
  const lo = width === 2 ? int16(buf, pos) : int32(buf, pos);
  value.lo = lo;
  value.hi = width === 8 ? int32(buf, pos + 4) : lo >> 31;
  return value;
};

/** Loads the integer at `index` (0 is the least, `intsetCount - 1` the greatest) and returns `value`. */
export const integerAt = (buf: Uint8Array, at: number, index: number, value: Int64): Int64 => {
  const width = buf[at];
  return readAs(buf, at + INTSET_HEADER_BYTES + index * width, width, value);
};

const writeAs = (buf: Uint8Array, pos: number, width: number, hi: number, lo: number): void => {
  buf[pos] = lo;
  buf[pos + 1] = lo >> 8;
  if (width === 2) return;
  buf[pos + 2] = lo >> 16;
  buf[pos + 3] = lo >> 24;
  if (width === 8) writeInt32(buf, pos + 4, hi);
};

/** Index of the integer, or `-1 - index` of the place where it belongs. */
export const findInteger = (buf: Uint8Array, at: number, value: Int64): number => {
  const width = buf[at];
  const count = intsetCount(buf, at);
  const { hi, lo } = value;
  // What does not fit the width is beyond all that does.
  if (widthOfInteger(value) > width) return hi < 0 ? -1 : -1 - count;
  const first = at + INTSET_HEADER_BYTES;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const pos = first + middle * width;
    let isBelow: boolean;
    if (width === 8) {
      const theirHi = int32(buf, pos + 4);
      const theirLo = int32(buf, pos);
      if (theirHi === hi && theirLo === lo) return middle;
      isBelow = theirHi !== hi ? theirHi < hi : theirLo >>> 0 < lo >>> 0;
    } else {
      const theirs = width === 2 ? int16(buf, pos) : int32(buf, pos);
      if (theirs === lo) return middle;
      isBelow = theirs < lo;
    }
    if (isBelow) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
};

/** Bytes that the intset takes once this missing integer is in it. */
export const bytesWithInteger = (buf: Uint8Array, at: number, value: Int64): number =>
  INTSET_HEADER_BYTES + (intsetCount(buf, at) + 1) * Math.max(buf[at], widthOfInteger(value));

/** Moves bytes within one buffer; the ranges may overlap. */
const moveBytes = (buf: Uint8Array, from: number, to: number, length: number): void => {
  if (length > LOOP_BYTES_MAX) buf.copyWithin(to, from, from + length);
  else if (to > from) for (let i = length - 1; i >= 0; i--) buf[to + i] = buf[from + i];
  else for (let i = 0; i < length; i++) buf[to + i] = buf[from + i];
};

/** Gives all integers a greater width, and room for one in front of them when `shift` is 1. */
const widen = (buf: Uint8Array, at: number, count: number, width: number, shift: number): void => {
  const oldWidth = buf[at];
  const first = at + INTSET_HEADER_BYTES;
  // From the last to the first, so that nothing is overwritten before it was read.
  for (let index = count - 1; index >= 0; index--) {
    const from = first + index * oldWidth;
    const lo = oldWidth === 2 ? int16(buf, from) : int32(buf, from);
    writeAs(buf, first + (index + shift) * width, width, lo >> 31, lo);
  }
  writeInt32(buf, at, width);
};

/** Adds a missing integer at the place that `findInteger` gave (its result as it is). There must be room for it. */
export const insertInteger = (buf: Uint8Array, at: number, value: Int64, found: number): void => {
  const count = intsetCount(buf, at);
  const index = -1 - found;
  const needed = widthOfInteger(value);
  let width = buf[at];
  if (needed > width) {
    widen(buf, at, count, needed, index === 0 ? 1 : 0);
    width = needed;
  } else {
    const pos = at + INTSET_HEADER_BYTES + index * width;
    moveBytes(buf, pos, pos + width, (count - index) * width);
  }
  writeAs(buf, at + INTSET_HEADER_BYTES + index * width, width, value.hi, value.lo);
  writeInt32(buf, at + 4, count + 1);
};

/** Takes out the integer at `index`; the intset is `intsetWidth` bytes shorter then. */
export const removeInteger = (buf: Uint8Array, at: number, index: number): void => {
  const width = buf[at];
  const count = intsetCount(buf, at);
  const pos = at + INTSET_HEADER_BYTES + index * width;
  moveBytes(buf, pos + width, pos, (count - index - 1) * width);
  writeInt32(buf, at + 4, count - 1);
};

/** Whether `length` bytes at `at` are one whole intset of at least one integer: width, count, and order. */
export const isSoundIntset = (buf: Uint8Array, at: number, length: number): boolean => {
  if (length < INTSET_HEADER_BYTES) return false;
  const width = u32(buf, at);
  const count = u32(buf, at + 4);
  if (width !== 2 && width !== 4 && width !== 8) return false;
  if (count === 0 || count * width !== length - INTSET_HEADER_BYTES) return false;
  const end = at + length;
  let hi = 0;
  let lo = 0;
  for (let pos = at + INTSET_HEADER_BYTES; pos < end; pos += width) {
    const nextLo = width === 2 ? int16(buf, pos) : int32(buf, pos);
    const nextHi = width === 8 ? int32(buf, pos + 4) : nextLo >> 31;
    const isFirst = pos === at + INTSET_HEADER_BYTES;
    if (!isFirst && (nextHi < hi || (nextHi === hi && nextLo >>> 0 <= lo >>> 0))) return false;
    hi = nextHi;
    lo = nextLo;
  }
  return true;
};
