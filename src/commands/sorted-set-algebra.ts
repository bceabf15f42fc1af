/**
 * Union, intersection and difference of sorted sets and sets, replied, stored or counted.
 *
 * In:  keys, weights and a way to put scores together. Out: the result, ordered by score and member.
 * The result is made in a builder outside of the keyspace, so that it may take the place of one of its own sources. A
 * union costs a look-up per member of all sources, an intersection one per member of the smallest and source, and a
 * difference the cheaper of two ways. Scores are put together in the order of the sources' sizes, smallest first, as
 * redis-server does: sums of doubles depend on it.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { MemberCursor, SortedSetBuilder } from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import * as described from './docs/sorted-set.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { signedInteger } from './signed-integer.ts';
import { decodeDouble } from './sorted-set-bounds.ts';
import { findSources, type Source, SourceCursor } from './sorted-set-sources.ts';
import { storeBuilt } from './sorted-set-store.ts';
import { command, Outcome } from './spec.ts';

const NOT_A_WEIGHT = 'ERR weight value is not a float';
const NEGATIVE_LIMIT = "ERR LIMIT can't be negative";
const noInputKey = (name: string): string => `ERR at least 1 input key is needed for '${name}' command`;

enum Operation {
  Union = 0,
  Intersection = 1,
  Difference = 2,
}

enum Aggregate {
  Sum = 0,
  Min = 1,
  Max = 2,
}

/** What becomes of the result. */
enum Purpose {
  Reply = 0,
  Store = 1,
  Count = 2,
}

/** Sums are broken off here before they are not a number: inf - inf, and 0 times inf. */
const orZero = (score: number): number => (Number.isNaN(score) ? 0 : score);

const aggregated = (aggregate: Aggregate, target: number, value: number): number => {
  if (aggregate === Aggregate.Sum) return orZero(target + value);
  if (aggregate === Aggregate.Min) return value < target ? value : target;
  return value > target ? value : target;
};

/** A request with its sources. One record, reused. */
class Request {
  sources: Source[] = [];
  aggregate = Aggregate.Sum;
  withScores = false;
  limit = Number.POSITIVE_INFINITY;

  /** Reads `numkeys key [key ...]` and what follows, from argument `numkeys` on. Returns what is wrong, or ''. */
  decode(
    db: Database,
    cmd: CommandView,
    numkeys: number,
    name: string,
    operation: Operation,
    purpose: Purpose,
  ): string {
    const count = signedInteger(cmd, numkeys);
    if (Number.isNaN(count)) return NOT_AN_INTEGER;
    if (count < 1) return noInputKey(name);
    if (count > cmd.argc - (numkeys + 1)) return SYNTAX_ERROR;
    const sources = findSources(db, cmd, numkeys + 1, count);
    if (sources === undefined) return WRONGTYPE;
    this.sources = sources;
    return this.decodeOptions(cmd, numkeys + 1 + count, operation, purpose);
  }

  /** Lets the sources go. */
  clear(): void {
    this.sources = [];
  }

  /** Smallest first; sources of the same size stay in their order. */
  sort(): void {
    this.sources.sort((a, b) => a.size - b.size);
  }

  private decodeOptions(cmd: CommandView, from: number, operation: Operation, purpose: Purpose): string {
    this.aggregate = Aggregate.Sum;
    this.withScores = false;
    this.limit = Number.POSITIVE_INFINITY;
    const weighs = operation !== Operation.Difference && purpose !== Purpose.Count;
    for (let i = from; i < cmd.argc; i++) {
      const follow = cmd.argc - 1 - i;
      if (weighs && follow >= this.sources.length && cmd.equalsToken(i, 'WEIGHTS')) {
        for (const source of this.sources) {
          source.weight = decodeDouble(cmd, ++i);
          if (Number.isNaN(source.weight)) return NOT_A_WEIGHT;
        }
      } else if (weighs && follow >= 1 && cmd.equalsToken(i, 'AGGREGATE')) {
        i++;
        if (cmd.equalsToken(i, 'SUM')) this.aggregate = Aggregate.Sum;
        else if (cmd.equalsToken(i, 'MIN')) this.aggregate = Aggregate.Min;
        else if (cmd.equalsToken(i, 'MAX')) this.aggregate = Aggregate.Max;
        else return SYNTAX_ERROR;
      } else if (purpose === Purpose.Reply && cmd.equalsToken(i, 'WITHSCORES')) {
        this.withScores = true;
      } else if (purpose === Purpose.Count && follow >= 1 && cmd.equalsToken(i, 'LIMIT')) {
        const limit = signedInteger(cmd, ++i);
        if (!(limit >= 0)) return NEGATIVE_LIMIT;
        this.limit = limit === 0 ? Number.POSITIVE_INFINITY : limit;
      } else {
        return SYNTAX_ERROR;
      }
    }
    return '';
  }
}

