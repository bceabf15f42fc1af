/**
 * SPOP and SRANDMEMBER: members by chance, each with the same one.
 *
 * In:  a command event and the random numbers of the context. Out: a reply; of SPOP the removals as write events.
 * Memory: a list and a set of positions, reused. SPOP of one member allocates nothing.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { member, removeAt, sampleMember, setSize } from '../values/set.ts';
import { SetWalk } from '../values/set-walk.ts';
import type { Context } from './context.ts';
import * as described from './docs/set.ts';
import { NOT_A_LONG, NOT_AN_INTEGER, NOT_POSITIVE, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { INT64_MIN } from './expire-time.ts';
import { RefSet } from './ref-set.ts';
import { isTooLong, replyBytesMax } from './reply-limit.ts';
import { found } from './scan-options.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

/** Fewer than one in so many members are drawn until they differ; more are picked on a walk over all of them. */
const DRAWN_SHARE = 3;
/** One SREM in the stream of write events names so many members at most. */
const EVENT_MEMBERS_MAX = 1024;

const walk = new SetWalk();
const drawn = new RefSet();

/** Puts the positions of `count` different members of `size` into `found`: any choice of them is as likely. */
const choose = (db: Database, ref: number, count: number, size: number, random: () => number): void => {
  if (db.encoding(ref) === Encoding.HashTable && count * DRAWN_SHARE < size) {
    const { dict } = db.keyspace;
    const header = db.root(ref);
    drawn.clear(count);
    while (found.count < count) {
      const element = dict.sampleFairly(header, random);
      if (drawn.add(element)) found.add(element);
    }
    return;
  }
  // On a walk, each member with the chance that leaves all choices alike.
  let left = size;
  walk.over(db, ref);
  while (found.count < count && walk.step()) {
    const wanted = count - found.count;
    if (wanted === left || random() * left < wanted) found.add(walk.position);
    left--;
  }
};

const replyAll = (db: Database, ref: number, reply: Reply): void => {
  walk.over(db, ref);
  while (walk.step()) reply.bulk(walk.bytes, walk.at, walk.length);
};

const popOne = (db: Database, ref: number, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const size = setSize(db, ref);
  sampleMember(db, ref, size, ctx.random);
  reply.bulk(member.bytes, member.at, member.length);
  ctx.effects
    .begin(db.index, 3)
    .text('SREM')
    .bytes(cmd.buf, cmd.offset(1), cmd.length(1))
    .bytes(member.bytes, member.at, member.length);
  if (size === 1) db.remove(ref);
  else removeAt(db, ref, member.position);
  db.notify(KeyEventClass.Set, 'spop', cmd, 1);
  if (size === 1) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  return Outcome.Rewritten;
};

const popAll = (db: Database, ref: number, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  ctx.changes = setSize(db, ref);
  reply.set(ctx.changes);
  replyAll(db, ref, reply);
  db.remove(ref);
  db.notify(KeyEventClass.Set, 'spop', cmd, 1);
  db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  const name = ctx.config['lazyfree-lazy-server-del'] ? 'UNLINK' : 'DEL';
  ctx.effects.begin(db.index, 2).text(name).bytes(cmd.buf, cmd.offset(1), cmd.length(1));
  return Outcome.Rewritten;
};

/** Pops some members, but not all. */
const popSome = (db: Database, set: number, count: number, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  let ref = set;
  choose(db, ref, count, setSize(db, ref), ctx.random);
  reply.set(count);
  for (let i = 0; i < count; i++) {
    member.load(db, ref, found.refs[i]);
    reply.bulk(member.bytes, member.at, member.length);
    if (i % EVENT_MEMBERS_MAX === 0) {
      ctx.effects
        .begin(db.index, 2 + Math.min(count - i, EVENT_MEMBERS_MAX))
        .text('SREM')
        .bytes(cmd.buf, cmd.offset(1), cmd.length(1));
    }
    ctx.effects.bytes(member.bytes, member.at, member.length);
  }
  // The last one first: what is removed then moves none of those that are still to go.
  for (let i = count - 1; i >= 0; i--) ref = removeAt(db, ref, found.refs[i]);
  found.clear();
  db.notify(KeyEventClass.Set, 'spop', cmd, 1);
  ctx.changes = count;
  return Outcome.Rewritten;
};

