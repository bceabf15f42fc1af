/**
 * Inline commands: a line of words, with quotes as redis-cli writes them.
 *
 * The words become a canonical RESP request in a fresh buffer, so that everything behind the decoder (the log,
 * replicas) sees one form only.
 *
 * @since 0.1.0
 */
import * as O from 'fp-ts/Option';
import { splitArgs } from '../quoting.ts';
import { type CommandView, latin1, viewOf } from './view.ts';

/** Fills `view` from the line [start, end); false when its quotes are unbalanced. */
export const splitInline = (buf: Uint8Array, start: number, end: number, view: CommandView): boolean => {
  const words = splitArgs(latin1(buf, start, end));
  if (O.isNone(words)) return false;
  const made = viewOf(words.value);
  view.buf = made.buf;
  view.stays = true;
  view.start = 0;
  view.end = made.end;
  view.argc = made.argc;
  for (let i = 0; i < made.argc; i++) view.set(i, made.offset(i), made.length(i));
  return true;
};
