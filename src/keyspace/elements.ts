/**
 * Elements: the entries of large hashes, sets and sorted sets, each linked in the dictionary of its value.
 *
 * In:  bytes, and the ref of the value's root and of its dictionary (for hashes and sets they are the same).
 * Out: refs of elements. `Database.loadKey` reads the field or member of one, `Database.loadValue` the value of a field.
 *
 * An element is laid out as entry.ts draws it, with the value of a field behind the field. The scored element of a sorted
 * set has EXPIRES and EXTERNAL set, which here have none of their usual meanings but move the key behind 8 more bytes:
 *
 *   narrow   bytes 16-23 score (float64), then the member
 *   wide     words 4, 5 lengths, bytes 24-31 score, then the member
 *
 * Bits 24-31 of the access word are the snapshot epoch, as in a key's entry.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import type { Arena } from './arena.ts';
import type { Dict } from './dict.ts';
import {
  ACCESS,
  EXPIRES,
  EXTERNAL,
  externalWord,
  HASH,
  KEY_OFFSET,
  META,
  NARROW_BYTES_MAX,
  NEXT,
  WIDE,
} from './entry.ts';
import type { Keyspace } from './keyspace.ts';

const SCORED = EXPIRES | EXTERNAL;
/** Longer values lie in a block of their own. */
const INLINE_VALUE_BYTES_MAX = 2048;

