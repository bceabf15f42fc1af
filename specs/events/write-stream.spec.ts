import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { WriteStream } from '../../src/events/write-stream.ts';
import { VirtualServer } from '../net/virtual-server.ts';
import { chunked } from '../support/arbitraries.ts';
import { program } from '../support/arbitrary-commands.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Copies what both streams hand out, at the moment they do. */
const listen = (writes: WriteStream) => {
  const events: Buffer[] = [];
  const runs: { readonly offset: number; readonly bytes: Buffer }[] = [];
  writes.events$.subscribe(({ buf, start, end }) => void events.push(Buffer.from(buf.subarray(start, end))));
  writes.runs$.subscribe(
    ({ offset, buf, start, end }) => void runs.push({ offset, bytes: Buffer.from(buf.subarray(start, end)) }),
  );
  return { events, runs };
};

test('a SELECT stands before an event whose database differs from that of the one before', (t) => {
  const writes = new WriteStream();
  const { events } = listen(writes);
  const event = bytesOf('*1\r\n$1\r\nX\r\n');
  for (const db of [0, 0, 11, 11, 0]) writes.emit(db, event, 0, event.length);
  const x = event.length;
  const select0 = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n';
  const select11 = '*2\r\n$6\r\nSELECT\r\n$2\r\n11\r\n';
  t.deepEqual(
    events.map((bytes) => (bytes.length === x ? 'X' : bytes.toString())),
    [select0, 'X', 'X', select11, 'X', 'X', select0, 'X'],
  );
  t.is(writes.offset, 5 * x + 2 * select0.length + select11.length);
});

test('events that follow one another in one buffer are one run, which comes with the flush', (t) => {
  const writes = new WriteStream();
  const { events, runs } = listen(writes);
  const pipeline = bytesOf('abcdef');
  writes.relay(0, pipeline, 0, 2);
  writes.relay(0, pipeline, 2, 3);
  writes.relay(0, pipeline, 3, 6);
  t.is(events.length, 3);
  t.is(runs.length, 0);
  writes.flush();
  writes.flush();
  t.deepEqual(runs, [{ offset: 0, bytes: Buffer.from('abcdef') }]);
});

test('a gap or another buffer begins another run', (t) => {
  const writes = new WriteStream();
  const { runs } = listen(writes);
  const pipeline = bytesOf('abcdef');
  writes.relay(0, pipeline, 0, 2);
  writes.relay(0, pipeline, 4, 6);
  writes.relay(0, bytesOf('xy'), 0, 2);
  writes.relay(0, pipeline, 0, 1);
  writes.flush();
  t.deepEqual(
    runs.map(({ offset, bytes }) => `${offset} ${bytes}`),
    ['0 ab', '2 ef', '4 xy', '6 a'],
  );
});

test('whatever is sent, and however it is cut: the runs are the bytes of the events, at their offsets', (t) => {
  const programs = chunked(program({ maxLength: 25 }).map((made) => new Uint8Array(made.encode())));
  fc.assert(
    fc.property(programs, ({ chunks }) => {
      const server = new VirtualServer();
      const { writes } = server.server.services;
      const { events, runs } = listen(writes);
      const peer = server.connect();
      for (const chunk of chunks) {
        peer.send(chunk);
        // Nothing is held back between chunks: their buffer is overwritten by the next one.
        assert.equal(
          runs.reduce((sum, { bytes }) => sum + bytes.length, 0),
          writes.offset,
        );
      }
      assert.deepEqual(Buffer.concat(runs.map(({ bytes }) => bytes)), Buffer.concat(events));
      let offset = 0;
      for (const run of runs) {
        assert.equal(run.offset, offset);
        offset += run.bytes.length;
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});
