/**
 * A server within the spec's process, with a log on disk, and clients that reach it over a network in memory.
 *
 * In:  a test context, settings. Out: a server, its network and its folder; all of it goes with the test.
 * Memory: what the network holds.
 */
import { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { firstValueFrom } from 'rxjs';
import { toLatin1 } from '../../src/config/config.ts';
import type { LoggedEvent } from '../../src/eventlog/event.ts';
import { type Config, type Embedded, EventJson, MemoryNetwork, start, systemEnvironment } from '../../src/library.ts';
import type { Peer } from '../../src/net/peer.ts';
import { type Arg, RawClient, type Reply } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';

const PORT = 7000;

/** A peer as a stream of Node's. */
const duplexOf = (peer: Peer): Duplex => {
  const stream = new Duplex({
    read: () => peer.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      const bytes = new Uint8Array(chunk);
      peer.write(bytes, 0, bytes.length);
      done();
    },
    destroy: (error, done) => {
      peer.abort();
      done(error);
    },
  });
  peer.chunks$.subscribe({
    next: ({ bytes, length }) => {
      if (!stream.push(Buffer.from(bytes.slice(0, length)))) peer.pause();
    },
    error: () => stream.destroy(),
    complete: () => stream.push(null),
  });
  return stream;
};

export interface LoggedServer extends Embedded {
  readonly dir: string;
  readonly folder: string;
  readonly network: MemoryNetwork;
  readonly connect: () => Promise<RawClient>;
}

export const startLogged = async (t: ExecutionContext, config: Partial<Config> = {}): Promise<LoggedServer> => {
  const dir = await makeTempDir(t);
  const network = new MemoryNetwork({ atTurnEnd: setImmediate });
  const embedded = await start({
    config: { appendonly: true, dir: toLatin1(dir), port: PORT, ...config },
    environment: { ...systemEnvironment(), transport: network.transport },
  });
  t.teardown(() => embedded.stop());
  const connect = async (): Promise<RawClient> => {
    const peer = await firstValueFrom(network.transport.connect({ host: '127.0.0.1', port: PORT }));
    const client = new RawClient(duplexOf(peer));
    t.teardown(() => client.close());
    return client;
  };
  return { ...embedded, dir, folder: embedded.server.services.eventLog.folder.path, network, connect };
};

/** What one message of FERROUS EVENTS says. */
export type Message = { readonly event: LoggedEvent } | { readonly end: number } | { readonly text: string };

export const messageOf = (reply: Reply): Message => {
  if (reply.type !== 'array' && reply.type !== 'push') {
    return { text: reply.type === 'error' || reply.type === 'simple' ? reply.text : reply.type };
  }
  const [kind, value] = reply.items;
  if (kind?.type === 'bulk' && value?.type === 'bulk' && kind.bytes.toString() === 'event') {
    const decoded = EventJson.decode(JSON.parse(value.bytes.toString('utf8')));
    if (decoded._tag === 'Right') return { event: decoded.right };
  }
  if (kind?.type === 'bulk' && value?.type === 'integer') return { end: Number(value.value) };
  return { text: 'no message' };
};

/** All events that FERROUS EVENTS sends up to its end. */
export const eventsOf = async (client: RawClient, ...args: readonly Arg[]): Promise<readonly LoggedEvent[]> => {
  const first = messageOf(await client.send('FERROUS', 'EVENTS', ...args));
  if (!('text' in first) || first.text !== 'OK') throw new Error(JSON.stringify(first));
  const found: LoggedEvent[] = [];
  for (;;) {
    const message = messageOf(await client.readReply());
    if ('end' in message) return found;
    if ('text' in message) throw new Error(message.text);
    found.push(message.event);
  }
};
