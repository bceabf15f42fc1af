import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  Element,
  elementAfter,
  firstElement,
  isSoundListpack,
  LISTPACK_END,
  listpackCount,
} from '../../../src/keyspace/listpack.ts';
import { listpackOfZiplist, listpackOfZipmap } from '../../../src/persistence/rdb/legacy.ts';
import { blobPayload } from '../../support/blob-payload.ts';
import { oracleTest } from '../../support/oracle-test.ts';
import { startRedis } from '../../support/process-server.ts';

/** One entry of a ziplist: its form and data, and whether the bytes before it are counted in five bytes though one would do. */
interface ZiplistEntry {
  readonly body: Buffer;
  readonly text: string;
  readonly longLink: boolean;
}

const u32le = (n: number): Buffer => Buffer.from([n, n >>> 8, n >>> 16, n >>> 24]);
const u32be = (n: number): Buffer => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n]);

const stringBody = (text: Buffer, bits: 6 | 14 | 32): Buffer => {
  const { length } = text;
  if (bits === 6) return Buffer.concat([Buffer.of(length), text]);
  if (bits === 14) return Buffer.concat([Buffer.of(0x40 | (length >> 8), length & 255), text]);
  return Buffer.concat([Buffer.of(0x80), u32be(length), text]);
};

const INTEGER_FORMS = { 8: 0xfe, 16: 0xc0, 24: 0xf0, 32: 0xd0, 64: 0xe0 } as const;

const integerBody = (n: bigint, bits: 8 | 16 | 24 | 32 | 64): Buffer => {
  const data = Buffer.alloc(9);
  data[0] = INTEGER_FORMS[bits];
  data.writeBigInt64LE(n, 1);
  return data.subarray(0, 1 + bits / 8);
};

const widths = fc.constantFrom(8 as const, 16 as const, 24 as const, 32 as const, 64 as const);
const entries: fc.Arbitrary<ZiplistEntry> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((n) => ({ body: Buffer.of(0xf1 + n), text: String(n) })),
      widths.chain((bits) =>
        fc
          .oneof(
            fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }),
            fc.constantFrom(-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n, 0n, -1n),
          )
          .map((n) => ({ body: integerBody(n, bits), text: String(n) })),
      ),
      fc
        .tuple(
          fc.oneof(
            fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
            fc.constantFrom(63, 250, 254, 300).map((length) => Buffer.alloc(length, 'l')),
            fc.constantFrom('12', '-5', '007').map((text) => Buffer.from(text)),
          ),
          fc.constantFrom(6 as const, 14 as const, 32 as const),
        )
        .map(([text, bits]) => ({
          body: stringBody(text, text.length > 63 && bits === 6 ? 14 : bits),
          text: text.toString('latin1'),
        })),
    ),
    fc.boolean(),
  )
  .map(([{ body, text }, longLink]) => ({ body, text, longLink }));

const ziplist = (row: readonly ZiplistEntry[], count = row.length): Buffer => {
  const parts: Buffer[] = [];
  let before = 0;
  let last = 10;
  let end = 10;
  for (const { body, longLink } of row) {
    const link = before < 254 && !longLink ? Buffer.of(before) : Buffer.concat([Buffer.of(254), u32le(before)]);
    parts.push(link, body);
    before = link.length + body.length;
    last = end;
    end += before;
  }
  return Buffer.concat([u32le(end + 1), u32le(last), u32le(count).subarray(0, 2), ...parts, Buffer.of(255)]);
};

const zipmapLength = (length: number): Buffer =>
  length < 254 ? Buffer.of(length) : Buffer.concat([Buffer.of(254), u32le(length)]);

interface Pair {
  readonly field: Buffer;
  readonly value: Buffer;
  readonly unused: number;
}

const zipmap = (pairs: readonly Pair[], count = Math.min(pairs.length, 254)): Buffer =>
  Buffer.concat([
    Buffer.of(count),
    ...pairs.flatMap(({ field, value, unused }) => [
      zipmapLength(field.length),
      field,
      zipmapLength(value.length),
      Buffer.of(unused),
      value,
      Buffer.alloc(unused, 0xff),
    ]),
    Buffer.of(255),
  ]);

const element = new Element();
const textsOf = (listpack: Uint8Array): string[] => {
  const texts: string[] = [];
  for (let pos = firstElement(0); listpack[pos] !== LISTPACK_END; pos = elementAfter(listpack, pos)) {
    element.read(listpack, pos);
    texts.push(Buffer.from(element.bytes).toString('latin1', element.at, element.at + element.length));
  }
  return texts;
};

