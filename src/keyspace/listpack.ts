/**
 * The listpack: a row of short strings and integers in one piece of memory, byte for byte as Redis keeps it.
 *
 * In:     a buffer and absolute positions in it. Out: positions, counts, and the text of an element as a loan.
 * Memory: the caller's; nothing is kept and nothing allocated.
 *
 *   header       u32 total bytes | u16 elements, 65535 = count them       all numbers little-endian
 *   element      form | data | back length
 *     0vvvvvvv   7-bit unsigned integer          10llllll           string of up to 63 bytes
 *     110vvvvv   13-bit integer, 1 byte more     1110llll llllllll  string of up to 4095 bytes
 *     0xf1..f4   integer in 2, 3, 4, 8 bytes     0xf0 + u32         longer string
 *   end          0xff
 *
 * The back length is the bytes of form and data in groups of 7 bits, the lowest group last, so that it can be read from
 * its end; every byte but the first carries bit 7. Elements may lie in a bare range as well (chunks of a large list).
 * An integer text in its one spelling is always kept as an integer.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { Int64 } from './int64.ts';

export const LISTPACK_HEADER_BYTES = 6;
/** A listpack of no elements. */
export const LISTPACK_EMPTY_BYTES = 7;
export const LISTPACK_END = 0xff;

const COUNT_UNKNOWN = 0xffff;
const SHORT_STRING_MAX = 63;
const MEDIUM_STRING_MAX = 4095;
const MEDIUM_STRING = 0xe0;
const LONG_STRING = 0xf0;
const INT_16 = 0xf1;
const INT_24 = 0xf2;
const INT_32 = 0xf3;
const INT_64 = 0xf4;
const INTEGER_TEXT_BYTES_MAX = 20;

/** Bytes of a whole element by its first byte; 0 where the next bytes say it, or where no element begins so. */
const ELEMENT_BYTES = new Uint8Array(256);
for (let first = 0; first < 0x80; first++) ELEMENT_BYTES[first] = 2;
for (let first = 0x80; first < 0xc0; first++) ELEMENT_BYTES[first] = 2 + (first & 0x3f);
for (let first = 0xc0; first < 0xe0; first++) ELEMENT_BYTES[first] = 3;
ELEMENT_BYTES[INT_16] = 4;
ELEMENT_BYTES[INT_24] = 5;
ELEMENT_BYTES[INT_32] = 6;
ELEMENT_BYTES[INT_64] = 10;

/** The integers that were parsed and decoded last. */
const wanted = new Int64();
const found = new Int64();

// ── the header ────────────────────────────────────────────────────────────────────────────────────────────────────

const u32 = (buf: Uint8Array, at: number): number =>
  (buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24)) >>> 0;

/** Bytes of the whole listpack. */
export const listpackBytes = (buf: Uint8Array, at: number): number => u32(buf, at);

/** Elements; walks when there are too many for the header. */
export const listpackCount = (buf: Uint8Array, at: number): number => {
  const known = buf[at + 4] | (buf[at + 5] << 8);
  if (known !== COUNT_UNKNOWN) return known;
  const end = at + u32(buf, at) - 1;
  let count = 0;
  for (let pos = at + LISTPACK_HEADER_BYTES; pos < end; pos = elementAfter(buf, pos)) count++;
  return count;
};

export const writeListpackHeader = (buf: Uint8Array, at: number, totalBytes: number, count: number): void => {
  const noted = count < COUNT_UNKNOWN ? count : COUNT_UNKNOWN;
  buf[at] = totalBytes;
  buf[at + 1] = totalBytes >>> 8;
  buf[at + 2] = totalBytes >>> 16;
  buf[at + 3] = totalBytes >>> 24;
  buf[at + 4] = noted;
  buf[at + 5] = noted >>> 8;
};

export const writeEmptyListpack = (buf: Uint8Array, at: number): void => {
  writeListpackHeader(buf, at, LISTPACK_EMPTY_BYTES, 0);
  buf[at + LISTPACK_HEADER_BYTES] = LISTPACK_END;
};

// ── walking ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Position of the first element, or of the end of an empty listpack. */
export const firstElement = (at: number): number => at + LISTPACK_HEADER_BYTES;

/** Bytes that the back length of `bytes` bytes takes. The limits are Redis' own, one short of what would fit. */
const backLengthBytes = (bytes: number): number => {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
};

