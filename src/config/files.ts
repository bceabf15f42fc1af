/**
 * The outside of the configuration: reading its files, and replacing one so that a crash leaves the old or the new.
 *
 * In:  paths as ordinary strings. Out: texts in latin1, one character per byte, or a `FileError`.
 * @since 0.1.0
 */
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import type { ConfigFiles, FileError } from './load.ts';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'No such file or directory'],
  ['EACCES', 'Permission denied'],
  ['EISDIR', 'Is a directory'],
  ['ENOTDIR', 'Not a directory'],
  ['EROFS', 'Read-only file system'],
  ['ENOSPC', 'No space left on device'],
]);

/** Names a failure as the C library would, since operators know those words. */
const fileError = (cause: unknown): FileError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN';
  return { code, reason: REASONS.get(code) ?? (cause instanceof Error ? cause.message : String(cause)) };
};

const attempt = <A>(action: () => Promise<A>): TE.TaskEither<FileError, A> => TE.tryCatch(action, fileError);

/** Reads everything that is piped in. */
const readAll = async (input: AsyncIterable<Buffer | string>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks).toString('latin1');
};

/** The real file system and stdin. */
export const nodeFiles = (stdin: AsyncIterable<Buffer | string>): ConfigFiles => ({
  readText: (path) => attempt(() => readFile(path, 'latin1')),
  readStdin: attempt(() => readAll(stdin)),
  listFolder: (path) => attempt(() => readdir(path === '' ? '.' : path)),
});

/** The steps of an atomic replacement, so that a spec can make any of them fail. */
export interface ReplaceFiles {
  /** Creates a file with these latin1 contents and permissions and flushes it to the disk. */
  readonly createFlushed: (path: string, text: string, mode: number) => TE.TaskEither<FileError, void>;
  readonly rename: (from: string, to: string) => TE.TaskEither<FileError, void>;
  /** Flushes a folder, so that a rename inside it survives a crash. */
  readonly flushFolder: (path: string) => TE.TaskEither<FileError, void>;
  readonly remove: (path: string) => TE.TaskEither<FileError, void>;
  /** The permissions of a file. */
  readonly modeOf: (path: string) => TE.TaskEither<FileError, number>;
}

export const nodeReplaceFiles: ReplaceFiles = {
  createFlushed: (path, text, mode) =>
    attempt(async () => {
      const file = await open(path, 'wx', mode);
      try {
        await file.writeFile(text, 'latin1');
        await file.chmod(mode); // the umask does not apply to a file that existed before
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  rename: (from, to) => attempt(() => rename(from, to)),
  flushFolder: (path) =>
    attempt(async () => {
      const folder = await open(path, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }),
  remove: (path) => attempt(() => rm(path, { force: true })),
  modeOf: (path) => attempt(async () => (await stat(path)).mode & 0o7777),
};

const DEFAULT_MODE = 0o644;

/**
 * Replaces a file: temporary file beside it, flush, rename, flush of the folder. Permissions stay; on a failure the old
 * file stays as it was and the temporary one is removed. `unique` keeps two writers apart (pid and time, say).
 */
export const replaceFile = (
  files: ReplaceFiles,
  path: string,
  text: string,
  unique: string,
): TE.TaskEither<FileError, void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${unique}.tmp`);
  return pipe(
    files.modeOf(path),
    TE.orElse((error) => (error.code === 'ENOENT' ? TE.right(DEFAULT_MODE) : TE.left(error))),
    TE.chain((mode) => files.createFlushed(temporary, text, mode)),
    TE.chain(() => files.rename(temporary, path)),
    TE.orElse((error) =>
      pipe(
        files.remove(temporary), // whether or not this works, the first failure is the one to tell
        TE.orElse(() => TE.right<FileError, void>(undefined)),
        TE.chain(() => TE.left<FileError, void>(error)),
      ),
    ),
    TE.chain(() => files.flushFolder(dirname(path))),
  );
};
