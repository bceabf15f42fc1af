/**
 * Dispatch: every command's way through the gate to its reducer, and the write events that follow.
 *
 * In:  a command view and the client that sent it. Out: one reply in the outbox, write events on the stream, a
 * CommandEvent for whoever watches.
 *
 * @since 0.1.0
 */
import { type Observable, Subject } from 'rxjs';
import type { Config } from '../config/table.ts';
import { Effects } from '../events/effects.ts';
import { ExpiryMode, type Keyspace } from '../keyspace/keyspace.ts';
import { Client, ClientKind } from '../net/client.ts';
import type { Outbox } from '../net/outbox.ts';
import { NO_PEER } from '../net/peer.ts';
import { QUEUED } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { CommandQueue } from './command-queue.ts';
import type { Context, Services } from './context.ts';
import { Gate, type GateState, HELD, shortened, unknownCommand } from './gate.ts';
import { Outcome } from './spec.ts';
import { Bit, type Command } from './table.ts';
import { leaveTransaction } from './transactions.ts';

const EXECABORT = 'EXECABORT Transaction discarded because of: ';

/** The clock of a turn is read again behind commands that took so long: what follows must not see an older time. */
const TURN_US_MAX = 1000;

/**
 * A command that ran, as consumers of `commands$` see it. A loan, like the view in it.
 *
 * Commands of a transaction are told of when EXEC runs them, not when they are queued; EXEC itself comes behind them.
 */
export interface CommandEvent {
  readonly client: Client;
  readonly command: Command;
  readonly view: CommandView;
  readonly db: number;
  readonly nowMs: number;
  readonly durationUs: number;
  readonly failed: boolean;
  /** EXEC ran it. */
  readonly inTransaction: boolean;
}

interface MutableCommandEvent {
  client: Client;
  command: Command;
  view: CommandView;
  db: number;
  nowMs: number;
  durationUs: number;
  failed: boolean;
  inTransaction: boolean;
}

/** Stands where no client has sent anything yet. */
const NOBODY = new Client(0, NO_PEER, { bulkBytesMax: 0 }, 0);

class CommandContext implements Context {
  nowMs = 0;
  client: Client = NOBODY;
  readonly keyspace: Keyspace;
  config: Config;
  readonly random: () => number;
  readonly effects = new Effects();
  changes = 1;
  fromMaster = false;
  inTransaction = false;
  readonly runQueue: (queue: CommandQueue) => void;
  readonly server: Services;

  constructor(server: Services, runQueue: (queue: CommandQueue) => void) {
    this.server = server;
    this.runQueue = runQueue;
    this.keyspace = server.keyspace;
    this.config = server.config.config;
    this.random = server.environment.random;
  }

  get denyBlocking(): boolean {
    return this.inTransaction || this.fromMaster;
  }
}

export class Dispatcher {
  private readonly server: Services;
  private readonly outbox: Outbox;
  private readonly context: CommandContext;
  private readonly commandSubject = new Subject<CommandEvent>();
  /** Every command that ran, in order. */
  readonly commands$: Observable<CommandEvent> = this.commandSubject.asObservable();
  private event: MutableCommandEvent | undefined = undefined;

  private readonly gate: Gate;
  /** Commands that wait, with the clients that sent them. */
  private held: { readonly client: Client; readonly view: CommandView }[] = [];
  /** The command whose time is being taken, and since when. */
  private timed: Command | undefined = undefined;
  private startedUs = 0;
  /** When the time that commands see was read. */
  private clockUs = 0;
  /** EXEC has seen to the client's silence itself, command by command. */
  private isSilenced = false;
  /** The command has been counted and told of when it was parked. */
  private isRerun = false;

  /** How many keys that clients wait for are ready. Whoever parks clients keeps it. */
  readyCount = 0;
  /** Called between two commands of clients, a whole EXEC being one, when `readyCount` is not 0. */
  ready: () => void = () => {};

  constructor(server: Services, outbox: Outbox) {
    this.server = server;
    this.outbox = outbox;
    this.context = new CommandContext(server, (queue) => this.runQueue(queue));
    this.gate = new Gate(server);
    const { keyspace } = server;
    keyspace.onExpired = (db) => {
      const name = this.context.config['lazyfree-lazy-expire'] ? 'UNLINK' : 'DEL';
      this.context.effects.begin(db.index, 2).text(name).bytes(db.keyBytes, db.keyAt, db.keyLength);
      this.context.effects.byTheServer();
    };
    server.config.changes$.subscribe(({ config }) => {
      this.context.config = config;
    });
  }

