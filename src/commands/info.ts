/**
 * INFO: the server's figures, by section.
 *
 * In:  the names of sections. Out: one text, `field:value` per line. Every value is true: what Redis counts and Ferrous
 * does not is left out, what cannot happen here (forks, evictions, modules) is 0.
 *
 * @since 0.1.0
 */
import { machine, release, type } from 'node:os';
import process from 'node:process';
import { type Client, ClientKind } from '../net/client.ts';
import { REDIS_VERSION, VERSION } from '../version.ts';
import type { Context } from './context.ts';
import * as described from './docs/server.ts';
import { type Field, memoryFields } from './info-memory.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const DAY_SECONDS = 86400;

/** One line per listener: `listener0:name=tcp,bind=127.0.0.1,port=6379`. */
const listenerFields = ({ config, server }: Context): readonly Field[] => {
  const lines: string[] = [];
  const { port } = server.lifecycle;
  if (port !== 0) {
    const binds = config.bind.map((address) => `bind=${address},`).join('');
    lines.push(`name=tcp,${binds}port=${port}`);
  }
  if (config.unixsocket !== '') lines.push(`name=unix,bind=${config.unixsocket}`);
  return lines.map((line, index) => [`listener${index}`, line]);
};

const serverFields = (ctx: Context): readonly Field[] => {
  const { config, nowMs, server, keyspace } = ctx;
  const { lifecycle } = server;
  const uptimeSeconds = Math.max(0, Math.floor((nowMs - lifecycle.startedMs) / 1000));
  return [
    ['redis_version', REDIS_VERSION],
    ['ferrous_version', VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0'],
    ['redis_mode', 'standalone'],
    ['os', `${type()} ${release()} ${machine()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'performance.now'],
    ['multiplexing_api', 'libuv'],
    ['node_version', process.versions.node],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', lifecycle.runId],
    ['tcp_port', lifecycle.port],
    ['server_time_usec', Math.floor(nowMs * 1000)],
    ['uptime_in_seconds', uptimeSeconds],
    ['uptime_in_days', Math.floor(uptimeSeconds / DAY_SECONDS)],
    ['hz', config.hz],
    ['configured_hz', config.hz],
    ['lru_clock', keyspace.lruClock],
    ['executable', lifecycle.executable],
    ['config_file', lifecycle.configFile],
    ['io_threads_active', 0],
    ...listenerFields(ctx),
  ];
};

const clientFields = ({ config, server }: Context): readonly Field[] => {
  const all = [...server.clients.all()];
  const connections = all.filter(({ kind }) => kind !== ClientKind.Replica);
  const largest = (bytes: (client: Client) => number): number =>
    connections.reduce((max, client) => Math.max(max, bytes(client)), 0);
  const blocked = all.filter((client) => client.blocked !== undefined);
  const timed = blocked.filter((client) => Number.isFinite(client.blocked?.deadlineMs ?? Number.POSITIVE_INFINITY));
  return [
    ['connected_clients', connections.length],
    ['cluster_connections', 0],
    ['maxclients', config.maxclients],
    ['client_recent_max_input_buffer', largest((client) => client.decoder.heldBytes)],
    ['client_recent_max_output_buffer', largest((client) => client.outputBytes)],
    ['blocked_clients', blocked.length],
    ['tracking_clients', 0],
    ['clients_in_timeout_table', timed.length],
    ['total_blocking_keys', server.blocking.keyCount],
    ['total_blocking_keys_on_nokey', 0],
  ];
};

const kilobytes = (bytesPerSecond: number): string => (bytesPerSecond / 1024).toFixed(2);

const statsFields = ({ server, keyspace }: Context): readonly Field[] => {
  const { stats } = server;
  return [
    ['total_connections_received', stats.connectionsReceived],
    ['total_commands_processed', stats.commandsProcessed],
    ['instantaneous_ops_per_sec', Math.round(stats.commandRate.perSecond)],
    ['total_net_input_bytes', stats.networkInBytes],
    ['total_net_output_bytes', stats.networkOutBytes],
    ['total_net_repl_input_bytes', stats.replicationInBytes],
    ['total_net_repl_output_bytes', stats.replicationOutBytes],
    ['instantaneous_input_kbps', kilobytes(stats.inputRate.perSecond)],
    ['instantaneous_output_kbps', kilobytes(stats.outputRate.perSecond)],
    ['instantaneous_input_repl_kbps', kilobytes(stats.replicationInputRate.perSecond)],
    ['instantaneous_output_repl_kbps', kilobytes(stats.replicationOutputRate.perSecond)],
    ['rejected_connections', stats.rejectedConnections],
    ['sync_full', stats.fullSyncs],
    ['sync_partial_ok', stats.partialSyncs],
    ['sync_partial_err', stats.partialSyncErrors],
    ['expired_keys', keyspace.expired],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['evicted_keys', 0],
    ['evicted_clients', 0],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', keyspace.hits],
    ['keyspace_misses', keyspace.misses],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
    ['pubsubshard_channels', 0],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', 0],
    ['slave_expires_tracked_keys', 0],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', 0],
    ['tracking_total_items', 0],
    ['tracking_total_prefixes', 0],
    ['unexpected_error_replies', 0],
    ['total_error_replies', stats.errorReplies],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    ['client_query_buffer_limit_disconnections', stats.queryBufferDisconnections],
    ['client_output_buffer_limit_disconnections', stats.outputBufferDisconnections],
    ['acl_access_denied_auth', stats.errors.get('WRONGPASS') ?? 0],
    ['acl_access_denied_cmd', 0],
    ['acl_access_denied_key', 0],
    ['acl_access_denied_channel', 0],
  ];
};

/** The process has no children, so theirs is always nothing. */
const cpuFields = (): readonly Field[] => {
  const { system, user } = process.cpuUsage();
  const seconds = (us: number): string => (us / 1e6).toFixed(6);
  return [
    ['used_cpu_sys', seconds(system)],
    ['used_cpu_user', seconds(user)],
    ['used_cpu_sys_children', seconds(0)],
    ['used_cpu_user_children', seconds(0)],
  ];
};

/** A name that cannot be mistaken for the structure of a line. */
const safe = (name: string): string => name.replace(/[#:\r\n]/g, '_');

const commandFields = ({ server }: Context): readonly Field[] =>
  [...server.commands.all()].flatMap(({ fullName, stats }): readonly Field[] => {
    const { calls, rejected, failed, durationUs } = stats;
    if (calls === 0 && rejected === 0 && failed === 0) return [];
    const us = Math.round(durationUs);
    const mean = (calls === 0 ? 0 : durationUs / calls).toFixed(2);
    const counts = `rejected_calls=${rejected},failed_calls=${failed}`;
    return [[`cmdstat_${safe(fullName)}`, `calls=${calls},usec=${us},usec_per_call=${mean},${counts}`]];
  });

const errorFields = ({ server }: Context): readonly Field[] =>
  [...server.stats.errors].map(([code, count]): Field => [`errorstat_${safe(code)}`, `count=${count}`]);

/** How many expiries the mean TTL of a database is taken from. */
const TTL_SAMPLES = 100;

const keyspaceFields = ({ keyspace, nowMs }: Context): readonly Field[] =>
  keyspace.databases.flatMap((db): readonly Field[] => {
    const { count } = db.expiries;
    if (db.size === 0 && count === 0) return [];
    const samples = Math.min(count, TTL_SAMPLES);
    let sumMs = 0;
    // Spread over the whole index, as its front holds the earliest.
    for (let i = 0; i < samples; i++) {
      sumMs += Math.max(0, db.expiries.timeAt(Math.floor((i * count) / samples)) - nowMs);
    }
    const meanMs = samples === 0 ? 0 : Math.floor(sumMs / samples);
    return [[`db${db.index}`, `keys=${db.size},expires=${count},avg_ttl=${meanMs}`]];
  });

interface Section {
  readonly title: string;
  /** Shown where no section is named. */
  readonly isDefault: boolean;
  readonly fields: (ctx: Context) => readonly Field[];
}

/** All sections by the name clients ask for, in the order in which they are printed. */
const SECTIONS: ReadonlyMap<string, Section> = new Map<string, Section>([
  ['server', { title: 'Server', isDefault: true, fields: serverFields }],
  ['clients', { title: 'Clients', isDefault: true, fields: clientFields }],
  ['memory', { title: 'Memory', isDefault: true, fields: (ctx) => memoryFields(ctx.server, ctx.config) }],
  ['persistence', { title: 'Persistence', isDefault: true, fields: (ctx) => ctx.server.persistence.info() }],
  ['stats', { title: 'Stats', isDefault: true, fields: statsFields }],
  ['replication', { title: 'Replication', isDefault: true, fields: (ctx) => ctx.server.replication.info() }],
  ['cpu', { title: 'CPU', isDefault: true, fields: cpuFields }],
  ['modules', { title: 'Modules', isDefault: true, fields: () => [] }],
  ['commandstats', { title: 'Commandstats', isDefault: false, fields: commandFields }],
  ['errorstats', { title: 'Errorstats', isDefault: true, fields: errorFields }],
  // Durations are summed per command, not counted by size, so there are no percentiles to print.
  ['latencystats', { title: 'Latencystats', isDefault: false, fields: () => [] }],
  ['cluster', { title: 'Cluster', isDefault: true, fields: () => [['cluster_enabled', 0]] }],
  ['keyspace', { title: 'Keyspace', isDefault: true, fields: keyspaceFields }],
]);

/** Whether a section is among those asked for, in lower case. */
const isWanted = (name: string, { isDefault }: Section, wanted: ReadonlySet<string>): boolean =>
  wanted.has(name) ||
  wanted.has('all') ||
  wanted.has('everything') ||
  (isDefault && (wanted.size === 0 || wanted.has('default')));

/** The text of INFO for some sections, in lower case; none stands for the default ones. */
export const infoText = (ctx: Context, wanted: ReadonlySet<string>): string =>
  [...SECTIONS]
    .filter(([name, section]) => isWanted(name, section, wanted))
    .map(([, { title, fields }]) => {
      const lines = fields(ctx).map(([name, value]) => `${name}:${value}\r\n`);
      return `# ${title}\r\n${lines.join('')}`;
    })
    .join('\r\n');

/**
 * INFO [section ...]: `default`, `all` and `everything` are sections too; unknown ones are left out.
 *
 * Source: https://redis.io/docs/latest/commands/info/
 */
export const info = command({
  ...described.info,
  reduce: (_db, cmd, reply, ctx) => {
    const wanted = new Set<string>();
    for (let i = 1; i < cmd.argc; i++) wanted.add(cmd.text(i).toLowerCase());
    reply.verbatim(infoText(ctx, wanted));
    return Outcome.Unchanged;
  },
});

export const infoCommands: readonly CommandSpec[] = [info];
