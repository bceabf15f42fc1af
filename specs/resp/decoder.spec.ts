/**
 * The decoder: whatever the cuts, the commands that come out are those that went in.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Decoded, Decoder } from '../../src/resp/decoder.ts';
import { chunkings } from '../support/arbitraries.ts';
import { type Arg, encodeCommand } from '../support/reply.ts';

const MEGABYTE = 1024 * 1024;
const LIMITS = { bulkBytesMax: 512 * MEGABYTE };

interface Seen {
  readonly commands: readonly (readonly string[])[];
  /** Each request in canonical form. */
  readonly requests: readonly string[];
  readonly error: string;
}

/**
 * What a decoder makes of the chunks. All of them come in one buffer, that is overwritten with the next chunk, as
 * sockets do it.
 */
const decode = (chunks: readonly Uint8Array[], decoder = new Decoder(LIMITS)): Seen => {
  const shared = new Uint8Array(Math.max(1, ...chunks.map((chunk) => chunk.length)));
  const commands: string[][] = [];
  const requests: string[] = [];
  for (const chunk of chunks) {
    shared.fill(0x2a);
    shared.set(chunk);
    decoder.feed(shared, chunk.length);
    for (;;) {
      const decoded = decoder.next();
      if (decoded === Decoded.NeedMore) break;
      if (decoded === Decoded.Broken) return { commands, requests, error: decoder.error };
      const { view } = decoder;
      commands.push(Array.from({ length: view.argc }, (_, i) => view.text(i)));
      requests.push(Buffer.from(view.buf.slice(view.start, view.end)).toString('latin1'));
    }
  }
  return { commands, requests, error: '' };
};

const latin1 = (arg: Arg): string => (typeof arg === 'object' ? Buffer.from(arg).toString('latin1') : String(arg));

