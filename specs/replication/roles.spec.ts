import test, { type ExecutionContext } from 'ava';
import { encodeCommand } from '../support/reply.ts';
import { type Node, World } from './world.ts';

const HOST = '127.0.0.1';

const worldOf = (t: ExecutionContext): World => {
  const world = new World();
  t.teardown(() => world.close());
  return world;
};

const replicaOf = (world: World, master: Node, config = {}) =>
  world.node({ replicaof: { host: HOST, port: master.port }, ...config });

const caughtUp = (world: World, replica: Node, master: Node): boolean =>
  world.until(() => replica.isUp && replica.offset === master.offset, 5000);

test('a replica is up within a second, and has what was written before, during and after its sync', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const client = world.client(master);
  for (let db = 0; db < 16; db++) {
    client.send('SELECT', String(db));
    client.send('SET', 'before', String(db), 'EX', '1000');
  }
  const replica = await replicaOf(world, master);
  client.write(encodeCommand(['SET', 'during', 'x']));
  t.true(world.until(() => replica.isUp, 1000));
  client.send('SET', 'after', 'y');
  t.true(caughtUp(world, replica, master));
  t.is(replica.digest(), master.digest());
  const reader = world.client(replica);
  for (let db = 0; db < 16; db++) {
    reader.send('SELECT', String(db));
    t.deepEqual(reader.send('GET', 'before'), [`"${db}"`]);
    t.deepEqual(reader.send('TTL', 'before'), [':1000']);
  }
  t.deepEqual(reader.send('GET', 'after'), ['"y"']);
  t.is(replica.logged(/MASTER <-> REPLICA sync: Finished with success/), 1);
  t.is(master.logged(/Synchronization with replica 127\.0\.0\.1:\d+ succeeded/), 1);
});

test('a replica refuses writes, unless it is told not to', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master);
  t.true(caughtUp(world, replica, master));
  const client = world.client(replica);
  t.deepEqual(client.send('SET', 'k', 'v'), ["-READONLY You can't write against a read only replica."]);
  client.send('CONFIG', 'SET', 'replica-read-only', 'no');
  t.deepEqual(client.send('SET', 'k', 'v'), ['+OK']);
  t.is(replica.offset, master.offset, 'what is written here stays here');
});

test('the master goes away: the data stay, the link is tried every second, and comes back with a partial resync', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master);
  const writer = world.client(master);
  writer.send('SET', 'k', 'old');
  t.true(caughtUp(world, replica, master));
  world.network.isolate(master.port, (address) => address === writer.address);
  world.advance(5000);
  t.is(replica.info('master_link_status'), 'down');
  t.is(replica.info('master_link_down_since_seconds'), '5');
  t.deepEqual(world.client(replica).send('GET', 'k'), ['"old"']);
  t.is(replica.logged(/# Error condition on socket for SYNC: Connection refused/), 1, 'once, not once per second');
  writer.send('SELECT', '7');
  writer.send('SET', 'k', 'new');
  world.network.rejoin(master.port);
  t.true(world.until(() => replica.isUp, 1100));
  t.true(caughtUp(world, replica, master));
  t.is(replica.digest(), master.digest());
  t.is(master.server.services.stats.partialSyncs, 1);
  t.is(master.server.services.stats.fullSyncs, 1);
  t.is(replica.logged(/Successful partial resynchronization with master\./), 1);
});

test('a master that is silent for repl-timeout is left, and connected to again', async (t) => {
  const world = worldOf(t);
  // It pings more seldom than the replica's patience lasts.
  const master = await world.node({ 'repl-ping-replica-period': 1000 });
  const replica = await replicaOf(world, master, { 'repl-timeout': 5 });
  t.true(world.until(() => replica.isUp, 1000));
  t.true(world.until(() => replica.logged(/MASTER timeout: no data nor PING received\.\.\./) === 1, 7000));
  t.true(world.until(() => replica.isUp, 2000));
});

