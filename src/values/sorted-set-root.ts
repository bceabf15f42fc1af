/**
 * The root of a large sorted set: word 0 is the dictionary of its elements, the rest is the score tree's.
 *
 * @since 0.2.0
 */
import type { Keyspace } from '../keyspace/keyspace.ts';
import { createTree } from '../keyspace/score-tree.ts';

const ROOT_BYTES = 32;

/** Makes an empty large sorted set and returns its root. */
export const createRoot = (keyspace: Keyspace): number => {
  const { arena, dict } = keyspace;
  const header = dict.create();
  const root = arena.allocate(ROOT_BYTES);
  arena.words[root >>> 16][(root & 0xffff) << 2] = header;
  createTree(arena, root);
  return root;
};

/** Header of the dictionary. */
export const dictOfRoot = (keyspace: Keyspace, root: number): number =>
  keyspace.arena.words[root >>> 16][(root & 0xffff) << 2];
