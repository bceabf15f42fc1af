/**
 * What a key holds, as far as a person wants to read it.
 *
 * In:     a server's data, a key. Out: a `KeyValue` of bounded size.
 * Memory: copies of at most 20 elements, or of 1 KiB of a string.
 *
 * @since 0.3.0
 */
import type { Database } from '../keyspace/database.ts';
import type { Asker } from './ask.ts';

export const VALUE_ELEMENTS_MAX = 20;
export const VALUE_BYTES_MAX = 1024;

export interface KeyValue {
  /** As TYPE says it; 'none' for a key that is not there. */
  readonly type: string;
  /** Bytes of a string, elements of anything else. */
  readonly length: number;
  /** ms since 1970. */
  readonly expireAtMs?: number;
  /** The string; the elements; field and value, or member and score, in turns. Cut where `isCut`. */
  readonly value: readonly Uint8Array[];
  readonly isCut: boolean;
}

export const NO_VALUE: KeyValue = { type: 'none', length: 0, value: [], isCut: false };

interface Shape {
  readonly length: string;
  readonly all: readonly string[];
  /** Words per element. */
  readonly width: number;
  /** Elements have no order of their own. */
  readonly sorts: boolean;
}

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['list', { length: 'LLEN', all: ['LRANGE', '0', String(VALUE_ELEMENTS_MAX - 1)], width: 1, sorts: false }],
  ['set', { length: 'SCARD', all: ['SMEMBERS'], width: 1, sorts: true }],
  ['hash', { length: 'HLEN', all: ['HGETALL'], width: 2, sorts: true }],
  [
    'zset',
    { length: 'ZCARD', all: ['ZRANGE', '0', String(VALUE_ELEMENTS_MAX - 1), 'WITHSCORES'], width: 2, sorts: false },
  ],
]);

const cutOff = (bytes: Uint8Array): Uint8Array =>
  bytes.length > VALUE_BYTES_MAX ? bytes.slice(0, VALUE_BYTES_MAX) : bytes;

/** Elements in the order of their bytes, so that two looks at the same set are equal. */
const sorted = (words: readonly Uint8Array[], width: number): readonly Uint8Array[] => {
  const elements: Uint8Array[][] = [];
  for (let i = 0; i < words.length; i += width) elements.push(words.slice(i, i + width));
  return elements.sort(([a], [b]) => Buffer.compare(a, b)).flat();
};

/** Reads what a key holds. */
export const readValue = (asker: Asker, db: Database['index'], key: Uint8Array): KeyValue => {
  const type = asker.text(db, ['TYPE', key]);
  if (type === 'none') return NO_VALUE;
  const expireAtMs = asker.integer(db, ['PEXPIRETIME', key]);
  const expiry = expireAtMs >= 0 ? { expireAtMs } : {};
  if (type === 'string') {
    const length = asker.integer(db, ['STRLEN', key]);
    const value = asker.words(db, ['GETRANGE', key, '0', String(VALUE_BYTES_MAX - 1)]);
    return { type, length, ...expiry, value, isCut: length > VALUE_BYTES_MAX };
  }
  const shape = SHAPES.get(type);
  if (shape === undefined) return { type, length: 0, ...expiry, value: [], isCut: true };
  const length = asker.integer(db, [shape.length, key]);
  const [name, ...options] = shape.all;
  const words = asker.words(db, [name, key, ...options]);
  const ordered = shape.sorts ? sorted(words, shape.width) : words;
  const shown = ordered.slice(0, VALUE_ELEMENTS_MAX * shape.width);
  const isCut = length > VALUE_ELEMENTS_MAX || shown.some(({ length: bytes }) => bytes > VALUE_BYTES_MAX);
  return { type, length, ...expiry, value: shown.map(cutOff), isCut };
};

const sameWords = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((word, at) => Buffer.compare(word, b[at]) === 0);

/** Whether two looks at a key show the same. */
export const sameValue = (a: KeyValue, b: KeyValue): boolean =>
  a.type === b.type && a.length === b.length && a.expireAtMs === b.expireAtMs && sameWords(a.value, b.value);
