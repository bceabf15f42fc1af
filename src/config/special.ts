/**
 * Codecs of the directives that have a shape of their own: save points, buffer limits, percentiles, event classes, …
 *
 * In and out: `Lines`, as in codecs.ts; errors are Redis' own texts.
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import * as t from 'io-ts';
import {
  type Lines,
  type LinesCodec,
  linesCodec,
  mustBeOneOf,
  WRONG_NUMBER_OF_ARGUMENTS,
  wordCodec,
} from './codecs.ts';
import { formatUnsigned, INT_MAX, parseInteger, parseMemory } from './numbers.ts';

/** Decodes items one by one and stops at the first that is refused. */
const every = <A, B>(items: readonly A[], decode: (item: A) => E.Either<string, B>): E.Either<string, readonly B[]> => {
  const decoded: B[] = [];
  for (const item of items) {
    const one = decode(item);
    if (E.isLeft(one)) return one;
    decoded.push(one.right);
  }
  return E.right(decoded);
};

const groupsOf = (count: number, words: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: words.length / count }, (_, i) => words.slice(i * count, (i + 1) * count));

const SavePoint = t.readonly(t.type({ seconds: t.Int, changes: t.Int }));
/** Save when `seconds` have passed and at least `changes` writes were made since the last save. */
export type SavePoint = { readonly seconds: number; readonly changes: number };

const INVALID_SAVE = 'Invalid save parameters';

const decodeSavePoint = (words: readonly string[]): E.Either<string, SavePoint> => {
  const seconds = parseInteger(words[0] ?? '');
  const changes = parseInteger(words[1] ?? '');
  if (O.isNone(seconds) || O.isNone(changes)) return E.left(INVALID_SAVE);
  if (seconds.value < 1 || changes.value < 0 || changes.value > INT_MAX) return E.left(INVALID_SAVE);
  return E.right({ seconds: seconds.value, changes: changes.value });
};

/** `save 900 1`, several pairs in one line, several lines; an empty line forgets those before it. */
export const savePoints: LinesCodec<readonly SavePoint[]> = linesCodec(
  'pairs of seconds > 0 and changes >= 0, or ""',
  t.readonlyArray(SavePoint).is,
  (lines) => {
    let points: readonly SavePoint[] = [];
    for (const words of lines) {
      if (words.length === 0 || (words.length === 1 && words[0] === '')) {
        points = [];
        continue;
      }
      if (words.length % 2 !== 0) return E.left(INVALID_SAVE);
      const line = every(groupsOf(2, words), decodeSavePoint);
      if (E.isLeft(line)) return line;
      points = [...points, ...line.right];
    }
    return E.right(points);
  },
  (points) => (points.length === 0 ? [['']] : points.map(({ seconds, changes }) => [`${seconds}`, `${changes}`])),
);

/** A client is closed past `hardBytes`, or when it stays past `softBytes` for `softSeconds`; 0 is no limit. */
export interface BufferLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

export interface BufferLimits {
  readonly normal: BufferLimit;
  readonly replica: BufferLimit;
  readonly pubsub: BufferLimit;
}

export const defaultBufferLimits: BufferLimits = {
  normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
  replica: { hardBytes: 256 * 1024 ** 2, softBytes: 64 * 1024 ** 2, softSeconds: 60 },
  pubsub: { hardBytes: 32 * 1024 ** 2, softBytes: 8 * 1024 ** 2, softSeconds: 60 },
};

const CLIENT_CLASSES: ReadonlyMap<string, keyof BufferLimits> = new Map([
  ['normal', 'normal'],
  ['slave', 'replica'],
  ['replica', 'replica'],
  ['pubsub', 'pubsub'],
]);

const BufferLimitCodec = t.type({ hardBytes: t.number, softBytes: t.number, softSeconds: t.number });

const limitWords = (clientClass: string, { hardBytes, softBytes, softSeconds }: BufferLimit): readonly string[] => [
  clientClass,
  formatUnsigned(hardBytes),
  formatUnsigned(softBytes),
  String(softSeconds),
];

