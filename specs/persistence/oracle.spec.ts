/**
 * RDB files and DUMP payloads against a real redis-server: it accepts ours, we read its.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { dump } from '../../src/persistence/rdb/dump.ts';
import { findRedisServer } from '../support/find-redis.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { makeTempDir } from '../support/temp.ts';
import { anyKey, anyValue, contents, find, keyspaceOf, load, NOW_MS, save } from './keyspaces.ts';

const run = promisify(execFile);
const FAR_MS = 4_102_444_800_000;

/** Keys whose times, where they have one, are far from over. */
const farKeys = fc
  .array(anyKey, { minLength: 1, maxLength: 300 })
  .map((keys) =>
    keys.map((key) => (key.expireAtMs < 0 ? key : { ...key, expireAtMs: FAR_MS + (key.expireAtMs % 997) })),
  );

const samples = fc.sample(farKeys, { numRuns: 3, seed: 42 });

oracleTest('redis-check-rdb accepts our files', async (t) => {
  const found = await findRedisServer();
  if ('missing' in found) return t.fail(found.missing);
  const dir = await makeTempDir(t);
  const path = join(dir, 'ours.rdb');
  for (const keys of samples) {
    const keyspace = keyspaceOf(keys);
    for (const access of ['none', 'idle time', 'frequency'] as const) {
      const settings = () => ({ compress: true, checksum: true, access });
      await writeFile(path, save(keyspace, { settings }, { replId: 'a'.repeat(40), replOffset: 7 }));
      const { stdout } = await run(join(dirname(found.path), 'redis-check-rdb'), [path]);
      t.regex(stdout, /Checksum OK/);
      t.regex(stdout, /RDB looks OK!/);
      t.regex(stdout, new RegExp(`\\[info\\] ${contents(keyspace).size} keys read`));
    }
  }
});

oracleTest('redis-server loads our file, and what it saves then is the same to us', async (t) => {
  for (const keys of samples) {
    const keyspace = keyspaceOf(keys);
    const dir = await makeTempDir(t);
    await writeFile(join(dir, 'dump.rdb'), save(keyspace));
    const redis = await startRedis(t, { dir });
    const client = await redis.connect();
    await client.send('SET', 'added by redis', 'x'.repeat(1000));
    t.is(await client.text('SAVE'), '+OK');
    await redis.stop();
    const { keyspace: loaded, error } = load(new Uint8Array(await readFile(join(dir, 'dump.rdb'))), {
      dropExpired: true,
    });
    t.is(error, undefined);
    const expected = new Map([...contents(keyspace), ['0 added by redis', `${'x'.repeat(1000)} -1`]]);
    t.deepEqual(new Map([...contents(loaded)].sort()), new Map([...expected].sort()));
  }
  t.true(NOW_MS < FAR_MS);
});

oracleTest('redis-server restores our payloads, and we agree on those of short strings byte for byte', async (t) => {
  const client = await (await startRedis(t)).connect();
  const values = fc.sample(anyValue, { numRuns: 200, seed: 7 });
  for (const value of values) {
    const keyspace = keyspaceOf([{ db: 0, key: 'k', value, expireAtMs: -1 }]);
    const db = keyspace.databases[0]!;
    const { buf, pos } = dump(db, find(db, 'k'), true);
    const ours = Buffer.from(buf.slice(0, pos));
    t.is(await client.text('RESTORE', 'k', '0', ours, 'REPLACE'), '+OK');
    const bytes = Buffer.from(value, 'latin1');
    const got = await client.send('GET', 'k');
    t.deepEqual(got.type === 'bulk' ? Buffer.from(got.bytes) : got, bytes);
    const theirs = await client.send('DUMP', 'k');
    if (theirs.type === 'bulk' && bytes.length <= 20) t.deepEqual(Buffer.from(theirs.bytes), ours);
  }
});
