import { PassThrough } from 'node:stream';
import test from 'ava';
import fc from 'fast-check';
import { oracleTest } from './oracle-test.ts';
import { findRedisServer, spawnServer, startRedis } from './process-server.ts';
import { ConnectionClosed, connect, decodeReply, encodeCommand, plain, RawClient, show } from './resp-client.ts';

const REPLIES: readonly (readonly [string, string])[] = [
  ['+OK\r\n', '+OK'],
  ['-ERR no\r\n', '-ERR no'],
  [':12\r\n', ':12'],
  [':9223372036854775807\r\n', ':9223372036854775807'],
  ['$3\r\na"\n\r\n', '"a\\"\\n"'],
  ['$0\r\n\r\n', '""'],
  ['$-1\r\n', '$-1'],
  ['*-1\r\n', '*-1'],
  ['_\r\n', '_'],
  ['*0\r\n', '[]'],
  ['*2\r\n:1\r\n*1\r\n$1\r\na\r\n', '[:1, ["a"]]'],
  ['%1\r\n+f\r\n,1.5\r\n', '{+f: ,1.5}'],
  ['~2\r\n#t\r\n#f\r\n', '~[#t, #f]'],
  ['>2\r\n+message\r\n(123\r\n', '>[+message, (123]'],
  ['=5\r\ntxt:a\r\n', '=txt:"a"'],
  ['|1\r\n+ttl\r\n:3\r\n:7\r\n', '|{+ttl: :3} :7'],
  ['!5\r\nERR x\r\n', '-ERR x'],
];

for (const [bytes, shown] of REPLIES) {
  test(`the reply ${JSON.stringify(bytes)} is shown as ${shown}`, (t) => {
    t.is(show(decodeReply(Buffer.from(bytes, 'latin1'))), shown);
  });
}

test('replies are read whole under every chunking of their bytes', async (t) => {
  const all = Buffer.from(REPLIES.map(([bytes]) => bytes).join(''), 'latin1');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(all.length)), async (cuts) => {
      const stream = new PassThrough();
      const client = new RawClient(stream);
      const ends = [...cuts].sort((a, b) => a - b);
      let from = 0;
      for (const end of [...ends, all.length]) {
        stream.push(all.subarray(from, end));
        from = end;
      }
      for (const [bytes] of REPLIES) t.is((await client.readRaw()).toString('latin1'), bytes);
      await client.close();
    }),
  );
});

test('a reader that waits learns that the peer hung up', async (t) => {
  const stream = new PassThrough();
  const client = new RawClient(stream);
  stream.push('$5\r\nab');
  const reply = t.throwsAsync(client.readReply(), { instanceOf: ConnectionClosed, message: /in the middle of/ });
  stream.push(null);
  await reply;
  await client.closed;
  t.is((await client.readToEnd()).toString(), '$5\r\nab');
});

test('bytes that are no RESP end the connection with a reason', async (t) => {
  const stream = new PassThrough();
  const client = new RawClient(stream);
  stream.push('hello\r\n');
  await t.throwsAsync(client.readReply(), { message: /no RESP/ });
});

test('a diverted push does not answer a command', async (t) => {
  const stream = new PassThrough();
  const client = new RawClient(stream);
  client.divertPushes = true;
  stream.push('>1\r\n+invalidate\r\n+OK\r\n');
  t.is(show(await client.readReply()), '+OK');
  t.is(show(await client.nextPush()), '>[+invalidate]');
});

test('a command is encoded by the length of its bytes', (t) => {
  t.is(
    encodeCommand(['SET', 'é', 5, Uint8Array.of(0)]).toString('latin1'),
    '*4\r\n$3\r\nSET\r\n$1\r\né\r\n$1\r\n5\r\n$1\r\n\0\r\n',
  );
  t.is(encodeCommand(['€']).toString('utf8'), '*1\r\n$3\r\n€\r\n');
});

oracleTest('a redis-server is started, asked, and stopped', async (t) => {
  const server = await startRedis(t, {
    conf: 'maxmemory 100mb\n',
    args: ['--requirepass', 'secret'],
    password: 'secret',
  });
  const client = await server.connect();
  t.is(await client.text('SET', 'k', Uint8Array.of(0, 255)), '+OK');
  t.is((await client.sendRaw(['GET', 'k'])).toString('latin1'), '$2\r\n\0\xff\r\n');
  t.deepEqual((await client.pipeline([['INCR', 'n'], ['GET', 'n'], ['NO']])).map(plain), [
    1,
    '1',
    { error: "ERR unknown command 'NO', with args beginning with: " },
  ]);
  t.is(await client.text('HELLO', '4'), '-NOPROTO unsupported protocol version');
  t.deepEqual(plain(await client.send('CONFIG', 'GET', 'maxmemory')), ['maxmemory', '104857600']);
  t.regex(await server.waitForLog('Ready to accept connections'), /Ready/);
  const exit = await server.stop();
  t.is(exit.code, 0);
  await client.closed;
  await t.throwsAsync(connect({ port: server.port }));
});

oracleTest('a server that refuses to start ends with its log', async (t) => {
  const found = await findRedisServer();
  if ('missing' in found) return t.fail(found.missing);
  const server = await spawnServer([found.path], { conf: 'no-such-directive 1\n' }, t);
  t.is((await server.exited).code, 1);
  t.regex(server.log(), /no-such-directive/);
});
