/**
 * The log beside redis-server's: the same manifests, answers and figures; each loads what the other has written.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { findRedisServer } from '../support/find-redis.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { type RunningServer, startFerrous, startRedis } from '../support/process-server.ts';
import type { RawClient } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';
import { eventually, info, untilLinkUp } from '../support/wait.ts';

const run = promisify(execFile);
const ON = ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0'];

const read = (dir: string, name: string): Promise<string> => readFile(join(dir, 'appendonlydir', name), 'latin1');
const manifestOf = (dir: string): Promise<string> => read(dir, 'appendonly.aof.manifest');

/** Waits until no rewrite is under way, nor about to be. */
const rewritten = async (client: RawClient): Promise<void> => {
  await eventually(
    () => info(client, 'persistence'),
    (fields) => fields['aof_rewrite_in_progress'] === '0' && fields['aof_rewrite_scheduled'] === '0',
  );
};

/** Something of every type, in two databases, expiries among it. */
const fill = async (client: RawClient): Promise<void> => {
  const commands = [
    'SET a 1',
    'APPEND a 2',
    'INCRBYFLOAT f 1.5',
    'SET gone x PX 1',
    'SET far x EX 100000',
    'RPUSH list a b c 17',
    'HSET hash f v g w',
    'SADD ints 1 2 3',
    'SADD words a b c',
    'ZADD zset 1.5 a 2.25 b -inf c',
    'SPOP words',
    'MULTI',
    'SET inside 1',
    'RPOPLPUSH list other',
    'EXEC',
    'SELECT 3',
    'SET b 2',
    'MOVE b 0',
    'SET c 3',
    'PEXPIRE c 100000000',
    'SELECT 0',
    'GET gone',
  ];
  for (const command of commands) await client.send(...command.split(' '));
  for (let i = 0; i < 200; i++) {
    await client.send('RPUSH', 'long', `element ${i}`);
    await client.send('ZADD', 'many', String(i / 7), `member ${i}`);
  }
};

const digest = (client: RawClient): Promise<string> => client.text('DEBUG', 'DIGEST');

const checkLog = async (t: ExecutionContext, dir: string): Promise<void> => {
  const found = await findRedisServer();
  if ('missing' in found) return t.fail(found.missing);
  const manifest = join(dir, 'appendonlydir', 'appendonly.aof.manifest');
  const { stdout } = await run(join(dirname(found.path), 'redis-check-aof'), [manifest]);
  t.regex(stdout, /All AOF files and manifest are valid/);
};

interface Pair {
  readonly ours: RunningServer;
  readonly theirs: RunningServer;
  readonly clients: readonly [RawClient, RawClient];
}

const pairOf = async (t: ExecutionContext, args: readonly string[]): Promise<Pair> => {
  const [ours, theirs] = [await startFerrous(t, { args }), await startRedis(t, { args })];
  return { ours, theirs, clients: [await ours.connect(), await theirs.connect()] };
};

oracleTest('manifests are redis-server’s, byte for byte, at start, after rewrites, off and on again', async (t) => {
  const { ours, theirs, clients } = await pairOf(t, ON);
  const same = async (what: string): Promise<void> => {
    for (const client of clients) await rewritten(client);
    // The last lines of history go in the background.
    for (const { dir } of [ours, theirs])
      await eventually(
        () => manifestOf(dir),
        (text) => !text.includes('type h'),
      );
    t.is(await manifestOf(ours.dir), await manifestOf(theirs.dir), what);
  };
  const both = async (...words: string[]): Promise<void> => {
    const [our, their] = await Promise.all(clients.map((client) => client.text(...words)));
    t.is(our, their, words.join(' '));
  };
  await same('at start');
  await both('SET', 'k', 'v');
  await both('BGREWRITEAOF');
  await same('after a rewrite');
  await both('CONFIG', 'SET', 'aof-use-rdb-preamble', 'no');
  await both('BGREWRITEAOF');
  await same('with a base of commands');
  await both('CONFIG', 'SET', 'appendonly', 'no');
  await same('off');
  await both('CONFIG', 'SET', 'appendonly', 'yes');
  await same('on again');
  await both('MULTI');
  await both('BGREWRITEAOF');
  await both('EXEC');
  await same('scheduled');
  await both('CONFIG', 'SET', 'appendonly', 'no');
  await both('BGREWRITEAOF');
  await same('a base alone');
});

oracleTest('INFO persistence has redis-server’s fields in its order, the log being on or off', async (t) => {
  for (const args of [ON, []]) {
    const { clients } = await pairOf(t, args);
    const [our, their] = await Promise.all(
      clients.map(async (client) => Object.keys(await info(client, 'persistence'))),
    );
    t.deepEqual(
      our.filter((name) => name.startsWith('aof') || name.startsWith('module')),
      their.filter((name) => name.startsWith('aof') || name.startsWith('module')),
    );
  }
});

