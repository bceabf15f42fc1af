/**
 * The hash family: fields set, read and deleted. Counters are in hash-increment.ts, chance in hash-random.ts.
 *
 * In:  a command event. Out: a reply, and the outcome that dispatch makes the write event from.
 * Memory: values lie in the arena; HSET and HGET copy bytes once and allocate nothing.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import {
  createHashTable,
  Deleted,
  deleteField,
  entryLeft,
  field,
  fieldIsNew,
  getField,
  HashBuilder,
  HashWalk,
  hashLength,
  makeFit,
  setField,
  value,
} from '../values/hash.ts';
import * as described from './docs/hash.ts';
import { refuse, WRONGTYPE, wrongArity } from './errors.ts';
import { hincrby, hincrbyfloat } from './hash-increment.ts';
import { hrandfield } from './hash-random.ts';
import { type CollectionScan, replyPackedMatches, scanCollection } from './scan-options.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const FIRST_FIELD = 2;

const builder = new HashBuilder();
const walk = new HashWalk();

const setArguments = (db: Database, ref: number, cmd: CommandView, at: number): number =>
  setField(db, ref, cmd.buf, cmd.offset(at), cmd.length(at), cmd.buf, cmd.offset(at + 1), cmd.length(at + 1));

/** Adds the missing key with the pairs from argument 2 on. Returns the number of fields. */
const createHash = (db: Database, cmd: CommandView, pairs: number, bytesMax: number): number => {
  const { limits } = db.keyspace;
  const at = cmd.offset(1);
  const length = cmd.length(1);
  if (pairs > limits.hashEntries || bytesMax > limits.hashValueBytes) {
    const ref = createHashTable(db, cmd.buf, at, length);
    for (let i = FIRST_FIELD; i < cmd.argc; i += 2) setArguments(db, ref, cmd, i);
    return hashLength(db, ref);
  }
  builder.begin();
  for (let i = FIRST_FIELD; i < cmd.argc; i += 2) {
    builder.set(cmd.buf, cmd.offset(i), cmd.length(i), cmd.buf, cmd.offset(i + 1), cmd.length(i + 1));
  }
  builder.finish(db, cmd.buf, at, length);
  return builder.length;
};

/** Sets the pairs from argument 2 on; `ref` is a hash or MISSING. Returns how many fields are new. */
const setPairs = (db: Database, ref: number, cmd: CommandView): number => {
  const pairs = (cmd.argc - FIRST_FIELD) >>> 1;
  let bytesMax = 0;
  let bytesTotal = 0;
  for (let i = FIRST_FIELD; i < cmd.argc; i++) {
    const bytes = cmd.length(i);
    bytesTotal += bytes;
    if (bytes > bytesMax) bytesMax = bytes;
  }
  if (ref === MISSING) return createHash(db, cmd, pairs, bytesMax);
  let target = makeFit(db, ref, pairs, bytesMax, bytesTotal);
  let added = 0;
  for (let i = FIRST_FIELD; i < cmd.argc; i += 2) {
    target = setArguments(db, target, cmd, i);
    if (fieldIsNew) added++;
  }
  return added;
};

/**
 * HSET key field value [field value ...]: sets fields, adding those that are missing, and the key with them.
 *
 * Reply:  integer, how many fields were added.
 * Errors: WRONGTYPE; ERR wrong number of arguments (a field without a value).
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/hset/
 */
export const hset = command({
  ...described.hset,
  reduce: (db, cmd, reply, ctx) => {
    if ((cmd.argc & 1) !== 0) return refuse(reply, wrongArity('hset'));
    const ref = db.findCollection(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    reply.integer(setPairs(db, ref, cmd));
    db.notify(KeyEventClass.Hash, 'hset', cmd, 1);
    ctx.changes = (cmd.argc - FIRST_FIELD) >>> 1;
    return Outcome.AsReceived;
  },
});

/** HMSET key field value [field value ...]: as HSET, but the reply is OK. Source: https://redis.io/docs/latest/commands/hmset/ */
export const hmset = command({
  ...described.hmset,
  reduce: (db, cmd, reply, ctx) => {
    if ((cmd.argc & 1) !== 0) return refuse(reply, wrongArity('hmset'));
    const ref = db.findCollection(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    setPairs(db, ref, cmd);
    reply.ok();
    db.notify(KeyEventClass.Hash, 'hset', cmd, 1);
    ctx.changes = (cmd.argc - FIRST_FIELD) >>> 1;
    return Outcome.AsReceived;
  },
});

/**
 * HSETNX key field value: sets a field that is missing.
 *
 * Reply:  integer, 1 when it was set.
 * Errors: WRONGTYPE. Event: as received.
 * Source: https://redis.io/docs/latest/commands/hsetnx/
 */
export const hsetnx = command({
  ...described.hsetnx,
  reduce: (db, cmd, reply) => {
    const ref = db.findCollection(cmd, 1);
    if (ref !== MISSING) {
      if (db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
      if (getField(db, ref, cmd.buf, cmd.offset(2), cmd.length(2))) {
        reply.integer(0);
        return Outcome.Unchanged;
      }
    }
    setPairs(db, ref, cmd);
    reply.integer(1);
    db.notify(KeyEventClass.Hash, 'hset', cmd, 1);
    return Outcome.AsReceived;
  },
});

/**
 * HGET key field: the value of a field.
 *
 * Reply:  bulk string, or null. Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/hget/
 */
export const hget = command({
  ...described.hget,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    if (ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(2), cmd.length(2))) {
      reply.bulk(value.bytes, value.at, value.length);
    } else {
      reply.null();
    }
    return Outcome.Unchanged;
  },
});

/**
 * HMGET key field [field ...]: the values of several fields.
 *
 * Reply:  array of bulk strings and nulls, as many as fields. Errors: WRONGTYPE.
 * Source: https://redis.io/docs/latest/commands/hmget/
 */
export const hmget = command({
  ...described.hmget,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    reply.array(cmd.argc - FIRST_FIELD);
    for (let i = FIRST_FIELD; i < cmd.argc; i++) {
      if (ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(i), cmd.length(i))) {
        reply.bulk(value.bytes, value.at, value.length);
      } else {
        reply.null();
      }
    }
    return Outcome.Unchanged;
  },
});

