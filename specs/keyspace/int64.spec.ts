import test from 'ava';
import fc from 'fast-check';
import { Int64 } from '../../src/keyspace/int64.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const edges = [0n, 2n ** 15n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 10n ** 9n, 10n ** 18n, MAX]
  .flatMap((edge) => [edge - 1n, edge, edge + 1n])
  .flatMap((edge) => [edge, -edge])
  .filter((edge) => edge >= MIN && edge <= MAX);
const int64s = fc.oneof(fc.bigInt({ min: MIN, max: MAX }), fc.constantFrom(...edges, MIN));

const parsed = (text: string): Int64 | undefined => {
  const value = new Int64();
  const bytes = Buffer.from(`9${text}9`, 'latin1'); // digits around it, so that a read past either end shows
  return value.parse(bytes, 1, text.length) ? value : undefined;
};

const big = (value: Int64): bigint => BigInt(value.hi) * 2n ** 32n + BigInt(value.lo >>> 0);

const text = (value: Int64): string => {
  const room = Buffer.alloc(20);
  return room.toString('latin1', 0, value.write(room, 0));
};

test('every int64 is read from its text and written back', (t) => {
  fc.assert(
    fc.property(int64s, (n) => {
      const value = parsed(String(n));
      t.truthy(value, String(n));
      if (value === undefined) return;
      t.is(big(value), n);
      t.is(text(value), String(n));
    }),
  );
});

test('a number comes out when it is exact, and NaN when it is not', (t) => {
  fc.assert(
    fc.property(int64s, (n) => {
      const value = parsed(String(n));
      const number = value?.toNumber();
      const isSafe = n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER);
      t.is(number, isSafe ? Number(n) : Number.NaN);
    }),
  );
});

test('a safe integer goes in as a number', (t) => {
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => big(new Int64().setNumber(n)) === BigInt(n)));
  t.pass();
});

test('the order of two integers is theirs', (t) => {
  fc.assert(
    fc.property(int64s, int64s, (a, b) => {
      const left = parsed(String(a));
      const right = parsed(String(b));
      if (left === undefined || right === undefined) return t.fail();
      t.is(Math.sign(left.compare(right.hi, right.lo)), a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  t.pass();
});

for (const other of ['', '-', '-0', '+1', '01', '1 ', ' 1', '1.0', '0x1', '1e3', 'a', '9223372036854775808']) {
  test(`'${other}' is no int64`, (t) => t.is(parsed(other), undefined));
}
test('what is below the least int64 is none', (t) => {
  t.is(parsed('-9223372036854775809'), undefined);
  t.is(parsed('-99999999999999999999'), undefined);
});
