/**
 * RDB output: lengths, numbers and strings, encoded into one growing buffer or into a sequence of chunks.
 *
 * In:     numbers and ranges of bytes.
 * Out:    `buf[0…pos)` when it grows (DUMP), or chunks handed to `emit` (snapshots).
 * Memory: owns `buf` until it is emitted; an emitted chunk belongs to who receives it and is never touched again.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../../bytes.ts';
import { parseInteger } from '../../resp/numbers.ts';
import {
  ENCODED,
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  INTEGER_TEXT_BYTES_MAX,
  LENGTH_32,
  LENGTH_64,
  TWO_32,
  UNCOMPRESSED_BYTES_MAX,
} from './format.ts';
import { lzfCompress } from './lzf.ts';

export const CHUNK_BYTES = 64 * 1024;
/** Chunks that were written to disk and wait to be filled again: 2 MiB at most. */
const SPARE_CHUNKS_MAX = 32;
const GROWING_BYTES = 1024;
const NUMBER_BYTES_MAX = 9;
const SCRATCH_BYTES = 4096;
const SCRATCH_KEPT_BYTES_MAX = 1024 * 1024;

const MINUS = 45;
const ZERO = 48;
const NINE = 57;

const spareChunks: Uint8Array[] = [];

const takeChunk = (): Uint8Array => spareChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** Gives an emitted chunk back that nobody will look at again, so that a snapshot makes no garbage. */
export const recycleChunk = ({ buffer }: Uint8Array): void => {
  if (buffer.byteLength === CHUNK_BYTES && spareChunks.length < SPARE_CHUNKS_MAX) {
    spareChunks.push(new Uint8Array(buffer));
  }
};

export class RdbOutput {
  buf: Uint8Array;
  pos = 0;
  /** Whether strings are compressed (`rdbcompression`). */
  compress = true;
  private readonly emit: ((chunk: Uint8Array) => void) | undefined;
  private scratch = new Uint8Array(SCRATCH_BYTES);

  /** With `emit` the output comes in chunks of 64 KiB, without it stays in `buf`. */
  constructor(emit?: (chunk: Uint8Array) => void) {
    this.emit = emit;
    this.buf = emit === undefined ? new Uint8Array(GROWING_BYTES) : takeChunk();
  }

  byte(value: number): void {
    if (this.pos === this.buf.length) this.makeRoom(1);
    this.buf[this.pos++] = value;
  }

  /** A length, or any number that is not negative and safe. */
  length(length: number): void {
    if (this.pos + NUMBER_BYTES_MAX > this.buf.length) this.makeRoom(NUMBER_BYTES_MAX);
    const { buf } = this;
    if (length < 64) {
      buf[this.pos++] = length;
    } else if (length < 16384) {
      buf[this.pos++] = 0x40 | (length >>> 8);
      buf[this.pos++] = length;
    } else if (length < TWO_32) {
      buf[this.pos++] = LENGTH_32;
      this.bigEndian(length);
    } else {
      buf[this.pos++] = LENGTH_64;
      this.bigEndian(Math.floor(length / TWO_32));
      this.bigEndian(length % TWO_32);
    }
  }

  /** A time in ms since 1970 as eight little-endian bytes. */
  milliseconds(ms: number): void {
    if (this.pos + NUMBER_BYTES_MAX > this.buf.length) this.makeRoom(NUMBER_BYTES_MAX);
    this.littleEndian(ms % TWO_32, 4);
    this.littleEndian(Math.floor(ms / TWO_32), 4);
  }

  /** A string in the shortest of its encodings. */
  string(bytes: Uint8Array, offset: number, length: number): void {
    if (length <= INTEGER_TEXT_BYTES_MAX && this.integerString(bytes, offset, length)) return;
    if (length > UNCOMPRESSED_BYTES_MAX && this.compress && this.compressedString(bytes, offset, length)) return;
    this.length(length);
    this.bytes(bytes, offset, length);
  }

  /** A string from a latin1 string. */
  text(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.string(bytes, 0, bytes.length);
  }

  /** Bytes as they are. */
  bytes(bytes: Uint8Array, offset: number, length: number): void {
    let from = offset;
    let left = length;
    while (left > 0) {
      if (this.pos === this.buf.length || this.emit === undefined) this.makeRoom(left);
      const count = Math.min(left, this.buf.length - this.pos);
      copyBytes(bytes, from, this.buf, this.pos, count);
      this.pos += count;
      from += count;
      left -= count;
    }
  }

  /** Emits what is in the buffer. */
  flush(): void {
    if (this.emit === undefined || this.pos === 0) return;
    const chunk = this.buf.subarray(0, this.pos);
    this.buf = takeChunk();
    this.pos = 0;
    this.emit(chunk);
  }

  private integerString(bytes: Uint8Array, offset: number, length: number): boolean {
    const first = bytes[offset];
    if (length === 0 || first > NINE || (first < ZERO && first !== MINUS)) return false;
    const value = parseInteger(bytes, offset, length);
    if ((value | 0) !== value) return false; // NaN, beyond int32, or no integer at all
    if (this.pos + NUMBER_BYTES_MAX > this.buf.length) this.makeRoom(NUMBER_BYTES_MAX);
    if (value >= -128 && value <= 127) {
      this.buf[this.pos++] = ENCODED | ENCODED_INT8;
      this.littleEndian(value, 1);
    } else if (value >= -32768 && value <= 32767) {
      this.buf[this.pos++] = ENCODED | ENCODED_INT16;
      this.littleEndian(value, 2);
    } else {
      this.buf[this.pos++] = ENCODED | ENCODED_INT32;
      this.littleEndian(value, 4);
    }
    return true;
  }

  private compressedString(bytes: Uint8Array, offset: number, length: number): boolean {
    let scratch = this.scratch;
    if (scratch.length < length) {
      scratch = new Uint8Array(Math.max(length, scratch.length * 2));
      if (scratch.length <= SCRATCH_KEPT_BYTES_MAX) this.scratch = scratch;
    }
    const packed = lzfCompress(bytes, offset, length, scratch);
    if (packed === 0) return false;
    this.byte(ENCODED | ENCODED_LZF);
    this.length(packed);
    this.length(length);
    this.bytes(scratch, 0, packed);
    return true;
  }

  private littleEndian(value: number, count: number): void {
    for (let i = 0; i < count; i++) this.buf[this.pos++] = value >>> (8 * i);
  }

  private bigEndian(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.buf[this.pos++] = value >>> shift;
  }

  /** After this there is room for a number, or for at least one of `needed` bytes. */
  private makeRoom(needed: number): void {
    if (this.emit !== undefined) {
      this.flush();
      return;
    }
    if (this.pos + needed <= this.buf.length) return;
    const wider = new Uint8Array(Math.max(this.buf.length * 2, this.pos + needed));
    wider.set(this.buf.subarray(0, this.pos));
    this.buf = wider;
  }
}
