/**
 * The packed encodings of old files, ziplist and zipmap, made into listpacks.
 *
 * In:     untrusted bytes, as the file holds them. Out: a listpack of the same texts in the same order.
 * Memory: the bytes are only read; the listpack is new and the caller's.
 *
 * A ziplist (lists, hashes and sorted sets of Redis 2 to 6):
 *
 *   u32 total bytes | u32 position of the last entry | u16 entries, 65535 = count them | entries | 0xff
 *   entry     bytes of the entry before (1 byte, or 0xfe + u32) | form | data
 *     00llllll                 string of up to 63 bytes     0xc0, 0xd0, 0xe0   integer in 2, 4, 8 bytes
 *     01llllll llllllll        string of up to 16383 bytes  0xf0, 0xfe         integer in 3, 1 bytes
 *     10______ + u32, big-end  longer string                0xf1 to 0xfd       the integers 0 to 12
 *
 * A zipmap (hashes of Redis 2.0 to 2.4): u8 pairs, 254 and more = count them | pairs | 0xff, where a pair is
 * length | field | length | u8 unused bytes | value | unused bytes, and a length is 1 byte, or 0xfe + u32.
 *
 * @since 0.2.0
 */
import { Int64 } from '../../keyspace/int64.ts';
import {
  firstElement,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  storedBytes,
  writeElement,
  writeListpackHeader,
} from '../../keyspace/listpack.ts';

const ZIPLIST_HEADER_BYTES = 10;
const COUNT_UNKNOWN = 0xffff;
const LONG_LENGTH = 0xfe;
const END = 0xff;
/** A zipmap of this many pairs and more does not say how many. */
const PAIRS_UNKNOWN = 254;

const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;

/** The entry that was read last. */
class Entry {
  /** Where its text lies. */
  bytes: Uint8Array;
  at = 0;
  length = 0;
  /** Position behind it. */
  end = 0;

  private readonly integer = new Int64();
  private readonly digits = new Uint8Array(20);

  constructor() {
    this.bytes = this.digits;
  }

  /** Reads the ziplist entry at `pos`, behind one of `beforeBytes` bytes; false when it is damaged or passes `limit`. */
  readZiplist(bytes: Uint8Array, pos: number, beforeBytes: number, limit: number): boolean {
    let at = pos;
    if (bytes[pos] < LONG_LENGTH) {
      if (bytes[pos] !== beforeBytes) return false;
      at += 1;
    } else {
      if (bytes[pos] !== LONG_LENGTH || pos + 5 > limit || u32(bytes, pos + 1) !== beforeBytes) return false;
      at += 5;
    }
    if (at >= limit) return false;
    return bytes[at] < 0xc0 ? this.readString(bytes, at, limit) : this.readInteger(bytes, at, limit);
  }

  /** Takes `length` bytes at `at`; false when they pass `limit`. */
  take(bytes: Uint8Array, at: number, length: number, limit: number): boolean {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    this.end = at + length;
    return this.end <= limit;
  }

  private readString(bytes: Uint8Array, at: number, limit: number): boolean {
    const form = bytes[at] >>> 6;
    const formBytes = form === 0 ? 1 : form === 1 ? 2 : 5;
    if (at + formBytes > limit) return false;
    let length = bytes[at] & 63;
    if (form === 1) length = (length << 8) | bytes[at + 1];
    else if (form === 2) {
      length = ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>> 0;
    }
    return this.take(bytes, at + formBytes, length, limit);
  }

  private readInteger(bytes: Uint8Array, at: number, limit: number): boolean {
    const form = bytes[at];
    const width = integerWidth(form);
    if (width < 0) return false;
    this.end = at + 1 + width;
    if (this.end > limit) return false;
    let lo: number;
    if (width === 0) lo = (form & 15) - 1;
    else {
      lo = 0;
      for (let i = 0; i < width && i < 4; i++) lo |= bytes[at + 1 + i] << (i << 3);
      // The bits above its width are those of its sign.
      const spare = width < 4 ? 32 - (width << 3) : 0;
      lo = (lo << spare) >> spare;
    }
    this.integer.set(width === 8 ? u32(bytes, at + 5) | 0 : lo >> 31, lo);
    this.bytes = this.digits;
    this.at = 0;
    this.length = this.integer.write(this.digits, 0);
    return true;
  }
}

