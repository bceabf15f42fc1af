/**
 * Verifies a log: names the first record that was changed, removed or moved.
 *
 * In:     a folder. Out: what was verified, or the flaw: file, place, offset, time, and what happened there.
 * Memory: one buffer; the log is read once, and once more to explain a flaw.
 *
 * What the chain proves (see chain.ts): nothing in front of a hash that one knows was touched. The last hash of the log is
 * part of the answer, so that it can be kept elsewhere and asked for the next time (`known`). Two things nobody can see
 * without one: that records at the very end are missing, and that somebody rewrote everything from a place on. Where the
 * server was stopped, the history manifest knows the offset of the end, which is something, but no proof. In a log without
 * an audit trail a segment is a single record.
 *
 * @since 0.3.0
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { NO_HASH } from './chain.ts';
import { type Flaw, findFlaw, flawAt } from './flaw.ts';
import { type LogEntry, parseHistory } from './history-manifest.ts';
import { type ChainedRecord, walkRecords } from './record-walk.ts';
import { listSegments, logFolder, type Segment } from './segments.ts';

export type { Flaw, FlawKind } from './flaw.ts';

export interface Verified {
  readonly segments: number;
  /** Segments without a head, as redis-server writes them: nothing vouches for them. */
  readonly unchained: number;
  readonly records: number;
  readonly commands: number;
  readonly bytes: number;
  /** Offset and time of the beginning and of the end. */
  readonly from: number;
  readonly to: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** The log begins with its first segment: none was removed in front of it. */
  readonly isWhole: boolean;
  /** The hash of the last record: keep it elsewhere. */
  readonly lastHash: string;
  /** The last segment is closed. One that is open, or that a crash left, may end within a command. */
  readonly isSealed: boolean;
  readonly tornAt: number | undefined;
}

export interface VerifyOptions {
  /** A hash that was seen before, and has to be that of one of the records. */
  readonly known?: string;
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** The history manifest of a folder; nothing where there is none. */
const historyOf = async (folder: string): Promise<readonly LogEntry[]> => {
  const name = (await readdir(folder)).find((file) => file.endsWith('.history'));
  if (name === undefined) return [];
  const parsed = parseHistory(await readFile(join(folder, name), 'latin1'));
  return E.isRight(parsed) ? parsed.right : [];
};

/** The verification of one folder. */
class Verification {
  records = 0;
  commands = 0;
  unchained = 0;
  first: ChainedRecord | undefined = undefined;
  /** The record before, and the file it is in. */
  last: ChainedRecord | undefined = undefined;
  lastPath = '';
  tornAt: number | undefined = undefined;
  sawKnown: boolean;
  private readonly segments: readonly Segment[];
  private readonly known: string | undefined;
  private readonly onBytes: (bytes: number) => void;

  constructor(segments: readonly Segment[], known: string | undefined, onBytes: (bytes: number) => void) {
    this.segments = segments;
    this.known = known;
    this.sawKnown = known === undefined;
    this.onBytes = onBytes;
  }

  /** Verifies one segment; undefined when all is well. */
  async segment({ path, seal }: Segment, isLast: boolean, listed: LogEntry | undefined): Promise<Flaw | undefined> {
    let broken: ChainedRecord | undefined;
    const end = await walkRecords(path, {
      onBytes: this.onBytes,
      onRecord: (record) => {
        if (this.last !== undefined && record.before !== this.last.hash) {
          broken = record;
          return false;
        }
        this.follow(record, path);
        return true;
      },
    });
    this.commands += end.commands;
    if (broken !== undefined && this.last !== undefined) {
      return findFlaw({
        segments: this.segments,
        before: this.last,
        beforePath: this.lastPath,
        record: broken,
        path,
      });
    }
    const { damage } = end;
    if (damage !== undefined) {
      return flawAt('damaged', path, damage.position, this.last, `at byte ${damage.at}: ${damage.reason}`);
    }
    if (!end.hasHead) {
      if (listed?.seal !== undefined) return beheaded(path, listed);
      this.unchained++;
      // What comes behind cannot be expected to name its hash.
      this.last = undefined;
    }
    if (end.sealMisses !== 0) {
      const reason = `the seal counts ${Math.abs(end.sealMisses)} bytes of the stream ${end.sealMisses > 0 ? 'more' : 'less'} than there are`;
      return flawAt('changed', path, this.last?.position ?? 0, this.last, reason);
    }
    if (end.tornAt !== undefined && (!isLast || seal !== undefined)) {
      return flawAt('damaged', path, end.tornAt, this.last, 'expected a whole command, got the end of the file');
    }
    this.tornAt = end.tornAt;
    return this.compare(path, listed);
  }

