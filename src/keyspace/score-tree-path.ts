/**
 * The way down a score tree, as growing and shrinking it use it, and what parents know of their children.
 *
 * In:     a root with a score and the member aimed at, a rank, or an element. Out: an index in `pathLeaf`, and the path.
 * Memory: one path for the process, good until the next way down.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import {
  aimAt,
  CHILDREN,
  COUNT,
  COUNTS,
  countUpTo,
  INNER_REFS,
  LEAF_REFS,
  scoresAt,
  shiftLeaves,
  wordAt,
} from './score-tree-node.ts';

export const TOP = 1;
export const LEVELS = 2;
export const FIRST = 3;
export const LAST = 4;
export const TOTAL = 5;
export const LEAVES = 6;
export const INNERS = 7;

/** The way down that was gone last: by level (1 = the parent of a leaf) the node, and the index of the child taken. */
export const pathNode = new Int32Array(32);
export const pathIndex = new Int32Array(32);
export let pathLeaf = 0;

export const rootWord = (arena: Arena, root: number, word: number): number =>
  arena.words[root >>> 16][wordAt(root) + word];
export const setRootWord = (arena: Arena, root: number, word: number, value: number): void => {
  arena.words[root >>> 16][wordAt(root) + word] = value;
};
export const nodeCount = (arena: Arena, node: number): number => arena.words[node >>> 16][wordAt(node) + COUNT];
export const childOf = (arena: Arena, inner: number, index: number): number =>
  arena.words[inner >>> 16][wordAt(inner) + CHILDREN + index];

/** Goes down to where (score, the member aimed at) is or belongs; returns the index in `pathLeaf`. */
export const descend = (arena: Arena, root: number, score: number): number => {
  const pages = arena.words;
  let node = rootWord(arena, root, TOP);
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const words = pages[node >>> 16];
    const at = wordAt(node);
    let index = countUpTo(arena, node, INNER_REFS, words[at + COUNT], score, true) - 1;
    if (index < 0) index = 0;
    pathNode[level] = node;
    pathIndex[level] = index;
    node = words[at + CHILDREN + index];
  }
  pathLeaf = node;
  return countUpTo(arena, node, LEAF_REFS, nodeCount(arena, node), score, false);
};

/** Goes down to the element of a rank below the count; returns the index in `pathLeaf`. */
export const descendToRank = (arena: Arena, root: number, rank: number): number => {
  const pages = arena.words;
  let node = rootWord(arena, root, TOP);
  let left = rank;
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const words = pages[node >>> 16];
    const at = wordAt(node);
    let index = 0;
    while (left >= words[at + COUNTS + index]) left -= words[at + COUNTS + index++];
    pathNode[level] = node;
    pathIndex[level] = index;
    node = words[at + CHILDREN + index];
  }
  pathLeaf = node;
  return left;
};

/** Goes down along the last children; returns the index behind the last element. */
export const descendToEnd = (arena: Arena, root: number): number => {
  let node = rootWord(arena, root, TOP);
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const index = nodeCount(arena, node) - 1;
    pathNode[level] = node;
    pathIndex[level] = index;
    node = childOf(arena, node, index);
  }
  pathLeaf = node;
  return nodeCount(arena, node);
};

/** Elements in front of the place that the last way down led to. */
export const rankOfPath = (arena: Arena, root: number, leafIndex: number): number => {
  let rank = leafIndex;
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const node = pathNode[level];
    const words = arena.words[node >>> 16];
    const counts = wordAt(node) + COUNTS;
    for (let i = pathIndex[level] - 1; i >= 0; i--) rank += words[counts + i];
  }
  return rank;
};

export const addToPath = (arena: Arena, root: number, change: number): void => {
  const at = wordAt(root);
  const words = arena.words[root >>> 16];
  words[at + TOTAL] += change;
  for (let level = words[at + LEVELS]; level > 0; level--) {
    const node = pathNode[level];
    arena.words[node >>> 16][wordAt(node) + COUNTS + pathIndex[level]] += change;
  }
};

/** Goes down to an element that must be there. */
export const descendTo = (arena: Arena, root: number, score: number, ref: number): number => {
  aimAt(arena, ref);
  const index = rootWord(arena, root, TOP) === 0 ? -1 : descend(arena, root, score);
  if (index < 0 || index >= nodeCount(arena, pathLeaf) || leafRef(arena, pathLeaf, index) !== ref) {
    throw new Error('score tree: the element is not there');
  }
  return index;
};

export const leafRef = (arena: Arena, leaf: number, index: number): number =>
  arena.words[leaf >>> 16][wordAt(leaf) + LEAF_REFS + index];

/** Copies the pair of a node's first element to child `index` of its parent. */
export const noteFirst = (arena: Arena, parent: number, index: number, child: number, childRefs: number): void => {
  arena.doubles[parent >>> 16][scoresAt(parent) + index] = arena.doubles[child >>> 16][scoresAt(child)];
  arena.words[parent >>> 16][wordAt(parent) + INNER_REFS + index] =
    arena.words[child >>> 16][wordAt(child) + childRefs];
};

/** The first element below the child on the path at `level` has changed: tells its parent, and theirs. */
export const noteFirstUpwards = (arena: Arena, root: number, from: number): void => {
  const levels = rootWord(arena, root, LEVELS);
  for (let level = from; level <= levels; level++) {
    const index = pathIndex[level];
    const child = childOf(arena, pathNode[level], index);
    noteFirst(arena, pathNode[level], index, child, level === 1 ? LEAF_REFS : INNER_REFS);
    if (index > 0) return;
  }
};

/** Tells all nodes on the left side of the tree that its first element is another. */
export const noteVeryFirst = (arena: Arena, root: number, score: number, ref: number): void => {
  let node = rootWord(arena, root, TOP);
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    arena.doubles[node >>> 16][scoresAt(node)] = score;
    arena.words[node >>> 16][wordAt(node) + INNER_REFS] = ref;
    node = childOf(arena, node, 0);
  }
};

export const setCount = (arena: Arena, parent: number, index: number, count: number): void => {
  arena.words[parent >>> 16][wordAt(parent) + COUNTS + index] = count;
};

/** Moves elements over the border behind child `index` of a parent of leaves. */
export const shiftChildren = (arena: Arena, parent: number, index: number, count: number): void => {
  const left = childOf(arena, parent, index);
  const right = childOf(arena, parent, index + 1);
  shiftLeaves(arena, left, right, count);
  setCount(arena, parent, index, nodeCount(arena, left));
  setCount(arena, parent, index + 1, nodeCount(arena, right));
  noteFirst(arena, parent, index + 1, right, LEAF_REFS);
};
