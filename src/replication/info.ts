/**
 * What INFO replication and ROLE say.
 *
 * @since 0.1.0
 */
import type { Reply } from '../resp/reply.ts';
import { type AttachedReplica, ReplicaState } from './attached-replica.ts';
import type { ReplicationParts } from './parts.ts';
import type { Replication } from './service.ts';

export type InfoField = readonly [field: string, value: string | number];

const secondsSince = (nowMs: number, thenMs: number): number => Math.max(0, Math.floor((nowMs - thenMs) / 1000));

const syncFields = (replication: Replication, nowMs: number): readonly InfoField[] => {
  const { progress, heardMs } = replication.link;
  if (progress === undefined) return [];
  const { totalBytes, readBytes } = progress;
  return [
    ['master_sync_total_bytes', totalBytes],
    ['master_sync_read_bytes', readBytes],
    ['master_sync_left_bytes', totalBytes - readBytes],
    ['master_sync_perc', (totalBytes > 0 ? (readBytes * 100) / totalBytes : 0).toFixed(2)],
    ['master_sync_last_io_seconds_ago', secondsSince(nowMs, heardMs)],
  ];
};

const masterFields = (replication: Replication, parts: ReplicationParts, nowMs: number): readonly InfoField[] => {
  const { link, masterAddress, history } = replication;
  if (masterAddress === null) return [];
  const { config } = parts.config;
  const isUp = link.state === 'connected';
  const downSeconds = link.downSinceMs === 0 ? -1 : secondsSince(nowMs, link.downSinceMs);
  return [
    ['master_host', masterAddress.host],
    ['master_port', masterAddress.port],
    ['master_link_status', isUp ? 'up' : 'down'],
    ['master_last_io_seconds_ago', isUp ? secondsSince(nowMs, link.heardMs) : -1],
    ['master_sync_in_progress', link.state === 'sync' ? 1 : 0],
    ['slave_read_repl_offset', history.writes.offset + link.pendingBytes],
    ['slave_repl_offset', history.writes.offset],
    ...syncFields(replication, nowMs),
    ...(isUp ? [] : [['master_link_down_since_seconds', downSeconds] as const]),
    ['slave_priority', config['replica-priority']],
    ['slave_read_only', config['replica-read-only'] ? 1 : 0],
    ['replica_announced', config['replica-announced'] ? 1 : 0],
  ];
};

const replicaFields = (replicas: readonly AttachedReplica[], nowMs: number): readonly InfoField[] =>
  replicas
    .filter(({ host }) => host !== '')
    .map((replica, index) => [
      `slave${index}`,
      `ip=${replica.host},port=${replica.port},state=${replica.stateName},offset=${replica.ackOffset},lag=${replica.lagSeconds(nowMs)}`,
    ]);

/** INFO replication, in Redis' order. */
export const replicationInfo = (replication: Replication, parts: ReplicationParts): readonly InfoField[] => {
  const { history, master } = replication;
  const { config } = parts.config;
  const nowMs = parts.environment.scheduler.now();
  const { backlog } = history;
  const isGuarded = config['min-replicas-to-write'] > 0 && config['min-replicas-max-lag'] > 0;
  return [
    ['role', replication.isReplica ? 'slave' : 'master'],
    ...masterFields(replication, parts, nowMs),
    ['connected_slaves', master.count],
    ...(isGuarded ? [['min_slaves_good_slaves', master.countGood(config['min-replicas-max-lag'])] as const] : []),
    ...replicaFields(master.all(), nowMs),
    ['master_failover_state', 'no-failover'],
    ['master_replid', history.replid],
    ['master_replid2', history.replid2],
    ['master_repl_offset', history.writes.offset],
    ['second_repl_offset', history.secondOffset],
    ['repl_backlog_active', backlog === undefined ? 0 : 1],
    ['repl_backlog_size', config['repl-backlog-size']],
    ['repl_backlog_first_byte_offset', backlog === undefined ? 0 : backlog.firstOffset + 1],
    ['repl_backlog_histlen', backlog?.historyBytes ?? 0],
  ];
};

/** The reply of ROLE. */
export const replyRole = (replication: Replication, reply: Reply): void => {
  const { masterAddress, link, history } = replication;
  if (masterAddress !== null) {
    reply.array(5);
    reply.bulkText('slave');
    reply.bulkText(masterAddress.host);
    reply.integer(masterAddress.port);
    reply.bulkText(link.state === 'none' ? 'connect' : link.state);
    reply.integer(link.state === 'connected' ? history.writes.offset : -1);
    return;
  }
  const online = replication.replicas().filter(({ state, host }) => state === ReplicaState.Online && host !== '');
  reply.array(3);
  reply.bulkText('master');
  reply.integer(history.writes.offset);
  reply.array(online.length);
  for (const { host, port, ackOffset } of online) {
    reply.array(3);
    reply.bulkText(host);
    reply.bulkText(String(port));
    reply.bulkText(String(ackOffset));
  }
};
