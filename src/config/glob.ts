/**
 * Redis' glob patterns over short names: `*`, `?`, `[a-c]`, `[^a]`, `\x`. Letters match in any case.
 *
 * For the names of directives and of files only; keys have a matcher of their own that works on bytes.
 * @since 0.1.0
 */

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** One bracket expression as a regular expression, and where the pattern goes on behind it. */
const bracket = (pattern: string, from: number): { readonly source: string; readonly next: number } => {
  let i = from + 1;
  const negated = pattern[i] === '^';
  if (negated) i += 1;
  let ranges = '';
  for (; i < pattern.length && pattern[i] !== ']'; i++) {
    if (pattern[i] === '\\' && i + 1 < pattern.length) {
      i += 1;
      ranges += escaped(pattern.charAt(i));
    } else if (pattern[i + 1] === '-' && i + 2 < pattern.length) {
      const [low, high] = [pattern.charAt(i), pattern.charAt(i + 2)].sort();
      ranges += `${escaped(low ?? '')}-${escaped(high ?? '')}`;
      i += 2;
    } else {
      ranges += escaped(pattern.charAt(i));
    }
  }
  if (ranges === '') return { source: negated ? '[^]' : '(?!)', next: i + 1 };
  return { source: `[${negated ? '^' : ''}${ranges}]`, next: i + 1 };
};

/** Translates a glob into a regular expression for whole names. */
export const globToRegExp = (pattern: string, flags = 'is'): RegExp => {
  let source = '';
  let i = 0;
  while (i < pattern.length) {
    const character = pattern.charAt(i);
    if (character === '*') {
      source += source.endsWith('.*') ? '' : '.*';
      i += 1;
    } else if (character === '?') {
      source += '.';
      i += 1;
    } else if (character === '[') {
      const part = bracket(pattern, i);
      source += part.source;
      i = part.next;
    } else if (character === '\\' && i + 1 < pattern.length) {
      source += escaped(pattern.charAt(i + 1));
      i += 2;
    } else {
      source += escaped(character);
      i += 1;
    }
  }
  return new RegExp(`^${source}$`, flags);
};

/** Whether a text is a pattern at all: CONFIG GET looks a plain name up directly. */
export const isGlob = (text: string): boolean => /[*?[]/.test(text);
