/**
 * COMMAND: the command table, told to clients.
 *
 * In:  names, filters, or a whole command. Out: what the table says. There is no second list of commands.
 *
 * @since 0.1.0
 */
import { globMatch } from '../keyspace/glob.ts';
import type { Reply } from '../resp/reply.ts';
import { type CommandView, viewOf } from '../resp/view.ts';
import { replyDocsOf, replyInfo, replyKeyFlags } from './command-docs.ts';
import type { Context } from './context.ts';
import * as described from './docs/command.ts';
import { refuse, SYNTAX_ERROR } from './errors.ts';
import { type FoundKey, keysOf, mayHaveKeys } from './keys-of.ts';
import { replyHelp } from './replies.ts';
import { type CommandSpec, command as commandValue, Outcome } from './spec.ts';
import type { Command } from './table.ts';

const INVALID_COMMAND = 'ERR Invalid command specified';
const INVALID_ARITY = 'ERR Invalid number of arguments specified for command';
const NO_KEYS = 'ERR The command has no key arguments';
const INVALID_ARGUMENTS = 'ERR Invalid arguments specified for command';

const replyAll = (reply: Reply, ctx: Context): Outcome => {
  const { commands } = ctx.server.commands;
  reply.array(commands.size);
  for (const each of commands.values()) replyInfo(reply, each);
  return Outcome.Unchanged;
};

/** COMMAND COUNT. Source: https://redis.io/docs/latest/commands/command-count/ */
export const commandCount = commandValue({
  ...described.commandCount,
  reduce: (_db, _cmd, reply, ctx) => {
    reply.integer(ctx.server.commands.commands.size);
    return Outcome.Unchanged;
  },
});

/** COMMAND INFO [name ...]: null for a name that is none. Source: https://redis.io/docs/latest/commands/command-info/ */
export const commandInfo = commandValue({
  ...described.commandInfo,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc === 2) return replyAll(reply, ctx);
    reply.array(cmd.argc - 2);
    for (let i = 2; i < cmd.argc; i++) {
      const found = ctx.server.commands.byName(cmd.text(i));
      if (found === undefined) reply.null();
      else replyInfo(reply, found);
    }
    return Outcome.Unchanged;
  },
});

/** COMMAND DOCS [name ...]: names that are none are left out. Source: https://redis.io/docs/latest/commands/command-docs/ */
export const commandDocs = commandValue({
  ...described.commandDocs,
  reduce: (_db, cmd, reply, ctx) => {
    const { commands } = ctx.server;
    const found: Command[] = [];
    if (cmd.argc === 2) found.push(...commands.commands.values());
    for (let i = 2; i < cmd.argc; i++) {
      const each = commands.byName(cmd.text(i));
      if (each !== undefined) found.push(each);
    }
    replyDocsOf(reply, found);
    return Outcome.Unchanged;
  },
});

/** COMMAND LIST's filter, or undefined when the options are wrong. */
const readFilter = (cmd: CommandView): ((name: string, spec: CommandSpec) => boolean) | undefined => {
  if (cmd.argc === 2) return () => true;
  if (cmd.argc !== 5 || !cmd.equalsToken(2, 'FILTERBY')) return undefined;
  // No module is ever loaded, so no command belongs to one.
  if (cmd.equalsToken(3, 'MODULE')) return () => false;
  if (cmd.equalsToken(3, 'ACLCAT')) {
    const category = cmd.text(4).toLowerCase();
    return (_name, { acl }) => acl.includes(category);
  }
  if (cmd.equalsToken(3, 'PATTERN')) {
    const pattern = cmd.bytes(4);
    return (name) => {
      const text = Buffer.from(name, 'latin1');
      return globMatch(pattern, 0, pattern.length, text, 0, text.length, true);
    };
  }
  return undefined;
};

/**
 * COMMAND LIST [FILTERBY MODULE module | ACLCAT category | PATTERN pattern]: names, those of subcommands too.
 *
 * Source: https://redis.io/docs/latest/commands/command-list/
 */
