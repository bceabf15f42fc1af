/**
 * Growth: what a command costs a server as its value grows from a thousand to a million elements, and how long it takes to
 * walk a whole value.
 *
 *   node bench/collections-growth.mjs [--servers ferrous,redis-server]
 */
import { progress, runWhenMain } from './lib/cli.mjs';
import { cpuMicroseconds } from './lib/proc.mjs';
import { loadCommands, openSocket, request } from './lib/resp.mjs';
import { withServer } from './lib/servers.mjs';
import { table } from './lib/table.mjs';
import { VALUES } from './lib/values.mjs';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const COMMANDS = 100_000;
const loadOf = (name) => VALUES.find((value) => value.name === name);
const member = (i) => `member:${String(i).padStart(10, '0')}`;

const COSTS = [
  {
    name: 'ZADD of a new member',
    value: 'zset',
    command: (i, size) => request('ZADD', 'big', String((i * 7919) % 1_048_573), `new:${size}:${i}`),
  },
  {
    name: 'ZADD that moves a member',
    value: 'zset',
    command: (i, size) => request('ZADD', 'big', String((i * 104_729) % 1_048_573), member((i * 31) % size)),
  },
  { name: 'ZRANK', value: 'zset', command: (i, size) => request('ZRANK', 'big', member((i * 7919) % size)) },
];

/** CPU microseconds per command. */
const cost = async (server, commands, command, linesPerReply = 1) => {
  await loadCommands(server.port, Math.min(commands, 5000), command, linesPerReply);
  const before = cpuMicroseconds(server.pid);
  await loadCommands(server.port, commands, command, linesPerReply);
  return (cpuMicroseconds(server.pid) - before) / commands;
};

/** Reads replies of SCAN's kind until the cursor is 0; returns milliseconds and the number of elements seen. */
const scanAll = async (port, name) => {
  const socket = await openSocket(port);
  const startedAt = performance.now();
  let rest = '';
  let lines = 0;
  await new Promise((resolve, reject) => {
    const ask = (cursor) => socket.write(request(name, 'big', cursor, 'COUNT', '1000'));
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      rest += text;
      const head = /^\*2\r\n\$\d+\r\n(\d+)\r\n\*(\d+)\r\n/.exec(rest);
      if (head === null) return;
      const wanted = Number(head[2]) * 2;
      let at = head[0].length;
      for (let i = 0; i < wanted; i++) {
        at = rest.indexOf('\r\n', at) + 2;
        if (at === 1) return;
      }
      lines += wanted / 2;
      rest = rest.slice(at);
      if (head[1] === '0') resolve();
      else ask(head[1]);
    });
    socket.on('error', reject);
    ask('0');
  });
  socket.destroy();
  return { ms: performance.now() - startedAt, lines };
};

const measureCosts = async (kind, rows) => {
  for (const size of SIZES) {
    await withServer(kind, [], async (server) => {
      await loadCommands(server.port, size, loadOf('zset').add);
      await loadCommands(server.port, size, (i) => loadOf('list').add(i, 'list'));
      for (const { name, command } of COSTS) {
        const us = await cost(server, COMMANDS, (i) => command(i, size));
        rows.push({ name, server: kind.name, size, us });
      }
      const lindex = request('LINDEX', 'list', String(size >> 1));
      const us = await cost(server, COMMANDS / 5, () => lindex, 2);
      rows.push({ name: 'LINDEX in the middle', server: kind.name, size, us });
    });
  }
};

const measureScans = async (kind, rows) => {
  for (const [value, name, perElement] of [
    ['hash', 'HSCAN', 2],
    ['set', 'SSCAN', 1],
    ['zset', 'ZSCAN', 2],
  ]) {
    await withServer(kind, [], async (server) => {
      await loadCommands(server.port, 1_000_000, loadOf(value).add);
      const { ms, lines } = await scanAll(server.port, name);
      if (lines / perElement < 999_000) throw new Error(`${name} gave ${lines / perElement} elements`);
      rows.push({ name: `${name} of all, COUNT 1000`, server: kind.name, ms });
    });
  }
};

export const collectionsGrowth = async (kinds) => {
  const costs = [];
  const scans = [];
  for (const kind of kinds) {
    await measureCosts(kind, costs);
    await measureScans(kind, scans);
    progress(`growth: ${kind.name} measured`);
  }
  const names = [...new Set(costs.map(({ name }) => name))];
  const text = [
    'CPU microseconds per command, pipelined over one connection, by the number of elements (the pipeline is the same in all).',
    '',
    table(
      ['command', 'server', ...SIZES.map((size) => size.toLocaleString('en-US'))],
      names.flatMap((name) =>
        kinds.map((kind) => [
          name,
          kind.name,
          ...SIZES.map((size) =>
            (costs.find((c) => c.name === name && c.server === kind.name && c.size === size)?.us ?? 0).toFixed(2),
          ),
        ]),
      ),
    ),
    '',
    'Milliseconds to walk a value of a million elements.',
    '',
    table(
      ['walk', 'server', 'ms'],
      scans.map(({ name, server, ms }) => [name, server, ms.toFixed(0)]),
    ),
  ].join('\n');
  return { rows: [...costs, ...scans], text };
};

await runWhenMain(import.meta.url, collectionsGrowth);
