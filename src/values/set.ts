/**
 * The set under a key, whatever its encoding: an intset or a listpack in the value bytes, or a table of elements.
 *
 * In:     the entry of a set, and members as bytes that do not lie in its own value.
 * Out:    counts, the member loaded last (`member`), and the entry, which may have moved.
 * Memory: nothing is allocated but in the arena. The encoding changes as in Redis: from intset to listpack or table, from
 *         listpack to table, and never back. Whoever removes the last member removes the key.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding } from '../keyspace/entry.ts';
import { Int64 } from '../keyspace/int64.ts';
import {
  bytesWithInteger,
  findInteger,
  INTSET_HEADER_BYTES,
  insertInteger,
  intsetCount,
  intsetWidth,
  removeInteger,
} from '../keyspace/intset.ts';
import {
  elementAfter,
  findElement,
  firstElement,
  LISTPACK_HEADER_BYTES,
  listpackCount,
  seekElement,
  storedBytes,
  writeElement,
} from '../keyspace/listpack.ts';
import { fitsListpack, intsetEntriesMax, intsetFitsListpack, SetBuilder, tableOfPacked } from './set-builder.ts';
import { Member, SetWalk } from './set-walk.ts';

const integer = new Int64();
const walk = new SetWalk();
const conversion = new SetBuilder();

/** The member loaded last by `sampleMember`. */
export const member = new Member();

/** How many members the set has. */
export const setSize = (db: Database, ref: number): number => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) return db.keyspace.dict.count(db.root(ref));
  db.loadValue(ref);
  return encoding === Encoding.IntSet
    ? intsetCount(db.valueBytes, db.valueAt)
    : listpackCount(db.valueBytes, db.valueAt);
};

/** Offset of a member in the listpack whose value view is loaded, or -1. */
const findPacked = (db: Database, bytes: Uint8Array, at: number, length: number): number => {
  const { valueBytes, valueAt, valueLength } = db;
  const end = valueAt + valueLength - 1;
  const pos = findElement(valueBytes, firstElement(valueAt), end, bytes, at, length, 1);
  return pos < 0 ? -1 : pos - valueAt;
};

/** Whether the set has this member. */
export const hasMember = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): boolean => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) {
    const { dict } = db.keyspace;
    return dict.find(db.root(ref), dict.hash(bytes, at, length), bytes, at, length) !== 0;
  }
  if (encoding === Encoding.IntSet) {
    if (!integer.parse(bytes, at, length)) return false;
    db.loadValue(ref);
    return findInteger(db.valueBytes, db.valueAt, integer) >= 0;
  }
  db.loadValue(ref);
  return findPacked(db, bytes, at, length) >= 0;
};

/** Whether the set has this member of another one, of which more, or less, may be loaded than its text (`stepBare`). */
export const hasLoaded = (db: Database, ref: number, wanted: Member): boolean => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable && wanted.isHashed) {
    return db.keyspace.dict.find(db.root(ref), wanted.hash, wanted.bytes, wanted.at, wanted.length) !== 0;
  }
  if (wanted.isInteger) {
    if (encoding === Encoding.IntSet) {
      db.loadValue(ref);
      return findInteger(db.valueBytes, db.valueAt, wanted.integer) >= 0;
    }
    wanted.writeInteger();
  }
  return hasMember(db, ref, wanted.bytes, wanted.at, wanted.length);
};

// ── adding ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds a member. Returns the entry, or MISSING when the member is there already, and nothing was changed then. */
export const addMember = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) return addToTable(db, ref, bytes, at, length);
  if (encoding === Encoding.IntSet) return addToIntset(db, ref, bytes, at, length);
  return addToListpack(db, ref, bytes, at, length);
};

/** Makes a packed set a table before many members are added, where they would be too many; `hint` says how many. */
export const prepareForMembers = (db: Database, ref: number, hint: number): number => {
  const { limits } = db.keyspace;
  const encoding = db.encoding(ref);
  const isTooMuch =
    (encoding === Encoding.ListPack && hint > limits.setEntries) ||
    (encoding === Encoding.IntSet && hint > limits.intsetEntries);
  return isTooMuch ? makeTable(db, ref) : ref;
};

const makeTable = (db: Database, ref: number): number => {
  db.loadValue(ref);
  const root = tableOfPacked(db.keyspace, db.encoding(ref), db.valueBytes, db.valueAt);
  return db.enlarge(ref, Encoding.HashTable, root);
};

const addToTable = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  const { dict, elements } = db.keyspace;
  const root = db.root(ref);
  const hash = dict.hash(bytes, at, length);
  if (dict.find(root, hash, bytes, at, length) !== 0) return MISSING;
  db.preserve(ref);
  elements.create(root, hash, bytes, at, length, 0);
  return ref;
};

