/**
 * The index of a segment in memory: its blocks, where each begins, and which keys each may speak of.
 *
 * In:     a segment, read from the place up to which it is indexed. Out: a `BlockIndex`, also as the bytes of its file.
 * Memory: 64 bytes per block of 64 KiB, and 12 bits per key of a block.
 *
 *   header   magic, version of the format, bytes covered, checksum of the file's end there, number of blocks   40 bytes
 *   blocks   position, offset, timeUs, clientId, db, transaction, where its filter begins, flags: 8 doubles each, and
 *            one more of which only the position and the filter's place count
 *   filters  one per block (block-filter.ts)
 *   checksum CRC-32 of all that
 *
 * Numbers are as this machine has them: an index is made anew where it does not fit, and never sent anywhere.
 *
 * @since 0.3.0
 */
import { crc32 } from 'node:zlib';
import { addToFilter, filterBytes, mayHold } from './block-filter.ts';
import type { Place } from './segment-cursor.ts';

/** Bytes of a block, unless somebody says otherwise: reading one takes a fraction of a millisecond. */
export const BLOCK_BYTES = 64 * 1024;

const MAGIC = 0x46525349;
const VERSION = 1;
const HEADER_BYTES = 40;
const CHECKSUM_BYTES = 4;
const FIELDS = 8;
const BLOCK_ROW_BYTES = FIELDS * 8;

const enum Field {
  Position = 0,
  Offset = 1,
  TimeUs = 2,
  ClientId = 3,
  Db = 4,
  Transaction = 5,
  Filter = 6,
  Flags = 7,
}

/** The block has an event that changes keys which it does not name. */
const CHANGES_ALL = 1;

export class BlockIndex {
  /** Bytes of the segment that are indexed. */
  covered = 0;
  /** Checksum of the segment's last bytes there: whether it is the segment that was indexed. */
  ending = 0;
  count = 0;
  private rows = new Float64Array(FIELDS * 64);
  private filters = new Uint8Array(16 * 1024);
  private filtersEnd = 0;

  /** Whether a block may speak of a key, by its hash; `everything` asks for events that name no keys, too. */
  mayHold(block: number, hash: number, everything: boolean): boolean {
    if (everything && this.field(block, Field.Flags) === CHANGES_ALL) return true;
    const from = this.field(block, Field.Filter);
    return mayHold(this.filters, from, this.field(block + 1, Field.Filter) - from, hash);
  }

  /** Where a block begins. */
  place(block: number): Place {
    return {
      position: this.field(block, Field.Position),
      offset: this.field(block, Field.Offset),
      timeUs: this.field(block, Field.TimeUs),
      clientId: this.field(block, Field.ClientId),
      db: this.field(block, Field.Db),
      transaction: this.field(block, Field.Transaction),
    };
  }

  /** Where a block ends in the file. */
  endOf(block: number): number {
    return this.field(block + 1, Field.Position);
  }

  /** The last block before the first one that begins at or behind an offset or a time. */
  lastBefore(of: 'offset' | 'time', value: number): number {
    const field = of === 'offset' ? Field.Offset : Field.TimeUs;
    let block = 1;
    while (block < this.count && this.field(block, field) < value) block++;
    return block - 1;
  }

  get bytes(): number {
    return HEADER_BYTES + (this.count + 1) * BLOCK_ROW_BYTES + this.filtersEnd + CHECKSUM_BYTES;
  }

  /** Adds the block that begins at `begin` and ends where `end` is. Hashes may repeat. */
  add(begin: Place, end: Place, hashes: Int32Array, changesAll: boolean): void {
    hashes.sort();
    let distinct = 0;
    for (let i = 0; i < hashes.length; i++) if (i === 0 || hashes[i] !== hashes[i - 1]) distinct++;
    const bytes = filterBytes(distinct);
    this.reserve(bytes);
    for (let i = 0; i < hashes.length; i++) {
      if (i === 0 || hashes[i] !== hashes[i - 1]) addToFilter(this.filters, this.filtersEnd, bytes, hashes[i]);
    }
    this.row(this.count, begin, this.filtersEnd, changesAll ? CHANGES_ALL : 0);
    this.filtersEnd += bytes;
    this.count++;
    this.row(this.count, end, this.filtersEnd, 0);
  }