test('a replica that does not acknowledge for repl-timeout is dropped', async (t) => {
  const world = worldOf(t);
  const master = await world.node({ 'repl-timeout': 5 });
  const client = world.client(master);
  client.send('PSYNC', '?', '-1');
  t.is(master.info('connected_slaves'), '1');
  t.true(world.until(() => client.isClosed, 8000));
  t.is(master.info('connected_slaves'), '0');
  t.is(master.logged(/Disconnecting timedout replica/), 1);
});

test('REPLICAOF NO ONE: the history goes on under a new id, and the old master can follow it without a full sync', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master);
  const atMaster = world.client(master);
  atMaster.send('SET', 'k', '1');
  t.true(caughtUp(world, replica, master));
  const replid = master.info('master_replid');
  t.is(replica.info('master_replid'), replid);

  const atReplica = world.client(replica);
  t.deepEqual(atReplica.send('REPLICAOF', 'no', 'one'), ['+OK']);
  t.is(replica.info('role'), 'master');
  t.not(replica.info('master_replid'), replid);
  t.is(replica.info('master_replid2'), replid);
  t.is(replica.info('second_repl_offset'), String(replica.offset + 1));
  t.deepEqual(atReplica.send('SET', 'k', '2'), ['+OK']);
  t.deepEqual(atReplica.send('REPLICAOF', 'NO', 'ONE'), ['+OK'], 'once more changes nothing');

  t.deepEqual(atMaster.send('REPLICAOF', HOST, String(replica.port)), ['+OK']);
  t.true(caughtUp(world, master, replica));
  t.is(master.digest(), replica.digest());
  t.is(replica.server.services.stats.partialSyncs, 1);
  t.is(replica.server.services.stats.fullSyncs, 0);
  t.is(master.info('master_replid'), replica.info('master_replid'));
  t.deepEqual(atMaster.send('GET', 'k'), ['"2"']);
});

test('REPLICAOF: what it refuses, and what is the same already', async (t) => {
  const world = worldOf(t);
  const node = await world.node();
  const client = world.client(node);
  for (const port of ['abc', '-1', '65536', '99999999999999999999']) {
    t.deepEqual(client.send('REPLICAOF', 'localhost', port), ['-ERR Invalid master port'], port);
  }
  t.deepEqual(client.send('SLAVEOF', 'somewhere', '7'), ['+OK']);
  t.deepEqual(client.send('REPLICAOF', 'SOMEWHERE', '7'), ['+OK Already connected to specified master']);
  t.deepEqual(client.send('CONFIG', 'GET', 'replicaof'), ['["replicaof", "somewhere 7"]']);
  t.deepEqual(client.send('REPLICAOF', 'NO', 'ONE'), ['+OK']);
  t.deepEqual(client.send('CONFIG', 'GET', 'replicaof'), ['["replicaof", ""]']);
});

test('ROLE says who follows whom', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const atMaster = world.client(master);
  t.deepEqual(atMaster.send('ROLE'), ['["master", :0, []]']);
  const replica = await replicaOf(world, master);
  const other = await replicaOf(world, master, {
    port: 0,
    'replica-announce-ip': '10.1.2.3',
    'replica-announce-port': 77,
  });
  atMaster.send('SET', 'k', 'v');
  t.true(caughtUp(world, replica, master) && caughtUp(world, other, master));
  world.advance(2500);
  const offset = String(master.offset);
  t.deepEqual(atMaster.send('ROLE'), [
    `["master", :${offset}, [["127.0.0.1", "${replica.port}", "${offset}"], ["10.1.2.3", "77", "${offset}"]]]`,
  ]);
  t.deepEqual(world.client(replica).send('ROLE'), [`["slave", "127.0.0.1", :${master.port}, "connected", :${offset}]`]);
  t.is(master.info('slave1'), `ip=10.1.2.3,port=77,state=online,offset=${offset},lag=0`);
  world.network.isolate(master.port);
  world.settle();
  t.regex(world.client(replica).send('ROLE')[0] ?? '', /"connect(ing)?", :-1\]$/);
});

