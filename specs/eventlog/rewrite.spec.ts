/**
 * Rewriting the log while commands go on: base and segments together are always the server; and what a failure leaves.
 */
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { EMPTY, of } from 'rxjs';
import type { Config } from '../../src/config/config.ts';
import { LogFolder } from '../../src/eventlog/files.ts';
import { type LogFiles, systemFiles } from '../../src/eventlog/log-files.ts';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import type { FakePeer } from '../net/fake-peer.ts';
import { collectionCommand, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { anyCommand, program } from '../support/arbitrary-commands.ts';
import { encodeCommand } from '../support/reply.ts';
import { makeTempDir, removeDir, type Teardown } from '../support/temp.ts';
import { LoggedServer, logged } from './logged-server.ts';
import { loadFolder, messageOf } from './recorded-log.ts';

const MANIFEST = 'appendonly.aof.manifest';

/** Real files; bases are written at once, so that a spec says when what happens. */
const realFiles: LogFiles = {
  ...systemFiles,
  removeLater: (path, done) => {
    if (systemFiles.size(path) >= 0) systemFiles.remove(path);
    done();
  },
  sink: (path) => {
    const fd = systemFiles.create(path);
    let at = 0;
    return {
      write: (chunk) => {
        for (let from = 0; from < chunk.length; ) {
          const taken = systemFiles.write(fd, chunk, from, chunk.length, at);
          from += taken;
          at += taken;
        }
        return true;
      },
      drain$: EMPTY,
      finish$: of(undefined),
      abandon: () => systemFiles.remove(path),
    };
  },
};

const folderOf = (dir: string): LogFolder =>
  new LogFolder({ dir, folder: 'appendonlydir', file: 'appendonly.aof', files: systemFiles });

interface Story {
  readonly server: LoggedServer<LogFiles>;
  readonly peer: FakePeer;
  readonly dir: string;
}

const begin = async (t: Teardown | undefined, config: Partial<Config> = {}): Promise<Story> => {
  const dir = await makeTempDir(t);
  const server = new LoggedServer(realFiles, { dir, ...LOW_THRESHOLDS, ...config }).begin();
  return { server, peer: server.client(), dir };
};

/** More keys than one slice of a snapshot writes. */
const populate = ({ server, peer }: Story, keys: number): void => {
  for (let i = 0; i < keys; i++) peer.send(encodeCommand(['SET', `filler:${i}`, 'x'.repeat(i % 50)]));
  for (let i = 0; i < 300; i++) {
    peer.send(encodeCommand(['RPUSH', 'list', `element ${i}`]));
    peer.send(encodeCommand(['ZADD', 'zset', String(i), `member ${i}`]));
    peer.send(encodeCommand(['HSET', 'hash', `field ${i}`, 'v']));
    peer.send(encodeCommand(['SADD', 'set', `member ${i}`]));
  }
  server.turn();
};

const finish = ({ server }: Story): void => {
  for (let i = 0; i < 50 && server.eventLog.isRewriting; i++) server.advance(100);
  server.turn();
};

test('property: what the files say is the server, whenever and however often the log is rewritten', async (t) => {
  const story = fc.record({
    program: program({ commands: fc.oneof(anyCommand, collectionCommand), maxLength: 60, invalid: false }),
    rewrites: fc.uniqueArray(fc.nat(60), { maxLength: 3 }),
    toggles: fc.uniqueArray(fc.nat(60), { maxLength: 2 }),
    base: fc.constantFrom('rdb' as const, 'commands' as const),
    trail: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ program: { commands }, rewrites, toggles, base, trail }) => {
      const one = await begin(undefined, { 'aof-use-rdb-preamble': base === 'rdb', 'audit-trail': trail });
      const { server, peer, dir } = one;
      populate(one, 1000);
      for (const [i, { args }] of commands.entries()) {
        if (rewrites.includes(i)) peer.send(encodeCommand(['BGREWRITEAOF']));
        if (toggles.includes(i)) {
          peer.send(encodeCommand(['CONFIG', 'SET', 'appendonly', 'no']));
          peer.send(encodeCommand(['CONFIG', 'SET', 'appendonly', 'yes']));
        }
        peer.send(encodeCommand(args));
        server.step();
      }
      finish(one);
      t.true(E.isRight(server.eventLog.flush()));
      const loaded = await loadFolder(folderOf(dir), { ...LOW_THRESHOLDS });
      t.is(messageOf(loaded), '');
      t.is(loaded.digest, digestKeyspace(server.server.services.keyspace));
      server.end();
      server.eventLog.close();
      await removeDir(dir);
    }),
    { numRuns: process.env['FERROUS_LONG'] === '1' ? 300 : 25 },
  );
  t.pass();
});

