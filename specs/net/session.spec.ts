/**
 * Sessions: bytes in, replies out, whatever the cuts; and how they end.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { OUTPUT_PAUSE_BYTES } from '../../src/net/clients.ts';
import { chunkings } from '../support/arbitraries.ts';
import { program } from '../support/arbitrary-commands.ts';
import { encodeCommand } from '../support/reply.ts';
import { VirtualServer } from './virtual-server.ts';

const MEGABYTE = 1024 * 1024;

/** What a fresh server says to these chunks; after each one the event loop may turn. */
const answer = (chunks: readonly Uint8Array[], turns: boolean): string => {
  const server = new VirtualServer();
  const peer = server.connect();
  for (const chunk of chunks) {
    peer.send(chunk);
    if (turns) server.turn();
  }
  peer.finish();
  server.turn();
  assert.ok(peer.isOver);
  assert.equal(server.clients, 0);
  return peer.received;
};

const odd = fc.constantFrom(
  'PING\r\n',
  'ECHO "a b"\r\n',
  '\r\n',
  '*0\r\n',
  '*1\r\n$4\r\nQUIT\r\n',
  'HELLO 3\r\n',
  'RESET\r\n',
  'CLIENT REPLY SKIP\r\n',
  'CLIENT REPLY OFF\r\n',
  'CLIENT REPLY ON\r\n',
  'ECHO "\r\n',
  '*1\r\n$x\r\n',
  '*2\r\n$4\r\nECHO\r\n$3\r\nab',
);

