/**
 * Error texts and help, command by command, as redis-server: the arity of the whole table, options and values that
 * cannot be, unknown subcommands.
 */
import { redisCommands } from '../../src/commands/all.ts';
import type { CommandSpec } from '../../src/commands/spec.ts';
import { describe, type Pair, startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';

/** Not in 7.0, or not in Debian's build of it. */
const NEW_IN_72: ReadonlySet<string> = new Set(['client|setinfo', 'client|no-touch']);

/** Every form of wrong arity that the table knows; none of them runs. */
const wrongArities = (specs: readonly CommandSpec[], leading: readonly string[] = []): readonly string[][] =>
  specs.flatMap((spec) => {
    const words = [...leading, spec.name];
    if (NEW_IN_72.has(words.join('|'))) return [];
    const padded = (argc: number): string[] => [...words, ...Array.from({ length: argc - words.length }, () => 'x')];
    const few = Math.abs(spec.arity) - 1;
    const own =
      spec.subcommands !== undefined && leading.length === 0 ? [] : spec.arity > 0 ? [padded(spec.arity + 1)] : [];
    return [...(few >= words.length ? [padded(few)] : []), ...own, ...wrongArities(spec.subcommands ?? [], words)];
  });

/** Every difference, not only the first: a table is read as a whole. */
const differences = async (
  pair: Pair,
  commands: readonly (readonly string[])[],
  given: readonly (readonly string[])[] = [],
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const command of commands) {
    const difference = await pair.compare([...given, command], { digest: false });
    if (difference !== undefined) found.push(describe(difference));
  }
  return found;
};

const split = (lines: readonly string[]): readonly string[][] =>
  lines.map((line) => line.split(' ').map((word) => (word === "''" ? '' : word)));

oracleTest('too few and too many arguments', async (t) => {
  t.deepEqual(
    await differences(await startPair(t), wrongArities(redisCommands.filter(({ name }) => name !== 'waitaof'))),
    [],
  );
});

oracleTest('subcommands that are missing or unknown', async (t) => {
  const containers = redisCommands.filter(({ subcommands }) => subcommands !== undefined).map(({ name }) => name);
  const commands = containers.flatMap((name) => [
    [name],
    [name, 'nosuch'],
    [name.toUpperCase(), 'NoSuch', 'x'],
    [name, ''],
    [name, 'x\r\ny'],
    [name, 'HELP', 'x'],
  ]);
  t.deepEqual(
    await differences(
      await startPair(t),
      commands.filter(([name, sub]) => !(name === 'command' && sub === undefined)),
    ),
    [],
  );
});

const STRING_ERRORS = split([
  'SET k',
  'SET k v x',
  'SET k v EX',
  'SET k v EX x',
  'SET k v EX 0',
  'SET k v EX -1',
  'SET k v EX 9223372036854775807',
  'SET k v EX 9223372036854775808',
  'SET k v PX 0',
  'SET k v PX 9223372036854775807',
  'SET k v EXAT 0',
  'SET k v PXAT 0',
  'SET k v EXAT 9223372036854775807',
  'SET k v NX XX',
  'SET k v EX 1 PX 1',
  'SET k v KEEPTTL EX 1',
  'SET k v NX GET',
  'SETEX k 0 v',
  'SETEX k -1 v',
  'SETEX k x v',
  'SETEX k 9223372036854775807 v',
  'PSETEX k 0 v',
  'PSETEX k x v',
  'PSETEX k 9223372036854775807 v',
  'GETEX k EX 0',
  'GETEX s EX 0',
  'GETEX s EX x',
  'GETEX s EX',
  'GETEX s PERSIST EX 1',
  'GETEX s NX',
  'GETEX s EX 9223372036854775807',
  'MSET a',
  'MSET a 1 b',
  'MSETNX a 1 b',
  'INCR s',
  'DECR s',
  'INCRBY s 1',
  'INCRBY n x',
  'INCRBY n 9223372036854775808',
  'INCRBY n 9223372036854775807',
  'INCRBY max 1',
  'INCR max',
  'DECR min',
  'DECRBY min 1',
  'DECRBY n -9223372036854775808',
  'DECRBY n x',
  'INCRBYFLOAT s 1',
  'INCRBYFLOAT n x',
  'INCRBYFLOAT n nan',
  'INCRBYFLOAT n inf',
  'INCRBYFLOAT n -inf',
  'INCRBYFLOAT n 1e400',
  'INCRBYFLOAT n 1e4931',
  "INCRBYFLOAT n ''",
  'GETRANGE s x 1',
  'GETRANGE s 0 x',
  'SETRANGE s x v',
  'SETRANGE s -1 v',
  'SETRANGE s 536870912 v',
  'SETRANGE s 9223372036854775807 v',
  "SETRANGE nokey -1 ''",
  'LCS s n LEN IDX',
  'LCS s n MINMATCHLEN',
  'LCS s n MINMATCHLEN x',
  'LCS s n x',
]);

