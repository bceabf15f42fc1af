/**
 * Group commit: no reply leaves before what it acknowledges has been written, or flushed; and what happens when it cannot.
 */
import test from 'ava';
import fc from 'fast-check';
import { encodeCommand } from '../support/reply.ts';
import { commandsIn } from '../support/write-stream.ts';
import { logged } from './logged-server.ts';
import { INPUT_OUTPUT } from './memory-files.ts';

const SEGMENT = 'appendonly.aof.1.incr.aof';
const MISCONF_FULL = '-MISCONF Errors writing to the AOF file: No space left on device\r\n';
const MISCONF_BROKEN = '-MISCONF Errors writing to the AOF file: Input/output error\r\n';

/** The commands of a segment, annotations left out; SELECT too, as every segment begins with one. */
const logOf = (text: string): string[] =>
  commandsIn(Buffer.from(text.replace(/^#.*\r\n/gm, ''), 'latin1'))
    .map((words) => words.join(' '))
    .filter((line) => !line.startsWith('SELECT'));

test('the writes of a turn are one write to the file, before their replies', (t) => {
  const server = logged();
  const peers = [server.client(), server.client(), server.client()];
  server.files.journal.length = 0;
  for (const [i, peer] of peers.entries()) peer.send(encodeCommand(['SET', `k${i}`, 'v']));
  server.turn();
  const [write, ...rest] = server.files.journal;
  t.regex(write, /^write appendonly\.aof\.1\.incr\.aof \d+$/);
  t.deepEqual(rest, ['reply', 'reply', 'reply']);
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET k0 v', 'SET k1 v', 'SET k2 v']);
});

test('under always they are flushed once, before their replies', (t) => {
  const server = logged({ appendfsync: 'always' });
  const peers = [server.client(), server.client()];
  server.files.journal.length = 0;
  for (const peer of peers) peer.send(Buffer.concat([encodeCommand(['INCR', 'n']), encodeCommand(['INCR', 'n'])]));
  server.turn();
  t.deepEqual(
    server.files.journal.map((line) => line.split(' ')[0]),
    ['write', 'sync', 'reply', 'reply'],
  );
});

test('a turn that only reads touches no file', (t) => {
  const server = logged({ appendfsync: 'always' });
  const peer = server.client();
  server.files.journal.length = 0;
  server.run(peer, 'GET', 'k');
  t.deepEqual(server.files.journal, ['reply']);
});

test('writes that nobody is answered for are written at the end of the turn', (t) => {
  const server = logged();
  const peer = server.client();
  server.run(peer, 'SET', 'k', 'v', 'PX', '5');
  server.advance(10);
  server.server.dispatcher.setTime(server.server.services.environment.scheduler.now());
  server.server.services.keyspace.expireDue(10);
  server.server.dispatcher.emitEffects();
  server.turn();
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET k v PXAT 5', 'DEL k']);
});

test('a lonely client that is answered at once is answered behind its write, too', (t) => {
  const server = logged();
  const peer = server.client();
  for (let i = 0; i < 40; i++) server.run(peer, 'PING');
  server.files.journal.length = 0;
  peer.send(encodeCommand(['SET', 'k', 'v']));
  t.deepEqual(
    server.files.journal.map((line) => line.split(' ')[0]),
    ['write', 'reply'],
  );
});

test('property: whatever is acknowledged under always is on the disk when the machine stops', (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), clients: fc.uniqueArray(fc.nat(3), { minLength: 1 }) }),
    fc.record({ kind: fc.constant('room' as const), bytes: fc.oneof(fc.nat(200), fc.constant(1e9)) }),
    fc.record({ kind: fc.constant('flushes' as const), fail: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const server = logged({ appendfsync: 'always' });
      const peers = Array.from({ length: 4 }, () => server.client());
      const acknowledged: string[] = [];
      let n = 0;
      for (const one of steps) {
        if (one.kind === 'room') server.files.room = one.bytes;
        else if (one.kind === 'flushes') server.files.syncError = one.fail ? INPUT_OUTPUT : undefined;
        else if (one.kind === 'wait') server.advance(one.ms);
        else {
          const sent = one.clients.map((i) => {
            if (peers[i].isOver) peers[i] = server.client();
            const command = ['SET', `k${n++}`, 'v'];
            const before = peers[i].received.length;
            peers[i].send(encodeCommand(command));
            return { peer: peers[i], command, before };
          });
          server.turn();
          for (const { peer, command, before } of sent) {
            const reply = peer.received.slice(before);
            if (reply === '+OK\r\n') acknowledged.push(command.join(' '));
            else if (reply === '') t.true(peer.isAborted, 'who is not answered has lost the connection');
            else t.true(reply === MISCONF_FULL || reply === MISCONF_BROKEN, reply);
          }
        }
      }
      server.files.crash();
      const onDisk = new Set(logOf(server.files.text(SEGMENT)));
      t.deepEqual(
        acknowledged.filter((line) => !onDisk.has(line)),
        [],
      );
      server.end();
    }),
  );
  t.pass();
});

