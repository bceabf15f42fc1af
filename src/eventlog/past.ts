/**
 * The past: a private server, folded to a moment.
 *
 * In:     the folder of a log, a moment. Out: a server without listeners whose clock stands still.
 * Memory: the whole keyspace of the moment; it goes when nobody refers to the server any more.
 *
 * The clock stands at the moment, so that a key whose time was not over then is there. With an offset the moment's time is
 * that of the last event, as far as the log says.
 *
 * @since 0.3.0
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import { asyncScheduler } from 'rxjs';
import { buildServer, type Server } from '../assemble.ts';
import { type Config, fromLatin1 } from '../config/config.ts';
import type { Environment } from '../environment.ts';
import { Logger } from '../log.ts';
import type { Transport } from '../net/peer.ts';
import { LogFolder } from './files.ts';
import { describeFoldError, Folding } from './folding.ts';
import type { Moment } from './format.ts';
import { type Log, outOfRange, type PastError, type PastPlan, pastError, planFor, readLog } from './past-plan.ts';

export type { PastError } from './past-plan.ts';

/** Where a fold has come to. */
export interface Reached {
  /** Offset in the stream behind the last event. */
  readonly offset: number;
  /** µs since 1970: the moment, or the time of the last event. */
  readonly timeUs: number;
  /** The history that the stream belonged to. */
  readonly replid: string | undefined;
  /** The database that the stream had selected. */
  readonly streamDb: number;
}

export interface Past {
  /** It has no listeners and no timers; commands go through its dispatcher, and what they change stays within it. */
  readonly server: Server;
  readonly reached: Reached;
}

export interface PastOptions {
  readonly folder: LogFolder;
  readonly moment: Moment;
  /** The number of databases, the limits of encodings, renamed commands. */
  readonly config: Config;
  /** Nothing by default. */
  readonly log?: Logger;
  /** Told how far it is, now and then. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

const US_PER_MS = 1000;

/** The folder of the log that a configuration names. */
export const folderOf = (config: Config): LogFolder =>
  new LogFolder({
    dir: resolve(fromLatin1(config.dir)),
    folder: fromLatin1(config.appenddirname),
    file: fromLatin1(config.appendfilename),
  });

const NOWHERE: Transport = {
  listen: () => {
    throw new Error('the past has no listeners');
  },
  connect: () => {
    throw new Error('the past has no links');
  },
};

class StandingClock {
  us = 0;

  get environment(): Environment {
    return {
      scheduler: {
        now: () => Math.floor(this.us / US_PER_MS),
        schedule: asyncScheduler.schedule.bind(asyncScheduler),
      },
      timeUs: () => this.us,
      monotonicUs: () => performance.now() * US_PER_MS,
      random: Math.random,
      randomBytes: (count) => randomBytes(count),
      transport: NOWHERE,
      atTurnEnd: setImmediate,
    };
  }
}

/** Nothing of what a server does besides its data. */
const quiet = (config: Config): Config => ({
  ...config,
  appendonly: false,
  'audit-trail': false,
  'recover-to': '',
  save: [],
  replicaof: null,
  requirepass: '',
  maxmemory: 0,
  'notify-keyspace-events': '',
});

const silence = (): Logger => {
  const log = new Logger(
    () => {},
    () => 0,
  );
  log.level = 'nothing';
  return log;
};

/** A moment behind the end of the log is none that it leads to. */
const isReached = (moment: Moment, offset: number): boolean => moment._tag === 'time' || offset >= moment.offset;

const foldPlan =
  ({ moment, config, log = silence(), onProgress }: PastOptions, all: Log) =>
  ({ files }: PastPlan): TE.TaskEither<PastError, Past> =>
  async () => {
    const clock = new StandingClock();
    const { environment } = clock;
    const server = buildServer({ config: quiet(config), configFile: '', executable: '', environment, log });
    const { services, dispatcher } = server;
    if (moment._tag === 'time') clock.us = moment.us;
    const totalBytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
    const folding: Folding = new Folding(
      { services, files, until: moment, onSlice: () => onProgress?.(folding.loadedBytes, totalBytes) },
      totalBytes,
    );
    const folded = await folding.inSlices();
    if (E.isLeft(folded)) return E.left(pastError(describeFoldError(folded.left)));
    const { offset, counted, timeUs, replid } = folding.place;
    if (!isReached(moment, counted)) return E.left(outOfRange(all, moment));
    if (moment._tag === 'offset') clock.us = timeUs;
    dispatcher.setTime(environment.scheduler.now());
    onProgress?.(totalBytes, totalBytes);
    return E.right({ server, reached: { offset, timeUs: clock.us, replid, streamDb: folding.streamDb } });
  };

/** A private server with the state of a moment. */
export const foldTo = (options: PastOptions): TE.TaskEither<PastError, Past> =>
  pipe(
    readLog(options.folder),
    TE.chain((log) => pipe(TE.fromEither(planFor(log, options.moment)), TE.chain(foldPlan(options, log)))),
  );
