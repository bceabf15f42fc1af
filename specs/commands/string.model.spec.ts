/**
 * Strings and their life time against the simplest thing that could be right: a Map and a clock.
 */
import test from 'ava';
import fc from 'fast-check';
import { MemoryServer } from '../support/reduce.ts';
import { show } from '../support/reply.ts';

interface Model {
  nowMs: number;
  readonly strings: Map<string, { text: string; expireAtMs: number | undefined }>;
}

const bulk = (text: string | undefined): string =>
  text === undefined ? '$-1' : show.bytes(Buffer.from(text, 'latin1'));

/** What is there and not over. */
const live = (model: Model, key: string): { text: string; expireAtMs: number | undefined } | undefined => {
  const found = model.strings.get(key);
  if (found?.expireAtMs === undefined || found.expireAtMs >= model.nowMs) return found;
  model.strings.delete(key);
  return undefined;
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
    const { reply } = server.run(this.args);
    if (reply !== expected) throw new Error(`${this}: ${reply} instead of ${expected}`);
  }

  toString(): string {
    return show.command(this.args);
  }
}

class Advance implements fc.Command<Model, MemoryServer> {
  private readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, server: MemoryServer): void {
    model.nowMs += this.ms;
    server.advance(this.ms);
  }

  toString(): string {
    return `(${this.ms} ms later)`;
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const text = fc.oneof(
  fc.string({ maxLength: 5, unit: 'binary-ascii' }),
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.constantFrom('', 'x'.repeat(44), 'y'.repeat(255), 'z'.repeat(256), 'w'.repeat(2049)),
);
const ms = fc.integer({ min: 1, max: 100 });

const steps: fc.Arbitrary<fc.Command<Model, MemoryServer>>[] = [
  ms.map((wait) => new Advance(wait)),
  fc.tuple(key, text).map(
    ([k, v]) =>
      new Step(['SET', k, v], (model) => {
        model.strings.set(k, { text: v, expireAtMs: undefined });
        return '+OK';
      }),
  ),
  fc.tuple(key, text, ms).map(
    ([k, v, wait]) =>
      new Step(['SET', k, v, 'PX', String(wait)], (model) => {
        model.strings.set(k, { text: v, expireAtMs: model.nowMs + wait });
        return '+OK';
      }),
  ),
  fc.tuple(key, text, fc.constantFrom('NX', 'XX')).map(
    ([k, v, condition]) =>
      new Step(['SET', k, v, condition, 'GET', 'KEEPTTL'], (model) => {
        const old = live(model, k);
        if ((old === undefined) === (condition === 'NX')) {
          model.strings.set(k, { text: v, expireAtMs: old?.expireAtMs });
        }
        return bulk(old?.text);
      }),
  ),
  key.map((k) => new Step(['GET', k], (model) => bulk(live(model, k)?.text))),
  fc.tuple(key, text).map(
    ([k, v]) =>
      new Step(['APPEND', k, v], (model) => {
        const old = live(model, k);
        const joined = (old?.text ?? '') + v;
        model.strings.set(k, { text: joined, expireAtMs: old?.expireAtMs });
        return `:${joined.length}`;
      }),
  ),
  fc.tuple(key, fc.nat(300), text).map(
    ([k, offset, v]) =>
      new Step(['SETRANGE', k, String(offset), v], (model) => {
        const old = live(model, k);
        if (v === '') return `:${old?.text.length ?? 0}`;
        const before = (old?.text ?? '').padEnd(offset, '\0');
        const result = before.slice(0, offset) + v + before.slice(offset + v.length);
        model.strings.set(k, { text: result, expireAtMs: old?.expireAtMs });
        return `:${result.length}`;
      }),
  ),
  fc.tuple(key, fc.integer({ min: -2000, max: 2000 })).map(
    ([k, by]) =>
      new Step(['INCRBY', k, String(by)], (model) => {
        const old = live(model, k);
        if (!/^(0|-?[1-9]\d{0,17})$/.test(old?.text ?? '0')) return '-ERR value is not an integer or out of range';
        const sum = String(BigInt(old?.text ?? '0') + BigInt(by));
        model.strings.set(k, { text: sum, expireAtMs: old?.expireAtMs });
        return `:${sum}`;
      }),
  ),
  key.map(
    (k) =>
      new Step(['DEL', k], (model) => {
        const found = live(model, k);
        model.strings.delete(k);
        return found === undefined ? ':0' : ':1';
      }),
  ),
  fc.tuple(key, ms).map(
    ([k, wait]) =>
      new Step(['PEXPIRE', k, String(wait)], (model) => {
        const found = live(model, k);
        if (found !== undefined) found.expireAtMs = model.nowMs + wait;
        return found === undefined ? ':0' : ':1';
      }),
  ),
  key.map(
    (k) =>
      new Step(['PERSIST', k], (model) => {
        const found = live(model, k);
        if (found?.expireAtMs === undefined) return ':0';
        found.expireAtMs = undefined;
        return ':1';
      }),
  ),
  key.map(
    (k) =>
      new Step(['PTTL', k], (model) => {
        const found = live(model, k);
        if (found === undefined) return ':-2';
        return found.expireAtMs === undefined ? ':-1' : `:${found.expireAtMs - model.nowMs}`;
      }),
  ),
  fc.tuple(key, key).map(
    ([from, to]) =>
      new Step(['RENAME', from, to], (model) => {
        const found = live(model, from);
        if (found === undefined) return '-ERR no such key';
        model.strings.delete(from);
        model.strings.set(to, found);
        return '+OK';
      }),
  ),
  fc
    .tuple(key, key)
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        new Step(['COPY', from, to, 'REPLACE'], (model) => {
          const found = live(model, from);
          if (found !== undefined) model.strings.set(to, { ...found });
          return found === undefined ? ':0' : ':1';
        }),
    ),
];

test('strings behave as a Map with a clock', (t) => {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => {
      fc.modelRun(() => ({ model: { nowMs: 0, strings: new Map() }, real: new MemoryServer() }), commands);
    }),
    { numRuns: 150 },
  );
  t.pass();
});
