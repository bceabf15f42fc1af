/**
 * The string family: values set, read and replaced as a whole. Parts of values are in string-range.ts, counters in
 * increment.ts, LCS in lcs.ts.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: values lie in the arena; SET and GET copy bytes once and allocate nothing.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';
import * as described from './docs/string.ts';
import { refuse, SYNTAX_ERROR, WRONGTYPE, wrongArity } from './errors.ts';
import { Decoded, ExpireTime, expireTimeError, MS_PER_SECOND } from './expire-time.ts';
import { expireOrRemove } from './expiry.ts';
import { decr, decrby, incr, incrby, incrbyfloat } from './increment.ts';
import { lcs } from './lcs.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';
import { append, getrange, setrange, substr } from './string-range.ts';
import { storeArgument } from './string-value.ts';

enum Condition {
  None = 0,
  IfMissing = 1,
  IfExists = 2,
}

/** What stands behind the key and value of SET, or behind the key of GETEX. One record, reused. */
class Options {
  condition = Condition.None;
  get = false;
  keepTtl = false;
  persist = false;
  /** Index of the argument with the time, or 0. */
  timeIndex = 0;
  timeUnitMs = 1;
  timeIsAbsolute = false;

  /** Reads the options from argument `from` on; false when they do not fit together. */
  decode(cmd: CommandView, from: number, isSet: boolean): boolean {
    this.condition = Condition.None;
    this.get = false;
    this.keepTtl = false;
    this.persist = false;
    this.timeIndex = 0;
    for (let i = from; i < cmd.argc; i++) {
      if (isSet && cmd.equalsToken(i, 'NX') && this.condition !== Condition.IfExists) {
        this.condition = Condition.IfMissing;
      } else if (isSet && cmd.equalsToken(i, 'XX') && this.condition !== Condition.IfMissing) {
        this.condition = Condition.IfExists;
      } else if (isSet && cmd.equalsToken(i, 'GET')) {
        this.get = true;
      } else if (isSet && cmd.equalsToken(i, 'KEEPTTL') && this.timeIndex === 0) {
        this.keepTtl = true;
      } else if (!isSet && cmd.equalsToken(i, 'PERSIST') && this.timeIndex === 0) {
        this.persist = true;
      } else if (this.decodeTime(cmd, i)) {
        i++;
      } else {
        return false;
      }
    }
    return true;
  }

  /** An option that names a time may come again, but not one of another kind. */
  private decodeTime(cmd: CommandView, index: number): boolean {
    if (index + 1 >= cmd.argc || this.keepTtl || this.persist) return false;
    const seconds = cmd.equalsToken(index, 'EX');
    const absoluteSeconds = cmd.equalsToken(index, 'EXAT');
    const absoluteMs = cmd.equalsToken(index, 'PXAT');
    if (!seconds && !absoluteSeconds && !absoluteMs && !cmd.equalsToken(index, 'PX')) return false;

    const unitMs = seconds || absoluteSeconds ? MS_PER_SECOND : 1;
    const isAbsolute = absoluteSeconds || absoluteMs;
    if (this.timeIndex !== 0 && (unitMs !== this.timeUnitMs || isAbsolute !== this.timeIsAbsolute)) return false;
    this.timeIndex = index + 1;
    this.timeUnitMs = unitMs;
    this.timeIsAbsolute = isAbsolute;
    return true;
  }
}

const options = new Options();
const expireTime = new ExpireTime();

const decodeTimeOption = (cmd: CommandView, ctx: Context): Decoded =>
  expireTime.decode(cmd, options.timeIndex, options.timeUnitMs, options.timeIsAbsolute ? 0 : ctx.nowMs, true);

/** Replies with the string at `ref`, null when missing. False when it is no string, which is the reply then. */
const replyValue = (db: Database, ref: number, reply: Reply): boolean => {
  if (ref === MISSING) {
    reply.null();
    return true;
  }
  if (db.type(ref) !== Type.String) {
    reply.error(WRONGTYPE);
    return false;
  }
  db.loadValue(ref);
  reply.bulk(db.valueBytes, db.valueAt, db.valueLength);
  return true;
};

/** Writes the event `SET key value`, open for `more` further arguments. */
const writeSet = (db: Database, cmd: CommandView, value: number, more: number, ctx: Context): Outcome => {
  ctx.effects
    .begin(db.index, 3 + more)
    .text('SET')
    .bytes(cmd.buf, cmd.offset(1), cmd.length(1))
    .bytes(cmd.buf, cmd.offset(value), cmd.length(value));
  return Outcome.Rewritten;
};

/** Stores the value with the expiry in `expireTime`; the event is `SET key value PXAT ms`. */
const storeExpiring = (db: Database, ref: number, cmd: CommandView, value: number, ctx: Context): Outcome => {
  db.setExpiry(storeArgument(db, ref, cmd, 1, value, false, true), expireTime.ms);
  db.notify(KeyEventClass.String, 'set', cmd, 1);
  db.notify(KeyEventClass.Generic, 'expire', cmd, 1);
  writeSet(db, cmd, value, 2, ctx);
  ctx.effects.text('PXAT');
  expireTime.writeTo(ctx.effects);
  return Outcome.Rewritten;
};

