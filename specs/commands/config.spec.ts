/**
 * CONFIG: reading, setting, rewriting, and counters set back.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { startFerrous } from '../support/process-server.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { makeTempDir } from '../support/temp.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

test(reduces, [], 'CONFIG GET maxclients', says('["maxclients", "10000"]'));
test(reduces, [], 'CONFIG GET maxclients', says('{"maxclients": "10000"}'), { resp: 3 });
test(reduces, [], 'CONFIG GET nonsense', says('[]'));
test(reduces, ['CONFIG SET maxclients 77 hz 20'], 'CONFIG GET maxclients hz', says('["maxclients", "77", "hz", "20"]'));
test(reduces, [], 'CONFIG SET maxclients 77 hz', error(SYNTAX_ERROR));
test(reduces, [], 'CONFIG SET maxclients', error("ERR wrong number of arguments for 'config|set' command"));
test(
  reduces,
  [],
  'CONFIG SET nonsense 1',
  error("ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'"),
);
test(
  reduces,
  [],
  'CONFIG SET port-nothing 1 maxclients 5',
  error("ERR Unknown option or number of arguments for CONFIG SET - 'port-nothing'"),
);
test(reduces, [], 'CONFIG REWRITE', error('ERR The server is running without a config file'));
test(reduces, [], 'CONFIG NONSENSE', error("ERR unknown subcommand 'NONSENSE'. Try CONFIG HELP."));

test('a password set with CONFIG SET is asked of those who come later', (t) => {
  const server = new MemoryServer();
  server.raw('CONFIG SET requirepass secret');
  t.is(server.run('PING').reply, '+PONG');
  t.is(server.run('AUTH wrong').reply, '-WRONGPASS invalid username-password pair or user is disabled.');
  server.raw('RESET');
  t.is(server.run('GET a').reply, '-NOAUTH Authentication required.');
  t.is(server.run('AUTH secret').reply, '+OK');
});

test('CONFIG RESETSTAT sets the counters back, those of commands and errors too', (t) => {
  const server = new MemoryServer();
  for (const command of ['SET a 1', 'GET a', 'GET b', 'NONSENSE']) server.raw(command);
  t.is(server.run('CONFIG RESETSTAT').reply, '+OK');
  const { stats, keyspace, commands } = server.server.services;
  t.is(stats.errors.size, 0);
  t.is(keyspace.hits + keyspace.misses, 0);
  t.is(commands.byName('get')?.stats.calls, 0);
  t.is(keyspace.arena.peakBytes, keyspace.arena.usedBytes);
});

test('CONFIG REWRITE keeps the file as people wrote it, brings it up to date, and answers before what comes next', async (t) => {
  const dir = await makeTempDir(t);
  const path = join(dir, 'ferrous.conf');
  const server = await startFerrous(t, { dir, conf: '# mine\nmaxclients 100\nsave ""\n' });
  const client = await server.connect();
  t.is(await client.text('CONFIG', 'SET', 'maxclients', '200', 'hz', '50'), '+OK');
  const replies = await client.pipeline([['CONFIG', 'REWRITE'], ['PING']]);
  t.deepEqual(
    replies.map((reply) => ('text' in reply ? reply.text : reply.type)),
    ['OK', 'PONG'],
  );
  const info = await client.text('INFO', 'server');
  const file = /config_file:([^\\]+)/.exec(info)?.[1] ?? path;
  const text = await readFile(file, 'latin1');
  t.true(text.startsWith('# mine\nmaxclients 200\n'));
  t.regex(text, /^hz 50$/m);

  // A file that is gone is written anew; a folder in its place is an error, and the server goes on.
  await rm(file);
  t.is(await client.text('CONFIG', 'REWRITE'), '+OK');
  t.regex(await readFile(file, 'latin1'), /^maxclients 200$/m);
  await rm(file);
  await mkdir(file);
  t.is(await client.text('CONFIG', 'REWRITE'), '-ERR Rewriting config file: Is a directory');
  t.is(await client.text('PING'), '+PONG');
});
