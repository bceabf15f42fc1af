/**
 * What a connection remembers, beside redis-server: protocol, database, name, password, silence; and SCAN's guarantee,
 * which both have to keep.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import type { RunningServer } from '../support/process-server.ts';
import { encodeCommand } from '../support/reply.ts';
import { plain, show } from '../support/resp-client.ts';
import { exchange } from './exchange.ts';

const isLong = process.env['FERROUS_LONG'] === '1';

// HELLO's SETNAME stands behind a good AUTH only: in 7.2 a HELLO that is refused names nobody, in 7.0 it did.
const line = fc.constantFrom(
  'HELLO',
  'HELLO 2',
  'HELLO 3',
  'HELLO 4',
  'HELLO 3 AUTH default secret',
  'HELLO 2 AUTH default wrong',
  'HELLO 3 AUTH default secret SETNAME me',
  'HELLO 3 SETNAME',
  'AUTH secret',
  'AUTH secret',
  'AUTH default secret',
  'AUTH wrong',
  'AUTH nobody secret',
  'RESET',
  'SELECT 0',
  'SELECT 1',
  'SELECT 99',
  'CLIENT SETNAME a',
  'CLIENT GETNAME',
  'CLIENT GETNAME',
  'CLIENT REPLY ON',
  'CLIENT REPLY OFF',
  'CLIENT REPLY SKIP',
  'CLIENT REPLY SKIP',
  'CLIENT REPLY x',
  'CLIENT NO-EVICT ON',
  'CLIENT NO-EVICT x',
  'WAIT 0 0',
  'PING',
  'PING a',
  'ECHO b',
  'SET k v',
  'SET k w',
  'GET k',
  'GET k',
  'DEL k',
  'NOSUCH x',
  'GET',
  'CLIENT',
  'CLIENT NOSUCH',
  'CLIENT HELP x',
  'OBJECT ENCODING k',
  'CONFIG GET hz',
  'COMMAND GETKEYS GET k',
  'DEBUG PROTOCOL double',
  'DEBUG PROTOCOL map',
  'DEBUG PROTOCOL null',
  'DEBUG PROTOCOL bignum',
  'QUIT',
);

const known = fc.array(line, { minLength: 1, maxLength: 25, size: 'max' });

/** Version and client id are each server's own; 7.2 has a word more in a hint. */
const comparable = (answer: string): string =>
  answer
    .replace(/(\$7\r\nversion\r\n)\$\d+\r\n[\d.]+/g, '$1')
    .replace(/(\$2\r\nid\r\n):\d+/g, '$1')
    .replaceAll('HELLO AUTH <user>', 'HELLO <proto> AUTH <user>');

for (const password of ['', 'secret']) {
  const title = password === '' ? 'without a password' : 'with a password';
  oracleTest(`sessions ${title} go on as with redis-server`, async (t) => {
    const pair = await startPair(t, password === '' ? {} : { args: ['--requirepass', password], password });
    const control = await Promise.all([pair.ferrous.connect(), pair.redis.connect()]);
    await fc.assert(
      fc.asyncProperty(known, async (lines) => {
        await Promise.all(control.map((client) => client.send('FLUSHALL')));
        const bytes = Buffer.concat(lines.map((one) => encodeCommand(one.split(' '))));
        const [ours, theirs] = await Promise.all([
          exchange(pair.ferrous.port, bytes),
          exchange(pair.redis.port, bytes),
        ]);
        assert.equal(comparable(ours), comparable(theirs));
      }),
      { numRuns: isLong ? 10_000 : 200 },
    );
    t.pass();
  });
}

oracleTest('help says what redis-server says, and what 7.2 has added', async (t) => {
  const pair = await startPair(t);
  const [ours, theirs] = [await pair.ferrous.connect(), await pair.redis.connect()];
  const added = /SETINFO|client meta attr|LIB-NAME|LIB-VER|NO-TOUCH|LRU\/LFU stats when|default behavior|fetching them/;
  for (const name of ['CLIENT', 'OBJECT', 'CONFIG', 'COMMAND', 'DEBUG']) {
    const lines = async (client: typeof ours): Promise<readonly string[]> => {
      const help = plain(await client.send(name, 'HELP'));
      return Array.isArray(help) ? help.map(String) : [];
    };
    const extra = (all: readonly string[]): readonly string[] =>
      all.filter((one) => !added.test(one)).map((one) => one.replace(/ \[(full|fast)\]$/, ''));
    t.deepEqual(extra(await lines(ours)), extra(await lines(theirs)), name);
  }
});

/** Everything SCAN returns from the first call to the last, while others come and go between the calls. */
const scanned = async (
  server: RunningServer,
  stable: readonly string[],
  churn: readonly (readonly string[])[],
  options: readonly string[],
): Promise<ReadonlySet<string>> => {
  const client = await server.connect();
  await client.send('FLUSHALL');
  await client.pipeline(stable.map((key) => ['SET', key, 'v']));
  const seen = new Set<string>();
  let cursor = '0';
  let round = 0;
  do {
    const reply = plain(await client.send('SCAN', cursor, ...options));
    assert.ok(Array.isArray(reply) && Array.isArray(reply[1]), show(await client.send('PING')));
    cursor = String(reply[0]);
    for (const key of reply[1]) seen.add(String(key));
    const commands = churn[round++];
    if (commands !== undefined && commands.length > 0) await client.pipeline(commands.map((one) => one.split(' ')));
  } while (cursor !== '0');
  await client.close();
  return seen;
};

const churnCommand = fc.oneof(
  fc.nat(300).map((n) => `SET t:${n} v`),
  fc.nat(300).map((n) => `DEL t:${n}`),
  fc.integer({ min: 1, max: 30 }).map((n) => `DEBUG POPULATE ${n * 20} p${n} 8`),
  fc.constant('SET other v'),
);

oracleTest('SCAN returns every key that is there throughout, whatever happens meanwhile', async (t) => {
  const pair = await startPair(t);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(2000), { minLength: 1, maxLength: 150 }),
      fc.array(fc.array(churnCommand, { maxLength: 10 }), { maxLength: 30 }),
      fc.constantFrom(
        [],
        ['COUNT', '1'],
        ['COUNT', '50'],
        ['MATCH', 's:*'],
        ['TYPE', 'string'],
        ['match', 's:*', 'count', '3'],
      ),
      async (numbers, churn, options) => {
        const stable = numbers.map((n) => `s:${n}`);
        for (const server of [pair.ferrous, pair.redis]) {
          const seen = await scanned(server, stable, churn, options);
          assert.deepEqual(
            stable.filter((key) => !seen.has(key)),
            [],
          );
        }
      },
    ),
    { numRuns: isLong ? 500 : 15 },
  );
  t.pass();
});
