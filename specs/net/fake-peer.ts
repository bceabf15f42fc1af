/**
 * A peer made of nothing: a spec says what it sends, how much it takes, and when it reads on.
 *
 * In:     bytes that the spec sends. Out: bytes that it was sent; whether it was paused, closed or aborted.
 * Memory: what it was lent and has not taken yet, with a copy to see that it stays as it is.
 */
import assert from 'node:assert/strict';
import { Observable, type Subscriber } from 'rxjs';
import { type Chunk, type Peer, PeerError } from '../../src/net/peer.ts';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly copy: Buffer;
}

export class FakePeer implements Peer {
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1:6379';
  readonly isUnixSocket = false;
  readonly descriptor = 7;
  pendingBytes = 0;
  onDrain: () => void = () => {};
  readonly chunks$: Observable<Chunk>;

  /** How many bytes the system takes at once, before the others have to wait for `drain`. */
  room = Number.POSITIVE_INFINITY;
  /** Called when the server writes, as by a write that fails at once. */
  onWrite: () => void = () => {};
  isPaused = false;
  isAborted = false;
  /** The connection is over for the server, and all it had written has gone. */
  isOver = false;
  private closing = false;
  private readonly taken: Buffer[] = [];
  private readonly waiting: Waiting[] = [];
  private readonly inbox: Uint8Array[] = [];
  private hasEnded = false;
  private subscriber: Subscriber<Chunk> | undefined;
  private readonly buffer = new Uint8Array(64 * 1024);

  constructor(remoteAddress = '127.0.0.1:50000') {
    this.remoteAddress = remoteAddress;
    this.chunks$ = new Observable<Chunk>((subscriber) => {
      this.subscriber = subscriber;
      this.deliver();
      return () => {
        this.subscriber = undefined;
      };
    });
  }

  /** Everything the server has sent so far. */
  get received(): string {
    return Buffer.concat(this.taken).toString('latin1');
  }

  get receivedBytes(): number {
    return this.taken.reduce((sum, { length }) => sum + length, 0);
  }

  get isListenedTo(): boolean {
    return this.subscriber !== undefined;
  }

  /** Sends bytes, in chunks of 64 KiB at most, as soon as the server reads. */
  send(bytes: string | Uint8Array): void {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    for (let at = 0; at < all.length; at += this.buffer.length) this.inbox.push(all.slice(at, at + this.buffer.length));
    this.deliver();
  }

  /** FIN. */
  finish(): void {
    this.hasEnded = true;
    this.deliver();
  }

  /** RST. */
  reset(): void {
    this.subscriber?.error(new PeerError('ECONNRESET', 'read ECONNRESET'));
  }

  /** Takes what waits: every byte has to be what it was when it was lent. */
  drain(): void {
    for (const { bytes, start, end, copy } of this.waiting.splice(0)) {
      assert.ok(copy.equals(bytes.subarray(start, end)), 'bytes that were lent have changed');
      this.taken.push(copy);
    }
    this.pendingBytes = 0;
    if (this.closing) this.isOver = true;
    else this.onDrain();
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    assert.ok(start < end && end <= bytes.length, 'a range of the buffer, and not an empty one');
    this.onWrite();
    if (this.isOver || this.closing) return true;
    const copy = Buffer.from(bytes.slice(start, end));
    if (this.pendingBytes === 0 && copy.length <= this.room) {
      this.room -= copy.length;
      this.taken.push(copy);
      return true;
    }
    const isFirst = this.pendingBytes === 0;
    // As the real ones: the first range is lent, what comes behind it is copied.
    this.waiting.push(isFirst ? { bytes, start, end, copy } : { bytes: copy, start: 0, end: copy.length, copy });
    this.pendingBytes += copy.length;
    return !isFirst;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.deliver();
  }

  setKeepAlive(): void {}

  close(): void {
    this.closing = true;
    if (this.pendingBytes === 0) this.isOver = true;
  }

  abort(): void {
    this.isAborted = true;
    this.isOver = true;
    this.pendingBytes = 0;
    this.waiting.length = 0;
  }

  private isDelivering = false;

  private deliver(): void {
    if (this.isDelivering) return;
    this.isDelivering = true;
    while (this.subscriber !== undefined && !this.isPaused) {
      const next = this.inbox.shift();
      if (next === undefined) {
        if (this.hasEnded) this.subscriber.complete();
        break;
      }
      this.buffer.fill(0x2a);
      this.buffer.set(next);
      this.subscriber.next({ bytes: this.buffer, length: next.length });
    }
    this.isDelivering = false;
  }
}
