import test from 'ava';
import fc from 'fast-check';
import { Crc64 } from '../../../src/persistence/rdb/crc64.ts';
import type { RdbReaderOptions } from '../../../src/persistence/rdb/reader.ts';
import { chunkings } from '../../support/arbitraries.ts';
import { anyKey, contents, emptyKeyspace, keyspaceOf, load, loadChunks, NOW_MS, put, save } from '../keyspaces.ts';

const anyKeyspace = fc.array(anyKey, { maxLength: 25 }).map(keyspaceOf);

test('loading what was saved gives the same keyspace, with or without compression and checksum', (t) => {
  fc.assert(
    fc.property(anyKeyspace, fc.boolean(), fc.boolean(), (keyspace, compress, checksum) => {
      const bytes = save(keyspace, { settings: () => ({ compress, checksum, access: 'none' }) });
      const { keyspace: loaded, error } = load(bytes);
      t.is(error, undefined);
      t.deepEqual(contents(loaded), contents(keyspace));
    }),
    { numRuns: 200 },
  );
});

test('a file can be cut into chunks anywhere', (t) => {
  const saved = anyKeyspace.map((keyspace) => save(keyspace));
  const pieces = saved.chain((bytes) => chunkings(bytes).map((chunks) => ({ bytes, chunks })));
  fc.assert(
    fc.property(pieces, ({ bytes, chunks }) => {
      const { keyspace, error } = loadChunks(chunks);
      t.is(error, undefined);
      t.deepEqual(contents(keyspace), contents(load(bytes).keyspace));
    }),
    { numRuns: 100 },
  );
});

test('what stands behind the end of a file is left to whoever comes next', (t) => {
  const bytes = save(keyspaceOf([{ db: 0, key: 'k', value: 'v', expireAtMs: -1 }]));
  const { reader, error } = load(Buffer.concat([bytes, Buffer.from('*1\r\n$4\r\nPING\r\n')]));
  t.is(error, undefined);
  t.true(reader.done);
  t.is(reader.leftover, 14);
  t.is(reader.offset, bytes.length);
});

const sample = (): Uint8Array =>
  save(
    keyspaceOf([
      { db: 0, key: 'a', value: 'hello', expireAtMs: -1 },
      { db: 0, key: 'n', value: '70000', expireAtMs: NOW_MS + 5 },
      { db: 2, key: 'long', value: 'lorem ipsum '.repeat(30), expireAtMs: -1 },
      { db: 3, key: '17', value: '-3', expireAtMs: -1 },
    ]),
    {},
    { replId: 'f'.repeat(40), replOffset: 12345 },
  );

test('a file that ends too early is refused, at whatever byte it ends', (t) => {
  const bytes = sample();
  for (let length = 0; length < bytes.length; length++) {
    const { error } = load(bytes.subarray(0, length));
    t.is(error?.offset, length);
    t.regex(error?.reason ?? '', length === 0 ? /empty/ : /truncated/);
  }
});

test('a single wrong bit anywhere in a file is found', (t) => {
  const bytes = sample();
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << bit;
      const { error } = load(damaged);
      t.not(error, undefined, `byte ${at}, bit ${bit}`);
      t.true((error?.offset ?? -1) >= 0 && (error?.offset ?? -1) <= bytes.length);
    }
  }
});

test('without a checksum damage is read or refused, but never throws', (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyKeyspace, damage, (keyspace, changes) => {
      const bytes = save(keyspace);
      for (const [at, byte] of changes) bytes[9 + (at % (bytes.length - 9))] = byte;
      t.notThrows(() => load(bytes, { verifyChecksum: false, replaceExisting: true }));
    }),
    { numRuns: 500 },
  );
});

test('bytes that are no RDB at all are refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      t.not(load(bytes).error, undefined);
    }),
  );
});

// ── files of all versions, by hand ──────────────────────────────────────────────────────────────────────────────────

