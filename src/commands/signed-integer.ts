/**
 * Integers that are clamped anyway: indexes, offsets and counts of the whole int64 range.
 *
 * @since 0.1.0
 */
import type { CommandView } from '../resp/view.ts';

const MINUS = 0x2d;

/** An integer that may be ±Infinity for what lies beyond 2^53; NaN when it is none. */
export const signedInteger = (cmd: CommandView, index: number): number => {
  const n = cmd.integer(index);
  return n === Number.POSITIVE_INFINITY && cmd.buf[cmd.offset(index)] === MINUS ? Number.NEGATIVE_INFINITY : n;
};
