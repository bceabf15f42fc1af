/**
 * The outbox: what all clients are sent, gathered in one buffer until the next flush.
 *
 * In:  replies, written through `reply` after `open(client)`. Out: one write per client and flush; the policy says when.
 * A segment is a run of bytes for one client. Nobody else writes to a client's socket, so order is the order of writing.
 *
 * @since 0.1.0
 */
import { Reply } from '../resp/reply.ts';
import { FlushPolicy } from './flush-policy.ts';
import type { Peer } from './peer.ts';

/** What the outbox has to know of a client. */
export interface Recipient {
  readonly peer: Peer;
  resp: 2 | 3;
  /** Bytes that stand in the outbox for this client. */
  queuedBytes: number;
  /** Called after a segment of that many bytes, and all others of the turn, went to the peer. */
  afterFlush(bytes: number): void;
  /** Ends the connection at once. */
  readonly end?: () => void;
}

export const OUTBOX_BUFFER_BYTES = 256 * 1024;
const NO_BYTES = new Uint8Array(0);
/** Up to so many slots may keep a client that has gone from being collected until they are used again. */
const KEPT_RECIPIENTS_MAX = 64;

/** A place to return to when a reply is not to be sent after all. */
export interface Mark {
  segments: number;
  buf: Uint8Array;
  pos: number;
  start: number;
}

/** Closed segments, as parallel arrays that are reused from turn to turn. */
class Segments {
  count = 0;
  readonly recipients: Recipient[] = [];
  readonly buffers: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(recipient: Recipient, buffer: Uint8Array, start: number, end: number): void {
    const i = this.count++;
    this.recipients[i] = recipient;
    this.buffers[i] = buffer;
    this.starts[i] = start;
    this.ends[i] = end;
    recipient.queuedBytes += end - start;
  }

  /** Forgets the segments from `from` on; their bytes are not queued any more. */
  truncate(from: number): void {
    for (let i = from; i < this.count; i++) {
      this.recipients[i].queuedBytes -= this.ends[i] - this.starts[i];
      this.buffers[i] = NO_BYTES;
    }
    this.count = from;
  }
}

export class Outbox {
  readonly reply = new Reply();
  private shared: Uint8Array = new Uint8Array(OUTBOX_BUFFER_BYTES);
  private recipient: Recipient | undefined = undefined;
  private start = 0;

  private segments = new Segments();
  /** Those of the turn before, while they are flushed; then the next turn's. */
  private spare = new Segments();

  /** Says when to flush; told where chunks begin and end. */
  readonly policy: FlushPolicy;
  private requested = false;
  /**
   * Called before anything is sent. False: what was done cannot be kept, so nobody may hear that it was; all who wait for
   * an answer lose their connection instead.
   */
  beforeFlush: () => boolean = () => true;

  /** `atTurnEnd` runs a function once the events that are ready now have been handled. */
  constructor(atTurnEnd: (run: () => void) => void) {
    this.policy = new FlushPolicy(() => this.flush(), atTurnEnd);
    this.reply.buf = this.shared;
    this.reply.overflow = (needed) => this.overflow(needed);
  }

  /** Directs the reply writer to a client. */
  open(recipient: Recipient): Reply {
    if (this.recipient !== recipient) {
      this.closeSegment();
      this.recipient = recipient;
      if (!this.requested) {
        this.requested = true;
        this.policy.request();
      }
    }
    this.reply.version = recipient.resp;
    return this.reply;
  }

  mark(): Mark {
    return { segments: this.segments.count, buf: this.reply.buf, pos: this.reply.pos, start: this.start };
  }

  /** Takes back everything written to the open client since the mark. */
  rewind(mark: Mark): void {
    this.segments.truncate(mark.segments);
    this.start = mark.start;
    this.reply.buf = mark.buf;
    this.reply.pos = mark.pos;
  }

  /** Whether bytes for this recipient wait for the flush. */
  holds(recipient: Recipient): boolean {
    return recipient.queuedBytes > 0 || (this.recipient === recipient && this.reply.pos > this.start);
  }

  /** Whether a flush comes at the end of this turn, or before. */
  get isFlushDue(): boolean {
    return this.requested;
  }

  /** Gives every client its bytes. */
  flush(): void {
    const isKept = this.beforeFlush();
    this.requested = false;
    this.closeSegment();
    this.recipient = undefined;
    if (!isKept) this.refuse();
    // What is written from here on, by whoever is told about the flush, is for the next turn.
    const { segments } = this;
    this.segments = this.spare;
    this.spare = segments;
    const { count } = segments;
    let reusable = true;
    for (let i = 0; i < count; i++) {
      const { peer } = segments.recipients[i];
      const buffer = segments.buffers[i];
      if (!peer.write(buffer, segments.starts[i], segments.ends[i]) && buffer === this.shared) reusable = false;
    }
    segments.truncate(0);
    if (!reusable) this.shared = new Uint8Array(OUTBOX_BUFFER_BYTES);
    // A write that fails at once may have made somebody say something already; that stands behind what was flushed.
    if (this.recipient === undefined) {
      this.reply.buf = this.shared;
      this.reply.pos = 0;
      this.start = 0;
    }
    for (let i = 0; i < count; i++) segments.recipients[i].afterFlush(segments.ends[i] - segments.starts[i]);
    if (count > KEPT_RECIPIENTS_MAX) segments.recipients.length = 0;
  }

  /** Ends the connections of all who were to be sent something. */
  private refuse(): void {
    const recipients = new Set(this.segments.recipients.slice(0, this.segments.count));
    this.segments.truncate(0);
    for (const recipient of recipients) {
      recipient.peer.abort();
      recipient.end?.();
    }
  }

  private closeSegment(): void {
    const { recipient, reply, start } = this;
    if (recipient !== undefined && reply.pos > start) this.segments.add(recipient, reply.buf, start, reply.pos);
    this.start = reply.pos;
  }

  private overflow(needed: number): void {
    this.closeSegment();
    this.reply.buf = new Uint8Array(Math.max(needed, OUTBOX_BUFFER_BYTES));
    this.reply.pos = 0;
    this.start = 0;
  }
}
