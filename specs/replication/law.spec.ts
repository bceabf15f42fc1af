import test from 'ava';
import fc from 'fast-check';
import type { Program } from '../support/arbitraries.ts';
import { collectionCommand } from '../support/arbitrary-collections.ts';
import { anyCommand, command, program } from '../support/arbitrary-commands.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Node, World } from './world.ts';

/** What happens to a pair of servers, or to a chain of three. */
type Event =
  | { readonly kind: 'write'; readonly program: Program }
  | { readonly kind: 'turn'; readonly turns: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'break'; readonly link: number }
  | { readonly kind: 'isolate'; readonly link: number; readonly ms: number };

/** Everything that is written, in transactions and without: a link may break in the middle of one. */
const commands = fc.oneof(
  { weight: 4, arbitrary: anyCommand },
  { weight: 4, arbitrary: collectionCommand },
  { weight: 1, arbitrary: command('MULTI') },
  { weight: 1, arbitrary: command('EXEC') },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), program: program({ commands, maxLength: 12 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('turn'), turns: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(10, 300, 1100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break'), link: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('isolate'), link: fc.nat(1), ms: fc.constantFrom(500, 2500) }),
  },
);

interface Scenario {
  readonly seed: number;
  readonly events: readonly Event[];
  readonly backlogBytes: number;
  readonly chunkBytesMax: number;
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  events: fc.array(event, { maxLength: 20, size: 'max' }),
  backlogBytes: fc.constantFrom(64, 500, 1_000_000),
  chunkBytesMax: fc.constantFrom(1, 7, 100, 65536),
});

/** How often each way of resync was taken, for the log. */
const taken = { full: 0, partial: 0 };

const follows = (replica: Node, master: Node): boolean => replica.isUp && replica.offset === master.offset;

const runScenario = async ({ seed, events, backlogBytes, chunkBytesMax }: Scenario) => {
  const random = seededRandom(seed);
  const world = new World({ seed, cut: () => 1 + Math.floor(random() * chunkBytesMax) });
  try {
    const master = await world.node({ 'repl-backlog-size': backlogBytes });
    const address = { host: '127.0.0.1', port: master.port };
    const client = world.client(master);
    const replica = await world.node({ 'repl-backlog-size': backlogBytes, replicaof: address });
    const second = await world.node({ replicaof: { host: '127.0.0.1', port: replica.port } });
    const isClient = (address: string) => address === client.address;
    const ports = [master.port, replica.port];
    const check = (): void => {
      for (const [behind, ahead] of [
        [replica, master],
        [second, replica],
      ] as const) {
        // Between two histories, while it loads, a replica has no place that its offset names.
        if (ahead === replica && !ahead.isUp) continue;
        if (follows(behind, ahead) && behind.digest() !== ahead.digest()) {
          throw new Error(`at offset ${ahead.offset} the digests differ`);
        }
      }
    };
    for (const one of events) {
      check();
      const port = one.kind === 'break' || one.kind === 'isolate' ? (ports[one.link] ?? 0) : 0;
      if (one.kind === 'write') client.write(one.program.encode());
      else if (one.kind === 'turn') world.run(one.turns);
      else if (one.kind === 'wait') world.advance(one.ms);
      else if (one.kind === 'break') world.network.breakLinks(port, isClient);
      else {
        world.network.isolate(port, isClient);
        world.advance(one.ms);
        world.network.rejoin(port);
      }
    }
    world.settle();
    const arrived = world.until(() => follows(replica, master) && follows(second, replica), 20_000);
    taken.full += master.server.services.stats.fullSyncs;
    taken.partial += master.server.services.stats.partialSyncs;
    return { arrived, digests: [master, replica, second].map((node) => node.digest()) };
  } finally {
    world.close();
  }
};

test('whatever is written and whatever breaks: at equal offsets a replica, and its replica, equal their master', async (t) => {
  await fc.assert(
    fc.asyncProperty(scenario, async (one) => {
      const { arrived, digests } = await runScenario(one);
      if (!arrived) throw new Error('the replicas never caught up');
      if (new Set(digests).size !== 1) throw new Error(`digests differ: ${digests.join(' ')}`);
    }),
    { numRuns: process.env['FERROUS_LONG'] === '1' ? 1000 : 60 },
  );
  t.log(`full resyncs: ${taken.full}, partial ones: ${taken.partial}`);
  t.pass();
});
