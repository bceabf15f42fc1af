/**
 * What the event log's service asks of others: who loads a log, and what comes of it.
 *
 * @since 0.3.0
 */
import type * as E from 'fp-ts/Either';
import type * as TE from 'fp-ts/TaskEither';
import type { LoadError } from '../persistence/service.ts';
import type { LogFolder } from './files.ts';
import type { Moment } from './moment.ts';

/** A file of the manifest that was loaded. */
export interface LoadedFile {
  readonly kind: 'base' | 'segment';
  readonly name: string;
  readonly seq: number;
  /** Offset in the stream of the first byte, and behind the last one; a base has its moment for both. */
  readonly from: number;
  readonly to: number;
  /** µs since 1970. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Bytes of the file, a truncated tail cut off. */
  readonly bytes: number;
  /** It begins with a head of ours. */
  readonly hasHead: boolean;
  /** The hash in its seal. */
  readonly seal?: string;
}

export interface LoadedLog {
  /** The history that the stream belongs to; missing where no file says, as in a log of redis-server's. */
  readonly replid?: string;
  /** Offset in the stream behind the last byte that was applied. */
  readonly offset: number;
  /** The database that the stream has selected there. */
  readonly streamDb: number;
  /** The last segment ends with a seal. */
  readonly sealed: boolean;
  /** Hash of the last record of the last segment, its seal being one. */
  readonly lastHash: string;
  /** The base and the segments, in order. */
  readonly files: readonly LoadedFile[];
}

export interface LogLoader {
  /** Loads what the folder's manifest says, clients being served in between. Undefined: there is nothing. */
  load(folder: LogFolder, until?: Moment): TE.TaskEither<LoadError, LoadedLog | undefined>;
  /** DEBUG LOADAOF: the same at once, in place of what is there. Left is the error reply. */
  reload(folder: LogFolder): E.Either<string, void>;
}
