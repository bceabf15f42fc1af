/**
 * What SCAN, HSCAN, SSCAN and ZSCAN have in common: cursor, MATCH and COUNT, and one step over a table of entries.
 *
 * In:     a cursor and options. Out: refs of entries that the step met, collected first, because an expired key may be
 *         removed, and that must not happen under the walk.
 * Memory: one list of refs, reused from command to command, and the options decoded last.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, type Type } from '../keyspace/entry.ts';
import { globMatch } from '../keyspace/glob.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { isLarge } from '../keyspace/large.ts';
import { Element, elementAfter, firstElement } from '../keyspace/listpack.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR, WRONGTYPE } from './errors.ts';
import { Outcome } from './spec.ts';

export const INVALID_CURSOR = 'ERR invalid cursor';

const STAR = 0x2a;
const COUNT_DEFAULT = 10;
/** A sparse table is given up after so many empty buckets per entry asked for. */
const BUCKETS_PER_ENTRY_MAX = 10;
const KEPT_REFS_MAX = 16 * 1024;

const CURSOR = /^[\t-\r ]*([+-]?)(\d+)$/;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT32_BITS = 32;

/** Refs that a walk has met. */
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

/** What the step that is under way has met. Whoever fills it clears it. */
export const found = new Found();

export const isEverything = (cmd: CommandView, index: number): boolean =>
  cmd.length(index) === 1 && cmd.buf[cmd.offset(index)] === STAR;

