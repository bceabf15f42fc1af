/**
 * Law 6 for lists: any program of list commands gets the replies of redis-server and leaves the same databases behind.
 * With low limits lists become chains of chunks on the way, which split and join; with long elements they do so anyway.
 *
 * FERROUS_LONG=1 runs twenty times as many programs; FERROUS_PROGRAMS says how many in all.
 */
import process from 'node:process';
import fc from 'fast-check';
import { Command } from '../support/arbitraries.ts';
import { listCommand } from '../support/arbitrary-collections.ts';
import { command, program } from '../support/arbitrary-commands.ts';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 8000 : 400));

const protocols = fc.constantFrom(2 as const, 3 as const);
const key = fc.constantFrom('list', 'list2', 'string');
const end = fc.constantFrom('LEFT', 'RIGHT', 'x');
const timeout = fc.constantFrom('0.01', '0.001', 'x', '-1', '0.01x');

/** Blocking commands that find something, fail, or give up soon. */
const blockingCommand = fc.oneof(
  command('BLPOP', key, key, timeout),
  command('BRPOP', key, timeout),
  command('BLMOVE', key, key, end, end, timeout),
  command('BRPOPLPUSH', key, key, timeout),
  command('BLMPOP', timeout, fc.constantFrom('1', '2', '0'), key, end),
);

/** What a list goes through as the value of a key. */
const aroundLists = fc.oneof(
  { weight: 12, arbitrary: listCommand },
  command('COPY', key, key, fc.constant('REPLACE')),
  command('RENAME', key, key),
  command('TYPE', key),
  command('DEL', key),
  command('SET', fc.constant('string'), fc.constant('x')),
);

/** With arguments that are not garbled: a timeout must stay short. */
const mayBlock = fc.oneof({ weight: 3, arbitrary: listCommand }, { weight: 1, arbitrary: blockingCommand });

const longElement = fc
  .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 60, 100, 900, 1500, 3000, 4090, 8190, 9000, 70_000))
  .map(([letter, bytes]) => letter.repeat(bytes));
const place = fc.integer({ min: -40, max: 40 }).map(String);

/** Long elements, many at a time. */
const longCommand = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('LPUSH', 'RPUSH'), fc.array(longElement, { minLength: 1, maxLength: 12 }))
      .map(([name, elements]) => new Command([name, 'list', ...elements])),
  },
  { weight: 3, arbitrary: command('LINSERT', key, fc.constantFrom('BEFORE', 'AFTER'), longElement, longElement) },
  { weight: 2, arbitrary: command('LSET', key, place, longElement) },
  command('LREM', key, fc.integer({ min: -2, max: 2 }).map(String), longElement),
  command('LTRIM', key, place, place),
  command('LPOP', key, fc.nat(5).map(String)),
  command('RPOP', key),
  command('LINDEX', key, place),
  command('LRANGE', key, place, place),
  command('LMOVE', key, key, end, end),
  command('DEBUG DIGEST-VALUE', key),
);

for (const [name, commands, size] of [
  ['list commands', aroundLists, '-2'],
  ['list commands, a chunk for each element,', aroundLists, '1'],
  ['list commands, three elements to a chunk,', aroundLists, '3'],
  ['list commands that may block', mayBlock, '2'],
  ['long elements', longCommand, '-2'],
  ['long elements, in small chunks,', longCommand, '-1'],
  ['long elements, two to a chunk,', longCommand, '2'],
] as const) {
  oracleTest(`programs of ${name} are answered as by redis-server`, async (t) => {
    const pair = await startPair(t, { args: ['--list-max-listpack-size', size] });
    const programs = program({ commands, maxLength: 40, invalid: commands !== mayBlock });
    await fc.assert(
      fc.asyncProperty(programs, protocols, ({ script }, protocol) => pair.check(script, { protocol })),
      { numRuns: Math.ceil(PROGRAMS / 4) },
    );
    t.pass();
  });
}
