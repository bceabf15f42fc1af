/**
 * One whole server in memory, with a clock wound by hand: what a command replies, and which write events it makes.
 *
 * In:  commands as redis-cli reads them, or as arguments.
 * Out: `{ reply, events }`, both as texts: the reply as `show` prints it, an event as the command it is.
 * Memory: everything dies with the `MemoryServer`.
 *
 * It is the real server, built by `buildServer`, with no listener: dispatch, table, configuration and outbox included.
 * @since 0.1.0
 */
import test from 'ava';
import * as O from 'fp-ts/Option';
import { VirtualTimeScheduler } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import type { Environment } from '../../src/environment.ts';
import type { WriteEvent } from '../../src/events/write-stream.ts';
import type { Keyspace } from '../../src/keyspace/keyspace.ts';
import { Logger } from '../../src/log.ts';
import type { Client } from '../../src/net/client.ts';
import { NO_PEER, type Transport } from '../../src/net/peer.ts';
import { splitArgs } from '../../src/quoting.ts';
import { viewOf } from '../../src/resp/view.ts';
import { buildServer, type Server } from '../../src/server.ts';
import { decodeReply, show } from './reply.ts';
import { seededRandom } from './seeded-random.ts';

export interface Seen {
  readonly reply: string;
  /** One command each; `1> ` stands before an event of database 1, nothing before one of database 0. */
  readonly events: readonly string[];
}

export interface Settings {
  readonly config?: Partial<Config>;
  readonly resp?: 2 | 3;
  /** Where the clock stands at first; 0 when not said. */
  readonly nowMs?: number;
}

export type Words = string | readonly (string | Uint8Array)[];

const NO_NETWORK: Transport = {
  listen: () => {
    throw new Error('a server in memory does not listen');
  },
  connect: () => {
    throw new Error('a server in memory does not connect');
  },
};

const wordsOf = (command: Words): readonly (string | Uint8Array)[] => {
  if (typeof command !== 'string') return command;
  const words = O.toUndefined(splitArgs(command));
  if (words === undefined) throw new Error(`unbalanced quotes: ${command}`);
  return words;
};

/** The arguments of an event; a request has the form of an array reply. */
const showEvent = ({ db, buf, start, end }: WriteEvent): string => {
  const event = decodeReply(Buffer.from(buf.slice(start, end)));
  if (event.type !== 'array') throw new Error(`no command: ${show(event)}`);
  const words = event.items.map((item) => (item.type === 'bulk' ? item.bytes : show(item)));
  return `${db > 0 ? `${db}> ` : ''}${show.command(words)}`;
};

export class MemoryServer {
  readonly server: Server;
  readonly keyspace: Keyspace;
  readonly client: Client;
  private readonly scheduler = new VirtualTimeScheduler();
  private readonly turnEnd: (() => void)[] = [];
  private written: Buffer[] = [];
  private seen: string[] = [];

  constructor({ config = {}, resp = 2, nowMs = 0 }: Settings = {}) {
    const random = seededRandom(1);
    const environment: Environment = {
      scheduler: this.scheduler,
      timeUs: () => this.scheduler.now() * 1000,
      monotonicUs: () => this.scheduler.now() * 1000,
      random,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
      transport: NO_NETWORK,
      atTurnEnd: (run) => void this.turnEnd.push(run),
    };
    this.scheduler.frame = nowMs;
    this.server = buildServer({
      // Nothing is written to disk unless a spec wants it.
      config: { ...defaults, save: [], ...config },
      configFile: '',
      executable: '',
      environment,
      log: new Logger(
        () => {},
        () => this.scheduler.now(),
      ),
    });
    this.keyspace = this.server.services.keyspace;
    this.client = this.connect(resp);
    this.server.services.writes.events$.subscribe((event) => {
      if (event.db >= 0) this.seen.push(showEvent(event));
    });
  }

  get nowMs(): number {
    return this.scheduler.now();
  }

  /** One more client; who asks says which one sends a command. */
  connect(resp: 2 | 3 = 2): Client {
    const client = this.server.services.clients.add({
      ...NO_PEER,
      remoteAddress: `127.0.0.1:${this.server.services.clients.size + 1}`,
      write: (bytes, start, end) => {
        this.written.push(Buffer.from(bytes.slice(start, end)));
        return true;
      },
    });
    client.resp = resp;
    return client;
  }

  /** Winds the clock; nothing happens by itself, so keys expire when a command meets them. */
  advance(ms: number): void {
    this.scheduler.frame += ms;
  }

  /** The reply's bytes to one command. */
  raw(command: Words, client = this.client): Buffer {
    this.written = [];
    this.seen = [];
    this.server.dispatcher.beginTurn();
    this.server.dispatcher.run(client, viewOf(wordsOf(command)));
    this.server.dispatcher.endTurn();
    while (this.turnEnd.length > 0) this.turnEnd.shift()?.();
    return Buffer.concat(this.written);
  }

  run(command: Words, client = this.client): Seen {
    const reply = show(decodeReply(this.raw(command, client)));
    return { reply, events: this.seen };
  }
}

/** What one command does to a server that has run some others. `given` may wind the clock, too: `+1500` (ms). */
export const reduce = (given: readonly string[], when: Words, settings?: Settings): Seen => {
  const server = new MemoryServer(settings);
  for (const step of given) {
    if (/^\+\d+$/.test(step)) server.advance(Number(step));
    else if (server.raw(step)[0] === 0x2d) throw new Error(`given ${step}: ${server.run(step).reply}`);
  }
  return server.run(when);
};

/** A row of a table: given a history, when a command arrives, then the reply and the events. */
export const reduces = test.macro<[given: readonly string[], when: string, seen: Seen, settings?: Settings]>({
  exec: (t, given, when, seen, settings) => t.deepEqual(reduce(given, when, settings), seen),
  title: (_, given, when, __, settings) => {
    const { config, resp, nowMs } = settings ?? {};
    const how = [resp === 3 ? 'RESP3' : '', nowMs === undefined ? '' : `at ${nowMs} ms`, JSON.stringify(config) ?? ''];
    const said = how.filter((part) => part !== '').join(', ');
    return `${when} | given ${given.join('; ') || 'an empty db'}${said === '' ? '' : ` | ${said}`}`;
  },
});

/** An empty list of events: nothing changed. */
export const nothing: readonly string[] = [];