test('cutting the input at any byte changes no reply', (t) => {
  const input = fc
    .array(
      fc.oneof(
        { weight: 2, arbitrary: program({ maxLength: 8 }).map((some) => some.encode().toString('latin1')) },
        odd,
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => Buffer.from(parts.join(''), 'latin1'));
  const cut = input.chain((bytes) => chunkings(bytes).map((chunks) => ({ bytes, chunks })));
  fc.assert(
    fc.property(cut, fc.boolean(), ({ bytes, chunks }, turns) => {
      assert.equal(answer(chunks, turns), answer([bytes], true));
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('all replies arrive when the client hangs up in the turn of its last command', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.send('PING\r\nECHO a\r\nGET k\r\n');
  peer.finish();
  t.is(peer.received, '');
  server.turn();
  t.is(peer.received, '+PONG\r\n$1\r\na\r\n$-1\r\n');
  t.true(peer.isOver);
  t.is(server.ended, 1);
});

test('what the system has not taken when the client hangs up still goes out', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.room = 3;
  peer.send('PING\r\nECHO a\r\n');
  peer.finish();
  server.turn();
  t.is(peer.received, '');
  t.false(peer.isOver);
  peer.drain();
  t.is(peer.received, '+PONG\r\n$1\r\na\r\n');
  t.true(peer.isOver);
});

test('QUIT is answered, and what follows is not', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.send('PING\r\nQUIT\r\nPING\r\n');
  server.turn();
  t.is(peer.received, '+PONG\r\n+OK\r\n');
  t.true(peer.isOver);
  t.false(peer.isListenedTo);
  t.is(server.clients, 0);
});

test('a connection that breaks ends its own session and no other', (t) => {
  const server = new VirtualServer();
  const [a, b] = [server.connect(), server.connect()];
  a.send('SET k v\r\n');
  a.reset();
  b.send('GET k\r\n');
  server.turn();
  t.is(b.received, '$1\r\nv\r\n');
  t.is(server.clients, 1);
  t.is(server.ended, 1);
  t.true(a.isOver);
});

test('a protocol error is answered behind the replies before it, and closes', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.send('PING\r\n*x\r\nPING\r\n');
  server.turn();
  t.is(peer.received, '+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n');
  t.true(peer.isOver);
  t.is(server.clients, 0);
});

test('CLIENT KILL ends the other session at once', (t) => {
  const server = new VirtualServer();
  const [a, b] = [server.connect('127.0.0.1:1'), server.connect('127.0.0.1:2')];
  a.send('PING\r\nCLIENT KILL 127.0.0.1:2\r\nPING\r\n');
  b.send('PING\r\n');
  server.turn();
  t.is(a.received, '+PONG\r\n+OK\r\n+PONG\r\n');
  t.true(b.isAborted);
  t.is(server.clients, 1);
});

test('a client that kills itself gets its reply', (t) => {
  const server = new VirtualServer();
  const peer = server.connect('127.0.0.1:1');
  peer.send('CLIENT KILL 127.0.0.1:1\r\nPING\r\n');
  server.turn();
  t.is(peer.received, '+OK\r\n');
  t.true(peer.isOver);
  t.is(server.clients, 0);
});

test('commands behind one that blocks wait for it', (t) => {
  const server = new VirtualServer();
  const [a, b] = [server.connect(), server.connect()];
  a.send('SET k 1\r\nWAIT 1 1000\r\nGET k\r\n*2\r\n$4\r\nEC');
  server.turn();
  t.is(a.received, '+OK\r\n');
  b.send('SET k 2\r\n');
  server.turn();
  a.send('HO\r\n$1\r\nx\r\n');
  server.advance(999);
  t.is(a.received, '+OK\r\n');
  server.advance(1);
  t.is(a.received, '+OK\r\n:0\r\n$1\r\n2\r\n$1\r\nx\r\n');
});

test('a blocked client that is killed leaves nothing behind', (t) => {
  const server = new VirtualServer();
  const [a, b] = [server.connect('127.0.0.1:1'), server.connect()];
  a.send('WAIT 1 1000\r\nPING\r\n');
  server.turn();
  b.send('CLIENT KILL 127.0.0.1:1\r\n');
  server.turn();
  t.is(b.received, '+OK\r\n');
  server.advance(2000);
  t.is(a.received, '');
  t.is(server.clients, 1);
});

test('CLIENT REPLY takes replies back, however large', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.send(encodeCommand(['SET', 'k', 'v'.repeat(MEGABYTE)]));
  peer.send(
    'GET nothing\r\nCLIENT REPLY SKIP\r\nGET k\r\nECHO a\r\nCLIENT REPLY OFF\r\nGET k\r\nNOSUCH\r\nCLIENT REPLY ON\r\nECHO b\r\n',
  );
  server.turn();
  t.is(peer.received, '+OK\r\n$-1\r\n$1\r\na\r\n+OK\r\n$1\r\nb\r\n');
});

test('a client that does not read is not read from, while others are served', (t) => {
  const server = new VirtualServer();
  const [slow, other] = [server.connect(), server.connect()];
  const bytes = 8 * MEGABYTE;
  other.send(encodeCommand(['SET', 'k', 'v'.repeat(bytes)]));
  slow.room = 0;
  const asked = 20;
  slow.send('GET k\r\n'.repeat(asked));
  slow.send('PING\r\n');
  server.turn();
  t.true(slow.isPaused);
  t.true(slow.pendingBytes > OUTPUT_PAUSE_BYTES);
  t.true(slow.pendingBytes < OUTPUT_PAUSE_BYTES + 2 * bytes, 'memory is bounded');
  other.send('PING\r\n');
  server.turn();
  t.is(other.received, '+OK\r\n+PONG\r\n');
  slow.room = Number.POSITIVE_INFINITY;
  for (let round = 0; round < asked && slow.pendingBytes > 0; round++) {
    slow.drain();
    server.turn();
  }
  t.false(slow.isPaused);
  t.is(slow.receivedBytes, asked * (bytes + '$8388608\r\n\r\n'.length) + '+PONG\r\n'.length);
});

test('a blocked client that hangs up is gone at once', (t) => {
  const server = new VirtualServer();
  const peer = server.connect();
  peer.send('WAIT 1 0\r\nSET k v\r\n');
  peer.finish();
  server.turn();
  t.true(peer.isOver);
  t.is(server.clients, 0);
  const other = server.connect();
  other.send('GET k\r\n');
  server.turn();
  t.is(other.received, '$-1\r\n');
});
