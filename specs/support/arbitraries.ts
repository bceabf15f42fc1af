/**
 * Arbitrary inputs: keys, values, chunkings of bytes, commands and programs.
 *
 * In:  fast-check.
 * Out: arbitraries whose values print as redis-cli reads them, so that a counterexample can be pasted.
 * Memory: none.
 *
 * Keys come from a small pool, so that commands meet. Times are either over at once or so far away that no run sees
 * them end. The commands themselves are in `arbitrary-commands.ts`.
 * @since 0.1.0
 */
import fc from 'fast-check';
import { type Arg, encodeCommand, show } from './reply.ts';

/** One command; prints as redis-cli reads it. */
export class Command {
  readonly args: readonly Arg[];

  constructor(args: readonly Arg[]) {
    this.args = args;
  }

  encode(): Buffer {
    return encodeCommand(this.args);
  }

  toString(): string {
    return show.command(this.args);
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

/** A sequence of commands for one connection; prints one command per line. */
export class Program {
  readonly commands: readonly Command[];

  constructor(commands: readonly Command[]) {
    this.commands = commands;
  }

  /** As `oracle.ts` takes it. */
  get script(): readonly (readonly Arg[])[] {
    return this.commands.map((command) => command.args);
  }

  encode(): Buffer {
    return Buffer.concat(this.commands.map((command) => command.encode()));
  }

  toString(): string {
    return this.commands.join('\n');
  }

  [fc.toStringMethod](): string {
    return `\n${this.toString()}\n`;
  }
}

export const KEYS: readonly string[] = ['a', 'b', 'c', 'k:1', 'k:2', 'with space', '', '\x00\xff\r\n'];

/** A key out of a pool of eight, the first ones more often. */
export const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
);

/** Texts that are a 64-bit integer for Redis, the extremes included. */
export const integerText: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.constantFrom('9223372036854775807', '-9223372036854775808', '9999', '10000', '2147483648', '-32769'),
);

/** Texts that look like an integer and are none. */
export const badIntegerText: fc.Arbitrary<string> = fc.constantFrom(
  '9223372036854775808',
  '-9223372036854775809',
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '-0',
  '1.0',
  '1e3',
  '0x1',
  'abc',
  '-',
);

export const floatText: fc.Arbitrary<string> = fc.constantFrom(
  '0.1',
  '-0.5',
  '3.0',
  '1.5',
  '5.0e3',
  '1e10',
  '-2.25',
  '123456789.125',
  '0.0001',
  '3',
  '-7',
);

export const badFloatText: fc.Arbitrary<string> = fc.constantFrom('nan', 'abc', '', ' 1', '1 ', '1,5', '--1', '1e400');

const sizedValue: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('x', 'ab', 'lorem ipsum ', '\xff\x00'),
    fc.constantFrom(20, 21, 43, 44, 45, 63, 64, 65, 300, 1000),
  )
  .map(([pattern, bytes]) => pattern.repeat(bytes).slice(0, bytes));

/** A string value: small, binary, empty, integer, float, or at the edges of an encoding. */
export const value: fc.Arbitrary<Arg> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 6, unit: 'grapheme-ascii' }) },
  { weight: 3, arbitrary: integerText },
  { weight: 1, arbitrary: badIntegerText },
  { weight: 1, arbitrary: floatText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 1, arbitrary: sizedValue },
);

/** An integer argument: mostly a small one, sometimes an extreme, now and then none at all. */
export const integerArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  { weight: 1, arbitrary: integerText },
  { weight: 1, arbitrary: badIntegerText },
);

/**
 * Seconds from now: far away, or over at once, or wrong. Two of them hardly ever mean the same time: GT and LT would
 * compare them by the milliseconds between the two commands.
 */
export const secondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 50_000 }).map((n) => String(n * 100)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0', '-1', '-100', '9223372036854775807', '9223372036854775', '-9223372036854775808'),
  },
  { weight: 1, arbitrary: badIntegerText },
);

/** Milliseconds from now, as `secondsArg`. */
export const millisecondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 50_000 }).map((n) => String(n * 100_000 + 50_000)) },
  { weight: 1, arbitrary: fc.constantFrom('0', '-1', '-100', '9223372036854775807', '-9223372036854775808') },
  { weight: 1, arbitrary: badIntegerText },
);

/** A point in time in seconds: in the 2100s and later, or wrong. */
export const futureSecondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('4102444800', '4102444801', '33177117420') },
  { weight: 1, arbitrary: fc.constantFrom('0', '-1', '9223372036854775807') },
  { weight: 1, arbitrary: badIntegerText },
);

export const futureMillisecondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('4102444800000', '4102444800001', '33177117420000') },
  { weight: 1, arbitrary: fc.constantFrom('0', '-1', '9223372036854775807') },
  { weight: 1, arbitrary: badIntegerText },
);

/** As above, or long ago. */
export const unixSecondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: futureSecondsArg },
  { weight: 1, arbitrary: fc.constantFrom('1', '1000000000') },
);

export const unixMillisecondsArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: futureMillisecondsArg },
  { weight: 1, arbitrary: fc.constantFrom('1', '1000000000000') },
);

/** A database number: 0 and 1, so that programs meet again, now and then one that does not exist. */
export const dbArg: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1') },
  { weight: 1, arbitrary: fc.constantFrom('15', '16', '-1', 'x', '', '99999999999999999999') },
);

export const pattern: fc.Arbitrary<string> = fc.constantFrom(
  '*',
  '?',
  'a',
  'a*',
  '*1',
  'k:?',
  '[ab]',
  '[^a]',
  '[a-c]',
  '[c-a]',
  '\\a',
  '[\\a]',
  '**',
  '',
  '*[',
  '[',
  'none',
);

/**
 * Ways to cut bytes into chunks: whole, at arbitrary positions, or one byte at a time. No chunk is empty.
 * A codec law is checked as `decode(chunks) = decode(whole)`.
 */
export const chunkings = (bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> => {
  const cutAt = (positions: readonly number[]): Uint8Array[] => {
    const ends = [...new Set([...positions, bytes.length])].filter((end) => end > 0).sort((a, b) => a - b);
    return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
  };
  return fc.oneof(
    { weight: 6, arbitrary: fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }).map(cutAt) },
    { weight: 1, arbitrary: fc.constant(cutAt(Array.from({ length: Math.min(bytes.length, 4000) }, (_, i) => i + 1))) },
  );
};

/** Bytes together with a chunking of them. */
export const chunked = (
  bytes: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<{ readonly bytes: Uint8Array; readonly chunks: Uint8Array[] }> =>
  bytes.chain((whole) => chunkings(whole).map((chunks) => ({ bytes: whole, chunks })));