test('a wrong password: the link stays down, with one line that says why', async (t) => {
  const world = worldOf(t);
  const master = await world.node({ requirepass: 'right' });
  const replica = await replicaOf(world, master, { masterauth: 'wrong' });
  world.advance(5000);
  t.is(replica.info('master_link_status'), 'down');
  t.is(
    replica.logged(/# Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled\./),
    1,
  );
  t.true(replica.lines.length < 15, 'and no flood of others');
  world.client(replica).send('CONFIG', 'SET', 'masterauth', 'right');
  t.true(world.until(() => replica.isUp, 2000));
});

test('without masterauth the own requirepass is tried, and a master without a password takes it as well', async (t) => {
  const world = worldOf(t);
  const open = await world.node();
  const closed = await world.node({ requirepass: 'shared' });
  const ofOpen = await replicaOf(world, open, { requirepass: 'shared' });
  const ofClosed = await replicaOf(world, closed, { requirepass: 'shared' });
  t.true(world.until(() => ofOpen.isUp && ofClosed.isUp, 1000));
});

test('replica-serve-stale-data no: a replica without its master answers MASTERDOWN', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master, { 'replica-serve-stale-data': false });
  const client = world.client(replica);
  t.true(world.until(() => replica.isUp, 1000));
  t.deepEqual(client.send('GET', 'k'), ['$-1']);
  world.network.isolate(master.port);
  world.settle();
  t.deepEqual(client.send('GET', 'k'), [
    "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  ]);
  world.network.rejoin(master.port);
  t.true(world.until(() => replica.isUp, 2000));
  t.deepEqual(client.send('GET', 'k'), ['$-1']);
});

test('min-replicas-to-write: writes are refused while too few replicas keep up', async (t) => {
  const world = worldOf(t);
  const master = await world.node({ 'min-replicas-to-write': 1, 'min-replicas-max-lag': 3 });
  const client = world.client(master);
  const REFUSED = ['-NOREPLICAS Not enough good replicas to write.'];
  t.deepEqual(client.send('SET', 'k', 'v'), REFUSED);
  const replica = await replicaOf(world, master);
  t.true(world.until(() => replica.isUp, 1000));
  t.deepEqual(client.send('SET', 'k', 'v'), ['+OK']);
  t.is(master.info('min_slaves_good_slaves'), '1');
  replica.close();
  world.advance(5000);
  t.deepEqual(client.send('SET', 'k', 'v'), REFUSED);
  client.send('CONFIG', 'SET', 'min-replicas-to-write', '0');
  t.deepEqual(client.send('SET', 'k', 'v'), ['+OK']);
});

test('WAIT: counts acknowledgements, gives up in time, and is refused on a replica', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const client = world.client(master);
  t.deepEqual(client.send('WAIT', '0', '0'), [':0']);
  t.deepEqual(client.send('WAIT', '1', '500'), []);
  world.advance(490);
  t.deepEqual(client.replies(), []);
  world.advance(20);
  t.deepEqual(client.replies(), [':0']);

  const replica = await replicaOf(world, master);
  t.true(caughtUp(world, replica, master));
  client.send('SET', 'k', 'v');
  t.deepEqual(client.send('WAIT', '1', '0'), [':1'], 'the replica is asked, and answers at once');

  t.deepEqual(client.send('WAIT', '2', '0'), []);
  const second = await replicaOf(world, master);
  t.true(world.until(() => second.isUp, 1000));
  world.advance(1100);
  t.deepEqual(client.replies(), [':2']);

  t.deepEqual(client.send('WAIT', 'x', '0'), ['-ERR value is not an integer or out of range']);
  t.deepEqual(client.send('WAIT', '1', 'x'), ['-ERR timeout is not an integer or out of range']);
  t.deepEqual(client.send('WAIT', '1', '-1'), ['-ERR timeout is negative']);
  t.regex(world.client(replica).send('WAIT', '0', '0')[0] ?? '', /^-ERR WAIT cannot be used with replica instances\./);
});

