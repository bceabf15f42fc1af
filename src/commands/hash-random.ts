/**
 * HRANDFIELD: fields by chance, each with the same one.
 *
 * In:  a command event and the random numbers of the context. Out: a reply.
 * Memory: a set of refs, reused, for fields that must differ.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import type { Reply } from '../resp/reply.ts';
import { field, HashWalk, hashLength, sampleField, value } from '../values/hash.ts';
import type { Context } from './context.ts';
import * as described from './docs/hash.ts';
import { NOT_A_LONG, NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { INT64_MIN } from './expire-time.ts';
import { RefSet } from './ref-set.ts';
import { isTooLong, replyBytesMax } from './reply-limit.ts';
import { command, Outcome } from './spec.ts';

const TOO_MANY_PAIRS = 'ERR value is out of range';
/** Pairs are two replies each, and their number has to fit int64. */
const PAIRS_MAX = 2n ** 62n - 1n;
/** Fewer than one in so many fields are drawn until they differ; more are picked on a walk over all of them. */
const DRAWN_SHARE = 3;

const walk = new HashWalk();
const drawn = new RefSet();

/** Replies `field`, and `value` if it is wanted: as a pair in RESP3. */
const replyField = (reply: Reply, withValues: boolean): void => {
  if (withValues && reply.version === 3) reply.array(2);
  reply.bulk(field.bytes, field.at, field.length);
  if (withValues) reply.bulk(value.bytes, value.at, value.length);
};

const replyHead = (reply: Reply, count: number, withValues: boolean): void =>
  reply.array(withValues && reply.version === 2 ? count * 2 : count);

/** Picks `count` of `length` fields on a walk: each field with the chance that leaves all choices alike. */
const replyPicked = (
  db: Database,
  ref: number,
  count: number,
  length: number,
  withValues: boolean,
  ctx: Context,
  reply: Reply,
): void => {
  let wanted = count;
  let left = length;
  walk.start(db, ref);
  while (wanted > 0 && walk.next()) {
    if (wanted === left || ctx.random() * left < wanted) {
      replyField(reply, withValues);
      wanted--;
    }
    left--;
  }
};

/** Draws fields of a table until `count` different ones have come. */
const replyDrawn = (
  db: Database,
  ref: number,
  count: number,
  withValues: boolean,
  ctx: Context,
  reply: Reply,
): void => {
  const { dict } = db.keyspace;
  const header = db.root(ref);
  drawn.clear(count);
  for (let left = count; left > 0; ) {
    const element = dict.sampleFairly(header, ctx.random);
    if (!drawn.add(element)) continue;
    db.loadKey(element);
    field.bytes = db.keyBytes;
    field.at = db.keyAt;
    field.length = db.keyLength;
    db.loadValue(element);
    value.bytes = db.valueBytes;
    value.at = db.valueAt;
    value.length = db.valueLength;
    replyField(reply, withValues);
    left--;
  }
};

/** Fields that may come several times; `count` may be more than there is room for. */
const replyRepeated = (
  db: Database,
  ref: number,
  count: number,
  length: number,
  withValues: boolean,
  ctx: Context,
  reply: Reply,
): void => {
  const bytesMax = replyBytesMax(ctx);
  for (let left = count; left > 0 && !isTooLong(ctx, bytesMax); left--) {
    sampleField(db, ref, length, ctx.random);
    replyField(reply, withValues);
  }
};

/**
 * HRANDFIELD key [count [WITHVALUES]]: a random field, or as many different ones as `count` says, or, where it is
 * negative, as many as it says that may be the same.
 *
 * Reply:  bulk string or null without a count; with one an array, empty for a missing key. WITHVALUES: a flat array in
 *         RESP2, an array of pairs in RESP3.
 * Errors: ERR value is not an integer; ERR value is out of range; ERR syntax error; WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/hrandfield/
 */
export const hrandfield = command({
  ...described.hrandfield,
  reduce: (db, cmd, reply, ctx) => {
    let count = 1;
    if (cmd.argc > 2) {
      count = cmd.integer(2);
      if (Number.isNaN(count)) return refuse(reply, NOT_AN_INTEGER);
      const exact = Number.isFinite(count) ? 0n : (cmd.bigInteger(2) ?? 0n);
      if (exact === INT64_MIN) return refuse(reply, NOT_A_LONG);
      if (cmd.argc > 4 || (cmd.argc === 4 && !cmd.equalsToken(3, 'WITHVALUES'))) return refuse(reply, SYNTAX_ERROR);
      if (cmd.argc === 4 && (exact > PAIRS_MAX || exact < -PAIRS_MAX)) return refuse(reply, TOO_MANY_PAIRS);
      if (exact < 0n) count = -Number.MAX_SAFE_INTEGER;
    }
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    if (cmd.argc === 2) {
      if (ref === MISSING) {
        reply.null();
        return Outcome.Unchanged;
      }
      sampleField(db, ref, hashLength(db, ref), ctx.random);
      replyField(reply, false);
      return Outcome.Unchanged;
    }
    const withValues = cmd.argc === 4;
    const length = ref === MISSING ? 0 : hashLength(db, ref);
    if (length === 0 || count === 0) {
      reply.array(0);
    } else if (count < 0) {
      replyHead(reply, -count, withValues);
      replyRepeated(db, ref, -count, length, withValues, ctx, reply);
    } else {
      const found = Math.min(count, length);
      replyHead(reply, found, withValues);
      const isTable = db.encoding(ref) === Encoding.HashTable;
      if (isTable && found * DRAWN_SHARE < length) replyDrawn(db, ref, found, withValues, ctx, reply);
      else replyPicked(db, ref, found, length, withValues, ctx, reply);
    }
    return Outcome.Unchanged;
  },
});
