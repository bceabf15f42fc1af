/**
 * Walks through a segment: from its items to what happened, with offset, time, client, database and transaction.
 *
 * In:     bytes (`parser.room()`). Out: steps, as loans: the fields describe the step until `next` is called again.
 * Memory: the parser's buffer and the clients that the segment has named.
 *
 * The same walk serves all who read logs: what the stream itself says (SELECT, MULTI, EXEC, PING) is no step of its own.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { copyBytes } from '../bytes.ts';
import type { CommandView } from '../resp/view.ts';
import type { EventClient, LoggedEvent } from './event.ts';
import { type Audit, type EventClass, type Head, parseAnnotation, type Seal, splitArguments } from './format.ts';
import { Item, LogParser } from './log-parser.ts';

export enum Step {
  /** `view` holds a write; it is [offset, end) of the stream. */
  Write = 0,
  /** `audit` holds something that is no write. */
  Audit = 1,
  /** The bytes are used up. */
  More = 2,
  /** `error` says what is wrong at `parser.position`. */
  Broken = 3,
}

/** Where a walk can begin. */
export interface Place {
  /** Place in the file. */
  readonly position: number;
  /** Offset in the stream. */
  readonly offset: number;
  readonly timeUs: number;
  readonly clientId: number;
  readonly db: number;
  /** Offset of the MULTI, or -1. */
  readonly transaction: number;
}

/** An event while it is made: spreading what may be missing costs more than the rest. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `clientId` where nobody knows: there is no audit trail. */
export const NOBODY_KNOWS = Number.MIN_SAFE_INTEGER;
const NO_TRANSACTION = -1;

const US_PER_SECOND = 1_000_000;

const SPACE = 32;
const MINUS = 45;
const ZERO = 48;
const COLON = 58;
const UPPER_W = 87;
const HASH_BYTES = 43;

export class SegmentCursor {
  readonly parser = new LogParser();
  head: Head | undefined = undefined;
  seal: Seal | undefined = undefined;
  /** Offset of the step's first byte in the stream, and behind its last one. */
  offset = 0;
  end = 0;
  timeUs = 0;
  clientId = NOBODY_KNOWS;
  db = 0;
  transaction = NO_TRANSACTION;
  /** Offset behind the last EXEC. */
  transactionEnd = 0;
  audit: Audit | undefined = undefined;
  asSent: string | undefined = undefined;
  /** Grows whenever time or client may have changed, so that a judgement about them can be kept. */
  records = 0;
  error = '';
  /** Called with every #C line, for who keeps an index. */
  onClient: (id: number) => void = () => {};
  private readonly clients = new Map<number, EventClient>();
  /** What the client sent of the command to come, and where in the file that stands. */
  private pendingText: string | undefined = undefined;
  private pendingAt = 0;

  /** Begins with the first byte of a segment; the offset and the time count where it has no head. */
  begin(offset: number, timeUs = 0): void {
    this.seek({ position: 0, offset, timeUs, clientId: NOBODY_KNOWS, db: 0, transaction: NO_TRANSACTION });
    this.head = undefined;
  }

  /** Goes on at a place of the segment. Clients that were named elsewhere are unknown until they are `introduced`. */
  seek(place: Place): void {
    this.parser.seek(place.position);
    this.offset = place.offset;
    this.end = place.offset;
    this.timeUs = place.timeUs;
    this.clientId = place.clientId;
    this.db = place.db;
    this.transaction = place.transaction;
    this.seal = undefined;
    this.audit = undefined;
    this.asSent = undefined;
    this.pendingText = undefined;
    this.clients.clear();
    this.error = '';
    this.records++;
  }

  /** Where the walk is: behind the last step, and before what announces the next one. */
  place(): Place {
    return {
      position: this.pendingText === undefined ? this.parser.consumed : this.pendingAt,
      offset: this.end,
      timeUs: this.timeUs,
      clientId: this.clientId,
      db: this.db,
      transaction: this.transaction,
    };
  }

  get view(): CommandView {
    return this.parser.view;
  }

  next(): Step {
    const { parser } = this;
    this.asSent = undefined;
    for (;;) {
      const item = parser.next();
      if (item === Item.Command) {
        if (this.seal !== undefined) return this.broken('expected the end of the file behind the seal, got a command');
        this.offset = this.end;
        this.end += parser.end - parser.start;
        if (this.isOfTheStream(parser.view)) continue;
        this.asSent = this.pendingText;
        this.pendingText = undefined;
        return Step.Write;
      }
      if (item === Item.Annotation) {
        if (this.seal !== undefined) return this.broken('expected the end of the file behind the seal, got a line');
        this.audit = undefined;
        if (!this.isRecord()) {
          const wrong = this.annotate(parser.line());
          if (wrong !== undefined) return this.broken(wrong);
          if (this.audit !== undefined) return Step.Audit;
        }
        continue;
      }
      if (item === Item.More) return Step.More;
      this.error = parser.error;
      return Step.Broken;
    }
  }

  /** The client of the current step; missing where there is no audit trail. */
  client(): EventClient | undefined {
    if (this.clientId === NOBODY_KNOWS) return undefined;
    return this.clients.get(this.clientId) ?? { id: this.clientId, address: '', name: '', user: '' };
  }

  /** Whether the client of the current step is one that had to be named, and was not. */
  isStranger(): boolean {
    return this.clientId > 0 && !this.clients.has(this.clientId);
  }

