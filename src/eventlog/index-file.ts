/**
 * The index files of a log: `<segment>.index` beside each segment, made when somebody asks and made anew when it does not fit.
 *
 * In:     a segment. Out: its `BlockIndex`, as far as the segment is complete.
 * Memory: the index; a segment is read in pieces of 256 KiB, with everybody else in between.
 *
 * An index is a by-product: nothing is lost with it, and a folder that cannot be written does without (it is made in
 * memory each time). A segment that is being written is indexed up to where it is, and the next who asks goes on from
 * there.
 *
 * @since 0.3.0
 */
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { hashOfClient, hashOfKey } from './block-filter.ts';
import { BLOCK_BYTES, BlockIndex } from './block-index.ts';
import { EventKeys } from './event-keys.ts';
import { readMore } from './read-more.ts';
import { type Place, SegmentCursor, Step } from './segment-cursor.ts';
import { LogError, type Segment } from './segments.ts';

/** So many bytes of the segment vouch for it. */
const ENDING_BYTES = 512;

export const indexPath = (segmentPath: string): string => `${segmentPath}.index`;

export interface IndexOptions {
  /** Told how many bytes of the segment have been read. */
  readonly onBytes?: (bytes: number) => void;
  /** False keeps it in memory. */
  readonly save?: boolean;
  /** A block ends with the first event that ends behind so many bytes; 64 KiB. */
  readonly blockBytes?: number;
}

/** Gathers the keys of a block. */
class Gathered {
  private hashes = new Int32Array(1024);
  private count = 0;
  changesAll = false;

  add(hash: number): void {
    if (this.count === this.hashes.length) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this.hashes);
      this.hashes = wider;
    }
    this.hashes[this.count++] = hash;
  }

  all(): Int32Array {
    return this.hashes.subarray(0, this.count);
  }

  clear(): void {
    this.count = 0;
    this.changesAll = false;
  }
}

const endingAt = async (file: FileHandle, covered: number): Promise<number> => {
  const bytes = Math.min(ENDING_BYTES, covered);
  const buffer = Buffer.alloc(bytes);
  await file.read(buffer, 0, bytes, covered - bytes);
  return crc32(buffer);
};

/** Indexes what the index does not cover yet. */
const extend = async (segment: Segment, file: FileHandle, index: BlockIndex, options: IndexOptions): Promise<void> => {
  const { blockBytes = BLOCK_BYTES, onBytes } = options;
  const cursor = new SegmentCursor();
  const keys = new EventKeys();
  const gathered = new Gathered();
  cursor.onClient = (id) => gathered.add(hashOfClient(id));
  // The last block may have been cut short by the end of the file.
  index.pop();
  const from = index.end();
  if (from === undefined) cursor.begin(segment.head?.offset ?? 0, segment.head?.timeUs ?? 0);
  else cursor.seek(from);
  let begin: Place = cursor.place();
  let step = cursor.next();
  for (;;) {
    if (step === Step.Broken) throw new LogError(segment.path, cursor.parser.position, cursor.error);
    if (step === Step.More) {
      const before = cursor.parser.readPosition;
      if (!(await readMore(file, cursor))) break;
      onBytes?.(cursor.parser.readPosition - before);
      step = cursor.next();
      continue;
    }
    if (step === Step.Write) {
      const { view } = cursor;
      keys.find(view);
      if (keys.all) gathered.changesAll = true;
      for (let i = 0; i < keys.count; i++) {
        const at = keys.indexes[i];
        gathered.add(hashOfKey(view.buf, view.offset(at), view.length(at)));
      }
    }
    if (cursor.parser.consumed - begin.position >= blockBytes) {
      const end = cursor.place();
      index.add(begin, end, gathered.all(), gathered.changesAll);
      gathered.clear();
      begin = end;
    }
    step = cursor.next();
  }
  const end = cursor.place();
  if (end.position > begin.position) {
    index.add(begin, end, gathered.all(), gathered.changesAll);
  }
  index.covered = index.end()?.position ?? 0;
  index.ending = await endingAt(file, index.covered);
};

/** The index beside a segment; undefined where there is none, or it belongs to another one. */
export const storedIndex = async (segment: Segment, file: FileHandle): Promise<BlockIndex | undefined> => {
  const bytes = await readFile(indexPath(segment.path)).catch(() => undefined);
  const index = bytes === undefined ? undefined : BlockIndex.decode(bytes);
  if (index === undefined || index.covered > segment.bytes) return undefined;
  return index.ending === (await endingAt(file, index.covered)) ? index : undefined;
};

/** Puts an index beside its segment, whole or not at all; that it cannot be written does no harm. */
const store = async (segment: Segment, index: BlockIndex): Promise<void> => {
  const path = indexPath(segment.path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, index.encode());
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
};

/** The index of a segment, from its file or made now. Throws `LogError` where the segment is damaged. */
export const indexOf = async (segment: Segment, options: IndexOptions = {}): Promise<BlockIndex> => {
  const file = await open(segment.path, 'r');
  try {
    const found = await storedIndex(segment, file);
    const index = found ?? new BlockIndex();
    if (index.covered === segment.bytes) return index;
    const before = index.covered;
    await extend(segment, file, index, options);
    // An index that is hardly behind is good enough for the next one who asks.
    if (options.save !== false && (found === undefined || index.covered - before >= BLOCK_BYTES)) {
      await store(segment, index);
    }
    return index;
  } finally {
    await file.close();
  }
};
