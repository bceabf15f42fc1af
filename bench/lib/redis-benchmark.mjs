/**
 * redis-benchmark as a function.
 *
 * In:  a server and what to run.
 * Out: requests per second, p50 and p99 in milliseconds, the server's processor time per command in microseconds.
 * Memory: none.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuMicroseconds } from './proc.mjs';
import { findProgram } from './servers.mjs';

const run = promisify(execFile);

export const KEYSPACE = 100_000;

/** The arguments of one run, without host and port. */
export const benchmarkArgs = ({ test, requests, clients, pipeline, keyspace = KEYSPACE }) => [
  ...['-t', test, '-n', requests, '-c', clients, '-P', pipeline, '-r', keyspace].map(String),
  '--csv',
];

const parseCsv = (text) => {
  const rows = text
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('"'))
    .map((line) => line.split('","').map((cell) => cell.replaceAll('"', '')));
  const [header, ...data] = rows;
  const row = data.at(-1);
  if (header === undefined || row === undefined) throw new Error(`redis-benchmark printed no table:\n${text}`);
  return Object.fromEntries(header.map((name, i) => [name, row[i]]));
};

/** Runs one test against a server. Throws when redis-benchmark is missing or reports an error. */
export const benchmark = async (server, spec) => {
  const program = findProgram('redis-benchmark');
  if (program === undefined)
    throw new Error("redis-benchmark is not on the PATH (Debian's package redis-tools has it)");
  const before = cpuMicroseconds(server.pid);
  const { stdout, stderr } = await run(program, ['-h', '127.0.0.1', '-p', String(server.port), ...benchmarkArgs(spec)]);
  const cpu = cpuMicroseconds(server.pid) - before;
  if (/error/i.test(stderr) && !/CONFIG/.test(stderr)) throw new Error(stderr.trim());
  const row = parseCsv(stdout);
  return {
    perSecond: Number(row.rps),
    p50Ms: Number(row.p50_latency_ms),
    p99Ms: Number(row.p99_latency_ms),
    cpuMicroseconds: cpu / spec.requests,
  };
};
