/**
 * What events and runs say of who caused them, when, and what had been sent.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { systemEnvironment } from '../../src/environment.ts';
import { WriteStream } from '../../src/events/write-stream.ts';
import { Client } from '../../src/net/client.ts';
import { NO_PEER } from '../../src/net/peer.ts';
import { latin1, viewOf } from '../../src/resp/view.ts';
import { VirtualServer } from '../net/virtual-server.ts';
import { program } from '../support/arbitrary-commands.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const clientOf = (id: number): Client => new Client(id, NO_PEER, { bulkBytesMax: 0 }, 0);

/** Runs as `<id> <bytes>`, with what was sent behind. */
const runsOf = (writes: WriteStream): string[] => {
  const runs: string[] = [];
  writes.runs$.subscribe(({ origin, sent, buf, start, end }) => {
    const asSent = sent === undefined ? '' : ` <- ${latin1(sent.buf, sent.start, sent.end)}`;
    runs.push(`${origin?.id ?? 'server'} ${latin1(buf, start, end)}${asSent}`);
  });
  return runs;
};

test('a run has one origin, though its bytes lie together with those of the next', (t) => {
  const writes = new WriteStream();
  const runs = runsOf(writes);
  const buf = bytesOf('abcdef');
  const [ann, bob] = [clientOf(1), clientOf(2)];
  writes.relay(0, buf, 0, 1, ann);
  writes.relay(0, buf, 1, 2, ann);
  writes.relay(0, buf, 2, 3, bob);
  writes.relay(0, buf, 3, 4);
  writes.relay(0, buf, 4, 6, ann);
  writes.flush();
  t.deepEqual(runs, ['1 ab', '2 c', 'server d', '1 ef']);
});

test('what was sent stands with the one event it is about, not with the SELECT ahead of it or the events behind', (t) => {
  const writes = new WriteStream();
  const runs = runsOf(writes);
  const sent: string[] = [];
  writes.events$.subscribe((event) => void sent.push(event.sent === undefined ? '-' : 'sent'));
  const buf = bytesOf('abc');
  writes.origin = clientOf(1);
  writes.emit(0, buf, 0, 1);
  writes.sent = viewOf(['X']);
  writes.emit(0, buf, 1, 2);
  writes.emit(0, buf, 2, 3);
  writes.flush();
  t.deepEqual(runs.slice(1), ['1 a', '1 b <- *1\r\n$1\r\nX\r\n', '1 c']);
  t.deepEqual(sent, ['-', '-', 'sent', '-']);
});

test('all who ask for the time of a moment are told the same', (t) => {
  let us = 10;
  const writes = new WriteStream(() => us++);
  writes.setTime(1);
  t.deepEqual([writes.timeUs(), writes.timeUs()], [10, 10]);
  writes.setTime(1);
  t.is(writes.timeUs(), 11);
});

test('the clock of the system has µs, and the ms are those of Date.now', (t) => {
  const { timeUs } = systemEnvironment();
  for (let i = 0; i < 1000; i++) {
    const before = Date.now();
    const us = timeUs();
    const after = Date.now();
    assert.ok(Number.isSafeInteger(us));
    assert.ok(Math.floor(us / 1000) >= before && Math.floor(us / 1000) <= after);
  }
  t.pass();
});

test('whatever is sent: runs and events name the same client for every byte, and it is the one that sent it', (t) => {
  const two = fc.array(
    fc.tuple(
      fc.nat(1),
      program({ maxLength: 8 }).map((made) => new Uint8Array(made.encode())),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(two, (turns) => {
      const server = new VirtualServer();
      const { writes } = server.server.services;
      const [byRun, byEvent]: number[][] = [[], []];
      let sender = -1;
      writes.runs$.subscribe(({ origin, start, end }) => {
        assert.ok(origin === undefined || origin.id === sender);
        for (let i = start; i < end; i++) byRun?.push(origin?.id ?? 0);
      });
      writes.events$.subscribe(({ origin, start, end }) => {
        for (let i = start; i < end; i++) byEvent?.push(origin?.id ?? 0);
      });
      const peers = [server.connect(), server.connect()];
      for (const [index, bytes] of turns) {
        sender = index + 1;
        peers[index]?.send(bytes);
      }
      assert.deepEqual(byRun, byEvent);
    }),
    { numRuns: 200 },
  );
  t.pass();
});
