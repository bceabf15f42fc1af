import test from 'ava';
import fc from 'fast-check';
import { NEVER, Subject, throwError } from 'rxjs';
import { MISSING } from '../../src/keyspace/database.ts';
import { Encoding } from '../../src/keyspace/entry.ts';
import type { Keyspace } from '../../src/keyspace/keyspace.ts';
import type { SnapshotSink } from '../../src/persistence/snapshot.ts';
import {
  type AnyKey,
  anyKey,
  contents,
  DATABASES,
  emptyKeyspace,
  find,
  keyspaceOf,
  load,
  memorySink,
  NOW_MS,
  noise,
  put,
  StillEnvironment,
  snapshotterOf,
} from './keyspaces.ts';

/** What happens to the keyspace between two slices. Prints as what it does. */
interface Change {
  readonly name: string;
  readonly run: (keyspace: Keyspace) => void;
}

const change = (name: string, run: (keyspace: Keyspace) => void): Change =>
  ({
    name,
    run,
    [fc.toStringMethod]: () => name,
  }) as Change;

const name = fc.nat(19).map((n) => `k${n}`);
const dbIndex = fc.nat(DATABASES - 1);
const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer({ min: 1, max: 3 }).map((n) => noise(n, n * 1500)),
);

const set = fc
  .tuple(dbIndex, name, text, fc.boolean())
  .map(([db, key, value, expires]) =>
    change(`SET ${db}/${key} (${value.length} bytes)${expires ? ' PX 1000' : ''}`, (keyspace) =>
      put(keyspace.databases[db]!, key, value, expires ? NOW_MS + 1000 : -1),
    ),
  );
const del = fc.tuple(dbIndex, name).map(([db, key]) =>
  change(`DEL ${db}/${key}`, (keyspace) => {
    const ref = find(keyspace.databases[db]!, key);
    if (ref !== MISSING) keyspace.databases[db]!.remove(ref);
  }),
);
const rename = fc.tuple(dbIndex, name, dbIndex, name).map(([db, key, toDb, toKey]) =>
  change(`MOVE ${db}/${key} ${toDb}/${toKey}`, (keyspace) => {
    const ref = find(keyspace.databases[db]!, key);
    const target = keyspace.databases[toDb]!;
    if (ref === MISSING || find(target, toKey) !== MISSING) return;
    keyspace.databases[db]!.moveTo(ref, target, Buffer.from(toKey), 0, toKey.length);
  }),
);
const expire = fc.tuple(dbIndex, name, fc.boolean()).map(([db, key, clear]) =>
  change(`${clear ? 'PERSIST' : 'PEXPIRE'} ${db}/${key}`, (keyspace) => {
    const ref = find(keyspace.databases[db]!, key);
    if (ref === MISSING) return;
    if (clear) keyspace.databases[db]!.clearExpiry(ref);
    else keyspace.databases[db]!.setExpiry(ref, NOW_MS + 5555);
  }),
);
const append = fc.tuple(dbIndex, name, fc.constantFrom(1, 10, 3000)).map(([db, key, bytes]) =>
  change(`APPEND ${db}/${key} (${bytes} bytes)`, (keyspace) => {
    const target = keyspace.databases[db]!;
    const ref = find(target, key);
    if (ref === MISSING) return;
    target.loadValue(ref);
    const old = target.valueLength;
    target.resize(ref, old + bytes, Encoding.Raw, true, true);
    target.valueBytes.fill(0x78, target.valueAt + old, target.valueAt + old + bytes);
  }),
);
const swap = fc
  .tuple(dbIndex, dbIndex)
  .map(([a, b]) => change(`SWAPDB ${a} ${b}`, (keyspace) => keyspace.databases[a]!.swapWith(keyspace.databases[b]!)));
