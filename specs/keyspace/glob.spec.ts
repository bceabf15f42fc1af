import test from 'ava';
import fc from 'fast-check';
import { globMatch, isLiteral } from '../../src/keyspace/glob.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';

const matches = (pattern: string | Buffer, text: string | Buffer, nocase = false): boolean => {
  // Framed by bytes that would match, so that a read past either end shows.
  const p = Buffer.concat([Buffer.from('*'), Buffer.from(pattern.toString('latin1'), 'latin1'), Buffer.from('*]a')]);
  const x = Buffer.concat([Buffer.from('a'), Buffer.from(text.toString('latin1'), 'latin1'), Buffer.from('a')]);
  return globMatch(p, 1, p.length - 4, x, 1, x.length - 2, nocase);
};

const decides = test.macro<[pattern: string, yes: string[], no: string[]]>({
  exec: (t, pattern, yes, no) => {
    for (const text of yes) t.true(matches(pattern, text), JSON.stringify(text));
    for (const text of no) t.false(matches(pattern, text), JSON.stringify(text));
  },
  title: (_, pattern, yes, no) => `${pattern} matches ${yes.join(' ') || 'nothing'} and not ${no.join(' ')}`,
});

test(decides, 'h?llo', ['hello', 'hallo', 'h?llo'], ['hllo', 'heello', 'hello!']);
test(decides, 'h*llo', ['hllo', 'heeeello', 'hllollo'], ['hell', 'xhllo']);
test(decides, 'h[ae]llo', ['hello', 'hallo'], ['hillo', 'h[ae]llo']);
test(decides, 'h[^e]llo', ['hallo', 'hbllo'], ['hello']);
test(decides, 'h[a-c]llo', ['hallo', 'hbllo', 'hcllo'], ['hdllo', 'h-llo']);
test(decides, 'h[c-a]llo', ['hallo', 'hbllo'], ['hdllo']);
test(decides, '\\*\\?\\[', ['*?['], ['a*?[', '\\*\\?\\[']);
test(decides, '[\\]]', [']'], ['\\', '']);
test(decides, '[a', ['a'], ['[a', 'b']);
test(decides, '[', [], ['[', 'a', '']);
test(decides, '[^', ['^', 'a'], ['', 'ab']);
test(decides, '[]a', [], ['a', ']a', '']);
test(decides, '\\', ['\\'], ['']);
test(decides, 'a**', ['a', 'ab'], ['', 'ba']);
test(decides, '*a*b*c', ['abc', 'xaxbxc', 'ccabcabc'], ['acb', 'abca']);

test('only the empty pattern matches the empty text, as in Redis', (t) => {
  t.true(matches('', ''));
  for (const pattern of ['*', '**', '?', '[^a]']) t.false(matches(pattern, ''), pattern);
});

test('case counts unless it is told not to', (t) => {
  t.true(matches('MaX*[A-F]?Z', 'maxmemoryb_z', true));
  t.false(matches('MaX*', 'maxmemory'));
  t.false(matches('[\\A]', 'a', true)); // an escaped byte in brackets keeps its case
  t.true(matches('\\A', 'a', true));
});

test('a pattern without special bytes matches itself only', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (pattern, text) => {
      const bytes = Buffer.from(pattern, 'latin1');
      return !isLiteral(bytes, 0, bytes.length) || matches(bytes, text) === bytes.equals(Buffer.from(text, 'latin1'));
    }),
  );
  t.false(isLiteral(Buffer.from('ab*'), 0, 3));
  t.true(isLiteral(Buffer.from('ab*'), 0, 2));
});

test('a hostile pattern costs no more than its length times that of the text', (t) => {
  // With backtracking into every star this would take longer than the universe exists.
  t.false(matches(`${'a*'.repeat(900)}b`, 'a'.repeat(5000)));
  t.false(matches(`${'*a'.repeat(900)}b`, 'a'.repeat(5000)));
  t.false(matches(`${'[a-z]*'.repeat(500)}[0-9]`, 'a'.repeat(2000)));
});

test('a pattern may place a thousand stars and a last one, as in Redis', (t) => {
  const text = 'a'.repeat(1200);
  t.true(matches('*a'.repeat(1000), text));
  t.true(matches(`${'*a'.repeat(1000)}*`, text));
  t.false(matches('*a'.repeat(1001), text));
});

const piece = fc.constantFrom(
  'a',
  'b',
  'B',
  'c',
  '*',
  '*',
  '?',
  '[',
  ']',
  '^',
  '-',
  '\\',
  '[a-c]',
  '[^b]',
  '\x01',
  '\xfe',
);
const patterns = fc.array(piece, { maxLength: 9 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));
const letter = fc.constantFrom('a', 'b', 'B', 'c', '-', '^', ']', '[', '\\', '*', '\x01', '\x7f', '\x80', '\xfe');
const texts = fc
  .array(letter, { minLength: 1, maxLength: 6 })
  .map((letters) => Buffer.from(letters.join(''), 'latin1'));

oracleTest('KEYS of redis-server finds the same keys', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const keys = [...new Set(fc.sample(texts, { numRuns: 400, seed: 5 }).map((key) => key.toString('latin1')))].sort();
  await client.send('MSET', ...keys.flatMap((key) => [key, '']));
  const tried = fc.sample(patterns, { numRuns: 1500, seed: 6 });
  const replies = await client.pipeline(tried.map((pattern) => ['KEYS', pattern]));
  for (const [i, pattern] of tried.entries()) {
    const reply = replies[i]!;
    if (reply.type !== 'array') return t.fail(`KEYS gave ${reply.type}`);
    const theirs = reply.items.map((item) => (item.type === 'bulk' ? item.bytes.toString('latin1') : '')).sort();
    const ours = keys.filter((key) => matches(pattern, key));
    t.deepEqual(ours, theirs, JSON.stringify(pattern.toString('latin1')));
  }
});

oracleTest('COMMAND LIST FILTERBY PATTERN of redis-server, which ignores case, lists the same names', async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const names = async (...filter: string[]) => {
    const reply = await client.send('COMMAND', 'LIST', ...filter);
    return reply.type === 'array' ? reply.items.map((item) => (item.type === 'bulk' ? item.bytes.toString() : '')) : [];
  };
  const all = await names();
  const part = fc.constantFrom(
    'S',
    's',
    'G',
    'e',
    'T',
    'x',
    '*',
    '*',
    '?',
    '[A-M]',
    '[n-Z]',
    '[^Ss]',
    '[S-e]',
    '[\\S]',
    '\\G',
  );
  for (const pieces of fc.sample(fc.array(part, { maxLength: 7 }), { numRuns: 200, seed: 9 })) {
    const pattern = pieces.join('');
    const theirs = await names('FILTERBY', 'PATTERN', pattern);
    t.deepEqual(all.filter((name) => matches(pattern, name, true)).sort(), theirs.sort(), pattern);
  }
});
