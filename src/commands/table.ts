/**
 * The command table: all commands, found by their names as they stand in a request.
 *
 * @since 0.1.0
 */
import { auditClassOf } from '../audit/classes.ts';
import type { CommandView } from '../resp/view.ts';
import type { CommandSpec, Reducer } from './spec.ts';
import { CommandStats } from './stats.ts';

/** What dispatch asks of a command's flags, as bits. */
export enum Bit {
  Write = 1 << 0,
  DenyOom = 1 << 1,
  Stale = 1 << 2,
  Loading = 1 << 3,
  NoAuth = 1 << 4,
  /** Refused, like a write, while snapshots fail: PING tells the load balancer. */
  Ping = 1 << 5,
  /** Refused within a transaction. */
  NoMulti = 1 << 6,
  /** Runs at once within a transaction, where others are queued. */
  Immediate = 1 << 7,
  /** Ends a transaction in one way or another: refused least of all. */
  EndsTransaction = 1 << 8,
  Exec = 1 << 9,
  /** Recorded by the audit trail, where it records the class. */
  AuditAdmin = 1 << 10,
  AuditAuth = 1 << 11,
  AuditRead = 1 << 12,
}

/** Commands that a transaction does not treat like any other. */
const TRANSACTION_BITS: ReadonlyMap<string, number> = new Map([
  ['multi', Bit.Immediate],
  ['watch', Bit.Immediate],
  ['exec', Bit.Immediate | Bit.EndsTransaction | Bit.Exec],
  ['discard', Bit.Immediate | Bit.EndsTransaction],
  ['quit', Bit.Immediate | Bit.EndsTransaction],
  ['reset', Bit.Immediate | Bit.EndsTransaction],
]);

const bitsOf = (spec: CommandSpec): number => {
  let bits = 0;
  for (const flag of spec.flags) {
    if (flag === 'write') bits |= Bit.Write;
    else if (flag === 'denyoom') bits |= Bit.DenyOom;
    else if (flag === 'stale') bits |= Bit.Stale;
    else if (flag === 'loading') bits |= Bit.Loading;
    else if (flag === 'no_auth') bits |= Bit.NoAuth;
    else if (flag === 'no_multi') bits |= Bit.NoMulti;
  }
  return spec.name === 'ping' ? bits | Bit.Ping : bits;
};

const auditBitOf = (fullName: string, spec: CommandSpec): number => {
  switch (auditClassOf(fullName, spec)) {
    case 'admin':
      return Bit.AuditAdmin;
    case 'auth':
      return Bit.AuditAuth;
    case 'read':
      return Bit.AuditRead;
    default:
      return 0;
  }
};

/** A command of a running server: its spec, its place and its counters. */
export class Command {
  readonly spec: CommandSpec;
  /** "set", or "config|get". */
  readonly fullName: string;
  readonly parent: Command | undefined;
  readonly arity: number;
  readonly bits: number;
  readonly reduce: Reducer | undefined;
  readonly subcommands: readonly Command[] | undefined;
  stats = new CommandStats();

  constructor(spec: CommandSpec, parent?: Command) {
    this.spec = spec;
    this.parent = parent;
    this.fullName = parent === undefined ? spec.name : `${parent.fullName}|${spec.name}`;
    this.arity = spec.arity;
    const own = parent === undefined ? (TRANSACTION_BITS.get(spec.name) ?? 0) : 0;
    this.bits = bitsOf(spec) | own | auditBitOf(this.fullName, spec);
    this.reduce = spec.reduce;
    this.subcommands = spec.subcommands?.map((sub) => new Command(sub, this));
  }
}

const SLOTS = 1024;
const SLOT_MASK = SLOTS - 1;
const UPPER_A = 65;
const UPPER_Z = 90;

const lower = (byte: number): number => (byte >= UPPER_A && byte <= UPPER_Z ? byte | 32 : byte);

const sameName = (name: string, view: CommandView, index: number): boolean => {
  const length = view.length(index);
  if (name.length !== length) return false;
  const at = view.offset(index);
  const { buf } = view;
  for (let i = 0; i < length; i++) if (lower(buf[at + i]) !== name.charCodeAt(i)) return false;
  return true;
};

export class CommandTable {
  /** Top-level commands under the names they answer to. */
  readonly commands: ReadonlyMap<string, Command>;
  private readonly slots: (readonly [string, Command] | undefined)[] = new Array(SLOTS).fill(undefined);

  /** `renames` as rename-command says it: a new name, or '' for none. Names are lower case. */
  constructor(specs: readonly CommandSpec[], renames: ReadonlyMap<string, string> = new Map()) {
    const commands = new Map<string, Command>();
    for (const spec of specs) {
      const name = renames.get(spec.name) ?? spec.name;
      if (name !== '') commands.set(name, new Command(spec));
    }
    this.commands = commands;
    for (const [name, command] of commands) {
      let hash = 0;
      for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 33) ^ (name.charCodeAt(i) | 32)) | 0;
      let slot = hash & SLOT_MASK;
      while (this.slots[slot] !== undefined) slot = (slot + 1) & SLOT_MASK;
      this.slots[slot] = [name, command];
    }
  }

  /** The top-level command that a request names. */
  find(view: CommandView): Command | undefined {
    const at = view.offset(0);
    const length = view.length(0);
    const { buf } = view;
    let hash = 0;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 33) ^ (buf[at + i] | 32)) | 0;
    for (let slot = hash & SLOT_MASK; ; slot = (slot + 1) & SLOT_MASK) {
      const candidate = this.slots[slot];
      if (candidate === undefined) return undefined;
      if (sameName(candidate[0], view, 0)) return candidate[1];
    }
  }

  /** The subcommand that argument 1 names. */
  findSubcommand(command: Command, view: CommandView): Command | undefined {
    return command.subcommands?.find((sub) => sameName(sub.spec.name, view, 1));
  }

  /** By name, "config|get" for a subcommand; any letter case. */
  byName(name: string): Command | undefined {
    const [first, second, ...more] = name.toLowerCase().split('|');
    const command = this.commands.get(first);
    if (second === undefined || more.length > 0) return more.length > 0 ? undefined : command;
    return command?.subcommands?.find((sub) => sub.spec.name === second);
  }

  /** All commands and subcommands. */
  *all(): Generator<Command> {
    for (const command of this.commands.values()) {
      yield command;
      for (const sub of command.subcommands ?? []) yield sub;
    }
  }

  resetStats(): void {
    for (const command of this.all()) command.stats = new CommandStats();
  }
}
