/**
 * The score tree behaves as a sorted array, keeps its shape, and gives its memory back.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import {
  copyTree,
  createTree,
  reclaimTree,
  TreeCursor,
  treeAppend,
  treeAt,
  treeCount,
  treeCountMembers,
  treeCountScores,
  treeInsert,
  treeMemoryBytes,
  treeMove,
  treeRank,
  treeRankOf,
  treeRemove,
  treeRemoveAt,
} from '../../src/keyspace/score-tree.ts';
import {
  CHILDREN,
  COUNT,
  COUNTS,
  INNER_CHILDREN_MAX,
  INNER_REFS,
  LEAF_ELEMENTS_MAX,
  LEAF_REFS,
  NEXT_LEAF,
  PREVIOUS_LEAF,
  scoresAt,
  wordAt,
} from '../../src/keyspace/score-tree-node.ts';
import { seededRandom } from '../support/seeded-random.ts';

interface Item {
  readonly member: string;
  readonly score: number;
  readonly ref: number;
}

const order = (a: Item, b: Item): number =>
  a.score < b.score ? -1 : a.score > b.score ? 1 : Buffer.compare(Buffer.from(a.member), Buffer.from(b.member));

class Tree {
  readonly keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [1, 2] });
  readonly arena = this.keyspace.arena;
  readonly dict = this.keyspace.dict.create();
  readonly root = this.arena.allocate(32);

  constructor() {
    createTree(this.arena, this.root);
  }

  element(member: string, score: number): Item {
    const bytes = Buffer.from(member);
    const hash = this.keyspace.dict.hash(bytes, 0, bytes.length);
    return { member, score, ref: this.keyspace.elements.createScored(this.dict, hash, bytes, 0, bytes.length, score) };
  }

  insert(item: Item): void {
    treeInsert(this.arena, this.root, item.score, item.ref);
  }

  refs(): number[] {
    const cursor = new TreeCursor().seek(this.arena, this.root, 0);
    const refs: number[] = [];
    for (let ref = cursor.next(); ref !== 0; ref = cursor.next()) refs.push(ref);
    return refs;
  }

  /** Checks every rule of the shape; returns how full the leaves are on average. */
  check(): number {
    const { arena, root } = this;
    const word = (ref: number, index: number): number => arena.words[ref >>> 16][wordAt(ref) + index];
    const leaves: number[] = [];
    let inners = 0;
    const visit = (node: number, level: number): { count: number; score: number; ref: number } => {
      const count = word(node, COUNT);
      const score = arena.doubles[node >>> 16][scoresAt(node)];
      if (level === 0) {
        leaves.push(node);
        assert.ok(count >= 1 && count <= LEAF_ELEMENTS_MAX, `a leaf of ${count}`);
        return { count, score, ref: word(node, LEAF_REFS) };
      }
      inners++;
      assert.ok(count >= 1 && count <= INNER_CHILDREN_MAX, `an inner node of ${count}`);
      let total = 0;
      for (let i = 0; i < count; i++) {
        const below = visit(word(node, CHILDREN + i), level - 1);
        assert.equal(word(node, COUNTS + i), below.count, 'the count below a child');
        assert.equal(arena.doubles[node >>> 16][scoresAt(node) + i], below.score, 'the first score of a child');
        assert.equal(word(node, INNER_REFS + i), below.ref, 'the first element of a child');
        total += below.count;
      }
      return { count: total, score, ref: word(node, INNER_REFS) };
    };
    const top = word(root, 1);
    const levels = word(root, 2);
    const total = top === 0 ? 0 : visit(top, levels).count;
    assert.equal(treeCount(arena, root), total);
    if (levels > 0) assert.ok(word(top, COUNT) > 1, 'a top of one child');
    assert.equal(word(root, 3), leaves[0] ?? 0, 'first leaf');
    assert.equal(word(root, 4), leaves.at(-1) ?? 0, 'last leaf');
    assert.equal(treeMemoryBytes(arena, root), (leaves.length + inners) * 1024);
    for (const [i, leaf] of leaves.entries()) {
      assert.equal(word(leaf, PREVIOUS_LEAF), leaves[i - 1] ?? 0);
      assert.equal(word(leaf, NEXT_LEAF), leaves[i + 1] ?? 0);
    }
    return leaves.length === 0 ? 1 : total / leaves.length / LEAF_ELEMENTS_MAX;
  }
}

