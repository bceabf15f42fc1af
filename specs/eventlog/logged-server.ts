/**
 * A server without sockets that keeps its log in memory files, or in a folder of the spec's.
 *
 * In:  a configuration, files. Out: clients that note in the files' journal when they are answered.
 * Memory: everything goes with the object.
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Subscription } from 'rxjs';
import type { Config } from '../../src/config/config.ts';
import type { LogFiles } from '../../src/eventlog/log-files.ts';
import type { EventLog } from '../../src/eventlog/service.ts';
import type { FakePeer } from '../net/fake-peer.ts';
import { VirtualServer } from '../net/virtual-server.ts';
import { encodeCommand } from '../support/reply.ts';
import { MemoryFiles } from './memory-files.ts';

/** Each look at the clock takes so long, so that slices of work end. */
const LOOK_US = 20;

export class LoggedServer<F extends LogFiles = MemoryFiles> extends VirtualServer {
  readonly files: F;
  private ticks: Subscription | undefined = undefined;
  private readonly later: (() => void)[];

  constructor(files: F, config: Partial<Config> = {}) {
    const later: (() => void)[] = [];
    let looks = 0;
    let nowMs = (): number => 0;
    super(
      { dir: '/data', appendonly: true, save: [], ...config },
      {
        logFiles: files,
        atTurnEnd: (run) => void later.push(run),
        monotonicUs: () => nowMs() * 1000 + LOOK_US * looks++,
      },
    );
    this.later = later;
    nowMs = () => this.server.services.environment.scheduler.now();
    this.files = files;
  }

  /** What waited for the end of the turn runs, and no more. */
  step(): boolean {
    for (const run of this.later.splice(0)) run();
    return this.later.length > 0;
  }

  /** Turns until nothing waits any more. */
  override turn(): void {
    while (this.step());
  }

  get eventLog(): EventLog {
    return this.server.services.eventLog;
  }

  /** As at a start where there is nothing to load. */
  begin(): this {
    const { eventLog } = this;
    const started = this.server.services.config.config.appendonly ? eventLog.started() : E.right(undefined);
    if (E.isLeft(started)) throw new Error(started.left.message);
    this.ticks = eventLog.run$.subscribe();
    return this;
  }

  end(): void {
    this.ticks?.unsubscribe();
  }

  /** A client whose answers stand in the journal. */
  client(): FakePeer {
    const peer = this.connect();
    const { files } = this;
    if (files instanceof MemoryFiles) peer.onWrite = () => void files.journal.push('reply');
    return peer;
  }

  /** Sends a command in a turn of its own; answers what was received for it. */
  run(peer: FakePeer, ...words: readonly string[]): string {
    const before = peer.received.length;
    peer.send(encodeCommand(words));
    this.turn();
    return peer.received.slice(before);
  }
}

/** A server with its log in memory. */
export const logged = (config: Partial<Config> = {}): LoggedServer =>
  new LoggedServer(new MemoryFiles(), config).begin();
