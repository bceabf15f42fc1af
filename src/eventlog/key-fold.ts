/**
 * Folds the history of a few keys: what they held before and after each event.
 *
 * In:     a base or nothing, then events that speak of the keys, oldest first. Out: values.
 * Memory: a private server that holds these keys and no others.
 *
 * The events go through the reducers that clients reach, on a server without listeners whose clock the events set.
 *
 * @since 0.3.0
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import * as E from 'fp-ts/Either';
import { asyncScheduler } from 'rxjs';
import { buildServer, type Server } from '../assemble.ts';
import { type Config, defaults } from '../config/config.ts';
import type { Environment } from '../environment.ts';
import { ExpiryMode } from '../keyspace/keyspace.ts';
import { Logger } from '../log.ts';
import { RdbReader } from '../persistence/rdb/reader.ts';
import { latin1, viewOf } from '../resp/view.ts';
import { Asker } from './ask.ts';
import { effectOf, type KeyName } from './dependence.ts';
import type { LoggedEvent } from './event.ts';
import { type KeyValue, readValue } from './key-value.ts';
import { readMore } from './read-more.ts';
import { Replayer } from './replayer.ts';
import { SegmentCursor, Step } from './segment-cursor.ts';
import { LogError } from './segments.ts';

const US_PER_MS = 1000;
const READ_BYTES = 256 * 1024;
const MAGIC = 'REDIS';
/** More than anybody has: an unused one costs next to nothing. */
const DATABASES = 1024;

const noTransport = (): never => {
  throw new Error('a private server has no connections');
};

const environmentAt = (nowUs: () => number): Environment => ({
  scheduler: { now: () => Math.floor(nowUs() / US_PER_MS), schedule: asyncScheduler.schedule.bind(asyncScheduler) },
  timeUs: nowUs,
  monotonicUs: () => performance.now() * US_PER_MS,
  random: Math.random,
  randomBytes: (count) => randomBytes(count),
  transport: { listen: noTransport, connect: noTransport },
  atTurnEnd: setImmediate,
});

const silence = (): Logger => {
  const log = new Logger(
    () => {},
    () => 0,
  );
  log.level = 'nothing';
  return log;
};

export class KeyFold {
  private readonly server: Server;
  private readonly replayer: Replayer;
  private readonly asker: Asker;
  private nowUs = 0;

  constructor(config: Config = defaults) {
    this.server = buildServer({
      config: { ...config, databases: Math.max(DATABASES, config.databases), save: [], maxmemory: 0 },
      configFile: '',
      executable: '',
      environment: environmentAt(() => this.nowUs),
      log: silence(),
    });
    const { services } = this.server;
    services.keyspace.expiryMode = ExpiryMode.Ignore;
    this.replayer = new Replayer(services);
    this.asker = new Asker(services);
  }

  /** Loads the keys from a base: an RDB, commands, or an RDB with commands behind it. Throws `LogError`. */
  async load(path: string, names: readonly KeyName[]): Promise<void> {
    const wanted = new Set(names.map(({ db, key }) => `${db}:${key}`));
    const file = await open(path, 'r');
    try {
      const behind = await this.loadRdb(path, file, wanted);
      await this.loadCommands(path, file, behind, wanted);
    } finally {
      await file.close();
    }
  }

  /** Applies a write. False where it could not be applied. */
  apply({ db, args, timeUs }: LoggedEvent): boolean {
    const { replayer } = this;
    this.nowUs = timeUs;
    if (!replayer.select(db)) return false;
    return replayer.during(Math.floor(timeUs / US_PER_MS), () => replayer.apply(viewOf(args))) <= 1;
  }

  /** What a key holds. */
  value({ db, key }: KeyName): KeyValue {
    return readValue(this.asker, db, Buffer.from(key, 'latin1'));
  }

  /** Place in the file behind the RDB; 0 where there is none. */
  private async loadRdb(path: string, file: FileHandle, wanted: ReadonlySet<string>): Promise<number> {
    const buffer = new Uint8Array(READ_BYTES);
    const reader = new RdbReader({
      keyspace: this.server.services.keyspace,
      dropExpired: false,
      replaceExisting: true,
      verifyChecksum: true,
      wants: ({ index }, key, at, length) => wanted.has(`${index}:${latin1(key, at, at + length)}`),
    });
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (position === 0 && latin1(buffer, 0, Math.min(bytesRead, MAGIC.length)) !== MAGIC) return 0;
      const fed = bytesRead === 0 ? reader.finish() : reader.feed(buffer, 0, bytesRead);
      if (E.isLeft(fed)) throw new LogError(path, fed.left.offset, fed.left.reason);
      position += bytesRead;
      if (reader.done) return position - reader.leftover;
    }
  }

  private async loadCommands(path: string, file: FileHandle, from: number, wanted: ReadonlySet<string>): Promise<void> {
    const cursor = new SegmentCursor();
    cursor.seek({ position: from, offset: 0, timeUs: 0, clientId: 0, db: 0, transaction: -1 });
    for (;;) {
      const step = cursor.next();
      if (step === Step.Broken) throw new LogError(path, cursor.parser.position, cursor.error);
      if (step === Step.More && !(await readMore(file, cursor))) return;
      if (step !== Step.Write) continue;
      const event = cursor.event();
      if (effectOf(event).touched.some(({ db, key }) => wanted.has(`${db}:${key}`))) this.apply(event);
    }
  }
}
