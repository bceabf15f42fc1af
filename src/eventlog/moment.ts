/**
 * Moments: a place in the log, named by its time or by its offset.
 *
 * In:  texts: seconds since 1970 (`1700000000.25`), ISO 8601 (`2026-03-01T10:42:00Z`) or `offset:12345`.
 * Out: `Moment`, or what is wrong with the text.
 *
 * The state at a moment has seen the events that are complete by then: those with a time up to and including it, or
 * those whose bytes end at or before the offset. A transaction is seen as a whole or not at all.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';

export type Moment =
  /** µs since 1970. */
  | { readonly _tag: 'time'; readonly us: number }
  /** An offset in the replication stream. */
  | { readonly _tag: 'offset'; readonly offset: number };

const US_PER_SECOND = 1_000_000;
const US_PER_MINUTE = 60 * US_PER_SECOND;
const US_PER_MS = 1000;

const OFFSET = /^offset:(\d+)$/;
const SECONDS = /^(\d+)(?:\.(\d+))?$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;

const EXPECTED = 'expected seconds since 1970 (1700000000.25), a time (2026-03-01T10:42:00Z) or offset:N';

export const timeMoment = (us: number): Moment => ({ _tag: 'time', us });
export const offsetMoment = (offset: number): Moment => ({ _tag: 'offset', offset });

/** The digits behind a decimal point as µs; what is finer is cut off. */
const fractionUs = (digits = ''): number => Number(digits.slice(0, 6).padEnd(6, '0'));

/** Minutes that a zone is ahead of UTC. */
const zoneMinutes = (zone: string): number => {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return zone.startsWith('-') ? -minutes : minutes;
};

/** The time that the parts of an ISO text name; undefined where there is no such time, as on 30 February. */
const isoUs = (parts: readonly (string | undefined)[]): number | undefined => {
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) => Number(part ?? '0'));
  const zone = parts[7];
  // Without a zone it is the time that the clock on the wall shows.
  const date =
    zone === undefined
      ? new Date(year, month - 1, day, hour, minute, second)
      : new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const shown =
    zone === undefined
      ? [date.getFullYear(), date.getMonth(), date.getDate()]
      : [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const exists = shown[0] === year && shown[1] === month - 1 && shown[2] === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  const ahead = zone === undefined ? 0 : zoneMinutes(zone) * US_PER_MINUTE;
  return date.getTime() * US_PER_MS + fractionUs(parts[6]) - ahead;
};

/** Reads a moment; Left says what was expected and what was found. */
export const parseMoment = (text: string): E.Either<string, Moment> => {
  const wrong = E.left(`${EXPECTED}, got ${JSON.stringify(text)}`);
  const tooLarge = E.left(`the number is too large in ${JSON.stringify(text)}: ${EXPECTED}`);
  const safe = (value: number, moment: Moment): E.Either<string, Moment> =>
    Number.isSafeInteger(value) && value >= 0 ? E.right(moment) : value > 0 ? tooLarge : wrong;

  const offset = OFFSET.exec(text);
  if (offset !== null) return safe(Number(offset[1]), offsetMoment(Number(offset[1])));
  const seconds = SECONDS.exec(text);
  if (seconds !== null) {
    const us = Number(seconds[1]) * US_PER_SECOND + fractionUs(seconds[2]);
    return safe(us, timeMoment(us));
  }
  const iso = ISO.exec(text);
  const us = iso === null ? undefined : isoUs(iso.slice(1));
  return us === undefined ? wrong : safe(us, timeMoment(us));
};

/** µs since 1970 in ISO 8601, in UTC and to the µs: `2026-03-01T10:42:00.000000Z`. */
export const isoTime = (us: number): string => {
  const fraction = us % US_PER_SECOND;
  const seconds = new Date((us - fraction) / US_PER_MS).toISOString().slice(0, -5);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
};

/** The text that `parseMoment` reads as this moment. */
export const formatMoment = (moment: Moment): string =>
  moment._tag === 'time' ? isoTime(moment.us) : `offset:${moment.offset}`;

/** Whether something that ends at `end` and happened at `timeUs` is part of the state at the moment. */
export const isSeenAt = (moment: Moment, timeUs: number, end: number): boolean =>
  moment._tag === 'time' ? timeUs <= moment.us : end <= moment.offset;
