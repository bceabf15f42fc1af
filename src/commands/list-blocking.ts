/**
 * Commands on lists that wait until there is something to take: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP.
 *
 * They take what is there as their other forms do, and what is propagated is the other form. When there is nothing they
 * are parked, and run again once one of their keys holds a list.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { End, listLength } from '../values/list.ts';
import { block, decodeTimeout, NullForm, timeoutError } from './blocking.ts';
import type { Context } from './context.ts';
import * as described from './docs/list.ts';
import { refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { decodeEnd, moveElement, Taken, takeFromFirst, taking } from './list-move.ts';
import { replyElements, takeElements } from './list-value.ts';
import { command, Outcome, type Reducer } from './spec.ts';

const reducePop =
  (end: End): Reducer =>
  (db, cmd, reply, ctx) => {
    const timeoutIndex = cmd.argc - 1;
    const timeoutMs = decodeTimeout(cmd, timeoutIndex);
    if (Number.isNaN(timeoutMs)) return refuse(reply, timeoutError(cmd, timeoutIndex));
    for (let key = 1; key < timeoutIndex; key++) {
      const ref = db.findWrite(cmd, key);
      if (ref === MISSING) continue;
      if (db.type(ref) !== Type.List) return refuse(reply, WRONGTYPE);
      reply.array(2);
      reply.bulk(cmd.buf, cmd.offset(key), cmd.length(key));
      replyElements(db, ref, end, 1, reply);
      takeElements(db, ref, cmd, key, end, 1, listLength(db, ref));
      ctx.effects
        .begin(db.index, 2)
        .text(end === End.Left ? 'LPOP' : 'RPOP')
        .bytes(cmd.buf, cmd.offset(key), cmd.length(key));
      return Outcome.Rewritten;
    }
    return block(ctx, db, cmd, 1, timeoutIndex - 1, Type.List, timeoutMs, NullForm.Array);
  };

/**
 * BLPOP key [key ...] timeout: takes the first element of the first list there is, or waits for one.
 *
 * Reply:  array of the key and the element; null when the time is up.
 * Errors: ERR timeout is negative; ERR timeout is not a float or out of range; WRONGTYPE.
 * Event:  `LPOP key`.
 * Source: https://redis.io/docs/latest/commands/blpop/
 */
export const blpop = command({ ...described.blpop, reduce: reducePop(End.Left) });

/** BRPOP key [key ...] timeout: BLPOP at the other end. Source: https://redis.io/docs/latest/commands/brpop/ */
export const brpop = command({ ...described.brpop, reduce: reducePop(End.Right) });

/** Moves an element, or waits for one. True when one was moved. */
const moveOrBlock = (
  db: Database,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  from: End,
  to: End,
  timeoutIndex: number,
): boolean => {
  const timeoutMs = decodeTimeout(cmd, timeoutIndex);
  if (Number.isNaN(timeoutMs)) {
    reply.error(timeoutError(cmd, timeoutIndex));
    return false;
  }
  const source = db.findWrite(cmd, 1);
  if (source === MISSING) {
    block(ctx, db, cmd, 1, 1, Type.List, timeoutMs, NullForm.Bulk);
    return false;
  }
  if (db.type(source) !== Type.List) {
    reply.error(WRONGTYPE);
    return false;
  }
  return moveElement(db, source, cmd, from, to, reply);
};

/**
 * BLMOVE source destination LEFT | RIGHT LEFT | RIGHT timeout: LMOVE, which waits for an element when there is none.
 *
 * Reply:  bulk string, the element; null when the time is up.
 * Errors: ERR syntax error; those of a timeout; WRONGTYPE.
 * Event:  `LMOVE source destination LEFT | RIGHT LEFT | RIGHT`.
 * Source: https://redis.io/docs/latest/commands/blmove/
 */
export const blmove = command({
  ...described.blmove,
  reduce: (db, cmd, reply, ctx) => {
    const from = decodeEnd(cmd, 3);
    const to = decodeEnd(cmd, 4);
    if (from === undefined || to === undefined) return refuse(reply, SYNTAX_ERROR);
    if (!moveOrBlock(db, cmd, reply, ctx, from, to, 5)) return Outcome.Unchanged;
    ctx.effects.begin(db.index, 5).text('LMOVE');
    for (let i = 1; i <= 4; i++) ctx.effects.bytes(cmd.buf, cmd.offset(i), cmd.length(i));
    return Outcome.Rewritten;
  },
});

/**
 * BRPOPLPUSH source destination timeout: BLMOVE RIGHT LEFT.
 *
 * Event:  `RPOPLPUSH source destination`.
 * Source: https://redis.io/docs/latest/commands/brpoplpush/
 */
export const brpoplpush = command({
  ...described.brpoplpush,
  reduce: (db, cmd, reply, ctx) => {
    if (!moveOrBlock(db, cmd, reply, ctx, End.Right, End.Left, 3)) return Outcome.Unchanged;
    ctx.effects.begin(db.index, 3).text('RPOPLPUSH');
    for (let i = 1; i <= 2; i++) ctx.effects.bytes(cmd.buf, cmd.offset(i), cmd.length(i));
    return Outcome.Rewritten;
  },
});

/**
 * BLMPOP timeout numkeys key [key ...] LEFT | RIGHT [COUNT count]: LMPOP, which waits for a list when there is none.
 *
 * Reply:  array of the key and an array of the elements; null when the time is up.
 * Errors: those of a timeout and of LMPOP.
 * Event:  `LPOP key count`, or RPOP.
 * Source: https://redis.io/docs/latest/commands/blmpop/
 */
export const blmpop = command({
  ...described.blmpop,
  reduce: (db, cmd, reply, ctx) => {
    const error = taking.decode(cmd, 2);
    if (error !== '') return refuse(reply, error);
    const timeoutMs = decodeTimeout(cmd, 1);
    if (Number.isNaN(timeoutMs)) return refuse(reply, timeoutError(cmd, 1));
    const taken = takeFromFirst(db, cmd, reply, ctx);
    if (taken === Taken.Elements) return Outcome.Rewritten;
    if (taken === Taken.Refused) return Outcome.Unchanged;
    const { firstKey, keys } = taking;
    return block(ctx, db, cmd, firstKey, keys, Type.List, timeoutMs, NullForm.Array);
  },
});
