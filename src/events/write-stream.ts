/**
 * The write-event stream: every change of the keyspace, in order, as the bytes of a deterministic command.
 *
 * In:  commands that changed something, from dispatch. Out: `events$`, and the offset they have reached.
 * The bytes of all events, one behind the other, are exactly the replication stream: an offset here is a replication
 * offset. A `SELECT` stands before an event whose database differs from that of the event before.
 *
 * What one command or one EXEC did is atomic. Where that is more than one event, a `MULTI` stands before the first and an
 * `EXEC` behind the last (never around a single one), and all of them, these two included, carry the same
 * `transactionOffset`. The SELECT that the first one needs stands before the MULTI.
 *
 * Both kinds of consumers are told whose the bytes are (`origin`) and what the client had sent, where the effect differs
 * (`sent`). A run has one origin. A transaction may have two: the server itself removes a key that had expired.
 *
 * Who wants commands takes `events$`. Who wants bytes, as the backlog does, takes `runs$`: the same bytes, where events
 * that follow one another in one buffer (a pipeline) come as one run, which costs a tenth.
 *
 * Events and runs are loans: they, their bytes and views are good until `next` returns. Consumers never throw and never emit.
 *
 * @since 0.1.0
 */
import { type Observable, Subject } from 'rxjs';
import type { Client } from '../net/client.ts';
import type { CommandView } from '../resp/view.ts';

export interface WriteEvent {
  /** Database the command applies to; -1 for bytes that belong to no database (PING, SELECT, MULTI and EXEC). */
  readonly db: number;
  /** Replication offset before the first byte. */
  readonly offset: number;
  /** Replication offset before the MULTI of the transaction that the event is part of; -1 when it stands alone. */
  readonly transactionOffset: number;
  /** When it happened, in ms since 1970. */
  readonly timeMs: number;
  /** Who caused it: a client, the link to our own master, or undefined for the server itself (expiry, PING). */
  readonly origin: Client | undefined;
  /**
   * The command as the client sent it, where its effect is another one: on the first effect of the command that is the
   * client's own. A loan.
   */
  readonly sent: CommandView | undefined;
  /** The command in RESP: bytes [start, end) of `buf`. */
  readonly buf: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Bytes of one or more events of one origin: [start, end) of `buf`. */
export interface ByteRun {
  /** Replication offset before the first byte. */
  readonly offset: number;
  /** Who caused it: a client, the link to our own master, or undefined for the server itself (expiry, PING). */
  readonly origin: Client | undefined;
  /** As in the event; a run that has it is a single event. */
  readonly sent: CommandView | undefined;
  readonly buf: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NO_TRANSACTION = -1;
const NO_BYTES = new Uint8Array(0);

class GrowingRun implements ByteRun {
  offset = 0;
  origin: Client | undefined = undefined;
  sent: CommandView | undefined = undefined;
  buf: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
}

class ReusedEvent implements WriteEvent {
  db = 0;
  offset = 0;
  transactionOffset = NO_TRANSACTION;
  timeMs = 0;
  origin: Client | undefined = undefined;
  sent: CommandView | undefined = undefined;
  buf: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
}

const NO_DATABASE = -1;

const MULTI = new Uint8Array(Buffer.from('*1\r\n$5\r\nMULTI\r\n'));
const EXEC = new Uint8Array(Buffer.from('*1\r\n$4\r\nEXEC\r\n'));

/** SELECT in RESP, by database number. */
export const selectBytes = (db: number): Uint8Array => {
  const digits = String(db);
  return new Uint8Array(Buffer.from(`*2\r\n$6\r\nSELECT\r\n$${digits.length}\r\n${digits}\r\n`));
};

export class WriteStream {
  /** Bytes emitted so far: the replication offset. */
  offset = 0;
  /** How many commands changed something since the server started (rdb_changes_since_last_save counts from here). */
  changes = 0;
  /** Time of the events to come, in ms since 1970. A field, because a number that is passed along costs garbage. */
  nowMs = 0;
  /** Who causes the events to come; whoever emits says so before. */
  origin: Client | undefined = undefined;
  /** What the client sent, for the next event that belongs to a database. */
  sent: CommandView | undefined = undefined;
  private readonly clockUs: () => number;
  private nowUs = 0;
  private isTimed = false;
  private readonly subject = new Subject<WriteEvent>();
  readonly events$: Observable<WriteEvent> = this.subject.asObservable();
  private readonly runSubject = new Subject<ByteRun>();
  readonly runs$: Observable<ByteRun> = this.runSubject.asObservable();
  private readonly event = new ReusedEvent();
  private readonly run = new GrowingRun();
  private selected = NO_DATABASE;
  private transactionOffset = NO_TRANSACTION;
  private readonly selects: (Uint8Array | undefined)[] = [];

