/**
 * A corpus of sound values as RDB objects, one of every type in every encoding and every version's form, and ways to damage
 * them.
 *
 * In:  a source of chance. Out: bodies of DUMP payloads (value type and value), and payloads with version and checksum.
 * Memory: the corpus, once made.
 * @since 0.2.0
 */
import { CRC64_BYTES, Crc64 } from '../../src/persistence/rdb/crc64.ts';
import { lzfCompress } from '../../src/persistence/rdb/lzf.ts';
import { LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import {
  intset,
  listpack,
  listpackInteger,
  listpackString,
  type Part,
  rdbHugeLength,
  rdbLength,
  rdbString,
  ziplist,
  zipmap,
} from '../support/packed-bytes.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply } from '../support/reply.ts';

export interface Sample {
  readonly name: string;
  readonly body: Buffer;
  /** Where a packed value lies in the body: bytes there may come and go without the string around them being cut. */
  readonly packed?: { readonly before: Buffer; readonly bytes: Buffer };
}

const VERSION = 10;
const FOOTER_BYTES = 2 + CRC64_BYTES;
const crc = new Crc64();

/** The payload of a body: what RESTORE takes. */
export const payloadOf = (body: Uint8Array): Buffer => {
  const payload = Buffer.alloc(body.length + FOOTER_BYTES);
  payload.set(body);
  payload[body.length] = VERSION;
  crc.reset();
  crc.update(payload, 0, body.length + 2);
  crc.writeTo(payload, body.length + 2);
  return payload;
};

// ── the corpus ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes values and has them dumped. */
const dumped = (server: MemoryServer, name: string, ...words: readonly string[]): Sample => {
  server.raw('DEL k');
  const done = server.run(words);
  if (done.reply.startsWith('-')) throw new Error(`${name}: ${done.reply}`);
  const reply = decodeReply(server.raw('DUMP k'));
  if (reply.type !== 'bulk') throw new Error(`${name}: no payload`);
  const encoding = server.run('OBJECT ENCODING k').reply;
  return { name: `${name} (${encoding})`, body: Buffer.from(reply.bytes.subarray(0, -FOOTER_BYTES)) };
};

const LONG = 'lorem ipsum dolor sit amet '.repeat(9);
const TEXTS = ['a', 'bc', '', '12', '-7', '70000', 'text of some length', '2147483648', '-129', '\x00\xff'];
const pairsOf = (texts: readonly string[]): string[] => texts.flatMap((text, i) => [text, `${i * 1000 - 3000}`]);

const dumpedHere = (): Sample[] => {
  const server = new MemoryServer({ config: { rdbcompression: true } });
  const low = new MemoryServer({ config: LOW_THRESHOLDS });
  const scored = TEXTS.flatMap((text, i) => [String((i * 7) % 5), text]);
  return [
    ...['0', '-128', '32767', '-2147483648', '9223372036854775807', 'short', LONG, ''].map((text) =>
      dumped(server, `string ${JSON.stringify(text.slice(0, 20))}`, 'SET', 'k', text),
    ),
    ...[server, low].flatMap((one) => [
      dumped(one, 'list', 'RPUSH', 'k', ...TEXTS),
      dumped(one, 'list that packs', 'RPUSH', 'k', ...Array.from({ length: 60 }, (_, i) => `element ${i % 4}`)),
      dumped(one, 'list of one long element', 'RPUSH', 'k', LONG),
      dumped(one, 'hash', 'HSET', 'k', ...pairsOf(TEXTS)),
      dumped(one, 'hash that packs', 'HSET', 'k', ...pairsOf(Array.from({ length: 30 }, (_, i) => `field ${i}`))),
      dumped(one, 'set', 'SADD', 'k', ...TEXTS),
      dumped(one, 'set of small integers', 'SADD', 'k', '1', '-5', '300', '7'),
      dumped(one, 'set of integers', 'SADD', 'k', '1', '-70000', '300'),
      dumped(one, 'set of large integers', 'SADD', 'k', '1', '9223372036854775807', '-9223372036854775808'),
      dumped(one, 'sorted set', 'ZADD', 'k', ...scored),
      dumped(
        one,
        'sorted set of fractions',
        'ZADD',
        'k',
        '-inf',
        'a',
        '0.1',
        'b',
        '1e300',
        'c',
        'inf',
        'd',
        '-0.5',
        'e',
      ),
      dumped(one, 'sorted set of equal scores', 'ZADD', 'k', ...TEXTS.flatMap((text) => ['0', text])),
    ]),
  ];
};

const packed = (name: string, type: number, bytes: Buffer, before: Buffer = Buffer.of(type)): Sample => ({
  name: `${name}, by hand`,
  body: Buffer.concat([before, rdbString(bytes)]),
  packed: { before, bytes },
});

const compressed = (text: Buffer): Buffer => {
  const out = Buffer.alloc(text.length);
  const bytes = lzfCompress(text, 0, text.length, out);
  if (bytes === 0) throw new Error('this does not pack');
  return Buffer.concat([Buffer.of(0xc3), rdbLength(bytes), rdbLength(text.length), out.subarray(0, bytes)]);
};

/** Integers and strings in every form a listpack has, wider than they need to be. */
const WIDE: readonly Part[] = [
  listpackInteger(5n, 7),
  listpackInteger(-6n, 13),
  listpackInteger(7n, 16),
  listpackInteger(-8n, 24),
  listpackInteger(9n, 32),
  listpackInteger(-10n, 64),
  listpackString('eleven', 12),
  listpackString('twelve', 32),
];
const LONG_TEXTS = ['x'.repeat(63), 'y'.repeat(64), 'z'.repeat(300), '1', '2'];
const ORDERED: readonly string[] = ['a', '-1.5', 'bc', '0', 'd', '0', 'e', '3', 'f', '1e5', 'g', 'inf'];

const score = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};

