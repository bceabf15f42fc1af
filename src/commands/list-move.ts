/**
 * Elements moved from one list to another, or taken from the first of several: LMOVE, RPOPLPUSH, LMPOP. The blocking
 * forms share what is here.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../bytes.ts';
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { Element } from '../keyspace/listpack.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { createList, dropElements, End, listLength, packIfSmall, pushElement, scratchOf } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';
import type { Context } from './context.ts';
import * as described from './docs/list.ts';
import { NO_COUNT, NO_NUMKEYS, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { replyElements, takeElements } from './list-value.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

const cursor = new ListCursor();
const element = new Element();

/** The end that an argument names, LEFT or RIGHT; undefined for anything else. */
export const decodeEnd = (cmd: CommandView, index: number): End | undefined => {
  if (cmd.equalsToken(index, 'LEFT')) return End.Left;
  return cmd.equalsToken(index, 'RIGHT') ? End.Right : undefined;
};

/**
 * Moves an element from an end of the list `source`, which is there, to an end of the list under argument 2, and replies
 * with it. False when that holds no list, which is the reply then.
 */
export const moveElement = (
  db: Database,
  source: number,
  cmd: CommandView,
  from: End,
  to: End,
  reply: Reply,
): boolean => {
  const target = db.findWrite(cmd, 2);
  if (target !== MISSING && db.type(target) !== Type.List) {
    reply.error(WRONGTYPE);
    return false;
  }
  cursor.seekEnd(db, source, from);
  element.read(cursor.buf, cursor.pos);
  // The element lies in memory that is about to move.
  const { length } = element;
  const bytes = scratchOf(length);
  copyBytes(element.bytes, element.at, bytes, 0, length);
  reply.bulk(bytes, 0, length);

  const left = dropElements(db, source, from === End.Left ? 1 : 0, from === End.Left ? 0 : 1);
  if (target === MISSING) createList(db, cmd, 2, bytes, 0, length);
  else pushElement(db, target === source ? left : target, to, bytes, 0, length);
  db.notify(KeyEventClass.List, to === End.Left ? 'lpush' : 'rpush', cmd, 2);
  db.notify(KeyEventClass.List, from === End.Left ? 'lpop' : 'rpop', cmd, 1);

  // Pushing into the same list may have moved its entry.
  const rest = target === source ? db.find(cmd, 1) : left;
  if (listLength(db, rest) > 0) packIfSmall(db, rest);
  else {
    db.remove(rest);
    db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  }
  return true;
};

const reduceMove = (db: Database, cmd: CommandView, reply: Reply, from: End, to: End): Outcome => {
  const source = db.findWrite(cmd, 1);
  if (source === MISSING) {
    reply.null();
    return Outcome.Unchanged;
  }
  if (db.type(source) !== Type.List) return refuse(reply, WRONGTYPE);
  return moveElement(db, source, cmd, from, to, reply) ? Outcome.AsReceived : Outcome.Unchanged;
};

/**
 * LMOVE source destination LEFT | RIGHT LEFT | RIGHT: takes an element from an end of one list and puts it to an end of
 * another, or of the same.
 *
 * Reply:  bulk string, the element; null when there is no source.
 * Errors: ERR syntax error; WRONGTYPE.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/lmove/
 */
export const lmove = command({
  ...described.lmove,
  reduce: (db, cmd, reply) => {
    const from = decodeEnd(cmd, 3);
    const to = decodeEnd(cmd, 4);
    if (from === undefined || to === undefined) return refuse(reply, SYNTAX_ERROR);
    return reduceMove(db, cmd, reply, from, to);
  },
});

/** RPOPLPUSH source destination: LMOVE RIGHT LEFT. Source: https://redis.io/docs/latest/commands/rpoplpush/ */
export const rpoplpush = command({
  ...described.rpoplpush,
  reduce: (db, cmd, reply) => reduceMove(db, cmd, reply, End.Right, End.Left),
});

/** What LMPOP and BLMPOP take: the keys are the arguments [firstKey, firstKey + keys). One record, reused. */
class Taking {
  firstKey = 0;
  keys = 0;
  end = End.Left;
  count = 1;

  /** Reads the arguments from the number of keys on; the error, or '' when there is none. */
  decode(cmd: CommandView, from: number): string {
    const keys = signedInteger(cmd, from);
    if (!(keys > 0)) return NO_NUMKEYS;
    const endIndex = from + 1 + keys;
    if (endIndex >= cmd.argc) return SYNTAX_ERROR;
    const end = decodeEnd(cmd, endIndex);
    if (end === undefined) return SYNTAX_ERROR;
    this.firstKey = from + 1;
    this.keys = keys;
    this.end = end;
    this.count = 1;
    if (endIndex + 1 === cmd.argc) return '';
    if (endIndex + 2 >= cmd.argc || !cmd.equalsToken(endIndex + 1, 'COUNT')) return SYNTAX_ERROR;
    this.count = signedInteger(cmd, endIndex + 2);
    if (!(this.count > 0)) return NO_COUNT;
    return endIndex + 3 === cmd.argc ? '' : SYNTAX_ERROR;
  }
}

export const taking = new Taking();

/** What became of the keys of LMPOP. */
export enum Taken {
  Nothing = 0,
  Elements = 1,
  /** A key of another type, which is the reply. */
  Refused = 2,
}

/** Replies with the first key that holds a list and what `taking` takes from it. */
export const takeFromFirst = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Taken => {
  const { firstKey, keys, end } = taking;
  for (let key = firstKey; key < firstKey + keys; key++) {
    const ref = db.findWrite(cmd, key);
    if (ref === MISSING) continue;
    if (db.type(ref) !== Type.List) {
      reply.error(WRONGTYPE);
      return Taken.Refused;
    }
    const length = listLength(db, ref);
    const count = Math.min(taking.count, length);
    reply.array(2);
    reply.bulk(cmd.buf, cmd.offset(key), cmd.length(key));
    reply.array(count);
    replyElements(db, ref, end, count, reply);
    takeElements(db, ref, cmd, key, end, count, length);
    ctx.changes = count;
    ctx.effects
      .begin(db.index, 3)
      .text(end === End.Left ? 'LPOP' : 'RPOP')
      .bytes(cmd.buf, cmd.offset(key), cmd.length(key))
      .integer(count);
    return Taken.Elements;
  }
  return Taken.Nothing;
};

/**
 * LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count]: takes up to `count` elements from the first list there is.
 *
 * Reply:  array of the key and an array of the elements; null when there is no list.
 * Errors: ERR numkeys should be greater than 0; ERR count should be greater than 0; ERR syntax error; WRONGTYPE.
 * Event:  `LPOP key count`, or RPOP.
 * Source: https://redis.io/docs/latest/commands/lmpop/
 */
export const lmpop = command({
  ...described.lmpop,
  reduce: (db, cmd, reply, ctx) => {
    const error = taking.decode(cmd, 1);
    if (error !== '') return refuse(reply, error);
    const taken = takeFromFirst(db, cmd, reply, ctx);
    if (taken === Taken.Nothing) reply.nullArray();
    return taken === Taken.Elements ? Outcome.Rewritten : Outcome.Unchanged;
  },
});
