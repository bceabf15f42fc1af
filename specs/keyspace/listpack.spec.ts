import test from 'ava';
import fc from 'fast-check';
import {
  Element,
  elementAfter,
  elementBefore,
  findElement,
  firstElement,
  isSoundListpack,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  listpackBytes,
  listpackCount,
  sameElement,
  seekElement,
  storedBytes,
  writeElement,
  writeEmptyListpack,
  writeListpackHeader,
} from '../../src/keyspace/listpack.ts';
import { blobPayload } from '../support/blob-payload.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The listpack of these texts, `before` bytes into a buffer that has others around it. */
const packed = (
  texts: readonly Buffer[],
  before = 3,
): { buf: Buffer; at: number; end: number; positions: number[] } => {
  const elementBytes = texts.map((text) => storedBytes(text, 0, text.length));
  const total = LISTPACK_EMPTY_BYTES + elementBytes.reduce((sum, bytes) => sum + bytes, 0);
  const buf = Buffer.alloc(before + total + 5, 0x81);
  const positions: number[] = [];
  let pos = firstElement(before);
  for (const text of texts) {
    positions.push(pos);
    pos = writeElement(buf, pos, text, 0, text.length);
  }
  buf[pos] = LISTPACK_END;
  writeListpackHeader(buf, before, total, texts.length);
  return { buf, at: before, end: pos, positions };
};

const element = new Element();
const textAt = (buf: Buffer, pos: number): string => {
  element.read(buf, pos);
  return Buffer.from(element.bytes).toString('latin1', element.at, element.at + element.length);
};

const power = (bits: number): bigint => 2n ** BigInt(bits);
const integerEdges = [7, 12, 15, 23, 31, 53, 63]
  .flatMap((bits) => [power(bits) - 1n, power(bits), power(bits) + 1n])
  .flatMap((edge) => [edge, -edge])
  .concat(0n, 1n, 9n, 10n);
const texts = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 3, arbitrary: fc.constantFrom(...integerEdges).map((edge) => latin1(String(edge))) },
  { weight: 2, arbitrary: fc.bigInt({ min: -power(63), max: power(63) - 1n }).map((n) => latin1(String(n))) },
  { weight: 2, arbitrary: fc.constantFrom('', '-0', '01', '-', '+1', '1 ', '007', '1e3').map(latin1) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(62, 63, 64, 126, 127, 4094, 4095, 4096), fc.integer({ min: 0, max: 255 }))
      .map(([length, byte]) => Buffer.alloc(length, byte)),
  },
);
const rows = fc.array(texts, { maxLength: 12 });

const form = test.macro<[text: string, hex: string]>({
  exec: (t, text, hex) => {
    const bytes = latin1(text);
    const target = Buffer.alloc(bytes.length + 20);
    const end = writeElement(target, 2, bytes, 0, bytes.length);
    t.is(target.toString('hex', 2, end).slice(0, 40), hex.slice(0, 40));
    t.is(storedBytes(bytes, 0, bytes.length), end - 2);
    t.is(textAt(target, 2), text);
  },
  title: (_, text, hex) =>
    text.length > 30 ? `a string of ${text.length} bytes begins ${hex}` : `'${text}' is stored as ${hex}`,
});

test(form, '', '8001');
test(form, 'a', '816102');
test(form, '0', '0001');
test(form, '127', '7f01');
test(form, '128', 'c08002');
test(form, '-1', 'dfff02');
test(form, '4095', 'cfff02');
test(form, '-4096', 'd00002');
test(form, '4096', 'f1001003');
test(form, '-4097', 'f1ffef03');
test(form, '32767', 'f1ff7f03');
test(form, '-32768', 'f1008003');
test(form, '32768', 'f200800004');
test(form, '-32769', 'f2ff7fff04');
test(form, '8388607', 'f2ffff7f04');
test(form, '-8388608', 'f200008004');
test(form, '8388608', 'f30000800005');
test(form, '2147483647', 'f3ffffff7f05');
test(form, '-2147483648', 'f30000008005');
test(form, '2147483648', 'f4000000800000000009');
test(form, '-2147483649', 'f4ffffff7fffffffff09');
test(form, '9223372036854775807', 'f4ffffffffffffff7f09');
test(form, '-9223372036854775808', 'f4000000000000008009');
test(form, '9223372036854775808', `93${latin1('9223372036854775808').toString('hex')}14`);
test(form, '-0', '822d3003');
test(form, '01', '82303103');
test(form, 'x'.repeat(63), `bf${'78'.repeat(19)}`);
test(form, 'x'.repeat(64), `e040${'78'.repeat(18)}`);
test(form, 'x'.repeat(4095), `efff${'78'.repeat(18)}`);
test(form, 'x'.repeat(4096), `f000100000${'78'.repeat(15)}`);

