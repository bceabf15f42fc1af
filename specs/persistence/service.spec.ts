/**
 * Saving and loading as the server does it: files, save points, replies, log lines, what INFO says.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as E from 'fp-ts/Either';
import { firstValueFrom, from, lastValueFrom, Subject, type Subscription } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import { ConfigStore } from '../../src/config/store.ts';
import { WriteStream } from '../../src/events/write-stream.ts';
import { ExpiryMode, type Keyspace } from '../../src/keyspace/keyspace.ts';
import { Logger } from '../../src/log.ts';
import type { Chunk } from '../../src/net/peer.ts';
import { Persistence } from '../../src/persistence/service.ts';
import { makeTempDir } from '../support/temp.ts';
import { contents, emptyKeyspace, load, NOW_MS, noise, put, StillEnvironment, save } from './keyspaces.ts';

/** The clock stands still, the event loop is real: files are written by the system. */
class Environment extends StillEnvironment {
  override readonly atTurnEnd = (run: () => void): void => void setImmediate(run);
}

class Bench {
  readonly keyspace: Keyspace = emptyKeyspace();
  readonly environment = new Environment();
  readonly writes = new WriteStream();
  readonly lines: string[] = [];
  readonly config: ConfigStore;
  readonly persistence: Persistence;
  readonly dir: string;
  readonly said = new Subject<string>();
  private cron: Subscription | undefined;

  constructor(dir: string, config: Partial<Config> = {}) {
    this.dir = dir;
    this.config = new ConfigStore({ ...defaults, dir, save: [], ...config });
    const log = new Logger(
      (line) => {
        const text = line.replace(/^\S+ .{24} /, '').trimEnd();
        this.lines.push(text);
        this.said.next(text);
      },
      () => NOW_MS,
    );
    this.persistence = new Persistence({ ...this, config: this.config, log });
  }

  get path(): string {
    return join(this.dir, 'dump.rdb');
  }

  /** Waits for a line of the log. */
  async says(part: string): Promise<void> {
    if (this.lines.some((line) => line.includes(part))) return;
    await new Promise<void>((resolve) => {
      const subscription = this.said.subscribe((line) => {
        if (!line.includes(part)) return;
        subscription.unsubscribe();
        resolve();
      });
    });
  }

  /** Winds the clock, with the cron running. */
  advance(ms: number): void {
    const { scheduler } = this.environment;
    this.cron ??= this.persistence.run$.subscribe();
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  }

  stop(): void {
    this.cron?.unsubscribe();
    this.persistence.abortBackgroundSave();
  }

  field(name: string): string | number | undefined {
    return this.persistence.info().find(([field]) => field === name)?.[1];
  }

  set(key: string, value: string): void {
    put(this.keyspace.databases[0]!, key, value);
    this.writes.changes++;
  }
}

const bench = async (t: ExecutionContext, config: Partial<Config> = {}): Promise<Bench> => {
  const made = new Bench(await makeTempDir(t), config);
  t.teardown(() => made.stop());
  return made;
};

const fileOf = async (path: string) => contents(load(new Uint8Array(await readFile(path))).keyspace);

test('SAVE writes the file, and makes the folder where it is missing', async (t) => {
  const dir = join(await makeTempDir(t), 'a', 'b');
  const b = new Bench(dir);
  b.set('k', 'v');
  t.is(b.field('rdb_changes_since_last_save'), 1);
  t.deepEqual(b.persistence.saveSync(), E.right(undefined));
  t.deepEqual(await readdir(dir), ['dump.rdb']);
  t.deepEqual([...(await fileOf(b.path))], [['0 k', 'v -1']]);
  t.is(b.field('rdb_changes_since_last_save'), 0);
  t.is(b.field('rdb_saves'), 1);
  t.deepEqual(b.lines, ['* DB saved on disk']);
});