const scores = fc.oneof(
  fc.constantFrom(0, -0, 1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.integer({ min: -20, max: 20 }),
  fc.double({ noNaN: true }),
);
/** Runs, so that nodes fill and empty: `step` 0 is many equal scores, 1 and -1 are ascending and descending. */
const insertion = fc.record({
  kind: fc.constant('insert' as const),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 700 })),
  from: scores,
  step: fc.constantFrom(0, 1, -1, 0.37),
  scatter: fc.boolean(),
});
const removal = fc.record({
  kind: fc.constantFrom('front' as const, 'back' as const, 'random' as const, 'middle' as const),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 900 })),
});
const moving = fc.record({ kind: fc.constant('move' as const), count: fc.integer({ min: 1, max: 200 }), to: scores });

test('it behaves as a sorted array whatever is inserted, moved and removed', (t) => {
  const changes = fc.array(fc.oneof(insertion, insertion, removal, moving), { maxLength: 14, size: 'max' });
  fc.assert(
    fc.property(changes, fc.integer(), (list, seed) => {
      const random = seededRandom(seed);
      const pick = (n: number): number => Math.floor(random() * n);
      const tree = new Tree();
      const { arena, root, keyspace } = tree;
      const model: Item[] = [];
      let number = 0;
      for (const change of list) {
        if (change.kind === 'insert') {
          for (let i = 0; i < change.count; i++) {
            const offset = (change.scatter ? pick(1000) : i) * change.step;
            const item = tree.element(`${change.scatter ? pick(10) : ''}m${number++}`, change.from + offset);
            tree.insert(item);
            model.push(item);
          }
          model.sort(order);
        } else if (change.kind === 'move') {
          for (let i = 0; i < change.count && model.length > 0; i++) {
            const at = pick(model.length);
            const old = model[at];
            // Near or far.
            const score = pick(2) === 0 ? change.to : old.score + (random() - 0.5) * 3;
            treeMove(arena, root, old.score, old.ref, score);
            model[at] = { ...old, score };
          }
          model.sort(order);
        } else {
          const start = change.kind === 'middle' ? pick(model.length + 1) : 0;
          for (let i = 0; i < change.count && model.length > 0; i++) {
            const at: number = {
              front: 0,
              back: model.length - 1,
              random: pick(model.length),
              middle: Math.min(start, model.length - 1),
            }[change.kind];
            const [item]: Item[] = model.splice(at, 1);
            if (i % 2 === 0) treeRemove(arena, root, item.score, item.ref);
            else assert.equal(treeRemoveAt(arena, root, at), item.ref);
            keyspace.elements.remove(root, tree.dict, item.ref);
          }
        }
        tree.check();
        assert.deepEqual(
          tree.refs(),
          model.map(({ ref }) => ref),
        );
      }
      for (let i = 0; i < 20 && model.length > 0; i++) {
        const rank = pick(model.length);
        const item = model[rank];
        const bytes = Buffer.from(item.member);
        assert.equal(treeAt(arena, root, rank), item.ref);
        assert.equal(treeRank(arena, root, item.score, item.ref), rank);
        assert.equal(treeRankOf(arena, root, item.score, bytes, 0, bytes.length), rank);
        for (const bound of [item.score, item.score - 0.5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
          assert.equal(treeCountScores(arena, root, bound, false), model.filter(({ score }) => score < bound).length);
          assert.equal(treeCountScores(arena, root, bound, true), model.filter(({ score }) => score <= bound).length);
        }
        const cursor = new TreeCursor().seek(arena, root, rank);
        assert.equal(cursor.previous(), model[rank - 1]?.ref ?? 0);
        if (rank > 0) assert.equal(cursor.next(), model[rank - 1].ref);
        assert.equal(cursor.next(), item.ref);
        assert.equal(cursor.score, item.score);
        assert.equal(cursor.next(), model[rank + 1]?.ref ?? 0);
      }
      const backwards = new TreeCursor().seek(arena, root, model.length);
      for (let i = model.length - 1; i >= 0; i--) assert.equal(backwards.previous(), model[i].ref);
      assert.equal(backwards.previous(), 0);
    }),
  );
  t.pass();
});

test('where all scores are equal, members alone give bounds', (t) => {
  const members = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 300, size: 'max' });
  fc.assert(
    fc.property(members, fc.array(fc.string({ maxLength: 3 }), { maxLength: 20 }), (list, bounds) => {
      const tree = new Tree();
      for (const member of list) tree.insert(tree.element(member, 1));
      const before = (bound: string, orEqual: boolean): number =>
        list.filter((member) => Buffer.compare(Buffer.from(member), Buffer.from(bound)) < (orEqual ? 1 : 0)).length;
      for (const bound of [...bounds, ...list.slice(0, 20)]) {
        const bytes = Buffer.from(bound);
        const { arena, root } = tree;
        assert.equal(treeCountMembers(arena, root, bytes, 0, bytes.length, false), before(bound, false));
        assert.equal(treeCountMembers(arena, root, bytes, 0, bytes.length, true), before(bound, true));
      }
    }),
  );
  t.pass();
});

