/**
 * The sub-commands of the program: which there are, and which of them a command line means.
 *
 * In:  the words behind the program's name. Out: an exit code; or that the words start a server.
 *
 * @since 0.3.0
 */
import { statSync } from 'node:fs';
import { usage } from '../config/config.ts';
import { auditVerify } from './audit-verify.ts';
import { auditWho } from './audit-who.ts';
import { refuse, type SubCommand } from './command.ts';
import { events } from './events.ts';
import { PROGRAM, renderManual, renderSummaries } from './manual.ts';
import { asksForHelp } from './options.ts';
import { restore } from './restore.ts';
import { EXIT_DONE, EXIT_USAGE, type Terminal } from './terminal.ts';

/** In the order in which the help lists them. */
export const subCommands: readonly SubCommand[] = [events, auditWho, auditVerify, restore];

const HELP = 'help';
/** First words: commands of one word, and groups of commands. */
const FIRST_WORDS: ReadonlySet<string> = new Set([
  HELP,
  ...subCommands.map(({ manual }) => manual.name.split(' ')[0] ?? ''),
]);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Whether the words mean a sub-command. A file of that name is a configuration file, as it always was. */
export const isSubCommand = ([first = '']: readonly string[], isConfigFile = isFile): boolean =>
  FIRST_WORDS.has(first) && !isConfigFile(first);

/** What `--help` prints: how a server is started, and what else the program does. */
export const overview = (): string =>
  [
    usage(PROGRAM),
    'Commands that look into the log of a server (see docs/operations.md):',
    `${renderSummaries(subCommands.map(({ manual }) => manual))}`,
    `"${PROGRAM} COMMAND --help" and "${PROGRAM} help COMMAND" print the manual of a command. A file that has`,
    'the name of a command is taken for a configuration file.',
    '',
  ].join('\n');

/** The command whose name the words begin with, and how many words that is. */
const find = (words: readonly string[]): SubCommand | undefined =>
  subCommands.find(({ manual }) => manual.name.split(' ').every((word, at) => words[at] === word));

const lengthOf = ({ manual }: SubCommand): number => manual.name.split(' ').length;

/** The commands of a group, as `audit` is one. */
const membersOf = (group: string): readonly SubCommand[] =>
  subCommands.filter(({ manual }) => manual.name.startsWith(`${group} `));

const groupHelp = (group: string): string =>
  [
    `Usage: ${PROGRAM} ${group} COMMAND [OPTION...]`,
    '',
    'Commands:',
    renderSummaries(membersOf(group).map(({ manual }) => manual)),
    `"${PROGRAM} ${group} COMMAND --help" prints the manual of a command.`,
    '',
  ].join('\n');

const help = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { out, err } = terminal;
  const command = find(words);
  const [first = ''] = words;
  if (words.length === 0 || asksForHelp(words)) await out.write(overview());
  else if (command !== undefined && lengthOf(command) === words.length) await out.write(renderManual(command.manual));
  else if (words.length === 1 && membersOf(first).length > 0) await out.write(groupHelp(first));
  else {
    await err.write(`ferrous help: there is no command ${JSON.stringify(words.join(' '))}\nSee "${PROGRAM} help".\n`);
    return EXIT_USAGE;
  }
  return EXIT_DONE;
};

/** Runs a sub-command; the promise is that of its exit code. */
export const runSubCommand = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const [first = '', ...rest] = words;
  if (first === HELP) return help(rest, terminal);
  const command = find(words);
  if (command !== undefined) return command.run(words.slice(lengthOf(command)), terminal);
  if (asksForHelp(rest)) {
    await terminal.out.write(groupHelp(first));
    return EXIT_DONE;
  }
  const members = membersOf(first).map(({ manual }) => manual.name.slice(first.length + 1));
  const [second] = rest;
  return refuse(
    first,
    `expected one of ${members.join(', ')}${second === undefined ? '' : `, got ${JSON.stringify(second)}`}`,
    terminal,
  );
};
