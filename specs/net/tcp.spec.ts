/**
 * Real sockets: the quick way on libuv handles and the plain one on net.Socket behave alike.
 */
import { stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as E from 'fp-ts/Either';
import { firstValueFrom } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import { systemEnvironment } from '../../src/environment.ts';
import { Logger } from '../../src/log.ts';
import { MAX_CLIENTS, PROTECTED_MODE } from '../../src/net/clients.ts';
import { PeerError } from '../../src/net/peer.ts';
import { tcpTransport } from '../../src/net/tcp.ts';
import { buildServer, openListeners, type Server, serve } from '../../src/server.ts';
import { encodeCommand } from '../support/reply.ts';
import { connect, plain, type RawClient } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';
import { eventually } from '../support/wait.ts';

const MEGABYTE = 1024 * 1024;

interface Started {
  readonly server: Server;
  readonly port: number;
  readonly clients: () => number;
  readonly client: (host?: string) => Promise<RawClient>;
}

test('an address that is none fails the connection, and nothing else', async (t) => {
  for (const localAddress of ['60 1', 'here', '300.1.1.1']) {
    const peer$ = tcpTransport().connect({ host: '127.0.0.1', port: 1, localAddress });
    await t.throwsAsync(firstValueFrom(peer$), { instanceOf: PeerError });
  }
});

const start = async (t: ExecutionContext, quick: boolean, config: Partial<Config> = {}): Promise<Started> => {
  const environment = { ...systemEnvironment(), transport: tcpTransport(quick) };
  const server = buildServer({
    config: { ...defaults, bind: ['127.0.0.1'], port: 0, save: [], dbfilename: 'none.rdb', ...config },
    configFile: '',
    executable: '',
    environment,
    log: new Logger(
      () => {},
      () => Date.now(),
    ),
  });
  const opened = await openListeners(server, true)();
  if (E.isLeft(opened)) throw new Error(opened.left.join('\n'));
  await new Promise<void>((resolve, reject) => {
    const running = serve(server).subscribe({
      next: (event) => {
        if (event === 'loaded') resolve();
      },
      error: reject,
    });
    t.teardown(() => running.unsubscribe());
  });
  const port = server.lifecycle.port;
  return {
    server,
    port,
    clients: () => server.services.clients.size,
    client: (host = '127.0.0.1') => connect({ port, host }, t),
  };
};

/** A test of both ways. */
const both = (title: string, body: (t: ExecutionContext, quick: boolean) => Promise<void>): void => {
  test(`${title} (handles)`, (t) => body(t, true));
  test(`${title} (sockets)`, (t) => body(t, false));
};

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject).once('connect', () => resolve(socket));
  });

both('pipelined commands are answered in order', async (t, quick) => {
  const { client } = await start(t, quick);
  const replies = await (await client()).pipeline(Array.from({ length: 20_000 }, (_, i) => ['ECHO', i]));
  t.deepEqual(
    replies.map(plain),
    Array.from({ length: 20_000 }, (_, i) => String(i)),
  );
});

both('a command that comes byte by byte is one command', async (t, quick) => {
  const { client } = await start(t, quick);
  const sender = await client();
  const reply = sender.readReply();
  for (const byte of encodeCommand(['SET', 'k', 'a\r\nb'])) await sender.write(Uint8Array.of(byte));
  t.is(plain(await reply), 'OK');
  t.is(plain(await sender.send('GET', 'k')), 'a\r\nb');
});

both('values of several megabytes go in and out whole', async (t, quick) => {
  const { client } = await start(t, quick);
  const one = await client();
  const value = Buffer.alloc(9 * MEGABYTE, 'abcdefg');
  t.is(plain(await one.send('SET', 'k', value)), 'OK');
  const [first, second, ping] = await one.pipeline([['GET', 'k'], ['GET', 'k'], ['PING']]);
  t.true(first?.type === 'bulk' && first.bytes.equals(value));
  t.true(second?.type === 'bulk' && second.bytes.equals(value));
  t.is(ping && plain(ping), 'PONG');
});

both('all replies arrive when FIN comes with the last command', async (t, quick) => {
  const { client, clients } = await start(t, quick);
  const value = 'v'.repeat(3 * MEGABYTE);
  const one = await client();
  await one.send('SET', 'k', value);
  for (const script of ['PING\r\n', 'PING\r\nGET k\r\nPING\r\n']) {
    const last = await client();
    last.write(script).catch(() => undefined);
    last.end();
    const expected = script
      .replaceAll('PING\r\n', '+PONG\r\n')
      .replace('GET k\r\n', `$${value.length}\r\n${value}\r\n`);
    t.true((await last.readToEnd()).equals(Buffer.from(expected)));
  }
  await eventually(
    async () => clients(),
    (count) => count === 1,
  );
  t.pass();
});

both('QUIT closes behind its reply', async (t, quick) => {
  const { client } = await start(t, quick);
  const one = await client();
  await one.write('PING\r\nQUIT\r\nPING\r\n');
  t.is((await one.readToEnd()).toString(), '+PONG\r\n+OK\r\n');
});

