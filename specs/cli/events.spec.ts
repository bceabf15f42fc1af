/**
 * `ferrous events` over folders: the same events as in the log, what is asked for, and what comes while it is followed.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { events } from '../../src/cli/events.ts';
import { eventLine } from '../../src/eventlog/event.ts';
import { anyLog, client, MadeLog } from '../eventlog/make-log.ts';
import { makeTempDir, type Teardown } from '../support/temp.ts';
import { eventually } from '../support/wait.ts';
import { type FakeTerminal, fakeTerminal } from './fake-terminal.ts';

interface Ran {
  readonly code: number;
  readonly terminal: FakeTerminal;
}

const run = async (words: readonly string[], terminal = fakeTerminal()): Promise<Ran> => ({
  code: await events.run(words, terminal),
  terminal,
});

/** Appends what the files of a folder do not have yet, as a server does. */
const grow = (log: MadeLog, folder: string): void => {
  for (const [name, bytes] of log.files()) {
    const path = join(folder, name);
    const have = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (have < bytes.length) appendFileSync(path, bytes.subarray(have));
  }
};

const saved = async (t: Teardown, write: (log: MadeLog) => void): Promise<{ log: MadeLog; folder: string }> => {
  const log = new MadeLog({ offset: 1000 });
  write(log);
  return { log, folder: log.save(await makeTempDir(t)) };
};

const deferred = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};

const few = (log: MadeLog): void => {
  log.write(client(1), 0, { args: ['SET', 'a', '1'] }, { args: ['SET', 'b', '2'] });
  log.rotate();
  log.wait(1_000_000);
  log.write(client(2), 3, { args: ['DEL', 'a'] });
  log.audit(client(2), 'auth', ['AUTH', '(redacted)']);
};

test('Where there is no terminal, every event is a line of JSON', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyLog(), async (log) => {
      const { code, terminal } = await run(['--dir', log.save(await makeTempDir(t))]);
      assert.equal(code, 0);
      assert.deepEqual(terminal.out.lines, log.events.map(eventLine));
      assert.equal(terminal.err.text, '');
    }),
    { numRuns: 30 },
  );
  t.pass();
});

test('On a terminal events are a table with one header', async (t) => {
  const { folder } = await saved(t, few);
  const { terminal } = await run(['-d', folder], fakeTerminal(160));
  t.is(terminal.out.lines.length, 5);
  t.regex(terminal.out.lines[0] ?? '', /^time +offset +db +client +user +command$/);
  t.regex(terminal.out.lines[4] ?? '', /\[auth\] AUTH \(redacted\)$/);
  const json = await run(['-d', folder, '--json'], fakeTerminal(160));
  t.true(json.terminal.out.lines.every((line) => line.startsWith('{')));
  const table = await run(['-d', folder, '--table']);
  t.deepEqual(
    table.terminal.out.lines.map((line) => line.trim()),
    terminal.out.lines.map((line) => line.trim()),
  );
});

const sees = test.macro<[words: readonly string[], seen: readonly string[]]>({
  exec: async (t, words, seen) => {
    const { folder } = await saved(t, few);
    const { code, terminal } = await run(['--dir', folder, ...words]);
    t.is(code, 0, terminal.err.text);
    const found = terminal.out.lines.map((line) => (JSON.parse(line) as { args: string[] }).args.join(' '));
    t.deepEqual(found, seen);
  },
  title: (_, words) => `ferrous events ${words.join(' ')}`,
});

const ALL = ['SET a 1', 'SET b 2', 'DEL a', 'AUTH (redacted)'];
test(sees, [], ALL);
test(sees, ['--count', '3'], ALL.slice(0, 3));
test(sees, ['--key', 'a'], ['SET a 1', 'DEL a']);
test(sees, ['--command', 'SET'], ['SET a 1', 'SET b 2']);
test(sees, ['--db', '3'], ['DEL a']);
test(sees, ['--user', 'default'], ['DEL a', 'AUTH (redacted)']);
test(sees, ['--client', '127.0.0.1:40001'], ['SET a 1', 'SET b 2']);
test(sees, ['--class', 'auth'], ['AUTH (redacted)']);
test(sees, ['--class', 'write', '--from', '1700000001'], ['DEL a']);
test(sees, ['--to', '1700000000'], ['SET a 1', 'SET b 2']);
test(sees, ['--from', '$'], []);
test(sees, ['--key', 'a', '-n', '1'], ['SET a 1']);

test('The folder may be the one that the log lies in', async (t) => {
  const dir = await makeTempDir(t);
  const log = new MadeLog({});
  few(log);
  log.save(join(dir, 'appendonlydir'));
  const { terminal } = await run(['--dir', dir]);
  t.is(terminal.out.lines.length, 4);
});

test('Reading goes on where it stopped, without a gap and without anything twice', async (t) => {
  const { log, folder } = await saved(t, (made) => {
    for (let i = 0; i < 20; i++) made.write(client(1), i % 3, { args: ['SET', `k${i}`, 'v'] });
  });
  const lines: string[] = [];
  for (let from = 'offset:1000'; ; ) {
    const { terminal } = await run(['--dir', folder, '--from', from, '--count', '3']);
    if (terminal.out.lines.length === 0) break;
    lines.push(...terminal.out.lines);
    from = `offset:${(JSON.parse(lines.at(-1) ?? '') as { end: number }).end}`;
  }
  t.deepEqual(lines, log.events.map(eventLine));
});

test('An offset that the log does not hold any more is an error that names where it begins', async (t) => {
  const { folder } = await saved(t, few);
  const { code, terminal } = await run(['--dir', folder, '--from', 'offset:999']);
  t.is(code, 1);
  t.is(terminal.err.text, 'ferrous events: --from: offset 999 is no longer in the log, which begins at offset:1000\n');
});

