/**
 * Arbitrary commands of the string group and of the keys group, every option and the invalid forms, and programs.
 *
 * In:  the arbitraries of `arbitraries.ts`.
 * Out: `Command`s and `Program`s.
 * Memory: none.
 *
 * Options are drawn with repetition and in any order, so contradictions (`NX XX`, `EX 10 KEEPTTL`) come by themselves.
 * @since 0.1.0
 */
import fc from 'fast-check';
import {
  badFloatText,
  Command,
  dbArg,
  floatText,
  futureMillisecondsArg,
  futureSecondsArg,
  integerArg,
  integerText,
  key,
  millisecondsArg,
  Program,
  pattern,
  secondsArg,
  unixMillisecondsArg,
  unixSecondsArg,
  value,
} from './arbitraries.ts';
import type { Arg } from './reply.ts';

export type Part = fc.Arbitrary<Arg | readonly Arg[]>;

const flatten = (parts: readonly (Arg | readonly Arg[])[]): Arg[] =>
  parts.flatMap((part) => (typeof part === 'object' && !(part instanceof Uint8Array) ? [...part] : [part]));

/** A command by its name, in either case, and the arbitraries of what follows. */
export const command = (name: string, ...parts: Part[]): fc.Arbitrary<Command> =>
  fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: fc.constant(name) }, { weight: 1, arbitrary: fc.constant(name.toLowerCase()) }),
      fc.tuple(...parts),
    )
    .map(([first, rest]) => new Command([...first.split(' '), ...flatten(rest)]));

export const word = (...words: string[]): fc.Arbitrary<readonly Arg[]> => fc.constantFrom(...words).map((one) => [one]);
export const withArg = (name: string, arg: fc.Arbitrary<Arg>): fc.Arbitrary<readonly Arg[]> =>
  arg.map((one) => [name, one]);

/** Up to `max` of the given options, in any order, with repetition. */
export const options = (max: number, ...choices: fc.Arbitrary<readonly Arg[]>[]): Part =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<readonly Arg[]>([]) },
    { weight: 3, arbitrary: fc.array(fc.oneof(...choices), { maxLength: max }).map((chosen) => chosen.flat()) },
  );

export const many = (part: fc.Arbitrary<Arg>, max = 4): Part => fc.array(part, { minLength: 1, maxLength: max });
const pairs: Part = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }).map((list) => list.flat());

const fromNow = [withArg('EX', secondsArg), withArg('PX', millisecondsArg)];
const futureExpiry = [...fromNow, withArg('EXAT', futureSecondsArg), withArg('pxat', futureMillisecondsArg)];
const anyExpiry = [...fromNow, withArg('EXAT', unixSecondsArg), withArg('pxat', unixMillisecondsArg)];
const condition = options(2, word('NX', 'XX', 'GT', 'lt'));
const offset: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(70).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('-1', '536870912', '9223372036854775807', 'x', '') },
);
const floatArg = fc.oneof(
  { weight: 4, arbitrary: floatText },
  { weight: 1, arbitrary: integerText },
  { weight: 1, arbitrary: badFloatText },
  { weight: 1, arbitrary: fc.constantFrom('inf', '-inf') },
);

const setWith = (expiry: typeof anyExpiry): fc.Arbitrary<Command> =>
  command('SET', key, value, options(3, ...expiry, word('NX', 'XX', 'get', 'KEEPTTL'), word('NX', 'bad')));

/** Any command of the string group whose outcome no later SCAN or RANDOMKEY can change. */
const steadyStringCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: setWith(futureExpiry) },
  { weight: 3, arbitrary: command('SET', key, value) },
  { weight: 3, arbitrary: command('GET', key) },
  { weight: 3, arbitrary: command('GETEX', key, options(2, ...anyExpiry, word('PERSIST'), word('bad'))) },
  command('GETDEL', key),
  command('GETSET', key, value),
  command('SETEX', key, secondsArg, value),
  command('PSETEX', key, millisecondsArg, value),
  command('SETNX', key, value),
  command('MSET', pairs),
  command('MSETNX', pairs),
  command('MGET', many(key)),
  command('STRLEN', key),
  { weight: 2, arbitrary: command('APPEND', key, value) },
  { weight: 2, arbitrary: command('GETRANGE', key, integerArg, integerArg) },
  command('SUBSTR', key, integerArg, integerArg),
  { weight: 2, arbitrary: command('SETRANGE', key, offset, value) },
  { weight: 2, arbitrary: command('INCR', key) },
  command('DECR', key),
  { weight: 2, arbitrary: command('INCRBY', key, integerArg) },
  command('DECRBY', key, integerArg),
  command('INCRBYFLOAT', key, floatArg),
  {
    weight: 2,
    arbitrary: command(
      'LCS',
      key,
      key,
      options(3, word('LEN', 'idx', 'WITHMATCHLEN'), withArg('MINMATCHLEN', integerArg), word('bad')),
    ),
  },
);

/**
 * Any command of the string group. SET with a time that is over leaves a key that is gone but still counted until a
 * command meets it; which keys RANDOMKEY and a partial SCAN meet is chance, so `anyCommand` does without that form.
 */
export const stringCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: steadyStringCommand },
  { weight: 1, arbitrary: setWith(anyExpiry) },
);

