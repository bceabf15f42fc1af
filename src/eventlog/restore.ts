/**
 * Restoring: a fresh folder that a server can start with, which holds what there was at a moment.
 *
 * In:     the folder of a log, a moment, the path of the new folder. Out: an RDB (`dump.rdb`) and a log with one base, both
 *         with the same data; the log that was read stays as it is.
 * Memory: the keyspace of the moment, until the files are written.
 *
 * What a server does from there on is a history of its own: the base names a new replication id, and the offsets go on.
 *
 * @since 0.3.0
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import { writeFileSync } from '../persistence/rdb/file.ts';
import { type LogFileError, LogFolder } from './files.ts';
import { foldTo, type Past, type PastOptions, type Reached } from './past.ts';
import { attemptPast, type PastError, pastError } from './past-plan.ts';

export interface RestoreOptions extends PastOptions {
  /** The folder to be made: `dir` of the server that starts from it. */
  readonly out: string;
}

export interface Restored {
  readonly reached: Reached;
  readonly keys: number;
  /** The files that were made. */
  readonly files: readonly string[];
}

const REPLID_BYTES = 20;

/** Makes the folder; one that holds something is not touched. */
const makeFolder = (path: string): E.Either<PastError, void> =>
  pipe(
    attemptPast('make the folder', path, () => {
      mkdirSync(path, { recursive: true });
      return readdirSync(path).length;
    }),
    E.chain((files) =>
      files === 0 ? E.right(undefined) : E.left(pastError(`${path} is not empty: a fresh folder is wanted`)),
    ),
  );

const writeFailed = ({ path, message }: Pick<LogFileError, 'path' | 'message'>): PastError =>
  pastError(`Cannot write ${path}: ${message}`);

/** Writes the state of the past into the folder. */
const write = ({ server, reached }: Past, { folder, out }: RestoreOptions): E.Either<PastError, Restored> => {
  const { persistence, keyspace } = server.services;
  const { snapshotter } = persistence;
  const dir = resolve(out);
  const target = new LogFolder({ dir, folder: folder.path.slice(folder.dir.length + 1), file: folder.prefix });
  const base = { name: target.baseName(1, 'rdb'), seq: 1 };
  const dump = join(dir, 'dump.rdb');
  const { offset, timeUs } = reached;
  const replId = randomBytes(REPLID_BYTES).toString('hex');
  const files = [dump, target.file(base.name), target.file(target.manifestName), target.file(target.historyName)];
  return pipe(
    writeFileSync(`${dump}.temp`, dump, (take) => void snapshotter.runToEnd(take, {})),
    E.chain(() =>
      writeFileSync(`${files[1]}.temp`, files[1], (take) => {
        snapshotter.runToEnd(take, { replId, replOffset: offset, replStreamDb: 0, aofBase: true });
      }),
    ),
    E.mapLeft(writeFailed),
    E.chain(() =>
      pipe(
        target.writeManifest({ base, incrs: [], history: [] }),
        E.chain(() =>
          target.writeHistory([
            { kind: 'base', ...base, from: offset, to: offset, fromUs: timeUs, toUs: timeUs, seal: undefined },
          ]),
        ),
        E.mapLeft(writeFailed),
      ),
    ),
    E.map(() => ({ reached, keys: keyspace.databases.reduce((sum, { size }) => sum + size, 0), files })),
  );
};

/** Writes the state of a moment into a fresh folder. */
export const restore = (options: RestoreOptions): TE.TaskEither<PastError, Restored> =>
  pipe(
    foldTo(options),
    TE.chainFirst(() => TE.fromEither(makeFolder(resolve(options.out)))),
    TE.chain((past) => TE.fromEither(write(past, options))),
  );
