/**
 * Which encoding OBJECT ENCODING names for a string: stored by a command, read from an RDB file, or made by DEBUG.
 *
 * @since 0.1.0
 */
import { Encoding } from './keyspace/entry.ts';
import { INTEGER_BYTES_MAX, isIntegerText } from './resp/numbers.ts';

/** Longest string that Redis keeps in one block with its header. */
const EMBEDDED_BYTES_MAX = 44;

/** The encoding of bytes that no number was made of. */
export const textEncoding = (length: number): Encoding =>
  length <= EMBEDDED_BYTES_MAX ? Encoding.EmbStr : Encoding.Raw;

/** The encoding of bytes that may be a number: as a client has set them, or a file holds them. */
export const encodingOfBytes = (bytes: Uint8Array, offset: number, length: number): Encoding =>
  length <= INTEGER_BYTES_MAX && isIntegerText(bytes, offset, length) ? Encoding.Int : textEncoding(length);
