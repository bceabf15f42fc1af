/** Transactions as programs use them: optimistic locking with the client libraries, and a master with its replica. */
import test from 'ava';
import { Redis } from 'ioredis';
import { createClient, WatchError } from 'redis';
import { startFerrous } from '../support/process-server.ts';
import { untilCaughtUp } from '../support/wait.ts';

test.serial(
  'ioredis: transactions, errors in them, and a counter that many clients change without losing a change',
  async (t) => {
    const server = await startFerrous(t);
    const connections = Array.from({ length: 5 }, () => new Redis(server.port, '127.0.0.1'));
    t.teardown(() => {
      for (const connection of connections) connection.disconnect();
    });
    const [redis] = connections;
    if (redis === undefined) throw new Error('no connection');

    t.deepEqual(await redis.multi().set('k', '1').incr('k').get('k').exec(), [
      [null, 'OK'],
      [null, 2],
      [null, '2'],
    ]);
    const mixed = await redis.multi().set('k', 'text').incr('k').get('k').exec();
    t.regex(String(mixed?.[1]?.[0]), /value is not an integer/);
    t.deepEqual(mixed?.[2], [null, 'text']);
    await t.throwsAsync(redis.multi().set('k', '1').call('NOSUCH').exec(), { message: /EXECABORT/ });
    t.is(await redis.get('k'), 'text');

    const increment = async (connection: Redis): Promise<number> => {
      for (let tries = 1; ; tries++) {
        await connection.watch('counter');
        const value = Number((await connection.get('counter')) ?? 0);
        if (
          (await connection
            .multi()
            .set('counter', value + 1)
            .exec()) !== null
        )
          return tries;
      }
    };
    const run = async (connection: Redis): Promise<number> => {
      let tries = 0;
      for (let i = 0; i < 20; i++) tries += await increment(connection);
      return tries;
    };
    const tries = await Promise.all(connections.map(run));
    t.is(await redis.get('counter'), '100');
    t.log(`${tries.reduce((sum, n) => sum + n)} attempts for 100 changes`);
  },
);

for (const RESP of [2, 3] as const) {
  test.serial(`node-redis over RESP${RESP}: a transaction, and one whose key another client changes`, async (t) => {
    const server = await startFerrous(t);
    const connect = async () => {
      const client = createClient({ socket: { port: server.port }, RESP });
      client.on('error', () => {});
      await client.connect();
      t.teardown(() => client.destroy());
      return client;
    };
    const client = await connect();
    const other = await connect();
    t.deepEqual(await client.multi().set('k', '1').incr('k').hSet('h', 'f', 'v').hGetAll('h').exec(), [
      'OK',
      2,
      1,
      Object.assign(Object.create(null), { f: 'v' }),
    ]);
    await client.watch('k');
    await other.set('k', '5');
    await t.throwsAsync(client.multi().incr('k').exec(), { instanceOf: WatchError });
    t.is(await client.get('k'), '5');
    await client.watch('k');
    await other.get('k');
    t.deepEqual(await client.multi().incr('k').exec(), [6]);
  });
}

test.serial('a replica never shows half of a transaction', async (t) => {
  const master = await startFerrous(t);
  const replica = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const writer = await master.connect();
  const reader = await replica.connect();
  await untilCaughtUp(writer, reader);
  let isOver = false;
  const write = async (): Promise<void> => {
    for (let i = 0; i < 500; i++) {
      const n = String(i);
      await writer.pipeline([
        ['MULTI'],
        ['SET', 'a', n],
        ['RPUSH', 'list', n],
        ['SELECT', '1'],
        ['SET', 'b', n],
        ['SELECT', '0'],
        ['SET', 'c', n],
        ['EXEC'],
      ]);
    }
    isOver = true;
  };
  const read = async (): Promise<number> => {
    let looks = 0;
    while (!isOver) {
      t.regex(await reader.text('MGET', 'a', 'c'), /^\[(.*), \1\]$/);
      looks++;
    }
    return looks;
  };
  const [, looks] = await Promise.all([write(), read()]);
  await untilCaughtUp(writer, reader);
  t.is(await reader.text('LLEN', 'list'), ':500');
  t.is(await reader.text('DEBUG', 'DIGEST'), await writer.text('DEBUG', 'DIGEST'));
  t.log(`${looks} looks`);
});
