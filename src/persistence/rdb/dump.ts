/**
 * DUMP payloads: one value as an RDB object, with a footer that says which version wrote it and a checksum.
 *
 *   value type (1 byte), value, version (2 bytes, little-endian), CRC64 of all that (8 bytes, little-endian)
 *
 * In:     an entry, or a payload. Out: a payload, or a new entry.
 * Memory: one output and one input, reused; a payload is a loan until the next `dump`.
 *
 * Source: https://redis.io/docs/latest/commands/dump/
 * @since 0.1.0
 */
import type { Database } from '../../keyspace/database.ts';
import { CRC64_BYTES, Crc64 } from './crc64.ts';
import { VERSION_READ_MAX, VERSION_WRITTEN } from './format.ts';
import { isRdbError, RdbInput, SHORT } from './input.ts';
import { RdbOutput } from './output.ts';
import { rdbTypeOf, readerOf, type ValueBuilder, writeValue } from './value.ts';

const FOOTER_BYTES = 2 + CRC64_BYTES;
const KEPT_BYTES_MAX = 1024 * 1024;

let output = new RdbOutput();
const input = new RdbInput();
const crc = new Crc64();

/** The payload of an entry: the first `pos` bytes of the output's `buf`. */
export const dump = (db: Database, ref: number, compress: boolean): RdbOutput => {
  if (output.buf.length > KEPT_BYTES_MAX) output = new RdbOutput();
  output.pos = 0;
  output.compress = compress;
  output.byte(rdbTypeOf(db, ref));
  writeValue(output, db, ref);
  output.byte(VERSION_WRITTEN & 0xff);
  output.byte(VERSION_WRITTEN >>> 8);
  crc.reset();
  crc.update(output.buf, 0, output.pos);
  const sum = new Uint8Array(CRC64_BYTES);
  crc.writeTo(sum, 0);
  output.bytes(sum, 0, CRC64_BYTES);
  return output;
};

/** Whether a payload's version is one that we read and its checksum is right. */
export const isIntact = (bytes: Uint8Array, offset: number, length: number, skipChecksum: boolean): boolean => {
  if (length < FOOTER_BYTES) return false;
  const footer = offset + length - FOOTER_BYTES;
  if ((bytes[footer] | (bytes[footer + 1] << 8)) > VERSION_READ_MAX) return false;
  if (skipChecksum) return true;
  crc.reset();
  crc.update(bytes, offset, length - CRC64_BYTES);
  return crc.equals(bytes, footer + 2);
};

/** The value of an intact payload, or undefined when it is none; nothing of `db` has changed, but memory was taken. */
export const read = (bytes: Uint8Array, offset: number, length: number, db: Database): ValueBuilder | undefined => {
  input.over(bytes, offset, offset + length - FOOTER_BYTES);
  let builder: ValueBuilder | undefined;
  try {
    const type = input.byte();
    builder = readerOf(type)?.begin(input, db, type);
    if (builder === undefined) return undefined;
    while (builder.left > 0) builder.step(input);
    if (!builder.isEmpty) return builder;
  } catch (error) {
    if (error !== SHORT && !isRdbError(error)) throw error;
  }
  builder?.discard();
  return undefined;
};
