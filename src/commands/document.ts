/**
 * docs/commands.md, generated from the command table, so that it cannot disagree with the server.
 *
 * Out: the text of the file, as Markdown. `UPDATE_DOCS=1` makes the spec of this module write it.
 *
 * @since 0.1.0
 */
import { redisCommands } from './all.ts';
import { MISSING_COMMANDS, REDIS_COMMANDS } from './docs/missing.ts';
import { ferrousCommands } from './ferrous.ts';
import type { ArgumentDocs, CommandSpec } from './spec.ts';

/** One command or subcommand as the tables show it. */
interface Row {
  /** "CONFIG GET" */
  readonly name: string;
  readonly spec: CommandSpec;
}

const upper = (fullName: string): string => fullName.replace('|', ' ').toUpperCase();

/** An argument without the brackets and dots that say how often it may come. */
const bareArgument = (argument: ArgumentDocs): string => {
  const { type, token, name, displayText, arguments: inner = [] } = argument;
  const words = (): string => {
    if (type === 'pure-token') return '';
    if (type === 'block') return usage(inner);
    if (type === 'oneof') return inner.map(argumentUsage).join(' | ');
    return displayText ?? name;
  };
  return [token ?? '', words()].filter((word) => word !== '').join(' ');
};

/** `<a | b>` for a choice among other words; within brackets it needs none of its own. */
const grouped = (argument: ArgumentDocs, isInBrackets: boolean): string => {
  const text = bareArgument(argument);
  return argument.type === 'oneof' && !isInBrackets ? `<${text}>` : text;
};

const argumentUsage = (argument: ArgumentDocs): string => {
  const { flags = [], token } = argument;
  const isOptional = flags.includes('optional');
  const isMultiple = flags.includes('multiple');
  const once = grouped(argument, isOptional && !isMultiple);
  // Without multiple_token the token stands once, in front of all repetitions.
  const again = token === undefined || flags.includes('multiple_token') ? once : once.slice(token.length + 1);
  const text = isMultiple ? `${once} [${again} ...]` : once;
  return isOptional ? `[${text}]` : text;
};

/** The arguments in the notation of redis-cli's help: `key [NX | XX] [value ...]`. */
export const usage = (args: readonly ArgumentDocs[]): string => args.map(argumentUsage).join(' ');

const rowsOf = (specs: readonly CommandSpec[]): readonly Row[] =>
  specs.flatMap((spec): readonly Row[] => [
    // A container is called alone only where it has a reducer of its own, as COMMAND has.
    ...(spec.reduce === undefined ? [] : [{ name: upper(spec.name), spec }]),
    ...(spec.subcommands ?? []).map((sub) => ({ name: upper(`${spec.name}|${sub.name}`), spec: sub })),
  ]);

const rows = rowsOf(redisCommands);

const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : 1);

/** Text within a cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
/** Code within a cell of a table; the bar would end the cell even there. */
const code = (text: string): string => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);

const line = ({ name, spec: { docs } }: Row): string => {
  const isDeprecated = docs.docFlags?.includes('deprecated') ?? false;
  const summary = isDeprecated ? `${docs.summary} (Deprecated since ${docs.deprecatedSince}.)` : docs.summary;
  const cells = [code(name), code(usage(docs.arguments ?? [])), docs.since, cell(docs.complexity ?? ''), cell(summary)];
  return `| ${cells.join(' | ')} |`;
};

const GROUPS: readonly (readonly [group: string, heading: string, intro: string])[] = [
  ['string', 'Strings', 'The whole group of Redis 7.2.'],
  ['list', 'Lists', 'The whole group of Redis 7.2.'],
  ['hash', 'Hashes', 'The whole group of Redis 7.2.'],
  ['set', 'Sets', 'The whole group of Redis 7.2.'],
  ['sorted-set', 'Sorted sets', 'The whole group of Redis 7.2.'],
  ['generic', 'Keys', 'Commands on keys of any type.'],
  ['transactions', 'Transactions', 'The whole group of Redis 7.2.'],
  ['connection', 'Connection', 'Commands on the connection of a client.'],
  ['server', 'Server', 'Commands on the server, its data as a whole, its files and its replicas.'],
];

const HEAD = ['| command | arguments | since | complexity | summary |', '| --- | --- | --- | --- | --- |'];

const table = (heading: string, intro: string, shown: readonly Row[]): readonly string[] => [
  `## ${heading}`,
  '',
  intro,
  '',
  ...HEAD,
  ...[...shown].sort(byName).map(line),
  '',
];

const section = ([group, heading, intro]: readonly [string, string, string]): readonly string[] =>
  table(
    heading,
    intro,
    rows.filter(({ spec }) => spec.docs.group === group),
  );

/** What Redis has not. */
const own = (): readonly string[] =>
  table('Ferrous', 'The event log for clients. Redis has no such commands.', rowsOf(ferrousCommands));

/** Groups of the table that no section would show; the spec wants none. */
export const groupsWithoutSection = (): readonly string[] => [
  ...new Set(rows.map(({ spec }) => spec.docs.group).filter((group) => !GROUPS.some(([known]) => known === group))),
];

/** All names of Redis' that a client can call or ask COMMAND INFO about: containers and subcommands too. */
export const knownNames = (): readonly string[] =>
  redisCommands.flatMap(({ name, subcommands = [] }) => [name, ...subcommands.map((sub) => `${name}|${sub.name}`)]);

const missing = (): readonly string[] => {
  const names = Object.values(MISSING_COMMANDS).flat();
  return [
    '## Not in this version',
    '',
    `Redis 7.2 has ${REDIS_COMMANDS} commands and subcommands, those of Sentinel included. These ${names.length} are not here yet; they answer \`ERR unknown command\` or \`ERR unknown subcommand\`.`,
    '',
    ...Object.entries(MISSING_COMMANDS).map(
      ([group, list]) => `- **${group}**: ${list.map((name) => `\`${upper(name)}\``).join(', ')}`,
    ),
  ];
};

/** The text of docs/commands.md. */
export const renderCommands = (): string =>
  [
    '# Commands',
    '',
    '<!-- Generated from the command table (src/commands/). Do not edit: UPDATE_DOCS=1 npm test writes it anew. -->',
    '',
    `Ferrous knows ${knownNames().length} commands and subcommands of Redis, containers such as CONFIG counted. Their options are those of Redis 7.2, and what differs on purpose is collected in [decisions/0010](decisions/0010-differences.md). "Since", complexity and summary are what COMMAND DOCS answers, in Redis' own words. Arguments are written as redis-cli writes them: \`[optional]\`, \`<one | other>\`, \`[more ...]\`.`,
    '',
    ...GROUPS.flatMap(section),
    ...own(),
    ...missing(),
    '',
  ].join('\n');
