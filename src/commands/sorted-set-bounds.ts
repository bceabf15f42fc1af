/**
 * What sorted set commands take as arguments: scores, and bounds by score, by member and by rank.
 *
 * In:  arguments of a command event. Out: numbers, and the ranks that lie between two bounds; every kind of range is
 * one interval of ascending ranks [from, to) in the end, in every encoding.
 * Memory: the records are made once and reused; a lexical bound stays in the command's bytes. A plain decimal costs no
 * string.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import { parseDouble, parseDoubleBytes } from '../resp/double.ts';
import { type CommandView, latin1 } from '../resp/view.ts';
import { memberCount, membersBelow, membersBelowLex, membersUpTo, membersUpToLex } from '../values/sorted-set.ts';
import { signedInteger } from './signed-integer.ts';

export const NOT_A_SCORE_RANGE = 'ERR min or max is not a float';
export const NOT_A_LEX_RANGE = 'ERR min or max not valid string range item';

/** No number is spelled with more; an argument may be too long to be made a string. */
const NUMBER_BYTES_MAX = 64 * 1024;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const LEADING_SPACE = /^[\t-\r ]+/;

const MINUS = 0x2d;
const PLUS = 0x2b;
const OPEN_PARENTHESIS = 0x28;
const OPEN_BRACKET = 0x5b;

/** A score or a weight; NaN when the argument is none. */
export const decodeDouble = (cmd: CommandView, index: number): number => {
  const length = cmd.length(index);
  return length > NUMBER_BYTES_MAX ? Number.NaN : parseDoubleBytes(cmd.buf, cmd.offset(index), length);
};

/** A bound as C's strtod reads it: spaces in front, what over- or underflows, and nothing at all (0) are fine. */
const parseLoosely = (text: string): number => {
  const [before] = text.split('\0', 1);
  if (before === '') return 0;
  const trimmed = before.replace(LEADING_SPACE, '');
  return DECIMAL.test(trimmed) ? Number(trimmed) : parseDouble(trimmed);
};

/** Two scores, each in or out of the range: `1.5`, `(1.5`, `-inf`. */
export class ScoreRange {
  min = 0;
  max = 0;
  minExclusive = false;
  maxExclusive = false;
  from = 0;
  to = 0;

  /** Reads both bounds; false when one of them is no float. */
  decode(cmd: CommandView, minIndex: number, maxIndex: number): boolean {
    this.minExclusive = this.isExclusive(cmd, minIndex);
    this.maxExclusive = this.isExclusive(cmd, maxIndex);
    this.min = this.bound(cmd, minIndex, this.minExclusive);
    this.max = this.bound(cmd, maxIndex, this.maxExclusive);
    return !Number.isNaN(this.min) && !Number.isNaN(this.max);
  }

  /** Finds the ranks within: [from, to), of which none is left when `to` is not greater. */
  locate(db: Database, ref: number): void {
    this.from = this.minExclusive ? membersUpTo(db, ref, this.min) : membersBelow(db, ref, this.min);
    this.to = this.maxExclusive ? membersBelow(db, ref, this.max) : membersUpTo(db, ref, this.max);
  }

  private isExclusive(cmd: CommandView, index: number): boolean {
    return cmd.length(index) > 0 && cmd.buf[cmd.offset(index)] === OPEN_PARENTHESIS;
  }

  private bound(cmd: CommandView, index: number, exclusive: boolean): number {
    const skipped = exclusive ? 1 : 0;
    const at = cmd.offset(index) + skipped;
    const length = cmd.length(index) - skipped;
    if (length > NUMBER_BYTES_MAX) return Number.NaN;
    const number = parseDoubleBytes(cmd.buf, at, length);
    return Number.isNaN(number) ? parseLoosely(latin1(cmd.buf, at, at + length)) : number;
  }
}

/** Kinds of a lexical bound. */
enum LexBound {
  Invalid = 0,
  Lowest = 1,
  Highest = 2,
  Inclusive = 3,
  Exclusive = 4,
}

const lexBound = (cmd: CommandView, index: number): LexBound => {
  const length = cmd.length(index);
  if (length === 0) return LexBound.Invalid;
  const at = cmd.offset(index);
  switch (cmd.buf[at]) {
    case OPEN_BRACKET:
      return LexBound.Inclusive;
    case OPEN_PARENTHESIS:
      return LexBound.Exclusive;
    case MINUS:
      return length === 1 || cmd.buf[at + 1] === 0 ? LexBound.Lowest : LexBound.Invalid;
    case PLUS:
      return length === 1 || cmd.buf[at + 1] === 0 ? LexBound.Highest : LexBound.Invalid;
    default:
      return LexBound.Invalid;
  }
};

/** Two members, each in or out of the range: `[a`, `(a`, `-`, `+`. */
export class LexRange {
  from = 0;
  to = 0;
  private min = LexBound.Invalid;
  private max = LexBound.Invalid;
  private minIndex = 0;
  private maxIndex = 0;

  /** Reads both bounds; false when one of them is none. */
  decode(cmd: CommandView, minIndex: number, maxIndex: number): boolean {
    this.min = lexBound(cmd, minIndex);
    this.max = lexBound(cmd, maxIndex);
    this.minIndex = minIndex;
    this.maxIndex = maxIndex;
    return this.min !== LexBound.Invalid && this.max !== LexBound.Invalid;
  }

  /** Finds the ranks within: [from, to), of which none is left when `to` is not greater. `cmd` as it was decoded. */
  locate(db: Database, ref: number, cmd: CommandView): void {
    this.from = this.rank(db, ref, cmd, this.min, this.minIndex, this.min === LexBound.Exclusive);
    this.to = this.rank(db, ref, cmd, this.max, this.maxIndex, this.max === LexBound.Inclusive);
  }

  private rank(
    db: Database,
    ref: number,
    cmd: CommandView,
    kind: LexBound,
    index: number,
    behindEqual: boolean,
  ): number {
    if (kind === LexBound.Lowest) return 0;
    if (kind === LexBound.Highest) return memberCount(db, ref);
    const at = cmd.offset(index) + 1;
    const length = cmd.length(index) - 1;
    return behindEqual ? membersUpToLex(db, ref, cmd.buf, at, length) : membersBelowLex(db, ref, cmd.buf, at, length);
  }
}

/** Two ranks, counted from the end when negative. */
export class RankRange {
  start = 0;
  stop = 0;
  from = 0;
  to = 0;

  /** Reads both ranks; false when one of them is no integer. */
  decode(cmd: CommandView, startIndex: number, stopIndex: number): boolean {
    this.start = signedInteger(cmd, startIndex);
    this.stop = signedInteger(cmd, stopIndex);
    return !Number.isNaN(this.start) && !Number.isNaN(this.stop);
  }

  /** Finds the ranks within, [from, to), among `count` in the order that the command counts in. */
  locate(count: number): void {
    this.from = Math.max(this.start < 0 ? this.start + count : this.start, 0);
    this.to = Math.min(this.stop < 0 ? this.stop + count : this.stop, count - 1) + 1;
  }
}
