import test from 'ava';
import fc from 'fast-check';
import {
  BEYOND_SAFE,
  INTEGER_BYTES_MAX,
  integerBytes,
  isIntegerText,
  parseBigInteger,
  parseInteger,
  writeBigInteger,
  writeInteger,
} from '../../src/resp/numbers.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** The text with foreign digits on both sides, so that a read past either end shows. */
const framed = (text: string) => Buffer.from(`9${text}9`, 'latin1');

/** What the rules say, in the slow and obvious way. */
const expected = (text: string): bigint | undefined => {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text) || text.length > INTEGER_BYTES_MAX) return undefined;
  const n = BigInt(text);
  return n >= INT64_MIN && n <= INT64_MAX ? n : undefined;
};

const agrees = (text: string): boolean => {
  const buf = framed(text);
  const want = expected(text);
  const n = parseInteger(buf, 1, text.length);
  const asNumber =
    want === undefined
      ? Number.isNaN(n)
      : Number.isSafeInteger(Number(want))
        ? Object.is(n, Number(want))
        : n === BEYOND_SAFE;
  return (
    asNumber &&
    parseBigInteger(buf, 1, text.length) === want &&
    isIntegerText(buf, 1, text.length) === (want !== undefined)
  );
};

const written = (n: number) => {
  const buf = Buffer.alloc(24, 0xaa);
  const end = writeInteger(buf, 2, n);
  return { text: buf.toString('latin1', 2, end), untouched: buf[1] === 0xaa && buf[end] === 0xaa };
};

const safe = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.tuple(fc.integer({ min: 0, max: 9_007_199 }), fc.integer({ min: -2, max: 2 })).map(([k, d]) => k * 1e9 + d),
  fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: -2, max: 2 })).map(([k, d]) => 10 ** k + d),
);

const texts = fc.oneof(
  fc.bigInt({ min: INT64_MIN * 20n, max: INT64_MAX * 20n }).map(String),
  fc.bigInt({ min: -20n, max: 20n }).map((d) => String(INT64_MAX + d)),
  fc.bigInt({ min: -20n, max: 20n }).map((d) => String(INT64_MIN + d)),
  safe.map(String),
  fc.stringMatching(/^[-+ 0-9a.]{0,22}$/),
);

test('an integer is read as exactly one spelling allows', (t) => {
  const samples = [
    ...['', '-', '0', '-0', '00', '01', '-01', '+1', ' 1', '1 ', '1a', 'a', '--1', '1-', '/', ':', '-/', '-:', '1\0'],
    ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740991', '-9007199254740992'],
    ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
    ...['9223372036854775817', '-9223372036854775818', '9999999999999999999', '10000000000000000000'],
    ...['18446744073709551615', '-99999999999999999999', '2147483647', '2147483648', '-2147483648', '999999999'],
  ];
  for (const text of samples) t.true(agrees(text), JSON.stringify(text));
});

test('any text is an integer to parseInteger, parseBigInteger and isIntegerText, or to none of them', (t) => {
  fc.assert(fc.property(texts, agrees), { numRuns: 2000 });
  t.pass();
});

test('a safe integer is written as JavaScript prints it, in the announced width', (t) => {
  const holds = (n: number) => {
    const { text, untouched } = written(n);
    return text === String(n) && untouched && integerBytes(n) === text.length;
  };
  for (const n of [0, -0, 9, 10, -1, -9, -10, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 1 - 2 ** 53, 1e9 - 1, 1e9]) {
    t.true(holds(n), String(n));
  }
  fc.assert(fc.property(safe, holds), { numRuns: 2000 });
});

test('what was written is read back', (t) => {
  fc.assert(
    fc.property(safe, (n) => {
      const buf = Buffer.alloc(24);
      return parseInteger(buf, 1, writeInteger(buf, 1, n) - 1) === n;
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: INT64_MIN, max: INT64_MAX }), (n) => {
      const buf = Buffer.alloc(24);
      return parseBigInteger(buf, 1, writeBigInteger(buf, 1, n) - 1) === n;
    }),
  );
  t.pass();
});
