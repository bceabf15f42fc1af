/**
 * Ranges of a sorted set: by rank, by score and by member, in both directions, replied, stored or counted.
 *
 * In:  a command event. Out: members in order, or how many there are.
 * All these commands are one: the options are decoded into one reused record, the range becomes an interval of ranks, and
 * a cursor walks it. O(log n) to find, then one step per member.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { MemberCursor, memberCount, SortedSetBuilder } from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { signedInteger } from './signed-integer.ts';
import { LexRange, NOT_A_LEX_RANGE, NOT_A_SCORE_RANGE, RankRange, ScoreRange } from './sorted-set-bounds.ts';
import { storeBuilt } from './sorted-set-store.ts';
import { command, Outcome } from './spec.ts';

const LIMIT_BY_RANK = 'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX';
const SCORES_BY_LEX = 'ERR syntax error, WITHSCORES not supported in combination with BYLEX';

enum By {
  /** Not said: the options of ZRANGE decide. */
  Any = 0,
  Rank = 1,
  Score = 2,
  Lex = 3,
}

enum Order {
  Any = 0,
  Ascending = 1,
  Descending = 2,
}

const ranks = new RankRange();
const scores = new ScoreRange();
const members = new LexRange();
const cursor = new MemberCursor();
const builder = new SortedSetBuilder();

/** A range that was asked for, and then found. One record, reused. */
class Request {
  withScores = false;
  reverse = false;
  /** Ascending rank of the first member, and the number of members. */
  first = 0;
  count = 0;
  private by = By.Any;
  private offset = 0;
  /** Negative = no limit. */
  limit = -1;

  /** Reads bounds and options, the bounds from argument `bounds` on. Returns what is wrong, or ''. */
  decode(cmd: CommandView, bounds: number, by: By, order: Order, store: boolean): string {
    const error = this.decodeOptions(cmd, bounds + 2, by, order, store);
    if (error !== '') return error;
    if (this.limit !== -1 && this.by === By.Rank) return LIMIT_BY_RANK;
    if (this.withScores && this.by === By.Lex) return SCORES_BY_LEX;

    // Bounds by value come as [max, min] when the order is descending, ranks do not.
    const min = this.reverse && this.by !== By.Rank ? bounds + 1 : bounds;
    const max = bounds + bounds + 1 - min;
    if (this.by === By.Rank) return ranks.decode(cmd, bounds, bounds + 1) ? '' : NOT_AN_INTEGER;
    if (this.by === By.Score) return scores.decode(cmd, min, max) ? '' : NOT_A_SCORE_RANGE;
    return members.decode(cmd, min, max) ? '' : NOT_A_LEX_RANGE;
  }

  /** Finds the members of the range. */
  locate(db: Database, ref: number, cmd: CommandView): void {
    const size = memberCount(db, ref);
    let from: number;
    let to: number;
    if (this.by === By.Rank) {
      ranks.locate(size);
      ({ from, to } = ranks);
      // A LIMIT with no limit is not refused with ranks, and its offset counts for nothing.
      this.offset = 0;
      if (this.reverse) {
        from = size - ranks.to;
        to = size - ranks.from;
      }
    } else if (this.by === By.Score) {
      scores.locate(db, ref);
      ({ from, to } = scores);
    } else {
      members.locate(db, ref, cmd);
      ({ from, to } = members);
    }
    // An offset below zero is behind every member.
    const left = this.offset < 0 ? 0 : Math.max(to - from - this.offset, 0);
    this.count = this.limit < 0 ? left : Math.min(left, this.limit);
    this.first = this.reverse ? to - 1 - this.offset : from + this.offset;
  }

  private decodeOptions(cmd: CommandView, from: number, by: By, order: Order, store: boolean): string {
    this.withScores = false;
    this.offset = 0;
    this.limit = -1;
    let wantedBy = by;
    let wantedOrder = order;
    for (let i = from; i < cmd.argc; i++) {
      if (!store && cmd.equalsToken(i, 'WITHSCORES')) {
        this.withScores = true;
      } else if (i + 2 < cmd.argc && cmd.equalsToken(i, 'LIMIT')) {
        this.offset = signedInteger(cmd, i + 1);
        this.limit = signedInteger(cmd, i + 2);
        if (Number.isNaN(this.offset) || Number.isNaN(this.limit)) return NOT_AN_INTEGER;
        i += 2;
      } else if (wantedOrder === Order.Any && cmd.equalsToken(i, 'REV')) {
        wantedOrder = Order.Descending;
      } else if (wantedBy === By.Any && cmd.equalsToken(i, 'BYLEX')) {
        wantedBy = By.Lex;
      } else if (wantedBy === By.Any && cmd.equalsToken(i, 'BYSCORE')) {
        wantedBy = By.Score;
      } else {
        return SYNTAX_ERROR;
      }
    }
    this.by = wantedBy === By.Any ? By.Rank : wantedBy;
    this.reverse = wantedOrder === Order.Descending;
    return '';
  }
}

const request = new Request();

