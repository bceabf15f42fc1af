/**
 * The segments of a log's folder, as they describe themselves.
 *
 * In:     a folder. Out: its segments in order, with their heads and seals.
 * Memory: plain values.
 *
 * No manifest is asked: a folder from a backup, or one whose server lives on another machine, tells all by itself. The
 * folder is that of the log (`appenddirname`) or the one it lies in (`dir`).
 *
 * @since 0.3.0
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { type Head, parseAnnotation, type Seal } from './format.ts';

export interface Segment {
  readonly path: string;
  readonly seq: number;
  /** When it was looked at. */
  readonly bytes: number;
  /** Missing in a segment that redis-server wrote. */
  readonly head: Head | undefined;
  /** Missing in a segment that is being written, or that a crash left. */
  readonly seal: Seal | undefined;
}

/** A log that cannot be read. */
export class LogError extends Error {
  readonly _tag = 'LogError';
  readonly path: string;
  /** Place in the file. */
  readonly position: number;
  readonly reason: string;

  constructor(path: string, position: number, reason: string) {
    super(`${basename(path)}: at byte ${position}: ${reason}`);
    this.name = 'LogError';
    this.path = path;
    this.position = position;
    this.reason = reason;
  }
}

const SEGMENT = /\.(\d+)\.incr\.aof$/;
const DEFAULT_FOLDER = 'appendonlydir';
const LINE_BYTES_MAX = 1024;

const readAt = async (file: FileHandle, position: number, bytes: number): Promise<string> => {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, position);
  return buffer.toString('latin1', 0, bytesRead);
};

/** The head that a file begins with. */
export const headIn = (beginning: string): Head | undefined => {
  const end = beginning.indexOf('\r\n');
  if (!beginning.startsWith('#F:') || end < 0) return undefined;
  const parsed = parseAnnotation(beginning.slice(0, end));
  return E.isRight(parsed) && parsed.right._tag === 'Head' ? parsed.right : undefined;
};

/** The seal that a file ends with. */
const sealIn = (ending: string): Seal | undefined => {
  if (!ending.endsWith('\r\n')) return undefined;
  const parsed = parseAnnotation(ending.slice(ending.lastIndexOf('\n', ending.length - 2) + 1));
  return E.isRight(parsed) && parsed.right._tag === 'Seal' ? parsed.right : undefined;
};

export const readSegment = async (path: string): Promise<Segment> => {
  const file = await open(path, 'r');
  try {
    const bytes = (await file.stat()).size;
    const tailAt = Math.max(0, bytes - LINE_BYTES_MAX);
    const head = headIn(await readAt(file, 0, LINE_BYTES_MAX));
    const seal = sealIn(await readAt(file, tailAt, bytes - tailAt));
    return { path, seq: Number(SEGMENT.exec(path)?.[1] ?? '0'), bytes, head, seal };
  } finally {
    await file.close();
  }
};

const seqOf = (name: string): number => Number(SEGMENT.exec(name)?.[1] ?? '0');

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort((a, b) => seqOf(a) - seqOf(b));

/** The folder of the log, when `folder` may also be the one it lies in. */
export const logFolder = async (folder: string, name = DEFAULT_FOLDER): Promise<string> => {
  if ((await namesIn(folder)).length > 0) return folder;
  const inner = join(folder, name);
  return (await namesIn(inner).catch(() => [])).length > 0 ? inner : folder;
};

/** The segments of a folder, oldest first. */
export const listSegments = async (folder: string): Promise<readonly Segment[]> => {
  const place = await logFolder(folder);
  const segments: Segment[] = [];
  for (const name of await namesIn(place)) segments.push(await readSegment(join(place, name)));
  return segments;
};

/** The segment that follows on another one in its folder. */
export const segmentAfter = async ({ path, seq }: Pick<Segment, 'path' | 'seq'>): Promise<Segment | undefined> => {
  const folder = dirname(path);
  const next = (await namesIn(folder)).find((name) => seqOf(name) > seq);
  return next === undefined ? undefined : readSegment(join(folder, next));
};
