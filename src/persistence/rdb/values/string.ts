/**
 * Strings from RDB input.
 *
 * @since 0.2.0
 */
import { copyBytes } from '../../../bytes.ts';
import type { Database } from '../../../keyspace/database.ts';
import { Type } from '../../../keyspace/entry.ts';
import { encodingOfBytes } from '../../../string-encoding.ts';
import type { RdbInput } from '../input.ts';
import type { ValueBuilder, ValueReader } from '../value.ts';

/** Refers to the input's string view: between `begin` and `finish` nothing else is read. One is enough. */
class StringBuilder implements ValueBuilder {
  readonly left = 0;
  readonly isEmpty = false;
  private input: RdbInput | undefined;
  private db: Database | undefined;

  take(input: RdbInput, db: Database): this {
    input.readString();
    this.input = input;
    this.db = db;
    return this;
  }

  step(): void {
    throw new Error('rdb: a string has no elements');
  }

  finish(key: Uint8Array, keyAt: number, keyLength: number, expires: boolean): number {
    const { input, db } = this;
    if (input === undefined || db === undefined) throw new Error('rdb: no string was read');
    const { stringBytes, stringAt, stringLength } = input;
    const encoding = encodingOfBytes(stringBytes, stringAt, stringLength);
    const ref = db.create(key, keyAt, keyLength, stringLength, Type.String, encoding, expires);
    copyBytes(stringBytes, stringAt, db.valueBytes, db.valueAt, stringLength);
    return ref;
  }

  discard(): void {}
}

const builder = new StringBuilder();

export const stringReader: ValueReader = { begin: (input, db) => builder.take(input, db) };
