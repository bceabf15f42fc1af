/** Ferrous and redis-server as each other's masters and replicas. One story at a time: each is several processes. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { oracleTest } from '../support/oracle-test.ts';
import { type RunningServer, startFerrous, startRedis } from '../support/process-server.ts';
import type { RawClient } from '../support/resp-client.ts';
import { eventually, info, untilCaughtUp, untilLinkUp } from '../support/wait.ts';
import { contents, fill, sameContents, sameData, untilField, writing } from './stories.ts';

type Start = typeof startFerrous;

/** redis-server waits five seconds for more replicas before a full sync, unless it is told not to. */
const AT_ONCE = ['--repl-diskless-sync-delay', '0'];

const PAIRS: readonly (readonly [title: string, master: Start, replica: Start])[] = [
  ['Ferrous follows redis-server', startRedis, startFerrous],
  ['redis-server follows Ferrous', startFerrous, startRedis],
];

interface Pair {
  readonly master: RunningServer;
  readonly replica: RunningServer;
  readonly writer: RawClient;
  readonly reader: RawClient;
}

const attached = async (t: ExecutionContext, startMaster: Start, startReplica: Start): Promise<Pair> => {
  const master = await startMaster(t, { args: AT_ONCE });
  const replica = await startReplica(t, { args: [...AT_ONCE, '--replicaof', '127.0.0.1', String(master.port)] });
  const writer = await master.connect();
  const reader = await replica.connect();
  await untilLinkUp(reader);
  return { master, replica, writer, reader };
};

