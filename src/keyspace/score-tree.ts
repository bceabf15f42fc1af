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
import {
  aim,
  aimAt,
  CHILDREN,
  COUNT,
  COUNTS,
  compareMember,
  countMembers,
  countScores,
  countUpTo,
  createInner,
  createLeaf,
  cutFromInner,
  cutFromLeaf,
  elementsBelow,
  INNER_CHILDREN_MAX,
  INNER_REFS,
  insertIntoLeaf,
  LEAF_ELEMENTS_MAX,
  LEAF_REFS,
  NEXT_LEAF,
  NODE_BYTES,
  openInner,
  PREVIOUS_LEAF,
  scoresAt,
  shiftInners,
  shiftLeaves,
  wordAt,
} from './score-tree-node.ts';

const TOP = 1;
const LEVELS = 2;
const FIRST = 3;
const LAST = 4;
const TOTAL = 5;
const LEAVES = 6;
const INNERS = 7;

/** Nodes with fewer are merged with a neighbour when both fit well into one, else filled up from it. */
const LEAF_ELEMENTS_MIN = 28;
const LEAF_MERGED_MAX = 72;
const INNER_CHILDREN_MIN = 16;
const INNER_MERGED_MAX = 42;
/** A neighbour must have this much room to be worth giving to. */
const GIVING_ROOM_MIN = 8;

/** The way down that was gone last: by level (1 = the parent of a leaf) the node, and the index of the child taken. */
const pathNode = new Int32Array(32);
const pathIndex = new Int32Array(32);
let pathLeaf = 0;

const rootWord = (arena: Arena, root: number, word: number): number => arena.words[root >>> 16][wordAt(root) + word];
const setRootWord = (arena: Arena, root: number, word: number, value: number): void => {
  arena.words[root >>> 16][wordAt(root) + word] = value;
};
const nodeCount = (arena: Arena, node: number): number => arena.words[node >>> 16][wordAt(node) + COUNT];
const childOf = (arena: Arena, inner: number, index: number): number =>
  arena.words[inner >>> 16][wordAt(inner) + CHILDREN + index];

/** Makes the tree of a new root empty; word 0 is not touched. */
export const createTree = (arena: Arena, root: number): void => {
  const at = wordAt(root);
  arena.words[root >>> 16].fill(0, at + TOP, at + INNERS + 1);
};

export const treeCount = (arena: Arena, root: number): number => rootWord(arena, root, TOTAL);

/** Bytes of all nodes. */
export const treeMemoryBytes = (arena: Arena, root: number): number =>
  (rootWord(arena, root, LEAVES) + rootWord(arena, root, INNERS)) * NODE_BYTES;

