/**
 * A whole server without sockets: sessions on fake peers, a clock and an event loop that the spec turns.
 *
 * In:  a configuration, parts of the environment. Out: sessions; the services to look at.
 * Memory: everything goes with the object.
 */
import { VirtualTimeScheduler } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import type { Environment } from '../../src/environment.ts';
import { Logger } from '../../src/log.ts';
import type { Peer, Transport } from '../../src/net/peer.ts';
import { buildServer, type Server } from '../../src/server.ts';
import { session } from '../../src/session.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { FakePeer } from './fake-peer.ts';

const NO_NETWORK: Transport = {
  listen: () => {
    throw new Error('nobody listens here');
  },
  connect: () => {
    throw new Error('nobody connects from here');
  },
};

export class VirtualServer {
  readonly server: Server;
  readonly log: string[] = [];
  /** Sessions that are over. */
  ended = 0;
  private readonly scheduler = new VirtualTimeScheduler();
  private readonly atEnd: (() => void)[] = [];

  /** `environment` replaces parts of it. */
  constructor(config: Partial<Config> = {}, environment: Partial<Environment> = {}) {
    const random = seededRandom(1);
    this.scheduler.maxFrames = 0;
    this.server = buildServer({
      config: { ...defaults, ...config },
      configFile: '',
      executable: '',
      environment: {
        scheduler: this.scheduler,
        timeUs: () => this.scheduler.now() * 1000,
        monotonicUs: () => this.scheduler.now() * 1000,
        random,
        randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
        transport: NO_NETWORK,
        atTurnEnd: (run) => void this.atEnd.push(run),
        ...environment,
      },
      log: new Logger(
        (line) => void this.log.push(line),
        () => this.scheduler.now(),
      ),
    });
  }

  get clients(): number {
    return this.server.services.clients.size;
  }

  /** Begins a session. */
  accept<P extends Peer>(peer: P): P {
    const { services, dispatcher } = this.server;
    const { clients, log } = services;
    session(peer, { clients, dispatcher, log }).subscribe({
      complete: () => {
        this.ended++;
      },
    });
    return peer;
  }

  connect(remoteAddress?: string): FakePeer {
    return this.accept(new FakePeer(remoteAddress));
  }

  /** The event loop comes to the end of its turn. */
  turn(): void {
    while (this.atEnd.length > 0) for (const run of this.atEnd.splice(0)) run();
  }

  /** Winds the clock and runs the timers that are due. */
  advance(ms: number): void {
    this.scheduler.maxFrames = this.scheduler.frame + ms;
    this.scheduler.flush();
    this.scheduler.frame = this.scheduler.maxFrames;
    this.turn();
  }
}
