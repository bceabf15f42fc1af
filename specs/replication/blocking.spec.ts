/** Clients that wait for keys, on masters with replicas and on replicas themselves. */
import test from 'ava';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;

/** Waits until the replica is up and has all that its master has. */
const inStep = (world: World, master: { offset: number }, replica: { offset: number; isUp: boolean }): boolean =>
  world.until(() => replica.isUp && replica.offset === master.offset, HOUR_MS);

test('what clients are served with is told to replicas as pops, and they end up equal', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const replica = await world.node({ replicaof: { host: '127.0.0.1', port: master.port } });
  t.true(inStep(world, master, replica));
  const [a, b, c, d] = Array.from({ length: 4 }, () => world.client(master));
  a!.send('BLPOP', 'k', '0');
  b!.send('BLMOVE', 'k', 'l', 'LEFT', 'LEFT', '0');
  c!.send('BZMPOP', '0', '1', 'z', 'MAX', 'COUNT', '2');
  d!.send('RPUSH', 'k', '1', '2', '3');
  d!.send('ZADD', 'z', '1', 'x', '2', 'y', '3', 'z');
  t.deepEqual([a!.replies(), b!.replies()], [['["k", "1"]'], ['"2"']]);
  t.is(c!.replies().length, 1);
  t.true(inStep(world, master, replica));
  t.is(replica.digest(), master.digest());
  t.is(replica.logged(/CRITICAL/), 0);
});

test('a client of a replica that may write is served by what its master pushes, behind a whole transaction', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const replica = await world.node({
    replicaof: { host: '127.0.0.1', port: master.port },
    'replica-read-only': false,
  });
  t.true(inStep(world, master, replica));
  const waiting = world.client(replica);
  const pusher = world.client(master);
  waiting.send('BLPOP', 'k', '0');
  pusher.send('MULTI');
  pusher.send('RPUSH', 'k', '1');
  pusher.send('LPUSH', 'k', '0');
  pusher.send('EXEC');
  t.true(inStep(world, master, replica));
  t.deepEqual(waiting.replies(), ['["k", "0"]']);
  // What it took is its own affair: the stream goes on as the master's.
  pusher.send('RPUSH', 'k', '2');
  t.true(inStep(world, master, replica));
  t.deepEqual(waiting.send('LRANGE', 'k', '0', '-1'), ['["1", "2"]']);
});

test('a client of a read-only replica does not wait', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const replica = await world.node({ replicaof: { host: '127.0.0.1', port: master.port } });
  t.true(inStep(world, master, replica));
  t.deepEqual(world.client(replica).send('BLPOP', 'k', '0'), [
    "-READONLY You can't write against a read only replica.",
  ]);
});

test('a client is served with what a full resync brings', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  world.client(master).send('RPUSH', 'k', '1', '2');
  const replica = await world.node({
    replicaof: { host: '127.0.0.1', port: 1 },
    'replica-read-only': false,
  });
  const waiting = world.client(replica);
  waiting.send('BLPOP', 'k', '0');
  world.client(replica).send('REPLICAOF', '127.0.0.1', String(master.port));
  t.true(inStep(world, master, replica));
  t.deepEqual(waiting.replies(), ['["k", "1"]']);
});

test('clients that wait are sent away when their master becomes a replica, and serve again as one that was promoted', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const other = await world.node();
  const waiting = world.client(master);
  waiting.send('BLPOP', 'k', '0');
  world.client(master).send('REPLICAOF', '127.0.0.1', String(other.port));
  t.true(inStep(world, other, master));
  t.deepEqual(waiting.replies(), [
    '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  ]);
  t.true(waiting.isClosed);
  const control = world.client(master);
  control.send('REPLICAOF', 'NO', 'ONE');
  const again = world.client(master);
  again.send('BLPOP', 'k', '0');
  control.send('RPUSH', 'k', '1');
  t.deepEqual(again.replies(), ['["k", "1"]']);
});
