/**
 * What the server takes from the outside: time, chance, the network and the event loop.
 *
 * Everything that could differ between two runs comes through here, so that a test (or a program that embeds the
 * server) can give a virtual clock, a seeded random source and connections within one process.
 *
 * @since 0.1.0
 */
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { LogFiles } from './eventlog/log-files.ts';
import type { Transport } from './net/peer.ts';
import { tcpTransport } from './net/tcp.ts';

export interface Environment {
  /** `now()` is ms since 1970; timers of the whole server run on it. */
  readonly scheduler: SchedulerLike;
  /** The time of day in µs since 1970; `scheduler.now()` to the ms. */
  readonly timeUs: () => number;
  /** A clock for durations, in µs from any origin. */
  readonly monotonicUs: () => number;
  /** Yields numbers in [0, 1). */
  readonly random: () => number;
  /** Bytes for identifiers and secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly transport: Transport;
  /** Where the event log is kept; the system's file system when it is not given. */
  readonly logFiles?: LogFiles;
  /** Runs a function once the events that are ready now have been handled. */
  readonly atTurnEnd: (run: () => void) => void;
  /** Has memory collected that nobody refers to any more; missing where that is nobody's business. */
  readonly collectGarbage?: () => void;
}

/** The longest delay that a timer keeps: with a longer one Node's go off at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Generates a 40-digit hexadecimal id such as a replication id or a run id. */
export const hexadecimalId = (environment: Environment): string =>
  Buffer.from(environment.randomBytes(20)).toString('hex');

/** V8's collector, which it hands out only when asked to; undefined where it does not. */
const collector = (): (() => void) | undefined => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('typeof gc === "function" ? gc : undefined');
  return typeof collect === 'function' ? () => void Reflect.apply(collect, undefined, []) : undefined;
};

/** The time of day to the µs: the system's, which has ms, with the digits of the finer clock behind. */
const fineClock = (): (() => number) => {
  let originMs = performance.timeOrigin;
  return () => {
    const wallMs = Date.now();
    let ms = originMs + performance.now();
    // Somebody has set the clock, or the two have drifted apart.
    if (ms < wallMs || ms >= wallMs + 1) {
      const shownMs = ms < wallMs ? wallMs : wallMs + 0.999;
      originMs += shownMs - ms;
      ms = shownMs;
    }
    return Math.floor(ms * 1000);
  };
};

/** The real world. */
export const systemEnvironment = (): Environment => {
  const collectGarbage = collector();
  return {
    scheduler: asyncScheduler,
    timeUs: fineClock(),
    monotonicUs: () => performance.now() * 1000,
    random: Math.random,
    randomBytes: (count) => randomBytes(count),
    transport: tcpTransport(),
    atTurnEnd: setImmediate,
    ...(collectGarbage === undefined ? {} : { collectGarbage }),
  };
};
