/**
 * The log of a redis-server is loaded: its folder, its old single file, whatever it holds; and starts that are refused.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { oracleTest } from '../support/oracle-test.ts';
import {
  ferrousProgram,
  type RunningServer,
  spawnServer,
  startFerrous,
  startRedis,
} from '../support/process-server.ts';
import { type RawClient, show } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';

const LOG = ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'];
const LOW = [
  ...['--list-max-listpack-size', '4', '--hash-max-listpack-entries', '4'],
  ...['--set-max-intset-entries', '4', '--zset-max-listpack-entries', '4'],
];

/** Some of everything: types, databases, transactions, expiry, large and small. */
const fill = async (client: RawClient, seed: number): Promise<void> => {
  const send = (line: string) => client.send(...line.split(' '));
  for (const db of [0, 3]) {
    await client.send('SELECT', String(db));
    for (let i = 0; i < 20; i++) {
      await send(`SET string:${seed}:${i} ${'x'.repeat(i * 37)}`);
      await send(`RPUSH list:${i % 3} a${i} ${i}`);
      await send(`HSET hash:${i % 3} f${i} ${i} g${seed} 1.5`);
      await send(`SADD set:${i % 3} ${i} m${i * seed}`);
      await send(`SADD ints ${i * seed}`);
      await send(`ZADD zset:${i % 3} ${i}.5 m${i}`);
    }
    await send('LPOP list:0');
    await send('SPOP set:1 2');
    await send('INCRBYFLOAT float 0.1');
    await send('SET binary \xff\x00\r\n');
    await send('MULTI');
    await send('INCR counter');
    await send('PEXPIRE string:1:3 100000000');
    await send('RENAME list:1 moved');
    await send('EXEC');
    await send('SET gone soon PX 1');
    await send('GETEX string:1:4 EX 5000');
    await send('SORT ints STORE sorted');
    await send('ZUNIONSTORE union 2 zset:0 zset:1 WEIGHTS 2 3');
  }
};

/** Waits for the end of the keys that are soon over. */
const untilGone = async (client: RawClient): Promise<void> => {
  for (const db of ['0', '3']) {
    await client.send('SELECT', db);
    while (show(await client.send('EXISTS', 'gone')) !== ':0') await client.send('PING');
  }
};

const digestOf = async (client: RawClient): Promise<string> => show(await client.send('DEBUG', 'DIGEST'));

/** Stops a redis-server and starts Ferrous in its folder. */
const takeOver = async (t: Parameters<typeof startFerrous>[0], redis: RunningServer, args: readonly string[]) => {
  await redis.stop();
  return startFerrous(t, { dir: redis.dir, args: [...LOG, ...args] });
};

for (const [name, args] of [
  ['as it is', []],
  ['with low thresholds', LOW],
  ['with time stamps', ['--aof-timestamp-enabled', 'yes']],
  ['with a base of commands', ['--aof-use-rdb-preamble', 'no']],
] as const) {
  oracleTest(`the log of a redis-server ${name}, rewritten in between, gives the same data`, async (t) => {
    const dir = await makeTempDir(t);
    const redis = await startRedis(t, { dir, args: [...LOG, ...args] });
    const client = await redis.connect();
    await client.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await fill(client, 1);
    t.is(show(await client.send('BGREWRITEAOF')), '+Background append only file rewriting started');
    await redis.waitForLog(/Background AOF rewrite finished successfully|terminated with error/);
    await fill(client, 2);
    await untilGone(client);
    const expected = await digestOf(client);
    const ferrous = await takeOver(t, redis, args);
    t.is(await digestOf(await ferrous.connect()), expected);
    // And back again, with what we have written behind it.
    const ours = await ferrous.connect();
    await fill(ours, 5);
    await untilGone(ours);
    const digest = await digestOf(ours);
    await ferrous.stop();
    const again = await startRedis(t, { dir, args: [...LOG, ...args] });
    const theirs = await again.connect();
    t.is(await digestOf(theirs), digest);
    // What it appends to our last file is no harm when it is ours again.
    await fill(theirs, 7);
    await untilGone(theirs);
    const last = await digestOf(theirs);
    const ferrousAgain = await takeOver(t, again, args);
    t.is(await digestOf(await ferrousAgain.connect()), last);
  });
}

