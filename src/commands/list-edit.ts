/**
 * Elements of lists found, inserted, replaced and removed: LPOS, LINSERT, LSET, LREM, LTRIM.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { sameElement } from '../keyspace/listpack.ts';
import type { CommandView } from '../resp/view.ts';
import { dropElements, End, listLength, makeRoom, packIfSmall } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';
import * as described from './docs/list.ts';
import { NO_SUCH_KEY, NOT_A_LONG, NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

const INDEX_OUT_OF_RANGE = 'ERR index out of range';
const RANK_ZERO =
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";
const COUNT_NEGATIVE = "ERR COUNT can't be negative";
const MAXLEN_NEGATIVE = "ERR MAXLEN can't be negative";
const INT64_MIN = -(2n ** 63n);

const cursor = new ListCursor();

/**
 * LINSERT key BEFORE | AFTER pivot element: inserts beside the first element that equals `pivot`.
 *
 * Reply:  integer, the length of the list afterwards; -1 without such an element, 0 without the key.
 * Errors: ERR syntax error; WRONGTYPE.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/linsert/
 */
export const linsert = command({
  ...described.linsert,
  reduce: (db, cmd, reply) => {
    const behind = cmd.equalsToken(2, 'AFTER');
    if (!behind && !cmd.equalsToken(2, 'BEFORE')) return refuse(reply, SYNTAX_ERROR);
    const ref = db.findWrite(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    cursor.seekEnd(db, ref, End.Left);
    if (!cursor.find(db, cmd.buf, cmd.offset(3), cmd.length(3))) {
      reply.integer(-1);
      return Outcome.Unchanged;
    }
    const length = listLength(db, ref);
    const wasPacked = cursor.chunk === 0;
    const target = makeRoom(db, ref, cmd.length(4), 1);
    if (wasPacked) {
      cursor.seekEnd(db, target, End.Left);
      cursor.find(db, cmd.buf, cmd.offset(3), cmd.length(3));
    }
    cursor.insert(db, target, behind, cmd.buf, cmd.offset(4), cmd.length(4));
    reply.integer(length + 1);
    db.notify(KeyEventClass.List, 'linsert', cmd, 1);
    return Outcome.AsReceived;
  },
});

/**
 * LSET key index element: replaces the element at an index, 0-based; a negative one counts from the end.
 *
 * Reply:  OK.
 * Errors: ERR no such key; WRONGTYPE; ERR value is not an integer; ERR index out of range.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/lset/
 */
export const lset = command({
  ...described.lset,
  reduce: (db, cmd, reply) => {
    const ref = db.findWrite(cmd, 1);
    if (ref === MISSING) return refuse(reply, NO_SUCH_KEY);
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    let index = signedInteger(cmd, 2);
    if (Number.isNaN(index)) return refuse(reply, NOT_AN_INTEGER);
    const length = listLength(db, ref);
    if (index < 0) index += length;
    if (index < 0 || index >= length) return refuse(reply, INDEX_OUT_OF_RANGE);

    const target = makeRoom(db, ref, cmd.length(3), 1);
    cursor.seek(db, target, index);
    packIfSmall(db, cursor.replace(db, target, cmd.buf, cmd.offset(3), cmd.length(3)));
    reply.ok();
    db.notify(KeyEventClass.List, 'lset', cmd, 1);
    return Outcome.AsReceived;
  },
});

/**
 * LREM key count element: removes the first `count` elements that equal `element`; the last ones when `count` is
 * negative, all when it is 0.
 *
 * Reply:  integer, how many were removed.
 * Errors: ERR value is not an integer; WRONGTYPE.
 * Event:  as received; none when nothing was removed.
 * Source: https://redis.io/docs/latest/commands/lrem/
 */
export const lrem = command({
  ...described.lrem,
  reduce: (db, cmd, reply, ctx) => {
    const wanted = signedInteger(cmd, 2);
    if (Number.isNaN(wanted)) return refuse(reply, NOT_AN_INTEGER);
    const ref = db.findWrite(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    const length = listLength(db, ref);
    const limit = wanted === 0 ? Number.POSITIVE_INFINITY : Math.abs(wanted);
    const at = cmd.offset(3);
    const bytes = cmd.length(3);
    let target = ref;
    let removed = 0;
    if (wanted >= 0) {
      cursor.seekEnd(db, ref, End.Left);
      while (removed < limit && cursor.find(db, cmd.buf, at, bytes)) {
        target = cursor.remove(db, target);
        removed++;
        if (!cursor.settleForward(db)) break;
      }
    } else {
      cursor.seekEnd(db, ref, End.Right);
      for (let there = true; there && removed < limit; ) {
        if (sameElement(cursor.buf, cursor.pos, cmd.buf, at, bytes)) {
          target = cursor.remove(db, target);
          removed++;
        }
        there = cursor.previous(db);
      }
    }
    cursor.finish(db);
    reply.integer(removed);
    if (removed === 0) return Outcome.Unchanged;
    ctx.changes = removed;
    if (removed === length) db.remove(target);
    else packIfSmall(db, target);
    db.notify(KeyEventClass.List, 'lrem', cmd, 1);
    if (removed === length) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    return Outcome.AsReceived;
  },
});

/**
 * LTRIM key start stop: keeps the elements from `start` to `stop`, both included, and removes the others; negative indexes
 * count from the end.
 *
 * Reply:  OK.
 * Errors: ERR value is not an integer; WRONGTYPE.
 * Event:  as received; none when nothing was removed.
 * Source: https://redis.io/docs/latest/commands/ltrim/
 */
export const ltrim = command({
  ...described.ltrim,
  reduce: (db, cmd, reply, ctx) => {
    let start = signedInteger(cmd, 2);
    let stop = signedInteger(cmd, 3);
    if (Number.isNaN(start) || Number.isNaN(stop)) return refuse(reply, NOT_AN_INTEGER);
    const ref = db.findWrite(cmd, 1);
    if (ref === MISSING) {
      reply.ok();
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    const length = listLength(db, ref);
    if (start < 0) start = Math.max(start + length, 0);
    if (stop < 0) stop += length;
    stop = Math.min(stop, length - 1);
    const isEmpty = start > stop;
    const left = isEmpty ? length : start;
    const right = isEmpty ? 0 : length - 1 - stop;
    // Who watches the key is told even when nothing goes, as in Redis.
    db.preserve(ref);
    if (isEmpty) db.remove(ref);
    else packIfSmall(db, left + right === 0 ? ref : dropElements(db, ref, left, right));
    reply.ok();
    db.notify(KeyEventClass.List, 'ltrim', cmd, 1);
    if (isEmpty) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    ctx.changes = left + right;
    return left + right === 0 ? Outcome.Unchanged : Outcome.AsReceived;
  },
});

/** The options of LPOS. One record, reused. */
class Search {
  rank = 1;
  /** How many matches, 0 = all, -1 = one, which is not replied as an array. */
  count = -1;
  /** How many elements to look at, 0 = all. */
  elementsMax = 0;

  /** Reads the options from argument 3 on; the error, or '' when there is none. */
  decode(cmd: CommandView): string {
    this.rank = 1;
    this.count = -1;
    this.elementsMax = 0;
    for (let i = 3; i < cmd.argc; i += 2) {
      const error = i + 1 < cmd.argc ? this.decodeOption(cmd, i) : SYNTAX_ERROR;
      if (error !== '') return error;
    }
    return '';
  }

  private decodeOption(cmd: CommandView, index: number): string {
    const value = signedInteger(cmd, index + 1);
    if (cmd.equalsToken(index, 'RANK')) {
      if (Number.isNaN(value)) return NOT_AN_INTEGER;
      if (value === 0) return RANK_ZERO;
      this.rank = value;
      const isBeyond = value === Number.NEGATIVE_INFINITY && cmd.bigInteger(index + 1) === INT64_MIN;
      return isBeyond ? NOT_A_LONG : '';
    }
    if (cmd.equalsToken(index, 'COUNT')) {
      this.count = value;
      return value >= 0 ? '' : COUNT_NEGATIVE;
    }
    if (cmd.equalsToken(index, 'MAXLEN')) {
      this.elementsMax = value;
      return value >= 0 ? '' : MAXLEN_NEGATIVE;
    }
    return SYNTAX_ERROR;
  }
}

const search = new Search();
const MATCHES_KEPT_MAX = 65536;
/** The indexes found; the reply begins with their number. */
let matches = new Int32Array(64);

const noteMatch = (found: number, index: number): void => {
  if (found === matches.length) {
    const wider = new Int32Array(found * 2);
    wider.set(matches);
    matches = wider;
  }
  matches[found] = index;
};

/** Finds what `search` looks for in a list of `length` elements; the number of matches. */
const findMatches = (db: Database, ref: number, length: number, cmd: CommandView): number => {
  const { rank, count } = search;
  const backwards = rank < 0;
  const wanted = count === -1 ? 1 : count === 0 ? Number.POSITIVE_INFINITY : count;
  let skip = Math.abs(rank) - 1;
  let left = search.elementsMax === 0 ? length : Math.min(search.elementsMax, length);
  let index = backwards ? length - 1 : 0;
  let found = 0;
  cursor.seekEnd(db, ref, backwards ? End.Right : End.Left);
  for (let there = true; there && left > 0; left--) {
    if (sameElement(cursor.buf, cursor.pos, cmd.buf, cmd.offset(2), cmd.length(2))) {
      if (skip > 0) skip--;
      else {
        noteMatch(found++, index);
        if (found >= wanted) return found;
      }
    }
    there = backwards ? cursor.previous(db) : cursor.next(db);
    index += backwards ? -1 : 1;
  }
  return found;
};

/**
 * LPOS key element [RANK rank] [COUNT num] [MAXLEN len]: where elements that equal `element` stand. RANK says with which
 * match to begin, from the end when it is negative; COUNT how many to reply (0 = all); MAXLEN how many elements to look at.
 *
 * Reply:  integer, the index, or null; with COUNT an array of them.
 * Errors: ERR syntax error; ERR RANK can't be zero ...; ERR COUNT can't be negative; ERR MAXLEN can't be negative;
 *         ERR value is not an integer; WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/lpos/
 */
export const lpos = command({
  ...described.lpos,
  reduce: (db, cmd, reply) => {
    const error = search.decode(cmd);
    if (error !== '') return refuse(reply, error);
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    const found = ref === MISSING ? 0 : findMatches(db, ref, listLength(db, ref), cmd);
    if (search.count !== -1) {
      reply.array(found);
      for (let i = 0; i < found; i++) reply.integer(matches[i]);
    } else if (found === 0) reply.null();
    else reply.integer(matches[0]);
    if (matches.length > MATCHES_KEPT_MAX) matches = new Int32Array(64);
    return Outcome.Unchanged;
  },
});