/** Bytes of data behind the form of an integer; negative when there is no such form. */
const integerWidth = (form: number): number => {
  switch (form) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    case 0xfe:
      return 1;
    default:
      return form > 0xf0 && form < 0xfe ? 0 : -1;
  }
};

const entry = new Entry();

/** A listpack with room for these elements, its header written and its end in place. */
const listpackOf = (elementBytes: number, count: number): Uint8Array => {
  const total = LISTPACK_EMPTY_BYTES + elementBytes;
  const listpack = new Uint8Array(total);
  writeListpackHeader(listpack, 0, total, count);
  listpack[total - 1] = LISTPACK_END;
  return listpack;
};

/** The listpack of a ziplist's entries; undefined when the bytes are not one whole and sound ziplist. */
export const listpackOfZiplist = (bytes: Uint8Array, at: number, length: number): Uint8Array | undefined => {
  if (length < ZIPLIST_HEADER_BYTES + 1 || u32(bytes, at) !== length) return undefined;
  const end = at + length - 1;
  if (bytes[end] !== END) return undefined;

  let last = -1;
  let count = 0;
  let elementBytes = 0;
  for (let pos = at + ZIPLIST_HEADER_BYTES; pos < end; pos = entry.end) {
    if (!entry.readZiplist(bytes, pos, last < 0 ? 0 : pos - last, end)) return undefined;
    elementBytes += storedBytes(entry.bytes, entry.at, entry.length);
    last = pos;
    count++;
  }
  if (last >= 0 && u32(bytes, at + 4) !== last - at) return undefined;
  const noted = bytes[at + 8] | (bytes[at + 9] << 8);
  if (noted !== COUNT_UNKNOWN && noted !== count) return undefined;

  const listpack = listpackOf(elementBytes, count);
  let target = firstElement(0);
  let before = 0;
  for (let pos = at + ZIPLIST_HEADER_BYTES; pos < end; pos = entry.end) {
    entry.readZiplist(bytes, pos, before, end);
    target = writeElement(listpack, target, entry.bytes, entry.at, entry.length);
    before = entry.end - pos;
  }
  return listpack;
};

/** Reads a text of a zipmap with its length; `spare` when a byte that counts unused bytes stands before the text. */
const readZipmapText = (bytes: Uint8Array, pos: number, spare: boolean, limit: number): boolean => {
  const isLong = bytes[pos] >= LONG_LENGTH;
  const data = pos + (isLong ? 5 : 1) + (spare ? 1 : 0);
  if (data > limit) return false;
  const length = isLong ? u32(bytes, pos + 1) : bytes[pos];
  // Redis takes the form of a length for granted, and misreads one that is longer than it need be.
  if (isLong && length < LONG_LENGTH) return false;
  if (!entry.take(bytes, data, length, limit)) return false;
  if (spare) entry.end += bytes[data - 1];
  return entry.end <= limit;
};

/** The listpack of a zipmap's fields and values, in turn; undefined when the bytes are not one whole and sound zipmap. */
export const listpackOfZipmap = (bytes: Uint8Array, at: number, length: number): Uint8Array | undefined => {
  if (length < 2) return undefined;
  const end = at + length - 1;
  if (bytes[end] !== END) return undefined;

  let texts = 0;
  let elementBytes = 0;
  // As in Redis, the first end counts: what lies behind it is not looked at.
  for (let pos = at + 1; (texts & 1) === 1 || bytes[pos] !== END; pos = entry.end) {
    if (!readZipmapText(bytes, pos, (texts & 1) === 1, end)) return undefined;
    elementBytes += storedBytes(entry.bytes, entry.at, entry.length);
    texts++;
  }
  // Redis never kept a hash without fields.
  if (texts === 0) return undefined;
  if (bytes[at] !== PAIRS_UNKNOWN && bytes[at] !== texts >>> 1) return undefined;

  const listpack = listpackOf(elementBytes, texts);
  let target = firstElement(0);
  let pos = at + 1;
  for (let text = 0; text < texts; text++) {
    readZipmapText(bytes, pos, (text & 1) === 1, end);
    target = writeElement(listpack, target, entry.bytes, entry.at, entry.length);
    pos = entry.end;
  }
  return listpack;
};
