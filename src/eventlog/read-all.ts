/**
 * Reads a file piece by piece, without a pause.
 *
 * @since 0.3.0
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogParser } from './log-parser.ts';

/** `take` is called after each piece; false = enough. At most `bytes` are read. Throws what the system says. */
export const readAll = (
  path: string,
  parser: LogParser,
  take: () => boolean,
  bytes = Number.POSITIVE_INFINITY,
): void => {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const room = parser.room();
      const wanted = Math.min(room.length, bytes - parser.readPosition);
      const read = wanted > 0 ? readSync(fd, room, 0, wanted, parser.readPosition) : 0;
      if (read === 0) return;
      parser.filled(read);
      if (!take()) return;
    }
  } finally {
    closeSync(fd);
  }
};

/** What takes a file's bytes where it wants them. */
export interface Taker {
  readonly readPosition: number;
  room(): Uint8Array;
  filled(bytes: number): boolean;
}

/** The same for who says where to read on. Answers how many bytes the file has. */
export const readAllInto = (path: string, taker: Taker): number => {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const room = taker.room();
      const read = readSync(fd, room, 0, room.length, taker.readPosition);
      if (read === 0 || !taker.filled(read)) return fstatSync(fd).size;
    }
  } finally {
    closeSync(fd);
  }
};
