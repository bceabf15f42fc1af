/**
 * A base as commands (aof-use-rdb-preamble no): the snapshot's RDB, turned into the commands that Redis writes for it.
 *
 *   RDB chunks ──▶ a keyspace that holds one chunk's keys ──▶ SET, RPUSH, SADD, ZADD, HMSET, PEXPIREAT ──▶ file
 *
 * In:     chunks of an RDB file. Out: chunks of commands. Elements come 64 to a command, as in Redis.
 * Memory: the keys of one chunk, or the one large value that is on its way.
 *
 * The walk of the snapshot stays the only one, with its guarantee that it shows one moment; this costs twice the time.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { defer, EMPTY, type Observable } from 'rxjs';
import { copyBytes } from '../bytes.ts';
import { selectBytes } from '../events/write-stream.ts';
import { type Database, NO_EXPIRY } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import { ExpiryMode, Keyspace } from '../keyspace/keyspace.ts';
import { Element } from '../keyspace/listpack.ts';
import { CHUNK_BYTES, recycleChunk } from '../persistence/rdb/output.ts';
import { RdbReader } from '../persistence/rdb/reader.ts';
import { formatDouble17 } from '../resp/double.ts';
import { field, HashWalk, hashLength, value } from '../values/hash.ts';
import { End, listLength } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';
import { setSize } from '../values/set.ts';
import { SetWalk } from '../values/set-walk.ts';
import { memberCount } from '../values/sorted-set.ts';
import { MemberCursor } from '../values/sorted-set-cursor.ts';
import type { BaseSink } from './log-files.ts';

export interface CommandBaseOptions {
  readonly databases: number;
  /** Annotation lines that stand before the commands. */
  readonly preface: string;
}

/** Elements of one command, as in Redis. */
const ELEMENTS_MAX = 64;
const RECLAIM_BATCH = 4096;

const hashWalk = new HashWalk();
const listCursor = new ListCursor();
const listElement = new Element();
const setWalk = new SetWalk();
const members = new MemberCursor();

export class CommandBase {
  private readonly emit: (chunk: Uint8Array) => void;
  private readonly keyspace: Keyspace;
  private readonly reader: RdbReader;
  private buf = new Uint8Array(CHUNK_BYTES);
  private pos = 0;
  private selected = -1;

  constructor(emit: (chunk: Uint8Array) => void, { databases, preface }: CommandBaseOptions) {
    this.emit = emit;
    this.keyspace = new Keyspace({ databases, random: Math.random, hashKey: [1, 2] });
    this.keyspace.expiryMode = ExpiryMode.Ignore;
    this.reader = new RdbReader({
      keyspace: this.keyspace,
      dropExpired: false,
      replaceExisting: false,
      verifyChecksum: false,
    });
    this.text(preface);
  }

  /** Takes the next chunk of the RDB, a loan. */
  take(chunk: Uint8Array): void {
    const fed = this.reader.feed(chunk, 0, chunk.length);
    if (E.isLeft(fed)) throw new Error(`eventlog: our own snapshot is no RDB: ${fed.left.reason}`);
    for (const db of this.keyspace.databases) {
      if (db.size === 0) continue;
      this.select(db.index);
      this.entries(db);
      this.keyspace.flush(db);
    }
    while (this.keyspace.reclaim(RECLAIM_BATCH));
  }

  end(): void {
    this.reader.close();
    this.flush();
  }

  private entries(db: Database): void {
    const { dict } = this.keyspace;
    const visit = (ref: number): void => this.entry(db, ref);
    let cursor = 0;
    do cursor = dict.scan(db.header, cursor, visit);
    while (cursor !== 0);
  }

