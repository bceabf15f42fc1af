/**
 * Law 3 for collections: whatever is done to large values while snapshots of them are on their way, in transactions and by
 * clients that wait, over links that break: at equal offsets a replica's digest is its master's.
 *
 * Nearly every value is large here, and snapshots are written in slices of a step each, so that they meet the changes.
 */
import test from 'ava';
import fc from 'fast-check';
import { Command, Program } from '../support/arbitraries.ts';
import { collectionCommandAnywhere, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { program } from '../support/arbitrary-commands.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Node, World, type WorldClient } from './world.ts';

const isLong = process.env['FERROUS_LONG'] === '1';

type Event =
  | { readonly kind: 'write'; readonly client: number; readonly program: Program }
  | { readonly kind: 'turn'; readonly ms: number; readonly turns: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'break'; readonly link: number }
  | { readonly kind: 'isolate'; readonly link: number; readonly ms: number }
  | { readonly kind: 'storm'; readonly link: number; readonly fills: Program; readonly storm: readonly Command[] };

const numbers = (to: number): readonly number[] => Array.from({ length: to }, (_, i) => i);

/** One command that makes a value large, or larger. */
const filling = fc
  .tuple(fc.constantFrom('list', 'list2', 'hash', 'hash2', 'set', 'set2', 'zset', 'zset2'), fc.nat(50), fc.nat(300))
  .map(([key, from, count]) => {
    const elements = numbers(count + 1).map((i) => from + i);
    const args = ((): string[] => {
      if (key.startsWith('list')) return ['RPUSH', key, ...elements.map((i) => `e${i}`)];
      if (key.startsWith('hash')) return ['HSET', key, ...elements.flatMap((i) => [`f${i}`, `v${i * 7919}`])];
      if (key.startsWith('set')) return ['SADD', key, ...elements.map((i) => (i % 3 === 0 ? `e${i}` : String(i)))];
      return ['ZADD', key, ...elements.flatMap((i) => [String((i * 7) % 31), `e${i}`])];
    })();
    return new Command(args);
  });

/** Changes that touch a large value in many places, or all of it. */
const sweeping = fc
  .constantFrom(
    'LTRIM list 20 -20',
    'LREM list 0 e30',
    'LINSERT list BEFORE e40 new',
    'LSET list 50 changed',
    'LMOVE list list2 LEFT RIGHT',
    'LPOP list 30',
    'RPOP list2 100',
    'HDEL hash f20 f21 f22 f23 f24',
    'HINCRBY hash counter 5',
    'SPOP set 20',
    'SUNIONSTORE set set set2',
    'SDIFFSTORE set2 set set2',
    'SMOVE set set2 e30',
    'ZREMRANGEBYRANK zset 10 60',
    'ZPOPMIN zset 15',
    'ZINCRBY zset 3.5 e33',
    'ZUNIONSTORE zset2 2 zset set',
    'ZRANGESTORE zset zset2 0 -10',
    'COPY hash hash2 REPLACE',
    'RENAME zset zset2',
    'UNLINK list',
    'DEL set',
    'SORT set2 ALPHA STORE list2',
    'SWAPDB 0 1',
    'FLUSHDB ASYNC',
    'PEXPIRE hash 700',
    'PEXPIRE list 1500',
    'DEBUG RELOAD',
  )
  .map((text) => new Command(text.split(' ')));

const transaction = fc
  .constantFrom('MULTI', 'EXEC', 'EXEC', 'WATCH zset', 'DISCARD')
  .map((text) => new Command(text.split(' ')));

const waiting = fc
  .constantFrom(
    'BLPOP list list2 0.5',
    'BRPOP list2 3',
    'BLMOVE list list2 LEFT RIGHT 0.3',
    'BLMPOP 2 2 list list2 RIGHT COUNT 30',
    'BZPOPMIN zset zset2 1',
    'BZMPOP 1 2 zset zset2 MAX COUNT 20',
  )
  .map((text) => new Command(text.split(' ')));

const commands = fc.oneof(
  { weight: 6, arbitrary: collectionCommandAnywhere },
  { weight: 3, arbitrary: filling },
  { weight: 4, arbitrary: sweeping },
  { weight: 3, arbitrary: transaction },
  { weight: 1, arbitrary: waiting },
);

/** Of three clients the last one waits more than it writes. */
const CLIENTS = 3;
const written = fc.nat(CLIENTS - 1).chain((client) =>
  fc.record({
    kind: fc.constant('write' as const),
    client: fc.constant(client),
    program: program({
      commands: client === CLIENTS - 1 ? fc.oneof(waiting, waiting, commands) : commands,
      maxLength: 8,
      invalid: false,
    }),
  }),
);

/** Large values, a link that breaks, and changes command by command while the snapshot is written. */
const storm = fc.record({
  kind: fc.constant('storm' as const),
  link: fc.nat(1),
  fills: fc.array(filling, { minLength: 1, maxLength: 4 }).map((all) => new Program(all)),
  storm: fc.array(fc.oneof(collectionCommandAnywhere, collectionCommandAnywhere, sweeping, sweeping, filling), {
    minLength: 5,
    maxLength: 25,
    size: 'max',
  }),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: storm },
  { weight: 8, arbitrary: written },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      ms: fc.constantFrom(0, 10, 100),
      turns: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 300, 1100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const), link: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('isolate' as const),
      link: fc.nat(1),
      ms: fc.constantFrom(500, 2500),
    }),
  },
);

