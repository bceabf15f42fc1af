/**
 * The operating system's side of the process: log file, pid file, working folder, signals, title.
 *
 * In:  paths as ordinary strings. Out: effects, and the reasons of those that failed in the words of the C library.
 * Only the program (main.ts, process/) uses this: a server that is embedded leaves its host process alone.
 *
 * @since 0.1.0
 */
import { appendFileSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { fromEvent, map, merge, type Observable } from 'rxjs';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? error.message;
};

const attempt = <A>(action: () => A): E.Either<string, A> => E.tryCatch(action, reasonOf);

/** Makes a folder the working folder, creating it when it is missing; answers its absolute path. */
export const enterFolder = (dir: string): E.Either<string, string> =>
  attempt(() => {
    mkdirSync(resolve(dir), { recursive: true });
    process.chdir(dir);
    return process.cwd();
  });

/** Makes an existing folder the working folder, as CONFIG SET dir does. */
export const changeFolder = (dir: string): E.Either<string, string> =>
  attempt(() => {
    process.chdir(dir);
    return process.cwd();
  });

/** Finds out whether lines can be added to a file, creating it when it is missing. */
export const probeLogFile = (path: string): E.Either<string, void> => attempt(() => appendFileSync(path, ''));

/**
 * Where the log goes: stdout when `path` is empty. A file is opened anew for each line, so that it can be rotated.
 * A log that cannot be written is no reason to stop serving.
 */
export const logTo = (path: string): ((line: string) => void) => {
  if (path !== '') {
    return (line) => {
      attempt(() => appendFileSync(path, line));
    };
  }
  process.stdout.on('error', () => {});
  return (line) => void process.stdout.write(line);
};

export const writePidFile = (path: string): E.Either<string, void> =>
  attempt(() => writeFileSync(path, `${process.pid}\n`));

export const removeFile = (path: string): E.Either<string, void> => attempt(() => unlinkSync(path));

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The signals that ask for an end. As long as this is subscribed to, they do nothing else. */
export const stopSignals$: Observable<StopSignal> = merge(
  ...(['SIGINT', 'SIGTERM'] as const).map((signal) => fromEvent(process, signal).pipe(map(() => signal))),
);

/** A terminal that goes away, or a client that does, ends nothing. */
export const ignoreHangups = (): void => {
  process.on('SIGHUP', () => {});
  process.on('SIGPIPE', () => {});
};

/** How many connections the kernel lets wait to be accepted. */
export const acceptQueueLimit = (): O.Option<number> => {
  const text = attempt(() => readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
  const limit = E.isRight(text) ? Number.parseInt(text.right, 10) : Number.NaN;
  return Number.isNaN(limit) ? O.none : O.some(limit);
};
