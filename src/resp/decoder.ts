/**
 * The decoder of one connection: chunks of bytes in, command views out.
 *
 * In:  `feed(chunk)`, then `next()` until it asks for more. Out: `view`, good until the next call.
 * The decoder reads straight from the chunk. Only the tail of a request that is cut off is copied, into a buffer of the
 * connection's own, and parsing goes on where it stopped, so a request in a thousand pieces is still read once.
 *
 * Errors are Redis' protocol errors; after one the connection is to be closed.
 *
 * @since 0.1.0
 */
import { splitInline } from './inline.ts';
import { parseInteger } from './numbers.ts';
import { CommandView } from './view.ts';

export enum Decoded {
  /** `view` holds a command. */
  Command = 0,
  /** The bytes are used up. */
  NeedMore = 1,
  /** `error` holds the reason, without the "ERR Protocol error: " in front. */
  Broken = 2,
}

/** Limits that may change while the connection lives. */
export interface DecoderLimits {
  /** proto-max-bulk-len */
  bulkBytesMax: number;
}

const LINE_BYTES_MAX = 64 * 1024;
const INT_MAX = 2147483647;
const UNAUTHENTICATED_ARGUMENTS_MAX = 10;
const UNAUTHENTICATED_BULK_BYTES_MAX = 16384;
const NO_BYTES = new Uint8Array(0);
const KEPT_BYTES_MIN = 1024;
/** A tail buffer larger than this is given back once it is empty. */
const KEPT_BYTES_IDLE_MAX = 64 * 1024;

const NUL = 0;
const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;
const MINUS = 45;
const ZERO = 48;

export class Decoder {
  readonly view = new CommandView();
  error = '';
  /** Before AUTH, requests are kept small. */
  authenticated = true;

  private readonly limits: DecoderLimits;
  private buf: Uint8Array = NO_BYTES;
  private pos = 0;
  private end = 0;
  /** The cut-off request, from its first byte. */
  private kept: Uint8Array = NO_BYTES;
  private keptBytes = 0;
  private frameStart = 0;
  /** Arguments still to come; -1 between requests. */
  private argumentsLeft = -1;
  /** Length of the argument that is being read, or -1 before its header. */
  private bulkBytes = -1;
  private argc = 0;

  constructor(limits: DecoderLimits) {
    this.limits = limits;
  }

  /** Bytes held of a request that is not complete (INFO's and CLIENT LIST's query buffer). */
  get pendingBytes(): number {
    return this.keptBytes;
  }

  /** Bytes allocated for such requests. */
  get heldBytes(): number {
    return this.kept.length;
  }

