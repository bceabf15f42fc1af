/**
 * The value of a sorted set: members with scores, in order of score and then of member, whatever the encoding.
 *
 * In:     an entry of type SortedSet; members as ranges of bytes that do not lie in the arena; scores that are not NaN.
 * Out:    scores, ascending ranks from 0, and the entry, which every change may have moved.
 * Memory: the arena's. What `findMember` found is remembered here until the next change.
 *
 * Small sets are listpacks (sorted-set-listpack.ts), where every step walks; large ones have a dictionary and a score
 * tree, where every step is O(log n). Ranges of scores and of members are ranges of ranks: a bound is the number of
 * members in front of it. Nothing here removes a set that became empty, nor tells of changes; commands do.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import { Encoding, Type } from '../keyspace/entry.ts';
import {
  Element,
  elementAfter,
  findElement,
  firstElement,
  LISTPACK_EMPTY_BYTES,
  seekElement,
  writeEmptyListpack,
} from '../keyspace/listpack.ts';
import {
  treeAppend,
  treeCount,
  treeCountMembers,
  treeCountScores,
  treeInsert,
  treeMove,
  treeRank,
  treeRemove,
  treeRemoveAt,
} from '../keyspace/score-tree.ts';
import {
  countScoresBelow,
  isPairBefore,
  listpackEnd,
  memberOrder,
  pairAfter,
  pairBefore,
  pairBytes,
  pairCount,
  placeOf,
  readScore,
  scoreBytes,
  writePair,
  writeScore,
} from './sorted-set-listpack.ts';
import { createRoot, dictOfRoot } from './sorted-set-root.ts';

export { SortedSetBuilder } from './sorted-set-builder.ts';
export { MemberCursor } from './sorted-set-cursor.ts';

/** The score of a member that is not there. Ask with `Number.isNaN` or `n !== n`. */
export const ABSENT = Number.NaN;

/** No listpack becomes longer, whatever the limits. */
const LISTPACK_BYTES_MAX = 2 ** 30;

const isLarge = (db: Database, ref: number): boolean => db.encoding(ref) === Encoding.SkipList;

// ── making and converting ─────────────────────────────────────────────────────────────────────────────────────────

/**
 * Adds a missing key with an empty sorted set, to be filled before the command ends. At most `members` members will be
 * added, the first one of `memberBytes` bytes: by these Redis chooses the first encoding.
 */
export const createSortedSet = (
  db: Database,
  key: Uint8Array,
  keyAt: number,
  keyLength: number,
  members: number,
  memberBytes: number,
  expires = false,
): number => {
  const { limits } = db.keyspace;
  if (members > limits.zsetEntries || memberBytes > limits.zsetValueBytes) {
    const root = createRoot(db.keyspace);
    return db.createCollection(key, keyAt, keyLength, Type.SortedSet, Encoding.SkipList, root, expires);
  }
  const ref = db.create(key, keyAt, keyLength, LISTPACK_EMPTY_BYTES, Type.SortedSet, Encoding.ListPack, expires);
  writeEmptyListpack(db.valueBytes, db.valueAt);
  return ref;
};

/** Converts a small set at once when so many members alone, that will be added, exceed the limit. */
export const expectMembers = (db: Database, ref: number, members: number): number =>
  members > db.keyspace.limits.zsetEntries && !isLarge(db, ref) ? enlargeSortedSet(db, ref) : ref;

const converted = new Element();

/** Makes a listpack a large set, as happens when it exceeds the limits. */
export const enlargeSortedSet = (db: Database, ref: number): number => {
  const { keyspace } = db;
  const { dict, elements, arena } = keyspace;
  const root = createRoot(keyspace);
  const header = dictOfRoot(keyspace, root);
  db.loadValue(ref);
  // The view stays good while memory is only taken.
  const { valueBytes, valueAt } = db;
  const end = listpackEnd(valueBytes, valueAt);
  for (let pos = firstElement(valueAt); pos < end; ) {
    const { bytes, at, length } = converted.read(valueBytes, pos);
    const scoreAt = elementAfter(valueBytes, pos);
    const score = readScore(valueBytes, scoreAt);
    const element = elements.createScored(header, dict.hash(bytes, at, length), bytes, at, length, score);
    treeAppend(arena, root, score, element);
    pos = elementAfter(valueBytes, scoreAt);
  }
  return db.enlarge(ref, Encoding.SkipList, root);
};

