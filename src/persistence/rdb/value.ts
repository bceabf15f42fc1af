/**
 * Values as RDB objects: how each type is written, and which reader reads each value type of a file.
 *
 * In:     an entry of the keyspace, or RDB input that stands behind the key.
 * Out:    RDB output, or a builder that becomes a new entry.
 * Memory: none kept; see `RdbInput` and `RdbOutput`.
 *
 * Packed values are in the arena as they are in a file and are written as they lie there; but for sets as listpacks, which
 * version 10 does not know. Large values are written element by element, in any order but that of lists.
 *
 * @since 0.1.0
 */
import type { Database } from '../../keyspace/database.ts';
import { Encoding, Type } from '../../keyspace/entry.ts';
import { isLarge } from '../../keyspace/large.ts';
import {
  TYPE_HASH_LISTPACK,
  TYPE_LIST_QUICKLIST_2,
  TYPE_SET,
  TYPE_SET_INTSET,
  TYPE_STRING,
  TYPE_ZSET_LISTPACK,
  valueTypeName,
} from './format.ts';
import type { RdbInput } from './input.ts';
import { largeRdbType, writeLarge } from './large.ts';
import type { RdbOutput } from './output.ts';
import { writeListpackAsNode, writeListpackElements } from './packed.ts';
import { hashReaders } from './values/hash.ts';
import { listReaders } from './values/list.ts';
import { setReaders } from './values/set.ts';
import { sortedSetReaders } from './values/sorted-set.ts';
import { stringReader } from './values/string.ts';

export interface ValueReader {
  /** Reads what comes before the elements. Throws what `RdbInput` throws, and has taken nothing then. */
  begin(input: RdbInput, db: Database, rdbType: number): ValueBuilder;
}

/** A value that is being read. It holds memory until `finish` or `discard`. */
export interface ValueBuilder {
  /** How many elements are still to be read. */
  readonly left: number;
  /** Whether the value, when all is read, has no elements: such keys are left out of a file, and refused by RESTORE. */
  readonly isEmpty: boolean;
  /** Reads the next element. Throws what `RdbInput` throws, and nothing of the element was taken then. */
  step(input: RdbInput): void;
  /** Adds a missing key with the value, which is not empty, and returns the entry. */
  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number;
  /** Frees what was read. */
  discard(): void;
}

/** The value type that stands before the key of an entry. */
export const rdbTypeOf = (db: Database, ref: number): number => {
  const type = db.type(ref);
  if (type === Type.String) return TYPE_STRING;
  const encoding = db.encoding(ref);
  if (isLarge(encoding)) return largeRdbType(type);
  switch (type) {
    case Type.List:
      return TYPE_LIST_QUICKLIST_2;
    case Type.Set:
      return encoding === Encoding.IntSet ? TYPE_SET_INTSET : TYPE_SET;
    case Type.SortedSet:
      return TYPE_ZSET_LISTPACK;
    case Type.Hash:
      return TYPE_HASH_LISTPACK;
    default:
      throw new Error(`rdb: no writer for values of type ${type}`);
  }
};

/** Writes a whole value: what stands behind the key. */
export const writeValue = (output: RdbOutput, db: Database, ref: number): void => {
  const type = db.type(ref);
  const encoding = db.encoding(ref);
  if (isLarge(encoding)) {
    writeLarge(output, db.keyspace, type, encoding, db.root(ref));
    return;
  }
  db.loadValue(ref);
  if (type === Type.List) writeListpackAsNode(output, db.valueBytes, db.valueAt, db.valueLength);
  else if (type === Type.Set && encoding === Encoding.ListPack) {
    writeListpackElements(output, db.valueBytes, db.valueAt);
  } else output.string(db.valueBytes, db.valueAt, db.valueLength);
};

/**
 * Writes the bytes of a long string from the position `from` on, which is 0 at first, at most `pieceBytes` of them, so
 * that it does not hold the event loop. Returns the position to go on from, or 0 when that was all of it; the value must
 * not change in between. In pieces a string is not compressed, for that takes all of it at once.
 */
export const writeStringPiece = (
  output: RdbOutput,
  db: Database,
  ref: number,
  from: number,
  pieceBytes: number,
): number => {
  db.loadValue(ref);
  const { valueBytes, valueAt, valueLength } = db;
  if (from === 0) output.length(valueLength);
  const to = Math.min(valueLength, from + pieceBytes);
  output.bytes(valueBytes, valueAt + from, to - from);
  return to === valueLength ? 0 : to;
};

/** By value type of the file. */
const READERS: ReadonlyMap<number, ValueReader> = new Map([
  [TYPE_STRING, stringReader],
  ...listReaders,
  ...setReaders,
  ...hashReaders,
  ...sortedSetReaders,
]);

/** The reader for a value type of a file, or undefined. */
export const readerOf = (rdbType: number): ValueReader | undefined => READERS.get(rdbType);

/** Why a value type cannot be read. */
export const unreadable = (rdbType: number): string => {
  const name = valueTypeName(rdbType);
  return name === undefined
    ? `unknown record type ${rdbType}: the file is damaged, or of a later version`
    : `unsupported value type '${name}': this version does not hold it`;
};
