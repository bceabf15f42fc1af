/**
 * Server processes for specs: Ferrous (dist/ferrous.js) and redis-server, started in exactly the same way.
 *
 * In:  options; a test context whose teardown stops the server and removes its directory.
 * Out: a `RunningServer` that answers PING, with its port, its log and ways to end it.
 * Memory: the log of each server, as text.
 * @since 0.1.0
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { findRedisServer } from './find-redis.ts';
import { freePort } from './free-port.ts';
import { connect, type RawClient, show } from './resp-client.ts';
import { makeTempDir, removeDir, type Teardown } from './temp.ts';

export { findRedisServer } from './find-redis.ts';

export interface ServerOptions {
  /** Text of a conf file, given to the server as its first argument. */
  readonly conf?: string;
  /** More command line arguments: `['--requirepass', 'secret']`. They come last, so they win. */
  readonly args?: readonly string[];
  /** Where the server works; kept afterwards. Default: a fresh directory that is removed. */
  readonly dir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Sent with AUTH by the readiness check and by `connect()`. */
  readonly password?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sentinel mode of redis-server, in which DEBUG and save points mean nothing. */
  readonly sentinel?: boolean;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  /** Settles when the process has ended and its log is complete. */
  readonly exited: Promise<ServerExit>;
  /** Everything it has printed so far, to stdout and stderr. */
  log(): string;
  /** The first log line that matches, present or to come; rejects when the process ends without it. */
  waitForLog(pattern: RegExp | string): Promise<string>;
  /** A new connection, authenticated when `password` was given; closed with the test. */
  connect(): Promise<RawClient>;
  /** Asks politely (SIGTERM by default), insists with SIGKILL after 10 s. */
  stop(signal?: NodeJS.Signals): Promise<ServerExit>;
  /** The crash: SIGKILL. */
  kill(): Promise<ServerExit>;
}

/** A server process that has been spawned, whether or not it ever gets ready. */
export interface SpawnedServer extends Omit<RunningServer, 'connect'> {}

const HOST = '127.0.0.1';
const STOP_PATIENCE_MS = 10_000;
const READY_PATIENCE_MS = 30_000;
const PORT_ATTEMPTS = 5;

/** What specs want of every server, unless the spec itself says something about it. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['bind', HOST],
  ['save', ''],
  ['enable-debug-command', 'yes'],
];

const says = (options: ServerOptions, directive: string): boolean =>
  (options.args ?? []).includes(`--${directive}`) ||
  new RegExp(`^\\s*${directive}\\s`, 'im').test(`${options.conf ?? ''}\n`);

const commandLine = async (options: ServerOptions, dir: string, port: number): Promise<string[]> => {
  const args: string[] = [];
  if (options.conf !== undefined) {
    const file = join(dir, 'spec.conf');
    await writeFile(file, options.conf);
    args.push(file);
  }
  args.push('--port', String(port), '--dir', dir);
  for (const [directive, value] of options.sentinel ? [] : DEFAULTS) {
    if (!says(options, directive)) args.push(`--${directive}`, value);
  }
  args.push(...(options.args ?? []));
  if (options.sentinel) args.push('--sentinel');
  return args;
};

class LogBook {
  text = '';
  readonly #waiters = new Set<() => void>();

  add(chunk: string): void {
    this.text += chunk;
    for (const check of [...this.#waiters]) check();
  }

  find(pattern: RegExp | string): string | undefined {
    const lines = this.text.split('\n');
    return lines.find((line) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line)));
  }

  waitFor(pattern: RegExp | string, exited: Promise<ServerExit>): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const line = this.find(pattern);
        if (line === undefined) return;
        this.#waiters.delete(check);
        resolve(line);
      };
      this.#waiters.add(check);
      check();
      void exited.then(() => {
        check();
        reject(new Error(`the server ended without logging ${String(pattern)}; its log:\n${this.text}`));
      });
    });
  }
}

const ended = (child: ChildProcess): Promise<ServerExit> =>
  new Promise((resolve) => {
    child.once('error', () => resolve({ code: -1, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal })); // 'close': after the last byte of the log
  });

/**
 * Spawns a server without waiting until it is ready: for specs about servers that refuse to start.
 * `program` is the executable with its leading arguments.
 */
