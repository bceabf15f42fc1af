/**
 * Throughput: redis-benchmark against every server in turn (A B A B), at least three rounds per row, medians compared.
 *
 *   node bench/throughput.mjs [--rounds 3] [--only set,get] [--requests N] [--servers ferrous,redis-server]
 */
import { progress, runWhenMain } from './lib/cli.mjs';
import { benchmark, benchmarkArgs } from './lib/redis-benchmark.mjs';
import { startServer } from './lib/servers.mjs';
import { count, median, milliseconds, table, times, verdict } from './lib/table.mjs';

const PIPELINED_REQUESTS = 2_000_000;
const SINGLE_REQUESTS = 300_000;
const CPU_TARGET = 0.8;

const pipelined = (test, target, share = 1) => ({
  test,
  pipeline: 16,
  clients: 50,
  requests: PIPELINED_REQUESTS * share,
  target,
});
const single = (test, clients) => ({
  test,
  pipeline: 1,
  clients,
  requests: clients === 1 ? SINGLE_REQUESTS / 5 : SINGLE_REQUESTS,
  target: 1,
});

const ROWS = [
  pipelined('set', 1.25),
  pipelined('get', 1.25),
  pipelined('incr', 1.25),
  pipelined('mset', 1.25, 0.25),
  pipelined('ping_mbulk', undefined),
  ...[1, 50, 500].flatMap((clients) => ['set', 'get', 'incr'].map((test) => single(test, clients))),
];

const nameOf = ({ test, pipeline, clients }) =>
  `${test === 'ping_mbulk' ? 'PING' : test.toUpperCase()}${test === 'mset' ? ' (10 keys)' : ''}, -P ${pipeline}, -c ${clients}`;

const isWanted = (only) => (row) =>
  only === undefined || only.some((name) => row.test === name || row.test.startsWith(`${name}_`));

const medians = (samples) =>
  Object.fromEntries(Object.keys(samples[0]).map((field) => [field, median(samples.map((sample) => sample[field]))]));

/** Measures one row: rounds of all servers, one after the other. The first, short round only warms up. */
const measure = async (row, servers, rounds) => {
  const samples = new Map(servers.map((server) => [server.name, []]));
  for (const server of servers)
    await benchmark(server, { ...row, requests: Math.max(1, Math.floor(row.requests / 10)) });
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) samples.get(server.name).push(await benchmark(server, row));
  }
  return new Map([...samples].map(([name, list]) => [name, medians(list)]));
};

const formatRow = (row, name, figures, reference) => {
  const ratio = reference === undefined ? undefined : figures.perSecond / reference.perSecond;
  const cpuRatio = reference === undefined ? undefined : figures.cpuMicroseconds / reference.cpuMicroseconds;
  const isJudged = name === 'ferrous' && ratio !== undefined && row.target !== undefined;
  const cpuTarget = row.pipeline > 1 ? `, CPU ${verdict(cpuRatio <= CPU_TARGET, `<= ${CPU_TARGET}x`)}` : '';
  return [
    nameOf(row),
    name,
    count(figures.perSecond),
    milliseconds(figures.p50Ms),
    milliseconds(figures.p99Ms),
    figures.cpuMicroseconds.toFixed(2),
    ratio === undefined ? '' : times(ratio),
    cpuRatio === undefined ? '' : times(cpuRatio),
    isJudged ? `${verdict(ratio >= row.target, `>= ${row.target}x`)}${cpuTarget}` : '',
  ];
};

const HEADER = [
  'test',
  'server',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/command',
  'of redis',
  'CPU of redis',
  'target',
];

export const throughput = async (kinds, { rounds = 3, only, requests } = {}) => {
  const wanted = ROWS.filter(isWanted(only)).map((row) => ({ ...row, requests: requests ?? row.requests }));
  if (wanted.length === 0) throw new Error(`--only ${only}: no such test; there are set, get, incr, mset, ping`);
  const servers = [];
  const rows = [];
  try {
    for (const kind of kinds) servers.push(await startServer(kind));
    for (const server of servers)
      await benchmark(server, { test: 'set', pipeline: 64, clients: 50, requests: 500_000 });
    for (const row of wanted) {
      const byServer = await measure(row, servers, rounds);
      const reference = byServer.get('redis-server');
      for (const [name, figures] of byServer) rows.push({ row, name, figures, reference });
      progress(
        [...byServer].map(([name, { perSecond }]) => `${nameOf(row)}: ${name} ${count(perSecond)}/s`).join(', '),
      );
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  const text = [
    `Medians of ${rounds} rounds, the servers in turn. "of redis" compares requests per second, "CPU of redis" the server's own`,
    'processor time per command (utime + stime from /proc), which the speed of the client does not bound.',
    `Each row is \`redis-benchmark ${benchmarkArgs({ test: 'T', requests: 'N', clients: 'C', pipeline: 'P' }).join(' ')}\`.`,
    '',
    table(
      HEADER,
      rows.map(({ row, name, figures, reference }) => formatRow(row, name, figures, reference)),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, throughput);
