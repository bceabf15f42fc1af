/** The first story: two servers from the two files that come along, a failover and the way back. One story at a time: each is several processes. */
import test from 'ava';
import { ferrousProgram, startFerrous, startServer } from '../support/process-server.ts';
import { plain } from '../support/resp-client.ts';
import { eventually, info, untilCaughtUp, untilLinkUp } from '../support/wait.ts';
import { DATABASES, digest, fill, sameData, untilField, writing } from './stories.ts';

const PASSWORD = 'ferrous-demo';

test.serial(
  'master.conf and replica.conf make a pair: what was written before and during the sync is there',
  async (t) => {
    const master = await startServer([...ferrousProgram(), 'master.conf'], { password: PASSWORD }, t);
    const writer = await master.connect();
    await fill(writer);
    const busy = writing(await master.connect());
    const replica = await startServer(
      [...ferrousProgram(), 'replica.conf'],
      { password: PASSWORD, args: ['--replicaof', `127.0.0.1 ${master.port}`] },
      t,
    );
    const reader = await replica.connect();
    await untilLinkUp(reader);
    t.true((await busy.stop()) > 0);
    await sameData(t, writer, reader);

    for (let db = 0; db < DATABASES; db++) {
      await reader.send('SELECT', String(db));
      t.is(await reader.text('GET', 'plain:6'), '"short"');
      t.is(await reader.text('PEXPIRETIME', `volatile:3:${db}`), `:${4_102_444_803_000 + db}`);
    }
    t.is(await reader.text('SET', 'a', 'b'), "-READONLY You can't write against a read only replica.");
    const fields = await info(reader, 'replication');
    t.like(fields, { role: 'slave', master_host: '127.0.0.1', master_port: String(master.port) });
    t.like(await info(writer, 'replication'), { role: 'master', connected_slaves: '1' });
  },
);

test.serial('A replica is promoted with its data, goes its own way, and comes back', async (t) => {
  const master = await startFerrous(t);
  const writer = await master.connect();
  await fill(writer);
  const replica = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const reader = await replica.connect();
  await untilLinkUp(reader);

  t.is(await reader.text('REPLICAOF', 'NO', 'ONE'), '+OK');
  t.is((await info(reader, 'replication'))['role'], 'master');
  t.is(await digest(reader), await digest(writer));
  t.is(await reader.text('SET', 'mine', 'alone'), '+OK');
  t.is(await writer.text('SET', 'theirs', 'too'), '+OK');

  t.is(await reader.text('REPLICAOF', '127.0.0.1', String(master.port)), '+OK');
  await untilLinkUp(reader);
  await sameData(t, writer, reader);
  t.is(await reader.text('GET', 'mine'), '$-1');

  // The other way round: the old master follows the one that was promoted.
  await reader.send('REPLICAOF', 'NO', 'ONE');
  await writer.send('REPLICAOF', '127.0.0.1', String(replica.port));
  await untilLinkUp(writer);
  t.is(await reader.text('SET', 'after', 'failover'), '+OK');
  await sameData(t, reader, writer);
});

test.serial('A wrong password keeps the link down, and the log says why in one line', async (t) => {
  const master = await startFerrous(t, { password: 'right', args: ['--requirepass', 'right'] });
  const replica = await startFerrous(t, {
    args: ['--replicaof', `127.0.0.1 ${master.port}`, '--masterauth', 'wrong', '--loglevel', 'verbose'],
  });
  const reader = await replica.connect();
  const line = /# .*(AUTH|WRONGPASS)/;
  await replica.waitForLog(line);
  t.is((await info(reader, 'replication'))['master_link_status'], 'down');
  // The next attempts are details.
  await replica.waitForLog(/ - .*WRONGPASS/);
  t.is(
    replica
      .log()
      .split('\n')
      .filter((text) => line.test(text)).length,
    1,
    replica.log(),
  );

  t.is(await reader.text('CONFIG', 'SET', 'masterauth', 'right'), '+OK');
  await untilLinkUp(reader);
});

test.serial('A replica keeps its data while the master is away, and goes on with it when it is back', async (t) => {
  const master = await startFerrous(t, { args: ['--save', '3600 1'] });
  const writer = await master.connect();
  await fill(writer);
  t.is(await writer.text('SAVE'), '+OK');
  const replica = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const reader = await replica.connect();
  await untilLinkUp(reader);
  await untilCaughtUp(writer, reader);
  const before = await digest(reader);

  await master.kill();
  await untilField(reader, 'replication', 'master_link_status', 'down');
  t.is(await digest(reader), before);
  t.is(await reader.text('GET', 'plain:6'), '"short"');

  const again = await startFerrous(t, { port: master.port, dir: master.dir });
  await untilLinkUp(reader);
  const newWriter = await again.connect();
  t.is(await newWriter.text('SET', 'more', '1'), '+OK');
  await sameData(t, newWriter, reader);
});

test.serial('A key expires on the master, and the replica follows', async (t) => {
  const master = await startFerrous(t);
  const replica = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const writer = await master.connect();
  const reader = await replica.connect();
  await untilLinkUp(reader);
  await writer.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  await writer.send('SET', 'k', 'v', 'PX', '1');
  await untilCaughtUp(writer, reader);
  // Its time is over: the replica hides it, and keeps it until the master says DEL.
  await eventually(
    () => reader.text('GET', 'k'),
    (reply) => reply === '$-1',
  );
  t.is(await reader.text('DBSIZE'), ':1');
  t.is(await writer.text('GET', 'k'), '$-1');
  await untilCaughtUp(writer, reader);
  t.is(await reader.text('DBSIZE'), ':0');
});

test.serial('WAIT answers when the replica has the write', async (t) => {
  const master = await startFerrous(t);
  const replica = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const writer = await master.connect();
  const reader = await replica.connect();
  await untilLinkUp(reader);
  await writer.send('SET', 'k', 'v');
  t.is(await writer.text('WAIT', '1', '0'), ':1');
  t.is(plain(await reader.send('GET', 'k')), 'v');
});
