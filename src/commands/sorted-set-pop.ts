/**
 * Taking the members with the lowest or the highest scores: ZPOPMIN, ZPOPMAX, ZMPOP and the ones that wait for members.
 *
 * In:  a command event. Out: what was taken; the key goes with the last member.
 * A client that waits is parked by blocking.ts, which runs the reducer again when a key comes into being; so each reducer
 * here tries to serve first. The write event of all of them is ZPOPMIN or ZPOPMAX.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { MemberCursor, memberCount, removeRange } from '../values/sorted-set.ts';
import { block, decodeTimeout, NullForm, timeoutError } from './blocking.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NO_COUNT, NO_NUMKEYS, NOT_POSITIVE, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

const cursor = new MemberCursor();

/** Takes `count` of the `size` members at one end out of the set, and tells of it. */
const take = (
  db: Database,
  ref: number,
  cmd: CommandView,
  key: number,
  ctx: Context,
  isMax: boolean,
  count: number,
  size: number,
): void => {
  const isAll = count === size;
  if (isAll) db.remove(ref);
  else removeRange(db, ref, isMax ? size - count : 0, count);
  ctx.changes = count;
  db.notify(KeyEventClass.SortedSet, isMax ? 'zpopmax' : 'zpopmin', cmd, key);
  if (isAll) db.notify(KeyEventClass.Generic, 'del', cmd, key);
};

/** Replies with the next `count` members and their scores, in pairs or one behind the other. */
const replyMembers = (reply: Reply, count: number, nested: boolean): void => {
  for (let i = 0; i < count; i++) {
    cursor.next();
    if (nested) reply.array(2);
    reply.bulk(cursor.bytes, cursor.at, cursor.length);
    reply.double(cursor.score);
  }
};

const openEnd = (db: Database, ref: number, size: number, isMax: boolean): void => {
  cursor.open(db, ref, isMax ? size - 1 : 0, isMax);
};

/** ZPOPMIN and ZPOPMAX. */
const pop = (db: Database, cmd: CommandView, reply: Reply, ctx: Context, isMax: boolean): Outcome => {
  if (cmd.argc > 3) return refuse(reply, SYNTAX_ERROR);
  const hasCount = cmd.argc === 3;
  const wanted = hasCount ? signedInteger(cmd, 2) : 1;
  if (!(wanted >= 0)) return refuse(reply, NOT_POSITIVE);
  const ref = db.findCollection(cmd, 1);
  if (ref !== MISSING && db.type(ref) !== Type.SortedSet) return refuse(reply, WRONGTYPE);
  if (ref === MISSING || wanted === 0) {
    reply.array(0);
    return Outcome.Unchanged;
  }

  const size = memberCount(db, ref);
  const count = Math.min(wanted, size);
  const nested = hasCount && reply.version === 3;
  reply.array(nested ? count : count * 2);
  openEnd(db, ref, size, isMax);
  replyMembers(reply, count, nested);
  take(db, ref, cmd, 1, ctx, isMax, count, size);
  return Outcome.AsReceived;
};

/**
 * ZPOPMIN key [count]: takes the members with the lowest scores, in ascending order.
 *
 * Reply:  array of member and score, empty when missing; with a count pairs of them in RESP3.
 * Errors: WRONGTYPE; ERR value is out of range, must be positive; ERR syntax error.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/zpopmin/
 */
export const zpopmin = command({
  ...described.zpopmin,
  reduce: (db, cmd, reply, ctx) => pop(db, cmd, reply, ctx, false),
});

/** ZPOPMAX key [count]: as ZPOPMIN from the other end. Source: https://redis.io/docs/latest/commands/zpopmax/ */
export const zpopmax = command({
  ...described.zpopmax,
  reduce: (db, cmd, reply, ctx) => pop(db, cmd, reply, ctx, true),
});

/** Begins the event of a pop from the key in argument `key`. */
const writeEvent = (db: Database, cmd: CommandView, key: number, ctx: Context, isMax: boolean, argc: number): void => {
  ctx.effects
    .begin(db.index, argc)
    .text(isMax ? 'ZPOPMAX' : 'ZPOPMIN')
    .bytes(cmd.buf, cmd.offset(key), cmd.length(key));
};

/** Where a search through several keys ended. */
class Search {
  ref = MISSING;
  key = 0;

  /** The first of `count` keys from argument `first` on that is there; false when it holds another type. */
  run(db: Database, cmd: CommandView, first: number, count: number): boolean {
    this.ref = MISSING;
    for (this.key = first; this.key < first + count; this.key++) {
      this.ref = db.findWrite(cmd, this.key);
      if (this.ref !== MISSING) return db.type(this.ref) === Type.SortedSet;
    }
    return true;
  }
}

const search = new Search();

/** BZPOPMIN and BZPOPMAX. */
const popOrWait = (db: Database, cmd: CommandView, reply: Reply, ctx: Context, isMax: boolean): Outcome => {
  const keys = cmd.argc - 2;
  const timeoutMs = decodeTimeout(cmd, cmd.argc - 1);
  if (Number.isNaN(timeoutMs)) return refuse(reply, timeoutError(cmd, cmd.argc - 1));
  if (!search.run(db, cmd, 1, keys)) return refuse(reply, WRONGTYPE);
  const { ref, key } = search;
  if (ref === MISSING) return block(ctx, db, cmd, 1, keys, Type.SortedSet, timeoutMs, NullForm.Array);

  const size = memberCount(db, ref);
  reply.array(3);
  reply.bulk(cmd.buf, cmd.offset(key), cmd.length(key));
  openEnd(db, ref, size, isMax);
  replyMembers(reply, 1, false);
  take(db, ref, cmd, key, ctx, isMax, 1, size);
  writeEvent(db, cmd, key, ctx, isMax, 2);
  return Outcome.Rewritten;
};

