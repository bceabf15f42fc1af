import test from 'ava';
import fc from 'fast-check';
import { Crc64 } from '../../../src/persistence/rdb/crc64.ts';
import { lzfCompress, lzfDecompress } from '../../../src/persistence/rdb/lzf.ts';
import { oracleTest } from '../../support/oracle-test.ts';
import { startRedis } from '../../support/process-server.ts';

/** Bytes that repeat themselves near and far, so that every form of match occurs. */
const repetitive = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ bytes: Buffer.from(bytes), back: 0, length: 0 })),
      fc.record({ bytes: fc.constant(Buffer.alloc(0)), back: fc.nat(9000), length: fc.nat(600) }),
    ),
    { maxLength: 30 },
  )
  .map((steps) => {
    let all = Buffer.from('seed');
    for (const { bytes, back, length } of steps) {
      const from = Math.max(0, all.length - 1 - back);
      all = Buffer.concat([all, bytes, all.subarray(from, from + length)]);
    }
    return all;
  });

const packed = (bytes: Uint8Array): Buffer | undefined => {
  const dst = Buffer.alloc(bytes.length);
  const length = lzfCompress(bytes, 0, bytes.length, dst);
  return length === 0 ? undefined : dst.subarray(0, length);
};

const unpacked = (bytes: Uint8Array, length: number): Buffer | undefined => {
  const dst = Buffer.alloc(length);
  return lzfDecompress(bytes, 0, bytes.length, dst, 0, length) === length ? dst : undefined;
};

test('what was packed unpacks to the same bytes and saves at least four', (t) => {
  fc.assert(
    fc.property(repetitive, fc.nat(5), (bytes, off) => {
      const src = Buffer.concat([Buffer.alloc(off, 0x73), bytes, Buffer.alloc(7, 0x73)]);
      const dst = Buffer.alloc(bytes.length + 9, 0xaa);
      const length = lzfCompress(src, off, bytes.length, dst);
      if (length === 0) return true;
      const out = Buffer.alloc(bytes.length + 4, 0xbb);
      const count = lzfDecompress(dst, 0, length, out, 2, bytes.length);
      return (
        length <= bytes.length - 4 &&
        count === bytes.length &&
        out.subarray(2, 2 + count).equals(bytes) &&
        out[1] === 0xbb &&
        out[2 + count] === 0xbb
      );
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('long runs, text and far matches shrink', (t) => {
  const samples: [Buffer, number][] = [
    [Buffer.alloc(100_000, 0x61), 1500],
    [Buffer.from('a phrase that comes again and again; '.repeat(50)), 100],
    [Buffer.concat([Buffer.from('0123456789'), Buffer.alloc(8170, 0x2d), Buffer.from('0123456789')]), 150],
  ];
  for (const [bytes, atMost] of samples) {
    const small = packed(bytes);
    t.truthy(small);
    t.true(small!.length < atMost, `${bytes.length} bytes became ${small!.length}`);
    t.deepEqual(unpacked(small!, bytes.length), bytes);
  }
});

test('nothing is packed when it would not save four bytes or not fit', (t) => {
  for (const text of ['', 'a', 'aaaa', 'aaaaa', 'abcdefgh', 'no letter twice'])
    t.is(packed(Buffer.from(text)), undefined);
  const zeros = Buffer.alloc(1000);
  t.is(lzfCompress(zeros, 0, 1000, Buffer.alloc(3)), 0);
  fc.assert(
    fc.property(repetitive, fc.nat(300), (bytes, room) => {
      const dst = Buffer.alloc(room);
      const length = lzfCompress(bytes, 0, bytes.length, dst);
      return (
        length <= room && (length === 0 || (unpacked(dst.subarray(0, length), bytes.length)?.equals(bytes) ?? false))
      );
    }),
  );
});

test('damaged input is refused or yields other bytes, but never leaves the destination', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(50), (bytes, room) => {
      const dst = Buffer.alloc(room + 600, 0xaa);
      const count = lzfDecompress(bytes, 0, bytes.length, dst, 300, room);
      const outside = Buffer.concat([dst.subarray(0, 300), dst.subarray(300 + room)]);
      return count >= -1 && count <= room && outside.every((byte) => byte === 0xaa);
    }),
    { numRuns: 2000 },
  );
  const cases: [string, number[]][] = [
    ['a match before the first byte', [0x00, 0x61, 0x20, 0x05]],
    ['literals cut short', [0x05, 0x61]],
    ['a match without its distance', [0x00, 0x61, 0x20]],
    ['a long match without its length', [0x00, 0x61, 0xe0]],
    ['more literals than room', [0x1f, ...Array<number>(32).fill(1)]],
    ['a longer match than room', [0x00, 0x61, 0xe0, 0xff, 0x00]],
  ];
  for (const [what, bytes] of cases) {
    t.is(lzfDecompress(Uint8Array.from(bytes), 0, bytes.length, Buffer.alloc(16), 0, 16), -1, what);
  }
});

/** A DUMP payload of a packed string, as RESTORE takes it: type, LZF mark, two lengths, bytes, version, checksum. */
const payload = (small: Uint8Array, length: number): Buffer => {
  const head = Buffer.from([0, 0xc3, 0x80, 0, 0, 0, 0, 0x80, 0, 0, 0, 0]);
  head.writeUInt32BE(small.length, 3);
  head.writeUInt32BE(length, 8);
  const all = Buffer.concat([head, small, Buffer.from([10, 0]), Buffer.alloc(8)]);
  const crc = new Crc64();
  crc.update(all, 0, all.length - 8);
  crc.writeTo(all, all.length - 8);
  return all;
};

/** Length and first byte behind it, as RDB writes lengths. */
const readLength = (bytes: Buffer, at: number): [length: number, next: number] => {
  const first = bytes[at]!;
  if (first < 0x40) return [first, at + 1];
  if (first < 0x80) return [((first & 0x3f) << 8) | bytes[at + 1]!, at + 2];
  return [bytes.readUInt32BE(at + 1), at + 5];
};

oracleTest('redis-server unpacks what was packed here, and packs what is unpacked here', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  let compressed = 0;
  for (const bytes of fc.sample(repetitive, { numRuns: 150, seed: 7 })) {
    const small = packed(bytes);
    if (small !== undefined) {
      const [restored, got] = await client.pipeline([
        ['RESTORE', 'ours', '0', payload(small, bytes.length), 'REPLACE'],
        ['GET', 'ours'],
      ]);
      t.deepEqual(restored, { type: 'simple', text: 'OK' });
      t.deepEqual(got, { type: 'bulk', bytes });
    }
    const [, dump] = await client.pipeline([
      ['SET', 'theirs', bytes],
      ['DUMP', 'theirs'],
    ]);
    if (dump?.type !== 'bulk') return t.fail('no dump');
    const crc = new Crc64();
    crc.update(dump.bytes, 0, dump.bytes.length - 8);
    t.true(crc.equals(dump.bytes, dump.bytes.length - 8));
    if (dump.bytes[1] !== 0xc3) continue;
    compressed++;
    const [smallLength, afterFirst] = readLength(dump.bytes, 2);
    const [length, start] = readLength(dump.bytes, afterFirst);
    t.deepEqual(unpacked(dump.bytes.subarray(start, start + smallLength), length), bytes);
  }
  t.true(compressed > 20, `only ${compressed} dumps were packed`);
});
