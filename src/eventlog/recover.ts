/**
 * Recovery: a log that ends at a moment, before a server loads it (`recover-to`).
 *
 * In:     the folder of a log, a moment. Out: manifests that lead to the moment, a segment that ends there; all that came
 *         later in a folder beside it, as it was.
 * Memory: what reading one segment needs.
 *
 * Nothing is lost: what is cut off was copied before. A moment is recovered to once: the directive may stay in the
 * configuration, and what is written from then on is not cut off at the next start.
 *
 *   look for the moment → copy the segment it lies in → note → manifest → cut → move later files → history → note: done
 *
 * @since 0.3.0
 */
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import type { Services } from '../commands/context.ts';
import type { Logger } from '../log.ts';
import { FileFold } from './file-fold.ts';
import type { LogFolder } from './files.ts';
import { formatMoment, isoTime, type Moment } from './format.ts';
import {
  attemptPast,
  type Log,
  outOfRange,
  type PastError,
  type PastPlan,
  pastError,
  planFor,
  readLog,
} from './past-plan.ts';
import { readAllInto } from './read-all.ts';
import { type RecoveryNote, readNote, writeNote } from './recovery-note.ts';
import { Replayed } from './replayer.ts';
import { StreamPlace } from './stream-place.ts';

/** Where the log is to end. */
interface End {
  readonly name: string;
  /** Bytes of that file which stay. */
  readonly bytes: number;
  readonly offset: number;
  readonly timeUs: number;
}

/** Side files of a segment, which are made anew when they are missing. */
const INDEX = '.index';

const failed = ({ path, message }: { readonly path: string; readonly message: string }): PastError =>
  pastError(`Cannot write ${path}: ${message}`);

/** Finds where the moment lies, without applying anything. */
const findEnd = (
  services: Services,
  folder: LogFolder,
  log: Log,
  plan: PastPlan,
  moment: Moment,
): E.Either<PastError, End> => {
  const { base } = plan;
  const last = plan.segments.at(-1);
  if (last === undefined) {
    if (base === undefined) return E.left(outOfRange(log, moment));
    return E.right({ name: base.name, bytes: folder.size(base.name), offset: base.offset ?? 0, timeUs: base.timeUs });
  }
  const place = new StreamPlace();
  place.offset = last.from;
  place.counted = place.offset;
  const fold = new FileFold({
    services,
    replayer: { during: (_nowMs, run) => run(), apply: () => Replayed.Applied, select: () => true, error: '' },
    place,
    name: last.name,
    isSnapshot: false,
    ...(plan.files.at(-1)?.isWhole === true ? {} : { until: moment }),
  });
  const { path } = last.segment;
  return pipe(
    attemptPast('read', path, () => readAllInto(path, fold)),
    E.chain((): E.Either<PastError, End> => {
      const outcome = fold.outcome();
      if (outcome._tag === 'damaged') {
        return E.left(pastError(`${last.name}: ${outcome.damage.reason}, at offset ${outcome.damage.position}`));
      }
      const isBehind = moment._tag === 'offset' && place.counted < moment.offset && last === log.segments.at(-1);
      if (isBehind) return E.left(outOfRange(log, moment));
      return E.right({ name: last.name, bytes: fold.validTo, offset: place.offset, timeUs: place.timeUs });
    }),
  );
};

/** Names of the files that are no part of the past of the moment, nor of what was before it. */
const laterFiles = ({ bases, segments }: Log, plan: PastPlan): readonly string[] => {
  const { base } = plan;
  const last = plan.segments.at(-1);
  const from =
    last === undefined
      ? segments.findIndex((segment) => segment.from >= (base?.offset ?? 0) && segment.fromUs >= (base?.timeUs ?? 0))
      : segments.indexOf(last) + 1;
  return [
    ...(from === -1 ? [] : segments.slice(from)).map(({ name }) => name),
    ...bases.slice(base === undefined ? 0 : bases.indexOf(base) + 1).map(({ name }) => name),
  ];
};

