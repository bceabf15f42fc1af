/**
 * The arena: blocks that do not overlap, as large as asked for, and memory that comes back.
 */
import test from 'ava';
import fc from 'fast-check';
import { Arena } from '../../src/keyspace/arena.ts';

const MEBIBYTE = 1 << 20;
/** Sizes at the edges of units, of the linear classes, of slabs, and of blocks with a page of their own. */
const EDGES = [1, 15, 16, 17, 511, 512, 513, 576, 577, 4095, 65536, 65537, 524287, 524288, 524289, 600_000, 3_000_000];

const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 600 }) },
  { weight: 3, arbitrary: fc.integer({ min: 600, max: 70_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES) },
);

/** A step takes `take` bytes, or gives back the block at this place of the list of live ones. */
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: size.map((take) => ({ take, give: 0 })) },
    { weight: 2, arbitrary: fc.nat().map((give) => ({ take: 0, give })) },
  ),
  { maxLength: 400, size: 'max' },
);

interface Block {
  readonly ref: number;
  readonly bytes: number;
  readonly mark: number;
}

const startOf = (ref: number): number => (ref & 0xffff) << 4;

/** Writes a mark into the first and the last byte that the block may use. */
const sign = (arena: Arena, { ref, mark }: Block): void => {
  const page = arena.bytes[ref >>> 16];
  page[startOf(ref)] = mark;
  page[startOf(ref) + arena.capacity(ref) - 1] = mark;
};

const isSigned = (arena: Arena, { ref, mark }: Block): boolean => {
  const page = arena.bytes[ref >>> 16];
  return page[startOf(ref)] === mark && page[startOf(ref) + arena.capacity(ref) - 1] === mark;
};

const overlaps = (arena: Arena, blocks: readonly Block[]): boolean => {
  const ranges = blocks
    .map(({ ref }) => ({ page: ref >>> 16, start: startOf(ref), end: startOf(ref) + arena.capacity(ref) }))
    .sort((a, b) => a.page - b.page || a.start - b.start);
  return ranges.some((range, i) => i > 0 && range.page === ranges[i - 1].page && range.start < ranges[i - 1].end);
};

test('live blocks never overlap, hold what was asked for, and keep their bytes', (t) => {
  fc.assert(
    fc.property(steps, (list) => {
      const arena = new Arena();
      const live: Block[] = [];
      let mark = 0;
      for (const { take, give } of list) {
        if (take > 0) {
          mark = (mark + 1) & 0xff;
          const block = { ref: arena.allocate(take), bytes: take, mark };
          if (block.ref === 0) throw new Error('ref 0 was handed out');
          sign(arena, block);
          live.push(block);
        } else if (live.length > 0) {
          const [block] = live.splice(give % live.length, 1);
          if (!isSigned(arena, block)) throw new Error(`a block of ${block.bytes} bytes was overwritten`);
          arena.free(block.ref);
        }
      }
      const capacities = live.map(({ ref }) => arena.capacity(ref));
      live.forEach(({ ref, bytes }, i) => {
        if (capacities[i] < bytes) throw new Error(`asked for ${bytes} bytes, got ${capacities[i]}`);
        if (capacities[i] !== Arena.capacityFor(bytes))
          throw new Error(`capacityFor(${bytes}) is not ${capacities[i]}`);
        if (startOf(ref) + capacities[i] > arena.bytes[ref >>> 16].length)
          throw new Error('a block ends behind its page');
      });
      if (overlaps(arena, live)) throw new Error('two blocks overlap');
      if (!live.every((block) => isSigned(arena, block))) throw new Error('a block was overwritten');
      const used = capacities.reduce((sum, bytes) => sum + bytes, 0);
      if (arena.usedBytes !== used) throw new Error(`usedBytes is ${arena.usedBytes}, not ${used}`);

      for (const { ref } of live) arena.free(ref);
      return arena.usedBytes === 0;
    }),
  );
  t.pass();
});

test('a block wastes at most an eighth of itself, or less than a unit', (t) => {
  for (let bytes = 1; bytes <= 524_288; bytes += bytes < 2000 ? 1 : 97) {
    const capacity = Arena.capacityFor(bytes);
    if (capacity < bytes || capacity - bytes > Math.max(15, bytes / 8)) t.fail(`${bytes} bytes take ${capacity}`);
  }
  t.pass();
});

test('empty pages go when they shall, but for a few', (t) => {
  const arena = new Arena();
  const refs: number[] = [];
  for (let round = 0; round < 40_000; round++) refs.push(arena.allocate(16 + ((round * 37) % 1500)));
  refs.push(arena.allocate(5 * MEBIBYTE));
  const held = arena.heldBytes;
  t.true(held > 25 * MEBIBYTE);
  for (const ref of refs) arena.free(ref);
  t.is(arena.usedBytes, 0);
  t.true(arena.emptyBytes > 20 * MEBIBYTE);
  arena.trim();
  // A few pages wait for the next load.
  t.true(arena.heldBytes <= 4 * MEBIBYTE, `${arena.heldBytes} bytes are held`);
  t.true(arena.peakBytes > 25 * MEBIBYTE);
});

test('a block that comes and goes does not make the arena take and return pages', (t) => {
  const arena = new Arena();
  arena.free(arena.allocate(1000));
  const held = arena.heldBytes;
  for (let i = 0; i < 1000; i++) {
    arena.free(arena.allocate(1000));
    t.is(arena.heldBytes, held);
  }
});
