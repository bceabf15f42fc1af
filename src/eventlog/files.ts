/**
 * The folder of the event log: names of its files, and its two manifests.
 *
 * In:  `dir`, `appenddirname`, `appendfilename`. Out: paths, manifests; errors that say what failed.
 * A manifest is never changed in place: a new one is written beside it, flushed, and takes its place.
 *
 * @since 0.3.0
 */
import { join } from 'node:path';
import * as E from 'fp-ts/Either';
import { type LogEntry, parseHistory, renderHistory } from './history-manifest.ts';
import { codeOf, type LogFiles, systemFiles } from './log-files.ts';
import { type Manifest, type ManifestFile, parseManifest, renderManifest } from './manifest.ts';

export type { LogEntry } from './history-manifest.ts';
export { type LogFiles, systemFiles } from './log-files.ts';
export { type Manifest, type ManifestFile, NO_FILES } from './manifest.ts';

export interface LogFileError {
  readonly _tag: 'LogFileError';
  readonly operation: string;
  readonly path: string;
  /** System error code such as ENOSPC; '' where the file itself is wrong. */
  readonly code: string;
  readonly message: string;
}

/** Runs something on files. What the system did not say is a bug of ours and is thrown on. */
export const attempt = <T>(operation: string, path: string, run: () => T): E.Either<LogFileError, T> => {
  try {
    return E.right(run());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return E.left({ _tag: 'LogFileError', operation, path, code: codeOf(error), message: error.message });
  }
};

export interface LogFolderOptions {
  /** `dir`, absolute. */
  readonly dir: string;
  /** `appenddirname` */
  readonly folder: string;
  /** `appendfilename` */
  readonly file: string;
  readonly files?: LogFiles;
}

export class LogFolder {
  readonly dir: string;
  /** Absolute path of the folder. */
  readonly path: string;
  /** What the names of its files begin with. */
  readonly prefix: string;
  readonly files: LogFiles;

  constructor({ dir, folder, file, files = systemFiles }: LogFolderOptions) {
    this.dir = dir;
    this.path = join(dir, folder);
    this.prefix = file;
    this.files = files;
  }

  // ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────

  baseName(seq: number, kind: 'rdb' | 'aof'): string {
    return `${this.prefix}.${seq}.base.${kind}`;
  }

  segmentName(seq: number): string {
    return `${this.prefix}.${seq}.incr.aof`;
  }

  get manifestName(): string {
    return `${this.prefix}.manifest`;
  }

  get historyName(): string {
    return `${this.prefix}.history`;
  }

  /** The single file of Redis before 7, or '' where nobody could have made it. */
  get oldPath(): string {
    return join(this.dir, this.prefix);
  }

  /** Path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  // ── manifests ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Redis' manifest; undefined where there is none. */
  readManifest(): E.Either<LogFileError, Manifest | undefined> {
    const path = this.file(this.manifestName);
    const text = attempt('read', path, () => this.files.readText(path));
    if (E.isLeft(text) || text.right === undefined) return E.map(() => undefined)(text);
    const manifest = parseManifest(text.right);
    if (E.isRight(manifest)) return manifest;
    const { line, text: found, reason } = manifest.left;
    return E.left({
      _tag: 'LogFileError',
      operation: 'read',
      path,
      code: '',
      message: `Reading the manifest file, at line ${line} >>> '${found}' ${reason}`,
    });
  }

  writeManifest(manifest: Manifest): E.Either<LogFileError, void> {
    return this.replace(this.manifestName, renderManifest(manifest));
  }

  /** Our own manifest; nothing where there is none. */
  readHistory(): E.Either<LogFileError, readonly LogEntry[]> {
    const path = this.file(this.historyName);
    const text = attempt('read', path, () => this.files.readText(path) ?? '');
    if (E.isLeft(text)) return text;
    const history = parseHistory(text.right);
    if (E.isRight(history)) return history;
    return E.left({ _tag: 'LogFileError', operation: 'read', path, code: '', message: history.left });
  }

  writeHistory(entries: readonly LogEntry[]): E.Either<LogFileError, void> {
    return this.replace(this.historyName, renderHistory(entries));
  }

  /** Whether a file is there, and how long it is; -1 when it is not. */
  size(name: string): number {
    const bytes = attempt('open', this.file(name), () => this.files.size(this.file(name)));
    return E.isRight(bytes) ? bytes.right : -1;
  }

  /** Removes a file; one that cannot be removed does no harm. */
  remove({ name }: Pick<ManifestFile, 'name'>): void {
    attempt('remove', this.file(name), () => this.files.remove(this.file(name)));
  }

  /** Moves a file into the folder and has the folder remember it. */
  take(path: string, name: string): E.Either<LogFileError, void> {
    return attempt('rename', path, () => {
      this.files.rename(path, this.file(name));
      this.files.syncFolder(this.path);
    });
  }

  private replace(name: string, text: string): E.Either<LogFileError, void> {
    const { files } = this;
    const temporary = this.file(`temp-${name}`);
    return attempt('write', this.file(name), () => {
      const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
      const fd = files.create(temporary);
      try {
        for (let at = 0; at < bytes.length; ) at += files.write(fd, bytes, at, bytes.length, at);
        files.sync(fd);
      } finally {
        files.close(fd);
      }
      files.rename(temporary, this.file(name));
      files.syncFolder(this.path);
    });
  }
}
