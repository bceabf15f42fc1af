/**
 * Fields that are numbers, changed in place: HINCRBY and HINCRBYFLOAT.
 *
 * A counter within ±2^53 costs no BigInt and no string; beyond it, all of int64 is exact.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  parseLongDouble,
  TEXT_BYTES_MAX,
} from '../resp/longdouble.ts';
import { INTEGER_BYTES_MAX, parseBigInteger, parseInteger, writeBigInteger, writeInteger } from '../resp/numbers.ts';
import type { Reply } from '../resp/reply.ts';
import { type CommandView, latin1 } from '../resp/view.ts';
import { createHashTable, getField, HashBuilder, makeFit, setField, value } from '../values/hash.ts';
import * as described from './docs/hash.ts';
import { NOT_A_FLOAT, NOT_AN_INTEGER, OVERFLOW, refuse, WRONGTYPE } from './errors.ts';
import { INT64_MAX, INT64_MIN } from './expire-time.ts';
import { command, Outcome } from './spec.ts';

const FIELD_NOT_AN_INTEGER = 'ERR hash value is not an integer';
const FIELD_NOT_A_FLOAT = 'ERR hash value is not a float';
const INCREMENT_NOT_FINITE = 'ERR value is NaN or Infinity';
const NOT_FINITE = 'ERR increment would produce NaN or Infinity';
const FIELD = 2;
const INCREMENT = 3;

const builder = new HashBuilder();
const digits = new Uint8Array(INTEGER_BYTES_MAX);

/** Gives the field in argument 2 a value; `ref` is a hash or MISSING. */
const store = (db: Database, ref: number, cmd: CommandView, bytes: Uint8Array, length: number): void => {
  const { buf } = cmd;
  const at = cmd.offset(FIELD);
  const fieldLength = cmd.length(FIELD);
  const bytesMax = Math.max(fieldLength, length);
  const { limits } = db.keyspace;
  let target = ref;
  if (ref !== MISSING) {
    target = makeFit(db, ref, 1, bytesMax, fieldLength + length);
  } else if (limits.hashEntries === 0 || bytesMax > limits.hashValueBytes) {
    target = createHashTable(db, buf, cmd.offset(1), cmd.length(1));
  } else {
    builder.begin();
    builder.set(buf, at, fieldLength, bytes, 0, length);
    builder.finish(db, buf, cmd.offset(1), cmd.length(1));
    return;
  }
  setField(db, target, buf, at, fieldLength, bytes, 0, length);
};

const incrementBig = (db: Database, ref: number, cmd: CommandView, reply: Reply, old: bigint): Outcome => {
  const sum = old + (cmd.bigInteger(INCREMENT) ?? 0n);
  if (sum > INT64_MAX || sum < INT64_MIN) return refuse(reply, OVERFLOW);
  store(db, ref, cmd, digits, writeBigInteger(digits, 0, sum));
  reply.bigInteger(sum);
  db.notify(KeyEventClass.Hash, 'hincrby', cmd, 1);
  return Outcome.AsReceived;
};

/**
 * HINCRBY key field increment: adds to a counter; a missing field counts as 0.
 *
 * Reply:  integer, the value after the change.
 * Errors: ERR value is not an integer; WRONGTYPE; ERR hash value is not an integer; ERR increment or decrement would
 *         overflow.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/hincrby/
 */
export const hincrby = command({
  ...described.hincrby,
  reduce: (db, cmd, reply) => {
    const by = cmd.integer(INCREMENT);
    if (Number.isNaN(by)) return refuse(reply, NOT_AN_INTEGER);
    const ref = db.findWrite(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    let old = 0;
    const isThere = ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(FIELD), cmd.length(FIELD));
    if (isThere) {
      old = parseInteger(value.bytes, value.at, value.length);
      if (Number.isNaN(old)) return refuse(reply, FIELD_NOT_AN_INTEGER);
    }
    const sum = old + by;
    if (!Number.isSafeInteger(sum)) {
      const exact = isThere ? (parseBigInteger(value.bytes, value.at, value.length) ?? 0n) : 0n;
      return incrementBig(db, ref, cmd, reply, exact);
    }
    store(db, ref, cmd, digits, writeInteger(digits, 0, sum));
    reply.integer(sum);
    db.notify(KeyEventClass.Hash, 'hincrby', cmd, 1);
    return Outcome.AsReceived;
  },
});

/**
 * HINCRBYFLOAT key field increment: adds a number in the arithmetic of C's long double; a missing field counts as 0.
 *
 * Reply:  bulk string, the value after the change.
 * Errors: ERR value is not a valid float; ERR value is NaN or Infinity; WRONGTYPE; ERR hash value is not a float; ERR
 *         increment would produce NaN or Infinity.
 * Event:  `HSET key field value`, so that nobody has to calculate it again.
 * Source: https://redis.io/docs/latest/commands/hincrbyfloat/
 */
export const hincrbyfloat = command({
  ...described.hincrbyfloat,
  reduce: (db, cmd, reply, ctx) => {
    const by = parseLongDouble(cmd.text(INCREMENT));
    if (by === undefined) return refuse(reply, NOT_A_FLOAT);
    if (!isFiniteLongDouble(by)) return refuse(reply, INCREMENT_NOT_FINITE);
    const ref = db.findWrite(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    let text = '0';
    if (ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(FIELD), cmd.length(FIELD))) {
      // The beginning of a long value is too long to be a number already.
      text = latin1(value.bytes, value.at, value.at + Math.min(value.length, TEXT_BYTES_MAX + 1));
    }
    const old = parseLongDouble(text);
    if (old === undefined) return refuse(reply, FIELD_NOT_A_FLOAT);
    const sum = addLongDouble(old, by);
    if (!isFiniteLongDouble(sum)) return refuse(reply, NOT_FINITE);

    const result = formatLongDouble(sum);
    store(db, ref, cmd, Buffer.from(result, 'latin1'), result.length);
    reply.bulkText(result);
    ctx.effects
      .begin(db.index, 4)
      .text('HSET')
      .bytes(cmd.buf, cmd.offset(1), cmd.length(1))
      .bytes(cmd.buf, cmd.offset(FIELD), cmd.length(FIELD))
      .text(result);
    db.notify(KeyEventClass.Hash, 'hincrbyfloat', cmd, 1);
    return Outcome.Rewritten;
  },
});
