/**
 * CLIENT: names, listing, silence, killing.
 */
import test from 'ava';
import { SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { type Client, ClientKind } from '../../src/net/client.ts';
import { NO_PEER } from '../../src/net/peer.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { decodeReply, plain } from '../support/reply.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

test(reduces, [], 'CLIENT ID', says(':1'));
test(reduces, [], 'CLIENT GETNAME', says('$-1'));
test(reduces, ['CLIENT SETNAME me'], 'CLIENT GETNAME', says('"me"'));
test(reduces, ['CLIENT SETNAME me', 'CLIENT SETNAME ""'], 'CLIENT GETNAME', says('$-1'));
test(
  reduces,
  [],
  'CLIENT SETNAME "a b"',
  error('ERR Client names cannot contain spaces, newlines or special characters.'),
);
test(reduces, [], 'CLIENT SETINFO LIB-NAME redis-py', says('+OK'));
test(reduces, [], 'CLIENT SETINFO lib-ver 1.2.3', says('+OK'));
test(
  reduces,
  [],
  'CLIENT SETINFO lib-name "redis py"',
  error('ERR lib-name cannot contain spaces, newlines or special characters.'),
);
test(reduces, [], 'CLIENT SETINFO badger hamster', error("ERR Unrecognized option 'badger'"));
test(reduces, [], 'CLIENT NO-EVICT x', error(SYNTAX_ERROR));
test(reduces, [], 'CLIENT NO-EVICT on', says('+OK'));
test(reduces, [], 'CLIENT NO-TOUCH x', error(SYNTAX_ERROR));
test(reduces, [], 'CLIENT NO-TOUCH off', says('+OK'));
test(reduces, [], 'CLIENT REPLY x', error(SYNTAX_ERROR));
test(reduces, [], 'CLIENT REPLY on', says('+OK'));
test(reduces, [], 'CLIENT FOO', error("ERR unknown subcommand 'FOO'. Try CLIENT HELP."));
test(reduces, [], 'CLIENT', error("ERR wrong number of arguments for 'client' command"));

test(reduces, [], 'CLIENT KILL', error("ERR wrong number of arguments for 'client|kill' command"));
test(reduces, [], 'CLIENT KILL 1.2.3.4:5', error('ERR No such client'));
test(reduces, [], 'CLIENT KILL ID x', error('ERR client-id should be greater than 0'));
test(reduces, [], 'CLIENT KILL ID 0', error('ERR client-id should be greater than 0'));
test(reduces, [], 'CLIENT KILL ID 99', says(':0'));
test(reduces, [], 'CLIENT KILL ID 1', says(':0'));
test(reduces, [], 'CLIENT KILL TYPE x', error("ERR Unknown client type 'x'"));
test(reduces, [], 'CLIENT KILL TYPE pubsub', says(':0'));
test(reduces, [], 'CLIENT KILL USER x', error("ERR No such user 'x'"));
test(reduces, [], 'CLIENT KILL SKIPME x', error(SYNTAX_ERROR));
test(reduces, [], 'CLIENT KILL ID 1 SKIPME', error(SYNTAX_ERROR));

test(reduces, [], 'CLIENT LIST TYPE x', error("ERR Unknown client type 'x'"));
test(reduces, [], 'CLIENT LIST TYPE master', says('""'));
test(reduces, [], 'CLIENT LIST ID x', error('ERR Invalid client ID'));
test(reduces, [], 'CLIENT LIST ID', error(SYNTAX_ERROR));
test(reduces, [], 'CLIENT LIST ID 99', says('""'));
test(reduces, [], 'CLIENT LIST x', error(SYNTAX_ERROR));

/** Another connection to the same server, and whether it was ended. */
const join = (server: MemoryServer, address: string): { client: Client; isEnded: () => boolean } => {
  let ended = false;
  const client = server.server.services.clients.add({ ...NO_PEER, remoteAddress: address, localAddress: 'here:1' });
  client.end = () => {
    ended = true;
    server.server.services.clients.remove(client);
  };
  return { client, isEnded: () => ended };
};

const lines = (server: MemoryServer, command: string): readonly Readonly<Record<string, string>>[] =>
  String(plain(decodeReply(server.raw(command))))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Object.fromEntries(line.split(' ').map((field) => field.split('='))));

