import test from 'ava';
import { oracleTest } from './oracle-test.ts';
import { startRedis } from './process-server.ts';
import { plain } from './resp-client.ts';
import { eventually, info, untilCaughtUp, untilLinkUp } from './wait.ts';

test('an answer that stays wrong is shown', async (t) => {
  await t.throwsAsync(
    eventually(
      async () => ({ up: false }),
      ({ up }) => up,
      0,
    ),
    { message: /up: false/ },
  );
});

oracleTest('a replica of redis-server is waited for until it has every write', async (t) => {
  const master = await startRedis(t, { args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await startRedis(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const writer = await master.connect();
  const reader = await replica.connect();
  t.is((await untilLinkUp(reader))['role'], 'slave');
  await writer.pipeline(Array.from({ length: 1000 }, (_, i) => ['SET', `k${i}`, i]));
  await untilCaughtUp(writer, reader);
  t.is(plain(await reader.send('GET', 'k999')), '999');
  t.is((await info(reader, 'keyspace'))['db0'], 'keys=1000,expires=0,avg_ttl=0');
});
