/**
 * Whether a packed value that somebody else wrote holds a member or field twice.
 *
 * In:     a sound listpack. Out: a boolean.
 * Memory: a table of positions while it runs, for long ones.
 *
 * @since 0.2.0
 */
import type { Dict } from '../../keyspace/dict.ts';
import { Element, elementAfter, findElement, firstElement, sameElement } from '../../keyspace/listpack.ts';

/** Up to so many are compared with each other; more are told apart by their hashes. */
const COMPARED_MAX = 32;

const element = new Element();

/** The position of the element `stride` elements behind. */
const behind = (bytes: Uint8Array, pos: number, stride: number): number =>
  stride === 1 ? elementAfter(bytes, pos) : elementAfter(bytes, elementAfter(bytes, pos));

/** Whether one of the `count` elements at every `stride`-th position (1, or 2 in rows of pairs) comes twice. */
export const hasDouble = (
  dict: Dict,
  bytes: Uint8Array,
  at: number,
  length: number,
  count: number,
  stride: 1 | 2,
): boolean => {
  const end = at + length - 1;
  if (count > COMPARED_MAX) return hasDoubleHashed(dict, bytes, firstElement(at), end, count, stride);
  for (let pos = firstElement(at); pos < end; ) {
    element.read(bytes, pos);
    pos = behind(bytes, pos, stride);
    if (findElement(bytes, pos, end, element.bytes, element.at, element.length, stride) >= 0) return true;
  }
  return false;
};

const hasDoubleHashed = (
  dict: Dict,
  bytes: Uint8Array,
  first: number,
  end: number,
  count: number,
  stride: number,
): boolean => {
  let size = 64;
  while (size < count * 2) size *= 2;
  const positions = new Int32Array(size);
  for (let pos = first; pos < end; pos = behind(bytes, pos, stride)) {
    element.read(bytes, pos);
    let slot = dict.hash(element.bytes, element.at, element.length) & (size - 1);
    while (positions[slot] !== 0) {
      if (sameElement(bytes, positions[slot] - 1, element.bytes, element.at, element.length)) return true;
      slot = (slot + 1) & (size - 1);
    }
    positions[slot] = pos + 1;
  }
  return false;
};
