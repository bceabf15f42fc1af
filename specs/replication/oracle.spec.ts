import test, { type ExecutionContext } from 'ava';
import { oracleTest } from '../support/oracle-test.ts';
import { type RunningServer, type ServerOptions, startFerrous, startRedis } from '../support/process-server.ts';
import type { RawClient } from '../support/resp-client.ts';
import { eventually, info, untilCaughtUp } from '../support/wait.ts';

type Kind = 'Ferrous' | 'redis-server';

const start = (t: ExecutionContext, kind: Kind, args: readonly string[]): Promise<RunningServer> => {
  const options: ServerOptions = { args: ['--repl-diskless-sync-delay', '0', ...args] };
  return kind === 'Ferrous' ? startFerrous(t, options) : startRedis(t, options);
};

const sameDigest = async (t: ExecutionContext, master: RawClient, replica: RawClient): Promise<void> => {
  await untilCaughtUp(master, replica);
  t.is(await replica.text('DEBUG', 'DIGEST'), await master.text('DEBUG', 'DIGEST'));
};

const inAllDatabases = async (client: RawClient, key: string): Promise<void> => {
  for (let db = 0; db < 16; db++) {
    await client.send('SELECT', String(db));
    await client.send('SET', key, `${key} of ${db}`, 'EX', '10000');
    await client.send('SETRANGE', `${key}:long`, '5000', 'x');
    await client.send('INCRBYFLOAT', `${key}:float`, '0.1');
  }
};

/** How often a server has answered each kind of resync request. */
const resyncs = async (client: RawClient): Promise<readonly [full: string, partial: string]> => {
  const stats = await info(client, 'stats');
  return [stats['sync_full'] ?? '', stats['sync_partial_ok'] ?? ''];
};

const story = async (t: ExecutionContext, masterKind: Kind, replicaKind: Kind): Promise<void> => {
  const master = await start(t, masterKind, []);
  const atMaster = await master.connect();
  await inAllDatabases(atMaster, 'before');
  const replica = await start(t, replicaKind, ['--replicaof', master.host, String(master.port)]);
  const atReplica = await replica.connect();
  await inAllDatabases(atMaster, 'during');
  await sameDigest(t, atMaster, atReplica);
  await inAllDatabases(atMaster, 'after');
  await sameDigest(t, atMaster, atReplica);
  t.is(await atMaster.text('WAIT', '1', '0'), ':1');

  // The link breaks; what was missed comes from the backlog.
  await atMaster.send('CLIENT', 'KILL', 'TYPE', 'replica');
  await inAllDatabases(atMaster, 'missed');
  await sameDigest(t, atMaster, atReplica);
  t.deepEqual(await resyncs(atMaster), ['1', '1']);

  // The replica is promoted, and its old master follows it without a full sync.
  t.is(await atReplica.text('REPLICAOF', 'NO', 'ONE'), '+OK');
  t.is(await atReplica.text('SET', 'promoted', 'yes'), '+OK');
  t.is(await atMaster.text('REPLICAOF', replica.host, String(replica.port)), '+OK');
  await sameDigest(t, atReplica, atMaster);
  t.deepEqual(await resyncs(atReplica), ['0', '1']);

  // And back again.
  t.is(await atMaster.text('REPLICAOF', 'NO', 'ONE'), '+OK');
  t.is(await atReplica.text('REPLICAOF', master.host, String(master.port)), '+OK');
  await inAllDatabases(atMaster, 'back');
  await sameDigest(t, atMaster, atReplica);
  const [roles, back] = [await info(atMaster, 'replication'), await info(atReplica, 'replication')];
  t.is(back['master_replid'], roles['master_replid']);
};

test('Ferrous follows Ferrous: full sync, broken link, promotion and back', (t) => story(t, 'Ferrous', 'Ferrous'));
oracleTest('Ferrous follows redis-server: full sync, broken link, promotion and back', (t) =>
  story(t, 'redis-server', 'Ferrous'),
);
oracleTest('redis-server follows Ferrous: full sync, broken link, promotion and back', (t) =>
  story(t, 'Ferrous', 'redis-server'),
);

oracleTest('the fields of INFO replication are those of redis-server, in its order', async (t) => {
  const names = async (server: RunningServer): Promise<readonly string[]> =>
    Object.keys(await info(await server.connect(), 'replication'));
  const [ours, theirs] = [await start(t, 'Ferrous', []), await start(t, 'redis-server', [])];
  t.deepEqual(await names(ours), await names(theirs));
  const follow = async (kind: Kind): Promise<RunningServer> => {
    const replica = await start(t, kind, ['--replicaof', ours.host, String(ours.port)]);
    await untilCaughtUp(await ours.connect(), await replica.connect());
    return replica;
  };
  const [ourReplica, theirReplica] = [await follow('Ferrous'), await follow('redis-server')];
  t.deepEqual(await names(ourReplica), await names(theirReplica));
  // The link is down: one field more.
  await ours.kill();
  for (const replica of [ourReplica, theirReplica]) {
    const client = await replica.connect();
    await eventually(
      () => info(client, 'replication'),
      (fields) => fields['master_link_status'] === 'down',
    );
  }
  t.deepEqual(await names(ourReplica), await names(theirReplica));
});