for (const preamble of ['yes', 'no']) {
  oracleTest(`the single file of Redis before 7 (RDB preamble: ${preamble}) moves into the folder`, async (t) => {
    const dir = await makeTempDir(t);
    const redis = await startRedis(t, { dir, args: [...LOG, '--aof-use-rdb-preamble', preamble] });
    const client = await redis.connect();
    await fill(client, 1);
    t.is(show(await client.send('BGREWRITEAOF')), '+Background append only file rewriting started');
    await redis.waitForLog(/Background AOF rewrite finished successfully|terminated with error/);
    await client.send('SET', 'tail', '1');
    await untilGone(client);
    const expected = await digestOf(client);
    await redis.stop();
    const folder = join(dir, 'appendonlydir');
    const names = readdirSync(folder);
    const read = (end: string): Buffer => readFileSync(join(folder, names.find((each) => each.includes(end)) ?? ''));
    writeFileSync(join(dir, 'appendonly.aof'), Buffer.concat([read('.base.'), read('.incr.')]));
    renameSync(folder, join(dir, 'elsewhere'));
    const ferrous = await startFerrous(t, { dir, args: LOG });
    t.is(await digestOf(await ferrous.connect()), expected);
    t.regex(
      ferrous.log(),
      /Successfully migrated an old-style AOF file \(appendonly\.aof\) into the AOF directory \(.*appendonlydir\)\./,
    );
    t.false(existsSync(join(dir, 'appendonly.aof')));
    t.true(existsSync(join(folder, 'appendonly.aof')));
  });
}

test('a start with a damaged log is refused in the words of Redis, with exit code 1', async (t) => {
  const dir = await makeTempDir(t);
  const first = await startFerrous(t, { dir, args: LOG });
  const client = await first.connect();
  for (let i = 0; i < 10; i++) await client.send('SET', `key:${i}`, 'value');
  await first.stop();
  const folder = join(dir, 'appendonlydir');
  const name = readdirSync(folder).find((each) => each.endsWith('.incr.aof')) ?? '';
  const bytes = readFileSync(join(folder, name));
  const at = bytes.indexOf('key:4') - 3;
  bytes[at] ^= 0x40;
  writeFileSync(join(folder, name), bytes);
  const second = await spawnServer(ferrousProgram(), { dir, args: LOG }, t);
  const exit = await second.exited;
  t.is(exit.code, 1);
  t.regex(second.log(), new RegExp(`${name}: .+, at offset \\d+`));
  t.true(
    second
      .log()
      .includes(
        `Bad file format reading the append only file ${name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`,
      ),
  );
  t.deepEqual(readFileSync(join(folder, name)), bytes);
});

test('recover-to a moment of a generation that is gone is refused, with the range that can be restored', async (t) => {
  const dir = await makeTempDir(t);
  const args = [...LOG, '--audit-trail', 'yes'];
  const first = await startFerrous(t, { dir, args });
  const client = await first.connect();
  await client.send('SET', 'key', 'before');
  const info = show(await client.send('INFO', 'replication'));
  const moment = `offset:${/master_repl_offset:(\d+)/.exec(info)?.[1]}`;
  await client.send('SET', 'key', 'after');
  t.is(show(await client.send('BGREWRITEAOF')), '+Background append only file rewriting started');
  await first.waitForLog(/Background AOF rewrite finished successfully|terminated with error/);
  await client.send('SET', 'later', '1');
  await first.stop();

  // The generation before the rewrite is kept only with a retention, so the moment has to be out of reach without one.
  const refused = await spawnServer(ferrousProgram(), { dir, args: [...args, '--recover-to', moment] }, t);
  t.is((await refused.exited).code, 1);
  t.regex(refused.log(), /Cannot go back to offset:\d+: what can be restored is offset:\d+ .* to offset:\d+/);
});

