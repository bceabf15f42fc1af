/**
 * The gate: which commands are refused at the moment, and in which words.
 *
 * In:  a command with the client that sent it; what replication, persistence and a shutdown say (`GateState`).
 * Out: the text of the error, or undefined. The usual case costs two looks at the command's bits.
 *
 * @since 0.2.0
 */
import { type Client, ClientKind } from '../net/client.ts';
import type { CommandView } from '../resp/view.ts';
import type { CommandQueue } from './command-queue.ts';
import type { Services } from './context.ts';
import { wrongArity } from './errors.ts';
import { Bit, type Command } from './table.ts';

/** Why commands are refused at the moment. */
export interface GateState {
  readonly readOnlyReplica: boolean;
  /** Our link is down and replica-serve-stale-data is no. */
  readonly stale: boolean;
  readonly loading: boolean;
  /** A snapshot failed and stop-writes-on-bgsave-error is yes. */
  readonly snapshotsFail: boolean;
  /** The event log cannot be written: the error that says so. */
  readonly logFails?: string | undefined;
  readonly tooFewReplicas: boolean;
  /** Writes wait, as a shutdown does for replicas. */
  readonly writesHeld: boolean;
}

const OPEN: GateState = {
  readOnlyReplica: false,
  stale: false,
  loading: false,
  snapshotsFail: false,
  tooFewReplicas: false,
  writesHeld: false,
};

/** Stands for a refusal that is none: the command waits and is run later. */
export const HELD = 'held';

const NOAUTH = 'NOAUTH Authentication required.';
const OOM = "OOM command not allowed when used memory > 'maxmemory'.";
const MISCONF =
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
const NOREPLICAS = 'NOREPLICAS Not enough good replicas to write.';
const READONLY = "READONLY You can't write against a read only replica.";
const MASTERDOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
const LOADING = 'LOADING Redis is loading the dataset in memory';
const NOT_IN_TRANSACTION = 'ERR Command not allowed inside a transaction';

/** Longest list of arguments that an "unknown command" error repeats. */
const REPEATED_BYTES_MAX = 128;

export class Gate {
  private readonly server: Services;
  private state: GateState = OPEN;
  /** A command with one of these bits, or without one of those, goes through the slow gate. */
  private refusedBits = 0;
  private requiredBits = 0;
  private maxMemoryBytes: number;

  constructor(server: Services) {
    this.server = server;
    this.maxMemoryBytes = server.config.config.maxmemory;
    this.set(OPEN);
    server.config.changes$.subscribe(({ config }) => {
      this.maxMemoryBytes = config.maxmemory;
      this.set(this.state);
    });
  }

  /** Says what is refused from now on. */
  set(state: GateState): void {
    this.state = state;
    this.refusedBits = this.maxMemoryBytes > 0 ? Bit.DenyOom : 0;
    this.requiredBits = 0;
    if (state.readOnlyReplica || state.tooFewReplicas || state.writesHeld) this.refusedBits |= Bit.Write;
    if (state.snapshotsFail || state.logFails !== undefined) this.refusedBits |= Bit.Write | Bit.Ping;
    if (state.stale) this.requiredBits |= Bit.Stale;
    if (state.loading) this.requiredBits |= Bit.Loading;
  }

  /** The error that refuses a command before it runs, in the order in which Redis looks. */
  refusal(client: Client, command: Command, view: CommandView): string | undefined {
    const { arity } = command;
    if (arity > 0 ? view.argc !== arity : view.argc < -arity) return wrongArity(command.fullName);
    if (command.reduce === undefined) return wrongArity(command.fullName);
    const { bits } = command;
    if (!client.authenticated && (bits & Bit.NoAuth) === 0) return NOAUTH;
    if (client.transaction !== undefined) return this.refusalWithin(client.transaction, client, bits);
    if ((bits & this.refusedBits) === 0 && (~bits & this.requiredBits) === 0) return undefined;
    return this.slowRefusal(client, bits);
  }

  /** As `refusal`, between MULTI and EXEC. */
  private refusalWithin(queue: CommandQueue, client: Client, bits: number): string | undefined {
    if ((bits & Bit.NoMulti) !== 0) return NOT_IN_TRANSACTION;
    if ((bits & Bit.Exec) !== 0) return this.slowRefusal(client, queue.bitsOfExec(bits));
    // A queue may take any amount of memory, whatever is in it.
    return this.slowRefusal(client, (bits & Bit.EndsTransaction) === 0 ? bits | Bit.DenyOom : bits);
  }

  private slowRefusal(client: Client, bits: number): string | undefined {
    if (client.kind === ClientKind.Master) return undefined;
    if (this.maxMemoryBytes > 0 && (bits & Bit.DenyOom) !== 0 && client.kind === ClientKind.Normal) {
      if (this.server.keyspace.arena.usedBytes > this.maxMemoryBytes) return OOM;
    }
    const { state } = this;
    const isWrite = (bits & Bit.Write) !== 0;
    if (state.snapshotsFail && !this.server.replication.isReplica && (bits & (Bit.Write | Bit.Ping)) !== 0)
      return MISCONF;
    if (state.logFails !== undefined && (bits & (Bit.Write | Bit.Ping)) !== 0) return state.logFails;
    if (state.tooFewReplicas && isWrite) return NOREPLICAS;
    if (state.readOnlyReplica && isWrite) return READONLY;
    if (state.stale && (bits & Bit.Stale) === 0) return MASTERDOWN;
    if (state.loading && (bits & Bit.Loading) === 0) return LOADING;
    return state.writesHeld && isWrite ? HELD : undefined;
  }
}

/** The beginning of an argument as Redis repeats it in an error: at most so many bytes, and none from a NUL on. */
export const shortened = (view: CommandView, index: number, bytesMax = REPEATED_BYTES_MAX): string => {
  const text = view.text(index, bytesMax);
  const nul = text.indexOf('\0');
  return nul === -1 ? text : text.slice(0, nul);
};

/** What is said to a command that nobody knows. */
export const unknownCommand = (view: CommandView): string => {
  let args = '';
  for (let i = 1; i < view.argc && args.length < REPEATED_BYTES_MAX; i++) {
    args += `'${shortened(view, i, REPEATED_BYTES_MAX - args.length)}' `;
  }
  return `ERR unknown command '${shortened(view, 0)}', with args beginning with: ${args}`;
};
