/**
 * Logs of a real server in memory: what commands do to it, as the bytes of a log, with the state after each.
 *
 * In:     commands, times. Out: the files of a log; every state that the server had, with its place in the log.
 * Memory: the whole log.
 * @since 0.3.0
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import type { Config } from '../../src/config/config.ts';
import { Chain, hashOf, NO_HASH } from '../../src/eventlog/chain.ts';
import { LogFolder } from '../../src/eventlog/files.ts';
import { renderHead, renderRecord, renderSeal, renderTimestamp } from '../../src/eventlog/format.ts';
import { FolderLoader } from '../../src/eventlog/loader.ts';
import type { LoadedLog } from '../../src/eventlog/ports.ts';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { Logger } from '../../src/log.ts';
import { NO_PEER } from '../../src/net/peer.ts';
import type { LoadError } from '../../src/persistence/service.ts';
import { splitArgs } from '../../src/quoting.ts';
import { viewOf } from '../../src/resp/view.ts';
import type { Server } from '../../src/server.ts';
import { MemoryServer, type Words } from '../support/reduce.ts';
import { decodeReply, show } from '../support/reply.ts';

export const REPLID = 'f'.repeat(40);
const START_MS = 1_700_000_000_000;

/** A state that the server had, once what stands before these places is there. */
export interface State {
  readonly segment: number;
  /** Place in the segment's file. */
  readonly position: number;
  readonly offset: number;
  readonly timeUs: number;
  readonly digest: string;
}

export type Kind = 'trail' | 'timestamps' | 'plain' | 'redis';

export class RecordedLog {
  readonly states: State[] = [];
  readonly segments: Buffer[][] = [];
  /** Names of bases, with their bytes. */
  readonly bases: {
    readonly name: string;
    readonly bytes: Buffer;
    readonly offset: number;
    readonly timeUs: number;
  }[] = [];
  readonly server: MemoryServer;
  private readonly kind: Kind;
  private chain = new Chain();
  private hash = NO_HASH;
  private unit: Buffer[] = [];
  private position = 0;

  constructor(kind: Kind, offset = 0, config: Partial<Config> = {}) {
    this.kind = kind;
    this.server = new MemoryServer({ nowMs: START_MS, config });
    this.server.server.services.writes.continueAt(offset);
    this.server.server.services.writes.events$.subscribe(({ buf, start, end }) => {
      this.unit.push(Buffer.from(buf.slice(start, end)));
    });
    this.open();
  }

  get offset(): number {
    return this.server.server.services.writes.offset;
  }

  get timeUs(): number {
    return this.server.nowMs * 1000;
  }

  get digest(): string {
    return digestKeyspace(this.server.keyspace);
  }

  /** A command of the one client; what it does is a record of its own. */
  run(words: Words): void {
    this.server.raw(words);
    const bytes = Buffer.concat(this.unit);
    this.unit = [];
    if (bytes.length === 0) return;
    if (this.kind === 'trail') {
      this.put(renderRecord({ timeUs: this.timeUs, clientId: 0, hash: this.chain.turn() }));
    } else if (this.kind === 'timestamps') {
      this.put(renderTimestamp({ seconds: Math.floor(this.timeUs / 1_000_000) }));
    }
    this.put(bytes);
    this.note();
  }

  wait(ms: number): void {
    this.server.advance(ms);
  }

  seal(): void {
    if (this.kind === 'redis') return;
    const line = renderSeal({ offset: this.offset, timeUs: this.timeUs, hash: this.chain.turn() });
    this.put(line);
    this.hash = hashOf(Buffer.from(line));
  }

  /** The next segment; with `base` a snapshot stands at its beginning. */
  rotate(base = false): void {
    this.seal();
    if (base) this.snapshot(true);
    this.server.server.services.writes.forgetDatabase();
    this.open();
  }

