/**
 * Hashes: fields with values, whatever form they are kept in.
 *
 *   listpack    field, value, field, value, ... in the value bytes of the entry, in the order in which they came
 *   hashtable   a dictionary of elements, the value of a field behind the field
 *
 * A small hash is a listpack until it has more than `hash-max-listpack-entries` fields, or a field or value of more than
 * `hash-max-listpack-value` bytes; it never goes back.
 *
 * In:     a database, the ref of the hash's entry, and texts as ranges of bytes that do not lie in the arena.
 * Out:    refs; texts as views, good until the next change or the next call.
 * Memory: the entry's; beside it a scratch in which a new hash is packed.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, NEXT, Type } from '../keyspace/entry.ts';
import {
  Element,
  elementAfter,
  findElement,
  firstElement,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackCount,
  seekElement,
  storedBytes,
  writeElement,
  writeListpackHeader,
} from '../keyspace/listpack.ts';

/** Redis keeps no listpack that is longer, whatever its limits allow. */
const LISTPACK_BYTES_MAX = 2 ** 30;

/** The field and the value that were looked up, drawn or walked to last. */
export const field = new Element();
export const value = new Element();

/** Whether the last `setField` added the field. */
export let fieldIsNew = false;

const loadElement = (db: Database, element: number): void => {
  db.loadKey(element);
  field.bytes = db.keyBytes;
  field.at = db.keyAt;
  field.length = db.keyLength;
  loadElementValue(db, element);
};

const loadElementValue = (db: Database, element: number): void => {
  db.loadValue(element);
  value.bytes = db.valueBytes;
  value.at = db.valueAt;
  value.length = db.valueLength;
};

/** Position of a field in the loaded listpack, or -1. */
const findPacked = (db: Database, bytes: Uint8Array, at: number, length: number): number => {
  const { valueBytes, valueAt, valueLength } = db;
  return findElement(valueBytes, firstElement(valueAt), valueAt + valueLength - 1, bytes, at, length, 2);
};

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** How many fields there are. */
export const hashLength = (db: Database, ref: number): number => {
  if (db.encoding(ref) === Encoding.HashTable) return db.keyspace.dict.count(db.root(ref));
  db.loadValue(ref);
  return listpackCount(db.valueBytes, db.valueAt) >>> 1;
};

/** Whether the hash has a field, whose value is loaded into `value` then. */
export const getField = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): boolean => {
  if (db.encoding(ref) === Encoding.HashTable) {
    const { dict } = db.keyspace;
    const element = dict.find(db.root(ref), dict.hash(bytes, at, length), bytes, at, length);
    if (element === MISSING) return false;
    loadElementValue(db, element);
    return true;
  }
  db.loadValue(ref);
  const pos = findPacked(db, bytes, at, length);
  if (pos < 0) return false;
  value.read(db.valueBytes, elementAfter(db.valueBytes, pos));
  return true;
};

/** A walk over all fields, which must not change meanwhile; `next` loads `field` and `value`. */
export class HashWalk {
  private db: Database | undefined = undefined;
  private isPacked = false;
  private bytes: Uint8Array = new Uint8Array(0);
  private pos = 0;
  private end = 0;
  private header = 0;
  private bucket = 0;
  private element = 0;

  start(db: Database, ref: number): this {
    this.db = db;
    this.isPacked = db.encoding(ref) !== Encoding.HashTable;
    if (this.isPacked) {
      db.loadValue(ref);
      this.bytes = db.valueBytes;
      this.pos = firstElement(db.valueAt);
      this.end = db.valueAt + db.valueLength - 1;
    } else {
      this.header = db.root(ref);
      this.bucket = 0;
      this.end = db.keyspace.dict.bucketCount(this.header);
      this.element = 0;
    }
    return this;
  }

  /** False at the end. */
  next(): boolean {
    const { db } = this;
    if (db === undefined) return false;
    if (this.isPacked) {
      if (this.pos >= this.end) return false;
      field.read(this.bytes, this.pos);
      const valuePos = elementAfter(this.bytes, this.pos);
      value.read(this.bytes, valuePos);
      this.pos = elementAfter(this.bytes, valuePos);
      return true;
    }
    const { dict, arena } = db.keyspace;
    let { element } = this;
    if (element !== 0) element = arena.words[element >>> 16][((element & 0xffff) << 2) + NEXT];
    while (element === 0) {
      if (this.bucket === this.end) return false;
      element = dict.firstInBucket(this.header, this.bucket++);
    }
    this.element = element;
    loadElement(db, element);
    return true;
  }
}

/** Draws a field, each with the same chance, and loads `field` and `value`. `length` is `hashLength`. */
export const sampleField = (db: Database, ref: number, length: number, random: () => number): void => {
  if (db.encoding(ref) === Encoding.HashTable) {
    loadElement(db, db.keyspace.dict.sampleFairly(db.root(ref), random));
    return;
  }
  db.loadValue(ref);
  const { valueBytes, valueAt, valueLength } = db;
  const index = Math.floor(random() * length) * 2;
  const pos = seekElement(valueBytes, firstElement(valueAt), valueAt + valueLength - 1, length * 2, index);
  field.read(valueBytes, pos);
  value.read(valueBytes, elementAfter(valueBytes, pos));
};

