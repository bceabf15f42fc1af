/**
 * Memory: how much the resident set grows by a million keys of 16 bytes with values of 32 bytes.
 *
 *   node bench/memory.mjs [--keys 1000000] [--servers ferrous,redis-server]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { progress, runWhenMain } from './lib/cli.mjs';
import { residentBytes } from './lib/proc.mjs';
import { loadSets, openClient } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { count, mebibytes, table, times, verdict } from './lib/table.mjs';

const VALUE_BYTES = 32;
const WARM_UP_KEYS = 20_000;
const SETTLE_MS = 2000;
const TARGET = 0.8;

const usedMemory = async (client) =>
  Number(/used_memory:(\d+)/.exec(await client.ask('INFO', 'memory'))?.[1] ?? Number.NaN);

const measure = (kind, keys) =>
  withServer(kind, [], async (server) => {
    const client = await openClient(server.port);
    // Code that was compiled and buffers that every server needs once are no cost of the keys.
    await loadSets(server.port, { count: WARM_UP_KEYS, valueBytes: VALUE_BYTES });
    await client.ask('FLUSHALL');
    await pause(SETTLE_MS);
    const emptyBytes = residentBytes(server.pid);
    const usedBefore = await usedMemory(client);
    await loadSets(server.port, { count: keys, valueBytes: VALUE_BYTES });
    await pause(SETTLE_MS);
    const fullBytes = residentBytes(server.pid);
    const usedBytes = (await usedMemory(client)) - usedBefore;
    const dbsize = Number(await client.ask('DBSIZE'));
    client.close();
    if (dbsize !== keys) throw new Error(`${kind.name} has ${dbsize} keys after ${keys} were written`);
    return { name: kind.name, emptyBytes, fullBytes, usedBytes, growthBytes: fullBytes - emptyBytes };
  });

export const memory = async (kinds, { keys = 1_000_000 } = {}) => {
  const rows = [];
  for (const kind of kinds) {
    rows.push(await measure(kind, keys));
    progress(`memory: ${kind.name} grows by ${mebibytes(rows.at(-1).growthBytes)} MiB`);
  }
  const reference = rows.find(({ name }) => name === 'redis-server');
  const text = [
    `Growth of the resident set by ${count(keys)} keys of 16 bytes with values of ${VALUE_BYTES} bytes.`,
    '',
    table(
      ['server', 'empty MiB', 'full MiB', 'growth MiB', 'bytes/key', 'used_memory growth MiB', 'of redis', 'target'],
      rows.map(({ name, emptyBytes, fullBytes, usedBytes, growthBytes }) => {
        const ratio = reference === undefined ? undefined : growthBytes / reference.growthBytes;
        return [
          name,
          mebibytes(emptyBytes),
          mebibytes(fullBytes),
          mebibytes(growthBytes),
          (growthBytes / keys).toFixed(1),
          mebibytes(usedBytes),
          ratio === undefined ? '' : times(ratio),
          name === 'ferrous' && ratio !== undefined ? verdict(ratio <= TARGET, `<= ${TARGET}x`) : '',
        ];
      }),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, memory);
