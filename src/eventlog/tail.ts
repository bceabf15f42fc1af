/**
 * The end of a log that was loaded: the last segment is closed before another one follows it.
 *
 * In:  what was loaded. Out: a seal on the last segment, where it has none; the hash that the next head has to name.
 *
 * A segment to which nothing was ever written leaves the log, so that starting again and again does not make it longer.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Catalog } from './catalog.ts';
import { attempt, type LogFolder } from './files.ts';
import { hashOf, NO_HASH, parseAnnotation, renderSeal } from './format.ts';
import type { LoadedFile, LoadedLog } from './ports.ts';
import { Segment } from './segment.ts';
import { tailHash } from './tail-hash.ts';

/** A segment with nothing but a head and a seal is shorter. */
const EMPTY_BYTES_MAX = 512;

/** Whether nothing stands in a segment but its first and its last line. */
const isEmpty = (folder: LogFolder, { name, bytes, hasHead }: LoadedFile): boolean => {
  if (bytes === 0) return true;
  if (!hasHead || bytes > EMPTY_BYTES_MAX) return false;
  const text = attempt('read', folder.file(name), () => folder.files.readText(folder.file(name)));
  if (E.isLeft(text) || text.right === undefined) return false;
  const lines = text.right.split('\r\n').filter((line) => line !== '');
  return lines.every((line) => ['#F:', '#S:', '#TS'].includes(line.slice(0, 3)));
};

/** The hash that the head of a segment names; none where there is no head. */
const headHash = (folder: LogFolder, { name, bytes }: LoadedFile): string => {
  if (bytes === 0) return NO_HASH;
  const text = attempt('read', folder.file(name), () => folder.files.readText(folder.file(name)) ?? '');
  const head = E.isLeft(text) ? text : parseAnnotation(text.right.slice(0, text.right.indexOf('\n') + 1));
  return E.isRight(head) && head.right._tag === 'Head' ? head.right.hash : NO_HASH;
};

/** Appends a seal; answers its own hash, or undefined when the disk would not take it. */
const seal = (catalog: Catalog, last: LoadedFile, hash: string, timeUs: number): string | undefined => {
  const { folder } = catalog;
  const line = new Uint8Array(Buffer.from(renderSeal({ offset: last.to, timeUs, hash }), 'latin1'));
  const path = folder.file(last.name);
  const sealed = attempt('seal', path, () => {
    const segment = new Segment(folder.files, folder.files.open(path), { ...last, path });
    segment.bytes = last.bytes;
    const failed = segment.write(line, 0, line.length) ?? segment.sync();
    if (failed !== undefined) segment.cut(last.bytes);
    segment.close();
    return failed === undefined;
  });
  if (E.isLeft(sealed) || !sealed.right) return undefined;
  catalog.noteEnd(last.name, last.to, last.toUs, hash);
  return hashOf(line);
};

/** Closes the last segment; answers what the next head names. */
export const closeTail = (catalog: Catalog, loaded: LoadedLog, timeUs: number): string => {
  const { folder } = catalog;
  const files = [...loaded.files];
  let removed: LoadedFile | undefined;
  let last = files.pop();
  while (last?.kind === 'segment' && isEmpty(folder, last)) {
    removed = last;
    last = files.pop();
  }
  for (const { name } of loaded.files.slice(files.length + (last === undefined ? 0 : 1))) catalog.withdrawSegment(name);
  if (last === undefined || last.kind === 'base' || !last.hasHead) {
    return removed === undefined ? loaded.lastHash : headHash(folder, removed);
  }
  const hash = removed === undefined ? loaded.lastHash : tailHash(folder.file(last.name), last.bytes);
  return last.seal === undefined ? (seal(catalog, last, hash, timeUs) ?? hash) : hash;
};
