/**
 * The expiry index of one database: a 4-ary min-heap of (expireAtMs, entry ref), so the next key to expire is always
 * on top and expiry is exact instead of sampled. An entry knows its position (its EXPIRES word), which makes the time
 * of a key one look-up and its removal O(log n). New times are mostly the latest, which costs O(1).
 *
 * Nodes are three words (time low, time high, ref) in arena segments of 4096 nodes.
 *
 * @since 0.1.0
 */
import type { Arena } from './arena.ts';
import { expiresWord, META } from './entry.ts';

const SEGMENT_SHIFT = 12;
const SEGMENT_NODES = 1 << SEGMENT_SHIFT;
const SEGMENT_MASK = SEGMENT_NODES - 1;
const NODE_WORDS = 3;
const TWO_32 = 4294967296;

export class ExpiryIndex {
  count = 0;
  private readonly arena: Arena;
  private readonly segments: number[] = [];

  constructor(arena: Arena) {
    this.arena = arena;
  }

  timeAt(position: number): number {
    const words = this.wordsOf(position);
    const at = this.at;
    return words[at + 1] * TWO_32 + (words[at] >>> 0);
  }

  refAt(position: number): number {
    return this.wordsOf(position)[this.at + 2];
  }

  /** The earliest expiry in ms since 1970, or Infinity. */
  earliestMs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.timeAt(0);
  }

  /** Adds an entry that has an EXPIRES word; its position is written there. */
  add(ref: number, expireAtMs: number): void {
    if (this.count >>> SEGMENT_SHIFT === this.segments.length) {
      this.segments.push(this.arena.allocate(SEGMENT_NODES * NODE_WORDS * 4));
    }
    this.siftUp(this.count++, expireAtMs, ref);
  }

  remove(position: number): void {
    const last = --this.count;
    if (position !== last) this.settle(position, this.timeAt(last), this.refAt(last));
    // One spare segment stays, or a key that comes and goes at the border would allocate each time.
    if (this.segments.length - (this.count >>> SEGMENT_SHIFT) > 2) {
      const segment = this.segments.pop();
      if (segment !== undefined) this.arena.free(segment);
    }
  }

  change(position: number, expireAtMs: number): void {
    this.settle(position, expireAtMs, this.refAt(position));
  }

  /** The entry at this position was reallocated. */
  moved(position: number, ref: number): void {
    this.wordsOf(position)[this.at + 2] = ref;
  }

  destroy(): void {
    for (const segment of this.segments) this.arena.free(segment);
    this.segments.length = 0;
    this.count = 0;
  }

  /** Word offset of the node found last by `wordsOf`. */
  private at = 0;

  private wordsOf(position: number): Int32Array {
    const segment = this.segments[position >>> SEGMENT_SHIFT];
    this.at = ((segment & 0xffff) << 2) + (position & SEGMENT_MASK) * NODE_WORDS;
    return this.arena.words[segment >>> 16];
  }

  private put(position: number, timeMs: number, ref: number): void {
    const words = this.wordsOf(position);
    const at = this.at;
    words[at] = timeMs % TWO_32;
    words[at + 1] = Math.floor(timeMs / TWO_32);
    words[at + 2] = ref;
    const entry = this.arena.words[ref >>> 16];
    const entryAt = (ref & 0xffff) << 2;
    entry[entryAt + expiresWord(entry[entryAt + META])] = position;
  }

  private settle(position: number, timeMs: number, ref: number): void {
    if (position > 0 && timeMs < this.timeAt((position - 1) >>> 2)) this.siftUp(position, timeMs, ref);
    else this.siftDown(position, timeMs, ref);
  }

  private siftUp(start: number, timeMs: number, ref: number): void {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >>> 2;
      const parentMs = this.timeAt(parent);
      if (parentMs <= timeMs) break;
      this.put(position, parentMs, this.refAt(parent));
      position = parent;
    }
    this.put(position, timeMs, ref);
  }

  private siftDown(start: number, timeMs: number, ref: number): void {
    let position = start;
    for (;;) {
      let child = position * 4 + 1;
      if (child >= this.count) break;
      const end = Math.min(child + 4, this.count);
      let least = child;
      let leastMs = this.timeAt(child);
      for (child++; child < end; child++) {
        const ms = this.timeAt(child);
        if (ms < leastMs) {
          least = child;
          leastMs = ms;
        }
      }
      if (timeMs <= leastMs) break;
      this.put(position, leastMs, this.refAt(least));
      position = least;
    }
    this.put(position, timeMs, ref);
  }
}