both('a client that resets its connection is forgotten, with the replies it has not read', async (t, quick) => {
  const { client, clients, port } = await start(t, quick);
  const one = await client();
  await one.send('SET', 'k', 'v'.repeat(8 * MEGABYTE));
  for (let i = 0; i < 5; i++) {
    const socket = await opened(port);
    socket.pause();
    socket.write('GET k\r\nGET k\r\n');
    await eventually(
      async () => clients(),
      (count) => count === 2,
    );
    socket.resetAndDestroy();
    await eventually(
      async () => clients(),
      (count) => count === 1,
    );
  }
  t.is(plain(await one.send('PING')), 'PONG');
});

both(
  'a client that does not read is held back while others are served, and gets everything later',
  async (t, quick) => {
    const { client, server } = await start(t, quick);
    const [one, slow] = [await client(), await client()];
    const bytes = 4 * MEGABYTE;
    await one.send('SET', 'k', 'v'.repeat(bytes));
    slow.pause();
    const asked = 20;
    await slow.write('GET k\r\n'.repeat(asked));
    const paused = () => [...server.services.clients.all()].some((some) => some.paused);
    await eventually(
      async () => paused(),
      (isPaused) => isPaused,
    );
    t.is(plain(await one.send('PING')), 'PONG');
    const waiting = [...server.services.clients.all()].map((some) => some.outputBytes);
    t.true(Math.max(...waiting) < 100 * MEGABYTE);
    slow.resume();
    for (let i = 0; i < asked; i++) t.is((await slow.readRaw()).length, bytes + '$4194304\r\n\r\n'.length);
    t.false(paused());
  },
);

both('the output limit ends a client that does not read', async (t, quick) => {
  const { client, clients } = await start(t, quick, {
    'client-output-buffer-limit': {
      ...defaults['client-output-buffer-limit'],
      normal: { hardBytes: 10 * MEGABYTE, softBytes: 0, softSeconds: 0 },
    },
  });
  const [one, slow] = [await client(), await client()];
  await one.send('SET', 'k', 'v'.repeat(4 * MEGABYTE));
  slow.pause();
  await slow.write('GET k\r\n'.repeat(10));
  await eventually(
    async () => clients(),
    (count) => count === 1,
  );
  slow.resume();
  await slow.closed;
  t.is(plain(await one.send('PING')), 'PONG');
});

both('a blocked client that hangs up is forgotten', async (t, quick) => {
  const { client, clients } = await start(t, quick);
  const [one, blocked] = [await client(), await client()];
  await blocked.write('WAIT 1 0\r\n');
  blocked.end();
  await eventually(
    async () => clients(),
    (count) => count === 1,
  );
  t.is(plain(await one.send('PING')), 'PONG');
});

both('maxclients refuses, and takes the next one when a place is free', async (t, quick) => {
  const { client, clients } = await start(t, quick, { maxclients: 1 });
  const one = await client();
  t.is(plain(await one.send('PING')), 'PONG');
  t.is((await (await client()).readToEnd()).toString(), MAX_CLIENTS);
  await one.close();
  await eventually(
    async () => clients(),
    (count) => count === 0,
  );
  t.is(plain(await (await client()).send('PING')), 'PONG');
});

both('connections come and go without a trace', async (t, quick) => {
  const { client, clients, server } = await start(t, quick);
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const one = await client();
        await one.send('PING');
        if (i % 2 === 0) await one.close();
        else await one.send('QUIT');
      }),
    );
  }
  await eventually(
    async () => clients(),
    (count) => count === 0,
  );
  t.is(server.services.stats.connectionsReceived, 200);
});

both('several addresses, IPv6 among them, share one port', async (t, quick) => {
  const { client } = await start(t, quick, { bind: ['127.0.0.1', '-::1', '-192.0.2.1'], 'tcp-backlog': 7 });
  t.is(plain(await (await client()).send('SET', 'k', 'v')), 'OK');
  const hasLoopback6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
  if (!hasLoopback6) return;
  const six = await client('::1');
  t.is(plain(await six.send('GET', 'k')), 'v');
  t.regex(String(plain(await six.send('CLIENT', 'INFO'))), /addr=\[::1\]:\d+ laddr=\[::1\]:\d+ /);
});

both('an address that is not ours stops the start, unless a dash forgives it', async (t, quick) => {
  await t.throwsAsync(start(t, quick, { bind: ['127.0.0.1', '192.0.2.1'] }), {
    message: /Could not create server TCP listening socket 192\.0\.2\.1:\d+: bind: Cannot assign requested address/,
  });
});

both('a unix socket has the permissions that were asked for', async (t, quick) => {
  const path = join(await makeTempDir(t), 'ferrous.sock');
  await start(t, quick, { unixsocket: path, unixsocketperm: 0o640 });
  t.is((await stat(path)).mode & 0o777, 0o640);
  const one = await connect({ path }, t);
  t.is(plain(await one.send('PING')), 'PONG');
  t.true(String(plain(await one.send('CLIENT', 'INFO'))).includes(` addr=${path}:0 laddr=${path}:0 `));
  one.write('ECHO a\r\n').catch(() => undefined);
  one.end();
  t.is((await one.readToEnd()).toString(), '$1\r\na\r\n');
});

both('protected mode turns away who comes from outside', async (t, quick) => {
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined) {
    t.log('skipped: this machine has no address but its loopback');
    t.pass();
    return;
  }
  const { client } = await start(t, quick, { bind: ['0.0.0.0'] });
  t.is((await (await client(outside.address)).readToEnd()).toString(), PROTECTED_MODE);
  t.is(plain(await (await client()).send('PING')), 'PONG');
});
