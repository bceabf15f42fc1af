/**
 * What the event log needs of a file system: a port, so that a spec can play full disks, short writes and failing flushes.
 *
 * In:  paths and bytes. Out: what the system says; all functions throw its errors as node:fs does.
 *
 * @since 0.3.0
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlink,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { FileSink } from '../persistence/rdb/file.ts';
import type { SnapshotSink } from '../persistence/snapshot.ts';

/** Where the bytes of a base go. */
export interface BaseSink extends SnapshotSink {
  /** Removes what was written. */
  abandon(): void;
}

export interface LogFiles {
  makeFolder(path: string): void;
  /** Names of the files in a folder. */
  list(path: string): readonly string[];
  /** Makes a new, empty file, in place of one that may be there. */
  create(path: string): number;
  /** Opens a file that is there, for writing. */
  open(path: string): number;
  /** Writes bytes[from, to) at a position of the file; answers how many bytes the system took. */
  write(fd: number, bytes: Uint8Array, from: number, to: number, position: number): number;
  cut(fd: number, length: number): void;
  /** Waits until the disk has the file's bytes. */
  sync(fd: number): void;
  /** The same in the background. */
  syncLater(fd: number, done: (error: Error | null) => void): void;
  close(fd: number): void;
  /** Bytes of a file; -1 where there is none. */
  size(path: string): number;
  /** A whole text in latin1; undefined where there is none. */
  readText(path: string): string | undefined;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** The same in the background, where a large file may take its time. A file that cannot be removed does no harm. */
  removeLater(path: string, done: () => void): void;
  syncFolder(path: string): void;
  /** A new file that is written in the background. */
  sink(path: string, incrementalSync: boolean): BaseSink;
}

const FILE_MODE = 0o644;

/** The code of a system error, such as ENOSPC. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

/** Answers `missing` where there is no such file. */
const unlessMissing = <T>(run: () => T, missing: T): T => {
  try {
    return run();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return missing;
    throw error;
  }
};

/** The real file system. */
export const systemFiles: LogFiles = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  list: (path) => readdirSync(path),
  create: (path) => openSync(path, 'w', FILE_MODE),
  open: (path) => openSync(path, 'r+'),
  write: (fd, bytes, from, to, position) => writeSync(fd, bytes, from, to - from, position),
  cut: ftruncateSync,
  sync: fdatasyncSync,
  syncLater: fdatasync,
  close: closeSync,
  size: (path) => unlessMissing(() => statSync(path).size, -1),
  readText: (path) => unlessMissing<string | undefined>(() => readFileSync(path, 'latin1'), undefined),
  rename: renameSync,
  remove: unlinkSync,
  removeLater: (path, done) => unlink(path, () => done()),
  syncFolder: (path) => {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  sink: (path, incrementalSync) => new FileSink(path, incrementalSync),
};
