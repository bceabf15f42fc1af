/**
 * What a replica costs its master: pipelined SETs with no replica, with one that only reads (its work is not on this
 * machine, as it were), and with a real one of the same kind, which competes for the processors.
 *
 *   node bench/replica.mjs [--rounds 3] [--requests 2000000] [--servers ferrous,redis-server]
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { progress, runWhenMain } from './lib/cli.mjs';
import { benchmark, benchmarkArgs } from './lib/redis-benchmark.mjs';
import { openClient } from './lib/resp.mjs';
import { startServer, withServer } from './lib/servers.mjs';
import { count, median, milliseconds, table, times, verdict } from './lib/table.mjs';

const TARGET = 0.85;
const ONLINE_PATIENCE_MS = 30_000;
const MASTER_ARGS = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0'];
const sinkFile = join(dirname(fileURLToPath(import.meta.url)), 'lib', 'sink-replica.mjs');

const untilOnline = async (client) => {
  const giveUpAtMs = Date.now() + ONLINE_PATIENCE_MS;
  while (!/slave0:.*state=online/.test(await client.ask('INFO', 'replication'))) {
    if (Date.now() > giveUpAtMs) throw new Error('the replica did not come online');
    await pause(20);
  }
};

const attachSink = (_, master) => {
  const child = spawn(process.execPath, [sinkFile, String(master.port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  return async () => child.kill();
};

const attachServer = async (kind, master) => {
  const replica = await startServer(kind, ['--replicaof', `127.0.0.1 ${master.port}`]);
  return () => replica.stop();
};

const SETUPS = [
  { name: 'no replica' },
  { name: 'a replica that only reads', attach: attachSink },
  { name: 'a real replica', attach: attachServer },
];

const untilDetached = async (client) => {
  while (!(await client.ask('INFO', 'replication')).includes('connected_slaves:0')) await pause(20);
};

const measure = (kind, spec, rounds) =>
  withServer(kind, MASTER_ARGS, async (master) => {
    const client = await openClient(master.port);
    await benchmark(master, spec); // warm, and the keys are there
    const samples = SETUPS.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { attach }] of SETUPS.entries()) {
        const detach = await attach?.(kind, master);
        if (detach !== undefined) await untilOnline(client);
        samples[i].push(await benchmark(master, spec));
        await detach?.();
        await untilDetached(client);
      }
    }
    client.close();
    return SETUPS.map(({ name }, i) => ({
      server: kind.name,
      setup: name,
      perSecond: median(samples[i].map(({ perSecond }) => perSecond)),
      cpu: median(samples[i].map(({ cpuMicroseconds }) => cpuMicroseconds)),
      p99: median(samples[i].map(({ p99Ms }) => p99Ms)),
    }));
  });

export const replica = async (kinds, { rounds = 3, requests = 2_000_000 } = {}) => {
  const spec = { test: 'set', pipeline: 16, clients: 50, requests };
  const rows = [];
  for (const kind of kinds) {
    const [alone, ...attached] = await measure(kind, spec, rounds);
    for (const row of [alone, ...attached])
      rows.push({ ...row, share: row.perSecond / alone.perSecond, cpuShare: row.cpu / alone.cpu });
    progress(
      `replica: ${kind.name} keeps ${attached.map(({ perSecond }) => times(perSecond / alone.perSecond)).join(' and ')}`,
    );
  }
  const text = [
    `\`redis-benchmark ${benchmarkArgs(spec).join(' ')}\` against the master, medians of ${rounds} rounds. With two cores, the`,
    "real replica's own work takes processor time from master and client; the one that only reads shows the master's cost.",
    '',
    table(
      ['server', 'replica', 'SET/s', 'p99 ms', 'CPU µs/command', 'of alone', 'CPU of alone', 'target'],
      rows.map((row) => [
        row.server,
        row.setup,
        count(row.perSecond),
        milliseconds(row.p99),
        row.cpu.toFixed(2),
        times(row.share),
        times(row.cpuShare),
        row.server === 'ferrous' && row.share !== 1 ? verdict(row.share >= TARGET, `>= ${TARGET}x`) : '',
      ]),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, replica);
