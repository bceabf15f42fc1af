/**
 * The near end of pinger-process.mjs.
 *
 * In:  a port.
 * Out: `start()` begins a measurement, `stop()` ends it and gives its statistics in milliseconds.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const file = join(dirname(fileURLToPath(import.meta.url)), 'pinger-process.mjs');

export const startPinger = async (port) => {
  const child = spawn(process.execPath, [file, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the pinging client ended');
    return value;
  };
  const say = (word) => {
    child.stdin.write(`${word}\n`);
    return next();
  };
  await next(); // ready
  return {
    start: () => say('start'),
    stop: async () => JSON.parse(await say('stop')),
    close: () => {
      child.stdin.end();
      child.kill();
    },
  };
};
