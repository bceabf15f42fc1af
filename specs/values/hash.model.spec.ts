/**
 * Hashes against the simplest thing that could be right: a Map of Maps. The limits are low, so that most hashes become
 * tables while they are looked at.
 */
import test from 'ava';
import fc from 'fast-check';
import { Encoding } from '../../src/keyspace/entry.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, show } from '../support/reply.ts';

interface Model {
  readonly hashes: Map<string, Map<string, string>>;
}

const ENTRIES_MAX = 4;
const VALUE_BYTES_MAX = 8;
const LIMITS = { 'hash-max-listpack-entries': ENTRIES_MAX, 'hash-max-listpack-value': VALUE_BYTES_MAX };

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const bulk = (text: string | undefined): string => (text === undefined ? '$-1' : show.bytes(bytesOf(text)));
const sorted = (texts: readonly string[]): string => [...texts].sort().join(' ');

/** The items of an array reply, in no order; pairs stay together. */
const itemsOf = (raw: Buffer, width: number): string => {
  const reply = decodeReply(raw);
  if (reply.type !== 'array') return show(reply);
  const groups: string[] = [];
  for (let i = 0; i < reply.items.length; i += width) {
    groups.push(
      reply.items
        .slice(i, i + width)
        .map(show)
        .join('='),
    );
  }
  return sorted(groups);
};

/** A command, how to read its reply, and what the model says that it is. */
class Step implements fc.Command<Model, MemoryServer> {
  private readonly args: readonly string[];
  private readonly expected: (model: Model) => string;
  private readonly read: (raw: Buffer) => string;

  constructor(
    args: readonly string[],
    expected: (model: Model) => string,
    read: (raw: Buffer) => string = (raw) => show(decodeReply(raw)),
  ) {
    this.args = args;
    this.expected = expected;
    this.read = read;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, server: MemoryServer): void {
    const expected = this.expected(model);
    const actual = this.read(server.raw(this.args));
    if (actual !== expected) throw new Error(`${this}: ${actual} instead of ${expected}`);
  }

  toString(): string {
    return show.command(this.args);
  }
}

const key = fc.constantFrom('a', 'b');
const field = fc.oneof(
  fc.constantFrom('f', 'g', '1', '-70000', '4294967296', '01', '', 'x'.repeat(9), 'y'.repeat(300)),
  fc.nat(12).map(String),
);
const text = fc.oneof(
  fc.string({ maxLength: 9, unit: 'binary-ascii' }),
  fc.integer().map(String),
  fc.constantFrom('', '9223372036854775807', 'z'.repeat(70), 'w'.repeat(300), 'v'.repeat(3000)),
);
const pairs = fc.array(fc.tuple(field, text), { minLength: 1, maxLength: 6 });

const hashOf = (model: Model, name: string): Map<string, string> => model.hashes.get(name) ?? new Map();
const keep = (model: Model, name: string, hash: Map<string, string>): void => {
  if (hash.size === 0) model.hashes.delete(name);
  else model.hashes.set(name, hash);
};

const steps: fc.Arbitrary<fc.Command<Model, MemoryServer>>[] = [
  fc.tuple(key, pairs).map(
    ([k, list]) =>
      new Step(['HSET', k, ...list.flat()], (model) => {
        const hash = hashOf(model, k);
        const before = hash.size;
        for (const [f, v] of list) hash.set(f, v);
        keep(model, k, hash);
        return `:${hash.size - before}`;
      }),
  ),
  fc.tuple(key, field, text).map(
    ([k, f, v]) =>
      new Step(['HSETNX', k, f, v], (model) => {
        const hash = hashOf(model, k);
        if (hash.has(f)) return ':0';
        keep(model, k, hash.set(f, v));
        return ':1';
      }),
  ),
  fc.tuple(key, fc.array(field, { minLength: 1, maxLength: 5 })).map(
    ([k, list]) =>
      new Step(['HDEL', k, ...list], (model) => {
        const hash = hashOf(model, k);
        const before = hash.size;
        for (const f of list) hash.delete(f);
        keep(model, k, hash);
        return `:${before - hash.size}`;
      }),
  ),
  fc.tuple(key, field).map(([k, f]) => new Step(['HGET', k, f], (model) => bulk(hashOf(model, k).get(f)))),
  fc
    .tuple(key, field)
    .map(([k, f]) => new Step(['HSTRLEN', k, f], (model) => `:${hashOf(model, k).get(f)?.length ?? 0}`)),
  fc.tuple(key, field, fc.integer({ min: -2000, max: 2000 })).map(
    ([k, f, by]) =>
      new Step(['HINCRBY', k, f, String(by)], (model) => {
        const hash = hashOf(model, k);
        const old = hash.get(f) ?? '0';
        if (!/^(0|-?[1-9]\d{0,18})$/.test(old)) return '-ERR hash value is not an integer';
        const sum = BigInt(old) + BigInt(by);
        if (BigInt.asIntN(64, sum) !== sum) return '-ERR increment or decrement would overflow';
        keep(model, k, hash.set(f, String(sum)));
        return `:${sum}`;
      }),
  ),
  key.map((k) => new Step(['HLEN', k], (model) => `:${hashOf(model, k).size}`)),
  key.map(
    (k) =>
      new Step(
        ['HKEYS', k],
        (model) => sorted([...hashOf(model, k).keys()].map(bulk)),
        (raw) => itemsOf(raw, 1),
      ),
  ),
  key.map(
    (k) =>
      new Step(
        ['HGETALL', k],
        (model) => sorted([...hashOf(model, k)].map(([f, v]) => `${bulk(f)}=${bulk(v)}`)),
        (raw) => itemsOf(raw, 2),
      ),
  ),
  key.map(
    (k) =>
      new Step(
        ['HRANDFIELD', k, '100', 'WITHVALUES'],
        (model) => sorted([...hashOf(model, k)].map(([f, v]) => `${bulk(f)}=${bulk(v)}`)),
        (raw) => itemsOf(raw, 2),
      ),
  ),
  fc
    .tuple(key, key)
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        new Step(['COPY', from, to, 'REPLACE'], (model) => {
          const found = model.hashes.get(from);
          if (found !== undefined) model.hashes.set(to, new Map(found));
          return found === undefined ? ':0' : ':1';
        }),
    ),
  key.map((k) => new Step(['DEL', k], (model) => (model.hashes.delete(k) ? ':1' : ':0'))),
];

/** What the encoding of a hash must be where no history can matter. */
const encodingIsRight = ({ keyspace }: MemoryServer, name: string, hash: Map<string, string>): boolean => {
  const db = keyspace.databases[0]!;
  const encoding = db.encoding(db.findKey(bytesOf(name), 0, name.length));
  const longest = Math.max(...[...hash].flat().map((one) => one.length));
  return encoding === Encoding.HashTable || (hash.size <= ENTRIES_MAX && longest <= VALUE_BYTES_MAX);
};

test('hashes behave as Maps, and what they took comes back', (t) => {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => {
      const server = new MemoryServer({ config: LIMITS });
      const model: Model = { hashes: new Map() };
      const before = server.keyspace.arena.usedBytes;
      fc.modelRun(() => ({ model, real: server }), commands);
      for (const [name, hash] of model.hashes) {
        if (!encodingIsRight(server, name, hash)) throw new Error(`${name} is still a listpack`);
      }
      server.run('DEL a b');
      while (server.keyspace.reclaim(100));
      const after = server.keyspace.arena.usedBytes;
      if (after !== before) throw new Error(`${after - before} bytes are lost`);
    }),
    { numRuns: 300 },
  );
  t.pass();
});
