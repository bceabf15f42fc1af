/**
 * FERROUS: the event log for clients. What it streams, what it answers from the past, and what it undoes.
 * @since 0.3.0
 */
import test from 'ava';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { eventsOf, messageOf, startLogged } from '../eventlog/embedded.ts';
import { MemoryServer } from '../support/reduce.ts';
import type { RawClient } from '../support/resp-client.ts';

const textsOf = (args: readonly Uint8Array[]): string =>
  args.map((arg) => Buffer.from(arg).toString('latin1')).join(' ');

const run = async (client: RawClient, ...lines: readonly string[]): Promise<readonly string[]> => {
  const replies: string[] = [];
  for (const line of lines) replies.push(await client.text(...line.split(' ')));
  return replies;
};

test('Without a log every command on it says so', (t) => {
  const server = new MemoryServer();
  for (const line of [
    'FERROUS EVENTS FROM -',
    'FERROUS AT 1 GET k',
    'FERROUS HISTORY k',
    'FERROUS UNDO offset:1',
    'FERROUS UNDO KEY k',
  ]) {
    t.is(server.run(line).reply, 'ERR the event log is off: appendonly no'.replace(/^/, '-'), line);
  }
});

test('What is asked for in a wrong way is refused before anything is read', (t) => {
  const server = new MemoryServer();
  const says = (line: string): string => server.run(line).reply;
  t.is(says('FERROUS EVENTS MATCH a'), '-ERR syntax error');
  t.is(says('FERROUS EVENTS FROM'), '-ERR syntax error');
  t.is(says('FERROUS EVENTS FROM - DB 99'), '-ERR DB index is out of range');
  t.regex(says('FERROUS EVENTS FROM yesterday'), /^-ERR expected seconds since 1970/);
  t.is(says('FERROUS AT 1 SET a b'), "-ERR FERROUS AT runs commands that only read, and 'set' is none of them");
  t.regex(says('FERROUS AT 1 NOSUCH'), /^-ERR unknown command 'NOSUCH'/);
  t.is(says('FERROUS HISTORY k COUNT 0'), '-ERR count should be greater than 0');
  t.regex(says('FERROUS UNDO 17.5'), /^-ERR FERROUS UNDO expects the offset of an event/);
  t.regex(says('FERROUS HELP'), /FERROUS <subcommand>/);
});

test('FERROUS EVENTS sends what the conditions ask for, and says where to go on', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  await run(client, 'SET a 1', 'SET b 2', 'SELECT 3', 'SET a 3', 'DEL a', 'SELECT 0');
  t.deepEqual(
    (await eventsOf(client, 'FROM', '-')).map(({ db, args }) => `${db}> ${textsOf(args)}`),
    ['0> SET a 1', '0> SET b 2', '3> SET a 3', '3> DEL a'],
  );
  t.deepEqual((await eventsOf(client, 'FROM', '-', 'MATCH', 'a', 'DB', '3')).length, 2);
  t.deepEqual((await eventsOf(client, 'FROM', '-', 'COMMAND', 'del')).length, 1);
  const [, second] = await eventsOf(client, 'FROM', '-');
  t.deepEqual((await eventsOf(client, 'FROM', `offset:${second.end}`)).length, 2);
  t.deepEqual((await eventsOf(client, 'FROM', '-', 'TO', `offset:${second.end}`)).length, 2);
  await client.send('FERROUS', 'EVENTS', 'FROM', 'offset:99999');
  const message = messageOf(await client.readReply());
  t.regex(
    'text' in message ? message.text : '',
    /^ERR offset:99999 is not in the log, which has offset:0 to offset:\d+$/,
  );
});

test('A follower is sent what comes, in pushes to RESP3, until it stops', async (t) => {
  const server = await startLogged(t);
  const [writer, reader] = [await server.connect(), await server.connect()];
  await reader.send('HELLO', '3');
  await writer.send('SET', 'before', '1');
  t.is(await reader.text('FERROUS', 'EVENTS', 'FROM', '$', 'FOLLOW'), '+OK');
  t.regex(await reader.text('FERROUS', 'EVENTS', 'FROM', '$'), /^-ERR events are being sent/);
  await writer.send('SET', 'k', '1');
  const reply = await reader.readReply();
  t.is(reply.type, 'push');
  const message = messageOf(reply);
  t.is('event' in message ? textsOf(message.event.args) : '', 'SET k 1');
  const end = messageOf(await reader.send('FERROUS', 'EVENTS', 'STOP'));
  t.deepEqual(end, { end: server.server.services.writes.offset });
  t.is(messageOf(await reader.readReply()) !== undefined, true);
  t.is(await reader.text('PING'), '+PONG');
});

test('A reader that does not read is waited for, and then gets everything', async (t) => {
  const server = await startLogged(t);
  const [writer, reader] = [await server.connect(), await server.connect()];
  const value = 'x'.repeat(10_000);
  for (let i = 0; i < 300; i++) await writer.send('SET', `k${i}`, value);
  reader.pause();
  await reader.write('*4\r\n$7\r\nFERROUS\r\n$6\r\nEVENTS\r\n$4\r\nFROM\r\n$1\r\n-\r\n');
  const { clients } = server.server.services;
  let most = 0;
  for (let i = 0; i < 200; i++) {
    await writer.send('PING');
    for (const { outputBytes } of clients.all()) most = Math.max(most, outputBytes);
  }
  t.true(most < 300_000, `${most} bytes wait for the reader`);
  reader.resume();
  t.is((await reader.readReply()).type, 'simple');
  for (let i = 0; i < 300; i++) {
    const message = messageOf(await reader.readReply());
    t.is('event' in message ? textsOf(message.event.args.slice(1, 2)) : '', `k${i}`);
  }
  t.true('end' in messageOf(await reader.readReply()));
});

