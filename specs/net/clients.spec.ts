/**
 * The registry: who may come in, and what ends a connection that goes beyond its limits.
 */
import test from 'ava';
import { defaults } from '../../src/config/config.ts';
import { CLOSING_MS_MAX, MAX_CLIENTS, PROTECTED_MODE } from '../../src/net/clients.ts';
import { encodeCommand } from '../support/reply.ts';
import { VirtualServer } from './virtual-server.ts';

const NONE = { hardBytes: 0, softBytes: 0, softSeconds: 0 };
const normalLimit = (normal: typeof NONE) => ({
  'client-output-buffer-limit': { ...defaults['client-output-buffer-limit'], normal },
});

test('maxclients turns the next one away, and lets it in when another has gone', (t) => {
  const server = new VirtualServer({ maxclients: 2 });
  const [a] = [server.connect(), server.connect()];
  const refused = server.connect();
  server.turn();
  t.is(refused.received, MAX_CLIENTS);
  t.true(refused.isOver);
  t.is(server.server.services.stats.rejectedConnections, 1);
  a.finish();
  server.turn();
  const welcome = server.connect();
  welcome.send('PING\r\n');
  server.turn();
  t.is(welcome.received, '+PONG\r\n');
});

test('protected mode lets in only who comes from this machine', (t) => {
  const server = new VirtualServer();
  for (const address of ['127.0.0.1:1', '127.1.2.3:1', '[::1]:1', '[::ffff:127.0.0.1]:1']) {
    const peer = server.connect(address);
    peer.send('PING\r\n');
    server.turn();
    t.is(peer.received, '+PONG\r\n', address);
  }
  for (const address of ['10.0.0.1:1', '[fe80::1]:1', '[::ffff:10.0.0.1]:1']) {
    const peer = server.connect(address);
    t.is(peer.received, PROTECTED_MODE, address);
    t.true(peer.isOver);
  }
  const open = new VirtualServer({ 'protected-mode': false }).connect('10.0.0.1:1');
  t.is(open.received, '');
  const guarded = new VirtualServer({ requirepass: 'secret' }).connect('10.0.0.1:1');
  t.is(guarded.received, '');
});

test('timeout ends who is idle, and nobody who is blocked', (t) => {
  const server = new VirtualServer({ timeout: 10 });
  const { clients } = server.server.services;
  const [idle, busy, blocked] = [server.connect(), server.connect(), server.connect()];
  blocked.send('WAIT 1 0\r\n');
  server.advance(9000);
  busy.send('PING\r\n');
  server.advance(1001);
  clients.sweep(10_001);
  t.true(idle.isOver);
  t.false(busy.isOver);
  t.false(blocked.isOver);
  t.is(server.clients, 2);
});

for (const [given, endless] of [
  ['SADD k a 1', 'SRANDMEMBER k -9223372036854775807'],
  ['HSET k f v', 'HRANDFIELD k -4611686018427387903 WITHVALUES'],
  ['ZADD k 1 a', 'ZRANDMEMBER k -9223372036854775807'],
] as const) {
  test(`${endless} is broken off at the output limit, with its client`, (t) => {
    const server = new VirtualServer(normalLimit({ ...NONE, hardBytes: 1_000_000 }));
    const [greedy, other] = [server.connect(), server.connect()];
    // What has been read by the other end at once does not save it: half a reply cannot be followed by another.
    greedy.send(`${given}\r\n${endless}\r\nPING\r\n`);
    server.turn();
    t.true(greedy.isAborted);
    t.regex(server.log.join('\n'), /scheduled to be closed ASAP for overcoming of output buffer limits/);
    t.is(server.server.services.stats.outputBufferDisconnections, 1);
    other.send('PING\r\n');
    server.turn();
    t.is(other.received, '+PONG\r\n');
  });
}

test('a request larger than client-query-buffer-limit ends the connection', (t) => {
  const server = new VirtualServer({ 'client-query-buffer-limit': 100_000 });
  const [large, small] = [server.connect(), server.connect()];
  small.send(encodeCommand(['SET', 'k', 'x'.repeat(90_000)]));
  server.turn();
  t.is(small.received, '+OK\r\n');
  large.send(encodeCommand(['SET', 'k', 'x'.repeat(200_000)]));
  server.turn();
  t.true(large.isAborted);
  t.is(large.received, '');
  t.is(server.clients, 1);
  t.is(server.server.services.stats.queryBufferDisconnections, 1);
  t.true(server.log.some((line) => line.includes('Closing client that reached max query buffer length')));
});

test('a request that int32 cannot measure ends the connection, whatever client-query-buffer-limit says', (t) => {
  const server = new VirtualServer({ 'client-query-buffer-limit': 2 ** 33 });
  const peer = server.connect();
  const [client] = server.server.services.clients.all();
  Object.defineProperty(client.decoder, 'pendingBytes', { value: 2 ** 31 - 2 ** 19 });
  peer.send('*2\r\n$4\r\nECHO\r\n$1000\r\nx');
  server.turn();
  t.true(peer.isAborted);
});

test('an argument larger than proto-max-bulk-len is a protocol error', (t) => {
  const server = new VirtualServer({ 'proto-max-bulk-len': 1_000_000 });
  const peer = server.connect();
  peer.send('*2\r\n$4\r\nECHO\r\n$1000001\r\n');
  server.turn();
  t.is(peer.received, '-ERR Protocol error: invalid bulk length\r\n');
  t.true(peer.isOver);
});

test('the hard output limit ends a client that does not read', (t) => {
  const server = new VirtualServer(normalLimit({ ...NONE, hardBytes: 10_000 }));
  const peer = server.connect();
  peer.room = 100;
  peer.send(encodeCommand(['ECHO', 'x'.repeat(50)]));
  server.turn();
  t.false(peer.isOver);
  peer.send(encodeCommand(['ECHO', 'x'.repeat(9000)]));
  server.turn();
  t.false(peer.isOver);
  peer.send(encodeCommand(['ECHO', 'x'.repeat(1000)]));
  server.turn();
  t.true(peer.isAborted);
  t.is(server.clients, 0);
  t.is(server.server.services.stats.outputBufferDisconnections, 1);
  t.true(server.log.some((line) => line.includes('overcoming of output buffer limits')));
});

test('the soft output limit ends a client that stays above it for too long', (t) => {
  const server = new VirtualServer(normalLimit({ hardBytes: 0, softBytes: 1000, softSeconds: 5 }));
  const { clients } = server.server.services;
  server.advance(1000);
  const [stays, recovers] = [server.connect(), server.connect()];
  for (const peer of [stays, recovers]) {
    peer.room = 0;
    peer.send(encodeCommand(['ECHO', 'x'.repeat(2000)]));
  }
  server.turn();
  server.advance(1000);
  recovers.drain();
  clients.sweep(2000);
  server.advance(4001);
  clients.sweep(6001);
  t.true(stays.isAborted);
  t.false(recovers.isOver);
  t.is(server.clients, 1);
});

test('who hangs up and never reads what was left for it is let go in the end', (t) => {
  const server = new VirtualServer({ maxclients: 1 });
  const { clients } = server.server.services;
  const gone = server.connect();
  gone.room = 0;
  gone.send('PING\r\n');
  gone.finish();
  server.turn();
  t.false(gone.isOver);
  t.is(server.connect().received, MAX_CLIENTS);
  server.advance(CLOSING_MS_MAX + 1);
  clients.sweep(CLOSING_MS_MAX + 1);
  t.true(gone.isAborted);
  t.is(server.connect().received, '');
});
