/**
 * Intersections, unions and differences of sets, replied or stored.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: a result that is stored is built in a `SetBuilder`; one that is replied is, where that is cheap, a list of
 *         positions in the sets it is taken from.
 *
 * An intersection begins with the smallest set. A difference has two ways, of which the cheaper one is taken: look every
 * member of the first set up in all others (the largest first), or take all members of the others out of a copy of it.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { parseInteger } from '../resp/numbers.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { hasLoaded, setSize } from '../values/set.ts';
import { SetBuilder } from '../values/set-builder.ts';
import { Member, SetWalk } from '../values/set-walk.ts';
import type { Context } from './context.ts';
import * as described from './docs/set.ts';
import { NO_NUMKEYS, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { found } from './scan-options.ts';
import { signedInteger } from './signed-integer.ts';
import { command, Outcome } from './spec.ts';

const TOO_MANY_KEYS = "ERR Number of keys can't be greater than number of args";
const LIMIT_NEGATIVE = "ERR LIMIT can't be negative";

/** So many look-ups are taken to be as expensive as one removal or addition. */
const LOOK_UPS_PER_CHANGE = 2;

/** A union of so few sets is told by look-ups; members of more sets would be looked up too often. */
const LOOKED_UP_SETS_MAX = 4;

const builder = new SetBuilder();
const walk = new SetWalk();
const member = new Member();

/** One key that a command reads from. */
interface Source {
  readonly ref: number;
  readonly size: number;
}

const ascending = (a: Source, b: Source): number => a.size - b.size;
const descending = (a: Source, b: Source): number => b.size - a.size;

/** The sets under the keys in arguments [from, to), size 0 where one is missing; undefined when one is no set. */
const findSources = (db: Database, cmd: CommandView, from: number, to: number): Source[] | undefined => {
  const sources: Source[] = [];
  for (let i = from; i < to; i++) {
    const ref = db.findRead(cmd, i);
    if (ref !== MISSING && db.type(ref) !== Type.Set) return undefined;
    sources.push({ ref, size: ref === MISSING ? 0 : setSize(db, ref) });
  }
  return sources;
};

/** Whether all sources from index `from` on have the member that the walk stands at. */
const isInAll = (db: Database, sources: readonly Source[], from: number): boolean => {
  for (let i = from; i < sources.length; i++) {
    if (!hasLoaded(db, sources[i].ref, walk)) return false;
  }
  return true;
};

/** Whether one of the sources [from, to) has it. */
const isInAny = (db: Database, sources: readonly Source[], from: number, to: number): boolean => {
  for (let i = from; i < to; i++) {
    if (hasLoaded(db, sources[i].ref, walk)) return true;
  }
  return false;
};

// ── storing and replying ──────────────────────────────────────────────────────────────────────────────────────────

/** Replies the members of a set at the positions that were found first, [from, to). */
const replyFound = (db: Database, ref: number, from: number, to: number, reply: Reply): void => {
  for (let i = from; i < to; i++) {
    member.load(db, ref, found.refs[i]);
    reply.bulk(member.bytes, member.at, member.length);
  }
};

/** Replies what the builder holds, and gives it up. */
const replyBuilt = (reply: Reply): void => {
  reply.set(builder.count);
  const members = builder.walk();
  while (members.step()) reply.bulk(members.bytes, members.at, members.length);
  builder.discard();
};

/** Puts what the builder holds in the place of the key in argument 1, which goes when that is nothing. */
const storeBuilt = (db: Database, cmd: CommandView, reply: Reply, event: string): Outcome => {
  const old = db.findWrite(cmd, 1);
  const { count } = builder;
  reply.integer(count);
  if (count === 0) builder.discard();
  if (old !== MISSING) db.remove(old);
  if (count > 0) {
    builder.finish(db, cmd.buf, cmd.offset(1), cmd.length(1));
    db.notify(KeyEventClass.Set, event, cmd, 1);
  } else if (old !== MISSING) {
    db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  } else {
    return Outcome.Unchanged;
  }
  return Outcome.AsReceived;
};

// ── intersections ─────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * SINTER key [key …]: the members that all sets have.
 *
 * Reply:  set, empty when a key is missing.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/sinter/
 */
