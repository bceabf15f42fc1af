/**
 * The manifests of the log: Redis' own and ours, read and written; and what retention lets go.
 */
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { LogFolder } from '../../src/eventlog/files.ts';
import { type LogEntry, parseHistory, renderHistory } from '../../src/eventlog/history-manifest.ts';
import { type Manifest, parseManifest, renderManifest } from '../../src/eventlog/manifest.ts';
import { outdated } from '../../src/eventlog/retention.ts';
import { MemoryFiles } from './memory-files.ts';

const name = fc
  .string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('/') && !text.includes('\0'));
const seq = fc.integer({ min: 1, max: 1e9 });
const file = fc.record({ name, seq });

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    base: fc.option(file, { nil: undefined }),
    incrs: fc.uniqueArray(file, { selector: (one) => one.seq, maxLength: 4 }),
    history: fc.array(file, { maxLength: 3 }),
  })
  .filter(({ base, incrs, history }) => base !== undefined || incrs.length + history.length > 0)
  .map((one) => ({ ...one, incrs: one.incrs.toSorted((a, b) => a.seq - b.seq) }));

test('property: a manifest that is written is read as it was, whatever the names', (t) => {
  fc.assert(
    fc.property(manifest, (one) => {
      t.deepEqual(parseManifest(renderManifest(one)), E.right(one));
    }),
  );
});

test('a manifest reads as Redis writes it: base, history, segments', (t) => {
  t.is(
    renderManifest({
      base: { name: 'a.2.base.rdb', seq: 2 },
      incrs: [{ name: 'a.2.incr.aof', seq: 2 }],
      history: [{ name: 'a 1', seq: 1 }],
    }),
    'file a.2.base.rdb seq 2 type b\nfile "a 1" seq 1 type h\nfile a.2.incr.aof seq 2 type i\n',
  );
});

const refuses = test.macro<[text: string, reason: string]>({
  exec: (t, text, reason) => {
    const parsed = parseManifest(text);
    t.is(E.isLeft(parsed) ? parsed.left.reason : 'was read', reason);
  },
  title: (_, text) => `a manifest is refused as by Redis: ${JSON.stringify(text)}`,
});

test(refuses, '', 'Found an empty AOF manifest');
test(refuses, 'file a seq 1\n', 'Invalid AOF manifest file format');
test(refuses, 'file a seq 0 type b\n', 'Invalid AOF manifest file format');
test(refuses, 'file a seq 1 type\n', 'Invalid AOF manifest file format');
test(refuses, 'file "a seq 1 type b\n', 'Invalid AOF manifest file format');
test(refuses, 'file ../a seq 1 type b\n', "File can't be a path, just a filename");
test(refuses, 'file a seq 1 type x\n', 'Unknown AOF file type');
test(refuses, 'file a seq 1 type b\nfile b seq 2 type b\n', 'Found duplicate base file information');
test(refuses, 'file a seq 2 type i\nfile b seq 2 type i\n', 'Found a non-monotonic sequence number');
test(refuses, `file ${'a'.repeat(1100)} seq 2 type i\n`, 'The AOF manifest file contains too long line');

test('comments and keys that nobody knows are skipped in a manifest, in any order and case', (t) => {
  t.deepEqual(
    parseManifest('# made by hand\nTYPE i colour red SEQ 7 File x\n'),
    E.right({ base: undefined, incrs: [{ name: 'x', seq: 7 }], history: [] }),
  );
});

const natural = fc.nat();
const known = fc.option(natural, { nil: undefined });
const entry: fc.Arbitrary<LogEntry> = fc.record({
  kind: fc.constantFrom('base' as const, 'segment' as const),
  name,
  seq,
  from: natural,
  to: known,
  fromUs: natural,
  toUs: known,
  seal: fc.option(fc.constant('A'.repeat(43)), { nil: undefined }),
});

test('property: a history that is written is read as it was', (t) => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      t.deepEqual(parseHistory(renderHistory(entries)), E.right(entries));
    }),
  );
});

test('a wrong line of a history is named', (t) => {
  const text = 'base a seq 1 offset 0 0 time 1 1 seal -\nsegment b seq 1 offset x - time 1 - seal -\n';
  const parsed = parseHistory(text);
  t.regex(E.isLeft(parsed) ? parsed.left : '', /^line 2: expected "segment\|base .*", got "segment b seq 1 offset x/);
});

test('a manifest that cannot be written leaves the old one', (t) => {
  const files = new MemoryFiles();
  const folder = new LogFolder({ dir: '/data', folder: 'log', file: 'a', files });
  const old: Manifest = { base: { name: 'a.1.base.rdb', seq: 1 }, incrs: [], history: [] };
  t.true(E.isRight(folder.writeManifest(old)));
  files.room = 5;
  const failed = folder.writeManifest({ ...old, incrs: [{ name: 'a.1.incr.aof', seq: 1 }] });
  t.is(E.isLeft(failed) ? failed.left.code : '', 'ENOSPC');
  t.deepEqual(folder.readManifest(), E.right(old));
});

// ── retention ─────────────────────────────────────────────────────────────────────────────────────────────────────

const SECOND_US = 1_000_000;

/** Generation n: a base and a segment, from second 10 * n on. */
const generations = (count: number): readonly LogEntry[] =>
  Array.from({ length: count }, (_, n) => n + 1).flatMap((n): readonly LogEntry[] => {
    const one = { seq: n, from: n, to: n + 1, fromUs: n * 10 * SECOND_US, seal: undefined };
    return [
      { ...one, kind: 'base', name: `b${n}`, toUs: one.fromUs },
      { ...one, kind: 'segment', name: `s${n}`, toUs: one.fromUs + 9 * SECOND_US },
    ];
  });

const goes = (limits: { seconds: number; bytes: number }): readonly string[] =>
  outdated(
    generations(4),
    ({ seq: n }) => n === 4,
    () => 100,
    50 * SECOND_US,
    limits,
  ).map((one) => one.name);

test('without limits everything but the current generation goes', (t) => {
  t.deepEqual(goes({ seconds: 0, bytes: 0 }), ['b1', 's1', 'b2', 's2', 'b3', 's3']);
});

test('a generation goes when its last write is older than the limit', (t) => {
  t.deepEqual(goes({ seconds: 25, bytes: 0 }), ['b1', 's1']);
  t.deepEqual(goes({ seconds: 1000, bytes: 0 }), []);
});

test('the oldest generations go while there are more bytes than the limit', (t) => {
  t.deepEqual(goes({ seconds: 0, bytes: 450 }), ['b1', 's1']);
  t.deepEqual(goes({ seconds: 0, bytes: 199 }), ['b1', 's1', 'b2', 's2', 'b3', 's3']);
  t.deepEqual(goes({ seconds: 1000, bytes: 600 }), []);
});

test('property: what stays are whole generations, the newest ones', (t) => {
  const limits = fc.record({ seconds: fc.nat(60), bytes: fc.nat(800) });
  fc.assert(
    fc.property(fc.nat(6), limits, (count, one) => {
      const entries = generations(count);
      const isCurrent = ({ seq: n }: LogEntry): boolean => n === count;
      const removed = outdated(entries, isCurrent, () => 100, 70 * SECOND_US, one);
      t.is(removed.length % 2, 0);
      t.deepEqual(removed, entries.slice(0, removed.length));
      t.false(removed.some(isCurrent));
    }),
  );
});
