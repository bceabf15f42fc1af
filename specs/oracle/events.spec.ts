/**
 * Write events against those of a real redis-server: what it appends to its log for the same program is what we emit,
 * command by command, SELECT, MULTI and EXEC included.
 */
import fc from 'fast-check';
import { determined, listCommand } from '../support/arbitrary-collections.ts';
import { anyCommand, program, stringCommand } from '../support/arbitrary-commands.ts';
import { hashCommand } from '../support/arbitrary-hashes.ts';
import { setCommand } from '../support/arbitrary-sets.ts';
import { sortedSetCommand } from '../support/arbitrary-sorted-sets.ts';
import { startLoggedRedis } from '../support/logged-redis.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { MemoryServer } from '../support/reduce.ts';
import type { Arg } from '../support/reply.ts';
import { commandsIn, isSameStream, record, showStream } from '../support/write-stream.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

for (const [name, commands] of [
  ['string', stringCommand],
  ['string and keys', anyCommand],
  ['list', listCommand],
  ['hash', hashCommand],
  ['set', setCommand],
  ['sorted set', sortedSetCommand],
  ['mixed collection', determined],
] as const) {
  oracleTest.serial(`${name} commands are propagated as redis-server propagates them`, async (t) => {
    const { client, log } = await startLoggedRedis(t);
    await fc.assert(
      fc.asyncProperty(program({ commands, invalid: false }), async (history) => {
        const server = new MemoryServer({ nowMs: Date.now() });
        // Both streams have database 0 selected behind this.
        await client.send('SELECT', '0');
        await client.send('FLUSHALL');
        server.raw('FLUSHALL');
        const start = log().length;
        const ours = record(server.server.services.writes);
        const replies = history.commands.map(({ args }) => client.sendRaw(args));
        for (const { args } of history.commands) server.raw(wordsOf(args));
        await Promise.all(replies);

        const theirs = commandsIn(log(start));
        if (isSameStream(ours, theirs)) return;
        throw new Error(`ferrous emits\n${showStream(ours)}\nredis-server emits\n${showStream(theirs)}`);
      }),
      { numRuns: 100 },
    );
    t.pass();
  });
}
