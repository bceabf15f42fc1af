/**
 * The outbox: what all clients are sent in one turn of the event loop, in one buffer.
 *
 * In:  replies, written through `reply` after `open(client)`. Out: one write per client and turn (`flush`).
 * A segment is a run of bytes for one client. Nobody else writes to a client's socket, so order is the order of writing.
 *
 * @since 0.1.0
 */
import { Reply } from '../resp/reply.ts';
import type { Peer } from './peer.ts';

/** What the outbox has to know of a client. */
export interface Recipient {
  readonly peer: Peer;
  resp: 2 | 3;
  /** Bytes that stand in the outbox for this client. */
  queuedBytes: number;
  /** Called after its bytes of a turn went to the peer. */
  afterFlush(): void;
}

export const OUTBOX_BUFFER_BYTES = 256 * 1024;
const NO_BYTES = new Uint8Array(0);

/** A place to return to when a reply is not to be sent after all. */
export interface Mark {
  segments: number;
  buf: Uint8Array;
  pos: number;
  start: number;
}

export class Outbox {
  readonly reply = new Reply();
  private shared: Uint8Array = new Uint8Array(OUTBOX_BUFFER_BYTES);
  private recipient: Recipient | undefined = undefined;
  private start = 0;

  // Closed segments, as parallel arrays that are reused from turn to turn.
  private count = 0;
  private readonly recipients: Recipient[] = [];
  private readonly buffers: Uint8Array[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  private readonly requestFlush: () => void;
  private requested = false;

  /** `requestFlush` is called once per turn in which something was written; it has to call `flush` at the turn's end. */
  constructor(requestFlush: () => void) {
    this.requestFlush = requestFlush;
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
        this.requestFlush();
      }
    }
    this.reply.version = recipient.resp;
    return this.reply;
  }

  mark(): Mark {
    return { segments: this.count, buf: this.reply.buf, pos: this.reply.pos, start: this.start };
  }

  /** Takes back everything written to the open client since the mark. */
  rewind(mark: Mark): void {
    for (let i = mark.segments; i < this.count; i++) {
      this.recipients[i].queuedBytes -= this.ends[i] - this.starts[i];
      this.buffers[i] = NO_BYTES;
    }
    this.count = mark.segments;
    this.start = mark.start;
    this.reply.buf = mark.buf;
    this.reply.pos = mark.pos;
  }

  /** Bytes written to the open client since the mark. */
  writtenSince(mark: Mark): number {
    let bytes = this.reply.pos - (mark.segments === this.count ? mark.pos : this.start);
    for (let i = mark.segments; i < this.count; i++) {
      bytes += this.ends[i] - (i === mark.segments ? mark.pos : this.starts[i]);
    }
    return bytes;
  }

  /** Whether bytes for this recipient wait for the flush. */
  holds(recipient: Recipient): boolean {
    return recipient.queuedBytes > 0 || (this.recipient === recipient && this.reply.pos > this.start);
  }

  /** Gives every client its bytes. */
  flush(): void {
    this.requested = false;
    this.closeSegment();
    this.recipient = undefined;
    let reusable = true;
    // A recipient's `afterFlush` may write again; that is for the next turn, so the arrays are taken as they are now.
    const { count } = this;
    for (let i = 0; i < count; i++) {
      const recipient = this.recipients[i];
      const buffer = this.buffers[i];
      const bytes = this.ends[i] - this.starts[i];
      recipient.queuedBytes -= bytes;
      if (!recipient.peer.write(buffer, this.starts[i], this.ends[i]) && buffer === this.shared) reusable = false;
      this.buffers[i] = NO_BYTES;
    }
    if (!reusable) this.shared = new Uint8Array(OUTBOX_BUFFER_BYTES);
    this.reply.buf = this.shared;
    this.reply.pos = 0;
    this.start = 0;
    this.count = 0;
    for (let i = 0; i < count; i++) this.recipients[i].afterFlush();
    if (this.count === 0) this.recipients.length = 0;
  }

  private closeSegment(): void {
    const { recipient, reply, start } = this;
    if (recipient !== undefined && reply.pos > start) {
      const i = this.count++;
      this.recipients[i] = recipient;
      this.buffers[i] = reply.buf;
      this.starts[i] = start;
      this.ends[i] = reply.pos;
      recipient.queuedBytes += reply.pos - start;
    }
    this.start = reply.pos;
  }

  private overflow(needed: number): void {
    this.closeSegment();
    this.reply.buf = new Uint8Array(Math.max(needed, OUTBOX_BUFFER_BYTES));
    this.reply.pos = 0;
    this.start = 0;
  }
}
