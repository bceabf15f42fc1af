/**
 * The link to the master is a client like others: it can be seen, and killed, and comes back.
 */
import test from 'ava';
import { startFerrous } from '../support/process-server.ts';
import { plain } from '../support/resp-client.ts';
import { eventually, untilCaughtUp, untilLinkUp } from '../support/wait.ts';

test('a replica shows its link to the master, and makes a new one when a client kills it', async (t) => {
  const master = await startFerrous(t);
  const replica = await startFerrous(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] });
  const [up, down] = [await master.connect(), await replica.connect()];
  const linkId = async (): Promise<string | undefined> =>
    /^id=(\d+) addr=[^ ]+ .* flags=M /.exec(String(plain(await down.send('CLIENT', 'LIST', 'TYPE', 'master'))))?.[1];

  await untilLinkUp(down);
  const first = await linkId();
  t.truthy(first);
  t.is(await down.text('CLIENT', 'KILL', 'TYPE', 'master'), ':1');
  await eventually(linkId, (id) => id !== undefined && id !== first);
  await untilLinkUp(down);
  await up.send('SET', 'a', '1');
  await untilCaughtUp(up, down);
  t.is(await down.text('GET', 'a'), '"1"');

  t.regex(await up.text('CLIENT', 'LIST', 'TYPE', 'replica'), / flags=S /);
  t.is(await up.text('CLIENT', 'KILL', 'TYPE', 'replica'), ':1');
  await eventually(
    () => up.text('CLIENT', 'LIST', 'TYPE', 'slave'),
    (list) => list !== '""',
  );
});
