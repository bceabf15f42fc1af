/**
 * BGSAVE under write load: what a second connection sees of it, and how much memory it takes.
 *
 *   node bench/bgsave.mjs [--keys 1000000] [--rate SETs/s, 0 = as fast as it goes] [--rounds 3] [--servers ...]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { progress, runWhenMain } from './lib/cli.mjs';
import { startPinger } from './lib/pinger.mjs';
import { familyBytes } from './lib/proc.mjs';
import { loadSets, openClient } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { count, mebibytes, median, milliseconds, table, times, verdict } from './lib/table.mjs';

const VALUE_BYTES = 32;
const RATES = [50_000, 0];
const QUIET_MS = 3000;
const POLL_MS = 20;
const P99_TARGET = 2;
const MEMORY_TARGET = 0.15;

/** Starts BGSAVE and waits until it has succeeded; the largest memory on the way. */
const saveInBackground = async (client, pid) => {
  let peakBytes = familyBytes(pid);
  const startedAt = performance.now();
  await client.ask('BGSAVE');
  for (;;) {
    await pause(POLL_MS);
    peakBytes = Math.max(peakBytes, familyBytes(pid));
    const info = await client.ask('INFO', 'persistence');
    if (!info.includes('rdb_bgsave_in_progress:1')) {
      if (!info.includes('rdb_last_bgsave_status:ok')) throw new Error('BGSAVE failed');
      return { peakBytes, seconds: (performance.now() - startedAt) / 1000 };
    }
  }
};

/** One round: some seconds of load alone, then the same load with a BGSAVE. */
const round = async (server, client, pinger) => {
  await pinger.start();
  await pause(QUIET_MS);
  const without = await pinger.stop();
  const beforeBytes = familyBytes(server.pid);
  await pinger.start();
  const { peakBytes, seconds } = await saveInBackground(client, server.pid);
  const during = await pinger.stop();
  return { without, during, seconds, beforeBytes, peakBytes };
};

const measure = (kind, keys, rate, rounds) =>
  withServer(kind, [], async (server) => {
    await loadSets(server.port, { count: keys, valueBytes: VALUE_BYTES });
    const client = await openClient(server.port);
    const pinger = await startPinger(server.port);
    const stop = new AbortController();
    const load = loadSets(server.port, {
      count: Number.POSITIVE_INFINITY,
      valueBytes: VALUE_BYTES,
      keyNumber: (i) => (i * 7919) % keys, // 7919 is a prime: all keys in turn, far apart
      perSecond: rate,
      signal: stop.signal,
    });
    load.catch(() => undefined); // awaited below; an earlier error must not end the process
    const samples = [];
    await pause(1000);
    for (let i = 0; i < rounds; i++) samples.push(await round(server, client, pinger));
    stop.abort();
    const { perSecond } = await load;
    pinger.close();
    client.close();
    const of = (pick) => median(samples.map(pick));
    return {
      name: kind.name,
      rate,
      perSecond,
      seconds: of(({ seconds }) => seconds),
      p50: of(({ without }) => without.p50),
      p99: of(({ without }) => without.p99),
      savingP50: of(({ during }) => during.p50),
      savingP99: of(({ during }) => during.p99),
      longest: Math.max(...samples.map(({ during }) => during.longest)),
      beforeBytes: samples[0].beforeBytes,
      extra: Math.max(...samples.map(({ beforeBytes, peakBytes }) => peakBytes / beforeBytes - 1)),
    };
  });

const judge = ({ savingP99, p99, extra }) =>
  [
    `p99 ${verdict(savingP99 <= P99_TARGET * p99, `<= ${P99_TARGET}x`)}`,
    `memory ${verdict(extra < MEMORY_TARGET, `< ${MEMORY_TARGET * 100}%`)}`,
  ].join(', ');

export const bgsave = async (kinds, { keys = 1_000_000, rate, rounds = 3 } = {}) => {
  const rows = [];
  for (const one of rate === undefined ? RATES : [rate]) {
    for (const kind of kinds) {
      rows.push(await measure(kind, keys, one, rounds));
      const { name, p99, savingP99, extra } = rows.at(-1);
      progress(
        `bgsave, ${one || 'unlimited'} SET/s: ${name} p99 ${milliseconds(p99)} -> ${milliseconds(savingP99)} ms, +${(extra * 100).toFixed(0)}%`,
      );
    }
  }
  const text = [
    `BGSAVE of ${count(keys)} keys of 16 bytes with values of ${VALUE_BYTES} bytes, under SETs of existing keys; another process PINGs`,
    `every millisecond. Medians of ${rounds} rounds. Memory is the peak of the server and its children, shared pages counted once.`,
    '',
    table(
      [
        'server',
        'load SET/s',
        'BGSAVE s',
        'p50 ms',
        'p50 saving',
        'p99 ms',
        'p99 saving',
        'p99 ratio',
        'longest ms',
        'MiB',
        'extra %',
        'target',
      ],
      rows.map((row) => [
        row.name,
        `${count(row.perSecond)}${row.rate === 0 ? ' (all it can)' : ''}`,
        row.seconds.toFixed(1),
        milliseconds(row.p50),
        milliseconds(row.savingP50),
        milliseconds(row.p99),
        milliseconds(row.savingP99),
        times(row.savingP99 / row.p99),
        milliseconds(row.longest),
        mebibytes(row.beforeBytes),
        (row.extra * 100).toFixed(1),
        row.name === 'ferrous' ? judge(row) : '',
      ]),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, bgsave);
