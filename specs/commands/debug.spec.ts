/**
 * DEBUG: what testing tools ask of a server.
 */
import test from 'ava';
import { NO_SUCH_KEY, NOT_AN_INTEGER } from '../../src/commands/errors.ts';
import { MemoryServer, nothing, reduces, type Settings } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const allowed: Settings = { config: { 'enable-debug-command': 'yes' } };

const NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.';
const unknown = (name: string) =>
  error(`ERR unknown subcommand or wrong number of arguments for '${name}'. Try DEBUG HELP.`);
const OUT_OF_RANGE = 'ERR value is out of range, must be positive';

test(reduces, [], 'DEBUG DIGEST', error(NOT_ALLOWED));
test(reduces, [], 'DEBUG DIGEST', says(`+${'0'.repeat(40)}`), { config: { 'enable-debug-command': 'local' } });
test(reduces, [], 'DEBUG', error("ERR wrong number of arguments for 'debug' command"));
test(reduces, [], 'DEBUG nonsense', unknown('nonsense'), allowed);
test(reduces, [], 'DEBUG SLEEP', unknown('SLEEP'), allowed);
test(reduces, [], 'DEBUG JMAP', unknown('JMAP'), allowed);
test(reduces, [], 'DEBUG SLEEP 0', says('+OK'), allowed);
test(reduces, [], 'DEBUG SLEEP x', says('+OK'), allowed);
test(
  reduces,
  ['SET a 1'],
  'DEBUG DIGEST-VALUE a b',
  says(`[+b4fc66738120fba0b5aa500ab5c2bf89cea1c5da, +${'0'.repeat(40)}]`),
  allowed,
);
test(reduces, [], 'DEBUG DIGEST-VALUE', says('[]'), allowed);
test(reduces, [], 'DEBUG OBJECT a', error(NO_SUCH_KEY), allowed);

// What is populated is told to nobody, as in Redis.
test(reduces, [], 'DEBUG POPULATE 3', says('+OK'), allowed);
test(reduces, ['DEBUG POPULATE 3'], 'MGET key:0 key:2 key:3', says('["value:0", "value:2", $-1]'), allowed);
test(reduces, ['DEBUG POPULATE 1 pre 4'], 'GET pre:0', says('"valu"'), allowed);
test(reduces, ['DEBUG POPULATE 1 pre 9'], 'GET pre:0', says('"value:0\\x00\\x00"'), allowed);
test(reduces, ['SET key:0 mine', 'DEBUG POPULATE 2'], 'MGET key:0 key:1', says('["mine", "value:1"]'), allowed);
test(reduces, ['DEBUG POPULATE 1 pre 100'], 'OBJECT ENCODING pre:0', says('"raw"'), allowed);
test(reduces, [], 'DEBUG POPULATE -1', error(OUT_OF_RANGE), allowed);
test(reduces, [], 'DEBUG POPULATE 1 pre x', error(OUT_OF_RANGE), allowed);

test(reduces, [], 'DEBUG PROTOCOL map', says('[:0, :0, :1, :1, :2, :0]'), allowed);
test(reduces, [], 'DEBUG PROTOCOL map', says('{:0: #f, :1: #t, :2: #f}'), { ...allowed, resp: 3 });
test(reduces, [], 'DEBUG PROTOCOL push', error('ERR RESP2 is not supported by this command'), allowed);
test(
  reduces,
  [],
  'DEBUG PROTOCOL constructor',
  error(
    'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
  ),
  allowed,
);

test(reduces, [], 'DEBUG REPLYBUFFER PEAK-RESET-TIME never', says('+OK'), allowed);
test(reduces, [], 'DEBUG REPLYBUFFER PEAK-RESET-TIME x', error(NOT_AN_INTEGER), allowed);
test(reduces, [], 'DEBUG REPLYBUFFER x 1', unknown('REPLYBUFFER'), allowed);
test(reduces, [], 'DEBUG HTSTATS 16', error('ERR Out of range database'), allowed);
test(reduces, [], 'DEBUG HTSTATS x', error(NOT_AN_INTEGER), allowed);
test(reduces, [], 'DEBUG HTSTATS-KEY a', error(NO_SUCH_KEY), allowed);
test(reduces, [], 'DEBUG LOG hello', says('+OK'), allowed);
test(reduces, [], 'DEBUG ERROR "CODE some text"', error('CODE some text'), allowed);
test(reduces, [], 'DEBUG STRINGMATCH-LEN a*c abbc', says(':1'), allowed);
test(reduces, [], 'DEBUG STRINGMATCH-LEN a*c abb', says(':0'), allowed);
test(reduces, [], 'DEBUG QUICKLIST-PACKED-THRESHOLD 100b', says('+OK'), allowed);
test(
  reduces,
  [],
  'DEBUG QUICKLIST-PACKED-THRESHOLD 4gb',
  error('ERR argument must be a memory value bigger than 1 and smaller than 4gb'),
  allowed,
);
test(
  reduces,
  [],
  'DEBUG RELOAD nonsense',
  error('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.'),
  allowed,
);

test('DEBUG switches what it names', (t) => {
  const server = new MemoryServer(allowed);
  const { services } = server.server;
  const before = server.run('INFO replication').reply;
  for (const command of ['SET-ACTIVE-EXPIRE 0', 'SET-SKIP-CHECKSUM-VALIDATION 1', 'CHANGE-REPL-ID']) {
    t.is(server.run(`DEBUG ${command}`).reply, '+OK');
  }
  t.false(services.switches.activeExpire);
  t.true(services.persistence.skipChecksumValidation);
  t.not(server.run('INFO replication').reply, before);
  server.raw('DEBUG SET-ACTIVE-EXPIRE 1');
  t.true(services.switches.activeExpire);
});

test('DEBUG OBJECT tells encoding, serialized length and age', (t) => {
  const server = new MemoryServer({ ...allowed, nowMs: 10_000 });
  server.raw('SET a 1');
  server.raw('SET b hello');
  server.advance(7000);
  t.regex(
    server.run('DEBUG OBJECT a').reply,
    /^\+Value at:0x[0-9a-f]{12} refcount:1 encoding:int serializedlength:2 lru:10 lru_seconds_idle:7$/,
  );
  t.regex(server.run('DEBUG OBJECT b').reply, / encoding:embstr serializedlength:6 /);
});

test('DEBUG HTSTATS FULL counts the chains of the dictionary', (t) => {
  const server = new MemoryServer(allowed);
  t.regex(server.run('DEBUG HTSTATS 0').reply, /No stats available for empty dictionaries/);
  server.raw('DEBUG POPULATE 100');
  const text = server.raw('DEBUG HTSTATS 0 FULL').toString();
  t.regex(text, / number of elements: 100\n different slots: \d+\n max chain length: \d+\n/);
  const chains = [...text.matchAll(/^ {3}(\d+): (\d+) \(/gm)].map(
    ([, length, count]) => Number(length) * Number(count),
  );
  t.is(
    chains.reduce((sum, keys) => sum + keys, 0),
    100,
  );
});
