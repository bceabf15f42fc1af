import test from 'ava';
import fc from 'fast-check';
import { Command, chunked } from './arbitraries.ts';
import { anyCommand, program, stringCommand } from './arbitrary-commands.ts';
import { describe, pairOf } from './oracle.ts';
import { oracleTest } from './oracle-test.ts';
import { startRedis } from './process-server.ts';

test('chunks put together are the bytes that were cut', (t) => {
  fc.assert(
    fc.property(chunked(fc.uint8Array({ maxLength: 200 })), ({ bytes, chunks }) => {
      t.deepEqual(Uint8Array.from(Buffer.concat(chunks)), Uint8Array.from(bytes));
      t.true(chunks.every((chunk) => chunk.length > 0));
    }),
  );
});

test('a command prints as redis-cli reads it', (t) => {
  t.is(String(new Command(['SET', 'a b', Uint8Array.of(0, 34, 92, 10), '', 5])), 'SET "a b" "\\x00\\"\\\\\\n" "" 5');
});

oracleTest('redis-server agrees with another redis-server on every program', async (t) => {
  const pair = pairOf(t, await startRedis(t), await startRedis(t));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(program({ commands: anyCommand }), program({ commands: stringCommand })),
      fc.constantFrom(2 as const, 3 as const),
      (any, protocol) => pair.check(any.script, { protocol }),
    ),
    { numRuns: 200 },
  );
  t.pass();
});

oracleTest('the first difference is told with the script that leads to it', async (t) => {
  const other = await startRedis(t, { args: ['--databases', '4'] });
  const pair = pairOf(t, other, await startRedis(t));
  t.is(
    await pair.compare([
      ['SET', 'a', '1'],
      ['KEYS', '*'],
      ['SELECT', '3'],
    ]),
    undefined,
  );
  const difference = await pair.compare([['SET', 'a', '1'], { args: ['GET', 'a'], on: 1 }, ['SELECT', '5'], ['PING']]);
  t.is(difference?.index, 2);
  t.is(
    difference && describe(difference),
    [
      'the replies to step 3 differ: [0] SELECT 5',
      '  ferrous: -ERR DB index is out of range',
      '  redis:   +OK',
      'script:',
      '  [0] SET a 1',
      '  [1] GET a',
      '  [0] SELECT 5',
    ].join('\n'),
  );
});

oracleTest('blocked clients and closed connections are part of a script', async (t) => {
  const pair = pairOf(t, await startRedis(t), await startRedis(t));
  const script = [
    { args: ['BLPOP', 'l', '0'], on: 1, blocks: true },
    ['RPUSH', 'l', 'a'],
    { args: ['BLPOP', 'l', '0'], on: 1, blocks: true },
    { args: ['QUIT'], on: 2 },
    { args: ['PING'], on: 2 },
  ];
  await pair.check(script);
  await pair.check(script);
  t.pass();
});
