/**
 * The keys of a command: what its key specs say of any call, and which arguments of one call they are.
 *
 * In:  specs, and views. Out: COMMAND's legacy range and `movablekeys`, and argument indexes.
 *
 * @since 0.1.0
 */
import type { CommandView } from '../resp/view.ts';
import type { CommandSpec, KeyFlag, KeySpec } from './spec.ts';

/** Keys as one range of arguments: how programs older than key specs see them. All 0 for "no keys". */
export interface LegacyRange {
  readonly first: number;
  /** Negative counts from the end. */
  readonly last: number;
  readonly step: number;
  /** The range does not tell all keys. */
  readonly movable: boolean;
}

const asUnsigned = (value: number): number => value >>> 0;

/** The range that the key specs amount to; exact only when there is a single plain one. */
export const legacyRange = (keys: readonly KeySpec[]): LegacyRange => {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && only.begin.kind === 'index' && only.find.kind === 'range') {
    const first = only.begin.index;
    const { lastKey, step } = only.find;
    const last = lastKey >= 0 ? first + lastKey : lastKey;
    return { first, last, step, movable: only.flags.includes('incomplete') };
  }
  let movable = false;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let previousLast = 0;
  for (const { begin, find, flags } of keys) {
    if (begin.kind !== 'index' || find.kind !== 'range') {
      movable = true;
      continue;
    }
    // Only neighbours of step 1 join into one range.
    if (find.step !== 1 || (previousLast !== 0 && previousLast !== begin.index - 1)) {
      movable = true;
      continue;
    }
    if (flags.includes('incomplete')) movable = true;
    first = Math.min(first, begin.index);
    const end = find.lastKey >= 0 ? find.lastKey + begin.index : find.lastKey;
    // Negative ends lie behind all others.
    if (asUnsigned(end) > asUnsigned(last)) last = end;
    previousLast = last;
  }
  if (first === Number.POSITIVE_INFINITY) return { first: 0, last: 0, step: 0, movable };
  return { first, last, step: 1, movable };
};

export interface FoundKey {
  readonly index: number;
  readonly flags: readonly KeyFlag[];
}

/** Whether a command can have keys at all. */
export const mayHaveKeys = (spec: CommandSpec): boolean =>
  spec.getKeys !== undefined || spec.keys.some(({ flags }) => !flags.includes('not_key'));

/** Argument where the keys of a spec begin; undefined where its keyword is missing, NaN where nobody can tell. */
const beginOf = ({ begin }: KeySpec, cmd: CommandView): number | undefined => {
  if (begin.kind === 'index') return begin.index;
  if (begin.kind === 'unknown') return Number.NaN;
  const forward = begin.startFrom > 0;
  const from = forward ? begin.startFrom : cmd.argc + begin.startFrom;
  const keyword = begin.keyword.toUpperCase();
  for (let i = from; forward ? i < cmd.argc : i >= 1; i += forward ? 1 : -1) {
    if (i < cmd.argc && cmd.equalsToken(i, keyword)) return i + 1;
  }
  return undefined;
};

/** First and last key of a spec that begins at `begin`; undefined where the call does not fit it. */
const rangeOf = (
  { find }: KeySpec,
  begin: number,
  cmd: CommandView,
): { first: number; last: number; step: number } | undefined => {
  if (find.kind === 'unknown') return undefined;
  if (find.kind === 'range') {
    const { lastKey, step, limit } = find;
    if (lastKey >= 0) return { first: begin, last: begin + lastKey, step };
    if (limit <= 1) return { first: begin, last: cmd.argc + lastKey, step };
    return { first: begin, last: begin + Math.floor((cmd.argc - begin) / limit) + lastKey, step };
  }
  const countAt = begin + find.keyNumIndex;
  if (countAt >= cmd.argc) return undefined;
  const count = cmd.integer(countAt);
  if (!Number.isSafeInteger(count)) return undefined;
  const first = begin + find.firstKey;
  return { first, last: first + (count - 1) * find.step, step: find.step };
};

/**
 * The keys of one call, in the order of its specs; undefined when the call does not fit them.
 */
export const keysOf = (spec: CommandSpec, cmd: CommandView): readonly FoundKey[] | undefined => {
  if (spec.getKeys !== undefined) return spec.getKeys(cmd);
  const found: FoundKey[] = [];
  for (const key of spec.keys) {
    if (key.flags.includes('not_key')) continue;
    const begin = beginOf(key, cmd);
    if (begin === undefined) continue;
    const range = Number.isNaN(begin) ? undefined : rangeOf(key, begin, cmd);
    if (range === undefined) return undefined;
    const { first, last, step } = range;
    if (first >= cmd.argc || last >= cmd.argc || last < first) return undefined;
    for (let index = first; index <= last; index += step) found.push({ index, flags: key.flags });
  }
  return found;
};
