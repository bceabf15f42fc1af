/**
 * Command lines: what the words of each sub-command ask for, and what is said of words that ask for nothing.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import type * as t from 'io-ts';
import { auditVerifySpec } from '../../src/cli/audit-verify.ts';
import { type CommandSpec, readWords } from '../../src/cli/command.ts';
import { eventsSpec } from '../../src/cli/events.ts';
import { AddressText, showAddress } from '../../src/cli/options.ts';
import { restoreSpec } from '../../src/cli/restore.ts';
import { parseMoment } from '../../src/eventlog/moment.ts';

const reads = <P extends t.Props, Request>(spec: CommandSpec<P, Request>) =>
  test.macro<[words: readonly string[], request: Request]>({
    exec: (t, words, request) => t.deepEqual(readWords(spec, words), E.right(request)),
    title: (_, words) => `ferrous ${spec.manual.name} ${words.join(' ')}`,
  });

const refuses = <P extends t.Props, Request>(spec: CommandSpec<P, Request>) =>
  test.macro<[words: readonly string[], reason: string]>({
    exec: (t, words, reason) => t.deepEqual(readWords(spec, words), E.left(reason)),
    title: (_, words) => `ferrous ${spec.manual.name} ${words.join(' ')}: is refused`,
  });

const here = { _tag: 'folder', path: '.' } as const;
const plain = { source: here, format: 'table on a terminal', follow: false, conditions: {} } as const;

const events = reads(eventsSpec);
test(events, [], plain);
test(events, ['--dir', '/data', '--json'], { ...plain, source: { _tag: 'folder', path: '/data' }, format: 'json' });
test(events, ['-d', '/data', '--table'], { ...plain, source: { _tag: 'folder', path: '/data' }, format: 'table' });
test(events, ['-f', '--from', '$'], { ...plain, follow: true, from: { _tag: 'end' } });
test(events, ['--from', '1700000000.25', '--to=offset:4711'], {
  ...plain,
  from: { _tag: 'time', us: 1_700_000_000_250_000 },
  conditions: { to: { _tag: 'offset', offset: 4711 } },
});
test(events, ['--from', '2026-03-01T10:42:00+01:00'], {
  ...plain,
  from: { _tag: 'time', us: Date.UTC(2026, 2, 1, 9, 42) * 1000 },
});
test(events, ['--db', '3', '--key', 'user:*', '--user', 'al?ce', '--client', '10.*', '--command', 'del'], {
  ...plain,
  conditions: { db: 3, key: 'user:*', user: 'al?ce', client: '10.*', command: 'del' },
});
test(events, ['--key', 'gr\u00fcn'], { ...plain, conditions: { key: 'gr\xc3\xbcn' } });
test(events, ['--key=-x'], { ...plain, conditions: { key: '-x' } });
test(events, ['--key', ''], { ...plain, conditions: { key: '' } });
test(events, ['--class', 'auth,admin', '-n', '5'], {
  ...plain,
  conditions: { classes: ['auth', 'admin'] },
  countMax: 5,
});
test(events, ['--connect', 'db:6379', '--login', 'alice', '--pass', 'p\u00e4ss'], {
  ...plain,
  source: {
    _tag: 'server',
    address: { _tag: 'tcp', host: 'db', port: 6379 },
    user: 'alice',
    password: 'p\xc3\xa4ss',
  },
});
test(events, ['--connect', '/run/ferrous.sock'], {
  ...plain,
  source: { _tag: 'server', address: { _tag: 'unix', path: '/run/ferrous.sock' } },
});

const noEvents = refuses(eventsSpec);
const MOMENT = 'expected seconds since 1970 (1700000000.25), a time (2026-03-01T10:42:00Z)';
test(noEvents, ['here'], 'unexpected argument "here"');
test(noEvents, ['--nonsense'], "unknown option '--nonsense'");
test(noEvents, ['--dir'], "option '-d, --dir <value>' argument missing");
test(noEvents, ['--json=yes'], "option '--json' does not take an argument");
test(noEvents, ['--dir', ''], '--dir: expected a path, got ""');
test(noEvents, ['--from', 'yesterday'], `--from: ${MOMENT}, offset:N or $, got "yesterday"`);
test(noEvents, ['--to', '2026-02-30'], `--to: ${MOMENT} or offset:N, got "2026-02-30"`);
test(noEvents, ['--to', '$'], `--to: ${MOMENT} or offset:N, got "$"`);
test(noEvents, ['--db', 'one'], '--db: expected the number of a database, got "one"');
test(noEvents, ['--count', '0'], '--count: expected a number of events, got "0"');
test(
  noEvents,
  ['--class', 'write,wrong'],
  '--class: expected some of write,auth,admin,read,replica, got "write,wrong"',
);
test(
  noEvents,
  ['--connect', 'db'],
  '--connect: expected HOST:PORT, [IPV6]:PORT or the path of a unix socket, got "db"',
);
test(noEvents, ['--connect', 'db:1', '--dir', '.'], 'expected one of --dir and --connect, got both');
test(noEvents, ['--pass', 'secret'], 'expected --connect with --login and --pass');
test(noEvents, ['--json', '--table'], 'expected one of --json and --table, got both');
test(noEvents, ['--follow', '--to', '5'], 'expected one of --follow and --to, got both');

const HASH = `${'x'.repeat(42)}A`;
const verify = reads(auditVerifySpec);
test(verify, [], { folder: '.', json: false });
test(verify, ['-d', '/data', '--known', HASH, '--json'], { folder: '/data', known: HASH, json: true });
test(refuses(auditVerifySpec), ['--known', 'short'], '--known: expected a hash of 43 characters, got "short"');

const restore = reads(restoreSpec);
test(restore, ['--to', 'offset:9', '--out', 'there'], {
  moment: { _tag: 'offset', offset: 9 },
  out: 'there',
  json: false,
});
test(restore, ['-d', 'a', '--to', '12', '-o', 'b', '--config', 'c', '--json'], {
  dir: 'a',
  config: 'c',
  moment: { _tag: 'time', us: 12_000_000 },
  out: 'b',
  json: true,
});
test(refuses(restoreSpec), ['--out', 'there'], 'expected --to MOMENT');
test(refuses(restoreSpec), ['--to', '12'], 'expected --out DIR2');

test('Every moment that is read elsewhere is read by --to', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.nat().map(String),
        fc.nat().map((n) => `offset:${n}`),
        fc.string(),
      ),
      (text) => {
        fc.pre(text !== '$' && !text.startsWith('-'));
        const moment = parseMoment(text);
        const request = readWords(restoreSpec, [`--to=${text}`, '--out', 'x']);
        assert.equal(E.isRight(request), E.isRight(moment));
        if (E.isRight(request) && E.isRight(moment)) assert.deepEqual(request.right.moment, moment.right);
      },
    ),
  );
  t.pass();
});

test('An address is shown as it is read', (t) => {
  for (const text of ['localhost:6379', '[::1]:6380', '/tmp/a.sock', '10.0.0.1:1']) {
    const address = AddressText.decode(text);
    t.is(E.isRight(address) ? showAddress(address.right) : '', text);
  }
  const short = AddressText.decode(':7');
  t.deepEqual(short, E.right({ _tag: 'tcp', host: '127.0.0.1', port: 7 }));
  for (const text of ['', ':', 'a:0', 'a:65536', 'a:b:1', '::1:5', 'a:-1'])
    t.true(E.isLeft(AddressText.decode(text)), text);
});
