/**
 * The annotator: who did it, written into the log beside the bytes, and chained.
 *
 * In:     the runs of the write stream before their bytes are appended, and audit events.
 * Out:    #F, #C, #W, #A, #X and #S lines in the buffer of bytes that are not in the file yet.
 * Memory: what each client was called when the segment named it; goes with the client.
 *
 * A record is what one client did in one moment (a chunk of its requests), however many commands that are, and at most
 * what is written to the file at once. So a pipeline pays for a line and a hash once. While the record's bytes lie
 * together they are hashed in one go; a record that is larger than the buffer, or that goes on because there is no audit
 * trail, is hashed piece by piece.
 *
 * What stands behind the last first line of a record is vouched for by nothing. So without an audit trail, too, a record
 * ends when it is a second old, and `rest` ends the last one.
 *
 * @since 0.3.0
 */
import type { CommandTable } from '../commands/table.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Config } from '../config/table.ts';
import { appendText, type PendingBytes, type SegmentAnnotator } from '../eventlog/annotator.ts';
import type { EventClient } from '../eventlog/event.ts';
import {
  ANNOTATION_BYTES_MAX,
  Chain,
  HASH_CHARACTERS,
  type Head,
  hashOf,
  NO_HASH,
  OUR_MASTER,
  renderAsSent,
  renderAudit,
  renderClient,
  renderHead,
  renderSeal,
  SERVER_ITSELF,
} from '../eventlog/format.ts';
import { NOBODY_KNOWS } from '../eventlog/segment-cursor.ts';
import type { ByteRun } from '../events/write-stream.ts';
import { type Client, ClientKind } from '../net/client.ts';
import { writeInteger } from '../resp/numbers.ts';
import type { AuditEvent } from './service.ts';
import { asSentText, type ValueForm } from './text.ts';

export interface AnnotatorOptions {
  readonly pending: PendingBytes;
  /** Time of what is being emitted: `writes.timeUs()`. */
  readonly timeUs: () => number;
  readonly commands: CommandTable;
  readonly config: ConfigStore;
}

/** A record that is nobody's goes on for so long. */
const ANONYMOUS_US_MAX = 1_000_000;
const SPACE = 32;
const CR = 13;
const LF = 10;

/** The id under which the log knows who caused something. */
export const originId = (origin: Client | undefined): number => {
  if (origin === undefined) return SERVER_ITSELF;
  return origin.kind === ClientKind.Master ? OUR_MASTER : origin.id;
};

/** Who caused something, as readers of the log see it. */
export const clientOf = (origin: Client | undefined): EventClient => {
  const id = originId(origin);
  if (origin === undefined || id <= 0) return { id, address: '', name: '', user: '' };
  return { id, address: origin.peer.remoteAddress, name: origin.name, user: origin.user };
};

/** Whether a command was sent byte for byte as its effect says. */
const isSame = ({ buf, start, end }: ByteRun, sent: NonNullable<ByteRun['sent']>): boolean => {
  const length = end - start;
  if (length !== sent.end - sent.start) return false;
  for (let i = 0; i < length; i++) if (buf[start + i] !== sent.buf[sent.start + i]) return false;
  return true;
};

/** What a run's #A line says, or undefined where it needs none. */
export const asSentOf = (run: ByteRun, commands: CommandTable, values: ValueForm): string | undefined =>
  run.sent === undefined || isSame(run, run.sent) ? undefined : asSentText(commands, run.sent, values);

interface Called {
  readonly name: string;
  readonly user: string;
}

export class Annotator implements SegmentAnnotator {
  /** Whether writes are attributed: audit-trail yes, with write among its events. */
  private isOn = false;
  private values: ValueForm = 'full';
  private readonly pending: PendingBytes;
  private readonly timeUs: () => number;
  private readonly commands: CommandTable;
  /** Hash of the record before the open one, or of the last one when none is open. */
  private lastHash = NO_HASH;
  private isOpen = false;
  /** The open record is one of writes, caused by `origin` at `recordUs`. */
  private isAttributed = false;
  private origin: Client | undefined = undefined;
  /** When the open record began. */
  private recordUs = 0;
  /** Something stands behind the first line of the last record. */
  private isUnvouched = false;
  private name = '';
  private user = '';
  /** Where the open record begins, or goes on behind its pieces. */
  private from = 0;
  private readonly chain = new Chain();
  private isInPieces = false;
  private called = new WeakMap<Client, Called>();

  constructor({ pending, timeUs, commands, config }: AnnotatorOptions) {
    this.pending = pending;
    this.timeUs = timeUs;
    this.commands = commands;
    this.configure(config.config);
    config.changes$.subscribe(({ config: next }) => this.configure(next));
  }

  /** Hash of what is complete: after `seal`, what the next segment's head has to hold. */
  get hash(): string {
    return this.lastHash;
  }

  /** Begins a segment. `hash` is that of the record before, where another process wrote it. */
  head({ replid, offset, timeUs, hash }: Omit<Head, '_tag' | 'hash'> & { readonly hash?: string }): void {
    this.endRecord();
    const before = hash ?? this.lastHash;
    this.lastHash = before;
    this.called = new WeakMap();
    this.open(false);
    this.recordUs = timeUs;
    this.isUnvouched = false;
    this.write(renderHead({ replid, offset, timeUs, hash: before }));
  }

