/**
 * MEMORY: what keys and the server take.
 *
 * In:  a command event. Out: figures of the arena, where keys and values lie, and advice.
 *
 * @since 0.2.0
 */
import { MISSING } from '../keyspace/database.ts';
import { EXPIRES } from '../keyspace/entry.ts';
import type { Reply } from '../resp/reply.ts';
import * as described from './docs/memory.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { allocatorText, diagnosis, EXPIRY_NODE_BYTES, type MemoryReport, memoryReport } from './memory-report.ts';
import { accept, replyHelp } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

/** How many elements of a large value are looked at when SAMPLES does not say. */
const SAMPLES = 5;
/** The place of a key in its database's table. */
const BUCKET_BYTES = 4;

const HELP = [
  'DOCTOR',
  '    Return memory problems reports.',
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
  'PURGE',
  '    Attempt to purge dirty pages for reclamation by the allocator.',
  'STATS',
  '    Return information about the memory usage of the server.',
  'USAGE <key> [SAMPLES <count>]',
  '    Return memory in bytes used by <key> and its value. Nested values are',
  '    sampled up to <count> times (default: 5, 0 means sample all).',
];

/**
 * MEMORY USAGE key [SAMPLES count]: bytes that the key takes: its entry, its value, its place in the table and in the
 * expiry index. Of a large value `count` elements are looked at, and the others taken to be like them; 0 = all.
 *
 * Reply:  integer, or null when the key is missing.
 * Errors: ERR value is not an integer or out of range; ERR syntax error for a negative count.
 * Source: https://redis.io/docs/latest/commands/memory-usage/
 */
export const memoryUsage = command({
  ...described.memoryUsage,
  reduce: (db, cmd, reply) => {
    let samples = SAMPLES;
    for (let i = 3; i < cmd.argc; i++) {
      if (!cmd.equalsToken(i, 'SAMPLES') || i + 1 === cmd.argc) return refuse(reply, SYNTAX_ERROR);
      samples = cmd.integer(++i);
      if (Number.isNaN(samples)) return refuse(reply, NOT_AN_INTEGER);
      if (samples < 0 || (cmd.bigInteger(i) ?? 0n) < 0n) return refuse(reply, SYNTAX_ERROR);
    }
    const { dict } = db.keyspace;
    const at = cmd.offset(2);
    const length = cmd.length(2);
    // As Redis does, it looks without touching: what has expired and is still there still takes memory.
    const ref = dict.find(db.header, dict.hash(cmd.buf, at, length), cmd.buf, at, length);
    if (ref === MISSING) {
      reply.null();
      return Outcome.Unchanged;
    }
    const expiryBytes = (db.meta(ref) & EXPIRES) !== 0 ? EXPIRY_NODE_BYTES : 0;
    reply.integer(db.memoryBytes(ref, samples) + BUCKET_BYTES + expiryBytes);
    return Outcome.Unchanged;
  },
});

type Figure = readonly [name: string, value: number];

/** Byte counts, in the order and under the names of Redis 7.2. */
const countsBeforeDatabases = (report: MemoryReport): readonly Figure[] => [
  ['peak.allocated', report.peakBytes],
  ['total.allocated', report.usedBytes],
  ['startup.allocated', report.startupBytes],
  ['replication.backlog', report.backlogBytes],
  ['clients.slaves', report.replicaBytes],
  ['clients.normal', report.clientBytes],
  ['cluster.links', 0],
  ['aof.buffer', 0],
  ['lua.caches', 0],
  ['functions.caches', 0],
];

const replyFigures = (reply: Reply, figures: readonly Figure[]): void => {
  for (const [name, value] of figures) {
    reply.bulkText(name);
    reply.integer(value);
  }
};

const replyRatio = (reply: Reply, name: string, part: number, whole: number): void => {
  reply.bulkText(name);
  reply.double(whole === 0 ? 0 : part / whole);
};

/** Entries of the map beside those of the databases. */
const FIGURES = 27;

