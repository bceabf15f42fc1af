/**
 * The dictionary: a keyed-hash table over arena entries, used for databases and for every big collection.
 *
 * In:  bytes of keys, refs of entries. Out: refs of entries.
 * The dictionary owns its buckets; entries are allocated and freed by whoever links and unlinks them.
 *
 * It is a linear-hashing table. With B buckets and 2^L ≤ B < 2^(L+1), a key lives in bucket `hash mod 2^(L+1)`, or in
 * `hash mod 2^L` when that bucket does not exist yet. Growing by one splits a single bucket, shrinking by one merges
 * two, so no operation ever pays for a rehash and there is never a second table. Buckets lie in segments of 4096,
 * found through a directory that doubles (64 KiB of refs for 64 million buckets).
 *
 * All state is in the arena, so a collection costs no object on the JS heap:
 *
 *   header word  0 entries   1 buckets   2 mask (2^(L+1) - 1)   3 directory ref   4 directory capacity, in segments
 *                5 crowd: no chain is, or ever was, longer than this; with more than one segment, the same of groups
 *   directory    per segment its ref, and the ref of its counts (0 when there is only one segment)
 *   counts       per group of 16 buckets, which share a cache line, how many entries are in it, in a byte
 *
 * The counts are for fair samples (`sampleFairly`), which would have to look at many buckets without them.
 *
 * SCAN walks the buckets in reversed-bit order of their number modulo 2^L: a bucket that splits puts its entries into
 * two buckets that are visited together, before or after, never in between, which keeps SCAN's guarantee.
 *
 * @since 0.1.0
 */
import type { Arena } from './arena.ts';
import { HASH, KEY_OFFSET, META, NEXT, WIDE } from './entry.ts';
import { halfSipHash } from './halfsiphash.ts';

const SEGMENT_SHIFT = 12;
const SEGMENT_BUCKETS = 1 << SEGMENT_SHIFT;
const SEGMENT_MASK = SEGMENT_BUCKETS - 1;
const GROUP_SHIFT = 4;
const GROUP_BUCKETS = 1 << GROUP_SHIFT;
/** Groups, and bytes of their counts, per segment. */
const SEGMENT_GROUPS = SEGMENT_BUCKETS / GROUP_BUCKETS;
const GROUP_SEGMENT_SHIFT = SEGMENT_SHIFT - GROUP_SHIFT;
/** With more in one group its byte is no count; this only happens where hashes collide on purpose. */
const GROUP_COUNT_MAX = 255;
const BUCKETS_MIN = 4;
/** Half full on average: 8 bytes per entry, and a look-up that rarely meets a second entry (a cache miss each). */
const BUCKETS_PER_ENTRY = 2;
/** A table with more buckets than this per entry is sparse and shrinks. */
const SPARSE_BUCKETS = 3;
/** As many merges per removal, or a table that is emptied would keep most of its buckets for SCAN to walk. */
const MERGES_MAX = 8;
const HEADER_BYTES = 32;
/** A fair sample gives up its tries after so many times as many as it should need (a chance of e^-32). */
const TRIES_FACTOR_MAX = 32;
/** So many positions are drawn at once; as many buckets are in a group. */
const DRAWS = GROUP_BUCKETS;
const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;

const COUNT = 0;
const BUCKETS = 1;
const MASK = 2;
const DIRECTORY = 3;
const DIRECTORY_CAPACITY = 4;
const CROWD = 5;

/** Reverses the 32 bits of an int32. */
const reverseBits = (value: number): number => {
  let v = value;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  return (v >>> 16) | (v << 16);
};

/** Whether the key that begins at word `at` equals bytes[offset, offset + length). Keys begin at whole words. */
export const sameBytes = (
  words: Int32Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): boolean => {
  let i = 0;
  let word = at;
  for (; i + 4 <= length; i += 4) {
    const from = offset + i;
    const four = bytes[from] | (bytes[from + 1] << 8) | (bytes[from + 2] << 16) | (bytes[from + 3] << 24);
    if (words[word++] !== four) return false;
  }
  if (i === length) return true;
  let rest = words[word];
  for (; i < length; i++) {
    if ((rest & 255) !== bytes[offset + i]) return false;
    rest >>>= 8;
  }
  return true;
};

