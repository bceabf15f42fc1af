/**
 * Redis' quoting rules: how a line of redis.conf, or an inline command, becomes words, and how a word is written back.
 *
 * In:  latin1 strings, one character per byte, so that any bytes survive.
 * Out: words, or MISSING quotes as `none`; `quote` is the inverse: `splitArgs(quote(x))` is `[x]` for every x.
 * Memory: plain strings, owned by the caller.
 * @since 0.1.0
 */
import * as O from 'fp-ts/Option';

const BACKSLASH = 0x5c;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const LOWER_X = 0x78;

/** C's isspace(): space, tab, newline, vertical tab, form feed, carriage return. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);
/** Ends a bare word; a vertical tab or a form feed does not, although it separates words like any space. */
const isBreak = (code: number): boolean =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d || code === 0;

const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\x07'],
]);

interface Piece {
  readonly text: string;
  readonly next: number;
}

/** Reads from behind an opening double quote up to and including the closing one. */
const doubleQuoted = (line: string, from: number): O.Option<Piece> => {
  let text = '';
  for (let i = from; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === DOUBLE_QUOTE) return O.some({ text, next: i + 1 });
    if (code !== BACKSLASH || i + 1 >= line.length) {
      text += line[i];
      continue;
    }
    const high = line.charCodeAt(i + 1) === LOWER_X ? hexDigit(line.charCodeAt(i + 2)) : -1;
    const low = high < 0 ? -1 : hexDigit(line.charCodeAt(i + 3));
    if (low >= 0) {
      text += String.fromCharCode(high * 16 + low);
      i += 3;
    } else {
      const escaped = line.charAt(i + 1);
      text += ESCAPES.get(escaped) ?? escaped;
      i += 1;
    }
  }
  return O.none;
};

/** Reads from behind an opening single quote up to and including the closing one; only \' is an escape there. */
const singleQuoted = (line: string, from: number): O.Option<Piece> => {
  let text = '';
  for (let i = from; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === SINGLE_QUOTE) return O.some({ text, next: i + 1 });
    if (code === BACKSLASH && line.charCodeAt(i + 1) === SINGLE_QUOTE) i += 1;
    text += line[i];
  }
  return O.none;
};

/**
 * Splits a line into words as Redis does: blanks separate, "…" understands \xHH \n \r \t \b \a, '…' only \'.
 * `none` when a quote stays open, or when a closing quote is not followed by a blank.
 */
export const splitArgs = (line: string): O.Option<readonly string[]> => {
  const words: string[] = [];
  let i = 0;
  for (;;) {
    while (i < line.length && isSpace(line.charCodeAt(i))) i += 1;
    if (i >= line.length || line.charCodeAt(i) === 0) return O.some(words);

    let word = '';
    while (i < line.length) {
      const code = line.charCodeAt(i);
      if (isBreak(code)) break;
      if (code !== DOUBLE_QUOTE && code !== SINGLE_QUOTE) {
        word += line[i];
        i += 1;
        continue;
      }
      const piece = code === DOUBLE_QUOTE ? doubleQuoted(line, i + 1) : singleQuoted(line, i + 1);
      if (O.isNone(piece)) return O.none;
      word += piece.value.text;
      i = piece.value.next;
      if (i < line.length && !isSpace(line.charCodeAt(i)) && line.charCodeAt(i) !== 0) return O.none;
      break;
    }
    words.push(word);
  }
};

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
]);

/** Writes bytes in double quotes so that any of them can stand in a file or a log line: `a"b` becomes "a\"b". */
export const quote = (bytes: string): string => {
  let text = '"';
  for (const character of bytes) {
    const code = character.charCodeAt(0);
    text +=
      NAMED.get(character) ??
      (code >= 0x20 && code <= 0x7e ? character : `\\x${(code & 0xff).toString(16).padStart(2, '0')}`);
  }
  return `${text}"`;
};

/** Quotes only where a word could not stand bare: empty, with blanks or quotes, or with bytes outside printable ASCII. */
export const quoteIfNeeded = (word: string): string => (/^[!#-&(-[\]-~]+$/.test(word) ? word : quote(word));
