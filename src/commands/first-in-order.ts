/**
 * The first few of many in order, without ordering the others: what LIMIT asks of SORT.
 *
 * In:  a count of things and how two of them, by number, compare. Out: the numbers of the first ones.
 * Memory: one number for each that is wanted, or for all when most of them are.
 *
 * @since 0.2.0
 */

/** Below 0 when the first comes first, above 0 when the other one does. */
export type Compare = (one: number, other: number) => number;

/** With more wanted than this part of all, ordering all of them is faster. */
const PART = 8;

/** Moves the number at `at` down in a heap whose top comes last of all. */
const sink = (heap: Int32Array, at: number, length: number, compare: Compare): void => {
  const moved = heap[at];
  for (;;) {
    let child = 2 * at + 1;
    if (child >= length) break;
    if (child + 1 < length && compare(heap[child + 1], heap[child]) > 0) child++;
    if (compare(heap[child], moved) <= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
};

/** The first `wanted` (or more) of the numbers 0 to `count` - 1 in order. Those that compare equal keep their order. */
export const firstInOrder = (count: number, wanted: number, compare: Compare): Int32Array => {
  if (wanted * PART > count) return Int32Array.from({ length: count }, (_, i) => i).sort(compare);
  const strict: Compare = (one, other) => compare(one, other) || one - other;
  const heap = Int32Array.from({ length: wanted }, (_, i) => i);
  if (wanted === 0) return heap;
  for (let at = (wanted >> 1) - 1; at >= 0; at--) sink(heap, at, wanted, strict);
  for (let i = wanted; i < count; i++) {
    if (strict(i, heap[0]) >= 0) continue;
    heap[0] = i;
    sink(heap, 0, wanted, strict);
  }
  return heap.sort(strict);
};
