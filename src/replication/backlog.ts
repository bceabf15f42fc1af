/**
 * The backlog: the last bytes of the write stream, in a ring.
 *
 * In:     write events (`append`), one copy each.
 * Out:    the bytes behind any offset that is still held, copied out piece by piece (`copy`).
 * Memory: owns the ring: `repl-backlog-size` bytes, or more for as long as a full sync needs older ones (`keepFrom`).
 *
 * Offsets are those of the stream, 0-based: the byte at offset o is the (o + 1)-th of the stream. Redis' protocol and
 * INFO count from 1; who talks to them adds it.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../bytes.ts';

/** No ring is larger, whatever is configured: one cannot be had, and an index would be no int32 any more. */
const RING_BYTES_MAX = 2 ** 31 - 1;

export class Backlog {
  /** Offset behind the last byte held. */
  endOffset: number;
  /** How many bytes are held. */
  historyBytes = 0;
  private ring: Uint8Array;
  /** Where the next byte goes. */
  private at = 0;
  private sizeBytes: number;
  private keptFrom = Number.POSITIVE_INFINITY;
  private keptBytesMax = 0;

  constructor(sizeBytes: number, offset: number) {
    this.sizeBytes = Math.min(sizeBytes, RING_BYTES_MAX);
    this.ring = new Uint8Array(this.sizeBytes);
    this.endOffset = offset;
  }

  /** Offset of the oldest byte held. */
  get firstOffset(): number {
    return this.endOffset - this.historyBytes;
  }

  /** Bytes allocated. */
  get capacityBytes(): number {
    return this.ring.length;
  }

  /** Whether everything from this offset on is held. */
  holds(offset: number): boolean {
    return offset >= this.firstOffset && offset <= this.endOffset;
  }

  /** Takes buf[start, end). */
  append(buf: Uint8Array, start: number, end: number): void {
    let from = start;
    let left = end - start;
    this.endOffset += left;
    if (left > this.ring.length - this.historyBytes && this.keptFrom < this.endOffset - this.ring.length) {
      this.grow(left);
    }
    const { ring } = this;
    const size = ring.length;
    if (left >= size) {
      // Only the tail will be left of an event that is larger than the ring.
      from = end - size;
      left = size;
      this.at = 0;
    }
    const first = Math.min(left, size - this.at);
    copyBytes(buf, from, ring, this.at, first);
    if (first < left) copyBytes(buf, from + first, ring, 0, left - first);
    this.at = (this.at + left) % size;
    this.historyBytes = Math.min(size, this.historyBytes + (end - start));
  }

  /**
   * Copies bytes from `offset` on into `target`, as many as fit; answers how many. The offset must be held.
   */
  copy(offset: number, target: Uint8Array): number {
    const count = Math.min(this.endOffset - offset, target.length);
    const size = this.ring.length;
    const from = (((this.at - (this.endOffset - offset)) % size) + size) % size;
    const first = Math.min(count, size - from);
    target.set(this.ring.subarray(from, from + first), 0);
    if (first < count) target.set(this.ring.subarray(0, count - first), first);
    return count;
  }

  /**
   * Holds everything from `offset` on, growing up to `bytesMax` (Infinity = no limit): a full sync is under way, and its
   * replica needs the stream from there. Past the limit the oldest bytes go, as ever.
   */
  keepFrom(offset: number, bytesMax: number): void {
    this.keptFrom = offset;
    this.keptBytesMax = bytesMax;
  }

  /** Nobody needs older bytes any more: back to the configured size. */
  keepNothing(): void {
    this.keptFrom = Number.POSITIVE_INFINITY;
    if (this.ring.length > this.sizeBytes) this.reallocate(this.sizeBytes);
  }

  /** Changes the configured size; the newest bytes stay. */
  resize(sizeBytes: number): void {
    this.sizeBytes = Math.min(sizeBytes, RING_BYTES_MAX);
    if (this.keptFrom < this.endOffset && this.sizeBytes < this.ring.length) return;
    this.reallocate(this.sizeBytes);
  }

  /** Room for `more` bytes behind those from `keptFrom` on, as far as the limit goes. `endOffset` counts them already. */
  private grow(more: number): void {
    const needed = this.endOffset - Math.max(this.keptFrom, this.firstOffset - more);
    const limit = Math.min(Math.max(this.keptBytesMax, this.sizeBytes), RING_BYTES_MAX);
    const room = Math.min(limit, Math.max(needed, this.ring.length * 2));
    if (room <= this.ring.length) return;
    this.endOffset -= more;
    this.reallocate(room);
    this.endOffset += more;
  }

  private reallocate(bytes: number): void {
    const next = new Uint8Array(bytes);
    const kept = Math.min(bytes, this.historyBytes);
    this.copy(this.endOffset - kept, next);
    this.ring = next;
    this.historyBytes = kept;
    this.at = kept % bytes;
  }
}
