/**
 * Packed values that are not written to a file as they lie in the arena.
 *
 * @since 0.2.0
 */
import { Element, elementAfter, firstElement, LISTPACK_END, listpackCount } from '../../keyspace/listpack.ts';
import type { RdbOutput } from './output.ts';

/** How a node of a list is held: as a listpack. */
export const NODE_PACKED = 2;

const element = new Element();

/** A small list: one node. */
export const writeListpackAsNode = (output: RdbOutput, bytes: Uint8Array, at: number, length: number): void => {
  output.length(1);
  output.length(NODE_PACKED);
  output.string(bytes, at, length);
};

/** The elements of a listpack as strings, behind their number. */
export const writeListpackElements = (output: RdbOutput, bytes: Uint8Array, at: number): void => {
  output.length(listpackCount(bytes, at));
  for (let pos = firstElement(at); bytes[pos] !== LISTPACK_END; pos = elementAfter(bytes, pos)) {
    element.read(bytes, pos);
    output.string(element.bytes, element.at, element.length);
  }
};
