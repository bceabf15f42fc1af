/**
 * A large collection on its way into a snapshot: as it was when the walk began, while commands change it.
 *
 * In:     the entry, before its first change; elements and chunks before theirs. Out: RDB output, in slices.
 * Memory: what stands before the elements, and the elements and chunks that were changed before their turn came.
 *
 * Hashes, sets and sorted sets may be written in any order: an element that is about to change is written at once, and
 * the walk over the dictionary skips those that carry the snapshot's epoch, which are written already or came later. Lists
 * have an order: the refs of the chunks are noted at the start, and a chunk that is about to change is copied.
 *
 * @since 0.2.0
 */
import { CHUNK_EPOCH, CHUNK_NEXT, ROOT_CHUNKS } from '../keyspace/chunks.ts';
import type { Database } from '../keyspace/database.ts';
import { ACCESS, Encoding, type Type } from '../keyspace/entry.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { chunkAsListpack, dictOf, writeElement, writeLargeHead, writeNode } from './rdb/large.ts';
import type { RdbOutput } from './rdb/output.ts';
import type { Section } from './snapshot.ts';

/** A chunk of a list takes as long as so many elements. */
const STEPS_PER_CHUNK = 8;

export class LargeValue {
  readonly root: number;
  readonly section: Section;
  /** Everything up to the elements, and those that were preserved before the value's turn came. */
  readonly early: RdbOutput;
  isComplete = false;
  private readonly keyspace: Keyspace;
  private readonly type: Type;
  private readonly isList: boolean;
  private readonly header: number;
  private cursor = 0;
  /** The chunks of a list at the start, and which of them is next. */
  private readonly chunks: Int32Array;
  private next = 0;
  /** Chunks that have been changed since, as they were. */
  private readonly copies = new Map<number, Uint8Array>();

  /** `early` holds what stands before the value. */
  constructor(keyspace: Keyspace, lens: Database, ref: number, section: Section, early: RdbOutput) {
    const encoding = lens.encoding(ref);
    this.keyspace = keyspace;
    this.root = lens.root(ref);
    this.section = section;
    this.type = lens.type(ref);
    this.isList = encoding === Encoding.QuickList;
    this.header = dictOf(keyspace, encoding, this.root);
    this.early = early;
    this.chunks = this.isList ? this.listChunks() : new Int32Array(0);
    writeLargeHead(early, keyspace, encoding, this.root);
  }

  /** An element is about to change, and the value's turn has not come yet. */
  preserveElement(ref: number): void {
    writeElement(this.early, this.keyspace, this.type, ref);
  }

  /** An element is about to change while the value is being written: it is the next one. */
  writeElement(output: RdbOutput, ref: number): void {
    writeElement(output, this.keyspace, this.type, ref);
  }

  preserveChunk(chunk: number): void {
    if (!this.copies.has(chunk)) this.copies.set(chunk, chunkAsListpack(this.keyspace, chunk).slice());
  }

  /** Writes the next bucket of elements, or the next chunk, and returns how many steps that was beyond the first. */
  write(output: RdbOutput): number {
    if (this.isList) return this.writeChunk(output);
    this.output = output;
    this.cursor = this.keyspace.dict.scan(this.header, this.cursor, this.visit);
    this.isComplete = this.cursor === 0;
    return 0;
  }

  private output: RdbOutput | undefined;

  private readonly visit = (ref: number): void => {
    const { keyspace, output } = this;
    const words = keyspace.arena.words[ref >>> 16];
    const at = ((ref & 0xffff) << 2) + ACCESS;
    if (words[at] >>> 24 === keyspace.epoch || output === undefined) return;
    writeElement(output, keyspace, this.type, ref);
    words[at] = keyspace.epoch << 24;
  };

  private writeChunk(output: RdbOutput): number {
    const { keyspace, chunks } = this;
    const chunk = chunks[this.next++];
    const copy = this.copies.get(chunk);
    if (copy !== undefined) {
      writeNode(output, copy);
      this.copies.delete(chunk);
    } else {
      writeNode(output, chunkAsListpack(keyspace, chunk));
      keyspace.arena.words[chunk >>> 16][((chunk & 0xffff) << 2) + CHUNK_EPOCH] = keyspace.epoch;
    }
    this.isComplete = this.next === chunks.length;
    return STEPS_PER_CHUNK - 1;
  }

  private listChunks(): Int32Array {
    const { words } = this.keyspace.arena;
    const at = (this.root & 0xffff) << 2;
    const chunks = new Int32Array(words[this.root >>> 16][at + ROOT_CHUNKS]);
    let chunk = words[this.root >>> 16][at];
    for (let i = 0; i < chunks.length; i++) {
      chunks[i] = chunk;
      chunk = words[chunk >>> 16][((chunk & 0xffff) << 2) + CHUNK_NEXT];
    }
    return chunks;
  }
}