type Convert = typeof listpackOfZiplist;

/** Converts from the middle of a buffer, so that a read past either end shows. */
const framed = (convert: Convert, bytes: Uint8Array): Uint8Array | undefined =>
  convert(Buffer.concat([Buffer.alloc(7, 0xfe), bytes, Buffer.alloc(9, 1)]), 7, bytes.length);

const holds = (t: ExecutionContext, listpack: Uint8Array | undefined, texts: readonly string[]): void => {
  t.truthy(listpack, 'refused');
  if (listpack === undefined) return;
  t.true(isSoundListpack(listpack, 0, listpack.length));
  t.is(listpackCount(listpack, 0), texts.length);
  t.deepEqual(textsOf(listpack), texts);
};

const rows = fc.array(entries, { maxLength: 10 });
const shortTexts = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
const pairs = fc.array(
  fc.record({
    field: shortTexts,
    value: fc.oneof(
      shortTexts,
      fc.constantFrom(253, 254, 255, 300).map((length) => Buffer.alloc(length, 'v')),
    ),
    unused: fc.constantFrom(0, 0, 1, 4, 253),
  }),
  { minLength: 1, maxLength: 8 },
);

test('a ziplist becomes the listpack of its texts, whatever forms they have', (t) => {
  fc.assert(
    fc.property(rows, fc.boolean(), (row, counted) => {
      const bytes = ziplist(row, counted ? row.length : 65535);
      holds(
        t,
        framed(listpackOfZiplist, bytes),
        row.map(({ text }) => text),
      );
    }),
  );
});

test('a zipmap becomes the listpack of its fields and values', (t) => {
  fc.assert(
    fc.property(pairs, fc.boolean(), (row, counted) => {
      const bytes = zipmap(row, counted ? row.length : 254);
      holds(
        t,
        framed(listpackOfZipmap, bytes),
        row.flatMap(({ field, value }) => [field.toString('latin1'), value.toString('latin1')]),
      );
    }),
  );
});

test('a zipmap of more pairs than it can say is counted', (t) => {
  const row = Array.from({ length: 400 }, (_, i) => ({
    field: Buffer.from(`f${i}`),
    value: Buffer.from(String(i)),
    unused: i % 3,
  }));
  holds(
    t,
    framed(listpackOfZipmap, zipmap(row)),
    row.flatMap(({ field, value }) => [field.toString(), value.toString()]),
  );
});

const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
const mutated = (bytes: Buffer, changes: readonly (readonly [number, number])[], longer: number): Buffer => {
  const copy = Buffer.from(bytes);
  for (const [where, byte] of changes) copy[where % copy.length] = byte;
  const length = Math.max(0, copy.length + longer);
  return length <= copy.length
    ? copy.subarray(0, length)
    : Buffer.concat([copy, Buffer.alloc(length - copy.length, 255)]);
};
const longer = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -4, max: 4 }) },
);

for (const [name, convert, samples] of [
  ['ziplist', listpackOfZiplist, rows.map((row) => ziplist(row))],
  ['zipmap', listpackOfZipmap, pairs.map((row) => zipmap(row))],
] as const) {
  test(`a damaged ${name} is refused or becomes a sound listpack`, (t) => {
    fc.assert(
      fc.property(samples, mutations, longer, (bytes, changes, by) => {
        const listpack = framed(convert, mutated(bytes, changes, by));
        return listpack === undefined || isSoundListpack(listpack, 0, listpack.length);
      }),
      { numRuns: 3000 },
    );
    t.pass();
  });

  test(`a ${name} cut short is refused`, (t) => {
    for (const bytes of fc.sample(samples, { numRuns: 20, seed: 3 })) {
      for (let length = 0; length < bytes.length; length++) {
        t.is(framed(convert, bytes.subarray(0, length)), undefined);
      }
    }
  });

  test(`bytes of chance are no ${name} and never crash`, (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        if (name === 'ziplist' && bytes.length > 11) bytes.set([bytes.length, 0, 0, 0, 10, 0, 0, 0, 255, 255]);
        if (bytes.length > 0) bytes[bytes.length - 1] = 255;
        const listpack = framed(convert, bytes);
        return listpack === undefined || isSoundListpack(listpack, 0, listpack.length);
      }),
      { numRuns: 2000 },
    );
    t.pass();
  });
}

