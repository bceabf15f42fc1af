/**
 * Ferrous and redis-server as each other's masters and replicas while several clients run random programs on collections:
 * every family, transactions, clients that wait, links that break, full syncs in the middle. Their digests are equal then.
 */
import process from 'node:process';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Command, type Program } from '../support/arbitraries.ts';
import { collectionCommandAnywhere, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { command, program } from '../support/arbitrary-commands.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { type RunningServer, startFerrous, startRedis } from '../support/process-server.ts';
import type { RawClient } from '../support/resp-client.ts';
import { eventually, info, untilCaughtUp, untilLinkUp } from '../support/wait.ts';

const ROUNDS = process.env['FERROUS_LONG'] === '1' ? 60 : 6;
const PROGRAMS_PER_ROUND = 12;
const CLIENTS = 4;

const { 'set-max-listpack-entries': _entries, 'set-max-listpack-value': _value, ...KNOWN_TO_7_0 } = LOW_THRESHOLDS;
const LOW = Object.entries(KNOWN_TO_7_0).flatMap(([directive, value]) => [`--${directive}`, String(value)]);
const AT_ONCE = ['--repl-diskless-sync-delay', '0'];

const waiting = fc.oneof(
  ...[
    'BLPOP list list2 0.05',
    'BRPOP list2 list 0.1',
    'BLMOVE list list2 LEFT RIGHT 0.05',
    'BRPOPLPUSH list2 list 0.05',
    'BLMPOP 0.1 2 list list2 RIGHT COUNT 3',
    'BZPOPMIN zset zset2 0.05',
    'BZPOPMAX zset2 0.05',
    'BZMPOP 0.05 2 zset zset2 MAX COUNT 2',
  ].map((text) => fc.constant(new Command(text.split(' ')))),
);

const programs: fc.Arbitrary<Program> = program({
  commands: fc.oneof(
    { weight: 40, arbitrary: collectionCommandAnywhere },
    { weight: 3, arbitrary: command('MULTI') },
    { weight: 4, arbitrary: command('EXEC') },
    { weight: 1, arbitrary: command('SELECT', fc.constantFrom('0', '3')) },
    { weight: 1, arbitrary: waiting },
  ),
  minLength: 20,
  maxLength: 80,
});

/** Runs programs on as many connections, and leaves no transaction open. */
const run = async (clients: readonly RawClient[], histories: readonly Program[]): Promise<void> => {
  const one = async (client: RawClient, mine: readonly Program[]): Promise<void> => {
    for (const { script } of mine) {
      await client.pipelineRaw(script);
      await client.send('DISCARD');
    }
  };
  await Promise.all(
    clients.map((client, i) =>
      one(
        client,
        histories.filter((_, n) => n % clients.length === i),
      ),
    ),
  );
};

type Start = typeof startFerrous;

const sameDigest = async (t: ExecutionContext, master: RawClient, replica: RawClient, how: string): Promise<void> => {
  await untilCaughtUp(master, replica);
  t.is(await replica.text('DEBUG', 'DIGEST'), await master.text('DEBUG', 'DIGEST'), how);
};

interface Ends {
  readonly master: RunningServer;
  readonly replica: RunningServer;
}

const story = async (t: ExecutionContext, startMaster: Start, startReplica: Start, isLow: boolean): Promise<Ends> => {
  // The other one has the usual thresholds: how values are held is nobody else's affair.
  const master = await startMaster(t, { args: [...AT_ONCE, ...(isLow ? LOW : [])] });
  const writer = await master.connect();
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => master.connect()));
  const histories = fc.sample(programs, { numRuns: ROUNDS * PROGRAMS_PER_ROUND, seed: isLow ? 71 : 72 });
  const rounds = Array.from({ length: ROUNDS }, (_, i) =>
    histories.slice(i * PROGRAMS_PER_ROUND, (i + 1) * PROGRAMS_PER_ROUND),
  );
  const [before = [], ...others] = rounds;
  await run(clients, before);
  const replica = await startReplica(t, {
    args: [...AT_ONCE, ...(isLow ? [] : LOW), '--replicaof', master.host, String(master.port)],
  });
  const reader = await replica.connect();
  for (const [number, round] of others.entries()) {
    const running = run(clients, round);
    if (number % 3 === 1) await writer.send('CLIENT', 'KILL', 'TYPE', 'replica');
    if (number % 3 === 2) {
      // Another history: only a full sync helps.
      await reader.send('REPLICAOF', 'NO', 'ONE');
      await reader.send('SADD', 'only here', 'x');
      await reader.send('REPLICAOF', master.host, String(master.port));
    }
    await running;
    await untilLinkUp(reader);
    await sameDigest(t, writer, reader, `round ${number}`);
  }
  t.regex(await writer.text('DEBUG', 'DIGEST'), /^\+(?!0{40})/);
  const stats = await info(writer, 'stats');
  t.log(`full resyncs: ${stats['sync_full']}, partial ones: ${stats['sync_partial_ok']}`);
  for (const one of [master, replica]) t.notRegex(one.log(), /CRITICAL/);
  return { master, replica };
};

for (const [name, isLow] of [
  ['low', true],
  ['usual', false],
] as const) {
  oracleTest.serial(
    `Ferrous follows a redis-server with ${name} thresholds through programs on collections`,
    async (t) => {
      await story(t, startRedis, startFerrous, isLow);
    },
  );

  oracleTest.serial(
    `redis-server follows a Ferrous with ${name} thresholds through programs on collections`,
    async (t) => {
      await story(t, startFerrous, startRedis, isLow);
    },
  );
}

oracleTest.serial('A chain of both kinds has the same collections at its ends', async (t) => {
  const { master, replica } = await story(t, startRedis, startFerrous, true);
  const last = await startRedis(t, { args: [...AT_ONCE, '--replicaof', replica.host, String(replica.port)] });
  const [atMaster, atLast] = [await master.connect(), await last.connect()];
  const clients = [await master.connect(), await master.connect()];
  await untilLinkUp(atLast);
  await run(clients, fc.sample(programs, { numRuns: 10, seed: 73 }));
  const offset = (await info(atMaster, 'replication'))['master_repl_offset'];
  await eventually(
    () => info(atLast, 'replication'),
    (fields) => Number(fields['slave_repl_offset']) >= Number(offset),
  );
  t.is(await atLast.text('DEBUG', 'DIGEST'), await atMaster.text('DEBUG', 'DIGEST'));
});
