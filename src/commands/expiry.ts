/**
 * The life time of keys: EXPIRE and its kin, TTL and its kin, PERSIST.
 *
 * In:  a command event. Out: a reply, and events with absolute times only.
 *
 * @since 0.1.0
 */
import { type Database, MISSING, NO_EXPIRY } from '../keyspace/database.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { ExpiryMode } from '../keyspace/keyspace.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';
import * as described from './docs/expiry.ts';
import { refuse } from './errors.ts';
import { Decoded, ExpireTime, expireTimeError, MS_PER_SECOND, replyWhole } from './expire-time.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const INCOMPATIBLE_WITH_NX = 'ERR NX and XX, GT or LT options at the same time are not compatible';
const INCOMPATIBLE_GT_LT = 'ERR GT and LT options at the same time are not compatible';
const NO_KEY = -2;
const NO_TTL = -1;
const HALF_SECOND_MS = 500;

enum Condition {
  None = 0,
  IfNone = 1,
  IfSome = 2,
  IfGreater = 4,
  IfLess = 8,
}

const expireTime = new ExpireTime();

/**
 * Gives a key its expiry, or removes it at once when a master finds that the time is past. The event is
 * `PEXPIREAT key ms` with the arguments from `moreFrom` on, or the removal.
 */
export const expireOrRemove = (
  db: Database,
  ref: number,
  cmd: CommandView,
  time: ExpireTime,
  moreFrom: number,
  ctx: Context,
): Outcome => {
  const { effects, keyspace } = ctx;
  if (time.ms <= ctx.nowMs && keyspace.expiryMode === ExpiryMode.Remove) {
    db.remove(ref);
    db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    const name = ctx.config['lazyfree-lazy-expire'] ? 'UNLINK' : 'DEL';
    effects.begin(db.index, 2).text(name).bytes(cmd.buf, cmd.offset(1), cmd.length(1));
    return Outcome.Rewritten;
  }
  db.setExpiry(ref, time.ms);
  db.notify(KeyEventClass.Generic, 'expire', cmd, 1);
  const more = cmd.argc - moreFrom;
  effects
    .begin(db.index, 3 + more)
    .text('PEXPIREAT')
    .bytes(cmd.buf, cmd.offset(1), cmd.length(1));
  time.writeTo(effects);
  for (let i = moreFrom; i < cmd.argc; i++) effects.bytes(cmd.buf, cmd.offset(i), cmd.length(i));
  return Outcome.Rewritten;
};

/** The error of an option that nobody knows, which is a C string for Redis. */
const unsupportedOption = (cmd: CommandView, index: number): string =>
  `ERR Unsupported option ${cmd.text(index).split('\0', 1)[0]}`;

/** NX, XX, GT and LT behind the time, as a set of bits; the error text when they do not go together. */
const decodeCondition = (cmd: CommandView): number | string => {
  let bits = Condition.None;
  for (let i = 3; i < cmd.argc; i++) {
    if (cmd.equalsToken(i, 'NX')) bits |= Condition.IfNone;
    else if (cmd.equalsToken(i, 'XX')) bits |= Condition.IfSome;
    else if (cmd.equalsToken(i, 'GT')) bits |= Condition.IfGreater;
    else if (cmd.equalsToken(i, 'LT')) bits |= Condition.IfLess;
    else return unsupportedOption(cmd, i);
  }
  if ((bits & Condition.IfNone) !== 0 && bits !== Condition.IfNone) return INCOMPATIBLE_WITH_NX;
  const both = Condition.IfGreater | Condition.IfLess;
  return (bits & both) === both ? INCOMPATIBLE_GT_LT : bits;
};

/** Whether the old expiry lets the new one be set. No expiry counts as an infinite one. */
const isMet = (condition: number, oldMs: number, newMs: number): boolean => {
  const expires = oldMs !== NO_EXPIRY;
  if ((condition & Condition.IfNone) !== 0 && expires) return false;
  if ((condition & Condition.IfSome) !== 0 && !expires) return false;
  if ((condition & Condition.IfGreater) !== 0 && (!expires || newMs <= oldMs)) return false;
  return (condition & Condition.IfLess) === 0 || !expires || newMs < oldMs;
};

const reduceExpire = (
  db: Database,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  unitMs: number,
  baseMs: number,
  name: string,
): Outcome => {
  const condition = cmd.argc === 3 ? Condition.None : decodeCondition(cmd);
  if (typeof condition === 'string') return refuse(reply, condition);
  const decoded = expireTime.decode(cmd, 2, unitMs, baseMs, false);
  if (decoded !== Decoded.Ok) return refuse(reply, expireTimeError(decoded, name));

  const ref = db.findWrite(cmd, 1);
  if (ref === MISSING || (condition !== Condition.None && !isMet(condition, db.expireAtMs(ref), expireTime.ms))) {
    reply.integer(0);
    return Outcome.Unchanged;
  }
  reply.integer(1);
  return expireOrRemove(db, ref, cmd, expireTime, 3, ctx);
};