// ── one member ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What `findMember` looked for last, and found. */
let foundIn = 0;
let foundBytes: Uint8Array = new Uint8Array(0);
let foundAt = 0;
let foundLength = 0;
let foundScore = ABSENT;
/** Large sets: hash of the member, and ref of its element or 0. */
let foundHash = 0;
let foundElement = 0;
/** Small sets: where the member lies, from the start of the value, or -1. */
let foundPosition = -1;

/**
 * Looks a member up: its score, or ABSENT. What was found is good for `putFound`, `removeFound` and `rankOfFound` until
 * anything changes.
 */
export const findMember = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number => {
  foundIn = ref;
  foundBytes = bytes;
  foundAt = at;
  foundLength = length;
  if (isLarge(db, ref)) {
    const { keyspace } = db;
    const { dict } = keyspace;
    foundHash = dict.hash(bytes, at, length);
    foundElement = dict.find(dictOfRoot(keyspace, db.root(ref)), foundHash, bytes, at, length);
    foundScore = foundElement === 0 ? ABSENT : keyspace.elements.score(foundElement);
    return foundScore;
  }
  db.loadValue(ref);
  const { valueBytes, valueAt } = db;
  const end = listpackEnd(valueBytes, valueAt);
  const pos = findElement(valueBytes, firstElement(valueAt), end, bytes, at, length, 2);
  foundPosition = pos < 0 ? -1 : pos - valueAt;
  foundScore = pos < 0 ? ABSENT : readScore(valueBytes, elementAfter(valueBytes, pos));
  return foundScore;
};

/** Gives the member of the last `findMember` this score: adds it when it was absent, moves it when it had another. */
export const putFound = (db: Database, score: number): number => {
  // Adding is most of it: NaN equals nothing.
  if (foundScore === score) return foundIn;
  if (isLarge(db, foundIn)) return putInLarge(db, foundIn, score);
  if (!Number.isNaN(foundScore)) return moveInListpack(db, score);

  const { zsetEntries, zsetValueBytes } = db.keyspace.limits;
  db.loadValue(foundIn);
  const count = pairCount(db.valueBytes, db.valueAt);
  if (count >= zsetEntries || foundLength > zsetValueBytes || db.valueLength + foundLength > LISTPACK_BYTES_MAX) {
    const large = enlargeSortedSet(db, foundIn);
    foundHash = db.keyspace.dict.hash(foundBytes, foundAt, foundLength);
    foundElement = 0;
    return putInLarge(db, large, score);
  }
  return insertIntoListpack(db, foundIn, score);
};

/** Removes the member of the last `findMember`, which was there. */
export const removeFound = (db: Database): number => {
  if (!isLarge(db, foundIn)) return cutFromListpack(db, foundIn);
  const { keyspace } = db;
  const root = db.root(foundIn);
  db.preserve(foundIn);
  treeRemove(keyspace.arena, root, foundScore, foundElement);
  keyspace.elements.remove(root, dictOfRoot(keyspace, root), foundElement);
  return foundIn;
};

/** Ascending rank of the member of the last `findMember`, which was there. */
export const rankOfFound = (db: Database): number => {
  if (isLarge(db, foundIn)) return treeRank(db.keyspace.arena, db.root(foundIn), foundScore, foundElement);
  db.loadValue(foundIn);
  const { valueBytes, valueAt } = db;
  const target = valueAt + foundPosition;
  let rank = 0;
  for (let pos = firstElement(valueAt); pos < target; pos = pairAfter(valueBytes, pos)) rank++;
  return rank;
};

const putInLarge = (db: Database, ref: number, score: number): number => {
  const { keyspace } = db;
  const { arena, elements } = keyspace;
  const root = db.root(ref);
  db.preserve(ref);
  if (foundElement === 0) {
    const header = dictOfRoot(keyspace, root);
    const element = elements.createScored(header, foundHash, foundBytes, foundAt, foundLength, score);
    treeInsert(arena, root, score, element);
  } else {
    treeMove(arena, root, foundScore, foundElement, score);
    elements.setScore(root, foundElement, score);
  }
  return ref;
};

/** Adds the member looked for, which is absent, in its place. */
const insertIntoListpack = (db: Database, ref: number, score: number): number => {
  db.loadValue(ref);
  const { valueBytes, valueAt } = db;
  const pos = placeOf(valueBytes, valueAt, score, foundBytes, foundAt, foundLength);
  const position = pos - valueAt;
  const changed = db.splice(ref, position, 0, pairBytes(foundBytes, foundAt, foundLength, score), 2);
  writePair(db.valueBytes, db.valueAt + position, foundBytes, foundAt, foundLength, score);
  return changed;
};

