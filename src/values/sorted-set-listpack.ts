/**
 * A small sorted set: a listpack of members and scores in turn, in order of score and then of member.
 *
 * In:     a buffer and absolute positions in it; members as ranges of bytes. Out: positions and scores.
 * Memory: the listpack is the caller's. The score to be written next is kept as text in one buffer.
 *
 * A score that is an integer is kept as one, within ±2^62 (so -0 becomes 0); any other as its text, which is what Redis
 * does. The text reads back as the same double.
 *
 * @since 0.2.0
 */
import {
  Element,
  elementAfter,
  elementBefore,
  firstElement,
  listpackBytes,
  listpackCount,
  storedBytes,
  writeElement,
} from '../keyspace/listpack.ts';
import { formatDouble, parseDoubleBytes } from '../resp/double.ts';
import { writeInteger } from '../resp/numbers.ts';

/** Integers up to here are kept as integers. */
const INTEGER_SCORE_MAX = 2 ** 62;
const SCORE_TEXT_BYTES = 64;
const POSITIONS_FIRST = 128;

const SHORT_STRING = 0x80;
const SHORT_STRING_END = 0xc0;

const element = new Element();

/** The score formed last, as text. */
const scoreText = new Uint8Array(SCORE_TEXT_BYTES);
let scoreTextLength = 0;
let formed = Number.NaN;

/** Position behind the last element. */
export const listpackEnd = (buf: Uint8Array, at: number): number => at + listpackBytes(buf, at) - 1;

/** Members in the listpack. */
export const pairCount = (buf: Uint8Array, at: number): number => listpackCount(buf, at) >>> 1;

export const pairAfter = (buf: Uint8Array, pos: number): number => elementAfter(buf, elementAfter(buf, pos));
export const pairBefore = (buf: Uint8Array, pos: number): number => elementBefore(buf, elementBefore(buf, pos));

/** The score that lies at `pos`; NaN only in bytes that others wrote. */
export const readScore = (buf: Uint8Array, pos: number): number => {
  const first = buf[pos];
  if (first < SHORT_STRING) return first;
  if (first < SHORT_STRING_END) return parseDoubleBytes(buf, pos + 1, first - SHORT_STRING);
  element.read(buf, pos);
  return !Number.isNaN(element.integer) ? element.integer : parseDoubleBytes(element.bytes, element.at, element.length);
};

/** The order of the member at `pos` and the given one: below 0 when the listpack's comes first, as memcmp has it. */
export const memberOrder = (buf: Uint8Array, pos: number, bytes: Uint8Array, at: number, length: number): number => {
  element.read(buf, pos);
  const common = element.length < length ? element.length : length;
  for (let i = 0; i < common; i++) {
    const difference = element.bytes[element.at + i] - bytes[at + i];
    if (difference !== 0) return difference;
  }
  return element.length - length;
};

/** Whether the pair at `pos` comes before the given one. */
export const isPairBefore = (
  buf: Uint8Array,
  pos: number,
  score: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean => {
  const there = readScore(buf, elementAfter(buf, pos));
  return there < score || (there === score && memberOrder(buf, pos, bytes, at, length) < 0);
};

/** Positions of the pairs of the listpack that was walked last: a search in them reads few scores, which are dear. */
let positions = new Int32Array(POSITIONS_FIRST);

/** Notes where each pair lies and returns how many there are. */
const walkPairs = (buf: Uint8Array, start: number): number => {
  const end = listpackEnd(buf, start);
  let count = 0;
  for (let pos = firstElement(start); pos < end; pos = pairAfter(buf, pos)) {
    if (count === positions.length) {
      const wider = new Int32Array(count * 2);
      wider.set(positions);
      positions = wider;
    }
    positions[count++] = pos;
  }
  return count;
};

/** Where a pair belongs that is not there: the position of the first pair behind it, or the end. */
export const placeOf = (
  buf: Uint8Array,
  start: number,
  score: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number => {
  const end = listpackEnd(buf, start);
  // Scores that grow, such as times, always go to the end.
  if (firstElement(start) === end || isPairBefore(buf, pairBefore(buf, end), score, bytes, at, length)) return end;
  let low = 0;
  let high = walkPairs(buf, start);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPairBefore(buf, positions[middle], score, bytes, at, length)) low = middle + 1;
    else high = middle;
  }
  return positions[low];
};

/** How many pairs have a score below this one, or equal to it when so asked. */
export const countScoresBelow = (buf: Uint8Array, start: number, score: number, orEqual: boolean): number => {
  let low = 0;
  let high = walkPairs(buf, start);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = readScore(buf, elementAfter(buf, positions[middle]));
    if (there < score || (orEqual && there === score)) low = middle + 1;
    else high = middle;
  }
  return low;
};

const formScore = (score: number): void => {
  if (formed === score) return;
  formed = score;
  if (Number.isSafeInteger(score)) {
    scoreTextLength = writeInteger(scoreText, 0, score);
    return;
  }
  const text =
    Math.abs(score) <= INTEGER_SCORE_MAX && Number.isInteger(score) ? BigInt(score).toString() : formatDouble(score);
  scoreTextLength = text.length;
  for (let i = 0; i < text.length; i++) scoreText[i] = text.charCodeAt(i);
};

/** Bytes that a score takes as an element. */
export const scoreBytes = (score: number): number => {
  formScore(score);
  return storedBytes(scoreText, 0, scoreTextLength);
};

/** Writes a score as an element and returns the position behind it. */
export const writeScore = (target: Uint8Array, pos: number, score: number): number => {
  formScore(score);
  return writeElement(target, pos, scoreText, 0, scoreTextLength);
};

/** Bytes that a member and its score take as elements. */
export const pairBytes = (bytes: Uint8Array, at: number, length: number, score: number): number =>
  storedBytes(bytes, at, length) + scoreBytes(score);

/** Writes a member and its score and returns the position behind them. The member must not overlap the target. */
export const writePair = (
  target: Uint8Array,
  pos: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  score: number,
): number => writeScore(target, writeElement(target, pos, bytes, at, length), score);
