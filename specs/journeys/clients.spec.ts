/** The client libraries that programs use: ioredis and node-redis. One story at a time: each is several processes. */
import test from 'ava';
import { Redis } from 'ioredis';
import { createClient, RESP_TYPES } from 'redis';
import { startFerrous } from '../support/process-server.ts';
import { eventually } from '../support/wait.ts';

const BINARY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

test.serial('ioredis: strings, buffers, pipelines, databases, expiry and scanning', async (t) => {
  const server = await startFerrous(t);
  const redis = new Redis(server.port, '127.0.0.1');
  t.teardown(() => redis.disconnect());

  t.is(await redis.set('k', 'v'), 'OK');
  t.is(await redis.get('k'), 'v');
  t.is(await redis.get('none'), null);
  await redis.set('binary', BINARY);
  t.deepEqual(await redis.getBuffer('binary'), BINARY);
  t.is(await redis.set('k', 'w', 'EX', 100, 'NX'), null);
  t.is(await redis.set('k', 'w', 'EX', 100, 'GET'), 'v');
  const ttl = await redis.ttl('k');
  t.true(ttl > 90 && ttl <= 100);
  t.deepEqual(await redis.mget('k', 'none'), ['w', null]);
  t.is(await redis.incrbyfloat('f', '0.1'), '0.1');

  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`key:${i}`, i);
  pipeline.incr('k').get('key:999');
  const results = await pipeline.exec();
  t.is(results?.length, 1002);
  t.regex(String(results?.at(-2)?.[0]), /ERR value is not an integer or out of range/);
  t.deepEqual(results?.at(-1), [null, '999']);

  const found = new Set<string>();
  for await (const batch of redis.scanStream({ match: 'key:*', count: 100 })) {
    for (const key of batch) found.add(String(key));
  }
  t.is(found.size, 1000);

  const second = new Redis(server.port, '127.0.0.1', { db: 7, connectionName: 'seventh' });
  t.teardown(() => second.disconnect());
  await second.set('only', 'here');
  t.is(await redis.get('only'), null);
  t.is(await second.dbsize(), 1);
  t.is(await second.client('GETNAME'), 'seventh');

  await redis.psetex('short', 1, 'x');
  await eventually(
    () => redis.exists('short'),
    (count) => count === 0,
  );
  await t.throwsAsync(redis.call('NOSUCH', 'x'), { message: /unknown command 'NOSUCH'/ });
  t.is(await redis.quit(), 'OK');
});

test.serial('ioredis: a password, and a connection that comes back after a restart', async (t) => {
  const options = { password: 'secret', args: ['--requirepass', 'secret', '--save', '3600 1'] };
  const server = await startFerrous(t, options);
  const redis = new Redis({
    port: server.port,
    password: 'secret',
    retryStrategy: () => 10,
    maxRetriesPerRequest: null,
  });
  redis.on('error', () => {}); // while the server is away
  t.teardown(() => redis.disconnect());
  await redis.set('k', 'v');
  await server.stop();
  const answer = redis.get('k'); // waits for the connection
  await startFerrous(t, { ...options, port: server.port, dir: server.dir });
  t.is(await answer, 'v');

  const stranger = new Redis({ port: server.port, password: 'wrong', retryStrategy: () => null });
  stranger.on('error', () => {});
  t.teardown(() => stranger.disconnect());
  await t.throwsAsync(stranger.get('k'));
});

for (const RESP of [2, 3] as const) {
  test.serial(`node-redis over RESP${RESP}: strings, buffers, batches, databases, expiry and scanning`, async (t) => {
    const server = await startFerrous(t, { password: 'secret', args: ['--requirepass', 'secret'] });
    const client = createClient({ url: `redis://:secret@127.0.0.1:${server.port}/3`, RESP, name: 'spec' });
    client.on('error', () => {});
    await client.connect();
    t.teardown(() => {
      if (client.isOpen) client.destroy();
    });

    t.is(await client.ping(), 'PONG');
    t.is(await client.set('k', 'v', { expiration: { type: 'EX', value: 100 } }), 'OK');
    t.is(await client.get('k'), 'v');
    t.is(await client.get('none'), null);
    t.is(await client.clientGetName(), 'spec');
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    await client.set('binary', BINARY);
    t.deepEqual(await bytes.get('binary'), BINARY);
    t.is(await client.incrBy('n', 5), 5);

    await Promise.all(Array.from({ length: 1000 }, (_, i) => client.set(`key:${i}`, String(i))));
    const found = new Set<string>();
    for await (const keys of client.scanIterator({ MATCH: 'key:*', COUNT: 100 })) {
      for (const key of keys) found.add(key);
    }
    t.is(found.size, 1000);
    t.true((await client.ttl('k')) > 90);
    t.is(await client.expireTime('binary'), -1);
    t.deepEqual(await client.mGet(['k', 'none']), ['v', null]);
    t.is((await client.configGet('maxclients'))['maxclients'], '10000');
    t.regex(await client.info('server'), /redis_version:7\.2\./);
    await t.throwsAsync(client.sendCommand(['NOSUCH']), { message: /unknown command/ });

    await client.select(0);
    t.is(await client.dbSize(), 0);
    t.is(await client.flushAll(), 'OK');
    await client.close();
  });
}

test.serial('node-redis: a connection that comes back after a restart', async (t) => {
  const server = await startFerrous(t, { args: ['--save', '3600 1'] });
  const client = createClient({ socket: { port: server.port, reconnectStrategy: () => 10 } });
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.destroy());
  await client.set('k', 'v');
  await server.stop();
  const answer = eventually(
    () => client.get('k').catch(() => null),
    (value) => value === 'v',
  );
  await startFerrous(t, { args: ['--save', '3600 1'], port: server.port, dir: server.dir });
  t.is(await answer, 'v');
});
