/**
 * Walks through a segment record by record, with the hash of each.
 *
 * In:     a file. Out: records, in order, and how the file ends.
 * Memory: one buffer, as large as the largest command and 256 KiB at least.
 *
 * @since 0.3.0
 */
import { type FileHandle, open } from 'node:fs/promises';
import * as E from 'fp-ts/Either';
import { type Annotation, parseAnnotation } from './format.ts';
import { Item, LogParser } from './log-parser.ts';
import { RecordHash } from './record-hash.ts';

export interface ChainedRecord {
  /** Place in the file of its first byte, and behind its last one. */
  readonly position: number;
  readonly end: number;
  /** Offset in the stream of what it holds, and behind that. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'Head' | 'Record' | 'Audit' | 'Seal';
  readonly timeUs: number;
  /** The hash of the record before, as its first line names it. */
  readonly before: string;
  /** Its own hash. */
  readonly hash: string;
}

/** How a walk ended. */
export interface WalkEnd {
  /** Whether the file begins with a head; one without has no records. */
  readonly hasHead: boolean;
  /** Commands, those included that belong to no client. */
  readonly commands: number;
  /** Bytes of the stream that the seal counts and that are not there; negative for too many. */
  readonly sealMisses: number;
  /** The file ends within an item, which begins here. */
  readonly tornAt: number | undefined;
  /** What is wrong, in which record and at which byte. */
  readonly damage: { readonly position: number; readonly at: number; readonly reason: string } | undefined;
}

/** A line that begins a record and is damaged may look like a comment. */
const HASH_SHAPED = /(^|[ :])[A-Za-z0-9_-]{43}( |$)/;

type Line = Extract<Annotation, { readonly hash: string }>;

class RecordWalk {
  readonly parser = new LogParser();
  commands = 0;
  hasHead = false;
  damage: WalkEnd['damage'] = undefined;
  sealMisses = 0;
  private readonly onRecord: (record: ChainedRecord) => boolean;
  private readonly hash = new RecordHash();
  /** The record's first line, and where it begins in the file and in the buffer. */
  private line: Line | undefined = undefined;
  private position = 0;
  private unhashedFrom = 0;
  private from = 0;
  private offset = 0;
  private isSealed = false;

  constructor(onRecord: (record: ChainedRecord) => boolean) {
    this.onRecord = onRecord;
  }

  /** Takes what is in the buffer. False when it is enough. */
  take(): boolean {
    const { parser } = this;
    for (;;) {
      const item = parser.next();
      if (item === Item.More) return true;
      if (item === Item.Broken) return this.damaged(parser.position, parser.error);
      if (this.isSealed) return this.damaged(parser.position, 'expected the end of the file behind the seal');
      if (item === Item.Command) {
        this.commands++;
        this.offset += parser.end - parser.start;
      } else if (!this.annotation()) {
        return false;
      }
    }
  }

  /** The buffer's contents move. */
  beforeRead(): void {
    const { parser } = this;
    this.hash.pass(parser.buf, this.unhashedFrom, parser.start);
    this.unhashedFrom = 0;
  }

  /** The last record ends with the file. */
  finish(): boolean {
    const { parser } = this;
    return this.endRecord(parser.start, parser.consumed);
  }

  private annotation(): boolean {
    const { parser } = this;
    const parsed = parseAnnotation(parser.line());
    if (E.isLeft(parsed)) return this.damaged(parser.position, parsed.left);
    const annotation = parsed.right;
    switch (annotation._tag) {
      case 'Head':
        if (parser.position !== 0) return this.damaged(parser.position, 'expected a head in the first line only');
        this.hasHead = true;
        this.offset = annotation.offset;
        return this.beginRecord(annotation);
      case 'Seal':
        if (annotation.offset !== this.offset && this.hasHead) this.sealMisses = annotation.offset - this.offset;
        this.isSealed = true;
        return this.beginRecord(annotation);
      case 'Record':
      case 'Audit':
        return this.beginRecord(annotation);
      case 'Comment':
        if (!HASH_SHAPED.test(annotation.text)) return true;
        return this.damaged(parser.position, `expected a record, got ${JSON.stringify(parser.line())}`);
      default:
        return true;
    }
  }

  private beginRecord(line: Line): boolean {
    const { parser } = this;
    const { position } = parser;
    if (!this.endRecord(parser.start, position)) return false;
    this.line = line;
    this.position = position;
    this.from = this.offset;
    return true;
  }

  private endRecord(bufferEnd: number, end: number): boolean {
    const { parser, line } = this;
    const hash = this.hash.end(parser.buf, this.unhashedFrom, bufferEnd);
    this.unhashedFrom = bufferEnd;
    if (line === undefined) return true;
    return this.onRecord({
      position: this.position,
      end,
      from: this.from,
      to: this.offset,
      kind: line._tag,
      timeUs: line.timeUs,
      before: line.hash,
      hash,
    });
  }

  private damaged(at: number, reason: string): false {
    this.damage = { position: this.line === undefined ? 0 : this.position, at, reason };
    return false;
  }
}

const readInto = async (file: FileHandle, parser: LogParser): Promise<number> => {
  const room = parser.room();
  const { bytesRead } = await file.read(room, 0, room.length, parser.readPosition);
  parser.filled(bytesRead);
  return bytesRead;
};

export interface WalkOptions {
  /** Told of each record when it ends; false ends the walk. */
  readonly onRecord: (record: ChainedRecord) => boolean;
  /** Told how many bytes were read. */
  readonly onBytes?: (bytes: number) => void;
}

/** Walks through a file. */
export const walkRecords = async (path: string, { onRecord, onBytes }: WalkOptions): Promise<WalkEnd> => {
  const walk = new RecordWalk(onRecord);
  const { parser } = walk;
  const file = await open(path, 'r');
  try {
    for (;;) {
      walk.beforeRead();
      const bytes = await readInto(file, parser);
      onBytes?.(bytes);
      const wantsMore = walk.take();
      if (wantsMore && bytes > 0) continue;
      const isTorn = wantsMore && parser.pendingBytes > 0;
      if (wantsMore) walk.finish();
      const { hasHead, commands, damage, sealMisses } = walk;
      return { hasHead, commands, damage, sealMisses, tornAt: isTorn ? parser.consumed : undefined };
    }
  } finally {
    await file.close();
  }
};
