import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { firstInOrder } from '../../src/commands/first-in-order.ts';

test('the first few are those that a stable sort of all has first', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { maxLength: 200, size: 'max' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(1, -1),
      (weights, part, sign) => {
        const wanted = Math.floor(weights.length * part ** 3);
        const compare = (one: number, other: number): number => sign * ((weights[one] ?? 0) - (weights[other] ?? 0));
        const all = weights.map((_, i) => i).sort(compare);
        assert.deepEqual([...firstInOrder(weights.length, wanted, compare)].slice(0, wanted), all.slice(0, wanted));
      },
    ),
  );
  t.pass();
});

test('few of many take about one comparison each', (t) => {
  let comparisons = 0;
  const count = 100_000;
  const first = firstInOrder(count, 10, (one, other) => {
    comparisons++;
    return ((one * 7919) % count) - ((other * 7919) % count);
  });
  t.is(first.length, 10);
  t.true(comparisons < 1.1 * count, `${comparisons} comparisons`);
});
