/**
 * A signed 64-bit integer in two int32 halves, so that packed encodings hold all of int64 without a BigInt.
 *
 * In:     decimal text, or a number. Out: the halves, a number where it is exact, decimal text.
 * Memory: one object that its holder uses again and again; nothing is allocated.
 *
 * @since 0.2.0
 */
import { BEYOND_SAFE, parseInteger, writeInteger } from '../resp/numbers.ts';

const TWO_16 = 65536;
const TWO_32 = 4294967296;
const BILLION = 1_000_000_000;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** The upper halves of the first integers that are not safe any more, in either direction. */
const UNSAFE_HIGH = 1 << 21;

export class Int64 {
  /** Upper half with the sign. */
  hi = 0;
  /** Lower half, as an int32. */
  lo = 0;

  set(hi: number, lo: number): this {
    this.hi = hi;
    this.lo = lo;
    return this;
  }

  /** Takes a safe integer. */
  setNumber(value: number): this {
    this.lo = value | 0;
    this.hi = this.lo === value ? value >> 31 : Math.floor(value / TWO_32);
    return this;
  }

  /** Takes the text when it is the one spelling of an int64; else false, and undefined halves. */
  parse(bytes: Uint8Array, at: number, length: number): boolean {
    if (length === 0 || length > 20) return false;
    // Most texts are no numbers, and most of those show it in their first or their last byte.
    const first = bytes[at];
    if (first > NINE || (first < ZERO && first !== MINUS)) return false;
    const last = bytes[at + length - 1];
    if (last > NINE || last < ZERO) return false;
    const value = parseInteger(bytes, at, length);
    if (value === BEYOND_SAFE) {
      this.parseLong(bytes, at, length);
      return true;
    }
    if (Number.isNaN(value)) return false;
    this.setNumber(value);
    return true;
  }

  /** Digits that are known to spell an int64: an upper part and nine digits below, put together in limbs of 16 bits. */
  private parseLong(bytes: Uint8Array, at: number, length: number): void {
    const negative = bytes[at] === MINUS;
    const end = at + length;
    const split = end - 9;
    let high = 0;
    for (let i = negative ? at + 1 : at; i < split; i++) high = high * 10 + (bytes[i] - ZERO);
    let low = 0;
    for (let i = split; i < end; i++) low = low * 10 + (bytes[i] - ZERO);
    const highUpper = Math.floor(high / TWO_16);
    const upper = highUpper * BILLION;
    const upperRest = upper % TWO_16;
    const sum = upperRest * TWO_16 + (high - highUpper * TWO_16) * BILLION + low;
    this.lo = sum | 0;
    this.hi = (Math.floor(upper / TWO_16) + Math.floor(sum / TWO_32)) | 0;
    if (negative) this.negate();
  }

  private negate(): void {
    this.lo = -this.lo | 0;
    this.hi = this.lo === 0 ? -this.hi | 0 : ~this.hi;
  }

  /** Whether a JS number holds it exactly. */
  isSafe(): boolean {
    const { hi } = this;
    return hi < UNSAFE_HIGH && (hi > -UNSAFE_HIGH || (hi === -UNSAFE_HIGH && this.lo !== 0));
  }

  /** The number, or NaN when it is not safe. */
  toNumber(): number {
    return this.isSafe() ? this.hi * TWO_32 + (this.lo >>> 0) : Number.NaN;
  }

  /** Negative, zero or positive as this is below, equal to or above the other. */
  compare(hi: number, lo: number): number {
    if (this.hi !== hi) return this.hi < hi ? -1 : 1;
    if (this.lo === lo) return 0;
    return this.lo >>> 0 < lo >>> 0 ? -1 : 1;
  }

  /** Writes the decimal text (at most 20 bytes) and returns the offset behind it. */
  write(target: Uint8Array, at: number): number {
    const value = this.toNumber();
    if (!Number.isNaN(value)) return writeInteger(target, at, value);
    let position = at;
    let { hi, lo } = this;
    if (hi < 0) {
      target[position++] = MINUS;
      lo = -lo | 0;
      hi = lo === 0 ? -hi | 0 : ~hi;
    }
    // Long division of the magnitude by 10^9 in limbs of 32, 16 and 16 bits: every remainder times 2^16 is safe.
    const upper = hi >>> 0;
    const first = Math.floor(upper / BILLION);
    const second = (upper - first * BILLION) * TWO_16 + (lo >>> 16);
    const secondQuotient = Math.floor(second / BILLION);
    const third = (second - secondQuotient * BILLION) * TWO_16 + (lo & 0xffff);
    const thirdQuotient = Math.floor(third / BILLION);
    position = writeInteger(target, position, first * TWO_32 + secondQuotient * TWO_16 + thirdQuotient);
    let rest = third - thirdQuotient * BILLION;
    for (let i = position + 8; i >= position; i--) {
      const tenth = (rest / 10) | 0;
      target[i] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    return position + 9;
  }
}