const KEYS_ERRORS = split([
  'EXPIRE s x',
  'EXPIRE s 1 x',
  'EXPIRE s 1 NX XX',
  'EXPIRE s 1 NX GT',
  'EXPIRE s 1 GT LT',
  'EXPIRE s 9223372036854775807',
  'EXPIRE s -9223372036854775808',
  'EXPIRE nokey 9223372036854775807',
  'PEXPIRE s 9223372036854775807',
  'EXPIREAT s 9223372036854775807',
  'PEXPIREAT s x',
  'PEXPIREAT s 9223372036854775808',
  'RENAME nokey s',
  'RENAMENX nokey s',
  'COPY s s',
  'COPY s t DB',
  'COPY s t DB x',
  'COPY s t DB 99',
  'COPY s t DB -1',
  'COPY s t REPLACE x',
  'MOVE s 0',
  'MOVE s 99',
  'MOVE s -1',
  'MOVE s x',
  'SELECT 99',
  'SELECT -1',
  'SELECT x',
  "SELECT ''",
  'SELECT 99999999999',
  'SELECT 9223372036854775808',
  'SWAPDB x 1',
  'SWAPDB 0 x',
  'SWAPDB 0 99',
  'SWAPDB -1 0',
  'SWAPDB 99999999999 0',
  'SCAN x',
  'SCAN -1',
  'SCAN 99999999999999999999',
  'SCAN 18446744073709551615',
  'SCAN 0 COUNT',
  'SCAN 0 COUNT x',
  'SCAN 0 COUNT 0',
  'SCAN 0 COUNT -1',
  'SCAN 0 MATCH',
  'SCAN 0 x',
  'SCAN 0 x y',
  'FLUSHALL x',
  'FLUSHDB x',
  'FLUSHDB ASYNC SYNC',
  'OBJECT ENCODING nokey',
  'OBJECT FREQ nokey',
  'OBJECT FREQ s',
  'OBJECT IDLETIME nokey',
  'OBJECT REFCOUNT nokey',
  'RESTORE s 0 x',
  'RESTORE t 0 x',
  'RESTORE t x x',
  'RESTORE t -1 x',
  'RESTORE t 0 x REPLACE x',
  'RESTORE t 0 x IDLETIME',
  'RESTORE t 0 x IDLETIME -1',
  'RESTORE t 0 x IDLETIME x',
  'RESTORE t 0 x FREQ 256',
  'RESTORE t 0 x FREQ -1',
  'RESTORE t 0 x FREQ x',
  'RESTORE t 0 x FREQ 1 IDLETIME 1',
]);

