/**
 * RDB files on disk: written beside the old one, flushed, and put in its place at once.
 *
 * In:     chunks of a snapshot, paths. Out: files; tagged errors that say what failed.
 * Memory: the sink holds chunks until the disk has them, up to `PENDING_BYTES_MAX` before it says that it is full.
 *
 * @since 0.1.0
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import type * as T from 'fp-ts/Task';
import * as TE from 'fp-ts/TaskEither';
import { Observable, Subject } from 'rxjs';
import type { SnapshotSink } from '../snapshot.ts';
import { recycleChunk } from './output.ts';

export type FileOperation = 'create' | 'open' | 'read' | 'write' | 'fsync' | 'close' | 'rename' | 'make the folder of';

export interface FileError {
  readonly _tag: 'FileError';
  readonly operation: FileOperation;
  readonly path: string;
  /** System error code such as ENOSPC. */
  readonly code: string;
  readonly message: string;
}

const PENDING_BYTES_MAX = 1024 * 1024;
/** With rdb-save-incremental-fsync the disk gets its work in pieces of this size. */
const SYNC_BYTES = 4 * 1024 * 1024;
/** Loading this much takes two or three milliseconds. */
const READ_BYTES = 128 * 1024;
const FILE_MODE = 0o644;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

export const fileError =
  (operation: FileOperation, path: string) =>
  (error: unknown): FileError => ({
    _tag: 'FileError',
    operation,
    path,
    code: codeOf(error),
    message: error instanceof Error ? error.message : String(error),
  });

/** What the system did not say is a bug of ours, not a failure of the disk. */
const onlySystemErrors =
  (operation: FileOperation, path: string) =>
  (error: unknown): FileError => {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return fileError(operation, path)(error);
  };

const attempt = <T>(operation: FileOperation, path: string, run: () => Promise<T>): TE.TaskEither<FileError, T> =>
  TE.tryCatch(run, onlySystemErrors(operation, path));

const attemptSync = <T>(operation: FileOperation, path: string, run: () => T): E.Either<FileError, T> =>
  E.tryCatch(run, onlySystemErrors(operation, path));

// ── writing in slices ───────────────────────────────────────────────────────────────────────────────────────────────

/** A sink that writes a new file. `finish$` completes when its bytes are on the disk and it is closed. */
export class FileSink implements SnapshotSink {
  readonly finish$: Observable<never>;
  private readonly path: string;
  private readonly incrementalSync: boolean;
  private readonly drained = new Subject<void>();
  readonly drain$: Observable<void> = this.drained.asObservable();
  private handle: FileHandle | undefined = undefined;
  private queue: Uint8Array[] = [];
  private pendingBytes = 0;
  private unsyncedBytes = 0;
  private full = false;
  private isAbandoned = false;
  private work: Promise<void> | undefined = undefined;
  private error: FileError | undefined = undefined;

