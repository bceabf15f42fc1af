import test from 'ava';
import fc from 'fast-check';
import {
  bytesWithInteger,
  findInteger,
  INTSET_HEADER_BYTES,
  IntsetValue,
  insertInteger,
  integerAt,
  intsetBytes,
  intsetCount,
  intsetWidth,
  isSoundIntset,
  removeInteger,
  widthOfInteger,
  writeEmptyIntset,
} from '../../src/keyspace/intset.ts';
import { blobPayload } from '../support/blob-payload.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const edges = [0n, 2n ** 15n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, MAX]
  .flatMap((edge) => [edge - 1n, edge, edge + 1n])
  .flatMap((edge) => [edge, -edge])
  .concat(MIN, MIN + 1n)
  .filter((edge) => edge >= MIN && edge <= MAX);
const integers = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: -20n, max: 20n }) },
  { weight: 2, arbitrary: fc.constantFrom(...edges) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: MIN, max: MAX }) },
);

const value = (n: bigint): IntsetValue => {
  const parsed = new IntsetValue();
  const text = Buffer.from(String(n));
  if (!parsed.parse(text, 0, text.length)) throw new Error(`${n} is no int64`);
  return parsed;
};

const big = (it: IntsetValue): bigint => BigInt(it.hi) * 2n ** 32n + BigInt(it.lo >>> 0);

/** Odd, so that nothing may rely on alignment. */
const AT = 3;
const emptyIntset = (): Buffer => {
  const buf = Buffer.alloc(AT + INTSET_HEADER_BYTES, 0x99);
  writeEmptyIntset(buf, AT);
  return buf;
};

/** Adds as a command does: looks, makes room, inserts. The buffer is exactly as long as it need be. */
const added = (buf: Buffer, n: bigint): Buffer => {
  const it = value(n);
  const found = findInteger(buf, AT, it);
  if (found >= 0) return buf;
  const grown = Buffer.concat([buf, Buffer.alloc(AT + bytesWithInteger(buf, AT, it) - buf.length, 0x99)]);
  insertInteger(grown, AT, it, found);
  return grown;
};

const removed = (buf: Buffer, n: bigint): Buffer => {
  const found = findInteger(buf, AT, value(n));
  if (found < 0) return buf;
  removeInteger(buf, AT, found);
  return buf.subarray(0, buf.length - intsetWidth(buf, AT));
};

const contents = (buf: Buffer): bigint[] =>
  Array.from({ length: intsetCount(buf, AT) }, (_, i) => big(integerAt(buf, AT, i, new IntsetValue())));

const ascending = (set: Iterable<bigint>): bigint[] => [...set].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const widthOf = (n: bigint): number => {
  if (n >= -(2n ** 15n) && n < 2n ** 15n) return 2;
  return n >= -(2n ** 31n) && n < 2n ** 31n ? 4 : 8;
};

test('an empty intset is its header', (t) => {
  const buf = emptyIntset();
  t.is(buf.toString('hex', AT), '0200000000000000');
  t.is(intsetBytes(buf, AT), INTSET_HEADER_BYTES);
  t.is(findInteger(buf, AT, value(0n)), -1);
  t.is(findInteger(buf, AT, value(MAX)), -1);
  t.is(findInteger(buf, AT, value(MIN)), -1);
});

test('after any adding and removing it holds what a sorted set of integers holds', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), integers), { maxLength: 60 }), (steps) => {
      const model = new Set<bigint>();
      let width = 2;
      let buf = emptyIntset();
      for (const [adds, n] of steps) {
        if (adds) {
          model.add(n);
          width = Math.max(width, widthOf(n));
          buf = added(buf, n);
        } else {
          model.delete(n);
          buf = removed(buf, n);
        }
        t.is(intsetWidth(buf, AT), width);
        t.is(intsetBytes(buf, AT), buf.length - AT);
        t.is(isSoundIntset(buf, AT, buf.length - AT), model.size > 0);
      }
      const expected = ascending(model);
      t.deepEqual(contents(buf), expected);
      for (const [adds, n] of steps) {
        const found = findInteger(buf, AT, value(n));
        if (model.has(n)) t.is(found, expected.indexOf(n));
        else t.is(-1 - found, expected.filter((other) => other < n).length, `${n} ${adds}`);
      }
    }),
  );
});

