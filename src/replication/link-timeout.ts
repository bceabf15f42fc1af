/**
 * The silence of a link: an operator that fails when nothing has come for too long.
 *
 * In:  an observable, and the time it may be silent. Out: the same, or `LinkSilent`.
 * Unlike rxjs' `timeout` it starts no timer per value: one timer looks when the last value came.
 *
 * @since 0.1.0
 */
import { type MonoTypeOperatorFunction, Observable, type SchedulerLike } from 'rxjs';
import { TIMER_MS_MAX } from '../environment.ts';

export class LinkSilent extends Error {
  override readonly name = 'LinkSilent';
  readonly timeoutMs: number;
  constructor(timeoutMs: number) {
    super(`nothing was heard for ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** Fails with LinkSilent when `timeoutMs` pass without a value. The limit is read anew after each silence. */
export const linkTimeout =
  <T>(timeoutMs: number | (() => number), scheduler: SchedulerLike): MonoTypeOperatorFunction<T> =>
  (source$) =>
    new Observable<T>((subscriber) => {
      const limitMs = typeof timeoutMs === 'function' ? timeoutMs : () => timeoutMs;
      let heardMs = scheduler.now();
      const watch = (delayMs: number): void => {
        subscriber.add(
          scheduler.schedule(
            () => {
              const leftMs = heardMs + limitMs() - scheduler.now();
              if (leftMs <= 0) subscriber.error(new LinkSilent(limitMs()));
              else watch(leftMs);
            },
            Math.min(delayMs, TIMER_MS_MAX),
          ),
        );
      };
      watch(limitMs());
      subscriber.add(
        source$.subscribe({
          next: (value) => {
            heardMs = scheduler.now();
            subscriber.next(value);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
