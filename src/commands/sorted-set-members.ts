/**
 * Members of a sorted set in no particular order: ZRANDMEMBER by chance, ZSCAN in steps.
 *
 * In:  a count or a cursor. Out: members, with their scores where they are asked for.
 * Chance picks ranks, so every member has exactly the same one. Distinct ranks are picked by Floyd's method, or, when
 * they are a good part of all, by going through all of them once.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { formatDouble17 } from '../resp/double.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { MemberCursor, memberCount } from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NOT_A_LONG, NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { INT64_MAX, INT64_MIN } from './expire-time.ts';
import { isTooLong, replyBytesMax } from './reply-limit.ts';
import { type CollectionScan, replyPackedMatches, scanCollection } from './scan-options.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

const OUT_OF_RANGE = 'ERR value is out of range';

/** More than there is room for. Twice as many are still a safe integer. */
const REPEATS_MAX = 2 ** 52;
/** As many ranks are remembered at most while they are picked. */
const PICKED_MAX = 2 ** 20;
/** Going through all members costs about a third of looking one up. */
const SPARSE = 3;

const cursor = new MemberCursor();

const replyMember = (reply: Reply, withScores: boolean): void => {
  if (withScores && reply.version === 3) reply.array(2);
  reply.bulk(cursor.bytes, cursor.at, cursor.length);
  if (withScores) reply.double(cursor.score);
};

/** `count` distinct ranks below `size`, each set of them with the same chance, in random order of insertion. */
const pickDistinct = (size: number, count: number, random: () => number): Set<number> => {
  const picked = new Set<number>();
  for (let limit = size - count; limit < size; limit++) {
    const rank = Math.floor(random() * (limit + 1));
    picked.add(picked.has(rank) ? limit : rank);
  }
  return picked;
};

const replyAt = (db: Database, ref: number, rank: number, reply: Reply, withScores: boolean): void => {
  cursor.open(db, ref, rank, false).next();
  replyMember(reply, withScores);
};

/** Goes through all members and takes each with the chance that leaves exactly `count` of them taken. */
const replySelection = (
  db: Database,
  ref: number,
  count: number,
  reply: Reply,
  ctx: Context,
  scored: boolean,
): void => {
  let wanted = count;
  let left = memberCount(db, ref);
  cursor.open(db, ref, 0, false);
  while (wanted > 0 && cursor.next()) {
    if (ctx.random() * left < wanted) {
      replyMember(reply, scored);
      wanted--;
    }
    left--;
  }
};

const replySome = (db: Database, ref: number, count: number, reply: Reply, ctx: Context, scored: boolean): void => {
  const size = memberCount(db, ref);
  const repeats = count < 0;
  const length = repeats ? Math.min(-count, REPEATS_MAX) : Math.min(count, size);
  reply.array(scored && reply.version === 2 ? length * 2 : length);
  if (length === 0) return;
  if (repeats) {
    const bytesMax = replyBytesMax(ctx);
    for (let i = 0; i < length && !isTooLong(ctx, bytesMax); i++) {
      replyAt(db, ref, Math.floor(ctx.random() * size), reply, scored);
    }
  } else if (length * SPARSE < size && length <= PICKED_MAX) {
    for (const rank of pickDistinct(size, length, ctx.random)) replyAt(db, ref, rank, reply, scored);
  } else {
    replySelection(db, ref, length, reply, ctx, scored);
  }
};

/** What is wrong with the count and the option behind it, or ''. */
const countError = (cmd: CommandView): string => {
  const count = cmd.integer(2);
  if (Number.isNaN(count)) return NOT_AN_INTEGER;
  const isBig = count === Number.POSITIVE_INFINITY;
  const exact = isBig ? (cmd.bigInteger(2) ?? 0n) : 0n;
  if (exact === INT64_MIN) return NOT_A_LONG;
  if (cmd.argc > 4 || (cmd.argc === 4 && !cmd.equalsToken(3, 'WITHSCORES'))) return SYNTAX_ERROR;
  const half = INT64_MAX / 2n;
  return cmd.argc === 4 && (exact > half || exact < -half) ? OUT_OF_RANGE : '';
};

/**
 * ZRANDMEMBER key [count [WITHSCORES]]: members by chance, each with the same: `count` different ones, or with a negative
 * count that many, of which some may be the same.
 *
 * Reply:  bulk string, null when missing; with a count an array, empty when missing.
 * Errors: WRONGTYPE; ERR value is not an integer; ERR value is out of range; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zrandmember/
 */
export const zrandmember = command({
  ...described.zrandmember,
  reduce: (db, cmd, reply, ctx) => {
    const hasCount = cmd.argc > 2;
    const error = hasCount ? countError(cmd) : '';
    if (error !== '') return refuse(reply, error);
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      if (hasCount) reply.array(0);
      else reply.null();
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    if (hasCount) replySome(db, ref, signedInteger(cmd, 2), reply, ctx, cmd.argc === 4);
    else replyAt(db, ref, Math.floor(ctx.random() * memberCount(db, ref)), reply, false);
    return Outcome.Unchanged;
  },
});

/** Scores as ZSCAN prints them: with 17 digits where they lie in a dictionary, as they are stored in a listpack. */
const SCORED_MEMBERS: CollectionScan = {
  type: Type.SortedSet,
  width: 2,
  element: (db, ref, reply) => {
    reply.bulk(db.keyBytes, db.keyAt, db.keyLength);
    reply.bulkText(formatDouble17(db.keyspace.elements.score(ref)));
  },
  packed: (db, ref, cmd, pattern, reply) => replyPackedMatches(db, ref, cmd, pattern, 2, reply),
};

/**
 * ZSCAN key cursor [MATCH pattern] [COUNT count]: some members with their scores, and the cursor to go on with.
 *
 * Reply:  array of the next cursor and an array of members and scores.
 * Errors: WRONGTYPE; ERR invalid cursor; ERR value is not an integer; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zscan/
 */
export const zscan = command({
  ...described.zscan,
  reduce: (db, cmd, reply) => scanCollection(db, cmd, reply, SCORED_MEMBERS),
});
