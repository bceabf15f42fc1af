/**
 * Numbers as redis.conf writes them: strict integers, memory sizes with units, octal permissions.
 *
 * In:  one word. Out: a number, or `none` when the word is not one.
 * Redis keeps 64-bit integers, JavaScript numbers are exact up to 2^53: larger values are rounded to the next double,
 * and the two extremes that people write (2^63-1 and 2^64-1, "no limit") print as they were given.
 * @since 0.1.0
 */
import * as O from 'fp-ts/Option';

export const INT_MIN = -2147483648;
export const INT_MAX = 2147483647;
export const UINT_MAX = 4294967295;
/** 2^63-1 rounds to 2^63 as a double; `formatInteger` prints it as 9223372036854775807 again. */
export const LLONG_MAX = 2 ** 63;
/** 2^64-1 rounds to 2^64 as a double; `formatUnsigned` prints it as 18446744073709551615 again. */
export const ULLONG_MAX = 2 ** 64;

const LLONG_MAX_EXACT = 9223372036854775807n;
const ULLONG_MAX_EXACT = 18446744073709551615n;

/** Parses an integer as Redis does: no blanks, no plus sign, no leading zeros, within 64 bits. */
export const parseInteger = (word: string): O.Option<number> => {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(word)) return O.none;
  if (word.length < 16) return O.some(Number(word));
  const exact = BigInt(word);
  return exact > LLONG_MAX_EXACT || exact < -LLONG_MAX_EXACT - 1n ? O.none : O.some(Number(exact));
};

/** Prints an integer in full digits, never with an exponent. */
export const formatInteger = (value: number): string => {
  if (Number.isSafeInteger(value)) return String(value);
  return value >= LLONG_MAX ? LLONG_MAX_EXACT.toString() : BigInt(value).toString();
};

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 1024n],
  ['m', 1000n * 1000n],
  ['mb', 1024n * 1024n],
  ['g', 1000n * 1000n * 1000n],
  ['gb', 1024n * 1024n * 1024n],
]);

/**
 * Parses a memory size into bytes: `1k` is 1000, `1kb` 1024, `m`, `mb`, `g`, `gb`, `b` and plain numbers likewise, in any
 * case. As in Redis a number that is too long saturates at 2^64-1, and a product that is too large wraps around.
 */
export const parseMemory = (word: string): O.Option<number> => {
  const match = /^([0-9]*)([a-z]*)$/i.exec(word);
  const unit = UNITS.get((match?.[2] ?? '?').toLowerCase());
  if (match === null || unit === undefined) return O.none;
  const digits = BigInt(match[1] || '0');
  const count = digits > ULLONG_MAX_EXACT ? ULLONG_MAX_EXACT : digits;
  return O.some(Number(BigInt.asUintN(64, count * unit)));
};

/** Prints bytes as CONFIG GET does: in full digits. 2^63 stands for the number below it, which people do write. */
export const formatUnsigned = (bytes: number): string => {
  if (Number.isSafeInteger(bytes)) return String(bytes);
  if (bytes === LLONG_MAX) return LLONG_MAX_EXACT.toString();
  return bytes >= ULLONG_MAX ? ULLONG_MAX_EXACT.toString() : BigInt(bytes).toString();
};

/** Prints bytes as CONFIG REWRITE does: in the largest binary unit that divides them. */
export const formatMemory = (bytes: number): string => {
  const gigabyte = 1024 ** 3;
  if (bytes > 0 && Number.isSafeInteger(bytes)) {
    if (bytes % gigabyte === 0) return `${bytes / gigabyte}gb`;
    if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}mb`;
    if (bytes % 1024 === 0) return `${bytes / 1024}kb`;
  }
  return formatUnsigned(bytes);
};

/** Parses file permissions such as 700. */
export const parseOctal = (word: string): O.Option<number> =>
  /^[0-7]{1,10}$/.test(word) ? O.some(Number.parseInt(word, 8)) : O.none;
