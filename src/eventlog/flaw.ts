/**
 * What happened where the chain of a log is broken.
 *
 * In:     two records side by side, the second of which names a hash that is not the first one's. Out: a `Flaw`.
 * Memory: one buffer; the log is read once more.
 *
 * Each explanation is tried against the rest of the chain: a record whose line names the right hash gives its true hash;
 * a record that elsewhere is followed by its true successor is where it does not belong.
 *
 * @since 0.3.0
 */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { hashOf } from './chain.ts';
import { type ChainedRecord, walkRecords } from './record-walk.ts';
import type { Segment } from './segments.ts';

export type FlawKind =
  /** A record is not what it was. */
  | 'changed'
  /** Records are missing. */
  | 'removed'
  /** A record is not where it was. */
  | 'moved'
  /** A record is there that was not. */
  | 'added'
  /** The file cannot be read. */
  | 'damaged'
  /** The hash that is known from elsewhere is not there. */
  | 'unknown';

export interface Flaw {
  readonly kind: FlawKind;
  readonly file: string;
  /** Place in the file of the record; where missing ones were. */
  readonly position: number;
  /** Offset in the stream, and time, as far as they are known. */
  readonly offset: number;
  readonly timeUs: number;
  readonly reason: string;
}

export const flawAt = (
  kind: FlawKind,
  path: string,
  position: number,
  record: ChainedRecord | undefined,
  reason: string,
): Flaw => ({
  kind,
  file: basename(path),
  position,
  offset: record?.from ?? 0,
  timeUs: record?.timeUs ?? 0,
  reason,
});

export interface Break {
  readonly segments: readonly Segment[];
  readonly before: ChainedRecord;
  readonly beforePath: string;
  readonly record: ChainedRecord;
  readonly path: string;
}

interface Found {
  readonly path: string;
  readonly record: ChainedRecord;
}

/** What a look through the whole log has found. */
interface Findings {
  /** The record that really follows on the one before the break. */
  readonly successor: Found | undefined;
  /** The record that really stands before the one behind the break. */
  readonly predecessor: Found | undefined;
  /** The record that now stands behind that one. */
  readonly intruder: Found | undefined;
  /** A record that is the same as the break's second one. */
  readonly twin: Found | undefined;
  /** What stands behind the break's second record. */
  readonly next: ChainedRecord | undefined;
  readonly sealMisses: number;
}

const lookThrough = async ({ segments, before, record, path }: Break): Promise<Findings> => {
  let successor: Found | undefined;
  let predecessor: Found | undefined;
  let intruder: Found | undefined;
  let twin: Found | undefined;
  let next: ChainedRecord | undefined;
  let wantsNext = false;
  let sealMisses = 0;
  for (const segment of segments) {
    const end = await walkRecords(segment.path, {
      onRecord: (seen) => {
        if (wantsNext) {
          next = seen;
          wantsNext = false;
        }
        const found = { path: segment.path, record: seen };
        if (predecessor !== undefined) intruder ??= found;
        const isBroken = segment.path === path && seen.position === record.position;
        if (isBroken) wantsNext = true;
        else if (seen.hash === record.hash) twin ??= found;
        if (seen.before === before.hash) successor ??= found;
        if (seen.hash === record.before) predecessor ??= found;
        return true;
      },
    });
    if (segment.path === path) sealMisses = end.sealMisses;
  }
  return { successor, predecessor, intruder, twin, next, sealMisses };
};

/** Records above this are not read into memory to try them out. */
const TRIED_BYTES_MAX = 64 * 1024 * 1024;

/** The hash that a record would have if its first line named `before`. */
const hashIfNamed = async (path: string, record: ChainedRecord, before: string): Promise<string | undefined> => {
  const bytes = record.end - record.position;
  if (bytes > TRIED_BYTES_MAX) return undefined;
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    await file.read(buffer, 0, bytes, record.position);
    const at = buffer.indexOf(record.before, 0, 'latin1');
    if (at < 0) return undefined;
    buffer.write(before, at, 'latin1');
    return hashOf(buffer);
  } finally {
    await file.close();
  }
};

const flawOf = (kind: FlawKind, path: string, record: ChainedRecord, reason: string): Flaw =>
  flawAt(kind, path, record.position, record, reason);

const placeOf = ({ path, record }: Found): string => `${basename(path)}, byte ${record.position}`;

/** Explains a break of the chain. */
export const findFlaw = async (broken: Break): Promise<Flaw> => {
  const { before, beforePath, record, path, segments } = broken;
  const { successor, predecessor, intruder, twin, next, sealMisses } = await lookThrough(broken);
  if (twin !== undefined) return flawOf('added', path, record, `it is a copy of the record at ${placeOf(twin)}`);
  if (predecessor !== undefined && successor !== undefined) {
    return flawOf('moved', path, record, `it belongs behind the record at ${placeOf(predecessor)}`);
  }
  if (successor !== undefined) {
    return flawOf('added', path, record, `what follows on the record before it is at ${placeOf(successor)}`);
  }
  if (predecessor !== undefined && intruder !== undefined) {
    const reason = `what follows on the record before it is at ${placeOf({ path, record })}`;
    return flawOf('added', intruder.path, intruder.record, reason);
  }
  const truth = next === undefined ? undefined : await hashIfNamed(path, record, before.hash);
  if (truth !== undefined && truth === next?.before) {
    return flawOf('changed', path, record, 'the hash that it names is not that of the record before');
  }
  if (record.kind === 'Head') {
    const seqs = segments
      .filter((segment) => segment.path === path || segment.path === beforePath)
      .map(({ seq }) => seq);
    if (seqs[1] !== undefined && seqs[1] - seqs[0] > 1) {
      return flawOf('removed', path, record, `segments between ${seqs[0]} and ${seqs[1]} are missing`);
    }
  }
  if (sealMisses > 0) {
    return flawOf('removed', path, record, `${sealMisses} bytes of the stream are missing before it`);
  }
  const instead = sealMisses === 0 && record.kind !== 'Head' ? '' : ', or what followed on it was removed';
  return flawOf(
    'changed',
    beforePath,
    before,
    `its hash is not the one that the record at byte ${record.position} names${instead}`,
  );
};
