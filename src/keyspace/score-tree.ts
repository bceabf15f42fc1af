/** Placeholder until the tree is here. */
import type { Arena } from './arena.ts';
import type { Keyspace } from './keyspace.ts';

export const reclaimTree = (_arena: Arena, _root: number, _limit: number): boolean => true;
export const copyTree = (_k: Keyspace, _from: number, _to: number, _copy: (ref: number) => number): void => {};
export const treeMemoryBytes = (_arena: Arena, _root: number): number => 0;
