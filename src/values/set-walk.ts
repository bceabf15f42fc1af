/**
 * Members of a set, one after the other, or by their position, whatever the encoding.
 *
 * In:     the entry of a set, or packed bytes. Out: a member as a view (`bytes`, `at`, `length`).
 * Memory: the view is a loan, good until the next member is loaded or the set changes; integers are written into room of
 *         our own.
 *
 * A position is an index in an intset, an offset from the start of a listpack, the ref of an element in a table.
 *
 * @since 0.2.0
 */
import type { Arena } from '../keyspace/arena.ts';
import type { Database } from '../keyspace/database.ts';
import { Encoding, HASH, KEY_OFFSET, META, NEXT, WIDE } from '../keyspace/entry.ts';
import { Int64 } from '../keyspace/int64.ts';
import { integerAt, intsetCount } from '../keyspace/intset.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { Element, elementAfter, firstElement, listpackBytes } from '../keyspace/listpack.ts';

const INTEGER_TEXT_BYTES_MAX = 20;
const NO_BYTES = new Uint8Array(0);

const element = new Element();

/** One member as a range of bytes. */
export class Member {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  length = 0;
  position = 0;
  /** Whether it comes from an intset: then it is in `integer`, too. */
  isInteger = false;
  readonly integer = new Int64();
  /** Whether it comes from a table: then its hash is known. */
  isHashed = false;
  hash = 0;
  private readonly digits = new Uint8Array(INTEGER_TEXT_BYTES_MAX);

  /** Loads the integer at an index of the intset that begins at `start`. */
  loadInteger(bytes: Uint8Array, start: number, index: number): void {
    this.loadBareInteger(bytes, start, index);
    this.writeInteger();
  }

  /** As `loadInteger`, without the text. */
  protected loadBareInteger(bytes: Uint8Array, start: number, index: number): void {
    integerAt(bytes, start, index, this.integer);
    this.position = index;
    this.isInteger = true;
    this.isHashed = false;
  }

  /** Makes the view the text of `integer`. */
  writeInteger(): void {
    this.bytes = this.digits;
    this.at = 0;
    this.length = this.integer.write(this.digits, 0);
  }

  /** Loads the element at an offset from the start of a listpack. */
  loadPacked(bytes: Uint8Array, start: number, offset: number): void {
    element.read(bytes, start + offset);
    this.length = element.length;
    this.position = offset;
    this.isInteger = false;
    this.isHashed = false;
    if (!element.isInteger) {
      this.bytes = element.bytes;
      this.at = element.at;
      return;
    }
    // Several members are in use at the same time, and there is but one `element`.
    this.bytes = this.digits;
    this.at = 0;
    for (let i = 0; i < this.length; i++) this.digits[i] = element.bytes[element.at + i];
  }

  /** Loads an element of a table. */
  loadElement(arena: Arena, ref: number): void {
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    this.bytes = arena.bytes[ref >>> 16];
    this.at = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7];
    this.length = (meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255;
    this.position = ref;
    this.isInteger = false;
    this.isHashed = true;
    this.hash = words[at + HASH];
  }

  /** Loads the member of a set at a position that a walk gave. */
  load(db: Database, ref: number, position: number): void {
    const encoding = db.encoding(ref);
    if (encoding === Encoding.HashTable) {
      this.loadElement(db.keyspace.arena, position);
      return;
    }
    db.loadValue(ref);
    if (encoding === Encoding.IntSet) this.loadInteger(db.valueBytes, db.valueAt, position);
    else this.loadPacked(db.valueBytes, db.valueAt, position);
  }
}

/** A walk over all members of a set, which must not change meanwhile. It is the view of the member it stands at. */
export class SetWalk extends Member {
  private encoding = Encoding.IntSet;
  private source: Uint8Array = NO_BYTES;
  private start = 0;
  private next = 0;
  private end = 0;
  private keyspace: Keyspace | undefined = undefined;
  private header = 0;
  private chain = 0;

  /** Begins a walk over the set of an entry. */
  over(db: Database, ref: number): this {
    const encoding = db.encoding(ref);
    if (encoding === Encoding.HashTable) return this.overTable(db.keyspace, db.root(ref));
    db.loadValue(ref);
    return this.overPacked(encoding, db.valueBytes, db.valueAt);
  }

  overPacked(encoding: Encoding, bytes: Uint8Array, at: number): this {
    this.encoding = encoding;
    this.source = bytes;
    this.start = at;
    if (encoding === Encoding.IntSet) {
      this.next = 0;
      this.end = intsetCount(bytes, at);
    } else {
      this.next = firstElement(0);
      this.end = listpackBytes(bytes, at) - 1;
    }
    return this;
  }

  overTable(keyspace: Keyspace, header: number): this {
    this.encoding = Encoding.HashTable;
    this.keyspace = keyspace;
    this.header = header;
    this.next = 0;
    this.end = keyspace.dict.bucketCount(header);
    this.chain = 0;
    return this;
  }

  /** As `step`, but of an integer there is no text before `writeInteger` is called. */
  stepBare(): boolean {
    if (this.encoding !== Encoding.IntSet) return this.step();
    if (this.next === this.end) return false;
    this.loadBareInteger(this.source, this.start, this.next++);
    return true;
  }

  /** Loads the next member; false when there is none. */
  step(): boolean {
    if (this.encoding === Encoding.HashTable) return this.stepTable();
    if (this.next === this.end) return false;
    if (this.encoding === Encoding.IntSet) {
      this.loadInteger(this.source, this.start, this.next++);
    } else {
      this.loadPacked(this.source, this.start, this.next);
      this.next = elementAfter(this.source, this.start + this.next) - this.start;
    }
    return true;
  }

  private stepTable(): boolean {
    const { keyspace } = this;
    if (keyspace === undefined) return false;
    const { arena, dict } = keyspace;
    let ref = this.chain;
    while (ref === 0) {
      if (this.next === this.end) return false;
      ref = dict.firstInBucket(this.header, this.next++);
    }
    this.chain = arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
    this.loadElement(arena, ref);
    return true;
  }
}