/** Copies what will be changed, and says in the note what is to be done. */
const prepare = (
  folder: LogFolder,
  log: Log,
  plan: PastPlan,
  moment: Moment,
  end: End,
): E.Either<PastError, RecoveryNote> => {
  const aside = `${folder.path}.before-recovery-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  const note: RecoveryNote = {
    moment: formatMoment(moment),
    isDone: false,
    aside: basename(aside),
    later: [...laterFiles(log, plan)],
    incrs: plan.segments.map(({ name, segment: { seq } }) => ({ name, seq })),
    last: { name: end.name, bytes: end.bytes },
    offset: end.offset,
    timeUs: end.timeUs,
    ...(plan.base === undefined ? {} : { base: { name: plan.base.name, seq: plan.base.seq } }),
  };
  return pipe(
    attemptPast('make', aside, () => {
      mkdirSync(aside, { recursive: true });
      for (const name of [folder.manifestName, folder.historyName, end.name]) {
        if (existsSync(folder.file(name))) copyFileSync(folder.file(name), join(aside, name));
      }
      folder.files.syncFolder(aside);
    }),
    E.chain(() => E.mapLeft(failed)(writeNote(folder, note))),
    E.map(() => note),
  );
};

/** Does what a note says; what was done already is not done again. */
const perform = (folder: LogFolder, note: RecoveryNote): E.Either<PastError, void> => {
  const { base, incrs, last, later, offset, timeUs } = note;
  const aside = join(folder.dir, note.aside);
  const history = folder.readHistory();
  const entries = E.isRight(history) ? history.right.filter(({ name }) => !later.includes(name)) : [];
  return pipe(
    E.mapLeft(failed)(folder.writeManifest({ base, incrs, history: [] })),
    E.chain(() =>
      attemptPast('cut', last.name, () => {
        if (folder.size(last.name) <= last.bytes) return;
        const fd = folder.files.open(folder.file(last.name));
        try {
          folder.files.cut(fd, last.bytes);
          folder.files.sync(fd);
        } finally {
          folder.files.close(fd);
        }
      }),
    ),
    E.chain(() =>
      attemptPast('move', aside, () => {
        for (const name of [...later.flatMap((file) => [file, `${file}${INDEX}`]), `${last.name}${INDEX}`]) {
          if (existsSync(folder.file(name))) renameSync(folder.file(name), join(aside, name));
        }
        folder.files.syncFolder(folder.path);
        folder.files.syncFolder(aside);
      }),
    ),
    E.chain(() =>
      pipe(
        folder.writeHistory(
          entries.map((entry) =>
            entry.kind === 'segment' && entry.name === last.name && entry.to !== offset
              ? { ...entry, to: offset, toUs: timeUs, seal: undefined }
              : entry,
          ),
        ),
        E.chain(() => writeNote(folder, { ...note, isDone: true })),
        E.mapLeft(failed),
      ),
    ),
  );
};

const say = (log: Logger, { moment, offset, timeUs, aside }: RecoveryNote): void => {
  log.notice(`Recovered to ${moment}: the log ends at offset ${offset} (${isoTime(timeUs)}) now`);
  log.notice(`What came later is kept in ${aside}`);
};

/** Makes the log end at the moment, unless that was done before. Also finishes a recovery that a crash has cut short. */
export const recoverTo = (services: Services, folder: LogFolder, moment?: Moment): TE.TaskEither<PastError, void> => {
  const { log } = services;
  const note = readNote(folder);
  if (note !== undefined && !note.isDone) {
    return TE.fromEither(
      pipe(
        perform(folder, note),
        E.map(() => say(log, note)),
      ),
    );
  }
  if (moment === undefined) return TE.right(undefined);
  if (note?.moment === formatMoment(moment)) {
    log.notice(
      `The log was recovered to ${note.moment} before (see ${folder.prefix}.recovered): it is loaded as it is`,
    );
    return TE.right(undefined);
  }
  // Nobody is to be served before the log has been loaded.
  services.persistence.loadsLog({
    startedMs: services.environment.scheduler.now(),
    totalBytes: 0,
    loadedBytes: 0,
    usedMemoryBytes: 0,
  });
  return pipe(
    readLog(folder),
    TE.chainEitherK((all) =>
      pipe(
        planFor(all, moment),
        E.chain((plan) =>
          pipe(
            findEnd(services, folder, all, plan, moment),
            E.chain((end) => prepare(folder, all, plan, moment, end)),
          ),
        ),
      ),
    ),
    TE.chainEitherK((prepared) =>
      pipe(
        perform(folder, prepared),
        E.map(() => say(log, prepared)),
      ),
    ),
  );
};
