/**
 * The hash of the record that is being read, whatever buffers it lies in (see chain.ts).
 *
 * In:     stretches of a buffer, in the order of the file. Out: the record's hash when it ends.
 * Memory: the state of a SHA-256, for a record that lies in more than one buffer; none otherwise.
 *
 * @since 0.3.0
 */
import { Chain, hashOf } from './chain.ts';

export class RecordHash {
  private chain: Chain | undefined = undefined;

  /** Bytes of the record whose buffer goes away. */
  pass(buf: Uint8Array, from: number, to: number): void {
    if (to === from) return;
    this.chain ??= new Chain();
    this.chain.update(buf.subarray(from, to));
  }

  /** The record ends with these bytes; the next one begins behind them. */
  end(buf: Uint8Array, from: number, to: number): string {
    const { chain } = this;
    if (chain === undefined) return hashOf(buf.subarray(from, to));
    this.chain = undefined;
    chain.update(buf.subarray(from, to));
    return chain.turn();
  }
}
