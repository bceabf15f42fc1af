/**
 * Words of configuration lines and of inline commands: how they are split, and that quoting is the inverse.
 * @since 0.1.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import * as O from 'fp-ts/Option';
import { quote, quoteIfNeeded, splitArgs } from '../src/quoting.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1'));

test('Quoting any bytes and splitting them again gives those bytes', (t) => {
  fc.assert(fc.property(bytes, (word) => assert.deepEqual(splitArgs(quote(word)), O.some([word]))));
  t.pass();
});

test('Words that are quoted only where they need it survive side by side', (t) => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), (words) => {
      assert.deepEqual(splitArgs(words.map(quoteIfNeeded).join(' ')), O.some(words));
    }),
  );
  t.pass();
});

const splits = test.macro<[line: string, words: readonly string[] | null]>({
  exec: (t, line, words) => t.deepEqual(splitArgs(line), words === null ? O.none : O.some(words)),
  title: (_, line, words) => `${JSON.stringify(line)} ${words === null ? 'is refused' : `is ${JSON.stringify(words)}`}`,
});

test(splits, '', []);
test(splits, ' \t\r\n', []);
test(splits, 'a b', ['a', 'b']);
test(splits, '  a\t b \n', ['a', 'b']);
test(splits, '"a b" c', ['a b', 'c']);
test(splits, '""', ['']);
test(splits, "''", ['']);
test(splits, String.raw`"\x41\n\r\t\b\a\"\\\z"`, ['A\n\r\t\b\x07"\\z']);
test(splits, String.raw`"\xZZ\x4"`, ['xZZx4']);
test(splits, String.raw`'\x41\n\''`, [String.raw`\x41\n'`]);
test(splits, 'pre"fix"', ['prefix']);
test(splits, '"a"b', null);
test(splits, "'a'b", null);
test(splits, '"a', null);
test(splits, "'a", null);
test(splits, '"a\\', null);
test(splits, 'a"', null);
test(splits, 'back\\slash', ['back\\slash']);

test('Quotes show unprintable bytes in hexadecimal', (t) => {
  t.is(quote('a"b\\c\n\r\t\x07\b\x00\xff'), String.raw`"a\"b\\c\n\r\t\a\b\x00\xff"`);
});
