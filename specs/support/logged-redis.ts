/**
 * A redis-server that keeps a log, which is complete when a reply comes (`appendfsync always`).
 *
 * In:  commands to its `client`. Out: the bytes it has appended, which are those it would send to a replica.
 * Memory: none.
 * @since 0.2.0
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, startRedis } from './process-server.ts';
import type { RawClient } from './resp-client.ts';
import type { Teardown } from './temp.ts';

export interface LoggedRedis {
  readonly redis: RunningServer;
  readonly client: RawClient;
  /** What was appended behind the first `from` bytes. */
  readonly log: (from?: number) => Buffer;
}

export const startLoggedRedis = async (t: Teardown): Promise<LoggedRedis> => {
  const redis = await startRedis(t, {
    args: ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'],
  });
  const client = await redis.connect();
  // Keys that are over go when a command meets them, and only then.
  await client.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  const dir = join(redis.dir, 'appendonlydir');
  const path = join(dir, readdirSync(dir).find((file) => file.endsWith('.incr.aof')) ?? '');
  return { redis, client, log: (from = 0) => readFileSync(path).subarray(from) };
};
