/**
 * What can be wrong with a configuration, as values, and how it is told: place, directive, expectation, finding.
 *
 * Out: one line per error, such as `conf/replica.conf:12: repl-timeout: expected seconds > 0, got "soon"`.
 * @since 0.1.0
 */

import { quote } from '../quoting.ts';
import type { Words } from './codecs.ts';

/** Where a line stands: a file or stdin with a line number, or the command line without one. */
export interface Place {
  readonly source: string;
  readonly line: number | null;
}

export type ConfigError =
  | {
      readonly tag: 'BadValue';
      readonly place: Place;
      readonly directive: string;
      readonly expected: string;
      readonly found: Words;
    }
  | {
      readonly tag: 'UnknownDirective';
      readonly place: Place;
      readonly directive: string;
      readonly suggestion: string | undefined;
    }
  | { readonly tag: 'UnbalancedQuotes'; readonly place: Place; readonly text: string }
  | { readonly tag: 'Unreadable'; readonly place: Place | null; readonly path: string; readonly reason: string }
  | { readonly tag: 'TooManyIncludes'; readonly place: Place; readonly limit: number };

const renderPlace = (place: Place): string => (place.line === null ? place.source : `${place.source}:${place.line}`);

const renderFound = (found: Words): string => {
  if (found.length === 0) return 'nothing';
  const words = found.map(quote).join(' ');
  return found.some((word) => word.startsWith('#')) ? `${words} (a comment needs a line of its own)` : words;
};

/** One line for people, without a newline at its end. */
export const renderError = (error: ConfigError): string => {
  switch (error.tag) {
    case 'BadValue': {
      const { place, directive, expected, found } = error;
      return `${renderPlace(place)}: ${directive}: expected ${expected}, got ${renderFound(found)}`;
    }
    case 'UnknownDirective': {
      const hint = error.suggestion === undefined ? '' : ` (did you mean ${error.suggestion}?)`;
      return `${renderPlace(error.place)}: ${error.directive}: expected a directive that Redis 7.2 knows${hint}`;
    }
    case 'UnbalancedQuotes':
      return `${renderPlace(error.place)}: expected balanced quotes, got ${error.text}`;
    case 'Unreadable': {
      const prefix = error.place === null ? '' : `${renderPlace(error.place)}: `;
      return `${prefix}can't read the configuration file ${error.path}: ${error.reason}`;
    }
    case 'TooManyIncludes':
      return `${renderPlace(error.place)}: include: expected at most ${error.limit} files inside one another`;
  }
};

/** How many letters have to be inserted, deleted or replaced to get from one word to the other. */
const editDistance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

/** The known name that is nearest to a misspelt one, when one is near enough to be meant. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate) }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 4)) ? best.candidate : undefined;
};
