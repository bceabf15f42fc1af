/**
 * Stalls: while millions of keys are loaded, a client in another process PINGs every millisecond. How long did the
 * longest PONG take? Afterwards DBSIZE and a sample of the keys are read back. 20 000 000 keys are more than the 2^24
 * that a JavaScript Map holds.
 *
 *   node bench/stall.mjs [--keys 10000000] [--servers ferrous,redis-server]
 */
import { progress, runWhenMain } from './lib/cli.mjs';
import { startPinger } from './lib/pinger.mjs';
import { residentBytes } from './lib/proc.mjs';
import { keyOf, loadSets, openClient, valueFor } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { count, mebibytes, milliseconds, table, verdict } from './lib/table.mjs';

const VALUE_BYTES = 16;
const SAMPLES = 20_000;
const TARGET_MS = 5;

/** Reads every n-th key back; throws at the first that is wrong. */
const verify = async (port, keys) => {
  const client = await openClient(port);
  const dbsize = Number(await client.ask('DBSIZE'));
  if (dbsize !== keys) throw new Error(`DBSIZE is ${dbsize} after ${keys} keys were written`);
  const samples = Math.min(SAMPLES, keys);
  const numbers = Array.from({ length: samples }, (_, i) => Math.floor((i * keys) / samples));
  const found = await Promise.all(numbers.map((number) => client.ask('GET', keyOf(number))));
  client.close();
  const wrong = numbers.findIndex((number, i) => found[i] !== valueFor(number, VALUE_BYTES));
  if (wrong !== -1) throw new Error(`GET ${keyOf(numbers[wrong])} gave ${JSON.stringify(found[wrong])}`);
  return samples;
};

const measure = (kind, keys) =>
  withServer(kind, [], async (server) => {
    await loadSets(server.port, { count: Math.min(200_000, keys), valueBytes: VALUE_BYTES }); // warm, the same keys again
    const pinger = await startPinger(server.port);
    const slice = keys / 10;
    const marks = [];
    await pinger.start();
    const startedAt = performance.now();
    const { perSecond } = await loadSets(server.port, {
      count: keys,
      valueBytes: VALUE_BYTES,
      onProgress: (done) => {
        while (done >= slice * (marks.length + 1)) marks.push(performance.now());
      },
    });
    const pings = await pinger.stop();
    pinger.close();
    const rate = (from, to) => slice / ((to - from) / 1000);
    const samples = await verify(server.port, keys);
    return {
      name: kind.name,
      keys,
      perSecond,
      firstPerSecond: rate(startedAt, marks[0]),
      lastPerSecond: rate(marks.at(-2) ?? startedAt, marks.at(-1)),
      ...pings,
      residentBytes: residentBytes(server.pid),
      samples,
    };
  });

export const stall = async (kinds, { keys } = {}) => {
  const rows = [];
  for (const size of keys === undefined ? [10_000_000, 20_000_000] : [keys]) {
    for (const kind of kinds) {
      rows.push(await measure(kind, size));
      const { perSecond, longest } = rows.at(-1);
      progress(
        `stall, ${count(size)} keys: ${kind.name} ${count(perSecond)}/s, longest PING ${milliseconds(longest)} ms`,
      );
    }
  }
  const text = [
    `SETs of new keys (16 bytes, values of ${VALUE_BYTES} bytes) over one pipelined connection, while another process PINGs every`,
    'millisecond. "own ms" is how late the pinging process itself ever was: that much of "longest" may be the machine\'s.',
    `Afterwards DBSIZE and ${count(rows[0]?.samples ?? 0)} keys were read back and were right.`,
    '',
    table(
      [
        'server',
        'keys',
        'SET/s',
        'first tenth/s',
        'last tenth/s',
        'p50 ms',
        'p99 ms',
        'p99.9 ms',
        'longest ms',
        'own ms',
        'RSS MiB',
        'target',
      ],
      rows.map((row) => [
        row.name,
        count(row.keys),
        count(row.perSecond),
        count(row.firstPerSecond),
        count(row.lastPerSecond),
        milliseconds(row.p50),
        milliseconds(row.p99),
        milliseconds(row.p999),
        milliseconds(row.longest),
        milliseconds(row.ownMs),
        mebibytes(row.residentBytes),
        row.name === 'ferrous' ? verdict(row.longest <= TARGET_MS, `longest <= ${TARGET_MS} ms`) : '',
      ]),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, stall);
