/**
 * The history manifest: every base and segment of the log that is kept, those of former generations included.
 *
 * In:  the text of `appendonly.aof.history`. Out: entries in the order in which they were written; and back.
 *
 *   base appendonly.aof.1.base.rdb seq 1 offset 0 0 time 1795365315000000 1795365315000000 seal -
 *   segment appendonly.aof.1.incr.aof seq 1 offset 0 4711 time 1795365315000000 1795365399000000 seal kq3...
 *
 * `-` stands for what is not known yet: the end of the segment that is being written, or of one that a crash left. A base
 * has one offset and one time, those of its moment. Redis does not look at this file.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { quoteIfNeeded, splitArgs } from '../quoting.ts';

export interface LogEntry {
  readonly kind: 'base' | 'segment';
  readonly name: string;
  readonly seq: number;
  /** Offset in the stream of the first byte, and behind the last one. */
  readonly from: number;
  readonly to: number | undefined;
  /** µs since 1970, of the beginning and of the end. */
  readonly fromUs: number;
  readonly toUs: number | undefined;
  /** The hash in the seal. */
  readonly seal: string | undefined;
}

const UNKNOWN = '-';
const shown = (value: number | string | undefined): string => (value === undefined ? UNKNOWN : String(value));

export const renderHistory = (entries: readonly LogEntry[]): string =>
  entries
    .map(
      ({ kind, name, seq, from, to, fromUs, toUs, seal }) =>
        `${kind} ${quoteIfNeeded(name)} seq ${seq} offset ${from} ${shown(to)} time ${fromUs} ${shown(toUs)} seal ${shown(seal)}\n`,
    )
    .join('');

const count = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
/** A number, undefined for `-`; null for what is neither. */
const countOrUnknown = (text: string): number | undefined | null =>
  text === UNKNOWN ? undefined : (count(text) ?? null);

const parseLine = (line: string): LogEntry | undefined => {
  const words = splitArgs(line);
  if (O.isNone(words) || words.value.length !== 12) return undefined;
  const [kind, name, seqWord, seq, offsetWord, from, to, timeWord, fromUs, toUs, sealWord, seal] = words.value;
  if (kind !== 'base' && kind !== 'segment') return undefined;
  if (seqWord !== 'seq' || offsetWord !== 'offset' || timeWord !== 'time' || sealWord !== 'seal') return undefined;
  const numbers = { seq: count(seq), from: count(from), fromUs: count(fromUs) };
  const ends = { to: countOrUnknown(to), toUs: countOrUnknown(toUs) };
  if (numbers.seq === undefined || numbers.from === undefined || numbers.fromUs === undefined) return undefined;
  if (ends.to === null || ends.toUs === null || name.includes('/')) return undefined;
  return {
    kind,
    name,
    seq: numbers.seq,
    from: numbers.from,
    to: ends.to,
    fromUs: numbers.fromUs,
    toUs: ends.toUs,
    seal: seal === UNKNOWN ? undefined : seal,
  };
};

/** Reads a history manifest; Left says which line is wrong. Empty lines and lines with # are skipped. */
export const parseHistory = (text: string): E.Either<string, readonly LogEntry[]> => {
  const entries: LogEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const entry = parseLine(line);
    if (entry === undefined) {
      return E.left(
        `line ${index + 1}: expected "segment|base <name> seq <n> offset <from> <to> time <fromUs> <toUs> seal <hash>", got ${JSON.stringify(line)}`,
      );
    }
    entries.push(entry);
  }
  return E.right(entries);
};
