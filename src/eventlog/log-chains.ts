/**
 * The stretches of a log in which one segment goes on where the one before has ended, and the bases within them.
 *
 * In:     what a folder holds (past-plan.ts). Out: chains, oldest first. A full resync, or a log that was switched off and
 *         on again, begins a new one: what came before says nothing of what comes behind.
 * Memory: plain values.
 *
 * @since 0.3.0
 */
import type { Base, Log, PlacedSegment } from './past-plan.ts';

export interface ChainBase {
  readonly path: string;
  /** What comes from here on is not in it. */
  readonly offset: number;
}

export interface Chain {
  /** Paths of its segments. */
  readonly paths: ReadonlySet<string>;
  readonly bases: readonly ChainBase[];
  /** Nothing was there before its first event. */
  readonly beginsEmpty: boolean;
}

/** A segment may begin with a SELECT of its own, which the one before has, too. */
const OWN_SELECT_BYTES_MAX = 33;
/** A base may tell its time to the second. */
const SLACK_US = 1_000_000;

const follows = ({ to }: PlacedSegment, { from }: PlacedSegment): boolean =>
  to === undefined || from === undefined || (from <= to && to - from <= OWN_SELECT_BYTES_MAX);

/** Whether a base was made while a segment was written, or when it began. */
const isWithin = ({ offset, timeUs }: Base, { from = 0, to, fromUs }: PlacedSegment): boolean =>
  offset === undefined ||
  (from <= offset &&
    (to === undefined || offset <= to) &&
    (fromUs <= timeUs + SLACK_US || offset - from <= OWN_SELECT_BYTES_MAX));

/** The chains of a log, oldest first. */
export const chainsOf = ({ segments, bases }: Log): readonly Chain[] => {
  const stretches: PlacedSegment[][] = [];
  segments.forEach((segment, at) => {
    const before = segments[at - 1];
    if (before !== undefined && follows(before, segment)) stretches.at(-1)?.push(segment);
    else stretches.push([segment]);
  });
  const placed = bases.map((base) => ({
    base,
    stretch: stretches.findLast((all) => all.some((one) => isWithin(base, one))),
  }));
  return stretches.map((stretch) => {
    const from = stretch[0]?.from ?? 0;
    const own = placed
      .filter(({ stretch: its }) => its === stretch)
      .map(({ base: { path, seq, offset } }) => ({ path, seq, offset: offset ?? from }))
      .sort((a, b) => a.offset - b.offset);
    return {
      paths: new Set(stretch.map(({ segment }) => segment.path)),
      bases: own,
      // A server that had something before has a base that says what, unless retention has removed it.
      beginsEmpty: from === 0 && (own[0] === undefined || own[0].seq === 1),
    };
  });
};

/** The last base that an event builds on. */
export const baseBefore = ({ bases }: Chain, offset: number): ChainBase | undefined =>
  bases.findLast((base) => base.offset <= offset);
