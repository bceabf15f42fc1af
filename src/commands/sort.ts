/**
 * SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what keys named after them hold.
 *
 * In:  a command event. Out: an array, or a list that is stored.
 *
 * Texts are compared as bytes up to their first NUL, as redis-server does in the C locale, and as whole bytes with STORE.
 * Elements that compare equal keep their order; those of a stored set, which have none, are put in order of their bytes,
 * so that a replica stores the same list.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { parseDouble, parseDoubleBytes } from '../resp/double.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { End, pushArguments } from '../values/list.ts';
import type { Context } from './context.ts';
import * as described from './docs/generic.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { type Compare, firstInOrder } from './first-in-order.ts';
import { signedInteger } from './signed-integer.ts';
import { ABSENT, countElements, elementsOf, Pattern, Texts } from './sort-elements.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const NOT_A_SCORE = "ERR One or more scores can't be converted into double";

interface Options {
  readonly descending: boolean;
  readonly alpha: boolean;
  /** LIMIT: elements left out, and elements returned at most; below 0 = all. */
  readonly skipped: number;
  readonly limit: number;
  readonly by: Pattern | undefined;
  /** BY a pattern without a star: nothing is to be sorted. */
  readonly keepsOrder: boolean;
  readonly gets: readonly Pattern[];
  /** Argument of the key that STORE names, 0 = none. */
  readonly store: number;
}

/** The options, or the error text. */
const decode = (cmd: CommandView, mayStore: boolean): Options | string => {
  let descending = false;
  let alpha = false;
  let skipped = 0;
  let limit = -1;
  let by: Pattern | undefined;
  let keepsOrder = false;
  const gets: Pattern[] = [];
  let store = 0;
  for (let i = 2; i < cmd.argc; i++) {
    const left = cmd.argc - 1 - i;
    if (cmd.equalsToken(i, 'ASC')) descending = false;
    else if (cmd.equalsToken(i, 'DESC')) descending = true;
    else if (cmd.equalsToken(i, 'ALPHA')) alpha = true;
    else if (cmd.equalsToken(i, 'LIMIT') && left >= 2) {
      skipped = signedInteger(cmd, i + 1);
      limit = signedInteger(cmd, i + 2);
      if (Number.isNaN(skipped) || Number.isNaN(limit)) return NOT_AN_INTEGER;
      i += 2;
    } else if (mayStore && cmd.equalsToken(i, 'STORE') && left >= 1) store = ++i;
    else if (cmd.equalsToken(i, 'BY') && left >= 1) {
      by = new Pattern(cmd.bytes(++i));
      if (!by.hasStar) keepsOrder = true;
    } else if (cmd.equalsToken(i, 'GET') && left >= 1) gets.push(new Pattern(cmd.bytes(++i)));
    else return SYNTAX_ERROR;
  }
  return { descending, alpha, skipped, limit, by, keepsOrder, gets, store };
};

// ── weights and order ─────────────────────────────────────────────────────────────────────────────────────────────

const WHITESPACE = /^[ \t\n\v\f\r]+/;
/** Doubles below this have fewer digits, and strtod says that they are out of range. */
const NORMAL_MIN = 2 ** -1022;

/** A double as strtod would have it: one with fewer digits than others is out of range. */
const inRange = (weight: number): number => (weight !== 0 && Math.abs(weight) < NORMAL_MIN ? Number.NaN : weight);

/** The number that C's strtod makes of a text, spaces before it and a NUL behind it allowed; NaN when there is none. */
const weightOf = (texts: Texts, index: number): number => {
  const length = texts.length(index);
  if (length <= 0) return 0; // absent, or no text at all
  const start = texts.offset(index);
  const weight = parseDoubleBytes(texts.buf, start, length);
  if (!Number.isNaN(weight)) return inRange(weight);
  const text = Buffer.from(texts.buf.buffer, start, length).toString('latin1');
  const nul = text.indexOf('\0');
  if (nul === 0) return 0;
  return inRange(parseDouble((nul < 0 ? text : text.slice(0, nul)).replace(WHITESPACE, '')));
};

