/**
 * The JSON form of events: any bytes survive, and what is no event is refused.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { EventJson, eventLine, type LoggedEvent } from '../../src/eventlog/event.ts';
import { eventClasses } from '../../src/eventlog/format.ts';

const count = fc.maxSafeNat();
const latin1 = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const argument = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary' }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.constant(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])),
);

const event: fc.Arbitrary<LoggedEvent> = fc.record(
  {
    offset: count,
    end: count,
    timeUs: count,
    db: fc.nat(15),
    class: fc.constantFrom(...eventClasses),
    args: fc.array(argument, { minLength: 1, maxLength: 5 }),
    client: fc.record(
      { id: fc.integer({ min: -1 }), address: latin1, name: latin1, user: latin1 },
      { noNullPrototype: true },
    ),
    asSent: latin1,
    transaction: count,
  },
  { requiredKeys: ['offset', 'end', 'timeUs', 'db', 'class', 'args'], noNullPrototype: true },
);

test('An event survives JSON, whatever bytes it holds', (t) => {
  fc.assert(
    fc.property(event, (value) => {
      const line = eventLine(value);
      assert.ok(!line.includes('\n'));
      const decoded = EventJson.decode(JSON.parse(line));
      assert.ok(E.isRight(decoded));
      assert.deepEqual(decoded.right, value);
      assert.equal(eventLine(decoded.right), line);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('Text stays readable, and only what is no UTF-8 becomes base64', (t) => {
  const args = ['SET', 'clé', '\xff\x00'].map(
    (text, at) => new Uint8Array(Buffer.from(text, at < 2 ? 'utf8' : 'latin1')),
  );
  const value: LoggedEvent = { offset: 1, end: 2, timeUs: 3, db: 0, class: 'write', args };
  t.is(
    eventLine(value),
    '{"offset":1,"end":2,"timeUs":3,"db":0,"class":"write","args":["SET","clé",{"base64":"/wA="}]}',
  );
});

const base = { offset: 1, end: 2, timeUs: 3, db: 0, class: 'write', args: ['PING'] };
const refused = test.macro<[change: Record<string, unknown>]>({
  exec: (t, change) => t.true(E.isLeft(EventJson.decode({ ...base, ...change }))),
  title: (_, change) => `An event with ${JSON.stringify(change)} is refused`,
});

test(refused, { offset: -1 });
test(refused, { end: 1.5 });
test(refused, { timeUs: '3' });
test(refused, { db: null });
test(refused, { class: 'other' });
test(refused, { args: 'SET' });
test(refused, { args: [1] });
test(refused, { args: [{ base64: '?' }] });
test(refused, { args: [{ base64: 'abc' }] });
test(refused, { client: { id: 1 } });
test(refused, { asSent: 1 });
test(refused, { transaction: 'x' });

test('Unknown fields are no obstacle', (t) => {
  t.true(E.isRight(EventJson.decode({ ...base, since: '0.2.0' })));
});