const filled = (count: number, scoreOf: (i: number) => number): Tree => {
  const tree = new Tree();
  for (let i = 0; i < count; i++) tree.insert(tree.element(`member:${i}`, scoreOf(i)));
  return tree;
};

test('ascending and descending runs leave full leaves, random insertion takes at most 16 bytes per element', (t) => {
  const count = 30_000;
  const random = seededRandom(5);
  const up = filled(count, (i) => i);
  const down = filled(count, (i) => -i);
  const scattered = filled(count, () => random());
  t.true(up.check() > 0.99);
  t.true(down.check() > 0.99);
  t.true(scattered.check() > 0.78, `${scattered.check()}`);
  t.true(treeMemoryBytes(scattered.arena, scattered.root) / count <= 16);
  t.true(treeMemoryBytes(up.arena, up.root) / count < 12.6);
});

test('a tree gives all of its memory back, whether emptied element by element or reclaimed in slices', (t) => {
  for (const how of ['front', 'back', 'random', 'reclaim']) {
    const random = seededRandom(9);
    const tree = new Tree();
    const items = Array.from({ length: 20_000 }, (_, i) => tree.element(`m${i}`, random()));
    const before = tree.arena.usedBytes;
    for (const item of items) tree.insert(item);
    t.true(tree.arena.usedBytes > before);
    if (how === 'reclaim') {
      let slices = 1;
      while (!reclaimTree(tree.arena, tree.root, 16)) slices++;
      t.true(slices > 10);
    } else {
      for (let left = items.length; left > 0; left--) {
        const rank = how === 'front' ? 0 : how === 'back' ? left - 1 : Math.floor(random() * left);
        treeRemoveAt(tree.arena, tree.root, rank);
        if (left % 1000 === 0) tree.check();
      }
      tree.check();
    }
    t.is(tree.arena.usedBytes, before, how);
  }
});

test('removing at random keeps the leaves filled', (t) => {
  const random = seededRandom(3);
  const tree = filled(30_000, () => random());
  for (let left = 30_000; left > 2000; left--) treeRemoveAt(tree.arena, tree.root, Math.floor(random() * left));
  t.true(tree.check() > 0.45, `${tree.check()}`);
});

test('a copy has the same order over other elements and full leaves', (t) => {
  const random = seededRandom(4);
  const tree = filled(5000, () => Math.floor(random() * 50));
  const { keyspace, arena, root } = tree;
  const copied = new Map<number, number>();
  const copy = arena.allocate(32);
  const dict = keyspace.dict.create();
  copyTree(keyspace, root, copy, (ref) => {
    const twin = keyspace.elements.copy(dict, ref);
    copied.set(twin, ref);
    return twin;
  });
  const cursor = new TreeCursor().seek(arena, copy, 0);
  for (const ref of tree.refs()) t.is(copied.get(cursor.next()), ref);
  t.is(cursor.next(), 0);
  t.is(treeMemoryBytes(arena, copy) / 1024, Math.ceil(5000 / LEAF_ELEMENTS_MAX) + 3);
});

test('an element that is not there is a bug, and said to be', (t) => {
  const tree = new Tree();
  const item = tree.element('a', 1);
  t.throws(() => treeRemove(tree.arena, tree.root, 1, item.ref));
  treeAppend(tree.arena, tree.root, 1, item.ref);
  t.throws(() => treeRank(tree.arena, tree.root, 2, item.ref));
  t.is(treeRank(tree.arena, tree.root, 1, item.ref), 0);
});
