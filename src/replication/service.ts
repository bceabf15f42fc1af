/**
 * Replication as the rest of the server sees it: the role, what follows from it, and its figures.
 *
 * In:  REPLICAOF and the configuration; clients that ask for the stream. Out: `isReplica`, the gate's flags, INFO, ROLE.
 *
 *                    ┌── master: nothing
 *   role$ ── switch ─┤
 *                    └── replica: the link to the master, again and again (master-link.ts)
 *
 * A server of either role serves replicas (master.ts): a replica passes its master's stream on as it came.
 *
 * @since 0.1.0
 */
import {
  BehaviorSubject,
  distinctUntilChanged,
  EMPTY,
  ignoreElements,
  merge,
  type Observable,
  switchMap,
  tap,
} from 'rxjs';
import type { MasterAddress } from '../config/special.ts';
import { hexadecimalId } from '../environment.ts';
import { ExpiryMode } from '../keyspace/keyspace.ts';
import type { Client } from '../net/client.ts';
import type { AttachedReplica } from './attached-replica.ts';
import { History } from './history.ts';
import { type InfoField, replicationInfo } from './info.ts';
import { MasterSide } from './master.ts';
import { MasterLink } from './master-link.ts';
import type { ReplicationParts } from './parts.ts';
import type { CommandRunner, ReplicationGate } from './ports.ts';
import { Waiters } from './waiters.ts';

export type { ReplicationParts } from './parts.ts';
export type { ReplicationGate } from './ports.ts';

const OPEN: ReplicationGate = { readOnlyReplica: false, stale: false, tooFewReplicas: false };

const sameGate = (a: ReplicationGate, b: ReplicationGate): boolean =>
  a.readOnlyReplica === b.readOnlyReplica && a.stale === b.stale && a.tooFewReplicas === b.tooFewReplicas;

/** What `attach` completes the service with, once the server has them. */
export interface ReplicationHooks {
  /** The port our clients connect to; that of the configuration when it is not given. */
  readonly port?: () => number;
  /** Whether there is a command of this name. */
  readonly knows?: (name: string) => boolean;
  /** Told when a master becomes a replica. */
  readonly demoted?: () => void;
}

export class Replication {
  readonly history: History;
  readonly master: MasterSide;
  readonly link: MasterLink;
  readonly waiters: Waiters;
  private readonly parts: ReplicationParts;
  private readonly roles: BehaviorSubject<MasterAddress | null>;
  private readonly gates = new BehaviorSubject<ReplicationGate>(OPEN);
  private runner: CommandRunner | undefined = undefined;
  private hooks: ReplicationHooks = {};
  /** A plain field: dispatch reads it for every write. */
  private replica: boolean;

  constructor(parts: ReplicationParts) {
    this.parts = parts;
    const { config, environment, writes } = parts;
    const { replicaof } = config.config;
    this.replica = replicaof !== null;
    this.roles = new BehaviorSubject(replicaof);
    this.history = new History({
      writes,
      newId: () => hexadecimalId(environment),
      backlogBytes: () => config.config['repl-backlog-size'],
    });
    this.master = new MasterSide({
      parts,
      history: this.history,
      streamDb: () => (this.replica ? this.link.memory.streamDb : 0),
      isReplica: () => this.replica,
    });
    this.waiters = new Waiters(parts, this.master, this.history);
    this.link = new MasterLink({
      parts,
      history: this.history,
      runner: () => this.commandRunner(),
      port: () => this.hooks.port?.() ?? config.config.port,
      knows: (name) => this.hooks.knows?.(name) ?? true,
      stateChanged: () => this.refreshGate(),
      historyChanged: () => this.master.dropAll(),
    });
    parts.persistence.replicationOrigin = () => ({
      replId: this.history.replid,
      replOffset: writes.offset,
      replStreamDb: this.replica ? this.link.memory.streamDb : 0,
    });
    this.applyRole();
    config.changes$.subscribe(({ names }) => {
      if (names.includes('repl-backlog-size')) this.history.resizeBacklog();
      this.refreshGate();
    });
  }

  /** Whether another server is our master. */
  get isReplica(): boolean {
    return this.replica;
  }

  /** The address of our master, or null. */
  get masterAddress(): MasterAddress | null {
    return this.roles.value;
  }

  /** What is to be refused now, and whenever that changes. */
  get gate$(): Observable<ReplicationGate> {
    return this.gates.pipe(distinctUntilChanged(sameGate));
  }

  /** Bytes allocated for the backlog. */
  get backlogBytes(): number {
    return this.history.backlog?.capacityBytes ?? 0;
  }

