/**
 * Chains of chunks against arrays: every operation at every place, with a structural check behind each.
 */
import test from 'ava';
import fc from 'fast-check';
import { CHUNK_GONE, insertElement, removeElement, replaceElement } from '../../src/keyspace/chunk-edits.ts';
import {
  CHUNK_COUNT,
  CHUNK_NEXT,
  type ChunkPlace,
  chainCount,
  chunkBytes,
  chunkEnd,
  chunkStart,
  chunkWord,
  createChain,
  dropFirst,
  dropLast,
  exceedsLimit,
  fitChunk,
  pushFirst,
  pushLast,
  ROOT_CHUNKS,
  ROOT_FIRST,
  seekChunk,
} from '../../src/keyspace/chunks.ts';
import { Encoding } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { elementAfter, LISTPACK_EMPTY_BYTES, seekElement } from '../../src/keyspace/listpack.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { textsOfChain } from '../values/chain.ts';

const keyspaceOf = (listSize: number): Keyspace => {
  const keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [1, 2] });
  keyspace.limits.listSize = listSize;
  return keyspace;
};

/** A chain beside the array it must equal. */
class Pair {
  readonly keyspace: Keyspace;
  readonly root: number;
  readonly texts: string[] = [];
  private readonly place: ChunkPlace = { chunk: 0, indexInChunk: 0 };

  constructor(listSize: number) {
    this.keyspace = keyspaceOf(listSize);
    this.root = createChain(this.keyspace.arena);
  }

  push(first: boolean, text: string): void {
    const bytes = Buffer.from(text);
    if (first) {
      this.texts.unshift(text);
      pushFirst(this.keyspace, this.root, bytes, 0, bytes.length);
    } else {
      this.texts.push(text);
      pushLast(this.keyspace, this.root, bytes, 0, bytes.length);
    }
  }

  drop(first: boolean, count: number): void {
    const dropped = Math.min(count, this.texts.length);
    if (first) {
      this.texts.splice(0, dropped);
      dropFirst(this.keyspace, this.root, dropped);
    } else {
      this.texts.splice(this.texts.length - dropped, dropped);
      dropLast(this.keyspace, this.root, dropped);
    }
  }

  insert(index: number, behind: boolean, text: string): void {
    if (this.texts.length === 0) return;
    const at = index % this.texts.length;
    const bytes = Buffer.from(text);
    const pos = this.seek(at);
    const { chunk } = this.place;
    const edge = behind ? elementAfter(this.keyspace.arena.bytes[chunk >>> 16]!, pos) : pos;
    this.texts.splice(behind ? at + 1 : at, 0, text);
    insertElement(this.keyspace, this.root, chunk, edge, behind, bytes, 0, bytes.length);
  }

  replace(index: number, text: string): void {
    if (this.texts.length === 0) return;
    const at = index % this.texts.length;
    const bytes = Buffer.from(text);
    const pos = this.seek(at);
    this.texts[at] = text;
    replaceElement(this.keyspace, this.root, this.place.chunk, pos, bytes, 0, bytes.length);
  }

  /** Removes elements that follow one another, and gives back the room. */
  remove(index: number, count: number): void {
    if (this.texts.length === 0) return;
    const at = index % this.texts.length;
    let pos = this.seek(at);
    const { chunk } = this.place;
    for (let left = count; left > 0; left--) {
      this.texts.splice(at, 1);
      pos = removeElement(this.keyspace, this.root, chunk, pos);
      if (pos === CHUNK_GONE) return;
      if (pos === chunkEnd(this.keyspace.arena, chunk)) break;
    }
    fitChunk(this.keyspace, this.root, chunk);
  }

  check(): void {
    const { arena } = this.keyspace;
    const kept = textsOfChain(this.keyspace, this.root);
    if (kept.length !== this.texts.length) throw new Error(`${kept.length} elements instead of ${this.texts.length}`);
    kept.forEach((text, i) => {
      if (text !== this.texts[i]) throw new Error(`element ${i} is ${text} instead of ${this.texts[i]}`);
    });
    if (chainCount(arena, this.root) !== kept.length) throw new Error('the count is wrong');
  }

  /** Frees everything; bytes that are still in use then are lost. */
  destroy(): number {
    this.keyspace.releaseLarge(Encoding.QuickList, this.root);
    while (this.keyspace.reclaim(1000));
    return this.keyspace.arena.usedBytes;
  }

  private seek(index: number): number {
    const { arena } = this.keyspace;
    seekChunk(arena, this.root, index, this.place);
    const { chunk, indexInChunk } = this.place;
    const count = chunkWord(arena, chunk, CHUNK_COUNT);
    return seekElement(
      arena.bytes[chunk >>> 16]!,
      chunkStart(arena, chunk),
      chunkEnd(arena, chunk),
      count,
      indexInChunk,
    );
  }
}

