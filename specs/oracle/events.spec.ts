/**
 * Write events against those of a real redis-server: what it appends to its log for the same program is what we emit,
 * command by command. The log is flushed before each reply (`appendfsync always`), so it is complete when it is read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { anyCommand, program, stringCommand } from '../support/arbitrary-commands.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Arg, decodeReply, ReplyScanner, show } from '../support/reply.ts';

/** Two servers do not run a command in the same millisecond. */
const SLACK_MS = 10_000;
const A_TIME = /^\d{12,}$/;

/** The commands in a log or in a replication stream. */
const commandsIn = (stream: Buffer): string[][] => {
  const commands: string[][] = [];
  for (let at = 0; at < stream.length; ) {
    const rest = stream.subarray(at);
    const bytes = new ReplyScanner().scan(rest);
    const command = decodeReply(rest.subarray(0, bytes));
    if (command.type !== 'array') throw new Error(`no command: ${show(command)}`);
    commands.push(command.items.map((item) => (item.type === 'bulk' ? item.bytes.toString('latin1') : show(item))));
    at += bytes;
  }
  return commands;
};

interface Event {
  readonly db: string;
  readonly words: readonly string[];
}

/**
 * Names in upper case, SELECT made a property. Redis puts the DEL of an expired key and the command that met it into
 * one transaction; we emit them one behind the other.
 */
const eventsIn = (commands: readonly string[][]): Event[] => {
  let db = '0';
  const events: Event[] = [];
  for (const [first, ...rest] of commands) {
    const name = first.toUpperCase();
    if (name === 'SELECT') db = rest[0];
    else if (name !== 'MULTI' && name !== 'EXEC') events.push({ db, words: [name, ...rest] });
  }
  return events;
};

const isSameWord = (a: string, b: string): boolean =>
  a === b || (A_TIME.test(a) && A_TIME.test(b) && Math.abs(Number(a) - Number(b)) < SLACK_MS);

const isSameEvent = (a: Event | undefined, b: Event | undefined): boolean =>
  a !== undefined &&
  a.db === b?.db &&
  a.words.length === b.words.length &&
  a.words.every((word, i) => isSameWord(word, b.words[i]));

const listed = (events: readonly Event[]): string =>
  events.map(({ db, words }) => `  ${db}> ${show.command(words)}`).join('\n');

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

for (const [name, commands] of [
  ['string', stringCommand],
  ['string and keys', anyCommand],
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
        await client.send('SELECT', '0');
        await client.send('FLUSHALL');
        const start = readFileSync(logPath).length;
        const server = new MemoryServer({ nowMs: Date.now() });
        const emitted: string[][] = [];
        server.server.services.writes.events$.subscribe((event) => {
          emitted.push(...commandsIn(Buffer.from(event.buf.slice(event.start, event.end))));
        });
        const replies = history.commands.map(({ args }) => client.sendRaw(args));
        for (const { args } of history.commands) server.raw(wordsOf(args));
        await Promise.all(replies);

        const theirs = eventsIn(commandsIn(readFileSync(logPath).subarray(start)));
        const ours = eventsIn(emitted);
        if (ours.length === theirs.length && ours.every((event, i) => isSameEvent(event, theirs[i]))) return;
        throw new Error(`ferrous emits\n${listed(ours)}\nredis-server emits\n${listed(theirs)}`);
      }),
      { numRuns: 100 },
    );
    t.pass();
  });
}
