/**
 * A world of servers in one process: one virtual clock, one network in memory, and time that only moves when told.
 *
 * In:  configurations; commands; how long to wait; which links to break. Out: real servers, composed by `serve`.
 * Memory: everything dies with the world; `close` ends its servers.
 * @since 0.1.0
 */
import { setImmediate as turn } from 'node:timers/promises';
import * as E from 'fp-ts/Either';
import { type Subscription, VirtualTimeScheduler } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import type { Environment } from '../../src/environment.ts';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { Logger } from '../../src/log.ts';
import { MemoryNetwork } from '../../src/net/memory.ts';
import type { Peer } from '../../src/net/peer.ts';
import { buildServer, openListeners, type Server, serve } from '../../src/server.ts';
import { type Arg, decodeReply, encodeCommand, ReplyScanner, show } from '../support/reply.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** Any day of 2026; expiries in the past and in the future are both possible. */
const START_MS = 1_780_000_000_000;
const STEP_MS = 10;
const TURNS_MAX = 1_000_000;

export interface WorldOptions {
  readonly seed?: number;
  /** How many of the available bytes the next chunk of any connection has. */
  readonly cut?: (available: number) => number;
  /** How long a look at the clock takes. 200: a snapshot does one step per slice, and the cron still gets to work. */
  readonly usPerLook?: number;
}

/** One server of the world. */
export class Node {
  readonly server: Server;
  readonly port: number;
  readonly lines: readonly string[];
  private readonly subscription: Subscription;

  constructor(server: Server, port: number, lines: readonly string[], subscription: Subscription) {
    this.server = server;
    this.port = port;
    this.lines = lines;
    this.subscription = subscription;
  }

  get offset(): number {
    return this.server.services.writes.offset;
  }

  get isUp(): boolean {
    return this.server.services.replication.link.state === 'connected';
  }

  digest(): string {
    return digestKeyspace(this.server.services.keyspace);
  }

  /** A field of INFO replication. */
  info(field: string): string {
    const found = this.server.services.replication.info().find(([name]) => name === field);
    return found === undefined ? '' : String(found[1]);
  }

  logged(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  close(): void {
    this.subscription.unsubscribe();
  }
}

/** A client of a node. */
export class WorldClient {
  private readonly peer: Peer;
  private readonly world: World;
  private received = Buffer.alloc(0);
  isClosed = false;

  constructor(world: World, peer: Peer) {
    this.world = world;
    this.peer = peer;
    peer.chunks$.subscribe({
      next: ({ bytes, length }) => {
        this.received = Buffer.concat([this.received, bytes.subarray(0, length)]);
      },
      error: () => {
        this.isClosed = true;
      },
      complete: () => {
        this.isClosed = true;
      },
    });
  }

  /** Where it connects from. */
  get address(): string {
    return this.peer.localAddress;
  }

  /** Writes bytes; nothing is delivered before the world turns. */
  write(bytes: Uint8Array): void {
    this.peer.write(bytes, 0, bytes.length);
  }

  /** Everything received since the last call. */
  take(): Buffer {
    const bytes = this.received;
    this.received = Buffer.alloc(0);
    return bytes;
  }

  /** Sends a command and turns the world until it rests; the replies as texts. */
  send(...args: readonly Arg[]): string[] {
    this.write(encodeCommand(args));
    this.world.settle();
    return this.replies();
  }

  /** The replies received since the last call, as texts. */
  replies(): string[] {
    const bytes = this.take();
    const texts: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = new ReplyScanner().scan(bytes.subarray(at));
      if (length < 0) break;
      texts.push(show(decodeReply(bytes.subarray(at, at + length))));
      at += length;
    }
    return texts;
  }
}

export class World {
  readonly scheduler = new VirtualTimeScheduler();
  readonly network: MemoryNetwork;
  readonly random: () => number;
  private readonly turns: (() => void)[] = [];
  private readonly nodes: Node[] = [];
  private readonly usPerLook: number;
  private lookedUs = 0;
  /** A bug that ended a server. */
  failure: unknown = undefined;

  constructor({ seed = 1, cut, usPerLook = 0 }: WorldOptions = {}) {
    this.random = seededRandom(seed);
    this.usPerLook = usPerLook;
    this.scheduler.frame = START_MS;
    this.network = new MemoryNetwork({
      atTurnEnd: (run) => void this.turns.push(run),
      ...(cut === undefined ? {} : { cut }),
    });
  }

  /** Starts a server; it listens and has loaded its (empty) data when this resolves. */
  async node(config: Partial<Config> = {}): Promise<Node> {
    const { scheduler, random } = this;
    const environment: Environment = {
      scheduler,
      timeUs: () => scheduler.now() * 1000,
      monotonicUs: () => {
        this.lookedUs += this.usPerLook;
        return scheduler.now() * 1000 + this.lookedUs;
      },
      random,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
      transport: this.network.transport,
      atTurnEnd: (run) => void this.turns.push(run),
    };
    const lines: string[] = [];
    const log = new Logger(
      (line) => void lines.push(line),
      () => scheduler.now(),
    );
    const server = buildServer({
      config: { ...defaults, bind: ['127.0.0.1'], port: 0, dir: '/nonexistent', save: [], ...config },
      configFile: '',
      executable: '',
      environment,
      log,
    });
    const opened = await openListeners(server, true)();
    if (E.isLeft(opened)) throw new Error(opened.left.join('\n'));
    let isLoaded = false;
    const subscription = serve(server).subscribe({
      next: (event) => {
        isLoaded ||= event === 'loaded';
      },
      error: (error: unknown) => {
        this.failure = error;
        isLoaded = true;
      },
    });
    while (!isLoaded) await turn(); // the file system answers in its own time
    this.check();
    const node = new Node(server, server.listeners.port, lines, subscription);
    this.nodes.push(node);
    return node;
  }

  client(node: Node): WorldClient {
    let client: WorldClient | undefined;
    this.network.transport.connect({ host: '127.0.0.1', port: node.port }).subscribe((peer) => {
      client = new WorldClient(this, peer);
    });
    this.settle();
    if (client === undefined) throw new Error('no connection');
    return client;
  }

  /** Runs so many turns of the event loop. */
  run(turns: number): void {
    for (let i = 0; i < turns && this.turns.length > 0; i++) {
      for (const work of this.turns.splice(0)) work();
    }
    this.check();
  }

  /** Runs turns until nothing is left to do now. */
  settle(): void {
    for (let i = 0; this.turns.length > 0; i++) {
      if (i > TURNS_MAX) throw new Error('the world does not come to rest');
      this.run(1);
    }
  }

  /** Winds the clock and leaves what is due then to the turns to come. */
  tick(ms: number): void {
    const { scheduler } = this;
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  }

  /** Winds the clock, with everything that happens meanwhile. */
  advance(ms: number): void {
    const { scheduler } = this;
    const untilMs = scheduler.frame + ms;
    this.settle();
    while (scheduler.frame < untilMs) {
      this.tick(Math.min(untilMs - scheduler.frame, STEP_MS));
      this.settle();
    }
  }

  /** Winds the clock until something is so; false when it is not within `ms`. */
  until(condition: () => boolean, ms: number): boolean {
    const untilMs = this.scheduler.frame + ms;
    this.settle();
    while (!condition() && this.scheduler.frame < untilMs) this.advance(STEP_MS);
    return condition();
  }

  close(): void {
    for (const node of this.nodes) node.close();
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