export const commandList = commandValue({
  ...described.commandList,
  reduce: (_db, cmd, reply, ctx) => {
    const filter = readFilter(cmd);
    if (filter === undefined) return refuse(reply, SYNTAX_ERROR);
    const names = [...ctx.server.commands.all()]
      .filter(({ fullName, spec }) => filter(fullName, spec))
      .map(({ fullName }) => fullName);
    reply.array(names.length);
    for (const name of names) reply.bulkText(name);
    return Outcome.Unchanged;
  },
});

/** The keys of the command that stands behind COMMAND GETKEYS, or the error text. */
const inspect = (cmd: CommandView, ctx: Context): { whole: CommandView; keys: readonly FoundKey[] } | string => {
  const args: Uint8Array[] = [];
  for (let i = 2; i < cmd.argc; i++) args.push(cmd.bytes(i));
  const whole = viewOf(args);
  const { commands } = ctx.server;
  const container = commands.find(whole);
  const isContainer = container?.subcommands !== undefined && whole.argc > 1;
  const found = isContainer ? commands.findSubcommand(container, whole) : container;
  if (found === undefined) return INVALID_COMMAND;
  const { spec, arity } = found;
  if (!mayHaveKeys(spec)) return NO_KEYS;
  if (arity > 0 ? whole.argc !== arity : whole.argc < -arity) return INVALID_ARITY;
  const keys = keysOf(spec, whole) ?? [];
  return keys.length > 0 || spec.flags.includes('no_mandatory_keys') ? { whole, keys } : INVALID_ARGUMENTS;
};

/** COMMAND GETKEYS command [arg ...]. Source: https://redis.io/docs/latest/commands/command-getkeys/ */
export const commandGetkeys = commandValue({
  ...described.commandGetkeys,
  reduce: (_db, cmd, reply, ctx) => {
    const inspected = inspect(cmd, ctx);
    if (typeof inspected === 'string') return refuse(reply, inspected);
    const { whole, keys } = inspected;
    reply.array(keys.length);
    for (const { index } of keys) reply.bulk(whole.buf, whole.offset(index), whole.length(index));
    return Outcome.Unchanged;
  },
});

/** COMMAND GETKEYSANDFLAGS command [arg ...]. Source: https://redis.io/docs/latest/commands/command-getkeysandflags/ */
export const commandGetkeysandflags = commandValue({
  ...described.commandGetkeysandflags,
  reduce: (_db, cmd, reply, ctx) => {
    const inspected = inspect(cmd, ctx);
    if (typeof inspected === 'string') return refuse(reply, inspected);
    const { whole, keys } = inspected;
    reply.array(keys.length);
    for (const { index, flags } of keys) {
      reply.array(2);
      reply.bulk(whole.buf, whole.offset(index), whole.length(index));
      replyKeyFlags(reply, flags);
    }
    return Outcome.Unchanged;
  },
});

const HELP = [
  '(no subcommand)',
  '    Return details about all Redis commands.',
  'COUNT',
  '    Return the total number of commands in this Redis server.',
  'LIST',
  '    Return a list of all commands in this Redis server.',
  'INFO [<command-name> ...]',
  '    Return details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'GETKEYS <full-command>',
  '    Return the keys from a full Redis command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys and the access flags from a full Redis command.',
];

/** COMMAND HELP. Source: https://redis.io/docs/latest/commands/command-help/ */
export const commandHelp = commandValue({
  ...described.commandHelp,
  reduce: (_db, _cmd, reply) => replyHelp(reply, 'COMMAND', HELP),
});

/** COMMAND: all commands, as COMMAND INFO tells them. Source: https://redis.io/docs/latest/commands/command/ */
export const command = commandValue({
  ...described.command,
  reduce: (_db, _cmd, reply, ctx) => replyAll(reply, ctx),
  subcommands: [
    commandCount,
    commandDocs,
    commandGetkeys,
    commandGetkeysandflags,
    commandHelp,
    commandInfo,
    commandList,
  ],
});

export const commandCommands: readonly CommandSpec[] = [command];
