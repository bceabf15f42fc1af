/**
 * The set family: members added, removed and asked for. Members by chance are in set-random.ts, intersections, unions and
 * differences in set-algebra.ts.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: members lie in the arena; SADD and SISMEMBER copy bytes once and allocate nothing.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { addMember, hasMember, prepareForMembers, removeMember, setSize } from '../values/set.ts';
import { firstEncoding, SetBuilder } from '../values/set-builder.ts';
import { SetWalk } from '../values/set-walk.ts';
import * as described from './docs/set.ts';
import { refuse, WRONGTYPE } from './errors.ts';
import { type CollectionScan, matchesPattern, replyPackedMatches, scanCollection } from './scan-options.ts';
import { sdiff, sdiffstore, sinter, sintercard, sinterstore, sunion, sunionstore } from './set-algebra.ts';
import { spop, srandmember } from './set-random.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const FIRST_MEMBER = 2;

const builder = new SetBuilder();
const walk = new SetWalk();

const isNoSet = (db: Database, ref: number): boolean => ref !== MISSING && db.type(ref) !== Type.Set;

/** Adds the missing key with the members from argument `from` on. Returns how many there are. */
const createSet = (db: Database, key: number, from: number, to: number, cmd: CommandView): number => {
  const { keyspace } = db;
  const encoding = firstEncoding(keyspace.limits, cmd.buf, cmd.offset(from), cmd.length(from), to - from);
  builder.begin(keyspace, encoding);
  for (let i = from; i < to; i++) builder.add(cmd.buf, cmd.offset(i), cmd.length(i));
  builder.finish(db, cmd.buf, cmd.offset(key), cmd.length(key));
  return builder.count;
};

const addMembers = (db: Database, set: number, cmd: CommandView): number => {
  let ref = set;
  let added = 0;
  for (let i = FIRST_MEMBER; i < cmd.argc; i++) {
    // Whether the set becomes too large for its encoding is seen by the number of arguments, once there is something new.
    if (added === 0 && cmd.argc > FIRST_MEMBER + 1) {
      if (hasMember(db, ref, cmd.buf, cmd.offset(i), cmd.length(i))) continue;
      ref = prepareForMembers(db, ref, cmd.argc - FIRST_MEMBER);
    }
    const target = addMember(db, ref, cmd.buf, cmd.offset(i), cmd.length(i));
    if (target === MISSING) continue;
    ref = target;
    added++;
  }
  return added;
};

/**
 * SADD key member [member …]: adds members to the set, which is created when the key is missing.
 *
 * Reply:  integer, how many were not there.
 * Errors: WRONGTYPE.
 * Event:  as received, when one was added.
 * Source: https://redis.io/docs/latest/commands/sadd/
 */
export const sadd = command({
  ...described.sadd,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findCollection(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    const added = ref === MISSING ? createSet(db, 1, FIRST_MEMBER, cmd.argc, cmd) : addMembers(db, ref, cmd);
    reply.integer(added);
    if (added === 0) return Outcome.Unchanged;
    db.notify(KeyEventClass.Set, 'sadd', cmd, 1);
    ctx.changes = added;
    return Outcome.AsReceived;
  },
});

/**
 * SREM key member [member …]: removes members; the key goes with the last one.
 *
 * Reply:  integer, how many were there.
 * Errors: WRONGTYPE.
 * Event:  as received, when one was removed.
 * Source: https://redis.io/docs/latest/commands/srem/
 */
