/**
 * The expiry index against a list that is sorted when asked.
 */
import test from 'ava';
import fc from 'fast-check';
import { Arena } from '../../src/keyspace/arena.ts';
import { EXPIRES, expiresWord, META } from '../../src/keyspace/entry.ts';
import { ExpiryIndex } from '../../src/keyspace/expiry-index.ts';

const ENTRY_BYTES = 32;

/** An entry with nothing but its EXPIRES word. */
const newEntry = (arena: Arena): number => {
  const ref = arena.allocate(ENTRY_BYTES);
  arena.words[ref >>> 16][((ref & 0xffff) << 2) + META] = EXPIRES;
  return ref;
};

const positionOf = (arena: Arena, ref: number): number =>
  arena.words[ref >>> 16][((ref & 0xffff) << 2) + expiresWord(EXPIRES)];

const timeMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 2, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63 - 1024, -1, -(2 ** 32), -(2 ** 63)) },
);

const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'add', 'remove', 'change', 'move'),
  which: fc.nat(),
  ms: timeMs,
});

test('it knows the earliest of all times, and every entry its own', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const arena = new Arena();
      const index = new ExpiryIndex(arena);
      const model: { ref: number; ms: number }[] = [];
      for (const { kind, which, ms } of steps) {
        const at = which % Math.max(model.length, 1);
        if (kind === 'add') {
          const ref = newEntry(arena);
          index.add(ref, ms);
          model.push({ ref, ms });
        } else if (model.length === 0) {
          continue;
        } else if (kind === 'remove') {
          index.remove(positionOf(arena, model[at].ref));
          arena.free(model[at].ref);
          model.splice(at, 1);
        } else if (kind === 'change') {
          index.change(positionOf(arena, model[at].ref), ms);
          model[at].ms = ms;
        } else {
          const ref = newEntry(arena);
          const position = positionOf(arena, model[at].ref);
          arena.words[ref >>> 16][((ref & 0xffff) << 2) + expiresWord(EXPIRES)] = position;
          index.moved(position, ref);
          arena.free(model[at].ref);
          model[at].ref = ref;
        }
        const earliest = Math.min(Number.POSITIVE_INFINITY, ...model.map((entry) => entry.ms));
        if (index.earliestMs() !== earliest) throw new Error(`the earliest is ${index.earliestMs()}, not ${earliest}`);
      }
      if (index.count !== model.length) throw new Error(`count is ${index.count}, not ${model.length}`);
      for (const { ref, ms } of model) {
        const position = positionOf(arena, ref);
        if (index.refAt(position) !== ref) throw new Error('an entry is not where it thinks');
        if (index.timeAt(position) !== ms) throw new Error(`${index.timeAt(position)} instead of ${ms}`);
      }
      index.destroy();
      for (const { ref } of model) arena.free(ref);
      return arena.usedBytes === 0;
    }),
  );
  t.pass();
});

test('taking the earliest again and again sorts twenty thousand times and returns the memory', (t) => {
  const arena = new Arena();
  const index = new ExpiryIndex(arena);
  const times = Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 20_011);
  for (const ms of times) index.add(newEntry(arena), ms);
  const used = arena.usedBytes;

  const sorted: number[] = [];
  while (index.count > 0) {
    sorted.push(index.earliestMs());
    const ref = index.refAt(0);
    index.remove(0);
    arena.free(ref);
  }
  t.deepEqual(
    sorted,
    [...times].sort((a, b) => a - b),
  );
  t.is(index.earliestMs(), Number.POSITIVE_INFINITY);
  t.true(arena.usedBytes < used / 5, 'one spare segment is kept, not all');
  index.destroy();
  t.is(arena.usedBytes, 0);
});
