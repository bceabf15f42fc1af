/**
 * Growing the score tree: putting an element where the way down led, giving to neighbours, splitting.
 *
 * In:     the path, an index in its leaf, an element. Out: the tree changed; the path is used up.
 * Memory: new nodes in the arena, the tree's.
 *
 * @since 0.2.0
 */
import type { Arena } from './arena.ts';
import {
  CHILDREN,
  createInner,
  createLeaf,
  elementsBelow,
  INNER_CHILDREN_MAX,
  INNER_REFS,
  insertIntoLeaf,
  LEAF_ELEMENTS_MAX,
  LEAF_REFS,
  NEXT_LEAF,
  openInner,
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
  noteVeryFirst,
  pathIndex,
  pathLeaf,
  pathNode,
  rootWord,
  setCount,
  setRootWord,
  shiftChildren,
  TOP,
} from './score-tree-path.ts';

/** A neighbour must have this much room to be worth giving to. */
const GIVING_ROOM_MIN = 8;

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
export const insertAtPath = (arena: Arena, root: number, index: number, score: number, ref: number): void => {
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
export const ensureTop = (arena: Arena, root: number): void => {
  if (rootWord(arena, root, TOP) !== 0) return;
  const leaf = createLeaf(arena);
  linkLeaf(arena, root, leaf, 0);
  setRootWord(arena, root, TOP, leaf);
};
