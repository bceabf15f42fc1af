/**
 * The RDB writer: the records of a file in their order; what is written when is the snapshot's business.
 *
 * In:     entries of a keyspace. Out: chunks of a file, its checksum left to who passes them on.
 * Memory: see `RdbOutput`.
 *
 * @since 0.1.0
 */
import { type Database, NO_EXPIRY } from '../../keyspace/database.ts';
import { lfuDecay, lfuMinutes, lruIdleSeconds } from '../../keyspace/lfu.ts';
import { REDIS_VERSION } from '../../version.ts';
import {
  MAGIC,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_IDLE,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  VERSION_WRITTEN,
} from './format.ts';
import { RdbOutput } from './output.ts';
import { rdbTypeOf, writeStringPiece, writeValue } from './value.ts';

/** Where in the replication stream a snapshot stands. */
export interface SnapshotOrigin {
  readonly replId?: string;
  readonly replOffset?: number;
  /** The database that the stream has selected at this offset; 0 when nobody says. */
  readonly replStreamDb?: number;
  /** The snapshot is the base of a log. */
  readonly aofBase?: boolean;
}

/** What the keys' access words are saved as: it depends on `maxmemory-policy`. */
export type AccessKind = 'none' | 'idle time' | 'frequency';

export interface RdbFacts extends SnapshotOrigin {
  readonly createdMs: number;
  readonly usedMemoryBytes: number;
}

/** Which access opcode Redis writes under a `maxmemory-policy`. */
export const accessKindOf = (maxmemoryPolicy: string): AccessKind => {
  if (maxmemoryPolicy.endsWith('-lru')) return 'idle time';
  return maxmemoryPolicy.endsWith('-lfu') ? 'frequency' : 'none';
};

export class RdbWriter {
  readonly output: RdbOutput;
  access: AccessKind = 'none';
  private selected = -1;
  private readonly announced = new Set<number>();

  /** Without `emit` everything stays in the output's buffer. */
  constructor(emit?: (chunk: Uint8Array) => void) {
    this.output = new RdbOutput(emit);
  }

  begin(facts: RdbFacts): void {
    const magic = Buffer.from(`${MAGIC}${String(VERSION_WRITTEN).padStart(4, '0')}`, 'latin1');
    this.output.bytes(magic, 0, magic.length);
    this.aux('redis-ver', REDIS_VERSION);
    this.aux('redis-bits', '64');
    this.aux('ctime', String(Math.floor(facts.createdMs / 1000)));
    this.aux('used-mem', String(facts.usedMemoryBytes));
    if (facts.replId !== undefined) {
      this.aux('repl-stream-db', String(facts.replStreamDb ?? 0));
      this.aux('repl-id', facts.replId);
      this.aux('repl-offset', String(facts.replOffset ?? 0));
    }
    this.aux('aof-base', facts.aofBase === true ? '1' : '0');
  }

  /** The entries that follow belong to this database; its size is told the first time. */
  select(index: number, keys: number, expires: number): void {
    if (this.selected === index) return;
    this.selected = index;
    const { output } = this;
    output.byte(OPCODE_SELECTDB);
    output.length(index);
    if (this.announced.has(index)) return;
    this.announced.add(index);
    output.byte(OPCODE_RESIZEDB);
    output.length(keys);
    output.length(expires);
  }

  /** The next `select` says which database it is, whatever was said before. */
  forgetSelection(): void {
    this.selected = -1;
  }

  /** Writes what stands before the value of an entry. Loads the key view of `db`, whose arena the entry lies in. */
  head(db: Database, ref: number, expireAtMs: number): void {
    const { output } = this;
    if (expireAtMs !== NO_EXPIRY) {
      output.byte(OPCODE_EXPIRETIME_MS);
      output.milliseconds(expireAtMs);
    }
    if (this.access !== 'none') this.accessOf(db, ref);
    output.byte(rdbTypeOf(db, ref));
    db.loadKey(ref);
    output.string(db.keyBytes, db.keyAt, db.keyLength);
  }

  /** Writes one entry. Loads the key and value views of `db`. */
  entry(db: Database, ref: number, expireAtMs: number): void {
    this.head(db, ref, expireAtMs);
    writeValue(this.output, db, ref);
  }

  /** Writes the next piece of a long string behind its head: returns the position to go on from, or 0 at the end. */
  stringPiece(db: Database, ref: number, from: number, pieceBytes: number): number {
    return writeStringPiece(this.output, db, ref, from, pieceBytes);
  }

  /** The last record. The checksum of everything up to here follows it. */
  end(): void {
    this.output.byte(OPCODE_EOF);
    this.output.flush();
  }

  private aux(name: string, value: string): void {
    this.output.byte(OPCODE_AUX);
    this.output.text(name);
    this.output.text(value);
  }

  private accessOf(db: Database, ref: number): void {
    const { keyspace } = db;
    const field = db.access(ref);
    if (this.access === 'idle time') {
      this.output.byte(OPCODE_IDLE);
      this.output.length(lruIdleSeconds(field, keyspace.lruClock));
      return;
    }
    this.output.byte(OPCODE_FREQ);
    this.output.byte(lfuDecay(field, lfuMinutes(Math.floor(keyspace.nowMs / 60000)), keyspace.lfuDecayMinutes));
  }
}