const request = new Request();
const builder = new SortedSetBuilder();
const cursor = new SourceCursor();
const result = new MemberCursor();

const unite = (db: Database): void => {
  const { sources, aggregate } = request;
  for (const source of sources) {
    cursor.open(db, source);
    while (cursor.next()) {
      const score = orZero(source.weight * cursor.score);
      const old = builder.find(cursor.bytes, cursor.at, cursor.length);
      builder.put(Number.isNaN(old) ? score : aggregated(aggregate, old, score));
    }
  }
};

/** The score that the member under the cursor has in the intersection, NaN when a source lacks it. */
const commonScore = (db: Database): number => {
  const { sources, aggregate } = request;
  let score = orZero(sources[0].weight * cursor.score);
  for (let i = 1; i < sources.length; i++) {
    const source = sources[i];
    const other = source.find(db, cursor.bytes, cursor.at, cursor.length);
    if (Number.isNaN(other)) return Number.NaN;
    score = aggregated(aggregate, score, source.weight * other);
  }
  return score;
};

const intersect = (db: Database): void => {
  cursor.open(db, request.sources[0]);
  while (cursor.next()) {
    const score = commonScore(db);
    if (!Number.isNaN(score)) builder.add(cursor.bytes, cursor.at, cursor.length, score);
  }
};

/** Members common to all sources, counted up to the limit. */
const countCommon = (db: Database): number => {
  let count = 0;
  cursor.open(db, request.sources[0]);
  while (count < request.limit && cursor.next()) {
    const score = commonScore(db);
    if (!Number.isNaN(score)) count++;
  }
  return count;
};

const subtract = (db: Database): void => {
  const [first, ...others] = request.sources;
  let membersInAll = first.size;
  for (const other of others) membersInAll += other.size;
  // Asking each of the others for each member of the first, or removing from a copy of the first all that the others have.
  const asks = first.size * others.length <= membersInAll;

  cursor.open(db, first);
  while (cursor.next()) {
    if (asks && isInOne(db, others)) continue;
    builder.add(cursor.bytes, cursor.at, cursor.length, cursor.score);
  }
  if (asks) return;
  for (const other of others) {
    cursor.open(db, other);
    while (builder.count > 0 && cursor.next()) {
      const score = builder.find(cursor.bytes, cursor.at, cursor.length);
      if (!Number.isNaN(score)) builder.removeFound();
    }
  }
};

/** Whether one of the sources has the member under the cursor. */
const isInOne = (db: Database, sources: readonly Source[]): boolean => {
  for (const source of sources) {
    const score = source.find(db, cursor.bytes, cursor.at, cursor.length);
    if (!Number.isNaN(score)) return true;
  }
  return false;
};

/** Makes the result in the builder. */
const build = (db: Database, operation: Operation): void => {
  builder.begin(db);
  if (operation === Operation.Difference) {
    subtract(db);
    return;
  }
  request.sort();
  if (operation === Operation.Union) unite(db);
  else intersect(db);
};

const replyBuilt = (reply: Reply): void => {
  const { count } = builder;
  const { withScores } = request;
  const nested = withScores && reply.version === 3;
  reply.array(withScores && !nested ? count * 2 : count);
  if (count > 0) {
    builder.sort();
    result.openBuilt(builder, 0, false);
    while (result.next()) {
      if (nested) reply.array(2);
      reply.bulk(result.bytes, result.at, result.length);
      if (withScores) reply.double(result.score);
    }
  }
  builder.discard();
};

