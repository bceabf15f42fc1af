/**
 * A server without sockets and its clients, each a name that sends commands and reads replies: for what several clients
 * do to one another.
 *
 * In:  commands as redis-cli reads them. Out: replies as `show` prints them, write events as the commands they are.
 * Memory: everything goes with the object.
 * @since 0.2.0
 */
import * as O from 'fp-ts/Option';
import type { Config } from '../../src/config/config.ts';
import type { Client } from '../../src/net/client.ts';
import { splitArgs } from '../../src/quoting.ts';
import type { FakePeer } from '../net/fake-peer.ts';
import { VirtualServer } from '../net/virtual-server.ts';
import { decodeReply, encodeCommand, ReplyScanner, show } from './reply.ts';

const wordsOf = (command: string): readonly string[] => {
  const words = O.toUndefined(splitArgs(command));
  if (words === undefined) throw new Error(`unbalanced quotes: ${command}`);
  return words;
};

/** Every reply in some bytes. */
const repliesIn = (bytes: Buffer): string[] => {
  const replies: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const length = new ReplyScanner().scan(rest);
    if (length === -1) throw new Error(`half a reply: ${rest.toString('latin1')}`);
    replies.push(show(decodeReply(rest.subarray(0, length))));
    at += length;
  }
  return replies;
};

export class Guest {
  readonly peer: FakePeer;
  readonly client: Client;
  private readonly room: Room;
  private read = 0;

  constructor(room: Room, peer: FakePeer, client: Client) {
    this.room = room;
    this.peer = peer;
    this.client = client;
  }

  /** Sends commands in one piece, lets the turn end, and returns the replies that have come since the last look. */
  send(...commands: (string | readonly (string | Uint8Array)[])[]): string[] {
    this.peer.send(Buffer.concat(commands.map((one) => encodeCommand(typeof one === 'string' ? wordsOf(one) : one))));
    this.room.server.turn();
    return this.replies();
  }

  /** The replies that have come since the last look. */
  replies(): string[] {
    const all = Buffer.from(this.peer.received, 'latin1');
    const fresh = all.subarray(this.read);
    this.read = all.length;
    return repliesIn(fresh);
  }

  /** The client goes away. */
  leave(): void {
    this.peer.finish();
    this.room.server.turn();
  }
}

export class Room {
  readonly server: VirtualServer;
  private seen: string[] = [];

  constructor(config: Partial<Config> = {}) {
    this.server = new VirtualServer({ save: [], ...config });
    this.server.server.services.writes.events$.subscribe(({ db, buf, start, end }) => {
      if (db < 0) return;
      const event = decodeReply(Buffer.from(buf.slice(start, end)));
      if (event.type !== 'array') throw new Error(`no command: ${show(event)}`);
      const words = event.items.map((item) => (item.type === 'bulk' ? item.bytes : show(item)));
      this.seen.push(`${db > 0 ? `${db}> ` : ''}${show.command(words)}`);
    });
  }

  enter(): Guest {
    const before = new Set(this.server.server.services.clients.all());
    const peer = this.server.connect();
    const client = [...this.server.server.services.clients.all()].find((one) => !before.has(one));
    if (client === undefined) throw new Error('nobody came in');
    return new Guest(this, peer, client);
  }

  /** Several guests at once. */
  guests(count: number): Guest[] {
    return Array.from({ length: count }, () => this.enter());
  }

  advance(ms: number): void {
    this.server.advance(ms);
  }

  /** Write events since the last look. */
  events(): string[] {
    const { seen } = this;
    this.seen = [];
    return seen;
  }

  get blocked(): number {
    return [...this.server.server.services.clients.all()].filter(({ blocked }) => blocked !== undefined).length;
  }
}
