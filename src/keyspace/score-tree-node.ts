/**
 * The nodes of the score tree: how they lie in the arena, and the steps that stay within one or two of them.
 *
 * In:     refs of nodes and of scored elements. Out: positions; changed nodes.
 * Memory: a node is a block of 1024 bytes, whoever links it frees it.
 *
 *   leaf    word 0 elements   1 next leaf   2 previous leaf   | 84 scores (float64) from byte 16 | 84 element refs
 *   inner   word 0 children                                   | 50 scores from byte 16 | 50 element refs (both of the
 *           first element below each child) | 50 child refs | 50 counts of elements below each child
 *
 * Scores lie side by side, so that a search within a node touches few cache lines; members are only looked at where scores
 * are equal.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import { KEY_OFFSET, META, WIDE } from './entry.ts';

export const NODE_BYTES = 1024;
export const LEAF_ELEMENTS_MAX = 84;
export const INNER_CHILDREN_MAX = 50;

export const COUNT = 0;
export const NEXT_LEAF = 1;
export const PREVIOUS_LEAF = 2;
/** Of both kinds, in units of 8 bytes. */
const SCORES = 2;
/** The others in words. */
export const LEAF_REFS = 4 + LEAF_ELEMENTS_MAX * 2;
export const INNER_REFS = 4 + INNER_CHILDREN_MAX * 2;
export const CHILDREN = INNER_REFS + INNER_CHILDREN_MAX;
export const COUNTS = CHILDREN + INNER_CHILDREN_MAX;

/** Word offset of a block within its page. */
export const wordAt = (ref: number): number => (ref & 0xffff) << 2;
/** Offset of a node's scores within its page, in units of 8 bytes. */
export const scoresAt = (node: number): number => ((node & 0xffff) << 1) + SCORES;

/** The member that a search looks for; set by `aim` or `aimAt`. */
let wantedBytes: Uint8Array = new Uint8Array(0);
let wantedAt = 0;
let wantedLength = 0;

/** Aims the searches at a member; the bytes are only looked at while the search runs. */
export const aim = (bytes: Uint8Array, at: number, length: number): void => {
  wantedBytes = bytes;
  wantedAt = at;
  wantedLength = length;
};

/** Aims the searches at the member of an element. */
export const aimAt = (arena: Arena, ref: number): void => {
  const words = arena.words[ref >>> 16];
  const at = wordAt(ref);
  const meta = words[at + META];
  wantedBytes = arena.bytes[ref >>> 16];
  wantedAt = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7];
  wantedLength = (meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255;
};

/** The order of an element's member and the one aimed at: below 0 when the element comes first, as memcmp has it. */
export const compareMember = (arena: Arena, ref: number): number => {
  const words = arena.words[ref >>> 16];
  const at = wordAt(ref);
  const meta = words[at + META];
  const length = (meta & WIDE) !== 0 ? words[at + 4] : (meta >>> 16) & 255;
  const bytes = arena.bytes[ref >>> 16];
  const from = (at << 2) + KEY_OFFSET[(meta >>> 8) & 7];
  const common = length < wantedLength ? length : wantedLength;
  for (let i = 0; i < common; i++) {
    const difference = bytes[from + i] - wantedBytes[wantedAt + i];
    if (difference !== 0) return difference;
  }
  return length - wantedLength;
};

