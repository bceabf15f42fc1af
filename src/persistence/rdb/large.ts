/**
 * Large values as RDB objects: what stands before their elements, and each element.
 *
 * In:     roots, elements and chunks. Out: RDB output.
 * Memory: one buffer in which a chunk of a list becomes a listpack.
 *
 * A snapshot uses the parts, DUMP and SAVE the whole.
 *
 * @since 0.2.0
 */
import { CHUNK_COUNT, CHUNK_END, CHUNK_START, ROOT_CHUNKS } from '../../keyspace/chunks.ts';
import { type Encoding, Encoding as Encodings, NEXT, Type } from '../../keyspace/entry.ts';
import type { Keyspace } from '../../keyspace/keyspace.ts';
import { LISTPACK_END, LISTPACK_HEADER_BYTES, writeListpackHeader } from '../../keyspace/listpack.ts';
import { TYPE_HASH, TYPE_LIST_QUICKLIST_2, TYPE_SET, TYPE_ZSET_2 } from './format.ts';
import type { RdbOutput } from './output.ts';
import { NODE_PACKED } from './packed.ts';

const SCRATCH_BYTES = 16 * 1024;

let scratch = new Uint8Array(SCRATCH_BYTES);
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

const word = (keyspace: Keyspace, ref: number, index: number): number =>
  keyspace.arena.words[ref >>> 16][((ref & 0xffff) << 2) + index];

export const largeRdbType = (type: Type): number => {
  switch (type) {
    case Type.List:
      return TYPE_LIST_QUICKLIST_2;
    case Type.Set:
      return TYPE_SET;
    case Type.SortedSet:
      return TYPE_ZSET_2;
    case Type.Hash:
      return TYPE_HASH;
    default:
      throw new Error(`rdb: no large values of type ${type}`);
  }
};

/** The dictionary of a large hash, set or sorted set. */
export const dictOf = (keyspace: Keyspace, encoding: Encoding, root: number): number =>
  encoding === Encodings.SkipList ? word(keyspace, root, 0) : root;

/** How many records follow: elements, or nodes of a list. */
export const writeLargeHead = (output: RdbOutput, keyspace: Keyspace, encoding: Encoding, root: number): void =>
  output.length(
    encoding === Encodings.QuickList
      ? word(keyspace, root, ROOT_CHUNKS)
      : keyspace.dict.count(dictOf(keyspace, encoding, root)),
  );

/** One element of a hash, a set or a sorted set. */
export const writeElement = (output: RdbOutput, keyspace: Keyspace, type: Type, ref: number): void => {
  const { lens } = keyspace;
  lens.loadKey(ref);
  output.string(lens.keyBytes, lens.keyAt, lens.keyLength);
  if (type === Type.Hash) {
    lens.loadValue(ref);
    output.string(lens.valueBytes, lens.valueAt, lens.valueLength);
  } else if (type === Type.SortedSet) {
    double[0] = keyspace.elements.score(ref);
    output.bytes(doubleBytes, 0, doubleBytes.length);
  }
};

/** A chunk of a list in the form of a listpack, in a buffer that is good until the next call. */
export const chunkAsListpack = (keyspace: Keyspace, chunk: number): Uint8Array => {
  const start = word(keyspace, chunk, CHUNK_START);
  const length = word(keyspace, chunk, CHUNK_END) - start;
  const total = LISTPACK_HEADER_BYTES + length + 1;
  if (scratch.length < total || (scratch.length > SCRATCH_BYTES && total <= SCRATCH_BYTES)) {
    scratch = new Uint8Array(Math.max(total, SCRATCH_BYTES));
  }
  writeListpackHeader(scratch, 0, total, word(keyspace, chunk, CHUNK_COUNT));
  const from = ((chunk & 0xffff) << 4) + start;
  scratch.set(keyspace.arena.bytes[chunk >>> 16].subarray(from, from + length), LISTPACK_HEADER_BYTES);
  scratch[total - 1] = LISTPACK_END;
  return scratch.subarray(0, total);
};

/** A node of a list. */
export const writeNode = (output: RdbOutput, listpack: Uint8Array): void => {
  output.length(NODE_PACKED);
  output.string(listpack, 0, listpack.length);
};

/** All of a large value. */
export const writeLarge = (
  output: RdbOutput,
  keyspace: Keyspace,
  type: Type,
  encoding: Encoding,
  root: number,
): void => {
  writeLargeHead(output, keyspace, encoding, root);
  if (encoding === Encodings.QuickList) {
    for (let chunk = word(keyspace, root, 0); chunk !== 0; chunk = word(keyspace, chunk, 0)) {
      writeNode(output, chunkAsListpack(keyspace, chunk));
    }
    return;
  }
  const { dict } = keyspace;
  const header = dictOf(keyspace, encoding, root);
  const buckets = dict.bucketCount(header);
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (let ref = dict.firstInBucket(header, bucket); ref !== 0; ref = word(keyspace, ref, NEXT)) {
      writeElement(output, keyspace, type, ref);
    }
  }
};