test('a full disk refuses writes and PING, reads go on, and it recovers with the disk', (t) => {
  const server = logged();
  const [writer, reader] = [server.client(), server.client()];
  server.run(writer, 'SET', 'before', '1');
  server.files.room = 10;
  t.is(server.run(writer, 'SET', 'k', 'v'), '', 'the write that finds the disk full is not acknowledged');
  t.true(writer.isAborted);
  t.is(server.run(reader, 'SET', 'other', 'v'), MISCONF_FULL);
  t.is(server.run(reader, 'PING'), MISCONF_FULL);
  t.is(server.run(reader, 'GET', 'before'), '$1\r\n1\r\n');
  t.regex(server.run(reader, 'INFO', 'persistence'), /aof_last_write_status:err/);
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET before 1'], 'what was written in part is cut off again');

  server.files.room = Number.POSITIVE_INFINITY;
  server.advance(100);
  t.is(server.run(reader, 'SET', 'after', 'v'), '+OK\r\n');
  t.deepEqual(
    logOf(server.files.text(SEGMENT)),
    ['SET before 1', 'SET k v', 'SET after v'],
    'nothing that was done is missing',
  );
  t.true(server.log.some((line) => line.includes('Error writing to the AOF file: No space left on device')));
  t.true(server.log.some((line) => line.includes('AOF write error looks solved. Redis can write again.')));
  server.end();
});