test('a wrong total, last entry, count, link or form is refused', (t) => {
  const entry = (text: string): ZiplistEntry => ({ body: stringBody(Buffer.from(text), 6), text, longLink: false });
  const bytes = ziplist([entry('ab'), entry('c'), { body: Buffer.of(0xf5), text: '4', longLink: false }]);
  t.truthy(framed(listpackOfZiplist, bytes));
  for (const [where, byte, why] of [
    [0, bytes.length + 1, 'total'],
    [3, 1, 'total'],
    [4, 10, 'last entry'],
    [8, 2, 'count'],
    [9, 1, 'count'],
    [10, 1, 'link of the first entry'],
    [14, 5, 'link'],
    [14, 255, 'end in the middle'],
    [18, 0xc1, 'form'],
    [18, 0xff, 'form'],
    [18, 0xfe, 'integer past the end'],
    [19, 0, 'end'],
  ] as const) {
    const copy = Buffer.from(bytes);
    copy[where] = byte;
    t.is(framed(listpackOfZiplist, copy), undefined, why);
  }
});

test('a zipmap of no pairs, or of a field without a value, is refused', (t) => {
  t.is(framed(listpackOfZipmap, Buffer.of(0, 255)), undefined);
  t.is(framed(listpackOfZipmap, Buffer.of(254, 255)), undefined);
  t.is(framed(listpackOfZipmap, Buffer.of(1, 1, 0x61, 255)), undefined);
  t.is(framed(listpackOfZipmap, Buffer.of(2, 1, 0x61, 1, 0, 0x62, 255)), undefined);
});

const RDB_HASH_ZIPMAP = 9;
const RDB_LIST_ZIPLIST = 10;

oracleTest('redis-server takes the same ziplists and finds the same elements in them', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'sanitize-dump-payload', 'yes');
  const sound = fc.sample(rows, { numRuns: 60, seed: 11 }).map((row) => ziplist(row));
  const damaged = fc
    .sample(fc.tuple(rows, mutations, longer), { numRuns: 400, seed: 12 })
    .map(([row, changes, by]) => mutated(ziplist(row), changes, by));
  for (const bytes of [...sound, ...damaged]) {
    const restored = await client.send('RESTORE', 'l', '0', blobPayload(RDB_LIST_ZIPLIST, bytes), 'REPLACE');
    const listpack = framed(listpackOfZiplist, bytes);
    // Redis refuses a list of no elements, which is the reader's matter here.
    const texts = listpack === undefined ? [] : textsOf(listpack);
    t.is(restored.type === 'simple', texts.length > 0, bytes.toString('hex'));
    if (texts.length === 0) continue;
    const range = await client.send('LRANGE', 'l', '0', '-1');
    const theirs =
      range.type === 'array' ? range.items.map((it) => (it.type === 'bulk' ? it.bytes.toString('latin1') : '')) : [];
    t.deepEqual(texts, theirs);
  }
});

oracleTest('redis-server takes the zipmaps that are taken here and finds the same fields in them', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.send('CONFIG', 'SET', 'sanitize-dump-payload', 'yes');
  const sound = fc.sample(pairs, { numRuns: 60, seed: 13 }).map((row) => zipmap(row));
  const damaged = fc
    .sample(fc.tuple(pairs, mutations, longer), { numRuns: 400, seed: 14 })
    .map(([row, changes, by]) => mutated(zipmap(row), changes, by));
  for (const bytes of [...sound, ...damaged]) {
    const listpack = framed(listpackOfZipmap, bytes);
    const texts = listpack === undefined ? [] : textsOf(listpack);
    const fields = texts.filter((_, i) => i % 2 === 0);
    // A field that is there twice is the reader's matter here. What Redis misreads it may take, too.
    if (texts.length === 0 || new Set(fields).size < fields.length) continue;
    const restored = await client.send('RESTORE', 'h', '0', blobPayload(RDB_HASH_ZIPMAP, bytes), 'REPLACE');
    t.is(restored.type, 'simple', bytes.toString('hex'));
    for (const [i, field] of fields.entries()) {
      const theirs = await client.send('HGET', 'h', Buffer.from(field, 'latin1'));
      t.is(theirs.type === 'bulk' ? theirs.bytes.toString('latin1') : '', texts[2 * i + 1]!);
    }
  }
});