/** Whether a text matches the pattern in an argument; argument 0 stands for no pattern. */
export const matchesPattern = (
  cmd: CommandView,
  pattern: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean => pattern === 0 || globMatch(cmd.buf, cmd.offset(pattern), cmd.length(pattern), bytes, at, length, false);

/**
 * A cursor as C's strtoul reads it (so an empty one is 0, and a minus is taken modulo 2^64), of which the dictionary uses
 * 32 bits; -1 when it is invalid.
 */
export const decodeCursor = (cmd: CommandView, index: number): number => {
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

/** The options decoded last. */
export const scanOptions = {
  count: COUNT_DEFAULT,
  /** Argument of the pattern; 0 where everything matches. */
  pattern: 0,
  /** Argument of the type's name; 0 = any. */
  type: 0,
};

/** Decodes the options from argument `from` on into `scanOptions`; false when they are refused, and the error is told. */
export const decodeScanOptions = (cmd: CommandView, from: number, mayHaveType: boolean, reply: Reply): boolean => {
  scanOptions.count = COUNT_DEFAULT;
  scanOptions.pattern = 0;
  scanOptions.type = 0;
  for (let i = from; i < cmd.argc; i += 2) {
    if (i + 1 < cmd.argc && cmd.equalsToken(i, 'COUNT')) {
      const count = cmd.integer(i + 1);
      const isHuge = count === Number.POSITIVE_INFINITY;
      if (Number.isNaN(count) || count < 1 || (isHuge && (cmd.bigInteger(i + 1) ?? 0n) < 0n)) {
        reply.error(Number.isNaN(count) ? NOT_AN_INTEGER : SYNTAX_ERROR);
        return false;
      }
      scanOptions.count = count;
    } else if (i + 1 < cmd.argc && cmd.equalsToken(i, 'MATCH')) {
      scanOptions.pattern = isEverything(cmd, i + 1) ? 0 : i + 1;
    } else if (mayHaveType && i + 1 < cmd.argc && cmd.equalsToken(i, 'TYPE')) {
      scanOptions.type = i + 1;
    } else {
      reply.error(SYNTAX_ERROR);
      return false;
    }
  }
  return true;
};

/** One step over a table: puts what it meets into `found` and returns the next cursor, 0 at the end. */
export const scanTable = (keyspace: Keyspace, header: number, cursor: number, count: number): number => {
  const { dict } = keyspace;
  let next = cursor;
  let left = count * BUCKETS_PER_ENTRY_MAX;
  do {
    next = dict.scan(header, next, found.add);
  } while (next !== 0 && --left > 0 && found.count < count);
  return next;
};

// ── collections ───────────────────────────────────────────────────────────────────────────────────────────────────

/** How a type replies its elements to HSCAN, SSCAN or ZSCAN. One constant per type. */
export interface CollectionScan {
  readonly type: Type;
  /** Replies per element: 1, or 2 where it has a value or a score. */
  readonly width: 1 | 2;
  /** Replies one element of a large value, whose key view is loaded. */
  element(db: Database, ref: number, reply: Reply): void;
  /** Replies the array of all elements of a packed value that match the pattern (see `replyPackedMatches`). */
  packed(db: Database, ref: number, cmd: CommandView, pattern: number, reply: Reply): void;
}

const one = new Element();

/** Replies the array of a listpack's elements, in groups of `width`, whose first one matches the pattern. */
export const replyPackedMatches = (
  db: Database,
  ref: number,
  cmd: CommandView,
  pattern: number,
  width: 1 | 2,
  reply: Reply,
): void => {
  db.loadValue(ref);
  const { valueBytes: bytes, valueAt, valueLength } = db;
  const end = valueAt + valueLength - 1;
  let count = 0;
  for (let pos = firstElement(valueAt); pos < end; ) {
    if (pattern === 0) count++;
    else {
      one.read(bytes, pos);
      if (matchesPattern(cmd, pattern, one.bytes, one.at, one.length)) count++;
    }
    pos = elementAfter(bytes, pos);
    if (width === 2) pos = elementAfter(bytes, pos);
  }
  reply.array(count * width);
  for (let pos = firstElement(valueAt); pos < end; ) {
    one.read(bytes, pos);
    const matches = matchesPattern(cmd, pattern, one.bytes, one.at, one.length);
    for (let left: number = width; left > 0; left--) {
      if (matches) {
        one.read(bytes, pos);
        reply.bulk(one.bytes, one.at, one.length);
      }
      pos = elementAfter(bytes, pos);
    }
  }
};

/** The dictionary of a large value, whose root it is unless the value is sorted. */
const dictionaryOf = (db: Database, ref: number): number => {
  const root = db.root(ref);
  return db.encoding(ref) === Encoding.SkipList ? db.keyspace.arena.words[root >>> 16][(root & 0xffff) << 2] : root;
};

const replyStep = (
  db: Database,
  ref: number,
  cmd: CommandView,
  cursor: number,
  scan: CollectionScan,
  reply: Reply,
): void => {
  const { count, pattern } = scanOptions;
  const next = scanTable(db.keyspace, dictionaryOf(db, ref), cursor, count);
  let kept = 0;
  for (let i = 0; i < found.count; i++) {
    const element = found.refs[i];
    db.loadKey(element);
    if (matchesPattern(cmd, pattern, db.keyBytes, db.keyAt, db.keyLength)) found.refs[kept++] = element;
  }
  reply.bulkInteger(next);
  reply.array(kept * scan.width);
  for (let i = 0; i < kept; i++) {
    db.loadKey(found.refs[i]);
    scan.element(db, found.refs[i], reply);
  }
  found.clear();
};

/**
 * xSCAN key cursor [MATCH pattern] [COUNT count]: some elements, and the cursor to go on with. A packed value is replied
 * in one go, whatever COUNT says.
 *
 * Options are looked at only where the key exists, as Redis does it.
 */
export const scanCollection = (db: Database, cmd: CommandView, reply: Reply, scan: CollectionScan): Outcome => {
  const cursor = decodeCursor(cmd, 2);
  if (cursor < 0) return refuse(reply, INVALID_CURSOR);
  const ref = db.findRead(cmd, 1);
  if (ref === MISSING) {
    reply.array(2);
    reply.bulkInteger(0);
    reply.array(0);
    return Outcome.Unchanged;
  }
  if (db.type(ref) !== scan.type) return refuse(reply, WRONGTYPE);
  if (!decodeScanOptions(cmd, 3, false, reply)) return Outcome.Unchanged;
  reply.array(2);
  if (isLarge(db.encoding(ref))) {
    replyStep(db, ref, cmd, cursor, scan, reply);
  } else {
    reply.bulkInteger(0);
    scan.packed(db, ref, cmd, scanOptions.pattern, reply);
  }
  return Outcome.Unchanged;
};