/** What DUMP says of `hello`, 12345, 7, -2147483648, 2^63-1, 100 x `a` and the empty string, then damaged ones. */
export const PAYLOADS: readonly Uint8Array[] = [
  '000568656c6c6f0a006372df766534200a',
  '00c139300a009d94ea2793fc08b9',
  '00c0070a0074cd48a283abce92',
  '00c2000000800a00c74f873e33558187',
  '0013393232333337323033363835343737353830370a003a657e9481e85f22',
  '00c3094064016161e057000161610a00e8a3b507b06df271',
  '00000a005d9b5c400f7fa2da',
  '000568656c6c6f0a006372df766534200b',
  '000568656c6c700a006372df766534200a',
  '000568656c6c6fff006372df766534200a',
  '0005',
  '',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

const idleSeconds = fc.constantFrom('0', '100', '-1', 'x');
const frequency = fc.constantFrom('0', '5', '255', '256', '-1', 'x');

/** Any command of the keys group. */
export const keysCommand: fc.Arbitrary<Command> = fc.oneof(
  command('DEL', many(key)),
  command('UNLINK', many(key)),
  command('EXISTS', many(key)),
  command('TOUCH', many(key)),
  command('TYPE', key),
  command('KEYS', pattern),
  {
    weight: 2,
    arbitrary: command(
      'SCAN',
      fc.constantFrom('0', '0', '0', '0', 'x', '', '-1'),
      options(
        3,
        withArg('COUNT', fc.constantFrom('1000', '5000', '1000', '0', '-1', 'x')),
        withArg('MATCH', pattern),
        withArg('TYPE', fc.constantFrom('string', 'STRING', 'list', 'nothing')),
        word('bad'),
      ),
    ),
  },
  command('RANDOMKEY'),
  { weight: 2, arbitrary: command('RENAME', key, key) },
  { weight: 2, arbitrary: command('RENAMENX', key, key) },
  { weight: 3, arbitrary: command('COPY', key, key, options(2, word('REPLACE'), withArg('db', dbArg), word('bad'))) },
  { weight: 2, arbitrary: command('MOVE', key, dbArg) },
  { weight: 2, arbitrary: command('EXPIRE', key, secondsArg, condition) },
  { weight: 2, arbitrary: command('PEXPIRE', key, millisecondsArg, condition) },
  { weight: 2, arbitrary: command('EXPIREAT', key, unixSecondsArg, condition) },
  { weight: 2, arbitrary: command('PEXPIREAT', key, unixMillisecondsArg, condition) },
  command('TTL', key),
  command('PTTL', key),
  command('EXPIRETIME', key),
  command('PEXPIRETIME', key),
  { weight: 2, arbitrary: command('PERSIST', key) },
  command('DUMP', key),
  {
    weight: 3,
    arbitrary: command(
      'RESTORE',
      key,
      fc.oneof({ weight: 3, arbitrary: fc.constant('0') }, { weight: 1, arbitrary: millisecondsArg }),
      fc.constantFrom(...PAYLOADS),
      options(
        3,
        word('REPLACE', 'replace', 'ABSTTL'),
        withArg('IDLETIME', idleSeconds),
        withArg('FREQ', frequency),
        word('bad'),
      ),
    ),
  },
  { weight: 3, arbitrary: command('OBJECT ENCODING', key) },
  command('OBJECT FREQ', key),
  command('OBJECT IDLETIME', key),
  command('OBJECT REFCOUNT', key),
  command('OBJECT HELP'),
  command('OBJECT NONSENSE', key),
  command('DBSIZE'),
  { weight: 2, arbitrary: command('SELECT', dbArg) },
  command('SWAPDB', dbArg, dbArg),
  command('FLUSHDB', options(1, word('ASYNC', 'SYNC', 'bad'))),
  command('FLUSHALL', options(1, word('ASYNC', 'SYNC', 'bad'))),
);

/** The wrong arity in both directions, and names that nobody knows. The words added are harmless as an expiry. */
export const mangled = (of: fc.Arbitrary<Command>): fc.Arbitrary<Command> =>
  fc.oneof(
    fc
      .tuple(of, fc.integer({ min: 1, max: 3 }))
      .map(([{ args }, drop]) => new Command(args.slice(0, Math.max(1, args.length - drop)))),
    fc
      .tuple(of, fc.array(fc.constantFrom('extra', 'NX', '', '100000', 'GET'), { minLength: 1, maxLength: 2 }))
      .map(([{ args }, extra]) => new Command([...args, ...extra])),
    of.map(({ args }) => new Command([`${String(args[0])}X`, ...args.slice(1)])),
  );

export interface ProgramOptions {
  /** Default: string and keys commands, three to two. */
  readonly commands?: fc.Arbitrary<Command>;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Whether wrong forms appear, about one in twelve. Default true. */
  readonly invalid?: boolean;
}

/** Any command of the string and keys groups. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: steadyStringCommand },
  { weight: 2, arbitrary: keysCommand },
);

/** A program for one connection. */
export const program = (settings: ProgramOptions = {}): fc.Arbitrary<Program> => {
  const { commands = anyCommand, minLength = 1, maxLength = 30, invalid = true } = settings;
  const one = invalid
    ? fc.oneof({ weight: 11, arbitrary: commands }, { weight: 1, arbitrary: mangled(commands) })
    : commands;
  return fc.array(one, { minLength, maxLength, size: 'max' }).map((list) => new Program(list));
};
