/**
 * Sorted sets against redis-server: any program gets the same replies and leaves the same databases behind, in packed form
 * and with thresholds so low that the encoding changes all the time.
 *
 * FERROUS_LONG=1 runs twenty times as many programs; FERROUS_PROGRAMS says how many in all.
 */
import process from 'node:process';
import fc from 'fast-check';
import { Command, type Program } from '../support/arbitraries.ts';
import { command, keysCommand, mangled, program } from '../support/arbitrary-commands.ts';
import { aroundSortedSets, sortedSetCommand } from '../support/arbitrary-sorted-sets.ts';
import { type Script, startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { show } from '../support/reply.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 10_000 : 500));

const protocols = fc.constantFrom(2 as const, 3 as const);
const LOW = ['--zset-max-listpack-entries', '4', '--zset-max-listpack-value', '20', '--set-max-intset-entries', '3'];

/**
 * redis-server 7.0 knows ZRANK and ZREVRANK without WITHSCORE: a word more is another error there. And another score under
 * `lex` would leave open what its ranges are.
 */
const mangleable = sortedSetCommand.filter(
  ({ args }) => !/^z(rev)?rank$/i.test(String(args[0])) && !args.includes('lex'),
);
const invalid = mangled(mangleable);
const anyForm = fc.oneof({ weight: 11, arbitrary: aroundSortedSets }, { weight: 1, arbitrary: invalid });

for (const [limits, args] of [
  ['the usual limits', []],
  ['low limits', LOW],
  ['no listpacks', ['--zset-max-listpack-entries', '0']],
] as const) {
  oracleTest(`programs of sorted set commands are answered as by redis-server, with ${limits}`, async (t) => {
    const pair = await startPair(t, { args: [...args] });
    const programs = program({ commands: anyForm, invalid: false, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(programs, protocols, ({ script }, protocol) => pair.check(script, { protocol })),
      { numRuns: PROGRAMS },
    );
    t.pass();
  });
}

oracleTest('programs of sorted set and keys commands are answered as by redis-server', async (t) => {
  const pair = await startPair(t, { args: LOW });
  const commands = fc.oneof({ weight: 2, arbitrary: sortedSetCommand }, { weight: 1, arbitrary: keysCommand });
  await fc.assert(
    fc.asyncProperty(program({ commands, invalid: false }), protocols, ({ script }, protocol) =>
      pair.check(script, { protocol }),
    ),
    { numRuns: Math.ceil(PROGRAMS / 4) },
  );
  t.pass();
});

/** Many members in few commands: ranks and ranges through several levels of the tree. */
const bulk = fc
  .tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 400 }), fc.constantFrom(1, 7, 100), fc.nat(50))
  .map(
    ([key, count, groups, shift]) =>
      new Command([
        'ZADD',
        key,
        ...Array.from({ length: count }, (_, i) => [
          String((i * 31 + shift) % groups),
          `m${(i * 17 + shift) % 1000}`,
        ]).flat(),
      ]),
  );
const place = fc.integer({ min: -500, max: 500 }).map(String);
const few = fc.constantFrom('a', 'b');
const name = fc.nat(1000).map((n) => `m${n}`);
const large = fc.oneof(
  { weight: 4, arbitrary: bulk },
  command('ZRANGE', few, place, place, fc.constant('WITHSCORES')),
  command('ZRANGE', few, place, place, fc.constant('REV')),
  command('ZRANGEBYSCORE', few, place, place, fc.constant('LIMIT'), fc.nat(300).map(String), fc.nat(50).map(String)),
  command('ZREVRANGEBYSCORE', few, place, place, fc.constant('LIMIT'), fc.nat(300).map(String), fc.constant('-1')),
  command('ZCOUNT', few, place, place),
  command('ZRANK', few, name),
  command('ZREVRANK', few, name),
  command('ZREM', few, name, name, name),
  command('ZINCRBY', few, place, name),
  command('ZREMRANGEBYRANK', few, place, place),
  command('ZREMRANGEBYSCORE', few, place, place),
  command('ZPOPMIN', few, fc.nat(100).map(String)),
  command('ZPOPMAX', few, fc.nat(100).map(String)),
  command('ZUNIONSTORE', few, fc.constant('2'), few, few),
  command('ZINTERSTORE', few, fc.constant('2'), few, few),
  command('ZDIFFSTORE', few, fc.constant('2'), few, few),
  command('ZRANGESTORE', few, few, place, place),
  command('ZINTERCARD', fc.constant('2'), few, few),
  command('ZDIFF', fc.constant('2'), few, few),
);

oracleTest('programs over hundreds of members are answered as by redis-server', async (t) => {
  const pair = await startPair(t);
  await fc.assert(
    fc.asyncProperty(program({ commands: large, invalid: false, maxLength: 40 }), protocols, ({ script }, protocol) =>
      pair.check(script, { protocol }),
    ),
    { numRuns: Math.ceil(PROGRAMS / 4) },
  );
  t.pass();
});

/** One client that acts, and some that each wait once. */
class Waiting {
  readonly script: Script;

  constructor(actor: Program, waiters: readonly { readonly at: number; readonly command: Command }[]) {
    const steps = actor.commands.map(({ args }) => ({ args, on: 0, blocks: false }));
    // Later ones first, so that the places of the others hold.
    const placed = waiters.map(({ at, command: { args } }, i) => ({ at: at % (steps.length + 1), args, on: i + 1 }));
    placed.sort((x, y) => y.at - x.at);
    for (const { at, args, on } of placed) steps.splice(at, 0, { args, on, blocks: true });
    this.script = steps;
  }

  [fc.toStringMethod](): string {
    return this.script.map((step) => ('args' in step ? `[${step.on}] ${show.command(step.args)}` : '')).join('\n');
  }
}

const waitKey = fc.constantFrom('a', 'b', 'c');
const waitKeys = fc.array(waitKey, { minLength: 1, maxLength: 3 });
const waiter = fc.oneof(
  command('BZPOPMIN', waitKeys, fc.constant('0')),
  command('BZPOPMAX', waitKeys, fc.constant('0')),
  command(
    'BZMPOP',
    fc.constant('0'),
    waitKeys.map((keys) => [String(keys.length), ...keys]),
    fc.constantFrom('MIN', 'MAX'),
    fc.constantFrom<readonly string[]>([], ['COUNT', '2']),
  ),
);
/**
 * One key comes into being at a time, and none of another type: where there are several, or where another one is in front,
 * redis-server 7.0 serves from the key that came, while 7.2, and so Ferrous, runs the command again.
 */
const actions = fc.oneof(
  { weight: 12, arbitrary: sortedSetCommand },
  command('RENAME', waitKey, waitKey),
  command('COPY', waitKey, waitKey),
  command('DEL', waitKey),
);

oracleTest('clients that wait for members are served as by redis-server', async (t) => {
  const pair = await startPair(t);
  const scripts = fc
    .tuple(
      program({ commands: actions, invalid: false, maxLength: 20 }),
      fc.array(fc.record({ at: fc.nat(20), command: waiter }), { minLength: 1, maxLength: 4 }),
    )
    .map(([actor, waiters]) => new Waiting(actor, waiters));
  await fc.assert(
    fc.asyncProperty(scripts, protocols, ({ script }, protocol) => pair.check(script, { protocol })),
    { numRuns: Math.ceil(PROGRAMS / 5) },
  );
  t.pass();
});
