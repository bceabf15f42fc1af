/**
 * Values as RDB objects: one codec per type, in two tables that later types join.
 *
 * In:     an entry of the keyspace, or RDB input that stands behind the key.
 * Out:    RDB output, or a new entry.
 * Memory: none kept; see `RdbInput` and `RdbOutput`.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../../bytes.ts';
import type { Database } from '../../keyspace/database.ts';
import { Type } from '../../keyspace/entry.ts';
import { encodingOfBytes } from '../../string-encoding.ts';
import { TYPE_STRING, valueTypeName } from './format.ts';
import type { RdbInput } from './input.ts';
import type { RdbOutput } from './output.ts';

export interface ValueWriter {
  /** The value type that stands before the key. */
  rdbType(db: Database, ref: number): number;
  /**
   * Writes the value from the position `from` on, which is 0 at first, and returns 0 when that was all of it. A value
   * of more than `pieceBytes` bytes may come in several pieces, so that a long one does not hold the event loop: then
   * the position to go on from is returned, and the value does not change until the last piece is written.
   */
  write(output: RdbOutput, db: Database, ref: number, from: number, pieceBytes: number): number;
}

export interface ValueReader {
  /**
   * Adds a key, which is missing, with the value that the input holds, and returns the entry. The key's bytes do not
   * move while the value is read. Throws what `RdbInput` throws, and has changed nothing then.
   */
  load(
    input: RdbInput,
    db: Database,
    key: Uint8Array,
    keyAt: number,
    keyLength: number,
    expires: boolean,
    rdbType: number,
  ): number;
  /** Reads the value to its end, with all checks, and drops it. */
  check(input: RdbInput, rdbType: number): void;
}

const stringWriter: ValueWriter = {
  rdbType: () => TYPE_STRING,
  write: (output, db, ref, from, pieceBytes) => {
    db.loadValue(ref);
    const { valueBytes, valueAt, valueLength } = db;
    if (from === 0 && valueLength <= pieceBytes) {
      output.string(valueBytes, valueAt, valueLength);
      return 0;
    }
    // In pieces a string is not compressed, for that takes all of it at once.
    if (from === 0) output.length(valueLength);
    const to = Math.min(valueLength, from + pieceBytes);
    output.bytes(valueBytes, valueAt + from, to - from);
    return to === valueLength ? 0 : to;
  },
};

const stringReader: ValueReader = {
  load: (input, db, key, keyAt, keyLength, expires) => {
    input.readString();
    const { stringBytes, stringAt, stringLength } = input;
    const encoding = encodingOfBytes(stringBytes, stringAt, stringLength);
    const ref = db.create(key, keyAt, keyLength, stringLength, Type.String, encoding, expires);
    copyBytes(stringBytes, stringAt, db.valueBytes, db.valueAt, stringLength);
    return ref;
  },
  check: (input) => input.readString(),
};

/** By `Type`. */
const WRITERS: readonly (ValueWriter | undefined)[] = [stringWriter];
/** By value type of the file. */
const READERS: readonly (ValueReader | undefined)[] = [stringReader];

/** The writer for a value; every type that the keyspace can hold has one. */
export const writerOf = (type: Type): ValueWriter => {
  const writer = WRITERS[type];
  if (writer === undefined) throw new Error(`rdb: no writer for values of type ${type}`);
  return writer;
};

/** The reader for a value type of a file, or undefined. */
export const readerOf = (rdbType: number): ValueReader | undefined => READERS[rdbType];

/** Why a value type cannot be read. */
export const unreadable = (rdbType: number): string => {
  const name = valueTypeName(rdbType);
  return name === undefined
    ? `unknown record type ${rdbType}: the file is damaged, or of a later version`
    : `unsupported value type '${name}': this version holds strings only`;
};
