/**
 * Blocking commands: clients that wait until a key they named holds something, or until their time is up.
 *
 * In:     `block`, called by a reducer that found nothing; keys that come into being; the clock; CLIENT UNBLOCK.
 * Out:    the reducer's command again, through dispatch, once there is something; or the reply of a timeout.
 * Memory: one detached copy of the command per blocked client.
 *
 * A client that is parked keeps the command as it was sent. A key that comes into being is only marked: dispatch calls
 * `serve` when the running command or transaction is complete, and before any other. Then the clients that wait for the
 * key run their commands again, in the order in which they came, for as long as the key holds a value of their type. What
 * they do (BLMOVE pushes) may make further keys ready, which are served behind. A served client goes on with what else it
 * has sent at the end of the turn.
 *
 * @since 0.2.0
 */
import { type Subscription, timer } from 'rxjs';
import { type Environment, TIMER_MS_MAX } from '../environment.ts';
import type { Database } from '../keyspace/database.ts';
import type { Type } from '../keyspace/entry.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Blocked, Client } from '../net/client.ts';
import type { ClientRegistry } from '../net/clients.ts';
import { isSilent, releaseLater } from '../net/unblock.ts';
import { ceilLongDouble, isFiniteLongDouble, multiplyLongDouble, parseLongDouble } from '../resp/longdouble.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { type BlockedKey, BlockedKeys, type Waiting } from './blocked-keys.ts';
import type { Context } from './context.ts';
import { Outcome } from './spec.ts';
import type { ServerStats } from './stats.ts';
import type { CommandTable } from './table.ts';

// ── timeouts ──────────────────────────────────────────────────────────────────────────────────────────────────────

const TIMEOUT_NOT_A_FLOAT = 'ERR timeout is not a float or out of range';
const TIMEOUT_NEGATIVE = 'ERR timeout is negative';
const TIMEOUT_OUT_OF_RANGE = 'ERR timeout is out of range';

/** Redis adds the time of day to it, and the sum has to be an int64. */
const TIMEOUT_MS_LIMIT = 2n ** 63n - 2n ** 41n;

/** Milliseconds, or the error text. Fractions of a millisecond are rounded up, with the rounding of a long double. */
const readTimeout = (text: string): number | string => {
  const seconds = parseLongDouble(text);
  if (seconds === undefined) return TIMEOUT_NOT_A_FLOAT;
  if (!isFiniteLongDouble(seconds)) return seconds.mantissa < 0n ? TIMEOUT_NEGATIVE : TIMEOUT_OUT_OF_RANGE;
  const ms = ceilLongDouble(multiplyLongDouble(seconds, 1000n));
  if (ms < 0n) return TIMEOUT_NEGATIVE;
  return ms > TIMEOUT_MS_LIMIT ? TIMEOUT_OUT_OF_RANGE : Number(ms);
};

/** The timeout in seconds at an argument, in ms; 0 waits for ever. NaN when it is none: reply `timeoutError` then. */
export const decodeTimeout = (cmd: CommandView, index: number): number => {
  const seconds = cmd.integer(index);
  if (seconds >= 0 && seconds < 1e15) return seconds * 1000;
  const ms = readTimeout(cmd.text(index));
  return typeof ms === 'number' ? ms : Number.NaN;
};

/** Why the argument is no timeout, as Redis says it. */
export const timeoutError = (cmd: CommandView, index: number): string => {
  const ms = readTimeout(cmd.text(index));
  return typeof ms === 'string' ? ms : TIMEOUT_NOT_A_FLOAT;
};

// ── blocking ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a command replies where it may not block and finds nothing. A timeout is a null array for all of them. */
export enum NullForm {
  /** BLMOVE and BRPOPLPUSH, which reply one element. */
  Bulk = 0,
  Array = 1,
}

/**
 * Ends a blocking command that found nothing under `keyCount` keys from argument `firstKeyIndex` on: parks the client
 * until one of them holds a value of `type`, for at most `timeoutMs` (0 = for ever); the reducer is run again then. Where
 * nothing may block (in a transaction, in the master's stream) it replies at once.
 */