export const srem = command({
  ...described.srem,
  reduce: (db, cmd, reply, ctx) => {
    let ref = db.findCollection(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    let removed = 0;
    let left = ref === MISSING ? 0 : setSize(db, ref);
    for (let i = FIRST_MEMBER; i < cmd.argc && left > 0; i++) {
      const target = removeMember(db, ref, cmd.buf, cmd.offset(i), cmd.length(i));
      if (target === MISSING) continue;
      ref = target;
      removed++;
      left--;
    }
    reply.integer(removed);
    if (removed === 0) return Outcome.Unchanged;
    if (left === 0) db.remove(ref);
    db.notify(KeyEventClass.Set, 'srem', cmd, 1);
    if (left === 0) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    ctx.changes = removed;
    return Outcome.AsReceived;
  },
});

/**
 * SMOVE source destination member: moves a member from one set to another.
 *
 * Reply:  integer, 1 when it was moved, 0 when the source does not have it.
 * Errors: WRONGTYPE, of either, when there is a source.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/smove/
 */
export const smove = command({
  ...described.smove,
  reduce: (db, cmd, reply, ctx) => {
    const source = db.findCollection(cmd, 1);
    const target = db.findWrite(cmd, 2);
    if (source === MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (isNoSet(db, source) || isNoSet(db, target)) return refuse(reply, WRONGTYPE);
    const at = cmd.offset(3);
    const length = cmd.length(3);
    if (source === target) {
      reply.integer(hasMember(db, source, cmd.buf, at, length) ? 1 : 0);
      return Outcome.Unchanged;
    }
    const left = removeMember(db, source, cmd.buf, at, length);
    reply.integer(left === MISSING ? 0 : 1);
    if (left === MISSING) return Outcome.Unchanged;

    db.notify(KeyEventClass.Set, 'srem', cmd, 1);
    if (setSize(db, left) === 0) {
      db.remove(left);
      db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    }
    const isNew =
      target === MISSING ? createSet(db, 2, 3, 4, cmd) === 1 : addMember(db, target, cmd.buf, at, length) !== MISSING;
    if (isNew) db.notify(KeyEventClass.Set, 'sadd', cmd, 2);
    ctx.changes = isNew ? 2 : 1;
    return Outcome.AsReceived;
  },
});

/**
 * SCARD key: number of members.
 *
 * Reply:  integer, 0 when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/scard/
 */
export const scard = command({
  ...described.scard,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    reply.integer(ref === MISSING ? 0 : setSize(db, ref));
    return Outcome.Unchanged;
  },
});

/**
 * SISMEMBER key member: whether the set has the member.
 *
 * Reply:  integer, 1 or 0.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/sismember/
 */
export const sismember = command({
  ...described.sismember,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    reply.integer(ref !== MISSING && hasMember(db, ref, cmd.buf, cmd.offset(2), cmd.length(2)) ? 1 : 0);
    return Outcome.Unchanged;
  },
});

/**
 * SMISMEMBER key member [member …]: as SISMEMBER, for several members.
 *
 * Reply:  array of integers.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/smismember/
 */
export const smismember = command({
  ...described.smismember,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    reply.array(cmd.argc - FIRST_MEMBER);
    for (let i = FIRST_MEMBER; i < cmd.argc; i++) {
      reply.integer(ref !== MISSING && hasMember(db, ref, cmd.buf, cmd.offset(i), cmd.length(i)) ? 1 : 0);
    }
    return Outcome.Unchanged;
  },
});

/**
 * SMEMBERS key: all members, in no order.
 *
 * Reply:  set, empty when missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/smembers/
 */
export const smembers = command({
  ...described.smembers,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (isNoSet(db, ref)) return refuse(reply, WRONGTYPE);
    reply.set(ref === MISSING ? 0 : setSize(db, ref));
    if (ref === MISSING) return Outcome.Unchanged;
    walk.over(db, ref);
    while (walk.step()) reply.bulk(walk.bytes, walk.at, walk.length);
    return Outcome.Unchanged;
  },
});

/** The array of an intset's members that match the pattern. */
const replyIntegers = (db: Database, ref: number, cmd: CommandView, pattern: number, reply: Reply): void => {
  let count = 0;
  walk.over(db, ref);
  while (walk.step()) if (matchesPattern(cmd, pattern, walk.bytes, walk.at, walk.length)) count++;
  reply.array(count);
  walk.over(db, ref);
  while (walk.step()) {
    if (matchesPattern(cmd, pattern, walk.bytes, walk.at, walk.length)) reply.bulk(walk.bytes, walk.at, walk.length);
  }
};

const scan: CollectionScan = {
  type: Type.Set,
  width: 1,
  element: (db, _ref, reply) => reply.bulk(db.keyBytes, db.keyAt, db.keyLength),
  packed: (db, ref, cmd, pattern, reply) => {
    if (db.encoding(ref) === Encoding.IntSet) replyIntegers(db, ref, cmd, pattern, reply);
    else replyPackedMatches(db, ref, cmd, pattern, 1, reply);
  },
};

/**
 * SSCAN key cursor [MATCH pattern] [COUNT count]: some members, and the cursor to go on with, 0 at the end.
 *
 * Reply:  array of the next cursor and an array of members.
 * Errors: WRONGTYPE; ERR invalid cursor; of the options, where the key exists.
 * Source: https://redis.io/docs/latest/commands/sscan/
 */
export const sscan = command({
  ...described.sscan,
  reduce: (db, cmd, reply) => scanCollection(db, cmd, reply, scan),
});

export const setCommands: readonly CommandSpec[] = [
  sadd,
  scard,
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion,
  sunionstore,
];
