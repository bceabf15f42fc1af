/**
 * `ferrous audit who`: the last changes of a key, in words and as JSON.
 * @since 0.3.0
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { auditWho, auditWhoSpec, showValue } from '../../src/cli/audit-who.ts';
import { readWords } from '../../src/cli/command.ts';
import { eventLine } from '../../src/eventlog/event.ts';
import { client, MadeLog } from '../eventlog/make-log.ts';
import { makeTempDir, type Teardown } from '../support/temp.ts';
import { fakeTerminal } from './fake-terminal.ts';

const saved = async (
  t: Teardown,
): Promise<{ readonly dir: string; readonly folder: string; readonly log: MadeLog }> => {
  const dir = await makeTempDir(t);
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'k', 'old'] });
  log.write(client(1), 0, { args: ['SET', 'other', 'x'] });
  log.wait(1_000_000);
  log.write(client(2, 'worker'), 0, {
    args: ['PEXPIREAT', 'k', '1800000000000'],
    asSent: ['EXPIREAT', 'k', '1800000000'],
  });
  log.rotate();
  log.wait(1_000_000);
  log.write(client(2, 'worker'), 0, { args: ['DEL', 'k'] });
  log.write(client(1), 0, { args: ['HSET', 'k', 'name', 'Ann Lee', 'age', '40'] });
  return { dir, folder: log.save(join(dir, 'appendonlydir')), log };
};

const options = { folder: '.', db: 0, countMax: 10, values: true, save: true, format: 'table on a terminal' } as const;

test('A command line names one key', (t) => {
  t.deepEqual(readWords(auditWhoSpec, ['k']), E.right({ ...options, key: 'k' }));
  t.deepEqual(readWords(auditWhoSpec, ['--', '--k']), E.right({ ...options, key: '--k' }));
  t.deepEqual(readWords(auditWhoSpec, ['\u00fc']), E.right({ ...options, key: '\xc3\xbc' }));
  t.deepEqual(
    readWords(auditWhoSpec, ['-d', 'a', '--db', '3', 'k', '-n', '2', '--brief', '--no-index', '--json']),
    E.right({ folder: 'a', db: 3, countMax: 2, values: false, save: false, format: 'json', key: 'k' }),
  );
  t.deepEqual(readWords(auditWhoSpec, []), E.left('expected a KEY'));
  t.deepEqual(readWords(auditWhoSpec, ['a', 'b']), E.left('expected one KEY, got "a" "b"'));
});

test('The changes of a key, the newest first, each with what was there before and after', async (t) => {
  const { dir } = await saved(t);
  const terminal = fakeTerminal(160);
  t.is(await auditWho.run(['--dir', dir, 'k'], terminal), 0, terminal.err.text);
  t.deepEqual(
    terminal.out.lines.map((line) => line.replace(/^2023-11-14T22:13:(\d\d)\.000000Z +\d+ +0 +/, '$1s ')),
    [
      'time                             offset  db  client                  user      command',
      '22s 127.0.0.1:40001         "al ice"  HSET k name "Ann Lee" age 40',
      '    before  no key',
      '    after   hash of 2: age 40 name "Ann Lee"',
      '22s 127.0.0.1:40002 worker  default   DEL k',
      '    before  string old, expires 2027-01-15T08:00:00.000000Z',
      '    after   no key',
      '21s 127.0.0.1:40002 worker  default   EXPIREAT k 1800000000 => PEXPIREAT k 1800000000000',
      '    before  string old',
      '    after   string old, expires 2027-01-15T08:00:00.000000Z',
      '20s 127.0.0.1:40001         "al ice"  SET k old',
      '    before  no key',
      '    after   string old',
    ],
  );
});

test('As JSON a change is its event and the values', async (t) => {
  const { dir, log } = await saved(t);
  const terminal = fakeTerminal();
  t.is(await auditWho.run(['--dir', dir, 'k', '--count', '2'], terminal), 0);
  const [hset = '', del = ''] = terminal.out.lines.map((line) => JSON.parse(line));
  t.like(hset, JSON.parse(eventLine(log.events[4])));
  t.deepEqual(hset.after, { type: 'hash', length: 2, value: ['age', '40', 'name', 'Ann Lee'], isCut: false });
  t.like(del, JSON.parse(eventLine(log.events[3])));
  t.deepEqual(del.before, { type: 'string', length: 3, expireAtMs: 1_800_000_000_000, value: ['old'], isCut: false });
  t.is(terminal.out.lines.length, 2);
});

test('Without values there are only events, and without an index no files', async (t) => {
  const { dir, folder, log } = await saved(t);
  const before = readdirSync(folder);
  const terminal = fakeTerminal();
  t.is(await auditWho.run(['--dir', dir, 'k', '--brief', '--no-index'], terminal), 0);
  t.deepEqual(
    terminal.out.lines,
    [4, 3, 2, 0].map((at) => eventLine(log.events[at])),
  );
  t.deepEqual(readdirSync(folder), before);
});

test('A key that nobody changed is no failure', async (t) => {
  const { dir } = await saved(t);
  const terminal = fakeTerminal();
  t.is(await auditWho.run(['--dir', dir, 'no one', '--db', '2'], terminal), 0);
  t.is(terminal.out.text, '');
  t.is(terminal.err.text, 'ferrous audit who: no change of "no one" in database 2 is in the log\n');
});

test('There has to be a log to look into', async (t) => {
  const terminal = fakeTerminal();
  t.is(await auditWho.run(['--dir', await makeTempDir(t), 'k'], terminal), 1);
  t.regex(terminal.err.text, /^ferrous audit who: .*expected an event log/);
});

test('A value is shown in a line, with its type, its size where it is cut, and its end', (t) => {
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
  t.is(showValue(undefined), 'not known');
  t.is(showValue({ type: 'string', length: 0, value: [bytes('')], isCut: false }), 'string ""');
  t.is(showValue({ type: 'string', length: 9, value: [bytes('a\x1b')], isCut: true }), 'string "a\\x1b" ... (9 bytes)');
  t.is(
    showValue({ type: 'list', length: 3, value: [bytes('a'), bytes('b c')], isCut: true }),
    'list of 3: a "b c" ...',
  );
  const long = showValue({ type: 'string', length: 99, value: [bytes('v'.repeat(99))], isCut: false }, 40);
  t.is(long, `string ${'v'.repeat(30)}...`);
});