  /** Where the next block begins; undefined before the first one. */
  end(): Place | undefined {
    return this.count === 0 ? undefined : this.place(this.count);
  }

  /** Takes the last block away: it is to be indexed once more, with what has come behind it. */
  pop(): void {
    if (this.count === 0) return;
    this.count--;
    const from = this.field(this.count, Field.Filter);
    this.filters.fill(0, from, this.filtersEnd);
    this.filtersEnd = from;
    this.covered = this.field(this.count, Field.Position);
  }

  encode(): Buffer {
    const bytes = Buffer.alloc(this.bytes);
    bytes.writeUInt32LE(MAGIC, 0);
    bytes.writeUInt32LE(VERSION, 4);
    bytes.writeDoubleLE(this.covered, 8);
    bytes.writeUInt32LE(this.ending, 16);
    bytes.writeUInt32LE(this.count, 20);
    bytes.writeDoubleLE(this.filtersEnd, 24);
    const rows = Buffer.from(this.rows.buffer, 0, (this.count + 1) * BLOCK_ROW_BYTES);
    rows.copy(bytes, HEADER_BYTES);
    bytes.set(this.filters.subarray(0, this.filtersEnd), HEADER_BYTES + rows.length);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -CHECKSUM_BYTES)), bytes.length - CHECKSUM_BYTES);
    return bytes;
  }

  /** Reads a file's bytes; undefined where they are none of this format, or damaged. */
  static decode(bytes: Buffer): BlockIndex | undefined {
    if (bytes.length < HEADER_BYTES + BLOCK_ROW_BYTES + CHECKSUM_BYTES) return undefined;
    if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== VERSION) return undefined;
    const sum = bytes.readUInt32LE(bytes.length - CHECKSUM_BYTES);
    if (crc32(bytes.subarray(0, -CHECKSUM_BYTES)) !== sum) return undefined;
    const index = new BlockIndex();
    index.covered = bytes.readDoubleLE(8);
    index.ending = bytes.readUInt32LE(16);
    index.count = bytes.readUInt32LE(20);
    index.filtersEnd = bytes.readDoubleLE(24);
    if (index.bytes !== bytes.length) return undefined;
    const rowBytes = (index.count + 1) * BLOCK_ROW_BYTES;
    index.rows = new Float64Array(rowBytes / 8);
    new Uint8Array(index.rows.buffer).set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + rowBytes));
    index.filters = new Uint8Array(bytes.subarray(HEADER_BYTES + rowBytes, bytes.length - CHECKSUM_BYTES));
    return index;
  }

  private field(block: number, field: Field): number {
    return this.rows[block * FIELDS + field];
  }

  private row(block: number, place: Place, filter: number, flags: number): void {
    const at = block * FIELDS;
    const { rows } = this;
    rows[at + Field.Position] = place.position;
    rows[at + Field.Offset] = place.offset;
    rows[at + Field.TimeUs] = place.timeUs;
    rows[at + Field.ClientId] = place.clientId;
    rows[at + Field.Db] = place.db;
    rows[at + Field.Transaction] = place.transaction;
    rows[at + Field.Filter] = filter;
    rows[at + Field.Flags] = flags;
  }

  private reserve(bytes: number): void {
    if ((this.count + 2) * FIELDS > this.rows.length) {
      const wider = new Float64Array(this.rows.length * 2);
      wider.set(this.rows);
      this.rows = wider;
    }
    if (this.filtersEnd + bytes > this.filters.length) {
      const wider = new Uint8Array(Math.max(this.filters.length * 2, this.filtersEnd + bytes));
      wider.set(this.filters);
      this.filters = wider;
    }
  }
}
