/**
 * The manuals: what --help prints, word for word (specs/cli/manuals/; FERROUS_GOLDEN=write renews them), and that no manual
 * leaves anything out.
 * @since 0.3.0
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import test from 'ava';
import { PROGRAM, renderManual, wrap } from '../../src/cli/manual.ts';
import { overview, runSubCommand, subCommands } from '../../src/cli/program.ts';
import { fakeTerminal } from './fake-terminal.ts';

const FOLDER = resolve('specs/cli/manuals');

/** What the text was when somebody last read it. */
const golden = (name: string, text: string): string => {
  const path = join(FOLDER, `${name.replaceAll(' ', '-')}.txt`);
  if (process.env['FERROUS_GOLDEN'] === 'write') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return readFileSync(path, 'utf8');
};

for (const { manual } of subCommands) {
  const text = renderManual(manual);

  test(`ferrous ${manual.name} --help prints its manual`, async (t) => {
    t.is(text, golden(manual.name, text));
    for (const words of [
      [...manual.name.split(' '), '--help'],
      [...manual.name.split(' '), '--nonsense', '-h'],
      ['help', ...manual.name.split(' ')],
    ]) {
      const terminal = fakeTerminal();
      t.is(await runSubCommand(words, terminal), 0);
      t.is(terminal.out.text, text);
      t.is(terminal.err.text, '');
    }
  });

  test(`The manual of ${manual.name} is complete, and fits a terminal of 80 columns`, (t) => {
    for (const title of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES', 'EXIT CODES', 'FILES', 'SEE ALSO']) {
      t.true(text.includes(`\n${title}\n`) || text.startsWith(`${title}\n`), title);
    }
    const examples = new Set(manual.examples.flatMap(({ command }) => command.split('\n')));
    for (const line of text.split('\n')) {
      if (!examples.has(line.trim())) t.true(line.length <= 80, line);
      t.is(line, line.trimEnd());
    }
    const synopsis = manual.synopsis.join(' ');
    for (const [name, { value }] of Object.entries(manual.options)) {
      const isGiven = synopsis.includes(`--${name}${value === undefined ? '' : ' '}`);
      t.true(isGiven, `--${name} is not in the synopsis`);
    }
    t.true(manual.examples.every(({ command }) => command.includes(`${PROGRAM} ${manual.name}`)));
    t.deepEqual(
      manual.exitCodes.map(([code]) => code),
      [0, 1, 2],
    );
    t.true(text.endsWith('\n') && !text.endsWith('\n\n'));
  });
}

test('The general help lists every command', async (t) => {
  const text = overview();
  t.is(text, golden('help', text));
  for (const { manual } of subCommands) t.true(text.includes(`  ${manual.name} `));
  for (const words of [['help'], ['help', '--help']]) {
    const terminal = fakeTerminal();
    t.is(await runSubCommand(words, terminal), 0);
    t.is(terminal.out.text, text);
  }
});

test('A group of commands lists its members', async (t) => {
  for (const words of [
    ['help', 'audit'],
    ['audit', '--help'],
  ]) {
    const terminal = fakeTerminal();
    t.is(await runSubCommand(words, terminal), 0);
    t.regex(terminal.out.text, /^Usage: .* audit COMMAND/);
    t.true(terminal.out.text.includes('  audit verify  '));
  }
});

const misused = test.macro<[words: readonly string[], said: RegExp]>({
  exec: async (t, words, said) => {
    const terminal = fakeTerminal();
    t.is(await runSubCommand(words, terminal), 2);
    t.is(terminal.out.text, '');
    t.regex(terminal.err.text, said);
    t.regex(terminal.err.text, /\nSee "node dist\/ferrous\.js .*"\.\n$/);
  },
  title: (_, words) => `ferrous ${words.join(' ')} is a misuse`,
});

test(misused, ['help', 'nonsense'], /^ferrous help: there is no command "nonsense"\n/);
test(misused, ['help', 'events', 'more'], /^ferrous help: there is no command "events more"\n/);
test(misused, ['audit'], /^ferrous audit: expected one of who, verify\n/);
test(misused, ['audit', 'nonsense'], /^ferrous audit: expected one of who, verify, got "nonsense"\n/);
test(misused, ['events', '--nonsense'], /^ferrous events: unknown option '--nonsense'\n/);

test('A text is broken between words only', (t) => {
  t.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  t.deepEqual(wrap('incomprehensible word', 5), ['incomprehensible', 'word']);
});
