/**
 * The list family at its ends and by index: elements added, taken, counted and read. Elements are found and changed in
 * list-edit.ts, moved between lists in list-move.ts, waited for in list-blocking.ts.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: values lie in the arena; pushing, popping and ranges copy bytes once and allocate nothing.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { End, listLength, pushArguments } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';
import type { Context } from './context.ts';
import * as described from './docs/list.ts';
import { NOT_AN_INTEGER, NOT_POSITIVE, refuse, WRONGTYPE, wrongArity } from './errors.ts';
import { blmove, blmpop, blpop, brpop, brpoplpush } from './list-blocking.ts';
import { linsert, lpos, lrem, lset, ltrim } from './list-edit.ts';
import { lmove, lmpop, rpoplpush } from './list-move.ts';
import { replyElement, replyElements, takeElements } from './list-value.ts';
import { signedInteger } from './signed-integer.ts';
import { type CommandSpec, command, Outcome, type Reducer } from './spec.ts';

const cursor = new ListCursor();

const reducePush =
  (end: End, onlyExisting: boolean): Reducer =>
  (db, cmd, reply, ctx) => {
    const ref = db.findCollection(cmd, 1);
    let length = 0;
    if (ref !== MISSING) {
      if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
      length = listLength(db, ref);
    } else if (onlyExisting) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    pushArguments(db, ref, 1, end, cmd, 2);
    reply.integer(length + cmd.argc - 2);
    ctx.changes = cmd.argc - 2;
    db.notify(KeyEventClass.List, end === End.Left ? 'lpush' : 'rpush', cmd, 1);
    return Outcome.AsReceived;
  };

/**
 * LPUSH key element [element ...]: puts the elements in front of the list, one after the other, so the last one comes to
 * stand first; a missing key is created.
 *
 * Reply:  integer, the length of the list afterwards.
 * Errors: WRONGTYPE.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/lpush/
 */
export const lpush = command({ ...described.lpush, reduce: reducePush(End.Left, false) });

/** RPUSH key element [element ...]: LPUSH at the other end. Source: https://redis.io/docs/latest/commands/rpush/ */
export const rpush = command({ ...described.rpush, reduce: reducePush(End.Right, false) });

/**
 * LPUSHX key element [element ...]: LPUSH where the key exists.
 *
 * Reply:  integer, the length of the list afterwards; 0 when there is none.
 * Source: https://redis.io/docs/latest/commands/lpushx/
 */
export const lpushx = command({ ...described.lpushx, reduce: reducePush(End.Left, true) });

/** RPUSHX key element [element ...]: RPUSH where the key exists. Source: https://redis.io/docs/latest/commands/rpushx/ */
export const rpushx = command({ ...described.rpushx, reduce: reducePush(End.Right, true) });

const popOne = (db: Database, cmd: CommandView, reply: Reply, end: End): Outcome => {
  const ref = db.findCollection(cmd, 1);
  if (ref === MISSING) {
    reply.null();
    return Outcome.Unchanged;
  }
  if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
  cursor.seekEnd(db, ref, end);
  replyElement(cursor, reply);
  takeElements(db, ref, cmd, 1, end, 1, listLength(db, ref));
  return Outcome.AsReceived;
};

const popMany = (db: Database, cmd: CommandView, reply: Reply, ctx: Context, end: End): Outcome => {
  const wanted = signedInteger(cmd, 2);
  if (Number.isNaN(wanted) || wanted < 0) return refuse(reply, NOT_POSITIVE);
  const ref = db.findCollection(cmd, 1);
  if (ref === MISSING) {
    reply.nullArray();
    return Outcome.Unchanged;
  }
  if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
  const length = listLength(db, ref);
  const count = Math.min(wanted, length);
  reply.array(count);
  if (count === 0) return Outcome.Unchanged;
  replyElements(db, ref, end, count, reply);
  takeElements(db, ref, cmd, 1, end, count, length);
  ctx.changes = count;
  return Outcome.AsReceived;
};

const reducePop =
  (end: End, name: string): Reducer =>
  (db, cmd, reply, ctx) => {
    if (cmd.argc === 2) return popOne(db, cmd, reply, end);
    if (cmd.argc > 3) return refuse(reply, wrongArity(name));
    return popMany(db, cmd, reply, ctx, end);
  };

/**
 * LPOP key [count]: takes the first element, or up to `count` of them; a list without elements is removed.
 *
 * Reply:  bulk string, or an array with a count; null when there is no key.
 * Errors: ERR value is out of range, must be positive; WRONGTYPE.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/lpop/
 */
export const lpop = command({ ...described.lpop, reduce: reducePop(End.Left, 'lpop') });

/** RPOP key [count]: LPOP at the other end. Source: https://redis.io/docs/latest/commands/rpop/ */
export const rpop = command({ ...described.rpop, reduce: reducePop(End.Right, 'rpop') });

/**
 * LLEN key: how many elements the list has.
 *
 * Reply:  integer, 0 when there is no key.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/llen/
 */
export const llen = command({
  ...described.llen,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    reply.integer(ref === MISSING ? 0 : listLength(db, ref));
    return Outcome.Unchanged;
  },
});

/**
 * LRANGE key start stop: the elements from `start` to `stop`, both included; negative indexes count from the end.
 *
 * Reply:  array, empty when there is nothing in the range or no key.
 * Errors: ERR value is not an integer; WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/lrange/
 */
export const lrange = command({
  ...described.lrange,
  reduce: (db, cmd, reply) => {
    let start = signedInteger(cmd, 2);
    let stop = signedInteger(cmd, 3);
    if (Number.isNaN(start) || Number.isNaN(stop)) return refuse(reply, NOT_AN_INTEGER);
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.array(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    const length = listLength(db, ref);
    if (start < 0) start = Math.max(start + length, 0);
    if (stop < 0) stop += length;
    if (stop >= length) stop = length - 1;
    const count = stop - start + 1;
    if (count <= 0) {
      reply.array(0);
      return Outcome.Unchanged;
    }
    reply.array(count);
    cursor.seek(db, ref, start);
    let left = count;
    do replyElement(cursor, reply);
    while (--left > 0 && cursor.next(db));
    return Outcome.Unchanged;
  },
});

/**
 * LINDEX key index: the element at an index, 0-based; a negative one counts from the end.
 *
 * Reply:  bulk string, or null when there is none or no key.
 * Errors: WRONGTYPE; ERR value is not an integer.
 * Source: https://redis.io/docs/latest/commands/lindex/
 */
export const lindex = command({
  ...described.lindex,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.null();
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
    let index = signedInteger(cmd, 2);
    if (Number.isNaN(index)) return refuse(reply, NOT_AN_INTEGER);
    const length = listLength(db, ref);
    if (index < 0) index += length;
    if (index < 0 || index >= length) {
      reply.null();
      return Outcome.Unchanged;
    }
    cursor.seek(db, ref, index);
    replyElement(cursor, reply);
    return Outcome.Unchanged;
  },
});

export const listCommands: readonly CommandSpec[] = [
  lpush,
  rpush,
  lpushx,
  rpushx,
  lpop,
  rpop,
  llen,
  lrange,
  lindex,
  linsert,
  lset,
  lrem,
  ltrim,
  lpos,
  lmove,
  rpoplpush,
  lmpop,
  blpop,
  brpop,
  blmove,
  brpoplpush,
  blmpop,
];
