/**
 * Counters: strings that are numbers, changed in place.
 *
 * A counter within ±2^53 costs no BigInt and no string; beyond it, all of int64 is exact.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  parseLongDouble,
  TEXT_BYTES_MAX,
} from '../resp/longdouble.ts';
import { integerBytes, parseBigInteger, parseInteger, writeBigInteger, writeInteger } from '../resp/numbers.ts';
import type { Reply } from '../resp/reply.ts';
import { type CommandView, latin1 } from '../resp/view.ts';
import { textEncoding } from '../string-encoding.ts';
import * as described from './docs/string.ts';
import { NOT_A_FLOAT, NOT_AN_INTEGER, OVERFLOW, refuse, WRONGTYPE } from './errors.ts';
import { INT64_MAX, INT64_MIN } from './expire-time.ts';
import { command, Outcome } from './spec.ts';

const DECREMENT_OVERFLOW = 'ERR decrement would overflow';
const NOT_FINITE = 'ERR increment would produce NaN or Infinity';

/** Makes room for a value of `length` bytes at the key in argument 1 and loads the value view. */
const makeRoom = (db: Database, ref: number, cmd: CommandView, length: number, encoding: Encoding): void => {
  if (ref === MISSING) db.create(cmd.buf, cmd.offset(1), cmd.length(1), length, Type.String, encoding);
  else db.resize(ref, length, encoding, false, false);
};

/** Adds to the counter in argument 1; `by` is a safe integer, or infinite when `byBig` has to be asked. */
const increment = (db: Database, cmd: CommandView, reply: Reply, by: number, byBig?: bigint): Outcome => {
  const ref = db.findWrite(cmd, 1);
  let old = 0;
  if (ref !== MISSING) {
    if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
    db.loadValue(ref);
    old = parseInteger(db.valueBytes, db.valueAt, db.valueLength);
    if (Number.isNaN(old)) return refuse(reply, NOT_AN_INTEGER);
  }
  const sum = old + by;
  if (!Number.isSafeInteger(sum)) return incrementBig(db, ref, cmd, reply, byBig ?? BigInt(by));

  const length = integerBytes(sum);
  // Mostly the number of digits stays, and the new ones take the place of the old ones.
  if (ref !== MISSING && length === db.valueLength && db.encoding(ref) === Encoding.Int) db.preserve(ref);
  else makeRoom(db, ref, cmd, length, Encoding.Int);
  writeInteger(db.valueBytes, db.valueAt, sum);
  db.notify(KeyEventClass.String, 'incrby', cmd, 1);
  reply.integer(sum);
  return Outcome.AsReceived;
};

/** The same past 2^53. The value view of `ref` is loaded. */
const incrementBig = (db: Database, ref: number, cmd: CommandView, reply: Reply, by: bigint): Outcome => {
  const old = ref === MISSING ? 0n : (parseBigInteger(db.valueBytes, db.valueAt, db.valueLength) ?? 0n);
  const sum = old + by;
  if (sum > INT64_MAX || sum < INT64_MIN) return refuse(reply, OVERFLOW);

  makeRoom(db, ref, cmd, sum.toString().length, Encoding.Int);
  writeBigInteger(db.valueBytes, db.valueAt, sum);
  db.notify(KeyEventClass.String, 'incrby', cmd, 1);
  reply.bigInteger(sum);
  return Outcome.AsReceived;
};

/**
 * INCR key: adds 1. Keeps the TTL.
 *
 * Reply:  integer, the value after the change; a missing key counts as 0.
 * Errors: WRONGTYPE; ERR value is not an integer; ERR increment or decrement would overflow.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/incr/
 */
export const incr = command({ ...described.incr, reduce: (db, cmd, reply) => increment(db, cmd, reply, 1) });

/** DECR key: adds -1, else as INCR. Source: https://redis.io/docs/latest/commands/decr/ */
export const decr = command({ ...described.decr, reduce: (db, cmd, reply) => increment(db, cmd, reply, -1) });

/** INCRBY key increment: as INCR, by any int64. Source: https://redis.io/docs/latest/commands/incrby/ */
export const incrby = command({
  ...described.incrby,
  reduce: (db, cmd, reply) => {
    const by = cmd.integer(2);
    if (Number.isNaN(by)) return refuse(reply, NOT_AN_INTEGER);
    return Number.isFinite(by) ? increment(db, cmd, reply, by) : increment(db, cmd, reply, by, cmd.bigInteger(2));
  },
});

/**
 * DECRBY key decrement: as INCRBY, downwards. The smallest int64 has no negative, so it is refused.
 *
 * Source: https://redis.io/docs/latest/commands/decrby/
 */
export const decrby = command({
  ...described.decrby,
  reduce: (db, cmd, reply) => {
    const by = cmd.integer(2);
    if (Number.isNaN(by)) return refuse(reply, NOT_AN_INTEGER);
    if (Number.isFinite(by)) return increment(db, cmd, reply, 0 - by);
    const big = cmd.bigInteger(2) ?? 0n;
    return big === INT64_MIN ? refuse(reply, DECREMENT_OVERFLOW) : increment(db, cmd, reply, by, -big);
  },
});

/**
 * INCRBYFLOAT key increment: adds a number in the arithmetic of C's long double. Keeps the TTL.
 *
 * Reply:  bulk string, the value after the change.
 * Errors: WRONGTYPE; ERR value is not a valid float; ERR increment would produce NaN or Infinity.
 * Event:  `SET key value KEEPTTL`, so that nobody has to calculate it again.
 * Source: https://redis.io/docs/latest/commands/incrbyfloat/
 */
export const incrbyfloat = command({
  ...described.incrbyfloat,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findWrite(cmd, 1);
    let text = '0';
    if (ref !== MISSING) {
      if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
      db.loadValue(ref);
      // The beginning of a long value is too long to be a number already.
      text = latin1(db.valueBytes, db.valueAt, db.valueAt + Math.min(db.valueLength, TEXT_BYTES_MAX + 1));
    }
    const old = parseLongDouble(text);
    const by = parseLongDouble(cmd.text(2));
    if (old === undefined || by === undefined) return refuse(reply, NOT_A_FLOAT);
    const sum = addLongDouble(old, by);
    if (!isFiniteLongDouble(sum)) return refuse(reply, NOT_FINITE);

    const result = formatLongDouble(sum);
    makeRoom(db, ref, cmd, result.length, textEncoding(result.length));
    const { valueBytes, valueAt } = db;
    for (let i = 0; i < result.length; i++) valueBytes[valueAt + i] = result.charCodeAt(i);
    db.notify(KeyEventClass.String, 'incrbyfloat', cmd, 1);
    reply.bulkText(result);
    ctx.effects
      .begin(db.index, 4)
      .text('SET')
      .bytes(cmd.buf, cmd.offset(1), cmd.length(1))
      .text(result)
      .text('KEEPTTL');
    return Outcome.Rewritten;
  },
});
