/**
 * The three ways to read events give the same: the files, FERROUS EVENTS, and the library's observable.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { eventLine, type LoggedEvent, scan } from '../../src/library.ts';
import type { RawClient } from '../support/resp-client.ts';
import { eventsOf, messageOf, startLogged } from './embedded.ts';

const key = fc.constantFrom('a', 'b', 'c', '\x00\xff', '');
const value = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('\x80\x81', '7', 'ü'));

const anyCommand: fc.Arbitrary<readonly (readonly string[])[]> = fc.oneof(
  fc.tuple(key, value).map(([k, v]) => [['SET', k, v]]),
  fc.tuple(key, value).map(([k, v]) => [['SET', k, v, 'EX', '100']]),
  fc.tuple(key, value).map(([k, v]) => [['RPUSH', k, v, v]]),
  key.map((k) => [['DEL', k]]),
  key.map((k) => [['INCRBYFLOAT', k, '1.5']]),
  fc.integer({ min: 0, max: 3 }).map((db) => [['SELECT', String(db)]]),
  fc
    .tuple(key, key, value)
    .map(([k, l, v]) => [['MULTI'], ['SET', k, v], ['DEL', l], ['SET', l, v, 'PX', '90000'], ['EXEC']]),
  fc.constant([['FLUSHALL']]),
  fc.constant([['CONFIG', 'SET', 'maxmemory-samples', '7']]),
  fc.constantFrom('me', 'you').map((name) => [['CLIENT', 'SETNAME', name]]),
  key.map((k) => [['SET', k, 'gone', 'PX', '1']]),
);

const lines = (events: readonly LoggedEvent[]): readonly string[] => events.map(eventLine);

const logged = async (folder: string): Promise<readonly LoggedEvent[]> => {
  const found: LoggedEvent[] = [];
  for await (const event of scan(folder)) found.push(event);
  return found;
};

test('A scan of the files, FERROUS EVENTS and the observable tell the same events', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { maxLength: 30 }), fc.boolean(), async (programs, valuesAreHidden) => {
      const server = await startLogged(t, {
        'audit-trail': true,
        'audit-trail-values': valuesAreHidden ? 'length' : 'full',
      });
      const live: LoggedEvent[] = [];
      server.events$.subscribe((event) => live.push(event));
      const clients = [await server.connect(), await server.connect()];
      for (const [i, program] of programs.entries()) {
        for (const command of program) await clients[i % 2].sendRaw(command);
      }
      const streamed = await eventsOf(await server.connect(), 'FROM', '-');
      // A condition would leave some out; a command of a reader is an event as well when it is one of administration.
      const known = lines(live).slice(0, streamed.length);
      assert.deepEqual(lines(streamed), known);
      assert.deepEqual(lines(await logged(server.folder)).slice(0, streamed.length), known);
      await server.stop();
    }),
    { numRuns: 15 },
  );
  t.pass();
});

/** Reads until so many events have come, or the end of the stream is told. */
const readSome = async (client: RawClient, from: number, count: number): Promise<readonly LoggedEvent[]> => {
  const found: LoggedEvent[] = [];
  await client.send('FERROUS', 'EVENTS', 'FROM', `offset:${from}`, 'FOLLOW');
  while (found.length < count) {
    const message = messageOf(await client.readReply());
    assert.ok('event' in message, JSON.stringify(message));
    found.push(message.event);
  }
  return found;
};

test('A consumer that is killed and resumed 100 times sees no gap and no reordering', async (t) => {
  const server = await startLogged(t, { 'log-retention-time': 3600 });
  const live: LoggedEvent[] = [];
  server.events$.subscribe((event) => live.push(event));
  const writer = await server.connect();
  const seen: LoggedEvent[] = [];
  let from = 0;
  let written = 0;
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 1 + (round % 4); i++) {
      await writer.send('SET', `k${written++}`, String(round));
      if (round % 10 === 3) await writer.pipeline([['MULTI'], ['INCR', 'a'], ['INCR', 'b'], ['EXEC']]);
    }
    if (round % 25 === 7) await writer.send('BGREWRITEAOF');
    const consumer = await server.connect();
    const some = await readSome(consumer, from, 1 + (round % 3));
    await consumer.close();
    seen.push(...some);
    from = seen[seen.length - 1].end;
  }
  const rest = live.length - seen.length;
  if (rest > 0) seen.push(...(await readSome(await server.connect(), from, rest)));
  t.deepEqual(
    seen.map(({ offset, args }) => [offset, String(args)]),
    live.map(({ offset, args }) => [offset, String(args)]),
  );
});

test('An offset that the log has no more is an error, not a gap', async (t) => {
  const server = await startLogged(t);
  const client = await server.connect();
  for (let i = 0; i < 20; i++) await client.send('SET', `k${i}`, 'x');
  const consumer = await server.connect();
  await client.send('BGREWRITEAOF');
  await consumer.send('FERROUS', 'EVENTS', 'FROM', 'offset:60', 'FOLLOW');
  const message = messageOf(await consumer.readReply());
  // The rewrite may come to its end before or after the segment was opened.
  t.true('event' in message || ('text' in message && message.text.startsWith('ERR ')), JSON.stringify(message));
});
