/**
 * The hash of a segment's last record, read from the file: for a segment whose end was cut off.
 *
 * In:  a file, and how many of its bytes count. Out: the hash; NO_HASH when there is no head.
 *
 * @since 0.3.0
 */
import { NO_HASH } from './chain.ts';
import { Item, LogParser } from './log-parser.ts';
import { readAll } from './read-all.ts';
import { RecordHash } from './record-hash.ts';

const UPPER_F = 70;
const UPPER_S = 83;
const UPPER_W = 87;
const UPPER_X = 88;
const COLON = 58;

/** The hash that the next record is to name. */
export const tailHash = (path: string, bytes: number): string => {
  const parser = new LogParser();
  const record = new RecordHash();
  let hasHead = false;
  readAll(
    path,
    parser,
    () => {
      // What `room` has kept of the piece before begins the buffer.
      let from = 0;
      for (;;) {
        const item = parser.next();
        if (item === Item.Annotation && parser.buf[parser.lineStart + 2] === COLON) {
          const letter = parser.buf[parser.lineStart + 1];
          if (letter === UPPER_F) hasHead = true;
          else if (letter === UPPER_W || letter === UPPER_X || letter === UPPER_S) {
            record.end(parser.buf, from, parser.start);
            from = parser.start;
          }
        } else if (item !== Item.Command && item !== Item.Annotation) {
          record.pass(parser.buf, from, parser.start);
          return item === Item.More;
        }
      }
    },
    bytes,
  );
  return hasHead ? record.end(parser.buf, 0, 0) : NO_HASH;
};
