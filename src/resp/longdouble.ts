/**
 * The x87 `long double` that INCRBYFLOAT and HINCRBYFLOAT calculate with: 64 bits of mantissa instead of 53.
 *
 * In:     text as the client sent it.
 * Out:    immutable values, their sum, and the text that Redis stores.
 * Memory: BigInts; not for the hot path.
 *
 * Every step is exact and then rounded once, to the nearest, ties to even, as the C library and the processor do it. So
 * 0.1 + 0.2 is 0.3 here, as in Redis, where doubles would give 0.30000000000000004.
 * @since 0.1.0
 */

/** The value is `mantissa * 2^exponent`; an infinite exponent makes it infinity (mantissa 1 or -1) or NaN (0). */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A binary floating-point format. */
export interface BinaryFormat {
  /** Bits of the mantissa. */
  readonly precision: number;
  /** Exponent of the smallest subnormal's only bit. */
  readonly exponentMin: number;
  /** Exponent of the last bit of the largest finite values. */
  readonly exponentMax: number;
}

const EXTENDED: BinaryFormat = { precision: 64, exponentMin: -16445, exponentMax: 16383 - 63 };

/** Redis refuses longer texts (the NUL behind them counts in its buffer of 5 KiB). */
export const TEXT_BYTES_MAX = 5 * 1024 - 1;
/** No format here knows a number whose first digit stands further from the point than this. */
const DECIMAL_EXPONENT_MAX = 5_000;
const BINARY_EXPONENT_MAX = 20_000;

const FRACTION_DIGITS = 17;
const FRACTION_SCALE = 10n ** BigInt(FRACTION_DIGITS);

const NUMBER = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x(?:([\da-f]+)\.?([\da-f]*)|\.([\da-f]+))(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

const bitLength = (n: bigint): number => {
  const hex = n.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0]!, 16)) - 28);
};

const zero = (): LongDouble => ({ mantissa: 0n, exponent: 0 });
const infinity = (negative: boolean): LongDouble => ({
  mantissa: negative ? -1n : 1n,
  exponent: Number.POSITIVE_INFINITY,
});

/** `n / 2^bits`, rounded to the nearest integer, ties to even; `inexact` says that n itself was cut off below. */
const shiftRounded = (n: bigint, bits: number, inexact: boolean): bigint => {
  if (bits <= 0) return n << BigInt(-bits);
  const shift = BigInt(bits);
  const floor = n >> shift;
  const rest = n - (floor << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (inexact || (floor & 1n) === 1n));
  return up ? floor + 1n : floor;
};

/**
 * The value of the format nearest to `numerator / denominator * 2^exponent`, both positive. The result may be zero
 * (underflow) or infinite (overflow).
 */
const nearest = (format: BinaryFormat, numerator: bigint, denominator: bigint, exponent: number): LongDouble => {
  // Two bits more than the mantissa has, so that what the division cuts off lies below the tie.
  const scale = Math.max(0, format.precision + 2 - (bitLength(numerator) - bitLength(denominator)));
  const scaled = numerator << BigInt(scale);
  const quotient = denominator === 1n ? scaled : scaled / denominator;
  const inexact = denominator !== 1n && quotient * denominator !== scaled;
  const unit = Math.max(bitLength(quotient) + exponent - scale - format.precision, format.exponentMin);
  let mantissa = shiftRounded(quotient, unit - (exponent - scale), inexact);
  let last = unit;
  if (mantissa >> BigInt(format.precision) !== 0n) {
    mantissa >>= 1n; // rounded up to the next power of two: the bit that goes is 0
    last++;
  }
  if (mantissa === 0n) return zero();
  return last > format.exponentMax ? infinity(false) : { mantissa, exponent: last };
};

const negatedIf = (negative: boolean, x: LongDouble): LongDouble =>
  negative ? { mantissa: -x.mantissa, exponent: x.exponent } : x;

/** The exponent in the text, kept small enough to calculate with. */
const exponentOf = (text: string | undefined): number =>
  text === undefined ? 0 : Math.max(-1e9, Math.min(1e9, Number(text)));

/**
 * What C's strtod or strtold makes of a text that is a number from its first to its last byte, in the format given:
 * `undefined` for anything else, for NaN, and where C reports ERANGE with zero or infinity.
 */
