/**
 * Sets against the simplest thing that could be right: a Map of Sets. The limits are low, so that sets change their
 * encoding while they are looked at.
 */
import test from 'ava';
import fc from 'fast-check';
import { MISSING } from '../../src/keyspace/database.ts';
import { Encoding } from '../../src/keyspace/entry.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, type Reply, show } from '../support/reply.ts';

type Model = Map<string, Set<string>>;

const INTEGERS_MAX = 4;
const ENTRIES_MAX = 6;
const BYTES_MAX = 8;
const LIMITS = {
  'set-max-intset-entries': INTEGERS_MAX,
  'set-max-listpack-entries': ENTRIES_MAX,
  'set-max-listpack-value': BYTES_MAX,
};

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A reply as members in order; anything else as it is shown. */
const members = (reply: Reply): string =>
  reply.type === 'array' || reply.type === 'set' ? reply.items.map(show).sort().join(' ') : show(reply);

const asReply = (texts: Iterable<string>): string =>
  [...texts]
    .map((text) => show.bytes(bytesOf(text)))
    .sort()
    .join(' ');

const textsOf = (reply: Reply): string[] =>
  (reply.type === 'array' || reply.type === 'set' ? reply.items : [reply]).flatMap((item) =>
    item.type === 'bulk' ? [item.bytes.toString('latin1')] : [],
  );

/** A command, and what the model makes of its reply: the reply it expects. The reply itself says which way chance went. */
class Step implements fc.Command<Model, MemoryServer> {
  private readonly args: readonly string[];
  private readonly expected: (model: Model, reply: Reply) => string;

  constructor(args: readonly string[], expected: (model: Model, reply: Reply) => string) {
    this.args = args;
    this.expected = expected;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, server: MemoryServer): void {
    const reply = decodeReply(server.raw(this.args));
    const expected = this.expected(model, reply);
    if (members(reply) !== expected) throw new Error(`${this}: ${members(reply)} instead of ${expected}`);
  }

  toString(): string {
    return show.command(this.args);
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const member = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9).map(String) },
  fc.constantFrom('x', 'y', 'z', '', '01', '-0', '+1', 'x'.repeat(9), 'y'.repeat(300)),
  fc.constantFrom(
    '-32769',
    '40000',
    '-2147483649',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
  ),
);
const several = fc.array(member, { minLength: 1, maxLength: 7 });
const keys = fc.array(key, { minLength: 1, maxLength: 3 });

const setOf = (model: Model, name: string): Set<string> => model.get(name) ?? new Set();
const keep = (model: Model, name: string, set: Set<string>): void => {
  if (set.size === 0) model.delete(name);
  else model.set(name, set);
};

const inter = (model: Model, names: readonly string[]): Set<string> => {
  const [first, ...rest] = names.map((name) => setOf(model, name));
  return new Set([...first!].filter((one) => rest.every((other) => other.has(one))));
};
const union = (model: Model, names: readonly string[]): Set<string> =>
  new Set(names.flatMap((name) => [...setOf(model, name)]));
const diff = (model: Model, names: readonly string[]): Set<string> => {
  const [first, ...rest] = names.map((name) => setOf(model, name));
  return new Set([...first!].filter((one) => !rest.some((other) => other.has(one))));
};

const algebra = (name: string, of: (model: Model, names: readonly string[]) => Set<string>) => [
  keys.map((names) => new Step([name, ...names], (model) => asReply(of(model, names)))),
  fc.tuple(key, keys).map(
    ([to, names]) =>
      new Step([`${name}STORE`, to, ...names], (model) => {
        const result = of(model, names);
        keep(model, to, result);
        return `:${result.size}`;
      }),
  ),
];

