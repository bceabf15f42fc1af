/**
 * The sorted set family: members one by one. Ranges are in sorted-set-range.ts and sorted-set-remove.ts, popping in
 * sorted-set-pop.ts, unions and their like in sorted-set-algebra.ts, ZRANDMEMBER and ZSCAN in sorted-set-members.ts.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: members and scores lie in the arena; the scores of one command in a list that is reused.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import {
  createSortedSet,
  expectMembers,
  findMember,
  memberCount,
  putFound,
  rankOfFound,
  removeFound,
} from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NOT_A_FLOAT, refuse, SYNTAX_ERROR, WRONGTYPE, wrongArity } from './errors.ts';
import { zdiff, zdiffstore, zinter, zintercard, zinterstore, zunion, zunionstore } from './sorted-set-algebra.ts';
import { decodeDouble } from './sorted-set-bounds.ts';
import { zrandmember, zscan } from './sorted-set-members.ts';
import { bzmpop, bzpopmax, bzpopmin, zmpop, zpopmax, zpopmin } from './sorted-set-pop.ts';
import {
  zcount,
  zlexcount,
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
} from './sorted-set-range.ts';
import { zremrangebylex, zremrangebyrank, zremrangebyscore } from './sorted-set-remove.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const XX_AND_NX = 'ERR XX and NX options at the same time are not compatible';
const GT_LT_NX = 'ERR GT, LT, and/or NX options at the same time are not compatible';
const ONE_INCREMENT = 'ERR INCR option supports a single increment-element pair';
const NOT_A_NUMBER = 'ERR resulting score is not a number (NaN)';

const LETTERS_FROM = 0x41;
const KEPT_SCORES_MAX = 16 * 1024;

/** What stands between the key of ZADD and its first score. One record, reused. */
class AddOptions {
  ifMissing = false;
  ifExists = false;
  ifGreater = false;
  ifLess = false;
  countChanged = false;
  increment = false;
  /** Index of the first score. */
  first = 2;

  clear(): void {
    this.ifMissing = false;
    this.ifExists = false;
    this.ifGreater = false;
    this.ifLess = false;
    this.countChanged = false;
    this.increment = false;
    this.first = 2;
  }

  decode(cmd: CommandView): void {
    this.clear();
    for (; this.first < cmd.argc; this.first++) {
      const i = this.first;
      // Most scores begin with a digit or a sign.
      if (cmd.length(i) === 0 || cmd.buf[cmd.offset(i)] < LETTERS_FROM) return;
      if (cmd.equalsToken(i, 'NX')) this.ifMissing = true;
      else if (cmd.equalsToken(i, 'XX')) this.ifExists = true;
      else if (cmd.equalsToken(i, 'CH')) this.countChanged = true;
      else if (cmd.equalsToken(i, 'INCR')) this.increment = true;
      else if (cmd.equalsToken(i, 'GT')) this.ifGreater = true;
      else if (cmd.equalsToken(i, 'LT')) this.ifLess = true;
      else return;
    }
  }

  /** What is wrong with the options and the number of arguments behind them, or ''. */
  error(cmd: CommandView): string {
    const words = cmd.argc - this.first;
    if (words === 0 || words % 2 === 1) return SYNTAX_ERROR;
    if (this.ifMissing && this.ifExists) return XX_AND_NX;
    if ((this.ifGreater && (this.ifMissing || this.ifLess)) || (this.ifLess && this.ifMissing)) return GT_LT_NX;
    if (this.increment && words > 2) return ONE_INCREMENT;
    return '';
  }

  /** Whether these options let a member go from one score to another. */
  allows(from: number, to: number): boolean {
    if (this.ifMissing) return false;
    return !(this.ifLess && to >= from) && !(this.ifGreater && to <= from);
  }
}

const options = new AddOptions();
let scores = new Float64Array(64);