  /** The link and the cron, for as long as it is subscribed to. Emits nothing; fails only with a bug. */
  get run$(): Observable<never> {
    const link$ = this.roles.pipe(switchMap((master) => (master === null ? EMPTY : this.link.to(master))));
    const watch$ = this.master.changes$.pipe(
      tap(() => {
        this.waiters.check();
        this.refreshGate();
      }),
    );
    return merge(link$, this.master.cron$, watch$).pipe(ignoreElements());
  }

  /** Hands in what runs commands. */
  attach(runner: CommandRunner, hooks: ReplicationHooks = {}): void {
    this.runner = runner;
    this.hooks = hooks;
  }

  // ── role ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** REPLICAOF host port. The link to another master, if there is one, ends now. */
  setMaster(master: MasterAddress): void {
    const wasMaster = !this.replica;
    this.replica = true;
    // Our own history is worth asking the new master for: it may be one of our replicas, promoted.
    if (wasMaster) this.link.memory.resumable = true;
    if (wasMaster)
      this.parts.log.notice(
        'Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.',
      );
    this.waiters.cancelAll();
    if (wasMaster) this.hooks.demoted?.();
    this.parts.config.assign({ replicaof: master });
    this.applyRole();
    this.roles.next(master);
  }

  /** REPLICAOF NO ONE: from here on our history is our own. */
  promote(): void {
    if (!this.replica) return;
    const { history, parts } = this;
    const old = history.replid;
    // The link ends first, so that nothing of the old master comes after the new history has begun.
    this.replica = false;
    this.roles.next(null);
    history.branch();
    parts.log.notice(
      `Setting secondary replication ID to ${old}, valid up to offset: ${history.secondOffset}. New replication ID is ${history.replid}`,
    );
    this.master.dropAll();
    parts.config.assign({ replicaof: null });
    this.applyRole();
  }

  /** DEBUG CHANGE-REPL-ID: replicas cannot resync partially any more. */
  changeReplicationId(): void {
    this.history.forgetId();
  }

  // ── replicas of ours ────────────────────────────────────────────────────────────────────────────────────────────

  /** All attached replicas, in the order in which they came. */
  replicas(): readonly AttachedReplica[] {
    return this.master.all();
  }

  replicaCount(): number {
    return this.master.count;
  }

  /** Replicas that have not acknowledged everything. */
  laggingReplicas(): number {
    return this.master.countLagging();
  }

  /** Asks all replicas what they have applied. */
  requestAcks(): void {
    if (!this.replica) this.master.requestAcks();
  }

  /** PSYNC, or SYNC when `replid` is undefined. An error text when there is nothing to give; else the link replies. */
  synchronize(client: Client, replid: string | undefined, requestOffset: number): string | undefined {
    if (this.replica && this.link.state !== 'connected') {
      return "NOMASTERLINK Can't SYNC while not connected with my master";
    }
    this.parts.log.notice(`Replica ${this.describe(client)} asks for synchronization`);
    if (replid !== undefined && this.master.continueFrom(client, replid, requestOffset)) return undefined;
    this.master.fullSync(client, replid !== undefined);
    return undefined;
  }

  // ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** INFO replication, line by line. */
  info(): readonly InfoField[] {
    return replicationInfo(this, this.parts);
  }

  private describe(client: Client): string {
    const { peer, replicaAddress, replicaPort } = client;
    if (replicaPort === 0) return peer.remoteAddress;
    const host =
      replicaAddress === '' ? peer.remoteAddress.slice(0, peer.remoteAddress.lastIndexOf(':')) : replicaAddress;
    return `${host}:${replicaPort}`;
  }

  private commandRunner(): CommandRunner {
    if (this.runner === undefined) throw new Error('replication: no command runner was attached');
    return this.runner;
  }

  private applyRole(): void {
    const { keyspace, log } = this.parts;
    keyspace.expiryMode = this.replica ? ExpiryMode.Hide : ExpiryMode.Remove;
    log.role = this.replica ? 'S' : 'M';
    this.refreshGate();
  }

  private refreshGate(): void {
    const { config } = this.parts.config;
    const minReplicas = config['min-replicas-to-write'];
    const maxLag = config['min-replicas-max-lag'];
    this.gates.next({
      readOnlyReplica: this.replica && config['replica-read-only'],
      stale: this.replica && this.link.state !== 'connected' && !config['replica-serve-stale-data'],
      tooFewReplicas: !this.replica && minReplicas > 0 && maxLag > 0 && this.master.countGood(maxLag) < minReplicas,
    });
  }
}
