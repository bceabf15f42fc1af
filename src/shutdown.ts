/**
 * Shutting down: the way every SHUTDOWN, SIGTERM and end of an embedding program takes.
 *
 *   stop accepting writes → wait for replicas → save → close
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { type Observable, Subject, type Subscription, timer } from 'rxjs';
import type { Services } from './commands/context.ts';
import type { Lifecycle, ShutdownOptions } from './lifecycle.ts';

const REFUSED = 'ERR Errors trying to SHUTDOWN. Check logs.';
const POLL_MS = 10;

export interface LifecycleOptions {
  readonly runId: string;
  readonly configFile: string;
  readonly executable: string;
  readonly startedMs: number;
  readonly port: () => number;
}

interface Pending {
  readonly options: ShutdownOptions;
  readonly refused: ((error: string) => void)[];
  readonly waiting: Subscription;
}

export class ServerLifecycle implements Lifecycle {
  readonly runId: string;
  readonly configFile: string;
  readonly executable: string;
  readonly startedMs: number;
  private readonly options: LifecycleOptions;
  private readonly ended = new Subject<void>();
  /** Emits once when the server has to end; its data is safe by then. */
  readonly ended$: Observable<void> = this.ended.asObservable();
  private services: Services | undefined = undefined;
  private pending: Pending | undefined = undefined;

  constructor(options: LifecycleOptions) {
    this.options = options;
    this.runId = options.runId;
    this.configFile = options.configFile;
    this.executable = options.executable;
    this.startedMs = options.startedMs;
  }

  get port(): number {
    return this.options.port();
  }

  get isShuttingDown(): boolean {
    return this.pending !== undefined;
  }

  /** Hands in what a shutdown has to end. */
  attach(services: Services): void {
    this.services = services;
  }

  shutdown(options: ShutdownOptions, refused: (error: string) => void): void {
    const { services } = this;
    if (services === undefined) {
      this.ended.next();
      return;
    }
    const { environment, config, log, replication } = services;
    log.warning('User requested shutdown...');
    const timeoutMs = options.now ? 0 : config.config['shutdown-timeout'] * 1000;
    const deadlineMs = environment.scheduler.now() + timeoutMs;
    if (timeoutMs === 0 || replication.laggingReplicas() === 0) {
      this.finish(options, [refused]);
      return;
    }
    this.pending?.waiting.unsubscribe();
    log.notice(
      `${replication.laggingReplicas()} of ${replication.replicaCount()} replicas are in sync when shutting down.`,
    );
    const callbacks = [...(this.pending?.refused ?? []), refused];
    replication.requestAcks();
    const waiting = timer(POLL_MS, POLL_MS, environment.scheduler).subscribe(() => {
      const late = replication.laggingReplicas();
      if (late > 0 && environment.scheduler.now() < deadlineMs) return;
      if (late > 0) log.warning(`${late} replicas did not catch up in time.`);
      this.finish(options, callbacks);
    });
    this.pending = { options, refused: callbacks, waiting };
  }

  abortShutdown(): boolean {
    const { pending } = this;
    if (pending === undefined) return false;
    pending.waiting.unsubscribe();
    this.pending = undefined;
    for (const refused of pending.refused) refused(REFUSED);
    this.services?.log.notice('Shutdown manually aborted.');
    return true;
  }

  private finish(options: ShutdownOptions, refused: readonly ((error: string) => void)[]): void {
    this.pending?.waiting.unsubscribe();
    this.pending = undefined;
    const { services } = this;
    if (services === undefined) return;
    const { config, log, persistence } = services;
    const wantsSave = options.save === 'yes' || (options.save === 'when configured' && config.config.save.length > 0);
    persistence.abortBackgroundSave();
    if (wantsSave) {
      log.notice('Saving the final RDB snapshot before exiting.');
      const saved = persistence.saveSync();
      if (E.isLeft(saved)) {
        log.warning("Error trying to save the DB, can't exit.");
        if (!options.force) {
          for (const tell of refused) tell(REFUSED);
          return;
        }
      }
    }
    this.ended.next();
  }
}
