/**
 * Removing ranges of a sorted set: ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
 *
 * In:  two bounds. Out: how many members went; the key goes with the last one.
 * The members of any range are neighbours in rank, so they are found in O(log n) and removed in one run.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { memberCount, removeRange } from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NOT_AN_INTEGER, refuse, WRONGTYPE } from './errors.ts';
import { LexRange, NOT_A_LEX_RANGE, NOT_A_SCORE_RANGE, RankRange, ScoreRange } from './sorted-set-bounds.ts';
import { command, Outcome } from './spec.ts';

const ranks = new RankRange();
const scores = new ScoreRange();
const members = new LexRange();

/** The entry in argument 1, which is MISSING, or has another type: the reply is written then. */
const found = (db: Database, ref: number, reply: Reply): boolean => {
  if (ref === MISSING) {
    reply.integer(0);
    return false;
  }
  if (db.type(ref) !== Type.SortedSet) {
    reply.error(WRONGTYPE);
    return false;
  }
  return true;
};

/** Removes the members of ascending ranks [from, to) and replies with their number. */
const removeRanks = (
  db: Database,
  ref: number,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  from: number,
  to: number,
  event: string,
): Outcome => {
  if (from >= to) {
    reply.integer(0);
    return Outcome.Unchanged;
  }
  const count = to - from;
  // Not one by one: the memory of a whole set comes back in slices.
  const isAll = count === memberCount(db, ref);
  if (isAll) db.remove(ref);
  else removeRange(db, ref, from, count);
  reply.integer(count);
  ctx.changes = count;
  db.notify(KeyEventClass.SortedSet, event, cmd, 1);
  if (isAll) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  return Outcome.AsReceived;
};

/**
 * ZREMRANGEBYRANK key start stop: removes the members between two ranks, both included.
 *
 * Reply:  integer, members removed.
 * Errors: WRONGTYPE; ERR value is not an integer or out of range.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zremrangebyrank/
 */
export const zremrangebyrank = command({
  ...described.zremrangebyrank,
  reduce: (db, cmd, reply, ctx) => {
    if (!ranks.decode(cmd, 2, 3)) return refuse(reply, NOT_AN_INTEGER);
    const ref = db.findWrite(cmd, 1);
    if (!found(db, ref, reply)) return Outcome.Unchanged;
    ranks.locate(memberCount(db, ref));
    return removeRanks(db, ref, cmd, reply, ctx, ranks.from, ranks.to, 'zremrangebyrank');
  },
});

/**
 * ZREMRANGEBYSCORE key min max: removes the members between two scores.
 *
 * Reply:  integer, members removed.
 * Errors: WRONGTYPE; ERR min or max is not a float.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zremrangebyscore/
 */
export const zremrangebyscore = command({
  ...described.zremrangebyscore,
  reduce: (db, cmd, reply, ctx) => {
    if (!scores.decode(cmd, 2, 3)) return refuse(reply, NOT_A_SCORE_RANGE);
    const ref = db.findWrite(cmd, 1);
    if (!found(db, ref, reply)) return Outcome.Unchanged;
    scores.locate(db, ref);
    return removeRanks(db, ref, cmd, reply, ctx, scores.from, scores.to, 'zremrangebyscore');
  },
});

/**
 * ZREMRANGEBYLEX key min max: removes the members between two members, of a set whose scores are all the same.
 *
 * Reply:  integer, members removed.
 * Errors: WRONGTYPE; ERR min or max not valid string range item.
 * Event:  as received; none when nothing changed.
 * Source: https://redis.io/docs/latest/commands/zremrangebylex/
 */
export const zremrangebylex = command({
  ...described.zremrangebylex,
  reduce: (db, cmd, reply, ctx) => {
    if (!members.decode(cmd, 2, 3)) return refuse(reply, NOT_A_LEX_RANGE);
    const ref = db.findWrite(cmd, 1);
    if (!found(db, ref, reply)) return Outcome.Unchanged;
    members.locate(db, ref, cmd);
    return removeRanks(db, ref, cmd, reply, ctx, members.from, members.to, 'zremrangebylex');
  },
});