export const block = (
  ctx: Context,
  db: Database,
  cmd: CommandView,
  firstKeyIndex: number,
  keyCount: number,
  type: Type,
  timeoutMs: number,
  onTimeout: NullForm,
): Outcome => {
  const { blocking, clients } = ctx.server;
  if (ctx.denyBlocking || ctx.fromMaster) {
    const { reply } = clients.outbox;
    if (onTimeout === NullForm.Array) reply.nullArray();
    else reply.null();
  } else {
    blocking.park(ctx.client, db, cmd, firstKeyIndex, keyCount, type, timeoutMs);
  }
  return Outcome.Unchanged;
};

/** A client with the command that waits to be run again. */
class Waiter implements Blocked, Waiting<Waiter> {
  readonly client: Client;
  readonly view: CommandView;
  readonly type: Type;
  /** The client does not want the reply. */
  readonly silent: boolean;
  readonly deadlineMs: number;
  keys: BlockedKey<Waiter>[] = [];
  /** Runs while the client waits, from the first time it was parked on. */
  timer: Subscription | undefined = undefined;
  private readonly blocking: Blocking;

  constructor(blocking: Blocking, client: Client, view: CommandView, type: Type, deadlineMs: number) {
    this.blocking = blocking;
    this.client = client;
    this.view = view;
    this.type = type;
    this.silent = isSilent(client);
    this.deadlineMs = deadlineMs;
  }

  readonly onCancel = (): void => this.blocking.forget(this);
  readonly unblock = (error?: string): void => this.blocking.release(this, error);
}

export interface BlockingParts {
  readonly environment: Environment;
  readonly keyspace: Keyspace;
  readonly clients: ClientRegistry;
  readonly stats: ServerStats;
  readonly commands: CommandTable;
}

/** What runs parked commands again: dispatch. */
export interface Rerunner {
  /** How many keys are ready. When it is not 0, `ready` is called between two commands. */
  readyCount: number;
  ready: () => void;
  beginTurn(): void;
  endTurn(): void;
  rerun(client: Client, view: CommandView, silent: boolean): void;
}

const FORCED = 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

export class Blocking {
  private readonly parts: BlockingParts;
  private readonly keys: BlockedKeys<Waiter>;
  private readonly waiters = new Set<Waiter>();
  private runner: Rerunner | undefined = undefined;
  private isServing = false;
  private isHeld = false;
  /** The one whose command is being run again. */
  private rerunning: Waiter | undefined = undefined;
  /** Served clients that go on at the end of the turn. */
  private resumable: Client[] = [];

  constructor(parts: BlockingParts) {
    this.parts = parts;
    const { keyspace } = parts;
    this.keys = new BlockedKeys(keyspace);
    keyspace.onReady = (db, ref) => {
      this.keys.came(db, ref);
      this.tellRunner();
    };
  }

  /** How many keys clients wait for. */
  get keyCount(): number {
    return this.keys.count;
  }

  attach(runner: Rerunner): void {
    this.runner = runner;
    runner.ready = () => this.serve();
  }

  /** While data are loaded nobody is served; whoever can be is served behind it. */
  hold(isHeld: boolean): void {
    const isOver = this.isHeld && !isHeld;
    this.isHeld = isHeld;
    if (!isOver) return;
    this.parts.environment.atTurnEnd(() => {
      const { runner } = this;
      if (runner === undefined || this.keys.readyCount === 0) return;
      runner.beginTurn();
      this.serve();
      runner.endTurn();
    });
  }

  /** Parks a client, or parks it again when its command was run again and found nothing: at the end of the rows then. */
  park(
    client: Client,
    db: Database,
    cmd: CommandView,
    firstKeyIndex: number,
    keyCount: number,
    type: Type,
    timeoutMs: number,
  ): void {
    let waiter = this.rerunning;
    if (waiter === undefined || waiter.client !== client) {
      const nowMs = this.parts.environment.monotonicUs() / 1000;
      const deadlineMs = timeoutMs > 0 ? nowMs + timeoutMs : Number.POSITIVE_INFINITY;
      waiter = new Waiter(this, client, cmd.detach(), type, deadlineMs);
      this.waiters.add(waiter);
      if (timeoutMs > 0) this.arm(waiter, timeoutMs);
    }
    this.keys.add(waiter, db, cmd, firstKeyIndex, keyCount);
    client.blocked = waiter;
  }

