/**
 * Rewriting the log: a new base from a snapshot, in slices, while the new segment takes what happens meanwhile.
 *
 * In:  jobs; the clock. Out: bases, figures for INFO, and how long to wait when rewriting fails again and again.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Subscription } from 'rxjs';
import type { Logger } from '../log.ts';
import type { SnapshotOrigin, Snapshotter } from '../persistence/snapshot.ts';
import type { BaseSink } from './log-files.ts';

export interface RewriteJob {
  readonly sink: BaseSink;
  /** What the base says of itself; asked for at its moment. */
  readonly origin: () => SnapshotOrigin;
  /** The base is on the disk: puts it into effect. Left says why that failed. */
  readonly finish: () => E.Either<string, void>;
  /** It came to nothing, or `finish` failed. */
  readonly failed: () => void;
}

export interface RewriterOptions {
  readonly snapshotter: Snapshotter;
  readonly log: Logger;
  readonly nowMs: () => number;
}

interface Running {
  readonly sink: BaseSink;
  readonly startedMs: number;
  subscription: Subscription | undefined;
}

/** After so many failures in a row rewriting waits, a minute first, then twice as long each time. */
const FAILURES_MAX = 3;
const DELAY_MINUTES_MAX = 60;
const MINUTE_MS = 60_000;
const RETRY_MS = 1000;

export class Rewriter {
  /** Asked for, and to be started as soon as possible: aof_rewrite_scheduled. */
  isScheduled = false;
  lastStatus: 'ok' | 'err' = 'ok';
  rewrites = 0;
  consecutiveFailures = 0;
  lastSeconds = -1;
  private readonly options: RewriterOptions;
  private running: Running | undefined = undefined;
  private delayMinutes = 0;
  private notBeforeMs = 0;

  constructor(options: RewriterOptions) {
    this.options = options;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  get currentSeconds(): number {
    return this.running === undefined ? -1 : this.secondsSince(this.running.startedMs);
  }

  /** Whether rewriting on our own account has to wait. */
  get isLimited(): boolean {
    return this.options.nowMs() < this.notBeforeMs;
  }

  /** Begins now; no other snapshot may be under way. */
  start({ sink, origin, finish, failed }: RewriteJob): void {
    const { snapshotter, log, nowMs } = this.options;
    const running: Running = { sink, startedMs: nowMs(), subscription: undefined };
    this.isScheduled = false;
    this.running = running;
    this.rewrites++;
    log.notice(`Background append only file rewriting started by pid ${process.pid}`);
    running.subscription = snapshotter.start(sink, origin).subscribe({
      error: (error: unknown) => {
        if (!(error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)))
          throw error;
        this.end();
        sink.abandon();
        this.fail(`Write error writing append only file on disk: ${error.message}`);
        failed();
      },
      complete: () => {
        this.end();
        log.notice('Background AOF rewrite terminated with success');
        const finished = finish();
        if (E.isLeft(finished)) {
          sink.abandon();
          this.fail(finished.left);
          failed();
          return;
        }
        this.lastStatus = 'ok';
        this.consecutiveFailures = 0;
        this.delayMinutes = 0;
        this.notBeforeMs = 0;
        log.notice('Background AOF rewrite finished successfully');
      },
    });
  }

  /** A rewrite could not even begin, or failed. */
  fail(reason: string): void {
    const { log, nowMs } = this.options;
    log.warning(reason);
    log.warning('Background AOF rewrite terminated with error');
    this.lastStatus = 'err';
    this.consecutiveFailures++;
    if (this.consecutiveFailures < FAILURES_MAX) {
      this.notBeforeMs = nowMs() + RETRY_MS;
      return;
    }
    this.delayMinutes = this.delayMinutes === 0 ? 1 : Math.min(this.delayMinutes * 2, DELAY_MINUTES_MAX);
    this.notBeforeMs = nowMs() + this.delayMinutes * MINUTE_MS;
    log.warning(
      `Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ${this.delayMinutes} minutes`,
    );
  }

  /** Gives a running rewrite up; its temporary file goes. */
  abort(): void {
    const { running } = this;
    if (running === undefined) return;
    this.options.log.warning('Killing AOF child');
    this.running = undefined;
    running.subscription?.unsubscribe();
    running.sink.abandon();
  }

  private end(): void {
    const { running } = this;
    this.lastSeconds = running === undefined ? 0 : this.secondsSince(running.startedMs);
    this.running = undefined;
  }

  private secondsSince(ms: number): number {
    return Math.floor((this.options.nowMs() - ms) / 1000);
  }
}