/**
 * HDEL key field [field ...]: deletes fields, and the key with the last one.
 *
 * Reply:  integer, how many fields were deleted. Errors: WRONGTYPE. Event: as received.
 * Source: https://redis.io/docs/latest/commands/hdel/
 */
export const hdel = command({
  ...described.hdel,
  reduce: (db, cmd, reply, ctx) => {
    let ref = db.findCollection(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    let deleted = 0;
    let isKeyGone = false;
    for (let i = FIRST_FIELD; i < cmd.argc && ref !== MISSING && !isKeyGone; i++) {
      const done = deleteField(db, ref, cmd.buf, cmd.offset(i), cmd.length(i));
      ref = entryLeft;
      if (done !== Deleted.Nothing) deleted++;
      isKeyGone = done === Deleted.Key;
    }
    reply.integer(deleted);
    if (deleted === 0) return Outcome.Unchanged;
    db.notify(KeyEventClass.Hash, 'hdel', cmd, 1);
    if (isKeyGone) db.notify(KeyEventClass.Generic, 'del', cmd, 1);
    ctx.changes = deleted;
    return Outcome.AsReceived;
  },
});

/** HLEN key: the number of fields, 0 for a missing key. Source: https://redis.io/docs/latest/commands/hlen/ */
export const hlen = command({
  ...described.hlen,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    reply.integer(ref === MISSING ? 0 : hashLength(db, ref));
    return Outcome.Unchanged;
  },
});

/** HSTRLEN key field: the length of a value, 0 for a missing one. Source: https://redis.io/docs/latest/commands/hstrlen/ */
export const hstrlen = command({
  ...described.hstrlen,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    const isThere = ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(2), cmd.length(2));
    reply.integer(isThere ? value.length : 0);
    return Outcome.Unchanged;
  },
});

/** HEXISTS key field: 1 when the hash has the field. Source: https://redis.io/docs/latest/commands/hexists/ */
export const hexists = command({
  ...described.hexists,
  reduce: (db, cmd, reply) => {
    const ref = db.findRead(cmd, 1);
    if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
    const isThere = ref !== MISSING && getField(db, ref, cmd.buf, cmd.offset(2), cmd.length(2));
    reply.integer(isThere ? 1 : 0);
    return Outcome.Unchanged;
  },
});

/** Replies all fields, all values, or both as a map. */
const replyAll = (db: Database, cmd: CommandView, reply: Reply, fields: boolean, values: boolean): Outcome => {
  const ref = db.findRead(cmd, 1);
  if (ref !== MISSING && db.type(ref) !== Type.Hash) return refuse(reply, WRONGTYPE);
  const length = ref === MISSING ? 0 : hashLength(db, ref);
  if (fields && values) reply.map(length);
  else reply.array(length);
  if (ref === MISSING) return Outcome.Unchanged;
  walk.start(db, ref);
  while (walk.next()) {
    if (fields) reply.bulk(field.bytes, field.at, field.length);
    if (values) reply.bulk(value.bytes, value.at, value.length);
  }
  return Outcome.Unchanged;
};

/** HKEYS key: all fields as an array. Source: https://redis.io/docs/latest/commands/hkeys/ */
export const hkeys = command({
  ...described.hkeys,
  reduce: (db, cmd, reply) => replyAll(db, cmd, reply, true, false),
});

/** HVALS key: all values as an array. Source: https://redis.io/docs/latest/commands/hvals/ */
export const hvals = command({
  ...described.hvals,
  reduce: (db, cmd, reply) => replyAll(db, cmd, reply, false, true),
});

/** HGETALL key: fields and values, as a map in RESP3. Source: https://redis.io/docs/latest/commands/hgetall/ */
export const hgetall = command({
  ...described.hgetall,
  reduce: (db, cmd, reply) => replyAll(db, cmd, reply, true, true),
});

const hashScan: CollectionScan = {
  type: Type.Hash,
  width: 2,
  element: (db, ref, reply) => {
    reply.bulk(db.keyBytes, db.keyAt, db.keyLength);
    db.loadValue(ref);
    reply.bulk(db.valueBytes, db.valueAt, db.valueLength);
  },
  packed: (db, ref, cmd, pattern, reply) => replyPackedMatches(db, ref, cmd, pattern, 2, reply),
};

/**
 * HSCAN key cursor [MATCH pattern] [COUNT count]: some fields with their values, and the cursor to go on with.
 *
 * Reply:  array of the next cursor and a flat array of fields and values.
 * Errors: ERR invalid cursor; WRONGTYPE; ERR value is not an integer; ERR syntax error.
 * Source: https://redis.io/docs/latest/commands/hscan/
 */
export const hscan = command({
  ...described.hscan,
  reduce: (db, cmd, reply) => scanCollection(db, cmd, reply, hashScan),
});

export const hashCommands: readonly CommandSpec[] = [
  hset,
  hmset,
  hsetnx,
  hget,
  hmget,
  hdel,
  hlen,
  hstrlen,
  hexists,
  hkeys,
  hvals,
  hgetall,
  hincrby,
  hincrbyfloat,
  hrandfield,
  hscan,
];
