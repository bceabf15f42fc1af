/**
 * Memory of collections: how much the resident set grows by one value of a million elements, by type, and by a hundred
 * thousand hashes of ten fields.
 *
 *   node bench/collections-memory.mjs [--servers ferrous,redis-server]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { progress, runWhenMain } from './lib/cli.mjs';
import { residentBytes } from './lib/proc.mjs';
import { loadCommands, openClient, request } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { mebibytes, table, times, verdict } from './lib/table.mjs';
import { VALUES } from './lib/values.mjs';

const ELEMENTS = 1_000_000;
const HASHES = 100_000;
const FIELDS = 10;
const WARM_UP = 20_000;
const SETTLE_MS = 1500;

const LOADS = [
  ...VALUES.map(({ name, add }) => ({ name: `${name} of 1M elements`, commands: ELEMENTS, add })),
  {
    name: '100k hashes of 10 fields',
    commands: HASHES * FIELDS,
    add: (i) => request('HSET', `hash:${Math.floor(i / FIELDS)}`, `field:${i % FIELDS}`, `value:${i}`),
  },
];

const measure = (kind, { commands, add }) =>
  withServer(kind, [], async (server) => {
    const client = await openClient(server.port);
    // Code that was compiled and buffers that every server needs once are no cost of the elements.
    await loadCommands(server.port, WARM_UP, add);
    await client.ask('FLUSHALL');
    await pause(SETTLE_MS);
    const before = residentBytes(server.pid);
    await loadCommands(server.port, commands, add);
    await pause(SETTLE_MS);
    const growthBytes = residentBytes(server.pid) - before;
    client.close();
    return { name: kind.name, growthBytes, bytesPerElement: growthBytes / commands };
  });

export const collectionsMemory = async (kinds) => {
  const rows = [];
  for (const load of LOADS) {
    const measured = [];
    for (const kind of kinds) measured.push(await measure(kind, load));
    const reference = measured.find(({ name }) => name === 'redis-server');
    for (const row of measured) rows.push({ load: load.name, reference, ...row });
    progress(measured.map(({ name, growthBytes }) => `${load.name}: ${name} ${mebibytes(growthBytes)} MiB`).join(', '));
  }
  const text = table(
    ['value', 'server', 'growth MiB', 'bytes/element', 'of redis', 'target'],
    rows.map(({ load, name, growthBytes, bytesPerElement, reference }) => {
      const ratio = reference === undefined ? undefined : growthBytes / reference.growthBytes;
      return [
        load,
        name,
        mebibytes(growthBytes),
        bytesPerElement.toFixed(1),
        ratio === undefined ? '' : times(ratio),
        name === 'ferrous' && ratio !== undefined ? verdict(ratio <= 1, '<= 1.00x') : '',
      ];
    }),
  );
  return { rows, text: `Growth of the resident set.\n\n${text}` };
};

await runWhenMain(import.meta.url, collectionsMemory);
