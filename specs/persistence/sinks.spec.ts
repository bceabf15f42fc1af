/**
 * Where snapshots go: a peer that is slow, a replica without `capa eof`, a file on a disk that is full.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { lastValueFrom } from 'rxjs';
import { NO_PEER, type Peer } from '../../src/net/peer.ts';
import { FileSink, writeFileSync } from '../../src/persistence/rdb/file.ts';
import { eofMarkedSink, peerSink, sendFile } from '../../src/persistence/sinks.ts';
import type { SnapshotSink } from '../../src/persistence/snapshot.ts';
import { makeTempDir } from '../support/temp.ts';
import { contents, emptyKeyspace, load, noise, put, StillEnvironment, save, snapshotterOf } from './keyspaces.ts';

/** A peer that takes bytes only when `take` is called. */
class SlowPeer {
  readonly written: Buffer[] = [];
  readonly peer: Peer;
  mostPendingBytes = 0;
  pendingBytes = 0;

  constructor() {
    const self = this;
    this.peer = {
      ...NO_PEER,
      get pendingBytes() {
        return self.pendingBytes;
      },
      write: (bytes, start, end) => {
        self.written.push(Buffer.from(bytes.slice(start, end)));
        self.pendingBytes += end - start;
        self.mostPendingBytes = Math.max(self.mostPendingBytes, self.pendingBytes);
        return false;
      },
    };
  }

  take(): void {
    this.pendingBytes = 0;
    this.peer.onDrain();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.written);
  }
}

const large = () => {
  const keyspace = emptyKeyspace();
  for (let i = 0; i < 3000; i++) put(keyspace.databases[0]!, `k${i}`, noise(i, 1000));
  return keyspace;
};

test('a replica gets the mark, the snapshot and the mark again, at its own pace', (t) => {
  const keyspace = large();
  const environment = new StillEnvironment();
  const slow = new SlowPeer();
  const mark = 'm'.repeat(40);
  let isDone = false;
  snapshotterOf(keyspace, { environment })
    .start(eofMarkedSink(slow.peer, mark))
    .subscribe({
      complete: () => {
        isDone = true;
      },
    });
  while (!isDone) {
    if (!environment.endTurn()) slow.take();
  }
  const { bytes } = slow;
  t.is(bytes.subarray(0, 47).toString(), `$EOF:${mark}\r\n`);
  t.is(bytes.subarray(-40).toString(), mark);
  t.deepEqual(contents(load(bytes.subarray(47, -40)).keyspace), contents(keyspace));
  t.true(slow.mostPendingBytes < 1024 * 1024 + 2 * 65536, String(slow.mostPendingBytes));
});

test('an EOF mark of another length is a bug', (t) => {
  t.throws(() => eofMarkedSink(new SlowPeer().peer, 'short'));
});

test('a connection that breaks ends the snapshot', (t) => {
  const environment = new StillEnvironment();
  const sink = peerSink(new SlowPeer().peer);
  const snapshotter = snapshotterOf(large(), { environment });
  const seen: unknown[] = [];
  snapshotter.start(sink).subscribe({ error: (error) => seen.push(error) });
  environment.endTurn();
  sink.fail('broken');
  t.deepEqual(seen, ['broken']);
  t.false(snapshotter.isRunning);
});

test('a finished file is sent with its length first, at the pace of the peer', async (t) => {
  const path = join(await makeTempDir(t), 'x.rdb');
  const bytes = save(large());
  await writeFile(path, bytes);
  const slow = new SlowPeer();
  const taking = setInterval(() => slow.take(), 1);
  t.teardown(() => clearInterval(taking));
  t.is(await lastValueFrom(sendFile(slow.peer, path)), bytes.length);
  const head = `$${bytes.length}\r\n`;
  t.is(slow.bytes.subarray(0, head.length).toString(), head);
  t.deepEqual(new Uint8Array(slow.bytes.subarray(head.length)), bytes);
});

test('a file that is not there is an error, not an empty transfer', async (t) => {
  const slow = new SlowPeer();
  const path = join(await makeTempDir(t), 'missing.rdb');
  await t.throwsAsync(lastValueFrom(sendFile(slow.peer, path)), { code: 'ENOENT' });
  t.is(slow.written.length, 0);
});

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
