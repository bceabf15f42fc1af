/**
 * From the bytes of a segment to its items: commands and annotation lines, with their places in the file.
 *
 * In:     bytes, read straight into `room()`, however they are cut. Out: the item that `next` found, as a loan.
 * Memory: one buffer, as large as the largest command needs and 256 KiB at least.
 *
 * The format is stricter than a client's: what redis-server would not have written is an error, since a log is read years
 * later and a lucky guess would be a wrong state.
 *
 * @since 0.3.0
 */
import { CommandView, latin1 } from '../resp/view.ts';

export enum Item {
  /** `view` holds a command. */
  Command = 0,
  /** Bytes [lineStart, lineEnd) of `buf` are an annotation line, without its line end. */
  Annotation = 1,
  /** The bytes are used up: an item may have begun (`pendingBytes`). */
  More = 2,
  /** `error` says what is wrong at `position`. */
  Broken = 3,
}

const BUFFER_BYTES = 256 * 1024;
/** A buffer larger than this is given back when the large command is over. */
const KEPT_BYTES_MAX = 4 * BUFFER_BYTES;
/** Longer lines stop Redis' loader. */
const LINE_BYTES_MAX = 1024;
/** `*2147483647\r\n` */
const HEADER_BYTES_MAX = 13;
const INT_MAX = 2147483647;

const CR = 13;
const LF = 10;
const HASH = 35;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

/** Answers of `header` that are no number. */
const NEED_MORE = -1;
const INVALID = -2;

