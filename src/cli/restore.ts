/**
 * `ferrous restore`: the data of a moment in a new folder, for a server to start with.
 *
 * In:  the folder of a log, a moment, the path of the new folder. Out: the folder; a sentence about it.
 * Memory: the keyspace of the moment.
 *
 * @since 0.3.0
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as t from 'io-ts';
import { type Config, defaults, fromLatin1, loadConfig, nodeFiles, renderError, toLatin1 } from '../config/config.ts';
import { LogFolder } from '../eventlog/files.ts';
import type { Moment } from '../eventlog/moment.ts';
import { type Restored, restore as restoreTo } from '../eventlog/restore.ts';
import { type CommandSpec, noOperands, subCommand } from './command.ts';
import { showTime } from './event-table.ts';
import { Failure } from './failure.ts';
import { PROGRAM } from './manual.ts';
import { MomentText, Path, said } from './options.ts';
import { ProgressBar } from './progress.ts';
import { EXIT_DONE, type Terminal } from './terminal.ts';

export interface RestoreRequest {
  readonly dir?: string;
  /** A configuration file of the server. */
  readonly config?: string;
  readonly moment: Moment;
  readonly out: string;
  readonly json: boolean;
}

const props = { dir: Path, config: Path, to: MomentText, out: Path, json: t.boolean };

const MANIFEST = /^(.+)\.manifest$/;

const prefixesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).flatMap((name) => MANIFEST.exec(name)?.[1] ?? []).filter((name) => !name.startsWith('temp-'));

/** The log in a folder, or in the one that a configuration names within it. */
export const findLog = async (dir: string, config: Config): Promise<LogFolder> => {
  const inner = fromLatin1(config.appenddirname);
  const inside = await prefixesIn(join(dir, inner)).catch((): readonly string[] => []);
  const isInside = inside.length > 0;
  const found = isInside ? inside : await prefixesIn(dir);
  const wanted = fromLatin1(config.appendfilename);
  const file = found.includes(wanted) ? wanted : found[0];
  if (file === undefined) {
    throw new Failure(
      `${dir}: expected an event log (a *.manifest, here or in ${inner}), found none; DIR may be the log's own folder, too`,
    );
  }
  if (file !== wanted && found.length > 1) {
    throw new Failure(
      `${dir}: expected one log, found ${found.join(', ')}; give --config with the server's appendfilename`,
    );
  }
  const place = resolve(dir);
  return isInside
    ? new LogFolder({ dir: place, folder: inner, file })
    : new LogFolder({ dir: dirname(place), folder: basename(place), file });
};

const configOf = async (path: string | undefined): Promise<Config> => {
  if (path === undefined) return defaults;
  const loaded = await loadConfig([resolve(path)], {
    files: nodeFiles(process.stdin),
    workingFolder: process.cwd(),
    packageConf: '.',
  })();
  if (E.isLeft(loaded)) throw new Failure(loaded.left.map(renderError).join('\n'));
  return loaded.right.kind === 'serve' ? loaded.right.config : defaults;
};

const keys = (count: number): string => (count === 1 ? '1 key' : `${count} keys`);

export const restoredText = ({ keys: count, reached }: Restored, out: string): string =>
  [
    `${out} holds ${keys(count)}, as of offset ${reached.offset}, ${showTime(reached.timeUs)}.`,
    'Start a server with it:',
    `  ${PROGRAM} --dir ${JSON.stringify(resolve(out))} --appendonly yes`,
    '',
  ].join('\n');

