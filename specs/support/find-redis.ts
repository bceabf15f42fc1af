/**
 * The oracle's program: a real redis-server.
 *
 * In:  the PATH; where that has none and we are root on a Debian, the package `redis-server`.
 * Out: its path, or the reason why there is none.
 * Memory: the answer, once per process; a lock and a note of a failed installation in the temporary folder, as specs
 *         run in several processes.
 * @since 0.1.0
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type RedisServer = { readonly path: string } | { readonly missing: string };

const LOCK_DIR = join(tmpdir(), 'ferrous-install-redis.lock');
const FAILED_NOTE = join(tmpdir(), 'ferrous-install-redis.failed');
const FAILED_NOTE_TTL_MS = 10 * 60_000;
const LOCK_TTL_MS = 10 * 60_000;
const POLICY_FILE = '/usr/sbin/policy-rc.d';

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** The path of a program on the PATH, or undefined. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    if (dir !== '' && (await isExecutable(join(dir, name)))) return join(dir, name);
  }
  return undefined;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Takes the lock, waiting for who holds it; one that is old or whose holder died is taken over. */
const lock = async (): Promise<void> => {
  for (;;) {
    try {
      await mkdir(LOCK_DIR);
      await writeFile(join(LOCK_DIR, 'pid'), String(process.pid));
      return;
    } catch {
      const holder = Number(await readFile(join(LOCK_DIR, 'pid'), 'utf8').catch(() => ''));
      const takenAtMs = await stat(LOCK_DIR).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      );
      const isStale = (holder > 0 && !isAlive(holder)) || Date.now() - takenAtMs > LOCK_TTL_MS;
      if (isStale) await rm(LOCK_DIR, { recursive: true, force: true });
      else await pause(250); // waits for another process: there is nothing to be notified by
    }
  }
};

/** Debian's package starts a service on port 6379 unless policy-rc.d says that it may not (exit code 101). */
const withoutServices = async <T>(work: () => Promise<T>): Promise<T> => {
  const hasPolicy = await isExecutable(POLICY_FILE);
  if (!hasPolicy) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    if (!hasPolicy) await rm(POLICY_FILE, { force: true });
  }
};

const install = async (aptGet: string): Promise<void> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run(aptGet, ['update'], { env });
  await run(aptGet, ['install', '-y', '--no-install-recommends', 'redis-server', 'redis-tools'], { env });
};

const failedLately = async (): Promise<string | undefined> => {
  const note = await stat(FAILED_NOTE).catch(() => undefined);
  if (note === undefined || Date.now() - note.mtimeMs > FAILED_NOTE_TTL_MS) return undefined;
  return readFile(FAILED_NOTE, 'utf8').catch(() => undefined);
};

const installed = async (): Promise<RedisServer> => {
  const aptGet = await findProgram('apt-get');
  if (process.getuid?.() !== 0) return { missing: 'no redis-server on the PATH, and only root can install it' };
  if (aptGet === undefined) return { missing: 'no redis-server on the PATH, and no apt-get to install it' };
  await lock();
  try {
    const path = await findProgram('redis-server'); // installed by who had the lock before us?
    if (path !== undefined) return { path };
    const earlier = await failedLately();
    if (earlier !== undefined) return { missing: earlier };
    await withoutServices(() => install(aptGet));
    const fresh = await findProgram('redis-server');
    return fresh !== undefined ? { path: fresh } : { missing: 'apt-get installed redis-server, but not on the PATH' };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    const missing = `no redis-server on the PATH, and its installation failed: ${reason}`;
    await writeFile(FAILED_NOTE, missing);
    return { missing };
  } finally {
    await rm(LOCK_DIR, { recursive: true, force: true });
  }
};

let answer: Promise<RedisServer> | undefined;

/** Finds redis-server on the PATH, or installs it where that is possible. Never rejects. */
export const findRedisServer = (): Promise<RedisServer> => {
  answer ??= (async () => {
    const path = await findProgram('redis-server');
    return path !== undefined ? { path } : installed();
  })();
  return answer;
};
