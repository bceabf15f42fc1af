/**
 * The server cron: what has to happen now and then, in slices that never hold the loop for more than a moment.
 *
 * @since 0.1.0
 */
import { defer, type Observable, repeat, tap, timer } from 'rxjs';
import type { Services } from './commands/context.ts';
import type { Dispatcher } from './commands/dispatch.ts';
import { ExpiryMode } from './keyspace/keyspace.ts';

/** Longest time a slice of background work takes before the loop runs on. */
const SLICE_US = 300;
const EXPIRY_BATCH = 64;
const RECLAIM_BATCH = 512;
/**
 * So many bytes of empty pages go back to the system. V8 has to collect garbage for that, which holds the loop for several
 * milliseconds: it waits for a second in which hardly anything happens, but not for ever.
 */
const RETURNED_BYTES = 64 * 1024 * 1024;
const QUIET_COMMANDS_MAX = 100;
const PATIENCE_MS = 300_000;

export interface CronSwitches {
  /** DEBUG SET-ACTIVE-EXPIRE */
  activeExpire: boolean;
}

/** Expires due keys and frees flushed ones, slice by slice. */
class BackgroundWork {
  private scheduled = false;
  private readonly server: Services;
  private readonly dispatcher: Dispatcher;
  private readonly switches: CronSwitches;

  constructor(server: Services, dispatcher: Dispatcher, switches: CronSwitches) {
    this.server = server;
    this.dispatcher = dispatcher;
    this.switches = switches;
  }

  readonly slice = (): void => {
    this.scheduled = false;
    const { environment, keyspace } = this.server;
    this.dispatcher.setTime(environment.scheduler.now());
    const untilUs = environment.monotonicUs() + SLICE_US;
    let more = true;
    while (more && environment.monotonicUs() < untilUs) {
      const expired = this.mayExpire() ? keyspace.expireDue(EXPIRY_BATCH) : 0;
      if (expired > 0) this.dispatcher.emitEffects();
      more = keyspace.reclaim(RECLAIM_BATCH) || expired === EXPIRY_BATCH;
    }
    if (more && !this.scheduled) {
      this.scheduled = true;
      environment.atTurnEnd(this.slice);
    }
  };

  private mayExpire(): boolean {
    return this.switches.activeExpire && this.server.keyspace.expiryMode === ExpiryMode.Remove;
  }
}

/** Gives memory back that nobody has used for a while; called once a second. */
class MemoryReturn {
  private readonly server: Services;
  private commands = 0;
  private waitingSinceMs = 0;

  constructor(server: Services) {
    this.server = server;
  }

  look(nowMs: number): void {
    const { keyspace, stats, environment } = this.server;
    const { arena } = keyspace;
    const isQuiet = stats.commandsProcessed - this.commands <= QUIET_COMMANDS_MAX;
    this.commands = stats.commandsProcessed;
    if (arena.emptyBytes < RETURNED_BYTES) {
      this.waitingSinceMs = nowMs;
    } else if (isQuiet || nowMs - this.waitingSinceMs >= PATIENCE_MS) {
      arena.trim();
      environment.collectGarbage?.();
    }
  }
}

/** Runs for as long as it is subscribed to. `hz` times a second; once a second for what is not urgent. */
export const cron = (server: Services, dispatcher: Dispatcher, switches: CronSwitches): Observable<unknown> => {
  const { environment, clients } = server;
  const work = new BackgroundWork(server, dispatcher, switches);
  let sweptMs = environment.scheduler.now();
  const memory = new MemoryReturn(server);
  const tick = (): void => {
    const nowMs = environment.scheduler.now();
    work.slice();
    server.stats.sample(nowMs);
    if (nowMs - sweptMs >= 1000) {
      sweptMs = nowMs;
      clients.sweep(nowMs);
      memory.look(nowMs);
    }
  };
  // The period is read anew each time, so that CONFIG SET hz counts at once.
  return defer(() => timer(1000 / server.config.config.hz, environment.scheduler)).pipe(tap(tick), repeat());
};
