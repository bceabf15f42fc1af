/**
 * Which files lead to a moment: the nearest base before it, and the segments from there on.
 *
 * In:     the folder of a log; a moment. Out: files in order; or the range that can be restored, where the moment is none
 *         of it.
 * Memory: plain values.
 *
 * Segments say themselves where they begin and end; of bases the history manifest knows it, or the file does. A log may
 * hold the same offset twice, after a full resync or when another history began: the later one counts.
 *
 * @since 0.3.0
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import * as E from 'fp-ts/Either';
import * as TE from 'fp-ts/TaskEither';
import { type BaseOrigin, readBaseOrigin } from './base-origin.ts';
import { attempt, type LogFolder } from './files.ts';
import type { PlannedFile } from './folding.ts';
import { formatMoment, isoTime, type Moment } from './format.ts';
import { Item, LogParser } from './log-parser.ts';
import { readAll } from './read-all.ts';
import { listSegments, type Segment } from './segments.ts';

/** The moment is none that the log can lead to, or the log cannot be read. */
export interface PastError {
  readonly _tag: 'PastError';
  readonly message: string;
}

export const pastError = (message: string): PastError => ({ _tag: 'PastError', message });

export interface Base {
  readonly name: string;
  readonly seq: number;
  readonly path: string;
  /** Undefined where nobody says: a base of redis-server's. */
  readonly offset: number | undefined;
  readonly timeUs: number;
}

/** A segment with its place in the log. */
export interface PlacedSegment {
  readonly segment: Segment;
  readonly name: string;
  readonly from: number;
  /** Undefined in one without a seal that is the last. */
  readonly to: number | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Log {
  /** In the order in which they were made. */
  readonly bases: readonly Base[];
  readonly segments: readonly PlacedSegment[];
}

/** The files that lead to a moment. */
export interface PastPlan {
  readonly base: Base | undefined;
  readonly segments: readonly PlacedSegment[];
  readonly files: readonly PlannedFile[];
}

const US_PER_MS = 1000;
/** A base tells its time to the second. */
const US_PER_SECOND = 1_000_000;
/** A segment may begin with a SELECT of its own, which the one before has, too. */
const OWN_SELECT_BYTES_MAX = 33;

const changedUs = (path: string): number => Math.round(statSync(path).mtimeMs * US_PER_MS);

/** Offset behind the last command of a segment that begins at `from`, found by reading it. */
const countedEnd = (path: string, from: number): number => {
  const parser = new LogParser();
  let offset = from;
  readAll(path, parser, () => {
    for (;;) {
      const item = parser.next();
      if (item === Item.Command) offset += parser.end - parser.start;
      else if (item !== Item.Annotation) return item === Item.More;
    }
  });
  return offset;
};

const place = (segments: readonly Segment[]): readonly PlacedSegment[] => {
  const placed: PlacedSegment[] = [];
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    const before = placed.at(-1);
    const { head, seal, path } = segment;
    // One of redis-server's says nothing of itself: it goes on where the one before ends.
    const from = head?.offset ?? before?.to ?? 0;
    const to = head === undefined ? countedEnd(path, from) : (seal?.offset ?? next?.head?.offset);
    const fromUs = head?.timeUs ?? before?.toUs ?? 0;
    const endUs = seal?.timeUs ?? next?.head?.timeUs ?? changedUs(path);
    placed.push({ segment, name: basename(path), from, to, fromUs, toUs: Math.max(fromUs, endUs) });
  }
  return placed;
};

/** All that a folder holds. */
export const readLog = (folder: LogFolder): TE.TaskEither<PastError, Log> =>
  TE.tryCatch(
    async () => {
      const segments = place(
        (await listSegments(folder.path)).filter(({ path }) => basename(path).startsWith(`${folder.prefix}.`)),
      );
      const history = folder.readHistory();
      const manifest = folder.readManifest();
      const known = E.isRight(history) ? history.right.filter(({ kind }) => kind === 'base') : [];
      const current = E.isRight(manifest) ? manifest.right?.base : undefined;
      const isKnown = current === undefined || known.some(({ name }) => name === current.name);
      const bases: Base[] = [];
      for (const entry of known) {
        if (folder.size(entry.name) < 0) continue;
        const { name, seq, from, fromUs } = entry;
        bases.push({ name, seq, path: folder.file(name), offset: from, timeUs: fromUs });
      }
      if (!isKnown && folder.size(current.name) >= 0) {
        const path = folder.file(current.name);
        const origin: BaseOrigin = readBaseOrigin(path);
        bases.push({ ...current, path, offset: origin.offset, timeUs: origin.timeUs ?? changedUs(path) });
      }
      return { bases, segments };
    },
    (error) => pastError(error instanceof Error ? error.message : String(error)),
  );

