/**
 * Replies that administrative commands share.
 *
 * @since 0.1.0
 */
import type { Reply } from '../resp/reply.ts';
import { Outcome } from './spec.ts';

/** Replies OK to a command that changed nothing in the keyspace. */
export const accept = (reply: Reply): Outcome => {
  reply.ok();
  return Outcome.Unchanged;
};

/**
 * Replies the HELP of a container, as status replies: the first line, the given lines, and HELP itself.
 *
 * `container` is in upper case; `lines` name a subcommand, or explain it when indented.
 */
export const replyHelp = (reply: Reply, container: string, lines: readonly string[]): Outcome => {
  reply.array(lines.length + 3);
  reply.simple(`${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
  for (const line of lines) reply.simple(line);
  reply.simple('HELP');
  reply.simple('    Prints this help.');
  return Outcome.Unchanged;
};
