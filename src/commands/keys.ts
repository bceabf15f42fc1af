/**
 * Keys as a whole, whatever their values: removing, renaming, moving, copying, counting them, and whole databases.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { type Database, MISSING } from '../keyspace/database.ts';
import { TYPE_NAMES } from '../keyspace/entry.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { ExpiryMode } from '../keyspace/keyspace.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';
import * as described from './docs/generic.ts';
import { dbsize as dbsizeDescription, flushall, flushdb, swapdb } from './docs/server.ts';
import {
  DB_OUT_OF_RANGE,
  NO_SUCH_KEY,
  NOT_AN_INT32,
  NOT_AN_INTEGER,
  refuse,
  SAME_OBJECT,
  SYNTAX_ERROR,
} from './errors.ts';
import { keys, scan } from './scan.ts';
import { type CommandSpec, command, Outcome, type Reducer } from './spec.ts';

const INVALID_FIRST_DB = 'ERR invalid first DB index';
const INVALID_SECOND_DB = 'ERR invalid second DB index';
const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/** A replica cannot remove expired keys, so RANDOMKEY gives up the search for a live one after so many. */
const RANDOM_TRIES_MAX = 100;

const isInt32 = (n: number): boolean => n >= INT32_MIN && n <= INT32_MAX;

const sameArgument = (cmd: CommandView, first: number, second: number): boolean => {
  const length = cmd.length(first);
  if (length !== cmd.length(second)) return false;
  const { buf } = cmd;
  const a = cmd.offset(first);
  const b = cmd.offset(second);
  for (let i = 0; i < length; i++) if (buf[a + i] !== buf[b + i]) return false;
  return true;
};

/** The database that an argument names, or the error text. */
const decodeDatabase = (cmd: CommandView, index: number, ctx: Context): Database | string => {
  const number = cmd.integer(index);
  if (Number.isNaN(number)) return NOT_AN_INTEGER;
  if (!isInt32(number)) return NOT_AN_INT32;
  return ctx.keyspace.databases[number] ?? DB_OUT_OF_RANGE;
};

const reduceRemoval: Reducer = (db, cmd, reply, ctx) => {
  let removed = 0;
  for (let i = 1; i < cmd.argc; i++) {
    const ref = db.find(cmd, i);
    if (ref === MISSING) continue;
    db.remove(ref);
    db.notify(KeyEventClass.Generic, 'del', cmd, i);
    removed++;
  }
  reply.integer(removed);
  ctx.changes = removed;
  return removed > 0 ? Outcome.AsReceived : Outcome.Unchanged;
};

/**
 * DEL key [key …]: removes keys.
 *
 * Reply:  integer, how many there were.
 * Event:  as received, when there was one.
 * Source: https://redis.io/docs/latest/commands/del/
 */
export const del = command({ ...described.del, reduce: reduceRemoval });

/** UNLINK: as DEL; no removal holds the loop here. Source: https://redis.io/docs/latest/commands/unlink/ */
export const unlink = command({ ...described.unlink, reduce: reduceRemoval });

/**
 * EXISTS key [key …]: counts the keys that exist, one that is named twice twice.
 *
 * Source: https://redis.io/docs/latest/commands/exists/
 */
export const exists = command({
  ...described.exists,
  reduce: (db, cmd, reply) => {
    let count = 0;
    for (let i = 1; i < cmd.argc; i++) if (db.findQuietly(cmd, i) !== MISSING) count++;
    reply.integer(count);
    return Outcome.Unchanged;
  },
});

/** TOUCH key [key …]: as EXISTS, and notes the access. Source: https://redis.io/docs/latest/commands/touch/ */
export const touch = command({
  ...described.touch,
  reduce: (db, cmd, reply) => {
    let count = 0;
    for (let i = 1; i < cmd.argc; i++) if (db.findRead(cmd, i) !== MISSING) count++;
    reply.integer(count);
    return Outcome.Unchanged;
  },
});

/** TYPE key: the name of the value's type, or none. Source: https://redis.io/docs/latest/commands/type/ */
export const type = command({
  ...described.type,
  reduce: (db, cmd, reply) => {
    const ref = db.findQuietly(cmd, 1);
    reply.simple(ref === MISSING ? 'none' : TYPE_NAMES[db.type(ref)]);
    return Outcome.Unchanged;
  },
});

