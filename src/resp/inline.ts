/**
 * Inline commands: a line of words, with quotes as redis-cli writes them.
 *
 * The words become a canonical RESP request in a fresh buffer, so that everything behind the decoder (the log,
 * replicas) sees one form only.
 *
 * @since 0.1.0
 */
import { type CommandView, latin1, viewOf } from './view.ts';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };
const isSpace = (char: string): boolean => char === ' ' || (char >= '\t' && char <= '\r');
/** Ends a word; of vertical tab and form feed Redis only says that they are space between words. */
const isBreak = (char: string): boolean => char === ' ' || char === '\t' || char === '\n' || char === '\r';
const HEXADECIMAL = /^[0-9a-fA-F]{2}$/;

/**
 * Splits a line (latin1) into words: double quotes with \xHH, \n, \r, \t, \b, \a and \c escapes, single quotes with \'.
 * Undefined when quotes are not closed, or are closed in the middle of a word.
 */
export const splitWords = (line: string): string[] | undefined => {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line[at])) at++;
    if (at >= line.length) return words;
    let word = '';
    let quote = '';
    for (;;) {
      const char = line[at];
      if (char === undefined || (quote === '' && char === '\0')) {
        if (quote !== '') return undefined;
        break;
      }
      if (quote === '"') {
        if (char === '\\' && line[at + 1] === 'x' && HEXADECIMAL.test(line.slice(at + 2, at + 4))) {
          word += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
          at += 3;
        } else if (char === '\\' && at + 1 < line.length) {
          at++;
          word += ESCAPES[line[at]] ?? line[at];
        } else if (char === '"') {
          const after = line[at + 1];
          if (after !== undefined && !isSpace(after)) return undefined;
          at++;
          break;
        } else word += char;
      } else if (quote === "'") {
        if (char === '\\' && line[at + 1] === "'") {
          at++;
          word += "'";
        } else if (char === "'") {
          const after = line[at + 1];
          if (after !== undefined && !isSpace(after)) return undefined;
          at++;
          break;
        } else word += char;
      } else if (isBreak(char)) {
        break;
      } else if (char === '"' || char === "'") {
        quote = char;
      } else word += char;
      at++;
    }
    words.push(word);
    if (line[at] === '\0') return words;
  }
};

/** Fills `view` from the line [start, end); false when its quotes are unbalanced. */
export const splitInline = (buf: Uint8Array, start: number, end: number, view: CommandView): boolean => {
  const words = splitWords(latin1(buf, start, end));
  if (words === undefined) return false;
  const made = viewOf(words);
  view.buf = made.buf;
  view.start = 0;
  view.end = made.end;
  view.argc = made.argc;
  for (let i = 0; i < made.argc; i++) view.set(i, made.offset(i), made.length(i));
  return true;
};
