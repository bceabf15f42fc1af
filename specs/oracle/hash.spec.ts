/**
 * Law 6 for hashes: any program of hash commands gets the replies of redis-server, in any order where Redis has none, and
 * leaves the same databases behind. With low limits hashes become tables on the way.
 *
 * FERROUS_LONG=1 runs twenty times as many programs; FERROUS_PROGRAMS says how many in all.
 */
import process from 'node:process';
import fc from 'fast-check';
import { key } from '../support/arbitraries.ts';
import { command, keysCommand, program } from '../support/arbitrary-commands.ts';
import { hashCommand } from '../support/arbitrary-hashes.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 10_000 : 500));

const protocols = fc.constantFrom(2 as const, 3 as const);
const LIMITS = ['--hash-max-listpack-entries', '4', '--hash-max-listpack-value', '20'];

/** What a hash goes through as the value of a key. */
const aroundHashes = fc.oneof(
  { weight: 6, arbitrary: hashCommand },
  command('SET', key, fc.constantFrom('1', 'x')),
  command('COPY', key, key, fc.constant('REPLACE')),
  command('RENAME', key, key),
  command('TYPE', key),
  command('EXPIRE', key, fc.constant('1000')),
  command('DEL', key),
);

for (const [limits, args] of [
  ['the usual limits', []],
  ['low limits', LIMITS],
] as const) {
  oracleTest(`programs of hash commands are answered as by redis-server, with ${limits}`, async (t) => {
    const pair = await startPair(t, { args: [...args] });
    await fc.assert(
      fc.asyncProperty(program({ commands: aroundHashes }), protocols, ({ script }, protocol) =>
        pair.check(script, { protocol }),
      ),
      { numRuns: PROGRAMS },
    );
    t.pass();
  });
}

oracleTest('programs of hash and keys commands are answered as by redis-server', async (t) => {
  const pair = await startPair(t, { args: LIMITS });
  const commands = fc.oneof({ weight: 2, arbitrary: hashCommand }, { weight: 1, arbitrary: keysCommand });
  await fc.assert(
    fc.asyncProperty(program({ commands }), protocols, ({ script }, protocol) => pair.check(script, { protocol })),
    { numRuns: Math.ceil(PROGRAMS / 4) },
  );
  t.pass();
});
