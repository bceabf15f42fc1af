/**
 * Torn or damaged: whether commands go on in what looks like the beginning of one.
 *
 * A file that a crash has cut ends in the middle of a command. A flipped bit in a length looks the same, since the command
 * then seems to go on beyond the end of the file; but then what it swallows are commands, and they must not be cut off.
 *
 * @since 0.3.0
 */
import type { CommandTable } from '../commands/table.ts';
import { Item, LogParser } from './log-parser.ts';

const COMMAND_BEGINS = Buffer.from('\r\n*');
/** A value may hold this many things that look like commands; then nobody looks at more. */
const TRIES_MAX = 1000;

/** Whether a whole command that we know stands at `at`, and behind it the end, or something that may follow one. */
const isCommand = (tail: Uint8Array, at: number, commands: CommandTable): boolean => {
  const parser = new LogParser();
  parser.buf = tail.subarray(at);
  parser.filled(tail.length - at);
  if (parser.next() !== Item.Command || commands.find(parser.view) === undefined) return false;
  return parser.next() !== Item.Broken;
};

/** Where in a command that is not complete other ones begin; undefined when there are none. */
export const resumes = (tail: Uint8Array, commands: CommandTable): number | undefined => {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  let at = bytes.indexOf(COMMAND_BEGINS);
  for (let tries = 0; at !== -1 && tries < TRIES_MAX; tries++) {
    if (isCommand(tail, at + 2, commands)) return at + 2;
    at = bytes.indexOf(COMMAND_BEGINS, at + 1);
  }
  return undefined;
};