  /** What the history manifest says of a segment that is over. */
  private compare(path: string, listed: LogEntry | undefined): Flaw | undefined {
    const { last } = this;
    if (listed === undefined || last === undefined) return undefined;
    if (listed.seal === undefined) {
      // A stop has taken note of the end; redis-server may have gone on behind it.
      if (listed.to === undefined || last.to >= listed.to) return undefined;
      return flawAt('removed', path, last.end, last, `the history manifest knows ${listed.to - last.to} bytes more`);
    }
    if (last.kind !== 'Seal') {
      return flawAt(
        'removed',
        path,
        last.end,
        last,
        'the history manifest knows a seal, and the segment ends without one',
      );
    }
    if (last.before === listed.seal) return undefined;
    return flawAt('changed', path, last.position, last, 'the history manifest knows another seal');
  }

  private follow(record: ChainedRecord, path: string): void {
    this.records++;
    this.first ??= record;
    this.last = record;
    this.lastPath = path;
    if (record.hash === this.known || record.before === this.known) this.sawKnown = true;
  }
}

const beheaded = (path: string, { from, fromUs }: LogEntry): Flaw => ({
  ...flawAt('removed', path, 0, undefined, 'the history manifest knows a seal, and the segment has not even a head'),
  offset: from,
  timeUs: fromUs,
});

const missing = (folder: string, { name, from, fromUs }: LogEntry): Flaw => ({
  kind: 'removed',
  file: basename(join(folder, name)),
  position: 0,
  offset: from,
  timeUs: fromUs,
  reason: 'the history manifest knows this segment, and it is not there',
});

/** Verifies the log in a folder. Left is the first flaw. */
export const verify = async (folder: string, options: VerifyOptions = {}): Promise<E.Either<Flaw, Verified>> => {
  const place = await logFolder(folder);
  const segments = await listSegments(place);
  const history = (await historyOf(place)).filter(({ kind }) => kind === 'segment');
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let readBytes = 0;
  const verification = new Verification(segments, options.known, (count) => {
    readBytes += count;
    options.onProgress?.(readBytes, Math.max(bytes, readBytes));
  });
  const names = new Set(segments.map(({ path }) => basename(path)));
  const lost = history.filter(({ name }) => !names.has(name)).sort((a, b) => a.seq - b.seq);
  for (const segment of segments) {
    const [first] = lost;
    if (first !== undefined && first.seq < segment.seq) return E.left(missing(dirname(segment.path), first));
    const listed = history.find(({ name }) => name === basename(segment.path));
    const flaw = await verification.segment(segment, segment === segments.at(-1), listed);
    if (flaw !== undefined) return E.left(flaw);
  }
  const [first] = lost;
  if (first !== undefined) return E.left(missing(place, first));
  const { first: begin, last, lastPath } = verification;
  if (!verification.sawKnown) {
    return E.left(flawAt('unknown', lastPath, last?.position ?? 0, last, 'no record has the hash that is known'));
  }
  return E.right({
    segments: segments.length,
    unchained: verification.unchained,
    records: verification.records,
    commands: verification.commands,
    bytes,
    from: begin?.from ?? 0,
    to: last?.to ?? 0,
    fromUs: begin?.timeUs ?? 0,
    toUs: last?.timeUs ?? 0,
    isWhole: begin?.before === NO_HASH,
    lastHash: last?.hash ?? NO_HASH,
    isSealed: last?.kind === 'Seal',
    tornAt: verification.tornAt,
  });
};

/** A flaw in one sentence. */
export const describeFlaw = ({ kind, file, position, offset, timeUs, reason }: Flaw): string => {
  const time = timeUs === 0 ? '' : `, ${new Date(timeUs / 1000).toISOString()}`;
  return `${file}: ${kind} at byte ${position} (offset ${offset}${time}): ${reason}`;
};
