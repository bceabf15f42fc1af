/**
 * How COMMAND INFO and COMMAND DOCS print a command.
 *
 * In:  a command of the table. Out: its description, in the protocol of the client.
 *
 * @since 0.1.0
 */
import type { Reply } from '../resp/reply.ts';
import { legacyRange } from './keys-of.ts';
import type { ArgumentDocs, BeginSearch, CommandFlag, FindKeys, KeyFlag, KeySpec } from './spec.ts';
import type { Command } from './table.ts';

/** Flags in the order in which Redis prints them. */
const FLAG_ORDER: readonly (CommandFlag | 'movablekeys')[] = [
  'write',
  'readonly',
  'denyoom',
  'admin',
  'pubsub',
  'noscript',
  'blocking',
  'loading',
  'stale',
  'skip_monitor',
  'skip_slowlog',
  'asking',
  'fast',
  'no_auth',
  'may_replicate',
  'sentinel',
  'only_sentinel',
  'no_mandatory_keys',
  'protected',
  'no_async_loading',
  'no_multi',
  'movablekeys',
  'allow_busy',
];

const statuses = (reply: Reply, words: readonly string[]): void => {
  reply.set(words.length);
  for (const word of words) reply.simple(word);
};

const bulks = (reply: Reply, ...texts: readonly string[]): void => {
  for (const text of texts) reply.bulkUtf8(text);
};

const numbers = (reply: Reply, fields: readonly (readonly [string, number])[]): void => {
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulkText(name);
    reply.integer(value);
  }
};

const beginSearch = (reply: Reply, begin: BeginSearch): void => {
  reply.map(2);
  bulks(reply, 'type', begin.kind, 'spec');
  if (begin.kind === 'index') numbers(reply, [['index', begin.index]]);
  else if (begin.kind === 'unknown') reply.map(0);
  else {
    reply.map(2);
    bulks(reply, 'keyword', begin.keyword, 'startfrom');
    reply.integer(begin.startFrom);
  }
};

const findKeys = (reply: Reply, find: FindKeys): void => {
  reply.map(2);
  bulks(reply, 'type', find.kind, 'spec');
  if (find.kind === 'unknown') reply.map(0);
  else if (find.kind === 'range') {
    numbers(reply, [
      ['lastkey', find.lastKey],
      ['keystep', find.step],
      ['limit', find.limit],
    ]);
  } else {
    numbers(reply, [
      ['keynumidx', find.keyNumIndex],
      ['firstkey', find.firstKey],
      ['keystep', find.step],
    ]);
  }
};

/** The flags of a key, as COMMAND INFO and COMMAND GETKEYSANDFLAGS print them. */
export const replyKeyFlags = (reply: Reply, flags: readonly KeyFlag[]): void => statuses(reply, flags);

const keySpec = (reply: Reply, { notes, flags, begin, find }: KeySpec): void => {
  reply.map(notes === undefined ? 3 : 4);
  if (notes !== undefined) bulks(reply, 'notes', notes);
  bulks(reply, 'flags');
  replyKeyFlags(reply, flags);
  bulks(reply, 'begin_search');
  beginSearch(reply, begin);
  bulks(reply, 'find_keys');
  findKeys(reply, find);
};

/** The ten elements of COMMAND INFO about one command. */
export const replyInfo = (reply: Reply, { spec, fullName, subcommands = [] }: Command): void => {
  const { first, last, step, movable } = legacyRange(spec.keys);
  const has = new Set<string>(spec.flags);
  if (movable) has.add('movablekeys');
  const tips = spec.tips ?? [];

  reply.array(10);
  reply.bulkText(fullName);
  reply.integer(spec.arity);
  statuses(
    reply,
    FLAG_ORDER.filter((flag) => has.has(flag)),
  );
  reply.integer(first);
  reply.integer(last);
  reply.integer(step);
  statuses(
    reply,
    spec.acl.map((category) => `@${category}`),
  );
  reply.set(tips.length);
  bulks(reply, ...tips);
  reply.set(spec.keys.length);
  for (const key of spec.keys) keySpec(reply, key);
  reply.set(subcommands.length);
  for (const sub of subcommands) replyInfo(reply, sub);
};

/** A field of a documentation map: its name and how to write its value. */
type Field = readonly [name: string, write: (reply: Reply) => void];

const text =
  (value: string): Field[1] =>
  (reply) =>
    reply.bulkUtf8(value);

const optional = (name: string, value: string | undefined): readonly Field[] =>
  value === undefined ? [] : [[name, text(value)]];

const fields = (reply: Reply, all: readonly Field[]): void => {
  reply.map(all.length);
  for (const [name, write] of all) {
    reply.bulkText(name);
    write(reply);
  }
};

const replyArguments =
  (list: readonly ArgumentDocs[]): Field[1] =>
  (reply) => {
    reply.array(list.length);
    for (const argument of list) replyArgument(reply, argument);
  };

const replyArgument = (reply: Reply, argument: ArgumentDocs): void => {
  const { name, type, keySpecIndex, flags = [], arguments: inner } = argument;
  const isGroup = type === 'oneof' || type === 'block';
  fields(reply, [
    ['name', text(name)],
    ['type', text(type)],
    ...(isGroup ? [] : optional('display_text', argument.displayText ?? name)),
    ...(keySpecIndex === undefined
      ? []
      : [['key_spec_index', (to: Reply) => to.integer(keySpecIndex)] satisfies Field]),
    ...optional('token', argument.token),
    ...optional('summary', argument.summary),
    ...optional('since', argument.since),
    ...optional('deprecated_since', argument.deprecatedSince),
    ...(flags.length === 0 ? [] : [['flags', (to: Reply) => statuses(to, flags)] satisfies Field]),
    ...(inner === undefined ? [] : [['arguments', replyArguments(inner)] satisfies Field]),
  ]);
};

/** The map of COMMAND DOCS about one command. */
export const replyDocs = (reply: Reply, { spec, subcommands = [] }: Command): void => {
  const { docs } = spec;
  const { docFlags = [], history = [], arguments: args = [] } = docs;
  const historyField: Field = [
    'history',
    (to) => {
      to.set(history.length);
      for (const [version, change] of history) {
        to.array(2);
        bulks(to, version, change);
      }
    },
  ];
  const subcommandsField: Field = ['subcommands', (to) => replyDocsOf(to, subcommands)];
  fields(reply, [
    ['summary', text(docs.summary)],
    ['since', text(docs.since)],
    ['group', text(docs.group)],
    ...optional('complexity', docs.complexity),
    ...(docFlags.length === 0 ? [] : [['doc_flags', (to: Reply) => statuses(to, docFlags)] satisfies Field]),
    ...optional('deprecated_since', docs.deprecatedSince),
    ...optional('replaced_by', docs.replacedBy),
    ...(history.length === 0 ? [] : [historyField]),
    ...(args.length === 0 ? [] : [['arguments', replyArguments(args)] satisfies Field]),
    ...(subcommands.length === 0 ? [] : [subcommandsField]),
  ]);
};

/** A map from full names to documentation maps. */
export const replyDocsOf = (reply: Reply, commands: readonly Command[]): void => {
  reply.map(commands.length);
  for (const command of commands) {
    reply.bulkText(command.fullName);
    replyDocs(reply, command);
  }
};
