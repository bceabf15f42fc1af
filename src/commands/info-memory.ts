/**
 * INFO memory: what the dataset takes, and what the process takes.
 *
 * In:  the services. Out: fields with their values.
 *
 * The dataset (keys, values, tables, expiry indexes) lies in the arena, and `used_memory` is what is allocated there,
 * which is also what `maxmemory` is compared with. Code, connection buffers and the JS heap are outside of it: they
 * show in `used_memory_rss`, and by name in the fields that begin with js_.
 *
 * @since 0.1.0
 */
import { totalmem } from 'node:os';
import process from 'node:process';
import type { Config } from '../config/table.ts';
import { Keyspace } from '../keyspace/keyspace.ts';
import { ClientKind } from '../net/client.ts';
import type { Services } from './context.ts';

export type Field = readonly [name: string, value: string | number];

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Bytes as people read them: 512B, 1.50K, 2.00G. */
export const humanBytes = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${UNITS[unit]}`;
};

export const percent = (part: number, whole: number): string =>
  `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(2)}%`;

const ratio = (part: number, whole: number): string => (whole === 0 ? 0 : part / whole).toFixed(2);

/** A keyspace without a key: what the arena holds for it, and the buckets of each of its databases. */
interface Empty {
  readonly bytes: number;
  readonly buckets: number;
}

const empties = new Map<number, Empty>();

/** What a keyspace takes that was just made. */
export const emptyKeyspace = (databases: number): Empty => {
  let empty = empties.get(databases);
  if (empty === undefined) {
    const { arena, dict, databases: all } = new Keyspace({ databases, random: () => 0, hashKey: [0, 0] });
    empty = { bytes: arena.usedBytes, buckets: dict.bucketCount(all[0].header) };
    empties.set(databases, empty);
  }
  return empty;
};

const BUCKET_BYTES = 4;
/** The expiry index grows by this many keys, of 12 bytes each. */
const EXPIRIES_PER_SEGMENT = 4096;
const SEGMENT_BYTES = EXPIRIES_PER_SEGMENT * 12;

/** What tables and indexes take, as opposed to keys and values. */
export const overheadBytes = ({ databases, dict }: Keyspace): number => {
  const empty = emptyKeyspace(databases.length);
  let { bytes } = empty;
  for (const { header, expiries } of databases) {
    const segments = Math.ceil(expiries.count / EXPIRIES_PER_SEGMENT);
    bytes += (dict.bucketCount(header) - empty.buckets) * BUCKET_BYTES + segments * SEGMENT_BYTES;
  }
  return bytes;
};

/** Bytes that connections of a kind hold for requests and replies. */
export const connectionBytes = ({ clients }: Services, kind: ClientKind): number => {
  let bytes = 0;
  for (const client of clients.all()) {
    if (client.kind !== kind) continue;
    bytes += client.decoder.heldBytes + (client.transaction?.bytes ?? 0) + client.outputBytes;
  }
  return bytes;
};

const withHuman = (name: string, bytes: number): readonly Field[] => [
  [name, bytes],
  [`${name}_human`, humanBytes(bytes)],
];

/** There are no scripts and no functions, so none takes memory. */
const scriptFields: readonly Field[] = [
  ...withHuman('used_memory_lua', 0),
  ['used_memory_vm_eval', 0],
  ['used_memory_scripts_eval', 0],
  ['number_of_cached_scripts', 0],
  ['number_of_functions', 0],
  ['number_of_libraries', 0],
  ['used_memory_vm_functions', 0],
  ...withHuman('used_memory_vm_total', 0),
  ['used_memory_functions', 0],
  ...withHuman('used_memory_scripts', 0),
];

export const memoryFields = (server: Services, config: Config): readonly Field[] => {
  const { keyspace, replication } = server;
  const { usedBytes, heldBytes } = keyspace.arena;
  const peakBytes = Math.max(keyspace.arena.peakBytes, usedBytes);
  const overhead = overheadBytes(keyspace);
  const startup = emptyKeyspace(keyspace.databases.length).bytes;
  const dataset = Math.max(0, usedBytes - overhead);
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const replicas = connectionBytes(server, ClientKind.Replica);
  const backlog = replication.backlogBytes;
  return [
    ...withHuman('used_memory', usedBytes),
    ...withHuman('used_memory_rss', rss),
    ...withHuman('used_memory_peak', peakBytes),
    ['used_memory_peak_perc', percent(usedBytes, peakBytes)],
    ['used_memory_overhead', overhead],
    ['used_memory_startup', startup],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, usedBytes - startup)],
    ['allocator_allocated', usedBytes],
    ['allocator_active', heldBytes],
    ['allocator_resident', heldBytes],
    ...withHuman('total_system_memory', totalmem()),
    ['js_heap_used', heapUsed],
    ['js_heap_total', heapTotal],
    ['js_external', external],
    ...scriptFields,
    ...withHuman('maxmemory', config.maxmemory),
    ['maxmemory_policy', config['maxmemory-policy']],
    ['allocator_frag_ratio', ratio(heldBytes, usedBytes)],
    ['allocator_frag_bytes', heldBytes - usedBytes],
    ['allocator_rss_ratio', '1.00'],
    ['allocator_rss_bytes', 0],
    ['rss_overhead_ratio', ratio(rss, heldBytes)],
    ['rss_overhead_bytes', rss - heldBytes],
    ['mem_fragmentation_ratio', ratio(rss, usedBytes)],
    ['mem_fragmentation_bytes', rss - usedBytes],
    ['mem_not_counted_for_evict', 0],
    ['mem_replication_backlog', backlog],
    ['mem_total_replication_buffers', backlog + replicas],
    ['mem_clients_slaves', replicas],
    ['mem_clients_normal', connectionBytes(server, ClientKind.Normal)],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', 0],
    ['mem_allocator', 'ferrous-arena'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', keyspace.pendingObjects()],
  ];
};
