/**
 * The master's stream: its commands go through the reducers that clients reach, and its bytes become our own stream.
 *
 * In:     bytes of the stream, however they are cut. Out: commands to dispatch, the same bytes to `writes.relay`, so that
 *         our offset is the master's.
 * Memory: the commands of a transaction until its EXEC, as they were sent.
 *
 * A transaction is applied in one go, and its bytes are counted then: when the link breaks in the middle, the master
 * sends it again from its MULTI.
 *
 * @since 0.1.0
 */
import { type Client, ClientKind } from '../net/client.ts';
import type { Peer } from '../net/peer.ts';
import { Decoded } from '../resp/decoder.ts';
import type { CommandView } from '../resp/view.ts';
import type { History } from './history.ts';
import { LinkError, type LinkMemory } from './link-state.ts';
import type { ReplicationParts } from './parts.ts';
import type { CommandRunner } from './ports.ts';

export interface MasterStreamOptions {
  readonly peer: Peer;
  readonly parts: ReplicationParts;
  readonly history: History;
  readonly runner: CommandRunner;
  /** Told which database the stream has selected: snapshots and the next connection need it. */
  readonly memory: LinkMemory;
  readonly knows: (name: string) => boolean;
  readonly acknowledge: () => void;
  /** Ends the link; it will be made anew. */
  readonly fail: (error: LinkError) => void;
}

/** Commands the server may not know are counted by name; so many names are enough. */
const NAMES_MAX = 256;
const SHOWN_BYTES_MAX = 128;

export class MasterStream {
  private readonly options: MasterStreamOptions;
  private readonly client: Client;
  private transaction: CommandView[] | undefined = undefined;
  private transactionBytes = 0;
  /** Commands we do not know, and how often they came. */
  private readonly unknown = new Map<string, number>();
  private nowMs = 0;

  constructor(options: MasterStreamOptions) {
    this.options = options;
    const client = options.parts.clients.make(options.peer);
    client.kind = ClientKind.Master;
    client.authenticated = true;
    client.decoder.authenticated = true;
    client.db = options.memory.streamDb;
    client.end = () => options.fail(new LinkError('The link to the master was killed by a client'));
    options.parts.clients.enlist(client);
    this.client = client;
  }

  /** Bytes that came and are not applied yet. */
  get pendingBytes(): number {
    return this.client.decoder.pendingBytes + this.transactionBytes;
  }

  /** The next bytes; a loan. Throws LinkError when they are no commands. */
  take(bytes: Uint8Array, length: number): void {
    const { client } = this;
    const { decoder } = client;
    const { runner, parts } = this.options;
    runner.beginTurn();
    this.nowMs = parts.environment.scheduler.now();
    parts.clients.noteInput(client, length, this.nowMs);
    decoder.feed(bytes, length);
    try {
      for (;;) {
        const decoded = decoder.next();
        if (decoded === Decoded.NeedMore) return;
        if (decoded === Decoded.Broken) throw new LinkError(`Protocol error from master: ${decoder.error}`);
        this.accept(decoder.view);
      }
    } finally {
      runner.endTurn();
    }
  }

  end(): void {
    this.client.closed = true;
    this.options.parts.clients.delist(this.client);
  }

  private accept(view: CommandView): void {
    if (this.transaction !== undefined) {
      const held = view.detach();
      this.transaction.push(held);
      this.transactionBytes += held.end - held.start;
      if (view.equalsToken(0, 'EXEC')) this.execute(this.transaction);
      return;
    }
    if (view.equalsToken(0, 'MULTI')) {
      const held = view.detach();
      this.transaction = [held];
      this.transactionBytes = held.end - held.start;
      return;
    }
    this.apply(view);
    this.relay(view);
  }

  private execute(transaction: readonly CommandView[]): void {
    this.transaction = undefined;
    this.transactionBytes = 0;
    for (const view of transaction.slice(1, -1)) this.apply(view);
    const { writes } = this.options.history;
    writes.openTransaction();
    for (const view of transaction) this.relay(view);
    writes.closeTransaction();
  }

  private relay(view: CommandView): void {
    const { writes } = this.options.history;
    writes.relay(this.nowMs, view.buf, view.start, view.end, this.client);
    if (!view.stays) writes.flush();
  }

  private apply(view: CommandView): void {
    if (view.equalsToken(0, 'PING')) return;
    if (view.equalsToken(0, 'SELECT') && view.argc === 2) {
      this.select(view);
      return;
    }
    if (view.equalsToken(0, 'REPLCONF')) {
      if (view.argc > 1 && view.equalsToken(1, 'GETACK')) this.options.acknowledge();
      return;
    }
    const { runner, parts } = this.options;
    const { reply } = parts.clients.outbox;
    const errors = reply.errors;
    runner.run(this.client, view);
    if (reply.errors !== errors) this.failed(view, reply.lastError);
  }

  private select(view: CommandView): void {
    const db = view.integer(1);
    if (this.options.parts.keyspace.databases[db] === undefined) {
      throw new LinkError(`The master writes to database ${view.text(1)}, which is not here: see 'databases'`);
    }
    this.client.db = db;
    this.options.memory.streamDb = db;
  }

  /** What a master did and its replica cannot do makes them differ: never in silence. */
  private failed(view: CommandView, error: string): void {
    const { log } = this.options.parts;
    const name = view.text(0).slice(0, SHOWN_BYTES_MAX).toLowerCase();
    if (this.options.knows(name)) {
      log.warning(
        `== CRITICAL == This replica is sending an error to its master: '${error}' after processing the command '${name}'`,
      );
      return;
    }
    const times = this.unknown.get(name);
    if (times === undefined && this.unknown.size >= NAMES_MAX) return;
    this.unknown.set(name, (times ?? 0) + 1);
    if (times !== undefined) return;
    log.warning(
      `== CRITICAL == The master sends the command '${name}', which this server does not know: what it did is missing here from now on. This is said once per connection and command.`,
    );
  }
}