const thresholds = fc.constantFrom(LOW_THRESHOLDS, LOW_THRESHOLDS, {});

const scenario = fc.record({
  seed: fc.integer(),
  before: fc.array(filling, { maxLength: 6 }).map((all) => new Program(all)),
  events: fc.array(event, { minLength: 5, maxLength: 30, size: 'max' }),
  backlogBytes: fc.constantFrom(64, 20_000, 1_000_000),
  chunkBytesMax: fc.constantFrom(7, 300, 65536),
  configs: fc.tuple(thresholds, thresholds, thresholds),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

const taken = { full: 0, partial: 0, compared: 0, walks: 0, during: 0 };
/** A replica that has lost its link asks again within a second. */
const TURNS_TO_SYNC = 200;

const follows = (replica: Node, master: Node): boolean => replica.isUp && replica.offset === master.offset;

const runScenario = async ({ seed, before, events, backlogBytes, chunkBytesMax, configs }: Scenario) => {
  const random = seededRandom(seed);
  const world = new World({ seed, cut: () => 1 + Math.floor(random() * chunkBytesMax), usPerLook: 200 });
  try {
    const common = { 'repl-backlog-size': backlogBytes, 'repl-diskless-sync-delay': 0 };
    const master = await world.node({ ...configs[0], ...common });
    const clients: WorldClient[] = numbers(CLIENTS).map(() => world.client(master));
    clients[0]?.write(before.encode());
    world.settle();
    const replicaof = (node: Node) => ({ replicaof: { host: '127.0.0.1', port: node.port } });
    const replica = await world.node({ ...configs[1], ...common, ...replicaof(master) });
    const second = await world.node({ ...configs[2], ...common, ...replicaof(replica) });
    const isClient = (address: string) => clients.some((client) => client.address === address);
    const ports = [master.port, replica.port];
    const check = (): void => {
      for (const [behind, ahead] of [
        [replica, master],
        [second, replica],
      ] as const) {
        // Between two histories, while it loads, a replica has no place that its offset names.
        if (ahead === replica && !ahead.isUp) continue;
        if (!follows(behind, ahead)) continue;
        taken.compared++;
        if (behind.digest() !== ahead.digest()) throw new Error(`at offset ${ahead.offset} the digests differ`);
      }
    };
    const runStorm = (one: Event & { readonly kind: 'storm' }): void => {
      const node = one.link === 0 ? master : replica;
      const { keyspace } = node.server.services;
      clients[0]?.write(one.fills.encode());
      world.settle();
      world.network.breakLinks(node.port, isClient);
      for (let left = TURNS_TO_SYNC; left > 0 && keyspace.walker === undefined; left--) {
        world.tick(10);
        world.run(1);
      }
      if (keyspace.walker !== undefined) taken.walks++;
      for (const command of one.storm) {
        clients[1]?.write(command.encode());
        world.run(2);
        if (keyspace.walker !== undefined) taken.during++;
      }
    };
    for (const one of events) {
      check();
      const port = one.kind === 'break' || one.kind === 'isolate' ? (ports[one.link] ?? 0) : 0;
      if (one.kind === 'write') clients[one.client]?.write(one.program.encode());
      else if (one.kind === 'storm') runStorm(one);
      else if (one.kind === 'turn') {
        world.tick(one.ms);
        world.run(one.turns);
      } else if (one.kind === 'wait') world.advance(one.ms);
      else if (one.kind === 'break') world.network.breakLinks(port, isClient);
      else {
        world.network.isolate(port, isClient);
        world.advance(one.ms);
        world.network.rejoin(port);
      }
    }
    world.settle();
    // Whoever still waits, and every time to live, is over by then.
    world.advance(4000);
    const arrived = world.until(() => follows(replica, master) && follows(second, replica), 20_000);
    taken.full += master.server.services.stats.fullSyncs;
    taken.partial += master.server.services.stats.partialSyncs;
    const critical = [replica, second].map((node) => node.logged(/CRITICAL/));
    return { arrived, digests: [master, replica, second].map((node) => node.digest()), critical };
  } finally {
    world.close();
  }
};

test('large values that change while they are sent, in transactions and by clients that wait: at equal offsets replicas equal their masters', async (t) => {
  t.timeout(20 * 60_000);
  await fc.assert(
    fc.asyncProperty(scenario, async (one) => {
      const { arrived, digests, critical } = await runScenario(one);
      if (!arrived) throw new Error('the replicas never caught up');
      if (new Set(digests).size !== 1) throw new Error(`digests differ: ${digests.join(' ')}`);
      if (critical.some((count) => count > 0)) throw new Error('a replica could not apply what its master said');
    }),
    { numRuns: isLong ? 500 : 60 },
  );
  t.log(`full resyncs: ${taken.full}, partial ones: ${taken.partial}, compared on the way: ${taken.compared}`);
  t.log(`commands run while one of ${taken.walks} snapshots was written: ${taken.during}`);
  t.pass();
});