  /** `clockUs` is the time of day in µs since 1970. */
  constructor(clockUs: () => number = () => this.nowMs * 1000) {
    this.clockUs = clockUs;
  }

  /** Begins a moment: what is emitted up to the next one happens at the same time. */
  setTime(nowMs: number): void {
    this.nowMs = nowMs;
    this.isTimed = false;
  }

  /** Time of the events of this moment in µs since 1970, the same for all who ask. Read when somebody does. */
  timeUs(): number {
    if (!this.isTimed) {
      this.nowUs = this.clockUs();
      this.isTimed = true;
    }
    return this.nowUs;
  }

  /**
   * Emits a command that changed database `db`. Its bytes have to stay as they are until `flush`, which whoever owns them
   * calls before they change.
   */
  emit(db: number, buf: Uint8Array, start: number, end: number): void {
    if (db !== this.selected) this.select(db);
    this.send(db, buf, start, end);
    this.sent = undefined;
  }

  /** Emits MULTI: what is emitted up to `endTransaction` is one transaction. Its first event is one of database `db`. */
  beginTransaction(db: number): void {
    this.select(db);
    this.openTransaction();
    this.send(NO_DATABASE, MULTI, 0, MULTI.length);
  }

  endTransaction(): void {
    this.send(NO_DATABASE, EXEC, 0, EXEC.length);
    this.closeTransaction();
  }

  /** As `beginTransaction`, for who relays a MULTI of somebody else's. */
  openTransaction(): void {
    this.transactionOffset = this.offset;
  }

  closeTransaction(): void {
    this.transactionOffset = NO_TRANSACTION;
  }

  /**
   * Emits bytes that belong to no database: PING, REPLCONF GETACK, or the stream of our own master as it came, whose
   * link is the origin then. They have to stay, as those of `emit`.
   */
  relay(timeMs: number, buf: Uint8Array, start: number, end: number, origin?: Client): void {
    if (timeMs !== this.nowMs) this.setTime(timeMs);
    this.origin = origin;
    this.send(NO_DATABASE, buf, start, end);
  }

  /** Hands out the run that has been gathered. */
  flush(): void {
    const { run } = this;
    if (run.end === run.start) return;
    this.runSubject.next(run);
    run.start = run.end;
    run.buf = NO_BYTES; // it may be a large one
    run.sent = undefined;
  }

  /** The next event names its database again; for a consumer that starts in the middle. */
  forgetDatabase(): void {
    this.selected = NO_DATABASE;
  }

  /** Continues at another offset: after a full resync, or when a stored history goes on. */
  continueAt(offset: number): void {
    this.flush();
    this.offset = offset;
    this.forgetDatabase();
  }

  private select(db: number): void {
    if (db === this.selected) return;
    this.selected = db;
    const select = this.selectOf(db);
    this.send(NO_DATABASE, select, 0, select.length);
  }

  private selectOf(db: number): Uint8Array {
    let select = this.selects[db];
    if (select === undefined) {
      select = selectBytes(db);
      this.selects[db] = select;
    }
    return select;
  }

  private send(db: number, buf: Uint8Array, start: number, end: number): void {
    const { subject, offset } = this;
    this.offset = offset + (end - start);
    if (this.runSubject.observed) this.gather(offset, buf, start, end, db === NO_DATABASE ? undefined : this.sent);
    if (!subject.observed) return;
    const { event } = this;
    event.db = db;
    event.offset = offset;
    event.transactionOffset = this.transactionOffset;
    event.timeMs = this.nowMs;
    event.origin = this.origin;
    event.sent = db === NO_DATABASE ? undefined : this.sent;
    event.buf = buf;
    event.start = start;
    event.end = end;
    subject.next(event);
  }

  private gather(offset: number, buf: Uint8Array, start: number, end: number, sent: CommandView | undefined): void {
    const { run, origin } = this;
    if (run.buf === buf && run.end === start && run.end > run.start && run.origin === origin) {
      if (run.sent === undefined && sent === undefined) {
        run.end = end;
        return;
      }
    }
    this.flush();
    run.offset = offset;
    run.origin = origin;
    run.sent = sent;
    run.buf = buf;
    run.start = start;
    run.end = end;
  }
}