/**
 * BZPOPMIN key [key ...] timeout: ZPOPMIN from the first key that is there, waiting for one when none is.
 *
 * Reply:  array of key, member and score; a null array when the time is over.
 * Errors: WRONGTYPE; ERR timeout is negative; ERR timeout is not a float or out of range.
 * Event:  ZPOPMIN key.
 * Source: https://redis.io/docs/latest/commands/bzpopmin/
 */
export const bzpopmin = command({
  ...described.bzpopmin,
  reduce: (db, cmd, reply, ctx) => popOrWait(db, cmd, reply, ctx, false),
});

/** BZPOPMAX key [key ...] timeout: as BZPOPMIN from the other end. Source: https://redis.io/docs/latest/commands/bzpopmax/ */
export const bzpopmax = command({
  ...described.bzpopmax,
  reduce: (db, cmd, reply, ctx) => popOrWait(db, cmd, reply, ctx, true),
});

/** `numkeys key [key ...] MIN|MAX [COUNT count]`. One record, reused. */
class Several {
  keys = 0;
  isMax = false;
  count = 1;

  /** Reads the arguments from `numkeys` on. Returns what is wrong, or ''. */
  decode(cmd: CommandView, numkeys: number): string {
    this.keys = signedInteger(cmd, numkeys);
    if (!(this.keys > 0)) return NO_NUMKEYS;
    const where = numkeys + this.keys + 1;
    if (where >= cmd.argc) return SYNTAX_ERROR;
    this.isMax = cmd.equalsToken(where, 'MAX');
    if (!this.isMax && !cmd.equalsToken(where, 'MIN')) return SYNTAX_ERROR;

    this.count = 1;
    if (where + 1 === cmd.argc) return '';
    if (where + 2 >= cmd.argc || !cmd.equalsToken(where + 1, 'COUNT')) return SYNTAX_ERROR;
    this.count = signedInteger(cmd, where + 2);
    if (!(this.count > 0)) return NO_COUNT;
    return where + 3 === cmd.argc ? '' : SYNTAX_ERROR;
  }
}

const several = new Several();

/** Serves ZMPOP or BZMPOP from what `search` has found. */
const popSeveral = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const { ref, key } = search;
  const { isMax } = several;
  const size = memberCount(db, ref);
  const count = Math.min(several.count, size);
  reply.array(2);
  reply.bulk(cmd.buf, cmd.offset(key), cmd.length(key));
  reply.array(count);
  openEnd(db, ref, size, isMax);
  replyMembers(reply, count, true);
  take(db, ref, cmd, key, ctx, isMax, count, size);
  writeEvent(db, cmd, key, ctx, isMax, 3);
  ctx.effects.integer(count);
  return Outcome.Rewritten;
};

/**
 * ZMPOP numkeys key [key ...] MIN|MAX [COUNT count]: takes members from the first key that is there.
 *
 * Reply:  array of the key and an array of pairs of member and score; a null array when no key is there.
 * Errors: WRONGTYPE; ERR numkeys should be greater than 0; ERR count should be greater than 0; ERR syntax error.
 * Event:  ZPOPMIN (or ZPOPMAX) key count, with the number of members taken.
 * Source: https://redis.io/docs/latest/commands/zmpop/
 */
export const zmpop = command({
  ...described.zmpop,
  reduce: (db, cmd, reply, ctx) => {
    const error = several.decode(cmd, 1);
    if (error !== '') return refuse(reply, error);
    if (!search.run(db, cmd, 2, several.keys)) return refuse(reply, WRONGTYPE);
    if (search.ref !== MISSING) return popSeveral(db, cmd, reply, ctx);
    reply.nullArray();
    return Outcome.Unchanged;
  },
});

/**
 * BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]: as ZMPOP, waiting for a key when none is there.
 *
 * Reply:  as ZMPOP; a null array when the time is over.
 * Errors: as ZMPOP; ERR timeout is negative; ERR timeout is not a float or out of range.
 * Event:  ZPOPMIN (or ZPOPMAX) key count.
 * Source: https://redis.io/docs/latest/commands/bzmpop/
 */
export const bzmpop = command({
  ...described.bzmpop,
  reduce: (db, cmd, reply, ctx) => {
    const error = several.decode(cmd, 2);
    if (error !== '') return refuse(reply, error);
    const timeoutMs = decodeTimeout(cmd, 1);
    if (Number.isNaN(timeoutMs)) return refuse(reply, timeoutError(cmd, 1));
    if (!search.run(db, cmd, 3, several.keys)) return refuse(reply, WRONGTYPE);
    if (search.ref !== MISSING) return popSeveral(db, cmd, reply, ctx);
    return block(ctx, db, cmd, 3, several.keys, Type.SortedSet, timeoutMs, NullForm.Array);
  },
});