const addToIntset = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  const { limits } = db.keyspace;
  db.loadValue(ref);
  if (!integer.parse(bytes, at, length)) {
    if (!intsetFitsListpack(limits, db.valueBytes, db.valueAt, length)) {
      return addToTable(db, makeTable(db, ref), bytes, at, length);
    }
    return makeListpackWith(db, ref, bytes, at, length);
  }
  const found = findInteger(db.valueBytes, db.valueAt, integer);
  if (found >= 0) return MISSING;
  if (intsetCount(db.valueBytes, db.valueAt) >= intsetEntriesMax(limits)) {
    return addToTable(db, makeTable(db, ref), bytes, at, length);
  }
  const needed = bytesWithInteger(db.valueBytes, db.valueAt, integer);
  const target = db.resize(ref, needed, Encoding.IntSet, true, true);
  insertInteger(db.valueBytes, db.valueAt, integer, found);
  return target;
};

/** Turns an intset, whose value view is loaded, into a listpack with one more member, which is no integer. */
const makeListpackWith = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  conversion.begin(db.keyspace, Encoding.ListPack);
  walk.overPacked(Encoding.IntSet, db.valueBytes, db.valueAt);
  while (walk.step()) conversion.append(walk.bytes, walk.at, walk.length);
  conversion.append(bytes, at, length);
  const target = db.resize(ref, conversion.length, Encoding.ListPack, false, false);
  copyBytes(conversion.bytes, 0, db.valueBytes, db.valueAt, conversion.length);
  return target;
};

const addToListpack = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  db.loadValue(ref);
  if (findPacked(db, bytes, at, length) >= 0) return MISSING;
  const oldLength = db.valueLength;
  if (!fitsListpack(db.keyspace.limits, listpackCount(db.valueBytes, db.valueAt), oldLength, length)) {
    return addToTable(db, makeTable(db, ref), bytes, at, length);
  }
  const target = db.splice(ref, oldLength - 1, 0, storedBytes(bytes, at, length), 1);
  writeElement(db.valueBytes, db.valueAt + oldLength - 1, bytes, at, length);
  return target;
};

// ── removing ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Takes a member out. Returns the entry, or MISSING when the member is not there. */
export const removeMember = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) {
    const { dict } = db.keyspace;
    const found = dict.find(db.root(ref), dict.hash(bytes, at, length), bytes, at, length);
    return found === 0 ? MISSING : removeAt(db, ref, found);
  }
  if (encoding === Encoding.IntSet) {
    if (!integer.parse(bytes, at, length)) return MISSING;
    db.loadValue(ref);
    const index = findInteger(db.valueBytes, db.valueAt, integer);
    return index < 0 ? MISSING : removeAt(db, ref, index);
  }
  db.loadValue(ref);
  const offset = findPacked(db, bytes, at, length);
  return offset < 0 ? MISSING : removeAt(db, ref, offset);
};

/** Takes the member at a position out (see set-walk.ts). Returns the entry. */
export const removeAt = (db: Database, ref: number, position: number): number => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) {
    const root = db.root(ref);
    db.preserve(ref);
    db.keyspace.elements.remove(root, root, position);
    return ref;
  }
  if (encoding === Encoding.IntSet) {
    db.preserve(ref);
    db.loadValue(ref);
    const { valueBytes, valueAt } = db;
    removeInteger(valueBytes, valueAt, position);
    const bytes = INTSET_HEADER_BYTES + intsetCount(valueBytes, valueAt) * intsetWidth(valueBytes, valueAt);
    return db.resize(ref, bytes, Encoding.IntSet, true, false);
  }
  db.loadValue(ref);
  const pos = db.valueAt + position;
  return db.splice(ref, position, elementAfter(db.valueBytes, pos) - pos, 0, -1);
};

// ── chance ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Loads a member by chance, each with the same one, into `member`. The set is not empty, and has `size` members. */
export const sampleMember = (db: Database, ref: number, size: number, random: () => number): void => {
  const encoding = db.encoding(ref);
  if (encoding === Encoding.HashTable) {
    const { dict, arena } = db.keyspace;
    member.loadElement(arena, dict.sampleFairly(db.root(ref), random));
    return;
  }
  const index = Math.floor(random() * size);
  db.loadValue(ref);
  const { valueBytes, valueAt, valueLength } = db;
  if (encoding === Encoding.IntSet) {
    member.loadInteger(valueBytes, valueAt, index);
    return;
  }
  const first = valueAt + LISTPACK_HEADER_BYTES;
  const pos = seekElement(valueBytes, first, valueAt + valueLength - 1, size, index);
  member.loadPacked(valueBytes, valueAt, pos - valueAt);
};
