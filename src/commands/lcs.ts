/**
 * LCS: the longest common subsequence of two strings, its length, or where it lies.
 *
 * In:  two string values. Out: the sequence, its length, or the ranges it is made of, from the end to the start.
 * Memory: one bit per pair of bytes and two rows of counts, for the duration of the command.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import * as described from './docs/string.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { command, Outcome } from './spec.ts';

const NOT_STRINGS = 'ERR The specified keys must contain string values';
const LEN_AND_IDX = 'ERR If you want both the length and indexes, please just use IDX.';
const TOO_MUCH_MEMORY = 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len';
/** What Redis takes per pair of bytes; its limit is ours, whatever we take. */
const REDIS_BYTES_PER_CELL = 4;

/** One matching range in both strings: `length` bytes at `a` and at `b`. */
interface Match {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

interface Comparison {
  readonly length: number;
  /** From the end of the strings to their start. */
  readonly matches: readonly Match[];
}

/**
 * Compares two strings by the classic table. Where several subsequences are longest, the walk back from the end
 * prefers, as Redis does, to go back in `b`, unless going back in `a` keeps more.
 */
const compare = (a: Uint8Array, b: Uint8Array): Comparison => {
  const width = b.length;
  const goBackInA = new Uint8Array(Math.ceil((a.length * width) / 8));
  let above = new Uint32Array(width + 1);
  let row = new Uint32Array(width + 1);
  let cell = 0;
  for (let i = 0; i < a.length; i++) {
    const byte = a[i];
    for (let j = 0; j < width; j++, cell++) {
      if (byte === b[j]) {
        row[j + 1] = above[j] + 1;
      } else if (above[j + 1] > row[j]) {
        row[j + 1] = above[j + 1];
        goBackInA[cell >>> 3] |= 1 << (cell & 7);
      } else {
        row[j + 1] = row[j];
      }
    }
    const spare = above;
    above = row;
    row = spare;
  }

  const matches: Match[] = [];
  let i = a.length;
  let j = width;
  let run = 0;
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      run++;
      i--;
      j--;
      continue;
    }
    if (run > 0) matches.push({ a: i, b: j, length: run });
    run = 0;
    const at = (i - 1) * width + (j - 1);
    if ((goBackInA[at >>> 3] & (1 << (at & 7))) !== 0) i--;
    else j--;
  }
  if (run > 0) matches.push({ a: i, b: j, length: run });
  return { length: above[width], matches };
};

const replySequence = (a: Uint8Array, { length, matches }: Comparison, reply: Reply): void => {
  const sequence = new Uint8Array(length);
  let end = length;
  for (const match of matches) {
    end -= match.length;
    sequence.set(a.subarray(match.a, match.a + match.length), end);
  }
  reply.bulkBytes(sequence);
};

const replyRange = (reply: Reply, start: number, length: number): void => {
  reply.array(2);
  reply.integer(start);
  reply.integer(start + length - 1);
};

const replyMatches = (comparison: Comparison, lengthMin: number, withLength: boolean, reply: Reply): void => {
  const matches = comparison.matches.filter((match) => match.length >= lengthMin);
  reply.map(2);
  reply.bulkText('matches');
  reply.array(matches.length);
  for (const match of matches) {
    reply.array(withLength ? 3 : 2);
    replyRange(reply, match.a, match.length);
    replyRange(reply, match.b, match.length);
    if (withLength) reply.integer(match.length);
  }
  reply.bulkText('len');
  reply.integer(comparison.length);
};

/** The bytes at `ref` as they lie in the arena; nothing changes while LCS runs. */
const loan = (db: Database, ref: number): Uint8Array => {
  if (ref === MISSING) return new Uint8Array(0);
  db.loadValue(ref);
  return db.valueBytes.subarray(db.valueAt, db.valueAt + db.valueLength);
};

const isString = (db: Database, ref: number): boolean => ref === MISSING || db.type(ref) === Type.String;

/** MINMATCHLEN's number: infinite past 2^53, where nothing matches (or, when negative, everything does). */
const minMatchLength = (cmd: CommandView, index: number): number => {
  const length = cmd.integer(index);
  return length === Number.POSITIVE_INFINITY && (cmd.bigInteger(index) ?? 0n) < 0n ? 0 : length;
};

/**
 * LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]: the longest common subsequence.
 *
 * Reply:  bulk string; integer with LEN; with IDX a map of `matches` (ranges of at least n bytes, the last first) and `len`.
 * Errors: ERR unless both are strings or missing; ERR syntax error; ERR when Redis' table would exceed
 *         `proto-max-bulk-len`.
 * Source: https://redis.io/docs/latest/commands/lcs/
 */
export const lcs = command({
  ...described.lcs,
  reduce: (db, cmd, reply, ctx) => {
    const refA = db.findRead(cmd, 1);
    const refB = db.findRead(cmd, 2);
    if (!isString(db, refA) || !isString(db, refB)) return refuse(reply, NOT_STRINGS);
    let len = false;
    let idx = false;
    let withLength = false;
    let lengthMin = 0;
    for (let i = 3; i < cmd.argc; i++) {
      if (cmd.equalsToken(i, 'IDX')) idx = true;
      else if (cmd.equalsToken(i, 'LEN')) len = true;
      else if (cmd.equalsToken(i, 'WITHMATCHLEN')) withLength = true;
      else if (cmd.equalsToken(i, 'MINMATCHLEN') && i + 1 < cmd.argc) {
        lengthMin = minMatchLength(cmd, ++i);
        if (Number.isNaN(lengthMin)) return refuse(reply, NOT_AN_INTEGER);
      } else return refuse(reply, SYNTAX_ERROR);
    }
    if (idx && len) return refuse(reply, LEN_AND_IDX);
    const a = loan(db, refA);
    const b = loan(db, refB);
    if ((a.length + 1) * (b.length + 1) * REDIS_BYTES_PER_CELL > ctx.config['proto-max-bulk-len']) {
      return refuse(reply, TOO_MUCH_MEMORY);
    }

    const comparison = compare(a, b);
    if (idx) replyMatches(comparison, lengthMin, withLength, reply);
    else if (len) reply.integer(comparison.length);
    else replySequence(a, comparison, reply);
    return Outcome.Unchanged;
  },
});
