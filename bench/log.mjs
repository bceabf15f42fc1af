/**
 * The event log: what it costs a server to write it, and how fast it is loaded.
 *
 *   node bench/log.mjs [--rounds 3] [--requests N] [--servers ferrous,redis-server]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { progress, runWhenMain } from './lib/cli.mjs';
import { startPinger } from './lib/pinger.mjs';
import { benchmark } from './lib/redis-benchmark.mjs';
import { loadSets, openClient } from './lib/resp.mjs';
import { startServer, withServer } from './lib/servers.mjs';
import { count, median, milliseconds, table, times, verdict } from './lib/table.mjs';

const KEYS = 1_000_000;
const MODES = [
  { name: 'off', args: [] },
  { name: 'everysec', args: ['--appendonly', 'yes'] },
  { name: 'always', args: ['--appendonly', 'yes', '--appendfsync', 'always'] },
  { name: 'everysec, audit trail', args: ['--appendonly', 'yes', '--audit-trail', 'yes'], isOurs: true },
];
const LOADS = [
  { name: 'SET, -P 16', test: 'set', pipeline: 16, clients: 50, requests: 1_000_000 },
  { name: 'SET, -P 1', test: 'set', pipeline: 1, clients: 50, requests: 100_000 },
];

const measureModes = async (kinds, rounds, requests) => {
  const rows = [];
  for (const load of LOADS) {
    const servers = [];
    try {
      for (const kind of kinds) {
        for (const mode of MODES.filter(({ isOurs }) => isOurs !== true || kind.name === 'ferrous')) {
          servers.push({ mode: mode.name, kind: kind.name, samples: [], server: await startServer(kind, mode.args) });
        }
      }
      const spec = { ...load, requests: requests ?? load.requests };
      for (let round = 0; round <= rounds; round++) {
        for (const one of servers) {
          // A disk takes its time under always; the first, short round only warms up.
          const share = (one.mode === 'always' ? 0.2 : 1) * (round === 0 ? 0.1 : 1);
          const { perSecond } = await benchmark(one.server, { ...spec, requests: Math.ceil(spec.requests * share) });
          if (round > 0) one.samples.push(perSecond);
        }
      }
      for (const { mode, kind, samples } of servers) rows.push({ load, mode, kind, perSecond: median(samples) });
    } finally {
      for (const { server } of servers) await server.stop();
    }
    progress(`log: ${load.name} measured`);
  }
  return rows;
};

const TARGETS = new Map([
  ['SET, -P 16 everysec', 0.85],
  ['SET, -P 1 everysec', 0.95],
  ['SET, -P 16 everysec, audit trail', 0.9],
]);

const modeTable = (rows) => {
  const find = (load, mode, kind) => rows.find((row) => row.load === load && row.mode === mode && row.kind === kind);
  return table(
    ['load', 'log', 'server', 'requests/s', 'of its off', 'of redis', 'target'],
    rows.map(({ load, mode, kind, perSecond }) => {
      // The trail is compared with the log without it.
      const base = find(load, mode.includes('trail') ? 'everysec' : 'off', kind)?.perSecond;
      const redis = find(load, mode, 'redis-server')?.perSecond;
      const target = TARGETS.get(`${load.name} ${mode}`);
      let judged = '';
      if (kind === 'ferrous' && target !== undefined) judged = verdict(perSecond / base >= target, `>= ${target}x`);
      if (kind === 'ferrous' && mode === 'always' && load.pipeline === 1 && redis !== undefined) {
        judged = verdict(perSecond >= redis, '>= 1.00x of redis');
      }
      return [
        load.name,
        mode,
        kind,
        count(perSecond),
        times(perSecond / base),
        redis === undefined ? '' : times(perSecond / redis),
        judged,
      ];
    }),
  );
};

/** Seconds from the start of the process to its first PONG that is no LOADING, with a log of a million SETs. */
const measureLoading = async (kind) => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrous-bench-log-'));
  const args = ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0', '--dir', dir];
  try {
    await withServer(kind, args, (server) => loadSets(server.port, { count: KEYS, valueBytes: 32 }));
    const startedAt = performance.now();
    return await withServer(kind, args, async (server) => {
      const client = await openClient(server.port);
      while ((await client.ask('INFO', 'persistence')).includes('\nloading:1')) await pause(10);
      const seconds = (performance.now() - startedAt) / 1000;
      const size = Number(await client.ask('DBSIZE'));
      client.close();
      if (size !== KEYS) throw new Error(`${kind.name} has ${size} keys after it loaded its log`);
      return { kind: kind.name, seconds };
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const rewriteIsOver = async (client) => {
  for (;;) {
    await pause(20);
    const info = await client.ask('INFO', 'persistence');
    if (!info.includes('aof_rewrite_in_progress:1') && !info.includes('aof_rewrite_scheduled:1')) {
      if (!info.includes('aof_last_bgrewrite_status:ok')) throw new Error('BGREWRITEAOF failed');
      return;
    }
  }
};

const measureRewriting = (kind) =>
  withServer(kind, ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0'], async (server) => {
    await loadSets(server.port, { count: KEYS, valueBytes: 32 });
    const client = await openClient(server.port);
    const pinger = await startPinger(server.port);
    const stop = new AbortController();
    const load = loadSets(server.port, {
      count: Number.POSITIVE_INFINITY,
      valueBytes: 32,
      keyNumber: (i) => (i * 7919) % KEYS,
      perSecond: 50_000,
      signal: stop.signal,
    });
    load.catch(() => undefined);
    await pause(1000);
    const rounds = [];
    for (let i = 0; i < 3; i++) {
      await pinger.start();
      await pause(2000);
      const without = await pinger.stop();
      await pinger.start();
      await client.ask('BGREWRITEAOF');
      await rewriteIsOver(client);
      rounds.push({ without, during: await pinger.stop() });
    }
    stop.abort();
    await load;
    pinger.close();
    client.close();
    return {
      kind: kind.name,
      p99: median(rounds.map(({ without }) => without.p99)),
      rewriting: median(rounds.map(({ during }) => during.p99)),
      longest: Math.max(...rounds.map(({ during }) => during.longest)),
    };
  });

export const log = async (kinds, { rounds = 3, requests } = {}) => {
  const modes = await measureModes(kinds, rounds, requests);
  const loads = [];
  for (const kind of kinds) loads.push(await measureLoading(kind));
  progress('log: loading measured');
  const rewrites = [];
  for (const kind of kinds) rewrites.push(await measureRewriting(kind));
  const redis = loads.find(({ kind }) => kind === 'redis-server');
  const text = [
    `Requests per second with 50 clients, medians of ${rounds} rounds, the servers in turn. The log with its audit trail is compared with the`,
    'log without it.',
    '',
    modeTable(modes),
    '',
    `Start of a server whose log holds ${count(KEYS)} SETs (16 bytes, values of 32), from the start of the process on.`,
    '',
    table(
      ['server', 's', 'of redis', 'target'],
      loads.map(({ kind, seconds }) => [
        kind,
        seconds.toFixed(2),
        redis === undefined ? '' : times(seconds / redis.seconds),
        kind === 'ferrous' && redis !== undefined ? verdict(seconds <= redis.seconds, '<= 1.00x') : '',
      ]),
    ),
    '',
    `BGREWRITEAOF of ${count(KEYS)} keys under 50,000 SET/s, seen by another process that PINGs every millisecond.`,
    '',
    table(
      ['server', 'p99 ms', 'p99 rewriting', 'ratio', 'longest ms', 'target'],
      rewrites.map(({ kind, p99, rewriting, longest }) => [
        kind,
        milliseconds(p99),
        milliseconds(rewriting),
        times(rewriting / p99),
        milliseconds(longest),
        kind === 'ferrous' ? verdict(rewriting <= 2 * p99, '<= 2x') : '',
      ]),
    ),
  ].join('\n');
  return { rows: [...modes, ...loads, ...rewrites], text };
};

await runWhenMain(import.meta.url, log);