/** Bytes of form and data of a string whose length needs more than its first byte. */
const longStringBytes = (buf: Uint8Array, pos: number): number => {
  const first = buf[pos];
  return first === LONG_STRING ? 5 + u32(buf, pos + 1) : 2 + (((first & 15) << 8) | buf[pos + 1]);
};

/** Position behind the element at `pos`. */
export const elementAfter = (buf: Uint8Array, pos: number): number => {
  const known = ELEMENT_BYTES[buf[pos]];
  if (known !== 0) return pos + known;
  const bytes = longStringBytes(buf, pos);
  return pos + bytes + backLengthBytes(bytes);
};

/** Position of the element that ends at `pos`. */
export const elementBefore = (buf: Uint8Array, pos: number): number => {
  let at = pos - 1;
  let bytes = buf[at] & 0x7f;
  if (buf[at] < 0x80) return at - bytes;
  let weight = 128;
  do {
    bytes += (buf[--at] & 0x7f) * weight;
    weight *= 128;
  } while (buf[at] >= 0x80);
  return at - bytes;
};

/** Position of the `index`-th of `count` elements between `first` and `end`, walked to from the nearer side. */
export const seekElement = (buf: Uint8Array, first: number, end: number, count: number, index: number): number => {
  if (index <= count >>> 1) {
    let pos = first;
    for (let left = index; left > 0; left--) pos = elementAfter(buf, pos);
    return pos;
  }
  let pos = end;
  for (let left = count - index; left > 0; left--) pos = elementBefore(buf, pos);
  return pos;
};

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether an element that begins with this byte is an integer. */
const isIntegerForm = (first: number): boolean =>
  first < 0x80 || (first >= 0xc0 && (first < MEDIUM_STRING || (first > LONG_STRING && first <= INT_64)));

/** The lower 32 bits of an integer element, with their sign. */
const lowWord = (buf: Uint8Array, pos: number, first: number): number => {
  if (first < 0x80) return first;
  if (first < MEDIUM_STRING) return (((first & 31) << 27) >> 19) | buf[pos + 1];
  if (first === INT_16) return ((buf[pos + 1] << 16) | (buf[pos + 2] << 24)) >> 16;
  if (first === INT_24) return ((buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24)) >> 8;
  return buf[pos + 1] | (buf[pos + 2] << 8) | (buf[pos + 3] << 16) | (buf[pos + 4] << 24);
};

/** The upper 32 bits of an integer element whose lower ones are known. */
const highWord = (buf: Uint8Array, pos: number, first: number, lo: number): number =>
  first === INT_64 ? u32(buf, pos + 5) | 0 : lo >> 31;

/** Decodes the integer at `pos` into `found`; false when a string lies there. */
const decodeInteger = (buf: Uint8Array, pos: number): boolean => {
  const first = buf[pos];
  if (!isIntegerForm(first)) return false;
  found.lo = lowWord(buf, pos, first);
  found.hi = highWord(buf, pos, first, found.lo);
  return true;
};

/** The text of one element: in place when it is a string, as decimal digits in this object's own room when not. */
export class Element {
  bytes: Uint8Array;
  at = 0;
  length = 0;
  isInteger = false;
  /** The integer, or NaN when it is none or is beyond ±(2^53 - 1). */
  integer = Number.NaN;

  private readonly digits = new Uint8Array(INTEGER_TEXT_BYTES_MAX);

  constructor() {
    this.bytes = this.digits;
  }

  read(buf: Uint8Array, pos: number): this {
    const first = buf[pos];
    if (first >= 0x80 && first < 0xc0) {
      this.bytes = buf;
      this.at = pos + 1;
      this.length = first & SHORT_STRING_MAX;
      this.isInteger = false;
      this.integer = Number.NaN;
      return this;
    }
    if (decodeInteger(buf, pos)) {
      this.bytes = this.digits;
      this.at = 0;
      this.length = found.write(this.digits, 0);
      this.isInteger = true;
      this.integer = found.toNumber();
      return this;
    }
    const formBytes = first === LONG_STRING ? 5 : 2;
    this.bytes = buf;
    this.at = pos + formBytes;
    this.length = longStringBytes(buf, pos) - formBytes;
    this.isInteger = false;
    this.integer = Number.NaN;
    return this;
  }
}

// ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes of form and data of the integer in `wanted`. */
const integerFormBytes = (): number => {
  const { hi, lo } = wanted;
  if (hi !== lo >> 31) return 9;
  if (lo >= -4096 && lo <= 4095) return lo >= 0 && lo <= 127 ? 1 : 2;
  if (lo >= -32768 && lo <= 32767) return 3;
  return lo >= -8388608 && lo <= 8388607 ? 4 : 5;
};

const stringFormBytes = (length: number): number => {
  if (length <= SHORT_STRING_MAX) return 1;
  return length <= MEDIUM_STRING_MAX ? 2 : 5;
};

/** Bytes the text takes as an element, its back length included. */
export const storedBytes = (bytes: Uint8Array, at: number, length: number): number => {
  if (wanted.parse(bytes, at, length)) return integerFormBytes() + 1;
  const own = stringFormBytes(length) + length;
  return own + backLengthBytes(own);
};

/** Writes the integer in `wanted` as an element. */
const writeIntegerElement = (target: Uint8Array, pos: number): number => {
  const { hi, lo } = wanted;
  const bytes = integerFormBytes();
  if (bytes === 1) target[pos] = lo;
  else if (bytes === 2) {
    target[pos] = 0xc0 | ((lo >> 8) & 31);
    target[pos + 1] = lo;
  } else {
    target[pos] = bytes === 9 ? INT_64 : INT_16 + (bytes - 3);
    target[pos + 1] = lo;
    target[pos + 2] = lo >> 8;
    if (bytes > 3) target[pos + 3] = lo >> 16;
    if (bytes > 4) target[pos + 4] = lo >> 24;
    if (bytes > 5) {
      target[pos + 5] = hi;
      target[pos + 6] = hi >> 8;
      target[pos + 7] = hi >> 16;
      target[pos + 8] = hi >> 24;
    }
  }
  target[pos + bytes] = bytes;
  return pos + bytes + 1;
};

