/**
 * A log in memory: what the writer of the log does with the annotator, without a disk.
 *
 * In:  a server. Out: the bytes of its segment, and what readers make of them.
 * Memory: the bytes.
 */
import assert from 'node:assert/strict';
import { Annotator } from '../../src/audit/annotator.ts';
import type { Services } from '../../src/commands/context.ts';
import { eventLine, type LoggedEvent } from '../../src/eventlog/event.ts';
import { hashOf, NO_HASH } from '../../src/eventlog/format.ts';
import { SegmentCursor, Step } from '../../src/eventlog/segment-cursor.ts';

const REPLID = 'a'.repeat(40);

export class MemoryLog {
  buf: Uint8Array = new Uint8Array(64);
  pos = 0;
  readonly annotator: Annotator;
  private readonly services: Services;
  private readonly pieces: Buffer[] = [];

  constructor(services: Services) {
    this.services = services;
    const { audit, commands, config, writes } = services;
    this.annotator = new Annotator({ pending: this, timeUs: () => writes.timeUs(), commands, config });
    this.annotator.head({ replid: REPLID, offset: writes.offset, timeUs: writes.timeUs(), hash: NO_HASH });
    writes.runs$.subscribe((run) => {
      this.annotator.annotate(run);
      const length = run.end - run.start;
      this.reserve(length);
      this.buf.set(run.buf.subarray(run.start, run.end), this.pos);
      this.pos += length;
    });
    audit.events$.subscribe((event) => this.annotator.audit(event));
  }

  reserve(bytes: number): void {
    if (this.pos + bytes <= this.buf.length) return;
    const wider = new Uint8Array((this.pos + bytes) * 2);
    wider.set(this.buf.subarray(0, this.pos));
    this.buf = wider;
  }

  commit(): void {
    if (this.pos === 0) return;
    this.annotator.commit();
    this.store();
  }

  /** The whole segment, sealed. */
  seal(): Buffer {
    this.commit();
    const { writes } = this.services;
    this.annotator.seal(writes.offset, writes.timeUs());
    this.store();
    return Buffer.concat(this.pieces);
  }

  private store(): void {
    this.pieces.push(Buffer.from(this.buf.subarray(0, this.pos)));
    this.buf.fill(0, 0, this.pos);
    this.pos = 0;
  }
}

/** The records of a segment: where each begins. */
const recordsOf = (segment: Buffer): readonly Buffer[] => {
  const cursor = new SegmentCursor();
  const starts: number[] = [];
  const { parser } = cursor;
  const room = parser.room();
  assert.ok(room.length > segment.length, 'the segment is larger than a buffer');
  room.set(segment);
  parser.filled(segment.length);
  for (;;) {
    const item = parser.next();
    if (item === 2) break;
    assert.notEqual(item, 3, parser.error);
    if (item === 1 && /^#[FWXS]:/.test(parser.line())) starts.push(parser.position);
  }
  return starts.map((start, i) => segment.subarray(start, starts[i + 1] ?? segment.length));
};

/** Looks at every hash of a segment. */
export const assertChained = (segment: Buffer): void => {
  let before = NO_HASH;
  for (const record of recordsOf(segment)) {
    const [line = ''] = record.toString('latin1').split('\r\n', 1);
    const words = line.split(' ');
    const hash = line.startsWith('#F:') ? words[4] : line.startsWith('#X:') ? words[3] : words[2];
    assert.equal(hash, before, line);
    before = hashOf(record);
  }
};

/** What readers of the log see. */
export const eventsIn = (segment: Buffer): readonly LoggedEvent[] => {
  const cursor = new SegmentCursor();
  cursor.begin(0);
  const room = cursor.parser.room();
  room.set(segment);
  cursor.parser.filled(segment.length);
  const events: LoggedEvent[] = [];
  for (let step = cursor.next(); step !== Step.More; step = cursor.next()) {
    assert.notEqual(step, Step.Broken, cursor.error);
    assert.ok(!cursor.isStranger(), 'a client that nobody has named');
    events.push(cursor.event());
  }
  return events;
};

/** An event on one line: whose it is, what it did, what had been sent. */
export const shown = (event: LoggedEvent): string => {
  const { client, args, asSent } = event;
  const who =
    client === undefined ? '?' : client.id === 0 ? 'server' : client.id < 0 ? 'master' : client.name || client.id;
  const what = args.map((arg) => Buffer.from(arg).toString('latin1')).join(' ');
  const kind = event.class === 'write' ? '' : `${event.class} `;
  return `${who}: ${kind}${what}${asSent === undefined ? '' : ` <- ${asSent}`}`;
};

export { eventLine };
