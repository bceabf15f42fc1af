/**
 * Parts of strings: APPEND, GETRANGE (and SUBSTR, its old name), SETRANGE.
 *
 * A string that is changed in part gets room to grow and the encoding `raw`, as in Redis.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../bytes.ts';
import { MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { CommandView } from '../resp/view.ts';
import * as described from './docs/string.ts';
import { NOT_AN_INTEGER, refuse, STRING_TOO_LONG, WRONGTYPE } from './errors.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome, type Reducer } from './spec.ts';
import { storeArgument, stringBytesMax } from './string-value.ts';

const OFFSET_OUT_OF_RANGE = 'ERR offset is out of range';

/**
 * APPEND key value: appends bytes to the string at `key`, creating it when missing. Keeps the TTL.
 *
 * Reply:  integer, length of the string after the append, in bytes.
 * Errors: WRONGTYPE; ERR past `proto-max-bulk-len`.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/append/
 */
export const append = command({
  ...described.append,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findWrite(cmd, 1);
    const added = cmd.length(2);
    if (ref === MISSING) {
      storeArgument(db, MISSING, cmd, 1, 2, false, false);
      db.notify(KeyEventClass.String, 'append', cmd, 1);
      reply.integer(added);
      return Outcome.AsReceived;
    }
    if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
    db.loadValue(ref);
    const oldLength = db.valueLength;
    if (oldLength + added > stringBytesMax(ctx)) return refuse(reply, STRING_TOO_LONG);

    db.resize(ref, oldLength + added, Encoding.Raw, true, true);
    copyBytes(cmd.buf, cmd.offset(2), db.valueBytes, db.valueAt + oldLength, added);
    db.notify(KeyEventClass.String, 'append', cmd, 1);
    reply.integer(oldLength + added);
    return Outcome.AsReceived;
  },
});

/** Whether two negative offsets that are both past 2^53 stand in the wrong order. */
const isBackwardsBeyond = (start: number, cmd: CommandView): boolean =>
  start === Number.NEGATIVE_INFINITY && (cmd.bigInteger(2) ?? 0n) > (cmd.bigInteger(3) ?? 0n);

const reduceRange: Reducer = (db, cmd, reply) => {
  let start = signedInteger(cmd, 2);
  let end = signedInteger(cmd, 3);
  if (Number.isNaN(start) || Number.isNaN(end)) return refuse(reply, NOT_AN_INTEGER);
  const ref = db.findRead(cmd, 1);
  let length = 0;
  if (ref !== MISSING) {
    if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
    db.loadValue(ref);
    length = db.valueLength;
  }
  // Both negative and backwards is empty even where clamping would make it one byte.
  const backwards = start < 0 && end < 0 && (start > end || (start === end && isBackwardsBeyond(start, cmd)));
  if (start < 0) start = Math.max(start + length, 0);
  if (end < 0) end = Math.max(end + length, 0);
  end = Math.min(end, length - 1);
  if (backwards || start > end) reply.bulk(db.valueBytes, 0, 0);
  else reply.bulk(db.valueBytes, db.valueAt + start, end - start + 1);
  return Outcome.Unchanged;
};

/**
 * GETRANGE key start end: the bytes from `start` to `end`, both included; negative offsets count from the end.
 *
 * Reply:  bulk string, empty when there is nothing in the range or no key.
 * Errors: WRONGTYPE; ERR value is not an integer.
 * Source: https://redis.io/docs/latest/commands/getrange/
 */
export const getrange = command({ ...described.getrange, reduce: reduceRange });

/** SUBSTR: the old name of GETRANGE. Source: https://redis.io/docs/latest/commands/substr/ */
export const substr = command({ ...described.substr, reduce: reduceRange });

/**
 * SETRANGE key offset value: overwrites from `offset` on; a gap behind the old end is filled with zero bytes.
 *
 * Reply:  integer, length of the string afterwards.
 * Errors: ERR value is not an integer; ERR offset is out of range; WRONGTYPE; ERR past `proto-max-bulk-len`.
 * Event:  as received; none for an empty value.
 * Source: https://redis.io/docs/latest/commands/setrange/
 */
export const setrange = command({
  ...described.setrange,
  reduce: (db, cmd, reply, ctx) => {
    const offset = signedInteger(cmd, 2);
    if (Number.isNaN(offset)) return refuse(reply, NOT_AN_INTEGER);
    if (offset < 0) return refuse(reply, OFFSET_OUT_OF_RANGE);
    const ref = db.findWrite(cmd, 1);
    const added = cmd.length(3);
    let oldLength = 0;
    if (ref !== MISSING) {
      if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
      db.loadValue(ref);
      oldLength = db.valueLength;
    }
    if (added === 0) {
      reply.integer(oldLength);
      return Outcome.Unchanged;
    }
    if (offset + added > stringBytesMax(ctx)) return refuse(reply, STRING_TOO_LONG);

    const length = Math.max(oldLength, offset + added);
    if (ref === MISSING) {
      db.create(cmd.buf, cmd.offset(1), cmd.length(1), length, Type.String, Encoding.Raw);
    } else {
      db.resize(ref, length, Encoding.Raw, true, length > oldLength);
    }
    const { valueBytes, valueAt } = db;
    if (offset > oldLength) valueBytes.fill(0, valueAt + oldLength, valueAt + offset);
    copyBytes(cmd.buf, cmd.offset(3), valueBytes, valueAt + offset, added);
    db.notify(KeyEventClass.String, 'setrange', cmd, 1);
    reply.integer(length);
    return Outcome.AsReceived;
  },
});
