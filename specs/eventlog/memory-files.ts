/**
 * A file system in memory whose disk fails when a spec says so, and forgets what was not flushed when it crashes.
 *
 * In:     what the event log does to files. Out: a journal of it, in order; the files as a crash would leave them.
 * Memory: all files.
 * @since 0.3.0
 */
import { basename, dirname } from 'node:path';
import { EMPTY, type Observable, of, throwError } from 'rxjs';
import type { BaseSink, LogFiles } from '../../src/eventlog/log-files.ts';

interface MemoryFile {
  bytes: Buffer;
  /** What the disk has. */
  synced: Buffer;
}

const systemError = (code: string, errno: number): Error => Object.assign(new Error(code), { code, errno });
export const NO_SPACE = systemError('ENOSPC', -28);
export const INPUT_OUTPUT = systemError('EIO', -5);
const NO_SUCH_FILE = systemError('ENOENT', -2);

export class MemoryFiles implements LogFiles {
  /** What happened, in order: "write NAME BYTES", "sync NAME", and what a spec adds. */
  readonly journal: string[] = [];
  /** How many bytes may still be written before the disk is full. */
  room = Number.POSITIVE_INFINITY;
  /** What every flush fails with. */
  syncError: Error | undefined = undefined;
  /** Flushes in the background wait until `settle`. */
  holdsSyncs = false;
  /** No partial write can be cut off. */
  cutError: Error | undefined = undefined;
  private readonly files = new Map<string, MemoryFile>();
  private readonly open_ = new Map<number, { readonly path: string; readonly file: MemoryFile }>();
  private readonly waiting: (() => void)[] = [];
  private nextFd = 3;

  // ── for specs ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The bytes of a file, by its name. */
  read(name: string): Buffer {
    for (const [path, { bytes }] of this.files) if (basename(path) === name) return bytes;
    throw new Error(`no file ${name}`);
  }

  text(name: string): string {
    return this.read(name).toString('latin1');
  }

  names(): readonly string[] {
    return [...this.files.keys()].map((path) => basename(path)).sort();
  }

  /** Ends the flushes under way. */
  settle(): void {
    for (const done of this.waiting.splice(0)) done();
  }

  /** The machine stops: what the disk did not have is gone. */
  crash(): void {
    for (const file of this.files.values()) file.bytes = file.synced;
  }

  get openCount(): number {
    return this.open_.size;
  }

  // ── the port ────────────────────────────────────────────────────────────────────────────────────────────────────

  makeFolder(): void {}

  list(path: string): readonly string[] {
    return [...this.files.keys()].filter((file) => dirname(file) === path).map((file) => basename(file));
  }

  create(path: string): number {
    if (this.room === 0) throw NO_SPACE;
    const file = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.files.set(path, file);
    return this.handle(path, file);
  }

  open(path: string): number {
    return this.handle(path, this.find(path));
  }

  write(fd: number, bytes: Uint8Array, from: number, to: number, position: number): number {
    const { path, file } = this.opened(fd);
    if (this.room === 0) throw NO_SPACE;
    const length = Math.min(to - from, this.room);
    this.room -= length;
    const grown = Buffer.alloc(Math.max(file.bytes.length, position + length));
    file.bytes.copy(grown);
    grown.set(bytes.subarray(from, from + length), position);
    file.bytes = grown;
    this.journal.push(`write ${basename(path)} ${length}`);
    return length;
  }

  cut(fd: number, length: number): void {
    if (this.cutError !== undefined) throw this.cutError;
    const { path, file } = this.opened(fd);
    this.room += file.bytes.length - length;
    file.bytes = Buffer.from(file.bytes.subarray(0, length));
    this.journal.push(`cut ${basename(path)} ${length}`);
  }

  sync(fd: number): void {
    const { path, file } = this.opened(fd);
    if (this.syncError !== undefined) throw this.syncError;
    file.synced = file.bytes;
    this.journal.push(`sync ${basename(path)}`);
  }

  syncLater(fd: number, done: (error: Error | null) => void): void {
    const end = (): void => {
      if (this.syncError !== undefined) {
        done(this.syncError);
        return;
      }
      this.sync(fd);
      done(null);
    };
    this.waiting.push(end);
    if (!this.holdsSyncs) this.settle();
  }

  close(fd: number): void {
    this.opened(fd);
    this.open_.delete(fd);
  }

  size(path: string): number {
    return this.files.get(path)?.bytes.length ?? -1;
  }

  readText(path: string): string | undefined {
    return this.files.get(path)?.bytes.toString('latin1');
  }

  rename(from: string, to: string): void {
    const file = this.find(from);
    this.files.delete(from);
    this.files.set(to, file);
    for (const [fd, open] of this.open_) if (open.file === file) this.open_.set(fd, { path: to, file });
  }

  remove(path: string): void {
    this.find(path);
    this.files.delete(path);
  }

  removeLater(path: string, done: () => void): void {
    this.files.delete(path);
    done();
  }

  syncFolder(): void {}

  sink(path: string): BaseSink {
    const files = this;
    let fd: number | undefined;
    let failed: unknown;
    let at = 0;
    const attempt = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        failed = error;
      }
    };
    return {
      write: (chunk) => {
        if (failed !== undefined) return true;
        attempt(() => {
          fd ??= files.create(path);
          for (let from = 0; from < chunk.length; ) {
            const taken = files.write(fd, chunk, from, chunk.length, at);
            from += taken;
            at += taken;
          }
        });
        return true;
      },
      drain$: EMPTY,
      get finish$(): Observable<unknown> {
        attempt(() => {
          if (fd === undefined || failed !== undefined) return;
          files.sync(fd);
          files.close(fd);
        });
        return failed === undefined ? of(undefined) : throwError(() => failed);
      },
      abandon: () => void files.files.delete(path),
    };
  }

  private find(path: string): MemoryFile {
    const file = this.files.get(path);
    if (file === undefined) throw NO_SUCH_FILE;
    return file;
  }

  private opened(fd: number): { readonly path: string; readonly file: MemoryFile } {
    const open = this.open_.get(fd);
    if (open === undefined) throw new Error(`no file is open as ${fd}`);
    return open;
  }

  private handle(path: string, file: MemoryFile): number {
    const fd = this.nextFd++;
    this.open_.set(fd, { path, file });
    return fd;
  }
}