const flush = dbIndex.map((db) => change(`FLUSHDB ${db}`, (keyspace) => void keyspace.flush(keyspace.databases[db]!)));
const flushAll = fc.constant(
  change('FLUSHALL', (keyspace) => {
    for (const db of keyspace.databases) keyspace.flush(db);
  }),
);
const reclaim = fc
  .constantFrom(1, 10, 1000)
  .map((count) => change(`reclaim ${count}`, (keyspace) => void keyspace.reclaim(count)));
const grow = dbIndex.map((db) =>
  change(`grow ${db}`, (keyspace) => {
    for (let i = 0; i < 60; i++) put(keyspace.databases[db]!, `g${i}`, 'x');
  }),
);
const shrink = dbIndex.map((db) =>
  change(`shrink ${db}`, (keyspace) => {
    for (let i = 0; i < 60; i++) {
      const ref = find(keyspace.databases[db]!, `g${i}`);
      if (ref !== MISSING) keyspace.databases[db]!.remove(ref);
    }
  }),
);
const touch = fc.tuple(dbIndex, name).map(([db, key]) =>
  change(`TOUCH ${db}/${key}`, (keyspace) => {
    const ref = find(keyspace.databases[db]!, key);
    if (ref !== MISSING) keyspace.databases[db]!.noteAccess(ref);
  }),
);

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: set },
  { weight: 4, arbitrary: del },
  { weight: 3, arbitrary: rename },
  { weight: 3, arbitrary: expire },
  { weight: 3, arbitrary: append },
  { weight: 2, arbitrary: swap },
  { weight: 1, arbitrary: flush },
  { weight: 1, arbitrary: flushAll },
  { weight: 2, arbitrary: reclaim },
  { weight: 2, arbitrary: grow },
  { weight: 2, arbitrary: shrink },
  { weight: 1, arbitrary: touch },
);

const TURNS_WITH_CHANGES = 200;

/** Changes by turn, and whether the sink is full after its n-th chunk. */
const anyStory = fc.record({
  before: fc.array(
    fc.oneof(
      anyKey,
      anyKey.chain((k) => name.map((key): AnyKey => ({ ...k, key }))),
    ),
    { maxLength: 60 },
  ),
  setUp: fc.array(anyChange, { maxLength: 30 }),
  during: fc.array(fc.array(anyChange, { maxLength: 4 }), { maxLength: 40 }),
  full: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  stepsPerLook: fc.constantFrom(1, 2, 7),
  pieceBytes: fc.constantFrom(100, 2000, 512 * 1024),
});

const slowSink = (full: readonly boolean[]) => {
  const chunks: Uint8Array[] = [];
  const drain$ = new Subject<void>();
  const sink: SnapshotSink = {
    write: (chunk) => {
      chunks.push(chunk);
      return !full[chunks.length % full.length];
    },
    drain$,
  };
  return { sink, drain: () => drain$.next(), bytes: () => Buffer.concat(chunks) };
};

test('a snapshot shows the keyspace as it was when it began, whatever is done to it meanwhile', (t) => {
  fc.assert(
    fc.property(anyStory, ({ before, setUp, during, full, stepsPerLook, pieceBytes }) => {
      const keyspace = keyspaceOf(before);
      for (const { run } of setUp) run(keyspace);
      const environment = new StillEnvironment();
      const snapshotter = snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook, pieceBytes });

      // Three in a row, the second given up half-way: epochs of one must not be mistaken by the next.
      for (const round of [0, 1, 2]) {
        const expected = contents(keyspace);
        const { sink, drain, bytes } = slowSink(full);
        let isDone = false;
        const subscription = snapshotter.start(sink).subscribe({
          complete: () => {
            isDone = true;
          },
        });
        for (let turn = 0; !isDone; turn++) {
          // The story begins again a few times, not for ever: what it appends would outgrow the walk.
          const changes = turn < TURNS_WITH_CHANGES ? during[(turn + round) % Math.max(1, during.length)] : undefined;
          for (const { run } of changes ?? []) run(keyspace);
          if (round === 1 && turn === during.length) {
            subscription.unsubscribe();
            break;
          }
          if (!environment.endTurn()) drain();
        }
        if (round === 1) continue;
        const { keyspace: loaded, error } = load(bytes());
        t.is(error, undefined);
        t.deepEqual(contents(loaded), expected);
      }
      t.is(keyspace.walker, undefined);
    }),
    { numRuns: 150 },
  );
});