/** Each group of four words changes one class of clients; classes that are not named keep their limits. */
export const bufferLimits: LinesCodec<BufferLimits> = linesCodec<BufferLimits>(
  'normal, replica or pubsub, then hard limit, soft limit, soft seconds',
  t.type({ normal: BufferLimitCodec, replica: BufferLimitCodec, pubsub: BufferLimitCodec }).is,
  (lines) => {
    let limits = defaultBufferLimits;
    for (const words of lines) {
      if (words.length % 4 !== 0) return E.left('Wrong number of arguments in buffer limit configuration.');
      for (const [name = '', hard = '', soft = '', seconds = ''] of groupsOf(4, words)) {
        const clientClass = CLIENT_CLASSES.get(name.toLowerCase());
        if (clientClass === undefined) {
          return E.left('Invalid client class specified in buffer limit configuration.');
        }
        const hardBytes = parseMemory(hard);
        const softBytes = parseMemory(soft);
        const softSeconds = parseInteger(seconds);
        if (O.isNone(hardBytes) || O.isNone(softBytes) || O.isNone(softSeconds) || softSeconds.value < 0) {
          return E.left('Error in hard, soft or soft_seconds setting in buffer limit configuration.');
        }
        limits = {
          ...limits,
          [clientClass]: { hardBytes: hardBytes.value, softBytes: softBytes.value, softSeconds: softSeconds.value },
        };
      }
    }
    return E.right(limits);
  },
  ({ normal, replica, pubsub }) => [
    limitWords('normal', normal),
    limitWords('slave', replica), // CONFIG GET says slave to this day, and what it says can be read back
    limitWords('pubsub', pubsub),
  ],
);

const lastLine = (lines: Lines): readonly string[] => lines.at(-1) ?? [];

/** Up to 16 addresses; `*` is any, a leading `-` forgives an address that the machine does not have. */
export const addresses: LinesCodec<readonly string[]> = linesCodec(
  'up to 16 addresses',
  t.readonlyArray(t.string).is,
  (lines) => {
    const words = lastLine(lines);
    if (words.length > 16) return E.left('Too many bind addresses specified.');
    return E.right(words.length === 1 && words[0] === '' ? [] : words);
  },
  (value) => [value.length === 0 ? [''] : value],
);

const inOomRange = (n: O.Option<number>): n is O.Some<number> => O.isSome(n) && n.value >= -2000 && n.value <= 2000;

/** Scores of master, replica and background children. */
export const oomScores: LinesCodec<readonly number[]> = linesCodec<readonly number[]>(
  'three integers from -2000 to 2000',
  t.readonlyArray(t.Int).is,
  (lines) => {
    const words = lastLine(lines);
    if (words.length !== 3) return E.left(WRONG_NUMBER_OF_ARGUMENTS);
    return every(words, (word) => {
      const score = parseInteger(word);
      return inOomRange(score)
        ? E.right(score.value)
        : E.left('Invalid oom-score-adj-values, elements must be between -2000 and 2000.');
    });
  },
  (scores) => [scores.map(String)],
);

/** Six decimals, as Redis prints them, without the zeros at the end. */
const formatPercentile = (value: number): string => value.toFixed(6).replace(/\.?0+$/, '');

export const percentiles: LinesCodec<readonly number[]> = linesCodec<readonly number[]>(
  'percentiles from 0.0 to 100.0',
  t.readonlyArray(t.number).is,
  (lines) => {
    const words = lastLine(lines);
    if (words.length === 1 && words[0] === '') return E.right([]);
    return every(words, (word) => {
      if (!/^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?$/i.test(word)) {
        return E.left('Invalid latency-tracking-info-percentiles parameters');
      }
      const value = Number(word);
      return value < 0 || value > 100
        ? E.left('latency-tracking-info-percentiles parameters should sit between [0.0,100.0]')
        : E.right(Math.abs(Number(value.toFixed(6))));
    });
  },
  (values) => [values.length === 0 ? [''] : values.map(formatPercentile)],
);

const KEY_EVENT_CLASSES = 'g$lshzxetdn';
const ALL_CLASSES = 'g$lshzxetd'; // what A stands for: neither key misses nor new keys

const canonicalEvents = (flags: string): string => {
  const has = (flag: string) => flags.includes(flag) || (flags.includes('A') && ALL_CLASSES.includes(flag));
  const pick = (from: string) => [...from].filter(has).join('');
  const classes = pick(KEY_EVENT_CLASSES);
  const all = classes.startsWith(ALL_CLASSES);
  return (all ? `A${classes.slice(ALL_CLASSES.length)}` : classes) + pick('KEm');
};

/**
 * Event classes in Redis' order, with A for all. Redis forgets to print `n` behind an A, so that CONFIG REWRITE would
 * lose it; here it is printed.
 */