const steps: fc.Arbitrary<fc.Command<Model, MemoryServer>>[] = [
  ...[0, 1, 2].map(() =>
    fc.tuple(key, several).map(
      ([k, list]) =>
        new Step(['SADD', k, ...list], (model) => {
          const set = new Set(setOf(model, k));
          const before = set.size;
          for (const one of list) set.add(one);
          keep(model, k, set);
          return `:${set.size - before}`;
        }),
    ),
  ),
  fc.tuple(key, several).map(
    ([k, list]) =>
      new Step(['SREM', k, ...list], (model) => {
        const set = new Set(setOf(model, k));
        const before = set.size;
        for (const one of list) set.delete(one);
        keep(model, k, set);
        return `:${before - set.size}`;
      }),
  ),
  fc.tuple(key, key, member).map(
    ([from, to, one]) =>
      new Step(['SMOVE', from, to, one], (model) => {
        const source = new Set(setOf(model, from));
        if (!source.delete(one)) return ':0';
        if (from === to) return ':1';
        keep(model, from, source);
        keep(model, to, new Set(setOf(model, to)).add(one));
        return ':1';
      }),
  ),
  key.map((k) => new Step(['SCARD', k], (model) => `:${setOf(model, k).size}`)),
  key.map((k) => new Step(['SMEMBERS', k], (model) => asReply(setOf(model, k)))),
  fc
    .tuple(key, member)
    .map(([k, one]) => new Step(['SISMEMBER', k, one], (model) => `:${Number(setOf(model, k).has(one))}`)),
  fc.tuple(key, several).map(
    ([k, list]) =>
      new Step(['SMISMEMBER', k, ...list], (model) =>
        list
          .map((one) => `:${Number(setOf(model, k).has(one))}`)
          .sort()
          .join(' '),
      ),
  ),
  fc.tuple(key, fc.nat(8)).map(
    ([k, count]) =>
      new Step(['SPOP', k, String(count)], (model, reply) => {
        const set = new Set(setOf(model, k));
        const popped = textsOf(reply);
        const ours = popped.filter((one) => set.delete(one));
        const isRight = ours.length === popped.length && popped.length === Math.min(count, setOf(model, k).size);
        keep(model, k, set);
        return isRight ? members(reply) : `${count} members of ${k}`;
      }),
  ),
  key.map(
    (k) =>
      new Step(['SPOP', k], (model, reply) => {
        const set = new Set(setOf(model, k));
        if (set.size === 0) return '$-1';
        const isThere = set.delete(textsOf(reply)[0] ?? 'nothing');
        keep(model, k, set);
        return isThere ? show(reply) : `a member of ${k}`;
      }),
  ),
  fc.tuple(key, fc.integer({ min: -8, max: 8 })).map(
    ([k, count]) =>
      new Step(['SRANDMEMBER', k, String(count)], (model, reply) => {
        const set = setOf(model, k);
        const chosen = textsOf(reply);
        const wanted = set.size === 0 ? 0 : count < 0 ? -count : Math.min(count, set.size);
        const differ = count < 0 || new Set(chosen).size === chosen.length;
        const isRight = differ && chosen.length === wanted && chosen.every((one) => set.has(one));
        return isRight ? members(reply) : `${wanted} members of ${k}`;
      }),
  ),
  ...algebra('SINTER', inter),
  ...algebra('SUNION', union),
  ...algebra('SDIFF', diff),
  fc.tuple(keys, fc.nat(3)).map(
    ([names, limit]) =>
      new Step(['SINTERCARD', String(names.length), ...names, 'LIMIT', String(limit)], (model) => {
        const { size } = inter(model, names);
        return `:${limit === 0 ? size : Math.min(size, limit)}`;
      }),
  ),
  fc
    .tuple(key, key)
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        new Step(['COPY', from, to, 'REPLACE'], (model) => {
          const found = model.get(from);
          if (found !== undefined) model.set(to, new Set(found));
          return found === undefined ? ':0' : ':1';
        }),
    ),
  key.map((k) => new Step(['DEL', k], (model) => (model.delete(k) ? ':1' : ':0'))),
];

const INTEGER = /^(0|-?[1-9]\d{0,18})$/;
const isInteger = (text: string): boolean => INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);

/** What a set's encoding can hold, whatever its history. */
const encodingIsRight = ({ keyspace }: MemoryServer, name: string, set: Set<string>): boolean => {
  const db = keyspace.databases[0]!;
  const ref = db.findKey(bytesOf(name), 0, name.length);
  if (ref === MISSING) return false;
  const encoding = db.encoding(ref);
  if (encoding === Encoding.IntSet) return set.size <= INTEGERS_MAX && [...set].every(isInteger);
  const longest = Math.max(...[...set].map((one) => one.length));
  // An integer of the intset that came before is longer than a listpack of its own would take.
  return encoding === Encoding.HashTable || (set.size <= ENTRIES_MAX && longest <= BYTES_MAX);
};

const run = (commands: Iterable<fc.Command<Model, MemoryServer>>): void => {
  const server = new MemoryServer({ config: LIMITS });
  const model: Model = new Map();
  // The table of keys keeps the size that three of them have given it.
  server.run('MSET a 1 b 2 c 3');
  server.run('DEL a b c');
  const before = server.keyspace.arena.usedBytes;
  fc.modelRun(() => ({ model, real: server }), commands);
  for (const [name, set] of model) {
    if (!encodingIsRight(server, name, set)) throw new Error(`${name} has an encoding that cannot hold it`);
  }
  server.run('DEL a b c');
  while (server.keyspace.reclaim(100));
  const after = server.keyspace.arena.usedBytes;
  if (after !== before) throw new Error(`${after - before} bytes are lost`);
};

test('sets behave as Sets, and what they took comes back', (t) => {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => run(commands)),
    { numRuns: 400 },
  );
  t.pass();
});