test('CLIENT LIST has one line per connection, with the fields of Redis 7.2 in their order', (t) => {
  const server = new MemoryServer();
  join(server, '10.0.0.1:5');
  const all = lines(server, 'CLIENT LIST');
  t.deepEqual(
    all.map(({ id, addr }) => ({ id, addr })),
    [
      { id: '1', addr: '127.0.0.1:1' },
      { id: '2', addr: '10.0.0.1:5' },
    ],
  );
  t.is(
    Object.keys(all[0] ?? {}).join(' '),
    'id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver',
  );
});

test('CLIENT LIST chooses by type and by id', (t) => {
  const server = new MemoryServer();
  const replica = join(server, '10.0.0.1:5');
  replica.client.kind = ClientKind.Replica;
  const ids = (command: string) => lines(server, command).map(({ id }) => id);
  t.deepEqual(ids('CLIENT LIST TYPE normal'), ['1']);
  t.deepEqual(ids('CLIENT LIST TYPE slave'), ['2']);
  t.deepEqual(ids('CLIENT LIST TYPE REPLICA'), ['2']);
  t.deepEqual(ids('CLIENT LIST ID 2 7 1'), ['2', '1']);
});

test('CLIENT INFO tells what the connection said and did', (t) => {
  const server = new MemoryServer({ nowMs: 1000 });
  for (const command of [
    'CLIENT SETNAME me',
    'CLIENT SETINFO lib-name lib',
    'CLIENT SETINFO lib-ver 1.0',
    'CLIENT NO-EVICT on',
    'CLIENT NO-TOUCH on',
    'SELECT 4',
  ]) {
    server.raw(command);
  }
  server.advance(5000);
  const [line = {}] = lines(server, 'CLIENT INFO');
  const { name, db, flags, cmd, user, resp, age } = line;
  t.deepEqual(
    { name, db, flags, cmd, user, resp, age },
    { name: 'me', db: '4', flags: 'eT', cmd: 'client|info', user: 'default', resp: '2', age: '5' },
  );
  t.is(`${line['lib-name']} ${line['lib-ver']}`, 'lib 1.0');
});

test('CLIENT KILL ends the others and, with SKIPME no, the one that asks behind its reply', (t) => {
  const server = new MemoryServer();
  const one = join(server, '10.0.0.1:5');
  const two = join(server, '10.0.0.2:5');
  t.is(server.run('CLIENT KILL ADDR 10.0.0.1:5').reply, ':1');
  t.true(one.isEnded());
  t.false(two.isEnded());
  t.is(server.run('CLIENT KILL LADDR here:1 TYPE normal USER default').reply, ':1');
  t.true(two.isEnded());
  let gone = false;
  server.client.end = () => {
    gone = true;
  };
  t.is(server.run('CLIENT KILL USER default').reply, ':0');
  t.false(gone);
  t.is(server.run('CLIENT KILL USER default SKIPME no').reply, ':1');
  t.true(gone);
});

test('the older form of CLIENT KILL means the one that asks, too', (t) => {
  const server = new MemoryServer();
  let gone = false;
  server.client.end = () => {
    gone = true;
  };
  t.is(server.run('CLIENT KILL 127.0.0.1:1').reply, '+OK');
  t.true(gone);
});

/** All replies to a pipeline, as one text. */
const replies = (commands: readonly string[]): string => {
  const server = new MemoryServer();
  return commands.map((command) => server.raw(command).toString().trim()).join('|');
};

test('CLIENT REPLY OFF silences everything until ON, which answers', (t) => {
  t.is(
    replies(['CLIENT REPLY OFF', 'PING', 'NONSENSE', 'CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'PING']),
    '||||+OK|+PONG',
  );
});

test('CLIENT REPLY SKIP silences itself and the next command', (t) => {
  t.is(replies(['CLIENT REPLY SKIP', 'PING', 'PING']), '||+PONG');
  t.is(replies(['CLIENT REPLY SKIP', 'CLIENT REPLY SKIP', 'PING', 'PING']), '|||+PONG');
  t.is(replies(['CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'PING']), '|+OK|+PONG');
  t.is(replies(['CLIENT REPLY SKIP', 'CLIENT REPLY OFF', 'PING', 'PING']), '|||');
});

test('CLIENT NO-TOUCH keeps look-ups from counting as use', (t) => {
  const server = new MemoryServer();
  server.raw('SET a 1');
  server.advance(60_000);
  server.raw('CLIENT NO-TOUCH on');
  server.raw('GET a');
  t.is(server.run('OBJECT IDLETIME a').reply, ':60');
  server.raw('CLIENT NO-TOUCH off');
  server.raw('GET a');
  t.is(server.run('OBJECT IDLETIME a').reply, ':0');
});