test('WAIT and repl-timeout take times that no timer of Node keeps', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master, { 'repl-timeout': 2 ** 31 - 1 });
  t.true(caughtUp(world, replica, master));
  t.deepEqual(world.client(master).send('WAIT', '2', String(2 ** 40)), []);
  t.true(world.scheduler.actions.every(({ delay }) => delay - world.scheduler.frame < 2 ** 31));
});

test('who waits when the master becomes a replica is told, and closed', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const waiting = world.client(master);
  t.deepEqual(waiting.send('WAIT', '1', '0'), []);
  t.deepEqual(world.client(master).send('REPLICAOF', 'nowhere', '1'), ['+OK']);
  world.settle();
  t.deepEqual(waiting.replies(), [
    '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  ]);
  t.true(waiting.isClosed);
});

test('several replicas that wait together share one snapshot', async (t) => {
  const world = worldOf(t);
  const master = await world.node({ 'repl-diskless-sync-delay': 2 });
  world.client(master).send('SET', 'k', 'v');
  const replicas = [await replicaOf(world, master), await replicaOf(world, master), await replicaOf(world, master)];
  t.true(world.until(() => replicas.every((replica) => replica.isUp), 4000));
  t.is(master.logged(/Starting BGSAVE for SYNC/), 1);
  t.true(replicas.every((replica) => replica.digest() === master.digest()));
});

test('the backlog goes when it was of no use for repl-backlog-ttl', async (t) => {
  const world = worldOf(t);
  const master = await world.node({ 'repl-backlog-ttl': 10 });
  const replica = await replicaOf(world, master);
  t.true(world.until(() => replica.isUp, 1000));
  t.is(master.info('repl_backlog_active'), '1');
  replica.close();
  world.advance(9000);
  t.is(master.info('repl_backlog_active'), '1');
  world.advance(3000);
  t.is(master.info('repl_backlog_active'), '0');
  t.is(master.info('repl_backlog_histlen'), '0');
});

test('keys expire by the word of the master: a replica hides them until then', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master);
  const client = world.client(master);
  client.send('SET', 'k', 'v', 'PX', '3000');
  t.true(caughtUp(world, replica, master));
  world.network.isolate(master.port);
  world.advance(4000);
  const reader = world.client(replica);
  t.deepEqual(reader.send('GET', 'k'), ['$-1']);
  t.deepEqual(reader.send('DBSIZE'), [':1'], 'it is there, and not to be seen');
  world.network.rejoin(master.port);
  t.true(caughtUp(world, replica, master));
  t.deepEqual(reader.send('DBSIZE'), [':0']);
});

test('who may write on a replica removes a key that is past its time, and does not make it a second time', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master, { 'replica-read-only': false });
  const client = world.client(master);
  client.send('SET', 'k', 'v', 'PX', '3000');
  client.send('SET', 'n', '5', 'PX', '3000');
  t.true(caughtUp(world, replica, master));
  world.network.isolate(master.port);
  world.advance(4000);
  const writer = world.client(replica);
  t.deepEqual(writer.send('SET', 'k', 'w'), ['+OK']);
  t.deepEqual(writer.send('INCR', 'n'), [':1']);
  t.deepEqual(writer.send('DBSIZE'), [':2']);
  t.deepEqual(writer.send('DEL', 'k', 'n'), [':2']);
  t.deepEqual(writer.send('DBSIZE'), [':0']);
});

test('CLIENT LIST shows the master, and CLIENT KILL TYPE master breaks the link, which comes back', async (t) => {
  const world = worldOf(t);
  const master = await world.node();
  const replica = await replicaOf(world, master);
  t.true(caughtUp(world, replica, master));
  const client = world.client(replica);
  t.regex(client.send('CLIENT', 'LIST', 'TYPE', 'master')[0] ?? '', /flags=M/);
  t.deepEqual(client.send('CLIENT', 'KILL', 'TYPE', 'master'), [':1']);
  t.false(replica.isUp);
  t.true(world.until(() => replica.isUp, 2000));
  t.is(master.server.services.stats.partialSyncs, 1);
});