test('FERROUS AT answers from the past, and the present stays as it is', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  const { writes } = server.server.services;
  await run(client, 'SET k old', 'RPUSH l a b');
  const then = `offset:${writes.offset}`;
  await run(client, 'SET k new', 'DEL l');
  t.is(await client.text('FERROUS', 'AT', then, 'GET', 'k'), '"old"');
  t.is(await client.text('FERROUS', 'AT', then, 'LRANGE', 'l', '0', '-1'), '["a", "b"]');
  t.is(await client.text('FERROUS', 'AT', then, 'OBJECT', 'ENCODING', 'l'), '"listpack"');
  t.is(await client.text('GET', 'k'), '"new"');
  t.regex(await client.text('FERROUS', 'AT', '4000000000', 'GET', 'k'), /^-ERR .* is in the future/);
  t.regex(await client.text('FERROUS', 'AT', 'offset:9999999', 'GET', 'k'), /^-ERR Cannot go back to offset:9999999/);
  t.regex(await client.text('FERROUS', 'AT', then, 'GET'), /^-ERR wrong number of arguments/);
});

test('FERROUS HISTORY tells the last changes of a key, the newest first', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  await run(client, 'SET k 1', 'SET other 1', 'INCR k', 'FLUSHALL', 'SET k 3');
  const reply = await client.send('FERROUS', 'HISTORY', 'k', 'COUNT', '3');
  const items = reply.type === 'array' ? reply.items : [];
  const names = items.map((item) => (item.type === 'bulk' ? JSON.parse(item.bytes.toString()).args[0] : ''));
  t.deepEqual(names, ['SET', 'FLUSHALL', 'INCR']);
  const [, , increment] = items.map((item) => (item.type === 'bulk' ? JSON.parse(item.bytes.toString()) : {}));
  t.deepEqual([increment.before.value, increment.after.value], [['1'], ['2']]);
});

test('FERROUS UNDO puts back what an event changed', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  const { writes, keyspace } = server.server.services;
  await run(client, 'SET k 1', 'RPUSH l a b c', 'SET t x PX 100000', 'HSET h f v');
  const before = digestKeyspace(keyspace);
  const [changes] = [['SET k 2', 'DEL l', 'FLUSHALL', 'SET fresh 1', 'RENAME h g', 'MOVE k 4', 'COPY l m']];
  for (const change of changes) {
    const at = writes.offset;
    await run(client, change);
    const [undone] = await run(client, `FERROUS UNDO offset:${at}`);
    // The first event names its database first.
    const real = undone.startsWith(':') ? undone : (await eventsOf(client, 'FROM', `offset:${at}`))[0].offset;
    if (typeof real === 'number') t.regex((await run(client, `FERROUS UNDO offset:${real}`))[0], /^:[1-9]/, change);
    t.is(digestKeyspace(keyspace), before, change);
  }
});

test('A transaction is undone as a whole, and undoing is undone in the same way', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  const { keyspace } = server.server.services;
  await run(client, 'SET a 1', 'SET b 2', 'MULTI', 'SET a x', 'DEL b', 'SET c y', 'EXEC');
  const after = digestKeyspace(keyspace);
  const events = await eventsOf(client, 'FROM', '-');
  const last = events[events.length - 1];
  t.is(await client.text('FERROUS', 'UNDO', `offset:${last.offset}`), ':3');
  t.deepEqual(await run(client, 'GET a', 'GET b', 'EXISTS c'), ['"1"', '"2"', ':0']);
  const undoing = (await eventsOf(client, 'FROM', `offset:${last.end}`))[0];
  // It expects an offset, so a bare number is one.
  t.is(await client.text('FERROUS', 'UNDO', String(undoing.offset)), ':3');
  t.is(digestKeyspace(keyspace), after);
});

test('What was changed again is not undone, and the last change of a key is', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  await run(client, 'SET k 1', 'SET k 2', 'SET k 3', 'SWAPDB 1 2');
  const events = await eventsOf(client, 'FROM', '-');
  t.regex(
    await client.text('FERROUS', 'UNDO', `offset:${events[1].offset}`),
    new RegExp(`^-ERR the key "k" of database 0 was changed again at offset:${events[2].offset}$`),
  );
  t.is(await client.text('FERROUS', 'UNDO', 'KEY', 'k'), ':1');
  t.is(await client.text('GET', 'k'), '"2"');
  t.regex(
    await client.text('FERROUS', 'UNDO', 'KEY', 'nosuch'),
    /^-ERR no event in the log has changed the key "nosuch"$/,
  );
  t.regex(await client.text('FERROUS', 'UNDO', 'offset:3'), /^-ERR no event begins at offset:3$/);
  t.regex(await client.text('FERROUS', 'UNDO', `offset:${events[3].offset}`), /^-ERR SWAPDB is its own inverse/);
});
