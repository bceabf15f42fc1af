/**
 * Sorted set commands against the simplest thing that could be right: a Map from member to score, sorted when it is read.
 * Limits are low, so that sets change their encoding on the way.
 */
import test from 'ava';
import fc from 'fast-check';
import { MemoryServer } from '../support/reduce.ts';
import { show } from '../support/reply.ts';

type Scores = Map<string, number>;
type Model = Map<string, Scores>;
type Pair = readonly [member: string, score: number];

const LOW = { 'zset-max-listpack-entries': 6, 'zset-max-listpack-value': 8 };

const bulk = (text: string): string => show.bytes(Buffer.from(text, 'latin1'));
const spelled = (score: number): string => (Number.isFinite(score) ? String(score) : score > 0 ? 'inf' : '-inf');

/** Ascending by score, then by member: one char is one byte. */
const sorted = (scores: Scores | undefined): Pair[] =>
  [...(scores ?? [])].sort(([a, x], [b, y]) => (x !== y ? x - y || (x < y ? -1 : 1) : a < b ? -1 : 1));

const listed = (pairs: readonly Pair[], withScores: boolean): string =>
  `[${pairs.flatMap(([name, score]) => (withScores ? [bulk(name), bulk(spelled(score))] : [bulk(name)])).join(', ')}]`;

const removed = (model: Model, key: string, pairs: readonly Pair[]): void => {
  const scores = model.get(key);
  for (const [name] of pairs) scores?.delete(name);
  if (scores?.size === 0) model.delete(key);
};

/** What stands between two positions, counted from the end when negative. */
const between = <T>(list: readonly T[], start: number, stop: number): T[] => {
  const from = Math.max(start < 0 ? start + list.length : start, 0);
  const to = stop < 0 ? stop + list.length : stop;
  return list.slice(from, Math.max(to + 1, from));
};

/** A command, and what the model says that it replies. */
class Step implements fc.Command<Model, MemoryServer> {
  private readonly args: readonly string[];
  private readonly expected: (model: Model) => string;

  constructor(args: readonly string[], expected: (model: Model) => string) {
    this.args = args;
    this.expected = expected;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, server: MemoryServer): void {
    const expected = this.expected(model);
    const { reply } = server.run(this.args);
    if (reply !== expected) throw new Error(`${this}: ${reply} instead of ${expected}`);
  }

