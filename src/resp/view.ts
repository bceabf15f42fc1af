/**
 * The command view: one complete request as offsets into the buffer it arrived in.
 *
 * A view is a loan. It is reused from request to request and valid until the decoder's next step; whoever needs bytes
 * later copies them (`bytes`, `detach`).
 *
 * @since 0.1.0
 */
import { parseBigInteger, parseInteger } from './numbers.ts';

const NO_BYTES = new Uint8Array(0);
const FOLD = 0x20;
/** Room for so many arguments stays when a large request has been dealt with. */
const KEPT_ARGUMENTS_MAX = 64;
/** Arguments may be longer than V8's longest string (2^29 - 24 chars), and texts are put into longer ones. */
const TEXT_BYTES_MAX = 2 ** 28;

/** Bytes as a latin1 string, one char per byte. */
export const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

export class CommandView {
  /** The buffer that holds the request in canonical RESP form, [start, end). */
  buf: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** Whether the bytes stay as they are until the end of the chunk: they do not lie where a cut-off request is kept. */
  stays = true;
  /** Number of arguments, the command's name included. */
  argc = 0;
  private offsets: Int32Array;
  private lengths: Int32Array;

  /** With room for some arguments at first. */
  constructor(room = 16) {
    this.offsets = new Int32Array(room);
    this.lengths = new Int32Array(room);
  }

  offset(index: number): number {
    return this.offsets[index];
  }

  length(index: number): number {
    return this.lengths[index];
  }

  /** Sets one argument; the decoder's business. */
  set(index: number, offset: number, length: number): void {
    if (index >= this.offsets.length) this.widen();
    this.offsets[index] = offset;
    this.lengths[index] = length;
  }

  /** Moves all offsets when the request was moved within or between buffers. */
  shift(by: number): void {
    for (let i = 0; i < this.argc; i++) this.offsets[i] += by;
  }

  /** Whether an argument equals a token given in upper case, in any letter case. */
  equalsToken(index: number, upper: string): boolean {
    const length = this.lengths[index];
    if (length !== upper.length) return false;
    const at = this.offsets[index];
    for (let i = 0; i < length; i++) {
      const byte = this.buf[at + i];
      const wanted = upper.charCodeAt(i);
      if (byte !== wanted && (byte ^ FOLD) !== wanted) return false;
      if (byte !== wanted && (wanted < 65 || wanted > 90)) return false;
    }
    return true;
  }

  /** The argument as a latin1 string, one char per byte; its beginning when it is longer than `bytesMax`. */
  text(index: number, bytesMax = TEXT_BYTES_MAX): string {
    const at = this.offsets[index];
    return latin1(this.buf, at, at + Math.min(this.lengths[index], bytesMax));
  }

  /** A copy of the argument's bytes. */
  bytes(index: number): Uint8Array {
    const at = this.offsets[index];
    return this.buf.slice(at, at + this.lengths[index]);
  }

  /** A safe integer, Infinity for an int64 beyond, NaN for anything else. */
  integer(index: number): number {
    return parseInteger(this.buf, this.offsets[index], this.lengths[index]);
  }

  /** Any int64, or undefined. */
  bigInteger(index: number): bigint | undefined {
    return parseBigInteger(this.buf, this.offsets[index], this.lengths[index]);
  }

  /** Lets a large request go, that nobody reads any more. */
  release(): void {
    this.buf = NO_BYTES;
    if (this.offsets.length <= KEPT_ARGUMENTS_MAX) return;
    this.offsets = new Int32Array(KEPT_ARGUMENTS_MAX);
    this.lengths = new Int32Array(KEPT_ARGUMENTS_MAX);
  }

  /** An independent copy, for whoever keeps the command past its turn. */
  detach(): CommandView {
    const copy = new CommandView(this.argc);
    copy.buf = this.buf.slice(this.start, this.end);
    copy.start = 0;
    copy.end = copy.buf.length;
    for (let i = 0; i < this.argc; i++) copy.set(i, this.offsets[i] - this.start, this.lengths[i]);
    copy.argc = this.argc;
    return copy;
  }

  private widen(): void {
    const offsets = new Int32Array(this.offsets.length * 2);
    const lengths = new Int32Array(this.offsets.length * 2);
    offsets.set(this.offsets);
    lengths.set(this.lengths);
    this.offsets = offsets;
    this.lengths = lengths;
  }
}

/** A view over a command made of strings (latin1) or bytes; for tests, configuration and programs, not for the hot path. */
export const viewOf = (args: readonly (string | Uint8Array)[]): CommandView => {
  const parts = args.map((arg) => (typeof arg === 'string' ? Buffer.from(arg, 'latin1') : arg));
  const pieces: Uint8Array[] = [Buffer.from(`*${parts.length}\r\n`)];
  const view = new CommandView();
  let at = pieces[0].length;
  parts.forEach((part, index) => {
    const head = Buffer.from(`$${part.length}\r\n`);
    pieces.push(head, part, Buffer.from('\r\n'));
    view.set(index, at + head.length, part.length);
    at += head.length + part.length + 2;
  });
  view.argc = parts.length;
  view.buf = new Uint8Array(Buffer.concat(pieces));
  view.end = view.buf.length;
  return view;
};