test('commands go on between the slices, and the manifest switches when the base is complete', async (t) => {
  const one = await begin(t);
  const { server, peer, dir } = one;
  populate(one, 5000);
  t.is(server.run(peer, 'CONFIG', 'SET', 'auto-aof-rewrite-percentage', '0'), '+OK\r\n');
  peer.send(encodeCommand(['BGREWRITEAOF']));
  const folder = folderOf(dir);
  const text = (): string => folder.files.readText(folder.file(MANIFEST)) ?? '';
  let turns = 0;
  while (server.eventLog.isRewriting) {
    t.is(
      text(),
      'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n',
    );
    peer.send(encodeCommand(['SET', `filler:${turns * 7}`, 'changed']));
    server.step();
    turns++;
  }
  t.true(turns > 3, `${turns} turns`);
  t.is(text(), 'file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n');
  t.deepEqual(
    folder.files.list(folder.path).toSorted(),
    ['2.base.rdb', '2.incr.aof', 'history', 'manifest'].map((name) => `appendonly.aof.${name}`),
  );
  server.end();
});

const scheduled = '+Background append only file rewriting scheduled\r\n';
const started = '+Background append only file rewriting started\r\n';

test('BGREWRITEAOF answers as Redis does: started, already in progress, scheduled within a transaction', async (t) => {
  const one = await begin(t);
  const { server, peer } = one;
  populate(one, 3000);
  server.run(peer, 'MULTI');
  server.run(peer, 'BGREWRITEAOF');
  t.is(server.run(peer, 'EXEC'), `*1\r\n${scheduled}`);
  server.advance(200);
  finish(one);
  const before = peer.received.length;
  peer.send(encodeCommand(['BGREWRITEAOF']));
  peer.send(encodeCommand(['BGREWRITEAOF']));
  peer.send(encodeCommand(['BGSAVE']));
  peer.send(encodeCommand(['INFO', 'persistence']));
  peer.send(encodeCommand(['BGSAVE', 'SCHEDULE']));
  server.step();
  const replies = peer.received.slice(before);
  t.true(replies.startsWith(`${started}-ERR Background append only file rewriting already in progress\r\n`));
  t.regex(replies, /-ERR Another child process is active \(AOF\?\): can't BGSAVE right now\. Use BGSAVE SCHEDULE/);
  t.regex(replies, /rdb_bgsave_in_progress:0\r\n/);
  t.regex(replies, /aof_rewrite_in_progress:1\r\n/);
  t.regex(replies, /\+Background saving scheduled\r\n$/);
  finish(one);
  server.end();
});

test('with appendonly no BGREWRITEAOF makes a base and nothing else', async (t) => {
  const one = await begin(t, { appendonly: false });
  const { server, peer, dir } = one;
  server.run(peer, 'SET', 'k', 'v');
  t.is(server.run(peer, 'BGREWRITEAOF'), started);
  finish(one);
  const folder = folderOf(dir);
  t.is(folder.files.readText(folder.file(MANIFEST)), 'file appendonly.aof.1.base.rdb seq 1 type b\n');
  server.end();
});

test('the log is rewritten on our own account when it has grown enough', async (t) => {
  const one = await begin(t, { 'auto-aof-rewrite-min-size': 20_000 });
  const { server, peer } = one;
  for (let i = 0; i < 400; i++) server.run(peer, 'SET', 'k', 'x'.repeat(100));
  server.advance(200);
  finish(one);
  t.true(server.log.some((line) => /Starting automatic rewriting of AOF on \d+% growth/.test(line)));
  t.regex(server.run(peer, 'INFO', 'persistence'), /aof_rewrites:1\r\n/);
  server.end();
});

test('a rewrite for which there is no room leaves all as it was, and the next one comes to an end', (t) => {
  const server = logged();
  const peer = server.client();
  for (let i = 0; i < 100; i++) server.run(peer, 'SET', `k${i}`, 'v');
  server.files.room = 1500;
  t.is(server.run(peer, 'BGREWRITEAOF'), started);
  server.advance(300);
  const info = server.run(peer, 'INFO', 'persistence');
  t.regex(info, /aof_last_bgrewrite_status:err\r\n/);
  t.regex(info, /aof_rewrites_consecutive_failures:1\r\n/);
  t.is(
    server.files.text(MANIFEST),
    'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n',
  );
  server.files.room = Number.POSITIVE_INFINITY;
  t.is(server.run(peer, 'SET', 'more', 'v'), '+OK\r\n');
  t.is(server.run(peer, 'BGREWRITEAOF'), started);
  server.advance(300);
  t.is(
    server.files.text(MANIFEST),
    'file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.3.incr.aof seq 3 type i\n',
  );
  t.regex(server.run(peer, 'INFO', 'persistence'), /aof_last_bgrewrite_status:ok\r\n/);
  t.deepEqual(
    server.files.names().filter((name) => name.startsWith('temp-')),
    [],
  );
  server.end();
});

test('CONFIG SET appendonly yes is refused where no file can be made', (t) => {
  const server = logged({ appendonly: false });
  const peer = server.client();
  server.files.room = 0;
  t.is(
    server.run(peer, 'CONFIG', 'SET', 'appendonly', 'yes'),
    "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.\r\n",
  );
  t.regex(server.run(peer, 'INFO', 'persistence'), /aof_enabled:0\r\n/);
  t.is(server.run(peer, 'SET', 'k', 'v'), '+OK\r\n');
  server.end();
});

test('former generations are kept as long as retention says, and are listed in our own manifest', (t) => {
  const server = logged({ 'log-retention-time': 100 });
  const peer = server.client();
  for (const at of [0, 30, 60]) {
    server.run(peer, 'SET', 'k', String(at));
    server.run(peer, 'BGREWRITEAOF');
    server.advance(30_000);
  }
  t.is(
    server.files.text(MANIFEST),
    'file appendonly.aof.4.base.rdb seq 4 type b\nfile appendonly.aof.4.incr.aof seq 4 type i\n',
  );
  const kept = (): readonly string[] =>
    server.files
      .text('appendonly.aof.history')
      .split('\n')
      .flatMap((line) => line.split(' ').slice(1, 2));
  t.deepEqual(
    kept(),
    [1, 2, 3, 4].flatMap((n) => [`appendonly.aof.${n}.base.rdb`, `appendonly.aof.${n}.incr.aof`]),
  );
  t.deepEqual(
    kept().toSorted(),
    server.files.names().filter((name) => /base|incr/.test(name)),
  );
  server.advance(60_000);
  t.deepEqual(
    kept(),
    [3, 4].flatMap((n) => [`appendonly.aof.${n}.base.rdb`, `appendonly.aof.${n}.incr.aof`]),
  );
  t.deepEqual(
    kept().toSorted(),
    server.files.names().filter((name) => /base|incr/.test(name)),
  );
  server.end();
});

test('every file is closed when the log is turned off', (t) => {
  const server = logged();
  const peer = server.client();
  server.run(peer, 'SET', 'k', 'v');
  server.run(peer, 'BGREWRITEAOF');
  server.advance(300);
  t.is(server.files.openCount, 1);
  server.run(peer, 'CONFIG', 'SET', 'appendonly', 'no');
  t.is(server.files.openCount, 0);
  t.regex(server.files.text('appendonly.aof.2.incr.aof'), /\r\n#S:\d+ \d+ [\w-]{43}\r\n$/);
  server.end();
});
