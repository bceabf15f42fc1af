/**
 * The audit trail of a real process: its files, as they are on disk.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { describeFlaw, verify } from '../../src/eventlog/verify.ts';
import { startFerrous } from '../support/process-server.ts';
import { makeTempDir } from '../support/temp.ts';

const SECRETS = ['s3cret-one', 's3cret-two', 's3cret-three', 's3cret-four'];

test('a session full of secrets leaves none in any file, and a chain that holds', async (t) => {
  const [one = '', two = '', three = '', four = ''] = SECRETS;
  const dir = await makeTempDir(t);
  const log = ['--appendonly', 'yes', '--audit-trail', 'yes', '--log-retention-time', '10000'];
  const events = ['--audit-trail-events', 'write admin auth read replica', '--aof-timestamp-enabled', 'yes'];
  const server = await startFerrous(t, {
    dir,
    args: [...log, ...events, '--save', '', '--requirepass', one],
    password: one,
  });
  const ann = await server.connect();
  const bob = await server.connect();
  const lines: readonly (readonly string[])[] = [
    ['SET', 'k', 'v', 'EX', '1000'],
    ['AUTH', 'default', 'wrong'],
    ['CONFIG', 'SET', 'requirepass', two, 'masterauth', three],
    ['AUTH', two],
    ['HELLO', '3', 'AUTH', 'default', two, 'SETNAME', 'ann'],
    ['CONFIG', 'SET', 'requirepas', four],
    ['MIGRATE', 'h', '1', 'k', '0', '5', 'AUTH', four],
    ['MULTI'],
    ['INCRBYFLOAT', 'n', '1.5'],
    ['RPUSH', 'l', 'a', 'b'],
    ['EXEC'],
    ['BGREWRITEAOF'],
    ['FLUSHALL'],
    ['SET', 'after', '1'],
  ];
  for (const line of lines) {
    await ann.send(...line);
    await bob.send('INCR', 'counter');
  }
  await server.stop();
  const folder = join(dir, 'appendonlydir');
  const verified = await verify(folder);
  if (E.isLeft(verified)) {
    t.fail(describeFlaw(verified.left));
    return;
  }
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')));
  const all = texts.join('\n');
  t.deepEqual(
    SECRETS.filter((secret) => all.includes(secret)),
    [],
  );
  t.regex(all, /#X:\d+ \d+ auth \S+ AUTH default \(redacted\) \(failed:WRONGPASS\)/);
  t.regex(all, /#X:\d+ \d+ admin \S+ CONFIG SET requirepass \(redacted\) masterauth \(redacted\) \(ok\)/);
  t.regex(all, /#A:SET k v EX 1000/);
});