test('a transaction with a write is refused by a full disk as a whole', (t) => {
  const server = logged();
  const [writer, other] = [server.client(), server.client()];
  server.files.room = 0;
  server.run(writer, 'SET', 'k', 'v');
  server.run(other, 'MULTI');
  t.is(server.run(other, 'SET', 'k', 'w'), MISCONF_FULL);
  t.is(server.run(other, 'EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n');
  server.end();
});

test('a partial write that cannot be cut off is written over', (t) => {
  const server = logged();
  const [writer, reader] = [server.client(), server.client()];
  server.files.room = 10;
  server.files.cutError = INPUT_OUTPUT;
  server.run(writer, 'SET', 'k', 'v');
  server.files.room = Number.POSITIVE_INFINITY;
  server.advance(100);
  server.run(reader, 'SET', 'l', 'w');
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET k v', 'SET l w']);
  t.true(server.log.some((line) => line.includes('Could not remove short write from the append-only file.')));
  server.end();
});

test('everysec flushes once a second, in the background, and only when something was written', (t) => {
  const server = logged();
  const peer = server.client();
  const syncs = (): number => server.files.journal.filter((line) => line === `sync ${SEGMENT}`).length;
  server.advance(3000);
  const before = syncs();
  server.advance(3000);
  t.is(syncs(), before);
  server.run(peer, 'SET', 'k', 'v');
  server.advance(1100);
  t.is(syncs(), before + 1);
  server.advance(5000);
  t.is(syncs(), before + 1);
  server.end();
});

test('no never flushes while the log goes on', (t) => {
  const server = logged({ appendfsync: 'no' });
  const peer = server.client();
  server.files.journal.length = 0;
  for (let i = 0; i < 5; i++) {
    server.run(peer, 'SET', 'k', String(i));
    server.advance(2000);
  }
  t.deepEqual(
    server.files.journal.filter((line) => line.startsWith('sync')),
    [],
  );
  server.end();
});

test('a write waits for a flush under way for two seconds at most', (t) => {
  const server = logged();
  const peer = server.client();
  server.files.holdsSyncs = true;
  server.run(peer, 'SET', 'a', '1');
  server.advance(1200);
  t.regex(server.run(peer, 'INFO', 'persistence'), /aof_pending_bio_fsync:1/);
  t.is(server.run(peer, 'SET', 'b', '2'), '+OK\r\n');
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET a 1'], 'it is answered, as everysec allows');
  t.notRegex(server.run(peer, 'INFO', 'persistence'), /aof_buffer_length:0\r/);
  server.advance(2100);
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET a 1', 'SET b 2']);
  t.regex(server.run(peer, 'INFO', 'persistence'), /aof_delayed_fsync:1/);
  t.true(server.log.some((line) => line.includes('Asynchronous AOF fsync is taking too long (disk is busy?).')));
  server.files.settle();
  server.end();
});

test('what waited for a flush is written when the flush is over', (t) => {
  const server = logged();
  const peer = server.client();
  server.files.holdsSyncs = true;
  server.run(peer, 'SET', 'a', '1');
  server.advance(1200);
  server.run(peer, 'SET', 'b', '2');
  server.files.settle();
  t.deepEqual(logOf(server.files.text(SEGMENT)), ['SET a 1', 'SET b 2']);
  server.end();
});

test('a flush in the background that fails refuses writes until memory has become a new base', (t) => {
  const server = logged();
  const peer = server.client();
  server.run(peer, 'SET', 'a', '1');
  server.files.syncError = INPUT_OUTPUT;
  server.advance(1200);
  t.is(server.run(peer, 'SET', 'b', '2'), MISCONF_BROKEN);
  t.is(server.run(peer, 'GET', 'a'), '$1\r\n1\r\n');
  server.files.syncError = undefined;
  server.advance(5000);
  t.is(server.run(peer, 'SET', 'c', '3'), '+OK\r\n');
  t.is(server.files.text('appendonly.aof.manifest'), manifest(2, 2));
  t.deepEqual(logOf(server.files.text('appendonly.aof.2.incr.aof')), ['SET c 3']);
  server.end();
});

const manifest = (base: number, segment: number): string =>
  `file appendonly.aof.${base}.base.rdb seq ${base} type b\nfile appendonly.aof.${segment}.incr.aof seq ${segment} type i\n`;

test('time stamps stand before the commands of a new second', (t) => {
  const server = logged({ 'aof-timestamp-enabled': true });
  const peer = server.client();
  server.advance(5000);
  server.run(peer, 'SET', 'a', '1');
  server.run(peer, 'SET', 'b', '2');
  server.advance(1000);
  server.run(peer, 'SET', 'c', '3');
  const lines = server.files.text(SEGMENT).split('\r\n');
  t.deepEqual(
    lines.filter((line) => line.startsWith('#TS:') || line === 'a' || line === 'b' || line === 'c'),
    ['#TS:5', 'a', 'b', '#TS:6', 'c'],
  );
  server.end();
});

test('a log that is off touches no file', (t) => {
  const server = logged({ appendonly: false });
  const peer = server.client();
  server.run(peer, 'SET', 'a', '1');
  server.advance(2000);
  t.deepEqual(server.files.journal, ['reply']);
  t.deepEqual(server.files.names(), []);
  server.end();
});
