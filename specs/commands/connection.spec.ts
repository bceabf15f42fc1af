/**
 * The connection's own commands: PING, ECHO, SELECT, AUTH, HELLO, RESET, QUIT.
 */
import test from 'ava';
import { DB_OUT_OF_RANGE, NOT_AN_INT32, NOT_AN_INTEGER, SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { ClientKind } from '../../src/net/client.ts';
import { REDIS_VERSION } from '../../src/version.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { decodeReply, plain } from '../support/reply.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

const WRONGPASS = 'WRONGPASS invalid username-password pair or user is disabled.';
const NOAUTH = 'NOAUTH Authentication required.';
const BAD_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.';
const guarded = { config: { requirepass: 'secret' } };

test(reduces, [], 'PING', says('+PONG'));
test(reduces, [], 'PING hi', says('"hi"'));
test(reduces, [], 'PING a b', error("ERR wrong number of arguments for 'ping' command"));
test(reduces, [], 'ECHO ""', says('""'));
test(reduces, [], 'ECHO', error("ERR wrong number of arguments for 'echo' command"));

test(reduces, ['SELECT 3'], 'SET a 1', { reply: '+OK', events: ['3> SET a 1'] });
test(reduces, [], 'SELECT 15', says('+OK'));
test(reduces, [], 'SELECT 16', error(DB_OUT_OF_RANGE));
test(reduces, [], 'SELECT -1', error(DB_OUT_OF_RANGE));
test(reduces, [], 'SELECT x', error(NOT_AN_INTEGER));
test(reduces, [], 'SELECT 2147483648', error(NOT_AN_INT32));
test(reduces, [], 'SELECT -2147483648', error(DB_OUT_OF_RANGE));

const NO_PASSWORD =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?';
test(reduces, [], 'AUTH any', error(NO_PASSWORD));
test(reduces, [], 'AUTH default any', says('+OK'));
test(reduces, [], 'AUTH nobody any', error(WRONGPASS));
test(reduces, [], 'AUTH a b c', error(SYNTAX_ERROR));
test(reduces, ['AUTH secret'], 'AUTH wrong', error(WRONGPASS), guarded);
test(reduces, ['AUTH secret'], 'PING', says('+PONG'), guarded);
test(reduces, ['AUTH default secret'], 'AUTH nobody secret', error(WRONGPASS), guarded);
test(reduces, [], 'PING', error(NOAUTH), guarded);
test(reduces, [], 'GET a', error(NOAUTH), guarded);
test(reduces, [], 'QUIT', says('+OK'), guarded);

test(reduces, [], 'HELLO 4', error('NOPROTO unsupported protocol version'));
test(reduces, [], 'HELLO 1', error('NOPROTO unsupported protocol version'));
test(reduces, [], 'HELLO x', error('ERR Protocol version is not an integer or out of range'));
test(reduces, [], 'HELLO 3 SETNAME', error("ERR Syntax error in HELLO option 'SETNAME'"));
test(reduces, [], 'HELLO 3 AUTH a', error("ERR Syntax error in HELLO option 'AUTH'"));
test(reduces, [], 'HELLO 3 SETNAME "a b"', error(BAD_NAME));
test(reduces, [], 'HELLO 3 AUTH default wrong', error(WRONGPASS), guarded);
test(reduces, ['HELLO 3 SETNAME me'], 'CLIENT GETNAME', says('"me"'));

const HELLO_NEEDS_AUTH =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';
test(reduces, [], 'HELLO 3', error(HELLO_NEEDS_AUTH), guarded);

test('HELLO describes server and connection, in the protocol it has just chosen', (t) => {
  const server = new MemoryServer();
  const described = {
    server: 'redis',
    version: REDIS_VERSION,
    proto: 3,
    id: 1,
    mode: 'standalone',
    role: 'master',
    modules: [],
  };
  t.deepEqual(plain(decodeReply(server.raw('HELLO 3'))), described);
  t.deepEqual(plain(decodeReply(server.raw('HELLO'))), described);
  t.is(server.raw('HELLO 2').toString().slice(0, 5), '*14\r\n');
});

test('HELLO authenticates, names and chooses the protocol at once', (t) => {
  const server = new MemoryServer(guarded);
  t.is(server.raw('HELLO 3 AUTH default secret SETNAME me').toString().slice(0, 4), '%7\r\n');
  t.is(server.run('CLIENT GETNAME').reply, '"me"');
});

test('a HELLO that is refused leaves the protocol as it was', (t) => {
  const server = new MemoryServer(guarded);
  server.raw('HELLO 3 AUTH default wrong');
  server.raw('HELLO 3');
  t.is(server.client.resp, 2);
  t.false(server.client.authenticated);
});

test('before AUTH the decoder is told to keep requests small, and RESET tells it again', (t) => {
  const server = new MemoryServer(guarded);
  t.false(server.client.decoder.authenticated);
  server.raw('AUTH secret');
  t.true(server.client.decoder.authenticated);
  server.raw('RESET');
  t.false(server.client.decoder.authenticated);
});

test('RESET gives the connection its first state back, but for what the library said of itself', (t) => {
  const server = new MemoryServer();
  const { client } = server;
  for (const command of [
    'HELLO 3 SETNAME me',
    'SELECT 5',
    'CLIENT NO-EVICT on',
    'CLIENT NO-TOUCH on',
    'CLIENT SETINFO lib-name redis-py',
    'CLIENT REPLY off',
  ]) {
    server.raw(command);
  }
  t.is(server.raw('RESET').toString(), '+RESET\r\n');
  const { resp, db, name, noEvict, noTouch, replyOff, libName } = client;
  t.deepEqual(
    { resp, db, name, noEvict, noTouch, replyOff, libName },
    { resp: 2, db: 0, name: '', noEvict: false, noTouch: false, replyOff: false, libName: 'redis-py' },
  );
});

test('RESET is for normal clients only', (t) => {
  const server = new MemoryServer();
  server.client.kind = ClientKind.Replica;
  server.raw('RESET');
  t.is(server.server.services.stats.errors.get('ERR'), 1);
});

test('QUIT closes the connection behind its reply', (t) => {
  const server = new MemoryServer();
  let ended = false;
  server.client.end = () => {
    ended = true;
  };
  t.is(server.raw('QUIT').toString(), '+OK\r\n');
  t.true(ended);
});