/**
 * RANDOMKEY: a key that has not expired.
 *
 * Reply:  bulk string, or null when the database is empty. A replica whose keys all expire may name an expired one.
 * Source: https://redis.io/docs/latest/commands/randomkey/
 */
export const randomkey = command({
  ...described.randomkey,
  reduce: (db, _cmd, reply, ctx) => {
    const { keyspace, random } = ctx;
    const allExpire = db.expiries.count === db.size;
    let ref = keyspace.dict.sample(db.header, random);
    for (let tries = 1; ref !== MISSING && db.isExpired(ref); tries++) {
      if (allExpire && keyspace.expiryMode !== ExpiryMode.Remove && tries === RANDOM_TRIES_MAX) break;
      if (!keyspace.treatExpired(db, ref)) break;
      ref = keyspace.dict.sample(db.header, random);
    }
    if (ref === MISSING) {
      reply.null();
    } else {
      db.loadKey(ref);
      reply.bulk(db.keyBytes, db.keyAt, db.keyLength);
    }
    return Outcome.Unchanged;
  },
});

const reduceRename = (db: Database, cmd: CommandView, reply: Reply, onlyIfMissing: boolean): Outcome => {
  const ref = db.findWrite(cmd, 1);
  if (ref === MISSING) return refuse(reply, NO_SUCH_KEY);
  const same = sameArgument(cmd, 1, 2);
  const target = same ? ref : db.findWrite(cmd, 2);
  if (onlyIfMissing) reply.integer(target === MISSING ? 1 : 0);
  else reply.ok();
  if (same || (onlyIfMissing && target !== MISSING)) return Outcome.Unchanged;

  if (target !== MISSING) db.remove(target);
  db.moveTo(ref, db, cmd.buf, cmd.offset(2), cmd.length(2));
  db.notify(KeyEventClass.Generic, 'rename_from', cmd, 1);
  db.notify(KeyEventClass.Generic, 'rename_to', cmd, 2);
  return Outcome.AsReceived;
};

/**
 * RENAME key newkey: gives value and expiry another key, in the place of what was there.
 *
 * Reply:  OK.
 * Errors: ERR no such key.
 * Event:  as received; none for a key renamed to itself.
 * Source: https://redis.io/docs/latest/commands/rename/
 */
export const rename = command({
  ...described.rename,
  reduce: (db, cmd, reply) => reduceRename(db, cmd, reply, false),
});

/** RENAMENX: as RENAME, if there is no `newkey`; replies 1 or 0. Source: https://redis.io/docs/latest/commands/renamenx/ */
export const renamenx = command({
  ...described.renamenx,
  reduce: (db, cmd, reply) => reduceRename(db, cmd, reply, true),
});

/**
 * MOVE key db: moves the key to another database that does not have it.
 *
 * Reply:  integer, 1 when it was moved, else 0.
 * Errors: ERR for a database that does not exist or is the current one.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/move/
 */
export const move = command({
  ...described.move,
  reduce: (db, cmd, reply, ctx) => {
    const target = decodeDatabase(cmd, 2, ctx);
    if (typeof target === 'string') return refuse(reply, target);
    if (target === db) return refuse(reply, SAME_OBJECT);
    const ref = db.findWrite(cmd, 1);
    if (ref === MISSING || target.findWrite(cmd, 1) !== MISSING) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    db.moveTo(ref, target, cmd.buf, cmd.offset(1), cmd.length(1));
    db.notify(KeyEventClass.Generic, 'move_from', cmd, 1);
    target.notify(KeyEventClass.Generic, 'move_to', cmd, 1);
    reply.integer(1);
    return Outcome.AsReceived;
  },
});

/**
 * COPY source destination [DB db] [REPLACE]: copies value and expiry.
 *
 * Reply:  integer, 1 when it was copied, 0 when there is no source or, without REPLACE, there is a destination.
 * Errors: ERR syntax error; ERR for a database that does not exist; ERR source and destination objects are the same.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/copy/
 */
