/**
 * Doubles as text: scores, distances and RESP3 doubles.
 *
 * In:     text or a range of bytes, or a number.
 * Out:    a number (NaN: "value is not a valid float"), or text in one of two spellings.
 * Memory: nothing is kept; the common decimals are read without a string.
 *
 * Redis 7.2 prints the fewest digits that read back as the same double (`formatDouble`); Redis 7.0, and 7.2 in the few
 * places it left alone, prints 17 significant digits (`formatDouble17`).
 * @since 0.1.0
 */
import { type BinaryFormat, isFiniteLongDouble, parseBinary } from './longdouble.ts';

const DOUBLE: BinaryFormat = { precision: 53, exponentMin: -1074, exponentMax: 1023 - 52 };

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NONZERO_MANTISSA = /^[+-]?[0.]*[1-9]/;

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS_MAX = 15;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS_MAX + 1 }, (_, exponent) => 10 ** exponent);

/**
 * The double that C's strtod reads from the whole text: decimals, hexadecimals like 0x1p3, inf and infinity in any
 * case. NaN for anything else (spaces and nan included) and for a number that overflows or underflows to zero.
 */
export const parseDouble = (text: string): number => {
  if (DECIMAL.test(text)) {
    const d = Number(text);
    if (d === 0) return NONZERO_MANTISSA.test(text) ? Number.NaN : d;
    return Number.isFinite(d) ? d : Number.NaN;
  }
  const x = parseBinary(DOUBLE, text);
  if (x === undefined) return Number.NaN;
  if (x.mantissa === 0n) return text.startsWith('-') ? -0 : 0;
  return isFiniteLongDouble(x) ? Number(x.mantissa) * 2 ** x.exponent : Number(x.mantissa) * Number.POSITIVE_INFINITY;
};

/** As `parseDouble`, from `len` bytes at `off`; no allocation for plain decimals of up to 15 digits. */
export const parseDoubleBytes = (buf: Uint8Array, off: number, len: number): number => {
  const end = off + len;
  let at = off;
  const first = len === 0 ? 0 : buf[at];
  if (first === MINUS || first === PLUS) at++;
  const start = at;
  let point = -1;
  let n = 0;
  // Sixteen bytes hold fifteen digits and the point.
  if (end - start <= EXACT_DIGITS_MAX + 1) {
    for (; at < end; at++) {
      const digit = buf[at]! - ZERO;
      if (digit >= 0 && digit <= 9) n = n * 10 + digit;
      else if (buf[at] === POINT && point < 0) point = at;
      else break;
    }
    const digits = at - start - (point < 0 ? 0 : 1);
    if (at === end && digits > 0 && digits <= EXACT_DIGITS_MAX) {
      // Both operands are exact, so the quotient is the double nearest to the text.
      const d = point < 0 ? n : n / POWERS_OF_TEN[end - point - 1]!;
      return first === MINUS ? -d : d;
    }
  }
  return parseDouble(Buffer.from(buf.buffer, buf.byteOffset + off, len).toString('latin1'));
};

const notFinite = (d: number): string => (Number.isNaN(d) ? 'nan' : d < 0 ? '-inf' : 'inf');

/** Integers up to here are printed digit by digit by Redis 7.2, larger ones like fractions. */
const INTEGER_MAX = 2 ** 62;

/**
 * As Redis 7.2 prints doubles. With the fewest digits that tell the double from its neighbours, `D × 10^k`:
 *
 *   an integer within ±2^62        all its digits              1000000000000000000
 *   k from 0 to 7 (6 if negative)  D and k zeros               12345678901234567000
 *   k from -6 to -1, or k < 0 and
 *   0.001 <= |d| < 10000           decimal notation            0.000012, 1234.5678901
 *   everything else                exponent, no padding        1e-7, 1.2345678901e+4, 1e+21
 *
 * Redis finds the digits with Grisu2, which in about one of a thousand doubles gives a digit more than necessary or
 * another last digit; here they are always the shortest and the nearest. Both read back as the same double.
 */
export const formatDouble = (d: number): string => {
  if (!Number.isFinite(d)) return notFinite(d);
  if (Number.isInteger(d)) {
    if (Number.isSafeInteger(d)) return Object.is(d, -0) ? '-0' : String(d);
    if (Math.abs(d) <= INTEGER_MAX) return BigInt(d).toString();
  } else if (Math.abs(d) >= 1e-6) {
    // JavaScript prints the same digits, and decimal notation is right whenever k is -6 or more.
    const text = String(d);
    if (text.length - text.indexOf('.') <= 7) return text;
  }

  const scientific = d.toExponential();
  const e = scientific.indexOf('e');
  const sign = d < 0 ? '-' : '';
  const digits = scientific.slice(sign.length, e).replace('.', '');
  const exponent = Number(scientific.slice(e + 1));
  const k = exponent - (digits.length - 1);
  if (k >= 0) return k <= (d < 0 ? 6 : 7) ? sign + digits + '0'.repeat(k) : scientific;
  if (k <= -7 && Math.abs(exponent) >= 4) return scientific;
  const whole = digits.length + k;
  return whole <= 0
    ? `${sign}0.${'0'.repeat(-whole)}${digits}`
    : `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
};

const SIGNIFICANT = 17;

/** The 17 significant digits and the exponent as `d.dddde±x`; ties go to the even digit, as in C. */
const scientific17 = (d: number): string => {
  const text = d.toExponential(SIGNIFICANT - 1);
  // JavaScript rounds a tie up. A tie ends in a 5 right behind the digits, which few doubles do.
  const further = d.toExponential(100);
  const point = further.indexOf('.');
  const rest = further.slice(point + SIGNIFICANT, further.indexOf('e'));
  if (!/^50*$/.test(rest)) return text;
  const even = (further.charCodeAt(point + SIGNIFICANT - 1) & 1) === 0;
  return even ? further.slice(0, point + SIGNIFICANT) + further.slice(further.indexOf('e')) : text;
};

/** As C's printf("%.17g") prints the double. */
export const formatDouble17 = (d: number): string => {
  if (!Number.isFinite(d)) return notFinite(d);
  if (Number.isSafeInteger(d)) return Object.is(d, -0) ? '-0' : String(d);
  const scientific = scientific17(d);
  const e = scientific.indexOf('e');
  const sign = d < 0 ? '-' : '';
  const digits = scientific.slice(sign.length, e).replace('.', '').replace(/0+$/, '');
  const exponent = Number(scientific.slice(e + 1));
  if (exponent < -4 || exponent >= SIGNIFICANT) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
};