  private entry(db: Database, ref: number): void {
    const type = db.type(ref);
    switch (type) {
      case Type.String:
        this.command('SET', db, ref, 1);
        db.loadValue(ref);
        this.bulk(db.valueBytes, db.valueAt, db.valueLength);
        break;
      case Type.List:
        listCursor.seekEnd(db, ref, End.Left);
        this.elements('RPUSH', db, ref, listLength(db, ref), 1, () => {
          listElement.read(listCursor.buf, listCursor.pos);
          this.bulk(listElement.bytes, listElement.at, listElement.length);
          listCursor.next(db);
        });
        break;
      case Type.Set:
        setWalk.over(db, ref);
        this.elements('SADD', db, ref, setSize(db, ref), 1, () => {
          setWalk.step();
          this.bulk(setWalk.bytes, setWalk.at, setWalk.length);
        });
        break;
      case Type.SortedSet:
        members.open(db, ref, 0, false);
        this.elements('ZADD', db, ref, memberCount(db, ref), 2, () => {
          members.next();
          const score = Buffer.from(formatDouble17(members.score));
          this.bulk(score, 0, score.length);
          this.bulk(members.bytes, members.at, members.length);
        });
        break;
      case Type.Hash:
        hashWalk.start(db, ref);
        this.elements('HMSET', db, ref, hashLength(db, ref), 2, () => {
          hashWalk.next();
          this.bulk(field.bytes, field.at, field.length);
          this.bulk(value.bytes, value.at, value.length);
        });
        break;
      default:
        throw new Error(`eventlog: no commands for values of type ${Type[type]}`);
    }
    const expireAtMs = db.expireAtMs(ref);
    if (expireAtMs === NO_EXPIRY) return;
    this.command('PEXPIREAT', db, ref, 1);
    const time = Buffer.from(String(expireAtMs));
    this.bulk(time, 0, time.length);
  }

  /** Commands with at most 64 elements of so many arguments each; `next` writes an element. */
  private elements(name: string, db: Database, ref: number, count: number, width: number, next: () => void): void {
    for (let left = count; left > 0; left -= ELEMENTS_MAX) {
      const elements = Math.min(left, ELEMENTS_MAX);
      this.command(name, db, ref, elements * width);
      for (let i = 0; i < elements; i++) next();
    }
  }

  /** Begins a command on a key, with so many arguments to come. */
  private command(name: string, db: Database, ref: number, count: number): void {
    this.text(`*${count + 2}\r\n$${name.length}\r\n${name}\r\n`);
    db.loadKey(ref);
    this.bulk(db.keyBytes, db.keyAt, db.keyLength);
  }

  private select(db: number): void {
    if (db === this.selected) return;
    this.selected = db;
    const select = selectBytes(db);
    this.bytes(select, 0, select.length);
  }

  private bulk(bytes: Uint8Array, at: number, length: number): void {
    this.text(`$${length}\r\n`);
    this.bytes(bytes, at, length);
    this.text('\r\n');
  }

  private text(text: string): void {
    this.bytes(Buffer.from(text, 'latin1'), 0, text.length);
  }

  private bytes(bytes: Uint8Array, at: number, length: number): void {
    for (let from = 0; from < length; ) {
      const part = Math.min(length - from, CHUNK_BYTES - this.pos);
      copyBytes(bytes, at + from, this.buf, this.pos, part);
      this.pos += part;
      from += part;
      if (this.pos === CHUNK_BYTES) this.flush();
    }
  }

  private flush(): void {
    if (this.pos === 0) return;
    const chunk = this.buf.subarray(0, this.pos);
    this.buf = new Uint8Array(CHUNK_BYTES);
    this.pos = 0;
    this.emit(chunk);
  }
}

/** A sink for a snapshot that writes commands into another one. */
export class CommandBaseSink implements BaseSink {
  readonly drain$: Observable<unknown>;
  readonly finish$: Observable<unknown>;
  private readonly file: BaseSink;
  private readonly base: CommandBase;
  private hasRoom = true;

  constructor(file: BaseSink, options: CommandBaseOptions) {
    this.file = file;
    this.base = new CommandBase((chunk) => {
      this.hasRoom = file.write(chunk);
    }, options);
    this.drain$ = file.drain$;
    this.finish$ = defer(() => {
      this.base.end();
      return file.finish$ ?? EMPTY;
    });
  }

  write(chunk: Uint8Array): boolean {
    this.hasRoom = true;
    this.base.take(chunk);
    recycleChunk(chunk);
    return this.hasRoom;
  }

  abandon(): void {
    this.base.end();
    this.file.abandon();
  }
}