export const copy = command({
  ...described.copy,
  reduce: (db, cmd, reply, ctx) => {
    let target = db;
    let replace = false;
    for (let i = 3; i < cmd.argc; i++) {
      if (cmd.equalsToken(i, 'REPLACE')) {
        replace = true;
      } else if (cmd.equalsToken(i, 'DB') && i + 1 < cmd.argc) {
        const named = decodeDatabase(cmd, ++i, ctx);
        if (typeof named === 'string') return refuse(reply, named);
        target = named;
      } else {
        return refuse(reply, SYNTAX_ERROR);
      }
    }
    if (target === db && sameArgument(cmd, 1, 2)) return refuse(reply, SAME_OBJECT);

    const ref = db.findRead(cmd, 1);
    const old = ref === MISSING ? MISSING : target.findWrite(cmd, 2);
    if (ref === MISSING || (old !== MISSING && !replace)) {
      reply.integer(0);
      return Outcome.Unchanged;
    }
    if (old !== MISSING) target.remove(old);
    db.copyTo(ref, target, cmd.buf, cmd.offset(2), cmd.length(2));
    target.notify(KeyEventClass.Generic, 'copy_to', cmd, 2);
    reply.integer(1);
    return Outcome.AsReceived;
  },
});

/** DBSIZE: number of keys, expired ones that are still there included. Source: https://redis.io/docs/latest/commands/dbsize/ */
export const dbsize = command({
  ...dbsizeDescription,
  reduce: (db, _cmd, reply) => {
    reply.integer(db.size);
    return Outcome.Unchanged;
  },
});

/** FLUSHDB and FLUSHALL take SYNC or ASYNC; here memory always comes back in slices, after the reply. */
const isFlushSyntax = (cmd: CommandView): boolean =>
  cmd.argc === 1 || (cmd.argc === 2 && (cmd.equalsToken(1, 'SYNC') || cmd.equalsToken(1, 'ASYNC')));

/**
 * FLUSHDB [ASYNC | SYNC]: removes all keys of the database.
 *
 * Reply:  OK.
 * Event:  as received, even when there was nothing to remove.
 * Source: https://redis.io/docs/latest/commands/flushdb/
 */
export const flushDatabase = command({
  ...flushdb,
  reduce: (db, cmd, reply, ctx) => {
    if (!isFlushSyntax(cmd)) return refuse(reply, SYNTAX_ERROR);
    ctx.changes = ctx.keyspace.flush(db);
    reply.ok();
    return Outcome.AsReceived;
  },
});

/**
 * FLUSHALL [ASYNC | SYNC]: as FLUSHDB, for all databases. With save points set it also gives up a running save and
 * saves the empty keyspace, so that a crash does not bring the data back.
 *
 * Source: https://redis.io/docs/latest/commands/flushall/
 */
export const flushAllDatabases = command({
  ...flushall,
  reduce: (_db, cmd, reply, ctx) => {
    if (!isFlushSyntax(cmd)) return refuse(reply, SYNTAX_ERROR);
    const { keyspace } = ctx;
    const { persistence } = ctx.server;
    let removed = 0;
    for (const each of keyspace.databases) removed += keyspace.flush(each);
    persistence.abortBackgroundSave();
    const isSaved = ctx.config.save.length > 0 && E.isRight(persistence.saveSync());
    ctx.changes = isSaved ? 0 : removed;
    reply.ok();
    return Outcome.AsReceived;
  },
});

/**
 * SWAPDB index1 index2: exchanges the contents of two databases.
 *
 * Reply:  OK.
 * Errors: ERR invalid first (second) DB index; ERR DB index is out of range.
 * Event:  as received.
 * Source: https://redis.io/docs/latest/commands/swapdb/
 */
export const swapDatabases = command({
  ...swapdb,
  reduce: (_db, cmd, reply, ctx) => {
    const first = cmd.integer(1);
    if (!isInt32(first)) return refuse(reply, INVALID_FIRST_DB);
    const second = cmd.integer(2);
    if (!isInt32(second)) return refuse(reply, INVALID_SECOND_DB);
    const one = ctx.keyspace.databases[first];
    const other = ctx.keyspace.databases[second];
    if (one === undefined || other === undefined) return refuse(reply, DB_OUT_OF_RANGE);
    if (one !== other) {
      one.swapWith(other);
      ctx.server.blocking.exchanged(one);
      ctx.server.blocking.exchanged(other);
    }
    reply.ok();
    return Outcome.AsReceived;
  },
});

export const keyCommands: readonly CommandSpec[] = [
  copy,
  dbsize,
  del,
  exists,
  flushAllDatabases,
  flushDatabase,
  keys,
  move,
  randomkey,
  rename,
  renamenx,
  scan,
  swapDatabases,
  touch,
  type,
  unlink,
];