  /** Says what is refused from now on. */
  setGate(state: GateState): void {
    this.gate.set(state);
    // Not now: this may be the end of a shutdown that a command has called off.
    if (!state.writesHeld && this.held.length > 0) this.server.environment.atTurnEnd(() => this.runHeld());
  }

  /** Reads the clocks; to be called before the commands of a chunk. */
  beginTurn(): void {
    this.outbox.policy.chunkBegins();
    this.timed = undefined;
    this.startedUs = this.server.environment.monotonicUs();
    this.clockUs = this.startedUs;
    this.setTime(this.server.environment.scheduler.now());
  }

  /** To be called after the commands of a chunk. */
  endTurn(): void {
    if (this.readyCount > 0) this.ready();
    this.chargeTime();
    this.server.writes.flush();
    this.outbox.policy.chunkEnds();
  }

  /** Runs one command of a client. */
  run(client: Client, view: CommandView): void {
    const { context, server, outbox } = this;
    outbox.open(client);
    const silent = client.replyOff || client.replySkip > 0 || client.kind !== ClientKind.Normal;
    const mark = silent ? outbox.mark() : undefined;
    client.commands++;

    let command = server.commands.find(view);
    if (command?.subcommands !== undefined && view.argc > 1) {
      const sub = server.commands.findSubcommand(command, view);
      if (sub === undefined) {
        this.reject(
          client,
          command,
          `ERR unknown subcommand '${shortened(view, 1)}'. Try ${command.fullName.toUpperCase()} HELP.`,
        );
        if (mark !== undefined) this.silence(client, mark);
        return;
      }
      command = sub;
    }
    if (command === undefined && isHttp(view)) {
      this.abortHttp(client);
      return;
    }
    const refusal = command === undefined ? unknownCommand(view) : this.gate.refusal(client, command, view);
    if (refusal === HELD) {
      this.hold(client, view);
      return;
    }
    if (refusal !== undefined || command === undefined) {
      this.reject(client, command, refusal ?? '');
      if (command !== undefined) server.audit.refused(client, command, view, refusal ?? '');
    } else {
      client.lastCommand = command.fullName;
      if (client.transaction !== undefined && (command.bits & Bit.Immediate) === 0) {
        this.enqueue(client, client.transaction, command, view);
      } else {
        context.client = client;
        this.execute(command, view, client);
      }
    }
    if (mark !== undefined) this.silence(client, mark);
    // A transaction of our master's is whole at the end of its turn.
    if (this.readyCount > 0 && client.kind !== ClientKind.Master) this.ready();
  }

  /**
   * Runs the command of a parked client again, as a unit of its own. It is not counted a second time, and nobody is told
   * of it; with `silent` its reply is taken back. Only between two commands of clients, as in `ready`.
   */
  rerun(client: Client, view: CommandView, silent: boolean): void {
    const { context, outbox, server } = this;
    let command = server.commands.find(view);
    if (command?.subcommands !== undefined && view.argc > 1) command = server.commands.findSubcommand(command, view);
    if (command === undefined) return;
    outbox.open(client);
    const mark = silent || client.replyOff ? outbox.mark() : undefined;
    const refusal = this.gate.refusal(client, command, view);
    if (refusal !== undefined && refusal !== HELD) {
      this.reject(client, command, refusal);
    } else {
      context.client = client;
      this.isRerun = true;
      this.execute(command, view, client);
      this.isRerun = false;
      command.stats.calls--;
      server.stats.commandsProcessed--;
    }
    if (mark !== undefined) outbox.rewind(mark);
  }

  /** Emits what was put into `effects`, also outside of a command: keys that the expiry cycle removed. */
  emitEffects(): void {
    const { client, effects } = this.context;
    const { writes } = this.server;
    for (let i = 0; i < effects.count; i++) {
      writes.origin = effects.isByServer(i) ? undefined : client;
      writes.sent = effects.sentAs(i);
      writes.emit(effects.databaseOf(i), effects.buf, effects.startOf(i), effects.endOf(i));
    }
    writes.flush();
    effects.clear();
  }

