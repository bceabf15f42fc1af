/**
 * Walking the keys of a database: KEYS in one go, SCAN in steps.
 *
 * In:  a pattern, a cursor. Out: keys that have not expired. What a step finds is collected as refs first, in one
 * reused list, because an expired key may be removed, and that must not happen under the walk.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { TYPE_NAMES } from '../keyspace/entry.ts';
import { globMatch, isLiteral } from '../keyspace/glob.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import * as described from './docs/generic.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { command, Outcome } from './spec.ts';

const INVALID_CURSOR = 'ERR invalid cursor';
const STAR = 0x2a;
const COUNT_DEFAULT = 10;
/** A sparse table is given up after so many empty buckets per key asked for. */
const BUCKETS_PER_KEY_MAX = 10;
const KEPT_REFS_MAX = 16 * 1024;

const CURSOR = /^[\t-\r ]*([+-]?)(\d+)$/;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT32_BITS = 32;

/** Refs that a walk has met, reused from command to command. */
class Found {
  count = 0;
  refs = new Int32Array(256);
  readonly add = (ref: number): void => {
    if (this.count === this.refs.length) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this.refs);
      this.refs = wider;
    }
    this.refs[this.count++] = ref;
  };

  clear(): void {
    this.count = 0;
    if (this.refs.length > KEPT_REFS_MAX) this.refs = new Int32Array(256);
  }
}

const found = new Found();

const isEverything = (cmd: CommandView, index: number): boolean =>
  cmd.length(index) === 1 && cmd.buf[cmd.offset(index)] === STAR;

/** Whether the key in the key view matches the pattern in an argument; 0 stands for no pattern. */
const matches = (db: Database, cmd: CommandView, pattern: number): boolean =>
  pattern === 0 ||
  globMatch(cmd.buf, cmd.offset(pattern), cmd.length(pattern), db.keyBytes, db.keyAt, db.keyLength, false);

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

/**
 * A cursor as C's strtoul reads it (so an empty one is 0, and a minus is taken modulo 2^64), of which the dictionary uses
 * 32 bits; -1 when it is invalid.
 */
const decodeCursor = (cmd: CommandView, index: number): number => {
  const n = cmd.integer(index);
  if (n >= 0 && Number.isFinite(n)) return n >>> 0;
  const text = cmd.text(index).split('\0', 1)[0];
  if (text === '') return 0;
  const parts = CURSOR.exec(text);
  if (parts === null || /^\s/.test(text)) return -1;
  const magnitude = BigInt(parts[2]);
  if (magnitude > UINT64_MAX) return -1;
  return Number(BigInt.asUintN(UINT32_BITS, parts[1] === '-' ? -magnitude : magnitude));
};

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
    let cursor = decodeCursor(cmd, 1);
    if (cursor < 0) return refuse(reply, INVALID_CURSOR);
    let count = COUNT_DEFAULT;
    let pattern = 0;
    let type = ANY_TYPE;
    for (let i = 2; i < cmd.argc; i += 2) {
      if (i + 1 >= cmd.argc) return refuse(reply, SYNTAX_ERROR);
      if (cmd.equalsToken(i, 'COUNT')) {
        count = cmd.integer(i + 1);
        if (Number.isNaN(count)) return refuse(reply, NOT_AN_INTEGER);
        if (count < 1 || (count === Number.POSITIVE_INFINITY && (cmd.bigInteger(i + 1) ?? 0n) < 0n)) {
          return refuse(reply, SYNTAX_ERROR);
        }
      } else if (cmd.equalsToken(i, 'MATCH')) {
        pattern = isEverything(cmd, i + 1) ? 0 : i + 1;
      } else if (cmd.equalsToken(i, 'TYPE')) {
        type = decodeType(cmd, i + 1);
      } else {
        return refuse(reply, SYNTAX_ERROR);
      }
    }

    const { dict } = ctx.keyspace;
    let left = count * BUCKETS_PER_KEY_MAX;
    do {
      cursor = dict.scan(db.header, cursor, found.add);
    } while (cursor !== 0 && --left > 0 && found.count < count);

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
    reply.bulkInteger(cursor);
    replyFound(db, reply);
    return Outcome.Unchanged;
  },
});
