/**
 * Manuals: what `--help` prints, laid out as man pages are.
 *
 * In:  the parts of a manual as plain sentences. Out: a text of at most 80 columns.
 *
 * @since 0.3.0
 */
import type { OptionHelp } from './options.ts';

export interface Example {
  readonly text: string;
  readonly command: string;
}

export interface Manual {
  /** As it is typed behind the program's name. */
  readonly name: string;
  /** Half a sentence. */
  readonly summary: string;
  /** What may stand behind the name, one line per form. */
  readonly synopsis: readonly string[];
  /** Paragraphs. A line that begins with blanks is kept as it is. */
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, OptionHelp>>;
  readonly examples: readonly Example[];
  readonly exitCodes: readonly (readonly [code: number, text: string])[];
  readonly files: readonly (readonly [name: string, text: string])[];
  readonly seeAlso: readonly string[];
}

/** How the program is started, as all examples show it. */
export const PROGRAM = 'node dist/ferrous.js';

const COLUMNS = 80;
const INDENT = 4;
const HANGING = 8;

/** Breaks a text into lines of at most `columns`; words are never cut. */
export const wrap = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
};

const indented = (text: string, indent: number): readonly string[] =>
  wrap(text, COLUMNS - indent).map((line) => ' '.repeat(indent) + line);

const paragraph = (text: string): readonly string[] =>
  text.startsWith(' ') ? text.split('\n').map((line) => ' '.repeat(INDENT) + line) : indented(text, INDENT);

const section = (title: string, blocks: readonly (readonly string[])[]): readonly string[] =>
  blocks.length === 0 ? [] : [title, ...blocks.flatMap((block) => [...block, ''])];

const option = ([name, { value, short, text }]: readonly [string, OptionHelp]): readonly string[] => [
  `${' '.repeat(INDENT)}${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
  ...indented(text, HANGING),
];

const term = (name: string, text: string): readonly string[] => [' '.repeat(INDENT) + name, ...indented(text, HANGING)];

const HELP: readonly [string, OptionHelp] = ['help', { short: 'h', text: 'Print this text.' }];

/** A manual as `--help` prints it. */
export const renderManual = (manual: Manual): string => {
  const { name, summary, synopsis, description, options, examples, exitCodes, files, seeAlso } = manual;
  return [
    ...section('NAME', [indented(`ferrous ${name} - ${summary}`, INDENT)]),
    ...section('SYNOPSIS', [synopsis.flatMap((form) => synopsisLines(`${PROGRAM} ${name}`, form))]),
    ...section('DESCRIPTION', description.map(paragraph)),
    ...section('OPTIONS', [...Object.entries(options), HELP].map(option)),
    ...section(
      'EXAMPLES',
      examples.map(({ text, command }) => [
        ...indented(text, INDENT),
        '',
        ...command.split('\n').map((line) => ' '.repeat(HANGING) + line),
      ]),
    ),
    ...section('EXIT CODES', [exitCodes.flatMap(([code, text]) => hanging(String(code), text))]),
    ...section(
      'FILES',
      files.map(([file, text]) => term(file, text)),
    ),
    ...section('SEE ALSO', seeAlso.length === 0 ? [] : [indented(seeAlso.join(', '), INDENT)]),
  ].join('\n');
};

/** One short word and what it means, the lines of the text below one another. */
const hanging = (word: string, text: string): readonly string[] =>
  wrap(text, COLUMNS - HANGING).map(
    (line, at) => (at === 0 ? `${' '.repeat(INDENT)}${word}`.padEnd(HANGING) : ' '.repeat(HANGING)) + line,
  );

/** Groups in brackets stay together. */
const synopsisLines = (command: string, form: string): readonly string[] => {
  const groups = form.match(/\[[^\]]*\](?:\.\.\.)?|\([^)]*\)|--\S+ [^-[\s]\S*|\S+/g) ?? [];
  const lines: string[] = [];
  let line = ' '.repeat(INDENT) + command;
  for (const group of groups) {
    if (line.length + 1 + group.length > COLUMNS) {
      lines.push(line);
      line = ' '.repeat(INDENT * 3 - 1);
    }
    line += ` ${group}`;
  }
  return [...lines, line];
};

/** The list that stands in the general help. */
export const renderSummaries = (manuals: readonly Manual[]): string => {
  const width = Math.max(...manuals.map(({ name }) => name.length)) + 2;
  return manuals.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}\n`).join('');
};
