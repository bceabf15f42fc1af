/**
 * Values as bytes: DUMP, RESTORE and RESTORE-ASKING.
 *
 * In:  a command event. Out: a payload, or a key made from one; events with absolute times only.
 * Memory: a payload is built in one buffer that is reused, and copied into the reply.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { ExpiryMode } from '../keyspace/keyspace.ts';
import { dump as dumpValue, isIntact, read } from '../persistence/rdb/dump.ts';
import { setAccess } from '../persistence/rdb/reader.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';
import * as describedGeneric from './docs/generic.ts';
import * as describedServer from './docs/server.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { Decoded, ExpireTime } from './expire-time.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const BUSYKEY = 'BUSYKEY Target key name already exists.';
const INVALID_TTL = 'ERR Invalid TTL value, must be >= 0';
const INVALID_IDLETIME = 'ERR Invalid IDLETIME value, must be >= 0';
const INVALID_FREQ = 'ERR Invalid FREQ value, must be >= 0 and <= 255';
const NOT_INTACT = 'ERR DUMP payload version or checksum are wrong';
const BAD_FORMAT = 'ERR Bad data format';

const NOT_GIVEN = -1;
const FREQUENCY_MAX = 255;

/**
 * DUMP key: the value in the format of RDB files, with version and checksum, but without its expiry.
 *
 * Reply:  bulk string, or null when the key is missing.
 * Source: https://redis.io/docs/latest/commands/dump/
 */
export const dump = command({
  ...describedGeneric.dump,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.findRead(cmd, 1);
    if (ref === MISSING) {
      reply.null();
      return Outcome.Unchanged;
    }
    const { buf, pos } = dumpValue(db, ref, ctx.config.rdbcompression);
    reply.bulk(buf, 0, pos);
    return Outcome.Unchanged;
  },
});

/** An integer below zero, however far. */
const isNegative = (cmd: CommandView, index: number, value: number): boolean =>
  value < 0 || (value === Number.POSITIVE_INFINITY && (cmd.bigInteger(index) ?? 0n) < 0n);

/** What stands behind the payload. One record, reused. */
class Options {
  replace = false;
  absoluteTtl = false;
  idleSeconds = NOT_GIVEN;
  frequency = NOT_GIVEN;

  /** Reads the options; an error text when they are wrong. */
  decode(cmd: CommandView): string | undefined {
    this.replace = false;
    this.absoluteTtl = false;
    this.idleSeconds = NOT_GIVEN;
    this.frequency = NOT_GIVEN;
    for (let i = 4; i < cmd.argc; i++) {
      const hasMore = i + 1 < cmd.argc;
      if (cmd.equalsToken(i, 'REPLACE')) {
        this.replace = true;
      } else if (cmd.equalsToken(i, 'ABSTTL')) {
        this.absoluteTtl = true;
      } else if (cmd.equalsToken(i, 'IDLETIME') && hasMore && this.frequency === NOT_GIVEN) {
        this.idleSeconds = cmd.integer(++i);
        if (Number.isNaN(this.idleSeconds)) return NOT_AN_INTEGER;
        if (isNegative(cmd, i, this.idleSeconds)) return INVALID_IDLETIME;
      } else if (cmd.equalsToken(i, 'FREQ') && hasMore && this.idleSeconds === NOT_GIVEN) {
        this.frequency = cmd.integer(++i);
        if (Number.isNaN(this.frequency)) return NOT_AN_INTEGER;
        if (this.frequency < 0 || this.frequency > FREQUENCY_MAX) return INVALID_FREQ;
      } else {
        return SYNTAX_ERROR;
      }
    }
    return undefined;
  }
}

const options = new Options();
const expireTime = new ExpireTime();

/** The event of a RESTORE whose time was relative: the same with the time since 1970 and ABSTTL. */
const writeAbsolute = (db: Database, cmd: CommandView, ctx: Context): void => {
  const { effects } = ctx;
  effects.begin(db.index, cmd.argc + 1);
  for (let i = 0; i < cmd.argc; i++) {
    if (i === 2) expireTime.writeTo(effects);
    else effects.bytes(cmd.buf, cmd.offset(i), cmd.length(i));
  }
  effects.text('ABSTTL');
};

const reduceRestore = (db: Database, cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const wrong = options.decode(cmd);
  if (wrong !== undefined) return refuse(reply, wrong);

  const existing = db.findWrite(cmd, 1);
  if (existing !== MISSING && !options.replace) return refuse(reply, BUSYKEY);

  const ttl = cmd.integer(2);
  if (Number.isNaN(ttl)) return refuse(reply, NOT_AN_INTEGER);
  if (isNegative(cmd, 2, ttl)) return refuse(reply, INVALID_TTL);

  const { skipChecksumValidation } = ctx.server.persistence;
  const payloadAt = cmd.offset(3);
  const payloadLength = cmd.length(3);
  if (!isIntact(cmd.buf, payloadAt, payloadLength, skipChecksumValidation)) return refuse(reply, NOT_INTACT);
  const value = read(cmd.buf, payloadAt, payloadLength, db);
  if (value === undefined) return refuse(reply, BAD_FORMAT);

  if (existing !== MISSING) db.remove(existing);
  reply.ok();

  const expires = ttl !== 0;
  if (expires) {
    const decoded = expireTime.decode(cmd, 2, 1, options.absoluteTtl ? 0 : ctx.nowMs, false);
    // Redis lets a time past the end of int64 wrap around, which puts it long ago.
    const isPast = decoded === Decoded.OutOfRange || expireTime.ms <= ctx.nowMs;
    if (isPast && ctx.keyspace.expiryMode === ExpiryMode.Remove) {
      value.discard();
      if (existing === MISSING) return Outcome.Unchanged;
      db.notify(KeyEventClass.Generic, 'del', cmd, 1);
      const name = ctx.config['lazyfree-lazy-server-del'] ? 'UNLINK' : 'DEL';
      ctx.effects.begin(db.index, 2).text(name).bytes(cmd.buf, cmd.offset(1), cmd.length(1));
      return Outcome.Rewritten;
    }
  }

  let ref = value.finish(cmd.buf, cmd.offset(1), cmd.length(1), expires);
  if (expires) ref = db.setExpiry(ref, expireTime.ms);
  setAccess(db, ref, options.idleSeconds, options.frequency);
  db.notify(KeyEventClass.Generic, 'restore', cmd, 1);

  if (!expires || options.absoluteTtl) return Outcome.AsReceived;
  writeAbsolute(db, cmd, ctx);
  return Outcome.Rewritten;
};

/**
 * RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]: a key from what DUMP gave. A ttl of 0
 * is none.
 *
 * Reply:  +OK.
 * Errors: BUSYKEY when the key exists, without REPLACE; ERR for numbers out of range, for a payload whose version or
 *         checksum is wrong, or that holds no value.
 * Event:  as received, the ttl absolute (ABSTTL); `DEL key` when the time is past and a key was replaced.
 * Source: https://redis.io/docs/latest/commands/restore/
 */
export const restore = command({ ...describedGeneric.restore, reduce: reduceRestore });

/** RESTORE as cluster nodes send it to one another. */
export const restoreAsking = command({ ...describedServer.restoreAsking, reduce: reduceRestore });

export const dumpCommands: readonly CommandSpec[] = [dump, restore, restoreAsking];
