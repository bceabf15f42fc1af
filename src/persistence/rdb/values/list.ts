/**
 * Lists from RDB input: element by element, node by node, or as the one ziplist of an old file.
 *
 * In:     RDB input behind the key; nothing in it is trusted. Out: a new entry.
 * Memory: what was read lies in a chain of chunks until `finish` or `discard`.
 *
 * A node becomes a chunk as it is, or several when it is larger than a chunk may be here. Nodes without elements are
 * passed over, as in Redis.
 *
 * @since 0.2.0
 */
import { appendElements, chainCount, createChain, exceedsLimit, pushLast } from '../../../keyspace/chunks.ts';
import type { Database } from '../../../keyspace/database.ts';
import { Encoding } from '../../../keyspace/entry.ts';
import {
  Element,
  elementAfter,
  firstElement,
  isSoundListpack,
  LISTPACK_EMPTY_BYTES,
  listpackBytes,
  listpackCount,
} from '../../../keyspace/listpack.ts';
import { createFromChain } from '../../../values/list.ts';
import { TYPE_LIST, TYPE_LIST_QUICKLIST, TYPE_LIST_QUICKLIST_2, TYPE_LIST_ZIPLIST } from '../format.ts';
import { damage, type RdbInput } from '../input.ts';
import { listpackOfZiplist } from '../legacy.ts';
import type { ValueBuilder, ValueReader } from '../value.ts';

/** How a node of type 18 is held: as one element that is no listpack, or as a listpack. */
const NODE_PLAIN = 1;
const NODE_PACKED = 2;

const element = new Element();

/** Reads the next part of a list into the chain `root`. */
type Step = (input: RdbInput, db: Database, root: number) => void;

/** Adds the elements of a sound listpack. */
const addListpack = (db: Database, root: number, bytes: Uint8Array, at: number): void => {
  const { keyspace } = db;
  const total = listpackBytes(bytes, at);
  const count = listpackCount(bytes, at);
  if (count === 0) return;
  const first = firstElement(at);
  if (!exceedsLimit(keyspace.limits.listSize, total, count)) {
    appendElements(keyspace, root, bytes, first, total - LISTPACK_EMPTY_BYTES, count);
    return;
  }
  const end = at + total - 1;
  for (let pos = first; pos < end; pos = elementAfter(bytes, pos)) {
    element.read(bytes, pos);
    pushLast(keyspace, root, element.bytes, element.at, element.length);
  }
};

const addZiplist: Step = (input, db, root) => {
  const { offset } = input;
  input.readString();
  const listpack = listpackOfZiplist(input.stringBytes, input.stringAt, input.stringLength);
  if (listpack === undefined) throw damage(offset, 'a list with a damaged ziplist');
  addListpack(db, root, listpack, 0);
};

const addElement: Step = (input, db, root) => {
  input.readString();
  pushLast(db.keyspace, root, input.stringBytes, input.stringAt, input.stringLength);
};

const addNode: Step = (input, db, root) => {
  const { offset } = input;
  const form = input.length();
  if (form !== NODE_PLAIN && form !== NODE_PACKED) throw damage(offset, `a list with a node of unknown form ${form}`);
  input.readString();
  const { stringBytes, stringAt, stringLength } = input;
  if (stringLength === 0) throw damage(offset, 'a list with an empty node');
  if (form === NODE_PLAIN) {
    pushLast(db.keyspace, root, stringBytes, stringAt, stringLength);
    return;
  }
  if (!isSoundListpack(stringBytes, stringAt, stringLength)) throw damage(offset, 'a list with a damaged listpack');
  addListpack(db, root, stringBytes, stringAt);
};

class ListBuilder implements ValueBuilder {
  left: number;
  private readonly db: Database;
  private readonly root: number;
  private readonly add: Step;

  constructor(db: Database, left: number, add: Step) {
    this.db = db;
    this.left = left;
    this.add = add;
    this.root = createChain(db.keyspace.arena);
  }

  get isEmpty(): boolean {
    return this.left === 0 && chainCount(this.db.keyspace.arena, this.root) === 0;
  }

  step(input: RdbInput): void {
    this.add(input, this.db, this.root);
    this.left--;
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    return createFromChain(this.db, key, keyAt, keyLength, this.root, expires);
  }

  discard(): void {
    this.db.keyspace.releaseLarge(Encoding.QuickList, this.root);
  }
}

const counted = (add: Step): ValueReader => ({ begin: (input, db) => new ListBuilder(db, input.length(), add) });

/** By value type of the file. */
export const listReaders: readonly (readonly [rdbType: number, reader: ValueReader])[] = [
  [TYPE_LIST, counted(addElement)],
  // One ziplist, which is read as a step, so that a half of it that has arrived is not lost.
  [TYPE_LIST_ZIPLIST, { begin: (_, db) => new ListBuilder(db, 1, addZiplist) }],
  [TYPE_LIST_QUICKLIST, counted(addZiplist)],
  [TYPE_LIST_QUICKLIST_2, counted(addNode)],
];
