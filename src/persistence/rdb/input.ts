/**
 * RDB input: the decoding primitives, over bytes that may not be all there yet.
 *
 * In:     chunks, in order.
 * Out:    numbers; strings as a view (`stringBytes`, `stringAt`, `stringLength`), good until the next string.
 * Memory: a chunk is a loan during `feed`; what is left over is kept in a buffer of our own.
 *
 * Who reads does so record by record: `commit` after each. When the bytes run out in the middle, the primitive throws
 * `SHORT`, the input goes back to the last commit, and the record is read again when there is more. `wantedEnd` says how
 * much more it takes, so that a long string is not tried again with every chunk.
 *
 * @since 0.1.0
 */
import { writeInteger } from '../../resp/numbers.ts';
import { Crc64 } from './crc64.ts';
import { ENCODED_INT8, ENCODED_INT16, ENCODED_INT32, ENCODED_LZF, LENGTH_32, LENGTH_64, TWO_32 } from './format.ts';
import { lzfDecompress } from './lzf.ts';

/** Thrown when the bytes are not there yet. One value without a stack, as it is thrown once per chunk. */
export const SHORT: { readonly _tag: 'Short' } = Object.freeze({ _tag: 'Short' });

/** The bytes cannot be an RDB file. */
export interface RdbError {
  readonly _tag: 'RdbError';
  /** Where in the file, in bytes. */
  readonly offset: number;
  readonly reason: string;
}

class Damage extends Error implements RdbError {
  readonly _tag = 'RdbError';
  readonly offset: number;
  readonly reason: string;
  constructor(offset: number, reason: string) {
    super(`${reason}, at offset ${offset}`);
    this.offset = offset;
    this.reason = reason;
  }
}

export const isRdbError = (error: unknown): error is RdbError => error instanceof Damage;
export const damage = (offset: number, reason: string): RdbError => new Damage(offset, reason);

/** Redis holds no longer strings, whatever the configuration; a longer length is damage, not a wish for memory. */
const STRING_BYTES_MAX = 0x7fffffff;
/** LZF cannot pack better than this. */
const LZF_RATIO_MAX = 264;
const NO_BYTES = new Uint8Array(0);
const SCRATCH_BYTES = 64;
const SCRATCH_KEPT_BYTES_MAX = 1024 * 1024;

export class RdbInput {
  buf: Uint8Array = NO_BYTES;
  pos = 0;
  end = 0;
  readonly crc = new Crc64();
  /** The string read last. */
  stringBytes: Uint8Array = NO_BYTES;
  stringAt = 0;
  stringLength = 0;

