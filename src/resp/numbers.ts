/**
 * Decimal integers in byte buffers: reading, recognising and writing them.
 *
 * In:     a range of a buffer that somebody else owns, or a number.
 * Out:    a number (or a bigint for the whole int64 range); written bytes land in the caller's buffer.
 * Memory: nothing is kept and, bigints aside, nothing is allocated.
 *
 * Redis accepts one spelling per integer only: no '+', no leading zeros, no spaces, no '-0'. That is why the text of an
 * integer-encoded string can be thrown away and printed again.
 * @since 0.1.0
 */

/** What `parseInteger` returns for bytes that are no int64. Ask with `Number.isNaN` or `n !== n`. */
export const NOT_AN_INTEGER = Number.NaN;

/** What `parseInteger` returns for an int64 that a JS number cannot hold exactly: call `parseBigInteger` then. */
export const BEYOND_SAFE = Number.POSITIVE_INFINITY;

/** Bytes of the longest int64 text, `-9223372036854775808`. */
export const INTEGER_BYTES_MAX = 20;

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

const INT64_DIGITS = 19;
/** The digits of 2^63 - 1; the last one may be an 8 behind a minus. */
const INT64_LIMIT = Uint8Array.from('9223372036854775807', (digit) => digit.charCodeAt(0));

/** Whether `INT64_DIGITS` digits at `at` stay within int64. */
const fitsInt64 = (buf: Uint8Array, at: number, negative: boolean): boolean => {
  for (let i = 0; i < INT64_DIGITS; i++) {
    const difference = buf[at + i]! - INT64_LIMIT[i]!;
    if (difference < 0) return true;
    if (difference > 0) return negative && i === INT64_DIGITS - 1 && difference === 1;
  }
  return true;
};

/**
 * The integer that `len` bytes at `off` spell, `NOT_AN_INTEGER` when they spell none, `BEYOND_SAFE` when they spell an
 * int64 past ±(2^53 - 1).
 */
export const parseInteger = (buf: Uint8Array, off: number, len: number): number => {
  if (len === 0 || len > INTEGER_BYTES_MAX) return NOT_AN_INTEGER;
  const end = off + len;
  let at = off;
  const negative = buf[at] === MINUS;
  if (negative) at++;
  const digits = end - at;
  if (digits === 0) return NOT_AN_INTEGER;

  const first = buf[at]! - ZERO;
  if (first <= 0 || first > 9) return first === 0 && len === 1 ? 0 : NOT_AN_INTEGER;

  if (digits <= 9) {
    // Stays in int32 from the first digit to the last.
    let n = first;
    while (++at < end) {
      const digit = buf[at]! - ZERO;
      if (digit < 0 || digit > 9) return NOT_AN_INTEGER;
      n = (Math.imul(n, 10) + digit) | 0;
    }
    return negative ? -n : n;
  }

  const start = at;
  let n = first;
  while (++at < end) {
    const digit = buf[at]! - ZERO;
    if (digit < 0 || digit > 9) return NOT_AN_INTEGER;
    n = n * 10 + digit;
  }
  // Rounding is monotone: a sum that became inexact cannot come out below 2^53.
  if (n <= Number.MAX_SAFE_INTEGER) return negative ? -n : n;
  if (digits < INT64_DIGITS) return BEYOND_SAFE;
  return digits === INT64_DIGITS && fitsInt64(buf, start, negative) ? BEYOND_SAFE : NOT_AN_INTEGER;
};

/** Whether the bytes are the one spelling of an int64, so that a string may be kept in the `int` encoding. */
export const isIntegerText = (buf: Uint8Array, off: number, len: number): boolean => {
  if (len === 0 || len > INTEGER_BYTES_MAX) return false;
  // Most values are no numbers, and most of those show it in their first or their last byte.
  const first = buf[off]!;
  if (first > NINE || (first < ZERO && first !== MINUS)) return false;
  const end = off + len;
  const last = buf[end - 1]!;
  if (last > NINE || last < ZERO) return false;
  const start = first === MINUS ? off + 1 : off;
  if (buf[start] === ZERO) return len === 1;
  for (let at = start; at < end; at++) {
    const byte = buf[at]!;
    if (byte > NINE || byte < ZERO) return false;
  }
  const digits = end - start;
  return digits < INT64_DIGITS || (digits === INT64_DIGITS && fitsInt64(buf, start, first === MINUS));
};

/** As `parseInteger`, exact for all of int64; `undefined` when the bytes are no int64. */
export const parseBigInteger = (buf: Uint8Array, off: number, len: number): bigint | undefined => {
  if (!isIntegerText(buf, off, len)) return undefined;
  const negative = buf[off] === MINUS;
  const start = negative ? off + 1 : off;
  const end = off + len;
  const split = Math.max(start, end - 9);
  let high = 0;
  for (let at = start; at < split; at++) high = high * 10 + (buf[at]! - ZERO);
  let low = 0;
  for (let at = split; at < end; at++) low = low * 10 + (buf[at]! - ZERO);
  const magnitude = BigInt(high) * 1_000_000_000n + BigInt(low);
  return negative ? -magnitude : magnitude;
};

/** Digits of a non-negative int32. */
const digitsOf = (n: number): number => {
  if (n < 10_000) {
    if (n < 100) return n < 10 ? 1 : 2;
    return n < 1000 ? 3 : 4;
  }
  if (n < 100_000_000) {
    if (n < 1_000_000) return n < 100_000 ? 5 : 6;
    return n < 10_000_000 ? 7 : 8;
  }
  return n < 1_000_000_000 ? 9 : 10;
};

const BILLION = 1_000_000_000;

/** Bytes that `writeInteger` needs for a safe integer, its sign included. */
export const integerBytes = (n: number): number => {
  const sign = n < 0 ? 1 : 0;
  const magnitude = n < 0 ? -n : n;
  if (magnitude < BILLION) return sign + digitsOf(magnitude | 0);
  return sign + 9 + digitsOf(Math.floor(magnitude / BILLION) | 0);
};

/** Writes the last `count` digits of a non-negative int32, zeros in front included, and returns the end. */
const writeDigits = (buf: Uint8Array, off: number, value: number, count: number): number => {
  let n = value;
  let at = off + count;
  while (at > off) {
    const tenth = (n / 10) | 0;
    buf[--at] = ZERO + (n - Math.imul(tenth, 10));
    n = tenth;
  }
  return off + count;
};

/** Writes a safe integer in decimal at `off` and returns the offset behind it. */
export const writeInteger = (buf: Uint8Array, off: number, n: number): number => {
  let at = off;
  let magnitude = n;
  if (n < 0) {
    buf[at++] = MINUS;
    magnitude = -n;
  }
  if (magnitude < 10) {
    buf[at] = ZERO + magnitude;
    return at + 1;
  }
  if (magnitude < BILLION) return writeDigits(buf, at, magnitude | 0, digitsOf(magnitude | 0));
  // Below 2^53 the quotient cannot round up to the next integer, so its floor is exact, and both halves are int32.
  const high = Math.floor(magnitude / BILLION) | 0;
  at = writeDigits(buf, at, high, digitsOf(high));
  return writeDigits(buf, at, (magnitude - high * BILLION) | 0, 9);
};

/** Writes any int64 in decimal at `off` and returns the offset behind it. */
export const writeBigInteger = (buf: Uint8Array, off: number, n: bigint): number => {
  const text = n.toString();
  for (let i = 0; i < text.length; i++) buf[off + i] = text.charCodeAt(i);
  return off + text.length;
};