/**
 * EXPIRE key seconds [NX | XX | GT | LT]: lets the key expire; at once when the time is not in the future.
 *
 * Reply:  integer, 1 when the expiry was set, 0 when there is no key or the condition is not met.
 * Errors: ERR Unsupported option; ERR not compatible; ERR value is not an integer; ERR invalid expire time.
 * Event:  `PEXPIREAT key ms`, or `DEL key` (`UNLINK key` with lazyfree-lazy-expire).
 * Source: https://redis.io/docs/latest/commands/expire/
 */
export const expire = command({
  ...described.expire,
  reduce: (db, cmd, reply, ctx) => reduceExpire(db, cmd, reply, ctx, MS_PER_SECOND, ctx.nowMs, 'expire'),
});

/** EXPIREAT: as EXPIRE, at a unix time in seconds. Source: https://redis.io/docs/latest/commands/expireat/ */
export const expireat = command({
  ...described.expireat,
  reduce: (db, cmd, reply, ctx) => reduceExpire(db, cmd, reply, ctx, MS_PER_SECOND, 0, 'expireat'),
});

/** PEXPIRE: as EXPIRE, in milliseconds. Source: https://redis.io/docs/latest/commands/pexpire/ */
export const pexpire = command({
  ...described.pexpire,
  reduce: (db, cmd, reply, ctx) => reduceExpire(db, cmd, reply, ctx, 1, ctx.nowMs, 'pexpire'),
});

/** PEXPIREAT: as EXPIRE, at a unix time in ms. Source: https://redis.io/docs/latest/commands/pexpireat/ */
export const pexpireat = command({
  ...described.pexpireat,
  reduce: (db, cmd, reply, ctx) => reduceExpire(db, cmd, reply, ctx, 1, 0, 'pexpireat'),
});

/** The expiry of the key in argument 1 in ms, counted from `baseMs`; NO_KEY or NO_TTL. */
const remainingMs = (db: Database, cmd: CommandView, baseMs: number): number => {
  const ref = db.findQuietly(cmd, 1);
  if (ref === MISSING) return NO_KEY;
  const expireAtMs = db.expireAtMs(ref);
  return expireAtMs === NO_EXPIRY ? NO_TTL : Math.max(expireAtMs - baseMs, 0);
};

const replyMs = (db: Database, cmd: CommandView, reply: Reply, baseMs: number): Outcome => {
  replyWhole(reply, remainingMs(db, cmd, baseMs));
  return Outcome.Unchanged;
};

const replySeconds = (db: Database, cmd: CommandView, reply: Reply, baseMs: number): Outcome => {
  const ms = remainingMs(db, cmd, baseMs);
  replyWhole(reply, ms < 0 ? ms : Math.floor((ms + HALF_SECOND_MS) / MS_PER_SECOND));
  return Outcome.Unchanged;
};

/**
 * TTL key: seconds until the key expires, rounded.
 *
 * Reply:  integer; -1 when it does not expire, -2 when there is no key.
 * Source: https://redis.io/docs/latest/commands/ttl/
 */
export const ttl = command({
  ...described.ttl,
  reduce: (db, cmd, reply, ctx) => replySeconds(db, cmd, reply, ctx.nowMs),
});

/** PTTL: as TTL, in milliseconds. Source: https://redis.io/docs/latest/commands/pttl/ */
export const pttl = command({
  ...described.pttl,
  reduce: (db, cmd, reply, ctx) => replyMs(db, cmd, reply, ctx.nowMs),
});

/** EXPIRETIME: as TTL, as a unix time. Source: https://redis.io/docs/latest/commands/expiretime/ */
export const expiretime = command({
  ...described.expiretime,
  reduce: (db, cmd, reply) => replySeconds(db, cmd, reply, 0),
});

/** PEXPIRETIME: as EXPIRETIME, in milliseconds. Source: https://redis.io/docs/latest/commands/pexpiretime/ */
export const pexpiretime = command({
  ...described.pexpiretime,
  reduce: (db, cmd, reply) => replyMs(db, cmd, reply, 0),
});

/**
 * PERSIST key: takes the expiry away.
 *
 * Reply:  integer, 1 when there was one, else 0.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/persist/
 */
export const persist = command({
  ...described.persist,
  reduce: (db, cmd, reply) => {
    const ref = db.findWrite(cmd, 1);
    const cleared = ref !== MISSING && db.clearExpiry(ref);
    if (cleared) db.notify(KeyEventClass.Generic, 'persist', cmd, 1);
    reply.integer(cleared ? 1 : 0);
    return cleared ? Outcome.AsReceived : Outcome.Unchanged;
  },
});

export const expiryCommands: readonly CommandSpec[] = [
  expire,
  expireat,
  expiretime,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  ttl,
];