  toString(): string {
    return show.command(this.args);
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const member = fc.oneof(
  { weight: 4, arbitrary: fc.nat(9).map((n) => `m${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('', '7', '-12', '\x00\xff', 'ninebytes') },
);
const score = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -4, max: 9 }) },
  { weight: 2, arbitrary: fc.constantFrom(0.5, -1.25, 1e10, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);
const rank = fc.integer({ min: -8, max: 8 });
const reverse = fc.boolean();

/** Whether ZADD's option lets a member go from one score to another; `from` is undefined when it is new. */
const allows = (option: string, from: number | undefined, to: number): boolean => {
  if (from === undefined) return option !== 'XX';
  return option === 'NX' ? false : option === 'GT' ? to > from : option === 'LT' ? to < from : true;
};

const adds = fc
  .tuple(
    key,
    fc.constantFrom('CH', 'CH', 'NX', 'XX', 'GT', 'LT'),
    fc.array(fc.tuple(score, member), { minLength: 1, maxLength: 4 }),
  )
  .map(
    ([k, option, pairs]) =>
      new Step(['ZADD', k, option, 'CH', ...pairs.flatMap(([to, name]) => [spelled(to), name])], (model) => {
        const scores = model.get(k) ?? new Map<string, number>();
        let changed = 0;
        for (const [to, name] of pairs) {
          const from = scores.get(name);
          if (from === to || !allows(option, from, to)) continue;
          scores.set(name, to);
          changed++;
        }
        if (scores.size > 0) model.set(k, scores);
        return `:${changed}`;
      }),
  );

const increments = fc.tuple(key, score, member).map(
  ([k, by, name]) =>
    new Step(['ZINCRBY', k, spelled(by), name], (model) => {
      const scores = model.get(k) ?? new Map<string, number>();
      const sum = (scores.get(name) ?? 0) + by;
      if (Number.isNaN(sum)) return '-ERR resulting score is not a number (NaN)';
      scores.set(name, sum);
      model.set(k, scores);
      return bulk(spelled(sum));
    }),
);

const removes = fc.tuple(key, fc.array(member, { minLength: 1, maxLength: 4 })).map(
  ([k, names]) =>
    new Step(['ZREM', k, ...names], (model) => {
      const there = sorted(model.get(k)).filter(([name]) => names.includes(name));
      removed(model, k, there);
      return `:${there.length}`;
    }),
);

const pops = fc.tuple(key, fc.nat(4), reverse).map(
  ([k, count, isMax]) =>
    new Step([isMax ? 'ZPOPMAX' : 'ZPOPMIN', k, String(count)], (model) => {
      const pairs = sorted(model.get(k));
      const taken = (isMax ? pairs.reverse() : pairs).slice(0, count);
      removed(model, k, taken);
      return listed(taken, true);
    }),
);

const ranges = fc.tuple(key, rank, rank, reverse).map(
  ([k, start, stop, isReverse]) =>
    new Step(['ZRANGE', k, String(start), String(stop), 'WITHSCORES', ...(isReverse ? ['REV'] : [])], (model) => {
      const pairs = sorted(model.get(k));
      return listed(between(isReverse ? pairs.reverse() : pairs, start, stop), true);
    }),
);

const byScore = fc
  .tuple(key, score, score, fc.boolean(), reverse, fc.nat(3), fc.integer({ min: -1, max: 4 }))
  .map(([k, min, max, exclusive, isReverse, offset, count]) => {
    const low = `${exclusive ? '(' : ''}${spelled(min)}`;
    const bounds = isReverse ? [spelled(max), low] : [low, spelled(max)];
    const order = isReverse ? ['REV'] : [];
    return new Step(['ZRANGE', k, ...bounds, 'BYSCORE', ...order, 'LIMIT', String(offset), String(count)], (model) => {
      const all = sorted(model.get(k)).filter(([, x]) => (exclusive ? x > min : x >= min) && x <= max);
      if (isReverse) all.reverse();
      return listed(all.slice(offset, count < 0 ? undefined : offset + count), false);
    });
  });

const counts = fc.tuple(key, score, score).map(
  ([k, min, max]) =>
    new Step(['ZCOUNT', k, spelled(min), `(${spelled(max)}`], (model) => {
      return `:${sorted(model.get(k)).filter(([, x]) => x >= min && x < max).length}`;
    }),
);

const cuts = fc.tuple(key, score, score).map(
  ([k, min, max]) =>
    new Step(['ZREMRANGEBYSCORE', k, spelled(min), spelled(max)], (model) => {
      const there = sorted(model.get(k)).filter(([, x]) => x >= min && x <= max);
      removed(model, k, there);
      return `:${there.length}`;
    }),
);

const trims = fc.tuple(key, rank, rank).map(
  ([k, start, stop]) =>
    new Step(['ZREMRANGEBYRANK', k, String(start), String(stop)], (model) => {
      const there = between(sorted(model.get(k)), start, stop);
      removed(model, k, there);
      return `:${there.length}`;
    }),
);

const places = fc.tuple(key, member, reverse).map(
  ([k, name, isReverse]) =>
    new Step([isReverse ? 'ZREVRANK' : 'ZRANK', k, name, 'WITHSCORE'], (model) => {
      const pairs = sorted(model.get(k));
      if (isReverse) pairs.reverse();
      const at = pairs.findIndex(([there]) => there === name);
      return at < 0 ? '*-1' : `[:${at}, ${bulk(spelled(pairs[at][1]))}]`;
    }),
);

/** The result of a union, an intersection or a difference of two. */
const combined = (name: string, left: Scores, right: Scores): Scores => {
  const result: Scores = new Map();
  for (const [member, x] of left) {
    const y = right.get(member);
    if (name === 'ZDIFFSTORE' ? y === undefined : name === 'ZUNIONSTORE' || y !== undefined) {
      // The sum of both infinities is 0 for Redis.
      result.set(member, name === 'ZDIFFSTORE' ? x : x + (y ?? 0) || 0);
    }
  }
  if (name === 'ZUNIONSTORE') for (const [member, y] of right) if (!left.has(member)) result.set(member, y);
  return result;
};

const stores = fc.tuple(fc.constantFrom('ZUNIONSTORE', 'ZINTERSTORE', 'ZDIFFSTORE'), key, key, key).map(
  ([name, target, left, right]) =>
    new Step([name, target, '2', left, right], (model) => {
      const result = combined(name, model.get(left) ?? new Map(), model.get(right) ?? new Map());
      if (result.size > 0) model.set(target, result);
      else model.delete(target);
      return `:${result.size}`;
    }),
);

const copies = fc.tuple(key, key, rank, rank).map(
  ([target, source, start, stop]) =>
    new Step(['ZRANGESTORE', target, source, String(start), String(stop)], (model) => {
      const pairs = between(sorted(model.get(source)), start, stop);
      if (pairs.length > 0) model.set(target, new Map(pairs));
      else model.delete(target);
      return `:${pairs.length}`;
    }),
);

test('sorted sets behave as Maps from member to score', (t) => {
  const steps = [adds, adds, increments, removes, pops, ranges, byScore, counts, cuts, trims, places, stores, copies];
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => {
      const real = new MemoryServer({ config: LOW });
      const model: Model = new Map();
      fc.modelRun(() => ({ model, real }), commands);
      for (const [k, scores] of model) {
        const { reply } = real.run(['ZRANGE', k, '0', '-1', 'WITHSCORES']);
        if (reply !== listed(sorted(scores), true)) throw new Error(`${k} holds ${reply} in the end`);
      }
      if (real.run('DBSIZE').reply !== `:${model.size}`) throw new Error('a key is there that should not be');
    }),
    { numRuns: 200 },
  );
  t.pass();
});
