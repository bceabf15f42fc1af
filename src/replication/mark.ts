/**
 * Finds the mark that ends a snapshot of unknown length, wherever the chunks are cut.
 *
 * In:     chunks, on loan. Out: the content ahead of the mark, as ranges; where the mark ends in the last chunk.
 * Memory: one byte less than a mark from chunk to chunk.
 *
 * @since 0.1.0
 */

/** Length of the mark: 40 random hexadecimal digits, which no data holds by chance. */
export const MARK_BYTES = 40;
const TAIL_BYTES = MARK_BYTES - 1;
const NO_BYTES = new Uint8Array(0);

export class MarkFinder {
  private readonly mark: Buffer;
  private readonly content: (bytes: Uint8Array) => void;
  private tail: Uint8Array = NO_BYTES;

  /** `content` gets each range of content on loan. */
  constructor(mark: string, content: (bytes: Uint8Array) => void) {
    this.mark = Buffer.from(mark, 'latin1');
    this.content = content;
  }

  /** Looks through bytes[start, end). Answers the index behind the mark, or -1 when it has not come yet. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.tail.length > 0) {
      // The mark may begin in the tail: look at both together, over the length of a mark.
      const taken = Math.min(end - start, TAIL_BYTES);
      const joined = Buffer.concat([this.tail, bytes.subarray(start, start + taken)]);
      const found = joined.indexOf(this.mark);
      if (found >= 0) {
        this.emit(joined.subarray(0, found));
        return start + found + MARK_BYTES - this.tail.length;
      }
      if (end - start < TAIL_BYTES) {
        const content = Math.max(0, joined.length - TAIL_BYTES);
        this.emit(joined.subarray(0, content));
        this.tail = joined.subarray(content);
        return -1;
      }
      this.emit(this.tail);
      this.tail = NO_BYTES;
      at = start;
    }
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
    const found = rest.indexOf(this.mark);
    if (found >= 0) {
      this.emit(rest.subarray(0, found));
      return at + found + MARK_BYTES;
    }
    const content = Math.max(0, rest.length - TAIL_BYTES);
    this.emit(rest.subarray(0, content));
    this.tail = new Uint8Array(rest.subarray(content));
    return -1;
  }

  private emit(bytes: Uint8Array): void {
    if (bytes.length > 0) this.content(bytes);
  }
}
