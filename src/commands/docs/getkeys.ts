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