const combine = (db: Database, cmd: CommandView, reply: Reply, name: string, operation: Operation): Outcome => {
  const error = request.decode(db, cmd, 1, name, operation, Purpose.Reply);
  if (error !== '') return refuse(reply, error);
  build(db, operation);
  replyBuilt(reply);
  request.clear();
  return Outcome.Unchanged;
};

const combineAndStore = (
  db: Database,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  name: string,
  operation: Operation,
): Outcome => {
  const error = request.decode(db, cmd, 2, name, operation, Purpose.Store);
  if (error !== '') return refuse(reply, error);
  build(db, operation);
  request.clear();
  return storeBuilt(db, builder, cmd, reply, ctx, name);
};

/**
 * ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: the members of all
 * sorted sets and sets.
 *
 * Reply:  array of members by score, with their scores behind each (RESP2) or in pairs (RESP3).
 * Errors: WRONGTYPE; ERR at least 1 input key is needed; ERR weight value is not a float; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zunion/
 */
export const zunion = command({
  ...described.zunion,
  reduce: (db, cmd, reply) => combine(db, cmd, reply, 'zunion', Operation.Union),
});

/** ZINTER numkeys key [key ...] ...: as ZUNION of the members that all have. Source: https://redis.io/docs/latest/commands/zinter/ */
export const zinter = command({
  ...described.zinter,
  reduce: (db, cmd, reply) => combine(db, cmd, reply, 'zinter', Operation.Intersection),
});

/**
 * ZDIFF numkeys key [key ...] [WITHSCORES]: the members of the first that none of the others has.
 * Reply and errors: as ZUNION. Source: https://redis.io/docs/latest/commands/zdiff/
 */
export const zdiff = command({
  ...described.zdiff,
  reduce: (db, cmd, reply) => combine(db, cmd, reply, 'zdiff', Operation.Difference),
});

/**
 * ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]: ZUNION becomes the
 * value of `destination`, whatever that was before; an empty one removes it.
 *
 * Reply:  integer, members stored.
 * Errors: as ZUNION.
 * Event:  as received; none when there is nothing to store and nothing to remove.
 * Source: https://redis.io/docs/latest/commands/zunionstore/
 */
export const zunionstore = command({
  ...described.zunionstore,
  reduce: (db, cmd, reply, ctx) => combineAndStore(db, cmd, reply, ctx, 'zunionstore', Operation.Union),
});

/** ZINTERSTORE destination numkeys key [key ...] ...: as ZUNIONSTORE. Source: https://redis.io/docs/latest/commands/zinterstore/ */
export const zinterstore = command({
  ...described.zinterstore,
  reduce: (db, cmd, reply, ctx) => combineAndStore(db, cmd, reply, ctx, 'zinterstore', Operation.Intersection),
});

/** ZDIFFSTORE destination numkeys key [key ...]: as ZUNIONSTORE. Source: https://redis.io/docs/latest/commands/zdiffstore/ */
export const zdiffstore = command({
  ...described.zdiffstore,
  reduce: (db, cmd, reply, ctx) => combineAndStore(db, cmd, reply, ctx, 'zdiffstore', Operation.Difference),
});

/**
 * ZINTERCARD numkeys key [key ...] [LIMIT limit]: number of members that all have, counted no further than the limit.
 *
 * Reply:  integer.
 * Errors: WRONGTYPE; ERR at least 1 input key is needed; ERR LIMIT can't be negative; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/zintercard/
 */
export const zintercard = command({
  ...described.zintercard,
  reduce: (db, cmd, reply) => {
    const error = request.decode(db, cmd, 1, 'zintercard', Operation.Intersection, Purpose.Count);
    if (error !== '') return refuse(reply, error);
    request.sort();
    reply.integer(countCommon(db));
    request.clear();
    return Outcome.Unchanged;
  },
});
