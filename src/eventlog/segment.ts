/**
 * A segment that is being written: one file of the log.
 *
 * In:  bytes. Out: the file; a partial write is cut back, so that the file ends where its last whole write did.
 *
 * @since 0.3.0
 */
import { getSystemErrorMap } from 'node:util';
import type { LogFiles } from './log-files.ts';

/** Why a file could not be written, as the C library says it. */
export interface DiskError {
  readonly operation: 'write' | 'fsync';
  /** "No space left on device" */
  readonly reason: string;
  /** Bytes that the system took before it failed; they have been cut off again. */
  readonly partial: number;
  /** The partial bytes could not be cut off. */
  readonly uncut?: string;
}

/** Where libuv's words are others than the C library's. */
const REASONS: Readonly<Record<string, string>> = {
  EIO: 'Input/output error',
  EDQUOT: 'Disk quota exceeded',
  EROFS: 'Read-only file system',
};

/** What strerror() says of a system error. Anything else is a bug of ours and is thrown on. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
  const known = REASONS[error.code];
  if (known !== undefined) return known;
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  const text = getSystemErrorMap().get(errno)?.[1] ?? error.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** What a write that takes nothing means, although the system names no reason. */
const NO_SPACE = 'No space left on device';

export interface SegmentPlace {
  readonly name: string;
  readonly path: string;
  readonly seq: number;
  /** Offset in the stream of its first byte. */
  readonly from: number;
  readonly fromUs: number;
}

export class Segment {
  place: SegmentPlace;
  /** Bytes of the file. */
  bytes = 0;
  private readonly files: LogFiles;
  private readonly fd: number;
  private syncs = 0;
  private isClosed = false;

  /** `fd` is a new file's. */
  constructor(files: LogFiles, fd: number, place: SegmentPlace) {
    this.files = files;
    this.fd = fd;
    this.place = place;
  }

  /** Appends bytes[from, to), or nothing. */
  write(bytes: Uint8Array, from: number, to: number): DiskError | undefined {
    const begin = this.bytes;
    let at = from;
    let reason = NO_SPACE;
    try {
      while (at < to) {
        const taken = this.files.write(this.fd, bytes, at, to, begin + at - from);
        if (taken === 0) break;
        at += taken;
      }
      if (at === to) {
        this.bytes = begin + to - from;
        return undefined;
      }
    } catch (error) {
      reason = reasonOf(error);
    }
    const partial = at - from;
    const uncut = partial === 0 ? undefined : this.cut(begin);
    return { operation: 'write', reason, partial, ...(uncut === undefined ? {} : { uncut }) };
  }

  /** Cuts the file behind so many bytes; answers why that failed. What is written next stands there in any case. */
  cut(bytes: number): string | undefined {
    this.bytes = bytes;
    try {
      this.files.cut(this.fd, bytes);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Waits until the disk has everything. */
  sync(): DiskError | undefined {
    try {
      this.files.sync(this.fd);
      return undefined;
    } catch (error) {
      return { operation: 'fsync', reason: reasonOf(error), partial: 0 };
    }
  }

  /** The same in the background. */
  syncLater(done: (error: DiskError | undefined) => void): void {
    this.syncs++;
    this.files.syncLater(this.fd, (error) => {
      this.syncs--;
      if (this.isClosed && this.syncs === 0) this.release();
      done(error === null ? undefined : { operation: 'fsync', reason: reasonOf(error), partial: 0 });
    });
  }

  /** Lets go of the file, once no flush is under way. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.syncs === 0) this.release();
  }

  private release(): void {
    try {
      this.files.close(this.fd);
    } catch (error) {
      reasonOf(error); // the bytes are on the disk, or it has been said that they are not
    }
  }
}