test('A folder without a log, and one that is not there, are errors', async (t) => {
  const dir = await makeTempDir(t);
  const empty = await run(['--dir', dir]);
  t.is(empty.code, 1);
  t.regex(
    empty.terminal.err.text,
    /expected an event log .* found none: is "appendonly yes" set\? DIR may be the log's own folder, too\n$/,
  );
  const missing = await run(['--dir', join(dir, 'missing')]);
  t.is(missing.code, 1);
  t.is(missing.terminal.err.text, `ferrous events: ${join(dir, 'missing')}: no such file or folder\n`);
});

test('A damaged log is an error with file, place and reason, behind the events before it', async (t) => {
  const { log, folder } = await saved(t, few);
  const [name = '', bytes = Buffer.alloc(0)] = [...log.files()][1] ?? [];
  writeFileSync(join(folder, name), Buffer.concat([bytes, Buffer.from('nonsense')]));
  const { code, terminal } = await run(['--dir', folder]);
  t.is(code, 1);
  t.deepEqual(terminal.out.lines, log.events.map(eventLine));
  t.is(
    terminal.err.text,
    `ferrous events: ${join(folder, name)}: at byte ${bytes.length}: expected a command or an annotation, got 'n'\n`,
  );
});

test('A reader that goes away ends the command, and that is no failure', async (t) => {
  const { folder } = await saved(t, few);
  const terminal = fakeTerminal();
  terminal.out.writesMax = 1;
  const { code } = await run(['--dir', folder, '--follow'], terminal);
  t.is(code, 0);
  t.is(terminal.err.text, '');
});

test('Following sees what is written later, over new segments and rewrites', async (t) => {
  const { log, folder } = await saved(t, few);
  const terminal = fakeTerminal();
  const running = run(['--dir', folder, '--follow', '--count', '8'], terminal);
  await terminal.out.untilLines(4);
  log.write(client(1), 0, { args: ['SET', 'c', '3'] });
  grow(log, folder);
  await terminal.out.untilLines(5);
  // A rewrite: the segment is sealed, a new one opened, and the files of a base appear beside them.
  log.rotate();
  writeFileSync(join(folder, 'temp-rewrite.rdb'), 'REDIS');
  grow(log, folder);
  log.write(client(1), 0, { args: ['SET', 'd', '4'] });
  log.rotate();
  log.rotate();
  log.write(client(1), 0, { args: ['SET', 'e', '5'] });
  grow(log, folder);
  await terminal.out.untilLines(7);
  log.transaction(client(1), 0, { args: ['SET', 'f', '6'] });
  grow(log, folder);
  t.is((await running).code, 0);
  t.deepEqual(terminal.out.lines, log.events.map(eventLine));
});

test('Following from the end sees only what comes, not even what stands at the same offset', async (t) => {
  const { log, folder } = await saved(t, few);
  const before = log.events.length;
  const terminal = fakeTerminal();
  const running = run(['--dir', folder, '--follow', '--from', '$'], terminal);
  // Nobody tells when the end has been found, so something happens until something is seen.
  await eventually(
    async () => {
      log.wait(1);
      log.audit(client(2), 'auth', ['AUTH', '(redacted)']);
      log.write(client(0), 3, { args: ['FLUSHALL'] });
      grow(log, folder);
      return terminal.out.lines.length;
    },
    (lines) => lines > 0,
  );
  terminal.out.writesMax = terminal.out.writes;
  log.write(client(0), 3, { args: ['FLUSHALL'] });
  grow(log, folder);
  t.is((await running).code, 0);
  const expected = log.events.map(eventLine);
  const first = expected.indexOf(terminal.out.lines[0] ?? '');
  t.true(first >= before);
  t.deepEqual(terminal.out.lines, expected.slice(first, first + terminal.out.lines.length));
});

test('A follower that is so slow that segments were removed before it read them is told so', async (t) => {
  const { log, folder } = await saved(t, few);
  const terminal = fakeTerminal();
  const write = terminal.out.write.bind(terminal.out);
  const { promise: resumed, resolve: resume } = deferred();
  let writes = 0;
  terminal.out.write = async (text) => {
    writes++;
    const isRead = await write(text);
    if (writes === 2) await resumed;
    return isRead;
  };
  const running = run(['--dir', folder, '--follow'], terminal);
  await terminal.out.untilLines(4);
  const have = log.segments.length;
  log.rotate();
  grow(log, folder);
  log.write(client(1), 0, { args: ['SET', 'lost', '1'] });
  log.rotate();
  log.write(client(1), 0, { args: ['SET', 'found', '1'] });
  grow(log, folder);
  for (const { name } of log.segments.slice(0, have + 1)) rmSync(join(folder, name));
  resume();
  t.is((await running).code, 1);
  t.deepEqual(terminal.out.lines, log.events.slice(0, 4).map(eventLine));
  t.regex(
    terminal.err.text,
    /expected the segment of offset \d+, got one of \d+: what lies between is no longer kept\n$/,
  );
});

test('A folder whose log begins later can be followed', async (t) => {
  const folder = join(await makeTempDir(t), 'appendonlydir');
  mkdirSync(folder);
  const log = new MadeLog({ offset: 5 });
  grow(log, folder);
  const terminal = fakeTerminal();
  const running = run(['--dir', folder, '--follow', '--count', '4'], terminal);
  few(log);
  grow(log, folder);
  t.is((await running).code, 0);
  t.deepEqual(terminal.out.lines, log.events.map(eventLine));
});
