/**
 * A set that no key holds yet: the result of SUNIONSTORE and its kin, a new set of SADD, a set that is read from a file.
 *
 * In:     members. Out: an entry, in the encoding that Redis would have chosen on the way:
 *
 *   intset     while all members are integers and not more than `set-max-intset-entries`
 *   listpack   not more than `set-max-listpack-entries` members, none longer than `set-max-listpack-value`
 *   hashtable  what was too much for either, and it stays one
 *
 * Memory: packed forms lie in a buffer of our own, reused from set to set; a table lies in the arena until `finish` gives
 *         it to a key or `discard` frees it.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import type { Database } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { Int64 } from '../keyspace/int64.ts';
import {
  bytesWithInteger,
  findInteger,
  INTSET_HEADER_BYTES,
  insertInteger,
  integerAt,
  intsetBytes,
  intsetCount,
  removeInteger,
  writeEmptyIntset,
} from '../keyspace/intset.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { EncodingLimits } from '../keyspace/limits.ts';
import {
  elementAfter,
  findElement,
  firstElement,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  storedBytes,
  writeElement,
  writeEmptyListpack,
  writeListpackHeader,
} from '../keyspace/listpack.ts';
import { type Member, SetWalk } from './set-walk.ts';

/** Whatever the directives say. */
const INTSET_ENTRIES_MAX = 2 ** 30;
const LISTPACK_BYTES_MAX = 2 ** 30;

const INITIAL_BYTES = 1024;
const KEPT_BYTES_MAX = 256 * 1024;

const integer = new Int64();
const digits = new Uint8Array(20);
const walk = new SetWalk();

export const intsetEntriesMax = (limits: EncodingLimits): number => Math.min(limits.intsetEntries, INTSET_ENTRIES_MAX);

/** Whether a listpack of so many members and bytes takes one more of `length` bytes. */
export const fitsListpack = (limits: EncodingLimits, count: number, bytes: number, length: number): boolean =>
  count < limits.setEntries && length <= limits.setValueBytes && bytes + length < LISTPACK_BYTES_MAX;

const textBytesAt = (bytes: Uint8Array, at: number, index: number): number =>
  integerAt(bytes, at, index, integer).write(digits, 0);

/** Whether the intset at `at` together with a text of `length` bytes, which is no integer, fits a listpack. */
export const intsetFitsListpack = (limits: EncodingLimits, bytes: Uint8Array, at: number, length: number): boolean => {
  const count = intsetCount(bytes, at);
  if (!fitsListpack(limits, count, 0, length)) return false;
  if (count === 0) return true;
  const longest = Math.max(textBytesAt(bytes, at, 0), textBytesAt(bytes, at, count - 1));
  return longest <= limits.setValueBytes;
};

/** The encoding with which a set begins that is created for a member, and `count` members in all, as it is said. */
export const firstEncoding = (
  limits: EncodingLimits,
  bytes: Uint8Array,
  at: number,
  length: number,
  count: number,
): Encoding => {
  if (count <= limits.intsetEntries && integer.parse(bytes, at, length)) return Encoding.IntSet;
  return count <= limits.setEntries ? Encoding.ListPack : Encoding.HashTable;
};

/** A table with the members of a packed set; returns its header. */
export const tableOfPacked = (keyspace: Keyspace, encoding: Encoding, bytes: Uint8Array, at: number): number => {
  const { dict, elements } = keyspace;
  const header = dict.create();
  walk.overPacked(encoding, bytes, at);
  while (walk.step()) {
    const hash = dict.hash(walk.bytes, walk.at, walk.length);
    elements.create(header, hash, walk.bytes, walk.at, walk.length, 0);
  }
  return header;
};

