/**
 * Times to expire at, as commands give them: seconds or milliseconds, from now or since 1970, anywhere in int64.
 *
 * In:  an argument and its unit. Out: one reused record with the time in ms.
 *
 * Redis keeps int64 milliseconds, the keyspace a double. A time within 2^53 ms (285 thousand years) is exact. Beyond
 * it, the keyspace knows the time to the nearest 1024 ms and TTL answers that, while write events still carry the exact
 * number.
 *
 * @since 0.1.0
 */
import type { Effects } from '../events/effects.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { invalidExpireTime, NOT_AN_INTEGER } from './errors.ts';

export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);
/** The largest double that is an int64. */
const EXPIRE_AT_MAX_MS = 2 ** 63 - 1024;

export const MS_PER_SECOND = 1000;

export enum Decoded {
  Ok = 0,
  NotAnInteger = 1,
  OutOfRange = 2,
}

/** The error for a time that could not be decoded, in the words of the command that read it. */
export const expireTimeError = (decoded: Decoded, command: string): string =>
  decoded === Decoded.NotAnInteger ? NOT_AN_INTEGER : invalidExpireTime(command);

export class ExpireTime {
  /** In ms since 1970; to the nearest double. */
  ms = 0;
  private exact: bigint | undefined = undefined;

  /**
   * Reads `cmd[index]` in units of `unitMs`, counted from `baseMs`. With `positive`, the number must be above zero.
   */
  decode(cmd: CommandView, index: number, unitMs: number, baseMs: number, positive: boolean): Decoded {
    const count = cmd.integer(index);
    if (Number.isNaN(count)) return Decoded.NotAnInteger;
    if (positive && count <= 0) return Decoded.OutOfRange;
    const ms = count * unitMs + baseMs;
    if (!Number.isSafeInteger(ms)) return this.decodeBig(cmd, index, unitMs, baseMs, positive);
    this.ms = ms;
    this.exact = undefined;
    return Decoded.Ok;
  }

  /** Adds the time as the next argument of an event. */
  writeTo(effects: Effects): void {
    if (this.exact === undefined) effects.integer(this.ms);
    else effects.text(this.exact.toString());
  }

  private decodeBig(cmd: CommandView, index: number, unitMs: number, baseMs: number, positive: boolean): Decoded {
    const count = cmd.bigInteger(index);
    if (count === undefined) return Decoded.NotAnInteger;
    if (positive && count <= 0n) return Decoded.OutOfRange;
    const scaled = count * BigInt(unitMs);
    if (scaled > INT64_MAX || scaled < INT64_MIN) return Decoded.OutOfRange;
    const exact = scaled + BigInt(baseMs);
    if (exact > INT64_MAX) return Decoded.OutOfRange;
    this.exact = exact;
    this.ms = Math.min(Number(exact), EXPIRE_AT_MAX_MS);
    return Decoded.Ok;
  }
}

/** Replies with a number that is whole but perhaps past 2^53. */
export const replyWhole = (reply: Reply, value: number): void => {
  if (Number.isSafeInteger(value)) reply.integer(value);
  else reply.bigInteger(BigInt(value));
};
