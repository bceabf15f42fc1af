import test from 'ava';
import fc from 'fast-check';
import { formatDouble, formatDouble17, parseDouble, parseDoubleBytes } from '../../src/resp/double.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';

/** Doubles of every size, many of them short decimals, halves and near powers of ten or two. */
const doubles = fc.oneof(
  fc.double({ noNaN: true }),
  fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => Number(`${m}e${e}`)),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -100, max: 20 })).map(([m, e]) => m * 2 ** e),
  fc.tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: -60, max: 60 })).map(([m, e]) => m * 2 ** e),
);

const prints = test.macro<[value: number, in72: string, in70: string]>({
  exec: (t, value, in72, in70) => {
    t.is(formatDouble(value), in72);
    t.is(formatDouble17(value), in70);
  },
  title: (_, value, in72, in70) =>
    `${Object.is(value, -0) ? '-0' : value} prints as ${in72}, with 17 digits as ${in70}`,
});

test(prints, 0, '0', '0');
test(prints, -0, '-0', '-0');
test(prints, Number.POSITIVE_INFINITY, 'inf', 'inf');
test(prints, Number.NEGATIVE_INFINITY, '-inf', '-inf');
test(prints, Number.NaN, 'nan', 'nan');
test(prints, 3.14, '3.14', '3.1400000000000001');
test(prints, -0.1, '-0.1', '-0.10000000000000001');
test(prints, 1e17, '100000000000000000', '1e+17');
test(prints, 1e18, '1000000000000000000', '1e+18');
test(prints, 2 ** 62, '4611686018427387904', '4.6116860184273879e+18');
test(prints, 2 ** 63, '9223372036854776000', '9.2233720368547758e+18');
test(prints, 12345678901234567000, '12345678901234567000', '1.2345678901234567e+19');
test(prints, 1e19, '1e+19', '1e+19');
test(prints, 1e21, '1e+21', '1e+21');
test(prints, 1.5e300, '1.5e+300', '1.5000000000000001e+300');
test(prints, 1e-6, '0.000001', '9.9999999999999995e-07');
test(prints, 1e-7, '1e-7', '9.9999999999999995e-08');
test(prints, 1.5e-5, '0.000015', '1.5e-05');
test(prints, 1.234e-5, '1.234e-5', '1.234e-05');
test(prints, 0.001234567, '0.001234567', '0.001234567');
test(prints, 0.0001234567, '1.234567e-4', '0.0001234567');
test(prints, 1234.5678901, '1234.5678901', '1234.5678901000001');
test(prints, 12345.678901, '12345.678901', '12345.678900999999');
test(prints, 12345.6789012, '1.23456789012e+4', '12345.678901200001');
test(prints, 1.0000076293945312, '1.0000076293945312', '1.0000076293945312'); // 2^-17 above 1: a tie, to even
test(prints, 5e-324, '5e-324', '4.9406564584124654e-324');

test('both spellings read back as the same double', (t) => {
  fc.assert(
    fc.property(
      doubles,
      (d) => Object.is(parseDouble(formatDouble(d)), d) && Object.is(parseDouble(formatDouble17(d)), d),
    ),
    { numRuns: 2000 },
  );
  t.pass();
});

test('text that is no number, or one that overflows or vanishes, is refused', (t) => {
  const wrong = [
    '',
    ' 1',
    '1 ',
    '+',
    '-',
    '.',
    'e1',
    '1e',
    '1e+',
    '0x',
    '0x.p1',
    '0x1p',
    'nan',
    '-NaN',
    'nan(1)',
    '1\0',
  ];
  for (const text of [
    ...wrong,
    '1_0',
    '1d',
    'infi',
    '1e400',
    '-1e400',
    '1e-400',
    '2.4e-324',
    '0x1p1024',
    '0x1p-1075',
  ]) {
    t.is(parseDouble(text), Number.NaN, JSON.stringify(text));
  }
});

test('decimals, hexadecimals and infinities are read as strtod reads them', (t) => {
  const right: [string, number][] = [
    ['+5', 5],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    ['-0', -0],
    ['-0x0', -0],
    ['0e999999', 0],
    ['1E+5', 1e5],
    ['0x10', 16],
    ['0X1P3', 8],
    ['-0x.8p1', -1],
    ['0x1.8p-1075', 5e-324],
    ['0x1.fffffffffffff8p0', 2], // a tie, to even
    ['2.5e-324', 5e-324],
    ['INF', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    [`1${'0'.repeat(400)}e-400`, 1],
  ];
  for (const [text, d] of right) t.is(parseDouble(text), d, text);
});

test('bytes are read as their text is', (t) => {
  const text = fc.oneof(
    doubles.map(String),
    fc.stringMatching(/^[-+]?[0-9]{0,9}\.?[0-9]{0,9}$/),
    fc.stringMatching(/^[-+.0-9exinf]{0,5}$/),
  );
  fc.assert(
    fc.property(text, (s) => {
      const framed = Uint8Array.from(`7${s}7`, (letter) => letter.charCodeAt(0));
      return Object.is(parseDoubleBytes(framed, 1, s.length), parseDouble(s));
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

const anyText = fc.oneof(
  doubles.map(String),
  fc.stringMatching(/^[-+]?[0-9]{1,20}\.[0-9]{0,20}(e[-+]?[0-9]{1,3})?$/),
  fc.tuple(fc.bigInt(0n, 2n ** 60n), fc.integer({ min: -1100, max: 990 })).map(([m, e]) => `0x${m.toString(16)}p${e}`),
  fc.stringMatching(/^[-+]?[0-9]{0,3}[.ex]?[0-9a-f.p]{0,3}$/),
);

oracleTest('ZADD of redis-server takes the same texts, and ZSCORE prints them alike', async (t) => {
  // A sorted set as listpack forgets the sign of -0; a skiplist keeps the double.
  const redis = await startRedis(t, { args: ['--zset-max-listpack-entries', '0'] });
  const client = await redis.connect();
  const info = await client.send('INFO', 'server');
  const [major = 0, minor = 0] =
    /redis_version:(\d+)\.(\d+)/
      .exec(info.type === 'bulk' ? info.bytes.toString() : '')
      ?.slice(1)
      .map(Number) ?? [];
  const format = major > 7 || (major === 7 && minor >= 2) ? formatDouble : formatDouble17;
  const texts = fc.sample(anyText, { numRuns: 800, seed: 3 });
  const replies = await client.pipeline(
    texts.flatMap((text) => [
      ['DEL', 'z'],
      ['ZADD', 'z', text, 'm'],
      ['ZSCORE', 'z', 'm'],
    ]),
  );
  for (const [i, text] of texts.entries()) {
    const score = replies[3 * i + 2]!;
    const theirs = score.type === 'bulk' ? score.bytes.toString() : 'nan';
    t.is(format(parseDouble(text)), theirs, text);
  }
});