/** Reads `count` scores, every other argument from `first` on; false when one of them is no float. */
const decodeScores = (cmd: CommandView, first: number, count: number): boolean => {
  if (count > scores.length) scores = new Float64Array(count);
  else if (scores.length > KEPT_SCORES_MAX) scores = new Float64Array(KEPT_SCORES_MAX);
  for (let i = 0; i < count; i++) {
    const score = decodeDouble(cmd, first + 2 * i);
    if (Number.isNaN(score)) return false;
    scores[i] = score;
  }
  return true;
};

/** Adds the members that begin at argument `options.first`, under the conditions in `options`. */
const addMembers = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const { first, increment } = options;
  const count = (cmd.argc - first) >> 1;
  if (!decodeScores(cmd, first, count)) return refuse(reply, NOT_A_FLOAT);

  let ref = db.findCollection(cmd, 1);
  let isEmpty = false;
  if (ref === MISSING) {
    if (options.ifExists) {
      if (increment) reply.null();
      else reply.integer(0);
      return Outcome.Unchanged;
    }
    ref = createSortedSet(db, cmd.buf, cmd.offset(1), cmd.length(1), count, cmd.length(first + 1));
    isEmpty = true;
  } else if (db.type(ref) !== Type.SortedSet) {
    return refuse(reply, WRONGTYPE);
  } else if (count > 1) {
    ref = expectMembers(db, ref, count);
  }

  let added = 0;
  let updated = 0;
  let result = Number.NaN;
  for (let i = 0; i < count; i++) {
    const member = first + 2 * i + 1;
    let score = scores[i];
    const old = findMember(db, ref, cmd.buf, cmd.offset(member), cmd.length(member));
    if (Number.isNaN(old)) {
      if (options.ifExists) continue;
      ref = putFound(db, score);
      added++;
    } else {
      if (increment && !options.ifMissing) {
        score += old;
        // The only pair there is, and nothing has changed yet.
        if (Number.isNaN(score)) return refuse(reply, NOT_A_NUMBER);
      }
      if (!options.allows(old, score)) continue;
      if (score !== old) {
        ref = putFound(db, score);
        updated++;
      }
    }
    result = score;
  }

  if (!increment) reply.integer(options.countChanged ? added + updated : added);
  else if (Number.isNaN(result)) reply.null();
  else reply.double(result);
  if (isEmpty && added === 0) throw new Error('zadd: a new sorted set has no member');
  if (added + updated === 0) return Outcome.Unchanged;
  ctx.changes = added + updated;
  db.notify(KeyEventClass.SortedSet, increment ? 'zincr' : 'zadd', cmd, 1);
  return Outcome.AsReceived;
};

/**
 * ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]: adds members, or changes their scores.
 *
 * Reply:  integer, members added (with CH: added or changed); with INCR the new score, null when a condition forbade it.
 * Errors: WRONGTYPE; ERR value is not a valid float; ERR resulting score is not a number; ERR for options that do not
 *         fit together.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zadd/
 */
export const zadd = command({
  ...described.zadd,
  reduce: (db, cmd, reply, ctx) => {
    options.decode(cmd);
    const error = options.error(cmd);
    if (error !== '') return refuse(reply, error);
    return addMembers(db, cmd, reply, ctx);
  },
});

/**
 * ZINCRBY key increment member: adds to a member's score; a missing member counts as 0.
 *
 * Reply:  double, the new score.
 * Errors: WRONGTYPE; ERR value is not a valid float; ERR resulting score is not a number.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zincrby/
 */
export const zincrby = command({
  ...described.zincrby,
  reduce: (db, cmd, reply, ctx) => {
    options.clear();
    options.increment = true;
    return addMembers(db, cmd, reply, ctx);
  },
});

/**
 * ZREM key member [member ...]: removes members, and the key with the last one.
 *
 * Reply:  integer, members removed.
 * Errors: WRONGTYPE.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zrem/
 */
export const zrem = command({
  ...described.zrem,
  reduce: (db, cmd, reply, ctx) => {
    let ref = db.findCollection(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);

    let removed = 0;
    let left = memberCount(db, ref);
    for (let i = 2; i < cmd.argc && left > 0; i++) {
      const score = findMember(db, ref, cmd.buf, cmd.offset(i), cmd.length(i));
      if (Number.isNaN(score)) continue;
      ref = removeFound(db);
      removed++;
      left--;
    }
    reply.integer(removed);
    if (removed === 0) return Outcome.Unchanged;

    ctx.changes = removed;
    db.notify(KeyEventClass.SortedSet, 'zrem', cmd, 1);
    if (left === 0) {
      db.remove(ref);
      db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    }
    return Outcome.AsReceived;
  },
});