/**
 * SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]: sets the value, whatever was there.
 *
 * Reply:  OK, or null when the condition was not met; with GET the old value or null in either case.
 * Errors: ERR syntax error; ERR invalid expire time; with GET, WRONGTYPE when the old value is no string.
 * Event:  as received, with GET left out; `SET key value PXAT ms` when it expires.
 * Source: https://redis.io/docs/latest/commands/set/
 */
export const set = command({
  ...described.set,
  reduce: (db, cmd, reply, ctx) => {
    if (cmd.argc === 3) {
      storeArgument(db, db.findWrite(cmd, 1), cmd, 1, 2, false, false);
      db.notify(KeyEventClass.String, 'set', cmd, 1);
      reply.ok();
      return Outcome.AsReceived;
    }
    return setWithOptions(db, cmd, reply, ctx);
  },
});

const setWithOptions = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  if (!options.decode(cmd, 3, true)) return refuse(reply, SYNTAX_ERROR);
  if (options.timeIndex !== 0) {
    const decoded = decodeTimeOption(cmd, ctx);
    if (decoded !== Decoded.Ok) return refuse(reply, expireTimeError(decoded, 'set'));
  }
  const { condition, get } = options;
  const ref = get ? db.findRead(cmd, 1) : db.findWrite(cmd, 1);
  if (get && !replyValue(db, ref, reply)) return Outcome.Unchanged;

  if (ref === MISSING ? condition === Condition.IfExists : condition === Condition.IfMissing) {
    if (!get) reply.null();
    return Outcome.Unchanged;
  }
  if (!get) reply.ok();
  if (options.timeIndex !== 0) return storeExpiring(db, ref, cmd, 2, ctx);
  storeArgument(db, ref, cmd, 1, 2, options.keepTtl, false);
  db.notify(KeyEventClass.String, 'set', cmd, 1);
  return get ? writeWithoutGet(db, cmd, ctx) : Outcome.AsReceived;
};

/** The event of a SET with GET: the same command without it. */
const writeWithoutGet = (db: Database, cmd: CommandView, ctx: Context): Outcome => {
  let others = 0;
  for (let i = 3; i < cmd.argc; i++) if (!cmd.equalsToken(i, 'GET')) others++;
  writeSet(db, cmd, 2, others, ctx);
  for (let i = 3; i < cmd.argc; i++) {
    if (!cmd.equalsToken(i, 'GET')) ctx.effects.bytes(cmd.buf, cmd.offset(i), cmd.length(i));
  }
  return Outcome.Rewritten;
};

/**
 * SETNX key value: sets the value when the key is missing.
 *
 * Reply:  integer, 1 when it was set, else 0.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/setnx/
 */
export const setnx = command({
  ...described.setnx,
  reduce: (db, cmd, reply) => {
    if (db.findWrite(cmd, 1) !== MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    storeArgument(db, MISSING, cmd, 1, 2, false, false);
    db.notify(KeyEventClass.String, 'set', cmd, 1);
    reply.integer(1);
    return Outcome.AsReceived;
  },
});

const setExpiring = (
  db: Database,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  unitMs: number,
  name: string,
): Outcome => {
  const decoded = expireTime.decode(cmd, 2, unitMs, ctx.nowMs, true);
  if (decoded !== Decoded.Ok) return refuse(reply, expireTimeError(decoded, name));
  reply.ok();
  return storeExpiring(db, db.findWrite(cmd, 1), cmd, 3, ctx);
};

/**
 * SETEX key seconds value: sets a value that expires.
 *
 * Reply:  OK.
 * Errors: ERR invalid expire time unless the time is above 0 and fits int64 milliseconds.
 * Event:  `SET key value PXAT ms`.
 * Source: https://redis.io/docs/latest/commands/setex/
 */
export const setex = command({
  ...described.setex,
  reduce: (db, cmd, reply, ctx) => setExpiring(db, cmd, reply, ctx, MS_PER_SECOND, 'setex'),
});

/** PSETEX key milliseconds value: as SETEX, in milliseconds. Source: https://redis.io/docs/latest/commands/psetex/ */
export const psetex = command({
  ...described.psetex,
  reduce: (db, cmd, reply, ctx) => setExpiring(db, cmd, reply, ctx, 1, 'psetex'),
});

/**
 * GET key: the value.
 *
 * Reply:  bulk string, or null when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/get/
 */
export const get = command({
  ...described.get,
  reduce: (db, cmd, reply) => {
    replyValue(db, db.findRead(cmd, 1), reply);
    return Outcome.Unchanged;
  },
});

/**
 * GETSET key value: replies with the old value and sets a new one, which does not expire.
 *
 * Event:  `SET key value`.
 * Source: https://redis.io/docs/latest/commands/getset/
 */
export const getset = command({
  ...described.getset,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findRead(cmd, 1);
    if (!replyValue(db, ref, reply)) return Outcome.Unchanged;
    storeArgument(db, ref, cmd, 1, 2, false, false);
    db.notify(KeyEventClass.String, 'set', cmd, 1);
    return writeSet(db, cmd, 2, 0, ctx);
  },
});

