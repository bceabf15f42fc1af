/**
 * Retention: which files of former generations have to go.
 *
 * In:  what is kept, what is current, the limits. Out: the entries to be removed, oldest first.
 *
 * A generation is a base with the segments up to the next one: without its base a segment says what was done, but not to
 * what. So generations go as a whole. The current one always stays. With neither limit all former ones go.
 *
 * @since 0.3.0
 */
import type { LogEntry } from './history-manifest.ts';

export interface RetentionLimits {
  /** log-retention-time; 0 = no such limit. */
  readonly seconds: number;
  /** log-retention-size; 0 = no such limit. */
  readonly bytes: number;
}

const US_PER_SECOND = 1_000_000;

/** Entries by generation; what stands before the first base is one of its own. */
const generationsOf = (entries: readonly LogEntry[]): readonly (readonly LogEntry[])[] => {
  const generations: LogEntry[][] = [];
  for (const entry of entries) {
    const last = generations.at(-1);
    if (last === undefined || entry.kind === 'base') generations.push([entry]);
    else last.push(entry);
  }
  return generations;
};

/** When the last thing happened that a generation knows of. */
const endUs = (generation: readonly LogEntry[]): number =>
  generation.reduce((latest, { fromUs, toUs }) => Math.max(latest, toUs ?? fromUs), 0);

export const outdated = (
  entries: readonly LogEntry[],
  isCurrent: (entry: LogEntry) => boolean,
  bytesOf: (entry: LogEntry) => number,
  nowUs: number,
  { seconds, bytes }: RetentionLimits,
): readonly LogEntry[] => {
  const former = generationsOf(entries.filter((entry) => !isCurrent(entry)));
  if (seconds === 0 && bytes === 0) return former.flat();
  const sizes = former.map((generation) => generation.reduce((sum, entry) => sum + Math.max(0, bytesOf(entry)), 0));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  const removed: LogEntry[] = [];
  for (const [index, generation] of former.entries()) {
    const isOld = seconds > 0 && endUs(generation) < nowUs - seconds * US_PER_SECOND;
    const isTooMuch = bytes > 0 && total > bytes;
    if (!isOld && !isTooMuch) break;
    total -= sizes[index];
    removed.push(...generation);
  }
  return removed;
};
