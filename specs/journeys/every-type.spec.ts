/** Every type in every encoding through restarts, crashes and failovers. One story at a time: each is several processes. */
import test from 'ava';
import { startFerrous } from '../support/process-server.ts';
import { eventually, info, untilLinkUp } from '../support/wait.ts';
import { changing, EVERY_TYPE, EXPIRES_AT_MS, encodings, fillEveryType, SECOND_DB } from './every-type.ts';
import { digest, sameData } from './stories.ts';

const ENCODINGS = EVERY_TYPE.map(([, encoding]) => encoding);
const SAVING = { args: ['--save', '3600 1'] };

test.serial('every type is there after a restart, in its encoding and with its TTL', async (t) => {
  const first = await startFerrous(t, SAVING);
  const before = await first.connect();
  await fillEveryType(before);
  t.deepEqual(await encodings(before), ENCODINGS);
  const expected = await digest(before);
  t.is(await before.text('DEBUG', 'RELOAD'), '+OK');
  t.is(await digest(before), expected);
  t.deepEqual(await encodings(before), ENCODINGS);
  await first.stop();

  const second = await startFerrous(t, { ...SAVING, port: first.port, dir: first.dir });
  const after = await second.connect();
  t.is(await digest(after), expected);
  t.deepEqual(await encodings(after), ENCODINGS);
  t.is(await after.text('SELECT', SECOND_DB), '+OK');
  t.is(await after.text('PEXPIRETIME', 'zset large'), `:${EXPIRES_AT_MS}`);
  t.is(await after.text('ZRANK', 'zset large', 'member 321'), ':321');
  t.is(await after.text('LINDEX', 'list large', '-2'), '"element 2999"');
});

test.serial('a crash goes back to the last BGSAVE, which all types were changed during', async (t) => {
  const first = await startFerrous(t);
  const writer = await first.connect();
  await fillEveryType(writer);
  const busy = changing(await first.connect(), 1);
  t.is(await writer.text('BGSAVE'), '+Background saving started');
  const saved = () =>
    eventually(
      () => info(writer, 'persistence'),
      (fields) => fields['rdb_bgsave_in_progress'] === '0',
    );
  t.is((await saved())['rdb_last_bgsave_status'], 'ok');
  await busy.stop();
  await writer.send('BGSAVE');
  await saved();
  const expected = await digest(writer);
  await writer.send('FLUSHALL');
  await first.kill();

  const second = await startFerrous(t, { port: first.port, dir: first.dir });
  t.is(await digest(await second.connect()), expected);
});

test.serial('a replica of all types is promoted, serves a waiting worker, and is followed in its turn', async (t) => {
  const one = await startFerrous(t);
  const onOne = await one.connect();
  await fillEveryType(onOne);
  const busy = changing(await one.connect(), 2);
  const two = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${one.port}`] });
  const onTwo = await two.connect();
  await untilLinkUp(onTwo);
  await busy.stop();
  await sameData(t, onOne, onTwo);
  const worker = await two.connect();
  t.regex(await worker.text('BLPOP', 'jobs', '0'), /^-READONLY/);

  await one.kill();
  t.is(await onTwo.text('REPLICAOF', 'NO', 'ONE'), '+OK');
  const job = worker.text('BLMOVE', 'jobs', 'taken', 'LEFT', 'LEFT', '0');
  await eventually(
    () => info(onTwo, 'clients'),
    (fields) => fields['blocked_clients'] === '1',
  );
  const three = await startFerrous(t, { args: ['--replicaof', `127.0.0.1 ${two.port}`] });
  const onThree = await three.connect();
  await untilLinkUp(onThree);
  const busyAgain = changing(await two.connect(), 3);
  await onTwo.send('RPUSH', 'jobs', 'first', 'second');
  t.is(await job, '"first"');
  t.true((await busyAgain.stop()) > 0);
  await sameData(t, onTwo, onThree);
  t.is(await onThree.text('LRANGE', 'taken', '0', '-1'), '["first"]');

  // Who waits on a master that becomes a replica is told.
  const waiting = worker.text('BZPOPMIN', 'nothing', '0');
  await eventually(
    () => info(onTwo, 'clients'),
    (fields) => fields['blocked_clients'] === '1',
  );
  await onThree.send('REPLICAOF', 'NO', 'ONE');
  await onTwo.send('REPLICAOF', '127.0.0.1', String(three.port));
  t.regex(await waiting, /^-UNBLOCKED force unblock from blocking operation, instance state changed/);
  await untilLinkUp(onTwo);
  await sameData(t, onThree, onTwo);
});
