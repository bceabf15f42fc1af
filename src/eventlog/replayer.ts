/**
 * Replay: commands of a log through the reducers that clients reach, and through nothing else.
 *
 * In:     command views, in order. Out: a changed keyspace; what could not be applied, as a text.
 * Memory: one reply buffer, whose contents nobody reads.
 *
 * A command of a log is law: it is not refused for memory or role, keys that are past their time are there until their DEL
 * comes, and nothing it does is emitted, counted or answered. So this has a context of its own beside that of dispatch.
 *
 * @since 0.3.0
 */
import type { Context, Services } from '../commands/context.ts';
import { wrongArity } from '../commands/errors.ts';
import { Outcome } from '../commands/spec.ts';
import { Bit } from '../commands/table.ts';
import type { Config } from '../config/table.ts';
import { Effects } from '../events/effects.ts';
import { ExpiryMode, type Keyspace } from '../keyspace/keyspace.ts';
import { Client, ClientKind } from '../net/client.ts';
import { NO_PEER } from '../net/peer.ts';
import { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';

const REPLY_BYTES = 4096;

/** What came of a command. */
export enum Replayed {
  Applied = 0,
  /** It changes nothing, by its nature: a PING of the stream, a message to subscribers. */
  Skipped = 1,
  /** There is no command of this name. */
  Unknown = 2,
  /** It was refused; `error` says why. */
  Failed = 3,
}

/** Commands of the stream that concern connections or subscribers, whether or not we know them. */
const WITHOUT_EFFECT: readonly string[] = ['PING', 'REPLCONF', 'PUBLISH', 'SPUBLISH'];

class ReplayContext implements Context {
  nowMs = 0;
  readonly client: Client;
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly random: () => number;
  readonly effects = new Effects();
  changes = 1;
  readonly fromMaster = true;
  readonly inTransaction = false;
  readonly denyBlocking = true;
  readonly runQueue = (): void => {};
  readonly server: Services;

  constructor(server: Services, client: Client) {
    this.server = server;
    this.client = client;
    this.keyspace = server.keyspace;
    // A FLUSHALL of the past is no reason to save an empty keyspace now.
    this.config = { ...server.config.config, save: [] };
    this.random = server.environment.random;
  }
}

export class Replayer {
  /** Why the last command failed. */
  error = '';
  /** How many changes the commands stood for. */
  changes = 0;
  private readonly server: Services;
  private readonly client: Client;
  private readonly context: ReplayContext;
  private readonly reply = new Reply();

  constructor(server: Services) {
    this.server = server;
    const client = new Client(0, NO_PEER, { bulkBytesMax: 0 }, server.environment.scheduler.now());
    client.kind = ClientKind.Master;
    this.client = client;
    this.context = new ReplayContext(server, client);
    const { reply } = this;
    reply.buf = new Uint8Array(REPLY_BYTES);
    reply.overflow = (needed) => {
      if (needed > reply.buf.length) reply.buf = new Uint8Array(needed);
      reply.pos = 0;
    };
  }

  /** The database that the commands to come are about. */
  get db(): number {
    return this.client.db;
  }

  set db(index: number) {
    this.client.db = index;
  }

  /** SELECT: false when there is no such database. */
  select(index: number): boolean {
    if (this.server.keyspace.databases[index] === undefined) return false;
    this.client.db = index;
    return true;
  }

  /**
   * Around some commands: they see one time, and keys that are past it as they are; nobody is told that a key is new.
   * What `run` answers is passed on.
   */
  during<T>(nowMs: number, run: () => T): T {
    const { keyspace } = this.server;
    const { keyEvents, expiryMode } = keyspace;
    const { flags } = keyEvents;
    this.context.nowMs = nowMs;
    keyspace.setNow(nowMs);
    keyspace.expiryMode = ExpiryMode.Ignore;
    keyspace.noTouch = false;
    keyEvents.flags = 0;
    try {
      return run();
    } finally {
      keyEvents.flags = flags;
      keyspace.expiryMode = expiryMode;
    }
  }

  /** Applies a command; only within `during`. */
  apply(view: CommandView): Replayed {
    const { server, context, reply } = this;
    let command = server.commands.find(view);
    if (command?.subcommands !== undefined && view.argc > 1) command = server.commands.findSubcommand(command, view);
    if (command === undefined) return this.withoutEffect(view) ? Replayed.Skipped : Replayed.Unknown;
    const { arity, reduce } = command;
    if ((command.bits & Bit.Write) === 0) return Replayed.Skipped;
    if (reduce === undefined || (arity > 0 ? view.argc !== arity : view.argc < -arity)) {
      this.error = wrongArity(command.fullName);
      return Replayed.Failed;
    }
    reply.pos = 0;
    const { errors } = reply;
    context.changes = 1;
    const outcome = reduce(server.keyspace.databases[this.client.db], view, reply, context);
    if (outcome !== Outcome.Unchanged) this.changes += context.changes;
    // What it did, in other words: the log has said it already.
    if (context.effects.count > 0) context.effects.clear();
    if (reply.errors === errors) return Replayed.Applied;
    this.error = reply.lastError;
    return Replayed.Failed;
  }

  private withoutEffect(view: CommandView): boolean {
    return WITHOUT_EFFECT.some((name) => view.equalsToken(0, name));
  }
}