const elementwise = (name: string, type: number, count: number, ...parts: readonly Buffer[]): Sample => ({
  name: `${name}, by hand`,
  body: Buffer.concat([Buffer.of(type), rdbLength(count), ...parts]),
});

const byHand = (): Sample[] => [
  elementwise('list of strings', 1, TEXTS.length, ...TEXTS.map(rdbString)),
  elementwise('list of integers', 1, 3, Buffer.of(0xc0, 5), Buffer.of(0xc1, 1, 2), Buffer.of(0xc2, 1, 2, 3, 4)),
  packed('list as ziplist', 10, ziplist(TEXTS)),
  packed('list as ziplist of long strings', 10, ziplist(LONG_TEXTS)),
  elementwise('list of ziplists', 14, 3, ...[TEXTS, ['1'], LONG_TEXTS].map((texts) => rdbString(ziplist(texts)))),
  packed('list of one ziplist', 14, ziplist(TEXTS), Buffer.of(14, 1)),
  elementwise(
    'list of listpacks',
    18,
    4,
    Buffer.of(2),
    rdbString(listpack(TEXTS)),
    Buffer.of(1),
    rdbString('plain'),
    Buffer.of(2),
    rdbString(listpack(WIDE)),
    Buffer.of(2),
    compressed(listpack(Array.from({ length: 50 }, () => 'the same again'))),
  ),
  packed('list of one listpack', 18, listpack(WIDE), Buffer.of(18, 1, 2)),
  packed('list of one listpack of long strings', 18, listpack(LONG_TEXTS), Buffer.of(18, 1, 2)),
  elementwise('set of strings', 2, TEXTS.length, ...TEXTS.map(rdbString)),
  packed('set as intset of 16 bits', 11, intset([-5n, 1n, 7n, 300n], 2)),
  packed('set as intset of 32 bits', 11, intset([-70000n, 1n, 300n], 4)),
  packed('set as intset of 64 bits', 11, intset([-(2n ** 63n), -1n, 2n ** 63n - 1n], 8)),
  packed('set as listpack', 20, listpack(TEXTS)),
  packed('set as listpack in wide forms', 20, listpack(WIDE)),
  elementwise(
    'sorted set with scores as text',
    3,
    4,
    ...['a', rdbString('1.5'), 'b', Buffer.of(254), 'c', Buffer.of(255), '12', rdbString('-3')].map((part) =>
      typeof part === 'string' ? rdbString(part) : part,
    ),
  ),
  elementwise(
    'sorted set with scores as binary',
    5,
    4,
    ...['a', score(1.5), 'b', score(Number.POSITIVE_INFINITY), 'c', score(-1e300), '12', score(0)].map((part) =>
      typeof part === 'string' ? rdbString(part) : part,
    ),
  ),
  packed('sorted set as ziplist', 12, ziplist(ORDERED)),
  packed('sorted set as listpack', 17, listpack(ORDERED)),
  elementwise('hash of strings', 4, 5, ...TEXTS.map(rdbString)),
  packed('hash as zipmap', 9, zipmap(TEXTS)),
  packed('hash as zipmap with room', 9, zipmap(['a', '1', 'b', 'x'.repeat(260), '', ''], 3)),
  packed('hash as ziplist', 13, ziplist(TEXTS)),
  packed('hash as listpack', 16, listpack(TEXTS)),
  packed('hash as listpack of long strings', 16, listpack(['a', ...LONG_TEXTS.slice(0, 3)])),
  packed('hash as listpack in wide forms', 16, listpack(WIDE)),
  { name: 'string, compressed, by hand', body: Buffer.concat([Buffer.of(0), compressed(Buffer.from(LONG))]) },
];

