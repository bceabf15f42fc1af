/**
 * The form of a command's description: everything COMMAND says of it, without the reducer that runs it.
 *
 * In: the literals of the sibling files. Out: the same values, checked against the type of a command.
 * COMMAND DOCS prints a `display_text` for every argument but `oneof` and `block`; here `displayText` is written
 * only where that text is not the argument's name. Flags that Redis hides from COMMAND (`sentinel`, `protected`,
 * `touches_arbitrary_keys`) and the derived `movablekeys` are left out.
 *
 * @since 0.1.0
 */
import type { ArgumentDocs, CommandSpec, KeyFlag, KeySpec } from '../spec.ts';

/** A command without what runs it. */
export type CommandDescription = Omit<CommandSpec, 'reduce' | 'subcommands'>;

/** Names a literal as a description and keeps its literal types; the identity at run time. */
export const describe = <D extends CommandDescription>(description: D): D => description;

/** The argument nearly every command begins with: the key of the first key spec. */
export const key: ArgumentDocs = { name: 'key', type: 'key', keySpecIndex: 0 };

/** One or more keys, all of the first key spec. */
export const everyKey: ArgumentDocs = { ...key, flags: ['multiple'] };

/** A keyword whose documented name is the keyword itself in lower case. */
export const token = (name: string, more: Pick<ArgumentDocs, 'since' | 'flags'> = {}): ArgumentDocs => ({
  name,
  type: 'pure-token',
  token: name.toUpperCase(),
  ...more,
});

/** How many of the results to leave out and how many to return. */
export const limit: ArgumentDocs = {
  name: 'limit',
  type: 'block',
  token: 'LIMIT',
  flags: ['optional'],
  arguments: [
    { name: 'offset', type: 'integer' },
    { name: 'count', type: 'integer' },
  ],
};

/** Keys behind their number, which is argument `at`. */
export const countedKeys = (flags: readonly KeyFlag[], at = 1): KeySpec => ({
  flags,
  begin: { kind: 'index', index: at },
  find: { kind: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 },
});

/** Keys from the first argument on; what follows the last of them is a timeout. */
export const keysBeforeTimeout = (flags: readonly KeyFlag[]): KeySpec => ({
  flags,
  begin: { kind: 'index', index: 1 },
  find: { kind: 'range', lastKey: -2, step: 1, limit: 0 },
});