  /** Writes what has to stand before a run; to be called before its bytes are appended. */
  annotate(run: ByteRun): void {
    const timeUs = this.timeUs();
    if (!this.isOn) {
      // What follows is nobody's in particular.
      if (!this.isOpen || this.isAttributed || this.isOld(timeUs)) this.beginAnonymous(timeUs);
      this.isUnvouched = true;
      return;
    }
    const { origin } = run;
    if (!this.isAttributed || origin !== this.origin || timeUs !== this.recordUs) {
      if (origin !== undefined) this.introduce(origin);
      this.begin(originId(origin), timeUs, true);
      this.origin = origin;
      this.recordUs = timeUs;
      if (origin !== undefined) {
        this.name = origin.name;
        this.user = origin.user;
      }
    } else if (origin !== undefined && (origin.name !== this.name || origin.user !== this.user)) {
      this.introduce(origin);
      this.name = origin.name;
      this.user = origin.user;
    }
    this.isUnvouched = true;
    if (run.sent === undefined) return;
    const text = asSentOf(run, this.commands, this.values);
    if (text !== undefined) this.write(renderAsSent({ text }));
  }

  /** Writes a record of something that is no write. */
  audit({ client, timeUs, class: kind, text }: AuditEvent): void {
    if (client !== undefined) this.introduce(client);
    this.endRecord();
    this.open(false);
    // What follows is not this client's, unless it says so itself.
    this.isAttributed = true;
    this.origin = undefined;
    this.recordUs = -1;
    this.isUnvouched = true;
    this.write(renderAudit({ timeUs, clientId: originId(client), class: kind, hash: this.lastHash, text }));
  }

  /** To be called before the pending bytes are written to the file and forgotten. */
  commit(): void {
    const { pending } = this;
    if (this.isAttributed) {
      this.endRecord();
    } else if (this.isOpen && pending.pos > this.from) {
      this.chain.update(pending.buf.subarray(this.from, pending.pos));
      this.isInPieces = true;
    }
    this.from = 0;
  }

  /** Ends the segment, with a line that is not to be committed. */
  seal(offset: number, timeUs: number): void {
    this.endRecord();
    this.open(false);
    this.write(renderSeal({ offset, timeUs, hash: this.lastHash }));
    this.endRecord();
  }

  /** The writing rests: ends the last record, so that there is a hash of all that was written. */
  rest(timeUs: number): void {
    if (this.isUnvouched) this.beginAnonymous(timeUs);
  }

  private configure(config: Config): void {
    this.isOn = config['audit-trail'] && config['audit-trail-events'].includes('write');
    this.values = config['audit-trail-values'];
  }

  /** Names a client, unless the segment has named it so already. */
  private introduce(client: Client): void {
    const { name, user } = client;
    const id = originId(client);
    const called = this.called.get(client);
    if (id <= 0 || (called !== undefined && called.name === name && called.user === user)) return;
    this.called.set(client, { name, user });
    // The line belongs to the record before; when that has been written, it needs one of its own.
    if (!this.isOpen) this.begin(SERVER_ITSELF, this.timeUs(), false);
    this.write(renderClient({ id, address: client.peer.remoteAddress, name, user }));
  }

  /** Whether a record that is nobody's has gone on for long enough; a clock that was set back counts as well. */
  private isOld(timeUs: number): boolean {
    const age = timeUs - this.recordUs;
    return age >= ANONYMOUS_US_MAX || age < 0;
  }

  private beginAnonymous(timeUs: number): void {
    this.begin(NOBODY_KNOWS, timeUs, false);
    this.recordUs = timeUs;
    this.isUnvouched = false;
  }

  /** Ends the open record and begins another with its #W line. */
  private begin(clientId: number, timeUs: number, isAttributed: boolean): void {
    this.endRecord();
    this.open(isAttributed);
    const { pending, lastHash } = this;
    pending.reserve(ANNOTATION_BYTES_MAX);
    const { buf } = pending;
    let at = pending.pos;
    buf[at++] = 35; // #W:
    buf[at++] = 87;
    buf[at++] = 58;
    at = writeInteger(buf, at, timeUs);
    buf[at++] = SPACE;
    at = writeInteger(buf, at, clientId);
    buf[at++] = SPACE;
    for (let i = 0; i < HASH_CHARACTERS; i++) buf[at + i] = lastHash.charCodeAt(i);
    at += HASH_CHARACTERS;
    buf[at] = CR;
    buf[at + 1] = LF;
    pending.pos = at + 2;
  }

  private open(isAttributed: boolean): void {
    this.isOpen = true;
    this.isAttributed = isAttributed;
    this.isInPieces = false;
    this.from = this.pending.pos;
  }

  private endRecord(): void {
    if (!this.isOpen) return;
    const { pending, from } = this;
    const rest = pending.buf.subarray(from, pending.pos);
    if (this.isInPieces) {
      this.chain.update(rest);
      this.lastHash = this.chain.turn();
    } else {
      this.lastHash = hashOf(rest);
    }
    this.isOpen = false;
    this.isAttributed = false;
    this.isInPieces = false;
  }

  private write(line: string): void {
    appendText(this.pending, line);
  }
}
