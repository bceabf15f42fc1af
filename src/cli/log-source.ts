/**
 * Where a sub-command finds a log: a folder, or a server.
 *
 * In:  what the options say. Out: events in batches.
 *
 * A folder is only read, so it may be that of a running server, or a copy.
 *
 * @since 0.3.0
 */
import { open } from 'node:fs/promises';
import * as E from 'fp-ts/Either';
import { toLatin1 } from '../config/config.ts';
import type { LoggedEvent } from '../eventlog/event.ts';
import type { EventConditions } from '../eventlog/filter.ts';
import { readMore, type ScanOptions, scanBatches } from '../eventlog/scan.ts';
import { SegmentCursor, Step } from '../eventlog/segment-cursor.ts';
import { LogError, listSegments, type Segment } from '../eventlog/segments.ts';
import { Failure } from './failure.ts';
import type { Address, Start } from './options.ts';
import { type Login, serverEvents } from './server-events.ts';

export interface ServerSource {
  readonly _tag: 'server';
  readonly address: Address;
  readonly user?: string;
  readonly password?: string;
}

export type LogSource = { readonly _tag: 'folder'; readonly path: string } | ServerSource;

interface SourceOptions {
  readonly dir?: string;
  readonly connect?: Address;
  readonly login?: string;
  readonly pass?: string;
}

/** Where redis-cli looks for a password that is no option. */
const PASSWORD_VARIABLE = 'REDISCLI_AUTH';

/** The source that options name: the working folder where they name none. */
export const sourceOf = ({ dir, connect, login: user, pass: password }: SourceOptions): E.Either<string, LogSource> => {
  if (connect === undefined) {
    return user === undefined && password === undefined
      ? E.right({ _tag: 'folder', path: dir ?? '.' })
      : E.left('expected --connect with --login and --pass');
  }
  if (dir !== undefined) return E.left('expected one of --dir and --connect, got both');
  return E.right({
    _tag: 'server',
    address: connect,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  });
};

/** Whom to log in as; undefined where nobody has said a password. */
export const loginOf = (
  { user, password }: ServerSource,
  env: Readonly<Record<string, string | undefined>>,
): Login | undefined => {
  const said = password ?? (env[PASSWORD_VARIABLE] === undefined ? undefined : toLatin1(env[PASSWORD_VARIABLE]));
  if (said === undefined) {
    if (user !== undefined)
      throw new Failure(`--login ${user}: expected --pass or ${PASSWORD_VARIABLE} in the environment`);
    return undefined;
  }
  return user === undefined ? { password: said } : { user, password: said };
};

export interface EventsQuery {
  readonly source: LogSource;
  readonly conditions: Omit<EventConditions, 'from'>;
  readonly from?: Start;
  readonly follow: boolean;
}

/** The segments of a folder; `Failure` where it holds no log. */
export const segmentsOf = async (folder: string): Promise<readonly Segment[]> => {
  const segments = await listSegments(folder);
  if (segments.length === 0) {
    throw new Failure(
      `${folder}: expected an event log (*.incr.aof, here or in appendonlydir), found none: is "appendonly yes" set? DIR may be the log's own folder, too`,
    );
  }
  return segments;
};

interface LogEnd {
  readonly offset: number;
  readonly timeUs: number;
}

/** Where the last segment ends, by reading it. */
const endOf = async (segments: readonly Segment[]): Promise<LogEnd> => {
  const last = segments[segments.length - 1];
  const cursor = new SegmentCursor();
  // Without a head an offset is known only by counting from the first segment that has none.
  const headless =
    last.head === undefined ? segments.slice(segments.findLastIndex(({ head }) => head !== undefined) + 1) : [last];
  for (const segment of headless) {
    cursor.begin(segment.head?.offset ?? cursor.end, segment.head?.timeUs ?? cursor.timeUs);
    const file = await open(segment.path, 'r');
    try {
      while (await readMore(file, cursor)) {
        let step = cursor.next();
        while (step === Step.Write || step === Step.Audit) step = cursor.next();
        if (step === Step.Broken) throw new LogError(segment.path, cursor.parser.position, cursor.error);
      }
    } finally {
      await file.close();
    }
  }
  return { offset: cursor.end, timeUs: cursor.timeUs };
};

const isAfter =
  ({ offset, timeUs }: LogEnd) =>
  (event: LoggedEvent): boolean =>
    event.class === 'write' || event.offset > offset || event.timeUs > timeUs;

async function* folderEvents(
  folder: string,
  { conditions, from, follow }: EventsQuery,
  scan: Pick<ScanOptions, 'signal' | 'onProgress'>,
): AsyncGenerator<readonly LoggedEvent[]> {
  const segments = await segmentsOf(folder);
  const options: ScanOptions = { ...conditions, ...scan, follow };
  if (from === undefined) {
    yield* scanBatches(folder, options);
    return;
  }
  if (from._tag === 'end') {
    const end = await endOf(segments);
    const later = isAfter(end);
    // What is no write has no bytes in the stream: what was there already stands at the same offset.
    for await (const batch of scanBatches(folder, { ...options, from: { _tag: 'offset', offset: end.offset } })) {
      yield batch.filter(later);
    }
    return;
  }
  const oldest = segments[0].head?.offset;
  if (from._tag === 'offset' && oldest !== undefined && from.offset < oldest) {
    throw new Failure(`--from: offset ${from.offset} is no longer in the log, which begins at offset:${oldest}`);
  }
  yield* scanBatches(folder, { ...options, from });
}

export interface Reading {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number, totalBytes: number) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The events that are asked for, in batches. Throws `Failure` and `LogError`. */
export const queryEvents = (
  query: EventsQuery,
  { signal, onProgress, env }: Reading,
): AsyncGenerator<readonly LoggedEvent[]> => {
  const { source, conditions, from, follow } = query;
  if (source._tag === 'folder') return folderEvents(source.path, query, { signal, onProgress });
  const login = loginOf(source, env);
  return serverEvents({
    ...conditions,
    address: source.address,
    follow,
    signal,
    ...(login === undefined ? {} : { login }),
    ...(from === undefined ? {} : { from }),
  });
};
