/**
 * Clients in WAIT and WAITAOF: blocked until enough replicas have acknowledged what was written before, or have it on
 * their disks.
 *
 * In:  WAIT, WAITAOF; acknowledgements; flushes of our own log. Out: one reply per client, when enough have come or the time is up.
 *
 * @since 0.1.0
 */
import { type Subscription, timer } from 'rxjs';
import { TIMER_MS_MAX } from '../environment.ts';
import type { Client } from '../net/client.ts';
import { isSilent, releaseLater } from '../net/unblock.ts';
import type { Reply } from '../resp/reply.ts';
import type { History } from './history.ts';
import type { MasterSide } from './master.ts';
import type { ReplicationParts } from './parts.ts';

/** What a client waits for. */
export interface Goal {
  isReached(): boolean;
  /** The answer, when it is reached or the time is up. */
  reply(reply: Reply): void;
}

interface Waiter {
  readonly client: Client;
  readonly goal: Goal;
  readonly timer: Subscription | undefined;
  /** The client does not want the reply. */
  readonly silent: boolean;
}

const UNBLOCKED = 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

export class Waiters {
  private readonly parts: ReplicationParts;
  private readonly master: MasterSide;
  private readonly history: History;
  private readonly waiting = new Map<Client, Waiter>();
  private scheduled = false;

  constructor(parts: ReplicationParts, master: MasterSide, history: History) {
    this.parts = parts;
    this.history = history;
    this.master = master;
  }

  /**
   * Blocks a client until `replicas` replicas have acknowledged the stream up to `offset`, at most `timeoutMs`; 0 is for
   * ever.
   */
  add(client: Client, replicas: number, offset: number, timeoutMs: number): void {
    const { master } = this;
    const goal: Goal = {
      isReached: () => master.countAcknowledged(offset) >= replicas,
      reply: (reply) => reply.integer(master.countAcknowledged(offset)),
    };
    this.addGoal(client, goal, timeoutMs);
  }

  /** The stream up to `offset` is on our own disk, if `local` is 1, and on those of so many replicas. */
  onDisks(offset: number, local: number, replicas: number): Goal {
    const { history, master } = this;
    const isLocal = (): number => (history.syncedOffset() >= offset ? 1 : 0);
    return {
      isReached: () => isLocal() >= local && master.countSynced(offset) >= replicas,
      reply: (reply) => {
        reply.array(2);
        reply.integer(isLocal());
        reply.integer(master.countSynced(offset));
      },
    };
  }

  /** Blocks a client until it has what it waits for, at most `timeoutMs`. */
  addGoal(client: Client, goal: Goal, timeoutMs: number): void {
    const { environment } = this.parts;
    const timeout =
      timeoutMs > 0
        ? timer(Math.min(timeoutMs, TIMER_MS_MAX), environment.scheduler).subscribe(() => this.release(client))
        : undefined;
    this.waiting.set(client, { client, goal, timer: timeout, silent: isSilent(client) });
    client.blocked = {
      deadlineMs: timeoutMs > 0 ? environment.monotonicUs() / 1000 + timeoutMs : Number.POSITIVE_INFINITY,
      onCancel: () => this.forget(client),
      unblock: (error) => this.unblock(client, error),
    };
    this.master.requestAcks();
  }

  /** Lets those go whose replicas have come, at the end of the turn: a command's own reply is not to be disturbed. */
  check(): void {
    if (this.waiting.size === 0 || this.scheduled) return;
    this.scheduled = true;
    this.parts.environment.atTurnEnd(() => {
      this.scheduled = false;
      for (const { client, goal } of [...this.waiting.values()]) if (goal.isReached()) this.release(client);
    });
  }

  /** The server has become a replica: nothing will be acknowledged any more. */
  cancelAll(): void {
    for (const client of [...this.waiting.keys()]) this.unblock(client, UNBLOCKED, true);
  }

  /** Ends a client's waiting within another one's command: as if its time was up, or with an error. */
  private unblock(client: Client, error: string | undefined, thenClose = false): void {
    const waiter = this.waiting.get(client);
    if (waiter === undefined) return;
    this.forget(client);
    const { clients, environment, stats } = this.parts;
    const { silent, goal } = waiter;
    const write = (reply: Reply): void => {
      if (error === undefined) {
        goal.reply(reply);
        return;
      }
      reply.error(error);
      stats.countError(error);
    };
    releaseLater(clients, environment, { client, silent, write, thenClose });
  }

  private reply(client: Client): void {
    const waiter = this.waiting.get(client);
    if (waiter === undefined) return;
    if (!waiter.silent) waiter.goal.reply(this.parts.clients.replyTo(client));
    this.forget(client);
  }

  private release(client: Client): void {
    this.reply(client);
    this.parts.clients.unblock(client);
  }

  private forget(client: Client): void {
    this.waiting.get(client)?.timer?.unsubscribe();
    this.waiting.delete(client);
  }
}