/** Always the same, in the same order. */
export const corpus = (): Sample[] => [...dumpedHere(), ...byHand()];

const many = (count: number, textOf: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => textOf(i));

/** Values of more elements than are compared one by one, or than stay packed: to look at one of them takes longer. */
export const largeCorpus = (): Sample[] => {
  const members = many(200, (i) => (i % 3 === 0 ? String(i * 37) : `member ${i}`));
  const scored = many(120, String).flatMap((text, i) => [`m${1000 + i}`, String(Number(text) >> 1)]);
  const pairs = many(1040, (i) => `${i % 2 === 0 ? 'f' : ''}${i}`);
  return [
    packed('set as large listpack', 20, listpack(members)),
    packed('set as large intset', 11, intset(many(600, String).map(BigInt), 2)),
    packed('hash as listpack of 40 fields', 16, listpack(pairs.slice(0, 80))),
    packed('hash as large listpack', 16, listpack(pairs)),
    packed('hash as large ziplist', 13, ziplist(pairs)),
    packed('hash as large zipmap', 9, zipmap(pairs)),
    packed('sorted set as large listpack', 17, listpack(scored)),
    packed('sorted set as large ziplist', 12, ziplist(scored)),
    packed('list as large ziplist', 10, ziplist(members)),
    packed('list of one large listpack', 18, listpack(members), Buffer.of(18, 1, 2)),
    packed('list of one large listpack that does not count', 18, listpack(members, 65535), Buffer.of(18, 1, 2)),
    elementwise('large set', 2, 200, ...members.map(rdbString)),
    elementwise('large sorted set', 5, 200, ...members.flatMap((text, i) => [rdbString(text), score(i % 7)])),
  ];
};

// ── damage ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Random = () => number;

