/**
 * Write events against those of a real redis-server: what it appends to its log for the same program is what we emit,
 * command by command, SELECT, MULTI and EXEC included. The log is flushed before each reply (`appendfsync always`), so it is complete when it is read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { anyCommand, program, stringCommand } from '../support/arbitrary-commands.ts';
import { hashCommand } from '../support/arbitrary-hashes.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { MemoryServer } from '../support/reduce.ts';
import type { Arg } from '../support/reply.ts';
import { commandsIn, isSameStream, record, showStream } from '../support/write-stream.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

for (const [name, commands] of [
  ['string', stringCommand],
  ['string and keys', anyCommand],
  ['hash', hashCommand],
] as const) {
  oracleTest.serial(`${name} commands are propagated as redis-server propagates them`, async (t) => {
    const redis = await startRedis(t, {
      args: ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'],
    });
    const client = await redis.connect();
    await client.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    const logDir = join(redis.dir, 'appendonlydir');
    const logPath = join(logDir, readdirSync(logDir).find((file) => file.endsWith('.incr.aof')) ?? '');

    await fc.assert(
      fc.asyncProperty(program({ commands, invalid: false }), async (history) => {
        const server = new MemoryServer({ nowMs: Date.now() });
        // Both streams have database 0 selected behind this.
        await client.send('SELECT', '0');
        await client.send('FLUSHALL');
        server.raw('FLUSHALL');
        const start = readFileSync(logPath).length;
        const ours = record(server.server.services.writes);
        const replies = history.commands.map(({ args }) => client.sendRaw(args));
        for (const { args } of history.commands) server.raw(wordsOf(args));
        await Promise.all(replies);

        const theirs = commandsIn(readFileSync(logPath).subarray(start));
        if (isSameStream(ours, theirs)) return;
        throw new Error(`ferrous emits\n${showStream(ours)}\nredis-server emits\n${showStream(theirs)}`);
      }),
      { numRuns: 100 },
    );
    t.pass();
  });
}
