/**
 * Law 6 for sets: any program of set commands gets the replies of redis-server, in any order where Redis has none, and
 * leaves the same databases behind; and it is propagated as redis-server propagates it. With low limits sets change their
 * encoding on the way.
 *
 * FERROUS_LONG=1 runs twenty times as many programs; FERROUS_PROGRAMS says how many in all.
 */
import process from 'node:process';
import fc from 'fast-check';
import { key } from '../support/arbitraries.ts';
import { command, keysCommand, program } from '../support/arbitrary-commands.ts';
import { setCommand } from '../support/arbitrary-sets.ts';
import { startLoggedRedis } from '../support/logged-redis.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { MemoryServer } from '../support/reduce.ts';
import type { Arg } from '../support/reply.ts';
import { commandsIn, isSameStream, record, showStream } from '../support/write-stream.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 10_000 : 500));

const protocols = fc.constantFrom(2 as const, 3 as const);
/** Redis 7.0 knows no listpacks for sets. */
const LOW_LIMITS = { 'set-max-intset-entries': 4 };
const OUR_LOW_LIMITS = { ...LOW_LIMITS, 'set-max-listpack-entries': 6, 'set-max-listpack-value': 20 };

/** What a set goes through as the value of a key. */
const aroundSets = fc.oneof(
  { weight: 8, arbitrary: setCommand },
  command('SET', key, fc.constantFrom('1', 'x')),
  command('COPY', key, key, fc.constant('REPLACE')),
  command('RENAME', key, key),
  command('TYPE', key),
  command('EXPIRE', key, fc.constant('1000')),
  command('DEBUG DIGEST-VALUE', key),
  command('DEL', key),
);

for (const [name, limits, ourLimits] of [
  ['the usual limits', {}, {}],
  ['low limits', LOW_LIMITS, OUR_LOW_LIMITS],
] as const) {
  oracleTest(`programs of set commands are answered as by redis-server, with ${name}`, async (t) => {
    const args = Object.entries(limits).flatMap(([directive, value]) => [`--${directive}`, String(value)]);
    const pair = await startPair(t, { args });
    const client = await pair.ferrous.connect();
    for (const [directive, value] of Object.entries(ourLimits)) {
      await client.send('CONFIG', 'SET', directive, String(value));
    }
    await fc.assert(
      fc.asyncProperty(program({ commands: aroundSets, invalid: false }), protocols, ({ script }, protocol) =>
        pair.check(script, { protocol }),
      ),
      { numRuns: PROGRAMS },
    );
    t.pass();
  });
}

oracleTest('programs of set and keys commands are answered as by redis-server', async (t) => {
  const pair = await startPair(t, {});
  // Redis 7.0 has other encodings; they are looked at in the specs of the commands.
  const withoutEncoding = keysCommand.filter(({ args }) => String(args[1]).toUpperCase() !== 'ENCODING');
  const commands = fc.oneof({ weight: 2, arbitrary: setCommand }, { weight: 1, arbitrary: withoutEncoding });
  await fc.assert(
    fc.asyncProperty(program({ commands, invalid: false }), protocols, ({ script }, protocol) =>
      pair.check(script, { protocol }),
    ),
    { numRuns: Math.ceil(PROGRAMS / 4) },
  );
  t.pass();
});

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

oracleTest.serial('set commands are propagated as redis-server propagates them', async (t) => {
  const { client, log } = await startLoggedRedis(t);
  await fc.assert(
    fc.asyncProperty(program({ commands: aroundSets, invalid: false }), async (history) => {
      const server = new MemoryServer({ nowMs: Date.now(), config: OUR_LOW_LIMITS });
      // Both streams have database 0 selected behind this.
      await client.send('SELECT', '0');
      await client.send('FLUSHALL');
      server.raw('FLUSHALL');
      const start = log().length;
      const ours = record(server.server.services.writes);
      const replies = history.commands.map(({ args }) => client.sendRaw(args));
      for (const { args } of history.commands) server.raw(wordsOf(args));
      await Promise.all(replies);

      const theirs = commandsIn(log(start));
      if (isSameStream(ours, theirs)) return;
      throw new Error(`ferrous emits\n${showStream(ours)}\nredis-server emits\n${showStream(theirs)}`);
    }),
    { numRuns: 100 },
  );
  t.pass();
});