/** A file of a version: text stands for its latin1 bytes; the checksum is added where the version has one. */
const file = (version: number, ...parts: readonly (string | readonly number[])[]): Uint8Array => {
  const body = Buffer.concat([
    Buffer.from(`REDIS${String(version).padStart(4, '0')}`),
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    Buffer.from([0xff]),
  ]);
  if (version < 5) return body;
  const crc = new Crc64();
  crc.update(body, 0, body.length);
  const sum = new Uint8Array(8);
  crc.writeTo(sum, 0);
  return Buffer.concat([body, sum]);
};

const string = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];
const KEY = [0, ...string('k'), ...string('v')];
const secondsBytes = (seconds: number): number[] => [0, 8, 16, 24].map((shift) => (seconds >>> shift) & 0xff);

const reads = test.macro<[bytes: Uint8Array, keys: readonly [string, string][], options?: Partial<RdbReaderOptions>]>({
  exec: (t, bytes, keys, options) => {
    const { keyspace, error } = load(bytes, options);
    t.is(error, undefined);
    t.deepEqual([...contents(keyspace)], keys);
  },
  title: (given) => `reads ${given}`,
});

for (let version = 1; version <= 12; version++) {
  test(`version ${version}`, reads, file(version, [0xfe, 0], KEY), [['0 k', 'v -1']]);
}
test('seconds as expiry, of old versions', reads, file(2, [0xfe, 1], [0xfd, ...secondsBytes(2_000_000_000)], KEY), [
  ['1 k', 'v 2000000000000'],
]);
test('milliseconds as expiry', reads, file(3, [0xfe, 0], [0xfc, 0, 0, 0, 0, 0, 4, 0, 0], KEY), [
  ['0 k', 'v 4398046511104'],
]);
test(
  'integers of 8, 16 and 32 bits, as values and as keys',
  reads,
  file(9, [0xfe, 0], [0, 0xc0, 0xfe, 0xc1, 0x00, 0x80], [0, 0xc2, 0xff, 0xff, 0xff, 0x7f, 0xc0, 7]),
  [
    ['0 -2', '-32768 -1'],
    ['0 2147483647', '7 -1'],
  ],
);
test(
  'lengths of 14, 32 and 64 bits',
  reads,
  file(
    9,
    [0xfe, 0],
    [0, ...string('a'), 0x40, 3],
    'abc',
    [0, ...string('b'), 0x80, 0, 0, 0, 3],
    'abc',
    [0, ...string('c'), 0x81, 0, 0, 0, 0, 0, 0, 0, 3],
    'abc',
  ),
  [
    ['0 a', 'abc -1'],
    ['0 b', 'abc -1'],
    ['0 c', 'abc -1'],
  ],
);
test('a compressed string', reads, file(6, [0xfe, 0], [0, ...string('k'), 0xc3, 5, 40, 0x00, 0x78, 0xe0, 30, 0]), [
  ['0 k', `${'x'.repeat(40)} -1`],
]);
test(
  'what later versions say beside the keys: aux fields, sizes, idle times, frequencies, slots, functions',
  reads,
  file(
    12,
    [0xfa, ...string('anything'), ...string('1')],
    [0xf5, ...string('#!lua name=lib')],
    [0xfe, 3, 0xfb, 1, 0, 0xf4, 5, 1, 0],
    [0xf8, 0x40, 200, 0xf9, 17],
    KEY,
  ),
  [['3 k', 'v -1']],
);
test(
  'a checksum of zero as none',
  reads,
  Buffer.concat([file(4, [0xfe, 0], KEY).map((b, i) => (i === 8 ? 0x39 : b)), new Uint8Array(8)]),
  [['0 k', 'v -1']],
);
test(
  'a wrong checksum when checking is off',
  reads,
  Buffer.concat([file(4, [0xfe, 0], KEY).map((b, i) => (i === 8 ? 0x39 : b)), Buffer.alloc(8, 1)]),
  [['0 k', 'v -1']],
  { verifyChecksum: false },
);

const refuses = test.macro<[bytes: Uint8Array, offset: number, reason: RegExp]>({
  exec: (t, bytes, offset, reason) => {
    const { error } = load(bytes);
    t.regex(error?.reason ?? 'no error', reason);
    t.is(error?.offset, offset);
  },
  title: (given) => `refuses ${given}`,
});

