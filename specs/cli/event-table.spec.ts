/**
 * The table of events: aligned, cut to the terminal, and safe whatever clients sent.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { EventTable, showCommand } from '../../src/cli/event-table.ts';
import type { LoggedEvent } from '../../src/eventlog/event.ts';
import { anyLog, client, type MadeCommand, MadeLog } from '../eventlog/make-log.ts';

/** The events of a log that somebody wrote. */
const eventsOf = (write: (log: MadeLog) => void): readonly LoggedEvent[] => {
  const log = new MadeLog({});
  write(log);
  return log.events;
};

const command = (...commands: MadeCommand[]): LoggedEvent => {
  const [event] = eventsOf((log) => log.write(client(1), 0, ...commands));
  assert.ok(event !== undefined);
  return event;
};

test('A table shows time, offset, database, client, user and command', (t) => {
  const events = eventsOf((log) => {
    log.write(client(2, 'worker'), 0, { args: ['SET', 'greeting', 'hello world'] });
    log.wait(1_500_000);
    log.write(client(1), 11, { args: ['PEXPIREAT', 'k', '1700000010000'], asSent: ['EXPIRE', 'k', '10'] });
    log.transaction(client(2), 0, { args: ['SET', 'a', '1'] }, { args: ['SET', 'b', '\x1b[2J\r\n'] });
    log.audit(client(1), 'admin', ['CONFIG', 'SET', 'maxmemory', '1gb']);
    log.write(client(0), 0, { args: ['DEL', 'old'] });
    log.write(client(-1), 0, { args: ['DEL', 'far'] });
  });
  const table = new EventTable();
  t.deepEqual((table.header() + table.rows(events)).split('\n'), [
    'time                             offset  db  client                 user     command',
    '2023-11-14T22:13:20.000000Z          23   0  127.0.0.1:40002 worker  default   SET greeting "hello world"',
    '2023-11-14T22:13:21.500000Z          92  11  127.0.0.1:40001         "al ice"  EXPIRE k 10 => PEXPIREAT k 1700000010000',
    '2023-11-14T22:13:21.500000Z         176   0  127.0.0.1:40002         default   | SET a 1',
    '2023-11-14T22:13:21.500000Z         203   0  127.0.0.1:40002         default   | SET b "\\x1b[2J\\r\\n"',
    '2023-11-14T22:13:21.500000Z         249   -  127.0.0.1:40001         "al ice"  [admin] CONFIG SET maxmemory 1gb',
    '2023-11-14T22:13:21.500000Z         249   0  (server)                -         DEL old',
    '2023-11-14T22:13:21.500000Z         271   0  (master)                -         DEL far',
    '',
  ]);
});

test('Columns grow with what they hold, and stay as wide', (t) => {
  const [first, second, third] = eventsOf((log) => {
    log.write(client(1), 0, { args: ['DEL', 'a'] });
    log.write({ ...client(2), name: 'a-rather-long-name' }, 0, { args: ['DEL', 'b'] });
    log.write(client(1), 0, { args: ['DEL', 'c'] });
  });
  const table = new EventTable();
  const at = (event: LoggedEvent | undefined): number => {
    assert.ok(event !== undefined);
    return table.rows([event]).indexOf('DEL');
  };
  const columns = [at(first), at(second), at(third)];
  t.true((columns[0] ?? 0) < (columns[1] ?? 0));
  t.is(columns[1], columns[2]);
});

test('Without a trail nobody knows who it was, and perhaps not when', (t) => {
  const event = { offset: 1, end: 2, timeUs: 0, db: 0, class: 'write', args: [new Uint8Array([0x61])] } as const;
  t.is(new EventTable().rows([event]), `-${' '.repeat(37)}1   0  -${' '.repeat(22)}-        a\n`);
});

test('On a terminal a command is cut to what is left of the line, but never to nothing', (t) => {
  const long = command({ args: ['SET', 'k', 'v'.repeat(1000)] });
  const row = new EventTable(140).rows([long]).slice(0, -1);
  t.true(row.length <= 140 && row.length > 130 && row.endsWith('vvv...'), row);
  const narrow = new EventTable(20).rows([long]);
  t.regex(narrow, /SET k v{20,}\.\.\.\n$/);
});

test('What was sent and what it did share the room, and a short one leaves its part to the other', (t) => {
  const show = (sent: number, done: number): string =>
    showCommand(command({ args: ['SET', 'd'.repeat(done)], asSent: ['EVAL', 's'.repeat(sent)] }), 60);
  t.is(show(5, 5), 'EVAL sssss => SET ddddd');
  t.is(show(100, 100).length, 60);
  t.regex(show(100, 100), /^EVAL s{18,}\.\.\. => SET d{18,}\.\.\.$/);
  t.regex(show(100, 5), /^EVAL s{35,}\.\.\. => SET ddddd$/);
  t.regex(show(5, 100), /^EVAL sssss => SET d{35,}\.\.\.$/);
});

test('Whatever a log holds, a row is one line of printable ASCII, and none is wider than its terminal', (t) => {
  fc.assert(
    fc.property(anyLog(), fc.integer({ min: 150, max: 300 }), (log, columns) => {
      const events = log.events.map((event) => ({
        ...event,
        ...(event.asSent === undefined ? {} : { asSent: `${event.asSent}\x1b\n` }),
      }));
      const rows = new EventTable(columns).rows(events);
      assert.match(rows, /^([ -~]*\n)*$/);
      const lines = rows.split('\n').slice(0, -1);
      assert.equal(lines.length, events.length);
      for (const line of lines) assert.ok(line.length <= columns, `${line.length}`);
    }),
  );
  t.pass();
});
