/**
 * The program: arguments and configuration file → server; signals, files of the process and exit codes; nothing else.
 *
 * @since 0.1.0
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { type Config, loadConfig, nodeFiles, renderError, usage } from './config/config.ts';
import { systemEnvironment } from './environment.ts';
import { Logger } from './log.ts';
import { BootError, buildServer, openListeners, type Server, serve } from './server.ts';
import { REDIS_VERSION, VERSION } from './version.ts';

/** Set for the process that `daemonize yes` leaves behind. */
const DAEMON_MARK = 'FERROUS_DAEMON';

const logSink = (logfile: string): ((line: string) => void) =>
  logfile === '' ? (line) => void process.stdout.write(line) : (line) => appendFileSync(logfile, line);

const banner = (port: number): string =>
  [
    '',
    '      ___',
    '     /  /\\    Ferrous',
    `    /  /:/_   ${VERSION} (compatible with Redis ${REDIS_VERSION}) 64 bit`,
    '   /  /:/ /\\',
    '  /  /:/ /:/  Running in standalone mode',
    ` /__/:/ /:/   Port: ${port}`,
    ` \\  \\:\\/:/    PID: ${process.pid}`,
    '  \\  \\::/',
    '   \\__\\/      https://redis.io/docs/latest/commands/',
    '',
    '',
  ].join('\n');

const writePidFile = (path: string, log: Logger): void => {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    log.warning(`Failed to write PID file: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Ends the process once, with its last words. */
const leave = (log: Logger, pidFile: string, code: number): void => {
  if (pidFile !== '') {
    log.notice('Removing the pid file.');
    try {
      unlinkSync(pidFile);
    } catch {
      // It is gone already.
    }
  }
  if (code === 0) log.warning('Redis is now ready to exit, bye bye...');
  process.exit(code);
};

const handleSignals = (server: Server, log: Logger): void => {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) {
        log.warning('You insist... exiting now.');
        process.exit(1);
      }
      asked = true;
      log.warning(`Received ${signal} scheduling shutdown...`);
      const flags = server.services.config.config[signal === 'SIGINT' ? 'shutdown-on-sigint' : 'shutdown-on-sigterm'];
      server.lifecycle.shutdown(
        {
          save: flags.includes('save') ? 'yes' : flags.includes('nosave') ? 'no' : 'when configured',
          now: flags.includes('now'),
          force: flags.includes('force'),
        },
        () => {
          asked = false;
        },
      );
    });
  }
  // A client that went away is no reason to end.
  process.on('SIGPIPE', () => {});
  process.on('SIGHUP', () => {});
};

/** Starts the same program again without a terminal, as daemon. Node cannot fork. */
const daemonize = (): void => {
  const child = spawn(process.execPath, process.argv.slice(1), {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, [DAEMON_MARK]: '1' },
  });
  child.unref();
  process.exit(0);
};

/** `dir` is where all files of the server are; it is made when it is missing. */
const enterFolder = (config: Config): Config => {
  const dir = resolve(config.dir);
  mkdirSync(dir, { recursive: true });
  process.chdir(dir);
  return { ...config, dir };
};

const run = async (): Promise<void> => {
  const program = `node ${process.argv[1] === undefined ? 'ferrous.js' : process.argv[1]}`;
  const loaded = await loadConfig(process.argv.slice(2), {
    files: nodeFiles(process.stdin),
    workingFolder: process.cwd(),
    packageConf: join(dirname(__dirname), 'conf'),
  })();
  if (E.isLeft(loaded)) {
    process.stderr.write(`\n*** FATAL CONFIG FILE ERROR (Ferrous ${VERSION}) ***\n`);
    for (const error of loaded.left) process.stderr.write(`${renderError(error)}\n`);
    process.exit(1);
  }
  if (loaded.right.kind === 'help') {
    process.stdout.write(usage('node dist/ferrous.js'));
    return;
  }
  if (loaded.right.kind === 'version') {
    process.stdout.write(`Ferrous server v=${VERSION} redis=${REDIS_VERSION} node=${process.version} bits=64\n`);
    return;
  }

  const inForeground = !loaded.right.config.daemonize || process.env[DAEMON_MARK] === '1';
  if (!inForeground) {
    daemonize();
    return;
  }

  const environment = systemEnvironment();
  const logfile = loaded.right.config.logfile === '' ? '' : resolve(loaded.right.config.logfile);
  let config: Config;
  try {
    config = enterFolder(loaded.right.config);
    if (logfile !== '') appendFileSync(logfile, '');
  } catch (error) {
    process.stderr.write(
      `Can't open the log file or enter the folder 'dir': ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  }
  const log = new Logger(logSink(logfile), () => environment.scheduler.now());
  log.level = config.loglevel;
  const configFile = O.getOrElse(() => '')(loaded.right.configFile);

  log.notice('oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  log.notice(
    `Redis version=${REDIS_VERSION}, ferrous=${VERSION}, bits=64, node=${process.version}, pid=${process.pid}, just started`,
  );
  if (configFile === '' && process.argv.length === 2) {
    log.warning(
      `Warning: no config file specified, using the default config. In order to specify a config file use ${program} /path/to/ferrous.conf`,
    );
  } else log.notice('Configuration loaded');

  const server = buildServer({ config, configFile, executable: process.argv[1] ?? '', environment, log });
  const started = await openListeners(server)();
  if (E.isLeft(started)) {
    for (const line of started.left) log.warning(line);
    process.exit(1);
  }

  const showLogo = config['always-show-logo'] || (logfile === '' && process.stdout.isTTY && !config.daemonize);
  if (showLogo) log.raw(banner(server.lifecycle.port));
  else log.notice(`Running mode=standalone, port=${server.lifecycle.port}. PID: ${process.pid}`);
  const pidFile = config.pidfile !== '' ? config.pidfile : config.daemonize ? '/var/run/redis.pid' : '';
  if (pidFile !== '') writePidFile(pidFile, log);

  handleSignals(server, log);
  log.notice('Server initialized');
  serve(server).subscribe({
    next: (event) => {
      if (event !== 'loaded') return;
      if (server.lifecycle.port !== 0) log.notice('Ready to accept connections tcp');
      if (config.unixsocket !== '') log.notice('Ready to accept connections unix');
    },
    error: (error: unknown) => {
      if (error instanceof BootError)
        log.warning(`Fatal error loading the DB, check server logs. Exiting. ${error.message}`);
      else log.warning(`Crashed by a bug: ${error instanceof Error ? error.stack : String(error)}`);
      process.exit(1);
    },
    complete: () => leave(log, pidFile, 0),
  });
};

void run();
