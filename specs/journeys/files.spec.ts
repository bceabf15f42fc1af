/** dump.rdb between Ferrous and redis-server, and files that are damaged. One story at a time: each is several processes. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { findProgram } from '../support/find-redis.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { ferrousProgram, spawnServer, startFerrous, startRedis } from '../support/process-server.ts';
import { makeTempDir } from '../support/temp.ts';
import { contents, digest, fill, sameContents } from './stories.ts';

const run = promisify(execFile);

for (const [title, startFirst, startSecond] of [
  ['redis-server loads what Ferrous saved', startFerrous, startRedis],
  ['Ferrous loads what redis-server saved', startRedis, startFerrous],
] as const) {
  for (const save of ['SAVE', 'BGSAVE']) {
    oracleTest.serial(`${title} with ${save}`, async (t) => {
      const dir = await makeTempDir(t);
      const first = await startFirst(t, { dir });
      const writer = await first.connect();
      await fill(writer);
      const before = await digest(writer);
      const written = await contents(writer);
      t.regex(await writer.text(save), /^\+(OK|Background saving started)/);
      if (save === 'BGSAVE') await first.waitForLog('terminated with success');
      await first.kill();

      const check = await findProgram('redis-check-rdb');
      if (check !== undefined) t.regex((await run(check, [join(dir, 'dump.rdb')])).stdout, /RDB looks OK/);
      const second = await startSecond(t, { dir });
      const reader = await second.connect();
      sameContents(t, await contents(reader), written);
      t.is(await digest(reader), before);
    });
  }
}

test.serial('A damaged file is refused with place and reason, and left as it is', async (t) => {
  const dir = await makeTempDir(t);
  const first = await startFerrous(t, { dir });
  const writer = await first.connect();
  await fill(writer, 2);
  await writer.send('SAVE');
  await first.kill();
  const path = join(dir, 'dump.rdb');
  const sound = await readFile(path);

  const damages: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['cut', sound.subarray(0, sound.length - 100)],
    ['no RDB', Buffer.from('REDIX0011 and so on')],
    ['one bit', Buffer.from(sound.map((byte, i) => (i === sound.length - 20 ? byte ^ 1 : byte)))],
  ];
  for (const [what, bytes] of damages) {
    await writeFile(path, bytes);
    const server = await spawnServer(ferrousProgram(), { dir }, t);
    t.deepEqual(await server.exited, { code: 1, signal: null }, what);
    t.regex(server.log(), /# Bad RDB file .*dump\.rdb: .*, at offset \d+/, what);
    t.regex(server.log(), /# Fatal error loading the DB, check server logs\. Exiting\./, what);
    t.notRegex(server.log(), /Ready to accept/, what);
    t.deepEqual(await readFile(path), bytes, what);
  }
});

test.serial('A file that cannot be read stops the start', async (t) => {
  const dir = await makeTempDir(t);
  await mkdir(join(dir, 'dump.rdb'));
  const server = await spawnServer(ferrousProgram(), { dir }, t);
  t.deepEqual(await server.exited, { code: 1, signal: null });
  t.regex(server.log(), /# Cannot \w+ .*dump\.rdb/);
});
