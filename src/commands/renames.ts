/**
 * rename-command: the names that commands answer to.
 *
 * In:  the lines of the configuration, in their order, and the names of all commands.
 * Out: the new name of each command that has one ('' for none), or what is wrong, in Redis' words.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import type { RenamedCommand } from '../config/config.ts';

const refusal = ({ from, to }: RenamedCommand, reason: string): string =>
  `rename-command ${JSON.stringify(from)} ${JSON.stringify(to)}: ${reason}`;

/** Follows the lines one by one, as a name that one line gave up is free for the next. Names are lower case. */
export const renamesOf = (
  lines: readonly RenamedCommand[],
  names: readonly string[],
): E.Either<string, ReadonlyMap<string, string>> => {
  const originals = new Map(names.map((name) => [name, name]));
  const renames = new Map<string, string>();
  for (const line of lines) {
    const from = line.from.toLowerCase();
    const to = line.to.toLowerCase();
    const original = originals.get(from);
    if (original === undefined) return E.left(refusal(line, 'No such command in rename-command'));
    originals.delete(from);
    if (originals.has(to)) return E.left(refusal(line, 'Target command name already exists'));
    if (to !== '') originals.set(to, original);
    renames.set(original, to);
  }
  return E.right(renames);
};