const replyStats = (reply: Reply, report: MemoryReport): void => {
  const { usedBytes, heldBytes, rssBytes, peakBytes, datasetBytes, startupBytes, keys } = report;
  const netBytes = usedBytes - startupBytes;
  reply.map(FIGURES + report.databases.length);
  replyFigures(reply, countsBeforeDatabases(report));
  for (const { index, tableBytes, expiryBytes } of report.databases) {
    reply.bulkText(`db.${index}`);
    reply.map(3);
    replyFigures(reply, [
      ['overhead.hashtable.main', tableBytes],
      ['overhead.hashtable.expires', expiryBytes],
      ['overhead.hashtable.slot-to-keys', 0],
    ]);
  }
  replyFigures(reply, [
    ['overhead.total', report.overheadBytes],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.floor(Math.max(0, netBytes) / keys)],
    ['dataset.bytes', datasetBytes],
  ]);
  replyRatio(reply, 'dataset.percentage', datasetBytes * 100, netBytes);
  replyRatio(reply, 'peak.percentage', usedBytes * 100, peakBytes);
  replyFigures(reply, [
    ['allocator.allocated', usedBytes],
    ['allocator.active', heldBytes],
    ['allocator.resident', heldBytes],
  ]);
  replyRatio(reply, 'allocator-fragmentation.ratio', heldBytes, usedBytes);
  replyFigures(reply, [['allocator-fragmentation.bytes', heldBytes - usedBytes]]);
  replyRatio(reply, 'allocator-rss.ratio', heldBytes, heldBytes);
  replyFigures(reply, [['allocator-rss.bytes', 0]]);
  replyRatio(reply, 'rss-overhead.ratio', rssBytes, heldBytes);
  replyFigures(reply, [['rss-overhead.bytes', rssBytes - heldBytes]]);
  replyRatio(reply, 'fragmentation', rssBytes, usedBytes);
  replyFigures(reply, [['fragmentation.bytes', rssBytes - usedBytes]]);
};

/** MEMORY STATS: the figures of INFO memory as a map. Source: https://redis.io/docs/latest/commands/memory-stats/ */
export const memoryStats = command({
  ...described.memoryStats,
  reduce: (_db, _cmd, reply, ctx) => {
    replyStats(reply, memoryReport(ctx.server));
    return Outcome.Unchanged;
  },
});

/** MEMORY DOCTOR: a report as a text. Source: https://redis.io/docs/latest/commands/memory-doctor/ */
export const memoryDoctor = command({
  ...described.memoryDoctor,
  reduce: (_db, _cmd, reply, ctx) => {
    reply.verbatim(diagnosis(memoryReport(ctx.server)));
    return Outcome.Unchanged;
  },
});

/** MEMORY MALLOC-STATS: what the arena holds. Source: https://redis.io/docs/latest/commands/memory-malloc-stats/ */
export const memoryMallocStats = command({
  ...described.memoryMallocStats,
  reduce: (_db, _cmd, reply, ctx) => {
    reply.verbatim(allocatorText(ctx.server));
    return Outcome.Unchanged;
  },
});

/**
 * MEMORY PURGE: OK. The arena gives pages back as they become empty, so there is nothing left to purge.
 *
 * Source: https://redis.io/docs/latest/commands/memory-purge/
 */
export const memoryPurge = command({ ...described.memoryPurge, reduce: (_db, _cmd, reply) => accept(reply) });

export const memoryHelp = command({
  ...described.memoryHelp,
  reduce: (_db, _cmd, reply) => replyHelp(reply, 'MEMORY', HELP),
});

/** MEMORY: looks at memory. Source: https://redis.io/docs/latest/commands/memory/ */
export const memory = command({
  ...described.memory,
  subcommands: [memoryDoctor, memoryHelp, memoryMallocStats, memoryPurge, memoryStats, memoryUsage],
});

export const memoryCommands: readonly CommandSpec[] = [memory];