for (const [where, rewrites] of [
  ['the last segment', false],
  ['a generation that is kept', true],
] as const) {
  test(`recover-to a moment of ${where} starts with its data, once, and keeps what came later aside`, async (t) => {
    const dir = await makeTempDir(t);
    const args = [...LOG, '--audit-trail', 'yes', '--log-retention-time', '3600'];
    const first = await startFerrous(t, { dir, args });
    const client = await first.connect();
    await client.send('SET', 'key', 'before');
    const info = show(await client.send('INFO', 'replication'));
    const moment = `offset:${/master_repl_offset:(\d+)/.exec(info)?.[1]}`;
    await client.send('SET', 'key', 'after');
    if (rewrites) {
      t.is(show(await client.send('BGREWRITEAOF')), '+Background append only file rewriting started');
      await first.waitForLog(/Background AOF rewrite finished successfully|terminated with error/);
    }
    await client.send('SET', 'later', '1');
    await first.stop();
    const second = await startFerrous(t, { dir, args: [...args, '--recover-to', moment] });
    const reader = await second.connect();
    t.is(show(await reader.send('GET', 'key')), '"before"');
    t.is(show(await reader.send('EXISTS', 'later')), ':0');
    t.regex(second.log(), /Recovered to offset:\d+: the log ends at offset \d+/);
    await reader.send('SET', 'key', 'anew');
    await second.stop();
    t.true(readdirSync(dir).some((name) => name.startsWith('appendonlydir.before-recovery-')));
    const third = await startFerrous(t, { dir, args: [...args, '--recover-to', moment] });
    t.is(show(await (await third.connect()).send('GET', 'key')), '"anew"');
    await third.stop();
    const redisLike = await startFerrous(t, { dir, args });
    t.is(show(await (await redisLike.connect()).send('GET', 'key')), '"anew"');
  });
}

test('DEBUG LOADAOF gives the data that the log has', async (t) => {
  const ferrous = await startFerrous(t, { args: LOG });
  const client = await ferrous.connect();
  await fill(client, 3);
  await untilGone(client);
  const digest = await digestOf(client);
  t.is(show(await client.send('DEBUG', 'LOADAOF')), '+OK');
  t.is(await digestOf(client), digest);
  await client.send('SET', 'after', '1');
  t.is(show(await client.send('DEBUG', 'LOADAOF')), '+OK');
  t.is(show(await client.send('GET', 'after')), '"1"');

  const without = await startFerrous(t);
  const other = await without.connect();
  await other.send('SET', 'a', '1');
  t.is(show(await other.send('DEBUG', 'LOADAOF')), '-ERR Error trying to load the AOF files, check server logs.');
  t.is(show(await other.send('GET', 'a')), '"1"');
});

test('clients are told LOADING, and INFO how far it is', async (t) => {
  const dir = await makeTempDir(t);
  const first = await startFerrous(t, { dir, args: LOG });
  await first.stop();
  const folder = join(dir, 'appendonlydir');
  const name = readdirSync(folder).find((each) => each.endsWith('.incr.aof')) ?? '';
  const one = '*3\r\n$3\r\nSET\r\n$7\r\nkey:xyz\r\n$5\r\nvalue\r\n';
  // A log of redis-server's, long enough to be asked while it is loaded.
  writeFileSync(join(folder, 'appendonly.aof.9.incr.aof'), one.repeat(1_000_000));
  const manifest = join(folder, 'appendonly.aof.manifest');
  const lines = readFileSync(manifest, 'latin1')
    .split('\n')
    .filter((line) => line.includes('type b'));
  writeFileSync(manifest, `${lines.join('\n')}\nfile appendonly.aof.9.incr.aof seq 9 type i\n`);
  t.truthy(name);
  const second = await startFerrous(t, { dir, args: LOG });
  const client = await second.connect();
  const info = show(await client.send('INFO', 'persistence'));
  if (/loading:1/.test(info)) {
    t.regex(info, /loading_total_bytes:\d{8}/);
    t.regex(info, /loading_loaded_perc:\d+\.\d\d/);
  }
  await second.waitForLog(/Ready to accept connections/);
  t.is(show(await client.send('GET', 'key:xyz')), '"value"');
});