// ── the way down ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Goes down to where (score, the member aimed at) is or belongs; returns the index in `pathLeaf`. */
const descend = (arena: Arena, root: number, score: number): number => {
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
const descendToRank = (arena: Arena, root: number, rank: number): number => {
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
const descendToEnd = (arena: Arena, root: number): number => {
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
const rankOfPath = (arena: Arena, root: number, leafIndex: number): number => {
  let rank = leafIndex;
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    const node = pathNode[level];
    const words = arena.words[node >>> 16];
    const counts = wordAt(node) + COUNTS;
    for (let i = pathIndex[level] - 1; i >= 0; i--) rank += words[counts + i];
  }
  return rank;
};

const addToPath = (arena: Arena, root: number, change: number): void => {
  const at = wordAt(root);
  const words = arena.words[root >>> 16];
  words[at + TOTAL] += change;
  for (let level = words[at + LEVELS]; level > 0; level--) {
    const node = pathNode[level];
    arena.words[node >>> 16][wordAt(node) + COUNTS + pathIndex[level]] += change;
  }
};

// ── first elements and counts in the parents ──────────────────────────────────────────────────────────────────────

/** Copies the pair of a node's first element to child `index` of its parent. */
const noteFirst = (arena: Arena, parent: number, index: number, child: number, childRefs: number): void => {
  arena.doubles[parent >>> 16][scoresAt(parent) + index] = arena.doubles[child >>> 16][scoresAt(child)];
  arena.words[parent >>> 16][wordAt(parent) + INNER_REFS + index] =
    arena.words[child >>> 16][wordAt(child) + childRefs];
};

/** The first element below the child on the path at `level` has changed: tells its parent, and theirs. */
const noteFirstUpwards = (arena: Arena, root: number, from: number): void => {
  const levels = rootWord(arena, root, LEVELS);
  for (let level = from; level <= levels; level++) {
    const index = pathIndex[level];
    const child = childOf(arena, pathNode[level], index);
    noteFirst(arena, pathNode[level], index, child, level === 1 ? LEAF_REFS : INNER_REFS);
    if (index > 0) return;
  }
};

/** Tells all nodes on the left side of the tree that its first element is another. */
const noteVeryFirst = (arena: Arena, root: number, score: number, ref: number): void => {
  let node = rootWord(arena, root, TOP);
  for (let level = rootWord(arena, root, LEVELS); level > 0; level--) {
    arena.doubles[node >>> 16][scoresAt(node)] = score;
    arena.words[node >>> 16][wordAt(node) + INNER_REFS] = ref;
    node = childOf(arena, node, 0);
  }
};

const setCount = (arena: Arena, parent: number, index: number, count: number): void => {
  arena.words[parent >>> 16][wordAt(parent) + COUNTS + index] = count;
};

// ── growing ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Puts `child`, a node of the level below, at `index` of an inner node that has room. */
const placeChild = (arena: Arena, inner: number, index: number, child: number, level: number): void => {
  openInner(arena, inner, index, 1);
  arena.words[inner >>> 16][wordAt(inner) + CHILDREN + index] = child;
  noteFirst(arena, inner, index, child, level === 1 ? LEAF_REFS : INNER_REFS);
  setCount(arena, inner, index, level === 1 ? nodeCount(arena, child) : elementsBelow(arena, child));
};

/** Puts an inner node with the top and another node as its children on the top. */
const raise = (arena: Arena, root: number, node: number, inFront: boolean): void => {
  const top = createInner(arena);
  const level = rootWord(arena, root, LEVELS) + 1;
  placeChild(arena, top, 0, rootWord(arena, root, TOP), level);
  placeChild(arena, top, inFront ? 0 : 1, node, level);
  setRootWord(arena, root, TOP, top);
  setRootWord(arena, root, LEVELS, level);
  setRootWord(arena, root, INNERS, rootWord(arena, root, INNERS) + 1);
};

/** Links a new node of the level below at `index` of the node on the path at `level`, which may be full. */
const addChild = (arena: Arena, root: number, level: number, index: number, child: number): void => {
  const levels = rootWord(arena, root, LEVELS);
  if (level > levels) {
    raise(arena, root, child, index === 0);
    return;
  }
  const inner = pathNode[level];
  const count = nodeCount(arena, inner);
  if (count < INNER_CHILDREN_MAX) {
    placeChild(arena, inner, index, child, level);
    return;
  }
  const added = createInner(arena);
  setRootWord(arena, root, INNERS, rootWord(arena, root, INNERS) + 1);
  // A run at either end leaves full nodes behind; elsewhere each half keeps room.
  if (index === 0 || (index === count && isLastInLevel(arena, root, level))) {
    placeChild(arena, added, 0, child, level);
  } else {
    shiftInners(arena, inner, added, count >>> 1);
    const kept = nodeCount(arena, inner);
    if (index <= kept) placeChild(arena, inner, index, child, level);
    else placeChild(arena, added, index - kept, child, level);
  }
  const own = level < levels ? pathIndex[level + 1] : 0;
  if (level < levels) setCount(arena, pathNode[level + 1], own, elementsBelow(arena, inner));
  addChild(arena, root, level + 1, index === 0 ? own : own + 1, added);
};

/** Whether no inner node stands to the right of the one on the path at `level`. */
const isLastInLevel = (arena: Arena, root: number, level: number): boolean => {
  for (let above = rootWord(arena, root, LEVELS); above > level; above--) {
    if (pathIndex[above] !== nodeCount(arena, pathNode[above]) - 1) return false;
  }
  return true;
};

/** Links a new leaf behind another one, or at the very front when that is 0. */
const linkLeaf = (arena: Arena, root: number, leaf: number, previous: number): void => {
  const next =
    previous === 0 ? rootWord(arena, root, FIRST) : arena.words[previous >>> 16][wordAt(previous) + NEXT_LEAF];
  arena.words[leaf >>> 16][wordAt(leaf) + NEXT_LEAF] = next;
  arena.words[leaf >>> 16][wordAt(leaf) + PREVIOUS_LEAF] = previous;
  if (previous === 0) setRootWord(arena, root, FIRST, leaf);
  else arena.words[previous >>> 16][wordAt(previous) + NEXT_LEAF] = leaf;
  if (next === 0) setRootWord(arena, root, LAST, leaf);
  else arena.words[next >>> 16][wordAt(next) + PREVIOUS_LEAF] = leaf;
  setRootWord(arena, root, LEAVES, rootWord(arena, root, LEAVES) + 1);
};

/** Moves elements over the border behind child `index` of a parent of leaves. */
const shiftChildren = (arena: Arena, parent: number, index: number, count: number): void => {
  const left = childOf(arena, parent, index);
  const right = childOf(arena, parent, index + 1);
  shiftLeaves(arena, left, right, count);
  setCount(arena, parent, index, nodeCount(arena, left));
  setCount(arena, parent, index + 1, nodeCount(arena, right));
  noteFirst(arena, parent, index + 1, right, LEAF_REFS);
};

/** Puts an element at `index` of the full leaf on the path by giving some of its elements to a neighbour; false if none has room. */
const giveAndInsert = (arena: Arena, leaf: number, index: number, score: number, ref: number): boolean => {
  const parent = pathNode[1];
  const own = pathIndex[1];
  if (own + 1 < nodeCount(arena, parent)) {
    const right = childOf(arena, parent, own + 1);
    const room = LEAF_ELEMENTS_MAX - nodeCount(arena, right);
    if (room >= GIVING_ROOM_MIN) {
      shiftChildren(arena, parent, own, room >>> 1);
      const kept = nodeCount(arena, leaf);
      const toLeft = index <= kept;
      insertIntoLeaf(arena, toLeft ? leaf : right, toLeft ? index : index - kept, score, ref);
      setCount(arena, parent, toLeft ? own : own + 1, nodeCount(arena, toLeft ? leaf : right));
      return true;
    }
  }
  if (own > 0) {
    const left = childOf(arena, parent, own - 1);
    const before = nodeCount(arena, left);
    const room = LEAF_ELEMENTS_MAX - before;
    if (room >= GIVING_ROOM_MIN) {
      const moved = room >>> 1;
      shiftChildren(arena, parent, own - 1, -moved);
      const toLeft = index <= moved;
      insertIntoLeaf(arena, toLeft ? left : leaf, toLeft ? before + index : index - moved, score, ref);
      setCount(arena, parent, toLeft ? own - 1 : own, nodeCount(arena, toLeft ? left : leaf));
      return true;
    }
  }
  return false;
};

/** Puts an element at `index` of the leaf on the path. */
const insertAtPath = (arena: Arena, root: number, index: number, score: number, ref: number): void => {
  const leaf = pathLeaf;
  const levels = rootWord(arena, root, LEVELS);
  addToPath(arena, root, 1);
  if (nodeCount(arena, leaf) < LEAF_ELEMENTS_MAX) {
    insertIntoLeaf(arena, leaf, index, score, ref);
    if (index === 0) noteVeryFirst(arena, root, score, ref);
    return;
  }
  const words = arena.words[leaf >>> 16];
  const at = wordAt(leaf);
  const isAppended = index === LEAF_ELEMENTS_MAX && words[at + NEXT_LEAF] === 0;
  const isPrepended = index === 0 && words[at + PREVIOUS_LEAF] === 0;
  if (!isAppended && !isPrepended && levels > 0 && giveAndInsert(arena, leaf, index, score, ref)) return;

  const added = createLeaf(arena);
  linkLeaf(arena, root, added, isPrepended ? 0 : leaf);
  if (isAppended || isPrepended) {
    insertIntoLeaf(arena, added, 0, score, ref);
  } else {
    shiftLeaves(arena, leaf, added, LEAF_ELEMENTS_MAX >>> 1);
    const kept = nodeCount(arena, leaf);
    if (index <= kept) insertIntoLeaf(arena, leaf, index, score, ref);
    else insertIntoLeaf(arena, added, index - kept, score, ref);
  }
  if (levels > 0) setCount(arena, pathNode[1], pathIndex[1], nodeCount(arena, leaf));
  addChild(arena, root, 1, isPrepended ? 0 : (levels > 0 ? pathIndex[1] : 0) + 1, added);
  if (index === 0) noteVeryFirst(arena, root, score, ref);
};

/** Makes the first leaf when there is none. */
const ensureTop = (arena: Arena, root: number): void => {
  if (rootWord(arena, root, TOP) !== 0) return;
  const leaf = createLeaf(arena);
  linkLeaf(arena, root, leaf, 0);
  setRootWord(arena, root, TOP, leaf);
};

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

// ── shrinking ─────────────────────────────────────────────────────────────────────────────────────────────────────

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
const removeAtPath = (arena: Arena, root: number, index: number): void => {
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

/** Goes down to an element that must be there. */
const descendTo = (arena: Arena, root: number, score: number, ref: number): number => {
  aimAt(arena, ref);
  const index = rootWord(arena, root, TOP) === 0 ? -1 : descend(arena, root, score);
  if (index < 0 || index >= nodeCount(arena, pathLeaf) || leafRef(arena, pathLeaf, index) !== ref) {
    throw new Error('score tree: the element is not there');
  }
  return index;
};

const leafRef = (arena: Arena, leaf: number, index: number): number =>
  arena.words[leaf >>> 16][wordAt(leaf) + LEAF_REFS + index];

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
