/**
 * Large values: what all of them can do, whatever their type, by encoding. A value is named by its root.
 *
 *   hashtable   the root is the header of a dictionary of elements
 *   skiplist    word 0 of the root is the header of a dictionary of scored elements, the rest belongs to the score tree
 *   quicklist   words 0 to 3 of the root: first chunk, last chunk, chunks, elements; chunks are linked by their words 0, 1
 *
 * In:  roots. Out: counts, copies, memory. Freeing is done in slices: a value of a million elements holds nobody up.
 *
 * @since 0.2.0
 */
import { CHUNK_EPOCH, CHUNK_NEXT, CHUNK_PREVIOUS } from './chunks.ts';
import { Encoding, NEXT } from './entry.ts';
import type { Keyspace } from './keyspace.ts';
import { copyTree, reclaimTree, treeMemoryBytes } from './score-tree.ts';

const ROOT_BYTES = 32;

/** Whether the value of an entry with this encoding lies behind a root. */
export const isLarge = (encoding: Encoding): boolean =>
  encoding === Encoding.HashTable || encoding === Encoding.SkipList || encoding === Encoding.QuickList;

const word = (keyspace: Keyspace, ref: number, index: number): number =>
  keyspace.arena.words[ref >>> 16][((ref & 0xffff) << 2) + index];

const dictOf = (keyspace: Keyspace, encoding: Encoding, root: number): number =>
  encoding === Encoding.HashTable ? root : word(keyspace, root, 0);

/** How many elements a large value has. */
export const largeCount = (keyspace: Keyspace, encoding: Encoding, root: number): number =>
  encoding === Encoding.QuickList ? word(keyspace, root, 3) : keyspace.dict.count(dictOf(keyspace, encoding, root));

/** A value that nobody can reach any more, on its way back to the arena. */
export class LargeGarbage {
  readonly encoding: Encoding;
  readonly root: number;
  private bucket = 0;
  private readonly keyspace: Keyspace;

  constructor(keyspace: Keyspace, encoding: Encoding, root: number) {
    this.keyspace = keyspace;
    this.encoding = encoding;
    this.root = root;
  }

  /** Frees about `limit` elements. Returns how many are left of the limit; above 0 all is gone, the root included. */
  reclaim(limit: number): number {
    return this.encoding === Encoding.QuickList ? this.reclaimChunks(limit) : this.reclaimElements(limit);
  }

  private reclaimChunks(limit: number): number {
    const { arena } = this.keyspace;
    let left = limit;
    let chunk = word(this.keyspace, this.root, 0);
    while (chunk !== 0 && left > 0) {
      const next = word(this.keyspace, chunk, CHUNK_NEXT);
      arena.free(chunk);
      chunk = next;
      left--;
    }
    arena.words[this.root >>> 16][(this.root & 0xffff) << 2] = chunk;
    if (chunk !== 0) return 0;
    arena.free(this.root);
    return Math.max(left, 1);
  }

  private reclaimElements(limit: number): number {
    const { keyspace, encoding, root } = this;
    const { dict, elements, arena } = keyspace;
    const isTree = encoding === Encoding.SkipList;
    let left = limit;
    // Nodes first: they refer to elements.
    if (isTree && !reclaimTree(arena, root, limit)) return 0;
    const header = dictOf(keyspace, encoding, root);
    const buckets = dict.bucketCount(header);
    for (; this.bucket < buckets && left > 0; this.bucket++) {
      left -= 1 + dict.takeBucket(header, this.bucket, elements.free);
    }
    if (this.bucket < buckets) return 0;
    dict.destroy(header);
    if (isTree) arena.free(root);
    return Math.max(left, 1);
  }
}

/** A copy of a large value; returns its root. */
export const copyLarge = (keyspace: Keyspace, encoding: Encoding, root: number): number => {
  if (encoding === Encoding.QuickList) return copyChunks(keyspace, root);
  const { dict, elements, arena } = keyspace;
  const from = dictOf(keyspace, encoding, root);
  const to = dict.create();
  if (encoding === Encoding.SkipList) {
    const copy = arena.allocate(ROOT_BYTES);
    arena.words[copy >>> 16][(copy & 0xffff) << 2] = to;
    copyTree(keyspace, root, copy, (ref) => elements.copy(to, ref));
    return copy;
  }
  const buckets = dict.bucketCount(from);
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (let ref = dict.firstInBucket(from, bucket); ref !== 0; ref = word(keyspace, ref, NEXT)) elements.copy(to, ref);
  }
  return to;
};

const copyChunks = (keyspace: Keyspace, root: number): number => {
  const { arena } = keyspace;
  const copy = arena.allocate(ROOT_BYTES);
  let previous = 0;
  let first = 0;
  for (let chunk = word(keyspace, root, 0); chunk !== 0; chunk = word(keyspace, chunk, CHUNK_NEXT)) {
    const bytes = arena.capacity(chunk);
    const twin = arena.allocate(bytes);
    const from = (chunk & 0xffff) << 4;
    arena.bytes[twin >>> 16].set(arena.bytes[chunk >>> 16].subarray(from, from + bytes), (twin & 0xffff) << 4);
    const words = arena.words[twin >>> 16];
    const at = (twin & 0xffff) << 2;
    words[at + CHUNK_NEXT] = 0;
    words[at + CHUNK_PREVIOUS] = previous;
    words[at + CHUNK_EPOCH] = keyspace.epoch;
    if (previous === 0) first = twin;
    else arena.words[previous >>> 16][((previous & 0xffff) << 2) + CHUNK_NEXT] = twin;
    previous = twin;
  }
  const words = arena.words[copy >>> 16];
  const at = (copy & 0xffff) << 2;
  words[at] = first;
  words[at + 1] = previous;
  words[at + 2] = word(keyspace, root, 2);
  words[at + 3] = word(keyspace, root, 3);
  return copy;
};

/** Bytes a large value takes in the arena: all of it, or what `samples` of its elements let expect; 0 samples is all. */
export const largeMemoryBytes = (keyspace: Keyspace, encoding: Encoding, root: number, samples: number): number => {
  const { arena, dict, elements } = keyspace;
  if (encoding === Encoding.QuickList) {
    let bytes = arena.capacity(root);
    let looked = 0;
    let chunks = 0;
    for (let chunk = word(keyspace, root, 0); chunk !== 0; chunk = word(keyspace, chunk, CHUNK_NEXT)) {
      if (samples !== 0 && looked === samples) break;
      chunks += arena.capacity(chunk);
      looked++;
    }
    if (looked > 0) bytes += Math.round((chunks / looked) * word(keyspace, root, 2));
    return bytes;
  }
  const header = dictOf(keyspace, encoding, root);
  const count = dict.count(header);
  const buckets = dict.bucketCount(header);
  let bytes = dict.memoryBytes(header);
  if (encoding === Encoding.SkipList) bytes += arena.capacity(root) + treeMemoryBytes(arena, root);
  let looked = 0;
  let sampled = 0;
  for (let bucket = 0; bucket < buckets && (samples === 0 || looked < samples); bucket++) {
    for (let ref = dict.firstInBucket(header, bucket); ref !== 0; ref = word(keyspace, ref, NEXT)) {
      sampled += elements.memoryBytes(ref);
      looked++;
    }
  }
  return looked === 0 ? bytes : bytes + Math.round((sampled / looked) * count);
};
