/**
 * Reading the event log: who changed a key, a scan for events, verifying, over a log of millions of events.
 *
 *   node bench/audit.mjs [--requests 10_000_000] [--rounds 5]
 *
 * The log is made here, by its format: SETs of a million keys by 50 clients, 1 to 15 in a record, 200 µs apart.
 */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { progress, runWhenMain } from './lib/cli.mjs';
import { count, mebibytes, median, table, verdict } from './lib/table.mjs';

const EVENTS = 10_000_000;
const KEYS = 1_000_000;
const CLIENTS = 50;
const TARGET_S = 1;
const FLUSHED_BYTES = 1024 * 1024;
const PROGRAM = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'ferrous.js');

const keyOf = (number) => `key:${String(number).padStart(8, '0')}`;

/** Numbers below `limit` that look like chance and are the same in every run. */
const chance = () => {
  let state = 12345;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

/** Writes a log of one segment. */
const makeLog = (path, events) => {
  const fd = openSync(path, 'w');
  const below = chance();
  let ready = '';
  let record = '';
  let timeUs = 1_700_000_000_000_000;
  const turn = () => {
    const text = hash('sha256', Buffer.from(record, 'latin1'), 'base64url');
    ready += record;
    record = '';
    if (ready.length > FLUSHED_BYTES) {
      writeSync(fd, ready, null, 'latin1');
      ready = '';
    }
    return text;
  };
  record = `#F:1 ${'f'.repeat(40)} 0 ${timeUs} ${'A'.repeat(43)}\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n`;
  const named = new Set();
  for (let i = 0; i < events; ) {
    const id = 1 + below(CLIENTS);
    if (!named.has(id)) record += `#C:${id} 127.0.0.1:${40_000 + id} - default\r\n`;
    named.add(id);
    timeUs += 200;
    const text = turn();
    record = `#W:${timeUs} ${id} ${text}\r\n`;
    for (let left = 1 + below(15); left > 0 && i < events; left--, i++) {
      const value = `value-${i}`;
      record += `*3\r\n$3\r\nSET\r\n$12\r\n${keyOf(below(KEYS))}\r\n$${value.length}\r\n${value}\r\n`;
    }
  }
  turn();
  writeSync(fd, ready, null, 'latin1');
  closeSync(fd);
};

/** Seconds that a sub-command takes, from the start of the process to its end. */
const seconds = (args) => {
  const startedAt = performance.now();
  execFileSync(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  return (performance.now() - startedAt) / 1000;
};

export const audit = async (_kinds, { rounds = 5, requests: events = EVENTS } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrous-bench-audit-'));
  try {
    const segment = join(dir, 'appendonly.aof.1.incr.aof');
    makeLog(segment, events);
    const { size } = statSync(segment);
    progress(`audit: a log of ${count(events)} events made`);

    const first = seconds(['audit', 'who', keyOf(1), '--dir', dir]);
    const indexBytes = statSync(`${segment}.index`).size;
    const who = median(
      Array.from({ length: rounds }, (_, at) => seconds(['audit', 'who', keyOf(at * 7919), '--dir', dir])),
    );
    progress('audit: who measured');
    const search = seconds(['events', '--key', keyOf(42), '--dir', dir]);
    const verifying = seconds(['audit', 'verify', '--dir', dir]);
    const perSecond = (taken) => `${Math.round(size / 1e6 / taken)} MB/s`;
    const rows = [
      ['audit who KEY, the first time: the index is made', first, perSecond(first), ''],
      [`audit who KEY, median of ${rounds}`, who, '', verdict(who < TARGET_S, `< ${TARGET_S} s`)],
      ['events --key KEY, a scan of the whole log', search, perSecond(search), ''],
      ['audit verify', verifying, perSecond(verifying), ''],
    ];
    const text = [
      `A log of ${count(events)} SETs on a million keys with its audit trail, ${mebibytes(size)} MiB in one segment. The index has`,
      `${mebibytes(indexBytes)} MiB, ${((100 * indexBytes) / size).toFixed(1)}% of the log. Seconds include the start of the process.`,
      '',
      table(
        ['command', 's', 'log read at', 'target'],
        rows.map(([command, taken, speed, target]) => [command, taken.toFixed(2), speed, target]),
      ),
    ].join('\n');
    return { rows, text };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

await runWhenMain(import.meta.url, audit);
