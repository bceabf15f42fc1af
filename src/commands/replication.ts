/**
 * Replication commands: the role of this server, and the protocol between masters and replicas.
 *
 * In:  a request of a client, or of a server that is or wants to be our replica. Out: a reply, or none where the protocol
 * has none; the links themselves are in replication/.
 *
 * @since 0.1.0
 */
import { ClientKind } from '../net/client.ts';
import { Capability } from '../replication/attached-replica.ts';
import { replyRole } from '../replication/info.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';
import * as generic from './docs/generic.ts';
import * as described from './docs/replication.ts';
import { NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { accept } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const IS_A_REPLICA = 'ERR Command is not valid when client is a replica.';
const INVALID_MASTER_PORT = 'ERR Invalid master port';
const WAIT_ON_REPLICA =
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.';
const WAITAOF_ON_REPLICA =
  'ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.';
const WAITAOF_WITHOUT_LOG = 'ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.';
const LOCAL_OUT_OF_RANGE = 'ERR value is out of range, value must between 0 and 1';
const NOT_POSITIVE = 'ERR value is out of range, must be positive';
const TIMEOUT_NOT_AN_INTEGER = 'ERR timeout is not an integer or out of range';
const TIMEOUT_NEGATIVE = 'ERR timeout is negative';
const TIMEOUT_OUT_OF_RANGE = 'ERR timeout is out of range';
const PENDING_OUTPUT = 'ERR SYNC and PSYNC are invalid with pending output';
const PORT_MAX = 65535;
const HOST_BYTES_MAX = 255;

/** ROLE: master with its replicas, or slave with its master. Source: https://redis.io/docs/latest/commands/role/ */
export const role = command({
  ...described.role,
  reduce: (_db, _cmd, reply, ctx) => {
    replyRole(ctx.server.replication, reply);
    return Outcome.Unchanged;
  },
});

const reduceReplicaof = (cmd: CommandView, reply: Reply, ctx: Context): Outcome => {
  const { replication, log } = ctx.server;
  const who = `id=${ctx.client.id} addr=${ctx.client.peer.remoteAddress} name=${ctx.client.name} user=${ctx.client.user}`;
  if (cmd.equalsToken(1, 'NO') && cmd.equalsToken(2, 'ONE')) {
    if (replication.isReplica) {
      replication.promote();
      log.notice(`MASTER MODE enabled (user request from '${who}')`);
    }
    return accept(reply);
  }
  if (ctx.client.kind === ClientKind.Replica) return refuse(reply, IS_A_REPLICA);
  const port = cmd.integer(2);
  if (!(port >= 0 && port <= PORT_MAX)) return refuse(reply, INVALID_MASTER_PORT);
  const host = cmd.text(1);
  const current = replication.masterAddress;
  if (current !== null && current.host.toLowerCase() === host.toLowerCase() && current.port === port) {
    log.notice(
      'REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.',
    );
    reply.simple('OK Already connected to specified master');
    return Outcome.Unchanged;
  }
  replication.setMaster({ host, port });
  log.notice(`REPLICAOF ${host}:${port} enabled (user request from '${who}')`);
  return accept(reply);
};

/**
 * REPLICAOF host port | NO ONE: follows a master, or follows none.
 *
 * Reply: OK at once; the link is made behind it. Source: https://redis.io/docs/latest/commands/replicaof/
 */
export const replicaof = command({
  ...described.replicaof,
  reduce: (_db, cmd, reply, ctx) => reduceReplicaof(cmd, reply, ctx),
});

/** SLAVEOF: the old name of REPLICAOF. */
export const slaveof = command({
  ...described.slaveof,
  reduce: (_db, cmd, reply, ctx) => reduceReplicaof(cmd, reply, ctx),
});

/**
 * WAIT numreplicas timeout: blocks until so many replicas have acknowledged all that was written so far.
 *
 * Reply: how many have. A timeout of 0 waits for ever. Source: https://redis.io/docs/latest/commands/wait/
 */
export const wait = command({
  ...generic.wait,
  reduce: (_db, cmd, reply, ctx) => {
    const { replication } = ctx.server;
    if (replication.isReplica) return refuse(reply, WAIT_ON_REPLICA);
    const replicas = cmd.integer(1);
    if (!Number.isFinite(replicas)) return refuse(reply, NOT_AN_INTEGER);
    const timeoutMs = cmd.integer(2);
    if (Number.isNaN(timeoutMs)) return refuse(reply, TIMEOUT_NOT_AN_INTEGER);
    if (timeoutMs < 0) return refuse(reply, TIMEOUT_NEGATIVE);
    if (!Number.isFinite(timeoutMs)) return refuse(reply, TIMEOUT_OUT_OF_RANGE);

    const { offset } = ctx.server.writes;
    const acknowledged = replication.master.countAcknowledged(offset);
    if (acknowledged >= replicas || ctx.denyBlocking) reply.integer(acknowledged);
    else replication.waiters.add(ctx.client, replicas, offset, timeoutMs);
    return Outcome.Unchanged;
  },
});

/**
 * WAITAOF numlocal numreplicas timeout: blocks until our own disk, and the disks of so many replicas, have all that was
 * written so far.
 *
 * Reply: two integers, whether our disk has it and how many replicas' have. A timeout of 0 waits for ever.
 * Source: https://redis.io/docs/latest/commands/waitaof/
 */
export const waitaof = command({
  ...generic.waitaof,
  reduce: (_db, cmd, reply, ctx) => {
    const { eventLog, replication, writes } = ctx.server;
    const local = cmd.integer(1);
    if (!Number.isFinite(local)) return refuse(reply, NOT_AN_INTEGER);
    if (local < 0 || local > 1) return refuse(reply, LOCAL_OUT_OF_RANGE);
    const replicas = cmd.integer(2);
    if (!Number.isFinite(replicas)) return refuse(reply, NOT_AN_INTEGER);
    if (replicas < 0) return refuse(reply, NOT_POSITIVE);
    const timeoutMs = cmd.integer(3);
    if (Number.isNaN(timeoutMs)) return refuse(reply, TIMEOUT_NOT_AN_INTEGER);
    if (timeoutMs < 0) return refuse(reply, TIMEOUT_NEGATIVE);
    if (!Number.isFinite(timeoutMs)) return refuse(reply, TIMEOUT_OUT_OF_RANGE);
    if (replication.isReplica) return refuse(reply, WAITAOF_ON_REPLICA);
    if (local === 1 && !eventLog.isEnabled) return refuse(reply, WAITAOF_WITHOUT_LOG);

    const goal = replication.waiters.onDisks(writes.offset, local, replicas);
    if (goal.isReached() || ctx.denyBlocking) goal.reply(reply);
    else replication.waiters.addGoal(ctx.client, goal, timeoutMs);
    return Outcome.Unchanged;
  },
});

const synchronize = (reply: Reply, ctx: Context, replid: string | undefined, offset: number): Outcome => {
  const { client, server } = ctx;
  if (client.kind === ClientKind.Replica) return Outcome.Unchanged;
  if (server.clients.outbox.holds(client)) return refuse(reply, PENDING_OUTPUT);
  const refusal = server.replication.synchronize(client, replid, offset);
  return refusal === undefined ? Outcome.Unchanged : refuse(reply, refusal);
};

/** PSYNC replid offset: becomes our replica; the stream goes on where it broke, or after a snapshot. */
export const psync = command({
  ...described.psync,
  reduce: (_db, cmd, reply, ctx) => {
    const offset = cmd.integer(2);
    if (!Number.isFinite(offset)) return refuse(reply, NOT_AN_INTEGER);
    return synchronize(reply, ctx, cmd.text(1), offset);
  },
});

/** SYNC: becomes our replica in the way of Redis 2.6. */
export const sync = command({
  ...described.sync,
  reduce: (_db, _cmd, reply, ctx) => synchronize(reply, ctx, undefined, 0),
});

/** What one option of REPLCONF does: it is done with the pair, the whole command is, or it is wrong. */
type PairResult = 'next' | 'silent' | { readonly error: string };

const replconfPair = (cmd: CommandView, at: number, ctx: Context): PairResult => {
  const { client, server } = ctx;
  const value = at + 1;
  if (cmd.equalsToken(at, 'LISTENING-PORT')) {
    const port = cmd.integer(value);
    if (!Number.isFinite(port)) return { error: NOT_AN_INTEGER };
    client.replicaPort = port;
    return 'next';
  }
  if (cmd.equalsToken(at, 'IP-ADDRESS')) {
    const bytes = cmd.length(value);
    if (bytes > HOST_BYTES_MAX) {
      return { error: `ERR REPLCONF ip-address provided by replica instance is too long: ${bytes} bytes` };
    }
    client.replicaAddress = cmd.text(value);
    return 'next';
  }
  if (cmd.equalsToken(at, 'CAPA')) {
    // Those that are not known are of the future, and of no concern.
    if (cmd.equalsToken(value, 'EOF')) client.replicaCapabilities |= Capability.Eof;
    if (cmd.equalsToken(value, 'PSYNC2')) client.replicaCapabilities |= Capability.Psync2;
    return 'next';
  }
  if (cmd.equalsToken(at, 'ACK')) {
    const offset = cmd.integer(value);
    if (client.kind === ClientKind.Replica && Number.isFinite(offset)) {
      const isSynced = value + 2 < cmd.argc && cmd.equalsToken(value + 1, 'FACK');
      const synced = isSynced ? cmd.integer(value + 2) : -1;
      server.replication.master.acknowledge(client, offset, Number.isFinite(synced) ? synced : -1);
    }
    return 'silent';
  }
  if (cmd.equalsToken(at, 'GETACK')) return 'silent'; // only a master may ask, and its link answers
  if (cmd.equalsToken(at, 'RDB-ONLY')) {
    const only = cmd.integer(value);
    if (only !== 0 && only !== 1) return { error: NOT_AN_INTEGER };
    client.replicaCapabilities = (client.replicaCapabilities & ~Capability.RdbOnly) | (only * Capability.RdbOnly);
    return 'next';
  }
  if (cmd.equalsToken(at, 'VERSION')) return 'next';
  return { error: `ERR Unrecognized REPLCONF option: ${cmd.text(at)}` };
};

/**
 * REPLCONF option value …: what a replica says of itself, and its acknowledgements.
 *
 * Reply: OK; none for ACK and GETACK.
 */
export const replconf = command({
  ...described.replconf,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc % 2 === 0) return refuse(reply, SYNTAX_ERROR);
    for (let at = 1; at < cmd.argc; at += 2) {
      const result = replconfPair(cmd, at, ctx);
      if (result === 'silent') return Outcome.Unchanged;
      if (result !== 'next') return refuse(reply, result.error);
    }
    return accept(reply);
  },
});

export const replicationCommands: readonly CommandSpec[] = [
  role,
  replicaof,
  slaveof,
  wait,
  waitaof,
  psync,
  sync,
  replconf,
];
