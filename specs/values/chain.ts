/**
 * What must hold of every chain of chunks, whatever has been done to it.
 */
import {
  CHUNK_COUNT,
  CHUNK_END,
  CHUNK_HEADER_BYTES,
  CHUNK_NEXT,
  CHUNK_PREVIOUS,
  CHUNK_START,
  chunkEnd,
  chunkStart,
  chunkWord,
  ROOT_CHUNKS,
  ROOT_COUNT,
  ROOT_FIRST,
  ROOT_LAST,
} from '../../src/keyspace/chunks.ts';
import type { Keyspace } from '../../src/keyspace/keyspace.ts';
import { Element, elementAfter, elementBefore } from '../../src/keyspace/listpack.ts';

const element = new Element();

/** The texts in a sound chain, as latin1; throws where links, counts, bounds or elements are wrong. */
export const textsOfChain = ({ arena }: Keyspace, root: number): string[] => {
  const fail = (what: string): never => {
    throw new Error(`chain: ${what}`);
  };
  const texts: string[] = [];
  let chunks = 0;
  let previous = 0;
  for (let chunk = chunkWord(arena, root, ROOT_FIRST); chunk !== 0; chunk = chunkWord(arena, chunk, CHUNK_NEXT)) {
    if (chunkWord(arena, chunk, CHUNK_PREVIOUS) !== previous) fail('a chunk does not know the one in front');
    const buf = arena.bytes[chunk >>> 16]!;
    const start = chunkWord(arena, chunk, CHUNK_START);
    const end = chunkWord(arena, chunk, CHUNK_END);
    if (start < CHUNK_HEADER_BYTES || end > arena.capacity(chunk) || start >= end) fail(`bounds ${start} to ${end}`);
    let count = 0;
    let pos = chunkStart(arena, chunk);
    for (; pos < chunkEnd(arena, chunk); count++) {
      element.read(buf, pos);
      texts.push(Buffer.from(element.bytes.slice(element.at, element.at + element.length)).toString('latin1'));
      const after = elementAfter(buf, pos);
      if (elementBefore(buf, after) !== pos) fail('an element cannot be walked backwards');
      pos = after;
    }
    if (pos !== chunkEnd(arena, chunk)) fail('an element passes the end of its chunk');
    if (count !== chunkWord(arena, chunk, CHUNK_COUNT)) fail(`a chunk of ${count} elements says otherwise`);
    chunks++;
    previous = chunk;
  }
  if (chunkWord(arena, root, ROOT_LAST) !== previous) fail('the last chunk is another one');
  if (chunkWord(arena, root, ROOT_CHUNKS) !== chunks) fail(`${chunks} chunks, the root says otherwise`);
  if (chunkWord(arena, root, ROOT_COUNT) !== texts.length) fail(`${texts.length} elements, the root says otherwise`);
  return texts;
};
