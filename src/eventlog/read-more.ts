/**
 * Reads a file into the buffer that it is parsed from.
 *
 * @since 0.3.0
 */
import type { FileHandle } from 'node:fs/promises';
import type { SegmentCursor } from './segment-cursor.ts';

/** Fills the parser's room. False at the end of the file. */
export const readMore = async (file: FileHandle, cursor: SegmentCursor): Promise<boolean> => {
  const { parser } = cursor;
  const room = parser.room();
  const { bytesRead } = await file.read(room, 0, room.length, parser.readPosition);
  parser.filled(bytesRead);
  return bytesRead > 0;
};
