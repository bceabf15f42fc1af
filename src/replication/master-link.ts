/**
 * The link of a replica to its master: connects, talks, and when it breaks tries again, every second, for as long as it
 * is subscribed to. Unsubscribing closes it.
 *
 *   role$ ──▶ link$ = connect → conversation → LinkError ──▶ retry after a second
 *
 * In:  the master's address. Out: nothing but the state; the data change behind it.
 *
 * @since 0.1.0
 */
import {
  concat,
  defer,
  finalize,
  interval,
  merge,
  mergeMap,
  NEVER,
  Observable,
  retry,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { MasterAddress } from '../config/special.ts';
import { TIMER_MS_MAX } from '../environment.ts';
import { type Peer, PeerError } from '../net/peer.ts';
import { Conversation } from './conversation.ts';
import type { History } from './history.ts';
import { LinkError, type LinkMemory, type LinkState, type SyncProgress } from './link-state.ts';
import { LinkSilent, linkTimeout } from './link-timeout.ts';
import type { ReplicationParts } from './parts.ts';
import type { CommandRunner } from './ports.ts';

const RETRY_MS = 1000;
const ACK_MS = 1000;

export interface MasterLinkOptions {
  readonly parts: ReplicationParts;
  readonly history: History;
  readonly runner: () => CommandRunner;
  readonly port: () => number;
  readonly knows: (name: string) => boolean;
  readonly stateChanged: () => void;
  readonly historyChanged: () => void;
}

const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  ENOTFOUND: 'the name of the host is not known',
  EPIPE: 'Broken pipe',
};

export class MasterLink {
  state: LinkState = 'none';
  /** When the link was last up; 0 when it never was. */
  downSinceMs = 0;
  /** When the master was last heard. */
  heardMs = 0;
  readonly memory: LinkMemory = { resumable: false, streamDb: 0 };
  private readonly options: MasterLinkOptions;
  private conversation: Conversation | undefined = undefined;
  private lastComplaint = '';
  private connectedMs = 0;
  /** The master's address as the audit trail shows it. */
  private address = '';

  constructor(options: MasterLinkOptions) {
    this.options = options;
  }

  get progress(): SyncProgress | undefined {
    return this.conversation?.progress;
  }

  /** Bytes of the stream that came and are not applied. */
  get pendingBytes(): number {
    return this.conversation?.pendingBytes ?? 0;
  }

  /** Stays connected to this master. Never completes. */
  to(master: MasterAddress): Observable<never> {
    return defer(() => {
      this.lastComplaint = '';
      this.address = `${master.host}:${master.port}`;
      return this.attempt(master).pipe(
        retry({ delay: (error: unknown) => timer(this.failed(error, master), this.scheduler) }),
      );
    }).pipe(finalize(() => this.setState('none')));
  }

  private get scheduler() {
    return this.options.parts.environment.scheduler;
  }

  private attempt(master: MasterAddress): Observable<never> {
    const { parts } = this.options;
    const timeoutMs = () => parts.config.config['repl-timeout'] * 1000;
    return defer(() => {
      this.setState('connecting');
      this.say(`Connecting to MASTER ${master.host}:${master.port}`);
      this.say('MASTER <-> REPLICA sync started');
      const bind = parts.config.config['bind-source-addr'];
      const peer$ = parts.environment.transport.connect({
        host: master.host,
        port: master.port,
        ...(bind === '' ? {} : { localAddress: bind }),
      });
      // The connection is there or not within the time-out; once it is, the conversation watches its own silence.
      return concat(peer$, NEVER).pipe(
        mergeMap((peer) => this.converse(peer)),
        this.givingUp(timeoutMs),
      );
    });
  }

  /** Fails when the connection is not made in time. */
  private givingUp(timeoutMs: () => number) {
    return (source$: Observable<never>): Observable<never> =>
      new Observable<never>((subscriber) => {
        subscriber.add(
          timer(Math.min(timeoutMs(), TIMER_MS_MAX), this.scheduler).subscribe(() => {
            if (this.state === 'connecting') subscriber.error(new LinkSilent(timeoutMs()));
          }),
        );
        subscriber.add(source$.subscribe(subscriber));
      });
  }