  constructor(path: string, incrementalSync: boolean) {
    this.path = path;
    this.incrementalSync = incrementalSync;
    this.finish$ = new Observable((subscriber) => {
      this.close().then(
        () => (this.error === undefined ? subscriber.complete() : subscriber.error(this.error)),
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  write(chunk: Uint8Array): boolean {
    this.queue.push(chunk);
    this.pendingBytes += chunk.length;
    this.work ??= this.pump();
    this.full = this.pendingBytes >= PENDING_BYTES_MAX;
    return !this.full;
  }

  /** Removes the file, at once because the process may be about to end, and closes it when the disk lets go. */
  abandon(): void {
    this.isAbandoned = true;
    this.queue = [];
    const remove = (): void => {
      try {
        unlinkSync(this.path);
      } catch {
        // It was never made, or somebody else removed it.
      }
    };
    remove();
    const close = async (): Promise<void> => {
      await this.work;
      await this.handle?.close().catch(() => {});
      this.handle = undefined;
      remove();
    };
    void close();
  }

  /** Never rejects: a failure is kept in `error` and told to the snapshot. */
  private async pump(): Promise<void> {
    let operation: FileOperation = 'create';
    try {
      if (this.handle === undefined) {
        await mkdir(dirname(this.path), { recursive: true });
        this.handle = await open(this.path, 'w', FILE_MODE);
      }
      while (this.queue.length > 0 && !this.isAbandoned) {
        const chunks = this.queue;
        this.queue = [];
        operation = 'write';
        const bytes = await writeAll(this.handle, chunks);
        for (const chunk of chunks) recycleChunk(chunk);
        this.pendingBytes -= bytes;
        this.unsyncedBytes += bytes;
        if (this.incrementalSync && this.unsyncedBytes >= SYNC_BYTES) {
          this.unsyncedBytes = 0;
          operation = 'fsync';
          await this.handle.datasync();
        }
        if (this.full && this.pendingBytes < PENDING_BYTES_MAX / 2) {
          this.full = false;
          this.drained.next();
        }
      }
    } catch (error) {
      this.error = fileError(operation, this.path)(error);
      await this.handle?.close().catch(() => {});
      this.handle = undefined;
      this.drained.error(this.error);
    }
    this.work = undefined;
  }

  private async close(): Promise<void> {
    await this.work;
    const { handle } = this;
    if (handle === undefined || this.error !== undefined) return;
    let operation: FileOperation = 'fsync';
    try {
      await handle.sync();
      operation = 'close';
      this.handle = undefined;
      await handle.close();
    } catch (error) {
      this.error = fileError(operation, this.path)(error);
    }
  }
}

/** Writes all chunks, however the system cuts them. Returns how many bytes that were. */
const writeAll = async (handle: FileHandle, chunks: readonly Uint8Array[]): Promise<number> => {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let { bytesWritten: skip } = await handle.writev([...chunks]);
  if (skip === total) return total;
  for (const chunk of chunks) {
    let at = Math.min(skip, chunk.length);
    skip -= at;
    while (at < chunk.length) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
  }
  return total;
};

/** Puts a finished file in the place of another, and has the folder remember it. */
export const replaceFile = (temporary: string, target: string): TE.TaskEither<FileError, void> =>
  pipe(
    attempt('rename', target, () => rename(temporary, target)),
    TE.chain(() => attempt('fsync', dirname(target), () => syncFolder(dirname(target)))),
  );

/** Name of the file that a process writes before it takes the place of another. */
export const temporaryName = (suffix = ''): string => `temp-${process.pid}${suffix}.rdb`;
/** Those of background saves; redis-server's have no second number and are none of our business. */
const LEFTOVER = /^temp-(\d+)-\d+\.rdb$/;

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
};

/** Removes what background saves of processes that were killed have left in a folder. Answers the names. */
export const removeLeftovers = (folder: string): T.Task<readonly string[]> => {
  const isLeftover = (name: string): boolean => {
    const pid = LEFTOVER.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  };
  return async () => {
    // A folder that cannot be read, or a file that cannot be removed, does no harm: the next start tries again.
    const names = (await readdir(folder).catch(() => [])).filter(isLeftover);
    for (const name of names) await unlink(join(folder, name)).catch(() => {});
    return names;
  };
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

// ── writing at once ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Writes a file through `fill` and puts it in the place of `target`; on failure the old file is still there. */
export const writeFileSync = (
  temporary: string,
  target: string,
  fill: (write: (chunk: Uint8Array) => void) => void,
): E.Either<FileError, void> => {
  const written = pipe(
    attemptSync('make the folder of', target, () => mkdirSync(dirname(target), { recursive: true })),
    E.chain(() => attemptSync('create', temporary, () => openSync(temporary, 'w', FILE_MODE))),
    E.chain((fd) => {
      const filled = pipe(
        attemptSync('write', temporary, () =>
          fill((chunk) => {
            for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at, chunk.length - at);
          }),
        ),
        E.chain(() => attemptSync('fsync', temporary, () => fsyncSync(fd))),
      );
      const closed = attemptSync('close', temporary, () => closeSync(fd));
      return E.isLeft(filled) ? filled : closed;
    }),
    E.chain(() => attemptSync('rename', target, () => renameSync(temporary, target))),
  );
  if (E.isLeft(written)) {
    attemptSync('write', temporary, () => unlinkSync(temporary));
    return written;
  }
  return attemptSync('fsync', dirname(target), () => {
    const fd = openSync(dirname(target), 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
};

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Takes a chunk on loan; false = enough. */
export type ChunkReader = (bytes: Uint8Array, length: number) => boolean;

/** Reads a file piece by piece, the event loop running in between. `take` is told the file's size first. */
export const readInPieces = (path: string, begin: (bytes: number) => ChunkReader): TE.TaskEither<FileError, void> =>
  pipe(
    attempt('open', path, () => open(path, 'r')),
    TE.chain((file) =>
      attempt('read', path, async () => {
        try {
          const take = begin((await file.stat()).size);
          const buffer = new Uint8Array(READ_BYTES);
          for (;;) {
            const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
            if (bytesRead === 0 || !take(buffer, bytesRead)) return;
          }
        } finally {
          await file.close();
        }
      }),
    ),
  );

/** The same without a pause. */
export const readAtOnce = (path: string, take: ChunkReader): E.Either<FileError, void> =>
  pipe(
    attemptSync('open', path, () => openSync(path, 'r')),
    E.chain((fd) =>
      attemptSync('read', path, () => {
        try {
          const buffer = new Uint8Array(READ_BYTES);
          for (;;) {
            const bytes = readSync(fd, buffer, 0, READ_BYTES, null);
            if (bytes === 0 || !take(buffer, bytes)) return;
          }
        } finally {
          closeSync(fd);
        }
      }),
    ),
  );
