/**
 * Lists against the simplest thing that could be right: arrays. The limit is low, so that lists become chains and
 * listpacks again, and chunks split and join, while they are looked at.
 */
import test from 'ava';
import fc from 'fast-check';
import { Encoding } from '../../src/keyspace/entry.ts';
import { isSoundListpack } from '../../src/keyspace/listpack.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, show } from '../support/reply.ts';
import { textsOfChain } from './chain.ts';

interface Model {
  readonly lists: Map<string, string[]>;
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const bulk = (text: string | undefined): string => (text === undefined ? '$-1' : show.bytes(bytesOf(text)));
const array = (texts: readonly string[]): string => `[${texts.map(bulk).join(', ')}]`;

/** Every list of the model, as the server keeps it: equal, and sound. */
const compareAll = ({ lists }: Model, { keyspace }: MemoryServer): void => {
  const db = keyspace.databases[0]!;
  for (const [name, list] of lists) {
    const ref = db.findKey(bytesOf(name), 0, name.length);
    if (ref === 0) throw new Error(`${name} is missing`);
    if (db.encoding(ref) === Encoding.QuickList) {
      const kept = textsOfChain(keyspace, db.root(ref));
      if (JSON.stringify(kept) !== JSON.stringify(list)) throw new Error(`${name} holds ${array(kept)}`);
    } else {
      db.loadValue(ref);
      if (!isSoundListpack(db.valueBytes, db.valueAt, db.valueLength)) throw new Error(`${name}: a broken listpack`);
    }
  }
};

/** A command, and what the model says that it replies. */
class Step implements fc.Command<Model, MemoryServer> {
  private readonly args: readonly string[];
  private readonly expected: (model: Model) => string;

  constructor(args: readonly string[], expected: (model: Model) => string) {
    this.args = args;
    this.expected = expected;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, server: MemoryServer): void {
    const expected = this.expected(model);
    const actual = show(decodeReply(server.raw(this.args)));
    if (actual !== expected) throw new Error(`${this}: ${actual} instead of ${expected}`);
    compareAll(model, server);
  }

