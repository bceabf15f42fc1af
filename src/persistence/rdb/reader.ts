/**
 * The RDB reader: puts the keys of a file, or of a master's snapshot, into a keyspace.
 *
 * In:     chunks, in order, cut anywhere; versions 1 to 12.
 * Out:    keys in the keyspace; aux fields and counts; an `RdbError` with its offset when the bytes are no RDB file.
 * Memory: see `RdbInput`: a record that has not arrived completely is kept; of a large value only the element, for the
 *         value itself is in the arena already, until `close`.
 *
 * Whoever feeds decides how long a slice is: feeding 64 KiB takes a millisecond or two.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { type Database, MISSING, NO_EXPIRY } from '../../keyspace/database.ts';
import type { Keyspace } from '../../keyspace/keyspace.ts';
import { lfuMinutes, lfuPack, lruFromIdle } from '../../keyspace/lfu.ts';
import { CRC64_BYTES } from './crc64.ts';
import {
  HEADER_BYTES,
  MAGIC,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_FUNCTION_PRE_GA,
  OPCODE_FUNCTION2,
  OPCODE_IDLE,
  OPCODE_MODULE_AUX,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  OPCODE_SLOT_INFO,
  VERSION_READ_MAX,
  VERSION_READ_MIN,
  VERSION_WITH_CHECKSUM,
} from './format.ts';
import { damage, isRdbError, type RdbError, RdbInput, SHORT } from './input.ts';
import { readerOf, unreadable, type ValueBuilder } from './value.ts';

export interface RdbReaderOptions {
  readonly keyspace: Keyspace;
  /** Drop the keys whose time is over, as a master does; a replica waits for its master's word. */
  readonly dropExpired: boolean;
  /** A key that exists is replaced; otherwise it means that the file is damaged. */
  readonly replaceExisting: boolean;
  readonly verifyChecksum: boolean;
  /** Whether a key is to be loaded; all are, unless this says no. */
  readonly wants?: (db: Database, key: Uint8Array, keyAt: number, keyLength: number) => boolean;
  /** An aux field: `redis-ver`, `ctime`, `repl-id`, ... */
  readonly onAux?: (name: string, value: string) => void;
  /** Something that was left out. */
  readonly onWarning?: (text: string) => void;
}

const NOT_GIVEN = -1;
const NO_BYTES = new Uint8Array(0);
const MODULE_NAME_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MODULE_NAME_LENGTH = 9;
const MODULE_VERSION_BITS = 10n;

/** A module's name is the upper 54 bits of its id: nine letters of six bits. */
const moduleName = (id: bigint): string => {
  let name = '';
  let rest = id >> MODULE_VERSION_BITS;
  for (let i = 0; i < MODULE_NAME_LENGTH; i++) {
    name = MODULE_NAME_LETTERS[Number(rest & 63n)] + name;
    rest >>= 6n;
  }
  return name;
};

export class RdbReader {
  version = 0;
  keysLoaded = 0;
  keysExpired = 0;
  /** Keys whose value has no elements, which are left out. */
  emptyKeys = 0;
  /** The EOF record and the checksum have been read. */
  done = false;
  private readonly options: RdbReaderOptions;
  private readonly input = new RdbInput();
  private db: Database;
  private expireAtMs = NO_EXPIRY;
  private idleSeconds = NOT_GIVEN;
  private frequency = NOT_GIVEN;
  /** The value that is being read, its key, and where its record began. */
  private building: ValueBuilder | undefined;
  private key: Uint8Array = NO_BYTES;
  private recordAt = 0;

  constructor(options: RdbReaderOptions) {
    this.options = options;
    this.db = options.keyspace.databases[0];
  }

  /** Bytes of the file that have been dealt with. */
  get offset(): number {
    return this.input.offset;
  }

  /** Once `done`: how many bytes at the end of the last chunk belong to whoever comes after the file. */
  get leftover(): number {
    return this.input.arrived - this.input.offset;
  }

  /** Takes bytes[start, end), a loan. Right(true) when the file is complete. After an error there is no going on. */
  feed(bytes: Uint8Array, start = 0, end = bytes.length): E.Either<RdbError, boolean> {
    const { input } = this;
    if (this.done) return E.right(true);
    try {
      if (input.feed(bytes, start, end)) {
        while (!this.done) {
          if (this.version === 0) this.header();
          else if (this.building !== undefined) this.build(this.building);
          else this.record();
          input.commit();
        }
        return E.right(true);
      }
    } catch (error) {
      if (isRdbError(error)) {
        this.close();
        return E.left(error);
      }
      if (error !== SHORT) throw error;
      input.rollback();
    }
    input.keep();
    return E.right(false);
  }

  /** To be called when no more bytes come: an error unless the file is complete. */
  finish(): E.Either<RdbError, void> {
    if (this.done) return E.right(undefined);
    const { arrived } = this.input;
    return E.left(damage(arrived, arrived === 0 ? 'the file is empty' : 'the file ends in the middle (truncated?)'));
  }

  /** Gives up: frees what has been read of a value. */
  close(): void {
    this.building?.discard();
    this.building = undefined;
  }

  private header(): void {
    const { input } = this;
    input.need(HEADER_BYTES);
    let text = '';
    for (let i = 0; i < HEADER_BYTES; i++) text += String.fromCharCode(input.byte());
    if (!text.startsWith(MAGIC)) throw damage(0, 'wrong signature: the file does not begin with REDIS');
    const digits = text.slice(MAGIC.length);
    const version = /^\d{4}$/.test(digits) ? Number(digits) : 0;
    if (version < VERSION_READ_MIN || version > VERSION_READ_MAX) {
      throw damage(MAGIC.length, `can't handle RDB format version ${JSON.stringify(digits)}`);
    }
    this.version = version;
  }

