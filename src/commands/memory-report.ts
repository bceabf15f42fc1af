/**
 * The figures of MEMORY STATS, what MEMORY DOCTOR concludes from them, and MEMORY MALLOC-STATS.
 *
 * In:  the services. Out: numbers and texts, made for one reply.
 *
 * The allocator is the arena: what is allocated there is what `maxmemory` is compared with. Its pages come from the
 * system and go back to it when they are empty, but for four, so what it holds is also what is resident of it.
 *
 * @since 0.2.0
 */
import process from 'node:process';
import type { ExpiryIndex } from '../keyspace/expiry-index.ts';
import { ClientKind } from '../net/client.ts';
import type { Services } from './context.ts';
import { connectionBytes, emptyKeyspace, humanBytes, overheadBytes, percent } from './info-memory.ts';

const MIB = 1024 * 1024;
/** A key that expires has a node of this many bytes in the index. */
export const EXPIRY_NODE_BYTES = 12;

interface DatabaseReport {
  readonly index: number;
  readonly tableBytes: number;
  readonly expiryBytes: number;
}

export interface MemoryReport {
  readonly usedBytes: number;
  readonly heldBytes: number;
  readonly peakBytes: number;
  readonly startupBytes: number;
  readonly overheadBytes: number;
  readonly datasetBytes: number;
  readonly rssBytes: number;
  readonly backlogBytes: number;
  readonly replicas: number;
  readonly replicaBytes: number;
  readonly clients: number;
  readonly clientBytes: number;
  readonly keys: number;
  /** Those that have keys. */
  readonly databases: readonly DatabaseReport[];
}

const expiryBytes = (expiries: ExpiryIndex): number => expiries.count * EXPIRY_NODE_BYTES;

export const memoryReport = (server: Services): MemoryReport => {
  const { keyspace, replication, clients } = server;
  const { arena, dict } = keyspace;
  const overhead = overheadBytes(keyspace);
  const filled = keyspace.databases.filter((db) => db.size > 0);
  let replicas = 0;
  let normal = 0;
  for (const { kind } of clients.all()) {
    if (kind === ClientKind.Replica) replicas++;
    else if (kind === ClientKind.Normal) normal++;
  }
  return {
    usedBytes: arena.usedBytes,
    heldBytes: arena.heldBytes,
    peakBytes: Math.max(arena.peakBytes, arena.usedBytes),
    startupBytes: emptyKeyspace(keyspace.databases.length).bytes,
    overheadBytes: overhead,
    datasetBytes: Math.max(0, arena.usedBytes - overhead),
    rssBytes: process.memoryUsage.rss(),
    backlogBytes: replication.backlogBytes,
    replicas,
    replicaBytes: connectionBytes(server, ClientKind.Replica),
    clients: normal,
    clientBytes: connectionBytes(server, ClientKind.Normal),
    keys: filled.reduce((sum, db) => sum + db.size, 0),
    databases: filled.map(({ index, header, expiries }) => ({
      index,
      tableBytes: dict.memoryBytes(header),
      expiryBytes: expiryBytes(expiries),
    })),
  };
};

// ── the doctor ────────────────────────────────────────────────────────────────────────────────────────────────────

const TOO_LITTLE_BYTES = 5 * MIB;
const PEAK_RATIO = 1.5;
const HELD_RATIO = 1.1;
const WASTE_BYTES_MIN = 10 * MIB;
/** What Node.js takes for itself before the first key, generously. */
const PROCESS_BYTES = 128 * MIB;
const REPLICA_BYTES_MAX = 10 * MIB;
const CLIENT_BYTES_MAX = 200 * 1024;

const NOTHING_TO_SEE =
  "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n";
const NO_ISSUE =
  "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n";

/** What the figures complain of, one paragraph each. */
const issuesOf = (report: MemoryReport): readonly string[] => {
  const { usedBytes, heldBytes, peakBytes, rssBytes, replicas, replicaBytes, clients, clientBytes } = report;
  const issues: string[] = [];
  if (peakBytes / usedBytes > PEAK_RATIO) {
    issues.push(
      `Peak memory: In the past this instance used ${humanBytes(peakBytes)}, more than 150% of the ${humanBytes(usedBytes)} that it uses now. Pages of the arena that have become empty were given back to the system; those that are partly in use will be filled again by new data.`,
    );
  }
  if (heldBytes / usedBytes > HELD_RATIO && heldBytes - usedBytes > WASTE_BYTES_MIN) {
    issues.push(
      `High allocator fragmentation: The arena holds ${humanBytes(heldBytes)} for ${humanBytes(usedBytes)} of data, because its pages are partly in use. That is usual after many keys of other sizes were removed, and new data fills the room.`,
    );
  }
  const beside = rssBytes - heldBytes;
  if (beside > PROCESS_BYTES && rssBytes / heldBytes > HELD_RATIO) {
    issues.push(
      `High process RSS overhead: The process takes ${humanBytes(beside)} beside the arena: code, the JavaScript heap and the buffers of connections. INFO memory shows the heap in the fields that begin with js_, and CLIENT LIST the buffers.`,
    );
  }
  if (replicas > 0 && replicaBytes / replicas > REPLICA_BYTES_MAX) {
    issues.push(
      `Big replica buffers: The output buffers of replicas are greater than 10MB for each replica (on average), so some replica is too slow or its network is. INFO replication shows how far each of them is behind.`,
    );
  }
  if (clients > 0 && clientBytes / clients > CLIENT_BYTES_MAX) {
    issues.push(
      `Big client buffers: The buffers of clients are greater than 200K per client (on average): clients do not read fast enough, or have large requests, replies or pipelines. CLIENT LIST shows which they are.`,
    );
  }
  return issues;
};

/** MEMORY DOCTOR's answer, in the frame that Redis gives it. */
export const diagnosis = (report: MemoryReport): string => {
  if (report.usedBytes < TOO_LITTLE_BYTES) return NOTHING_TO_SEE;
  const issues = issuesOf(report);
  if (issues.length === 0) return NO_ISSUE;
  return [
    'Sam, I detected a few issues in this Redis instance memory implants:\n\n',
    ...issues.map((issue) => ` * ${issue}\n\n`),
    "I'm here to keep you safe, Sam. I want to help you.\n",
  ].join('');
};

// ── the allocator ─────────────────────────────────────────────────────────────────────────────────────────────────

const PAGE_BYTES = MIB;

/** MEMORY MALLOC-STATS' answer. */
export const allocatorText = ({ keyspace: { arena } }: Services): string => {
  let pages = 0;
  let own = 0;
  let ownBytes = 0;
  for (const { length } of arena.bytes) {
    if (length === PAGE_BYTES) pages++;
    else if (length > 0) {
      own++;
      ownBytes += length;
    }
  }
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  return [
    '___ Begin ferrous-arena statistics ___',
    `Allocated: ${arena.usedBytes}, held: ${arena.heldBytes}, peak: ${arena.peakBytes}`,
    `Utilization: ${percent(arena.usedBytes, arena.heldBytes)}`,
    `Pages of ${PAGE_BYTES} bytes: ${pages}`,
    `Pages for one block each: ${own}, of ${ownBytes} bytes in all`,
    `JavaScript heap: ${heapUsed} of ${heapTotal}, outside of it: ${external}, resident: ${rss}`,
    '--- End ferrous-arena statistics ---',
    '',
  ].join('\n');
};