  toString(): string {
    return show.command(this.args);
  }
}

const key = fc.constantFrom('a', 'b');
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('x', 'y', 'z', '', '1', '-2') },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.constantFrom('9223372036854775807', '007', 'v'.repeat(64), 'w'.repeat(300)) },
  { weight: 1, arbitrary: fc.constantFrom('u'.repeat(1500), 't'.repeat(3000), 's'.repeat(5000), 'r'.repeat(9000)) },
);
const texts = fc.oneof(
  { weight: 4, arbitrary: fc.array(text, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(text, { minLength: 10, maxLength: 40 }) },
);
const index = fc.integer({ min: -30, max: 30 });
const side = fc.constantFrom('LEFT', 'RIGHT');

const listOf = (model: Model, name: string): string[] => model.lists.get(name) ?? [];
const keep = (model: Model, name: string, list: string[]): void => {
  if (list.length === 0) model.lists.delete(name);
  else model.lists.set(name, list);
};

/** The indexes that LRANGE and LTRIM mean. */
const rangeOf = (length: number, start: number, stop: number): [from: number, to: number] => [
  start < 0 ? Math.max(start + length, 0) : start,
  (stop < 0 ? stop + length : stop) + 1,
];

const slice = (list: readonly string[], start: number, stop: number): string[] => {
  const [from, to] = rangeOf(list.length, start, stop);
  return to <= from ? [] : list.slice(from, to);
};

/** Takes up to `count` elements from a side, the outermost first. */
const take = (model: Model, name: string, from: string, count: number): string[] => {
  const list = [...listOf(model, name)];
  const taken = from === 'LEFT' ? list.splice(0, count) : list.splice(-count, count).reverse();
  keep(model, name, list);
  return taken;
};

const put = (model: Model, name: string, to: string, added: readonly string[]): number => {
  const list = listOf(model, name);
  const longer = to === 'LEFT' ? [...[...added].reverse(), ...list] : [...list, ...added];
  keep(model, name, longer);
  return longer.length;
};

const steps: fc.Arbitrary<fc.Command<Model, MemoryServer>>[] = [
  ...(['LEFT', 'RIGHT'] as const).flatMap((at) => {
    const letter = at[0]!;
    return [
      fc
        .tuple(key, texts)
        .map(([k, list]) => new Step([`${letter}PUSH`, k, ...list], (model) => `:${put(model, k, at, list)}`)),
      fc
        .tuple(key, texts)
        .map(
          ([k, list]) =>
            new Step([`${letter}PUSHX`, k, ...list], (model) =>
              model.lists.has(k) ? `:${put(model, k, at, list)}` : ':0',
            ),
        ),
      key.map((k) => new Step([`${letter}POP`, k], (model) => bulk(take(model, k, at, 1)[0]))),
      fc.tuple(key, fc.integer({ min: 1, max: 12 })).map(
        ([k, count]) =>
          new Step([`${letter}POP`, k, String(count)], (model) => {
            return model.lists.has(k) ? array(take(model, k, at, count)) : '*-1';
          }),
      ),
    ];
  }),
  key.map((k) => new Step(['LLEN', k], (model) => `:${listOf(model, k).length}`)),
  key.map((k) => new Step(['LRANGE', k, '0', '-1'], (model) => array(listOf(model, k)))),
  fc
    .tuple(key, index, index)
    .map(
      ([k, start, stop]) =>
        new Step(['LRANGE', k, String(start), String(stop)], (model) => array(slice(listOf(model, k), start, stop))),
    ),
  fc.tuple(key, index).map(([k, i]) => new Step(['LINDEX', k, String(i)], (model) => bulk(listOf(model, k).at(i)))),
  fc.tuple(key, index, text).map(
    ([k, i, v]) =>
      new Step(['LSET', k, String(i), v], (model) => {
        const list = [...listOf(model, k)];
        if (list.length === 0) return '-ERR no such key';
        const at = i < 0 ? i + list.length : i;
        if (at < 0 || at >= list.length) return '-ERR index out of range';
        list[at] = v;
        keep(model, k, list);
        return '+OK';
      }),
  ),
  fc.tuple(key, fc.constantFrom('BEFORE', 'AFTER'), text, text).map(
    ([k, where, pivot, v]) =>
      new Step(['LINSERT', k, where, pivot, v], (model) => {
        const list = [...listOf(model, k)];
        if (list.length === 0) return ':0';
        const at = list.indexOf(pivot);
        if (at < 0) return ':-1';
        list.splice(where === 'BEFORE' ? at : at + 1, 0, v);
        keep(model, k, list);
        return `:${list.length}`;
      }),
  ),
  fc.tuple(key, fc.integer({ min: -3, max: 3 }), text).map(
    ([k, count, v]) =>
      new Step(['LREM', k, String(count), v], (model) => {
        const list = [...listOf(model, k)];
        const limit = count === 0 ? list.length : Math.abs(count);
        if (count < 0) list.reverse();
        let removed = 0;
        const left = list.filter((one) => one !== v || removed++ >= limit);
        if (count < 0) left.reverse();
        keep(model, k, left);
        return `:${list.length - left.length}`;
      }),
  ),
  fc.tuple(key, index, index).map(
    ([k, start, stop]) =>
      new Step(['LTRIM', k, String(start), String(stop)], (model) => {
        keep(model, k, slice(listOf(model, k), start, stop));
        return '+OK';
      }),
  ),
  fc.tuple(key, text, fc.integer({ min: -3, max: 3 }), fc.nat(3), fc.nat(20)).map(
    ([k, v, rank, count, maxLength]) =>
      new Step(['LPOS', k, v, 'RANK', String(rank || 1), 'COUNT', `${count}`, 'MAXLEN', `${maxLength}`], (model) => {
        const list = listOf(model, k).map((one, at) => [one, at] as const);
        if (rank < 0) list.reverse();
        const found = list
          .slice(0, maxLength || list.length)
          .filter(([one]) => one === v)
          .slice(Math.abs(rank || 1) - 1)
          .slice(0, count || list.length);
        return `[${found.map(([, at]) => `:${at}`).join(', ')}]`;
      }),
  ),
  fc.tuple(key, key, side, side).map(
    ([from, to, take1, put1]) =>
      new Step(['LMOVE', from, to, take1, put1], (model) => {
        const [moved] = take(model, from, take1, 1);
        if (moved !== undefined) put(model, to, put1, [moved]);
        return bulk(moved);
      }),
  ),
  fc.tuple(key, key, side, fc.integer({ min: 1, max: 5 })).map(
    ([first, second, from, count]) =>
      new Step(['LMPOP', '2', first, second, from, 'COUNT', String(count)], (model) => {
        const found = [first, second].find((name) => model.lists.has(name));
        return found === undefined ? '*-1' : `[${bulk(found)}, ${array(take(model, found, from, count))}]`;
      }),
  ),
  fc
    .tuple(key, key)
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        new Step(['COPY', from, to, 'REPLACE'], (model) => {
          const found = model.lists.get(from);
          if (found !== undefined) model.lists.set(to, [...found]);
          return found === undefined ? ':0' : ':1';
        }),
    ),
  key.map((k) => new Step(['DEL', k], (model) => (model.lists.delete(k) ? ':1' : ':0'))),
];

for (const size of [1, 2, 4, 10, -1, -2]) {
  test(`lists behave as arrays, and what they took comes back | list-max-listpack-size ${size}`, (t) => {
    fc.assert(
      fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => {
        const server = new MemoryServer({ config: { 'list-max-listpack-size': size } });
        const model: Model = { lists: new Map() };
        const before = server.keyspace.arena.usedBytes;
        fc.modelRun(() => ({ model, real: server }), commands);
        server.run('DEL a b');
        while (server.keyspace.reclaim(100));
        const after = server.keyspace.arena.usedBytes;
        if (after !== before) throw new Error(`${after - before} bytes are lost`);
      }),
      { numRuns: 60 },
    );
    t.pass();
  });
}
