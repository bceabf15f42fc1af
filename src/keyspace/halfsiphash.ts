/**
 * HalfSipHash-1-3: the keyed hash of every dictionary, made of 32-bit operations only.
 *
 * In:     a 64-bit key as two int32 and a range of bytes.
 * Out:    an int32 (it may be negative).
 * Memory: none; no allocation.
 *
 * Keys come from clients, and clients may be hostile: without the secret key nobody can choose names that collide.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the 32-bit variant published beside it.
 * @since 0.1.0
 */

const V2 = 0x6c796765;
const V3 = 0x74656462;

/** Lower-cases the ASCII letters among the four bytes of a word, all at once. */
const foldWord = (word: number): number => {
  const low7 = word & 0x7f7f7f7f;
  // The top bit of a byte becomes 1 from 'A' on in the first sum, from behind 'Z' on in the second.
  const upper = (low7 + 0x3f3f3f3f) & ~(low7 + 0x25252525) & ~word & 0x80808080;
  return word | (upper >>> 2);
};

/** The last, incomplete word: its zero to three bytes. */
const tailOf = (buf: Uint8Array, at: number, count: number): number => {
  if (count === 0) return 0;
  let word = buf[at]!;
  if (count > 1) word |= buf[at + 1]! << 8;
  if (count > 2) word |= buf[at + 2]! << 16;
  return word;
};

/** The last compression round and the three rounds of finalization; `last` is the tail with the length on top. */
const finish = (w0: number, w1: number, w2: number, w3: number, last: number): number => {
  let v0 = w0;
  let v1 = w1;
  let v2 = w2;
  let v3 = w3 ^ last;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) {
      v0 ^= last;
      v2 ^= 0xff;
    }
  }
  return v1 ^ v3;
};

/** The hash of `len` bytes at `off` under the key `k0`, `k1`. */
export const halfSipHash = (k0: number, k1: number, buf: Uint8Array, off: number, len: number): number => {
  let v0 = k0 | 0;
  let v1 = k1 | 0;
  let v2 = V2 ^ k0;
  let v3 = V3 ^ k1;
  const end = off + (len & ~3);
  for (let at = off; at < end; at += 4) {
    const word = buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return finish(v0, v1, v2, v3, (len << 24) | tailOf(buf, end, len & 3));
};

/**
 * The hash of the bytes with ASCII upper case folded to lower case: command names, directives.
 * The body repeats `halfSipHash` because a flag would cost the hot loop of the keyspace a branch per word.
 */
export const halfSipHashNoCase = (k0: number, k1: number, buf: Uint8Array, off: number, len: number): number => {
  let v0 = k0 | 0;
  let v1 = k1 | 0;
  let v2 = V2 ^ k0;
  let v3 = V3 ^ k1;
  const end = off + (len & ~3);
  for (let at = off; at < end; at += 4) {
    const word = foldWord(buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24));
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return finish(v0, v1, v2, v3, (len << 24) | foldWord(tailOf(buf, end, len & 3)));
};
