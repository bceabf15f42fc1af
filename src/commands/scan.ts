/**
 * Walking the keys of a database: KEYS in one go, SCAN in steps.
 *
 * In:  a pattern, a cursor. Out: keys that have not expired.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { TYPE_NAMES } from '../keyspace/entry.ts';
import { isLiteral } from '../keyspace/glob.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import * as described from './docs/generic.ts';
import { refuse } from './errors.ts';
import {
  decodeCursor,
  decodeScanOptions,
  found,
  INVALID_CURSOR,
  isEverything,
  matchesPattern,
  scanOptions,
  scanTable,
} from './scan-options.ts';
import { command, Outcome } from './spec.ts';

/** Whether the key in the key view matches the pattern in an argument; 0 stands for no pattern. */
const matches = (db: Database, cmd: CommandView, pattern: number): boolean =>
  matchesPattern(cmd, pattern, db.keyBytes, db.keyAt, db.keyLength);

const replyFound = (db: Database, reply: Reply): void => {
  reply.array(found.count);
  for (let i = 0; i < found.count; i++) {
    db.loadKey(found.refs[i]);
    reply.bulk(db.keyBytes, db.keyAt, db.keyLength);
  }
  found.clear();
};

/**
 * KEYS pattern: all keys that match, in no order.
 *
 * Reply:  array of bulk strings. Expired keys are left out, not removed.
 * Source: https://redis.io/docs/latest/commands/keys/
 */
export const keys = command({
  ...described.keys,
  reduce: (db, cmd, reply, ctx) => {
    const { dict } = ctx.keyspace;
    const at = cmd.offset(1);
    const length = cmd.length(1);
    if (isLiteral(cmd.buf, at, length)) {
      const ref = dict.find(db.header, dict.hash(cmd.buf, at, length), cmd.buf, at, length);
      if (ref !== MISSING) found.add(ref);
    } else {
      let cursor = 0;
      do {
        cursor = dict.scan(db.header, cursor, found.add);
      } while (cursor !== 0);
    }
    const pattern = isEverything(cmd, 1) ? 0 : 1;
    let kept = 0;
    for (let i = 0; i < found.count; i++) {
      const ref = found.refs[i];
      db.loadKey(ref);
      if (matches(db, cmd, pattern) && !db.isExpired(ref)) found.refs[kept++] = ref;
    }
    found.count = kept;
    replyFound(db, reply);
    return Outcome.Unchanged;
  },
});

/** The type that an argument names, -1 for a name that no type has, which then matches nothing. */
const decodeType = (cmd: CommandView, index: number): number =>
  TYPE_NAMES.findIndex((name) => cmd.equalsToken(index, name.toUpperCase()));

const ANY_TYPE = -2;

/**
 * SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]: some keys, and the cursor to go on with, 0 at the end.
 *
 * A key that is there from the first step to the last is returned at least once, whatever happens meanwhile.
 *
 * Reply:  array of the next cursor and an array of keys.
 * Errors: ERR invalid cursor; ERR value is not an integer; ERR syntax error (also for a COUNT below 1).
 * Event:  none, but keys that have expired are removed.
 * Source: https://redis.io/docs/latest/commands/scan/
 */
export const scan = command({
  ...described.scan,
  reduce: (db, cmd, reply, ctx) => {
    const cursor = decodeCursor(cmd, 1);
    if (cursor < 0) return refuse(reply, INVALID_CURSOR);
    if (!decodeScanOptions(cmd, 2, true, reply)) return Outcome.Unchanged;
    const { count, pattern } = scanOptions;
    const type = scanOptions.type === 0 ? ANY_TYPE : decodeType(cmd, scanOptions.type);
    const next = scanTable(ctx.keyspace, db.header, cursor, count);

    let kept = 0;
    for (let i = 0; i < found.count; i++) {
      const ref = found.refs[i];
      db.loadKey(ref);
      if (!matches(db, cmd, pattern) || (type !== ANY_TYPE && db.type(ref) !== type)) continue;
      if (db.isExpired(ref) && ctx.keyspace.treatExpired(db, ref)) continue;
      found.refs[kept++] = ref;
    }
    found.count = kept;
    reply.array(2);
    reply.bulkInteger(next);
    replyFound(db, reply);
    return Outcome.Unchanged;
  },
});
