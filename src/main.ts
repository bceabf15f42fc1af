/**
 * The program: arguments and configuration file → server, or a sub-command (cli/); signals, files of the process and exit
 * codes; nothing else.
 *
 * @since 0.1.0
 */
import { dirname, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as O from 'fp-ts/Option';
import * as TE from 'fp-ts/TaskEither';
import { isSubCommand, overview, runSubCommand } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';
import { allCommands } from './commands/all.ts';
import { renamesOf } from './commands/renames.ts';
import {
  type Config,
  type ConfigFiles,
  fromLatin1,
  type Loaded,
  loadConfig,
  nodeFiles,
  renderError,
  toLatin1,
} from './config/config.ts';
import { systemEnvironment } from './environment.ts';
import { Logger } from './log.ts';
import { banner, fatalConfigError, greeting, processTitle, versionLine } from './process/banner.ts';
import { isDaemon, reportReady, reportText, startDaemon } from './process/daemon.ts';
import {
  acceptQueueLimit,
  changeFolder,
  enterFolder,
  ignoreHangups,
  logTo,
  probeLogFile,
  removeFile,
  type StopSignal,
  stopSignals$,
  writePidFile,
} from './process/host.ts';
import { BootError, buildServer, openListeners, type Server, serve } from './server.ts';

/** Redis' pid file of a daemon that names none. */
const DAEMON_PID_FILE = '/var/run/redis.pid';

type ServeRequest = Extract<Loaded, { kind: 'serve' }>;

// ── the configuration ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The real files, and what stdin said: a daemon has to be told it again. */
const filesWithMemory = (): { readonly files: ConfigFiles; readonly input: () => O.Option<string> } => {
  const files = nodeFiles(process.stdin);
  let input: O.Option<string> = O.none;
  const readStdin = pipe(
    files.readStdin,
    TE.map((text) => {
      input = O.some(text);
      return text;
    }),
  );
  return { files: { ...files, readStdin }, input: () => input };
};

/** What only this machine can tell: whether the folder and the log file are there, and the commands to be renamed. */
const settle = (config: Config): E.Either<string, Config> =>
  pipe(
    renamesOf(
      config['rename-command'],
      allCommands.map(({ name }) => name),
    ),
    E.chain(() =>
      pipe(
        enterFolder(fromLatin1(config.dir)),
        E.mapLeft((reason) => `dir: can't use the folder ${JSON.stringify(fromLatin1(config.dir))}: ${reason}`),
      ),
    ),
    E.chainFirst(() =>
      config.logfile === ''
        ? E.right(undefined)
        : pipe(
            probeLogFile(fromLatin1(config.logfile)),
            E.mapLeft((reason) => `logfile: Can't open the log file: ${reason}`),
          ),
    ),
    E.map((dir) => ({ ...config, dir: toLatin1(dir) })),
  );

/** A supervisor that waits for us wants no daemon. */
const isSupervised = ({ supervised }: Config): boolean =>
  supervised === 'systemd' ||
  supervised === 'upstart' ||
  (supervised === 'auto' && (process.env['UPSTART_JOB'] !== undefined || process.env['NOTIFY_SOCKET'] !== undefined));

const wantsDaemon = (config: Config): boolean => config.daemonize && !isSupervised(config);

// ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ends a start that failed: the reason on stderr, and to the command that started a daemon. */
const giveUp = async (text: string): Promise<never> => {
  process.stderr.write(text);
  await reportText(text);
  process.exit(1);
};

/** Ends a start that failed after the log was opened. */
const giveUpLogged = async (log: Logger, lines: readonly string[]): Promise<never> => {
  for (const line of lines) log.warning(line);
  await reportText(lines.map((line) => `${line}\n`).join(''));
  process.exit(1);
};

const leave = (log: Logger, pidFile: string): never => {
  if (pidFile !== '') {
    log.notice('Removing the pid file.');
    removeFile(pidFile); // it may be gone already
  }
  log.warning('Redis is now ready to exit, bye bye...');
  process.exit(0);
};

/** The first signal asks for an orderly end, a second one ends at once. */
const obeySignals = ({ lifecycle, services }: Server, log: Logger, end: () => never): void => {
  let isAsked = false;
  const refused = (): void => {
    isAsked = false;
    log.warning('Errors trying to shut down the server. Check the logs for more information.');
  };
  const obey = (signal: StopSignal): void => {
    if (isAsked) {
      log.warning('You insist... exiting now.');
      process.exit(1);
    }
    isAsked = true;
    if (services.persistence.isLoading) {
      log.warning('Received shutdown signal during loading, exiting now.');
      end();
    }
    log.warning(`Received ${signal} scheduling shutdown...`);
    const flags = services.config.config[signal === 'SIGINT' ? 'shutdown-on-sigint' : 'shutdown-on-sigterm'];
    lifecycle.shutdown(
      {
        save: flags.includes('save') ? 'yes' : flags.includes('nosave') ? 'no' : 'when configured',
        now: flags.includes('now'),
        force: flags.includes('force'),
      },
      refused,
    );
  };
  stopSignals$.subscribe(obey);
  ignoreHangups();
};

// ── serving ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const warnOfAcceptQueue = (config: Config, log: Logger): void => {
  const limit = acceptQueueLimit();
  if (O.isNone(limit) || limit.value >= config['tcp-backlog']) return;
  log.warning(
    `WARNING: The TCP backlog setting of ${config['tcp-backlog']} cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of ${limit.value}.`,
  );
};

