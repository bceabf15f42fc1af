/**
 * The single file of Redis before 7 becomes the base of a log in a folder, as Redis 7 does it at its start.
 *
 * In:  `dir`, with an `appendonly.aof` that no manifest knows. Out: a folder with that file and a manifest.
 * A crash in between leaves the file where it was, with a manifest that names it: the next start goes on.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import type { Logger } from '../log.ts';
import type { LoadError } from '../persistence/service.ts';
import { attempt, type LogFileError, type LogFolder, type Manifest, NO_FILES } from './files.ts';

const failed = ({ operation, path, message }: LogFileError): LoadError => ({
  _tag: 'LoadError',
  message: `Error trying to ${operation} ${path}: ${message}`,
});

/** Whether a folder with this manifest has no log of its own yet, or only the promise of the old file. */
const wantsOldFile = (folder: LogFolder, manifest: Manifest | undefined): boolean => {
  if (manifest === undefined) return true;
  const { base, incrs } = manifest;
  if (incrs.length > 0) return false;
  return base === undefined || (base.name === folder.prefix && folder.size(base.name) === -1);
};

/** Moves the old file into the folder, where there is one and the folder has no log yet. */
export const upgradeOldFile = (folder: LogFolder, log: Logger): E.Either<LoadError, void> => {
  const { files, oldPath, prefix } = folder;
  return pipe(
    attempt('open', oldPath, () => files.size(oldPath) >= 0),
    E.chain((isThere) =>
      isThere
        ? E.map((manifest: Manifest | undefined) => wantsOldFile(folder, manifest))(folder.readManifest())
        : E.right(false),
    ),
    E.chain((isWanted) => {
      if (!isWanted) return E.right(undefined);
      return pipe(
        attempt('make', folder.path, () => files.makeFolder(folder.path)),
        E.chain(() => folder.writeManifest({ ...NO_FILES, base: { name: prefix, seq: 1 } })),
        E.chain(() => folder.take(oldPath, prefix)),
        E.map(() =>
          log.notice(
            `Successfully migrated an old-style AOF file (${prefix}) into the AOF directory (${folder.path}).`,
          ),
        ),
      );
    }),
    E.mapLeft(failed),
  );
};
