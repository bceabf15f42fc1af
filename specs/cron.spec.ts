import test from 'ava';
import { VirtualTimeScheduler } from 'rxjs';
import { defaults } from '../src/config/config.ts';
import { cron } from '../src/cron.ts';
import { Logger } from '../src/log.ts';
import { MemoryNetwork } from '../src/net/memory.ts';
import { buildServer } from '../src/server.ts';

const MIB = 1024 * 1024;

/** A server whose cron runs on a clock that is wound by hand; `collections` counts what it had collected. */
const arrange = () => {
  const scheduler = new VirtualTimeScheduler();
  const atTurnEnd = (run: () => void): void => run();
  let collections = 0;
  const { services, dispatcher, switches } = buildServer({
    config: { ...defaults, save: [] },
    configFile: '',
    executable: '',
    environment: {
      scheduler,
      timeUs: () => scheduler.now() * 1000,
      monotonicUs: () => scheduler.now() * 1000,
      random: () => 0.5,
      randomBytes: (count) => new Uint8Array(count),
      transport: new MemoryNetwork({ atTurnEnd }).transport,
      atTurnEnd,
      collectGarbage: () => void collections++,
    },
    log: new Logger(
      () => {},
      () => scheduler.now(),
    ),
  });
  const subscription = cron(services, dispatcher, switches).subscribe();
  const wind = (ms: number): void => {
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
  };
  const { arena } = services.keyspace;
  /** Takes so many MiB from the arena and gives them back. */
  const breathe = (mebibytes: number): void => {
    const blocks = Array.from({ length: mebibytes * 2 }, () => arena.allocate(MIB / 2));
    for (const block of blocks) arena.free(block);
  };
  /** Commands that ran in the meantime. */
  const work = (commands: number): void => {
    services.stats.commandsProcessed += commands;
  };
  return { arena, breathe, wind, work, count: () => collections, end: () => subscription.unsubscribe() };
};

test('memory that the arena has released is collected, not at once and not again without need', (t) => {
  const { breathe, wind, count, end } = arrange();
  breathe(100);
  t.is(count(), 0);
  wind(10_000);
  t.is(count(), 1);
  wind(60_000);
  t.is(count(), 1);
  breathe(100);
  wind(10_000);
  t.is(count(), 2);
  end();
});

test('a busy server keeps empty pages for minutes, and uses them again', (t) => {
  const { arena, breathe, wind, work, count, end } = arrange();
  breathe(100);
  const held = arena.heldBytes;
  for (let second = 0; second < 200; second++) {
    work(1000);
    wind(1000);
  }
  t.is(count(), 0);
  breathe(100);
  t.is(arena.heldBytes, held);
  for (let second = 0; second < 200; second++) {
    work(1000);
    wind(1000);
  }
  t.is(count(), 1);
  t.true(arena.heldBytes < held / 10);
  end();
});

test('a few released pages are no reason to collect', (t) => {
  const { breathe, wind, count, end } = arrange();
  breathe(40);
  wind(60_000);
  t.is(count(), 0);
  end();
});
