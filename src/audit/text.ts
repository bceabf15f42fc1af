/**
 * Commands as the audit trail shows them: quoted, cut, without secrets, and with values as audit-trail-values says.
 *
 * In:  a command view. Out: a text for #A and #X lines.
 *
 * @since 0.3.0
 */
import { keysOf } from '../commands/keys-of.ts';
import type { ArgumentDocs } from '../commands/spec.ts';
import type { Command, CommandTable } from '../commands/table.ts';
import { renderArguments, TEXT_BYTES_MAX } from '../eventlog/format.ts';
import type { CommandView } from '../resp/view.ts';
import { redactionOf } from './redaction.ts';

export type ValueForm = 'full' | 'length' | 'none';

const VALUE = '(value)';

/** Words that a command's documentation gives a meaning: SET's EX and NX. */
const tokensOf = (args: readonly ArgumentDocs[] | undefined, tokens = new Set<string>()): ReadonlySet<string> => {
  for (const { token, arguments: inner } of args ?? []) {
    if (token !== undefined && token !== '') tokens.add(token);
    tokensOf(inner, tokens);
  }
  return tokens;
};

interface Shape {
  readonly tokens: ReadonlySet<string>;
  /** Types of the arguments that every call begins with, from argument 1 on. */
  readonly leading: readonly ArgumentDocs['type'][];
}

const shapes = new Map<string, Shape>();

const shapeOf = (command: Command): Shape => {
  const known = shapes.get(command.fullName);
  if (known !== undefined) return known;
  const args = command.spec.docs.arguments ?? [];
  const leading: ArgumentDocs['type'][] = [];
  for (const { type, token, flags = [] } of args) {
    if (token !== undefined || flags.length > 0 || type === 'block' || type === 'oneof') break;
    leading.push(type);
  }
  const shape = { tokens: tokensOf(args), leading };
  shapes.set(command.fullName, shape);
  return shape;
};

const NUMBERS: ReadonlySet<ArgumentDocs['type']> = new Set(['integer', 'double', 'unix-time']);
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** Says of an argument that is no key what is shown for it. */
const valueFilter = (command: Command, view: CommandView, form: ValueForm) => {
  const { tokens, leading } = shapeOf(command);
  const first = command.parent === undefined ? 1 : 2;
  const keys = new Set((keysOf(command.spec, view) ?? []).map(({ index }) => index));
  return (index: number): string | undefined => {
    if (index < first || keys.has(index)) return undefined;
    const type = leading[index - first];
    if (type === undefined) {
      // Options, and numbers behind them.
      const upper = view.text(index, 32).toUpperCase();
      if (tokens.has(upper)) return undefined;
      const isOption = index > first && tokens.has(view.text(index - 1, 32).toUpperCase());
      if (isOption && view.length(index) < 32 && NUMBER.test(upper)) return undefined;
    } else if (NUMBERS.has(type) && view.length(index) < 32 && NUMBER.test(view.text(index))) {
      return undefined;
    }
    return form === 'none' ? VALUE : `(${view.length(index)} bytes)`;
  };
};

/** One by one, so that the words of a long command are not made when a line is full. */
function* words(command: Command, view: CommandView, form: ValueForm): Generator<string> {
  const redact = redactionOf(command.fullName);
  const filter = form === 'full' ? undefined : valueFilter(command, view, form);
  const names = command.fullName.split('|');
  for (let i = 0; i < view.argc; i++) {
    // A command may have been given another name that is kept secret.
    if (i === 0 && view.text(0, 64).toLowerCase() !== names[0]) yield names[0].toUpperCase();
    else yield redact?.(view, i) ?? filter?.(i) ?? view.text(i, TEXT_BYTES_MAX + 1);
  }
}

/** A command that is no write, with how it went. The result stands last, whatever is cut. */
export const auditText = (command: Command, view: CommandView, result: string, form: ValueForm): string => {
  const shown = command.spec.flags.includes('admin') ? 'full' : form;
  return `${renderArguments(words(command, view, shown), TEXT_BYTES_MAX - result.length - 1)} ${result}`;
};

/** A write as its client sent it. */
export const asSentText = (commands: CommandTable, view: CommandView, form: ValueForm): string => {
  const container = commands.find(view);
  if (container === undefined) return '';
  const inner = container.subcommands !== undefined && view.argc > 1 && commands.findSubcommand(container, view);
  return renderArguments(words(inner || container, view, form));
};