test('SAVE in the middle of a background snapshot shows that moment, and does not disturb it', (t) => {
  const keyspace = emptyKeyspace();
  const db = keyspace.databases[0]!;
  for (let i = 0; i < 50; i++) put(db, `k${i}`, 'old');
  const expected = contents(keyspace);
  const environment = new StillEnvironment();
  const snapshotter = snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook: 1 });
  const sink = memorySink();
  let isDone = false;
  snapshotter.start(sink).subscribe({
    complete: () => {
      isDone = true;
    },
  });
  for (let i = 0; i < 10; i++) environment.endTurn();
  for (let i = 0; i < 50; i += 2) put(db, `k${i}`, 'new');
  const now = contents(keyspace);
  const chunks: Uint8Array[] = [];
  snapshotter.runToEnd((chunk) => chunks.push(chunk));
  t.deepEqual(contents(load(Buffer.concat(chunks)).keyspace), now);
  while (!isDone) environment.endTurn();
  t.deepEqual(contents(load(sink.bytes()).keyspace), expected);
});

test('hundreds of snapshots given up in a row do not let a stale epoch pass for the new one', (t) => {
  // The epoch has 255 values: one of these counts of attempts would meet the one that the entries carry.
  for (let attempts = 250; attempts <= 260; attempts++) {
    const keyspace = emptyKeyspace();
    const db = keyspace.databases[1]!;
    for (let i = 0; i < 40; i++) put(db, `k${i}`, String(i));
    const environment = new StillEnvironment();
    const snapshotter = snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook: 1 });
    for (let attempt = 0; attempt < attempts; attempt++) {
      const subscription = snapshotter.start(memorySink()).subscribe();
      environment.endTurn();
      subscription.unsubscribe();
    }
    const sink = memorySink();
    let expected: ReturnType<typeof contents> = new Map();
    let isDone = false;
    const begins = () => {
      expected = contents(keyspace);
      return {};
    };
    snapshotter.start(sink, begins).subscribe({
      complete: () => {
        isDone = true;
      },
    });
    while (!isDone) {
      environment.endTurn();
      put(db, 'k7', 'later');
    }
    t.deepEqual(contents(load(sink.bytes()).keyspace), expected, `${attempts} attempts`);
  }
});

test('a second snapshot waits for the first one, and shows the moment at which it begins', (t) => {
  const keyspace = emptyKeyspace();
  const db = keyspace.databases[0]!;
  put(db, 'k', 'first');
  const environment = new StillEnvironment();
  const snapshotter = snapshotterOf(keyspace, { environment });
  const order: string[] = [];
  const [one, two] = [memorySink(), memorySink()];
  const run = (label: string, sink: SnapshotSink) =>
    snapshotter
      .start(sink, () => {
        order.push(`${label} begins`);
        return { replId: label.repeat(40), replOffset: order.length };
      })
      .subscribe({ complete: () => order.push(`${label} done`) });
  run('a', one);
  run('b', two);
  put(db, 'k', 'second');
  while (environment.endTurn());
  t.deepEqual(order, ['a begins', 'b begins', 'a done', 'b done']);
  t.deepEqual([...contents(load(one.bytes()).keyspace)], [['0 k', 'first -1']]);
  t.deepEqual([...contents(load(two.bytes()).keyspace)], [['0 k', 'second -1']]);
});

