/**
 * The servers that are compared: Ferrous, and each of redis-server and valkey-server found on the PATH.
 *
 * In:  nothing but the PATH and dist/ferrous.js.
 * Out: running servers on free loopback ports, in fresh directories, stopped by their own pid.
 * Memory: none.
 */
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openClient } from './resp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const READY_PATIENCE_MS = 15_000;

export const findProgram = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** A kind of server: its name, how it is run, what it says of its version. */
export const findServers = (names) => {
  const kinds = [];
  const bundle = join(root, 'dist', 'ferrous.js');
  const other = process.env.FERROUS_SERVER; // another build to measure, as a command line
  if (other) kinds.push({ name: 'ferrous', command: other.split(' ') });
  else if (existsSync(bundle)) kinds.push({ name: 'ferrous', command: [process.execPath, bundle] });
  for (const name of ['redis-server', 'valkey-server']) {
    const path = findProgram(name);
    if (path !== undefined) kinds.push({ name, command: [path] });
  }
  const chosen = names === undefined ? kinds : kinds.filter((kind) => names.includes(kind.name));
  return chosen.map((kind) => ({ ...kind, version: versionOf(kind) }));
};

const versionOf = ({ command: [file, ...args] }) => {
  try {
    const text = execFileSync(file, [...args, '--version'], { encoding: 'utf8' }).trim();
    return (/build=ferrous-(\S+)/.exec(text) ?? /v=(\S+)/.exec(text))?.[1] ?? text.split('\n', 1)[0];
  } catch {
    return 'unknown';
  }
};

export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** Starts a server and waits for its PONG. `stop()` ends it and removes its directory. */
export const startServer = async (kind, args = []) => {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'ferrous-bench-'));
  const [file, ...leading] = kind.command;
  const options = [
    '--port',
    String(port),
    '--dir',
    dir,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    ...args,
  ];
  const child = spawn(file, [...leading, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-20_000);
    });
  }
  let hasEnded = false;
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  }).then(() => {
    hasEnded = true;
    running.delete(child);
  });

  const giveUpAtMs = Date.now() + READY_PATIENCE_MS;
  for (;;) {
    if (hasEnded || Date.now() > giveUpAtMs) {
      child.kill('SIGKILL');
      throw new Error(`${kind.name} did not start; its log:\n${log}`);
    }
    const client = await openClient(port).catch(() => undefined);
    const pong = await client?.ask('PING').catch(() => undefined);
    client?.close();
    if (pong === 'PONG') break;
    await pause(20);
  }
  return {
    name: kind.name,
    port,
    dir,
    pid: child.pid,
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(insist);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Runs `work` with a server that is stopped whatever happens. */
export const withServer = async (kind, args, work) => {
  const server = await startServer(kind, args);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
};
