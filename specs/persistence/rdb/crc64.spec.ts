import test from 'ava';
import fc from 'fast-check';
import { CRC64_BYTES, Crc64 } from '../../../src/persistence/rdb/crc64.ts';

/** The definition: one bit after the other. */
const reference = (bytes: Uint8Array): bigint => {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ ((crc & 1n) === 1n ? 0x95ac9329ac4bc9b5n : 0n);
  }
  return crc;
};

const crcOf = (...parts: Uint8Array[]): Crc64 => {
  const crc = new Crc64();
  for (const part of parts) crc.update(part, 0, part.length);
  return crc;
};

test('the check value is the one that the Redis sources and the CRC catalogue give', (t) => {
  t.is(crcOf(Buffer.from('123456789')).toBigInt(), 0xe9c6d914c4b8d9can);
});

test('any bytes at any offset have the checksum of the definition', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, off) => {
      const framed = Buffer.alloc(bytes.length + off + 9, 0x5a);
      framed.set(bytes, off);
      const crc = new Crc64();
      crc.update(framed, off, bytes.length);
      return crc.toBigInt() === reference(bytes);
    }),
  );
  t.pass();
});

test('the cut into updates does not matter, nor does carrying the checksum over', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
      const whole = crcOf(Buffer.concat([a, b]));
      const carried = new Crc64();
      carried.restore(crcOf(a).toBigInt());
      carried.update(b, 0, b.length);
      return crcOf(a, b).toBigInt() === whole.toBigInt() && carried.toBigInt() === whole.toBigInt();
    }),
  );
  t.pass();
});

test('a written checksum is little endian and equals itself, not its neighbours', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(63), (bytes, bit) => {
      const crc = crcOf(bytes);
      const out = Buffer.alloc(CRC64_BYTES + 2);
      crc.writeTo(out, 1);
      const same = crc.equals(out, 1) && out.readBigUInt64LE(1) === crc.toBigInt();
      out[1 + (bit >> 3)]! ^= 1 << (bit & 7);
      return same && !crc.equals(out, 1);
    }),
  );
  t.pass();
});

test('bytes followed by their own checksum have the checksum zero', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const crc = crcOf(bytes);
      const trailer = Buffer.alloc(CRC64_BYTES);
      crc.writeTo(trailer, 0);
      crc.update(trailer, 0, CRC64_BYTES);
      return crc.isZero;
    }),
  );
  t.pass();
});

test('reset starts over', (t) => {
  const crc = crcOf(Buffer.from('some bytes'));
  t.false(crc.isZero);
  crc.reset();
  t.true(crc.isZero);
});