export class Dict {
  private readonly arena: Arena;
  private readonly k0: number;
  private readonly k1: number;
  private readonly drawnRefs = new Int32Array(DRAWS);
  private readonly drawnSteps = new Int32Array(DRAWS);
  private seed0 = 1;
  private seed1 = 0;

  /** `k0` and `k1` are the secret hash key; dictionaries that exchange entries share it. */
  constructor(arena: Arena, k0: number, k1: number) {
    this.arena = arena;
    this.k0 = k0 | 0;
    this.k1 = k1 | 0;
  }

  hash(bytes: Uint8Array, offset: number, length: number): number {
    return halfSipHash(this.k0, this.k1, bytes, offset, length);
  }

  /** Makes an empty dictionary and returns the ref of its header. */
  create(): number {
    const header = this.arena.allocate(HEADER_BYTES);
    const directory = this.arena.allocate(8);
    const segment = this.arena.allocate(BUCKETS_MIN * 4);
    this.arena.words[segment >>> 16].fill(0, (segment & 0xffff) << 2, ((segment & 0xffff) << 2) + BUCKETS_MIN);
    this.arena.words[directory >>> 16][(directory & 0xffff) << 2] = segment;
    this.arena.words[directory >>> 16][((directory & 0xffff) << 2) + 1] = 0;
    const words = this.arena.words[header >>> 16];
    const at = (header & 0xffff) << 2;
    words[at + COUNT] = 0;
    words[at + BUCKETS] = BUCKETS_MIN;
    words[at + MASK] = BUCKETS_MIN * 2 - 1;
    words[at + DIRECTORY] = directory;
    words[at + DIRECTORY_CAPACITY] = this.arena.capacity(directory) >>> 3;
    words[at + CROWD] = 1;
    return header;
  }

  /** Frees header, directory and segments. The entries must be gone. */
  destroy(header: number): void {
    const { arena } = this;
    const words = arena.words[header >>> 16];
    const at = (header & 0xffff) << 2;
    const segments = ((words[at + BUCKETS] - 1) >>> SEGMENT_SHIFT) + 1;
    const directory = words[at + DIRECTORY];
    for (let i = 0; i < segments; i++) {
      const at = ((directory & 0xffff) << 2) + i * 2;
      arena.free(arena.words[directory >>> 16][at]);
      if (segments > 1) arena.free(arena.words[directory >>> 16][at + 1]);
    }
    arena.free(directory);
    arena.free(header);
  }

  count(header: number): number {
    return this.arena.words[header >>> 16][((header & 0xffff) << 2) + COUNT];
  }

  bucketCount(header: number): number {
    return this.arena.words[header >>> 16][((header & 0xffff) << 2) + BUCKETS];
  }

  /** Bytes the table itself takes in the arena, its entries not included. */
  memoryBytes(header: number): number {
    const { arena } = this;
    const words = arena.words[header >>> 16];
    const at = (header & 0xffff) << 2;
    const directory = words[at + DIRECTORY];
    const first = arena.words[directory >>> 16][(directory & 0xffff) << 2];
    const others = (words[at + BUCKETS] - 1) >>> SEGMENT_SHIFT;
    const counts = others === 0 ? 0 : (others + 1) * SEGMENT_GROUPS;
    const segments = arena.capacity(first) + others * SEGMENT_BUCKETS * 4;
    return arena.capacity(header) + arena.capacity(directory) + segments + counts;
  }

