/**
 * The outbox: every client gets its bytes, in order, once a turn; and what was lent to a socket is left alone.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { OUTBOX_BUFFER_BYTES, Outbox, type Recipient } from '../../src/net/outbox.ts';
import { FakePeer } from './fake-peer.ts';

class Reader implements Recipient {
  readonly peer = new FakePeer();
  resp: 2 | 3 = 2;
  queuedBytes = 0;
  flushed = 0;
  onFlush: () => void = () => {};

  afterFlush(bytes: number): void {
    this.flushed += bytes;
    this.onFlush();
  }
}

class Turns {
  requests = 0;
  private readonly atEnd: (() => void)[] = [];
  readonly outbox = new Outbox((run) => {
    this.requests++;
    this.atEnd.push(run);
  });

  end(): void {
    for (const run of this.atEnd.splice(0)) run();
  }

  say(reader: Reader, text: string): void {
    this.outbox.open(reader).bulkText(text);
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

test('a flush is asked for once a turn, and only when something was said', (t) => {
  const turns = new Turns();
  const [a, b] = [new Reader(), new Reader()];
  t.is(turns.requests, 0);
  turns.say(a, '1');
  turns.say(b, '2');
  turns.say(a, '3');
  t.is(turns.requests, 1);
  t.is(a.peer.received, '');
  t.true(turns.outbox.holds(a));
  t.true(turns.outbox.holds(b));
  turns.end();
  t.is(a.peer.received, bulk('1') + bulk('3'));
  t.is(b.peer.received, bulk('2'));
  t.false(turns.outbox.holds(a));
  t.deepEqual([a.queuedBytes, a.flushed], [0, 14]);
  turns.say(b, '4');
  t.is(turns.requests, 2);
});

test('what is said while the flush is told about goes with the next one', (t) => {
  const turns = new Turns();
  const [a, b] = [new Reader(), new Reader()];
  a.onFlush = () => {
    a.onFlush = () => {};
    turns.say(b, 'later');
  };
  turns.say(a, 'now');
  turns.end();
  t.is(b.peer.received, '');
  t.is(turns.requests, 2);
  turns.end();
  t.is(b.peer.received, bulk('later'));
});

test('what is said because a write failed is not lost', (t) => {
  const turns = new Turns();
  const [a, b] = [new Reader(), new Reader()];
  a.peer.onWrite = () => turns.say(b, 'a has gone');
  turns.say(a, 'hello');
  turns.say(b, 'first');
  turns.end();
  turns.end();
  t.is(b.peer.received, bulk('first') + bulk('a has gone'));
});

test('the protocol is that of the client that is written to', (t) => {
  const turns = new Turns();
  const [two, three] = [new Reader(), new Reader()];
  three.resp = 3;
  turns.outbox.open(three).null();
  turns.outbox.open(two).null();
  turns.outbox.open(three).null();
  turns.end();
  t.is(two.peer.received, '$-1\r\n');
  t.is(three.peer.received, '_\r\n_\r\n');
});

test('a reply can be taken back, however many buffers it fills', (t) => {
  const turns = new Turns();
  const [a, b] = [new Reader(), new Reader()];
  turns.say(b, 'before');
  turns.say(a, 'kept');
  for (const bytes of [1, OUTBOX_BUFFER_BYTES, 3 * OUTBOX_BUFFER_BYTES]) {
    turns.outbox.open(a);
    const mark = turns.outbox.mark();
    turns.say(a, 'x'.repeat(bytes));
    turns.say(a, 'y');
    turns.outbox.rewind(mark);
  }
  t.is(a.queuedBytes, 0);
  turns.say(a, 'too');
  turns.say(b, 'after');
  turns.end();
  t.is(a.peer.received, bulk('kept') + bulk('too'));
  t.is(b.peer.received, bulk('before') + bulk('after'));
  t.deepEqual([a.queuedBytes, b.queuedBytes], [0, 0]);
});

/** What happens in a turn, client by client. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('say' as const), to: fc.nat(3), bytes: fc.nat(200) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      to: fc.nat(3),
      bytes: fc.constantFrom(100_000, OUTBOX_BUFFER_BYTES - 20, OUTBOX_BUFFER_BYTES, 600_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('take back' as const), to: fc.nat(3), bytes: fc.nat(150_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const), to: fc.nat(3), bytes: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stall' as const), to: fc.nat(3), bytes: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain' as const), to: fc.nat(3), bytes: fc.constant(0) }) },
);

test('every client gets exactly its bytes in order, whoever stalls and whatever is taken back', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const turns = new Turns();
      const readers = Array.from({ length: 4 }, () => new Reader());
      const expected = readers.map(() => '');
      steps.forEach(({ kind, to, bytes }, i) => {
        const reader = readers[to];
        assert.ok(reader !== undefined);
        const text = String.fromCharCode(97 + (i % 26)).repeat(bytes);
        if (kind === 'say') {
          turns.say(reader, text);
          expected[to] += bulk(text);
        } else if (kind === 'take back') {
          turns.outbox.open(reader);
          const mark = turns.outbox.mark();
          turns.say(reader, text);
          turns.outbox.rewind(mark);
        } else if (kind === 'flush') turns.end();
        else if (kind === 'stall') reader.peer.room = bytes;
        else {
          reader.peer.room = Number.POSITIVE_INFINITY;
          reader.peer.drain();
        }
      });
      turns.end();
      for (const reader of readers) reader.peer.drain();
      assert.deepEqual(
        readers.map(({ peer }) => peer.received),
        expected,
      );
      assert.deepEqual(
        readers.map(({ queuedBytes }) => queuedBytes),
        [0, 0, 0, 0],
      );
      assert.deepEqual(
        readers.map(({ flushed }) => flushed),
        expected.map(({ length }) => length),
      );
    }),
    { numRuns: 200 },
  );
  t.pass();
});
