/**
 * Redis' glob patterns over short names: `*`, `?`, `[a-c]`, `[^a]`, `\x`.
 *
 * For the names of directives and of files only; keys have a matcher of their own that works on bytes.
 * Matching goes back to the last star only, so that no pattern takes more than pattern times name steps.
 * @since 0.1.0
 */

/** What one place of a pattern accepts: a star any characters, everything else one. */
type Token = '*' | ((character: string) => boolean);

const between = (low: string, high: string): ((character: string) => boolean) =>
  low <= high ? (c) => c >= low && c <= high : (c) => c >= high && c <= low;

/** One bracket expression, and where the pattern goes on behind it. One that never closes ends with the pattern. */
const bracket = (pattern: string, from: number): { readonly token: Token; readonly next: number } => {
  let i = from + 1;
  const isNegated = pattern[i] === '^';
  if (isNegated) i += 1;
  const accepts: ((character: string) => boolean)[] = [];
  for (; i < pattern.length && pattern[i] !== ']'; i++) {
    if (pattern[i] === '\\' && i + 1 < pattern.length) {
      i += 1;
      accepts.push(between(pattern.charAt(i), pattern.charAt(i)));
    } else if (pattern[i + 1] === '-' && i + 2 < pattern.length) {
      accepts.push(between(pattern.charAt(i), pattern.charAt(i + 2)));
      i += 2;
    } else {
      accepts.push(between(pattern.charAt(i), pattern.charAt(i)));
    }
  }
  return { token: (character) => accepts.some((accept) => accept(character)) !== isNegated, next: i + 1 };
};

const tokens = (pattern: string): readonly Token[] => {
  const found: Token[] = [];
  let i = 0;
  while (i < pattern.length) {
    const character = pattern.charAt(i);
    if (character === '[') {
      const { token, next } = bracket(pattern, i);
      found.push(token);
      i = next;
      continue;
    }
    if (character === '*') {
      if (found.at(-1) !== '*') found.push('*');
    } else if (character === '?') {
      found.push(() => true);
    } else {
      if (character === '\\' && i + 1 < pattern.length) i += 1;
      const literal = pattern.charAt(i);
      found.push((c) => c === literal);
    }
    i += 1;
  }
  return found;
};

const matchTokens = (pattern: readonly Token[], name: string): boolean => {
  let at = 0;
  let i = 0;
  let star = -1; // the last star, and the first character it does not cover yet
  let uncovered = 0;
  while (i < name.length) {
    const token = pattern[at];
    if (token === '*') {
      star = at;
      uncovered = i;
      at += 1;
    } else if (token?.(name.charAt(i))) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      uncovered += 1;
      i = uncovered;
      at = star + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((token) => token === '*');
};

/** A test for whole names. Directives match in any case, files do not. */
export const globMatcher = (pattern: string, { ignoreCase }: { readonly ignoreCase: boolean }) => {
  const compiled = tokens(ignoreCase ? pattern.toLowerCase() : pattern);
  return (name: string): boolean => matchTokens(compiled, ignoreCase ? name.toLowerCase() : name);
};

/** Whether a text is a pattern at all: CONFIG GET looks a plain name up directly. */
export const isGlob = (text: string): boolean => /[*?[]/.test(text);