export const spawnServer = async (
  program: readonly string[],
  options: ServerOptions = {},
  t?: Teardown,
): Promise<SpawnedServer> => {
  const dir = resolvePath(options.dir ?? (await makeTempDir()));
  await mkdir(dir, { recursive: true });
  const port = options.port ?? (await freePort(HOST));
  const [file = '', ...leading] = program;
  const child = spawn(file, [...leading, ...(await commandLine(options, dir, port))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const book = new LogBook();
  const exited = ended(child);
  child.once('error', (error) => book.add(`${error.message}\n`));
  child.stdout.setEncoding('utf8').on('data', (text: string) => book.add(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => book.add(text));

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<ServerExit> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    const exit = await exited;
    clearTimeout(insist);
    return exit;
  };
  // A run that is interrupted leaves no server behind. A file of specs has as many servers as it likes.
  process.setMaxListeners(0);
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  void exited.then(() => process.off('exit', onExit));
  t?.teardown(async () => {
    await stop();
    if (options.dir === undefined) await removeDir(dir);
  });

  return {
    host: HOST,
    port,
    dir,
    pid: child.pid ?? -1,
    exited,
    log: () => book.text,
    waitForLog: (pattern) => book.waitFor(pattern, exited),
    stop,
    kill: () => stop('SIGKILL'),
  };
};

const isReady = async (port: number, password: string | undefined): Promise<boolean> => {
  const client = await connect({ port }).catch(() => undefined);
  if (client === undefined) return false;
  try {
    if (password !== undefined) await client.send('AUTH', password);
    const reply = show(await client.send('PING'));
    // A replica that serves no stale data and a server that wants a password are ready, too.
    return reply === '+PONG' || /^-(NOAUTH|MASTERDOWN)/.test(reply);
  } catch {
    return false;
  } finally {
    await client.close();
  }
};

/** Resolves to true when the server answers, to false when it has ended. */
const untilReady = async (server: SpawnedServer, password: string | undefined): Promise<boolean> => {
  let running = true;
  void server.exited.then(() => {
    running = false;
  });
  const giveUpAtMs = Date.now() + READY_PATIENCE_MS;
  while (running && Date.now() < giveUpAtMs) {
    if (await isReady(server.port, password)) return running;
    await pause(10); // between two tries to connect: nobody tells us when a port opens
  }
  return false;
};

/** Spawns a server and waits until it answers PING. Throws with the log when it does not start. */
export const startServer = async (
  program: readonly string[],
  options: ServerOptions = {},
  t?: Teardown,
): Promise<RunningServer> => {
  for (let attempt = 1; ; attempt++) {
    const server = await spawnServer(program, options, t);
    if (await untilReady(server, options.password)) {
      return {
        ...server,
        connect: async () => {
          const client = await connect({ port: server.port }, t);
          if (options.password !== undefined) await client.send('AUTH', options.password);
          return client;
        },
      };
    }
    await server.kill();
    const isPortTaken = /address already in use|EADDRINUSE/i.test(server.log());
    if (options.port === undefined && isPortTaken && attempt < PORT_ATTEMPTS) continue;
    throw new Error(`${program.join(' ')} did not get ready on port ${server.port}; its log:\n${server.log()}`);
  }
};

/** The command that runs Ferrous; FERROUS_SERVER names another server to run the specs against. */
export const ferrousProgram = (): readonly string[] => {
  const other = process.env['FERROUS_SERVER'];
  if (other !== undefined && other !== '') return other.split(' ');
  return [process.execPath, resolvePath('dist/ferrous.js')];
};

/** Starts Ferrous as it is built in dist/. */
export const startFerrous = (t?: Teardown, options: ServerOptions = {}): Promise<RunningServer> =>
  startServer(ferrousProgram(), options, t);

/** Starts a real redis-server. Throws when there is none: `oracleTest` skips before that. */
export const startRedis = async (t?: Teardown, options: ServerOptions = {}): Promise<RunningServer> => {
  const found = await findRedisServer();
  if ('missing' in found) throw new Error(found.missing);
  return startServer([found.path], options, t);
};
