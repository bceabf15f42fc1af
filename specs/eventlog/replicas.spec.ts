/**
 * Logs of masters and replicas: a restart goes on with the same history, so that links resume where they were.
 */
import test, { type ExecutionContext } from 'ava';
import { type RunningServer, startFerrous } from '../support/process-server.ts';
import type { RawClient } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';
import { eventually, info, untilCaughtUp, untilLinkUp } from '../support/wait.ts';

const ON = ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0', '--repl-diskless-sync-delay', '0'];

interface Node {
  readonly server: RunningServer;
  readonly client: RawClient;
}

const start = async (t: ExecutionContext, dir: string, port?: number, master?: Node): Promise<Node> => {
  const link = master === undefined ? [] : ['--replicaof', `${master.server.host} ${master.server.port}`];
  const server = await startFerrous(t, { dir, args: [...ON, ...link], ...(port === undefined ? {} : { port }) });
  const client = await server.connect();
  await eventually(
    () => info(client, 'persistence'),
    (fields) => fields['loading'] === '0',
  );
  return { server, client };
};

const digest = ({ client }: Node): Promise<string> => client.text('DEBUG', 'DIGEST');

const write = async ({ client }: Node, name: string): Promise<void> => {
  for (const db of ['0', '3']) {
    await client.send('SELECT', db);
    for (let i = 0; i < 20; i++) await client.send('SET', `${name}:${i}`, db);
    await client.send('MULTI');
    await client.send('RPUSH', 'list', name, db);
    await client.send('INCR', 'n');
    await client.send('EXEC');
  }
};

const rewrite = async ({ client }: Node): Promise<void> => {
  await client.send('BGREWRITEAOF');
  await eventually(
    () => info(client, 'persistence'),
    (fields) => fields['aof_rewrite_in_progress'] === '0' && fields['aof_rewrite_scheduled'] === '0',
  );
};

const settled = async (replica: Node): Promise<void> => {
  await eventually(
    () => info(replica.client, 'persistence'),
    (fields) => fields['aof_rewrite_in_progress'] === '0' && fields['aof_rewrite_scheduled'] === '0',
  );
};

const partialSyncs = async ({ client }: Node): Promise<number> =>
  Number((await info(client, 'stats'))['sync_partial_ok']);
const offsetOf = async ({ client }: Node): Promise<number> =>
  Number((await info(client, 'replication'))['master_repl_offset']);

test('a replica that is started again resumes its link, from a log that was rewritten in the middle of it', async (t) => {
  const master = await start(t, await makeTempDir(t));
  await write(master, 'before');
  const dir = await makeTempDir(t);
  const replica = await start(t, dir, undefined, master);
  await untilLinkUp(replica.client);
  await settled(replica);
  await write(master, 'synced');
  await untilCaughtUp(master.client, replica.client);
  await rewrite(replica); // the stream has database 3 selected
  await write(master, 'rewritten');
  await untilCaughtUp(master.client, replica.client);
  const whole = await digest(master);
  t.is(await digest(replica), whole);
  await replica.server.kill();

  const alone = await start(t, dir);
  t.is(await digest(alone), whole, 'its log is the data');
  t.is(await offsetOf(alone), await offsetOf(master));
  await alone.server.stop();
});

test('a replica that is killed and started again as one gets what it missed and nothing more', async (t) => {
  const master = await start(t, await makeTempDir(t));
  const dir = await makeTempDir(t);
  const replica = await start(t, dir, undefined, master);
  await untilLinkUp(replica.client);
  await settled(replica);
  await write(master, 'synced');
  await untilCaughtUp(master.client, replica.client);
  await replica.server.kill();
  await write(master, 'missed');
  const before = await partialSyncs(master);
  const again = await start(t, dir, undefined, master);
  await untilLinkUp(again.client);
  await untilCaughtUp(master.client, again.client);
  t.is(await partialSyncs(master), before + 1);
  t.is(await digest(again), await digest(master));
});

test('a master that is started again keeps its id and offset, and its replica resumes', async (t) => {
  const dir = await makeTempDir(t);
  const master = await start(t, dir);
  const replica = await start(t, await makeTempDir(t), undefined, master);
  await untilLinkUp(replica.client);
  await write(master, 'first');
  await untilCaughtUp(master.client, replica.client);
  const { master_replid: id } = await info(master.client, 'replication');
  const { port } = master.server;
  await master.server.stop();
  const again = await start(t, dir, port);
  t.is((await info(again.client, 'replication'))['master_replid'], id);
  await untilLinkUp(replica.client);
  await write(again, 'second');
  await untilCaughtUp(again.client, replica.client);
  t.is(await partialSyncs(again), 1);
  t.is(await digest(replica), await digest(again));
});

test('a master that was killed goes on as a history of its own, which its replica can follow', async (t) => {
  const dir = await makeTempDir(t);
  const master = await start(t, dir);
  const replica = await start(t, await makeTempDir(t), undefined, master);
  await untilLinkUp(replica.client);
  await write(master, 'first');
  await untilCaughtUp(master.client, replica.client);
  const { master_replid: id } = await info(master.client, 'replication');
  const { port } = master.server;
  await master.server.kill();
  const again = await start(t, dir, port);
  const { master_replid: newId, master_replid2: oldId } = await info(again.client, 'replication');
  t.not(newId, id);
  t.is(oldId, id);
  await untilLinkUp(replica.client);
  await write(again, 'second');
  await untilCaughtUp(again.client, replica.client);
  t.is(await digest(replica), await digest(again));
});

test('a promoted replica goes on with a segment of its own, and is the same after a restart', async (t) => {
  const master = await start(t, await makeTempDir(t));
  const dir = await makeTempDir(t);
  const replica = await start(t, dir, undefined, master);
  await untilLinkUp(replica.client);
  await settled(replica);
  await write(master, 'synced');
  await untilCaughtUp(master.client, replica.client);
  await replica.client.send('REPLICAOF', 'NO', 'ONE');
  await write(replica, 'promoted');
  const whole = await digest(replica);
  const { master_replid: id } = await info(replica.client, 'replication');
  await replica.server.stop();
  const again = await start(t, dir);
  t.is(await digest(again), whole);
  t.is((await info(again.client, 'replication'))['master_replid'], id);
});

test('a replica that syncs fully drops the log it had and begins another', async (t) => {
  const master = await start(t, await makeTempDir(t));
  await write(master, 'master');
  const dir = await makeTempDir(t);
  const other = await start(t, dir);
  await write(other, 'something else');
  await other.client.send('REPLICAOF', master.server.host, String(master.server.port));
  await untilLinkUp(other.client);
  await untilCaughtUp(master.client, other.client);
  await settled(other);
  await write(master, 'after');
  await untilCaughtUp(master.client, other.client);
  await other.server.kill();
  const again = await start(t, dir);
  t.is(await digest(again), await digest(master));
});
