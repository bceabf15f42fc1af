/**
 * What "the same reply" means for commands whose replies may differ between two correct servers.
 *
 * In:  a command and the replies of two servers that are not equal byte for byte.
 * Out: whether the difference is one that Redis leaves open: an order, a clock, a choice.
 * Memory: none.
 * @since 0.1.0
 */
import { type Arg, type Reply, show } from './reply.ts';

/** `words` are the command's arguments as latin1 text, the name in upper case first. Errors never get here. */
export type Equivalence = (words: readonly string[], ours: Reply, theirs: Reply) => boolean;

const SLACK_SECONDS = 2;
const SLACK_MS = 2000;
/** The second byte of a payload whose string is compressed. */
const LZF = 0xc3;

const items = (reply: Reply): readonly Reply[] | undefined =>
  reply.type === 'array' || reply.type === 'set' || reply.type === 'push' ? reply.items : undefined;

const sorted = (replies: readonly Reply[]): string => replies.map(show).sort().join('\n');

/** Elements in any order: KEYS, SMEMBERS, ... */
export const unordered: Equivalence = (_, ours, theirs) => {
  const left = items(ours);
  const right = items(theirs);
  return left !== undefined && right !== undefined && ours.type === theirs.type && sorted(left) === sorted(right);
};

const pairs = (reply: Reply): readonly string[] | undefined => {
  if (reply.type === 'map') return reply.entries.map(([field, value]) => `${show(field)} ${show(value)}`);
  const list = items(reply);
  if (list === undefined || list.length % 2 === 1) return undefined;
  return list.flatMap((item, i) => (i % 2 === 0 ? [`${show(item)} ${show(list[i + 1]!)}`] : []));
};

/** Fields with values, in any order, as a map or as a flat array: HGETALL, CONFIG GET, ... */
export const unorderedPairs: Equivalence = (_, ours, theirs) => {
  const left = pairs(ours);
  const right = pairs(theirs);
  return (
    left !== undefined &&
    right !== undefined &&
    ours.type === theirs.type &&
    [...left].sort().join('\n') === [...right].sort().join('\n')
  );
};

/** Only the kind of reply counts: what it says is a matter of chance, of the clock or of the server. */
export const sameType: Equivalence = (_, ours, theirs) => ours.type === theirs.type;

/** As many elements, whichever they are: HRANDFIELD, SRANDMEMBER, ... */
export const sameShape: Equivalence = (_, ours, theirs) =>
  ours.type === theirs.type && items(ours)?.length === items(theirs)?.length;

/** A number that a clock moves: equal up to `slack`; what is negative is a code, and exact. */
export const within =
  (slack: number): Equivalence =>
  (_, ours, theirs) =>
    ours.type === 'integer' &&
    theirs.type === 'integer' &&
    ours.value >= 0 &&
    theirs.value >= 0 &&
    Math.abs(Number(ours.value) - Number(theirs.value)) <= slack;

/** SCAN and its kin: comparable when one call from the start returns everything, otherwise only the shape is. */
const scanned =
  (asPairs: boolean): Equivalence =>
  (words, ours, theirs) => {
    const [, left] = items(ours) ?? [];
    const [, right] = items(theirs) ?? [];
    if (left === undefined || right === undefined || left.type !== right.type) return false;
    const cursor = words[0] === 'SCAN' ? words[1] : words[2];
    const count = words.findIndex((word) => word.toUpperCase() === 'COUNT');
    if (cursor !== '0' || count === -1 || !(Number(words[count + 1]) >= 1000)) return true;
    return asPairs ? unorderedPairs(words, left, right) : unordered(words, left, right);
  };

/**
 * DUMP: whether and how a string is compressed is the server's choice, and in which order the elements of a table come;
 * that the value is the same is what DEBUG DIGEST says.
 */
const dumped: Equivalence = (_, ours, theirs) =>
  ours.type === 'bulk' &&
  theirs.type === 'bulk' &&
  ours.bytes[0] === theirs.bytes[0] &&
  (ours.bytes[0] !== 0 || ours.bytes[1] === LZF || theirs.bytes[1] === LZF);

const seconds = within(SLACK_SECONDS);

/** redis-server keeps one object for each small integer, whose idle time is that of all keys with this value. */
const idle: Equivalence = (words, ours, theirs) =>
  seconds(words, ours, theirs) ||
  (ours.type === 'integer' && theirs.type === 'integer' && ours.value <= SLACK_SECONDS && theirs.value >= 0);
const milliseconds = within(SLACK_MS);

/** By command, or by command and subcommand. A command that is not listed must answer byte for byte. */
export const EQUIVALENCES: Readonly<Record<string, Equivalence>> = {
  KEYS: unordered,
  SCAN: scanned(false),
  RANDOMKEY: sameType,
  TTL: seconds,
  PTTL: milliseconds,
  EXPIRETIME: seconds,
  PEXPIRETIME: milliseconds,
  DUMP: dumped,
  'OBJECT IDLETIME': idle,
  'OBJECT REFCOUNT': sameType,
  TIME: sameType,
  LASTSAVE: sameType,
  INFO: sameType,
  HELLO: sameType,
  LOLWUT: sameType,
  'CLIENT ID': sameType,
  'CLIENT INFO': sameType,
  'CLIENT LIST': sameType,
  'CONFIG GET': unorderedPairs,
  'COMMAND LIST': unordered,
  'DEBUG OBJECT': sameType,
  'MEMORY USAGE': sameType,
  SMEMBERS: unordered,
  SINTER: unordered,
  SUNION: unordered,
  SDIFF: unordered,
  SPOP: unordered,
  SRANDMEMBER: sameShape,
  SSCAN: scanned(false),
  HSCAN: scanned(true),
  ZSCAN: scanned(true),
  HGETALL: unorderedPairs,
  HKEYS: unordered,
  HVALS: unordered,
  HRANDFIELD: sameShape,
  ZRANDMEMBER: sameShape,
};

const hasError = (reply: Reply): boolean => reply.type === 'error' || (items(reply) ?? []).some(hasError);

/** Whether two different replies to one command are equally right. */
export const areEquivalent = (args: readonly Arg[], ours: Reply, theirs: Reply): boolean => {
  if (hasError(ours) || hasError(theirs)) return false;
  const words = args.map((arg) => (typeof arg === 'object' ? Buffer.from(arg).toString('latin1') : String(arg)));
  words[0] = (words[0] ?? '').toUpperCase();
  const rule = EQUIVALENCES[`${words[0]} ${(words[1] ?? '').toUpperCase()}`] ?? EQUIVALENCES[words[0]];
  return rule?.(words, ours, theirs) ?? false;
};