  private record(): void {
    const { input } = this;
    const at = input.offset;
    const opcode = input.byte();
    switch (opcode) {
      case OPCODE_EXPIRETIME:
        this.expireAtMs = input.int32() * 1000;
        return;
      case OPCODE_EXPIRETIME_MS:
        this.expireAtMs = input.int64();
        return;
      case OPCODE_FREQ:
        this.frequency = input.byte();
        return;
      case OPCODE_IDLE:
        this.idleSeconds = input.length();
        return;
      case OPCODE_SELECTDB:
        this.select(at, input.length());
        return;
      case OPCODE_RESIZEDB:
        // Only a hint: our dictionaries grow without a rehash.
        input.length();
        input.length();
        return;
      case OPCODE_SLOT_INFO:
        input.length();
        input.length();
        input.length();
        return;
      case OPCODE_AUX: {
        const name = input.text();
        const value = input.text();
        this.options.onAux?.(name, value);
        return;
      }
      case OPCODE_FUNCTION2:
        input.readString();
        this.options.onWarning?.('The RDB file contains a function library, which this version leaves out');
        return;
      case OPCODE_FUNCTION_PRE_GA:
        throw damage(at, 'pre-release function format not supported');
      case OPCODE_MODULE_AUX: {
        const name = moduleName(input.bigLength());
        throw damage(at, `the file contains AUX module data that cannot be loaded: no matching module '${name}'`);
      }
      case OPCODE_EOF:
        this.checksum();
        this.done = true;
        return;
      default:
        this.entry(at, opcode);
    }
  }

  private select(at: number, index: number): void {
    const db = this.options.keyspace.databases[index];
    if (db === undefined) {
      const { length } = this.options.keyspace.databases;
      throw damage(at, `database ${index}, but there are only ${length} (see the directive "databases")`);
    }
    this.db = db;
  }

  private checksum(): void {
    if (this.version < VERSION_WITH_CHECKSUM) return;
    const { input } = this;
    input.need(CRC64_BYTES);
    input.sumToHere();
    const { buf, pos, offset } = input;
    input.pos += CRC64_BYTES;
    if (!this.options.verifyChecksum) return;
    if (buf.subarray(pos, pos + CRC64_BYTES).every((byte) => byte === 0)) {
      this.options.onWarning?.('RDB file was saved with checksum disabled: no check performed.');
      return;
    }
    if (input.crc.equals(buf, pos)) return;
    const found = Buffer.from(buf.slice(pos, pos + CRC64_BYTES)).readBigUInt64LE();
    const expected = input.crc.toBigInt();
    throw damage(offset, `wrong RDB checksum: expected ${expected.toString(16)}, found ${found.toString(16)}`);
  }

  private entry(at: number, type: number): void {
    const { input, db } = this;
    const reader = readerOf(type);
    if (reader === undefined) throw damage(at, unreadable(type));
    input.readString();
    const { stringBytes: key, stringAt: keyAt, stringLength: keyLength } = input;
    const builder = reader.begin(input, db, type);
    this.recordAt = at;
    if (builder.left === 0) {
      this.add(builder, key, keyAt, keyLength);
      return;
    }
    this.building = builder;
    // Not `slice`: of a Buffer that would be a view of the loan.
    this.key = new Uint8Array(key.subarray(keyAt, keyAt + keyLength));
  }

  /** Reads elements until the value is complete. */
  private build(builder: ValueBuilder): void {
    const { input } = this;
    while (builder.left > 0) {
      builder.step(input);
      input.commit();
    }
    this.building = undefined;
    this.add(builder, this.key, 0, this.key.length);
  }

  private add(builder: ValueBuilder, key: Uint8Array, keyAt: number, keyLength: number): void {
    const { db, expireAtMs, options } = this;
    const expires = expireAtMs !== NO_EXPIRY;
    if (builder.isEmpty) {
      builder.discard();
      this.emptyKeys++;
    } else if (options.wants?.(db, key, keyAt, keyLength) === false) {
      builder.discard();
    } else if (expires && options.dropExpired && expireAtMs < options.keyspace.nowMs) {
      builder.discard();
      this.keysExpired++;
    } else {
      const existing = db.findKey(key, keyAt, keyLength);
      if (existing !== MISSING) {
        if (!options.replaceExisting) {
          builder.discard();
          const name = Buffer.from(key.slice(keyAt, keyAt + keyLength)).toString('latin1');
          throw damage(this.recordAt, `duplicated key ${JSON.stringify(name)} in database ${db.index}`);
        }
        db.remove(existing);
      }
      const ref = builder.finish(key, keyAt, keyLength, expires);
      this.setAccess(expires ? db.setExpiry(ref, expireAtMs) : ref);
      this.keysLoaded++;
    }
    this.expireAtMs = NO_EXPIRY;
    this.idleSeconds = NOT_GIVEN;
    this.frequency = NOT_GIVEN;
  }

  private setAccess(ref: number): void {
    if (this.frequency !== NOT_GIVEN || this.idleSeconds !== NOT_GIVEN) {
      setAccess(this.db, ref, this.idleSeconds, this.frequency);
    }
  }
}

/** Sets the access word from what a file or RESTORE says; -1 = says nothing. Only what the policy uses counts. */
export const setAccess = (db: Database, ref: number, idleSeconds: number, frequency: number): void => {
  const { keyspace } = db;
  if (keyspace.lfu) {
    if (frequency >= 0) db.setAccess(ref, lfuPack(lfuMinutes(Math.floor(keyspace.nowMs / 60000)), frequency));
  } else if (idleSeconds >= 0) {
    db.setAccess(ref, lruFromIdle(idleSeconds, keyspace.lruClock));
  }
};
