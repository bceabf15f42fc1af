/**
 * Throughput of lists, hashes, sets and sorted sets: redis-benchmark's own tests, servers in turn, medians compared.
 *
 * Before each round the server is emptied and, for the commands that take away, filled again: what is measured is the
 * removal of elements that are there.
 *
 *   node bench/collections.mjs [--rounds 3] [--only lpush,zadd] [--requests N] [--servers ferrous,redis-server]
 */
import { progress, runWhenMain } from './lib/cli.mjs';
import { benchmark } from './lib/redis-benchmark.mjs';
import { openClient } from './lib/resp.mjs';
import { startServer } from './lib/servers.mjs';
import { count, median, milliseconds, table, times, verdict } from './lib/table.mjs';

const TESTS = [
  { test: 'lpush' },
  { test: 'rpush' },
  { test: 'lpop', filledBy: 'rpush' },
  { test: 'rpop', filledBy: 'rpush' },
  { test: 'sadd' },
  { test: 'hset' },
  { test: 'spop', filledBy: 'sadd' },
  { test: 'zadd' },
  { test: 'zpopmin', filledBy: 'zadd' },
  { test: 'lrange_100', share: 0.1 },
  { test: 'lrange_600', share: 0.02 },
];
const PIPELINED = { pipeline: 16, clients: 50, requests: 600_000, target: 1.1 };
const SINGLE = { pipeline: 1, clients: 50, requests: 100_000, target: 1 };
/** So many different members that those which are taken away were there. */
const FILLING_KEYSPACE = 1_000_000_000;

const ROWS = [PIPELINED, SINGLE].flatMap((how) =>
  TESTS.map(({ share = 1, ...test }) => ({ ...test, ...how, requests: how.requests * share })),
);
const nameOf = ({ test, pipeline }) => `${test.toUpperCase()}, -P ${pipeline}`;

const round = async (server, row) => {
  const client = await openClient(server.port);
  await client.ask('FLUSHALL');
  client.close();
  if (row.filledBy !== undefined) {
    const filling = {
      test: row.filledBy,
      pipeline: 64,
      clients: 20,
      requests: row.requests,
      keyspace: FILLING_KEYSPACE,
    };
    await benchmark(server, filling);
  }
  return benchmark(server, row);
};

const measure = async (row, servers, rounds) => {
  const samples = new Map(servers.map((server) => [server.name, []]));
  for (const server of servers) await round(server, { ...row, requests: Math.max(1, Math.floor(row.requests / 10)) });
  for (let i = 0; i < rounds; i++) {
    for (const server of servers) samples.get(server.name).push(await round(server, row));
  }
  return new Map(
    [...samples].map(([name, list]) => [
      name,
      Object.fromEntries(Object.keys(list[0]).map((field) => [field, median(list.map((one) => one[field]))])),
    ]),
  );
};

const formatRow = ({ row, name, figures, reference }) => {
  const ratio = reference === undefined ? undefined : figures.perSecond / reference.perSecond;
  return [
    nameOf(row),
    name,
    count(figures.perSecond),
    milliseconds(figures.p50Ms),
    milliseconds(figures.p99Ms),
    figures.cpuMicroseconds.toFixed(2),
    ratio === undefined ? '' : times(ratio),
    reference === undefined ? '' : times(figures.cpuMicroseconds / reference.cpuMicroseconds),
    name === 'ferrous' && ratio !== undefined ? verdict(ratio >= row.target, `>= ${row.target}x`) : '',
  ];
};

export const collections = async (kinds, { rounds = 3, only, requests } = {}) => {
  const wanted = ROWS.filter(({ test }) => only === undefined || only.includes(test)).map((row) => ({
    ...row,
    requests: requests ?? row.requests,
  }));
  const servers = [];
  const rows = [];
  try {
    for (const kind of kinds) servers.push(await startServer(kind));
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
    `Medians of ${rounds} rounds with 50 clients, the servers in turn, each emptied before a round; pops find their elements.`,
    'The CPU of the LRANGE rows includes the pushes that redis-benchmark does before.',
    '',
    table(
      ['test', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/command', 'of redis', 'CPU of redis', 'target'],
      rows.map(formatRow),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, collections);
