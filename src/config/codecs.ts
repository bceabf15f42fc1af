/**
 * The io-ts codecs that most directives share: yes/no, enumerations, integers, memory sizes, texts.
 *
 * In and out: `Lines`, the words of every line that a directive has in a file. Most directives have one line of one word;
 * `save`, `user` and a few more have several lines. `decode(encode(x))` is x for every codec here.
 * A codec's name is the expectation that a person reads ("seconds > 0"); the message of its error is Redis' own text.
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import * as t from 'io-ts';
import {
  formatInteger,
  formatUnsigned,
  INT_MAX,
  INT_MIN,
  LLONG_MAX,
  parseInteger,
  parseMemory,
  parseOctal,
  ULLONG_MAX,
} from './numbers.ts';

export type Words = readonly string[];
export type Lines = readonly Words[];
/** A codec of one directive. */
export type LinesCodec<A> = t.Type<A, Lines, Lines>;

export const WRONG_NUMBER_OF_ARGUMENTS = 'wrong number of arguments';

/** Turns a function that answers the value or Redis' error text into what io-ts wants. */
const validated =
  <A>(decode: (lines: Lines) => E.Either<string, A>): t.Validate<Lines, A> =>
  (lines, context) => {
    const decoded = decode(lines);
    return E.isLeft(decoded) ? t.failure(lines, context, decoded.left) : t.success(decoded.right);
  };

/** A codec over lines, from a function that answers the value or Redis' error text. */
export const linesCodec = <A>(
  name: string,
  is: (u: unknown) => u is A,
  decode: (lines: Lines) => E.Either<string, A>,
  encode: (value: A) => Lines,
): LinesCodec<A> => new t.Type<A, Lines, Lines>(name, is, validated(decode), encode);

/** The codec of a directive that takes exactly one word: the last line counts. */
export class SingleWord<A> extends t.Type<A, Lines, Lines> {
  constructor(
    name: string,
    is: (u: unknown) => u is A,
    decode: (word: string) => E.Either<string, A>,
    encode: (value: A) => string,
  ) {
    const decodeLines = (lines: Lines): E.Either<string, A> => {
      const [word, ...rest] = lines.at(-1) ?? [];
      return word === undefined || rest.length > 0 ? E.left(WRONG_NUMBER_OF_ARGUMENTS) : decode(word);
    };
    super(name, is, validated(decodeLines), (value) => [[encode(value)]]);
  }
}

/** A codec over the single word of a line. */
export const wordCodec = <A>(
  name: string,
  is: (u: unknown) => u is A,
  decode: (word: string) => E.Either<string, A>,
  encode: (value: A) => string,
): LinesCodec<A> => new SingleWord(name, is, decode, encode);

export const yesNo = wordCodec<boolean>(
  'yes or no',
  t.boolean.is,
  (word) => {
    const lower = word.toLowerCase();
    return lower === 'yes' || lower === 'no' ? E.right(lower === 'yes') : E.left("argument must be 'yes' or 'no'");
  },
  (value) => (value ? 'yes' : 'no'),
);

/** Redis' text for a word that no enumeration knows. */
export const mustBeOneOf = (values: readonly string[]): string =>
  `argument(s) must be one of the following: ${values.join(', ')}`;

export const oneOf = <const V extends readonly string[]>(...values: V): LinesCodec<V[number]> => {
  const find = (word: string): V[number] | undefined => values.find((value) => value === word.toLowerCase());
  return wordCodec<V[number]>(
    `one of ${values.join(', ')}`,
    (u): u is V[number] => typeof u === 'string' && values.includes(u),
    (word) => E.fromNullable(mustBeOneOf(values))(find(word)),
    (value) => value,
  );
};

const range = (unit: string, min: number, max: number): string => {
  if (max < INT_MAX || min < -1) return `${unit} from ${formatInteger(min)} to ${formatInteger(max)}`;
  return min === 1 ? `${unit} > 0` : `${unit} >= ${min}`;
};

const outside = (min: string, max: string): string => `argument must be between ${min} and ${max} inclusive`;

export interface Bounds {
  /** What is counted, in the plural: seconds, keys, a percentage. */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** Redis accepts some values and then uses the nearest sensible one. */
  readonly adjust?: (value: number) => number;
}

