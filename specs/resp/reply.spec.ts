/**
 * The reply writer: what is written is what a client decodes, in both protocols, wherever a buffer ends.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Reply } from '../../src/resp/reply.ts';
import { type Reply as Decoded, decodeReply, show } from '../support/reply.ts';

/** Writes into buffers of `bytes` bytes and gives what was written. */
const written = (write: (reply: Reply) => void, version: 2 | 3, bytes: number): Buffer => {
  const full: Buffer[] = [];
  const reply = new Reply();
  reply.version = version;
  reply.buf = new Uint8Array(bytes);
  reply.overflow = (needed) => {
    full.push(Buffer.from(reply.buf.slice(0, reply.pos)));
    reply.buf = new Uint8Array(Math.max(needed, bytes));
    reply.pos = 0;
  };
  write(reply);
  return Buffer.concat([...full, reply.buf.slice(0, reply.pos)]);
};

/** A reply and how it is written. */
interface Said {
  readonly write: (reply: Reply) => void;
  /** As `show` prints it in RESP2 and in RESP3. */
  readonly shown: readonly [two: string, three: string];
}

const both = (shown: string): readonly [string, string] => [shown, shown];
const bulkOf = (text: string): string => show.bytes(Buffer.from(text, 'latin1'));

const said: fc.Arbitrary<Said> = fc.letrec<{ any: Said; leaf: Said; nested: Said }>((tie) => ({
  any: fc.oneof({ maxDepth: 3, depthSize: 'small' }, tie('leaf'), tie('nested')),
  leaf: fc.oneof(
    fc.constant<Said>({ write: (reply) => reply.ok(), shown: both('+OK') }),
    fc
      .stringMatching(/^[a-zA-Z ]{0,30}$/)
      .map((text) => ({ write: (reply: Reply) => reply.simple(text), shown: both(`+${text}`) })),
    fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((text) => ({
      write: (reply: Reply) => reply.error(`ERR ${text}`),
      shown: both(`-ERR ${text.replace(/[\r\n]/g, ' ')}`),
    })),
    fc.maxSafeInteger().map((value) => ({ write: (reply: Reply) => reply.integer(value), shown: both(`:${value}`) })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({
      write: (reply: Reply) => reply.bigInteger(value),
      shown: both(`:${value}`),
    })),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => ({
      write: (reply: Reply) => reply.bulkBytes(bytes),
      shown: both(show.bytes(bytes)),
    })),
    fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((text) => ({
      write: (reply: Reply) => reply.bulkText(text),
      shown: both(bulkOf(text)),
    })),
    fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => ({
      write: (reply: Reply) => reply.bulkUtf8(text),
      shown: both(show.bytes(Buffer.from(text, 'utf8'))),
    })),
    fc.maxSafeInteger().map((value) => ({
      write: (reply: Reply) => reply.bulkInteger(value),
      shown: both(bulkOf(String(value))),
    })),
    fc.constant<Said>({ write: (reply) => reply.null(), shown: ['$-1', '_'] }),
    fc.constant<Said>({ write: (reply) => reply.nullArray(), shown: ['*-1', '_'] }),
    fc.boolean().map((value) => ({
      write: (reply: Reply) => reply.boolean(value),
      shown: [value ? ':1' : ':0', value ? '#t' : '#f'] as const,
    })),
    fc
      .constantFrom(
        [1.5, '1.5'] as const,
        [0, '0'] as const,
        [Number.POSITIVE_INFINITY, 'inf'] as const,
        [-3, '-3'] as const,
      )
      .map(([value, text]) => ({
        write: (reply: Reply) => reply.double(value),
        shown: [bulkOf(text), `,${text}`] as const,
      })),
    fc.bigInt({ min: 2n ** 64n, max: 2n ** 200n }).map((value) => ({
      write: (reply: Reply) => reply.bigNumber(String(value)),
      shown: [bulkOf(String(value)), `(${value}`] as const,
    })),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => ({
      write: (reply: Reply) => reply.verbatim(text),
      shown: [show.bytes(Buffer.from(text)), `=txt:${show.bytes(Buffer.from(text))}`] as const,
    })),
  ),
  nested: fc
    .tuple(fc.constantFrom('array', 'set', 'push', 'map'), fc.array(tie('any'), { maxLength: 6 }))
    .map(([kind, items]): Said => {
      const write = (reply: Reply): void => {
        if (kind === 'array') reply.array(items.length);
        else if (kind === 'set') reply.set(items.length);
        else if (kind === 'push') reply.push(items.length);
        else reply.map(items.length);
        for (const item of items) {
          item.write(reply);
          if (kind === 'map') reply.integer(0);
        }
      };
      const two = items.map(({ shown }) => (kind === 'map' ? `${shown[0]}, :0` : shown[0])).join(', ');
      const three = items.map(({ shown }) => (kind === 'map' ? `${shown[1]}: :0` : shown[1])).join(', ');
      const marks = { array: ['[', ']'], set: ['~[', ']'], push: ['>[', ']'], map: ['{', '}'] }[kind] ?? ['', ''];
      return { write, shown: [`[${two}]`, `${marks[0]}${three}${marks[1]}`] };
    }),
})).any;

test('a reply is decoded as it was written, in both protocols, wherever a buffer ends', (t) => {
  fc.assert(
    fc.property(
      said,
      fc.constantFrom(2 as const, 3 as const),
      fc.integer({ min: 1, max: 200 }),
      ({ write, shown }, version, bytes) => {
        const decoded: Decoded = decodeReply(written(write, version, bytes));
        assert.equal(show(decoded), shown[version - 2]);
      },
    ),
    { numRuns: 1000 },
  );
  t.pass();
});

test('errors are counted, and the last one is known', (t) => {
  const reply = new Reply();
  reply.buf = new Uint8Array(100);
  reply.ok();
  t.is(reply.errors, 0);
  reply.error('ERR one');
  reply.error('WRONGTYPE two');
  t.is(reply.errors, 2);
  t.is(reply.lastError, 'WRONGTYPE two');
});
