/**
 * The data at start: from the event log where it is on, else from the RDB file.
 *
 *   old single file → a log of Redis 7    recover-to → the log ends at that moment    log → keyspace    no log → dump.rdb
 *
 * In:  the configuration, files. Out: a keyspace, and a log that goes on behind it; or why there is none.
 *
 * Where the log is on and there is none yet, the RDB file is loaded: redis-server starts empty then, and the first save
 * would overwrite what was there.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import type { Services } from '../commands/context.ts';
import type { LoadError } from '../persistence/service.ts';
import { type Moment, parseMoment } from './moment.ts';
import { recoverTo } from './recover.ts';
import { upgradeOldFile } from './upgrade.ts';

const loadError = ({ message }: { readonly message: string }): LoadError => ({ _tag: 'LoadError', message });

const momentOf = (text: string): E.Either<LoadError, Moment | undefined> =>
  text === ''
    ? E.right(undefined)
    : E.mapLeft((reason: string) => loadError({ message: `recover-to: ${reason}` }))(parseMoment(text));

/** Loads what was there. Clients are told LOADING meanwhile. */
export const loadData = (services: Services): TE.TaskEither<LoadError, void> => {
  const { config, eventLog, log, persistence } = services;
  const fromFile = pipe(
    persistence.load(),
    TE.map(() => undefined),
  );
  if (!config.config.appendonly) return fromFile;
  const { loader } = eventLog;
  if (loader === undefined) return TE.left(loadError({ message: 'nobody can load the event log' }));
  return pipe(
    TE.fromEither(momentOf(config.config['recover-to'])),
    TE.chainFirstEitherK(() => upgradeOldFile(eventLog.folder, log)),
    TE.chain((moment) => pipe(recoverTo(services, eventLog.folder, moment), TE.mapLeft(loadError))),
    TE.chain(() => loader.load(eventLog.folder)),
    TE.chain((loaded) =>
      loaded === undefined
        ? pipe(
            fromFile,
            TE.chainEitherK(() => eventLog.started()),
          )
        : TE.fromEither(eventLog.started(loaded)),
    ),
  );
};