// ── changing ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Puts the fields of a listpack, which the dictionary may not have yet, into a dictionary. False at a double one. */
export const unpackInto = (db: Database, header: number, bytes: Uint8Array, at: number, length: number): boolean => {
  const { dict, elements } = db.keyspace;
  const end = at + length - 1;
  for (let pos = firstElement(at); pos < end; ) {
    field.read(bytes, pos);
    const valuePos = elementAfter(bytes, pos);
    pos = elementAfter(bytes, valuePos);
    const hash = dict.hash(field.bytes, field.at, field.length);
    if (dict.find(header, hash, field.bytes, field.at, field.length) !== MISSING) return false;
    value.read(bytes, valuePos);
    const element = elements.create(header, hash, field.bytes, field.at, field.length, value.length);
    db.loadValue(element);
    copyBytes(value.bytes, value.at, db.valueBytes, db.valueAt, value.length);
  }
  return true;
};

/** Puts a packed hash into a table. Returns the entry, which may have moved. */
const unpack = (db: Database, ref: number): number => {
  const header = db.keyspace.dict.create();
  db.loadValue(ref);
  // The views stay good: memory is only taken until the table is complete.
  unpackInto(db, header, db.valueBytes, db.valueAt, db.valueLength);
  return db.enlarge(ref, Encoding.HashTable, header);
};

/**
 * Puts a packed hash into a table where what is about to come asks for it: `pairs` pairs, a text of `bytesMax` bytes, and
 * `bytesTotal` bytes in all. Returns the entry, which may have moved.
 */
export const makeFit = (db: Database, ref: number, pairs: number, bytesMax: number, bytesTotal: number): number => {
  if (db.encoding(ref) === Encoding.HashTable) return ref;
  const { limits } = db.keyspace;
  if (pairs <= limits.hashEntries && bytesMax <= limits.hashValueBytes) {
    db.loadValue(ref);
    if (db.valueLength + bytesTotal <= LISTPACK_BYTES_MAX) return ref;
  }
  return unpack(db, ref);
};

const setPacked = (
  db: Database,
  ref: number,
  fieldBytes: Uint8Array,
  fieldAt: number,
  fieldLength: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  db.loadValue(ref);
  const pos = findPacked(db, fieldBytes, fieldAt, fieldLength);
  const wanted = storedBytes(bytes, at, length);
  fieldIsNew = pos < 0;
  if (pos >= 0) {
    const valuePos = elementAfter(db.valueBytes, pos);
    const taken = elementAfter(db.valueBytes, valuePos) - valuePos;
    const position = valuePos - db.valueAt;
    let target = ref;
    if (taken === wanted) db.preserve(ref);
    else target = db.splice(ref, position, taken, wanted, 0);
    writeElement(db.valueBytes, db.valueAt + position, bytes, at, length);
    return target;
  }
  const position = db.valueLength - 1;
  const fieldWanted = storedBytes(fieldBytes, fieldAt, fieldLength);
  const target = db.splice(ref, position, 0, fieldWanted + wanted, 2);
  const valuePos = writeElement(db.valueBytes, db.valueAt + position, fieldBytes, fieldAt, fieldLength);
  writeElement(db.valueBytes, valuePos, bytes, at, length);
  const count = listpackCount(db.valueBytes, db.valueAt) >>> 1;
  return count > db.keyspace.limits.hashEntries ? unpack(db, target) : target;
};

/**
 * Gives a field a value, and says in `fieldIsNew` whether there was none. `makeFit` has been asked before. Returns the
 * entry, which may have moved.
 */
export const setField = (
  db: Database,
  ref: number,
  fieldBytes: Uint8Array,
  fieldAt: number,
  fieldLength: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  if (db.encoding(ref) !== Encoding.HashTable) {
    return setPacked(db, ref, fieldBytes, fieldAt, fieldLength, bytes, at, length);
  }
  db.preserve(ref);
  const { keyspace } = db;
  const { dict, elements } = keyspace;
  const root = db.root(ref);
  const hash = dict.hash(fieldBytes, fieldAt, fieldLength);
  let element = dict.find(root, hash, fieldBytes, fieldAt, fieldLength);
  fieldIsNew = element === MISSING;
  if (fieldIsNew) {
    element = elements.create(root, hash, fieldBytes, fieldAt, fieldLength, length);
    db.loadValue(element);
  } else {
    db.loadValue(element);
    if (db.valueLength === length) keyspace.preserveElement(root, element);
    else db.loadValue(elements.resizeValue(root, root, element, length));
  }
  copyBytes(bytes, at, db.valueBytes, db.valueAt, length);
  return ref;
};