const run = async (request: RestoreRequest, terminal: Terminal): Promise<number> => {
  const { moment, out } = request;
  const config = await configOf(request.config);
  const dir = request.dir ?? (request.config === undefined ? '.' : fromLatin1(config.dir));
  const folder = await findLog(dir, config);
  const progress = new ProgressBar(terminal);
  const restored = await restoreTo({
    folder,
    moment,
    config: { ...config, dir: toLatin1(resolve(dir)) },
    out,
    onProgress: progress.update,
  })();
  await progress.hide();
  if (E.isLeft(restored)) throw new Failure(restored.left.message);
  const { reached, keys: count, files } = restored.right;
  await terminal.out.write(
    request.json
      ? `${JSON.stringify({ keys: count, offset: reached.offset, timeUs: reached.timeUs, files })}\n`
      : restoredText(restored.right, out),
  );
  return EXIT_DONE;
};

export const restoreSpec: CommandSpec<typeof props, RestoreRequest> = {
  props,
  help: {
    dir: {
      value: 'DIR',
      short: 'd',
      text: 'The folder of the log, or the one it lies in ("dir" of the server). The default is the working folder, or what --config says.',
    },
    to: {
      value: 'MOMENT',
      text: 'What to go back to: a time in seconds since 1970 (1700000000.25), a time in ISO 8601 (2026-03-01T10:42:00Z; without a zone it is local time), or a place in the log (offset:4711). All that happened up to and including this time, or ended at or before this offset, is part of the result; a transaction as a whole or not at all.',
    },
    out: { value: 'DIR2', short: 'o', text: 'The folder to make. It must not exist, or be empty.' },
    config: {
      value: 'FILE',
      text: "The server's configuration file, where it sets databases, rename-command, appenddirname or appendfilename.",
    },
    json: { text: 'Say in JSON what was restored.' },
  },
  manual: {
    name: 'restore',
    summary: 'build the data of a moment in the past in a new folder',
    synopsis: ['[--dir DIR] --to MOMENT --out DIR2 [--config FILE] [--json]'],
    description: [
      'Finds the last snapshot in the log before the moment, applies the events after it up to the moment, and writes the result to a new folder: dump.rdb, and a log (appendonlydir) with one base. Ferrous and redis-server start with either. The log that is read stays as it is, and may be that of a running server.',
      'Keys whose time to live was not over at the moment are there, with the time at which they expire unchanged: what has expired since goes when a server starts with the folder.',
      'How far back one can go is a matter of log-retention-time and log-retention-size. When a moment is not part of the log, the error names the range that is.',
      'From the moment on, the new folder is a history of its own: offsets go on, under a new replication id. To go back in place, start the server with "recover-to".',
    ],
    examples: [
      {
        text: 'The data as they were at 10:42, and a server with them on another port:',
        command: `${PROGRAM} restore -d /var/lib/ferrous --to "2026-03-01 10:42" \\\n    --out /tmp/at-1042\n${PROGRAM} --dir /tmp/at-1042 --appendonly yes --port 7777`,
      },
      {
        text: 'Right before a FLUSHALL: find its offset, and stop there:',
        command: `${PROGRAM} events -d /data --command flushall --table\n${PROGRAM} restore -d /data --to offset:4711 --out /tmp/before`,
      },
    ],
    exitCodes: [
      [0, 'The folder was made.'],
      [
        1,
        'It was not: the moment is not in the log, the log is damaged before it, the folder cannot be written. The reason is on stderr.',
      ],
      [2, 'The options are wrong.'],
    ],
    files: [
      ['DIR/appendonlydir/', 'The log: manifest, bases, segments, history.'],
      ['DIR2/dump.rdb', 'The data of the moment, for "appendonly no".'],
      ['DIR2/appendonlydir/', 'The same, for "appendonly yes".'],
    ],
    seeAlso: ['ferrous events', 'docs/operations.md'],
  },
  read: ({ options: { dir, config, to, out, json = false }, operands }) =>
    pipe(
      noOperands(operands),
      E.chain((): E.Either<string, RestoreRequest> => {
        if (to === undefined) return E.left('expected --to MOMENT');
        if (out === undefined) return E.left('expected --out DIR2');
        return E.right({
          moment: to,
          out,
          json,
          ...said({ dir, config }),
        });
      }),
    ),
  run,
};

export const restore = subCommand(restoreSpec);
