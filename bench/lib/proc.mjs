/**
 * What the kernel says about a process: processor time and memory, its own and its children's.
 *
 * In:  a pid.
 * Out: microseconds and bytes, from /proc.
 * Memory: none.
 */
import { readFileSync } from 'node:fs';

const MICROSECONDS_PER_TICK = 10_000; // USER_HZ is 100 on every Linux that matters here

const read = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // the process has ended
  }
};

/** User and system time of all threads of a process so far, in microseconds. */
export const cpuMicroseconds = (pid) => {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK; // utime, stime
};

/** Resident memory of a process, in bytes. */
export const residentBytes = (pid) => {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * 1024;
};

const childrenOf = (pid) => read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);

const proportionalBytes = (pid) => Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;

/** Memory of a process and its forked children, pages they share counted once. */
export const familyBytes = (pid) => {
  const children = childrenOf(pid);
  if (children.length === 0) return residentBytes(pid);
  return [pid, ...children].reduce((sum, one) => sum + proportionalBytes(one), 0);
};
