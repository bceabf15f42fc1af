/**
 * Where a base stands in the stream, as the file itself says at its beginning.
 *
 * In:  a path. Out: the aux fields of an RDB, or the head of a base of commands; nothing where there are none.
 *
 * @since 0.3.0
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { HEADER_BYTES, OPCODE_AUX } from '../persistence/rdb/format.ts';
import { isRdbError, RdbInput, SHORT } from '../persistence/rdb/input.ts';
import { headIn } from './segments.ts';

export interface BaseOrigin {
  readonly replid: string | undefined;
  readonly offset: number | undefined;
  /** µs since 1970; an RDB says it to the second. */
  readonly timeUs: number | undefined;
}

const BYTES = 1024;
const MAGIC = 'REDIS';
const US_PER_SECOND = 1_000_000;
const NOTHING: BaseOrigin = { replid: undefined, offset: undefined, timeUs: undefined };

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** The aux fields at the front of an RDB. */
const auxFields = (bytes: Uint8Array): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  const input = new RdbInput().over(bytes, HEADER_BYTES, bytes.length);
  try {
    while (input.byte() === OPCODE_AUX) fields.set(input.text(), input.text());
  } catch (error) {
    if (error !== SHORT && !isRdbError(error)) throw error;
  }
  return fields;
};

/** Throws what the system says. */
export const readBaseOrigin = (path: string): BaseOrigin => {
  const bytes = new Uint8Array(BYTES);
  const fd = openSync(path, 'r');
  let length: number;
  try {
    length = readSync(fd, bytes, 0, BYTES, 0);
  } finally {
    closeSync(fd);
  }
  const text = Buffer.from(bytes.buffer, 0, length).toString('latin1');
  if (text.startsWith(MAGIC)) {
    const fields = auxFields(bytes.subarray(0, length));
    const seconds = count(fields.get('ctime'));
    return {
      replid: fields.get('repl-id'),
      offset: fields.has('repl-id') ? count(fields.get('repl-offset')) : undefined,
      timeUs: seconds === undefined ? undefined : seconds * US_PER_SECOND,
    };
  }
  const head = headIn(text);
  return head === undefined ? NOTHING : { replid: head.replid, offset: head.offset, timeUs: head.timeUs };
};
