/**
 * The score tree: the elements of a large sorted set in order, by score and then by member, with their ranks.
 *
 * In:     the ref of the value's root, scores and refs of scored elements. Out: ranks, and refs by rank.
 * Memory: nodes of 1024 bytes in the arena; the tree does not own the elements, which must stay where they are.
 *
 * It is a B+ tree that counts: an inner node knows how many elements lie below each child, so the way down gives a rank,
 * and the way down by counts gives an element. 84 elements are in a leaf, 50 children in an inner node, so three inner
 * levels carry ten million elements. A full leaf gives to a neighbour before it splits (leaves are about 5/6 full at
 * random insertion: 15 bytes per element), and runs at either end leave full leaves behind. The leaves at both ends may
 * run empty before they go, which makes popping cheap; all others are merged or filled up from a neighbour.
 *
 * All state is in words 1 to 7 of the root: 1 top node (0 = empty), 2 inner levels, 3 first leaf, 4 last leaf,
 * 5 elements, 6 leaves, 7 inner nodes.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import type { Keyspace } from './keyspace.ts';
import { ensureTop, insertAtPath } from './score-tree-grow.ts';
import {
  aim,
  aimAt,
  CHILDREN,
  COUNT,
  COUNTS,
  compareMember,
  countMembers,
  countScores,
  INNER_REFS,
  LEAF_REFS,
  NEXT_LEAF,
  NODE_BYTES,
  PREVIOUS_LEAF,
  scoresAt,
  wordAt,
} from './score-tree-node.ts';
import {
  childOf,
  descend,
  descendTo,
  descendToEnd,
  descendToRank,
  FIRST,
  INNERS,
  LAST,
  LEAVES,
  LEVELS,
  leafRef,
  nodeCount,
  pathLeaf,
  rankOfPath,
  rootWord,
  setRootWord,
  TOP,
  TOTAL,
} from './score-tree-path.ts';
import { removeAtPath } from './score-tree-shrink.ts';

/** Makes the tree of a new root empty; word 0 is not touched. */
export const createTree = (arena: Arena, root: number): void => {
  const at = wordAt(root);
  arena.words[root >>> 16].fill(0, at + TOP, at + INNERS + 1);
};

export const treeCount = (arena: Arena, root: number): number => rootWord(arena, root, TOTAL);

/** Bytes of all nodes. */
export const treeMemoryBytes = (arena: Arena, root: number): number =>
  (rootWord(arena, root, LEAVES) + rootWord(arena, root, INNERS)) * NODE_BYTES;

// ── changing ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds an element that is not in the tree. */
export const treeInsert = (arena: Arena, root: number, score: number, ref: number): void => {
  ensureTop(arena, root);
  aimAt(arena, ref);
  insertAtPath(arena, root, descend(arena, root, score), score, ref);
};

/** Adds an element that comes behind all others; no member is compared. */
export const treeAppend = (arena: Arena, root: number, score: number, ref: number): void => {
  ensureTop(arena, root);
  insertAtPath(arena, root, descendToEnd(arena, root), score, ref);
};

/** Removes an element, given the score it is under; the element itself is still there. */
export const treeRemove = (arena: Arena, root: number, score: number, ref: number): void =>
  removeAtPath(arena, root, descendTo(arena, root, score, ref));

/** Removes the element of a rank below the count and returns it; it is the caller's now. */
export const treeRemoveAt = (arena: Arena, root: number, rank: number): number => {
  const index = descendToRank(arena, root, rank);
  const ref = leafRef(arena, pathLeaf, index);
  removeAtPath(arena, root, index);
  return ref;
};

/** Puts an element under another score; one that keeps its neighbours is changed in place. */
export const treeMove = (arena: Arena, root: number, oldScore: number, ref: number, score: number): void => {
  const index = descendTo(arena, root, oldScore, ref);
  const leaf = pathLeaf;
  const count = nodeCount(arena, leaf);
  if (index > 0 && index < count - 1) {
    const doubles = arena.doubles[leaf >>> 16];
    const at = scoresAt(leaf) + index;
    const staysBehind =
      doubles[at - 1] < score ||
      (doubles[at - 1] === score && compareMember(arena, leafRef(arena, leaf, index - 1)) < 0);
    const staysBefore =
      score < doubles[at + 1] ||
      (doubles[at + 1] === score && compareMember(arena, leafRef(arena, leaf, index + 1)) > 0);
    if (staysBehind && staysBefore) {
      doubles[at] = score;
      return;
    }
  }
  removeAtPath(arena, root, index);
  treeInsert(arena, root, score, ref);
};

/** Frees up to `limit` nodes of a tree that nobody reads any more; true when none is left. */
export const reclaimTree = (arena: Arena, root: number, limit: number): boolean => {
  for (let freed = 0; freed < limit; freed++) {
    let node = rootWord(arena, root, TOP);
    if (node === 0) return true;
    let parent = 0;
    for (let level = rootWord(arena, root, LEVELS); level > 0 && nodeCount(arena, node) > 0; level--) {
      parent = node;
      node = childOf(arena, node, nodeCount(arena, node) - 1);
    }
    if (parent === 0) setRootWord(arena, root, TOP, 0);
    else arena.words[parent >>> 16][wordAt(parent) + COUNT]--;
    arena.free(node);
  }
  return rootWord(arena, root, TOP) === 0;
};

