import test from 'ava';
import fc from 'fast-check';
import {
  addLongDouble,
  ceilLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  multiplyLongDouble,
  parseLongDouble,
} from '../../src/resp/longdouble.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';

/** What INCRBYFLOAT stores for a value and an increment, or its error. */
const increment = (value: string, by: string): string => {
  const a = parseLongDouble(value);
  const b = parseLongDouble(by);
  if (a === undefined || b === undefined) return 'ERR value is not a valid float';
  const sum = addLongDouble(a, b);
  return isFiniteLongDouble(sum) ? formatLongDouble(sum) : 'ERR increment would produce NaN or Infinity';
};

const adds = test.macro<[value: string, by: string, sum: string]>({
  exec: (t, value, by, sum) => t.is(increment(value, by), sum),
  title: (_, value, by, sum) => `${value} + ${by} is ${sum}`,
});

/** A number of seconds in whole milliseconds, rounded up. */
const milliseconds = test.macro<[seconds: string, ms: bigint]>({
  exec: (t, seconds, ms) => {
    const x = parseLongDouble(seconds);
    if (x === undefined) t.fail('no number');
    else t.is(ceilLongDouble(multiplyLongDouble(x, 1000n)), ms);
  },
  title: (_, seconds, ms) => `${seconds} * 1000, rounded up, is ${ms}`,
});

test(milliseconds, '0', 0n);
test(milliseconds, '1.5', 1500n);
test(milliseconds, '0.1', 100n);
test(milliseconds, '0.1234', 124n);
test(milliseconds, '-0.1234', -123n);
test(milliseconds, '-0.0001', 0n);
// As the processor rounds it: 0.001 is no binary fraction, and a product may come out on either side.
test(milliseconds, '-0.001', 0n);
test(milliseconds, '-0.002', -1n);
test(milliseconds, '-0.01', -10n);
test(milliseconds, '1e-4900', 1n);
test(milliseconds, '1e18', 10n ** 21n);

const NOT_A_FLOAT = 'ERR value is not a valid float';
const NOT_FINITE = 'ERR increment would produce NaN or Infinity';

test(adds, '0.1', '0.2', '0.3');
test(adds, '10.50', '0.1', '10.6');
test(adds, '5.0e3', '2.0e2', '5200');
test(adds, '3.0', '1.00000000000000001', '4.00000000000000001');
test(adds, '0', '-0', '0');
test(adds, '-1', '0.99999999999999999999', '0');
test(adds, '9007199254740993', '0', '9007199254740993');
test(adds, '18446744073709551615', '0', '18446744073709551615');
test(adds, '18446744073709551617', '0', '18446744073709551616');
test(adds, '0x1p3', '.5', '8.5');
test(adds, '1e-4950', '0', '0');
test(adds, '1', 'inf', NOT_FINITE);
test(adds, 'inf', '-inf', NOT_FINITE);
test(adds, '1e4932', '1e4932', NOT_FINITE);

test('what is no number, or a number that cannot be told from zero or infinity, is refused', (t) => {
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
    'NaN',
    '-nan',
    'nan(1)',
  ];
  for (const text of [...wrong, '1_0', '1d', '1,5', 'infi', '++1', '1e1.5', '1\0', '1\n']) {
    t.is(increment('0', text), NOT_A_FLOAT, JSON.stringify(text));
  }
  for (const text of ['1e4933', '-1e5000', '1e-4951', '0x1p16384', '1e99999999999999999999', '1e-99999999999']) {
    t.is(increment('0', text), NOT_A_FLOAT, text);
  }
  for (const text of ['0e99999999999999999999', '0x0p99999999999', '1e4932', '3.6e-4951', 'Infinity', '+INF']) {
    t.not(parseLongDouble(text), undefined, text);
  }
  t.not(parseLongDouble(`0.${'1'.repeat(5117)}`), undefined);
  t.is(parseLongDouble(`0.${'1'.repeat(5118)}`), undefined);
});

test('integers of 64 bits are kept exactly', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (n) => increment(String(n), '0') === String(n)),
  );
  t.pass();
});

test('addition commutes, and adding the opposite gives zero', (t) => {
  const text = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
  fc.assert(
    fc.property(text, text, (a, b) => {
      const opposite = a.startsWith('-') ? a.slice(1) : `-${a}`;
      return increment(a, b) === increment(b, a) && increment(a, opposite) === '0';
    }),
  );
  t.pass();
});

test('decimals of up to 17 places and 19 digits come back as they were written', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -9, max: 9 }), fc.stringMatching(/^[0-9]{0,15}[1-9]$/), (whole, fraction) => {
      const text = whole === 0 ? `0.${fraction}` : `${whole}.${fraction}`;
      return increment(text, '0') === text;
    }),
  );
  t.pass();
});

const digits = fc.stringMatching(/^[0-9]{1,25}$/);
const anyFloat = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('', '-', '+'), digits, digits).map(([s, a, b]) => `${s}${a}.${b}`) },
  { weight: 2, arbitrary: fc.tuple(digits, fc.integer({ min: -60, max: 60 })).map(([a, e]) => `${a}e${e}`) },
  { weight: 1, arbitrary: fc.tuple(digits, fc.integer({ min: -5000, max: 5000 })).map(([a, e]) => `-.${a}E${e}`) },
  { weight: 2, arbitrary: fc.double({ noNaN: true }).map(String) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.bigInt(0n, 2n ** 70n), fc.integer({ min: -90, max: 20 }))
      .map(([m, e]) => `0x${m.toString(16)}p${e}`),
  },
  { weight: 1, arbitrary: fc.tuple(fc.bigInt(0n, 2n ** 66n), fc.nat(12)).map(([m, k]) => `${m}.${5 ** k}`) },
  { weight: 1, arbitrary: fc.stringMatching(/^[-+]?[0-9]{0,3}[.ex]?[0-9a-f.p]{0,3}$/) },
);

oracleTest('INCRBYFLOAT of redis-server stores the same text', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const pairs = fc.sample(fc.tuple(anyFloat, anyFloat), { numRuns: 800, seed: 11 });
  const replies = await client.pipeline(
    pairs.flatMap(([value, by]) => [
      ['SET', 'f', value],
      ['INCRBYFLOAT', 'f', by],
    ]),
  );
  pairs.forEach(([value, by], i) => {
    const reply = replies[2 * i + 1]!;
    const theirs = reply.type === 'bulk' ? reply.bytes.toString('latin1') : reply.type === 'error' ? reply.text : '';
    t.is(increment(value, by), theirs, `${value} + ${by}`);
  });
});
