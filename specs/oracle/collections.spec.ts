/**
 * Law 6 for collections: any program of list, hash, set, sorted set, SORT and generic commands, all mixed over few keys, gets
 * the replies of redis-server and leaves the same digest behind; with thresholds that convert values all the time, and with
 * the usual ones.
 */
import process from 'node:process';
import fc from 'fast-check';
import { determined, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { program } from '../support/arbitrary-commands.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 20_000 : 1000));

const { 'set-max-listpack-entries': _entries, 'set-max-listpack-value': _value, ...KNOWN_TO_7_0 } = LOW_THRESHOLDS;

for (const [name, settings] of [
  ['low', KNOWN_TO_7_0],
  ['usual', {}],
] as const) {
  oracleTest(`programs on collections with ${name} thresholds are answered as by redis-server`, async (t) => {
    const args = Object.entries(settings).flatMap(([directive, value]) => [`--${directive}`, String(value)]);
    const pair = await startPair(t, { args });
    const client = await pair.ferrous.connect();
    if (name === 'low') {
      for (const directive of ['set-max-listpack-entries', 'set-max-listpack-value'] as const) {
        await client.send('CONFIG', 'SET', directive, String(LOW_THRESHOLDS[directive]));
      }
    }
    await fc.assert(
      fc.asyncProperty(
        program({ commands: determined, maxLength: 40, invalid: false }),
        fc.constantFrom(2 as const, 3 as const),
        ({ script }, protocol) => pair.check(script, { protocol }),
      ),
      { numRuns: PROGRAMS / 2 },
    );
    t.pass();
  });
}
