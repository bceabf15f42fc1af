/**
 * The words of a command line become typed options, or one sentence that says what is wrong with them.
 *
 * In:  the words behind a sub-command's name; per option a codec (io-ts) and its line of the manual.
 * Out: a record of what was said, and the operands.
 *
 * An option is named once, in its codec's record; the manual has to have a line for each (`OptionHelp`).
 *
 * @since 0.3.0
 */
import { parseArgs } from 'node:util';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as t from 'io-ts';
import { toLatin1 } from '../config/config.ts';
import { type EventClass, eventClasses, isEventClass } from '../eventlog/format.ts';
import { formatMoment, type Moment, parseMoment } from '../eventlog/moment.ts';

/** What the manual says of an option. */
export interface OptionHelp {
  /** Stands for the value, as DIR in `--dir DIR`; missing for a flag. */
  readonly value?: string;
  readonly short?: string;
  readonly text: string;
}

export type HelpOf<P extends t.Props> = { readonly [K in keyof P & string]: OptionHelp };

/** The options that were said: no field for those that were not. */
export type OptionsOf<P extends t.Props> = { readonly [K in keyof P]?: t.TypeOf<P[K]> };

export interface Parsed<P extends t.Props> {
  readonly options: OptionsOf<P>;
  readonly operands: readonly string[];
}

type Said<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields of a record that are something: what was not said is no field. */
export const said = <T extends object>(record: T): Said<T> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Said<T>;

// ── codecs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A codec from a text of the command line. */
export const fromText = <A>(
  name: string,
  is: (u: unknown) => u is A,
  read: (text: string) => E.Either<string, A>,
): t.Type<A, A, unknown> =>
  new t.Type<A, A, unknown>(
    name,
    is,
    (u, context) => {
      if (is(u) && typeof u !== 'string') return t.success(u);
      if (typeof u !== 'string') return t.failure(u, context, `expected ${name}`);
      const value = read(u);
      return E.isLeft(value) ? t.failure(u, context, value.left) : t.success(value.right);
    },
    t.identity,
  );

const wrong = (expected: string, text: string): E.Either<string, never> =>
  E.left(`expected ${expected}, got ${JSON.stringify(text)}`);

const isMoment = (u: unknown): u is Moment => typeof u === 'object' && u !== null && '_tag' in u;

/** Seconds since 1970, ISO 8601 or `offset:N`. */
export const MomentText = fromText('a moment', isMoment, parseMoment);

/** Where the log ends now. */
export interface EndOfLog {
  readonly _tag: 'end';
}
export type Start = Moment | EndOfLog;

const isStart = (u: unknown): u is Start => isMoment(u) || (typeof u === 'object' && u !== null && '_tag' in u);

/** A moment, or the end of the log: `$` as XREAD has it. */
export const StartText = fromText<Start>('a moment or $', isStart, (text) =>
  text === '$'
    ? E.right({ _tag: 'end' })
    : pipe(
        parseMoment(text),
        E.mapLeft((reason) => reason.replace(' or offset:N', ', offset:N or $')),
      ),
);

export const formatStart = (start: Start): string => (start._tag === 'end' ? '$' : formatMoment(start));

const isNumber = (u: unknown): u is number => typeof u === 'number';

/** A whole number from `min` on. */
export const count = (min: number, expected: string): t.Type<number, number, unknown> =>
  fromText(expected, isNumber, (text) => {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= min ? E.right(value) : wrong(expected, text);
  });

/** A text whose bytes count, as latin1: keys, names and the patterns for them. */
export const Bytes = new t.Type<string, string, unknown>(
  'a text',
  t.string.is,
  (u, context) => (typeof u === 'string' ? t.success(toLatin1(u)) : t.failure(u, context, 'expected a text')),
  t.identity,
);

/** A path, as the system has it. */
export const Path = fromText(
  'a path',
  (u): u is string => typeof u === 'string',
  (text) => (text === '' ? wrong('a path', text) : E.right(text)),
);

/** Where a server listens. */
export type Address =
  | { readonly _tag: 'tcp'; readonly host: string; readonly port: number }
  | { readonly _tag: 'unix'; readonly path: string };

const isAddress = (u: unknown): u is Address => typeof u === 'object' && u !== null && '_tag' in u;
const HOST_PORT = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/;

/** HOST:PORT, [IPV6]:PORT, :PORT or the path of a unix socket. */
export const AddressText = fromText<Address>('HOST:PORT', isAddress, (text) => {
  if (text.includes('/')) return E.right({ _tag: 'unix', path: text });
  const [, ipv6, host, digits] = HOST_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65535) {
    return wrong('HOST:PORT, [IPV6]:PORT or the path of a unix socket', text);
  }
  return E.right({ _tag: 'tcp', host: ipv6 ?? (host === '' || host === undefined ? '127.0.0.1' : host), port });
});

export const showAddress = (address: Address): string =>
  address._tag === 'unix'
    ? address.path
    : `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;

const isClasses = (u: unknown): u is readonly EventClass[] => Array.isArray(u);

/** Classes of events, with commas between them. */
export const ClassesText = fromText<readonly EventClass[]>('classes', isClasses, (text) => {
  const classes = text.split(',').filter(isEventClass);
  return classes.length === text.split(',').length
    ? E.right(classes)
    : wrong(`some of ${eventClasses.join(',')}`, text);
});

// ── parsing ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type ParseOptions = Record<string, { type: 'string' | 'boolean'; short?: string }>;

/** Node's sentences end in advice about positional arguments that fits no command of ours. */
const reasonOf = (error: Error): string => {
  const [sentence = ''] = error.message.split(/(?<=[^.])\. |\n/);
  return sentence.replace(/\.$/, '').replace(/^(.)/, (first) => first.toLowerCase());
};

const split = (words: readonly string[], options: ParseOptions) =>
  E.tryCatch(
    () => parseArgs({ args: [...words], options, allowPositionals: true, strict: true }),
    (error) => {
      if (error instanceof TypeError && 'code' in error) return reasonOf(error);
      throw error;
    },
  );

const named = (errors: t.Errors): string => {
  const [error] = errors;
  const option = error?.context.find(({ key }) => key !== '')?.key ?? '';
  return `--${option}: ${error?.message ?? 'expected another value'}`;
};

const HELP_FLAG = { help: { type: 'boolean', short: 'h' } } as const;

/** Whether the words ask for the manual, whatever else they say. */
export const asksForHelp = (words: readonly string[]): boolean => {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h');
};

/** Reads the words of a command line. */
export const readOptions = <P extends t.Props>(
  props: P,
  help: HelpOf<P>,
  words: readonly string[],
): E.Either<string, Parsed<P>> => {
  const table: ParseOptions = { ...HELP_FLAG };
  for (const [name, { value, short }] of Object.entries<OptionHelp>(help)) {
    table[name] = { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
  }
  return pipe(
    split(words, table),
    E.chain(({ values, positionals }) =>
      pipe(
        t.partial(props).decode(values),
        E.bimap(named, (options) => ({ options: options as OptionsOf<P>, operands: positionals })),
      ),
    ),
  );
};
