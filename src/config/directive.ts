/**
 * What a directive is: one value that holds its codec, its default, when it may change and its documentation.
 *
 * Start-up, `--name value`, CONFIG GET/SET/REWRITE and conf/ferrous.conf all read these values; there is no second list
 * of names, so no list can forget one.
 * @since 0.1.0
 */
import type * as t from 'io-ts';
import { type Lines, type LinesCodec, SingleWord, type Words } from './codecs.ts';

/** When CONFIG SET may change a directive: always, only with `enable-protected-configs`, or never. */
export type Change = 'live' | 'protected' | 'at start';

/**
 * What a second line of the same directive does.
 * `replaces`: it counts instead of the first. `adds`: the first line of a file replaces the default, later ones are
 * added, CONFIG SET replaces. `merges`: each line, and CONFIG SET too, changes the part that it names.
 */
export type Repeat = 'replaces' | 'adds' | 'merges';

/** How CONFIG REWRITE writes the words of a line: bare, always in quotes, or as a memory size with a unit. */
export type LineStyle = 'bare' | 'quoted' | 'memory';

interface Options {
  /** What it does, for people: unit, bounds and default are added by the documentation itself. */
  readonly doc: string;
  /** 'works', or in a few words why it has no effect in Ferrous. */
  readonly effect?: string;
  readonly aliases?: Words;
  readonly change?: Change;
  readonly repeat?: Repeat;
  /** A single word is split at its blanks, in a file as in CONFIG SET: `--save "60 1"`. */
  readonly manyWords?: boolean;
  /** CONFIG GET answers it by its exact name only, as Redis does with debugging aids; the documentation leaves it out. */
  readonly hidden?: boolean;
  /** Passwords: never in a log, in MONITOR or in SLOWLOG. */
  readonly secret?: boolean;
  /** Redis refuses to change it while a dataset is loading. */
  readonly deniedWhileLoading?: boolean;
  /** Lives in files only: CONFIG GET and SET do not know it. */
  readonly fileOnly?: boolean;
  readonly style?: LineStyle;
  /** The words conf/ferrous.conf shows when they are not the default. */
  readonly inFerrousConf?: Words;
  /** Words for a commented line where there is no default to show. */
  readonly example?: string;
}

/** The part of a directive that does not depend on its type. Methods, so that every Directive<A> is one. */
export interface AnyDirective extends Required<Omit<Options, 'inFerrousConf' | 'example'>> {
  readonly inFerrousConf: Words | undefined;
  readonly example: string | undefined;
  readonly initial: unknown;
  readonly expectation: string;
  /** A line with more words, or none, is wrong. */
  readonly takesOneWord: boolean;
  /** Decodes one more line of a file; `isFirst` when the directive had none before. */
  readLine(words: Words, soFar: unknown, isFirst: boolean): t.Validation<unknown>;
  /** Decodes the value of CONFIG SET. */
  readSetting(value: string, current: unknown): t.Validation<unknown>;
  /** The lines as a file holds them. */
  toLines(value: unknown): Lines;
  /** The text that CONFIG GET answers. */
  toText(value: unknown): string;
}

export interface Directive<A> extends AnyDirective {
  readonly codec: LinesCodec<A>;
  readonly initial: A;
  readLine(words: Words, soFar: A, isFirst: boolean): t.Validation<A>;
  readSetting(value: string, current: A): t.Validation<A>;
  toLines(value: A): Lines;
  toText(value: A): string;
}

/** Builds a directive; what is not said is what most have: works, live, one word, a later line replaces. */
export const directive = <A>(codec: LinesCodec<A>, initial: A, options: Options): Directive<A> => {
  const repeat = options.repeat ?? 'replaces';
  const after = (soFar: A, words: Words) => codec.decode([...codec.encode(soFar), words]);
  return {
    effect: 'works',
    aliases: [],
    change: 'live',
    manyWords: false,
    hidden: false,
    secret: false,
    deniedWhileLoading: false,
    fileOnly: false,
    style: 'bare',
    inFerrousConf: undefined,
    example: undefined,
    ...options,
    repeat,
    codec,
    initial,
    expectation: codec.name,
    takesOneWord: codec instanceof SingleWord,
    readLine: (line, soFar, isFirst) => {
      const [only = ''] = line;
      const words = options.manyWords && line.length === 1 ? only.trim().split(/ +/) : line;
      return repeat === 'merges' || (repeat === 'adds' && !isFirst) ? after(soFar, words) : codec.decode([words]);
    },
    readSetting: (value, current) => {
      // Redis splits at every single blank, so that two in a row make an empty word, which most directives refuse.
      const words = !options.manyWords ? [value] : value === '' ? [] : value.split(' ');
      return repeat === 'merges' ? after(current, words) : codec.decode([words]);
    },
    toLines: (value) => codec.encode(value),
    toText: (value) => codec.encode(value).flat().join(' '),
  };
};

/** The message of a failed decoding, in Redis' words. */
export const redisText = (errors: t.Errors): string => errors[0]?.message ?? 'argument is not valid';

/** A group of directives under one heading of conf/ferrous.conf. */
export interface Section<D extends Readonly<Record<string, AnyDirective>>> {
  readonly heading: string;
  readonly intro: string;
  readonly directives: D;
}

export const section = <const D extends Readonly<Record<string, AnyDirective>>>(
  heading: string,
  intro: string,
  directives: D,
): Section<D> => ({ heading, intro, directives });