const SERVER_ERRORS = split([
  'CLIENT KILL',
  'CLIENT KILL x',
  'CLIENT KILL ID x',
  'CLIENT KILL ID 0',
  'CLIENT KILL ID 999999',
  'CLIENT KILL TYPE x',
  'CLIENT KILL TYPE replica',
  'CLIENT KILL TYPE master',
  'CLIENT KILL TYPE pubsub',
  'CLIENT KILL USER x',
  'CLIENT KILL SKIPME x',
  'CLIENT KILL ADDR x LADDR',
  'CLIENT KILL x y',
  'CLIENT KILL ADDR 1.2.3.4:5',
  'CLIENT LIST x',
  'CLIENT LIST TYPE x',
  'CLIENT LIST TYPE master',
  'CLIENT LIST TYPE replica',
  'CLIENT LIST ID',
  'CLIENT LIST ID x',
  'CLIENT LIST ID 999999',
  'CLIENT REPLY x',
  'CLIENT NO-EVICT x',
  'CLIENT SETNAME a\nb',
  'CLIENT SETNAME \xff',
  'CLIENT GETNAME x',
  'CLIENT ID x',
  'CONFIG GET',
  'CONFIG SET',
  'CONFIG SET maxclients',
  'CONFIG SET nosuch 1',
  'CONFIG RESETSTAT x',
  'CONFIG REWRITE',
  'COMMAND GETKEYS',
  'COMMAND GETKEYS NOSUCH x',
  'COMMAND GETKEYS GET k x',
  'COMMAND GETKEYS ECHO x',
  'COMMAND GETKEYS MSET a',
  'COMMAND GETKEYS MSET a 1 b 2',
  'COMMAND GETKEYSANDFLAGS MSET a 1 b 2',
  'COMMAND GETKEYSANDFLAGS NOSUCH x',
  'COMMAND LIST FILTERBY',
  'COMMAND LIST FILTERBY x y',
  'COMMAND INFO NOSUCH',
  'COMMAND DOCS NOSUCH',
  'HELLO 1',
  'HELLO 4',
  'HELLO x',
  'HELLO 3 x',
  'HELLO 3 AUTH',
  'HELLO 3 AUTH a',
  'HELLO 3 AUTH nobody x',
  'HELLO 3 SETNAME',
  'HELLO 3 SETNAME a\nb',
  'AUTH x',
  'AUTH nobody x',
  'AUTH a b c',
  'PING a b',
  'WAIT x 0',
  'WAIT 0 x',
  'WAIT 0 -1',
  'WAIT 0 1',
  'WAIT -1 0',
  'BGSAVE x',
  'BGSAVE SCHEDULE x',
  'REPLICAOF x',
  'REPLICAOF localhost x',
  'REPLICAOF localhost 99999999',
  'REPLICAOF NO ONE',
  'LOLWUT x',
  'LOLWUT VERSION x',
  'SHUTDOWN x',
  'SHUTDOWN SAVE NOSAVE',
  'SHUTDOWN ABORT NOW',
  'SHUTDOWN ABORT',
  'DEBUG SLEEP',
  'DEBUG OBJECT nokey',
  'DEBUG NOSUCH',
  'DEBUG DIGEST-VALUE nokey',
  'DEBUG PROTOCOL x',
  'DEBUG PROTOCOL string',
  'DEBUG PROTOCOL integer',
  'DEBUG PROTOCOL double',
  'DEBUG PROTOCOL null',
  'DEBUG PROTOCOL array',
  'DEBUG PROTOCOL set',
  'DEBUG PROTOCOL map',
  'DEBUG PROTOCOL bignum',
  'DEBUG PROTOCOL true',
  'DEBUG PROTOCOL false',
  'DEBUG PROTOCOL verbatim',
  'DEBUG ERROR hello',
  'DEBUG SET-ACTIVE-EXPIRE',
  'REPLCONF x',
  'REPLCONF x y',
  'REPLCONF listening-port x',
  'ROLE x',
]);

const GIVEN = split(['SET s text', 'SET n 10', 'SET max 9223372036854775807', 'SET min -9223372036854775808']);

for (const [family, commands] of [
  ['string commands', STRING_ERRORS],
  ['keys commands', KEYS_ERRORS],
  ['commands about the connection and the server', SERVER_ERRORS],
] as const) {
  oracleTest(`errors of ${family}`, async (t) => {
    t.deepEqual(await differences(await startPair(t), commands, GIVEN), []);
  });
}
