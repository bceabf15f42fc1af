/**
 * Law 6: any program of string and keys commands gets the replies of redis-server, byte for byte where no order, clock or
 * choice is left open, and leaves the same databases behind.
 *
 * FERROUS_LONG=1 runs twenty times as many programs; FERROUS_PROGRAMS says how many in all.
 */
import process from 'node:process';
import fc from 'fast-check';
import type { Program } from '../support/arbitraries.ts';
import { anyCommand, command, keysCommand, program, stringCommand } from '../support/arbitrary-commands.ts';
import { type Pair, type Script, type Step, startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { show } from '../support/reply.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const PROGRAMS = Number(process.env['FERROUS_PROGRAMS'] ?? (isLong ? 20_000 : 1000));

const protocols = fc.constantFrom(2 as const, 3 as const);

/** As many of the programs as `share` says. */
const holds = async (pair: Pair, share: number, programs: fc.Arbitrary<{ readonly script: Script }>): Promise<void> => {
  await fc.assert(
    fc.asyncProperty(programs, protocols, ({ script }, protocol) => pair.check(script, { protocol })),
    { numRuns: Math.ceil(PROGRAMS * share) },
  );
};

/** The commands of a program dealt out to a few connections, each with its own database and protocol state. */
class Dealt {
  readonly script: readonly Step[];

  constructor(script: readonly Step[]) {
    this.script = script;
  }

  [fc.toStringMethod](): string {
    return this.script.map(({ on, args }) => `[${on ?? 0}] ${show.command(args)}`).join('\n');
  }
}

const onSeveral = (programs: fc.Arbitrary<Program>): fc.Arbitrary<Dealt> =>
  programs.chain(({ script }) =>
    fc
      .array(fc.nat(2), { minLength: script.length, maxLength: script.length })
      .map((lines) => new Dealt(script.map((args, i) => ({ args, on: lines[i] ?? 0 })))),
  );

const sessionCommand = fc.oneof(
  command('SELECT', fc.constantFrom('0', '1', '2')),
  command('HELLO', fc.constantFrom('2', '3', '4', 'x')),
  command('CLIENT SETNAME', fc.constantFrom('me', '', 'a b')),
  command('CLIENT GETNAME'),
  command('RESET'),
  command('ECHO', fc.constantFrom('', 'x', '\r\n')),
  command('PING'),
  command('MOVE', fc.constantFrom('a', 'b'), fc.constantFrom('0', '1', '2')),
  command('SWAPDB', fc.constantFrom('0', '1'), fc.constantFrom('0', '1', '2')),
  command(
    'COPY',
    fc.constantFrom('a', 'b'),
    fc.constantFrom('a', 'b'),
    fc.constant('DB'),
    fc.constantFrom('0', '1', '2'),
  ),
);

oracleTest('programs of string and keys commands are answered as by redis-server', async (t) => {
  await holds(await startPair(t), 0.5, program({ commands: anyCommand }));
  t.pass();
});

oracleTest('programs of string commands are answered as by redis-server', async (t) => {
  await holds(await startPair(t), 0.25, program({ commands: stringCommand }));
  t.pass();
});

oracleTest('programs of keys commands are answered as by redis-server', async (t) => {
  const commands = fc.oneof(
    { weight: 3, arbitrary: keysCommand },
    { weight: 1, arbitrary: command('SET', fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', 'x')) },
  );
  await holds(await startPair(t), 0.15, program({ commands }));
  t.pass();
});

oracleTest('programs on several connections and databases are answered as by redis-server', async (t) => {
  const commands = fc.oneof({ weight: 2, arbitrary: anyCommand }, { weight: 1, arbitrary: sessionCommand });
  const dealt = onSeveral(program({ commands, maxLength: 40 }));
  await holds(await startPair(t), 0.1, dealt);
  t.pass();
});

const size = fc.oneof(
  fc.constantFrom(44, 45, 4095, 4096, 65_535, 65_536, 131_072, 1_048_575, 1_048_576, 1_048_577, 3_000_000),
  fc.nat(300_000),
);
const large = fc
  .tuple(fc.constantFrom('x', 'ab', 'lorem'), size)
  .map(([pattern, bytes]) => Buffer.alloc(bytes, pattern));

const place = fc.oneof(fc.nat(1000), size).map(String);
const few = fc.constantFrom('a', 'b', 'c');
const largeCommand = fc.oneof(
  command('SET', few, large),
  command('APPEND', few, large),
  command('SETRANGE', few, place, large),
  command('GETRANGE', few, place, place),
  command('GETSET', few, large),
  command('STRLEN', few),
  command('GET', few),
  command('GETDEL', few),
  command('RENAME', few, few),
  command('COPY', few, few, fc.constant('REPLACE')),
  command('SET', few, fc.constant('small')),
  command('DEL', few),
  command('PERSIST', few),
  command('EXPIRE', few, fc.constant('1000')),
  command('OBJECT ENCODING', few),
);

oracleTest('programs of large values are answered as by redis-server', async (t) => {
  await holds(await startPair(t), 0.04, program({ commands: largeCommand, maxLength: 12, invalid: false }));
  t.pass();
});