  /** Serves the clients whose keys are ready. To be called between commands only. */
  serve(): void {
    // What a rerun makes ready is served by the loop that is running.
    if (this.isServing || this.isHeld) return;
    this.isServing = true;
    while (this.keys.readyCount > 0) for (const key of this.keys.takeReady()) this.serveKey(key);
    this.tellRunner();
    this.isServing = false;
  }

  /** Runs the command of a client again that has waited for something else than keys; in a turn of its own. */
  again(client: Client, view: CommandView, silent: boolean): void {
    const { runner } = this;
    if (runner === undefined) throw new Error('blocking: nothing that runs commands was attached');
    client.blocked = undefined;
    runner.beginTurn();
    runner.rerun(client, view, silent);
    runner.endTurn();
    if (client.blocked === undefined) client.resume();
  }

  /** SWAPDB: the keys of a database are others now. */
  exchanged(db: Database): void {
    this.keys.exchanged(db);
    this.tellRunner();
  }

  /** The server has become a replica: nobody is served any more, and the connections end. */
  cancelAll(): void {
    for (const waiter of [...this.waiters]) this.release(waiter, FORCED, true);
  }

  /** Ends a client's waiting within another one's command: as if its time was up, or with an error. */
  release(waiter: Waiter, error: string | undefined, thenClose = false): void {
    this.forget(waiter);
    const { client, silent } = waiter;
    const write = (reply: Reply): void => this.answer(waiter, reply, error);
    releaseLater(this.parts.clients, this.parts.environment, { client, silent, write, thenClose });
  }

  forget(waiter: Waiter): void {
    waiter.timer?.unsubscribe();
    this.keys.remove(waiter);
    this.waiters.delete(waiter);
  }

  /** Lets the time run; a timer does not go further than some weeks. */
  private arm(waiter: Waiter, leftMs: number): void {
    const stepMs = Math.min(leftMs, TIMER_MS_MAX);
    waiter.timer = timer(stepMs, this.parts.environment.scheduler).subscribe(() => {
      if (leftMs > stepMs) this.arm(waiter, leftMs - stepMs);
      else this.expire(waiter);
    });
  }

  /** The time is up. This is no command's turn: the reply is written at once. */
  private expire(waiter: Waiter): void {
    this.forget(waiter);
    const { client, silent } = waiter;
    const { clients } = this.parts;
    if (!silent) this.answer(waiter, clients.replyTo(client), undefined);
    clients.unblock(client);
  }

  private answer(waiter: Waiter, reply: Reply, error: string | undefined): void {
    if (error === undefined) {
      reply.nullArray();
    } else {
      reply.error(error);
      const { commands, stats } = this.parts;
      stats.countError(error);
      const command = commands.find(waiter.view);
      if (command !== undefined) command.stats.failed++;
    }
  }

  private tellRunner(): void {
    if (this.runner !== undefined) this.runner.readyCount = this.keys.readyCount;
  }

  private serveKey(key: BlockedKey<Waiter>): void {
    // Those that are parked again stand behind them, and are not asked twice.
    let left = key.waiters.size;
    for (const waiter of key.waiters) {
      if (left-- === 0) return;
      const type = this.keys.valueType(key);
      if (type === undefined) return;
      if (type === waiter.type) this.rerun(waiter);
    }
  }

  private rerun(waiter: Waiter): void {
    const { runner } = this;
    if (runner === undefined) throw new Error('blocking: nothing that runs commands was attached');
    const { client } = waiter;
    this.keys.remove(waiter);
    client.blocked = undefined;
    this.rerunning = waiter;
    runner.rerun(client, waiter.view, waiter.silent);
    this.rerunning = undefined;
    // `blocked` is typed by its last assignment here, not by what the run has made of it.
    const blocked: Blocked | undefined = client.blocked;
    if (blocked === waiter) return;
    this.forget(waiter);
    if (blocked === undefined) this.resumeLater(client);
  }

  private resumeLater(client: Client): void {
    this.resumable.push(client);
    if (this.resumable.length > 1) return;
    this.parts.environment.atTurnEnd(() => {
      const { resumable } = this;
      this.resumable = [];
      for (const each of resumable) if (each.blocked === undefined) each.resume();
    });
  }
}
