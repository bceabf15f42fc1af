/**
 * The life of the server process as commands see it: SHUTDOWN asks here, INFO server reads here.
 *
 * @since 0.1.0
 */
import type { Observable } from 'rxjs';

export interface ShutdownOptions {
  /** Save before: always, never, or when save points are configured. */
  readonly save: 'yes' | 'no' | 'when configured';
  /** Do not wait for replicas. */
  readonly now: boolean;
  /** Go on when something fails. */
  readonly force: boolean;
}

export interface Lifecycle {
  readonly runId: string;
  readonly startedMs: number;
  /** Path of the configuration file, or '' when there is none. */
  readonly configFile: string;
  readonly executable: string;
  /** Port of the first TCP listener. */
  readonly port: number;
  /**
   * The last move of the TCP listeners that CONFIG SET has asked for: undefined when it went well, else the error reply.
   * The old addresses and the old configuration are back by then.
   */
  readonly relistening: Promise<string | undefined>;
  /** The server is over: nothing may keep the process. */
  readonly ended$: Observable<void>;
  /** Begins a shutdown; `refused` is called with an error reply when it cannot be done and the server goes on. */
  shutdown(options: ShutdownOptions, refused: (error: string) => void): void;
  /** SHUTDOWN ABORT: false when no shutdown is under way. */
  abortShutdown(): boolean;
}
