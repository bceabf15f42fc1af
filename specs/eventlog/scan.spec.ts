/**
 * Reading logs: every event, at its offset in the stream, however the files are cut, and only what is asked for.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { lastValueFrom, take, toArray } from 'rxjs';
import type { LoggedEvent } from '../../src/eventlog/event.ts';
import { type EventConditions, EventFilter } from '../../src/eventlog/filter.ts';
import { isSeenAt, type Moment } from '../../src/eventlog/format.ts';
import { scan, scan$, scanBatches } from '../../src/eventlog/scan.ts';
import { SegmentCursor, Step } from '../../src/eventlog/segment-cursor.ts';
import { makeTempDir } from '../support/temp.ts';
import { anyLog, client, MadeLog, resp, STARTED_US } from './make-log.ts';

const all = async (events: AsyncIterable<LoggedEvent>): Promise<LoggedEvent[]> => {
  const found: LoggedEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
};

/** Events of one segment, whose bytes come in pieces of the given sizes, again and again. */
const walk = (bytes: Uint8Array, sizes: readonly number[]): LoggedEvent[] => {
  const cursor = new SegmentCursor();
  cursor.begin(0);
  const found: LoggedEvent[] = [];
  let at = 0;
  for (let turn = 0; ; turn++) {
    const step = cursor.next();
    if (step === Step.Broken) throw new Error(`${cursor.parser.position}: ${cursor.error}`);
    if (step !== Step.More) {
      found.push(cursor.event());
      continue;
    }
    if (at === bytes.length) return found;
    const room = cursor.parser.room();
    assert.equal(cursor.parser.readPosition, at);
    const size = Math.min(sizes[turn % sizes.length], room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + size));
    cursor.parser.filled(size);
    at += size;
  }
};

test('Every event is found as it was written, however the bytes of a segment come', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(anyLog(), sizes, (log, cuts) => {
      const found = [...log.files().values()].flatMap((bytes) => walk(bytes, cuts));
      assert.deepEqual(found, log.events);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('An event is at its offset in the stream: the bytes there, with annotations left out, are its command', (t) => {
  fc.assert(
    fc.property(anyLog(), (log) => {
      const streams = [...log.files().values()].map((bytes) => {
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          // What RESP says is followed by hand, so that a value that looks like an annotation is none.
          const lineEnd = bytes.indexOf('\r\n', at) + 2;
          if (bytes[at] === 0x23) {
            at = lineEnd;
            continue;
          }
          let end = lineEnd;
          for (let left = Number(bytes.toString('latin1', at + 1, lineEnd - 2)); left > 0; left--) {
            const headEnd = bytes.indexOf('\r\n', end) + 2;
            end = headEnd + Number(bytes.toString('latin1', end + 1, headEnd - 2)) + 2;
          }
          pieces.push(bytes.subarray(at, end));
          at = end;
        }
        return Buffer.concat(pieces);
      });
      const stream = Buffer.concat(streams);
      const begin = log.offset - stream.length;
      for (const event of log.events) {
        if (event.class !== 'write') continue;
        assert.deepEqual(stream.subarray(event.offset - begin, event.end - begin), resp(event.args));
      }
    }),
  );
  t.pass();
});

test('A folder is read in order, as batches, one by one or as an observable', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyLog(), async (log) => {
      const folder = log.save(await makeTempDir(t));
      assert.deepEqual(await all(scan(folder)), log.events);
      assert.deepEqual(await lastValueFrom(scan$(folder).pipe(toArray())), log.events);
      for await (const batch of scanBatches(folder)) assert.ok(batch.length > 0);
    }),
    { numRuns: 40 },
  );
  t.pass();
});

