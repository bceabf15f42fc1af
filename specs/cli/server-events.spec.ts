/**
 * `ferrous events --connect`: what is said to a server, and what comes of its answers. The server here only plays one.
 * @since 0.3.0
 */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { readWords } from '../../src/cli/command.ts';
import { events, eventsSpec } from '../../src/cli/events.ts';
import { encodeCommand, eventsCommand } from '../../src/cli/server-events.ts';
import { eventLine, type LoggedEvent } from '../../src/eventlog/event.ts';
import { client, MadeLog, resp } from '../eventlog/make-log.ts';
import { makeTempDir, type Teardown } from '../support/temp.ts';
import { fakeTerminal } from './fake-terminal.ts';

const some = (count: number): readonly LoggedEvent[] => {
  const log = new MadeLog({});
  for (let i = 0; i < count; i++) log.write(client(1), 0, { args: ['SET', `k${i}`, `\xff${i}`] });
  return log.events;
};

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const message = (event: LoggedEvent): string => `*2\r\n${bulk('event')}${bulk(eventLine(event))}`;
const END = `*2\r\n${bulk('end')}:99\r\n`;

/** A server that waits for so many bytes and then says something. */
const playServer = async (t: Teardown, asked: Buffer, answer: (socket: Socket) => void) => {
  const path = join(await makeTempDir(t), 'server.sock');
  let received = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const before = received.length;
      received = Buffer.concat([received, chunk]);
      if (before < asked.length && received.length >= asked.length) answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  return { path, received: () => received };
};

const askFor = (...words: string[]): Buffer => Buffer.from(encodeCommand(words));
const PLAIN = askFor('FERROUS', 'EVENTS', 'FROM', '-');

const commandOf = (...words: string[]): readonly string[] => {
  const request = readWords(eventsSpec, ['--connect', ':1', ...words]);
  if (E.isLeft(request)) throw new Error(request.left);
  const { conditions, from, follow } = request.right;
  return eventsCommand({ ...conditions, follow, ...(from === undefined ? {} : { from }) });
};

const asks = test.macro<[words: readonly string[], asked: string]>({
  exec: (t, words, asked) => t.is(commandOf(...words).join(' '), asked),
  title: (_, words) => `ferrous events --connect ... ${words.join(' ')}`,
});

test(asks, [], 'FERROUS EVENTS FROM -');
test(asks, ['-f', '--from', '$'], 'FERROUS EVENTS FROM $ FOLLOW');
test(
  asks,
  ['--from', 'offset:7', '--to', '1700000000.5'],
  'FERROUS EVENTS FROM offset:7 TO 2023-11-14T22:13:20.500000Z',
);
test(
  asks,
  ['--key', 'a*', '--db', '2', '--user', 'u', '--client', '10.*', '--command', 'set'],
  'FERROUS EVENTS FROM - MATCH a* DB 2 USER u CLIENT 10.* COMMAND set',
);

test('A command is sent in RESP, byte for byte', (t) => {
  const words = ['a', '', '\xff\r\n'];
  t.deepEqual(Buffer.from(encodeCommand(words)), resp(words));
});

test('The events of a server are those it sends, up to its end', async (t) => {
  const sent = some(300);
  const { path, received } = await playServer(t, PLAIN, (socket) => {
    socket.write(`+OK\r\n${sent.map(message).join('')}${END}`);
  });
  const terminal = fakeTerminal();
  t.is(await events.run(['--connect', path], terminal), 0);
  t.deepEqual(terminal.out.lines, sent.map(eventLine));
  t.deepEqual(received(), PLAIN);
});

test('RESP3 pushes are understood, too, and classes are sorted out here', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  log.audit(client(1), 'auth', ['AUTH', '(redacted)']);
  const { path } = await playServer(t, PLAIN, (socket) => {
    socket.write(`+OK\r\n${log.events.map((event) => message(event).replace('*', '>')).join('')}${END}`);
  });
  const terminal = fakeTerminal();
  t.is(await events.run(['--connect', path, '--class', 'auth'], terminal), 0);
  t.deepEqual(terminal.out.lines, log.events.slice(1).map(eventLine));
});

test('A password comes from the option or from the environment', async (t) => {
  const logins: readonly (readonly [words: string[], env: Record<string, string>, auth: string[]])[] = [
    [['--pass', 'p'], {}, ['AUTH', 'p']],
    [['--login', 'u', '--pass', 'p'], { REDISCLI_AUTH: 'other' }, ['AUTH', 'u', 'p']],
    [['--login', 'u'], { REDISCLI_AUTH: 'p' }, ['AUTH', 'u', 'p']],
    [[], { REDISCLI_AUTH: 'p' }, ['AUTH', 'p']],
  ];
  for (const [words, env, auth] of logins) {
    const asked = Buffer.concat([askFor(...auth), PLAIN]);
    const { path, received } = await playServer(t, asked, (socket) => socket.write(`+OK\r\n+OK\r\n${END}`));
    t.is(await events.run(['--connect', path, ...words], fakeTerminal(undefined, { env })), 0);
    t.deepEqual(received(), asked);
  }
  const nobody = fakeTerminal();
  t.is(await events.run(['--connect', '/nowhere', '--login', 'u'], nobody), 1);
  t.is(nobody.err.text, 'ferrous events: --login u: expected --pass or REDISCLI_AUTH in the environment\n');
});

const fails = test.macro<[answer: string, reason: RegExp]>({
  exec: async (t, answer, reason) => {
    const { path } = await playServer(t, PLAIN, (socket) => socket.end(answer));
    const terminal = fakeTerminal();
    t.is(await events.run(['--connect', path], terminal), 1);
    t.regex(terminal.err.text, reason);
  },
  title: (_, answer) => `A server that says ${JSON.stringify(answer.slice(0, 40))} is an error`,
});

test(fails, '-NOAUTH Authentication required.\r\n', /: NOAUTH Authentication required\.\n$/);
test(fails, "-ERR unknown command 'FERROUS'\r\n", /: ERR unknown command 'FERROUS'\n$/);
test(fails, 'HTTP/1.1 400 Bad Request\r\n\r\n', /: expected a reply of a Redis server, got "HTTP/);
test(fails, `+OK\r\n*2\r\n${bulk('event')}${bulk('{"offset":1}')}`, /: expected an event, got \{"offset":1\}\n$/);
test(fails, '+OK\r\n', /: the connection to .* was lost\n$/);
test(fails, `+OK\r\n${some(3).map(message).join('')}`, /was lost; go on with --from offset:110\n$/);
test(fails, '+OK\r\n-ERR the log was removed\r\n', /: the server ended the stream: ERR the log was removed\n$/);

test('A server that is not there is an error', async (t) => {
  const terminal = fakeTerminal();
  t.is(await events.run(['--connect', join(await makeTempDir(t), 'none')], terminal), 1);
  t.regex(terminal.err.text, /^ferrous events: cannot connect to .*ENOENT/);
});

test('A reader that goes away ends the stream of a server', async (t) => {
  let closed = (): void => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const asked = askFor('FERROUS', 'EVENTS', 'FROM', '-', 'FOLLOW');
  const { path } = await playServer(t, asked, (socket) => {
    socket.once('close', closed);
    socket.write(`+OK\r\n${some(1).map(message).join('')}`);
  });
  const terminal = fakeTerminal();
  terminal.out.writesMax = 0;
  t.is(await events.run(['--connect', path, '--follow'], terminal), 0);
  await isClosed;
});