  /** A client that has been named. */
  named(id: number): EventClient | undefined {
    return this.clients.get(id);
  }

  introduce(client: EventClient): void {
    this.clients.set(client.id, client);
  }

  get class(): EventClass {
    return this.audit?.class ?? 'write';
  }

  /** The arguments of the current step, copied. */
  args(): readonly Uint8Array[] {
    const { audit, view } = this;
    if (audit !== undefined) {
      return splitArguments(audit.text).map((word) => new Uint8Array(Buffer.from(word, 'latin1')));
    }
    const args: Uint8Array[] = [];
    for (let i = 0; i < view.argc; i++) {
      const bytes = new Uint8Array(view.length(i));
      copyBytes(view.buf, view.offset(i), bytes, 0, bytes.length);
      args.push(bytes);
    }
    return args;
  }

  /** A copy of the current step. */
  event(): LoggedEvent {
    const { audit, asSent, end, timeUs } = this;
    const client = this.client();
    const args = this.args();
    const event: Writable<LoggedEvent> =
      audit === undefined
        ? { offset: this.offset, end, timeUs, db: this.db, class: 'write', args }
        : { offset: end, end, timeUs, db: 0, class: audit.class, args };
    if (client !== undefined) event.client = client;
    if (asSent !== undefined) event.asSent = asSent;
    if (audit === undefined && this.transaction >= 0) event.transaction = this.transaction;
    return event;
  }

  /** Whether the command is none of a client's, but says how to read those behind it. */
  private isOfTheStream(view: CommandView): boolean {
    this.audit = undefined;
    switch (view.length(0)) {
      case 4:
        if (view.equalsToken(0, 'EXEC')) {
          this.transaction = NO_TRANSACTION;
          this.transactionEnd = this.end;
          return true;
        }
        return view.equalsToken(0, 'PING');
      case 5:
        if (!view.equalsToken(0, 'MULTI')) return false;
        this.transaction = this.offset;
        return true;
      case 6: {
        if (view.argc !== 2 || !view.equalsToken(0, 'SELECT')) return false;
        const db = view.integer(1);
        if (Number.isSafeInteger(db) && db >= 0) this.db = db;
        return true;
      }
      case 8:
        return view.equalsToken(0, 'REPLCONF');
      default:
        return false;
    }
  }

  /** Reads a #W line without a text, since a log has millions of them. False leaves the line to `annotate`. */
  private isRecord(): boolean {
    const { buf, lineStart, lineEnd } = this.parser;
    if (buf[lineStart + 1] !== UPPER_W || buf[lineStart + 2] !== COLON) return false;
    let at = lineStart + 3;
    let timeUs = 0;
    let digit = buf[at] - ZERO;
    for (; digit >= 0 && digit <= 9; digit = buf[++at] - ZERO) timeUs = timeUs * 10 + digit;
    if (buf[at++] !== SPACE) return false;
    const isNegative = buf[at] === MINUS;
    if (isNegative) at++;
    let id = 0;
    const idStart = at;
    digit = buf[at] - ZERO;
    for (; digit >= 0 && digit <= 9; digit = buf[++at] - ZERO) id = id * 10 + digit;
    // The usual form only; anything else is looked at closely.
    if (buf[at] !== SPACE || at + 1 + HASH_BYTES !== lineEnd || idStart === at) return false;
    if (!Number.isSafeInteger(timeUs) || !Number.isSafeInteger(id)) return false;
    this.timeUs = timeUs;
    this.clientId = isNegative ? -id : id;
    this.records++;
    return true;
  }

  /** Takes a line; undefined, or what is wrong with it. */
  private annotate(line: string): string | undefined {
    const { parser } = this;
    const parsed = parseAnnotation(line);
    if (E.isLeft(parsed)) return parsed.left;
    const annotation = parsed.right;
    if (annotation._tag === 'Head' && parser.position !== 0) {
      return 'expected a head in the first line only';
    }
    switch (annotation._tag) {
      case 'Head':
        this.head = annotation;
        this.offset = annotation.offset;
        this.end = annotation.offset;
        this.timeUs = annotation.timeUs;
        this.records++;
        return undefined;
      case 'Client': {
        const { id, address, name, user } = annotation;
        this.clients.set(id, { id, address, name, user });
        this.onClient(id);
        this.records++;
        return undefined;
      }
      case 'Record':
        this.timeUs = annotation.timeUs;
        this.clientId = annotation.clientId;
        this.records++;
        return undefined;
      case 'AsSent':
        this.pendingText = annotation.text;
        this.pendingAt = parser.position;
        return undefined;
      case 'Audit':
        this.audit = annotation;
        this.timeUs = annotation.timeUs;
        this.clientId = annotation.clientId;
        this.records++;
        return undefined;
      case 'Timestamp':
        this.timeUs = Math.max(this.timeUs, annotation.seconds * US_PER_SECOND);
        this.records++;
        return undefined;
      case 'Seal':
        if (annotation.offset !== this.end) {
          return `expected a seal at offset ${this.end}, got one at ${annotation.offset}`;
        }
        this.seal = annotation;
        return undefined;
      case 'Comment':
        return undefined;
    }
  }

  private broken(reason: string): Step {
    this.error = reason;
    return Step.Broken;
  }
}