  /** Offset in the file of `buf[0]`. */
  private base = 0;
  private committed = 0;
  private summed = 0;
  private wantedEnd = 0;
  private kept: Uint8Array = NO_BYTES;
  /** The two strings of a record, key and value, do not disturb each other. */
  private scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  private otherScratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.base + this.pos;
  }

  /** Offset in the file behind the last byte that has arrived. */
  get arrived(): number {
    return this.base + this.end;
  }

  /**
   * Takes bytes[start, end) on loan and says whether it is worth to read on. Call `keep` before the loan ends.
   */
  feed(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.pos === this.end) {
      this.sum(this.pos);
      this.base += this.pos - start;
      this.buf = bytes;
      this.pos = start;
      this.end = end;
      this.committed = start;
      this.summed = start;
    } else {
      this.append(bytes, start, end);
    }
    return this.arrived >= this.wantedEnd;
  }

  /** Copies what has not been read, as the chunk's loan ends. */
  keep(): void {
    this.sum(this.committed);
    if (this.buf === this.kept) return;
    const left = this.end - this.committed;
    if (left > this.kept.length) this.kept = new Uint8Array(this.roomFor(left));
    this.kept.set(this.buf.subarray(this.committed, this.end));
    this.rebase(this.kept, this.committed, left);
  }

  /** A whole buffer at once, such as a payload of RESTORE. */
  over(bytes: Uint8Array, start: number, end: number): this {
    this.buf = bytes;
    this.pos = start;
    this.end = end;
    this.base = -start;
    this.committed = start;
    this.summed = start;
    this.wantedEnd = 0;
    return this;
  }

  /** Everything up to here has been dealt with. */
  commit(): void {
    this.committed = this.pos;
  }

  /** Back to the last commit. */
  rollback(): void {
    this.pos = this.committed;
  }

  /** Brings the checksum up to `pos`. */
  sumToHere(): void {
    this.sum(this.pos);
  }

  byte(): number {
    if (this.pos === this.end) this.need(1);
    return this.buf[this.pos++];
  }

  /** Makes sure that so many bytes are there. */
  need(count: number): void {
    if (this.pos + count <= this.end) return;
    this.wantedEnd = this.base + this.pos + count;
    throw SHORT;
  }

  /** A length that must be one. */
  length(): number {
    const at = this.offset;
    const first = this.byte();
    if (first >= 0xc0) throw damage(at, `expected a length, found a string encoding (byte 0x${first.toString(16)})`);
    return this.lengthFrom(first, at);
  }

  /** A length that may be past 2^53, such as the id of a module. */
  bigLength(): bigint {
    if (this.byte() !== LENGTH_64) {
      this.pos--;
      return BigInt(this.length());
    }
    this.need(8);
    const high = this.bigEndian();
    return (BigInt(high) << 32n) | BigInt(this.bigEndian());
  }

  int32(): number {
    this.need(4);
    const { buf, pos } = this;
    this.pos = pos + 4;
    return buf[pos] | (buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24);
  }

  /** A time as eight little-endian bytes, signed; exact within ±2^53. */
  int64(): number {
    this.need(8);
    const low = this.int32() >>> 0;
    return this.int32() * TWO_32 + low;
  }

  /** Reads a string in any encoding into the string view. */
  readString(): void {
    const at = this.offset;
    const first = this.byte();
    if (first < 0xc0) {
      const length = this.lengthFrom(first, at);
      if (length > STRING_BYTES_MAX) throw damage(at, `a string of ${length} bytes`);
      this.need(length);
      this.stringBytes = this.buf;
      this.stringAt = this.pos;
      this.stringLength = length;
      this.pos += length;
      return;
    }
    switch (first & 0x3f) {
      case ENCODED_INT8:
        this.integer((this.byte() << 24) >> 24);
        return;
      case ENCODED_INT16: {
        this.need(2);
        const low = this.byte();
        this.integer(((low | (this.byte() << 8)) << 16) >> 16);
        return;
      }
      case ENCODED_INT32:
        this.integer(this.int32());
        return;
      case ENCODED_LZF:
        this.compressed(at);
        return;
      default:
        throw damage(at, `unknown string encoding ${first & 0x3f}`);
    }
  }

  /** As `readString`, as text; for names and aux fields. */
  text(): string {
    this.readString();
    return Buffer.from(this.stringBytes.subarray(this.stringAt, this.stringAt + this.stringLength)).toString('latin1');
  }

  private lengthFrom(first: number, at: number): number {
    if (first < 0x40) return first;
    if (first < 0x80) return ((first & 0x3f) << 8) | this.byte();
    if (first === LENGTH_32) return this.bigEndian();
    if (first !== LENGTH_64) throw damage(at, `unknown length encoding (byte 0x${first.toString(16)})`);
    this.need(8);
    const high = this.bigEndian();
    return high * TWO_32 + this.bigEndian();
  }

  private bigEndian(): number {
    this.need(4);
    const { buf, pos } = this;
    this.pos = pos + 4;
    return ((buf[pos] << 24) | (buf[pos + 1] << 16) | (buf[pos + 2] << 8) | buf[pos + 3]) >>> 0;
  }

  private integer(value: number): void {
    const scratch = this.takeScratch(SCRATCH_BYTES);
    this.stringBytes = scratch;
    this.stringAt = 0;
    this.stringLength = writeInteger(scratch, 0, value);
  }

  private compressed(at: number): void {
    const packed = this.length();
    const length = this.length();
    if (length > STRING_BYTES_MAX || length > packed * LZF_RATIO_MAX) {
      throw damage(at, `a compressed string of ${packed} bytes that claims to hold ${length}`);
    }
    this.need(packed);
    const scratch = this.takeScratch(length);
    if (lzfDecompress(this.buf, this.pos, packed, scratch, 0, length) !== length) {
      throw damage(at, 'a compressed string that is damaged');
    }
    this.pos += packed;
    this.stringBytes = scratch;
    this.stringAt = 0;
    this.stringLength = length;
  }

  private takeScratch(bytes: number): Uint8Array {
    let scratch = this.otherScratch;
    this.otherScratch = this.scratch;
    if (scratch.length < bytes || (scratch.length > SCRATCH_KEPT_BYTES_MAX && bytes < SCRATCH_KEPT_BYTES_MAX)) {
      scratch = new Uint8Array(Math.max(bytes, SCRATCH_BYTES));
    }
    this.scratch = scratch;
    return scratch;
  }

  /** What to allocate for `bytes` bytes and those to come; a length in a damaged file is not taken at its word. */
  private roomFor(bytes: number): number {
    const wanted = this.wantedEnd - this.base - this.committed;
    return Math.max(bytes, Math.min(wanted, bytes * 2), 4096);
  }

  private append(bytes: Uint8Array, start: number, end: number): void {
    this.sum(this.committed);
    const left = this.end - this.committed;
    const total = left + (end - start);
    if (this.buf !== this.kept || this.committed + total > this.kept.length) {
      const target = total <= this.kept.length ? this.kept : new Uint8Array(this.roomFor(total));
      target.set(this.buf.subarray(this.committed, this.end)); // within one buffer, `set` moves as if through a copy
      this.kept = target;
      this.rebase(target, this.committed, left);
    }
    this.kept.set(bytes.subarray(start, end), this.end);
    this.end += end - start;
  }

  /** The bytes from `from` on now lie at the start of `buf`. */
  private rebase(buf: Uint8Array, from: number, length: number): void {
    this.buf = buf;
    this.base += from;
    this.summed -= from;
    this.pos -= from;
    this.committed = 0;
    this.end = length;
  }

  private sum(to: number): void {
    if (to > this.summed) {
      this.crc.update(this.buf, this.summed, to - this.summed);
      this.summed = to;
    }
  }
}