const anyMoment = (log: MadeLog): fc.Arbitrary<Moment> =>
  fc.oneof(
    fc.integer({ min: STARTED_US, max: log.timeUs + 1 }).map((us): Moment => ({ _tag: 'time', us })),
    fc.constantFrom(STARTED_US, ...log.events.map(({ timeUs }) => timeUs)).map((us): Moment => ({ _tag: 'time', us })),
    fc.integer({ min: 0, max: log.offset + 1 }).map((offset): Moment => ({ _tag: 'offset', offset })),
    fc
      .constantFrom(0, ...log.events.flatMap(({ offset, end }) => [offset, end]))
      .map((offset): Moment => ({ _tag: 'offset', offset })),
  );

test('A range holds what is from one moment on and seen at the other, transactions as a whole', async (t) => {
  const ranges = anyLog().chain((log) => fc.tuple(fc.constant(log), anyMoment(log), anyMoment(log)));
  await fc.assert(
    fc.asyncProperty(ranges, async ([log, from, to]) => {
      const folder = log.save(await makeTempDir(t));
      const begun = (event: LoggedEvent) => new EventFilter({ from }).hasBegun(event.timeUs, event.offset);
      assert.deepEqual(await all(scan(folder, { from })), log.events.filter(begun));
      // The EXEC of a transaction ends 14 bytes behind its last event.
      const ends = new Map(log.events.map((event) => [event.transaction, event.end + resp(['EXEC']).length]));
      const seen = (event: LoggedEvent) =>
        isSeenAt(to, event.timeUs, event.transaction === undefined ? event.end : (ends.get(event.transaction) ?? 0));
      assert.deepEqual(await all(scan(folder, { to })), log.events.filter(seen));
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('Conditions choose the events that they describe, from the file as from an event', async (t) => {
  const conditions: fc.Arbitrary<EventConditions> = fc.record(
    {
      db: fc.nat(2),
      key: fc.constantFrom('a', '*', 'user:*', '', '[ab]', '\xff*'),
      user: fc.constantFrom('default', 'al*', ''),
      client: fc.constantFrom('127.0.0.1', '127.0.0.1:40001', 'worker', '2', '*', '0'),
      command: fc.constantFrom('set', 'DEL', 'expire', '*set', 'CONFIG'),
      classes: fc.subarray(['write' as const, 'auth' as const, 'admin' as const], { minLength: 1 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(anyLog({ trail: true }), conditions, async (log, wanted) => {
      const folder = log.save(await makeTempDir(t));
      const filter = new EventFilter(wanted);
      assert.deepEqual(
        await all(scan(folder, wanted)),
        log.events.filter((event) => filter.accepts(event)),
      );
    }),
    { numRuns: 100 },
  );
  t.pass();
});

const small = (): MadeLog => {
  const log = new MadeLog({});
  const by = client(7, 'worker');
  log.write(by, 0, { args: ['SET', 'user:1', 'x'], asSent: ['EVAL', 'return 1', '0'] }, { args: ['DEL', 'b'] });
  log.wait(5);
  log.audit(client(8), 'admin', ['CONFIG', 'SET', 'maxmemory', '0']);
  log.write(client(0), 3, { args: ['DEL', 'user:2'] });
  return log;
};

const chosen = test.macro<[conditions: EventConditions, found: readonly string[]]>({
  exec: async (t, conditions, found) => {
    const folder = small().save(await makeTempDir(t));
    const events = await all(scan(folder, conditions));
    t.deepEqual(
      events.map(({ args }) => args.map((arg) => Buffer.from(arg).toString('latin1')).join(' ')),
      [...found],
    );
  },
  title: (_, conditions, found) => `${JSON.stringify(conditions)} finds ${found.join(', ') || 'nothing'}`,
});

test(chosen, {}, ['SET user:1 x', 'DEL b', 'CONFIG SET maxmemory 0', 'DEL user:2']);
test(chosen, { key: 'user:*' }, ['SET user:1 x', 'DEL user:2']);
test(chosen, { command: 'del' }, ['DEL b', 'DEL user:2']);
test(chosen, { command: 'eval' }, ['SET user:1 x']);
test(chosen, { command: 'config' }, ['CONFIG SET maxmemory 0']);
test(chosen, { db: 3 }, ['DEL user:2']);
test(chosen, { user: 'default' }, ['CONFIG SET maxmemory 0']);
test(chosen, { client: 'worker' }, ['SET user:1 x', 'DEL b']);
test(chosen, { client: '127.0.0.1:40007' }, ['SET user:1 x', 'DEL b']);
test(chosen, { client: '127.0.0.1' }, ['SET user:1 x', 'DEL b', 'CONFIG SET maxmemory 0']);
test(chosen, { client: '0' }, ['DEL user:2']);
test(chosen, { classes: ['admin'] }, ['CONFIG SET maxmemory 0']);
test(chosen, { to: { _tag: 'time', us: STARTED_US } }, ['SET user:1 x', 'DEL b']);
test(chosen, { key: 'nobody' }, []);

test('A log cut at any byte of its last segment has the events before the cut, and no part of a transaction', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  log.rotate();
  log.write(client(1), 0, { args: ['SET', 'a', '2'] }, { args: ['SET', 'b', '3'], asSent: ['GETSET', 'b', '3'] });
  log.transaction(client(2), 1, { args: ['SET', 'a', '4'] }, { args: ['SET', 'b', '5'] });
  const folder = log.save(await makeTempDir(t));
  const [, last] = [...log.files()];
  let longest = 0;
  for (let bytes = 0; bytes <= last[1].length; bytes++) {
    writeFileSync(join(folder, last[0]), last[1].subarray(0, bytes));
    const found = await all(scan(folder));
    assert.deepEqual(found, log.events.slice(0, found.length));
    assert.notEqual(found.length, 4, 'half of the transaction');
    assert.ok(found.length >= longest);
    longest = found.length;
  }
  t.is(longest, log.events.length);
});

test('A transaction of more events than are kept is handed out as a whole, or not at all', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'before', '1'] });
  const many = Array.from({ length: 5000 }, (_, at) => ({ args: ['SET', `k${at}`, 'v'.repeat(100)] }));
  log.transaction(client(1), 0, ...many);
  log.write(client(1), 0, { args: ['SET', 'after', '1'] });
  const dir = await makeTempDir(t);
  t.is((await all(scan(log.save(dir)))).length, 5002);
  t.is((await all(scan(dir, { to: { _tag: 'offset', offset: log.offset - 60 } }))).length, 1);

  const [[name, bytes]] = [...log.files()];
  writeFileSync(join(dir, name), bytes.subarray(0, bytes.indexOf('EXEC')));
  t.is((await all(scan(dir))).length, 1);
});

test('Damage in the middle is an error with file, place and reason', async (t) => {
  const folder = small().save(await makeTempDir(t));
  const [[name, bytes]] = [...small().files()];
  const at = bytes.indexOf('*3');
  const broken = Buffer.from(bytes);
  broken[at] = 0x2b;
  writeFileSync(join(folder, name), broken);
  const error = await t.throwsAsync(all(scan(folder)), { name: 'LogError' });
  t.is(error?.message, `${name}: at byte ${at}: expected a command or an annotation, got '+'`);
});

test('A segment that others follow has to end with a whole command', async (t) => {
  const log = small();
  log.rotate();
  const folder = log.save(await makeTempDir(t));
  const [[name, bytes]] = [...log.files()];
  writeFileSync(join(folder, name), bytes.subarray(0, bytes.indexOf('#S:') - 1));
  await t.throwsAsync(all(scan(folder)), { message: /expected a whole command, got the end of the file/ });
});

test('Who follows a log gets what comes, from segment to segment, however it is written', async (t) => {
  const log = new MadeLog({});
  for (let i = 0; i < 30; i++) {
    log.write(client(1 + (i % 3)), i % 2, { args: ['SET', `k${i}`, 'v'.repeat(i * 10)] });
    if (i % 4 === 0) log.transaction(client(1), 0, { args: ['SET', 'a', '1'] }, { args: ['SET', 'b', '1'] });
    if (i % 10 === 9) log.rotate();
  }
  const folder = await makeTempDir(t);
  const followed = lastValueFrom(scan$(folder, { follow: true }).pipe(take(log.events.length), toArray()));
  for (const [name, bytes] of log.files()) {
    for (let at = 0; at < bytes.length; at += 301) {
      appendFileSync(join(folder, name), bytes.subarray(at, at + 301));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  t.deepEqual(await followed, log.events);
});

test('Memory is as large as the largest command needs, and small again behind it', (t) => {
  const cursor = new SegmentCursor();
  cursor.begin(0);
  const small = resp(['SET', 'a', 'v'.repeat(100)]);
  const large = resp(['SET', 'a', 'v'.repeat(3_000_000)]);
  const parts = [...Array<Buffer>(20_000).fill(small), large, ...Array<Buffer>(20_000).fill(small)];
  const bytes = Buffer.concat(parts);
  const usual = cursor.parser.buf.length;
  let writes = 0;
  let largest = 0;
  for (let at = 0; ; ) {
    const step = cursor.next();
    if (step === Step.Write) {
      writes++;
      if (writes === 20_000) t.is(cursor.parser.buf.length, usual);
      largest = Math.max(largest, cursor.parser.buf.length);
      continue;
    }
    if (at === bytes.length) break;
    at += bytes.copy(cursor.parser.room(), 0, at);
    cursor.parser.filled(at - cursor.parser.readPosition);
  }
  t.is(writes, parts.length);
  t.true(largest < 4 * large.length);
  t.is(cursor.parser.buf.length, usual);
});

test('Progress is told in bytes, up to all of them', async (t) => {
  const log = small();
  const folder = log.save(await makeTempDir(t));
  const told: number[] = [];
  await all(scan(folder, { onProgress: (bytes, total) => told.push(bytes, total) }));
  t.deepEqual(told.slice(-2), [log.bytes, log.bytes]);
});

test('With an index a scan begins near its moment, and finds the same, clients included', async (t) => {
  const log = new MadeLog({ offset: 17 });
  for (let i = 0; i < 3000; i++) {
    // Some are named at the front and come back late, some change their names.
    const by = i % 100 === 99 ? client(1) : client(2 + (i % 7), `name${Math.floor(i / 900)}`);
    const command = { args: ['SET', `key:${i}`, 'v'.repeat(300)] };
    if (i % 50 === 0) log.transaction(by, 1, ...Array.from({ length: i === 1500 ? 1200 : 3 }, () => command));
    else log.write(by, i % 2, command, { args: ['DEL', `key:${i}`], asSent: ['EXPIRE', `key:${i}`, '0'] });
    if (i % 10 === 0) log.audit(client(3000 + i), 'auth', ['AUTH', '(redacted)']);
    log.wait(3);
  }
  const folder = log.save(await makeTempDir(t));
  const moments = anyMoment(log);
  await fc.assert(
    fc.asyncProperty(moments, fc.integer({ min: 1, max: 100 }), async (from, count) => {
      const begin = log.events.findIndex((event) => new EventFilter({ from }).hasBegun(event.timeUs, event.offset));
      const expected = begin < 0 ? [] : log.events.slice(begin, begin + count);
      const found: LoggedEvent[] = [];
      for await (const event of scan(folder, { from, index: 'make' })) {
        if (found.push(event) >= count) break;
      }
      assert.deepEqual(found.slice(0, count), expected);
    }),
    { numRuns: 60 },
  );
  t.deepEqual(
    await all(scan(folder, { from: { _tag: 'offset', offset: 900_000 } })),
    await all(scan(folder, { from: { _tag: 'offset', offset: 900_000 }, index: 'none' })),
  );
});