/** Whether `next` goes on where `segment` ends. */
const follows = ({ to }: PlacedSegment, { from }: PlacedSegment): boolean =>
  to === undefined || (from <= to && to - from <= OWN_SELECT_BYTES_MAX);

/** The segments from a base on, as far as they follow on one another. */
const chainFrom = (base: Base | undefined, segments: readonly PlacedSegment[]): readonly PlacedSegment[] => {
  let first = 0;
  if (base?.offset !== undefined) {
    const { offset, timeUs } = base;
    first = segments.findLastIndex(
      ({ from, to, fromUs }) =>
        from <= offset &&
        (to === undefined || to >= offset) &&
        // Later ones are of a history that had come to the same offset again.
        (fromUs <= timeUs + US_PER_SECOND || offset - from <= OWN_SELECT_BYTES_MAX),
    );
    if (first === -1) return [];
  }
  let end = first + 1;
  while (end < segments.length && follows(segments[end - 1], segments[end])) end++;
  return segments.slice(first, end);
};

/** Whether a base is part of the past of a moment. */
const isBefore = (base: Base, moment: Moment): boolean =>
  moment._tag === 'time' ? base.timeUs <= moment.us : (base.offset ?? 0) <= moment.offset;

const isNeeded = ({ from, fromUs }: PlacedSegment, moment: Moment): boolean =>
  moment._tag === 'time' ? fromUs <= moment.us : from < moment.offset;

const isWhole = ({ to, toUs }: PlacedSegment, moment: Moment): boolean =>
  moment._tag === 'time' ? toUs <= moment.us : to !== undefined && to <= moment.offset;

const shown = (offset: number, us: number): string => `${formatMoment({ _tag: 'offset', offset })} (${isoTime(us)})`;

/** "…: the log leads from offset:0 (…) to offset:4711 (…)" */
export const outOfRange = ({ bases, segments }: Log, moment: Moment): PastError => {
  const wanted = formatMoment(moment);
  const last = segments.at(-1);
  const [first] = bases;
  if (first === undefined && last === undefined) return pastError(`Cannot go back to ${wanted}: there is no log`);
  const from = shown(first?.offset ?? segments[0]?.from ?? 0, first?.timeUs ?? segments[0]?.fromUs ?? 0);
  const to =
    last === undefined ? from : shown(last.segment.seal?.offset ?? countedEnd(last.segment.path, last.from), last.toUs);
  return pastError(`Cannot go back to ${wanted}: what can be restored is ${from} to ${to}`);
};

const planned = (base: Base | undefined, segments: readonly PlacedSegment[], moment: Moment): PastPlan => ({
  base,
  segments,
  files: [
    ...(base === undefined
      ? []
      : [
          {
            kind: 'base' as const,
            name: base.name,
            seq: base.seq,
            path: base.path,
            isWhole: base.offset !== undefined,
          },
        ]),
    ...segments.map((placed) => ({
      kind: 'segment' as const,
      name: placed.name,
      seq: placed.segment.seq,
      path: placed.segment.path,
      isWhole: isWhole(placed, moment),
    })),
  ],
});

/** The plan that leads to a moment. */
export const planFor = (log: Log, moment: Moment): E.Either<PastError, PastPlan> => {
  const { bases, segments } = log;
  const candidates: readonly (Base | undefined)[] =
    bases.length > 0 ? bases.filter((base) => isBefore(base, moment)) : [undefined];
  for (const base of [...candidates].reverse()) {
    const chain = chainFrom(base, segments);
    const end = chain.at(-1);
    const isReached =
      moment._tag === 'time' ||
      (base?.offset ?? -1) === moment.offset ||
      (end !== undefined && (end.to === undefined || end.to >= moment.offset));
    if (isReached)
      return E.right(
        planned(
          base,
          chain.filter((segment) => isNeeded(segment, moment)),
          moment,
        ),
      );
  }
  return E.left(outOfRange(log, moment));
};

/** Reads a file system's answer as an error of ours. */
export const attemptPast = <T>(operation: string, path: string, run: () => T): E.Either<PastError, T> =>
  E.mapLeft(({ message }: { readonly message: string }) => pastError(`Cannot ${operation} ${path}: ${message}`))(
    attempt(operation, path, run),
  );
