/**
 * The history this server's data belongs to: the ids under which its write stream is known, and the backlog of it.
 *
 * In:     the bytes of write events, while there is a backlog. Out: ids and offsets for PSYNC, INFO and snapshots.
 * Memory: owns the backlog; there is none until the first replica asks for one.
 *
 * @since 0.1.0
 */
import type { Subscription } from 'rxjs';
import type { WriteStream } from '../events/write-stream.ts';
import { Backlog } from './backlog.ts';

/** An id that nobody has: shown as master_replid2 when there is none. */
export const NO_REPLID = '0'.repeat(40);

export interface HistoryOptions {
  readonly writes: WriteStream;
  /** Makes a new 40-digit id. */
  readonly newId: () => string;
  /** `repl-backlog-size` */
  readonly backlogBytes: () => number;
}

export class History {
  replid: string;
  /** The id before this one, valid for requests up to `secondOffset`. */
  replid2 = NO_REPLID;
  /** First offset, counted from 1, that replid2 does not cover; -1 when there is no second id. */
  secondOffset = -1;
  backlog: Backlog | undefined = undefined;
  /** Called when the stream goes on under another id, or (`isReplaced`) at another place with other data. */
  onChange: (isReplaced: boolean) => void = () => {};
  /** Offset in the stream up to which our own disk has it; -1 without a log. */
  syncedOffset: () => number = () => -1;
  /** Called before replicas get what is new, so that our own log has it first. */
  beforeFeed: () => void = () => {};
  /** Called after bytes went into the backlog. */
  onWrite: () => void = () => {};
  readonly writes: WriteStream;
  private readonly options: HistoryOptions;
  private subscription: Subscription | undefined = undefined;

  constructor(options: HistoryOptions) {
    this.options = options;
    this.writes = options.writes;
    this.replid = options.newId();
  }

  /** The backlog, made now if there is none. */
  openBacklog(): Backlog {
    if (this.backlog !== undefined) return this.backlog;
    const backlog = new Backlog(this.options.backlogBytes(), this.writes.offset);
    this.backlog = backlog;
    this.subscription = this.writes.runs$.subscribe(({ buf, start, end }) => {
      backlog.append(buf, start, end);
      this.onWrite();
    });
    return backlog;
  }

  freeBacklog(): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
    this.backlog = undefined;
  }

  resizeBacklog(): void {
    this.backlog?.resize(this.options.backlogBytes());
  }

  /** What goes on from here is a history of its own; replicas that know the old one can still follow up to here. */
  branch(): void {
    this.replid2 = this.replid;
    this.secondOffset = this.writes.offset + 1;
    this.replid = this.options.newId();
    this.writes.forgetDatabase();
    this.onChange(false);
  }

  /** Continues the history of a master after a full resync. The backlog begins anew. */
  adopt(replid: string, offset: number): void {
    this.freeBacklog();
    this.replid = replid;
    this.clearSecond();
    this.writes.continueAt(offset);
    this.openBacklog();
    this.onChange(true);
  }

  /** The master continues our history under another id. */
  follow(replid: string): void {
    this.replid2 = this.replid;
    this.secondOffset = this.writes.offset + 1;
    this.replid = replid;
    this.onChange(false);
  }

  /** A new id without any memory of the old one: DEBUG CHANGE-REPL-ID. */
  forgetId(): void {
    this.replid = this.options.newId();
    this.clearSecond();
    this.onChange(false);
  }

  /** Whether a request for `replid` from `offset` (counted from 1) is about this history. */
  knows(replid: string, offset: number): boolean {
    if (replid.toLowerCase() === this.replid) return true;
    return replid.toLowerCase() === this.replid2 && offset <= this.secondOffset;
  }

  private clearSecond(): void {
    this.replid2 = NO_REPLID;
    this.secondOffset = -1;
  }
}