const below = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, of: readonly T[]): T => {
  const found = of[below(random, of.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
};

/** The bytes at which comparisons and signs turn. */
export const INTERESTING_BYTES = [0, 0xff, 0x7f, 0x80] as const;
const INTERESTING_WORDS = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 10, 11, 65535, 65534];
const HUGE = [
  Buffer.of(0x80, 0xff, 0xff, 0xff, 0xff),
  Buffer.of(0x80, 0x80, 0, 0, 0),
  Buffer.of(0x80, 0x7f, 0xff, 0xff, 0xff),
  Buffer.of(0x80, 0, 0, 0, 1),
  rdbHugeLength(2n ** 60n),
  rdbHugeLength(2n ** 64n - 1n),
  rdbHugeLength(2n ** 32n),
  rdbHugeLength(1n),
  Buffer.of(0x7f, 0xff),
];

const replaced = (bytes: Buffer, at: number, count: number, by: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]);

const withByte = (bytes: Buffer, at: number, byte: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = byte;
  return copy;
};

type Damage = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const DAMAGES: readonly Damage[] = [
  (bytes, random) => {
    const at = below(random, bytes.length);
    return withByte(bytes, at, bytes[at]! ^ (1 << below(random, 8)));
  },
  (bytes, random) => withByte(bytes, below(random, bytes.length), below(random, 256)),
  (bytes, random) => withByte(bytes, below(random, bytes.length), pick(random, INTERESTING_BYTES)),
  (bytes, random) => {
    const at = below(random, bytes.length);
    return withByte(bytes, at, bytes[at]! + below(random, 17) - 8);
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const word = Buffer.alloc(4);
    word.writeUInt32LE(pick(random, INTERESTING_WORDS));
    const wide = below(random, 2) === 0 ? 2 : 4;
    copy.set(word.subarray(0, Math.min(wide, copy.length)), below(random, Math.max(1, copy.length - wide)));
    return copy;
  },
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => {
    const inserted = Uint8Array.from({ length: 1 + below(random, 8) }, () => below(random, 256));
    return replaced(bytes, below(random, bytes.length + 1), 0, inserted);
  },
  (bytes, random) => replaced(bytes, below(random, bytes.length), 1 + below(random, 8), Buffer.alloc(0)),
  (bytes, random) => {
    const from = below(random, bytes.length);
    const run = bytes.subarray(from, from + 1 + below(random, 24));
    return replaced(bytes, below(random, bytes.length + 1), 0, run);
  },
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, below(random, bytes.length)), other.subarray(below(random, other.length))]),
  (bytes, random) => replaced(bytes, below(random, bytes.length), 1, pick(random, HUGE)),
];

/** One to three damages. */
const damaged = (bytes: Buffer, random: Random, other: Buffer): Buffer => {
  let result = bytes;
  for (let left = 1 + below(random, 3); left > 0 && result.length > 0; left--) {
    result = pick(random, DAMAGES)(result, random, other);
  }
  return result;
};

/** Says of a packed value what its first four bytes should: for listpacks and ziplists, how long it is. */
const withTotal = (bytes: Buffer): Buffer => {
  if (bytes.length < 4) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(copy.length);
  return copy;
};

/** A damaged body. Where the value is packed, the string around it is mostly made to fit again, and its total, too. */
export const damagedBody = (sample: Sample, random: Random, other: Sample): Buffer => {
  if (sample.packed === undefined || random() < 0.3) return damaged(sample.body, random, other.body);
  const { before, bytes } = sample.packed;
  const inside = damaged(bytes, random, other.packed?.bytes ?? other.body);
  const fitted = random() < 0.6 ? withTotal(inside) : inside;
  return Buffer.concat([before, rdbString(fitted)]);
};

/** Every bit flipped, every interesting byte at and before every position, and every beginning. */
export function* everyDamage({ body }: Sample): Generator<Buffer> {
  for (let at = 0; at < body.length; at++) {
    for (let bit = 0; bit < 8; bit++) yield withByte(body, at, body[at]! ^ (1 << bit));
    for (const byte of INTERESTING_BYTES) {
      yield withByte(body, at, byte);
      yield replaced(body, at, 0, Buffer.of(byte));
    }
    yield body.subarray(0, at);
    yield replaced(body, at, 1, Buffer.alloc(0));
  }
}
