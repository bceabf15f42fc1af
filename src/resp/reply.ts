/**
 * The reply writer: RESP2 or RESP3 into one shared output buffer.
 *
 * In:  values. Out: bytes at `buf[…pos)`. The outbox owns the buffer and says, through `overflow`, where to go on when
 * it is full; a reply may therefore lie in several buffers.
 *
 * @since 0.1.0
 */
import { copyBytes } from '../bytes.ts';
import { formatDouble } from './double.ts';
import { INTEGER_BYTES_MAX, integerBytes, writeInteger } from './numbers.ts';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Replies that are always the same, in their encoded form. */
export const OK = ascii('+OK\r\n');
export const PONG = ascii('+PONG\r\n');
export const QUEUED = ascii('+QUEUED\r\n');

const NULL_BULK = ascii('$-1\r\n');
const NULL_ARRAY = ascii('*-1\r\n');
const NULL_3 = ascii('_\r\n');
const TRUE_3 = ascii('#t\r\n');
const FALSE_3 = ascii('#f\r\n');
const EMPTY_BULK = ascii('$0\r\n\r\n');

const HEADER_BYTES_MAX = 1 + INTEGER_BYTES_MAX + 2;
const ZERO = 48;
const CR = 13;
const LF = 10;

const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;
const PERCENT = 37;
const TILDE = 126;
const GREATER = 62;
const COMMA = 44;
const EQUALS = 61;
const OPEN_PARENTHESIS = 40;

export class Reply {
  buf: Uint8Array = new Uint8Array(0);
  pos = 0;
  /** RESP version of the client that is written to. */
  version: 2 | 3 = 2;
  /** Error replies written so far; dispatch compares it to see whether a command failed. */
  errors = 0;
  /** Text of the last error reply. */
  lastError = '';
  /** Called when `needed` more bytes do not fit; has to set `buf` and `pos` so that they do. */
  overflow: (needed: number) => void = () => {
    throw new Error('reply: no buffer');
  };

  /** Bytes that are a reply already. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.reserve(length);
    const { buf, pos } = this;
    for (let i = 0; i < length; i++) buf[pos + i] = bytes[i];
    this.pos = pos + length;
  }

  ok(): void {
    this.raw(OK);
  }

  /** A status line; `text` must have no line breaks. */
  simple(text: string): void {
    this.line(PLUS, text);
  }

  /** An error; line breaks in it become spaces. */
  error(text: string): void {
    this.errors++;
    this.lastError = text;
    this.line(MINUS, /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text);
  }

  integer(value: number): void {
    this.head(COLON, value);
  }

  bigInteger(value: bigint): void {
    this.line(COLON, value.toString());
  }

  /** A bulk string from a range of bytes. */
  bulk(bytes: Uint8Array, offset: number, length: number): void {
    if (length === 0) {
      this.raw(EMPTY_BULK);
      return;
    }
    // One look at the room for the whole reply: GET's hot path.
    this.reserve(HEADER_BYTES_MAX + length + 2);
    const { buf } = this;
    let pos = this.pos;
    buf[pos++] = DOLLAR;
    if (length < 10) buf[pos++] = ZERO + length;
    else if (length < 100) {
      const tens = (length / 10) | 0;
      buf[pos] = ZERO + tens;
      buf[pos + 1] = ZERO + length - tens * 10;
      pos += 2;
    } else pos = writeInteger(buf, pos, length);
    buf[pos] = CR;
    buf[pos + 1] = LF;
    pos += 2;
    copyBytes(bytes, offset, buf, pos, length);
    pos += length;
    buf[pos] = CR;
    buf[pos + 1] = LF;
    this.pos = pos + 2;
  }

  bulkBytes(bytes: Uint8Array): void {
    this.bulk(bytes, 0, bytes.length);
  }

  /** A bulk string from a latin1 string. */
  bulkText(text: string): void {
    this.head(DOLLAR, text.length);
    this.text(text);
    this.end();
  }

  /** A bulk string from a string that is written as UTF-8. */
  bulkUtf8(text: string): void {
    this.bulkBytes(Buffer.from(text, 'utf8'));
  }

  /** An integer as a bulk string. */
  bulkInteger(value: number): void {
    this.head(DOLLAR, integerBytes(value));
    this.reserve(INTEGER_BYTES_MAX);
    this.pos = writeInteger(this.buf, this.pos, value);
    this.end();
  }

  array(length: number): void {
    this.head(STAR, length);
  }

  /** A map of `pairs` pairs: twice as many elements in RESP2. */
  map(pairs: number): void {
    if (this.version === 3) this.head(PERCENT, pairs);
    else this.head(STAR, pairs * 2);
  }

  set(length: number): void {
    this.head(this.version === 3 ? TILDE : STAR, length);
  }

  push(length: number): void {
    this.head(this.version === 3 ? GREATER : STAR, length);
  }

  null(): void {
    this.raw(this.version === 3 ? NULL_3 : NULL_BULK);
  }

  nullArray(): void {
    this.raw(this.version === 3 ? NULL_3 : NULL_ARRAY);
  }

  boolean(value: boolean): void {
    if (this.version === 3) this.raw(value ? TRUE_3 : FALSE_3);
    else this.integer(value ? 1 : 0);
  }

  double(value: number): void {
    // Most scores are integers, which cost no string; 0 may be -0, which is printed as such.
    if (Number.isSafeInteger(value) && value !== 0) {
      if (this.version === 3) this.head(COMMA, value);
      else this.bulkInteger(value);
      return;
    }
    const text = formatDouble(value);
    if (this.version === 3) this.line(COMMA, text);
    else this.bulkText(text);
  }

  /** An arbitrary large number, given in decimal. */
  bigNumber(decimal: string): void {
    if (this.version === 3) this.line(OPEN_PARENTHESIS, decimal);
    else this.bulkText(decimal);
  }

  /** Text with a three-letter format; a plain bulk string in RESP2. `text` is written as UTF-8. */
  verbatim(text: string, format: 'txt' | 'mkd' = 'txt'): void {
    const bytes = Buffer.from(text, 'utf8');
    if (this.version === 2) {
      this.bulkBytes(bytes);
      return;
    }
    this.head(EQUALS, bytes.length + 4);
    this.text(`${format}:`);
    this.reserve(bytes.length + 2);
    this.buf.set(bytes, this.pos);
    this.pos += bytes.length;
    this.end();
  }

  private head(mark: number, value: number): void {
    this.reserve(HEADER_BYTES_MAX);
    const { buf } = this;
    let pos = this.pos;
    buf[pos++] = mark;
    if (value >= 0 && value < 10) buf[pos++] = 48 + value;
    else pos = writeInteger(buf, pos, value);
    buf[pos] = CR;
    buf[pos + 1] = LF;
    this.pos = pos + 2;
  }

  private line(mark: number, text: string): void {
    this.reserve(1);
    this.buf[this.pos++] = mark;
    this.text(text);
    this.end();
  }

  private text(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { buf, pos } = this;
    for (let i = 0; i < length; i++) buf[pos + i] = text.charCodeAt(i);
    this.pos = pos + length;
  }

  private end(): void {
    this.reserve(2);
    this.buf[this.pos++] = CR;
    this.buf[this.pos++] = LF;
  }

  private reserve(bytes: number): void {
    if (this.pos + bytes > this.buf.length) this.overflow(bytes);
  }
}