const shown = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte ${byte}`;

export class LogParser {
  readonly view = new CommandView();
  buf: Uint8Array = new Uint8Array(BUFFER_BYTES);
  /** The item, [start, end) of `buf`. */
  start = 0;
  end = 0;
  lineStart = 0;
  lineEnd = 0;
  error = '';
  /** Where the file's bytes in `buf` end. */
  private filledTo = 0;
  /** Where the next item begins. */
  private at = 0;
  /** Behind the header that was read last. */
  private behind = 0;
  /** Bytes that the item has at least. */
  private neededBytes = 1;
  /** Place in the file of the buffer's first byte. */
  private base = 0;

  /** Place in the file of the item that `next` has found, or of the one that is not complete or broken. */
  get position(): number {
    return this.base + this.start;
  }

  /** Place in the file behind the items so far. */
  get consumed(): number {
    return this.base + this.at;
  }

  /** Bytes of an item that is not complete. */
  get pendingBytes(): number {
    return this.filledTo - this.at;
  }

  /** Goes on at another place of a file. */
  seek(position: number): void {
    this.base = position;
    this.at = 0;
    this.start = 0;
    this.end = 0;
    this.filledTo = 0;
    this.neededBytes = 1;
    if (this.buf.length > BUFFER_BYTES) this.buf = new Uint8Array(BUFFER_BYTES);
  }

  /** Where the next bytes of the file go; at least one has room. What was loaned before is over. */
  room(): Uint8Array {
    const { at, filledTo } = this;
    const pending = filledTo - at;
    if (at > 0) {
      if (pending > 0) this.buf.copyWithin(0, at, filledTo);
      this.base += at;
      this.start -= at;
      this.end -= at;
      this.at = 0;
      this.filledTo = pending;
    }
    if (this.buf.length > KEPT_BYTES_MAX && pending <= BUFFER_BYTES / 2 && this.neededBytes <= BUFFER_BYTES) {
      this.resize(BUFFER_BYTES, pending);
    }
    if (Math.max(pending + 1, this.neededBytes) > this.buf.length) this.widen(pending);
    return this.buf.subarray(this.filledTo);
  }

  /** Place in the file of the bytes that go to `room()`. */
  get readPosition(): number {
    return this.base + this.filledTo;
  }

  /** Says that so many bytes were read into `room()`. */
  filled(bytes: number): void {
    this.filledTo += bytes;
  }

  next(): Item {
    const { at } = this;
    this.start = at;
    if (this.filledTo - at < this.neededBytes) return Item.More;
    const first = this.buf[at];
    if (first === STAR) return this.command();
    if (first === HASH) return this.annotation();
    return this.broken(at, `expected a command or an annotation, got ${shown(first)}`);
  }

  /** The annotation line as a text. */
  line(): string {
    return latin1(this.buf, this.lineStart, this.lineEnd);
  }

  private annotation(): Item {
    const { buf, at, filledTo } = this;
    const stop = Math.min(filledTo, at + LINE_BYTES_MAX);
    for (let i = at + 1; i < stop; i++) {
      if (buf[i] !== LF) continue;
      if (buf[i - 1] !== CR) return this.broken(i, 'expected CRLF at the end of an annotation, got LF');
      this.lineStart = at;
      this.lineEnd = i - 1;
      return this.found(i + 1, Item.Annotation);
    }
    if (filledTo - at >= LINE_BYTES_MAX) {
      return this.broken(at, `expected an annotation of at most ${LINE_BYTES_MAX} bytes, got a longer line`);
    }
    return this.needs(filledTo - at + 1);
  }

  private command(): Item {
    const { buf, at, filledTo, view } = this;
    const count = this.header(at);
    if (count < 0) return count === NEED_MORE ? this.needs(filledTo - at + 1) : Item.Broken;
    if (count === 0) return this.broken(at, 'expected a command with a name, got one without arguments');
    let cursor = this.behind;
    for (let i = 0; i < count; i++) {
      if (cursor >= filledTo) return this.needs(cursor - at + 1);
      if (buf[cursor] !== DOLLAR) return this.broken(cursor, `expected '$', got ${shown(buf[cursor])}`);
      const bytes = this.header(cursor);
      if (bytes < 0) return bytes === NEED_MORE ? this.needs(filledTo - at + 1) : Item.Broken;
      const from = this.behind;
      cursor = from + bytes + 2;
      // An argument has four bytes of framing at least.
      if (cursor > filledTo) return this.needs(cursor - at + (count - i - 1) * 5);
      if (buf[cursor - 2] !== CR || buf[cursor - 1] !== LF) {
        return this.broken(cursor - 2, `expected CRLF behind an argument, got ${shown(buf[cursor - 2])}`);
      }
      view.set(i, from, bytes);
    }
    view.buf = buf;
    view.argc = count;
    view.start = at;
    view.end = cursor;
    return this.found(cursor, Item.Command);
  }

  /** The number in a header line; `behind` is where the bytes behind it begin. */
  private header(from: number): number {
    const { buf, filledTo } = this;
    let value = 0;
    let i = from + 1;
    for (; i < filledTo; i++) {
      const digit = buf[i] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (i - from > HEADER_BYTES_MAX - 3) break;
    }
    const digits = i - from - 1;
    if (i + 1 >= filledTo && (i === filledTo || buf[i] === CR) && digits < HEADER_BYTES_MAX - 2) return NEED_MORE;
    if (buf[i] !== CR || buf[i + 1] !== LF || digits === 0 || value > INT_MAX)
      return this.badHeader(i, 'expected a length');
    if (digits > 1 && buf[from + 1] === ZERO)
      return this.badHeader(from + 1, 'expected a length without leading zeros');
    this.behind = i + 2;
    return value;
  }

  private badHeader(at: number, expected: string): number {
    this.broken(at, `${expected}, got ${shown(this.buf[at])}`);
    return INVALID;
  }

  private found(end: number, item: Item): Item {
    this.end = end;
    this.at = end;
    this.neededBytes = 1;
    return item;
  }

  private needs(bytes: number): Item {
    this.neededBytes = bytes;
    return Item.More;
  }

  private broken(at: number, reason: string): Item {
    this.start = at;
    this.error = reason;
    return Item.Broken;
  }

  private widen(pending: number): void {
    // Memory follows the bytes that are there, not the length that a damaged file may announce.
    const room = Math.max(this.buf.length * 2, Math.min(this.neededBytes, pending * 4));
    this.resize(room, pending);
  }

  private resize(bytes: number, pending: number): void {
    const other = new Uint8Array(bytes);
    other.set(this.buf.subarray(0, pending));
    this.buf = other;
  }
}
