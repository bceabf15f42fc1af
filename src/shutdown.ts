/**
 * Shutting down: the way every SHUTDOWN, SIGTERM and end of an embedding program takes.
 *
 *   hold writes back → wait for replicas → flush the log → save → close
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { BehaviorSubject, distinctUntilChanged, type Observable, Subject, type Subscription, timer } from 'rxjs';
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
  private readonly holding = new BehaviorSubject(false);
  /** Whether writes wait, so that the replicas can catch up. */
  readonly holdsWrites$: Observable<boolean> = this.holding.pipe(distinctUntilChanged());
  relistening: Promise<string | undefined> = Promise.resolve(undefined);
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
    log.notice('User requested shutdown...');
    const timeoutMs = options.now ? 0 : config.config['shutdown-timeout'] * 1000;
    if (timeoutMs === 0 || replication.laggingReplicas() === 0) {
      this.finish(options, [...this.giveUpWaiting(), refused]);
      return;
    }
    const callbacks = [...this.giveUpWaiting(), refused];
    log.notice('Waiting for replicas before shutting down.');
    const deadlineMs = environment.scheduler.now() + timeoutMs;
    replication.requestAcks();
    const waiting = timer(POLL_MS, POLL_MS, environment.scheduler).subscribe(() => {
      if (replication.laggingReplicas() > 0 && environment.scheduler.now() < deadlineMs) return;
      this.giveUpWaiting();
      this.finish(options, callbacks);
    });
    this.pending = { refused: callbacks, waiting };
    this.holding.next(true);
  }

  abortShutdown(): boolean {
    const { pending } = this;
    if (pending === undefined) return false;
    this.refuse(this.giveUpWaiting());
    this.holding.next(false);
    this.services?.log.notice('Shutdown manually aborted.');
    return true;
  }

  /** Tells who asked that there is no end; not within a command, whose own reply comes first. */
  private refuse(asked: readonly ((error: string) => void)[]): void {
    this.services?.environment.atTurnEnd(() => {
      for (const tell of asked) tell(REFUSED);
    });
  }

  /** Ends the waiting for replicas; answers whom to tell if the shutdown fails. */
  private giveUpWaiting(): readonly ((error: string) => void)[] {
    const { pending } = this;
    this.pending = undefined;
    pending?.waiting.unsubscribe();
    return pending?.refused ?? [];
  }

  private finish(options: ShutdownOptions, refused: readonly ((error: string) => void)[]): void {
    const { services } = this;
    if (services === undefined) return;
    const { config, eventLog, log, persistence, replication } = services;
    const replicas = replication.replicaCount();
    if (replicas > 0) {
      const inSync = replicas - replication.laggingReplicas();
      log.notice(`${inSync} of ${replicas} replicas are in sync when shutting down.`);
    }
    persistence.abortBackgroundSave();
    // Half a dataset must not take the place of the file it may come from.
    const isSaveWanted =
      !persistence.isLoading &&
      (options.save === 'yes' || (options.save === 'when configured' && config.config.save.length > 0));
    const isLogSafe = persistence.isLoading || eventLog.prepareShutdown(options.force);
    if (!isLogSafe || (isSaveWanted && !this.save(services, options.force))) {
      this.holding.next(false);
      this.refuse(refused);
      return;
    }
    eventLog.close();
    if (config.config.unixsocket !== '') log.notice('Removing the unix socket file.');
    this.ended.next();
  }

  /** The last save. False when it failed and that matters. */
  private save({ log, persistence }: Services, isForced: boolean): boolean {
    log.notice('Saving the final RDB snapshot before exiting.');
    if (E.isRight(persistence.saveSync())) return true;
    log.warning(
      isForced ? 'Error trying to save the DB, but forced to shut down.' : "Error trying to save the DB, can't exit.",
    );
    return isForced;
  }
}