/** What `deleteField` found. */
export enum Deleted {
  /** No such field. */
  Nothing = 0,
  Field = 1,
  /** The field was the last one, so the key went with it. */
  Key = 2,
}

/** The entry after the last `deleteField`; it may have moved. */
export let entryLeft = 0;

/** Deletes a field; a hash without fields does not exist. */
export const deleteField = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): Deleted => {
  entryLeft = ref;
  const { keyspace } = db;
  if (db.encoding(ref) === Encoding.HashTable) {
    const { dict } = keyspace;
    const root = db.root(ref);
    const element = dict.find(root, dict.hash(bytes, at, length), bytes, at, length);
    if (element === MISSING) return Deleted.Nothing;
    if (dict.count(root) === 1) {
      db.remove(ref);
      return Deleted.Key;
    }
    db.preserve(ref);
    keyspace.elements.remove(root, root, element);
    return Deleted.Field;
  }
  db.loadValue(ref);
  const pos = findPacked(db, bytes, at, length);
  if (pos < 0) return Deleted.Nothing;
  const { valueBytes, valueAt } = db;
  if (listpackCount(valueBytes, valueAt) === 2) {
    db.remove(ref);
    return Deleted.Key;
  }
  const after = elementAfter(valueBytes, elementAfter(valueBytes, pos));
  entryLeft = db.splice(ref, pos - valueAt, after - pos, 0, -2);
  return Deleted.Field;
};

// ── creating ──────────────────────────────────────────────────────────────────────────────────────────────────────

const SCRATCH_BYTES = 1024;
const SCRATCH_KEPT_BYTES_MAX = 256 * 1024;

/** A listpack that is being put together from pairs, for a hash that does not exist yet. */
export class HashBuilder {
  private buf: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  private end = LISTPACK_HEADER_BYTES;
  private fields = 0;

  begin(): void {
    this.end = LISTPACK_HEADER_BYTES;
    this.fields = 0;
    if (this.buf.length > SCRATCH_KEPT_BYTES_MAX) this.buf = new Uint8Array(SCRATCH_BYTES);
  }

  /** Gives a field a value, instead of the one that it has; true when it had none. */
  set(
    fieldBytes: Uint8Array,
    fieldAt: number,
    fieldLength: number,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): boolean {
    const wanted = storedBytes(bytes, at, length);
    const pos = findElement(this.buf, LISTPACK_HEADER_BYTES, this.end, fieldBytes, fieldAt, fieldLength, 2);
    if (pos < 0) {
      this.reserve(storedBytes(fieldBytes, fieldAt, fieldLength) + wanted);
      const valuePos = writeElement(this.buf, this.end, fieldBytes, fieldAt, fieldLength);
      this.end = writeElement(this.buf, valuePos, bytes, at, length);
      this.fields++;
      return true;
    }
    const valuePos = elementAfter(this.buf, pos);
    const after = elementAfter(this.buf, valuePos);
    this.reserve(wanted);
    this.buf.copyWithin(valuePos + wanted, after, this.end);
    writeElement(this.buf, valuePos, bytes, at, length);
    this.end += valuePos + wanted - after;
    return false;
  }

  /** Adds the missing key and returns its entry. */
  finish(db: Database, key: Uint8Array, keyAt: number, keyLength: number, expires = false): number {
    const total = this.end + 1;
    this.buf[this.end] = LISTPACK_END;
    writeListpackHeader(this.buf, 0, total, this.fields * 2);
    return createPackedHash(db, key, keyAt, keyLength, this.buf, 0, total, expires);
  }

  /** Puts what was set into a dictionary. */
  unpackInto(db: Database, header: number): void {
    unpackInto(db, header, this.buf, 0, this.end + 1);
  }

  get length(): number {
    return this.fields;
  }

  private reserve(bytes: number): void {
    const needed = this.end + bytes + (LISTPACK_EMPTY_BYTES - LISTPACK_HEADER_BYTES);
    if (needed <= this.buf.length) return;
    const wider = new Uint8Array(Math.max(needed, this.buf.length * 2));
    wider.set(this.buf.subarray(0, this.end));
    this.buf = wider;
  }
}

/** Adds a missing key with a hash that is packed already. */
export const createPackedHash = (
  db: Database,
  key: Uint8Array,
  keyAt: number,
  keyLength: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  expires: boolean,
): number => {
  const ref = db.create(key, keyAt, keyLength, length, Type.Hash, Encoding.ListPack, expires);
  copyBytes(bytes, at, db.valueBytes, db.valueAt, length);
  return ref;
};

/** Adds a missing key with a table of no fields, which has to get some at once. */
export const createHashTable = (db: Database, key: Uint8Array, keyAt: number, keyLength: number): number =>
  db.createCollection(key, keyAt, keyLength, Type.Hash, Encoding.HashTable, db.keyspace.dict.create());