const writeBackLength = (target: Uint8Array, pos: number, bytes: number): number => {
  if (bytes <= 127) {
    target[pos] = bytes;
    return pos + 1;
  }
  const end = pos + backLengthBytes(bytes);
  let rest = bytes;
  for (let at = end - 1; at > pos; at--) {
    target[at] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[pos] = rest;
  return end;
};

/** Writes the text as an element at `pos` and returns the position behind it. The text must not overlap the target. */
export const writeElement = (
  target: Uint8Array,
  pos: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  if (wanted.parse(bytes, at, length)) return writeIntegerElement(target, pos);
  let data = pos + 1;
  if (length <= SHORT_STRING_MAX) target[pos] = 0x80 | length;
  else if (length <= MEDIUM_STRING_MAX) {
    target[pos] = MEDIUM_STRING | (length >>> 8);
    target[pos + 1] = length;
    data = pos + 2;
  } else {
    target[pos] = LONG_STRING;
    target[pos + 1] = length;
    target[pos + 2] = length >>> 8;
    target[pos + 3] = length >>> 16;
    target[pos + 4] = length >>> 24;
    data = pos + 5;
  }
  copyBytes(bytes, at, target, data, length);
  return writeBackLength(target, data + length, data + length - pos);
};

// ── searching ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether the string element at `pos` has this text; false for an integer element. */
const sameString = (buf: Uint8Array, pos: number, bytes: Uint8Array, at: number, length: number): boolean => {
  const first = buf[pos];
  let data: number;
  if (first < 0x80) return false;
  if (first < 0xc0) {
    if ((first & SHORT_STRING_MAX) !== length) return false;
    data = pos + 1;
  } else {
    if (first < MEDIUM_STRING || first > LONG_STRING) return false;
    data = pos + (first === LONG_STRING ? 5 : 2);
    if (longStringBytes(buf, pos) !== data - pos + length) return false;
  }
  for (let i = 0; i < length; i++) if (buf[data + i] !== bytes[at + i]) return false;
  return true;
};

/** Whether the element at `pos` has this text. */
export const sameElement = (buf: Uint8Array, pos: number, bytes: Uint8Array, at: number, length: number): boolean => {
  if (!decodeInteger(buf, pos)) return sameString(buf, pos, bytes, at, length);
  return wanted.parse(bytes, at, length) && wanted.hi === found.hi && wanted.lo === found.lo;
};

const findStringElement = (
  buf: Uint8Array,
  from: number,
  end: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  stride: number,
): number => {
  // The form that this text has when it is short, which tells most other elements apart by one byte.
  const form = length <= SHORT_STRING_MAX ? 0x80 | length : -1;
  let pos = from;
  while (pos < end) {
    const first = buf[pos];
    if (first === form) {
      // From the end: names that belong together begin alike.
      let i = length;
      while (i > 0 && buf[pos + i] === bytes[at + i - 1]) i--;
      if (i === 0) return pos;
    } else if (first >= MEDIUM_STRING && sameString(buf, pos, bytes, at, length)) return pos;
    for (let skip = stride; skip > 0 && pos < end; skip--) {
      const known = ELEMENT_BYTES[buf[pos]];
      pos = known !== 0 ? pos + known : elementAfter(buf, pos);
    }
  }
  return -1;
};

/** The integer that is looked for, as the element that it is when nobody has stored it in another form. */
const pattern = new Uint8Array(10);

/** As `findElement`, for the integer in `wanted` and in `pattern`. */
const findIntegerElement = (
  buf: Uint8Array,
  from: number,
  end: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  stride: number,
): number => {
  const { hi, lo } = wanted;
  const form = pattern[0];
  const last = ELEMENT_BYTES[form] - 2;
  // Others may have stored it as a string, or in more bytes than it needs.
  const stringForm = 0x80 | length;
  const otherForms = form < 0xc0 ? 0xc0 : MEDIUM_STRING;
  let pos = from;
  while (pos < end) {
    const first = buf[pos];
    if (first === form) {
      let i = last;
      while (i > 0 && buf[pos + i] === pattern[i]) i--;
      if (i === 0) return pos;
    } else if (first === stringForm) {
      if (sameString(buf, pos, bytes, at, length)) return pos;
    } else if (first >= otherForms && (first > form || first <= LONG_STRING)) {
      if (!isIntegerForm(first)) {
        if (sameString(buf, pos, bytes, at, length)) return pos;
      } else if (lowWord(buf, pos, first) === lo && highWord(buf, pos, first, lo) === hi) return pos;
    }
    for (let skip = stride; skip > 0 && pos < end; skip--) {
      const known = ELEMENT_BYTES[buf[pos]];
      pos = known !== 0 ? pos + known : elementAfter(buf, pos);
    }
  }
  return -1;
};

/**
 * Position of the first element with this text, or -1. Looks at `pos` and every `stride`-th element behind it, up to
 * `end`: 1 for members of a list or set, 2 for fields of a hash and members of a sorted set.
 */
export const findElement = (
  buf: Uint8Array,
  pos: number,
  end: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  stride: number,
): number => {
  if (!wanted.parse(bytes, at, length)) return findStringElement(buf, pos, end, bytes, at, length, stride);
  writeIntegerElement(pattern, 0);
  return findIntegerElement(buf, pos, end, bytes, at, length, stride);
};

// ── bytes that others wrote ───────────────────────────────────────────────────────────────────────────────────────

/** Position behind the element at `pos` when all of it lies before `end` and its back length is right, else -1. */
const soundElementAfter = (buf: Uint8Array, pos: number, end: number): number => {
  const first = buf[pos];
  let bytes = ELEMENT_BYTES[first] - 1;
  if (bytes < 0) {
    const formBytes = first === LONG_STRING ? 5 : 2;
    if (first > LONG_STRING || pos + formBytes > end) return -1;
    bytes = longStringBytes(buf, pos);
  }
  const backBytes = backLengthBytes(bytes);
  const after = pos + bytes + backBytes;
  if (after > end) return -1;
  let rest = bytes;
  for (let at = after - 1; at > after - backBytes; at--) {
    if (buf[at] !== ((rest & 0x7f) | 0x80)) return -1;
    rest >>>= 7;
  }
  return buf[after - backBytes] === rest ? after : -1;
};

/** Whether `length` bytes at `at` are one whole listpack: total, every element, back lengths, count and end. */
export const isSoundListpack = (buf: Uint8Array, at: number, length: number): boolean => {
  if (length < LISTPACK_EMPTY_BYTES || u32(buf, at) !== length) return false;
  const end = at + length - 1;
  if (buf[end] !== LISTPACK_END) return false;
  let pos = at + LISTPACK_HEADER_BYTES;
  let count = 0;
  while (pos < end) {
    pos = soundElementAfter(buf, pos, end);
    if (pos < 0) return false;
    count++;
  }
  const noted = buf[at + 4] | (buf[at + 5] << 8);
  return noted === COUNT_UNKNOWN || noted === count;
};
