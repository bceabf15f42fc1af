/**
 * Loading the log: what the manifest names, into the keyspace of a server, with Redis' words about whatever is wrong.
 *
 * In:     the folder of a log. Out: a keyspace, and what the files said; errors as redis-server logs them.
 * Memory: see folding.ts.
 *
 * Only the last file may end in the middle, as a crash leaves it: with `aof-load-truncated` it is cut behind what is
 * complete. Anything else that is wrong is refused, and the file stays as it is.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type * as TE from 'fp-ts/TaskEither';
import type { Services } from '../commands/context.ts';
import type { LoadError } from '../persistence/service.ts';
import { NO_HASH } from './chain.ts';
import { attempt, type LogFolder, type Manifest } from './files.ts';
import { describeFoldError, type FoldError, type FoldedFile, Folding, type PlannedFile } from './folding.ts';
import type { LoadedFile, LoadedLog, LogLoader } from './ports.ts';
import { readNote } from './recovery-note.ts';
import { tailHash } from './tail-hash.ts';

const LOADAOF_FAILED = 'ERR Error trying to load the AOF files, check server logs.';

const loadError = (message: string): LoadError => ({ _tag: 'LoadError', message });

/** The files of a manifest, all of which are wanted. */
export const plannedFiles = (folder: LogFolder, { base, incrs }: Manifest): readonly PlannedFile[] => [
  ...(base === undefined ? [] : [{ kind: 'base' as const, ...base, path: folder.file(base.name), isWhole: true }]),
  ...incrs.map((file) => ({ kind: 'segment' as const, ...file, path: folder.file(file.name), isWhole: true })),
];

/** What Redis says of it. */
const redisWords = ({ kind, file, reason }: FoldError): string => {
  switch (kind) {
    case 'snapshot':
      return `Error reading the RDB base file ${file}, AOF loading aborted`;
    case 'unknown command':
      return reason;
    case 'truncated':
      return 'Fatal error: the truncated file is not the last file';
    case 'system':
      return `Fatal error: can't open the append log file ${file} for reading: ${reason}`;
    case 'moment':
      return reason;
    default:
      return `Bad file format reading the append only file ${file}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`;
  }
};

const loadedFile = ({ kind, name, seq, from, to, fromUs, toUs, bytes, hasHead, seal }: FoldedFile): LoadedFile => ({
  kind,
  name,
  seq,
  from,
  to,
  fromUs,
  toUs,
  bytes,
  hasHead,
  ...(seal === undefined ? {} : { seal }),
});

/** Nothing was written since a recovery: what comes next is no part of the history that was cut. */
const isJustRecovered = (folder: LogFolder, last: FoldedFile | undefined): boolean => {
  const note = readNote(folder);
  return note !== undefined && last !== undefined && note.last.name === last.name && note.last.bytes === last.validTo;
};

/** What was loaded, as the log's service goes on from it. */
const loadedLog = (folder: LogFolder, folding: Folding, files: readonly FoldedFile[]): LoadedLog => {
  const last = files.at(-1);
  const replid = isJustRecovered(folder, last) ? undefined : folding.place.replid;
  return {
    ...(replid === undefined ? {} : { replid }),
    offset: folding.place.offset,
    streamDb: folding.streamDb,
    sealed: last?.seal !== undefined,
    lastHash: last === undefined || last.lastHash === '' ? NO_HASH : last.lastHash,
    files: files.map(loadedFile),
  };
};

export class FolderLoader implements LogLoader {
  private readonly services: Services;

  constructor(services: Services) {
    this.services = services;
  }

  load(folder: LogFolder): TE.TaskEither<LoadError, LoadedLog | undefined> {
    return async () => {
      const begun = this.begin(folder);
      if (E.isLeft(begun) || begun.right === undefined) return E.map(() => undefined)(begun);
      const folding = begun.right;
      const startedUs = this.services.environment.monotonicUs();
      const folded = await folding.inSlices();
      const loaded = this.finish(folder, folding, folded);
      if (E.isRight(loaded)) {
        this.services.writes.changes += folding.changes;
        const seconds = (this.services.environment.monotonicUs() - startedUs) / 1e6;
        this.services.log.notice(`DB loaded from append only file: ${seconds.toFixed(3)} seconds`);
      }
      return loaded;
    };
  }