test('a SAVE that fails leaves the old file and no other, and says why in the log', async (t) => {
  const b = await bench(t);
  await mkdir(b.path); // a folder where the file should go
  b.set('k', 'v');
  t.deepEqual(b.persistence.saveSync(), E.left('ERR'));
  t.deepEqual(await readdir(b.dir), ['dump.rdb']);
  t.regex(b.lines[0] ?? '', /^# Write error while saving DB to the disk \(rename .*EISDIR/);
  t.is(b.field('rdb_changes_since_last_save'), 1);
});

test('BGSAVE writes the keyspace of its moment; changes made meanwhile are still to be saved', async (t) => {
  const b = await bench(t);
  for (let i = 0; i < 3000; i++) b.set(`k${i}`, noise(i, 100));
  const expected = contents(b.keyspace);
  t.deepEqual(b.persistence.backgroundSave(), E.right('Background saving started'));
  t.is(b.field('rdb_bgsave_in_progress'), 1);
  t.is(b.field('current_save_keys_total'), 3000);
  t.deepEqual(b.persistence.backgroundSave(), E.left('ERR Background save already in progress'));
  t.deepEqual(b.persistence.backgroundSave({ schedule: true }), E.left('ERR Background save already in progress'));
  for (let i = 0; i < 7; i++) b.set(`k${i}`, 'new');
  await b.says('Background saving terminated with success');
  t.deepEqual(await fileOf(b.path), expected);
  t.deepEqual(await readdir(b.dir), ['dump.rdb']);
  t.is(b.field('rdb_changes_since_last_save'), 7);
  t.is(b.field('rdb_bgsave_in_progress'), 0);
  t.is(b.field('rdb_last_bgsave_time_sec'), 0);
  t.deepEqual(b.lines, [
    `* Background saving started by pid ${process.pid}`,
    '* DB saved on disk',
    '* Background saving terminated with success',
  ]);
});

test('within a transaction BGSAVE waits for its end', async (t) => {
  const b = await bench(t);
  t.deepEqual(b.persistence.backgroundSave({ inTransaction: true }), E.right('Background saving scheduled'));
  t.false(b.persistence.isSaving);
  b.advance(100);
  await b.says('terminated with success');
});

test('a background save that is given up leaves no file behind', async (t) => {
  const b = await bench(t);
  for (let i = 0; i < 3000; i++) b.set(`k${i}`, noise(i, 1000));
  b.persistence.backgroundSave();
  b.persistence.abortBackgroundSave();
  t.false(b.persistence.isSaving);
  t.deepEqual(b.persistence.saveSync(), E.right(undefined));
  t.deepEqual(await fileOf(b.path), contents(b.keyspace));
});

test('a failed background save refuses writes until one succeeds, and is tried again after five seconds', async (t) => {
  const b = await bench(t, { save: [{ seconds: 10, changes: 1 }] });
  const states: boolean[] = [];
  b.persistence.state$.subscribe(({ writesRefused }) => states.push(writesRefused));
  await mkdir(b.path);
  b.set('k', 'v');
  b.advance(11_500);
  await b.says('Background saving error');
  t.true(b.lines.includes('* 1 changes in 10 seconds. Saving...'));
  t.is(b.field('rdb_last_bgsave_status'), 'err');
  t.true(b.persistence.writesRefused);
  t.deepEqual(await readdir(b.dir), ['dump.rdb']);

  const before = b.lines.length;
  b.advance(4000);
  t.is(b.lines.length, before);
  b.config.assign({ dbfilename: 'other.rdb' });
  b.advance(3000);
  await b.says('Background saving terminated with success');
  t.is(b.field('rdb_last_bgsave_status'), 'ok');
  t.false(b.persistence.writesRefused);
  t.deepEqual(states, [false, true, false]);
});

test('writes are not refused when nobody asked for save points, or for being told', async (t) => {
  const b = await bench(t, { save: [{ seconds: 10, changes: 1 }] });
  await mkdir(b.path);
  b.set('k', 'v');
  b.persistence.backgroundSave();
  await b.says('Background saving error');
  t.true(b.persistence.writesRefused);
  b.config.assign({ 'stop-writes-on-bgsave-error': false });
  t.false(b.persistence.writesRefused);
  b.config.assign({ 'stop-writes-on-bgsave-error': true, save: [] });
  t.false(b.persistence.writesRefused);
});

test('a save point needs both its time and its changes', async (t) => {
  const b = await bench(t, { save: [{ seconds: 60, changes: 3 }] });
  b.set('a', '1');
  b.set('b', '2');
  b.advance(120_000);
  t.deepEqual(b.lines, []);
  b.set('c', '3');
  b.advance(100);
  await b.says('terminated with success');
  t.is(b.lines[0], '* 3 changes in 60 seconds. Saving...');
  b.set('d', '4');
  b.set('e', '5');
  b.set('f', '6');
  const { length } = b.lines;
  b.advance(59_000);
  t.is(b.lines.length, length);
});

test('at start the file is loaded, expired keys are dropped, and the log tells', async (t) => {
  const b = await bench(t);
  const source = emptyKeyspace(0);
  put(source.databases[0]!, 'k', 'v');
  put(source.databases[1]!, 'over', 'v', NOW_MS - 1);
  await writeFile(b.path, save(source, {}, { replId: 'e'.repeat(40), replOffset: 99, replStreamDb: 3 }));
  const loaded = await b.persistence.load()();
  t.deepEqual(
    loaded,
    E.right({
      keysLoaded: 1,
      keysExpired: 1,
      origin: { replId: 'e'.repeat(40), replOffset: 99, replStreamDb: 3 },
    }),
  );
  t.deepEqual([...contents(b.keyspace)], [['0 k', 'v -1']]);
  t.is(b.field('rdb_last_load_keys_loaded'), 1);
  t.is(b.field('rdb_last_load_keys_expired'), 1);
  t.regex(b.lines[0] ?? '', /^\* Loading RDB produced by version 7\.2\.\d+$/);
  t.is(b.lines[1], '* RDB age 0 seconds');
  t.regex(b.lines[2] ?? '', /^\* RDB memory usage when created \d+\.\d\d Mb$/);
  t.is(b.lines[3], '* Done loading RDB, keys loaded: 1, keys expired: 1.');
  t.is(b.lines[4], '* DB loaded from disk: 0.000 seconds');
});

test('a replica keeps the keys whose time is over when it loads', async (t) => {
  const b = await bench(t);
  const source = emptyKeyspace(0);
  put(source.databases[1]!, 'over', 'v', NOW_MS - 1);
  await writeFile(b.path, save(source));
  b.keyspace.expiryMode = ExpiryMode.Hide;
  await b.persistence.load()();
  t.is(contents(b.keyspace).size, 1);
});

test('at start the files go that background saves of killed processes have left, and no others', async (t) => {
  const bench = new Bench(await makeTempDir(t));
  const none = 2 ** 22 + 1; // above the largest pid there is
  const kept = [`temp-${process.pid}-1.rdb`, `temp-${none}.rdb`, `temp-${none}-1.rdb.old`];
  for (const name of [...kept, `temp-${none}-1.rdb`, `temp-${none}-27.rdb`])
    await writeFile(join(bench.dir, name), 'x');
  t.true(E.isRight(await bench.persistence.load()()));
  t.deepEqual((await readdir(bench.dir)).sort(), kept.sort());
});

test('without a file the server starts empty', async (t) => {
  const b = await bench(t);
  t.true(E.isRight(await b.persistence.load()()));
  t.deepEqual(b.lines, []);
  t.false(b.persistence.isLoading);
});

test('while a file is loaded INFO and the gate know it', async (t) => {
  const b = await bench(t);
  const source = emptyKeyspace();
  for (let i = 0; i < 400; i++) put(source.databases[0]!, `k${i}`, noise(i, 1000));
  await writeFile(b.path, save(source));
  const states: boolean[] = [];
  b.persistence.state$.subscribe(({ loading }) => {
    states.push(loading);
    if (loading) t.is(b.field('loading'), 1);
  });
  b.said.subscribe((line) => {
    if (line.includes('Loading RDB produced')) t.true(Number(b.field('loading_total_bytes')) > 400_000);
  });
  const loaded = b.persistence.load()();
  // The file is not even open: nobody may take the empty keyspace for the data.
  t.true(b.persistence.isLoading);
  await loaded;
  t.deepEqual(states, [false, true, false]);
  t.is(contents(b.keyspace).size, 400);
});

test('a damaged file is refused with its path, its offset and the reason, and stays as it is', async (t) => {
  const b = await bench(t);
  const bytes = save(emptyKeyspace());
  bytes[bytes.length - 1] ^= 1;
  await writeFile(b.path, bytes);
  const loaded = await b.persistence.load()();
  if (E.isRight(loaded)) return t.fail();
  t.true(loaded.left.message.startsWith(`Bad RDB file ${b.path}: wrong RDB checksum`));
  t.true(loaded.left.message.endsWith(`at offset ${bytes.length - 8}. The file was left as it is.`));
  t.deepEqual(new Uint8Array(await readFile(b.path)), bytes);
});

test('DEBUG RELOAD saves and loads; without saving it goes back to the file', async (t) => {
  const b = await bench(t);
  b.set('k', 'v');
  const reload = (options = {}) => b.persistence.reload({ noSave: false, noFlush: false, merge: false, ...options });
  t.deepEqual(reload(), E.right(undefined));
  b.set('k', 'w');
  b.set('more', 'x');
  t.deepEqual(reload({ noSave: true }), E.right(undefined));
  t.deepEqual([...contents(b.keyspace)], [['0 k', 'v -1']]);
  b.set('k', 'w');
  b.set('more', 'x');
  t.deepEqual(
    reload({ noSave: true, noFlush: true }),
    E.left('ERR Error trying to load the RDB dump, check server logs.'),
  );
  t.deepEqual(reload({ noSave: true, noFlush: true, merge: true }), E.right(undefined));
  t.deepEqual(
    [...contents(b.keyspace)],
    [
      ['0 k', 'v -1'],
      ['0 more', 'x -1'],
    ],
  );
});

const chunksOf = (bytes: Uint8Array, size: number): Chunk[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => {
    const chunk = bytes.slice(i * size, (i + 1) * size);
    return { bytes: chunk, length: chunk.length };
  });

test("a master's snapshot takes the place of what was there", async (t) => {
  const b = await bench(t);
  b.set('old', 'x');
  const source = emptyKeyspace(0);
  put(source.databases[2]!, 'k', 'v');
  put(source.databases[2]!, 'over', 'v', NOW_MS - 1);
  const bytes = save(source, {}, { replId: 'd'.repeat(40), replOffset: 5, replStreamDb: 2 });
  const loaded = await lastValueFrom(b.persistence.loadStream(from(chunksOf(bytes, 7))));
  t.is(loaded.replStreamDb, 2);
  t.deepEqual(contents(b.keyspace), contents(source));
  t.false(b.persistence.isLoading);
});

test('a broken snapshot of a master fails and leaves nothing', async (t) => {
  const b = await bench(t);
  const source = emptyKeyspace();
  put(source.databases[2]!, 'k', 'v');
  const bytes = save(source);
  const cut = b.persistence.loadStream(from(chunksOf(bytes.subarray(0, bytes.length - 1), 7)));
  await t.throwsAsync(firstValueFrom(cut), { message: /truncated/ });
  bytes[20] ^= 1;
  await t.throwsAsync(firstValueFrom(b.persistence.loadStream(from(chunksOf(bytes, 7)))));
  t.is(contents(b.keyspace).size, 0);
  t.false(b.persistence.isLoading);
});

test('giving up a load in the middle leaves an empty keyspace', async (t) => {
  const b = await bench(t);
  const source = emptyKeyspace();
  for (let i = 0; i < 100; i++) put(source.databases[0]!, `k${i}`, 'v');
  const chunks$ = new Subject<Chunk>();
  const subscription = b.persistence.loadStream(chunks$).subscribe();
  for (const chunk of chunksOf(save(source), 100).slice(0, 5)) chunks$.next(chunk);
  t.true(contents(b.keyspace).size > 0);
  t.true(b.persistence.isLoading);
  subscription.unsubscribe();
  t.is(contents(b.keyspace).size, 0);
  t.false(b.persistence.isLoading);
});
