/**
 * Starting again: where the log goes on after stops and crashes, and that its chain of hashes stays whole.
 */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as E from 'fp-ts/Either';
import { LogFolder, type Manifest, NO_FILES, systemFiles } from '../../src/eventlog/files.ts';
import { verify } from '../../src/eventlog/verify.ts';
import { ferrousProgram, type RunningServer, spawnServer, startFerrous } from '../support/process-server.ts';
import { makeTempDir } from '../support/temp.ts';
import { eventually, info } from '../support/wait.ts';

const args = ['--appendonly', 'yes', '--audit-trail', 'yes', '--auto-aof-rewrite-percentage', '0'];

const folderOf = (dir: string): LogFolder =>
  new LogFolder({ dir, folder: 'appendonlydir', file: 'appendonly.aof', files: systemFiles });

const manifestOf = (dir: string): Manifest => {
  const read = folderOf(dir).readManifest();
  return E.isRight(read) ? (read.right ?? NO_FILES) : NO_FILES;
};

const digestOf = async (server: RunningServer): Promise<string> => (await server.connect()).text('DEBUG', 'DIGEST');

const isWhole = async (t: ExecutionContext, dir: string): Promise<void> => {
  const verified = await verify(folderOf(dir).path);
  t.true(E.isRight(verified), JSON.stringify(verified));
};

const write = async (server: RunningServer, value: string): Promise<void> => {
  const client = await server.connect();
  for (let i = 0; i < 5; i++) await client.send('SET', `k${i}`, value);
};

test('starting and stopping without a write does not make the log longer', async (t) => {
  const dir = await makeTempDir(t);
  const first = await startFerrous(t, { dir, args: args.slice(0, 2) });
  await write(first, '1');
  await first.stop();
  for (let i = 0; i < 3; i++) {
    const server = await startFerrous(t, { dir, args: args.slice(0, 2) });
    t.is(manifestOf(dir).incrs.length, 2);
    await (i === 1 ? server.kill() : server.stop());
  }
  await isWhole(t, dir);
});

for (const [title, bytes] of [
  ['no byte', 0],
  ['half a head', 30],
] as const) {
  test(`a segment of which a crash has left ${title} leaves the log, and the chain goes on`, async (t) => {
    const dir = await makeTempDir(t);
    const first = await startFerrous(t, { dir, args });
    await write(first, '1');
    const whole = await digestOf(first);
    await first.kill();
    const second = await startFerrous(t, { dir, args });
    await second.kill();
    const last = manifestOf(dir).incrs.at(-1);
    truncateSync(join(dir, 'appendonlydir', last?.name ?? ''), bytes);
    const third = await startFerrous(t, { dir, args });
    t.is(await digestOf(third), whole);
    await write(third, '2');
    const changed = await digestOf(third);
    await third.stop();
    await isWhole(t, dir);
    const fourth = await startFerrous(t, { dir, args });
    t.is(await digestOf(fourth), changed);
  });
}

test('the chain is whole over rewrites, crashes and stops', async (t) => {
  const dir = await makeTempDir(t);
  let server = await startFerrous(t, { dir, args: [...args, '--log-retention-time', '1000000'] });
  for (const step of ['write', 'BGREWRITEAOF', 'write', 'kill', 'write', 'stop', 'write', 'BGREWRITEAOF', 'kill']) {
    if (step === 'write') await write(server, step);
    else if (step === 'BGREWRITEAOF') await (await server.connect()).send(step);
    else {
      await (step === 'kill' ? server.kill() : server.stop());
      server = await startFerrous(t, { dir, args: [...args, '--log-retention-time', '1000000'] });
    }
  }
  await server.stop();
  await isWhole(t, dir);
});

test('growth counts from the base after a start, or a server that is started often would never rewrite its log', async (t) => {
  const dir = await makeTempDir(t);
  const first = await startFerrous(t, { dir, args });
  await write(first, 'x'.repeat(1000));
  await first.stop();
  const second = await startFerrous(t, { dir, args });
  const { aof_base_size: baseBytes, aof_current_size: bytes } = await info(await second.connect(), 'persistence');
  t.is(Number(baseBytes), folderOf(dir).size(manifestOf(dir).base?.name ?? ''));
  t.true(Number(bytes) > Number(baseBytes) + 5000);
});

test('a bit that was flipped in the open segment is found, with no audit trail and no seal', async (t) => {
  const dir = await makeTempDir(t);
  const plain = args.slice(0, 2);
  const first = await startFerrous(t, { dir, args: plain });
  await write(first, 'value');
  const whole = await digestOf(first);
  await first.stop();
  const path = folderOf(dir).file(manifestOf(dir).incrs.at(-1)?.name ?? '');
  const bytes = readFileSync(path);
  t.regex(bytes.toString('latin1'), /#W:\d+ -\d+ .{43}\r\n$/);
  const flipped = Buffer.from(bytes);
  flipped[bytes.lastIndexOf('value')] ^= 1;
  writeFileSync(path, flipped);
  const refused = await spawnServer(ferrousProgram(), { dir, args: plain }, t);
  t.is((await refused.exited).code, 1);
  t.regex(refused.log(), /incr\.aof: the record that ends at \d+ does not have the hash .+, at offset 0/);
  t.deepEqual(readFileSync(path), flipped);
  writeFileSync(path, bytes);
  // What ends with such a line is whole: nothing of it is cut.
  const second = await startFerrous(t, { dir, args: plain });
  t.is(await digestOf(second), whole);
  t.true(readFileSync(path).subarray(0, bytes.length).equals(bytes));
  await second.stop();
  await isWhole(t, dir);
});

test('what can be restored begins when its segment does, not later', async (t) => {
  const dir = await makeTempDir(t);
  const server = await startFerrous(t, { dir, args });
  const bases = (): readonly number[][] => {
    const history = folderOf(dir).readHistory();
    const entries = E.isRight(history) ? history.right : [];
    return entries.flatMap(({ kind, from, fromUs }) => {
      if (kind !== 'base') return [];
      const segment = entries.find((entry) => entry.kind === 'segment' && entry.from === from);
      return [[fromUs, segment?.fromUs ?? 0]];
    });
  };
  const isSame = (): boolean => bases().length > 0 && bases().every(([base, segment]) => base === segment);
  t.true(isSame(), JSON.stringify(bases()));
  await write(server, '1');
  const client = await server.connect();
  const before = JSON.stringify(bases());
  await client.send('BGREWRITEAOF');
  await eventually(
    async () => JSON.stringify(bases()),
    (now) => now !== before,
  );
  t.true(isSame(), JSON.stringify(bases()));
});