  private converse(peer: Peer): Observable<never> {
    const { parts, history, runner, port, knows, historyChanged } = this.options;
    const { config } = parts.config;
    return new Observable<never>((subscriber) => {
      this.say('Non blocking connect for SYNC fired the event.');
      peer.setKeepAlive(config['tcp-keepalive']);
      const conversation = new Conversation({
        peer,
        parts,
        history,
        memory: this.memory,
        runner: runner(),
        port,
        knows,
        historyChanged,
        setState: (state) => this.setState(state),
        say: (text) => this.say(text),
        fail: (error) => subscriber.error(error),
      });
      this.conversation = conversation;
      this.heardMs = this.scheduler.now();
      const chunks$ = concat(
        peer.chunks$,
        throwError(() => new PeerError('EOF', 'the master closed the connection')),
      ).pipe(
        linkTimeout(() => parts.config.config['repl-timeout'] * 1000, this.scheduler),
        tap((chunk) => {
          this.heardMs = this.scheduler.now();
          conversation.take(chunk);
        }),
      );
      const acks$ = interval(ACK_MS, this.scheduler).pipe(tap(() => conversation.acknowledge()));
      subscriber.add(() => {
        this.conversation = undefined;
        conversation.end();
        peer.abort();
      });
      subscriber.add(merge(chunks$, acks$).subscribe({ error: (error) => subscriber.error(error) }));
      conversation.start();
    });
  }

  private setState(state: LinkState): void {
    if (state === this.state) return;
    const { parts } = this.options;
    const { audit } = parts;
    if (this.state === 'connected') {
      this.downSinceMs = this.scheduler.now();
      audit?.link(undefined, ['MASTER', this.address, 'down']);
    }
    if (state === 'connected') {
      const { history } = this.options;
      const how = this.state === 'sync' ? 'full-sync' : 'partial-sync';
      const { offset } = history.writes;
      audit?.link(undefined, ['MASTER', this.address, 'up', how, history.replid, `offset:${offset}`]);
      this.lastComplaint = '';
      this.connectedMs = this.scheduler.now();
    }
    this.state = state;
    parts.log.debug(`The link to the master is in state ${state}`);
    this.options.stateChanged();
  }

  /** Says why the link broke, once per reason, and answers how long to wait before the next attempt. */
  private failed(error: unknown, master: MasterAddress): number {
    const { log } = this.options.parts;
    const isExpected = error instanceof LinkError || error instanceof LinkSilent || error instanceof PeerError;
    if (!isExpected) throw error; // a bug
    const wasConnected = this.state === 'connected';
    const text = this.describe(error, wasConnected);
    if (text === this.lastComplaint) log.verbose(text);
    else log.warning(text);
    this.lastComplaint = text;
    if (wasConnected) {
      log.notice('Connection with master lost.');
      log.notice('Caching the disconnected master state.');
      log.notice(`Reconnecting to MASTER ${master.host}:${master.port}`);
    }
    const upMs = wasConnected ? this.scheduler.now() - this.connectedMs : 0;
    this.conversation = undefined;
    this.setState('connect');
    // A link that had been up is restored at once; one that keeps failing is tried every second.
    return upMs >= RETRY_MS ? 0 : RETRY_MS;
  }

  private describe(error: Error, wasConnected: boolean): string {
    if (error instanceof LinkSilent) {
      if (wasConnected) return 'MASTER timeout: no data nor PING received...';
      if (this.progress === undefined && this.state !== 'sync') return 'Timeout connecting to the MASTER...';
      return "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.";
    }
    if (error instanceof PeerError) {
      const reason = SYSTEM_MESSAGES[error.code] ?? error.message;
      if (wasConnected) return `Error or end of the connection with the master: ${reason}`;
      return this.state === 'connecting'
        ? `Error condition on socket for SYNC: ${reason}`
        : `The connection broke during the sync with the master: ${reason}`;
    }
    return error.message;
  }

  /** A line for the log; a detail, when the attempt before failed already. */
  private say(text: string): void {
    const { log } = this.options.parts;
    if (this.lastComplaint === '') log.notice(text);
    else log.verbose(text);
  }
}