/** Builds a tree over copies of all elements, in the root `copy`, whose word 0 is the caller's. */
export const copyTree = (
  { arena }: Keyspace,
  root: number,
  copy: number,
  copyElement: (ref: number) => number,
): void => {
  createTree(arena, copy);
  let leaf = rootWord(arena, root, FIRST);
  while (leaf !== 0) {
    const count = nodeCount(arena, leaf);
    for (let i = 0; i < count; i++) {
      const score = arena.doubles[leaf >>> 16][scoresAt(leaf) + i];
      treeAppend(arena, copy, score, copyElement(leafRef(arena, leaf, i)));
    }
    leaf = arena.words[leaf >>> 16][wordAt(leaf) + NEXT_LEAF];
  }
};

// ── ranks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Rank of an element that is there, 0 for the first. */
export const treeRank = (arena: Arena, root: number, score: number, ref: number): number =>
  rankOfPath(arena, root, descendTo(arena, root, score, ref));

/** The element of a rank below the count. */
export const treeAt = (arena: Arena, root: number, rank: number): number => {
  const index = descendToRank(arena, root, rank);
  return leafRef(arena, pathLeaf, index);
};

/** Elements before (score, member), whether that is there or not. */
export const treeRankOf = (
  arena: Arena,
  root: number,
  score: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  if (rootWord(arena, root, TOP) === 0) return 0;
  aim(bytes, at, length);
  return rankOfPath(arena, root, descend(arena, root, score));
};

/** Elements with a score below `score`, or equal to it when so asked. */
export const treeCountScores = (arena: Arena, root: number, score: number, orEqual: boolean): number => {
  let node = rootWord(arena, root, TOP);
  if (node === 0) return 0;
  let rank = 0;
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const words = arena.words[node >>> 16];
    const at = wordAt(node);
    const index = countScores(arena, node, words[at + COUNT], score, orEqual) - 1;
    if (index < 0) return rank;
    for (let i = 0; i < index; i++) rank += words[at + COUNTS + i];
    node = words[at + CHILDREN + index];
  }
  return rank + countScores(arena, node, nodeCount(arena, node), score, orEqual);
};

/** Elements with a member before these bytes, or equal to them when so asked; for a tree whose scores are all equal. */
export const treeCountMembers = (
  arena: Arena,
  root: number,
  bytes: Uint8Array,
  from: number,
  length: number,
  orEqual: boolean,
): number => {
  let node = rootWord(arena, root, TOP);
  if (node === 0) return 0;
  aim(bytes, from, length);
  let rank = 0;
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const words = arena.words[node >>> 16];
    const at = wordAt(node);
    const index = countMembers(arena, node, INNER_REFS, words[at + COUNT], orEqual) - 1;
    if (index < 0) return rank;
    for (let i = 0; i < index; i++) rank += words[at + COUNTS + i];
    node = words[at + CHILDREN + index];
  }
  return rank + countMembers(arena, node, LEAF_REFS, nodeCount(arena, node), orEqual);
};

/** A place between two elements of a tree, for reading on from there in either direction while nothing changes. */
export class TreeCursor {
  leaf = 0;
  index = 0;
  /** Score of the element read last. */
  score = 0;
  private arena: Arena | undefined;

  /** Stands before the element of this rank, or behind the last one when there is none. */
  seek(arena: Arena, root: number, rank: number): this {
    this.arena = arena;
    const count = treeCount(arena, root);
    if (rank < count) {
      this.index = descendToRank(arena, root, rank);
      this.leaf = pathLeaf;
    } else {
      this.leaf = rootWord(arena, root, LAST);
      this.index = this.leaf === 0 ? 0 : nodeCount(arena, this.leaf);
    }
    return this;
  }

  /** Goes over the next element and returns it, 0 at the end. */
  next(): number {
    const { arena } = this;
    if (arena === undefined || this.leaf === 0) return 0;
    let words = arena.words[this.leaf >>> 16];
    let at = wordAt(this.leaf);
    if (this.index === words[at + COUNT]) {
      const next = words[at + NEXT_LEAF];
      if (next === 0) return 0;
      this.leaf = next;
      this.index = 0;
      words = arena.words[next >>> 16];
      at = wordAt(next);
    }
    const index = this.index++;
    this.score = arena.doubles[this.leaf >>> 16][scoresAt(this.leaf) + index];
    return words[at + LEAF_REFS + index];
  }

  /** Goes back over the element before and returns it, 0 at the start. */
  previous(): number {
    const { arena } = this;
    if (arena === undefined || this.leaf === 0) return 0;
    let words = arena.words[this.leaf >>> 16];
    let at = wordAt(this.leaf);
    if (this.index === 0) {
      const previous = words[at + PREVIOUS_LEAF];
      if (previous === 0) return 0;
      this.leaf = previous;
      words = arena.words[previous >>> 16];
      at = wordAt(previous);
      this.index = words[at + COUNT];
    }
    const index = --this.index;
    this.score = arena.doubles[this.leaf >>> 16][scoresAt(this.leaf) + index];
    return words[at + LEAF_REFS + index];
  }
}
