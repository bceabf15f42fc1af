/**
 * What stands between the commands of a segment: its head, its seal and, with an audit trail, whose the commands are.
 *
 * In:  runs of the stream before their bytes are copied. Out: annotation lines in the pending bytes, and the hash chain.
 *
 * @since 0.3.0
 */
import type { ByteRun } from '../events/write-stream.ts';
import { Chain, type Head, hashOf, NO_HASH, renderHead, renderSeal } from './format.ts';

/** Bytes [0, pos) of `buf` are those of this turn that are not in the file yet. */
export interface PendingBytes {
  buf: Uint8Array;
  pos: number;
  /** Makes room behind `pos`; `buf` may be another one then. */
  reserve(bytes: number): void;
}

export interface SegmentAnnotator {
  /** The hash of the last record of the segment that was sealed last: what the next head names. */
  readonly hash: string;
  /** Begins a segment; without `hash` it follows on the one that was sealed last. */
  head(head: Omit<Head, '_tag' | 'hash'> & { readonly hash?: string }): void;
  /** To be called before the bytes of a run are copied. */
  annotate(run: ByteRun): void;
  /** To be called before the pending bytes are written and forgotten. */
  commit(): void;
  /** The segment is left as it is: what has been written is vouched for by a line behind it. */
  rest(timeUs: number): void;
  /** Ends a segment with its last line, when everything before it has been committed. The line is not to be. */
  seal(offset: number, timeUs: number): void;
}

/** Writes a latin1 text behind the pending bytes. */
export const appendText = (pending: PendingBytes, text: string): void => {
  pending.reserve(text.length);
  const { buf } = pending;
  let { pos } = pending;
  for (let i = 0; i < text.length; i++) buf[pos++] = text.charCodeAt(i);
  pending.pos = pos;
};

/** Heads and seals alone: a segment is one record. */
export class PlainAnnotator implements SegmentAnnotator {
  hash = NO_HASH;
  private readonly pending: PendingBytes;
  private readonly chain = new Chain();

  constructor(pending: PendingBytes) {
    this.pending = pending;
  }

  head({ replid, offset, timeUs, hash = this.hash }: Omit<Head, '_tag' | 'hash'> & { readonly hash?: string }): void {
    this.chain.turn();
    appendText(this.pending, renderHead({ replid, offset, timeUs, hash }));
  }

  annotate(_run: ByteRun): void {}

  commit(): void {
    const { buf, pos } = this.pending;
    this.chain.update(buf.subarray(0, pos));
  }

  rest(_timeUs: number): void {}

  seal(offset: number, timeUs: number): void {
    const line = renderSeal({ offset, timeUs, hash: this.chain.turn() });
    appendText(this.pending, line);
    this.hash = hashOf(new Uint8Array(Buffer.from(line, 'latin1')));
  }
}