  /** Hands in the next bytes, which must stay as they are until `next` has asked for more. */
  feed(chunk: Uint8Array, length: number): void {
    if (this.keptBytes === 0) {
      this.buf = chunk;
      this.pos = 0;
      this.end = length;
      return;
    }
    this.reserve(this.keptBytes + length);
    this.kept.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.keptBytes);
    this.keptBytes += length;
    this.buf = this.kept;
    this.end = this.keptBytes;
  }

  next(): Decoded {
    for (;;) {
      if (this.argumentsLeft < 0) {
        if (this.pos >= this.end) return this.keepTail(this.pos);
        this.frameStart = this.pos;
        if (this.buf[this.pos] !== STAR) {
          const decoded = this.inline();
          if (decoded === Decoded.Command && this.view.argc === 0) continue;
          return decoded;
        }
        const count = this.header(INT_MAX);
        if (count === NEED_MORE) {
          if (this.end - this.pos > LINE_BYTES_MAX) return this.broken('too big mbulk count string');
          return this.keepTail(this.frameStart);
        }
        if (count === INVALID) return this.broken('invalid multibulk length');
        if (!this.authenticated && count > UNAUTHENTICATED_ARGUMENTS_MAX) {
          return this.broken('unauthenticated multibulk length');
        }
        if (count <= 0) continue;
        this.argumentsLeft = count;
        this.argc = 0;
        this.bulkBytes = -1;
      }

      while (this.argumentsLeft > 0) {
        if (this.bulkBytes < 0) {
          const at = this.pos;
          const bytes = this.header(this.limits.bulkBytesMax);
          const first = this.buf[at];
          if (bytes === NEED_MORE || first === NUL) {
            this.pos = at;
            if (this.end - at > LINE_BYTES_MAX) return this.broken('too big bulk count string');
            return this.keepTail(this.frameStart);
          }
          if (first !== DOLLAR) return this.broken(`expected '$', got '${String.fromCharCode(first)}'`);
          if (bytes < 0) return this.broken('invalid bulk length');
          if (!this.authenticated && bytes > UNAUTHENTICATED_BULK_BYTES_MAX) {
            return this.broken('unauthenticated bulk length');
          }
          this.bulkBytes = bytes;
        }
        if (this.end - this.pos < this.bulkBytes + 2) return this.keepTail(this.frameStart);
        this.view.set(this.argc++, this.pos, this.bulkBytes);
        this.pos += this.bulkBytes + 2;
        this.straighten(this.pos - 2);
        this.bulkBytes = -1;
        this.argumentsLeft--;
      }

      this.argumentsLeft = -1;
      const { view } = this;
      view.buf = this.buf;
      view.stays = this.buf !== this.kept;
      view.argc = this.argc;
      view.start = this.frameStart;
      view.end = this.pos;
      return Decoded.Command;
    }
  }

  /** Keeps what was fed and not used, because the chunk goes away and the next step comes later. */
  hold(): void {
    this.keepTail(this.argumentsLeft < 0 ? this.pos : this.frameStart);
  }

  /**
   * Makes a line end of whatever two bytes stand in its place: a request that changes something is passed on and logged
   * as it came, and those who read it there look at line ends.
   */
  private straighten(at: number): void {
    const { buf } = this;
    if (buf[at] !== CR) buf[at] = CR;
    if (buf[at + 1] !== LF) buf[at + 1] = LF;
  }

  /**
   * Reads the number of a header line (`*3\r\n`, `$5\r\n`) and steps behind it. As Redis does, the line ends at the
   * first CR and the byte behind it does not matter.
   */
  private header(max: number): number {
    const { buf, end } = this;
    let at = this.pos + 1;
    let value = 0;
    while (at < end) {
      const digit = buf[at] - ZERO;
      if (digit < 0 || digit > 9 || value > 214748363) break;
      value = value * 10 + digit;
      at++;
    }
    const digits = at - this.pos - 1;
    if (at < end && buf[at] === CR && digits > 0 && (digits === 1 || buf[this.pos + 1] !== ZERO)) {
      if (at + 1 >= end) return NEED_MORE;
      if (buf[at + 1] !== LF) buf[at + 1] = LF;
      this.pos = at + 2;
      return value > max ? INVALID : value;
    }
    return this.oddHeader(max);
  }

  /** A header that is negative, very large, broken or cut off. */
  private oddHeader(max: number): number {
    const { buf, end, pos } = this;
    let at = pos;
    while (at < end && buf[at] !== CR && buf[at] !== NUL) at++;
    // Redis looks for the end of a line as for a character in a C string: behind a NUL it finds none.
    if (at + 1 >= end || buf[at] === NUL) return NEED_MORE;
    const value = parseInteger(buf, pos + 1, at - pos - 1);
    if (Number.isNaN(value)) return INVALID;
    // However large the limit is: places in a request are int32.
    if (buf[pos + 1] !== MINUS && value > Math.min(max, INT_MAX)) return INVALID;
    this.straighten(at);
    this.pos = at + 2;
    return buf[pos + 1] === MINUS ? -1 : value;
  }

  private inline(): Decoded {
    const { buf, end, pos } = this;
    let newline = pos;
    while (newline < end && buf[newline] !== LF && buf[newline] !== NUL) newline++;
    if (newline === end || buf[newline] === NUL) {
      if (end - pos > LINE_BYTES_MAX) return this.broken('too big inline request');
      return this.keepTail(pos);
    }
    const lineEnd = newline > pos && buf[newline - 1] === CR ? newline - 1 : newline;
    this.pos = newline + 1;
    return splitInline(buf, pos, lineEnd, this.view) ? Decoded.Command : this.broken('unbalanced quotes in request');
  }

  private broken(reason: string): Decoded {
    this.error = reason;
    return Decoded.Broken;
  }

  /** Moves everything from `from` on to the front of the connection's own buffer. */
  private keepTail(from: number): Decoded {
    const length = this.end - from;
    if (length === 0) {
      this.keptBytes = 0;
      if (this.kept.length > KEPT_BYTES_IDLE_MAX) {
        this.kept = NO_BYTES;
        this.view.release();
      }
    } else if (this.buf === this.kept) {
      if (from > 0) this.kept.copyWithin(0, from, this.end);
      this.keptBytes = length;
    } else {
      this.keptBytes = 0;
      this.reserve(length);
      this.kept.set(this.buf.subarray(from, this.end), 0);
      this.keptBytes = length;
    }
    if (this.argumentsLeft >= 0 && from > 0) {
      this.view.argc = this.argc;
      this.view.shift(-from);
    }
    this.pos -= from;
    this.frameStart = 0;
    this.end = length;
    this.buf = this.kept;
    return Decoded.NeedMore;
  }

  /** Room for `bytes`, or at once for the whole argument when one is being read and its size is known. */
  private reserve(bytes: number): void {
    if (bytes <= this.kept.length) return;
    const expected = this.argumentsLeft > 0 && this.bulkBytes >= 0 ? this.pos + this.bulkBytes + 2 : 0;
    // Memory follows the bytes that came, not the length that was announced: at most four times as much.
    const room = Math.max(bytes, KEPT_BYTES_MIN, Math.min(Math.max(expected, bytes * 2), bytes * 4));
    const wider = new Uint8Array(room);
    if (this.keptBytes > 0) wider.set(this.kept.subarray(0, this.keptBytes), 0);
    this.kept = wider;
  }
}

const NEED_MORE = -2;
const INVALID = -3;
