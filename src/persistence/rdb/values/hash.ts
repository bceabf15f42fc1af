/**
 * Hashes from RDB input: field by field, as a listpack, or in the packed encodings of old files.
 *
 * In:     RDB input behind the key; nothing in it is trusted. Out: a new entry.
 * Memory: what was read lies in the arena, or in the input's own buffers, until `finish` or `discard`.
 *
 * A field that comes twice, half a pair, or a listpack that is not sound is damage.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../../../bytes.ts';
import { type Database, MISSING } from '../../../keyspace/database.ts';
import { Encoding, Type } from '../../../keyspace/entry.ts';
import { Element, elementAfter, firstElement, isSoundListpack, listpackCount } from '../../../keyspace/listpack.ts';
import { createPackedHash, HashBuilder, unpackInto } from '../../../values/hash.ts';
import { hasDouble } from '../doubles.ts';
import { TYPE_HASH, TYPE_HASH_LISTPACK, TYPE_HASH_ZIPLIST, TYPE_HASH_ZIPMAP } from '../format.ts';
import { damage, type RdbInput } from '../input.ts';
import { listpackOfZiplist, listpackOfZipmap } from '../legacy.ts';
import type { ValueBuilder, ValueReader } from '../value.ts';

const element = new Element();

// ── as listpacks ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The longest text in a sound listpack. */
const longestText = (bytes: Uint8Array, at: number, length: number): number => {
  let longest = 0;
  for (let pos = firstElement(at); pos < at + length - 1; pos = elementAfter(bytes, pos)) {
    longest = Math.max(longest, element.read(bytes, pos).length);
  }
  return longest;
};

/** Refers to bytes that stay until the next read: between `begin` and `finish` nothing is read. One is enough. */
class PackedHash implements ValueBuilder {
  readonly left = 0;
  private db: Database | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private length = 0;
  private pairs = 0;
  private mayBePacked = true;

  take(input: RdbInput, db: Database, rdbType: number): this {
    const { offset } = input;
    input.readString();
    this.db = db;
    const made = this.listpackOf(input, rdbType);
    if (made === undefined || !isSoundListpack(made, this.at, this.length)) {
      throw damage(offset, 'a hash whose packed value is damaged');
    }
    const count = listpackCount(made, this.at);
    if (count % 2 !== 0) throw damage(offset, 'a hash with a field that has no value');
    this.bytes = made;
    this.pairs = count / 2;
    const { dict, limits } = db.keyspace;
    if (hasDouble(dict, made, this.at, this.length, this.pairs, 2)) throw damage(offset, 'a hash with a field twice');
    this.mayBePacked =
      this.pairs <= limits.hashEntries &&
      (rdbType !== TYPE_HASH_ZIPMAP || longestText(made, this.at, this.length) <= limits.hashValueBytes);
    return this;
  }

  get isEmpty(): boolean {
    return this.pairs === 0;
  }

  step(): void {
    throw new Error('rdb: a packed hash has no elements to read');
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    const { db, bytes, at, length } = this;
    if (db === undefined) throw new Error('rdb: no hash was read');
    if (this.mayBePacked) return createPackedHash(db, key, keyAt, keyLength, bytes, at, length, expires);
    const header = db.keyspace.dict.create();
    unpackInto(db, header, bytes, at, length);
    return db.createCollection(key, keyAt, keyLength, Type.Hash, Encoding.HashTable, header, expires);
  }

  discard(): void {}

  /** The listpack in, or made of, the string view; undefined when an old encoding is damaged. */
  private listpackOf(input: RdbInput, rdbType: number): Uint8Array | undefined {
    const { stringBytes, stringAt, stringLength } = input;
    this.at = stringAt;
    this.length = stringLength;
    if (rdbType === TYPE_HASH_LISTPACK) return stringBytes;
    const listpackOf = rdbType === TYPE_HASH_ZIPMAP ? listpackOfZipmap : listpackOfZiplist;
    const made = listpackOf(stringBytes, stringAt, stringLength);
    this.at = 0;
    this.length = made?.length ?? 0;
    return made;
  }
}

const packed = new PackedHash();

// ── field by field ────────────────────────────────────────────────────────────────────────────────────────────────

class HashOfPairs implements ValueBuilder {
  left: number;
  private readonly db: Database;
  private readonly small = new HashBuilder();
  /** The dictionary, once the hash is too large for a listpack. */
  private header = MISSING;
  private fields = 0;

  constructor(input: RdbInput, db: Database) {
    this.db = db;
    this.left = input.length();
    if (this.left > db.keyspace.limits.hashEntries) this.header = db.keyspace.dict.create();
  }

  get isEmpty(): boolean {
    return this.left === 0 && this.fields === 0;
  }

  step(input: RdbInput): void {
    const { offset } = input;
    input.readString();
    const { stringBytes: field, stringAt: fieldAt, stringLength: fieldLength } = input;
    input.readString();
    const { stringBytes: value, stringAt: valueAt, stringLength: valueLength } = input;
    this.left--;
    this.fields++;
    const { hashValueBytes } = this.db.keyspace.limits;
    if (this.header === MISSING && (fieldLength > hashValueBytes || valueLength > hashValueBytes)) this.unpack();
    const isNew =
      this.header === MISSING
        ? this.small.set(field, fieldAt, fieldLength, value, valueAt, valueLength)
        : this.add(field, fieldAt, fieldLength, value, valueAt, valueLength);
    if (!isNew) throw damage(offset, 'a hash with a field twice');
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    if (this.header === MISSING) return this.small.finish(this.db, key, keyAt, keyLength, expires);
    return this.db.createCollection(key, keyAt, keyLength, Type.Hash, Encoding.HashTable, this.header, expires);
  }

  discard(): void {
    if (this.header !== MISSING) this.db.keyspace.releaseLarge(Encoding.HashTable, this.header);
  }

  private unpack(): void {
    this.header = this.db.keyspace.dict.create();
    this.small.unpackInto(this.db, this.header);
  }

  private add(
    field: Uint8Array,
    fieldAt: number,
    fieldLength: number,
    value: Uint8Array,
    valueAt: number,
    valueLength: number,
  ): boolean {
    const { db, header } = this;
    const { dict, elements } = db.keyspace;
    const hash = dict.hash(field, fieldAt, fieldLength);
    if (dict.find(header, hash, field, fieldAt, fieldLength) !== MISSING) return false;
    db.loadValue(elements.create(header, hash, field, fieldAt, fieldLength, valueLength));
    copyBytes(value, valueAt, db.valueBytes, db.valueAt, valueLength);
    return true;
  }
}

const packedReader: ValueReader = { begin: (input, db, rdbType) => packed.take(input, db, rdbType) };

/** By value type of the file. */
export const hashReaders: readonly (readonly [rdbType: number, reader: ValueReader])[] = [
  [TYPE_HASH, { begin: (input, db) => new HashOfPairs(input, db) }],
  [TYPE_HASH_ZIPMAP, packedReader],
  [TYPE_HASH_ZIPLIST, packedReader],
  [TYPE_HASH_LISTPACK, packedReader],
];
