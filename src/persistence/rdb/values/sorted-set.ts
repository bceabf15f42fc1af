/**
 * Sorted sets from RDB input: member by member, as a listpack, or as the ziplist of old files.
 *
 * In:     RDB input behind the key; nothing in it is trusted. Out: a new entry.
 * Memory: what was read lies in the arena, or in the input's own buffers, until `finish` or `discard`.
 *
 * A member that comes twice, a score that is not a number, and in a packed value half a pair or a wrong order are damage.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../../../bytes.ts';
import type { Database } from '../../../keyspace/database.ts';
import { Encoding, Type } from '../../../keyspace/entry.ts';
import { Element, elementAfter, firstElement, isSoundListpack, listpackCount } from '../../../keyspace/listpack.ts';
import { parseDoubleBytes } from '../../../resp/double.ts';
import { enlargeSortedSet, SortedSetBuilder } from '../../../values/sorted-set.ts';
import { isPairBefore, readScore } from '../../../values/sorted-set-listpack.ts';
import { hasDouble } from '../doubles.ts';
import { TYPE_ZSET, TYPE_ZSET_2, TYPE_ZSET_LISTPACK, TYPE_ZSET_ZIPLIST } from '../format.ts';
import { damage, type RdbInput } from '../input.ts';
import { listpackOfZiplist } from '../legacy.ts';
import type { ValueBuilder, ValueReader } from '../value.ts';

/** What stands in the place of a score's length in old files. */
const NOT_A_NUMBER = 253;
const INFINITE = 254;
const MINUS_INFINITE = 255;

const NO_BYTES = new Uint8Array(0);
const element = new Element();
const scoreWords = new Int32Array(2);
const scoreDouble = new Float64Array(scoreWords.buffer);

// ── as a listpack ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether all scores of a sound listpack of pairs are numbers, and each pair comes before the next one. */
const isInOrder = (bytes: Uint8Array, at: number, length: number): boolean => {
  const end = at + length - 1;
  let previous = -1;
  for (let pos = firstElement(at); pos < end; ) {
    const scoreAt = elementAfter(bytes, pos);
    const score = readScore(bytes, scoreAt);
    if (Number.isNaN(score)) return false;
    if (previous >= 0) {
      element.read(bytes, pos);
      if (!isPairBefore(bytes, previous, score, element.bytes, element.at, element.length)) return false;
    }
    previous = pos;
    pos = elementAfter(bytes, scoreAt);
  }
  return true;
};

/** Refers to bytes that stay until the next read: between `begin` and `finish` nothing is read. One is enough. */
class PackedSortedSet implements ValueBuilder {
  readonly left = 0;
  private db: Database | undefined;
  private bytes: Uint8Array = NO_BYTES;
  private at = 0;
  private length = 0;
  private members = 0;

  take(input: RdbInput, db: Database, rdbType: number): this {
    const { offset } = input;
    input.readString();
    const { stringBytes, stringAt, stringLength } = input;
    const isOld = rdbType === TYPE_ZSET_ZIPLIST;
    const bytes = isOld ? listpackOfZiplist(stringBytes, stringAt, stringLength) : stringBytes;
    const at = isOld ? 0 : stringAt;
    const length = isOld ? (bytes?.length ?? 0) : stringLength;
    if (bytes === undefined || !isSoundListpack(bytes, at, length)) {
      throw damage(offset, 'a sorted set whose packed value is damaged');
    }
    const count = listpackCount(bytes, at);
    if (count % 2 !== 0) throw damage(offset, 'a sorted set with a member that has no score');
    if (!isInOrder(bytes, at, length)) throw damage(offset, 'a sorted set that is not in order');
    this.members = count / 2;
    if (hasDouble(db.keyspace.dict, bytes, at, length, this.members, 2)) {
      throw damage(offset, 'a sorted set with a member twice');
    }
    this.db = db;
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    return this;
  }

  get isEmpty(): boolean {
    return this.members === 0;
  }

  step(): void {
    throw new Error('rdb: a packed sorted set has no elements to read');
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    const { db, bytes, at, length } = this;
    if (db === undefined) throw new Error('rdb: no sorted set was read');
    const ref = db.create(key, keyAt, keyLength, length, Type.SortedSet, Encoding.ListPack, expires);
    copyBytes(bytes, at, db.valueBytes, db.valueAt, length);
    return this.members > db.keyspace.limits.zsetEntries ? enlargeSortedSet(db, ref) : ref;
  }

  discard(): void {}
}

const packed = new PackedSortedSet();

// ── member by member ──────────────────────────────────────────────────────────────────────────────────────────────

/** A score as eight bytes. */
const readBinaryScore = (input: RdbInput): number => {
  input.need(8);
  scoreWords[0] = input.int32();
  scoreWords[1] = input.int32();
  return scoreDouble[0];
};

/** A score as its text behind the length of that. */
const readTextScore = (input: RdbInput): number => {
  const length = input.byte();
  if (length === NOT_A_NUMBER) return Number.NaN;
  if (length === INFINITE) return Number.POSITIVE_INFINITY;
  if (length === MINUS_INFINITE) return Number.NEGATIVE_INFINITY;
  input.need(length);
  const { buf, pos } = input;
  input.pos += length;
  return parseDoubleBytes(buf, pos, length);
};

class SortedSetOfPairs implements ValueBuilder {
  left: number;
  private readonly hasTextScores: boolean;
  // Members find their place as they come, so that the last one does not bring the work of all.
  private readonly builder: SortedSetBuilder;

  constructor(input: RdbInput, db: Database, rdbType: number) {
    this.left = input.length();
    this.hasTextScores = rdbType === TYPE_ZSET;
    this.builder = new SortedSetBuilder().begin(db, true);
  }

  get isEmpty(): boolean {
    return this.left === 0 && this.builder.count === 0;
  }

  step(input: RdbInput): void {
    const { builder } = this;
    const { offset } = input;
    input.readString();
    const { stringBytes, stringAt, stringLength } = input;
    const score = this.hasTextScores ? readTextScore(input) : readBinaryScore(input);
    if (Number.isNaN(score)) throw damage(offset, 'a sorted set with a score that is not a number');
    if (!Number.isNaN(builder.find(stringBytes, stringAt, stringLength))) {
      throw damage(offset, 'a sorted set with a member twice');
    }
    builder.put(score);
    this.left--;
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    return this.builder.finish(key, keyAt, keyLength, expires);
  }

  discard(): void {
    this.builder.discard();
  }
}

const pairReader: ValueReader = { begin: (input, db, rdbType) => new SortedSetOfPairs(input, db, rdbType) };
const packedReader: ValueReader = { begin: (input, db, rdbType) => packed.take(input, db, rdbType) };

/** By value type of the file. */
export const sortedSetReaders: readonly (readonly [rdbType: number, reader: ValueReader])[] = [
  [TYPE_ZSET, pairReader],
  [TYPE_ZSET_2, pairReader],
  [TYPE_ZSET_ZIPLIST, packedReader],
  [TYPE_ZSET_LISTPACK, packedReader],
];