/** Replies with a range of the sorted set in argument 1. */
const replyRange = (db: Database, cmd: CommandView, reply: Reply, by: By, order: Order): Outcome => {
  const error = request.decode(cmd, 2, by, order, false);
  if (error !== '') return refuse(reply, error);
  const ref = db.findRead(cmd, 1);
  if (ref === MISSING) {
    reply.array(0);
    return Outcome.Unchanged;
  }
  if (db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);

  request.locate(db, ref, cmd);
  const { count, withScores } = request;
  const nested = withScores && reply.version === 3;
  reply.array(withScores && !nested ? count * 2 : count);
  if (count === 0) return Outcome.Unchanged;
  cursor.open(db, ref, request.first, request.reverse);
  for (let i = 0; i < count; i++) {
    cursor.next();
    if (nested) reply.array(2);
    reply.bulk(cursor.bytes, cursor.at, cursor.length);
    if (withScores) reply.double(cursor.score);
  }
  return Outcome.Unchanged;
};

/**
 * ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]: members between two ranks, scores or
 * members. With REV the order is descending, and bounds by score or member are given the larger one first.
 *
 * Reply:  array of members, with their scores behind each (RESP2) or in pairs (RESP3).
 * Errors: WRONGTYPE; ERR value is not an integer; ERR min or max is not a float; ERR min or max not valid string range
 *         item; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zrange/
 */
export const zrange = command({
  ...described.zrange,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Any, Order.Any),
});

/** ZREVRANGE key start stop [WITHSCORES]: ZRANGE with REV. Source: https://redis.io/docs/latest/commands/zrevrange/ */
export const zrevrange = command({
  ...described.zrevrange,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Rank, Order.Descending),
});

/**
 * ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]: ZRANGE with BYSCORE.
 * Source: https://redis.io/docs/latest/commands/zrangebyscore/
 */
export const zrangebyscore = command({
  ...described.zrangebyscore,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Score, Order.Ascending),
});

/**
 * ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]: ZRANGE with BYSCORE and REV.
 * Source: https://redis.io/docs/latest/commands/zrevrangebyscore/
 */
export const zrevrangebyscore = command({
  ...described.zrevrangebyscore,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Score, Order.Descending),
});

/**
 * ZRANGEBYLEX key min max [LIMIT offset count]: ZRANGE with BYLEX.
 * Source: https://redis.io/docs/latest/commands/zrangebylex/
 */
export const zrangebylex = command({
  ...described.zrangebylex,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Lex, Order.Ascending),
});

/**
 * ZREVRANGEBYLEX key max min [LIMIT offset count]: ZRANGE with BYLEX and REV.
 * Source: https://redis.io/docs/latest/commands/zrevrangebylex/
 */
export const zrevrangebylex = command({
  ...described.zrevrangebylex,
  reduce: (db, cmd, reply) => replyRange(db, cmd, reply, By.Lex, Order.Descending),
});

/** Collects the range in the builder. */
const collectRange = (db: Database, ref: number, cmd: CommandView): void => {
  request.locate(db, ref, cmd);
  const { count } = request;
  if (count === 0) return;
  cursor.open(db, ref, request.first, request.reverse);
  for (let i = 0; i < count; i++) {
    cursor.next();
    builder.add(cursor.bytes, cursor.at, cursor.length, cursor.score);
  }
};

const storeRange = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const error = request.decode(cmd, 3, By.Any, Order.Any, true);
  if (error !== '') return refuse(reply, error);
  const ref = db.findRead(cmd, 2);
  if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
  builder.begin(db);
  if (ref !== MISSING) collectRange(db, ref, cmd);
  return storeBuilt(db, builder, cmd, reply, ctx, 'zrangestore');
};

/**
 * ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]: what ZRANGE replies becomes the value of `dst`,
 * whatever that was before; an empty range removes it.
 *
 * Reply:  integer, members stored.
 * Errors: as ZRANGE.
 * Event:  as received; none when there is nothing to store and nothing to remove.
 * Source: https://redis.io/docs/latest/commands/zrangestore/
 */
export const zrangestore = command({ ...described.zrangestore, reduce: storeRange });

/**
 * ZCOUNT key min max: number of members between two scores.
 *
 * Reply:  integer, 0 when missing.
 * Errors: WRONGTYPE; ERR min or max is not a float.
 * Source: https://redis.io/docs/latest/commands/zcount/
 */
export const zcount = command({
  ...described.zcount,
  reduce: (db, cmd, reply) => {
    if (!scores.decode(cmd, 2, 3)) return refuse(reply, NOT_A_SCORE_RANGE);
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    scores.locate(db, ref);
    reply.integer(Math.max(scores.to - scores.from, 0));
    return Outcome.Unchanged;
  },
});

/**
 * ZLEXCOUNT key min max: number of members between two members, of a set whose scores are all the same.
 *
 * Reply:  integer, 0 when missing.
 * Errors: WRONGTYPE; ERR min or max not valid string range item.
 * Source: https://redis.io/docs/latest/commands/zlexcount/
 */
export const zlexcount = command({
  ...described.zlexcount,
  reduce: (db, cmd, reply) => {
    if (!members.decode(cmd, 2, 3)) return refuse(reply, NOT_A_LEX_RANGE);
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    members.locate(db, ref, cmd);
    reply.integer(Math.max(members.to - members.from, 0));
    return Outcome.Unchanged;
  },
});
