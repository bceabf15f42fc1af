/**
 * Stalls by large values: a client in another process PINGs every millisecond while a collection grows to a million elements,
 * and while it goes: by UNLINK, DEL, FLUSHALL, by its expiry, and overwritten by SET.
 *
 *   node bench/collections-stall.mjs [--servers ferrous,redis-server]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { progress, runWhenMain } from './lib/cli.mjs';
import { startPinger } from './lib/pinger.mjs';
import { loadCommands, openClient } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { milliseconds, table, verdict } from './lib/table.mjs';
import { VALUES } from './lib/values.mjs';

const ELEMENTS = 1_000_000;
const TARGET_MS = 5;
/** As long as the freeing of a million elements in slices takes, and some more. */
const AFTER_MS = 1500;

const REMOVALS = [
  { name: 'UNLINK', run: (client) => client.ask('UNLINK', 'big') },
  { name: 'DEL', run: (client) => client.ask('DEL', 'big'), reported: true },
  { name: 'FLUSHALL ASYNC', run: (client) => client.ask('FLUSHALL', 'ASYNC') },
  { name: 'FLUSHALL', run: (client) => client.ask('FLUSHALL') },
  { name: 'expiry', run: (client) => client.ask('PEXPIRE', 'big', '50') },
  { name: 'SET over it', run: (client) => client.ask('SET', 'big', 'x') },
];

const during = async (pinger, work) => {
  await pinger.start();
  await work();
  return pinger.stop();
};

const measure = (kind, { name, add }) =>
  withServer(kind, [], async (server) => {
    const client = await openClient(server.port);
    const pinger = await startPinger(server.port);
    const rows = [];
    await loadCommands(server.port, 50_000, (i) => add(i, 'warm'));
    await client.ask('DEL', 'warm');
    for (const removal of REMOVALS) {
      const growth = await during(pinger, () => loadCommands(server.port, ELEMENTS, add));
      if (rows.length === 0) rows.push({ what: `${name} grows to 1M`, server: kind.name, ...growth });
      await pause(200);
      const pings = await during(pinger, async () => {
        await removal.run(client);
        await pause(AFTER_MS);
      });
      rows.push({ what: `${removal.name} of a ${name}`, server: kind.name, reported: removal.reported, ...pings });
    }
    pinger.close();
    client.close();
    return rows;
  });

export const collectionsStall = async (kinds) => {
  const rows = [];
  for (const value of VALUES) {
    for (const kind of kinds) rows.push(...(await measure(kind, value)));
    progress(`stall of collections: ${value.name} measured`);
  }
  const whats = [...new Set(rows.map(({ what }) => what))];
  const text = [
    'A value of a million elements grows, and goes, while another process PINGs every millisecond. "own ms" is how late the',
    'pinging process itself ever was: that much of "longest" may be the machine\'s.',
    '',
    table(
      ['what', 'server', 'p99 ms', 'longest ms', 'own ms', 'target'],
      whats.flatMap((what) =>
        rows
          .filter((row) => row.what === what)
          .map((row) => [
            what,
            row.server,
            milliseconds(row.p99),
            milliseconds(row.longest),
            milliseconds(row.ownMs),
            row.server === 'ferrous' && row.reported !== true
              ? verdict(row.longest <= TARGET_MS, `longest <= ${TARGET_MS} ms`)
              : '',
          ]),
      ),
    ),
  ].join('\n');
  return { rows, text };
};

await runWhenMain(import.meta.url, collectionsStall);
