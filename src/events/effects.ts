/**
 * Effects: the deterministic commands that say what a command did, where its own bytes do not.
 *
 * Reducers write them (`SET k v PXAT …` for `SET k v EX …`), the keyspace adds the DEL of a key that expired, and
 * dispatch emits them in order after the reducer has returned. While a transaction runs, everything its commands did is
 * gathered here. One buffer, reused.
 *
 * An effect is the running command's, unless it is marked as the server's own. The first of a command that wrote its
 * effects itself remembers the command (`attribute`).
 *
 * @since 0.1.0
 */
import { copyBytes } from '../bytes.ts';
import { INTEGER_BYTES_MAX, integerBytes, writeInteger } from '../resp/numbers.ts';
import type { CommandView } from '../resp/view.ts';

const INITIAL_BYTES = 4096;
const KEPT_BYTES_MAX = 1024 * 1024;
const STAR = 42;
const DOLLAR = 36;
const CR = 13;
const LF = 10;

export class Effects {
  /** How many commands are held. */
  count = 0;
  buf: Uint8Array = new Uint8Array(INITIAL_BYTES);
  private pos = 0;
  private readonly databases: number[] = [];
  private readonly starts: number[] = [];
  private readonly sent: (CommandView | undefined)[] = [];
  private readonly byServer: boolean[] = [];
  /** Effects below are those of commands that have ended. */
  private attributed = 0;

  /** Begins a command of `argc` arguments on database `db`. */
  begin(db: number, argc: number): this {
    this.open(db);
    this.header(STAR, argc);
    return this;
  }

  /** An argument from bytes. */
  bytes(source: Uint8Array, offset: number, length: number): this {
    this.header(DOLLAR, length);
    this.reserve(length + 2);
    copyBytes(source, offset, this.buf, this.pos, length);
    this.pos += length;
    this.lineEnd();
    return this;
  }

  /** An argument from a latin1 string. */
  text(text: string): this {
    this.header(DOLLAR, text.length);
    this.reserve(text.length + 2);
    for (let i = 0; i < text.length; i++) this.buf[this.pos++] = text.charCodeAt(i);
    this.lineEnd();
    return this;
  }

  /** An argument from a safe integer. */
  integer(value: number): this {
    this.header(DOLLAR, integerBytes(value));
    this.reserve(INTEGER_BYTES_MAX + 2);
    this.pos = writeInteger(this.buf, this.pos, value);
    this.lineEnd();
    return this;
  }

  /** A whole command in RESP, as a client sent it. */
  command(db: number, source: Uint8Array, start: number, end: number): void {
    this.open(db);
    const length = end - start;
    this.reserve(length);
    copyBytes(source, start, this.buf, this.pos, length);
    this.pos += length;
  }

  /** The last command is nobody's wish: the server removes a key that has expired. */
  byTheServer(): void {
    this.byServer[this.count - 1] = true;
  }

  /** A command has ended. `view` is what the client sent, where the effects say it in other words; it has to stay. */
  attribute(view: CommandView | undefined): void {
    const { count } = this;
    let first = this.attributed;
    this.attributed = count;
    if (view === undefined) return;
    while (first < count && this.byServer[first]) first++;
    if (first < count) this.sent[first] = view;
  }

  isByServer(index: number): boolean {
    return this.byServer[index];
  }

  sentAs(index: number): CommandView | undefined {
    return this.sent[index];
  }

  databaseOf(index: number): number {
    return this.databases[index];
  }

  startOf(index: number): number {
    return this.starts[index];
  }

  endOf(index: number): number {
    return index + 1 < this.count ? this.starts[index + 1] : this.pos;
  }

  clear(): void {
    // Views are loans: nothing here keeps them.
    for (let i = 0; i < this.count; i++) this.sent[i] = undefined;
    this.count = 0;
    this.pos = 0;
    this.attributed = 0;
    if (this.buf.length > KEPT_BYTES_MAX) this.buf = new Uint8Array(INITIAL_BYTES);
  }

  private open(db: number): void {
    const { count } = this;
    this.databases[count] = db;
    this.starts[count] = this.pos;
    this.byServer[count] = false;
    this.sent[count] = undefined;
    this.count = count + 1;
  }

  private header(mark: number, value: number): void {
    this.reserve(INTEGER_BYTES_MAX + 3);
    this.buf[this.pos] = mark;
    this.pos = writeInteger(this.buf, this.pos + 1, value);
    this.lineEnd();
  }

  private lineEnd(): void {
    this.buf[this.pos] = CR;
    this.buf[this.pos + 1] = LF;
    this.pos += 2;
  }

  private reserve(bytes: number): void {
    if (this.pos + bytes <= this.buf.length) return;
    const wider = new Uint8Array(Math.max(this.buf.length * 2, this.pos + bytes));
    wider.set(this.buf.subarray(0, this.pos));
    this.buf = wider;
  }
}
