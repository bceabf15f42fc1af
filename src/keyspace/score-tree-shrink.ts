/**
 * Shrinking the score tree: taking out the element where the way down led, merging and filling up nodes.
 *
 * In:     the path and an index in its leaf. Out: the tree changed; the path is used up.
 * Memory: emptied nodes go back to the arena.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import {
  COUNT,
  cutFromInner,
  cutFromLeaf,
  elementsBelow,
  INNER_REFS,
  NEXT_LEAF,
  PREVIOUS_LEAF,
  shiftInners,
  shiftLeaves,
  wordAt,
} from './score-tree-node.ts';
import {
  addToPath,
  childOf,
  FIRST,
  INNERS,
  LAST,
  LEAVES,
  LEVELS,
  nodeCount,
  noteFirst,
  noteFirstUpwards,
  pathIndex,
  pathLeaf,
  pathNode,
  rootWord,
  setCount,
  setRootWord,
  shiftChildren,
  TOP,
} from './score-tree-path.ts';

/** Nodes with fewer are merged with a neighbour when both fit well into one, else filled up from it. */
const LEAF_ELEMENTS_MIN = 28;
const LEAF_MERGED_MAX = 72;
const INNER_CHILDREN_MIN = 16;
const INNER_MERGED_MAX = 42;
const dropLeaf = (arena: Arena, root: number, leaf: number): void => {
  const next = arena.words[leaf >>> 16][wordAt(leaf) + NEXT_LEAF];
  const previous = arena.words[leaf >>> 16][wordAt(leaf) + PREVIOUS_LEAF];
  if (previous === 0) setRootWord(arena, root, FIRST, next);
  else arena.words[previous >>> 16][wordAt(previous) + NEXT_LEAF] = next;
  if (next === 0) setRootWord(arena, root, LAST, previous);
  else arena.words[next >>> 16][wordAt(next) + PREVIOUS_LEAF] = previous;
  setRootWord(arena, root, LEAVES, rootWord(arena, root, LEAVES) - 1);
  arena.free(leaf);
};

const dropInner = (arena: Arena, root: number, inner: number): void => {
  setRootWord(arena, root, INNERS, rootWord(arena, root, INNERS) - 1);
  arena.free(inner);
};

/** Takes child `index`, which is empty and freed, out of the node on the path at `level`, and mends what that breaks. */
const removeChild = (arena: Arena, root: number, level: number, index: number): void => {
  const levels = rootWord(arena, root, LEVELS);
  if (level > levels) {
    setRootWord(arena, root, TOP, 0);
    return;
  }
  const inner = pathNode[level];
  cutFromInner(arena, inner, index, 1);
  const count = nodeCount(arena, inner);
  if (count === 0) {
    dropInner(arena, root, inner);
    if (level === levels) setRootWord(arena, root, LEVELS, 0);
    removeChild(arena, root, level === levels ? 1 : level + 1, level === levels ? 0 : pathIndex[level + 1]);
    return;
  }
  if (level === levels) {
    lowerTop(arena, root);
    return;
  }
  if (index === 0) noteFirstUpwards(arena, root, level + 1);
  if (count < INNER_CHILDREN_MIN) mendInner(arena, root, level);
};

/** Takes tops with a single child away. */
const lowerTop = (arena: Arena, root: number): void => {
  let top = rootWord(arena, root, TOP);
  let levels = rootWord(arena, root, LEVELS);
  while (levels > 0 && nodeCount(arena, top) === 1) {
    const child = childOf(arena, top, 0);
    dropInner(arena, root, top);
    top = child;
    levels--;
  }
  setRootWord(arena, root, TOP, top);
  setRootWord(arena, root, LEVELS, levels);
};

/** Merges the inner node on the path at `level` with a neighbour, or fills it up from it. */
const mendInner = (arena: Arena, root: number, level: number): void => {
  const parent = pathNode[level + 1];
  const own = pathIndex[level + 1];
  const siblings = nodeCount(arena, parent);
  if (siblings === 1) return;
  const index = own + 1 < siblings ? own : own - 1;
  const left = childOf(arena, parent, index);
  const right = childOf(arena, parent, index + 1);
  const leftCount = nodeCount(arena, left);
  const rightCount = nodeCount(arena, right);
  if (leftCount + rightCount <= INNER_MERGED_MAX) {
    shiftInners(arena, left, right, -rightCount);
    setCount(arena, parent, index, elementsBelow(arena, left));
    dropInner(arena, root, right);
    removeChild(arena, root, level + 1, index + 1);
    return;
  }
  shiftInners(arena, left, right, leftCount - ((leftCount + rightCount) >>> 1));
  setCount(arena, parent, index, elementsBelow(arena, left));
  setCount(arena, parent, index + 1, elementsBelow(arena, right));
  noteFirst(arena, parent, index + 1, right, INNER_REFS);
};

/** Merges the leaf on the path with a neighbour, or fills it up from it. */
const mendLeaf = (arena: Arena, root: number): void => {
  const parent = pathNode[1];
  const siblings = nodeCount(arena, parent);
  if (siblings === 1) return;
  const index = pathIndex[1] + 1 < siblings ? pathIndex[1] : pathIndex[1] - 1;
  const left = childOf(arena, parent, index);
  const right = childOf(arena, parent, index + 1);
  const leftCount = nodeCount(arena, left);
  const rightCount = nodeCount(arena, right);
  if (leftCount + rightCount <= LEAF_MERGED_MAX) {
    shiftLeaves(arena, left, right, -rightCount);
    setCount(arena, parent, index, leftCount + rightCount);
    dropLeaf(arena, root, right);
    removeChild(arena, root, 1, index + 1);
    return;
  }
  shiftChildren(arena, parent, index, leftCount - ((leftCount + rightCount) >>> 1));
};

/** Takes the element at `index` of the leaf on the path out. */
export const removeAtPath = (arena: Arena, root: number, index: number): void => {
  const leaf = pathLeaf;
  const levels = rootWord(arena, root, LEVELS);
  addToPath(arena, root, -1);
  cutFromLeaf(arena, leaf, index, 1);
  const words = arena.words[leaf >>> 16];
  const at = wordAt(leaf);
  const count = words[at + COUNT];
  if (count === 0) {
    dropLeaf(arena, root, leaf);
    removeChild(arena, root, 1, levels > 0 ? pathIndex[1] : 0);
    return;
  }
  if (index === 0) noteFirstUpwards(arena, root, 1);
  const isAtEnd = words[at + NEXT_LEAF] === 0 || words[at + PREVIOUS_LEAF] === 0;
  if (count < LEAF_ELEMENTS_MIN && !isAtEnd) mendLeaf(arena, root);
};