/** Takes the member found, with its score, out. */
const cutFromListpack = (db: Database, ref: number): number => {
  db.loadValue(ref);
  const { valueBytes, valueAt } = db;
  const pos = valueAt + foundPosition;
  return db.splice(ref, foundPosition, pairAfter(valueBytes, pos) - pos, 0, -2);
};

/** Gives the member found another score; in place where its neighbours stay the same. */
const moveInListpack = (db: Database, score: number): number => {
  db.loadValue(foundIn);
  const { valueBytes, valueAt } = db;
  const pos = valueAt + foundPosition;
  const scoreAt = elementAfter(valueBytes, pos);
  const next = elementAfter(valueBytes, scoreAt);
  const staysBehind =
    pos === firstElement(valueAt) ||
    isPairBefore(valueBytes, pairBefore(valueBytes, pos), score, foundBytes, foundAt, foundLength);
  const staysBefore =
    next === listpackEnd(valueBytes, valueAt) ||
    !isPairBefore(valueBytes, next, score, foundBytes, foundAt, foundLength);
  if (!staysBehind || !staysBefore) return insertIntoListpack(db, cutFromListpack(db, foundIn), score);
  const position = scoreAt - valueAt;
  const changed = db.splice(foundIn, position, next - scoreAt, scoreBytes(score), 0);
  writeScore(db.valueBytes, db.valueAt + position, score);
  return changed;
};

// ── counting and bounds ───────────────────────────────────────────────────────────────────────────────────────────

export const memberCount = (db: Database, ref: number): number => {
  if (isLarge(db, ref)) return treeCount(db.keyspace.arena, db.root(ref));
  db.loadValue(ref);
  return pairCount(db.valueBytes, db.valueAt);
};

/** Members with a score below this one: the rank of the first that has it, or more. */
export const membersBelow = (db: Database, ref: number, score: number): number => countScores(db, ref, score, false);

/** Members with this score or one below: the rank of the first that has more. */
export const membersUpTo = (db: Database, ref: number, score: number): number => countScores(db, ref, score, true);

const countScores = (db: Database, ref: number, score: number, orEqual: boolean): number => {
  if (isLarge(db, ref)) return treeCountScores(db.keyspace.arena, db.root(ref), score, orEqual);
  db.loadValue(ref);
  return countScoresBelow(db.valueBytes, db.valueAt, score, orEqual);
};

/** Members before these bytes, in a set whose scores are all equal. */
export const membersBelowLex = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number =>
  countMembers(db, ref, bytes, at, length, false);

/** Members before or equal to these bytes, in a set whose scores are all equal. */
export const membersUpToLex = (db: Database, ref: number, bytes: Uint8Array, at: number, length: number): number =>
  countMembers(db, ref, bytes, at, length, true);

const countMembers = (
  db: Database,
  ref: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  orEqual: boolean,
): number => {
  if (isLarge(db, ref)) return treeCountMembers(db.keyspace.arena, db.root(ref), bytes, at, length, orEqual);
  db.loadValue(ref);
  const { valueBytes, valueAt } = db;
  const end = listpackEnd(valueBytes, valueAt);
  const limit = orEqual ? 1 : 0;
  let count = 0;
  for (let pos = firstElement(valueAt); pos < end; pos = pairAfter(valueBytes, pos)) {
    if (memberOrder(valueBytes, pos, bytes, at, length) >= limit) break;
    count++;
  }
  return count;
};

// ── many members ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Removes the members of ascending ranks [start, start + count), all of which there are. */
export const removeRange = (db: Database, ref: number, start: number, count: number): number => {
  if (count <= 0) return ref;
  if (isLarge(db, ref)) {
    const { keyspace } = db;
    const root = db.root(ref);
    const header = dictOfRoot(keyspace, root);
    db.preserve(ref);
    for (let left = count; left > 0; left--) {
      keyspace.elements.remove(root, header, treeRemoveAt(keyspace.arena, root, start));
    }
    return ref;
  }
  db.loadValue(ref);
  const { valueBytes, valueAt } = db;
  const end = listpackEnd(valueBytes, valueAt);
  const members = pairCount(valueBytes, valueAt);
  const from = seekElement(valueBytes, firstElement(valueAt), end, members * 2, start * 2);
  let to = end;
  if (start + count < members) {
    to = from;
    for (let left = count; left > 0; left--) to = pairAfter(valueBytes, to);
  }
  return db.splice(ref, from - valueAt, to - from, 0, -2 * count);
};

/** Header of the dictionary of a large set, for SCAN; `Database.loadKey` and `Elements.score` read its elements. */
export const memberDict = (db: Database, ref: number): number => dictOfRoot(db.keyspace, db.root(ref));
