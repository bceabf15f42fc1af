/**
 * The snapshot law for a whole server: real commands between the slices, DUMP and RESTORE among them.
 */
import test from 'ava';
import fc from 'fast-check';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import type { Command } from '../support/arbitraries.ts';
import { program } from '../support/arbitrary-commands.ts';
import { MemoryServer } from '../support/reduce.ts';
import { contents, load, memorySink, NOW_MS, StillEnvironment, snapshotterOf } from './keyspaces.ts';

const words = ({ args }: Command): readonly (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

/** A keyspace with as many databases as the server has. */
const sixteen = (): Keyspace => {
  const keyspace = new Keyspace({ databases: 16, random: () => 0.5, hashKey: [3, 4] });
  keyspace.setNow(NOW_MS);
  return keyspace;
};

test('a snapshot taken while any commands run is the server as it was when it began', (t) => {
  const story = fc.record({
    before: program({ maxLength: 60, invalid: false }),
    during: program({ maxLength: 60, invalid: false }),
    stepsPerLook: fc.constantFrom(1, 2),
    pieceBytes: fc.constantFrom(200, 100_000),
  });
  fc.assert(
    fc.property(story, ({ before, during, stepsPerLook, pieceBytes }) => {
      const server = new MemoryServer({ config: { save: [], 'proto-max-bulk-len': 1024 * 1024 }, nowMs: NOW_MS });
      for (const command of before.commands) server.raw(words(command));
      const { keyspace } = server;
      const environment = new StillEnvironment();
      const snapshotter = snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook, pieceBytes });
      const expected = contents(keyspace);
      const sink = memorySink();
      let isDone = false;
      snapshotter.start(sink).subscribe({
        complete: () => {
          isDone = true;
        },
      });
      for (const command of during.commands) {
        server.raw(words(command));
        server.advance(50);
        keyspace.reclaim(3);
        environment.endTurn();
      }
      while (!isDone) environment.endTurn();
      const { keyspace: loaded, error } = load(sink.bytes(), { keyspace: sixteen() });
      t.is(error, undefined);
      t.deepEqual(contents(loaded), expected);
    }),
    { numRuns: 100 },
  );
});