export class SetBuilder {
  encoding: Encoding = Encoding.IntSet;
  count = 0;
  /** The packed form: [0, length). */
  bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);
  length = 0;
  /** Header of the table. */
  root = 0;
  private other: Uint8Array = new Uint8Array(INITIAL_BYTES);
  private keyspace: Keyspace | undefined = undefined;

  /** Begins an empty set. */
  begin(keyspace: Keyspace, encoding: Encoding): this {
    this.keyspace = keyspace;
    this.encoding = encoding;
    this.count = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(INITIAL_BYTES);
    if (this.other.length > KEPT_BYTES_MAX) this.other = new Uint8Array(INITIAL_BYTES);
    if (encoding === Encoding.HashTable) {
      this.root = keyspace.dict.create();
    } else if (encoding === Encoding.IntSet) {
      writeEmptyIntset(this.bytes, 0);
      this.length = INTSET_HEADER_BYTES;
    } else {
      writeEmptyListpack(this.bytes, 0);
      this.length = LISTPACK_EMPTY_BYTES;
    }
    return this;
  }

  /** Adds a member, which may lie in the arena; false when it is there already. */
  add(bytes: Uint8Array, at: number, length: number): boolean {
    switch (this.encoding) {
      case Encoding.IntSet:
        return this.addToIntset(bytes, at, length);
      case Encoding.ListPack:
        return this.addToListpack(bytes, at, length);
      default:
        return this.addToTable(bytes, at, length);
    }
  }

  /** Adds a member of another set, of which more, or less, may be loaded than its text (`stepBare`). */
  addLoaded(member: Member): boolean {
    if (member.isInteger) {
      if (this.encoding === Encoding.IntSet) return this.addInteger(member.integer);
      member.writeInteger();
    }
    if (this.encoding === Encoding.HashTable && member.isHashed) {
      return this.addHashed(member.hash, member.bytes, member.at, member.length);
    }
    return this.add(member.bytes, member.at, member.length);
  }

  /** Appends a member that is not there to a listpack, whatever the limits. */
  append(bytes: Uint8Array, at: number, length: number): void {
    const stored = storedBytes(bytes, at, length);
    this.reserve(this.length + stored);
    const end = writeElement(this.bytes, this.length - 1, bytes, at, length);
    this.bytes[end] = LISTPACK_END;
    this.length = end + 1;
    this.count++;
    writeListpackHeader(this.bytes, 0, this.length, this.count);
  }

  /** Takes a member out; false when it is not there. The encoding stays. */
  remove(bytes: Uint8Array, at: number, length: number): boolean {
    const isThere =
      this.encoding === Encoding.HashTable
        ? this.removeFromTable(bytes, at, length)
        : this.removeFromPacked(bytes, at, length);
    if (isThere) this.count--;
    return isThere;
  }

  /** Makes it an intset where all members are integers, and not too many. */
  packIntegers(): void {
    if (this.encoding === Encoding.IntSet || this.count > intsetEntriesMax(this.limits)) return;
    const { encoding, root } = this;
    this.walk();
    const packed = this.bytes;
    this.bytes = this.other;
    this.other = packed;
    writeEmptyIntset(this.bytes, 0);
    this.length = INTSET_HEADER_BYTES;
    while (walk.step()) {
      if (!integer.parse(walk.bytes, walk.at, walk.length)) throw new Error('set: a member that is no integer');
      this.insert(integer, findInteger(this.bytes, 0, integer));
    }
    this.encoding = Encoding.IntSet;
    if (encoding === Encoding.HashTable) this.owner.releaseLarge(encoding, root);
  }

  /** Makes it a table, whatever its size. */
  makeTable(): void {
    if (this.encoding === Encoding.HashTable) return;
    this.root = tableOfPacked(this.owner, this.encoding, this.bytes, 0);
    this.encoding = Encoding.HashTable;
  }

  /** A walk over the members; there is one at a time, and it ends where the set changes. */
  walk(): SetWalk {
    return this.encoding === Encoding.HashTable
      ? walk.overTable(this.owner, this.root)
      : walk.overPacked(this.encoding, this.bytes, 0);
  }

  /** Puts a set that has members under a missing key and returns the entry. The builder is free again. */
  finish(db: Database, key: Uint8Array, at: number, length: number, expires = false): number {
    if (this.encoding === Encoding.HashTable) {
      return db.createCollection(key, at, length, Type.Set, Encoding.HashTable, this.root, expires);
    }
    const ref = db.create(key, at, length, this.length, Type.Set, this.encoding, expires);
    copyBytes(this.bytes, 0, db.valueBytes, db.valueAt, this.length);
    return ref;
  }

  /** Gives the set up. */
  discard(): void {
    if (this.encoding === Encoding.HashTable) this.owner.releaseLarge(this.encoding, this.root);
    this.encoding = Encoding.IntSet;
  }

  private get owner(): Keyspace {
    if (this.keyspace === undefined) throw new Error('set: nothing was begun');
    return this.keyspace;
  }

  private get limits(): EncodingLimits {
    return this.owner.limits;
  }

  private addToIntset(bytes: Uint8Array, at: number, length: number): boolean {
    if (integer.parse(bytes, at, length)) return this.addInteger(integer);
    if (!intsetFitsListpack(this.limits, this.bytes, 0, length)) {
      this.makeTable();
      return this.addToTable(bytes, at, length);
    }
    this.makeListpack();
    this.append(bytes, at, length);
    return true;
  }

  private addInteger(value: Int64): boolean {
    const found = findInteger(this.bytes, 0, value);
    if (found >= 0) return false;
    this.insert(value, found);
    this.count++;
    if (this.count > intsetEntriesMax(this.limits)) this.makeTable();
    return true;
  }

  private addToListpack(bytes: Uint8Array, at: number, length: number): boolean {
    const end = this.length - 1;
    if (findElement(this.bytes, firstElement(0), end, bytes, at, length, 1) >= 0) return false;
    if (!fitsListpack(this.limits, this.count, this.length, length)) {
      this.makeTable();
      return this.addToTable(bytes, at, length);
    }
    this.append(bytes, at, length);
    return true;
  }

  private addToTable(bytes: Uint8Array, at: number, length: number): boolean {
    return this.addHashed(this.owner.dict.hash(bytes, at, length), bytes, at, length);
  }

  private addHashed(hash: number, bytes: Uint8Array, at: number, length: number): boolean {
    const { dict, elements } = this.owner;
    if (dict.find(this.root, hash, bytes, at, length) !== 0) return false;
    elements.create(this.root, hash, bytes, at, length, 0);
    this.count++;
    return true;
  }

  private removeFromTable(bytes: Uint8Array, at: number, length: number): boolean {
    const { dict, elements } = this.owner;
    const ref = dict.find(this.root, dict.hash(bytes, at, length), bytes, at, length);
    if (ref !== 0) elements.remove(this.root, this.root, ref);
    return ref !== 0;
  }

  private removeFromPacked(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.encoding === Encoding.IntSet) {
      if (!integer.parse(bytes, at, length)) return false;
      const index = findInteger(this.bytes, 0, integer);
      if (index < 0) return false;
      removeInteger(this.bytes, 0, index);
      this.length = intsetBytes(this.bytes, 0);
      return true;
    }
    const pos = findElement(this.bytes, firstElement(0), this.length - 1, bytes, at, length, 1);
    if (pos < 0) return false;
    const after = elementAfter(this.bytes, pos);
    this.bytes.copyWithin(pos, after, this.length);
    this.length -= after - pos;
    writeListpackHeader(this.bytes, 0, this.length, this.count - 1);
    return true;
  }

  /** Inserts an integer that is missing at the place that `findInteger` gave. */
  private insert(value: Int64, found: number): void {
    const bytes = bytesWithInteger(this.bytes, 0, value);
    this.reserve(bytes);
    insertInteger(this.bytes, 0, value, found);
    this.length = bytes;
  }

  /** Turns the intset into a listpack. */
  private makeListpack(): void {
    walk.overPacked(Encoding.IntSet, this.bytes, 0);
    const integers = this.bytes;
    this.bytes = this.other;
    this.other = integers;
    this.begin(this.owner, Encoding.ListPack);
    while (walk.step()) this.append(walk.bytes, walk.at, walk.length);
  }

  private reserve(bytes: number): void {
    if (bytes <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(bytes, this.bytes.length * 2));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }
}
