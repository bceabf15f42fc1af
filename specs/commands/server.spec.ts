/**
 * TIME, LOLWUT, SHUTDOWN.
 */
import process from 'node:process';
import test from 'ava';
import fc from 'fast-check';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { drawing } from '../../src/commands/lolwut.ts';
import { NO_SHUTDOWN } from '../../src/commands/server.ts';
import { REDIS_VERSION } from '../../src/version.ts';
import { startFerrous } from '../support/process-server.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { decodeReply, plain } from '../support/reply.ts';
import { untilLinkUp } from '../support/wait.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

test(reduces, [], 'TIME', says('["0", "0"]'));
test(reduces, [], 'TIME', says('["1700000000", "123000"]'), { nowMs: 1_700_000_000_123 });

test(reduces, [], 'SHUTDOWN x', error(SYNTAX_ERROR));
test(reduces, [], 'SHUTDOWN SAVE NOSAVE', error(SYNTAX_ERROR));
test(reduces, [], 'SHUTDOWN ABORT NOW', error(SYNTAX_ERROR));
test(reduces, [], 'SHUTDOWN ABORT SAVE', error(SYNTAX_ERROR));
test(reduces, [], 'SHUTDOWN ABORT', error(NO_SHUTDOWN));

test('SHUTDOWN answers nothing and ends the server', (t) => {
  const server = new MemoryServer();
  let ended = 0;
  server.server.lifecycle.ended$.subscribe(() => ended++);
  t.is(server.raw('SHUTDOWN NOSAVE NOW FORCE').length, 0);
  t.is(ended, 1);
});

test(reduces, [], 'LOLWUT VERSION x', error(NOT_AN_INTEGER));

test('LOLWUT shows a drawing and then the version of Redis', (t) => {
  const server = new MemoryServer();
  const lines = String(plain(decodeReply(server.raw('LOLWUT VERSION 5 20 4')))).split('\n');
  t.deepEqual(lines.slice(4), ['', `Redis ver. ${REDIS_VERSION}`, '']);
});

test('a drawing is as large as asked for, within limits', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5, max: 400 }),
      fc.integer({ min: -5, max: 100 }),
      fc.func(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (columns, rows, random) => {
        const lines = drawing(columns, rows, () => random()).split('\n');
        t.is(lines.length, Math.min(Math.max(rows, 1), 60) + 1);
        t.true(lines.every((line) => line.length <= Math.min(Math.max(columns, 1), 200)));
      },
    ),
    { numRuns: 30 },
  );
});

test('SHUTDOWN ABORT answers both the one that asks and the one that waits, each on its own connection', async (t) => {
  const master = await startFerrous(t, { args: ['--shutdown-timeout', '600'] });
  const replica = await startFerrous(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] });
  const [client, other] = [await master.connect(), await master.connect()];
  await untilLinkUp(await replica.connect());
  process.kill(replica.pid, 'SIGSTOP');
  t.teardown(() => replica.kill());
  await client.send('SET', 'a', '1');
  const waiting = client.text('SHUTDOWN', 'NOSAVE');
  await master.waitForLog('Waiting for replicas before shutting down');
  t.is(await other.text('SHUTDOWN', 'ABORT'), '+OK');
  t.is(await waiting, '-ERR Errors trying to SHUTDOWN. Check logs.');
  t.is(await other.text('SHUTDOWN', 'ABORT'), `-${NO_SHUTDOWN}`);
  t.is(await client.text('PING'), '+PONG');
});