for (const [title, startMaster, startReplica] of PAIRS) {
  oracleTest.serial(`${title}: all databases and TTLs, written before and during the sync`, async (t) => {
    const master = await startMaster(t, { args: AT_ONCE });
    const writer = await master.connect();
    await fill(writer);
    await writer.send('DEBUG', 'POPULATE', '20000', 'key', '100');
    const busy = writing(await master.connect());
    const replica = await startReplica(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const reader = await replica.connect();
    await untilLinkUp(reader);
    t.true((await busy.stop()) > 0);
    await sameData(t, writer, reader);
    const ours = await contents(reader);
    t.true(ours.length > 20_000);
    sameContents(t, ours, await contents(writer));
  });

  oracleTest.serial(`${title}: WAIT, expiry by the master, and what random commands made`, async (t) => {
    const { writer, reader } = await attached(t, startMaster, startReplica);
    await writer.send('SET', 'k', 'v');
    t.is(await writer.text('WAIT', '1', '0'), ':1');
    t.is(await reader.text('GET', 'k'), '"v"');

    await writer.pipeline([
      ['SET', 'n', '10'],
      ['INCRBYFLOAT', 'n', '0.1'],
      ['EXPIRE', 'n', '1000'],
      ['GETEX', 'k', 'EX', '1000'],
      ['APPEND', 'k', 'more'],
      ['SETRANGE', 'k', '20', 'far'],
      ['SELECT', '3'],
      ['SET', 'k', 'in 3', 'PX', '100000'],
      ['COPY', 'k', 'copy', 'DB', '4'],
      ['MOVE', 'k', '5'],
      ['SWAPDB', '4', '6'],
      ['SET', 'gone', 'soon', 'PX', '1'],
      ['SELECT', '0'],
      ['GETDEL', 'none'],
      ['RENAME', 'n', 'm'],
      ['PERSIST', 'm'],
    ]);
    // Only the master's DEL takes the key away.
    await writer.send('SELECT', '3');
    await eventually(
      () => writer.text('EXISTS', 'gone'),
      (reply) => reply === ':0',
    );
    await writer.send('SET', 'last', '1');
    await sameData(t, writer, reader);
    t.is((await info(reader, 'keyspace'))['db3'], (await info(writer, 'keyspace'))['db3']);
  });

  oracleTest.serial(`${title}: a link that breaks goes on where it was, without another full sync`, async (t) => {
    const { master, writer, replica, reader } = await attached(t, startMaster, startReplica);
    await fill(writer, 3);
    await untilCaughtUp(writer, reader);
    const before = Number((await info(writer, 'stats'))['sync_full']);
    await writer.send('CLIENT', 'KILL', 'TYPE', 'replica');
    await writer.send('SET', 'while', 'away');
    await eventually(
      () => info(writer, 'stats'),
      (fields) => Number(fields['sync_partial_ok']) >= 1,
    );
    await untilLinkUp(reader);
    await sameData(t, writer, reader);
    t.is(Number((await info(writer, 'stats'))['sync_full']), before, `${master.log()}\n${replica.log()}`);
  });

  oracleTest.serial(`${title}: promotion, and the old master comes back as a replica`, async (t) => {
    const { master, replica, writer, reader } = await attached(t, startMaster, startReplica);
    await fill(writer, 2);
    await untilCaughtUp(writer, reader);
    t.is(await reader.text('REPLICAOF', 'NO', 'ONE'), '+OK');
    t.is(await reader.text('SET', 'new', 'era'), '+OK');
    t.is(await writer.text('REPLICAOF', '127.0.0.1', String(replica.port)), '+OK');
    await untilLinkUp(writer);
    await sameData(t, reader, writer);
    t.not(master.port, replica.port);
  });

  oracleTest.serial(`${title}: passwords of both kinds`, async (t) => {
    const master = await startMaster(t, { password: 'one', args: [...AT_ONCE, '--requirepass', 'one'] });
    const replica = await startReplica(t, {
      password: 'two',
      args: ['--requirepass', 'two', '--masterauth', 'one', '--replicaof', '127.0.0.1', String(master.port)],
    });
    const reader = await replica.connect();
    await untilLinkUp(reader);
    t.pass();
  });
}

oracleTest.serial('A transaction of redis-server reaches Ferrous', async (t) => {
  const { writer, reader } = await attached(t, startRedis, startFerrous);
  await writer.pipeline([
    ['MULTI'],
    ['SET', 'a', '1'],
    ['SELECT', '2'],
    ['SET', 'b', '2'],
    ['INCR', 'b'],
    ['EXEC'],
    ['SELECT', '0'],
  ]);
  await sameData(t, writer, reader);
  await reader.send('SELECT', '2');
  t.is(await reader.text('GET', 'b'), '"3"');
});

oracleTest.serial('A chain: redis-server follows a Ferrous that follows redis-server', async (t) => {
  const { replica, writer } = await attached(t, startRedis, startFerrous);
  await fill(writer, 2);
  const last = await startRedis(t, { args: ['--replicaof', '127.0.0.1', String(replica.port)] });
  const lastReader = await last.connect();
  await untilLinkUp(lastReader);
  await writer.send('SET', 'through', 'both');
  await sameData(t, writer, lastReader);
});

/** A wire between two servers that can be cut: everything in both directions stops at once. */
const wireTo = async (t: ExecutionContext, port: number): Promise<{ readonly port: number; cut(): void }> => {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  t.teardown(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cut };
};

oracleTest.serial('A wire that is cut again and again, while redis-server is written to, loses nothing', async (t) => {
  const master = await startRedis(t, { args: [...AT_ONCE, '--repl-backlog-size', '64mb'] });
  const wire = await wireTo(t, master.port);
  const replica = await startFerrous(t, { args: ['--replicaof', '127.0.0.1', String(wire.port)] });
  const reader = await replica.connect();
  const writer = await master.connect();
  await untilLinkUp(reader);
  const busy = writing(await master.connect());
  for (let cut = 1; cut <= 3; cut++) {
    wire.cut();
    await untilField(writer, 'stats', 'sync_partial_ok', String(cut));
  }
  await busy.stop();
  await sameData(t, writer, reader);
  t.is((await info(writer, 'stats'))['sync_full'], '1');
});
