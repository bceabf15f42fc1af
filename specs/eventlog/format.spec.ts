/**
 * The annotation lines: what is written is what is read, within Redis' limits; moments as people write them.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import {
  ANNOTATION_BYTES_MAX,
  type Annotation,
  Chain,
  eventClasses,
  formatMoment,
  hashOf,
  isHash,
  isoTime,
  type Moment,
  NO_HASH,
  parseAnnotation,
  parseMoment,
  renderAnnotation,
  renderArguments,
  renderClient,
  splitArguments,
  TEXT_BYTES_MAX,
} from '../../src/eventlog/format.ts';

const count = fc.maxSafeNat();
const id = fc.oneof(fc.constant(-1), fc.constant(0), fc.maxSafeNat());
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
const replid = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const latin1 = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const field = fc.oneof(latin1(40), fc.constantFrom('', '-', '--', '%', '%41', 'a b', '127.0.0.1:6379', '[::1]:80'));
const words = fc.array(fc.oneof(latin1(20), latin1(1200)), { minLength: 1, maxLength: 6 });
const text = words.map((all) => renderArguments(all));
const auditClass = fc.constantFrom(...eventClasses).filter((kind) => kind !== 'write');

// The model of a null prototype is nothing that a parser makes.
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });

const annotation: fc.Arbitrary<Annotation> = fc.oneof(
  record({ _tag: fc.constant('Head'), replid, offset: count, timeUs: count, hash }),
  record({ _tag: fc.constant('Client'), id, address: field, name: field, user: field }),
  record({ _tag: fc.constant('Record'), timeUs: count, clientId: id, hash }),
  record({ _tag: fc.constant('AsSent'), text }),
  record({ _tag: fc.constant('Audit'), timeUs: count, clientId: id, class: auditClass, hash, text }),
  record({ _tag: fc.constant('Seal'), offset: count, timeUs: count, hash }),
  record({ _tag: fc.constant('Timestamp'), seconds: count }),
  record({ _tag: fc.constant('Comment'), text: fc.constantFrom('', ' by hand', 'Z:1 2') }),
);

test('Every annotation is read as it was written, in one line within the limit', (t) => {
  fc.assert(
    fc.property(annotation, (value) => {
      const line = renderAnnotation(value);
      assert.match(line, /^#[ -~]*\r\n$/);
      assert.ok(line.length <= ANNOTATION_BYTES_MAX);
      assert.deepEqual(parseAnnotation(line), E.right(value));
      assert.deepEqual(parseAnnotation(line.slice(0, -2)), E.right(value));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('Parsing never throws, and what is accepted is written back as it stood or as it means', (t) => {
  const line = fc
    .tuple(fc.constantFrom('#F:1 ', '#C:', '#W:', '#X:', '#S:', '#TS:', '#A:', '#', ''), fc.string())
    .map(([head, rest]) => head + rest);
  fc.assert(
    fc.property(line, (any) => {
      const parsed = parseAnnotation(any);
      if (E.isRight(parsed) && parsed.right._tag !== 'Comment') {
        assert.deepEqual(parseAnnotation(renderAnnotation(parsed.right)), parsed);
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('A client with very long fields still has a line within the limit', (t) => {
  const long = '\xff'.repeat(1000);
  const line = renderClient({ id: Number.MAX_SAFE_INTEGER, address: long, name: long, user: long });
  t.true(line.length <= ANNOTATION_BYTES_MAX);
  const parsed = parseAnnotation(line);
  t.true(E.isRight(parsed) && parsed.right._tag === 'Client' && /^\xff{100}$/.test(parsed.right.name));
});

const refused = test.macro<[line: string]>({
  exec: (t, line) => t.true(E.isLeft(parseAnnotation(line))),
  title: (_, line) => `${JSON.stringify(line)} is refused`,
});

for (const line of [
  'W:1 2',
  '#F:2 x',
  `#F:1 abc 0 0 ${NO_HASH}`,
  `#W:1 2 ${NO_HASH} 3`,
  `#W:01 2 ${NO_HASH}`,
  `#W:1 2 ${'B'.repeat(43)}`,
  '#W:1 2',
  `#X:1 2 write ${NO_HASH} SET`,
  `#X:1 2 auth ${NO_HASH}`,
  `#S:-1 2 ${NO_HASH}`,
  `#S:99999999999999999999 2 ${NO_HASH}`,
  '#C:1 a b',
  '#TS:x',
]) {
  test(refused, line);
}

test('Words that fit are quoted and split again', (t) => {
  fc.assert(
    fc.property(fc.array(latin1(60), { maxLength: 3 }), (all) => {
      assert.deepEqual(splitArguments(renderArguments(all)), all);
    }),
  );
  t.pass();
});

test('Words that do not fit are cut: what is left can be split, ends with dots and is a prefix', (t) => {
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: TEXT_BYTES_MAX }), (all, bytesMax) => {
      const rendered = renderArguments(all, bytesMax);
      assert.ok(rendered.length <= bytesMax + 3, `${rendered.length} bytes`);
      const split = splitArguments(rendered);
      if (rendered === renderArguments(all, 100_000)) return;
      const last = split.at(-1) ?? '';
      split.slice(0, -1).forEach((word, at) => {
        assert.equal(word, all[at]);
      });
      const original = all[split.length - 1] ?? '';
      assert.ok(original.startsWith(last.endsWith('...') ? last.slice(0, -3) : last), JSON.stringify([last, original]));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('A chain of pieces gives the hash of the whole, turn by turn', (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), { maxLength: 5 }), (records) => {
      const chain = new Chain();
      for (const pieces of records) {
        for (const piece of pieces) chain.update(piece);
        const expected = hashOf(Buffer.concat(pieces));
        assert.ok(isHash(expected));
        assert.equal(chain.peek(), expected);
        assert.equal(chain.turn(), expected);
      }
    }),
  );
  t.true(isHash(NO_HASH));
});

const time = (us: number): Moment => ({ _tag: 'time', us });
const reads = test.macro<[text: string, moment: Moment | undefined]>({
  exec: (t, text, moment) => {
    const parsed = parseMoment(text);
    if (moment === undefined) t.true(E.isLeft(parsed));
    else t.deepEqual(parsed, E.right(moment));
  },
  title: (_, text, moment) =>
    moment === undefined ? `${JSON.stringify(text)} is no moment` : `${text} is ${formatMoment(moment)}`,
});

test(reads, '0', time(0));
test(reads, '1700000000', time(1_700_000_000_000_000));
test(reads, '1700000000.25', time(1_700_000_000_250_000));
test(reads, '1700000000.1234567', time(1_700_000_000_123_456));
test(reads, 'offset:0', { _tag: 'offset', offset: 0 });
test(reads, 'offset:12345', { _tag: 'offset', offset: 12345 });
test(reads, '1970-01-02T00:00:00Z', time(86_400_000_000));
test(reads, '1970-01-01T00:00:00.000001Z', time(1));
test(reads, '1970-01-01T01:00+01:00', time(0));
test(reads, '1970-01-01 01:00:00.5 +0030', time(1_800_500_000));
test(reads, '1969-12-31T23:00:00-02', time(3_600_000_000));
test(reads, '2024-02-29T12:00:00Z', time(1_709_208_000_000_000));
test(reads, '2023-02-29T12:00:00Z', undefined);
test(reads, '2023-13-01', undefined);
test(reads, '2023-01-01T24:00:00Z', undefined);
test(reads, '1969-12-31T23:59:59Z', undefined);
test(reads, '-1', undefined);
test(reads, '1e9', undefined);
test(reads, 'offset:-1', undefined);
test(reads, 'offset:', undefined);
test(reads, 'now', undefined);
test(reads, '', undefined);
test(reads, '99999999999999999999', undefined);

test('A number that is too large is said to be', (t) => {
  for (const text of ['99999999999999999999', '1700000000000000', 'offset:9007199254740992']) {
    const parsed = parseMoment(text);
    t.regex(E.isLeft(parsed) ? parsed.left : '', /^the number is too large in "/, text);
  }
});

test('A time without a zone is the time on the wall', (t) => {
  const expected = new Date(2026, 2, 1, 10, 42).getTime() * 1000;
  t.deepEqual(parseMoment('2026-03-01T10:42'), E.right(time(expected)));
  t.deepEqual(parseMoment('2026-03-01'), E.right(time(new Date(2026, 2, 1).getTime() * 1000)));
});

test('Every moment is read as it is written, to the microsecond', (t) => {
  const us = fc.integer({ min: 0, max: 8_000_000_000_000_000 });
  fc.assert(fc.property(us, (at) => assert.deepEqual(parseMoment(isoTime(at)), E.right(time(at)))));
  fc.assert(
    fc.property(count, (offset) => {
      const moment: Moment = { _tag: 'offset', offset };
      assert.deepEqual(parseMoment(formatMoment(moment)), E.right(moment));
    }),
  );
  t.pass();
});
