/**
 * The client's reader of replies: what a server says is understood, however the bytes are cut.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { ReplyError, ReplyReader, type ServerReply } from '../../src/cli/reply-reader.ts';

const bytesOf = (reply: ServerReply): string => {
  switch (reply.kind) {
    case 'status':
      return `+${reply.text}\r\n`;
    case 'error':
      return `-${reply.text}\r\n`;
    case 'text':
      return `$${Buffer.byteLength(reply.text)}\r\n${reply.text}\r\n`;
    case 'number':
      return `:${reply.value}\r\n`;
    case 'null':
      return '_\r\n';
    case 'list':
      return `>${reply.items.length}\r\n${reply.items.map(bytesOf).join('')}`;
  }
};

const line = fc.stringMatching(/^[ -~]{0,20}$/);
const simple: fc.Arbitrary<ServerReply> = fc.oneof(
  line.map((text): ServerReply => ({ kind: 'status', text })),
  line.map((text): ServerReply => ({ kind: 'error', text })),
  fc.string({ unit: 'grapheme', maxLength: 60 }).map((text): ServerReply => ({ kind: 'text', text })),
  fc.integer().map((value): ServerReply => ({ kind: 'number', value })),
  fc.constant<ServerReply>({ kind: 'null' }),
);
const reply = fc.oneof(
  simple,
  fc
    .array(
      fc.oneof(
        simple,
        fc.array(simple).map((items): ServerReply => ({ kind: 'list', items })),
      ),
    )
    .map((items): ServerReply => ({ kind: 'list', items })),
);

test('Replies are read as they were meant, however the bytes come', (t) => {
  fc.assert(
    fc.property(fc.array(reply), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (replies, sizes) => {
      const bytes = Buffer.from(replies.map(bytesOf).join(''), 'utf8');
      const reader = new ReplyReader();
      const found: ServerReply[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        found.push(...reader.feed(bytes.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(found, replies);
    }),
  );
  t.pass();
});

test('RESP2 says null and lists in its own way', (t) => {
  t.deepEqual(new ReplyReader().feed(Buffer.from('$-1\r\n*-1\r\n*1\r\n$0\r\n\r\n')), [
    { kind: 'null' },
    { kind: 'null' },
    { kind: 'list', items: [{ kind: 'text', text: '' }] },
  ]);
});

test('What is no reply is refused', (t) => {
  for (const text of ['HTTP/1.1 400 Bad Request\r\n', '$x\r\n', `${'*1\r\n'.repeat(20)}:1\r\n`]) {
    t.throws(() => new ReplyReader().feed(Buffer.from(text)), { instanceOf: ReplyError });
  }
});
