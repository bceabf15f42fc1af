/**
 * SHA-1 against the one of node:crypto.
 */
import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { SHA1_BYTES, sha1 } from '../../src/keyspace/sha1.ts';

const ours = (bytes: Uint8Array, offset: number, length: number): string => {
  const out = new Uint8Array(SHA1_BYTES);
  sha1(bytes, offset, length, out);
  return Buffer.from(out).toString('hex');
};

const native = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

test('every length around the borders of blocks hashes as in node:crypto', (t) => {
  const bytes = Uint8Array.from({ length: 260 }, (_, i) => (i * 31) & 255);
  for (let length = 0; length < bytes.length; length++) {
    t.is(ours(bytes, 0, length), native(bytes.subarray(0, length)), `${length} bytes`);
  }
});

test('any range of any bytes hashes as in node:crypto', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(), (bytes, a, b) => {
      const offset = a % (bytes.length + 1);
      const length = b % (bytes.length - offset + 1);
      return ours(bytes, offset, length) === native(bytes.subarray(offset, offset + length));
    }),
  );
  t.pass();
});

test('the hash may be written over what is hashed', (t) => {
  const bytes = Uint8Array.from({ length: SHA1_BYTES }, (_, i) => i);
  const expected = native(bytes);
  sha1(bytes, 0, SHA1_BYTES, bytes);
  t.is(Buffer.from(bytes).toString('hex'), expected);
});
