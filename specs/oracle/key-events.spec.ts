/**
 * Key events against those of a real redis-server: what it publishes for a program is what we make, in the same order.
 *
 * Of keys that are replaced by a value of another kind Redis says nothing but what the command did; here the key is new.
 */
import fc from 'fast-check';
import { determined, genericCommand, hashCommand, listCommand, setCommand } from '../support/arbitrary-collections.ts';
import { anyCommand, program } from '../support/arbitrary-commands.ts';
import { setCommand as anySetCommand } from '../support/arbitrary-sets.ts';
import { sortedSetCommand } from '../support/arbitrary-sorted-sets.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Arg, decodeReply, show } from '../support/reply.ts';
import type { RawClient } from '../support/resp-client.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

/** What was published until the message that says that all is over. */
const published = async (listener: RawClient): Promise<string[]> => {
  const events: string[] = [];
  for (;;) {
    const message = decodeReply(await listener.readRaw());
    if (message.type !== 'array') throw new Error(`no message: ${show(message)}`);
    const words = message.items.map((item) => (item.type === 'bulk' ? item.bytes.toString('latin1') : show(item)));
    if (words[0] === 'message') return events;
    const [, db, name] = /^__keyevent@(\d+)__:(.*)$/.exec(words[2] ?? '') ?? [];
    events.push(`${db} ${name} ${show.command([Buffer.from(words[3] ?? '', 'latin1')])}`);
  }
};

const listed = (events: readonly string[]): string => events.map((event) => `  ${event}`).join('\n');

/** All types over the same keys. Not SORT, which looks at what it sorts in an order of its own. */
const collectionCommand = fc.oneof(
  { weight: 3, arbitrary: listCommand },
  { weight: 3, arbitrary: hashCommand },
  { weight: 3, arbitrary: setCommand },
  { weight: 2, arbitrary: genericCommand },
);

for (const [name, commands, flags] of [
  ['string and keys', anyCommand, 'AKEmn'],
  // What is stored in the place of another value is new here, see above.
  ['sorted set', sortedSetCommand, 'AKEm'],
  ['set', anySetCommand, 'AKEm'],
  ['collection', collectionCommand, 'AKEm'],
  // With SORT, whose look-ups are told by nobody without `m`.
  ['any collection', determined, 'AKE'],
] as const) {
  oracleTest.serial(`${name} commands make the key events that redis-server publishes`, async (t) => {
    const redis = await startRedis(t, { args: ['--notify-keyspace-events', flags] });
    const client = await redis.connect();
    const listener = await redis.connect();
    await client.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await listener.send('PSUBSCRIBE', '__keyevent@*');
    await listener.send('SUBSCRIBE', 'over');

    await fc.assert(
      fc.asyncProperty(program({ commands, invalid: false }), async (history) => {
        await client.send('SELECT', '0');
        await client.send('FLUSHALL');
        const server = new MemoryServer({ nowMs: Date.now() });
        server.run(['CONFIG', 'SET', 'notify-keyspace-events', flags]);
        const ours: string[] = [];
        server.keyspace.keyEvents.events$.subscribe(({ name, db, bytes, at, length }) => {
          ours.push(`${db} ${name} ${show.command([Buffer.from(bytes.slice(at, at + length))])}`);
        });
        const replies = history.commands.map(({ args }) => client.sendRaw(args));
        for (const { args } of history.commands) server.raw(wordsOf(args));
        await Promise.all(replies);
        await client.send('PUBLISH', 'over', '');

        const theirs = await published(listener);
        if (ours.join('\n') === theirs.join('\n')) return;
        throw new Error(`ferrous tells\n${listed(ours)}\nredis-server tells\n${listed(theirs)}`);
      }),
      { numRuns: 300 },
    );
    t.pass();
  });
}
