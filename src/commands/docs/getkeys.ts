/**
 * Where the keys of a concrete command are, and how it uses them, when its key specs alone cannot tell.
 *
 * In: a command view; Out: argument indexes with key flags, for COMMAND GETKEYS, GETKEYSANDFLAGS and ACL. Only asked
 * for inspection or key permissions that depend on options, so small arrays are returned; nothing is kept.
 *
 * @since 0.1.0
 */
import type { GetKeys, KeyFlag } from '../spec.ts';

const reads: readonly KeyFlag[] = ['RW', 'access', 'update'];
const overwrites: readonly KeyFlag[] = ['OW', 'update'];

/** SET key value [options]: with GET the old value is read, without it the key is overwritten unseen. */
export const setKeys: GetKeys = (cmd) => {
  for (let i = 3; i < cmd.argc; i++) if (cmd.equalsToken(i, 'GET')) return [{ index: 1, flags: reads }];
  return [{ index: 1, flags: overwrites }];
};

const sorted: { readonly index: number; readonly flags: readonly KeyFlag[] } = { index: 1, flags: ['RO', 'access'] };

/** SORT key [options]: the key that the last STORE names is overwritten; what BY and GET read cannot be told. */
export const sortKeys: GetKeys = (cmd) => {
  let store = 0;
  for (let i = 2; i < cmd.argc; i++) {
    if (cmd.equalsToken(i, 'LIMIT')) i += 2;
    else if (cmd.equalsToken(i, 'GET') || cmd.equalsToken(i, 'BY')) i++;
    else if (cmd.equalsToken(i, 'STORE') && i + 1 < cmd.argc) store = ++i;
  }
  return store === 0 ? [sorted] : [sorted, { index: store, flags: overwrites }];
};

/** SORT_RO key [options]: the sorted key alone can be told. */
export const sortRoKeys: GetKeys = () => [sorted];