/**
 * GETDEL key: replies with the value and removes the key.
 *
 * Event:  `DEL key`, or `UNLINK key` with lazyfree-lazy-user-del.
 * Source: https://redis.io/docs/latest/commands/getdel/
 */
export const getdel = command({
  ...described.getdel,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findRead(cmd, 1);
    if (!replyValue(db, ref, reply) || ref === MISSING) return Outcome.Unchanged;
    db.remove(ref);
    db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    const name = ctx.config['lazyfree-lazy-user-del'] ? 'UNLINK' : 'DEL';
    ctx.effects.begin(db.index, 2).text(name).bytes(cmd.buf, cmd.offset(1), cmd.length(1));
    return Outcome.Rewritten;
  },
});

/**
 * GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]: replies with the value and sets or removes its expiry.
 *
 * Reply:  bulk string, or null when missing.
 * Errors: WRONGTYPE; ERR syntax error; ERR invalid expire time (when the key is there).
 * Event:  `PEXPIREAT key ms`, `PERSIST key`, `DEL key` for a time in the past, or none.
 * Source: https://redis.io/docs/latest/commands/getex/
 */
export const getex = command({
  ...described.getex,
  reduce: (db, cmd, reply, ctx) => {
    if (!options.decode(cmd, 2, false)) return refuse(reply, SYNTAX_ERROR);
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) === Type.String && options.timeIndex !== 0) {
      const decoded = decodeTimeOption(cmd, ctx);
      if (decoded !== Decoded.Ok) return refuse(reply, expireTimeError(decoded, 'getex'));
    }
    if (!replyValue(db, ref, reply) || ref === MISSING) return Outcome.Unchanged;

    if (options.timeIndex !== 0) return expireOrRemove(db, ref, cmd, expireTime, cmd.argc, ctx);
    if (!options.persist || !db.clearExpiry(ref)) return Outcome.Unchanged;
    db.notify(KeyEventClass.Generic, 'persist', cmd, 1);
    ctx.effects.begin(db.index, 2).text('PERSIST').bytes(cmd.buf, cmd.offset(1), cmd.length(1));
    return Outcome.Rewritten;
  },
});

/**
 * MGET key [key …]: the values.
 *
 * Reply:  array, with null for a key that is missing or holds no string.
 * Source: https://redis.io/docs/latest/commands/mget/
 */
export const mget = command({
  ...described.mget,
  reduce: (db, cmd, reply) => {
    reply.array(cmd.argc - 1);
    for (let i = 1; i < cmd.argc; i++) {
      const ref = db.findRead(cmd, i);
      if (ref === MISSING || db.type(ref) !== Type.String) reply.null();
      else replyValue(db, ref, reply);
    }
    return Outcome.Unchanged;
  },
});

const storePairs = (db: Database, cmd: CommandView, ctx: Context): void => {
  for (let i = 1; i < cmd.argc; i += 2) {
    storeArgument(db, db.findWrite(cmd, i), cmd, i, i + 1, false, false);
    db.notify(KeyEventClass.String, 'set', cmd, i);
  }
  ctx.changes = (cmd.argc - 1) >>> 1;
};

/**
 * MSET key value [key value …]: sets all.
 *
 * Reply:  OK.
 * Errors: ERR wrong number of arguments when a value is missing.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/mset/
 */
export const mset = command({
  ...described.mset,
  reduce: (db, cmd, reply, ctx) => {
    if ((cmd.argc & 1) === 0) return refuse(reply, wrongArity('mset'));
    storePairs(db, cmd, ctx);
    reply.ok();
    return Outcome.AsReceived;
  },
});

/**
 * MSETNX key value [key value …]: sets all when none of the keys exists.
 *
 * Reply:  integer, 1 when they were set, else 0.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/msetnx/
 */
export const msetnx = command({
  ...described.msetnx,
  reduce: (db, cmd, reply, ctx) => {
    if ((cmd.argc & 1) === 0) return refuse(reply, wrongArity('msetnx'));
    for (let i = 1; i < cmd.argc; i += 2) {
      if (db.findWrite(cmd, i) !== MISSING) {
        reply.integer(0);
        return Outcome.Unchanged;
      }
    }
    storePairs(db, cmd, ctx);
    reply.integer(1);
    return Outcome.AsReceived;
  },
});

/**
 * STRLEN key: length of the value in bytes.
 *
 * Reply:  integer, 0 when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/strlen/
 */
export const strlen = command({
  ...described.strlen,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (db.type(ref) !== Type.String) return refuse(reply, WRONGTYPE);
    db.loadValue(ref);
    reply.integer(db.valueLength);
    return Outcome.Unchanged;
  },
});

export const stringCommands: readonly CommandSpec[] = [
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  substr,
];
