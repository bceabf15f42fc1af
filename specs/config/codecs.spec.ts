/**
 * Values of directives: what is written can be read again, and numbers are read as Redis reads them.
 * @since 0.1.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import type { Words } from '../../src/config/codecs.ts';
import type { AnyDirective } from '../../src/config/directive.ts';
import { formatInteger, formatMemory, formatUnsigned, parseInteger, parseMemory } from '../../src/config/numbers.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { formatLine } from '../../src/config/rewrite.ts';
import { type Config, defaults, directives, type Name, names } from '../../src/config/table.ts';
import { wordsFor } from './arbitraries.ts';

const decodeLines = (directive: AnyDirective, lines: readonly Words[], initial: unknown): E.Either<unknown, unknown> =>
  lines.reduce(
    (soFar: E.Either<unknown, unknown>, words, i) =>
      E.isLeft(soFar) ? soFar : directive.readLine(words, soFar.right, i === 0),
    E.right(initial),
  );

for (const name of names) {
  test(`${name}: decode(encode(x)) is x, for its default and for whatever it accepts`, (t) => {
    const directive: AnyDirective = directives[name];
    const initial = defaults[name];
    t.deepEqual(decodeLines(directive, directive.toLines(initial), initial), E.right(initial));
    fc.assert(
      fc.property(fc.array(wordsFor(name), { minLength: 1, maxLength: 3 }), (lines) => {
        const decoded = decodeLines(directive, lines, initial);
        if (E.isLeft(decoded)) return;
        assert.deepEqual(decodeLines(directive, directive.toLines(decoded.right), initial), decoded);
        const text = directive.toLines(decoded.right).map((words) => formatLine(name, directive, words));
        const expected: Config = { ...defaults, ...Object.fromEntries<unknown>([[name, decoded.right]]) };
        assert.deepEqual(parseConfig('law', text.join('\n')), E.right(expected));
      }),
      { numRuns: 50 },
    );
  });
}

test('Memory sizes survive printing, plainly and with a unit', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      assert.deepEqual(parseMemory(formatUnsigned(bytes)), O.some(bytes));
      assert.deepEqual(parseMemory(formatMemory(bytes)), O.some(bytes));
    }),
  );
  t.pass();
});

test('Integers survive printing', (t) => {
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => assert.deepEqual(parseInteger(formatInteger(n)), O.some(n))));
  t.pass();
});

test('The largest 64-bit integers print as they are written, though a double is not that exact', (t) => {
  t.is(formatInteger(O.toNullable(parseInteger('9223372036854775807')) ?? 0), '9223372036854775807');
  t.is(formatInteger(O.toNullable(parseInteger('-9223372036854775808')) ?? 0), '-9223372036854775808');
  t.is(formatUnsigned(O.toNullable(parseMemory('18446744073709551615')) ?? 0), '18446744073709551615');
});

const memoryIs = test.macro<[word: string, bytes: number | null]>({
  exec: (t, word, bytes) => t.deepEqual(parseMemory(word), bytes === null ? O.none : O.some(bytes)),
  title: (_, word, bytes) => `the memory size "${word}" ${bytes === null ? 'is refused' : `is ${bytes} bytes`}`,
});

test(memoryIs, '1', 1);
test(memoryIs, '5b', 5);
test(memoryIs, '1k', 1000);
test(memoryIs, '1kb', 1024);
test(memoryIs, '1M', 1_000_000);
test(memoryIs, '1Mb', 1024 ** 2);
test(memoryIs, '2g', 2_000_000_000);
test(memoryIs, '2GB', 2 * 1024 ** 3);
test(memoryIs, '', 0); // as Redis
test(memoryIs, 'b', 0); // as Redis
test(memoryIs, '1.5gb', null);
test(memoryIs, '-1', null);
test(memoryIs, '1tb', null);
test(memoryIs, ' 1', null);
test(memoryIs, '1kbb', null);

const integerIs = test.macro<[word: string, value: number | null]>({
  exec: (t, word, value) => t.deepEqual(parseInteger(word), value === null ? O.none : O.some(value)),
  title: (_, word, value) => `the integer "${word}" ${value === null ? 'is refused' : `is ${value}`}`,
});

test(integerIs, '0', 0);
test(integerIs, '-1', -1);
test(integerIs, '', null);
test(integerIs, '01', null);
test(integerIs, '+1', null);
test(integerIs, '-0', null);
test(integerIs, '1 ', null);
test(integerIs, '9223372036854775808', null);
test(integerIs, '-9223372036854775809', null);

const read = <N extends Name>(name: N, line: string): Config[N] | undefined => {
  const parsed = parseConfig('spec', line);
  return E.isRight(parsed) ? parsed.right[name] : undefined;
};

test('Directives have the types that readers expect', (t) => {
  t.deepEqual(read('save', 'save 1 2\nsave 3 4 5 6'), [
    { seconds: 1, changes: 2 },
    { seconds: 3, changes: 4 },
    { seconds: 5, changes: 6 },
  ]);
  t.deepEqual(read('bind', 'bind 127.0.0.1 -::1'), ['127.0.0.1', '-::1']);
  t.deepEqual(read('replicaof', 'slaveof localhost 6379'), { host: 'localhost', port: 6379 });
  t.is(read('replicaof', 'replicaof a 1\nreplicaof no one'), null);
  t.deepEqual(read('client-output-buffer-limit', 'client-output-buffer-limit replica 1mb 2kb 3')?.replica, {
    hardBytes: 1024 ** 2,
    softBytes: 2048,
    softSeconds: 3,
  });
  t.deepEqual(read('maxmemory-clients', 'maxmemory-clients 5%'), { kind: 'percent', percent: 5 });
  t.is(read('unixsocketperm', 'unixsocketperm 750'), 0o750);
  t.deepEqual(read('rename-command', 'rename-command GET ""\nrename-command SET put'), [
    { from: 'GET', to: '' },
    { from: 'SET', to: 'put' },
  ]);
  t.deepEqual(read('user', 'user a on >x\nuser b off'), [
    ['a', 'on', '>x'],
    ['b', 'off'],
  ]);
  t.is(read('replica-read-only', 'slave-read-only no'), false);
  t.is(read('repl-backlog-size', 'repl-backlog-size 1'), 16384);
  t.is(read('hz', 'hz 1000'), 500);
});
