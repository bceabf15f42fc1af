import test from 'ava';
import fc from 'fast-check';
import { MARK_BYTES, MarkFinder } from '../../src/replication/mark.ts';
import { chunkings } from '../support/arbitraries.ts';

const MARK = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b';

/** Content that likes to look like the mark. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(MARK_BYTES - 1).map((n) => Buffer.from(MARK.slice(0, n))),
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

test('however the bytes are cut, the content ends where the mark begins and the rest behind it is left', (t) => {
  fc.assert(
    fc.property(
      content.chain((bytes) =>
        fc.uint8Array({ maxLength: 50 }).chain((rest) => {
          const whole = new Uint8Array(Buffer.concat([bytes, Buffer.from(MARK), rest]));
          return chunkings(whole).map((chunks) => ({ bytes, rest, chunks }));
        }),
      ),
      ({ bytes, rest, chunks }) => {
        const seen: Uint8Array[] = [];
        const left: Uint8Array[] = [];
        const finder = new MarkFinder(MARK, (piece) => seen.push(piece.slice()));
        let found = false;
        for (const chunk of chunks) {
          // Ahead of the chunk stands something that is not its business.
          const buffer = new Uint8Array(chunk.length + 3);
          buffer.set(chunk, 3);
          if (found) left.push(chunk);
          else {
            const behind = finder.take(buffer, 3, buffer.length);
            found = behind >= 0;
            if (found) left.push(buffer.slice(behind));
          }
        }
        return found && Buffer.concat(seen).equals(Buffer.from(bytes)) && Buffer.concat(left).equals(Buffer.from(rest));
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