/** How many of the `count` (score, ref) pairs of a node come before (score, the member aimed at), or are equal to it. */
export const countUpTo = (
  arena: Arena,
  node: number,
  refs: number,
  count: number,
  score: number,
  orEqual: boolean,
): number => {
  const doubles = arena.doubles[node >>> 16];
  const words = arena.words[node >>> 16];
  const scores = scoresAt(node);
  const refsAt = wordAt(node) + refs;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = doubles[scores + middle];
    let before = there < score;
    if (there === score) {
      const order = compareMember(arena, words[refsAt + middle]);
      before = order < 0 || (orEqual && order === 0);
    }
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How many of the `count` scores of a node are below a score, or equal to it. */
export const countScores = (arena: Arena, node: number, count: number, score: number, orEqual: boolean): number => {
  const doubles = arena.doubles[node >>> 16];
  const scores = scoresAt(node);
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = doubles[scores + middle];
    if (there < score || (orEqual && there === score)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How many of the `count` members of a node come before the one aimed at, or are equal to it, whatever their scores. */
export const countMembers = (arena: Arena, node: number, refs: number, count: number, orEqual: boolean): number => {
  const words = arena.words[node >>> 16];
  const refsAt = wordAt(node) + refs;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareMember(arena, words[refsAt + middle]);
    if (order < 0 || (orEqual && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const createLeaf = (arena: Arena): number => {
  const leaf = arena.allocate(NODE_BYTES);
  const words = arena.words[leaf >>> 16];
  const at = wordAt(leaf);
  words[at + COUNT] = 0;
  words[at + NEXT_LEAF] = 0;
  words[at + PREVIOUS_LEAF] = 0;
  return leaf;
};

export const createInner = (arena: Arena): number => {
  const inner = arena.allocate(NODE_BYTES);
  arena.words[inner >>> 16][wordAt(inner) + COUNT] = 0;
  return inner;
};

export const insertIntoLeaf = (arena: Arena, leaf: number, index: number, score: number, ref: number): void => {
  const words = arena.words[leaf >>> 16];
  const at = wordAt(leaf);
  const doubles = arena.doubles[leaf >>> 16];
  const scores = scoresAt(leaf);
  const refs = at + LEAF_REFS;
  const count = words[at + COUNT]++;
  for (let i = count; i > index; i--) {
    doubles[scores + i] = doubles[scores + i - 1];
    words[refs + i] = words[refs + i - 1];
  }
  doubles[scores + index] = score;
  words[refs + index] = ref;
};

/** Takes `count` elements from `index` on out of a leaf. */
export const cutFromLeaf = (arena: Arena, leaf: number, index: number, count: number): void => {
  const words = arena.words[leaf >>> 16];
  const at = wordAt(leaf);
  const doubles = arena.doubles[leaf >>> 16];
  const scores = scoresAt(leaf);
  const refs = at + LEAF_REFS;
  const left = words[at + COUNT] - count;
  words[at + COUNT] = left;
  for (let i = index; i < left; i++) {
    doubles[scores + i] = doubles[scores + i + count];
    words[refs + i] = words[refs + i + count];
  }
};

/** Makes room for `count` children before `index`. Their pairs, refs and counts are undefined. */
export const openInner = (arena: Arena, inner: number, index: number, count: number): void => {
  const words = arena.words[inner >>> 16];
  const at = wordAt(inner);
  const doubles = arena.doubles[inner >>> 16];
  const scores = scoresAt(inner);
  const before = words[at + COUNT];
  words[at + COUNT] = before + count;
  for (let i = before - 1; i >= index; i--) {
    doubles[scores + i + count] = doubles[scores + i];
    words[at + INNER_REFS + i + count] = words[at + INNER_REFS + i];
    words[at + CHILDREN + i + count] = words[at + CHILDREN + i];
    words[at + COUNTS + i + count] = words[at + COUNTS + i];
  }
};

/** Takes `count` children from `index` on out of an inner node. */
export const cutFromInner = (arena: Arena, inner: number, index: number, count: number): void => {
  const words = arena.words[inner >>> 16];
  const at = wordAt(inner);
  const doubles = arena.doubles[inner >>> 16];
  const scores = scoresAt(inner);
  const left = words[at + COUNT] - count;
  words[at + COUNT] = left;
  for (let i = index; i < left; i++) {
    doubles[scores + i] = doubles[scores + i + count];
    words[at + INNER_REFS + i] = words[at + INNER_REFS + i + count];
    words[at + CHILDREN + i] = words[at + CHILDREN + i + count];
    words[at + COUNTS + i] = words[at + COUNTS + i + count];
  }
};

/** Moves `count` elements over the border of two neighbouring leaves: from the left one's end, or to it when negative. */
export const shiftLeaves = (arena: Arena, left: number, right: number, count: number): void => {
  const forward = count > 0;
  const moved = forward ? count : -count;
  const leftWords = arena.words[left >>> 16];
  const leftAt = wordAt(left);
  const leftDoubles = arena.doubles[left >>> 16];
  const rightWords = arena.words[right >>> 16];
  const rightAt = wordAt(right);
  const rightDoubles = arena.doubles[right >>> 16];
  const rightScores = scoresAt(right);
  const rightRefs = rightAt + LEAF_REFS;
  if (forward) {
    for (let i = rightWords[rightAt + COUNT] - 1; i >= 0; i--) {
      rightDoubles[rightScores + i + moved] = rightDoubles[rightScores + i];
      rightWords[rightRefs + i + moved] = rightWords[rightRefs + i];
    }
    leftWords[leftAt + COUNT] -= moved;
    rightWords[rightAt + COUNT] += moved;
  }
  const border = leftWords[leftAt + COUNT];
  const leftScores = scoresAt(left) + border;
  const leftRefs = leftAt + LEAF_REFS + border;
  for (let i = 0; i < moved; i++) {
    if (forward) {
      rightDoubles[rightScores + i] = leftDoubles[leftScores + i];
      rightWords[rightRefs + i] = leftWords[leftRefs + i];
    } else {
      leftDoubles[leftScores + i] = rightDoubles[rightScores + i];
      leftWords[leftRefs + i] = rightWords[rightRefs + i];
    }
  }
  if (!forward) {
    leftWords[leftAt + COUNT] += moved;
    cutFromLeaf(arena, right, 0, moved);
  }
};

/** As `shiftLeaves`, for the children of two neighbouring inner nodes. */
export const shiftInners = (arena: Arena, left: number, right: number, count: number): void => {
  const forward = count > 0;
  const moved = forward ? count : -count;
  const leftWords = arena.words[left >>> 16];
  const rightWords = arena.words[right >>> 16];
  const leftAt = wordAt(left);
  if (forward) {
    openInner(arena, right, 0, moved);
    leftWords[leftAt + COUNT] -= moved;
  }
  const border = leftWords[leftAt + COUNT];
  const from = forward ? left : right;
  const to = forward ? right : left;
  const fromWords = forward ? leftWords : rightWords;
  const toWords = forward ? rightWords : leftWords;
  const fromIndex = forward ? border : 0;
  const toIndex = forward ? 0 : border;
  const fromDoubles = arena.doubles[from >>> 16];
  const toDoubles = arena.doubles[to >>> 16];
  const fromScores = scoresAt(from) + fromIndex;
  const toScores = scoresAt(to) + toIndex;
  const fromAt = wordAt(from) + fromIndex;
  const toAt = wordAt(to) + toIndex;
  for (let i = 0; i < moved; i++) {
    toDoubles[toScores + i] = fromDoubles[fromScores + i];
    toWords[toAt + INNER_REFS + i] = fromWords[fromAt + INNER_REFS + i];
    toWords[toAt + CHILDREN + i] = fromWords[fromAt + CHILDREN + i];
    toWords[toAt + COUNTS + i] = fromWords[fromAt + COUNTS + i];
  }
  if (!forward) {
    leftWords[leftAt + COUNT] += moved;
    cutFromInner(arena, right, 0, moved);
  }
};

/** Elements below an inner node. */
export const elementsBelow = (arena: Arena, inner: number): number => {
  const words = arena.words[inner >>> 16];
  const at = wordAt(inner);
  let sum = 0;
  for (let i = words[at + COUNT] - 1; i >= 0; i--) sum += words[at + COUNTS + i];
  return sum;
};
