/**
 * Makes logs for specs, by the format alone, and says which events a reader has to find in them.
 *
 * In:     what happened: writes, transactions, audit records, rotations. Out: files, and the expected events.
 * Memory: the whole log.
 * @since 0.3.0
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { EventClient, LoggedEvent } from '../../src/eventlog/event.ts';
import {
  type AuditClass,
  Chain,
  hashOf,
  NO_HASH,
  renderArguments,
  renderAsSent,
  renderAudit,
  renderClient,
  renderHead,
  renderRecord,
  renderSeal,
  renderTimestamp,
} from '../../src/eventlog/format.ts';

export type Words = readonly (string | Uint8Array)[];

export interface MadeCommand {
  readonly args: Words;
  /** Words of what the client sent, where it differs. */
  readonly asSent?: readonly string[];
}

export interface MadeLogOptions {
  readonly trail?: boolean;
  readonly replid?: string;
  readonly offset?: number;
  readonly timeUs?: number;
  readonly prefix?: string;
}

const REPLID = '0123456789abcdef0123456789abcdef01234567';
/** 14 November 2023, about when Redis had logs of this kind. */
export const STARTED_US = 1_700_000_000_000_000;

const bytesOf = (word: string | Uint8Array): Uint8Array =>
  typeof word === 'string' ? new Uint8Array(Buffer.from(word, 'latin1')) : word;

export const resp = (words: Words): Buffer =>
  Buffer.concat([
    Buffer.from(`*${words.length}\r\n`),
    ...words.flatMap((word) => {
      const bytes = bytesOf(word);
      return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
    }),
  ]);

export interface MadeSegment {
  readonly name: string;
  readonly pieces: Buffer[];
}

export class MadeLog {
  readonly segments: MadeSegment[] = [];
  readonly events: LoggedEvent[] = [];
  offset: number;
  timeUs: number;
  private readonly trail: boolean;
  private readonly replid: string;
  private readonly prefix: string;
  private chain = new Chain();
  private lastHash = NO_HASH;
  private named = new Map<number, string>();
  private db = -1;
  private by: EventClient | undefined;

  constructor({
    trail = true,
    replid = REPLID,
    offset = 0,
    timeUs = STARTED_US,
    prefix = 'appendonly.aof',
  }: MadeLogOptions) {
    this.trail = trail;
    this.replid = replid;
    this.offset = offset;
    this.timeUs = timeUs;
    this.prefix = prefix;
    this.open();
  }

  /** For the report of a failing property. */
  [fc.toStringMethod](): string {
    return JSON.stringify([...this.files()].map(([name, bytes]) => [name, bytes.toString('latin1')]));
  }

  /** Time passes. */
  wait(us: number): void {
    this.timeUs += us;
  }

  /** A record of writes: each command by itself. */
  write(client: EventClient, db: number, ...commands: MadeCommand[]): void {
    this.record(client);
    for (const command of commands) this.command(db, command, undefined);
  }

  /** A record with a transaction. */
  transaction(client: EventClient, db: number, ...commands: MadeCommand[]): void {
    this.record(client);
    this.select(db);
    const offset = this.offset;
    this.stream(resp(['MULTI']));
    for (const command of commands) this.command(db, command, offset);
    this.stream(resp(['EXEC']));
  }

  audit(client: EventClient, kind: AuditClass, words: readonly string[]): void {
    if (!this.trail) return;
    this.name(client);
    this.by = client;
    const { timeUs, offset } = this;
    const hash = this.chain.turn();
    const text = renderArguments(words);
    this.line(renderAudit({ timeUs, clientId: client.id, class: kind, hash, text }));
    const args = words.map(bytesOf);
    this.events.push({ offset, end: offset, timeUs, db: 0, class: kind, args, client });
    this.by = undefined;
  }

  /** Bytes of the stream that are no event. */
  ping(): void {
    this.stream(resp(['PING']));
  }

  /** A line of Redis' own. */
  stamp(): void {
    const seconds = Math.floor(this.timeUs / 1_000_000);
    this.line(renderTimestamp({ seconds }));
  }

  comment(text: string): void {
    this.line(`#${text}\r\n`);
  }

  /** Seals the segment. */
  seal(): void {
    const hash = this.chain.turn();
    const line = renderSeal({ offset: this.offset, timeUs: this.timeUs, hash });
    this.line(line);
    this.lastHash = hashOf(Buffer.from(line, 'latin1'));
  }

  /** Seals the segment and opens the next one. */
  rotate(): void {
    this.seal();
    this.open();
  }

  get bytes(): number {
    return this.segments.reduce((sum, { pieces }) => sum + pieces.reduce((all, piece) => all + piece.length, 0), 0);
  }

  files(): ReadonlyMap<string, Buffer> {
    return new Map(this.segments.map(({ name, pieces }) => [name, Buffer.concat(pieces)]));
  }