export class Elements {
  private readonly keyspace: Keyspace;
  private readonly arena: Arena;
  private readonly dict: Dict;

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
    this.arena = keyspace.arena;
    this.dict = keyspace.dict;
  }

  /** Adds an element with room for a value of `valueLength` bytes, which is still undefined. */
  create(header: number, hash: number, bytes: Uint8Array, offset: number, length: number, valueLength: number): number {
    const ref = this.allocate(hash, bytes, offset, length, valueLength);
    this.dict.link(header, ref);
    return ref;
  }

  /** Adds the element of a sorted set to its dictionary; the tree is the caller's. */
  createScored(header: number, hash: number, bytes: Uint8Array, offset: number, length: number, score: number): number {
    const { arena } = this;
    const wide = length > NARROW_BYTES_MAX;
    const meta = wide ? SCORED | WIDE : SCORED | (length << 16);
    const keyOffset = wide ? 32 : 24;
    const ref = arena.allocate(keyOffset + length);
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + HASH] = hash;
    words[at + ACCESS] = this.keyspace.epoch << 24;
    words[at + META] = meta;
    if (wide) {
      words[at + 4] = length;
      words[at + 5] = 0;
    }
    arena.doubles[ref >>> 16][(at + keyOffset / 4 - 2) >>> 1] = score;
    copyBytes(bytes, offset, arena.bytes[ref >>> 16], (at << 2) + keyOffset, length);
    this.dict.link(header, ref);
    return ref;
  }

  score(ref: number): number {
    const page = ref >>> 16;
    const at = (ref & 0xffff) << 2;
    const wide = (this.arena.words[page][at + META] & WIDE) !== 0;
    return this.arena.doubles[page][(at + (wide ? 6 : 4)) >>> 1];
  }

  /** Changes a score in place; the tree is the caller's. */
  setScore(root: number, ref: number, score: number): void {
    this.keyspace.preserveElement(root, ref);
    const page = ref >>> 16;
    const at = (ref & 0xffff) << 2;
    const wide = (this.arena.words[page][at + META] & WIDE) !== 0;
    this.arena.doubles[page][(at + (wide ? 6 : 4)) >>> 1] = score;
  }

  /** Makes room for a value of another length, whose bytes are undefined; the element may move. */
  resizeValue(root: number, header: number, ref: number, valueLength: number): number {
    this.keyspace.preserveElement(root, ref);
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    const wide = (meta & WIDE) !== 0;
    const keyLength = wide ? words[at + 4] : (meta >>> 16) & 255;
    const keyOffset = KEY_OFFSET[(meta >>> 8) & 7];
    if ((meta & EXTERNAL) !== 0) {
      const room = arena.capacity(words[at + externalWord(meta)]);
      if (valueLength <= room && valueLength > room >>> 2 && valueLength > INLINE_VALUE_BYTES_MAX) {
        words[at + 5] = valueLength;
        return ref;
      }
    } else if (wide || valueLength <= NARROW_BYTES_MAX) {
      const room = arena.capacity(ref) - keyOffset - keyLength;
      if (valueLength <= room && (valueLength >= room >>> 1 || room <= 64)) {
        if (wide) words[at + 5] = valueLength;
        else words[at + META] = (meta & 0x00ffffff) | (valueLength << 24);
        return ref;
      }
    }
    const moved = this.allocate(
      words[at + HASH],
      arena.bytes[ref >>> 16],
      (at << 2) + keyOffset,
      keyLength,
      valueLength,
    );
    arena.words[moved >>> 16][((moved & 0xffff) << 2) + NEXT] = words[at + NEXT];
    this.dict.replace(header, ref, moved);
    this.free(ref);
    return moved;
  }

  /** Takes an element out of its dictionary and frees it. */
  remove(root: number, header: number, ref: number): void {
    this.keyspace.preserveElement(root, ref);
    this.dict.unlink(header, ref);
    this.free(ref);
  }

  /** A copy of an element in another dictionary; its score or value is copied too. */
  copy(header: number, ref: number): number {
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    const wide = (meta & WIDE) !== 0;
    const keyLength = wide ? words[at + 4] : (meta >>> 16) & 255;
    const keyAt = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7];
    const page = arena.bytes[ref >>> 16];
    if ((meta & SCORED) === SCORED) {
      return this.createScored(header, words[at + HASH], page, keyAt, keyLength, this.score(ref));
    }
    const valueLength = wide ? words[at + 5] : meta >>> 24;
    const copy = this.create(header, words[at + HASH], page, keyAt, keyLength, valueLength);
    const { lens } = this.keyspace;
    lens.loadValue(ref);
    const { valueBytes, valueAt } = lens;
    lens.loadValue(copy);
    copyBytes(valueBytes, valueAt, lens.valueBytes, lens.valueAt, valueLength);
    return copy;
  }

  /** Frees an element that no dictionary links any more. */
  readonly free = (ref: number): void => {
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & SCORED) === EXTERNAL) arena.free(words[at + externalWord(meta)]);
    arena.free(ref);
  };

  /** Bytes an element takes in the arena. */
  memoryBytes(ref: number): number {
    const { arena } = this;
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    const own = arena.capacity(ref);
    return (meta & SCORED) === EXTERNAL ? own + arena.capacity(words[at + externalWord(meta)]) : own;
  }

  private allocate(hash: number, bytes: Uint8Array, offset: number, length: number, valueLength: number): number {
    const { arena } = this;
    const external = valueLength > INLINE_VALUE_BYTES_MAX;
    const wide = external || length > NARROW_BYTES_MAX || valueLength > NARROW_BYTES_MAX;
    let meta = 0;
    if (wide) meta |= WIDE;
    else meta |= (length << 16) | (valueLength << 24);
    if (external) meta |= EXTERNAL;
    const keyOffset = KEY_OFFSET[(meta >>> 8) & 7];
    const block = external ? arena.allocate(valueLength) : 0;
    const ref = arena.allocate(keyOffset + length + (external ? 0 : valueLength));
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + HASH] = hash;
    words[at + ACCESS] = this.keyspace.epoch << 24;
    words[at + META] = meta;
    if (wide) {
      words[at + 4] = length;
      words[at + 5] = valueLength;
    }
    if (external) words[at + externalWord(meta)] = block;
    copyBytes(bytes, offset, arena.bytes[ref >>> 16], (at << 2) + keyOffset, length);
    return ref;
  }
}
