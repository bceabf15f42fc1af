/**
 * LZF, the compression of strings in RDB files and DUMP payloads.
 *
 * In:     a range of bytes.
 * Out:    the packed or unpacked bytes, in the caller's buffer.
 * Memory: one hash table of 64 KiB, shared by all calls and never cleared in between.
 *
 * The packed form is a sequence of
 *
 *   000LLLLL                            the next L + 1 bytes stand for themselves
 *   LLLooooo oooooooo                   L + 2 bytes (3 to 8) from o + 1 bytes back
 *   111ooooo LLLLLLLL oooooooo          L + 9 bytes (9 to 264) from o + 1 bytes back
 *
 * Source: the format's description in the documentation of liblzf, and what redis-server writes.
 * @since 0.1.0
 */

const LITERALS_MAX = 32;
const DISTANCE_MAX = 1 << 13;
const MATCH_MIN = 3;
const MATCH_MAX = 264;
/** A packed string has to save this many bytes, or Redis stores it as it is. */
const SAVED_BYTES_MIN = 4;

const HASH_BITS = 14;
const TABLE = new Int32Array(1 << HASH_BITS);
const EPOCH_MAX = 0x7fffffff;

// Positions are stored plus the call's epoch, so what earlier calls left in the table is seen to be old.
let nextEpoch = 1;

const beginEpoch = (len: number): number => {
  if (nextEpoch + len > EPOCH_MAX) {
    TABLE.fill(0);
    nextEpoch = 1;
  }
  const epoch = nextEpoch;
  nextEpoch += len;
  return epoch;
};

/** A slot for three bytes; the multiplier is 2^32 over the golden ratio. */
const slotOf = (src: Uint8Array, at: number): number =>
  Math.imul(src[at]! | (src[at + 1]! << 8) | (src[at + 2]! << 16), 0x9e3779b1) >>> (32 - HASH_BITS);

/** Bytes that `count` literals take, their control bytes included. */
const literalBytes = (count: number): number => count + ((count + LITERALS_MAX - 1) >>> 5);

const writeLiterals = (src: Uint8Array, from: number, to: number, dst: Uint8Array, out: number): number => {
  let at = from;
  let end = out;
  while (at < to) {
    const count = Math.min(to - at, LITERALS_MAX);
    dst[end++] = count - 1;
    for (let i = 0; i < count; i++) dst[end++] = src[at++]!;
  }
  return end;
};

/**
 * Packs `len` bytes at `off` to the start of `dst` and returns the packed length; 0 when that would not save at least
 * four bytes or not fit into `dst`, whose content is undefined then.
 */
export const lzfCompress = (src: Uint8Array, off: number, len: number, dst: Uint8Array): number => {
  if (len <= SAVED_BYTES_MIN) return 0;
  const limit = Math.min(dst.length, len - SAVED_BYTES_MIN);
  const end = off + len;
  const lastTriple = end - MATCH_MIN;
  const base = beginEpoch(len) - off;
  const table = TABLE;

  let at = off;
  let literal = off; // what is neither matched nor written yet begins here
  let out = 0;
  while (at <= lastTriple) {
    const slot = slotOf(src, at);
    const candidate = table[slot]! - base;
    table[slot] = at + base;
    if (
      candidate < off ||
      at - candidate > DISTANCE_MAX ||
      src[candidate] !== src[at] ||
      src[candidate + 1] !== src[at + 1] ||
      src[candidate + 2] !== src[at + 2]
    ) {
      at++;
      // Without this, a long value that does not shrink would be walked to its end before it is given up.
      if (at - literal > limit - out) return 0;
      continue;
    }

    const lengthMax = Math.min(end - at, MATCH_MAX);
    let length = MATCH_MIN;
    while (length < lengthMax && src[candidate + length] === src[at + length]) length++;

    if (out + literalBytes(at - literal) + 3 > limit) return 0;
    out = writeLiterals(src, literal, at, dst, out);
    const distance = at - candidate - 1;
    if (length < 9) {
      dst[out++] = ((length - 2) << 5) | (distance >>> 8);
    } else {
      dst[out++] = 0xe0 | (distance >>> 8);
      dst[out++] = length - 9;
    }
    dst[out++] = distance & 0xff;

    // The two last positions of a match are worth remembering; more of them cost more than they find.
    const next = at + length;
    for (let known = next - 2; known < next && known <= lastTriple; known++) table[slotOf(src, known)] = known + base;
    at = next;
    literal = next;
  }
  if (out + literalBytes(end - literal) > limit) return 0;
  return writeLiterals(src, literal, end, dst, out);
};

/**
 * Unpacks `len` bytes at `off` into the `dstLen` bytes of `dst` at `dstOff` and returns how many were written; -1 when
 * the packed bytes are damaged or say more than `dstLen` bytes. No byte outside the two ranges is read or written.
 */
export const lzfDecompress = (
  src: Uint8Array,
  off: number,
  len: number,
  dst: Uint8Array,
  dstOff: number,
  dstLen: number,
): number => {
  const end = off + len;
  const dstEnd = dstOff + dstLen;
  let at = off;
  let out = dstOff;
  while (at < end) {
    const control = src[at++]!;
    if (control < LITERALS_MAX) {
      const count = control + 1;
      if (count > end - at || count > dstEnd - out) return -1;
      for (let i = 0; i < count; i++) dst[out++] = src[at++]!;
      continue;
    }
    let length = (control >>> 5) + 2;
    if (length === 9) {
      if (at >= end) return -1;
      length += src[at++]!;
    }
    if (at >= end) return -1;
    let from = out - (((control & 0x1f) << 8) | src[at++]!) - 1;
    if (from < dstOff || length > dstEnd - out) return -1;
    // One byte at a time: a match may overlap what it writes, which is how runs are packed.
    for (let i = 0; i < length; i++) dst[out++] = dst[from++]!;
  }
  return out - dstOff;
};