export const sinter = command({
  ...described.sinter,
  reduce: (db, cmd, reply) => {
    const sources = findSources(db, cmd, 1, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    sources.sort(ascending);
    const [smallest] = sources;
    if (smallest.size > 0) {
      walk.over(db, smallest.ref);
      while (walk.stepBare()) if (isInAll(db, sources, 1)) found.add(walk.position);
    }
    reply.set(found.count);
    replyFound(db, smallest.ref, 0, found.count, reply);
    found.clear();
    return Outcome.Unchanged;
  },
});

/**
 * SINTERCARD numkeys key [key …] [LIMIT limit]: how many members SINTER would reply, counted up to the limit.
 *
 * Reply:  integer.
 * Errors: ERR numkeys should be greater than 0; ERR Number of keys can't be greater than number of args; ERR LIMIT can't
 *         be negative; ERR syntax error; WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/sintercard/
 */
export const sintercard = command({
  ...described.sintercard,
  reduce: (db, cmd, reply) => {
    const keys = signedInteger(cmd, 1);
    if (!(keys >= 1)) return refuse(reply, NO_NUMKEYS);
    if (keys > cmd.argc - 2) return refuse(reply, TOO_MANY_KEYS);
    let limit = 0;
    for (let i = 2 + keys; i < cmd.argc; i += 2) {
      if (i + 1 === cmd.argc || !cmd.equalsToken(i, 'LIMIT')) return refuse(reply, SYNTAX_ERROR);
      limit = signedInteger(cmd, i + 1);
      if (!(limit >= 0)) return refuse(reply, LIMIT_NEGATIVE);
    }
    const sources = findSources(db, cmd, 2, 2 + keys);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    sources.sort(ascending);
    const [smallest] = sources;
    let count = 0;
    if (smallest.size > 0) {
      walk.over(db, smallest.ref);
      while (walk.stepBare()) if (isInAll(db, sources, 1) && ++count === limit) break;
    }
    reply.integer(count);
    return Outcome.Unchanged;
  },
});

/**
 * SINTERSTORE destination key [key …]: stores what SINTER would reply.
 *
 * Reply:  integer, the number of members stored.
 * Errors: WRONGTYPE, of a source.
 * Event:  as received, unless there was nothing to store and nothing to remove.
 * Source: https://redis.io/docs/latest/commands/sinterstore/
 */
export const sinterstore = command({
  ...described.sinterstore,
  reduce: (db, cmd, reply, ctx) => {
    const sources = findSources(db, cmd, 2, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    sources.sort(ascending);
    buildIntersection(db, sources, ctx);
    return storeBuilt(db, cmd, reply, 'sinterstore');
  },
});

/** As Redis does it: a result that begins as a listpack becomes an intset at last when all members are integers. */
const buildIntersection = (db: Database, sources: readonly Source[], ctx: Context): void => {
  const [smallest] = sources;
  const isIntset = smallest.size > 0 && db.encoding(smallest.ref) === Encoding.IntSet;
  builder.begin(ctx.keyspace, isIntset ? Encoding.IntSet : Encoding.ListPack);
  if (smallest.size === 0) return;
  let allIntegers = true;
  walk.over(db, smallest.ref);
  while (walk.stepBare()) {
    if (!isInAll(db, sources, 1)) continue;
    allIntegers &&= walk.isInteger || !Number.isNaN(parseInteger(walk.bytes, walk.at, walk.length));
    builder.addLoaded(walk);
  }
  if (allIntegers && builder.count > 0) builder.packIntegers();
};

// ── unions ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An encoding to build a reply in, where nobody will ask for it: one that holds all of it from the beginning. */
const replyEncoding = (sources: readonly Source[], ctx: Context): Encoding => {
  const { setEntries } = ctx.keyspace.limits;
  let total = 0;
  for (const { size } of sources) total += size;
  return total > setEntries ? Encoding.HashTable : Encoding.ListPack;
};

const buildUnion = (db: Database, sources: readonly Source[], encoding: Encoding, ctx: Context): void => {
  builder.begin(ctx.keyspace, encoding);
  for (const { ref } of sources) {
    if (ref === MISSING) continue;
    walk.over(db, ref);
    while (walk.stepBare()) builder.addLoaded(walk);
  }
};

/** Replies the union without building it: of each set the members that none of those before it has. */
const replyUnion = (db: Database, sources: readonly Source[], reply: Reply): void => {
  const ends: number[] = [];
  for (let i = 0; i < sources.length; i++) {
    walk.over(db, sources[i].ref);
    while (walk.stepBare()) if (!isInAny(db, sources, 0, i)) found.add(walk.position);
    ends.push(found.count);
  }
  reply.set(found.count);
  for (let i = 0; i < sources.length; i++) {
    replyFound(db, sources[i].ref, i === 0 ? 0 : ends[i - 1], ends[i], reply);
  }
  found.clear();
};

/**
 * SUNION key [key …]: the members that any of the sets has.
 *
 * Reply:  set.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/sunion/
 */
export const sunion = command({
  ...described.sunion,
  reduce: (db, cmd, reply, ctx) => {
    const sources = findSources(db, cmd, 1, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    const present = sources.filter(({ size }) => size > 0).sort(descending);
    if (present.length <= LOOKED_UP_SETS_MAX) {
      replyUnion(db, present, reply);
    } else {
      buildUnion(db, sources, replyEncoding(sources, ctx), ctx);
      replyBuilt(reply);
    }
    return Outcome.Unchanged;
  },
});

/** SUNIONSTORE destination key [key …]: stores it. Source: https://redis.io/docs/latest/commands/sunionstore/ */
export const sunionstore = command({
  ...described.sunionstore,
  reduce: (db, cmd, reply, ctx) => {
    const sources = findSources(db, cmd, 2, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    buildUnion(db, sources, Encoding.IntSet, ctx);
    return storeBuilt(db, cmd, reply, 'sunionstore');
  },
});

// ── differences ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether it is cheaper to look members of the first set up in the others than to take theirs out of a copy. */
const isCheaperToLookUp = (sources: readonly Source[]): boolean => {
  let lookUps = 0;
  let changes = 0;
  for (const { ref, size } of sources) {
    if (ref === MISSING) continue;
    lookUps += sources[0].size;
    changes += size;
  }
  return Math.floor(lookUps / LOOK_UPS_PER_CHANGE) <= changes;
};

/** The first set, and those that something may be taken out for; nothing is left of the first when it is among them. */
interface Difference {
  readonly first: Source;
  readonly others: Source[];
  readonly isLookedUp: boolean;
}

const differenceOf = (sources: readonly Source[]): Difference | undefined => {
  const [first, ...rest] = sources;
  const others = rest.filter(({ size }) => size > 0);
  if (first.size === 0 || others.some(({ ref }) => ref === first.ref)) return undefined;
  const isLookedUp = isCheaperToLookUp(sources);
  // What is in the largest of the others is found there first.
  if (isLookedUp) others.sort(descending);
  return { first, others, isLookedUp };
};

const buildDifference = (db: Database, sources: readonly Source[], encoding: Encoding, ctx: Context): void => {
  builder.begin(ctx.keyspace, encoding);
  const difference = differenceOf(sources);
  if (difference === undefined) return;
  const { first, others, isLookedUp } = difference;
  walk.over(db, first.ref);
  while (walk.stepBare()) {
    if (!isLookedUp || !isInAny(db, others, 0, others.length)) builder.addLoaded(walk);
  }
  for (let i = 0; i < others.length && !isLookedUp && builder.count > 0; i++) {
    walk.over(db, others[i].ref);
    while (builder.count > 0 && walk.step()) builder.remove(walk.bytes, walk.at, walk.length);
  }
};

/** Replies the difference without building it: the members of the first set that none of the others has. */
const replyDifference = (db: Database, { first, others }: Difference, reply: Reply): void => {
  walk.over(db, first.ref);
  while (walk.stepBare()) if (!isInAny(db, others, 0, others.length)) found.add(walk.position);
  reply.set(found.count);
  replyFound(db, first.ref, 0, found.count, reply);
  found.clear();
};

/**
 * SDIFF key [key …]: the members of the first set that none of the others has.
 *
 * Reply:  set.
 * Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/sdiff/
 */
export const sdiff = command({
  ...described.sdiff,
  reduce: (db, cmd, reply, ctx) => {
    const sources = findSources(db, cmd, 1, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    const difference = differenceOf(sources);
    if (difference === undefined) reply.set(0);
    else if (difference.isLookedUp) replyDifference(db, difference, reply);
    else {
      buildDifference(db, sources, replyEncoding(sources, ctx), ctx);
      replyBuilt(reply);
    }
    return Outcome.Unchanged;
  },
});

/** SDIFFSTORE destination key [key …]: stores it. Source: https://redis.io/docs/latest/commands/sdiffstore/ */
export const sdiffstore = command({
  ...described.sdiffstore,
  reduce: (db, cmd, reply, ctx) => {
    const sources = findSources(db, cmd, 2, cmd.argc);
    if (sources === undefined) return refuse(reply, WRONGTYPE);
    buildDifference(db, sources, Encoding.IntSet, ctx);
    return storeBuilt(db, cmd, reply, 'sdiffstore');
  },
});