/** The folder and the title follow CONFIG SET. */
const followConfig = ({ services, listeners }: Server, configFile: string): void => {
  const { config: store } = services;
  const showTitle = (): void => {
    if (store.config['set-proc-title']) process.title = processTitle(store.config, listeners.port, configFile);
  };
  showTitle();
  store.onApply(['dir'], ({ dir }) => {
    const entered = changeFolder(fromLatin1(dir));
    return E.isLeft(entered) ? entered.left : undefined;
  });
  store.changes$.subscribe(({ names }) => {
    // CONFIG GET answers where we are, whatever way led there.
    if (names.includes('dir')) store.assign({ dir: toLatin1(process.cwd()) });
    showTitle();
  });
};

const announce = (server: Server, log: Logger): void => {
  const { config } = server.services.config;
  const { port } = server.listeners;
  const isTerminal = config.logfile === '' && process.stdout.isTTY && !isDaemon();
  if (config['always-show-logo'] || isTerminal) log.raw(banner(port, process.pid));
  else log.notice(`Running mode=standalone, port=${port}.`);
  warnOfAcceptQueue(config, log);
};

const claimPidFile = (config: Config, log: Logger): string => {
  const path = config.pidfile !== '' ? fromLatin1(config.pidfile) : wantsDaemon(config) ? DAEMON_PID_FILE : '';
  const written = path === '' ? E.right(undefined) : writePidFile(path);
  if (E.isLeft(written)) log.warning(`Failed to write PID file: ${written.left}`);
  return path;
};

/** Says on what connections are accepted, now that the data is there. */
const ready = ({ listeners }: Server, log: Logger): void => {
  if (listeners.port !== 0) log.notice('Ready to accept connections tcp');
  if (listeners.hasUnixSocket) log.notice('Ready to accept connections unix');
  void reportReady();
};

const failed = (log: Logger, error: unknown): void => {
  if (error instanceof BootError) {
    void giveUpLogged(log, [error.message, 'Fatal error loading the DB, check server logs. Exiting.']);
  } else {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    void giveUpLogged(log, [`Crashed by a bug: ${trace}`]);
  }
};

/** Runs a server whose configuration is settled. */
const run = async (config: Config, configFile: string): Promise<void> => {
  const environment = systemEnvironment();
  const log = new Logger(logTo(fromLatin1(config.logfile)), () => environment.scheduler.now());
  log.level = config.loglevel;
  process.on('uncaughtException', (error) => failed(log, error));
  for (const line of greeting(process.pid, process.version)) log.notice(line);
  if (configFile === '' && process.argv.length === 2) {
    log.warning(
      'Warning: no config file specified, using the default config. In order to specify a config file use ferrous /path/to/ferrous.conf',
    );
  } else log.notice('Configuration loaded');

  const server = buildServer({ config, configFile, executable: process.argv[1] ?? '', environment, log });
  const opened = await openListeners(server)();
  if (E.isLeft(opened)) return giveUpLogged(log, opened.left);
  if (server.listeners.port === 0 && !server.listeners.hasUnixSocket) {
    return giveUpLogged(log, ['Configured to not listen anywhere, exiting.']);
  }

  announce(server, log);
  const pidFile = claimPidFile(config, log);
  const end = (): never => leave(log, pidFile);
  followConfig(server, configFile);
  obeySignals(server, log, end);
  log.notice('Server initialized');
  serve(server).subscribe({
    next: (event) => {
      if (event === 'loaded') ready(server, log);
    },
    error: (error: unknown) => failed(log, error),
    complete: () => setImmediate(end), // the sockets are closed by then, the last replies sent
  });
};

/** Serves, or starts the daemon that does. */
const start = async ({ config, configFile }: ServeRequest, input: O.Option<string>): Promise<void> => {
  if (wantsDaemon(config) && !isDaemon()) {
    process.exit(await startDaemon(input, (text) => process.stderr.write(text)));
  }
  const settled = settle(config);
  if (E.isLeft(settled)) return giveUp(fatalConfigError([settled.left]));
  return run(settled.right, O.getOrElse(() => '')(configFile));
};

const main = async (argv: readonly string[]): Promise<void> => {
  if (isSubCommand(argv)) process.exit(await runSubCommand(argv, processTerminal()));
  const { files, input } = filesWithMemory();
  const packageConf = join(dirname(__dirname), 'conf');
  const loaded = await loadConfig(argv, { files, workingFolder: process.cwd(), packageConf })();
  if (E.isLeft(loaded)) return giveUp(fatalConfigError(loaded.left.map(renderError)));
  switch (loaded.right.kind) {
    case 'help':
      process.stdout.write(overview());
      return;
    case 'version':
      process.stdout.write(`${versionLine(process.version)}\n`);
      return;
    case 'serve':
      return start(loaded.right, input());
  }
};

void main(process.argv.slice(2));