const text = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9).map((n) => 'abcdefghij'.slice(0, n)) },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 3, arbitrary: fc.integer({ min: 200, max: 1200 }).map((n) => 'm'.repeat(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 1500, max: 9000 }).map((n) => 'l'.repeat(n)) },
);

const operation: fc.Arbitrary<(pair: Pair) => void> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.boolean(), text).map(
      ([first, one]) =>
        (pair: Pair) =>
          pair.push(first, one),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.boolean(), text, fc.nat(30)).map(([first, one, count]) => (pair: Pair) => {
      for (let i = 0; i < count; i++) pair.push(first, one);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.boolean(), fc.nat(20)).map(
      ([first, n]) =>
        (pair: Pair) =>
          pair.drop(first, n),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(1000), fc.boolean(), text).map(
      ([at, behind, one]) =>
        (pair: Pair) =>
          pair.insert(at, behind, one),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(1000), text).map(
      ([at, one]) =>
        (pair: Pair) =>
          pair.replace(at, one),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 9 })).map(([at, n]) => (pair: Pair) => {
      pair.remove(at, n);
    }),
  },
);

for (const listSize of [1, 3, 16, 128, -1, -2]) {
  test(`a chain stays sound and equals an array | list-max-listpack-size ${listSize}`, (t) => {
    const nothing = keyspaceOf(listSize).arena.usedBytes;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
        const pair = new Pair(listSize);
        for (const run of operations) {
          run(pair);
          pair.check();
        }
        const left = pair.destroy() - nothing;
        if (left !== 0) throw new Error(`${left} bytes are lost`);
      }),
      { numRuns: 100 },
    );
    t.pass();
  });
}

test('chunks that only pushes have filled obey the limit and are full', (t) => {
  for (const listSize of [1, 5, 128, -1, -2, -3, -4, -5]) {
    for (const first of [true, false]) {
      const pair = new Pair(listSize);
      for (let i = 0; i < 20_000; i++) pair.push(first, `element:${i}`);
      pair.check();
      const { arena } = pair.keyspace;
      for (let chunk = chunkWord(arena, pair.root, ROOT_FIRST); chunk !== 0; ) {
        const bytes = chunkBytes(arena, chunk) + LISTPACK_EMPTY_BYTES;
        t.false(exceedsLimit(listSize, bytes, chunkWord(arena, chunk, CHUNK_COUNT)));
        chunk = chunkWord(arena, chunk, CHUNK_NEXT);
      }
      const perElement = (arena.usedBytes - keyspaceOf(listSize).arena.usedBytes) / pair.texts.length;
      if (listSize !== 1 && listSize !== 5) t.true(perElement < 17.5, `${listSize}: ${perElement} bytes per element`);
    }
  }
});

test('an element that is longer than a chunk has one of its own', (t) => {
  const pair = new Pair(-1);
  for (const one of ['a', 'b'.repeat(5000), 'c', 'd'.repeat(5000), 'e'.repeat(600_000)]) pair.push(false, one);
  pair.check();
  t.is(chunkWord(pair.keyspace.arena, pair.root, ROOT_CHUNKS), 5);
});

test('an element is long by a debugging threshold, too, and stays alone', (t) => {
  const pair = new Pair(-2);
  pair.keyspace.packedThresholdBytes = 10;
  for (const one of ['a', 'b'.repeat(10), 'c', 'd'.repeat(9), 'e'.repeat(12)]) pair.push(false, one);
  const chunks = (): number => chunkWord(pair.keyspace.arena, pair.root, ROOT_CHUNKS);
  t.is(chunks(), 4);
  pair.insert(2, true, 'f'.repeat(20));
  t.is(chunks(), 6);
  pair.replace(2, 'g'.repeat(11));
  pair.replace(1, 'h');
  pair.check();
  t.true(chunks() >= 5);
});

test('a queue of one chunk goes round without growing', (t) => {
  const pair = new Pair(-2);
  for (let i = 0; i < 100; i++) pair.push(true, `job:${i}`);
  const used = pair.keyspace.arena.usedBytes;
  for (let i = 0; i < 10_000; i++) {
    pair.push(true, `job:${i}`);
    pair.drop(false, 1);
  }
  pair.check();
  t.is(pair.keyspace.arena.usedBytes, used);
});

test('elements removed here and there leave no large room behind', (t) => {
  const pair = new Pair(-2);
  for (let i = 0; i < 10_000; i++) pair.push(false, `element:${i}`);
  for (let at = 9_900; at >= 0; at -= 100) pair.remove(at, 99);
  pair.check();
  const { arena } = pair.keyspace;
  const bytes = arena.usedBytes - keyspaceOf(-2).arena.usedBytes;
  t.true(bytes < pair.texts.length * 40, `${bytes} bytes for ${pair.texts.length} elements`);
});
