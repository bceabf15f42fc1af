/**
 * `ferrous audit verify` and `ferrous restore`, in what they say.
 * @since 0.3.0
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { restore } from '../../src/cli/restore.ts';
import { client, MadeLog } from '../eventlog/make-log.ts';
import { makeTempDir, type Teardown } from '../support/temp.ts';
import { fakeTerminal } from './fake-terminal.ts';

const saved = async (
  t: Teardown,
): Promise<{ readonly dir: string; readonly folder: string; readonly log: MadeLog }> => {
  const dir = await makeTempDir(t);
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] }, { args: ['SET', 'b', '2'] });
  log.rotate();
  log.wait(1_000_000);
  log.write(client(2), 0, { args: ['DEL', 'a'] });
  log.seal();
  const folder = log.save(join(dir, 'appendonlydir'));
  writeFileSync(
    join(folder, 'appendonly.aof.manifest'),
    log.segments.map(({ name }, at) => `file ${name} seq ${at + 1} type i\n`).join(''),
  );
  return { dir, folder, log };
};

test('A log that is as it was is described, with the hash to note', async (t) => {
  const { dir } = await saved(t);
  const terminal = fakeTerminal();
  t.is(await auditVerify.run(['--dir', dir], terminal), 0);
  const hash = /last hash {2,}(\S{43})\n/.exec(terminal.out.text)?.[1] ?? '';
  t.is(
    terminal.out.text.replace(hash, 'HASH'),
    [
      'The log is as it was written.',
      '  segments   2',
      '  records    6 with 5 commands, 677 B',
      '  offsets    0 to 120',
      '  times      2023-11-14T22:13:20.000000Z to 2023-11-14T22:13:21.000000Z',
      '  beginning  the first segment there ever was',
      '  end        sealed',
      '  last hash  HASH',
      '',
    ].join('\n'),
  );
  t.is(await auditVerify.run(['--dir', dir, '--known', hash], fakeTerminal()), 0);
  const json = fakeTerminal();
  t.is(await auditVerify.run(['--dir', dir, '--json'], json), 0);
  t.like(JSON.parse(json.out.text), { intact: true, segments: 2, lastHash: hash });
});

test('A log that was changed is named with file, place and kind, and the exit code says it, too', async (t) => {
  const { dir, folder } = await saved(t);
  const path = join(folder, 'appendonly.aof.1.incr.aof');
  const bytes = readFileSync(path, 'latin1');
  writeFileSync(path, bytes.replace('$1\r\n2\r\n', '$1\r\n3\r\n'), 'latin1');
  const terminal = fakeTerminal();
  t.is(await auditVerify.run(['--dir', dir], terminal), 1);
  t.regex(terminal.out.text, /^appendonly\.aof\.1\.incr\.aof: changed at byte \d+ \(offset \d+, 2023-11-14T22:13:20/);
  const json = fakeTerminal();
  t.is(await auditVerify.run(['--dir', dir, '--json'], json), 1);
  t.like(JSON.parse(json.out.text), { intact: false, kind: 'changed', file: 'appendonly.aof.1.incr.aof' });
});

test('A hash that no record has is a flaw', async (t) => {
  const { dir } = await saved(t);
  const terminal = fakeTerminal();
  t.is(await auditVerify.run(['--dir', dir, '--known', `${'x'.repeat(42)}A`], terminal), 1);
  t.regex(terminal.out.text, /no record has the hash that is known\n$/);
});

test('There has to be a log to verify', async (t) => {
  const terminal = fakeTerminal();
  t.is(await auditVerify.run(['--dir', await makeTempDir(t)], terminal), 1);
  t.is(terminal.out.text, '');
  t.regex(terminal.err.text, /^ferrous audit verify: .*expected an event log/);
});

test('A restored folder is described, with the command that starts a server there', async (t) => {
  const { dir } = await saved(t);
  const out = join(dir, 'restored');
  const terminal = fakeTerminal();
  t.is(await restore.run(['--dir', dir, '--to', '1700000000', '--out', out], terminal), 0, terminal.err.text);
  t.is(
    terminal.out.text,
    `${out} holds 2 keys, as of offset 77, 2023-11-14T22:13:20.000000Z.\nStart a server with it:\n  node dist/ferrous.js --dir "${out}" --appendonly yes\n`,
  );
  t.true(existsSync(join(out, 'dump.rdb')));
  t.true(existsSync(join(out, 'appendonlydir', 'appendonly.aof.manifest')));
});

test('The folder of the log itself will do, and JSON tells the same', async (t) => {
  const { dir, folder } = await saved(t);
  const out = join(dir, 'restored');
  const terminal = fakeTerminal();
  t.is(await restore.run(['-d', folder, '--to', 'offset:120', '-o', out, '--json'], terminal), 0, terminal.err.text);
  t.like(JSON.parse(terminal.out.text), { keys: 1, offset: 120 });
});

test('A moment that is not in the log is an error that names the range', async (t) => {
  const { dir } = await saved(t);
  const out = join(dir, 'restored');
  const terminal = fakeTerminal();
  t.is(await restore.run(['--dir', dir, '--to', 'offset:5000', '--out', out], terminal), 1);
  t.regex(terminal.err.text, /^ferrous restore: .*offset:0 .*offset:120/);
  t.false(existsSync(out));
});

test('A folder that holds something is not restored to', async (t) => {
  const { dir } = await saved(t);
  const terminal = fakeTerminal();
  t.is(await restore.run(['--dir', dir, '--to', 'offset:120', '--out', dir], terminal), 1);
  t.regex(terminal.err.text, /is not empty/);
});

test('There has to be a log to restore from', async (t) => {
  const dir = await makeTempDir(t);
  const terminal = fakeTerminal();
  t.is(await restore.run(['--dir', dir, '--to', '5', '--out', join(dir, 'x')], terminal), 1);
  t.regex(
    terminal.err.text,
    /expected an event log \(a \*\.manifest, here or in appendonlydir\), found none; DIR may be the log's own folder, too\n$/,
  );
});