  /** Keeps a command for EXEC, unless that will come to nothing anyway. */
  private enqueue(client: Client, queue: CommandQueue, command: Command, view: CommandView): void {
    if (!queue.isAborted && !client.dirty) queue.push(command, view);
    this.outbox.reply.raw(QUEUED);
  }

  /**
   * Runs the commands of a transaction, with the array of their replies, at one and the same time. What they do is
   * gathered and emitted at the end.
   */
  private runQueue({ commands, views }: CommandQueue): void {
    const { context, outbox, server } = this;
    const { client } = context;
    const { reply } = outbox;
    const { errors } = reply;
    const { timed: exec, startedUs } = this;
    this.timed = undefined;
    const isNormal = client.kind === ClientKind.Normal;
    // A CLIENT REPLY SKIP among the commands concerns what comes behind EXEC.
    let skips = client.replySkip > 0;
    if (isNormal && !client.replyOff && !skips) reply.array(commands.length);
    else this.isSilenced = true;
    context.inTransaction = true;
    for (let i = 0; i < commands.length; i++) {
      const mark = !isNormal || client.replyOff || skips ? outbox.mark() : undefined;
      this.execute(commands[i], views[i], client);
      // CLIENT REPLY ON answers although replies were off when it came.
      if (client.replySkip === 0) skips = false;
      if (mark !== undefined && (!isNormal || client.replyOff || skips)) outbox.rewind(mark);
    }
    context.inTransaction = false;
    if (context.effects.count > 0) {
      if (server.replication.isReplica) context.effects.clear();
      else this.emitUnit();
    }
    // The errors of its commands are not EXEC's own; their time is.
    reply.errors = errors;
    this.chargeTime();
    this.timed = exec;
    this.startedUs = startedUs;
  }

  /** Emits what one command or one EXEC did: as a transaction, where it is more than one event. */
  private emitUnit(): void {
    const { writes } = this.server;
    const { client, effects } = this.context;
    if (effects.count === 1) {
      this.emitEffects();
      return;
    }
    writes.origin = client;
    writes.beginTransaction(effects.databaseOf(0));
    this.emitEffects();
    writes.origin = client;
    writes.endTransaction();
  }

  /** Sets the time commands see. */
  setTime(nowMs: number): void {
    this.context.nowMs = nowMs;
    this.server.writes.setTime(nowMs);
    this.context.keyspace.setNow(nowMs);
  }

  private execute(command: Command, view: CommandView, client: Client): void {
    const { context, server } = this;
    const { keyspace } = server;
    const { reply } = this.outbox;
    const db = keyspace.databases[client.db];
    const errors = reply.errors;
    const { reduce } = command;
    if (reduce === undefined) throw new Error(`${command.fullName} has no reducer`);

    const fromMaster = client.kind === ClientKind.Master;
    if (this.timed !== command) {
      this.chargeTime();
      // Another command may look at the backlog.
      server.writes.flush();
      this.timed = command;
      if (this.startedUs - this.clockUs > TURN_US_MAX && !context.inTransaction) {
        this.clockUs = this.startedUs;
        this.setTime(server.environment.scheduler.now());
      }
    }
    context.changes = 1;
    context.fromMaster = fromMaster;
    keyspace.noTouch = client.noTouch;
    const recorded = command.bits & server.audit.bits;
    if (recorded !== 0) server.audit.before(client, command, view);
    let outcome: Outcome;
    // A key that a replica only hides would be there twice if its clients could write it: they remove it first.
    if (fromMaster || (keyspace.expiryMode === ExpiryMode.Hide && (command.bits & Bit.Write) !== 0)) {
      const mode = keyspace.expiryMode;
      keyspace.expiryMode = fromMaster ? ExpiryMode.Ignore : ExpiryMode.Purge;
      outcome = reduce(db, view, reply, context);
      keyspace.expiryMode = mode;
    } else {
      outcome = reduce(db, view, reply, context);
    }

    if (outcome !== Outcome.Unchanged || context.effects.count > 0) this.propagate(outcome, db.index, view);

    const { stats } = command;
    const failed = reply.errors !== errors;
    if (failed) {
      stats.failed++;
      server.stats.countError(reply.lastError);
    }
    stats.calls++;
    server.stats.commandsProcessed++;
    if (recorded !== 0) server.audit.ran(client, command, view, failed ? reply.lastError : undefined);
    if (this.commandSubject.observed && !this.isRerun)
      this.tell(client, command, view, db.index, this.chargeTime(), failed);
  }