test('integers know their number as far as it is exact', (t) => {
  for (const [text, isInteger, integer] of [
    ['-5000', true, -5000],
    ['9007199254740991', true, Number.MAX_SAFE_INTEGER],
    ['9007199254740992', true, Number.NaN],
    ['05', false, Number.NaN],
  ] as const) {
    const { buf, positions } = packed([latin1(text)]);
    element.read(buf, positions[0]!);
    t.is(element.isInteger, isInteger, text);
    t.is(element.integer, integer, text);
  }
});

test('back lengths of one to four bytes are walked over both ways where they change', (t) => {
  const lengths = [125, 126, 127, 16375, 16376, 16377, 16378, 16379, 2097144, 2097145, 2097146, 2097147];
  const expected = [1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4];
  for (const [i, length] of lengths.entries()) {
    const text = Buffer.alloc(length, 0x70);
    const { buf, end, positions } = packed([latin1('a'), text, latin1('b')]);
    const formBytes = length > 4095 ? 5 : 2;
    t.is(positions[2]! - positions[1]! - length - formBytes, expected[i], `${length} bytes`);
    t.is(elementBefore(buf, end), positions[2]);
    t.is(elementBefore(buf, positions[2]!), positions[1]);
    t.is(elementBefore(buf, positions[1]!), positions[0]);
    t.true(isSoundListpack(buf, 3, listpackBytes(buf, 3)));
  }
});

test('a back length of five bytes is walked over both ways', (t) => {
  const text = Buffer.alloc(268435455 - 5);
  const { buf, end, positions } = packed([text], 0);
  t.is(end - positions[0]! - text.length, 5 + 5);
  t.is(elementAfter(buf, positions[0]!), end);
  t.is(elementBefore(buf, end), positions[0]);
  t.true(isSoundListpack(buf, 0, end + 1));
  t.is(element.read(buf, positions[0]!).length, text.length);
});

test('the empty listpack is seven bytes', (t) => {
  const buf = Buffer.alloc(9);
  writeEmptyListpack(buf, 1);
  t.is(buf.toString('hex'), '00070000000000ff00');
  t.is(listpackBytes(buf, 1), 7);
  t.is(listpackCount(buf, 1), 0);
  t.true(isSoundListpack(buf, 1, 7));
});

test('what is written is read back, walking forward, backward and to any index', (t) => {
  fc.assert(
    fc.property(rows, (row) => {
      const { buf, at, end, positions } = packed(row);
      t.is(listpackBytes(buf, at), end + 1 - at);
      t.is(listpackCount(buf, at), row.length);
      t.true(isSoundListpack(buf, at, end + 1 - at));
      const forward: number[] = [];
      for (let pos = firstElement(at); pos < end; pos = elementAfter(buf, pos)) forward.push(pos);
      t.deepEqual(forward, positions);
      const backward: number[] = [];
      for (let pos = end; pos > firstElement(at); ) {
        pos = elementBefore(buf, pos);
        backward.unshift(pos);
      }
      t.deepEqual(backward, positions);
      for (const [i, text] of row.entries()) {
        t.is(seekElement(buf, firstElement(at), end, row.length, i), positions[i]!);
        t.is(textAt(buf, positions[i]!), text.toString('latin1'));
        t.true(sameElement(buf, positions[i]!, text, 0, text.length));
      }
    }),
  );
});

test('a text is found where it is first, looking at every element or at every second one', (t) => {
  fc.assert(
    fc.property(rows, texts, fc.constantFrom(1, 2), fc.nat(11), (row, other, stride, from) => {
      const { buf, at, end, positions } = packed(row);
      for (const text of [other, ...row]) {
        const start = positions[from] ?? firstElement(at);
        const index = row.findIndex(
          (it, i) => positions[i]! >= start && (i - positions.indexOf(start)) % stride === 0 && it.equals(text),
        );
        const framed = Buffer.concat([latin1('5'), text, latin1('5')]);
        t.is(findElement(buf, start, end, framed, 1, text.length, stride), index < 0 ? -1 : positions[index]!);
        for (const [i, it] of row.entries()) {
          t.is(sameElement(buf, positions[i]!, framed, 1, text.length), it.equals(text));
        }
      }
    }),
  );
});

test('an integer that others have stored as a string, or wider than it need be, is found', (t) => {
  const buf = Buffer.from('8337373704' + 'f3070000000005', 'hex'); // '777' as a string, 7 in 32 bits
  t.is(findElement(buf, 0, buf.length, latin1('777'), 0, 3, 1), 0);
  t.is(findElement(buf, 0, buf.length, latin1('7'), 0, 1, 1), 5);
  t.true(sameElement(buf, 0, latin1('777'), 0, 3));
});

