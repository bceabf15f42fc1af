/**
 * Law 2 for collections: folding the write events of any program gives the values that the program made.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { ClientKind } from '../../src/net/client.ts';
import { collectionCommand, LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { program } from '../support/arbitrary-commands.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Arg, decodeReply, show } from '../support/reply.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

const START_MS = 1_700_000_000_000;
const config = fc.constantFrom(LOW_THRESHOLDS, {});

test('replaying the write events of any commands on collections rebuilds an equal keyspace', (t) => {
  fc.assert(
    fc.property(program({ commands: collectionCommand, maxLength: 60 }), config, (history, settings) => {
      const server = new MemoryServer({ nowMs: START_MS, config: settings });
      const events: Buffer[] = [];
      server.server.services.writes.events$.subscribe(({ buf, start, end }) => {
        events.push(Buffer.from(buf.slice(start, end)));
      });
      for (const command of history.commands) server.raw(wordsOf(command.args));

      const replica = new MemoryServer({ nowMs: START_MS + 10_000_000, config: settings });
      replica.client.kind = ClientKind.Master;
      for (const event of events) {
        const request = decodeReply(event);
        if (request.type !== 'array') throw new Error('an event is no command');
        const words = request.items.map((item) => (item.type === 'bulk' ? item.bytes : show(item)));
        const name = Buffer.from(words[0] ?? '').toString();
        if (name === 'MULTI' || name === 'EXEC') continue; // the link applies what stands between them at once
        const { reply } = replica.server.services.clients.outbox;
        const { errors } = reply;
        replica.raw(words);
        assert.equal(reply.errors, errors, `${show.command(words)}: ${reply.lastError}`);
      }
      assert.equal(digestKeyspace(replica.keyspace), digestKeyspace(server.keyspace));
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('whatever is done to collections, FLUSHALL gives all memory back', (t) => {
  fc.assert(
    fc.property(program({ commands: collectionCommand, maxLength: 60 }), config, (history, settings) => {
      const server = new MemoryServer({ nowMs: START_MS, config: settings });
      const { keyspace } = server;
      const empty = keyspace.arena.usedBytes;
      for (const command of history.commands) server.raw(wordsOf(command.args));
      server.raw('FLUSHALL');
      while (keyspace.reclaim(1000));
      assert.equal(keyspace.arena.usedBytes, empty);
    }),
    { numRuns: 200 },
  );
  t.pass();
});