  /** Ref of the entry with this key, or 0. */
  find(header: number, hash: number, bytes: Uint8Array, offset: number, length: number): number {
    // The way of `slot`, written out: this is the one place where a few nanoseconds count.
    const pages = this.arena.words;
    const headerWords = pages[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    const mask = headerWords[headerAt + MASK];
    let bucket = hash & mask;
    if (bucket >= headerWords[headerAt + BUCKETS]) bucket &= mask >>> 1;
    const directory = headerWords[headerAt + DIRECTORY];
    const segment = pages[directory >>> 16][((directory & 0xffff) << 2) + ((bucket >>> SEGMENT_SHIFT) << 1)];
    let ref = pages[segment >>> 16][((segment & 0xffff) << 2) + (bucket & SEGMENT_MASK)];
    while (ref !== 0) {
      const words = pages[ref >>> 16];
      const at = (ref & 0xffff) << 2;
      if (words[at + HASH] === hash) {
        const meta = words[at + META];
        const keyBytes = (meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255;
        if (keyBytes === length && sameBytes(words, at + (KEY_OFFSET[(meta >>> 8) & 7] >>> 2), bytes, offset, length)) {
          return ref;
        }
      }
      ref = words[at + NEXT];
    }
    return 0;
  }

  /** Links an entry whose HASH word is set and whose key is not in the table. Splits one bucket when it is full. */
  link(header: number, ref: number): void {
    const pages = this.arena.words;
    const words = pages[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const bucket = this.bucketOf(header, words[at + HASH]);
    const slot = this.slot(header, bucket);
    const slotWords = this.slotWords;
    const first = slotWords[slot];
    words[at + NEXT] = first;
    slotWords[slot] = ref;
    const headerWords = pages[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    if (headerWords[headerAt + BUCKETS] > SEGMENT_BUCKETS) this.addToGroup(headerWords, headerAt, bucket, 1);
    else if (first !== 0) this.noteChain(headerWords, headerAt, ref);
    const count = ++headerWords[headerAt + COUNT];
    // Two splits per added entry keep up with the load factor; the second one is rarely missing.
    if (count * BUCKETS_PER_ENTRY > headerWords[headerAt + BUCKETS]) this.split(header);
    if (count * BUCKETS_PER_ENTRY > headerWords[headerAt + BUCKETS]) this.split(header);
  }

  /** Unlinks an entry that is in the table. Merges some buckets when the table has become sparse. */
  unlink(header: number, ref: number): void {
    const pages = this.arena.words;
    const words = pages[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const bucket = this.bucketOf(header, words[at + HASH]);
    this.redirect(header, bucket, ref, words[at + NEXT]);
    const headerWords = pages[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    if (headerWords[headerAt + BUCKETS] > SEGMENT_BUCKETS) this.addToGroup(headerWords, headerAt, bucket, -1);
    const sparse = Math.max(--headerWords[headerAt + COUNT] * SPARSE_BUCKETS, BUCKETS_MIN);
    for (let merges = 0; merges < MERGES_MAX && headerWords[headerAt + BUCKETS] > sparse; merges++) this.merge(header);
  }

  /** Puts the entry `to` (same key, NEXT word copied) in the place of `from`, which was reallocated. */
  replace(header: number, from: number, to: number): void {
    const hash = this.arena.words[to >>> 16][((to & 0xffff) << 2) + HASH];
    this.redirect(header, this.bucketOf(header, hash), from, to);
  }

  /** Ref of the first entry of a bucket, or 0; the others hang on NEXT. */
  firstInBucket(header: number, bucket: number): number {
    const slot = this.slot(header, bucket);
    return this.slotWords[slot];
  }

  /**
   * Visits the bucket(s) under `cursor` (a uint32) and returns the next cursor, 0 at the end. Entries may be unlinked
   * by the visitor only when they are the visited one.
   */
  scan(header: number, cursor: number, visit: (ref: number) => void): number {
    const { words } = this.arena;
    const headerWords = words[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    const buckets = headerWords[headerAt + BUCKETS];
    const low = headerWords[headerAt + MASK] >>> 1;
    const bucket = cursor & low;
    for (let at = bucket; at < buckets; at += low + 1) {
      let ref = this.firstInBucket(header, at);
      while (ref !== 0) {
        const next = words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
        visit(ref);
        ref = next;
      }
    }
    // Increment the reversed cursor: set the bits above the mask so that the carry runs into the masked ones.
    return reverseBits((reverseBits(cursor | ~low) + 1) | 0) >>> 0;
  }

  /** A random entry, or 0 when empty. `random` yields numbers in [0, 1). */
  sample(header: number, random: () => number): number {
    const count = this.count(header);
    if (count === 0) return 0;
    const buckets = this.bucketCount(header);
    const { words } = this.arena;
    for (;;) {
      const first = this.firstInBucket(header, Math.floor(random() * buckets));
      if (first === 0) continue;
      let chain = 0;
      for (let ref = first; ref !== 0; ref = words[ref >>> 16][((ref & 0xffff) << 2) + NEXT]) chain++;
      let steps = Math.floor(random() * chain);
      let ref = first;
      while (steps-- > 0) ref = words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      return ref;
    }
  }

  /**
   * A random entry, each with the same probability, or 0 when empty. `random` yields numbers in [0, 1).
   *
   * A group and a number are drawn, and drawn again where the group has fewer entries; in a table of one segment, a
   * bucket and a position in its chain. All numbers that any group has must be in the draw: that is why the header knows
   * how crowded they can be. Where that is so much that most draws would fail, entries are counted off instead.
   */
  sampleFairly(header: number, random: () => number): number {
    const headerWords = this.arena.words[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    const count = headerWords[headerAt + COUNT];
    if (count === 0) return 0;
    const buckets = headerWords[headerAt + BUCKETS];
    const isGrouped = buckets > SEGMENT_BUCKETS;
    const places = isGrouped ? (buckets + GROUP_BUCKETS - 1) >>> GROUP_SHIFT : buckets;
    const crowd = headerWords[headerAt + CROWD];
    const triesExpected = Math.ceil((places * crowd) / count);
    if (triesExpected <= places && !(isGrouped && crowd > GROUP_COUNT_MAX)) {
      this.seed(random);
      const triesMax = triesExpected * TRIES_FACTOR_MAX;
      if (isGrouped) {
        const ref = this.drawFromGroups(headerWords, headerAt, places, crowd, triesMax);
        if (ref !== 0) return ref;
      } else {
        for (let tries = triesMax; tries > 0; tries -= DRAWS) {
          const ref = this.firstDrawn(this.draw(headerWords, headerAt, buckets, crowd));
          if (ref !== 0) return ref;
        }
      }
    }
    return this.nth(header, Math.floor(random() * count));
  }

  /** Draws a group and a number below `crowd` until the group has so many entries; 0 after too many tries. */
  private drawFromGroups(
    headerWords: Int32Array,
    headerAt: number,
    groups: number,
    crowd: number,
    triesMax: number,
  ): number {
    const { arena } = this;
    const directory = headerWords[headerAt + DIRECTORY];
    const directoryWords = arena.words[directory >>> 16];
    const directoryAt = (directory & 0xffff) << 2;
    for (let tries = triesMax; tries > 0; tries--) {
      // One number of 53 random bits: its whole part is the group, its fraction the number.
      const upper = this.nextBits() >>> 0;
      const place = (upper / TWO_32 + (this.nextBits() >>> 11) / TWO_53) * groups;
      const group = Math.floor(place);
      const number = Math.floor((place - group) * crowd);
      const counts = directoryWords[directoryAt + ((group >>> GROUP_SEGMENT_SHIFT) << 1) + 1];
      const count = arena.bytes[counts >>> 16][((counts & 0xffff) << 4) + (group & (SEGMENT_GROUPS - 1))];
      if (number < count) {
        const segment = directoryWords[directoryAt + ((group >>> GROUP_SEGMENT_SHIFT) << 1)];
        const first = group << GROUP_SHIFT;
        const buckets = Math.min(GROUP_BUCKETS, headerWords[headerAt + BUCKETS] - first);
        return this.nthOfGroup(segment, first & SEGMENT_MASK, buckets, number);
      }
    }
    return 0;
  }

  /** The entry of a number in the group that begins at a bucket: first entries of chains, then second ones, and so on. */
  private nthOfGroup(segment: number, firstBucket: number, buckets: number, number: number): number {
    const pages = this.arena.words;
    const words = pages[segment >>> 16];
    const from = ((segment & 0xffff) << 2) + firstBucket;
    const { drawnRefs } = this;
    // Empty buckets and ends of chains are skipped without a branch that would be guessed wrong every other time.
    let kept = 0;
    for (let i = 0; i < buckets; i++) {
      const ref = words[from + i];
      drawnRefs[kept] = ref;
      kept += (ref | -ref) >>> 31;
    }
    let left = number;
    while (left >= kept && kept > 0) {
      left -= kept;
      let longer = 0;
      for (let i = 0; i < kept; i++) {
        const ref = drawnRefs[i];
        const next = pages[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
        drawnRefs[longer] = next;
        longer += (next | -next) >>> 31;
      }
      kept = longer;
    }
    if (kept === 0) throw new Error('dict: a group has fewer entries than it counts');
    return drawnRefs[left];
  }

  /**
   * Draws buckets and positions, up to the first that surely holds an entry or as many as are drawn at once, and keeps
   * those whose bucket is not empty. Returns how many these are.
   *
   * Slots are read one behind the other with nothing in between that depends on them, so that their cache misses overlap.
   */
  private draw(headerWords: Int32Array, headerAt: number, buckets: number, longest: number): number {
    const pages = this.arena.words;
    const directory = headerWords[headerAt + DIRECTORY];
    const directoryWords = pages[directory >>> 16];
    const directoryAt = (directory & 0xffff) << 2;
    const { drawnRefs, drawnSteps } = this;
    let kept = 0;
    for (let draws = 0; draws < DRAWS; draws++) {
      // One number of 53 random bits: its whole part is the bucket, its fraction the position.
      const upper = this.nextBits() >>> 0;
      const place = (upper / TWO_32 + (this.nextBits() >>> 11) / TWO_53) * buckets;
      const bucket = Math.floor(place);
      const steps = Math.floor((place - bucket) * longest);
      const segment = directoryWords[directoryAt + ((bucket >>> SEGMENT_SHIFT) << 1)];
      const ref = pages[segment >>> 16][((segment & 0xffff) << 2) + (bucket & SEGMENT_MASK)];
      drawnRefs[kept] = ref;
      drawnSteps[kept] = steps;
      // 1 unless the bucket is empty, without a branch that would be guessed wrong every other time.
      kept += (ref | -ref) >>> 31;
      if (steps === 0 && ref !== 0) break;
    }
    return kept;
  }

  /** The entry at the first of the drawn positions that there is, or 0. */
  private firstDrawn(drawn: number): number {
    const pages = this.arena.words;
    const { drawnRefs, drawnSteps } = this;
    const isSure = drawn > 0 && drawnSteps[drawn - 1] === 0;
    const unsure = isSure ? drawn - 1 : drawn;
    // The first step of all of them at once, again for their cache misses; few chains go on.
    let kept = 0;
    for (let i = 0; i < unsure; i++) {
      const ref = drawnRefs[i];
      const next = pages[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      drawnRefs[kept] = next;
      drawnSteps[kept] = drawnSteps[i] - 1;
      kept += (next | -next) >>> 31;
    }
    for (let i = 0; i < kept; i++) {
      let ref = drawnRefs[i];
      for (let steps = drawnSteps[i]; steps > 0 && ref !== 0; steps--) {
        ref = pages[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      }
      if (ref !== 0) return ref;
    }
    return isSure ? drawnRefs[drawn - 1] : 0;
  }

  /** The entry with so many others before it, in the order of the buckets. */
  private nth(header: number, index: number): number {
    const { words } = this.arena;
    let steps = index;
    for (let bucket = 0; ; bucket++) {
      for (let ref = this.firstInBucket(header, bucket); ref !== 0; steps--) {
        if (steps === 0) return ref;
        ref = words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      }
    }
  }

  /** Begins a run of random bits: the many draws of one sample must not cost a call of `random` each. */
  private seed(random: () => number): void {
    this.seed0 = (random() * TWO_32) | 0 || 1;
    this.seed1 = (random() * TWO_32) | 0;
  }

  /** The next 32 bits of the run (xoroshiro64*). */
  private nextBits(): number {
    const { seed0 } = this;
    const mixed = this.seed1 ^ seed0;
    this.seed0 = ((seed0 << 26) | (seed0 >>> 6)) ^ mixed ^ (mixed << 9);
    this.seed1 = (mixed << 13) | (mixed >>> 19);
    return Math.imul(seed0, 0x9e3779bb);
  }

  /** Empties one bucket of a table that nobody reads any more; entries go to `release`. For sliced freeing. */
  takeBucket(header: number, bucket: number, release: (ref: number) => void): number {
    const slot = this.slot(header, bucket);
    let ref = this.slotWords[slot];
    this.slotWords[slot] = 0;
    let taken = 0;
    while (ref !== 0) {
      const next = this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      release(ref);
      ref = next;
      taken++;
    }
    this.arena.words[header >>> 16][((header & 0xffff) << 2) + COUNT] -= taken;
    return taken;
  }

  /** Words of the page that holds the slot found last; a second return value without an allocation. */
  private slotWords: Int32Array = new Int32Array(0);

  private bucketOf(header: number, hash: number): number {
    const words = this.arena.words[header >>> 16];
    const at = (header & 0xffff) << 2;
    const mask = words[at + MASK];
    const bucket = hash & mask;
    return bucket < words[at + BUCKETS] ? bucket : bucket & (mask >>> 1);
  }

  private slot(header: number, bucket: number): number {
    const pages = this.arena.words;
    const directory = pages[header >>> 16][((header & 0xffff) << 2) + DIRECTORY];
    const segment = pages[directory >>> 16][((directory & 0xffff) << 2) + ((bucket >>> SEGMENT_SHIFT) << 1)];
    this.slotWords = pages[segment >>> 16];
    return ((segment & 0xffff) << 2) + (bucket & SEGMENT_MASK);
  }

  /** Sees how long the chain is that begins at `first`, for the header. */
  private noteChain(headerWords: Int32Array, headerAt: number, first: number): void {
    const pages = this.arena.words;
    let length = 0;
    for (let ref = first; ref !== 0; ref = pages[ref >>> 16][((ref & 0xffff) << 2) + NEXT]) length++;
    if (length > headerWords[headerAt + CROWD]) headerWords[headerAt + CROWD] = length;
  }

  /** Notes that a group of a table with more than one segment has so many entries more, or fewer. */
  private addToGroup(headerWords: Int32Array, headerAt: number, bucket: number, change: number): void {
    const { arena } = this;
    const directory = headerWords[headerAt + DIRECTORY];
    const counts = arena.words[directory >>> 16][((directory & 0xffff) << 2) + ((bucket >>> SEGMENT_SHIFT) << 1) + 1];
    const bytes = arena.bytes[counts >>> 16];
    const at = ((counts & 0xffff) << 4) + ((bucket & SEGMENT_MASK) >>> GROUP_SHIFT);
    const count = bytes[at] + change;
    bytes[at] = count;
    if (count > headerWords[headerAt + CROWD]) headerWords[headerAt + CROWD] = count;
  }

  /** Gives a segment, linked in the directory, counts that are all 0. */
  private addCounts(headerWords: Int32Array, headerAt: number, index: number): void {
    const { arena } = this;
    const counts = arena.allocate(SEGMENT_GROUPS);
    const at = (counts & 0xffff) << 4;
    arena.bytes[counts >>> 16].fill(0, at, at + SEGMENT_GROUPS);
    const directory = headerWords[headerAt + DIRECTORY];
    arena.words[directory >>> 16][((directory & 0xffff) << 2) + index * 2 + 1] = counts;
  }

  /** Counts the entries of the first segment, which gets a second one beside it. */
  private beginGroups(header: number, headerWords: Int32Array, headerAt: number): void {
    const { words } = this.arena;
    this.addCounts(headerWords, headerAt, 0);
    headerWords[headerAt + CROWD] = 1;
    for (let bucket = 0; bucket < SEGMENT_BUCKETS; bucket++) {
      let length = 0;
      let ref = this.firstInBucket(header, bucket);
      for (; ref !== 0; ref = words[ref >>> 16][((ref & 0xffff) << 2) + NEXT]) length++;
      if (length > 0) this.addToGroup(headerWords, headerAt, bucket, length);
    }
  }

  /** The first segment is the only one again: chains are what is drawn from. */
  private endGroups(header: number, headerWords: Int32Array, headerAt: number): void {
    const { arena } = this;
    const directory = headerWords[headerAt + DIRECTORY];
    arena.free(arena.words[directory >>> 16][((directory & 0xffff) << 2) + 1]);
    headerWords[headerAt + CROWD] = 1;
    for (let bucket = 0; bucket < SEGMENT_BUCKETS; bucket++) {
      const first = this.firstInBucket(header, bucket);
      if (first !== 0) this.noteChain(headerWords, headerAt, first);
    }
  }

  private redirect(header: number, bucket: number, from: number, to: number): void {
    const pages = this.arena.words;
    let at = this.slot(header, bucket);
    let words = this.slotWords;
    while (words[at] !== from) {
      const ref = words[at];
      if (ref === 0) throw new Error('dict: the entry is not linked');
      words = pages[ref >>> 16];
      at = ((ref & 0xffff) << 2) + NEXT;
    }
    words[at] = to;
  }

  private split(header: number): void {
    const pages = this.arena.words;
    const headerAt = (header & 0xffff) << 2;
    const added = pages[header >>> 16][headerAt + BUCKETS];
    const mask = pages[header >>> 16][headerAt + MASK];
    const bit = (mask >>> 1) + 1;
    this.addBucket(header, added);

    const oldSlot = this.slot(header, added - bit);
    let keepAt = oldSlot;
    let keepWords = this.slotWords;
    let moveAt = this.slot(header, added);
    let moveWords = this.slotWords;
    let ref = keepWords[oldSlot];
    let moved = 0;
    while (ref !== 0) {
      const words = pages[ref >>> 16];
      const at = (ref & 0xffff) << 2;
      if ((words[at + HASH] & bit) !== 0) {
        moved++;
        moveWords[moveAt] = ref;
        moveWords = words;
        moveAt = at + NEXT;
      } else {
        keepWords[keepAt] = ref;
        keepWords = words;
        keepAt = at + NEXT;
      }
      ref = words[at + NEXT];
    }
    keepWords[keepAt] = 0;
    moveWords[moveAt] = 0;

    const headerWords = pages[header >>> 16];
    headerWords[headerAt + BUCKETS] = added + 1;
    if (moved > 0 && added >= SEGMENT_BUCKETS) {
      this.addToGroup(headerWords, headerAt, added - bit, -moved);
      this.addToGroup(headerWords, headerAt, added, moved);
    }
    if (added === mask) headerWords[headerAt + MASK] = mask * 2 + 1;
  }

  /** Makes room for bucket number `bucket`, the one after the last. */
  private addBucket(header: number, bucket: number): void {
    if (bucket >= SEGMENT_BUCKETS) {
      if ((bucket & SEGMENT_MASK) === 0) this.addSegment(header, bucket >>> SEGMENT_SHIFT);
      return;
    }
    const { arena } = this;
    const directory = arena.words[header >>> 16][((header & 0xffff) << 2) + DIRECTORY];
    const slot = (directory & 0xffff) << 2;
    const segment = arena.words[directory >>> 16][slot];
    if (bucket * 4 < arena.capacity(segment)) return;
    const wider = this.copied(segment, bucket, bucket * 2);
    arena.words[directory >>> 16][slot] = wider;
    arena.free(segment);
  }

  private addSegment(header: number, index: number): void {
    const { arena } = this;
    const headerWords = arena.words[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    const capacity = headerWords[headerAt + DIRECTORY_CAPACITY];
    if (index >= capacity) {
      const directory = headerWords[headerAt + DIRECTORY];
      const wider = this.copied(directory, capacity * 2, capacity * 4);
      headerWords[headerAt + DIRECTORY] = wider;
      headerWords[headerAt + DIRECTORY_CAPACITY] = arena.capacity(wider) >>> 3;
      arena.free(directory);
    }
    const segment = arena.allocate(SEGMENT_BUCKETS * 4);
    const directory = headerWords[headerAt + DIRECTORY];
    arena.words[directory >>> 16][((directory & 0xffff) << 2) + index * 2] = segment;
    if (index === 1) this.beginGroups(header, headerWords, headerAt);
    this.addCounts(headerWords, headerAt, index);
  }

  /** A new block of `room` words that begins with the first `length` words of another. */
  private copied(ref: number, length: number, room: number): number {
    const { arena } = this;
    const wider = arena.allocate(room * 4);
    const from = (ref & 0xffff) << 2;
    arena.words[wider >>> 16].set(arena.words[ref >>> 16].subarray(from, from + length), (wider & 0xffff) << 2);
    return wider;
  }

  /** Puts the chain of the last bucket in front of the one it was split from, and drops the bucket. */
  private merge(header: number): void {
    const { arena } = this;
    const headerWords = arena.words[header >>> 16];
    const headerAt = (header & 0xffff) << 2;
    const last = headerWords[headerAt + BUCKETS] - 1;
    let low = headerWords[headerAt + MASK] >>> 1;
    if (last <= low) low >>>= 1;
    const first = this.firstInBucket(header, last);
    const isGrouped = last >= SEGMENT_BUCKETS;

    if (first !== 0) {
      let tail = first;
      let length = 1;
      let next = arena.words[tail >>> 16][((tail & 0xffff) << 2) + NEXT];
      for (; next !== 0; next = arena.words[tail >>> 16][((tail & 0xffff) << 2) + NEXT]) {
        tail = next;
        length++;
      }
      const target = last - (low + 1);
      const slot = this.slot(header, target);
      const slotWords = this.slotWords;
      arena.words[tail >>> 16][((tail & 0xffff) << 2) + NEXT] = slotWords[slot];
      slotWords[slot] = first;
      if (isGrouped) {
        this.addToGroup(headerWords, headerAt, last, -length);
        this.addToGroup(headerWords, headerAt, target, length);
      } else this.noteChain(headerWords, headerAt, first);
    }
    headerWords[headerAt + BUCKETS] = last;
    headerWords[headerAt + MASK] = low * 2 + 1;
    if (isGrouped && (last & SEGMENT_MASK) === 0)
      this.dropSegment(header, headerWords, headerAt, last >>> SEGMENT_SHIFT);
  }

  /** Frees a segment that holds no bucket any more. */
  private dropSegment(header: number, headerWords: Int32Array, headerAt: number, index: number): void {
    const { arena } = this;
    const directory = headerWords[headerAt + DIRECTORY];
    const words = arena.words[directory >>> 16];
    const at = ((directory & 0xffff) << 2) + index * 2;
    arena.free(words[at]);
    arena.free(words[at + 1]);
    if (index === 1) this.endGroups(header, headerWords, headerAt);
  }
}