  /**
   * Charges the time since the clock was read last to the command that is being timed, and returns it. A run of one
   * command in a pipeline is charged as a whole, because reading the clock costs as much as a small command.
   */
  private chargeTime(): number {
    const { timed } = this;
    if (timed === undefined) return 0;
    const endedUs = this.server.environment.monotonicUs();
    const durationUs = endedUs - this.startedUs;
    this.startedUs = endedUs;
    timed.stats.durationUs += durationUs;
    this.timed = undefined;
    return durationUs;
  }

  /** Time of the turn, in ms since 1970. */
  get nowMs(): number {
    return this.context.nowMs;
  }

  private propagate(outcome: Outcome, db: number, view: CommandView): void {
    const { context, server } = this;
    const { writes } = server;
    if (outcome !== Outcome.Unchanged) writes.changes += context.changes;
    if (context.inTransaction) {
      if (outcome === Outcome.AsReceived) context.effects.command(db, view.buf, view.start, view.end);
      context.effects.attribute(outcome === Outcome.Rewritten ? view : undefined);
      return;
    }
    // A replica's own history is its master's: the link relays those bytes, local changes stay local.
    if (server.replication.isReplica) {
      context.effects.clear();
      return;
    }
    if (context.effects.count > 0) {
      if (outcome === Outcome.AsReceived) context.effects.command(db, view.buf, view.start, view.end);
      context.effects.attribute(outcome === Outcome.Rewritten ? view : undefined);
      this.emitUnit();
    } else if (outcome === Outcome.AsReceived) {
      writes.origin = context.client;
      writes.emit(db, view.buf, view.start, view.end);
      if (!view.stays) writes.flush();
    }
  }

  /** Keeps a command for later; its client waits. */
  private hold(client: Client, view: CommandView): void {
    client.commands--; // it is counted when it runs
    this.held.push({ client, view: view.detach() });
    client.blocked = { deadlineMs: Number.POSITIVE_INFINITY, onCancel: () => {} };
  }

  private runHeld(): void {
    const held = this.held.filter(({ client }) => !client.closed);
    this.held = [];
    for (const { client, view } of held) {
      client.blocked = undefined;
      this.beginTurn();
      this.run(client, view);
      this.endTurn();
      // It may have been held again.
      if (client.blocked === undefined) client.resume();
    }
  }

  /** A browser was made to send commands to us: the request's body could hold some, so nothing of it is answered. */
  private abortHttp(client: Client): void {
    const { log, clients } = this.server;
    log.warning(
      `Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from ${client.peer.remoteAddress} aborted.`,
    );
    clients.kill(client);
  }

  /** Refuses a command, and with it the transaction that it is part of. */
  private reject(client: Client, command: Command | undefined, error: string): void {
    const { server } = this;
    let text = error;
    if (command !== undefined && (command.bits & Bit.Exec) !== 0) {
      leaveTransaction(client, server.watchedKeys);
      text = EXECABORT + error.replace(/^ERR /, '');
    }
    if (client.transaction !== undefined) client.transaction.isAborted = true;
    this.outbox.reply.error(text);
    if (command !== undefined) command.stats.rejected++;
    server.stats.countError(text);
  }

  /** Takes a reply back that the client does not want. */
  private silence(client: Client, mark: ReturnType<Outbox['mark']>): void {
    const { isSilenced } = this;
    this.isSilenced = false;
    // CLIENT REPLY ON answers although replies were off when it came.
    if (client.kind === ClientKind.Normal && !client.replyOff && client.replySkip === 0) return;
    if (!isSilenced) this.outbox.rewind(mark);
    if (client.replySkip > 0) client.replySkip--;
  }

  private tell(
    client: Client,
    command: Command,
    view: CommandView,
    db: number,
    durationUs: number,
    failed: boolean,
  ): void {
    const { nowMs, inTransaction } = this.context;
    this.event ??= { client, command, view, db, nowMs, durationUs, failed, inTransaction };
    const { event } = this;
    event.client = client;
    event.command = command;
    event.view = view;
    event.db = db;
    event.nowMs = nowMs;
    event.durationUs = durationUs;
    event.failed = failed;
    event.inTransaction = inTransaction;
    this.commandSubject.next(event);
  }
}

const isHttp = (view: CommandView): boolean => view.equalsToken(0, 'POST') || view.equalsToken(0, 'HOST:');