test('many integers are moved and found as few are', (t) => {
  let buf = emptyIntset();
  for (let i = 0; i < 600; i++) buf = added(buf, BigInt((i * 7919) % 600));
  t.deepEqual(contents(buf), ascending(Array.from({ length: 600 }, (_, i) => BigInt(i))));
  for (let i = 0; i < 600; i += 2) buf = removed(buf, BigInt(i));
  t.deepEqual(contents(buf), ascending(Array.from({ length: 300 }, (_, i) => BigInt(2 * i + 1))));
});

test('each integer needs 2, 4 or 8 bytes', (t) => {
  for (const n of edges) t.is(widthOfInteger(value(n)), widthOf(n), String(n));
});

test('an integer is read as the text it came from', (t) => {
  let buf = emptyIntset();
  for (const n of edges) buf = added(buf, n);
  const room = Buffer.alloc(20);
  for (const [i, n] of ascending(new Set(edges)).entries()) {
    t.is(room.toString('latin1', 0, integerAt(buf, AT, i, new IntsetValue()).write(room, 0)), String(n));
  }
});

test('damaged bytes never crash the validation, and what passes is in order', (t) => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(integers, { maxLength: 12 }),
      changes,
      fc.integer({ min: -9, max: 9 }),
      (row, mutations, longer) => {
        let buf = emptyIntset();
        for (const n of row) buf = added(buf, n);
        for (const [where, byte] of mutations) buf[AT + (where % (buf.length - AT))] = byte;
        const framed = Buffer.concat([buf, Buffer.alloc(9)]);
        const claimed = Math.max(0, buf.length - AT + longer);
        if (!isSoundIntset(framed, AT, claimed)) return;
        t.is(intsetBytes(framed, AT), claimed);
        t.true([2, 4, 8].includes(intsetWidth(framed, AT)));
        t.deepEqual(contents(framed), ascending(new Set(contents(framed))));
      },
    ),
    { numRuns: 2000 },
  );
});

test('another width, count or order is refused, and so is an intset of nothing', (t) => {
  let buf = emptyIntset();
  t.false(isSoundIntset(buf, AT, buf.length - AT));
  for (const n of [-5n, 1n, 2n, 70000n]) buf = added(buf, n);
  const length = buf.length - AT;
  t.true(isSoundIntset(buf, AT, length));
  const refused = (where: number, byte: number) => {
    const copy = Buffer.from(buf);
    copy[AT + where] = byte;
    t.false(isSoundIntset(copy, AT, length), `${where}: ${byte}`);
  };
  for (const width of [0, 1, 2, 3, 5, 8, 255]) refused(0, width);
  refused(1, 1);
  refused(3, 1);
  refused(4, 3);
  refused(4, 5);
  refused(7, 0x80);
  refused(INTSET_HEADER_BYTES + 4, 2); // 2 2
  refused(INTSET_HEADER_BYTES + 4, 3); // 3 2
  refused(INTSET_HEADER_BYTES + 3, 0); // 16777211 before 1
  for (let shorter = 0; shorter < length; shorter++) t.false(isSoundIntset(buf, AT, shorter));
  t.false(isSoundIntset(Buffer.concat([buf, Buffer.alloc(8)]), AT, length + 1));
});

oracleTest('redis-server keeps the same intset of the same integers', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'rdbcompression', 'no');
  let buf = emptyIntset();
  for (const group of [edges.filter((n) => widthOf(n) === 2), edges.filter((n) => widthOf(n) === 4), edges]) {
    for (const n of group) {
      buf = added(buf, n);
      await client.send('SADD', 's', String(n));
    }
    await client.send('SREM', 's', '0');
    buf = removed(buf, 0n);
    const reply = await client.send('DUMP', 's');
    if (reply.type !== 'bulk') return t.fail(reply.type);
    t.true(reply.bytes.includes(buf.subarray(AT)));
  }
});

const RDB_SET_INTSET = 11;

oracleTest('redis-server takes the same intsets for sound ones', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'sanitize-dump-payload', 'yes');
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 });
  for (const [row, mutations] of fc.sample(fc.tuple(fc.array(integers, { maxLength: 8 }), changes), {
    numRuns: 600,
    seed: 22,
  })) {
    let buf = emptyIntset();
    for (const n of row) buf = added(buf, n);
    const bytes = buf.subarray(AT);
    for (const [where, byte] of mutations) bytes[where % bytes.length] = byte;
    const restored = await client.send('RESTORE', 's', '0', blobPayload(RDB_SET_INTSET, bytes), 'REPLACE');
    t.is(restored.type === 'simple', isSoundIntset(bytes, 0, bytes.length), bytes.toString('hex'));
  }
});
