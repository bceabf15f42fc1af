/**
 * Goes back through a log: the events that speak of some keys, newest first.
 *
 * In:     segments, and the keys, of which more may come on the way. Out: events, copied.
 * Memory: the index of one segment and the events of one block that speak of the keys.
 *
 * Indexes (index-file.ts) say which blocks to read, so a key that is seldom spoken of is found among millions of others
 * by reading a few blocks.
 *
 * @since 0.3.0
 */
import { type FileHandle, open } from 'node:fs/promises';
import { hashOfClient, hashOfKey } from './block-filter.ts';
import type { BlockIndex } from './block-index.ts';
import type { KeyName } from './dependence.ts';
import type { EventClient, LoggedEvent } from './event.ts';
import { EventKeys } from './event-keys.ts';
import { type IndexOptions, indexOf } from './index-file.ts';
import { SegmentCursor, Step } from './segment-cursor.ts';
import { LogError, type Segment } from './segments.ts';

/** The keys that are looked for, whatever database they are in. */
export class WantedKeys {
  /** Grows whenever a key comes. */
  version = 0;
  private readonly byHash = new Map<number, Set<string>>();

  add({ key }: KeyName): void {
    const bytes = Buffer.from(key, 'latin1');
    const hash = hashOfKey(bytes, 0, bytes.length);
    const known = this.byHash.get(hash);
    if (known?.has(key) === true) return;
    if (known === undefined) this.byHash.set(hash, new Set([key]));
    else known.add(key);
    this.version++;
  }

  hashes(): Iterable<number> {
    return this.byHash.keys();
  }

  has(hash: number, key: () => string): boolean {
    return this.byHash.get(hash)?.has(key()) === true;
  }
}

export interface FoundEvent {
  readonly event: LoggedEvent;
  readonly segment: Segment;
}

export interface HistoryOptions extends Pick<IndexOptions, 'save' | 'blockBytes'> {
  /** Told while segments are indexed: bytes of those so far, and bytes of the log. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** A client that was looked up, and from which block to which one that is the answer. */
interface Known {
  readonly client: EventClient | undefined;
  readonly foundIn: number;
  readonly askedFrom: number;
}

/** One segment, whose blocks are read as they are asked for. */
export class Blocks {
  readonly index: BlockIndex;
  private readonly segment: Segment;
  private readonly file: FileHandle;
  private readonly cursor = new SegmentCursor();
  private readonly keys = new EventKeys();
  private readonly clients = new Map<number, Known>();
  /** The transaction that the segment ends within: it never happened. */
  private readonly unfinished: number;

  constructor(segment: Segment, file: FileHandle, index: BlockIndex) {
    this.segment = segment;
    this.file = file;
    this.index = index;
    const end = index.end();
    this.unfinished = end === undefined || end.transaction < 0 ? -1 : end.transaction;
  }

  /** Whether a block may speak of the keys. */
  maySpeakOf(block: number, wanted: WantedKeys): boolean {
    for (const hash of wanted.hashes()) if (this.index.mayHold(block, hash, true)) return true;
    return false;
  }

  /** The events of a block that speak of the keys, oldest first, up to an offset. */
  async events(block: number, wanted: WantedKeys, before: number): Promise<readonly LoggedEvent[]> {
    const { cursor, keys } = this;
    const found: LoggedEvent[] = [];
    await this.walk(block, () => {
      if (cursor.offset >= before || (this.unfinished >= 0 && cursor.transaction === this.unfinished)) return;
      keys.find(cursor.view);
      if (keys.all || this.names(wanted)) found.push(cursor.event());
    });
    const complete: LoggedEvent[] = [];
    for (const event of found) complete.push(await this.withClient(event, block));
    return complete;
  }

  private names(wanted: WantedKeys): boolean {
    const { keys } = this;
    const { view } = this.cursor;
    for (let i = 0; i < keys.count; i++) {
      const at = keys.indexes[i];
      const hash = hashOfKey(view.buf, view.offset(at), view.length(at));
      if (wanted.has(hash, () => view.text(at))) return true;
    }
    return false;
  }

  /** Takes the steps of a block; `onWrite` is called with each write. */
  private async walk(block: number, onWrite: () => void): Promise<void> {
    const { cursor, file, index, segment } = this;
    const { parser } = cursor;
    const end = index.endOf(block);
    cursor.seek(index.place(block));
    while (parser.consumed < end) {
      const step = cursor.next();
      if (step === Step.Write) onWrite();
      if (step === Step.Broken) throw new LogError(segment.path, parser.position, cursor.error);
      if (step !== Step.More) continue;
      const room = parser.room();
      const { bytesRead } = await file.read(
        room,
        0,
        Math.min(room.length, end - parser.readPosition),
        parser.readPosition,
      );
      if (bytesRead === 0) return;
      parser.filled(bytesRead);
    }
  }

  /** The event with its client, who may have been named in a block before. */
  private async withClient(event: LoggedEvent, block: number): Promise<LoggedEvent> {
    const { client } = event;
    if (client === undefined || client.id <= 0 || client.address !== '') return event;
    const named = await this.clientBefore(client.id, block);
    return named === undefined ? event : { ...event, client: named };
  }

  /** The client as it was named last before a block. */
  async clientBefore(id: number, block: number): Promise<EventClient | undefined> {
    const known = this.clients.get(id);
    if (known !== undefined && block > known.foundIn && block <= known.askedFrom) return known.client;
    const hash = hashOfClient(id);
    let at = block - 1;
    let client: EventClient | undefined;
    for (; at >= 0; at--) {
      if (!this.index.mayHold(at, hash, false)) continue;
      await this.walk(at, () => {});
      client = this.cursor.named(id);
      if (client !== undefined) break;
    }
    this.clients.set(id, { client, foundIn: at, askedFrom: block });
    return client;
  }
}

/** The events that speak of the keys, newest first. Keys that are added meanwhile count from there on back. */
export async function* backwards(
  segments: readonly Segment[],
  wanted: WantedKeys,
  { onProgress, ...how }: HistoryOptions = {},
): AsyncGenerator<FoundEvent> {
  const totalBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  for (const segment of [...segments].reverse()) {
    let readBytes = doneBytes;
    const onBytes = (bytes: number): void => {
      readBytes += bytes;
      onProgress?.(readBytes, totalBytes);
    };
    const index = await indexOf(segment, { ...how, onBytes });
    doneBytes += segment.bytes;
    const file = await open(segment.path, 'r');
    try {
      const blocks = new Blocks(segment, file, index);
      for (let block = index.count - 1; block >= 0; block--) {
        if (!blocks.maySpeakOf(block, wanted)) continue;
        let { version } = wanted;
        let events = [...(await blocks.events(block, wanted, Number.POSITIVE_INFINITY))];
        for (let event = events.pop(); event !== undefined; event = events.pop()) {
          yield { event, segment };
          if (version === wanted.version) continue;
          // Keys have come: what is before in this block may speak of them.
          version = wanted.version;
          events = [...(await blocks.events(block, wanted, event.offset))];
        }
      }
    } finally {
      await file.close();
    }
  }
}
