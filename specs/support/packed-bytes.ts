/**
 * Packed encodings of every version, made by hand: listpacks, ziplists, zipmaps and intsets, and RDB lengths and strings.
 *
 * In:  texts and numbers; forms that a writer of today would not choose, where a reader has to take them.
 * Out: bytes.
 * Memory: none.
 * @since 0.2.0
 */

/** A text, or bytes that are an element as they stand. */
export type Part = string | Buffer;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const u32le = (n: number): Buffer => Buffer.from([n, n >>> 8, n >>> 16, n >>> 24]);
const u32be = (n: number): Buffer => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n]);

/** Enough for the samples of a spec: an integer below 2^53 as decimal text. */
const integerOf = (text: string): number | undefined => {
  const n = Number(text);
  return Number.isSafeInteger(n) && String(n) === text ? n : undefined;
};

const little = (n: bigint, bytes: number): Buffer => {
  const data = Buffer.alloc(8);
  data.writeBigInt64LE(n);
  return data.subarray(0, bytes);
};

// ── listpacks ─────────────────────────────────────────────────────────────────────────────────────────────────────

const backLength = (bytes: number): Buffer => {
  if (bytes <= 127) return Buffer.of(bytes);
  if (bytes < 16383) return Buffer.of(bytes >> 7, (bytes & 127) | 128);
  return Buffer.of(bytes >> 14, ((bytes >> 7) & 127) | 128, (bytes & 127) | 128);
};

const INTEGER_FORMS = { 16: 0xf1, 24: 0xf2, 32: 0xf3, 64: 0xf4 } as const;

/** An integer in a form that may be wider than it needs to be. */
export const listpackInteger = (n: bigint, bits: 7 | 13 | 16 | 24 | 32 | 64): Buffer => {
  if (bits === 7) return Buffer.of(Number(n), 1);
  if (bits === 13) {
    const value = Number(n) & 0x1fff;
    return Buffer.of(0xc0 | (value >> 8), value & 255, 2);
  }
  const body = Buffer.concat([Buffer.of(INTEGER_FORMS[bits]), little(n, bits / 8)]);
  return Buffer.concat([body, backLength(body.length)]);
};

/** A string in a form that may be wider than it needs to be. */
export const listpackString = (text: string, bits: 6 | 12 | 32): Buffer => {
  const { length } = text;
  const head = {
    6: () => Buffer.of(0x80 | length),
    12: () => Buffer.of(0xe0 | (length >> 8), length & 255),
    32: () => Buffer.concat([Buffer.of(0xf0), u32le(length)]),
  }[bits]();
  const body = Buffer.concat([head, latin1(text)]);
  return Buffer.concat([body, backLength(body.length)]);
};

const listpackElement = (part: Part): Buffer => {
  if (typeof part !== 'string') return part;
  const n = integerOf(part);
  if (n === undefined) return listpackString(part, part.length < 64 ? 6 : part.length < 4096 ? 12 : 32);
  if (n >= 0 && n < 128) return listpackInteger(BigInt(n), 7);
  for (const bits of [13, 16, 24, 32] as const) {
    if (n >= -(2 ** (bits - 1)) && n < 2 ** (bits - 1)) return listpackInteger(BigInt(n), bits);
  }
  return listpackInteger(BigInt(n), 64);
};

export const listpack = (parts: readonly Part[], count = parts.length): Buffer => {
  const body = Buffer.concat(parts.map(listpackElement));
  return Buffer.concat([u32le(body.length + 7), u32le(count).subarray(0, 2), body, Buffer.of(255)]);
};

// ── ziplists ──────────────────────────────────────────────────────────────────────────────────────────────────────

const ziplistBody = (part: Part): Buffer => {
  if (typeof part !== 'string') return part;
  const n = integerOf(part);
  if (n !== undefined) {
    if (n >= 0 && n <= 12) return Buffer.of(0xf1 + n);
    for (const [bits, form] of [
      [8, 0xfe],
      [16, 0xc0],
      [24, 0xf0],
      [32, 0xd0],
    ] as const) {
      if (n >= -(2 ** (bits - 1)) && n < 2 ** (bits - 1)) {
        return Buffer.concat([Buffer.of(form), little(BigInt(n), bits / 8)]);
      }
    }
    return Buffer.concat([Buffer.of(0xe0), little(BigInt(n), 8)]);
  }
  const { length } = part;
  if (length < 64) return Buffer.concat([Buffer.of(length), latin1(part)]);
  if (length < 16384) return Buffer.concat([Buffer.of(0x40 | (length >> 8), length & 255), latin1(part)]);
  return Buffer.concat([Buffer.of(0x80), u32be(length), latin1(part)]);
};

export const ziplist = (parts: readonly Part[], count = parts.length): Buffer => {
  const entries: Buffer[] = [];
  let before = 0;
  let last = 10;
  let end = 10;
  for (const part of parts) {
    const link = before < 254 ? Buffer.of(before) : Buffer.concat([Buffer.of(254), u32le(before)]);
    const entry = Buffer.concat([link, ziplistBody(part)]);
    entries.push(entry);
    before = entry.length;
    last = end;
    end += before;
  }
  return Buffer.concat([u32le(end + 1), u32le(last), u32le(count).subarray(0, 2), ...entries, Buffer.of(255)]);
};

// ── zipmaps and intsets ───────────────────────────────────────────────────────────────────────────────────────────

const zipmapLength = (length: number): Buffer =>
  length < 254 ? Buffer.of(length) : Buffer.concat([Buffer.of(254), u32le(length)]);

/** Fields and values in turn; behind each value `unused` bytes that belong to nobody. */
export const zipmap = (texts: readonly string[], unused = 0): Buffer =>
  Buffer.concat([
    Buffer.of(Math.min(texts.length / 2, 254)),
    ...texts.flatMap((text, i) => [
      zipmapLength(text.length),
      ...(i % 2 === 0 ? [] : [Buffer.of(unused)]),
      latin1(text),
      ...(i % 2 === 0 ? [] : [Buffer.alloc(unused, 0x2a)]),
    ]),
    Buffer.of(255),
  ]);

export const intset = (values: readonly bigint[], bytes: 2 | 4 | 8): Buffer =>
  Buffer.concat([u32le(bytes), u32le(values.length), ...values.map((value) => little(value, bytes))]);

// ── RDB lengths and strings ───────────────────────────────────────────────────────────────────────────────────────

/** A length in its shortest form. */
export const rdbLength = (length: number): Buffer => {
  if (length < 64) return Buffer.of(length);
  if (length < 16384) return Buffer.of(0x40 | (length >> 8), length & 255);
  return Buffer.concat([Buffer.of(0x80), u32be(length)]);
};

/** A length in 64 bits, which may be one that nothing has. */
export const rdbHugeLength = (length: bigint): Buffer => {
  const bytes = Buffer.alloc(9, 0x81);
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
};

export const rdbString = (text: string | Buffer): Buffer =>
  Buffer.concat([rdbLength(text.length), typeof text === 'string' ? latin1(text) : text]);