/**
 * ZCARD key: number of members.
 *
 * Reply:  integer, 0 when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/zcard/
 */
export const zcard = command({
  ...described.zcard,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    reply.integer(ref === MISSING ? 0 : memberCount(db, ref));
    return Outcome.Unchanged;
  },
});

/** Replies with the score of the member in argument `index`, null when it or its key is missing. */
const replyScore = (db: Database, ref: number, cmd: CommandView, index: number, reply: Reply): void => {
  const score = ref === MISSING ? Number.NaN : findMember(db, ref, cmd.buf, cmd.offset(index), cmd.length(index));
  if (Number.isNaN(score)) reply.null();
  else reply.double(score);
};

/**
 * ZSCORE key member: a member's score.
 *
 * Reply:  double, null when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/zscore/
 */
export const zscore = command({
  ...described.zscore,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    replyScore(db, ref, cmd, 2, reply);
    return Outcome.Unchanged;
  },
});

/**
 * ZMSCORE key member [member ...]: the scores of several members.
 *
 * Reply:  array of doubles, null for each one that is missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/zmscore/
 */
export const zmscore = command({
  ...described.zmscore,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
    reply.array(cmd.argc - 2);
    for (let i = 2; i < cmd.argc; i++) replyScore(db, ref, cmd, i, reply);
    return Outcome.Unchanged;
  },
});

/** ZRANK and ZREVRANK: the position of a member, counted from the lowest or from the highest score. */
const replyRank = (db: Database, cmd: CommandView, reply: Reply, name: string, reverse: boolean): Outcome => {
  if (cmd.argc > 4) return refuse(reply, wrongArity(name));
  const withScore = cmd.argc === 4;
  if (withScore && !cmd.equalsToken(3, 'WITHSCORE')) return refuse(reply, SYNTAX_ERROR);

  const ref = db.findRead(cmd, 1);
  if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
  const score = ref === MISSING ? Number.NaN : findMember(db, ref, cmd.buf, cmd.offset(2), cmd.length(2));
  if (Number.isNaN(score)) {
    if (withScore) reply.nullArray();
    else reply.null();
    return Outcome.Unchanged;
  }
  const rank = rankOfFound(db);
  if (withScore) reply.array(2);
  reply.integer(reverse ? memberCount(db, ref) - 1 - rank : rank);
  if (withScore) reply.double(score);
  return Outcome.Unchanged;
};

/**
 * ZRANK key member [WITHSCORE]: the position of a member in ascending order, from 0.
 *
 * Reply:  integer, or an array of it and the score; null (a null array) when the member or the key is missing.
 * Errors: WRONGTYPE; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zrank/
 */
export const zrank = command({
  ...described.zrank,
  reduce: (db, cmd, reply) => replyRank(db, cmd, reply, 'zrank', false),
});

/** ZREVRANK key member [WITHSCORE]: as ZRANK in descending order. Source: https://redis.io/docs/latest/commands/zrevrank/ */
export const zrevrank = command({
  ...described.zrevrank,
  reduce: (db, cmd, reply) => replyRank(db, cmd, reply, 'zrevrank', true),
});

export const sortedSetCommands: readonly CommandSpec[] = [
  bzmpop,
  bzpopmax,
  bzpopmin,
  zadd,
  zcard,
  zcount,
  zdiff,
  zdiffstore,
  zincrby,
  zinter,
  zintercard,
  zinterstore,
  zlexcount,
  zmpop,
  zmscore,
  zpopmax,
  zpopmin,
  zrandmember,
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrank,
  zrem,
  zremrangebylex,
  zremrangebyrank,
  zremrangebyscore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
  zrevrank,
  zscan,
  zscore,
  zunion,
  zunionstore,
];
