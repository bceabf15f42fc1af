/**
 * What SORT works on: the elements of a collection as texts beside the arena, and the values that patterns lead to.
 *
 * In:     entries of lists, sets and sorted sets; patterns of BY and GET. Out: texts.
 * Memory: `Texts` owns a buffer that grows; what it holds is a copy, because looking up weights may remove expired keys.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { type Arguments, type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, NEXT, Type } from '../keyspace/entry.ts';
import { INTSET_HEADER_BYTES, IntsetValue, integerAt, intsetCount } from '../keyspace/intset.ts';
import { Element, elementAfter, firstElement } from '../keyspace/listpack.ts';
import { TreeCursor, treeCount } from '../keyspace/score-tree.ts';
import { INTEGER_BYTES_MAX } from '../resp/numbers.ts';
import { value as fieldValue, getField } from '../values/hash.ts';
import { type ArgumentList, listLength } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';

const FIRST_BYTES = 1024;
const FIRST_TEXTS = 64;
/** Length of a text that is none: a key that a pattern led to was missing. */
export const ABSENT = -1;

/** Texts one behind the other, by index. */
export class Texts implements ArgumentList {
  buf: Uint8Array = new Uint8Array(FIRST_BYTES);
  /** How many there are. */
  argc = 0;
  private end = 0;
  private starts = new Int32Array(FIRST_TEXTS);
  private lengths = new Int32Array(FIRST_TEXTS);

  offset(index: number): number {
    return this.starts[index];
  }

  length(index: number): number {
    return this.lengths[index];
  }

  add(bytes: Uint8Array, at: number, length: number): void {
    if (this.end + length > this.buf.length) {
      const wider = new Uint8Array(Math.max(this.end + length, this.buf.length * 2));
      wider.set(this.buf.subarray(0, this.end));
      this.buf = wider;
    }
    copyBytes(bytes, at, this.buf, this.end, length);
    this.note(length);
    this.end += length;
  }

  addAbsent(): void {
    this.note(ABSENT);
  }

  /** Makes absent texts empty ones. */
  fillAbsent(): void {
    for (let i = 0; i < this.argc; i++) if (this.lengths[i] === ABSENT) this.lengths[i] = 0;
  }

  private note(length: number): void {
    if (this.argc === this.starts.length) {
      const starts = new Int32Array(this.argc * 2);
      starts.set(this.starts);
      this.starts = starts;
      const lengths = new Int32Array(this.argc * 2);
      lengths.set(this.lengths);
      this.lengths = lengths;
    }
    this.starts[this.argc] = this.end;
    this.lengths[this.argc++] = length;
  }
}

// ── elements ──────────────────────────────────────────────────────────────────────────────────────────────────────

const element = new Element();
const integer = new IntsetValue();
const digits = new Uint8Array(INTEGER_BYTES_MAX);
const listCursor = new ListCursor();
const treeCursor = new TreeCursor();

/** How many elements a list, set or sorted set has. */
export const countElements = (db: Database, ref: number): number => {
  const { arena, dict } = db.keyspace;
  switch (db.encoding(ref)) {
    case Encoding.HashTable:
      return dict.count(db.root(ref));
    case Encoding.SkipList:
      return treeCount(arena, db.root(ref));
    case Encoding.IntSet:
      db.loadValue(ref);
      return intsetCount(db.valueBytes, db.valueAt);
    default:
      return listLength(db, ref) / (db.type(ref) === Type.SortedSet ? 2 : 1);
  }
};

const addKey = (texts: Texts, db: Database, ref: number): void => {
  db.loadKey(ref);
  texts.add(db.keyBytes, db.keyAt, db.keyLength);
};

const addTable = (texts: Texts, db: Database, header: number): void => {
  const { dict, arena } = db.keyspace;
  const buckets = dict.bucketCount(header);
  for (let bucket = 0; bucket < buckets; bucket++) {
    let ref = dict.firstInBucket(header, bucket);
    while (ref !== MISSING) {
      addKey(texts, db, ref);
      ref = arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
    }
  }
};

const addIntset = (texts: Texts, db: Database, ref: number): void => {
  db.loadValue(ref);
  const { valueBytes, valueAt, valueLength } = db;
  if (valueLength <= INTSET_HEADER_BYTES) return;
  const count = intsetCount(valueBytes, valueAt);
  for (let i = 0; i < count; i++) {
    texts.add(digits, 0, integerAt(valueBytes, valueAt, i, integer).write(digits, 0));
  }
};

/** Every `stride`-th text of a packed value. */
const addPacked = (texts: Texts, db: Database, ref: number, stride: number): void => {
  db.loadValue(ref);
  const { valueBytes, valueAt, valueLength } = db;
  const end = valueAt + valueLength - 1;
  let pos = firstElement(valueAt);
  while (pos < end) {
    element.read(valueBytes, pos);
    texts.add(element.bytes, element.at, element.length);
    for (let skip = stride; skip > 0; skip--) pos = elementAfter(valueBytes, pos);
  }
};

