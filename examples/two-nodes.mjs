/**
 * Replication: a master and its replica, a failover and the way back.
 *
 *     npm run build && node examples/two-nodes.mjs
 *
 * Starts two servers of its own on free ports in a temporary folder, and ends them again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';

const PROGRAM = fileURLToPath(new URL('../dist/ferrous.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'ferrous-example-'));

const freePort = async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
};

/** Starts a server and waits for the line that says it serves. */
const start = async (name, ...options) => {
  const port = await freePort();
  const dir = join(folder, name);
  const child = spawn(
    process.execPath,
    [PROGRAM, '--bind', '127.0.0.1', '--port', String(port), '--dir', dir, ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  console.log(`${name} serves on port ${port}`);
  return { name, port, child, redis: new Redis(port, '127.0.0.1') };
};

/** Waits until the replica's link is up. */
const linkUp = async ({ redis }) => {
  while (!(await redis.info('replication')).includes('master_link_status:up')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const show = async ({ name, redis }, key) => {
  const [role] = await redis.role();
  console.log(`  ${name} (${role}) says ${key} = ${await redis.get(key)}`);
};

const one = await start('one');
await one.redis.set('greeting', 'hello');
const two = await start('two', '--replicaof', '127.0.0.1', String(one.port));
await linkUp(two);
console.log('\nWhat was written before the replica came is there, and so is what comes now:');
await one.redis.set('news', 'replicated');
await one.redis.wait(1, 0);
await show(two, 'greeting');
await show(two, 'news');

console.log('\nA replica refuses writes:');
await two.redis.set('news', 'mine').catch((error) => console.log(`  ${error.message}`));

console.log('\nThe master dies; the replica is promoted and goes on:');
one.redis.disconnect();
one.child.kill('SIGKILL');
await once(one.child, 'exit');
await two.redis.replicaof('NO', 'ONE');
await two.redis.set('news', 'written after the failover');
await show(two, 'greeting');
await show(two, 'news');

console.log('\nA new server takes its place as the replica:');
const three = await start('three', '--replicaof', '127.0.0.1', String(two.port));
await linkUp(three);
await show(three, 'news');

for (const { redis, child } of [two, three]) {
  redis.disconnect();
  child.kill();
  await once(child, 'exit');
}
await rm(folder, { recursive: true });