test('more elements than the header can say are counted', (t) => {
  for (const count of [65534, 65535, 65536, 70000]) {
    const { buf, at, end } = packed(Array.from({ length: count }, (_, i) => latin1(String(i & 127))));
    t.is(listpackCount(buf, at), count);
    t.is(buf.readUInt16LE(at + 4), Math.min(count, 65535));
    t.true(isSoundListpack(buf, at, end + 1 - at));
    t.is(textAt(buf, seekElement(buf, firstElement(at), end, count, count - 3)), String((count - 3) & 127));
  }
});

test('damaged bytes never crash the validation, and what passes can be walked to its end', (t) => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(rows, changes, fc.integer({ min: -3, max: 3 }), (row, mutations, longer) => {
      const { buf, at, end } = packed(row);
      const length = end + 1 - at;
      for (const [where, byte] of mutations) buf[at + (where % length)] = byte;
      const claimed = Math.max(0, Math.min(length + longer, buf.length - at));
      if (!isSoundListpack(buf, at, claimed)) return;
      t.is(claimed, listpackBytes(buf, at));
      let pos = firstElement(at);
      let count = 0;
      while (pos < at + claimed - 1) {
        textAt(buf, pos);
        const after = elementAfter(buf, pos);
        t.is(elementBefore(buf, after), pos);
        pos = after;
        count++;
      }
      t.is(pos, at + claimed - 1);
      t.is(listpackCount(buf, at), count);
    }),
    { numRuns: 2000 },
  );
});

test('another total, count, end, back length or form is refused', (t) => {
  const row = ['a', '5', '-2000', '70000', 'b'.repeat(70)].map(latin1);
  const { buf, at, end, positions } = packed(row);
  const length = end + 1 - at;
  const refused = (where: number, byte: number, why: string) => {
    const copy = Buffer.from(buf);
    copy[where] = byte;
    t.false(isSoundListpack(copy, at, length), why);
  };
  refused(at, length - 1, 'total too small');
  refused(at + 3, 1, 'total too large');
  refused(at + 4, row.length - 1, 'count too small');
  refused(at + 5, 1, 'count too large');
  refused(end, 0, 'no end');
  refused(positions[2]!, LISTPACK_END, 'an end in the middle');
  for (let first = 0xf5; first <= 0xff; first++) refused(positions[1]!, first, `form ${first}`);
  refused(positions[4]!, 0xf0, 'a length beyond the end');
  for (const pos of [...positions.slice(1), end]) refused(pos - 1, buf[pos - 1]! ^ 1, 'back length');
  refused(positions[0]! + 2, 0x82, 'a back length that goes on');
  for (let shorter = 0; shorter < length; shorter++) t.false(isSoundListpack(buf, at, shorter));
  t.false(isSoundListpack(buf, at, length + 1));
  t.true(isSoundListpack(buf, at, length));
});

test('bytes of chance are refused or sound, and never crash the validation', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      if (bytes.length >= 7) {
        bytes.set([bytes.length, 0, 0, 0, 255, 255]);
        bytes[bytes.length - 1] = LISTPACK_END;
      }
      isSoundListpack(bytes, 0, bytes.length);
      return true;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

oracleTest('redis-server keeps the same listpack of the same elements', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'hash-max-listpack-value', '100000', 'rdbcompression', 'no');
  const lengths = [60, 63, 64, 127, 4095, 4096, 16377, 16378, 16379];
  const values = [...lengths.map((n) => Buffer.alloc(n, 'v')), ...integerEdges.map((edge) => latin1(String(edge)))];
  const row = values.flatMap((value, i) => [latin1(`f${i}`), value]);
  await client.send('HSET', 'h', ...row);
  const reply = await client.send('DUMP', 'h');
  if (reply.type !== 'bulk') return t.fail(reply.type);
  const { buf, at, end } = packed(row);
  t.true(reply.bytes.includes(buf.subarray(at, end + 1)));
});

const RDB_LIST_QUICKLIST_2 = 18;
/** One node, and it is a listpack. */
const ONE_PACKED_NODE = [1, 2];

oracleTest('redis-server takes the same listpacks for sound ones', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'sanitize-dump-payload', 'yes');
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  for (const [row, mutations] of fc.sample(fc.tuple(rows, changes), { numRuns: 600, seed: 21 })) {
    const { buf, at, end } = packed(row);
    const bytes = buf.subarray(at, end + 1);
    for (const [where, byte] of mutations) bytes[where % bytes.length] = byte;
    const restored = await client.send(
      'RESTORE',
      'l',
      '0',
      blobPayload(RDB_LIST_QUICKLIST_2, bytes, ONE_PACKED_NODE),
      'REPLACE',
    );
    // Redis refuses a list of no elements, which is the reader's matter here.
    const sound = isSoundListpack(bytes, 0, bytes.length) && listpackCount(bytes, 0) > 0;
    t.is(restored.type === 'simple', sound, bytes.toString('hex'));
  }
});
