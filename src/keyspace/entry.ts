/**
 * The entry: one key with its value, as it lies in the arena. Drawn once, here.
 *
 *   word  0        next      ref of the next entry in the same bucket, 0 = last
 *         1        hash      HalfSipHash-1-3 of the key
 *         2        access    bits 0-23 LRU clock or LFU counter, bits 24-31 snapshot epoch
 *         3        meta      bits 0-3 type, 4-7 encoding, 8 EXPIRES, 9 WIDE, 10 EXTERNAL,
 *                            bits 16-23 key bytes, bits 24-31 value bytes (both only when not WIDE)
 *         [4, 5]   WIDE      key bytes, value bytes
 *         [+1]     EXPIRES   position in the database's expiry index
 *         [+1]     EXTERNAL  ref of the block that holds the value
 *         then the key, and the value behind it unless it is EXTERNAL (which implies WIDE)
 *
 * A 16-byte key with a 32-byte string therefore takes one 64-byte block and 4 bytes of bucket. Elements of big
 * collections are the same entries with no expiry.
 *
 * @since 0.1.0
 */

export const NEXT = 0;
export const HASH = 1;
export const ACCESS = 2;
export const META = 3;

export const EXPIRES = 1 << 8;
export const WIDE = 1 << 9;
export const EXTERNAL = 1 << 10;

/** Largest key or value length that fits the narrow form. */
export const NARROW_BYTES_MAX = 255;

/** Byte offset of the key within the entry, by the three layout bits `(meta >>> 8) & 7`. */
export const KEY_OFFSET = Int32Array.of(16, 20, 24, 28, 20, 24, 28, 32);

/** Word offset of the EXPIRES word: behind the lengths of a WIDE entry. */
export const expiresWord = (meta: number): number => ((meta & WIDE) !== 0 ? 6 : 4);
/** Word offset of the EXTERNAL word, the last one before the key. */
export const externalWord = (meta: number): number => (KEY_OFFSET[(meta >>> 8) & 7] >>> 2) - 1;

/** Types, numbered as Redis numbers them. */
export enum Type {
  String = 0,
  List = 1,
  Set = 2,
  SortedSet = 3,
  Hash = 4,
  Module = 5,
  Stream = 6,
}

/** Encodings, numbered as Redis numbers them. */
export enum Encoding {
  Raw = 0,
  Int = 1,
  HashTable = 2,
  IntSet = 6,
  SkipList = 7,
  EmbStr = 8,
  QuickList = 9,
  Stream = 10,
  ListPack = 11,
}

/** TYPE's answer for each type. */
export const TYPE_NAMES: readonly string[] = ['string', 'list', 'set', 'zset', 'hash', 'module', 'stream'];

/** OBJECT ENCODING's answer for each encoding. */
export const encodingName = (encoding: Encoding): string => {
  switch (encoding) {
    case Encoding.Raw:
      return 'raw';
    case Encoding.Int:
      return 'int';
    case Encoding.HashTable:
      return 'hashtable';
    case Encoding.IntSet:
      return 'intset';
    case Encoding.SkipList:
      return 'skiplist';
    case Encoding.EmbStr:
      return 'embstr';
    case Encoding.QuickList:
      return 'quicklist';
    case Encoding.Stream:
      return 'stream';
    case Encoding.ListPack:
      return 'listpack';
  }
};

export const typeOf = (meta: number): Type => meta & 15;
export const encodingOf = (meta: number): Encoding => (meta >>> 4) & 15;
