/**
 * conf/ferrous.conf, generated from the table of directives, so that it cannot disagree with the server.
 *
 * Out: the text of the file. Parsing it gives the defaults, but for `bind`, which keeps the server to this machine.
 * `UPDATE_CONF=1` makes the spec of this module write the file.
 * @since 0.1.0
 */
import type { AnyDirective } from './directive.ts';
import { formatLine } from './rewrite.ts';
import { ignoredNames, sections } from './table.ts';

const WIDTH = 90;

/** Breaks a text into comment lines. */
const comment = (text: string): readonly string[] => {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
};

const heading = (title: string): string => {
  const dashes = '#'.repeat(Math.max(4, (WIDTH - title.length - 2) >> 1));
  return `${dashes} ${title} ${dashes}`;
};

const CHANGES = {
  live: 'CONFIG SET changes it',
  protected: 'CONFIG SET changes it if enable-protected-configs allows that',
  'at start': 'set at start only',
} as const;

/** What a value looks like, its default, when it changes, its old names. */
const facts = (directive: AnyDirective): string => {
  const initial = directive.toLines(directive.initial);
  const shown = initial.map((words) => formatLine('', directive, words).trim()).join(', ');
  const normal = shown === '' || shown === '""' ? 'none' : shown;
  const change = directive.fileOnly ? 'in files only' : CHANGES[directive.change];
  const old = directive.aliases.length === 0 ? '' : ` Old name: ${directive.aliases.join(', ')}.`;
  return `Takes ${directive.expectation}. Default: ${normal}; ${change}.${old}`;
};

const settingLines = (name: string, directive: AnyDirective): readonly string[] => {
  if (directive.inFerrousConf !== undefined) return [formatLine(name, directive, directive.inFerrousConf)];
  if (directive.example !== undefined) return [`# ${name} ${directive.example}`];
  return directive.toLines(directive.initial).map((words) => formatLine(name, directive, words));
};

const describe = (name: string, directive: AnyDirective): readonly string[] => [
  ...comment(directive.doc),
  ...comment(facts(directive)),
  ...(directive.effect === 'works' ? [] : comment(`No effect here: ${directive.effect}.`)),
  ...settingLines(name, directive),
  '',
];

const EXAMPLES = {
  start: '#     node dist/ferrous.js ferrous.conf --port 7000',
  units: [
    '#     1k = 1000 bytes      1kb = 1024 bytes',
    '#     1m = 1000 k          1mb = 1024 kb',
    '#     1g = 1000 m          1gb = 1024 mb',
  ],
  include: '#     include /etc/ferrous/*.conf',
};

const HEADER = [
  '# Ferrous: every directive, explained, with its default.',
  '#',
  EXAMPLES.start,
  '#',
  ...comment(
    'The syntax is that of redis.conf: one directive per line, its values behind it, comments on lines of their own. ' +
      'Values with blanks or odd bytes stand in "double quotes", where \\n, \\r, \\t, \\a, \\b, \\", \\\\ and \\xHH are ' +
      "understood, or in 'single quotes', where only \\' is. A later line counts, not an earlier one, unless the " +
      'directive says otherwise; options on the command line count most. A line that is wrong stops the start with ' +
      'file, line, expectation and finding.',
  ),
  '#',
  '# Memory sizes take a unit, in any case:',
  '#',
  ...EXAMPLES.units,
  '#',
  ...comment(
    'Another file takes the place of an include line; a pattern stands for all files that match, in alphabetical ' +
      'order, and for none if none does. Relative paths start where the server was started.',
  ),
  '#',
  EXAMPLES.include,
  '#',
  ...comment(
    'Every directive of Redis 7.2 is known here. Those without an effect in Ferrous say so, and why: CONFIG GET shows ' +
      'them and CONFIG SET takes them, so that existing files and tools work as they are. Directives that Redis does not ' +
      'have stand in a section of their own, AUDIT TRAIL AND LOG.',
  ),
];

/** The text of conf/ferrous.conf. */
export const renderConfFile = (): string => {
  const body = sections.flatMap(({ heading: title, intro, directives }) => [
    heading(title),
    '#',
    ...comment(intro),
    '',
    ...Object.entries(directives).flatMap(([name, directive]) => describe(name, directive)),
  ]);
  const footer = comment(`Read and ignored, as in Redis: ${ignoredNames.join(', ')}.`);
  return `${[...HEADER, '', ...body, ...footer].join('\n')}\n`;
};
