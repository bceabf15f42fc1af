/**
 * Sets from RDB input: member by member, as an intset, or as a listpack (from Redis 7.2 on).
 *
 * In:     RDB input behind the key; nothing in it is trusted. Out: a new entry.
 * Memory: what was read lies in a builder of its own, or in the input's buffers, until `finish` or `discard`.
 *
 * A member that comes twice, an intset that is not in order, or a listpack that is not sound is damage.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../../../bytes.ts';
import type { Database } from '../../../keyspace/database.ts';
import { Encoding, Type } from '../../../keyspace/entry.ts';
import { intsetCount, isSoundIntset } from '../../../keyspace/intset.ts';
import { isSoundListpack, LISTPACK_EMPTY_BYTES, listpackCount } from '../../../keyspace/listpack.ts';
import { intsetEntriesMax, SetBuilder, tableOfPacked } from '../../../values/set-builder.ts';
import { hasDouble } from '../doubles.ts';
import { TYPE_SET, TYPE_SET_INTSET, TYPE_SET_LISTPACK } from '../format.ts';
import { damage, type RdbInput } from '../input.ts';
import type { ValueBuilder, ValueReader } from '../value.ts';

/** Refers to the input's string view: between `begin` and `finish` nothing else is read. One is enough. */
class PackedSet implements ValueBuilder {
  readonly left = 0;
  private db: Database | undefined;
  private encoding = Encoding.IntSet;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private length = 0;
  private count = 0;

  take(input: RdbInput, db: Database, encoding: Encoding): this {
    const { offset } = input;
    input.readString();
    this.db = db;
    this.encoding = encoding;
    this.bytes = input.stringBytes;
    this.at = input.stringAt;
    this.length = input.stringLength;
    if (encoding === Encoding.IntSet) this.checkIntset(offset);
    else this.checkListpack(offset, db);
    return this;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  step(): void {
    throw new Error('rdb: a packed set has no members to read');
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    const { db, encoding, bytes, at, length } = this;
    if (db === undefined) throw new Error('rdb: no set was read');
    const { limits } = db.keyspace;
    if (this.count > (encoding === Encoding.IntSet ? intsetEntriesMax(limits) : limits.setEntries)) {
      const header = tableOfPacked(db.keyspace, encoding, bytes, at);
      return db.createCollection(key, keyAt, keyLength, Type.Set, Encoding.HashTable, header, expires);
    }
    const ref = db.create(key, keyAt, keyLength, length, Type.Set, encoding, expires);
    copyBytes(bytes, at, db.valueBytes, db.valueAt, length);
    return ref;
  }

  discard(): void {}

  private checkIntset(offset: number): void {
    const { bytes, at, length } = this;
    if (!isSoundIntset(bytes, at, length)) throw damage(offset, 'a set whose intset is damaged');
    this.count = intsetCount(bytes, at);
  }

  private checkListpack(offset: number, db: Database): void {
    const { bytes, at, length } = this;
    const isSound = length >= LISTPACK_EMPTY_BYTES && isSoundListpack(bytes, at, length);
    if (!isSound) throw damage(offset, 'a set whose listpack is damaged');
    this.count = listpackCount(bytes, at);
    if (hasDouble(db.keyspace.dict, bytes, at, length, this.count, 1))
      throw damage(offset, 'a set with a member twice');
  }
}

const packed = new PackedSet();

/** Builders that nobody uses: a file may hold millions of sets, and each builder has buffers. */
const spare: SetBuilder[] = [];
const SPARE_MAX = 4;

class SetOfMembers implements ValueBuilder {
  left: number;
  private readonly db: Database;
  private readonly builder = spare.pop() ?? new SetBuilder();

  constructor(db: Database, count: number) {
    this.db = db;
    this.left = count;
    const { keyspace } = db;
    const isLarge = this.left > intsetEntriesMax(keyspace.limits);
    this.builder.begin(keyspace, isLarge ? Encoding.HashTable : Encoding.IntSet);
  }

  get isEmpty(): boolean {
    return this.left === 0 && this.builder.count === 0;
  }

  step(input: RdbInput): void {
    const { offset } = input;
    input.readString();
    this.left--;
    if (!this.builder.add(input.stringBytes, input.stringAt, input.stringLength)) {
      throw damage(offset, 'a set with a member twice');
    }
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    const ref = this.builder.finish(this.db, key, keyAt, keyLength, expires);
    this.giveBack();
    return ref;
  }

  discard(): void {
    this.builder.discard();
    this.giveBack();
  }

  private giveBack(): void {
    if (spare.length < SPARE_MAX) spare.push(this.builder);
  }
}

/** By value type of the file. */
export const setReaders: readonly (readonly [rdbType: number, reader: ValueReader])[] = [
  [TYPE_SET, { begin: (input, db) => new SetOfMembers(db, input.length()) }],
  [TYPE_SET_INTSET, { begin: (input, db) => packed.take(input, db, Encoding.IntSet) }],
  [TYPE_SET_LISTPACK, { begin: (input, db) => packed.take(input, db, Encoding.ListPack) }],
];