test('a version from the future', refuses, file(13, KEY), 5, /version "0013"/);
test('version 0', refuses, file(0, KEY), 5, /version "0000"/);
test('another kind of file', refuses, Buffer.from('SQLite format 3'), 0, /does not begin with REDIS/);
test(
  'a stream, which it names with its place',
  refuses,
  file(9, [0xfe, 0], KEY, [15, 1, 65, 0]),
  16,
  /unsupported value type 'stream'/,
);
test('a hash with field times', refuses, file(12, [0xfe, 0], [24, 1, 65, 0]), 11, /'hash-with-field-ttls'/);
test('a record type that no version has', refuses, file(9, [0xfe, 0], [99, 1, 65]), 11, /unknown record type 99/);
test('a database beyond those there are', refuses, file(9, [0xfe, 4], KEY), 9, /database 4, but there are only 4/);
test('a key that comes twice', refuses, file(9, [0xfe, 0], KEY, KEY), 16, /duplicated key "k" in database 0/);
test(
  'data of a module',
  refuses,
  file(9, [0xf7, 0x81, 0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x01]),
  9,
  /no matching module 'ABCDEFGHI'/,
);
test('functions of a release candidate', refuses, file(9, [0xf6]), 9, /pre-release/);
test('a string encoding that does not exist', refuses, file(9, [0, ...string('k'), 0xc4]), 12, /string encoding 4/);
test('a length encoding that does not exist', refuses, file(9, [0, ...string('k'), 0x82]), 12, /length encoding/);
test('a string where a length has to be', refuses, file(9, [0xfe, 0xc0, 1]), 10, /expected a length/);
test(
  'a compressed string that says more than it can hold',
  refuses,
  file(9, [0, ...string('k'), 0xc3, 1, 0x7f, 0xff, 0]),
  12,
  /claims to hold/,
);

test('a master drops the keys whose time is over, a replica keeps them', (t) => {
  const bytes = save(
    keyspaceOf([
      { db: 0, key: 'over', value: 'v', expireAtMs: NOW_MS - 1 },
      { db: 0, key: 'now', value: 'v', expireAtMs: NOW_MS },
    ]),
  );
  const master = load(bytes, { dropExpired: true });
  t.deepEqual([...contents(master.keyspace).keys()], ['0 now']);
  t.is(master.reader.keysLoaded, 1);
  t.is(master.reader.keysExpired, 1);
  t.deepEqual([...contents(load(bytes, { dropExpired: false }).keyspace).keys()], ['0 now', '0 over']);
});

test('keys that exist are replaced when that is wanted', (t) => {
  const keyspace = emptyKeyspace();
  put(keyspace.databases[0]!, 'k', 'old', NOW_MS + 1);
  put(keyspace.databases[0]!, 'other', 'stays');
  const { error } = load(file(9, [0xfe, 0], KEY), { keyspace, replaceExisting: true });
  t.is(error, undefined);
  t.deepEqual(
    [...contents(keyspace)],
    [
      ['0 k', 'v -1'],
      ['0 other', 'stays -1'],
    ],
  );
});

test('idle times and frequencies survive under the policies that use them', (t) => {
  for (const [access, lfu] of [
    ['idle time', false],
    ['frequency', true],
  ] as const) {
    const keyspace = emptyKeyspace();
    keyspace.lfu = lfu;
    const db = keyspace.databases[0]!;
    put(db, 'k', 'v');
    const ref = db.findKey(Buffer.from('k'), 0, 1);
    db.setAccess(ref, lfu ? (db.access(ref) & 0xffff00) | 77 : keyspace.lruClock - 500);
    const target = emptyKeyspace();
    target.lfu = lfu;
    load(save(keyspace, { settings: () => ({ compress: true, checksum: true, access }) }), { keyspace: target });
    const loaded = target.databases[0]!;
    t.is(loaded.access(loaded.findKey(Buffer.from('k'), 0, 1)), db.access(ref), access);
  }
});
