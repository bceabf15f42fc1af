/**
 * One database: a dictionary of entries and the index of those that expire.
 *
 * In:  keys and values as bytes. Out: refs of entries, valid until the next change of the same database.
 * All changes of the keyspace pass through here, which is where a running snapshot is told first (`preserve`).
 *
 * Reading a value or a key loads a view (`valueBytes`, `valueAt`, `valueLength`) that is good until the next change;
 * it is a way to return three things without an allocation.
 *
 * @since 0.1.0
 */

import { copyBytes } from '../bytes.ts';
import type { Arena } from './arena.ts';
import { sameBytes } from './dict.ts';
import {
  ACCESS,
  type Encoding,
  EXPIRES,
  EXTERNAL,
  encodingOf,
  expiresWord,
  externalWord,
  HASH,
  KEY_OFFSET,
  META,
  NARROW_BYTES_MAX,
  NEXT,
  Type,
  typeOf,
  WIDE,
} from './entry.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { KeyEventClass } from './key-events.ts';
import type { Keyspace } from './keyspace.ts';
import { copyLarge, isLarge, largeMemoryBytes } from './large.ts';

/** What a command view looks like from here: its arguments as ranges of one buffer. */
export interface Arguments {
  readonly buf: Uint8Array;
  offset(index: number): number;
  length(index: number): number;
}

/** No entry under this key. */
export const MISSING = 0;
/** No expiry. */
export const NO_EXPIRY = -1;

/** Longer values lie in a block of their own, so that changing them does not move the key. */
const INLINE_VALUE_BYTES_MAX = 2048;
/** Growing values get as much room again, up to this much more (as Redis' sds does). */
const SLACK_BYTES_MAX = 1024 * 1024;

/** Type and layout of an entry: a string in its narrow form with no room for an expiry has none of these bits. */
const PLAIN_MASK = 15 | EXPIRES | WIDE | EXTERNAL;
/** Tails of packed values up to this length are moved byte by byte. */
const MOVED_BYTES_MAX = 64;
/** Where the header of a listpack counts its elements; this many stand for "not known". */
const COUNT_AT = 4;
const COUNT_UNKNOWN = 65535;
const MOVED_META = 0xff; // type and encoding survive a move, the layout bits do not

/** Room for a packed collection: it rarely stays as it is, and a sixteenth costs little. */
const packedRoom = (valueLength: number): number => valueLength + (valueLength >>> 4);

/** What a flushed database leaves behind for the reclaimer and for a snapshot that still walks it. */
export interface Detached {
  readonly header: number;
  readonly expiries: ExpiryIndex;
}

export class Database {
  /** 0-based number; SWAPDB exchanges contents, never numbers. */
  readonly index: number;
  readonly keyspace: Keyspace;
  /** Ref of the dictionary's header. */
  header: number;
  expiries: ExpiryIndex;

  valueBytes: Uint8Array;
  valueAt = 0;
  valueLength = 0;
  keyBytes: Uint8Array;
  keyAt = 0;
  keyLength = 0;

  private readonly arena: Arena;
  /** The entry that was found last, MISSING when it has gone, and the last byte of its key, which tells most others apart. */
  private recent = MISSING;
  private recentLastByte = 0;

  constructor(keyspace: Keyspace, index: number) {
    this.keyspace = keyspace;
    this.index = index;
    this.arena = keyspace.arena;
    this.header = keyspace.dict.create();
    this.expiries = new ExpiryIndex(keyspace.arena);
    this.valueBytes = keyspace.arena.bytes[0];
    this.keyBytes = keyspace.arena.bytes[0];
  }

  get size(): number {
    return this.keyspace.dict.count(this.header);
  }

  // ── looking up ────────────────────────────────────────────────────────────────────────────────────────────────

