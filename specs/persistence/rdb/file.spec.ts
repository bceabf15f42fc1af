/**
 * Files on their way to the disk: complete or not there, and what happens when the disk is full.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { FileSink, writeFileSync } from '../../../src/persistence/rdb/file.ts';
import type { SnapshotSink } from '../../../src/persistence/snapshot.ts';
import { makeTempDir } from '../../support/temp.ts';
import { contents, emptyKeyspace, load, noise, put, StillEnvironment, snapshotterOf } from '../keyspaces.ts';

const large = () => {
  const keyspace = emptyKeyspace();
  for (let i = 0; i < 3000; i++) put(keyspace.databases[0]!, `k${i}`, noise(i, 1000));
  return keyspace;
};

const settled = (sink: SnapshotSink, path: string): Promise<unknown> =>
  new Promise((resolve) => {
    const environment = new StillEnvironment();
    let isOver = false;
    const end = (what: unknown): void => {
      isOver = true;
      resolve(what);
    };
    snapshotterOf(large(), { environment })
      .start(sink)
      .subscribe({ error: end, complete: () => end(`wrote ${path}`) });
    const turn = (): void => {
      environment.endTurn();
      if (!isOver) setImmediate(turn);
    };
    turn();
  });

test('a file sink writes everything, and its file is complete when the snapshot is', async (t) => {
  const path = join(await makeTempDir(t), 'a', 'new', 'folder', 'x.rdb');
  t.is(await settled(new FileSink(path, true), path), `wrote ${path}`);
  t.deepEqual(contents(load(new Uint8Array(await readFile(path))).keyspace), contents(large()));
});

const hasFullDevice = existsSync('/dev/full');

test('a full disk ends the snapshot with the reason', async (t) => {
  if (!hasFullDevice) {
    t.log('skipped: no /dev/full');
    t.pass();
    return;
  }
  const error = await settled(new FileSink('/dev/full', false), '/dev/full');
  t.like(error, { _tag: 'FileError', operation: 'write', code: 'ENOSPC', path: '/dev/full' });
});

test('a file sink that is given up removes its file, whatever it was doing', async (t) => {
  const dir = await makeTempDir(t);
  const sink = new FileSink(join(dir, 'x.rdb'), true);
  for (let i = 0; i < 100; i++) sink.write(new Uint8Array(65536));
  await new Promise((resolve) => setImmediate(resolve));
  sink.abandon();
  for (let turn = 0; turn < 1000 && (await readdir(dir)).length > 0; turn++) await new Promise((r) => setImmediate(r));
  t.deepEqual(await readdir(dir), []);
});

test('a file written at once replaces the old one only when it is complete', async (t) => {
  const dir = await makeTempDir(t);
  const [temporary, target] = [join(dir, 'temp.rdb'), join(dir, 'dump.rdb')];
  await writeFile(target, 'old');
  t.throws(
    () =>
      writeFileSync(temporary, target, (write) => {
        write(Buffer.from('half'));
        throw new TypeError('a bug');
      }),
    { instanceOf: TypeError },
  );
  t.is(await readFile(target, 'utf8'), 'old');
  t.deepEqual(
    writeFileSync(temporary, target, (write) => write(Buffer.from('new'))),
    E.right(undefined),
  );
  t.is(await readFile(target, 'utf8'), 'new');
});
