/**
 * Bloom filters: which keys a block of a segment may speak of.
 *
 * In:     hashes. Out: bits in a range of a buffer that somebody else owns.
 * Memory: none.
 *
 * Twelve bits per key and six of them set: a block that does not speak of a key says so in 99.6% of the cases, and one
 * that does is never passed over.
 *
 * @since 0.3.0
 */
import { halfSipHash } from '../keyspace/halfsiphash.ts';

const BITS_PER_KEY = 12;
const PROBES = 6;
const BYTES_MIN = 8;

/** Keys and clients have hashes of their own. */
const KEY = 1;
const CLIENT = 2;
/** Nothing secret: an index is read by other processes. Who has keys collide makes reading slower and nothing else. */
const SALT = 0x5eed1d07;

export const hashOfKey = (buf: Uint8Array, from: number, length: number): number =>
  halfSipHash(SALT, KEY, buf, from, length);

export const hashOfClient = (id: number): number => {
  const bytes = Buffer.from(String(id));
  return halfSipHash(SALT, CLIENT, bytes, 0, bytes.length);
};

/** Bytes of a filter for so many keys. */
export const filterBytes = (keys: number): number => Math.max(BYTES_MIN, Math.ceil((keys * BITS_PER_KEY) / 8));

/** The distance between the probes of a hash; odd, so that they differ. */
const strideOf = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) ^ (mixed >>> 15)) | 1;
};

export const addToFilter = (filter: Uint8Array, from: number, bytes: number, hash: number): void => {
  const stride = strideOf(hash);
  const bits = bytes * 8;
  let probe = hash;
  for (let i = 0; i < PROBES; i++) {
    const bit = (probe >>> 0) % bits;
    filter[from + (bit >>> 3)] |= 1 << (bit & 7);
    probe = (probe + stride) | 0;
  }
};

export const mayHold = (filter: Uint8Array, from: number, bytes: number, hash: number): boolean => {
  const stride = strideOf(hash);
  const bits = bytes * 8;
  let probe = hash;
  for (let i = 0; i < PROBES; i++) {
    const bit = (probe >>> 0) % bits;
    if ((filter[from + (bit >>> 3)] & (1 << (bit & 7))) === 0) return false;
    probe = (probe + stride) | 0;
  }
  return true;
};