  /** The entry of a key that has not expired, or MISSING. Counts nothing and touches nothing. */
  findKey(bytes: Uint8Array, offset: number, length: number): number {
    const { dict } = this.keyspace;
    const ref = dict.find(this.header, dict.hash(bytes, offset, length), bytes, offset, length);
    if (ref === MISSING) return MISSING;
    return (this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + META] & EXPIRES) !== 0 && this.expireIfDue(ref)
      ? MISSING
      : ref;
  }

  find(args: Arguments, index: number): number {
    return this.findKey(args.buf, args.offset(index), args.length(index));
  }

  /** For reading commands: counts a hit or a miss and notes the access. */
  findRead(args: Arguments, index: number): number {
    const ref = this.findKey(args.buf, args.offset(index), args.length(index));
    if (ref === MISSING) {
      this.keyspace.misses++;
      this.notify(KeyEventClass.KeyMiss, 'keymiss', args, index);
      return MISSING;
    }
    this.keyspace.hits++;
    this.noteAccess(ref);
    return ref;
  }

  /** For commands that ask about a key without using it: counts a hit or a miss, touches nothing. */
  findQuietly(args: Arguments, index: number): number {
    const ref = this.findKey(args.buf, args.offset(index), args.length(index));
    if (ref === MISSING) {
      this.keyspace.misses++;
      this.notify(KeyEventClass.KeyMiss, 'keymiss', args, index);
    } else this.keyspace.hits++;
    return ref;
  }

  /** For writing commands: notes the access. */
  findWrite(args: Arguments, index: number): number {
    const ref = this.findKey(args.buf, args.offset(index), args.length(index));
    if (ref !== MISSING) this.noteAccess(ref);
    return ref;
  }

  /**
   * As `findWrite`, for commands that change a collection: who uses one uses it again, often in the next command, and then
   * there is nothing to hash. (For strings the look at the last key would cost more than it saves.)
   */
  findCollection(args: Arguments, index: number): number {
    const bytes = args.buf;
    const offset = args.offset(index);
    const length = args.length(index);
    const lastByte = length === 0 ? 0 : bytes[offset + length - 1];
    let ref = this.recent;
    if (ref === MISSING || lastByte !== this.recentLastByte || !this.hasKey(ref, bytes, offset, length)) {
      ref = this.findKey(bytes, offset, length);
      if (ref === MISSING) return MISSING;
      this.recent = ref;
      this.recentLastByte = lastByte;
    } else if ((this.meta(ref) & EXPIRES) !== 0 && this.expireIfDue(ref)) {
      return MISSING;
    }
    this.noteAccess(ref);
    return ref;
  }

  // ── reading an entry ──────────────────────────────────────────────────────────────────────────────────────────

  meta(ref: number): number {
    return this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + META];
  }

  type(ref: number): Type {
    return typeOf(this.meta(ref));
  }

  encoding(ref: number): Encoding {
    return encodingOf(this.meta(ref));
  }

  /** The LRU clock or LFU counter, 24 bits. */
  access(ref: number): number {
    return this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + ACCESS] & 0xffffff;
  }

  setAccess(ref: number, access: number): void {
    const words = this.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    words[at] = (words[at] & 0xff000000) | (access & 0xffffff);
  }

  /** When the key expires in ms since 1970, or NO_EXPIRY. */
  expireAtMs(ref: number): number {
    const position = this.expiryPosition(ref);
    return position < 0 ? NO_EXPIRY : this.expiries.timeAt(position);
  }

  /** Loads the key of an entry into `keyBytes`, `keyAt`, `keyLength`. */
  loadKey(ref: number): void {
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    this.keyBytes = this.arena.bytes[ref >>> 16];
    this.keyAt = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7];
    this.keyLength = (meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255;
  }

  /** Loads the value bytes of an entry into `valueBytes`, `valueAt`, `valueLength`. */
  loadValue(ref: number): void {
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & WIDE) === 0) {
      this.valueBytes = this.arena.bytes[ref >>> 16];
      this.valueAt = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7] + ((meta >>> 16) & 255);
      this.valueLength = meta >>> 24;
      return;
    }
    this.valueLength = words[at + 5];
    if ((meta & EXTERNAL) !== 0) {
      const block = words[at + externalWord(meta)];
      this.valueBytes = this.arena.bytes[block >>> 16];
      this.valueAt = (block & 0xffff) << 4;
    } else {
      this.valueBytes = this.arena.bytes[ref >>> 16];
      this.valueAt = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7] + words[at + 4];
    }
  }

  /** Ref of the root of a large value. */
  root(ref: number): number {
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    return words[at + externalWord(words[at + META])];
  }

  /**
   * Bytes the entry occupies in the arena, its value included; of a large value as much as `samples` of its elements let
   * expect, 0 = all of them.
   */
  memoryBytes(ref: number, samples = 0): number {
    const own = this.arena.capacity(ref);
    const meta = this.meta(ref);
    if ((meta & EXTERNAL) === 0) return own;
    const block = this.root(ref);
    const encoding = encodingOf(meta);
    if (isLarge(encoding)) return own + largeMemoryBytes(this.keyspace, encoding, block, samples);
    return own + this.arena.capacity(block);
  }

  // ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells of a change of the key in an argument, where somebody listens to this class of events. */
  notify(eventClass: KeyEventClass, name: string, args: Arguments, index: number): void {
    const { keyEvents } = this.keyspace;
    if ((keyEvents.flags & eventClass) === 0) return;
    keyEvents.emit(eventClass, name, this.index, args.buf, args.offset(index), args.length(index));
  }

  /** Tells of a change of a key given by its bytes. */
  notifyKey(eventClass: KeyEventClass, name: string, bytes: Uint8Array, at: number, length: number): void {
    const { keyEvents } = this.keyspace;
    if ((keyEvents.flags & eventClass) !== 0) keyEvents.emit(eventClass, name, this.index, bytes, at, length);
  }

  // ── changing ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Adds a missing key with room for a value of `valueLength` bytes, loads the value view, returns the entry. */
  create(
    bytes: Uint8Array,
    offset: number,
    length: number,
    valueLength: number,
    type: Type,
    encoding: Encoding,
    expires = false,
  ): number {
    const { dict } = this.keyspace;
    const room = type === Type.String ? valueLength : packedRoom(valueLength);
    const ref = this.allocate(bytes, offset, length, valueLength, room, type | (encoding << 4), expires);
    this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + HASH] = dict.hash(bytes, offset, length);
    dict.link(this.header, ref);
    this.linked(ref, bytes, offset, length);
    this.loadValue(ref);
    return ref;
  }

  /** Adds a missing key with a large value, which is given by its root. */
  createCollection(
    bytes: Uint8Array,
    offset: number,
    length: number,
    type: Type,
    encoding: Encoding,
    root: number,
    expires = false,
  ): number {
    const { dict } = this.keyspace;
    const ref = this.allocateAround(bytes, offset, length, root, type | (encoding << 4), expires);
    this.arena.words[ref >>> 16][((ref & 0xffff) << 2) + HASH] = dict.hash(bytes, offset, length);
    dict.link(this.header, ref);
    this.linked(ref, bytes, offset, length);
    return ref;
  }

  /**
   * Puts a large value, given by its root, in the place of a packed one that has the same elements: who watches the key
   * is told of what follows, not of this. Returns the entry, which may have moved.
   */
  enlarge(ref: number, encoding: Encoding, root: number): number {
    if (this.keyspace.walker !== undefined) this.keepForSnapshot(ref);
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & EXTERNAL) !== 0) {
      const blockAt = at + externalWord(meta);
      this.arena.free(words[blockAt]);
      words[blockAt] = root;
      words[at + 5] = 0;
      words[at + META] = (meta & ~0xf0) | (encoding << 4);
      return ref;
    }
    this.loadKey(ref);
    const expires = this.expiryPosition(ref) >= 0;
    const typeAndEncoding = typeOf(meta) | (encoding << 4);
    const moved = this.allocateAround(this.keyBytes, this.keyAt, this.keyLength, root, typeAndEncoding, expires);
    this.substitute(ref, moved);
    this.arena.free(ref);
    return moved;
  }

  /**
   * Puts a packed value of `valueLength` bytes, still undefined, in the place of a large one, whose root is given up.
   * Loads the value view and returns the entry, which has moved.
   */
  pack(ref: number, encoding: Encoding, valueLength: number): number {
    this.preserve(ref);
    return this.relocate(ref, valueLength, encoding, false, false);
  }

  /**
   * Opens `inserted` bytes, still undefined, in the place of `removed` bytes at `position` of a listpack, and sets its
   * length and count right. Loads the value view and returns the entry, which may have moved.
   */
  splice(ref: number, position: number, removed: number, inserted: number, countDelta: number): number {
    this.preserve(ref);
    this.loadValue(ref);
    const encoding = this.encoding(ref);
    const oldLength = this.valueLength;
    const newLength = oldLength - removed + inserted;
    let target = ref;
    if (newLength < oldLength) {
      this.moveTail(position + removed, position + inserted, oldLength);
      target = this.resize(ref, newLength, encoding, true, false);
    } else if (newLength > oldLength) {
      target = this.resize(ref, newLength, encoding, true, false);
      this.moveTail(position + removed, position + inserted, oldLength);
    }
    const { valueBytes, valueAt } = this;
    valueBytes[valueAt] = newLength;
    valueBytes[valueAt + 1] = newLength >>> 8;
    valueBytes[valueAt + 2] = newLength >>> 16;
    valueBytes[valueAt + 3] = newLength >>> 24;
    const count = valueBytes[valueAt + COUNT_AT] | (valueBytes[valueAt + COUNT_AT + 1] << 8);
    if (count !== COUNT_UNKNOWN) {
      const counted = Math.min(count + countDelta, COUNT_UNKNOWN);
      valueBytes[valueAt + COUNT_AT] = counted;
      valueBytes[valueAt + COUNT_AT + 1] = counted >>> 8;
    }
    return target;
  }

  /**
   * Sets the length and encoding of a string value, loads the value view and returns the entry, which may have moved.
   * The first bytes of the value are kept when `keep` is true, else undefined. With `slack` there is room to grow, and
   * room that is there already is never given back.
   */
  resize(ref: number, valueLength: number, encoding: Encoding, keep: boolean, slack: boolean): number {
    this.preserve(ref);
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    const wide = (meta & WIDE) !== 0;
    const keyLength = wide ? words[at + 4] : (meta >>> 16) & 255;

    if ((meta & EXTERNAL) !== 0) {
      const blockAt = at + externalWord(meta);
      const block = words[blockAt];
      const room = this.arena.capacity(block);
      if (
        valueLength <= room &&
        (valueLength > INLINE_VALUE_BYTES_MAX || keep) &&
        (slack || valueLength >= room >>> 2)
      ) {
        words[at + 5] = valueLength;
        words[at + META] = (meta & ~0xf0) | (encoding << 4);
        this.loadValue(ref);
        return ref;
      }
    } else if (wide || valueLength <= NARROW_BYTES_MAX) {
      const room = this.arena.capacity(ref) - KEY_OFFSET[(meta >>> 8) & 7] - keyLength;
      if (valueLength <= room && (slack || valueLength >= room >>> 1 || room <= 64)) {
        if (wide) {
          words[at + 5] = valueLength;
          words[at + META] = (meta & ~0xf0) | (encoding << 4);
        } else {
          words[at + META] = (meta & 0x00ffff0f) | (encoding << 4) | (valueLength << 24);
        }
        this.loadValue(ref);
        return ref;
      }
    }
    return this.relocate(ref, valueLength, encoding, keep, slack);
  }

  /**
   * Puts a short string in the place of another where nothing else changes: no expiry in the way, and the block fits.
   * False, and nothing done, where that is not so. The common case of SET in one step.
   */
  overwrite(ref: number, bytes: Uint8Array, offset: number, length: number, encoding: Encoding): boolean {
    const page = ref >>> 16;
    const words = this.arena.words[page];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if ((meta & PLAIN_MASK) !== Type.String || length > NARROW_BYTES_MAX) return false;
    const keyLength = (meta >>> 16) & 255;
    if (length !== meta >>> 24) {
      const room = this.arena.capacity(ref) - KEY_OFFSET[0] - keyLength;
      if (length > room || (length < room >>> 1 && room > 64)) return false;
    }
    this.preserve(ref);
    words[at + META] = (meta & 0x00ffff0f) | (encoding << 4) | (length << 24);
    copyBytes(bytes, offset, this.arena.bytes[page], (at << 2) + KEY_OFFSET[0] + keyLength, length);
    return true;
  }

  /** Removes an entry: its value, its expiry and its key. */
  remove(ref: number): void {
    this.preserve(ref);
    const position = this.expiryPosition(ref);
    if (position >= 0) this.expiries.remove(position);
    if (ref === this.recent) this.recent = MISSING;
    this.keyspace.dict.unlink(this.header, ref);
    this.keyspace.release(ref);
  }

  /** Sets the expiry (ms since 1970) and returns the entry, which may have moved. */
  setExpiry(ref: number, expireAtMs: number): number {
    this.preserve(ref);
    const position = this.expiryPosition(ref);
    if (position >= 0) {
      this.expiries.change(position, expireAtMs);
      return ref;
    }
    const target = (this.meta(ref) & EXPIRES) !== 0 ? ref : this.withExpiryWord(ref);
    this.expiries.add(target, expireAtMs);
    return target;
  }

  /** Makes the key stay for good; true when it had an expiry. */
  clearExpiry(ref: number): boolean {
    const position = this.expiryPosition(ref);
    if (position < 0) return false;
    this.preserve(ref);
    this.expiries.remove(position);
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + expiresWord(words[at + META])] = -1;
    return true;
  }

  /**
   * Moves value and expiry of an entry to another key, here or in another database. The key must be missing there and
   * its bytes must not lie in the arena.
   */
  moveTo(ref: number, target: Database, bytes: Uint8Array, offset: number, length: number): number {
    this.preserve(ref);
    const expireAtMs = this.expireAtMs(ref);
    if (expireAtMs !== NO_EXPIRY) this.clearExpiry(ref);
    const { dict } = this.keyspace;
    if (ref === this.recent) this.recent = MISSING;
    dict.unlink(this.header, ref);
    const moved = target.rebuilt(ref, bytes, offset, length);
    this.arena.words[moved >>> 16][((moved & 0xffff) << 2) + HASH] = dict.hash(bytes, offset, length);
    dict.link(target.header, moved);
    target.linked(moved, bytes, offset, length);
    return expireAtMs === NO_EXPIRY ? moved : target.setExpiry(moved, expireAtMs);
  }

  /**
   * Copies value and expiry of an entry to another key, here or in another database, and returns the copy. The key must
   * be missing there and its bytes must not lie in the arena.
   */
  copyTo(ref: number, target: Database, bytes: Uint8Array, offset: number, length: number): number {
    const meta = this.meta(ref);
    const type = typeOf(meta);
    const encoding = encodingOf(meta);
    const expireAtMs = this.expireAtMs(ref);
    const expires = expireAtMs !== NO_EXPIRY;
    let copy: number;
    if (isLarge(encoding)) {
      const root = copyLarge(this.keyspace, encoding, this.root(ref));
      copy = target.createCollection(bytes, offset, length, type, encoding, root, expires);
    } else {
      this.loadValue(ref);
      // These views stay good while memory is only taken; `target` may be this very database.
      const { valueBytes, valueAt, valueLength } = this;
      copy = target.create(bytes, offset, length, valueLength, type, encoding, expires);
      copyBytes(valueBytes, valueAt, target.valueBytes, target.valueAt, valueLength);
    }
    return expires ? target.setExpiry(copy, expireAtMs) : copy;
  }

  /** Takes all contents out, leaving an empty database. */
  detach(): Detached {
    const detached = { header: this.header, expiries: this.expiries };
    this.recent = MISSING;
    this.header = this.keyspace.dict.create();
    this.expiries = new ExpiryIndex(this.arena);
    return detached;
  }

  /** Exchanges the contents of two databases. */
  swapWith(other: Database): void {
    const { header, expiries, keyspace } = this;
    if (keyspace.watching !== 0) {
      keyspace.onReplaced(this, other);
      keyspace.onReplaced(other, this);
    }
    this.recent = MISSING;
    other.recent = MISSING;
    this.header = other.header;
    this.expiries = other.expiries;
    other.header = header;
    other.expiries = expiries;
  }

  /** Notes an access in the entry's LRU clock or LFU counter. */
  noteAccess(ref: number): void {
    const { keyspace } = this;
    if (keyspace.noTouch) return;
    const words = this.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    const old = words[at];
    const access = keyspace.lfu ? keyspace.nextLfu(old & 0xffffff) : keyspace.lruClock;
    const noted = (old & 0xff000000) | access;
    // A key that is read again within the second stays clean in the processor's cache.
    if (noted !== old) words[at] = noted;
  }

  /** Whether the key of this entry is past its time, whatever is to be done about it. */
  isExpired(ref: number): boolean {
    const position = this.expiryPosition(ref);
    return position >= 0 && this.expiries.timeAt(position) < this.keyspace.nowMs;
  }

  /**
   * To be called before an entry changes: who watches it is told, and a snapshot that has not reached it writes it first.
   * Of a large value the snapshot takes note only: `Keyspace.preserveElement` and `preserveChunk` follow.
   */
  preserve(ref: number): void {
    const { keyspace } = this;
    if (keyspace.watching !== 0) keyspace.onTouched(this, ref);
    if (keyspace.walker !== undefined) this.keepForSnapshot(ref);
  }

  /** Has the running snapshot write an entry, or take note of it, unless it has done so already. */
  private keepForSnapshot(ref: number): void {
    const { keyspace } = this;
    const words = this.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    if (words[at] >>> 24 === keyspace.epoch) return;
    keyspace.walker?.preserve(this, ref);
    words[at] = (words[at] & 0xffffff) | (keyspace.epoch << 24);
  }

  /** Position in the expiry index, or -1. */
  private expiryPosition(ref: number): number {
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    return (meta & EXPIRES) === 0 ? -1 : words[at + expiresWord(meta)];
  }

  /** Whether an entry has this key. */
  private hasKey(ref: number, bytes: Uint8Array, offset: number, length: number): boolean {
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    const meta = words[at + META];
    if (((meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255) !== length) return false;
    return sameBytes(words, at + (KEY_OFFSET[(meta >>> 8) & 7] >>> 2), bytes, offset, length);
  }

  /** True when the key is to be treated as missing; removed, and told, where it is ours to expire. */
  private expireIfDue(ref: number): boolean {
    if (!this.isExpired(ref)) return false;
    return this.keyspace.treatExpired(this, ref);
  }

  /** Allocates an entry with key, lengths and layout set, not linked. */
  private allocate(
    bytes: Uint8Array,
    offset: number,
    length: number,
    valueLength: number,
    valueRoom: number,
    typeAndEncoding: number,
    expires: boolean,
  ): number {
    const external = valueLength > INLINE_VALUE_BYTES_MAX;
    const wide = external || length > NARROW_BYTES_MAX || valueLength > NARROW_BYTES_MAX;
    let meta = typeAndEncoding;
    if (expires) meta |= EXPIRES;
    if (wide) meta |= WIDE;
    else meta |= (length << 16) | (valueLength << 24);
    if (external) meta |= EXTERNAL;

    const keyOffset = KEY_OFFSET[(meta >>> 8) & 7];
    // Blocks first, views after: an allocation may add pages.
    const block = external ? this.arena.allocate(valueRoom) : 0;
    const ref = this.arena.allocate(keyOffset + length + (external ? 0 : valueRoom));
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + NEXT] = 0;
    words[at + ACCESS] = (this.keyspace.epoch << 24) | this.keyspace.firstAccess();
    words[at + META] = meta;
    if (wide) {
      words[at + 4] = length;
      words[at + 5] = valueLength;
    }
    if (expires) words[at + expiresWord(meta)] = -1;
    if (external) words[at + externalWord(meta)] = block;
    copyBytes(bytes, offset, this.arena.bytes[ref >>> 16], (at << 2) + keyOffset, length);
    return ref;
  }

  /** Tells of an entry that has been linked under a key which was missing. */
  private linked(ref: number, bytes: Uint8Array, offset: number, length: number): void {
    const { keyspace } = this;
    if ((keyspace.keyEvents.flags & KeyEventClass.New) !== 0) {
      this.notifyKey(KeyEventClass.New, 'new', bytes, offset, length);
    }
    if (keyspace.watching !== 0) keyspace.onTouched(this, ref);
    if (keyspace.waiting !== 0) keyspace.onReady(this, ref);
  }

  /** Moves the bytes of the loaded value from `from` up to `end` so that they begin at `to`. */
  private moveTail(from: number, to: number, end: number): void {
    const { valueBytes, valueAt } = this;
    if (end - from > MOVED_BYTES_MAX) {
      valueBytes.copyWithin(valueAt + to, valueAt + from, valueAt + end);
    } else if (to < from) {
      for (let i = from; i < end; i++) valueBytes[valueAt + i + to - from] = valueBytes[valueAt + i];
    } else {
      for (let i = end - 1; i >= from; i--) valueBytes[valueAt + i + to - from] = valueBytes[valueAt + i];
    }
  }

  /** An entry, not linked, around the root of a large value. */
  private allocateAround(
    bytes: Uint8Array,
    offset: number,
    length: number,
    root: number,
    typeAndEncoding: number,
    expires: boolean,
  ): number {
    const meta = typeAndEncoding | WIDE | EXTERNAL | (expires ? EXPIRES : 0);
    const keyOffset = KEY_OFFSET[(meta >>> 8) & 7];
    const ref = this.arena.allocate(keyOffset + length);
    const words = this.arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + NEXT] = 0;
    words[at + ACCESS] = (this.keyspace.epoch << 24) | this.keyspace.firstAccess();
    words[at + META] = meta;
    words[at + 4] = length;
    words[at + 5] = 0;
    if (expires) words[at + expiresWord(meta)] = -1;
    words[at + externalWord(meta)] = root;
    copyBytes(bytes, offset, this.arena.bytes[ref >>> 16], (at << 2) + keyOffset, length);
    return ref;
  }

  /** Puts an entry into a new block because its value no longer fits (or wastes) the old one, or is no longer large. */
  private relocate(ref: number, valueLength: number, encoding: Encoding, keep: boolean, slack: boolean): number {
    const meta = this.meta(ref);
    const type = typeOf(meta);
    let room = valueLength;
    if (type !== Type.String) room = packedRoom(valueLength);
    else if (slack) room += Math.min(valueLength, SLACK_BYTES_MAX);
    this.loadKey(ref);
    const expires = this.expiryPosition(ref) >= 0;
    const moved = this.allocate(
      this.keyBytes,
      this.keyAt,
      this.keyLength,
      valueLength,
      room,
      type | (encoding << 4),
      expires,
    );
    if (keep) {
      this.loadValue(ref);
      const { valueBytes: oldBytes, valueAt: oldAt, valueLength: oldLength } = this;
      this.loadValue(moved);
      copyBytes(oldBytes, oldAt, this.valueBytes, this.valueAt, Math.min(oldLength, valueLength));
    } else {
      this.loadValue(moved);
    }
    this.substitute(ref, moved);
    this.keyspace.release(ref);
    return moved;
  }

  /** The same entry with an EXPIRES word. */
  private withExpiryWord(ref: number): number {
    this.loadKey(ref);
    const moved = this.rebuilt(ref, this.keyBytes, this.keyAt, this.keyLength, true, false);
    this.substitute(ref, moved);
    this.arena.free(ref);
    return moved;
  }

  /** An unlinked entry with the given key and the value of `ref`, whose block is freed unless told otherwise. */
  private rebuilt(
    ref: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    expires = false,
    freeOld = true,
  ): number {
    const { arena } = this;
    const oldMeta = this.meta(ref);
    const external = (oldMeta & EXTERNAL) !== 0;
    this.loadValue(ref);
    const { valueBytes, valueAt, valueLength } = this;
    const wide = external || length > NARROW_BYTES_MAX || valueLength > NARROW_BYTES_MAX;
    let meta = oldMeta & MOVED_META;
    if (expires) meta |= EXPIRES;
    if (wide) meta |= WIDE;
    else meta |= (length << 16) | (valueLength << 24);
    if (external) meta |= EXTERNAL;
    const keyOffset = KEY_OFFSET[(meta >>> 8) & 7];
    const moved = arena.allocate(keyOffset + length + (external ? 0 : valueLength));
    const words = arena.words[moved >>> 16];
    const at = (moved & 0xffff) << 2;
    const oldWords = arena.words[ref >>> 16];
    const oldAt = (ref & 0xffff) << 2;
    words[at + NEXT] = 0;
    words[at + HASH] = oldWords[oldAt + HASH];
    words[at + ACCESS] = (this.keyspace.epoch << 24) | (oldWords[oldAt + ACCESS] & 0xffffff);
    words[at + META] = meta;
    if (wide) {
      words[at + 4] = length;
      words[at + 5] = valueLength;
    }
    if (expires) words[at + expiresWord(meta)] = -1;
    const page = arena.bytes[moved >>> 16];
    copyBytes(bytes, offset, page, (at << 2) + keyOffset, length);
    if (external) words[at + externalWord(meta)] = oldWords[oldAt + externalWord(oldMeta)];
    else copyBytes(valueBytes, valueAt, page, (at << 2) + keyOffset + length, valueLength);
    if (freeOld) arena.free(ref);
    return moved;
  }

  /** Puts `to` where `from` is linked: in its bucket and in the expiry index. */
  private substitute(from: number, to: number): void {
    const { arena } = this;
    const fromWords = arena.words[from >>> 16];
    const fromAt = (from & 0xffff) << 2;
    const toWords = arena.words[to >>> 16];
    const toAt = (to & 0xffff) << 2;
    toWords[toAt + NEXT] = fromWords[fromAt + NEXT];
    toWords[toAt + HASH] = fromWords[fromAt + HASH];
    toWords[toAt + ACCESS] = fromWords[fromAt + ACCESS];
    const position = this.expiryPosition(from);
    if (position >= 0) {
      toWords[toAt + expiresWord(toWords[toAt + META])] = position;
      this.expiries.moved(position, to);
    }
    if (from === this.recent) this.recent = to;
    this.keyspace.dict.replace(this.header, from, to);
  }
}
