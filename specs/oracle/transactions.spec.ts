/**
 * Transactions beside redis-server's: replies to programs with transactions in them, and the stream that they make.
 */
import fc from 'fast-check';
import { Command, type Program } from '../support/arbitraries.ts';
import { determined } from '../support/arbitrary-collections.ts';
import { anyCommand, command, mangled, program } from '../support/arbitrary-commands.ts';
import { startLoggedRedis } from '../support/logged-redis.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Arg, decodeReply, show } from '../support/reply.ts';
import { commandsIn, isSameStream, record, showStream } from '../support/write-stream.ts';

const wordsOf = (args: readonly Arg[]): (string | Uint8Array)[] =>
  args.map((arg) => (typeof arg === 'object' ? arg : String(arg)));

const word = (name: string): fc.Arbitrary<Command> => fc.constant(new Command([name]));

/** Transactions between other commands. */
const transactions = (commands: fc.Arbitrary<Command>): fc.Arbitrary<Program> =>
  program({
    commands: fc.oneof(
      { weight: 5, arbitrary: commands },
      { weight: 4, arbitrary: command('SET', fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', 'x')) },
      { weight: 3, arbitrary: word('MULTI') },
      { weight: 3, arbitrary: word('EXEC') },
      { weight: 1, arbitrary: command('SELECT', fc.constantFrom('0', '1', '2')) },
    ),
    invalid: false,
    maxLength: 40,
  });

oracleTest.serial('transactions are propagated as redis-server propagates them', async (t) => {
  const { client, log } = await startLoggedRedis(t);
  let wrapped = 0;
  await fc.assert(
    fc.asyncProperty(transactions(anyCommand), async (history) => {
      const server = new MemoryServer({ nowMs: Date.now() });
      // Both streams have database 0 selected behind this.
      await client.send('RESET');
      await client.send('FLUSHALL');
      server.raw('FLUSHALL');
      const start = log().length;
      const ours = record(server.server.services.writes);
      const replies = history.commands.map(({ args }) => client.sendRaw(args));
      for (const { args } of history.commands) server.raw(wordsOf(args));
      await Promise.all(replies);

      const theirs = commandsIn(log(start));
      wrapped += ours.filter(([name]) => name === 'MULTI').length;
      if (isSameStream(ours, theirs)) return;
      throw new Error(`ferrous emits\n${showStream(ours)}\nredis-server emits\n${showStream(theirs)}`);
    }),
    { numRuns: 200 },
  );
  t.log(`${wrapped} transactions`);
  t.true(wrapped > 50);
});

oracleTest.serial('the bytes of transactions are those of redis-server', async (t) => {
  const { client, log } = await startLoggedRedis(t);
  const server = new MemoryServer();
  const bytes: Buffer[] = [];
  server.server.services.writes.events$.subscribe(({ buf, start, end }) => {
    bytes.push(Buffer.from(buf.slice(start, end)));
  });
  const sessions = [
    'SET before 1',
    'MULTI|set a 1|Incr a|EXEC',
    'MULTI|SELECT 3|SET b 1|EXEC',
    'MULTI|SET c 1|SELECT 0|SET d 1|GET d|SELECT 3|EXEC',
    'MULTI|GET c|EXEC',
    'MULTI|SET e 1|INCR nope|APPEND e 1|DEL e nothing|EXEC',
    'MULTI|SET never 1|DISCARD',
    'WATCH c|SET c 2|MULTI|SET never 1|EXEC',
    'SELECT 1|SET f 1|MULTI|MOVE f 2|SWAPDB 1 2|FLUSHDB|EXEC',
    'SET last 1',
  ];
  for (const line of sessions.flatMap((session) => session.split('|'))) {
    await client.send(...line.split(' '));
    server.raw(line);
  }
  t.is(Buffer.concat(bytes).toString(), log().toString());
});

const rules = fc.oneof(
  { weight: 4, arbitrary: word('MULTI') },
  { weight: 5, arbitrary: word('EXEC') },
  { weight: 1, arbitrary: word('DISCARD') },
  { weight: 1, arbitrary: word('UNWATCH') },
  { weight: 2, arbitrary: command('WATCH', fc.constantFrom('a', 'b'), fc.constantFrom('b', 'c')) },
  { weight: 1, arbitrary: word('RESET') },
  { weight: 1, arbitrary: command('SELECT', fc.constantFrom('0', '1')) },
  { weight: 1, arbitrary: command('HELLO', fc.constantFrom('2', '3')).map(({ args }) => new Command([...args])) },
  { weight: 1, arbitrary: command('WAIT', fc.constantFrom('0', 'x'), fc.constantFrom('0', '-1')) },
  { weight: 1, arbitrary: command('SAVE') },
);

/** No HELLO among the queued commands: its reply names the version. */
const steady = fc.oneof(
  { weight: 5, arbitrary: rules.filter(({ args }) => String(args[0]).toUpperCase() !== 'HELLO') },
  {
    weight: 5,
    arbitrary: fc.oneof(
      command('SET', fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', 'x')),
      command('GET', fc.constantFrom('a', 'b', 'c')),
      command('INCR', fc.constantFrom('a', 'b', 'c')),
      command('DEL', fc.constantFrom('a', 'b', 'c')),
      command('MGET', fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c')),
      command('PERSIST', fc.constantFrom('a', 'b', 'c')),
      command('EXPIRE', fc.constantFrom('a', 'b', 'c'), fc.constantFrom('100', '-1', 'x')),
    ),
  },
);

oracleTest('programs with transactions are answered as by redis-server', async (t) => {
  const pair = await startPair(t);
  const commands = fc.oneof({ weight: 12, arbitrary: steady }, { weight: 1, arbitrary: mangled(steady) });
  const programs = program({ commands, invalid: false, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(programs, fc.constantFrom(2 as const, 3 as const), ({ script }, protocol) => {
      // Whoever is left in a transaction would have the databases compared there.
      const ended = [...script, ['DISCARD'], ['SELECT', '0']];
      return pair.check(ended, { protocol });
    }),
    { numRuns: 300 },
  );
  t.pass();
});

for (const [name, commands, keys] of [
  ['string and keys', anyCommand, ['a', 'b', 'c', 'd', 'e']],
  ['collection', determined, ['list', 'list2', 'hash', 'hash2', 'set', 'set2', 'zset', 'zset2', 'string']],
] as const) {
  oracleTest(`whether a ${name} command changes a watched key is what redis-server says`, async (t) => {
    const redis = await startRedis(t);
    const watcher = await redis.connect();
    const other = await redis.connect();
    await other.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(program({ commands, invalid: false }), async (history) => {
        for (const client of [watcher, other]) await client.send('RESET');
        await other.send('FLUSHALL');
        const server = new MemoryServer({ nowMs: Date.now() });
        const ours = server.connect();
        for (const { args } of history.commands) {
          await watcher.send('WATCH', ...keys);
          await other.send(...args);
          await watcher.send('MULTI');
          const expected = await watcher.text('EXEC');
          server.raw(['WATCH', ...keys]);
          server.raw(wordsOf(args), ours);
          server.raw('MULTI');
          const seen = show(decodeReply(server.raw('EXEC')));
          if (seen !== expected) throw new Error(`${show.command(args)}: ferrous ${seen}, redis-server ${expected}`);
          if (seen === '*-1') changes++;
        }
      }),
      { numRuns: 100 },
    );
    t.log(`${changes} changes`);
    t.true(changes > 100);
  });
}