oracleTest('a base of commands is what redis-server writes for the same data', async (t) => {
  const { ours, theirs, clients } = await pairOf(t, [...ON, '--aof-use-rdb-preamble', 'no']);
  const [our, their] = clients;
  await fill(our);
  // The same data, down to what chance has chosen.
  await their.send('REPLICAOF', ours.host, String(ours.port));
  const wanted = await digest(our);
  await eventually(
    () => digest(their),
    (found) => found === wanted,
  );
  for (const client of clients) {
    await client.send('BGREWRITEAOF');
    await rewritten(client);
  }
  const commandsOf = async (dir: string): Promise<readonly string[]> => {
    const [, name = ''] = /^file (\S+) /.exec(await manifestOf(dir)) ?? [];
    const text = (await read(dir, name)).replace(/^#.*\r\n/gm, '');
    return text.split(/(?=\*\d+\r\n\$)/).toSorted();
  };
  const [ourCommands, theirCommands] = [await commandsOf(ours.dir), await commandsOf(theirs.dir)];
  // Hashes, sets and large sorted sets come in the order of a hash table.
  const ordered = (commands: readonly string[]): readonly string[] =>
    commands.filter((text) => !/\r\n(HMSET|SADD|ZADD\r\n\$4\r\nmany)\r\n/.test(text));
  t.deepEqual(ordered(ourCommands), ordered(theirCommands));
  t.is(ourCommands.length, theirCommands.length);
  await checkLog(t, ours.dir);
});

for (const [title, args] of [
  ['a log', []],
  ['a log with an audit trail', ['--audit-trail', 'yes']],
  ['a log with time stamps and a base of commands', ['--aof-timestamp-enabled', 'yes', '--aof-use-rdb-preamble', 'no']],
] as const) {
  oracleTest(`redis-check-aof accepts ${title}, and redis-server starts with it and has the same data`, async (t) => {
    const dir = await makeTempDir(t);
    const ours = await startFerrous(t, { dir, args: [...ON, ...args] });
    const client = await ours.connect();
    await fill(client);
    await client.send('BGREWRITEAOF');
    await rewritten(client);
    await fill(client);
    const expected = await digest(client);
    // Under everysec a write may wait for a flush under way, as in Redis: what is acknowledged is not yet safe from a kill.
    t.is(await client.text('WAITAOF', '1', '0', '20000'), '[:1, :0]');
    await ours.kill();
    await checkLog(t, dir);

    const again = await startFerrous(t, { dir, args: [...ON, ...args] });
    const same = await again.connect();
    t.is(await digest(same), expected, 'we load it ourselves');
    await same.send('SET', 'after', 'a crash');
    const grown = await digest(same);
    await again.stop();
    await checkLog(t, dir);

    const redis = await startRedis(t, { dir, args: ON });
    const theirs = await redis.connect();
    t.is(await digest(theirs), grown, 'redis-server loads it');
    await theirs.send('SET', 'of', 'redis');
    await theirs.send('BGREWRITEAOF');
    await rewritten(theirs);
    await theirs.send('LPUSH', 'list', 'of redis');
    const back = await digest(theirs);
    await redis.stop();

    const last = await startFerrous(t, { dir, args: [...ON, ...args] });
    t.is(await digest(await last.connect()), back, 'and we load what it has made of it');
  });
}

oracleTest('WAITAOF answers as redis-server 7.2 does, and a replica of either kind is counted', async (t) => {
  const ours = await startFerrous(t, { args: ON });
  const client = await ours.connect();
  await client.send('SET', 'k', 'v');
  t.is(await client.text('WAITAOF', '1', '0', '5000'), '[:1, :0]');
  t.is(await client.text('WAITAOF', '2', '0', '0'), '-ERR value is out of range, value must between 0 and 1');
  t.is(await client.text('WAITAOF', '0', '-1', '0'), '-ERR value is out of range, must be positive');
  const replica = await startFerrous(t, { args: [...ON, '--replicaof', `${ours.host} ${ours.port}`] });
  const its = await replica.connect();
  await untilLinkUp(its);
  await client.send('SET', 'k', 'w');
  t.is(await client.text('WAITAOF', '1', '1', '20000'), '[:1, :1]');
  t.is(
    await its.text('WAITAOF', '0', '0', '0'),
    '-ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.',
  );
  t.is(await client.text('CONFIG', 'SET', 'appendonly', 'no'), '+OK');
  t.is(
    await client.text('WAITAOF', '1', '0', '0'),
    '-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.',
  );
});
