/**
 * A client in a process of its own: PINGs every millisecond, whether or not the last PONG has come, and notes how long
 * each one took. Reads lines from stdin: `start`, `stop` (answers with the statistics), end of input ends it.
 *
 * In:  the port as the only argument.
 * Out: one JSON line per `stop`: count, p50, p99, p99.9, longest (milliseconds), and `ownMs`: how late its own timer
 *      ever was, which bounds what the machine, not the server, may have added.
 */
import { setPriority } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { openSocket } from './resp.mjs';

try {
  setPriority(-15); // so that the load does not keep this process from the processor
} catch {
  // only root may; the figures then contain the scheduler's share
}

const PING = Buffer.from('*1\r\n$4\r\nPING\r\n');
const INTERVAL_MS = 1;
const socket = await openSocket(Number(process.argv[2]));
const sentAt = [];
let head = 0;
let latencies = [];
let lastTickAt = 0;
let ownMs = 0;
let timer;
let isStopping = false;

socket.on('data', (chunk) => {
  const now = performance.now();
  for (const byte of chunk) if (byte === 10) latencies.push(now - sentAt[head++]);
  if (head === sentAt.length) {
    sentAt.length = 0;
    head = 0;
    if (isStopping) answer();
  }
});
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(1));

const tick = () => {
  const now = performance.now();
  if (lastTickAt > 0) ownMs = Math.max(ownMs, now - lastTickAt - INTERVAL_MS);
  lastTickAt = now;
  sentAt.push(now);
  socket.write(PING);
};

const report = () => {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), longest: at(1), ownMs };
};

/** A measurement ends with the last PONG: a stall that goes on at its end counts in full. */
const answer = () => {
  isStopping = false;
  process.stdout.write(`${JSON.stringify(report())}\n`);
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'start') {
      latencies = [];
      ownMs = 0;
      lastTickAt = 0;
      clearInterval(timer);
      timer = setInterval(tick, INTERVAL_MS);
      process.stdout.write('started\n');
    } else if (line === 'stop') {
      clearInterval(timer);
      isStopping = true;
      if (sentAt.length === 0) answer();
    }
  })
  .on('close', () => process.exit(0));
process.stdout.write('ready\n');