const argument: fc.Arbitrary<Arg> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\r\n', '*1\r\n$4\r\nPING\r\n', '$', '*', '\0') },
  { weight: 1, arbitrary: fc.nat(3000).map((bytes) => 'x'.repeat(bytes)) },
);
const request = fc.oneof(
  { weight: 8, arbitrary: fc.array(argument, { minLength: 1, maxLength: 8 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom('a', ''), { minLength: 14, maxLength: 70 }) },
);

test('commands are decoded as they were encoded, under every chunking', (t) => {
  const cut = fc
    .array(request, { minLength: 1, maxLength: 8 })
    .chain((commands) => chunkings(Buffer.concat(commands.map(encodeCommand))).map((chunks) => ({ commands, chunks })));
  fc.assert(
    fc.property(cut, ({ commands, chunks }) => {
      const seen = decode(chunks);
      assert.deepEqual(
        seen.commands,
        commands.map((args) => args.map(latin1)),
      );
      assert.deepEqual(
        seen.requests,
        commands.map((args) => encodeCommand(args).toString('latin1')),
      );
      assert.equal(seen.error, '');
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('what is held back between two chunks is decoded later, wherever the cut is', (t) => {
  const requests = [['SET', 'key', 'value'], ['GET', 'key'], ['PING']];
  const bytes = Buffer.concat(requests.map(encodeCommand));
  for (let cut = 1; cut < bytes.length; cut++) {
    const decoder = new Decoder(LIMITS);
    const first = decode([bytes.subarray(0, cut)], decoder);
    decoder.feed(bytes.subarray(cut), bytes.length - cut);
    decoder.hold();
    const commands = [...first.commands];
    while (decoder.next() === Decoded.Command) {
      const { view } = decoder;
      commands.push(Array.from({ length: view.argc }, (_, i) => view.text(i)));
    }
    t.deepEqual(commands, requests, `cut at ${cut}`);
  }
});

test('a large request is not held once it has been dealt with', (t) => {
  const decoder = new Decoder(LIMITS);
  const bytes = encodeCommand(Array.from({ length: 20_000 }, (_, i) => String(i)));
  const half = bytes.length >> 1;
  decoder.feed(bytes.subarray(0, half), half);
  t.is(decoder.next(), Decoded.NeedMore);
  decoder.feed(bytes.subarray(half), bytes.length - half);
  t.is(decoder.next(), Decoded.Command);
  t.is(decoder.view.text(19_999), '19999');
  t.is(decoder.next(), Decoded.NeedMore);
  t.is(decoder.heldBytes, 0);
  t.is(decoder.view.buf.length, 0);
  t.deepEqual(decode([encodeCommand(['SET', 'a', 'b'])], decoder).commands, [['SET', 'a', 'b']]);
});

test('an argument that int32 cannot measure is refused, whatever the limit', (t) => {
  const decoder = new Decoder({ bulkBytesMax: 2 ** 33 });
  t.is(decode([Buffer.from('*2\r\n$3000000000\r\nabc')], decoder).error, 'invalid bulk length');
});

const scrap = fc.constantFrom(
  '*1\r\n$4\r\nPING\r\n',
  '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n\r\n\r\n',
  'PING\r\n',
  'SET a "b c"\n',
  '\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*2\r\n',
  '$3\r\nabc\r\n',
  '$-1\r\n',
  '*x\r\n',
  'a "b\r\n',
  '\0',
  '\r',
  '*',
  '1',
);

test('sound and broken input means the same under every chunking', (t) => {
  const cut = fc
    .array(scrap, { minLength: 1, maxLength: 12 })
    .map((scraps) => Buffer.from(scraps.join(''), 'latin1'))
    .chain((bytes) => chunkings(bytes).map((chunks) => ({ bytes, chunks })));
  fc.assert(
    fc.property(cut, ({ bytes, chunks }) => {
      assert.deepEqual(decode(chunks), decode([bytes]));
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test('a request of several megabytes in many pieces is read once', (t) => {
  const value = 'v'.repeat(5 * MEGABYTE);
  const bytes = encodeCommand(['SET', 'k', value]);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536));
  const decoder = new Decoder(LIMITS);
  const { commands } = decode([...chunks, encodeCommand(['PING'])], decoder);
  t.is(commands.length, 2);
  t.true(commands[0]?.[2] === value);
  t.deepEqual(commands[1], ['PING']);
  t.is(decoder.pendingBytes, 0);
  t.true(decoder.heldBytes <= 65_536, 'the memory for it is given back');
});

test('memory follows the bytes that came, not the length that was announced', (t) => {
  const decoder = new Decoder(LIMITS);
  decode([Buffer.from('*2\r\n$4\r\nECHO\r\n$536870912\r\nabc')], decoder);
  t.true(decoder.heldBytes <= 4096);
  t.is(decoder.pendingBytes, 29);
  const many = new Decoder(LIMITS);
  decode([Buffer.from('*2147483647\r\n$1\r\na\r\n')], many);
  t.true(many.heldBytes <= 4096);
});

test('requests that are held back come when they are asked for, with what came meanwhile', (t) => {
  const decoder = new Decoder(LIMITS);
  const bytes = Buffer.concat([encodeCommand(['A']), encodeCommand(['B']), Buffer.from('*1\r\n$1\r')]);
  decoder.feed(bytes, bytes.length);
  t.is(decoder.next(), Decoded.Command);
  decoder.hold();
  bytes.fill(0);
  t.deepEqual(decode([Buffer.from('\nC\r\n')], decoder).commands, [['B'], ['C']]);
});

const BROKEN: readonly (readonly [input: string, error: string])[] = [
  ['*x\r\n', 'invalid multibulk length'],
  ['*2147483648\r\n', 'invalid multibulk length'],
  ['*1\r\n$-1\r\n', 'invalid bulk length'],
  ['*1\r\n$536870913\r\n', 'invalid bulk length'],
  ['*1\r\nPING\r\n', "expected '$', got 'P'"],
  ['PING "\r\n', 'unbalanced quotes in request'],
  ['x'.repeat(65_537), 'too big inline request'],
  [`*${'1'.repeat(65_537)}`, 'too big mbulk count string'],
  [`*1\r\n$${'1'.repeat(65_537)}`, 'too big bulk count string'],
];

for (const [input, error] of BROKEN) {
  const start = input.slice(0, 20).replace(/\r\n/g, ' ');
  test(`${start}: ${error}`, (t) => {
    t.is(decode([Buffer.from(input)]).error, error);
    const whole = Buffer.from(input);
    const pieces = Array.from({ length: Math.ceil(whole.length / 1000) }, (_, i) =>
      whole.subarray(i * 1000, i * 1000 + 1000),
    );
    t.is(decode(pieces).error, error);
  });
}

test('before AUTH a request has ten arguments of 16 KiB at most', (t) => {
  const decoding = (input: string): Seen => {
    const decoder = new Decoder(LIMITS);
    decoder.authenticated = false;
    return decode([Buffer.from(input)], decoder);
  };
  t.is(decoding('*11\r\n').error, 'unauthenticated multibulk length');
  t.is(decoding('*1\r\n$16385\r\n').error, 'unauthenticated bulk length');
  t.is(decoding(encodeCommand(Array.from({ length: 10 }, () => 'a')).toString()).commands.length, 1);
  t.is(decoding(encodeCommand(['x'.repeat(16_384)]).toString()).commands.length, 1);
});

test('a bulk limit that changes counts from the next argument on', (t) => {
  const limits = { bulkBytesMax: 10 };
  const decoder = new Decoder(limits);
  t.is(decode([encodeCommand(['0123456789'])], decoder).error, '');
  t.is(decode([encodeCommand(['01234567890'])], new Decoder(limits)).error, 'invalid bulk length');
  limits.bulkBytesMax = 11;
  t.is(decode([encodeCommand(['01234567890'])], decoder).error, '');
});

test('a request whose line ends are any two bytes is taken, and handed on with line ends', (t) => {
  const odd = '*3\rX$3\rYSETab$1\r\nkQQ$2\r\nv1ZZ';
  const straight = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nv1\r\n';
  for (let cut = 1; cut <= odd.length; cut++) {
    const { commands, requests, error } = decode([Buffer.from(odd.slice(0, cut)), Buffer.from(odd.slice(cut))]);
    t.is(error, '');
    t.deepEqual(commands, [['SET', 'k', 'v1']]);
    t.deepEqual(requests, [straight]);
  }
});
