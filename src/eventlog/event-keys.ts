/**
 * The keys of a logged command.
 *
 * In:     a view. Out: argument indexes of its keys, in fields that are reused from command to command.
 * Memory: none per command, except for the few whose keys stand nowhere in particular.
 *
 * A command that this server does not know (a log may come from a later one) counts as one whose first argument is its
 * key. Who looks for a key then sees too much rather than too little.
 *
 * @since 0.3.0
 */
import { keysOf, legacyRange, mayHaveKeys } from '../commands/keys-of.ts';
import type { Command, CommandTable } from '../commands/table.ts';
import type { CommandView } from '../resp/view.ts';
import { commandTable } from './command-table.ts';

/** How the keys of one command are found. */
interface KeyRule {
  /** A range of arguments, `last` negative from the end; 0 for none. */
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** The range does not tell: ask the specs. */
  readonly asksSpecs: boolean;
  /** Changes all keys of a database, or of all of them. */
  readonly all: boolean;
}

const UNKNOWN: KeyRule = { first: 1, last: 1, step: 1, asksSpecs: false, all: false };

/** Commands that change keys which they do not name. */
const ALL_KEYS: ReadonlySet<string> = new Set(['flushall', 'flushdb', 'swapdb']);

const ruleOf = (command: Command): KeyRule => {
  const all = ALL_KEYS.has(command.fullName);
  if (!mayHaveKeys(command.spec)) return { first: 0, last: 0, step: 1, asksSpecs: false, all };
  const { first, last, step, movable } = legacyRange(command.spec.keys);
  return { first, last, step, asksSpecs: movable || command.spec.getKeys !== undefined || first === 0, all };
};

export class EventKeys {
  /** Argument indexes of the keys, the first `count` of them. */
  indexes = new Int32Array(16);
  count = 0;
  /** The command changes keys that it does not name. */
  all = false;
  private readonly table: CommandTable;
  private readonly rules = new Map<Command, KeyRule>();

  constructor(table = commandTable()) {
    this.table = table;
  }

  find(view: CommandView): void {
    this.count = 0;
    const command = this.commandOf(view);
    const rule = command === undefined ? UNKNOWN : this.ruleOf(command);
    this.all = rule.all;
    if (command !== undefined && rule.asksSpecs) {
      for (const { index } of keysOf(command.spec, view) ?? []) this.add(index);
      return;
    }
    if (rule.first === 0) return;
    const last = rule.last < 0 ? view.argc + rule.last : rule.last;
    for (let index = rule.first; index <= last && index < view.argc; index += rule.step) this.add(index);
  }

  private commandOf(view: CommandView): Command | undefined {
    const command = this.table.find(view);
    if (command?.subcommands === undefined || view.argc < 2) return command;
    return this.table.findSubcommand(command, view) ?? command;
  }

  private ruleOf(command: Command): KeyRule {
    let rule = this.rules.get(command);
    if (rule === undefined) {
      rule = ruleOf(command);
      this.rules.set(command, rule);
    }
    return rule;
  }

  private add(index: number): void {
    if (this.count === this.indexes.length) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this.indexes);
      this.indexes = wider;
    }
    this.indexes[this.count++] = index;
  }
}