test('a long value is written piece by piece, and what is changed meanwhile comes behind it', (t) => {
  const keyspace = emptyKeyspace();
  const db = keyspace.databases[2]!;
  put(db, 'long', noise(1, 1_000_000));
  for (let i = 0; i < 20; i++) put(keyspace.databases[i % 2]!, `k${i}`, 'old');
  const expected = contents(keyspace);
  const environment = new StillEnvironment();
  const chunks: Uint8Array[] = [];
  let isDone = false;
  snapshotterOf(keyspace, { environment, sliceUs: 0, stepsPerLook: 1, pieceBytes: 50_000 })
    .start({ write: (chunk) => chunks.push(chunk) > 0, drain$: NEVER })
    .subscribe({
      complete: () => {
        isDone = true;
      },
    });
  let mostAtOnce = 0;
  for (let turn = 0; !isDone; turn++) {
    const before = chunks.length;
    environment.endTurn();
    mostAtOnce = Math.max(mostAtOnce, chunks.length - before);
    if (turn < 20) put(keyspace.databases[turn % 2]!, `k${turn}`, 'new');
  }
  t.true(mostAtOnce <= 3, `${mostAtOnce} chunks in one slice`);
  t.deepEqual(contents(load(Buffer.concat(chunks)).keyspace), expected);
});

test('a sink that drains while it is written to does not stall', (t) => {
  const keyspace = emptyKeyspace();
  for (let i = 0; i < 500; i++) put(keyspace.databases[0]!, `k${i}`, noise(i, 1000));
  const environment = new StillEnvironment();
  const drain$ = new Subject<void>();
  const sink: SnapshotSink = {
    write: () => {
      drain$.next();
      return false;
    },
    drain$,
  };
  let isDone = false;
  snapshotterOf(keyspace, { environment })
    .start(sink)
    .subscribe({
      complete: () => {
        isDone = true;
      },
    });
  while (environment.endTurn());
  t.true(isDone);
});

test('a snapshot that still waits can be given up', (t) => {
  const environment = new StillEnvironment();
  const snapshotter = snapshotterOf(emptyKeyspace(), { environment });
  snapshotter.start(memorySink()).subscribe();
  snapshotter
    .start({ write: () => t.fail() as boolean, drain$: NEVER })
    .subscribe()
    .unsubscribe();
  while (environment.endTurn());
  t.false(snapshotter.isRunning);
});

test('a sink that fails ends its snapshot with the reason, and the next one begins', (t) => {
  const keyspace = emptyKeyspace();
  put(keyspace.databases[0]!, 'k', 'v');
  const environment = new StillEnvironment();
  const snapshotter = snapshotterOf(keyspace, { environment });
  const seen: unknown[] = [];
  const failing: SnapshotSink = { write: () => true, drain$: throwError(() => 'disk full') };
  snapshotter.start(failing).subscribe({ error: (error) => seen.push(error) });
  const sink = memorySink();
  snapshotter.start(sink).subscribe({ complete: () => seen.push('done') });
  while (environment.endTurn());
  t.deepEqual(seen, ['disk full', 'done']);
  t.is(load(sink.bytes()).error, undefined);
});

test('a full sink gets no more chunks until it drains, however much is changed meanwhile', (t) => {
  const keyspace = emptyKeyspace();
  const db = keyspace.databases[0]!;
  for (let i = 0; i < 500; i++) put(db, `k${i}`, noise(i, 1000));
  const expected = contents(keyspace);
  const environment = new StillEnvironment();
  const chunks: Uint8Array[] = [];
  const drain$ = new Subject<void>();
  let isDone = false;
  snapshotterOf(keyspace, { environment })
    .start({ write: (chunk) => chunks.push(chunk) < 0, drain$ })
    .subscribe({
      complete: () => {
        isDone = true;
      },
    });
  while (environment.endTurn());
  t.is(chunks.length, 1);
  for (let i = 0; i < 500; i++) put(db, `k${i}`, 'new');
  while (environment.endTurn());
  t.is(chunks.length, 1);
  while (!isDone) {
    drain$.next();
    environment.endTurn();
  }
  t.deepEqual(contents(load(Buffer.concat(chunks)).keyspace), expected);
});