/**
 * SPOP key [count]: removes one member by chance, or as many as `count` says, and replies with them.
 *
 * Reply:  bulk string, null when missing; with a count a set, empty when missing.
 * Errors: WRONGTYPE; ERR value is out of range, must be positive; ERR syntax error.
 * Event:  `SREM key member …`; `DEL key` when a count takes the whole set.
 * Source: https://redis.io/docs/latest/commands/spop/
 */
export const spop = command({
  ...described.spop,
  reduce: (db, cmd, reply, ctx) => {
    if (cmd.argc > 3) return refuse(reply, SYNTAX_ERROR);
    const count = cmd.argc === 3 ? signedInteger(cmd, 2) : 1;
    if (!(count >= 0)) return refuse(reply, NOT_POSITIVE);
    const ref = db.findCollection(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Set) return refuse(reply, WRONGTYPE);
    if (cmd.argc === 2) {
      if (ref !== MISSING) return popOne(db, ref, cmd, reply, ctx);
      reply.null();
      return Outcome.Unchanged;
    }
    if (ref === MISSING || count === 0) {
      reply.set(0);
      return Outcome.Unchanged;
    }
    if (count >= setSize(db, ref)) return popAll(db, ref, cmd, reply, ctx);
    return popSome(db, ref, count, cmd, reply, ctx);
  },
});

/** Members that may come several times; `count` may be more than there is room for. */
const replyRepeated = (db: Database, ref: number, count: number, reply: Reply, ctx: Context): void => {
  const size = setSize(db, ref);
  reply.array(count);
  const bytesMax = replyBytesMax(ctx);
  for (let left = count; left > 0 && !isTooLong(ctx, bytesMax); left--) {
    sampleMember(db, ref, size, ctx.random);
    reply.bulk(member.bytes, member.at, member.length);
  }
};

/** Different members. */
const replyChosen = (db: Database, ref: number, count: number, reply: Reply, ctx: Context): void => {
  const size = setSize(db, ref);
  if (count >= size) {
    reply.array(size);
    replyAll(db, ref, reply);
    return;
  }
  choose(db, ref, count, size, ctx.random);
  reply.array(count);
  for (let i = 0; i < count; i++) {
    member.load(db, ref, found.refs[i]);
    reply.bulk(member.bytes, member.at, member.length);
  }
  found.clear();
};

/**
 * SRANDMEMBER key [count]: a random member, or as many different ones as `count` says, or, where it is negative, as many
 * as it says that may be the same.
 *
 * Reply:  bulk string, null when missing; with a count an array, empty when missing.
 * Errors: WRONGTYPE; ERR value is not an integer; ERR value is out of range; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/srandmember/
 */
export const srandmember = command({
  ...described.srandmember,
  reduce: (db, cmd, reply, ctx) => {
    if (cmd.argc > 3) return refuse(reply, SYNTAX_ERROR);
    let count = 1;
    if (cmd.argc === 3) {
      count = cmd.integer(2);
      if (Number.isNaN(count)) return refuse(reply, NOT_AN_INTEGER);
      if (!Number.isFinite(count)) {
        const exact = cmd.bigInteger(2) ?? 0n;
        if (exact === INT64_MIN) return refuse(reply, NOT_A_LONG);
        if (exact < 0n) count = Number.MIN_SAFE_INTEGER;
      }
    }
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Set) return refuse(reply, WRONGTYPE);
    if (cmd.argc === 3) {
      if (ref === MISSING || count === 0) reply.array(0);
      else if (count < 0) replyRepeated(db, ref, -count, reply, ctx);
      else replyChosen(db, ref, count, reply, ctx);
    } else if (ref === MISSING) {
      reply.null();
    } else {
      sampleMember(db, ref, setSize(db, ref), ctx.random);
      reply.bulk(member.bytes, member.at, member.length);
    }
    return Outcome.Unchanged;
  },
});