export const eventClasses: LinesCodec<string> = wordCodec<string>(
  'letters out of Ag$lshzxeKEtmdn',
  t.string.is,
  (word) =>
    /^[Ag$lshzxeKEtmdn]*$/.test(word)
      ? E.right(canonicalEvents(word))
      : E.left("Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
  (value) => value,
);

const SHUTDOWN_WORDS = ['default', 'save', 'nosave', 'now', 'force'] as const;
export type ShutdownFlag = 'save' | 'nosave' | 'now' | 'force';
const isShutdownFlag = (word: string): word is ShutdownFlag | 'default' =>
  SHUTDOWN_WORDS.some((known) => known === word);

/** How a signal shuts the server down; none is the default: save when save points are set. */
export const shutdownFlags: LinesCodec<readonly ShutdownFlag[]> = linesCodec<readonly ShutdownFlag[]>(
  'default, or some of save, nosave, now, force',
  t.readonlyArray(t.keyof({ save: null, nosave: null, now: null, force: null })).is,
  (lines) => {
    const words = lastLine(lines).map((word) => word.toLowerCase());
    if (words.length === 0 || !words.every(isShutdownFlag)) return E.left(mustBeOneOf(SHUTDOWN_WORDS));
    const flags = SHUTDOWN_WORDS.filter((flag): flag is ShutdownFlag => flag !== 'default' && words.includes(flag));
    return flags.includes('save') && flags.includes('nosave')
      ? E.left("shutdown options SAVE and NOSAVE can't be used simultaneously")
      : E.right(flags);
  },
  (flags) => [flags.length === 0 ? ['default'] : flags],
);

export const auditClasses = ['write', 'admin', 'auth', 'read', 'replica'] as const;
export type RecordedClass = (typeof auditClasses)[number];

/** What the audit trail records, each once and in one order. */
export const auditEvents: LinesCodec<readonly RecordedClass[]> = linesCodec<readonly RecordedClass[]>(
  `some of ${auditClasses.join(', ')}`,
  t.readonlyArray(t.keyof({ write: null, admin: null, auth: null, read: null, replica: null })).is,
  (lines) => {
    const words = lastLine(lines).map((word) => word.toLowerCase());
    const isKnown = (word: string) => auditClasses.some((known) => known === word);
    if (words.length === 0 || !words.every(isKnown)) return E.left(mustBeOneOf(auditClasses));
    return E.right(auditClasses.filter((known) => words.includes(known)));
  },
  (classes) => [classes],
);

export interface MasterAddress {
  readonly host: string;
  readonly port: number;
}

/** `replicaof host port`, or `replicaof no one`. */
export const masterAddress: LinesCodec<MasterAddress | null> = linesCodec<MasterAddress | null>(
  'a host and a port, or no one',
  t.union([t.null, t.type({ host: t.string, port: t.Int })]).is,
  (lines) => {
    const words = lastLine(lines);
    if (words.length === 0 || (words.length === 1 && words[0] === '')) return E.right(null);
    const [host = '', port = '', ...rest] = words;
    if (words.length < 2 || rest.length > 0) return E.left(WRONG_NUMBER_OF_ARGUMENTS);
    if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') return E.right(null);
    const number = parseInteger(port);
    if (O.isNone(number) || number.value < 0 || number.value > 65535) return E.left('Invalid master port');
    return E.right({ host, port: number.value });
  },
  (address) => (address === null ? [] : [[address.host, String(address.port)]]), // a master has no such line
);

const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments';

export interface RenamedCommand {
  readonly from: string;
  /** Empty when the command is taken away. */
  readonly to: string;
}

export const renamedCommands: LinesCodec<readonly RenamedCommand[]> = linesCodec<readonly RenamedCommand[]>(
  'a command and its new name ("" takes it away)',
  t.readonlyArray(t.type({ from: t.string, to: t.string })).is,
  (lines) =>
    every(lines, ([from, to, ...rest]) =>
      from === undefined || to === undefined || rest.length > 0 ? E.left(BAD_DIRECTIVE) : E.right({ from, to }),
    ),
  (commands) => commands.map(({ from, to }) => [from, to]),
);

/** Lines that are kept as their words: `user name rule …`, `loadmodule path argument …`. */
export const wordLines = (name: string): LinesCodec<readonly (readonly string[])[]> =>
  linesCodec<readonly (readonly string[])[]>(
    name,
    t.readonlyArray(t.readonlyArray(t.string)).is,
    (lines) => (lines.every((words) => words.length > 0) ? E.right(lines) : E.left(BAD_DIRECTIVE)),
    (lines) => lines,
  );
