/**
 * Law 2: folding the write events of any program over an empty keyspace gives the keyspace that the program made.
 */
import test from 'ava';
import fc from 'fast-check';
import { type Database, NO_EXPIRY } from '../../src/keyspace/database.ts';
import { Digest, digestEntry } from '../../src/keyspace/digest.ts';
import { TYPE_NAMES } from '../../src/keyspace/entry.ts';
import type { Keyspace } from '../../src/keyspace/keyspace.ts';
import { ClientKind } from '../../src/net/client.ts';
import { collectionCommand } from '../support/arbitrary-collections.ts';
import { anyCommand, command, program, stringCommand } from '../support/arbitrary-commands.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Arg, decodeReply, show } from '../support/reply.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

const showEntry = (db: Database, ref: number): string => {
  db.loadKey(ref);
  const key = show.bytes(db.keyBytes.subarray(db.keyAt, db.keyAt + db.keyLength));
  const digest = new Digest();
  digestEntry(digest, db, ref);
  const value = `${TYPE_NAMES[db.type(ref)]} ${digest}`;
  const expireAtMs = db.expireAtMs(ref);
  return `${db.index}> ${key} ${value}${expireAtMs === NO_EXPIRY ? '' : ` expires at ${expireAtMs}`}`;
};

/** Every key with its value and expiry, one line each. */
const contents = (keyspace: Keyspace): string => {
  const lines: string[] = [];
  for (const db of keyspace.databases) {
    let cursor = 0;
    do {
      cursor = keyspace.dict.scan(db.header, cursor, (ref) => lines.push(showEntry(db, ref)));
    } while (cursor !== 0);
  }
  return lines.sort().join('\n');
};

/** All commands of the stream that the server emits from now on, SELECT, MULTI and EXEC included. */
const recordEvents = (server: MemoryServer): Buffer[] => {
  const events: Buffer[] = [];
  server.server.services.writes.events$.subscribe(({ buf, start, end }) => {
    events.push(Buffer.from(buf.slice(start, end)));
  });
  return events;
};

/** A server that is told the events by its master, at a time when much of it is over. */
const replayed = (events: readonly Buffer[], nowMs: number): MemoryServer => {
  const server = new MemoryServer({ nowMs });
  server.client.kind = ClientKind.Master;
  for (const event of events) {
    const request = decodeReply(event);
    if (request.type !== 'array') throw new Error('an event is no command');
    server.raw(request.items.map((item) => (item.type === 'bulk' ? item.bytes : show(item))));
  }
  return server;
};

const START_MS = 1_700_000_000_000;
const waits = fc.array(fc.oneof(fc.constant(0), fc.nat(1000), fc.nat(5_000_000)), { maxLength: 40, size: 'max' });

const collectionKey = fc.constantFrom('list', 'hash', 'set', 'zset', 'string');

/** Collections that soon are over, so that any command may be the one that meets them. */
const shortLived = fc.oneof(
  { weight: 8, arbitrary: collectionCommand },
  { weight: 2, arbitrary: command('PEXPIRE', collectionKey, fc.constantFrom('1', '500')) },
);

const withTransactions = fc.oneof(
  { weight: 6, arbitrary: anyCommand },
  { weight: 6, arbitrary: shortLived },
  { weight: 2, arbitrary: command('MULTI') },
  { weight: 2, arbitrary: command('EXEC') },
  { weight: 1, arbitrary: command('WATCH', collectionKey) },
  { weight: 1, arbitrary: command('DISCARD') },
);

for (const [name, commands] of [
  ['string and keys', anyCommand],
  ['string', stringCommand],
  ['collection', shortLived],
  ['queued and other', withTransactions],
] as const) {
  test(`replaying the write events of any ${name} commands rebuilds an equal keyspace`, (t) => {
    fc.assert(
      fc.property(program({ commands, maxLength: 40 }), waits, (history, pauses) => {
        const server = new MemoryServer({ nowMs: START_MS });
        const events = recordEvents(server);
        for (const [i, command] of history.commands.entries()) {
          server.advance(pauses[i] ?? 0);
          server.raw(wordsOf(command.args));
        }
        const original = contents(server.keyspace);
        const copy = contents(replayed(events, server.nowMs + 10_000_000).keyspace);
        if (original !== copy) throw new Error(`the original:\n${original}\nits copy:\n${copy}`);
      }),
      { numRuns: 200 },
    );
    t.pass();
  });
}
