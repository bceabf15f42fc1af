/**
 * From the lines of configuration files and of the command line to a `Config`.
 *
 * In:  text (latin1, one character per byte), or lines that are already words.
 * Out: the typed record, or every error that was found, in the order of the lines.
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { splitArgs } from '../quoting.ts';
import type { Words } from './codecs.ts';
import { type ConfigError, nearest, type Place } from './errors.ts';
import { type Config, defaults, findDirective, ignoredNames, knownNames, type Name } from './table.ts';

/** One line that says something: its directive and the words behind it. */
export interface ConfigLine {
  readonly place: Place;
  /** As written. */
  readonly directive: string;
  readonly words: Words;
}

/** Splits text into lines of words; blank lines and lines that begin with # are left out. */
export const readLines = (
  source: string,
  text: string,
): { readonly lines: readonly ConfigLine[]; readonly errors: readonly ConfigError[] } => {
  const lines: ConfigLine[] = [];
  const errors: ConfigError[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const place = { source, line: index + 1 };
    const words = splitArgs(line);
    if (O.isNone(words)) {
      errors.push({ tag: 'UnbalancedQuotes', place, text: line });
      return;
    }
    const [directive, ...rest] = words.value;
    if (directive !== undefined) lines.push({ place, directive, words: rest });
  });
  return { lines, errors };
};

const unknown = ({ place, directive }: ConfigLine): ConfigError => ({
  tag: 'UnknownDirective',
  place,
  directive,
  suggestion: nearest(directive, [...knownNames, 'include']),
});

/** Folds lines over the defaults. Later lines win, or add to the earlier ones where Redis does so. */
export const foldLines = (lines: readonly ConfigLine[]): E.Either<readonly ConfigError[], Config> => {
  const errors: ConfigError[] = [];
  const seen = new Set<Name>();
  const values = new Map<Name, unknown>();
  for (const line of lines) {
    const { place, words } = line;
    const entry = findDirective(line.directive);
    if (entry === undefined) {
      const isIgnored = words.length === 1 && ignoredNames.includes(line.directive.toLowerCase());
      if (!isIgnored) errors.push(unknown(line));
      continue;
    }
    const { name, directive } = entry;
    const decoded = directive.readLine(words, values.get(name) ?? defaults[name], !seen.has(name));
    if (E.isLeft(decoded)) {
      const hint = directive.takesOneWord && words.length !== 1 ? ' (one value)' : '';
      const expected = directive.expectation + hint;
      errors.push({ tag: 'BadValue', place, directive: line.directive, expected, found: words });
      continue;
    }
    seen.add(name);
    values.set(name, decoded.right);
  }
  return errors.length > 0 ? E.left(errors) : E.right({ ...defaults, ...Object.fromEntries(values) });
};

/** Parses one text without includes: what `foldLines` makes of its lines. */
export const parseConfig = (source: string, text: string): E.Either<readonly ConfigError[], Config> => {
  const { lines, errors } = readLines(source, text);
  const folded = foldLines(lines);
  if (errors.length === 0) return folded;
  return E.left([...errors, ...(E.isLeft(folded) ? folded.left : [])]);
};