  reload(folder: LogFolder): E.Either<string, void> {
    const { keyspace, log, persistence } = this.services;
    const begun = this.begin(folder);
    if (E.isLeft(begun) || begun.right === undefined) {
      log.warning(E.isLeft(begun) ? begun.left.message : `There is no log in ${folder.path}`);
      return E.left(LOADAOF_FAILED);
    }
    // The keys that come are the keys that go, so who watches them hears of neither.
    const { watching } = keyspace;
    keyspace.watching = 0;
    for (const db of keyspace.databases) keyspace.flush(db);
    const loaded = this.finish(folder, begun.right, begun.right.atOnce());
    keyspace.watching = watching;
    if (E.isLeft(loaded)) {
      log.warning(loaded.left.message);
      return E.left(LOADAOF_FAILED);
    }
    persistence.forgetChanges();
    log.warning('Append Only File loaded by DEBUG LOADAOF');
    return E.right(undefined);
  }

  /** Reads the manifest; undefined when there is nothing to load. */
  private begin(folder: LogFolder): E.Either<LoadError, Folding | undefined> {
    const { services } = this;
    const manifest = folder.readManifest();
    if (E.isLeft(manifest)) return E.left(loadError(manifest.left.message));
    if (manifest.right === undefined) return E.right(undefined);
    const files = plannedFiles(folder, manifest.right);
    if (files.length === 0) return E.right(undefined);
    const sizes = files.map(({ name }) => folder.size(name));
    const missing = sizes.indexOf(-1);
    if (missing !== -1) {
      return E.left(
        loadError(`Unable to obtain the AOF file ${files[missing].name} length. stat: No such file or directory`),
      );
    }
    const totalBytes = sizes.reduce((sum, bytes) => sum + bytes, 0);
    const onFile = ({ kind, name }: FoldedFile, seconds: number): void =>
      services.log.notice(
        `DB loaded from ${kind === 'base' ? 'base' : 'incr'} file ${name}: ${seconds.toFixed(3)} seconds`,
      );
    const folding = new Folding({ services, files, onFile }, totalBytes);
    services.persistence.loadsLog(folding);
    return E.right(folding);
  }

  private finish(
    folder: LogFolder,
    folding: Folding,
    folded: E.Either<FoldError, readonly FoldedFile[]>,
  ): E.Either<LoadError, LoadedLog> {
    const { persistence, log } = this.services;
    persistence.loadsLog(undefined, { keysLoaded: folding.place.keysLoaded, keysExpired: 0, origin: {} });
    if (E.isLeft(folded)) {
      log.warning(describeFoldError(folded.left));
      return E.left(loadError(redisWords(folded.left)));
    }
    const last = folded.right.at(-1);
    if (last?.outcome._tag !== 'torn') return E.right(loadedLog(folder, folding, folded.right));
    const cut = this.cut(folder, last, last.outcome.isTransaction);
    return E.map((whole: FoldedFile) => loadedLog(folder, folding, [...folded.right.slice(0, -1), whole]))(cut);
  }

  /** Cuts what a crash has left at the end of the last file. */
  private cut(folder: LogFolder, file: FoldedFile, isTransaction: boolean): E.Either<LoadError, FoldedFile> {
    const { log, config } = this.services;
    const { name, path, validTo } = file;
    if (isTransaction) log.warning(`Revert incomplete MULTI/EXEC transaction in AOF file ${name}`);
    if (!config.config['aof-load-truncated']) {
      return E.left(
        loadError(
          `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`,
        ),
      );
    }
    log.warning(`!!! Warning: short read while loading the AOF file ${name}!!!`);
    log.warning(`!!! Truncating the AOF ${name} at offset ${validTo} !!!`);
    const done = attempt('truncate', path, () => {
      const fd = folder.files.open(path);
      try {
        folder.files.cut(fd, validTo);
        folder.files.sync(fd);
      } finally {
        folder.files.close(fd);
      }
    });
    if (E.isLeft(done)) return E.left(loadError(`Error truncating the AOF file ${name}: ${done.left.message}`));
    log.warning(`AOF ${name} loaded anyway because aof-load-truncated is enabled`);
    return E.right({ ...file, bytes: validTo, lastHash: tailHash(path, validTo) });
  }
}