  /** A base at this moment. */
  snapshot(hasOffset: boolean): void {
    const chunks: Buffer[] = [];
    this.server.server.services.persistence.snapshotter.runToEnd(
      (chunk) => void chunks.push(Buffer.from(chunk)),
      hasOffset ? { replId: REPLID, replOffset: this.offset, aofBase: true } : {},
    );
    const name = `appendonly.aof.${this.bases.length + 1}.base.rdb`;
    const { offset, timeUs } = this;
    this.bases.push({ name, bytes: Buffer.concat(chunks), offset, timeUs });
  }

  get files(): readonly { readonly name: string; readonly bytes: Buffer }[] {
    return this.segments.map((pieces, index) => ({
      name: `appendonly.aof.${index + 1}.incr.aof`,
      bytes: Buffer.concat(pieces),
    }));
  }

  /** Writes everything into `dir`, with a manifest that names the first base (if there is one) and all segments. */
  save(dir: string, changed: ReadonlyMap<string, Buffer> = new Map()): LogFolder {
    const folder = folderIn(dir);
    mkdirSync(folder.path, { recursive: true });
    for (const { name, bytes } of [...this.bases, ...this.files]) {
      writeFileSync(join(folder.path, name), changed.get(name) ?? bytes);
    }
    const [base] = this.bases;
    folder.writeManifest({
      base: base === undefined ? undefined : { name: base.name, seq: 1 },
      incrs: this.files.map(({ name }, index) => ({ name, seq: index + 1 })),
      history: [],
    });
    return folder;
  }

  /** The last state that a log has which ends at a place of the last segment. */
  stateAt(segment: number, position: number): State | undefined {
    return this.states
      .filter((state) => state.segment < segment || (state.segment === segment && state.position <= position))
      .at(-1);
  }

  private open(): void {
    this.segments.push([]);
    this.position = 0;
    this.chain = new Chain();
    const { offset, timeUs, hash } = this;
    if (this.kind !== 'redis') this.put(renderHead({ replid: REPLID, offset, timeUs, hash }));
    this.note();
  }

  private put(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    this.chain.update(bytes);
    this.position += bytes.length;
    this.segments.at(-1)?.push(bytes);
  }

  private note(): void {
    const { position, offset, timeUs, digest } = this;
    this.states.push({ segment: this.segments.length - 1, position, offset, timeUs, digest });
  }
}

export const folderIn = (dir: string): LogFolder =>
  new LogFolder({ dir, folder: 'appendonlydir', file: 'appendonly.aof' });

export interface LoadResult {
  readonly loaded: E.Either<LoadError, LoadedLog | undefined>;
  readonly digest: string;
  readonly log: readonly string[];
  readonly server: MemoryServer;
}

/** Loads a folder into a fresh server. */
export const loadFolder = async (folder: LogFolder, config: Partial<Config> = {}): Promise<LoadResult> => {
  const server = new MemoryServer({ nowMs: START_MS, config });
  const log: string[] = [];
  const { services } = server.server;
  const loader = new FolderLoader({
    ...services,
    environment: { ...services.environment, atTurnEnd: setImmediate },
    log: new Logger(
      (line) => void log.push(line),
      () => 0,
    ),
  });
  const loaded = await loader.load(folder)();
  return { loaded, digest: digestKeyspace(server.keyspace), log, server };
};

export const messageOf = ({ loaded }: LoadResult): string => (E.isLeft(loaded) ? loaded.left.message : '');

/** What another server answers to a command. */
export const ask = ({ dispatcher, services }: Server, command: string): string => {
  const written: Buffer[] = [];
  const client = services.clients.add({
    ...NO_PEER,
    write: (bytes, start, end) => {
      written.push(Buffer.from(bytes.slice(start, end)));
      return true;
    },
  });
  dispatcher.beginTurn();
  dispatcher.run(client, viewOf(O.getOrElse((): readonly string[] => [])(splitArgs(command))));
  dispatcher.endTurn();
  services.clients.outbox.flush();
  services.clients.remove(client);
  return show(decodeReply(Buffer.concat(written)));
};