  /** Writes the segments into a folder; its path. */
  save(folder: string): string {
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of this.files()) writeFileSync(join(folder, name), bytes);
    return folder;
  }

  private open(): void {
    this.segments.push({ name: `${this.prefix}.${this.segments.length + 1}.incr.aof`, pieces: [] });
    this.chain = new Chain();
    this.named = new Map();
    this.db = -1;
    this.by = undefined;
    const { replid, offset, timeUs, lastHash } = this;
    this.line(renderHead({ replid, offset, timeUs, hash: lastHash }));
  }

  private record(client: EventClient): void {
    if (!this.trail) {
      // Without a trail a time is known to the second, from Redis' own lines.
      this.timeUs = Math.ceil(this.timeUs / 1_000_000) * 1_000_000;
      this.stamp();
      return;
    }
    this.name(client);
    this.by = client;
    this.line(renderRecord({ timeUs: this.timeUs, clientId: client.id, hash: this.chain.turn() }));
  }

  private name(client: EventClient): void {
    const said = JSON.stringify(client);
    if (client.id <= 0 || this.named.get(client.id) === said) return;
    this.named.set(client.id, said);
    this.line(renderClient(client));
  }

  private select(db: number): void {
    if (db === this.db) return;
    this.db = db;
    this.stream(resp(['SELECT', String(db)]));
  }

  private command(db: number, { args, asSent }: MadeCommand, transaction: number | undefined): void {
    if (transaction === undefined) this.select(db);
    const text = asSent === undefined || !this.trail ? undefined : renderArguments(asSent);
    if (text !== undefined) this.line(renderAsSent({ text }));
    const { offset, timeUs, by } = this;
    this.stream(resp(args));
    this.events.push({
      offset,
      end: this.offset,
      timeUs,
      db,
      class: 'write',
      args: args.map(bytesOf),
      ...(by === undefined ? {} : { client: by }),
      ...(text === undefined ? {} : { asSent: text }),
      ...(transaction === undefined ? {} : { transaction }),
    });
  }

  private stream(bytes: Buffer): void {
    this.put(bytes);
    this.offset += bytes.length;
  }

  private line(text: string): void {
    this.put(Buffer.from(text, 'latin1'));
  }

  private put(bytes: Buffer): void {
    this.chain.update(bytes);
    this.segments.at(-1)?.pieces.push(bytes);
  }
}

export const client = (id: number, name = ''): EventClient =>
  id <= 0
    ? { id, address: '', name: '', user: '' }
    : { id, address: `127.0.0.1:${40000 + id}`, name, user: id % 2 === 0 ? 'default' : 'al ice' };

const clients = [client(0), client(-1), client(1), client(2, 'worker'), client(2, 'renamed'), client(77, 'b\xe9%')];
const anyClient = fc.constantFrom(...clients);
const anyKey = fc.constantFrom('a', 'b', 'user:1', 'user:2', '', '\xff\r\n#W:', 'k'.repeat(70));
const anyValue = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.constantFrom('', '#S:1 2 3\r\n', '*1\r\n$4\r\nEXEC\r\n'),
  fc.nat(3000).map((bytes) => 'v'.repeat(bytes)),
);
const anyCommand: fc.Arbitrary<MadeCommand> = fc.oneof(
  fc.tuple(anyKey, anyValue).map(([key, value]) => ({ args: ['SET', key, value] })),
  fc.tuple(anyKey, anyKey, anyValue).map(([a, b, value]) => ({ args: ['MSET', a, value, b, value] })),
  anyKey.map((key) => ({ args: ['DEL', key], asSent: ['EXPIRE', key, '0'] })),
  anyKey.map((key) => ({ args: ['pexpireat', key, '1800000000000'], asSent: ['EXPIRE', key, '10'] })),
  fc.tuple(anyKey, anyKey).map(([a, b]) => ({ args: ['RENAME', a, b] })),
  fc
    .tuple(anyKey, fc.array(anyValue, { minLength: 1, maxLength: 5 }))
    .map(([key, all]) => ({ args: ['RPUSH', key, ...all] })),
  fc.constant<MadeCommand>({ args: ['FLUSHALL'] }),
  fc.tuple(anyKey, anyValue).map(([key, value]) => ({ args: ['UNHEARDOF', key, value] })),
);
const commands = fc.array(anyCommand, { minLength: 1, maxLength: 4 });
const db = fc.nat(2);

/** One thing that happens to a log. */
export type Act = (log: MadeLog) => void;

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(anyClient, db, commands).map(
      ([by, at, all]) =>
        (log: MadeLog) =>
          log.write(by, at, ...all),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyClient, db, commands).map(
      ([by, at, all]) =>
        (log: MadeLog) =>
          log.transaction(by, at, ...all),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        anyClient,
        fc.constantFrom<AuditClass>('auth', 'admin', 'read', 'replica'),
        fc.array(anyKey, { minLength: 1 }),
      )
      .map(
        ([by, kind, words]) =>
          (log: MadeLog) =>
            log.audit(by, kind, ['CONFIG', ...words]),
      ),
  },
  { weight: 2, arbitrary: fc.nat(3_000_000).map((us) => (log: MadeLog) => log.wait(us)) },
  { weight: 1, arbitrary: fc.constant((log: MadeLog) => log.ping()) },
  { weight: 1, arbitrary: fc.constant((log: MadeLog) => log.comment(' somebody was here')) },
  { weight: 1, arbitrary: fc.constant((log: MadeLog) => log.rotate()) },
);

/** Logs of all shapes: with and without a trail, sealed or not, of several segments. */
export const anyLog = (
  options: { readonly trail?: boolean; readonly maxLength?: number; readonly sealed?: boolean } = {},
): fc.Arbitrary<MadeLog> =>
  fc
    .tuple(
      options.trail === undefined ? fc.boolean() : fc.constant(options.trail),
      fc.nat(1_000_000),
      fc.array(act, { maxLength: options.maxLength ?? 30 }),
      options.sealed === undefined ? fc.boolean() : fc.constant(options.sealed),
    )
    .map(([trail, offset, acts, isSealed]) => {
      const log = new MadeLog({ trail, offset });
      for (const happens of acts) happens(log);
      if (isSealed) log.seal();
      return log;
    });