/** Order of two texts by all their bytes. */
const compareBytes = (texts: Texts, one: number, other: number): number => {
  const { buf } = texts;
  const a = texts.offset(one);
  const b = texts.offset(other);
  const aLength = texts.length(one);
  const bLength = texts.length(other);
  const shorter = Math.min(aLength, bLength);
  for (let i = 0; i < shorter; i++) {
    const difference = buf[a + i] - buf[b + i];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
};

/** Order of two texts as C's strcmp sees them: a NUL ends them. */
const compareStrings = (texts: Texts, one: number, other: number): number => {
  const { buf } = texts;
  const a = texts.offset(one);
  const b = texts.offset(other);
  const aLength = texts.length(one);
  const bLength = texts.length(other);
  for (let i = 0; ; i++) {
    const first = i < aLength ? buf[a + i] : 0;
    const second = i < bLength ? buf[b + i] : 0;
    if (first !== second || first === 0) return first - second;
  }
};

/** By numbers, and by the elements' bytes where those are equal. Undefined when a text is no number. */
const numericOrder = (elements: Texts, weightTexts: Texts): Compare | undefined => {
  const weights = new Float64Array(elements.argc);
  for (let i = 0; i < weights.length; i++) {
    const weight = weightOf(weightTexts, i);
    if (Number.isNaN(weight)) return undefined;
    weights[i] = weight;
  }
  return (one, other) => {
    const a = weights[one];
    const b = weights[other];
    if (a !== b) return a < b ? -1 : 1;
    return compareBytes(elements, one, other);
  };
};

/** By texts, the absent ones first. */
const alphabeticOrder = (elements: Texts, weights: Texts, stores: boolean): Compare => {
  const compareTexts = stores ? compareBytes : compareStrings;
  if (weights === elements) return (one, other) => compareTexts(elements, one, other);
  return (one, other) => {
    const isAbsent = weights.length(one) === ABSENT;
    const isOtherAbsent = weights.length(other) === ABSENT;
    if (isAbsent || isOtherAbsent) return Number(isOtherAbsent) - Number(isAbsent);
    return compareTexts(weights, one, other);
  };
};

/** The indexes of the first elements, `wanted` or more, in their new order; undefined when a weight is no number. */
const sorted = (
  db: Database,
  elements: Texts,
  type: Type,
  options: Options,
  by: Pattern | undefined,
  alpha: boolean,
  wanted: number,
): Int32Array | undefined => {
  let weights = elements;
  if (by !== undefined) {
    weights = new Texts();
    for (let i = 0; i < elements.argc; i++) by.lookUp(db, elements, i, weights);
  }
  const stores = options.store !== 0;
  const compare = alpha ? alphabeticOrder(elements, weights, stores) : numericOrder(elements, weights);
  if (compare === undefined) return undefined;
  const breaksTies = stores && type === Type.Set;
  const sign = options.descending ? -1 : 1;
  return firstInOrder(elements.argc, wanted, (one, other) => {
    const order = compare(one, other) * sign;
    return order !== 0 || !breaksTies ? order : compareBytes(elements, one, other);
  });
};

// ── results ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds `count` elements from the `first`-th of `order` on to the results, or what GET makes of each of them. */
const addResults = (
  db: Database,
  elements: Texts,
  order: Int32Array | undefined,
  first: number,
  count: number,
  gets: readonly Pattern[],
  results: Texts,
): void => {
  for (let i = first; i < first + count; i++) {
    const index = order === undefined ? i : order[i];
    if (gets.length === 0) results.add(elements.buf, elements.offset(index), elements.length(index));
    for (const get of gets) get.lookUp(db, elements, index, results);
  }
};

const replyWith = (reply: Reply, results: Texts): Outcome => {
  reply.array(results.argc);
  for (let i = 0; i < results.argc; i++) {
    if (results.length(i) === ABSENT) reply.null();
    else reply.bulk(results.buf, results.offset(i), results.length(i));
  }
  return Outcome.Unchanged;
};

/** Stores all results but the first, which is the key of the list: argument `key` of the command. */
const storeAsList = (
  db: Database,
  cmd: CommandView,
  key: number,
  reply: Reply,
  ctx: Context,
  results: Texts,
): Outcome => {
  const count = results.argc - 1;
  reply.integer(count);
  const old = db.findWrite(cmd, key);
  if (old !== MISSING) db.remove(old);
  if (count === 0) {
    if (old === MISSING) return Outcome.Unchanged;
    db.notify(KeyEventClass.Generic, 'del', cmd, key);
    return Outcome.AsReceived;
  }
  results.fillAbsent();
  pushArguments(db, MISSING, 0, End.Right, results, 1);
  db.notify(KeyEventClass.List, 'sortstore', cmd, key);
  ctx.changes = count;
  return Outcome.AsReceived;
};

const reduceSort = (db: Database, cmd: CommandView, reply: Reply, ctx: Context, mayStore: boolean): Outcome => {
  const options = decode(cmd, mayStore);
  if (typeof options === 'string') return refuse(reply, options);
  const { store, gets } = options;
  const ref = db.findRead(cmd, 1);
  const type = ref === MISSING ? Type.List : db.type(ref);
  if (type !== Type.List && type !== Type.Set && type !== Type.SortedSet) return refuse(reply, WRONGTYPE);

  let { alpha, by, keepsOrder } = options;
  if (keepsOrder && type === Type.Set && store !== 0) {
    // A set has no order of its own that a replica would share.
    keepsOrder = false;
    alpha = true;
    by = undefined;
  }

  const total = ref === MISSING ? 0 : countElements(db, ref);
  const first = Math.min(Math.max(options.skipped, 0), total);
  const count = options.limit < 0 ? total - first : Math.min(options.limit, total - first);

  // Lists and sorted sets that keep their order are read where they are wanted only.
  const isRange = keepsOrder && type !== Type.Set;
  const elements =
    ref === MISSING
      ? new Texts()
      : elementsOf(db, ref, isRange ? first : 0, isRange ? count : total, isRange && options.descending);
  let order: Int32Array | undefined;
  if (!keepsOrder) {
    order = sorted(db, elements, type, options, by, alpha, first + count);
    if (order === undefined) return refuse(reply, NOT_A_SCORE);
  }
  const results = new Texts();
  if (store !== 0) results.add(cmd.buf, cmd.offset(store), cmd.length(store));
  addResults(db, elements, order, isRange ? 0 : first, count, gets, results);
  return store === 0 ? replyWith(reply, results) : storeAsList(db, cmd, store, reply, ctx, results);
};

/**
 * SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC | DESC] [ALPHA] [STORE destination]: by number, or by
 * text with ALPHA; by the elements themselves, or by what the keys hold that BY makes of them (`w_*`, `h_*->field`).
 * BY a pattern without a star keeps the order. GET names what is returned instead of the elements, `#` for themselves.
 *
 * Reply:  array, null for a key that GET does not find; with STORE the length of the list, which has no expiry.
 * Errors: WRONGTYPE when the key holds a string or a hash; ERR One or more scores can't be converted into double.
 * Event:  as received, with STORE.
 * Source: https://redis.io/docs/latest/commands/sort/
 */
export const sort = command({
  ...described.sort,
  reduce: (db, cmd, reply, ctx) => reduceSort(db, cmd, reply, ctx, true),
});

/** SORT_RO: as SORT, without STORE. Source: https://redis.io/docs/latest/commands/sort_ro/ */
export const sortRo = command({
  ...described.sortRo,
  reduce: (db, cmd, reply, ctx) => reduceSort(db, cmd, reply, ctx, false),
});

export const sortCommands: readonly CommandSpec[] = [sort, sortRo];