export const parseBinary = (format: BinaryFormat, text: string): LongDouble | undefined => {
  const decimal = NUMBER.exec(text);
  if (decimal !== null) {
    const [, sign, whole = '', fraction = '', only = '', power] = decimal;
    const digits = (whole + fraction + only).replace(/^0+/, '');
    if (digits === '') return zero();
    const exponent = exponentOf(power) - fraction.length - only.length;
    if (Math.abs(exponent + digits.length) > DECIMAL_EXPONENT_MAX) return undefined;
    const scale = 10n ** BigInt(Math.abs(exponent));
    const n = BigInt(digits);
    const x = exponent >= 0 ? nearest(format, n * scale, 1n, 0) : nearest(format, n, scale, 0);
    return x.mantissa === 0n || !isFiniteLongDouble(x) ? undefined : negatedIf(sign === '-', x);
  }
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) {
    const [, sign, whole = '', fraction = '', only = '', power] = hexadecimal;
    const digits = (whole + fraction + only).replace(/^0+/, '');
    if (digits === '') return zero();
    const exponent = exponentOf(power) - 4 * (fraction.length + only.length);
    if (Math.abs(exponent + 4 * digits.length) > BINARY_EXPONENT_MAX) return undefined;
    const x = nearest(format, BigInt(`0x${digits}`), 1n, exponent);
    return x.mantissa === 0n || !isFiniteLongDouble(x) ? undefined : negatedIf(sign === '-', x);
  }
  const infinite = INFINITE.exec(text);
  return infinite === null ? undefined : infinity(infinite[1] === '-');
};

/** A long double from text, by the rules of Redis; `undefined` means "value is not a valid float". */
export const parseLongDouble = (text: string): LongDouble | undefined =>
  text.length > TEXT_BYTES_MAX ? undefined : parseBinary(EXTENDED, text);

/** Neither infinity nor NaN. */
export const isFiniteLongDouble = (x: LongDouble): boolean => x.exponent !== Number.POSITIVE_INFINITY;

/** The sum, rounded as the processor rounds it. */
export const addLongDouble = (a: LongDouble, b: LongDouble): LongDouble => {
  if (!isFiniteLongDouble(a) || !isFiniteLongDouble(b)) {
    if (isFiniteLongDouble(a)) return b;
    if (isFiniteLongDouble(b)) return a;
    return a.mantissa === b.mantissa ? a : { mantissa: 0n, exponent: Number.POSITIVE_INFINITY };
  }
  const unit = Math.min(a.exponent, b.exponent);
  const sum = (a.mantissa << BigInt(a.exponent - unit)) + (b.mantissa << BigInt(b.exponent - unit));
  if (sum === 0n) return zero();
  const negative = sum < 0n;
  return negatedIf(negative, nearest(EXTENDED, negative ? -sum : sum, 1n, unit));
};

/** The product with a positive integer, rounded as the processor rounds it. */
export const multiplyLongDouble = (x: LongDouble, factor: bigint): LongDouble => {
  if (!isFiniteLongDouble(x) || x.mantissa === 0n) return x;
  const negative = x.mantissa < 0n;
  return negatedIf(negative, nearest(EXTENDED, (negative ? -x.mantissa : x.mantissa) * factor, 1n, x.exponent));
};

/** The smallest integer that is not below it. Not for infinities, nor for what does not fit in a few kilobytes. */
export const ceilLongDouble = ({ mantissa, exponent }: LongDouble): bigint => {
  if (exponent >= 0) return mantissa << BigInt(exponent);
  const floor = -mantissa >> BigInt(-exponent);
  return -floor;
};

/** As Redis stores it: printf's %.17Lf without the zeros (and the point) at its end, and never "-0". */
export const formatLongDouble = (x: LongDouble): string => {
  if (!isFiniteLongDouble(x)) return x.mantissa === 0n ? 'nan' : x.mantissa < 0n ? '-inf' : 'inf';
  const negative = x.mantissa < 0n;
  const scaled = shiftRounded((negative ? -x.mantissa : x.mantissa) * FRACTION_SCALE, -x.exponent, false);
  if (scaled === 0n) return '0';
  const digits = scaled.toString().padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : '.'}${fraction}`;
};