/** An integer within bounds; without them it is a C int from zero. */
export const integer = ({ unit = 'an integer', min = 0, max = INT_MAX, adjust }: Bounds = {}): LinesCodec<number> =>
  wordCodec(
    range(unit, min, max),
    (u): u is number => t.Int.is(u) && u >= min && u <= max,
    (word) => {
      const value = parseInteger(word);
      if (O.isNone(value)) return E.left("argument couldn't be parsed into an integer");
      if (value.value < min || value.value > max) return E.left(outside(formatInteger(min), formatInteger(max)));
      return E.right(adjust === undefined ? value.value : adjust(value.value));
    },
    formatInteger,
  );

/** A 64-bit integer: what Redis keeps in a long long. */
export const longInteger = (bounds: Bounds = {}): LinesCodec<number> => integer({ max: LLONG_MAX, ...bounds });

/** Any C int. */
export const signedInteger = (unit: string): LinesCodec<number> => integer({ unit, min: INT_MIN, max: INT_MAX });

export const port: LinesCodec<number> = integer({ unit: 'a port', max: 65535 });

/** Bytes with an optional unit; signed ones end at 2^63-1, `unsigned` ones at 2^64-1. */
export const memory = ({
  min = 0,
  max = LLONG_MAX,
  adjust,
}: {
  min?: number;
  max?: number;
  adjust?: (bytes: number) => number;
} = {}): LinesCodec<number> =>
  wordCodec(
    min === 0 ? 'a memory size such as 100mb' : `a memory size of at least ${formatUnsigned(min)} bytes`,
    (u): u is number => typeof u === 'number' && u >= min && u <= max,
    (word) => {
      const bytes = parseMemory(word);
      if (O.isNone(bytes)) return E.left('argument must be a memory value');
      const tooLarge = max === LLONG_MAX ? bytes.value >= LLONG_MAX && !isLongMax(word) : bytes.value > max;
      if (bytes.value < min || tooLarge) return E.left(outside(formatUnsigned(min), formatInteger(max)));
      return E.right(adjust === undefined ? bytes.value : adjust(bytes.value));
    },
    max === LLONG_MAX ? formatInteger : formatUnsigned,
  );

/** 2^63-1 and 2^63 are the same double, but only the first is within Redis' bounds. */
const isLongMax = (word: string): boolean => /^922337203685477580[0-7]b?$/i.test(word);

export const unsignedMemory: LinesCodec<number> = memory({ max: ULLONG_MAX });

export type MemoryOrPercent =
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** Bytes, or a share of `maxmemory`. */
export const memoryOrPercent: LinesCodec<MemoryOrPercent> = wordCodec<MemoryOrPercent>(
  'a memory size such as 100mb, or a percentage such as 5%',
  t.union([
    t.type({ kind: t.literal('bytes'), bytes: t.number }),
    t.type({ kind: t.literal('percent'), percent: t.number }),
  ]).is,
  (word) => {
    const match = /^([0-9]+)%$/.exec(word);
    if (match !== null) {
      const percent = Number(match[1]);
      if (percent > 100) return E.left('percentage argument must be less or equal to 100');
      return E.right(percent === 0 ? { kind: 'bytes', bytes: 0 } : { kind: 'percent', percent });
    }
    const bytes = parseMemory(word);
    return O.isNone(bytes)
      ? E.left('argument must be a memory or percent value')
      : E.right({ kind: 'bytes', bytes: bytes.value });
  },
  (value) => (value.kind === 'bytes' ? formatUnsigned(value.bytes) : `${value.percent}%`),
);

/** Permissions of the Unix socket; 0 leaves them to the umask. */
export const permissions: LinesCodec<number> = wordCodec(
  'octal permissions from 0 to 777',
  (u): u is number => t.Int.is(u) && u >= 0 && u <= 0o777,
  (word) => {
    const mode = parseOctal(word);
    if (O.isNone(mode)) return E.left("argument couldn't be parsed as an octal number");
    return mode.value > 0o777 ? E.left(outside('0', '777')) : E.right(mode.value);
  },
  (mode) => mode.toString(8),
);

/** Any text; `refuse` answers Redis' error text for those that are not allowed. */
export const text = (name = 'a text', refuse?: (value: string) => string | undefined): LinesCodec<string> =>
  wordCodec<string>(
    name,
    t.string.is,
    (word) => {
      const refusal = refuse?.(word);
      return refusal === undefined ? E.right(word) : E.left(refusal);
    },
    (value) => value,
  );
