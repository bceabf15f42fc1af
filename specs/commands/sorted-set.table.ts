/**
 * Rows of the sorted set tables: each holds for a listpack and for a skiplist.
 *
 * In: as `reduces` takes them. Out: two tests per row. Memory: none.
 */
import test from 'ava';
import { nothing, reduces, type Seen, type Settings } from '../support/reduce.ts';

export const error = (text: string): Seen => ({ reply: `-${text}`, events: nothing });
export const says = (reply: string): Seen => ({ reply, events: nothing });
/** A reply, and the command itself as the event. */
export const does = (reply: string, ...events: readonly string[]): Seen => ({ reply, events });

const SKIPLISTS = { 'zset-max-listpack-entries': 0 };

/** A row for both encodings. */
export const row = (given: readonly string[], when: string, seen: Seen, settings: Settings = {}): void => {
  test(reduces, given, when, seen, settings);
  test(reduces, given, when, seen, { ...settings, config: { ...settings.config, ...SKIPLISTS } });
};

/** A row whose event is the command as it was received. */
export const writes = (given: readonly string[], when: string, reply: string, settings?: Settings): void =>
  row(given, when, { reply, events: [when] }, settings);

/** A row that changes nothing. */
export const reads = (given: readonly string[], when: string, reply: string, settings?: Settings): void =>
  row(given, when, says(reply), settings);

/** A row that is refused. */
export const refuses = (given: readonly string[], when: string, text: string): void => row(given, when, error(text));

export const RESP3: Settings = { resp: 3 };