const addList = (texts: Texts, db: Database, ref: number, first: number, count: number, backwards: boolean): void => {
  if (count === 0) return;
  listCursor.seek(db, ref, first);
  for (let left = count; left > 0; left--) {
    element.read(listCursor.buf, listCursor.pos);
    texts.add(element.bytes, element.at, element.length);
    if (backwards) listCursor.previous(db);
    else listCursor.next(db);
  }
};

const addTree = (texts: Texts, db: Database, ref: number, first: number, count: number, backwards: boolean): void => {
  treeCursor.seek(db.keyspace.arena, db.root(ref), backwards ? first + 1 : first);
  for (let left = count; left > 0; left--) addKey(texts, db, backwards ? treeCursor.previous() : treeCursor.next());
};

/**
 * Elements in the order of the collection, or backwards: of a list or sorted set the `count` from the `skipped`-th on, of
 * a set, which has no order, all of them.
 */
export const elementsOf = (db: Database, ref: number, skipped: number, count: number, backwards: boolean): Texts => {
  const texts = new Texts();
  const encoding = db.encoding(ref);
  switch (db.type(ref)) {
    case Type.Set:
      if (encoding === Encoding.IntSet) addIntset(texts, db, ref);
      else if (encoding === Encoding.HashTable) addTable(texts, db, db.root(ref));
      else addPacked(texts, db, ref, 1);
      return texts;
    case Type.List:
      addList(texts, db, ref, backwards ? listLength(db, ref) - 1 - skipped : skipped, count, backwards);
      return texts;
    default:
      break;
  }
  if (encoding === Encoding.SkipList) {
    const total = treeCount(db.keyspace.arena, db.root(ref));
    addTree(texts, db, ref, backwards ? total - 1 - skipped : skipped, count, backwards);
    return texts;
  }
  // Few enough to be read all.
  const all = new Texts();
  addPacked(all, db, ref, 2);
  for (let i = 0; i < count; i++) {
    const index = backwards ? all.argc - 1 - skipped - i : skipped + i;
    texts.add(all.buf, all.offset(index), all.length(index));
  }
  return texts;
};

// ── patterns ──────────────────────────────────────────────────────────────────────────────────────────────────────

const STAR = 0x2a;
const HASH_SIGN = 0x23;
const DASH = 0x2d;
const GREATER = 0x3e;

/** A pattern of BY or GET: `#`, or the name of a key with a `*` for the element, and perhaps `->` and a field. */
export class Pattern implements Arguments {
  /** `#`: the element itself. */
  readonly isElement: boolean;
  /** Whether it has a `*`. Redis looks for it up to the first NUL. */
  readonly hasStar: boolean;
  /** The key that the last look-up made. */
  buf: Uint8Array = new Uint8Array(0);
  private keyLength = 0;
  private readonly bytes: Uint8Array;
  private readonly star: number;
  /** Where the name of the key ends, and where the field begins; 0 = no field. */
  private readonly keyEnd: number;
  private readonly fieldAt: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const nul = bytes.indexOf(0);
    const end = nul < 0 ? bytes.length : nul;
    this.isElement = end === 1 && bytes[0] === HASH_SIGN;
    this.star = bytes.indexOf(STAR);
    this.hasStar = this.star >= 0 && this.star < end;
    let arrow = this.hasStar ? this.star + 1 : end;
    while (arrow < end && !(bytes[arrow] === DASH && bytes[arrow + 1] === GREATER)) arrow++;
    // An arrow with nothing behind it is part of the name.
    const hasField = arrow + 2 < end;
    this.keyEnd = hasField ? arrow : bytes.length;
    this.fieldAt = hasField ? arrow + 2 : 0;
  }

  offset(): number {
    return 0;
  }

  length(): number {
    return this.keyLength;
  }

  /** Adds to `target` what the pattern leads to from an element, or its absence. Reads keys as reading commands do. */
  lookUp(db: Database, texts: Texts, index: number, target: Texts): void {
    const at = texts.offset(index);
    const length = texts.length(index);
    if (this.isElement) {
      target.add(texts.buf, at, length);
      return;
    }
    if (!this.hasStar) {
      target.addAbsent();
      return;
    }
    this.substitute(texts.buf, at, length);
    const ref = db.findRead(this, 0);
    if (ref === MISSING || db.type(ref) !== (this.fieldAt === 0 ? Type.String : Type.Hash)) {
      target.addAbsent();
    } else if (this.fieldAt === 0) {
      db.loadValue(ref);
      target.add(db.valueBytes, db.valueAt, db.valueLength);
    } else if (getField(db, ref, this.bytes, this.fieldAt, this.bytes.length - this.fieldAt)) {
      target.add(fieldValue.bytes, fieldValue.at, fieldValue.length);
    } else {
      target.addAbsent();
    }
  }

  private substitute(bytes: Uint8Array, at: number, length: number): void {
    const { star, keyEnd } = this;
    this.keyLength = keyEnd - 1 + length;
    if (this.keyLength > this.buf.length) this.buf = new Uint8Array(this.keyLength * 2);
    copyBytes(this.bytes, 0, this.buf, 0, star);
    copyBytes(bytes, at, this.buf, star, length);
    copyBytes(this.bytes, star + 1, this.buf, star + length, keyEnd - star - 1);
  }
}
