/**
 * Storing bytes as a string value: which encoding they get, and the way into the arena that all string commands share.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../bytes.ts';
import { type Database, MISSING, NO_EXPIRY } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import type { CommandView } from '../resp/view.ts';
import { encodingOfBytes } from '../string-encoding.ts';
import type { Context } from './context.ts';

/** Lengths are int32 in the keyspace, whatever `proto-max-bulk-len` allows. */
const STRING_BYTES_MAX = 2 ** 31 - 1;

/** How long a string may become by APPEND and SETRANGE; a master's word is not disputed. */
export const stringBytesMax = (ctx: Context): number =>
  ctx.fromMaster ? STRING_BYTES_MAX : Math.min(ctx.config['proto-max-bulk-len'], STRING_BYTES_MAX);

/** The entry as a string that may be resized: a value of another type is given up, its expiry is kept. */
const asString = (db: Database, ref: number, cmd: CommandView, key: number): number => {
  if (db.type(ref) === Type.String) return ref;
  const expireAtMs = db.expireAtMs(ref);
  db.remove(ref);
  const at = cmd.offset(key);
  const created = db.create(cmd.buf, at, cmd.length(key), 0, Type.String, Encoding.EmbStr, expireAtMs !== NO_EXPIRY);
  return expireAtMs === NO_EXPIRY ? created : db.setExpiry(created, expireAtMs);
};

/**
 * Makes argument `value` the value of the key in argument `key`, whose entry is `ref` or MISSING. Returns the entry. The
 * expiry goes unless it is to be kept; `expires` makes room for one that will be set.
 */
export const storeArgument = (
  db: Database,
  ref: number,
  cmd: CommandView,
  key: number,
  value: number,
  keepExpiry: boolean,
  expires: boolean,
): number => {
  const { buf } = cmd;
  const at = cmd.offset(value);
  const length = cmd.length(value);
  const encoding = encodingOfBytes(buf, at, length);
  let stored: number;
  if (ref === MISSING) {
    stored = db.create(buf, cmd.offset(key), cmd.length(key), length, Type.String, encoding, expires);
  } else if (!expires && db.overwrite(ref, buf, at, length, encoding)) {
    return ref;
  } else {
    if (!keepExpiry && !expires) db.clearExpiry(ref);
    stored = db.resize(asString(db, ref, cmd, key), length, encoding, false, false);
  }
  copyBytes(buf, at, db.valueBytes, db.valueAt, length);
  return stored;
};
