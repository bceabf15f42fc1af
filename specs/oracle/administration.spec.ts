/**
 * The connection's commands, CLIENT, COMMAND, CONFIG, DEBUG and INFO against a real redis-server: texts, shapes, order of
 * checks. redis-server is 7.0, so what 7.2 changed is listed here, and nothing else may differ.
 */
import type { ExecutionContext } from 'ava';
import { redisCommands } from '../../src/commands/all.ts';
import type { CommandSpec } from '../../src/commands/spec.ts';
import { type Pair, type Script, startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { connect, type Plain, plain, type RawClient } from '../support/resp-client.ts';

/** One command per line, arguments divided by blanks; "" is an empty one. */
const script = (text: string): Script =>
  text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .split(' ')
        .map((word) => (word === '""' ? '' : word.replaceAll('_', ' '))),
    );

const both = async (t: ExecutionContext, text: string): Promise<void> => {
  const pair = await startPair(t);
  for (const protocol of [2, 3] as const) await pair.check(script(text), { protocol });
  t.pass();
};

oracleTest.serial('commands on the connection answer as in Redis', (t) =>
  both(
    t,
    `PING
     PING a
     PING a b
     ECHO
     ECHO a
     SELECT 15
     SELECT 16
     SELECT -1
     SELECT x
     SELECT 2147483648
     SELECT -2147483649
     SELECT 99999999999999999999
     SELECT 0
     HELLO 4
     HELLO 1
     HELLO x
     HELLO 99999999999999999999
     HELLO 3 SETNAME
     HELLO 3 SETNAME a_b
     HELLO 3 AUTH x
     HELLO 3 AUTH nobody x
     HELLO 3 x
     CLIENT GETNAME
     AUTH
     AUTH x
     AUTH default x
     AUTH nobody x
     AUTH a b c
     CLIENT SETNAME me
     RESET
     CLIENT GETNAME
     RESET x
     QUIT x`,
  ),
);

oracleTest.serial('a server with a password answers strangers as Redis does', async (t) => {
  const pair = await startPair(t, { args: ['--requirepass', 'secret'], password: 'secret' });
  const lines = [
    ...['PING', 'GET a', 'NONSENSE', 'GET', 'HELLO', 'HELLO 3', 'HELLO 3 AUTH default wrong', 'AUTH wrong'],
    ...['AUTH default wrong', 'AUTH nobody secret', 'CLIENT ID', 'COMMAND COUNT', 'RESET', 'AUTH secret', 'GET a'],
    ...['AUTH wrong', 'GET a', 'RESET', 'GET a', 'QUIT'],
  ];
  const answers = async (server: Pair['ferrous']): Promise<string[]> => {
    const client = await connect({ port: server.port }, t);
    const texts: string[] = [];
    for (const line of lines) texts.push(await client.text(...line.split(' ')));
    // 7.2 says where the protocol version stands.
    return texts.map((text) => text.replace('the HELLO <proto> AUTH', 'the HELLO AUTH'));
  };
  t.deepEqual(await answers(pair.ferrous), await answers(pair.redis));
});

oracleTest.serial('CLIENT answers as in Redis', (t) =>
  both(
    t,
    `CLIENT
     CLIENT NONSENSE
     CLIENT GETNAME
     CLIENT SETNAME a_b
     CLIENT SETNAME me
     CLIENT GETNAME
     CLIENT SETNAME ""
     CLIENT GETNAME
     CLIENT ID x
     CLIENT NO-EVICT
     CLIENT NO-EVICT x
     CLIENT NO-EVICT ON
     CLIENT NO-EVICT OFF
     CLIENT REPLY x
     CLIENT REPLY ON
     CLIENT KILL
     CLIENT KILL 1.2.3.4:5
     CLIENT KILL ID
     CLIENT KILL ID x
     CLIENT KILL ID 0
     CLIENT KILL ID -1
     CLIENT KILL ID 99999
     CLIENT KILL ID 99999 x
     CLIENT KILL ID 99999 x y
     CLIENT KILL ID 1 SKIPME x
     CLIENT KILL TYPE x
     CLIENT KILL TYPE pubsub
     CLIENT KILL TYPE replica
     CLIENT KILL USER x
     CLIENT KILL ADDR 1.2.3.4:5
     CLIENT KILL LADDR 1.2.3.4:5
     CLIENT LIST TYPE x
     CLIENT LIST TYPE master
     CLIENT LIST TYPE replica
     CLIENT LIST TYPE normal x
     CLIENT LIST ID
     CLIENT LIST ID x
     CLIENT LIST ID 99999
     CLIENT LIST x
     CLIENT HELP x`,
  ),
);

oracleTest.serial('CLIENT REPLY silences the same replies as in Redis', async (t) => {
  const pair = await startPair(t);
  const pipeline = [
    ...['REPLY SKIP', 'ID', 'GETNAME', 'REPLY SKIP', 'REPLY SKIP', 'GETNAME', 'GETNAME', 'REPLY SKIP', 'REPLY ON'],
    ...['REPLY OFF', 'GETNAME', 'REPLY SKIP', 'NONSENSE', 'REPLY ON', 'GETNAME', 'REPLY SKIP', 'REPLY OFF', 'GETNAME'],
  ].map((line) => ['CLIENT', ...line.split(' ')]);
  const bytes = async (server: Pair['ferrous']): Promise<string> => {
    const client = await server.connect();
    await client.write(`${pipeline.map((words) => words.join(' ')).join('\r\n')}\r\nRESET\r\nQUIT\r\n`);
    return (await client.readToEnd()).toString();
  };
  t.is(await bytes(pair.ferrous), await bytes(pair.redis));
});

oracleTest.serial('CONFIG, COMMAND, INFO, LOLWUT and SHUTDOWN refuse as in Redis', (t) =>
  both(
    t,
    `CONFIG
     CONFIG NONSENSE
     CONFIG GET
     CONFIG GET maxclients
     CONFIG SET
     CONFIG SET hz
     CONFIG SET hz 10 x
     CONFIG SET nonsense 1
     CONFIG SET hz 10 nonsense 1
     CONFIG RESETSTAT
     CONFIG RESETSTAT x
     CONFIG REWRITE x
     COMMAND NONSENSE
     COMMAND COUNT x
     COMMAND LIST x
     COMMAND LIST FILTERBY
     COMMAND LIST FILTERBY x y
     COMMAND LIST FILTERBY MODULE x
     COMMAND LIST FILTERBY ACLCAT x
     COMMAND LIST FILTERBY PATTERN GETE*
     COMMAND GETKEYS nonsense x
     COMMAND GETKEYS ping x
     COMMAND GETKEYS get a b
     COMMAND GETKEYS get a
     COMMAND GETKEYS object x y
     COMMAND GETKEYS object encoding a
     COMMAND GETKEYS mset a 1 b 2
     COMMAND GETKEYS del a b c
     COMMAND GETKEYS rename a b
     COMMAND GETKEYS lcs a b
     COMMAND GETKEYSANDFLAGS set a 1
     COMMAND GETKEYSANDFLAGS set a 1 GET
     COMMAND GETKEYSANDFLAGS copy a b
     COMMAND INFO nonsense
     COMMAND INFO get|x
     COMMAND DOCS nonsense
     INFO nonsense
     INFO modules cluster
     LOLWUT VERSION x
     SHUTDOWN x
     SHUTDOWN NOSAVE SAVE
     SHUTDOWN ABORT NOW
     SHUTDOWN ABORT`,
  ),
);

oracleTest.serial('the keys of commands on collections, and what happens to them, are found as in Redis', async (t) => {
  const pair = await startPair(t);
  const commands = `
    BLPOP a b 0
    BLMPOP 0 2 a b LEFT
    BLMPOP 0 3 a b LEFT
    LMPOP 2 a b LEFT COUNT 3
    LMPOP 0 a LEFT
    LMPOP x a LEFT
    ZMPOP 2 a b MIN
    BZMPOP 1 2 a b MIN
    ZUNIONSTORE d 2 a b WEIGHTS 1 2
    ZUNION 2 a b
    ZUNION 5 a b
    ZINTERCARD 2 a b LIMIT 3
    SINTERCARD 2 a b
    SORT a BY weight* GET data* STORE c
    SORT a STORE b STORE c
    SORT a STORE
    SORT_RO a BY weight*
    SDIFFSTORE d a b
    ZRANGESTORE d s 0 -1
    BRPOPLPUSH a b 0
    BLMOVE a b LEFT RIGHT 0
    WATCH a b c
    MEMORY USAGE a
    HSET h a b
    ZADD a 1
    SORT_RO a
    LMPOP 2 a b LEFT
    ZUNIONSTORE d 2 a b
    LMOVE a b LEFT LEFT
    SMOVE a b x
    ZDIFF 2 a b
    WATCH a b
    RENAME a b`;
  for (const subcommand of ['GETKEYS', 'GETKEYSANDFLAGS']) {
    const asked = commands
      .trim()
      .split('\n')
      .map((line) => ['COMMAND', subcommand, ...line.trim().split(' ')]);
    for (const protocol of [2, 3] as const) await pair.check(asked, { protocol });
  }
  t.pass();
});

oracleTest.serial('DEBUG answers as in Redis', (t) =>
  both(
    t,
    `DEBUG
     DEBUG NONSENSE
     DEBUG SLEEP
     DEBUG SLEEP x
     DEBUG POPULATE 3
     DEBUG POPULATE 3 pre
     DEBUG POPULATE 3 short 2
     DEBUG POPULATE 3 long 50
     DEBUG POPULATE -1
     DEBUG POPULATE 1 pre x
     DEBUG POPULATE 1 pre -1
     GET pre:2
     GET short:0
     GET long:2
     OBJECT ENCODING long:0
     OBJECT ENCODING key:0
     DEBUG DIGEST
     DEBUG DIGEST-VALUE key:0 pre:1 long:0 none
     EXPIRE key:0 1000
     DEBUG DIGEST-VALUE key:0
     DEBUG DIGEST
     DEBUG DIGEST x
     DEBUG OBJECT none
     DEBUG PROTOCOL string
     DEBUG PROTOCOL integer
     DEBUG PROTOCOL double
     DEBUG PROTOCOL bignum
     DEBUG PROTOCOL null
     DEBUG PROTOCOL array
     DEBUG PROTOCOL set
     DEBUG PROTOCOL map
     DEBUG PROTOCOL verbatim
     DEBUG PROTOCOL true
     DEBUG PROTOCOL false
     DEBUG PROTOCOL nonsense
     DEBUG REPLYBUFFER RESIZING 1
     DEBUG REPLYBUFFER PEAK-RESET-TIME RESET
     DEBUG REPLYBUFFER PEAK-RESET-TIME x
     DEBUG REPLYBUFFER x 1
     DEBUG REPLYBUFFER x
     DEBUG HTSTATS 16
     DEBUG HTSTATS x
     DEBUG HTSTATS-KEY none
     DEBUG LOG hello
     DEBUG ERROR CODE_text
     DEBUG QUICKLIST-PACKED-THRESHOLD 100b
     DEBUG QUICKLIST-PACKED-THRESHOLD 0
     DEBUG QUICKLIST-PACKED-THRESHOLD x
     DEBUG QUICKLIST-PACKED-THRESHOLD 4gb
     DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
     DEBUG CHANGE-REPL-ID
     DEBUG RELOAD x
     DEBUG RELOAD
     DEBUG DIGEST
     DEBUG JMAP
     DEBUG HELP x`,
  ),
);

const lines = async (client: RawClient, container: string): Promise<readonly string[]> => {
  const reply = plain(await client.send(container, 'HELP'));
  return Array.isArray(reply) ? reply.map(String) : [];
};

/** Lines of HELP that 7.2 added or changed. */
const NEW_HELP: Readonly<Record<string, readonly [ours: readonly string[], theirs: readonly string[]]>> = {
  CLIENT: [
    [
      'SETINFO <option> <value>',
      '    Set client meta attr. Options are:',
      '    * LIB-NAME: the client lib name.',
      '    * LIB-VER: the client lib version.',
      'NO-TOUCH (ON|OFF)',
      '    Will not touch LRU/LFU stats when this mode is on.',
    ],
    [],
  ],
  COMMAND: [[], []],
  CONFIG: [[], []],
  DEBUG: [
    [
      'HTSTATS <dbid> [full]',
      'HTSTATS-KEY <key> [full]',
      'OBJECT <key> [fast]',
      '    Some fields of the default behavior may be time consuming to fetch,',
      '    and `fast` can be passed to avoid fetching them.',
    ],
    ['HTSTATS <dbid>', 'HTSTATS-KEY <key>', 'OBJECT <key>'],
  ],
  OBJECT: [[], []],
};

oracleTest.serial('the help of containers is that of Redis, with what 7.2 added', async (t) => {
  const pair = await startPair(t);
  const [ours, theirs] = [await pair.ferrous.connect(), await pair.redis.connect()];
  for (const [container, [added, replaced]] of Object.entries(NEW_HELP)) {
    const mine = (await lines(ours, container)).filter((line) => !added.includes(line));
    const old = (await lines(theirs, container)).filter((line) => !replaced.includes(line));
    t.deepEqual(mine, old, container);
  }
});

const fieldsOf = (line: string): readonly string[] =>
  line
    .trim()
    .split(' ')
    .map((field) => field.split('=')[0] ?? '');

oracleTest.serial('CLIENT LIST has the fields of Redis in their order, and those of 7.2', async (t) => {
  const pair = await startPair(t);
  const [ours, theirs] = [await pair.ferrous.connect(), await pair.redis.connect()];
  for (const command of ['LIST', 'INFO']) {
    const mine = fieldsOf(String(plain(await ours.send('CLIENT', command))));
    const old = fieldsOf(String(plain(await theirs.send('CLIENT', command))));
    t.deepEqual(mine.slice(0, 30), [...old.slice(0, 28), 'lib-name', 'lib-ver'], command);
  }
});

/** What redis-server counts and nobody counts here, and its internals that do not exist here. */
const NOT_COUNTED = new Set([
  'atomicvar_api',
  'gcc_version',
  'used_cpu_sys_main_thread',
  'used_cpu_user_main_thread',
  'lazyfreed_objects',
  'expire_cycle_cpu_milliseconds',
  'dump_payload_sanitizations',
  'total_reads_processed',
  'total_writes_processed',
  'reply_buffer_shrinks',
  'reply_buffer_expands',
]);

const names = (info: Plain): readonly string[] =>
  [...String(info).matchAll(/^([^#:\r\n]+):/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('cmdstat_'));

oracleTest.serial('INFO has every field of redis-server but those listed, in the same sections', async (t) => {
  const pair = await startPair(t);
  const [ours, theirs] = [await pair.ferrous.connect(), await pair.redis.connect()];
  const sections = 'server clients memory persistence stats replication cpu errorstats cluster keyspace'.split(' ');
  for (const section of sections) {
    const mine = new Set(names(plain(await ours.send('INFO', section))));
    const missing = names(plain(await theirs.send('INFO', section))).filter((name) => !mine.has(name));
    t.deepEqual(
      missing.filter((name) => !NOT_COUNTED.has(name)),
      [],
      section,
    );
  }
});

/** By command and element of COMMAND INFO: what 7.2 changed. */
const CHANGED_IN_7_2: ReadonlySet<string> = new Set([
  'msetnx tips',
  'randomkey tips',
  'scan tips',
  'client|setname tips',
  'config|resetstat tips',
  'config|rewrite tips',
  'command|getkeys arity',
  'command|getkeysandflags arity',
  'wait flags',
  'zrank arity',
  'zrevrank arity',
  // Scripts may call them since 7.2: they do not block there.
  'blpop flags',
  'brpop flags',
  'blmove flags',
  'brpoplpush flags',
  'blmpop flags',
  'bzpopmin flags',
  'bzpopmax flags',
  'bzmpop flags',
]);
const ADDED_IN_7_2: ReadonlySet<string> = new Set(['client|no-touch', 'client|setinfo', 'waitaof']);
const ELEMENTS = 'name arity flags first last step acl tips keys'.split(' ');

const fullNames = (specs: readonly CommandSpec[], prefix = ''): readonly string[] =>
  specs.flatMap(({ name, subcommands = [] }) => [prefix + name, ...fullNames(subcommands, `${prefix}${name}|`)]);

/** Sets have no order; redis-server prints flags in one of its own. */
const sorted = (value: Plain): Plain =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? [...value].sort() : value;

oracleTest.serial('COMMAND INFO says of every command what redis-server says, but for what 7.2 changed', async (t) => {
  const pair = await startPair(t);
  const [ours, theirs] = [await pair.ferrous.connect(), await pair.redis.connect()];
  const all = fullNames(redisCommands).filter((name) => !ADDED_IN_7_2.has(name));
  for (const protocol of ['2', '3']) {
    await ours.send('HELLO', protocol);
    await theirs.send('HELLO', protocol);
    const mine = plain(await ours.send('COMMAND', 'INFO', ...all));
    const old = plain(await theirs.send('COMMAND', 'INFO', ...all));
    if (!Array.isArray(mine) || !Array.isArray(old)) throw new Error('COMMAND INFO is no array');
    for (const [i, name] of all.entries()) {
      const [left, right] = [mine[i], old[i]];
      if (!Array.isArray(left) || !Array.isArray(right)) throw new Error(`COMMAND INFO ${name} is no array`);
      t.is(left.length, right.length, name);
      for (const [j, element] of ELEMENTS.entries()) {
        if (CHANGED_IN_7_2.has(`${name} ${element}`)) continue;
        t.deepEqual(sorted(left[j] ?? null), sorted(right[j] ?? null), `${name} ${element}`);
      }
    }
  }
});

oracleTest.serial('COMMAND DOCS has the shape of Redis', async (t) => {
  const pair = await startPair(t);
  for (const protocol of ['2', '3']) {
    const shapes = await Promise.all(
      [pair.ferrous, pair.redis].map(async (server) => {
        const client = await server.connect();
        await client.send('HELLO', protocol);
        const raw = await client.sendRaw(['COMMAND', 'DOCS', 'getset', 'strlen']);
        // Texts were reworded, and 7.2 shows a text for each argument: what is left are the marks and the names.
        return raw
          .toString()
          .replace(/\$\d+\r\nsummary\r\n\$\d+\r\n[^\r]*/g, 'summary')
          .replace(/\$12\r\ndisplay_text\r\n\$\d+\r\n[^\r]*\r\n/g, '')
          .replace(/([%*])\d+\r\n\$4\r\nname/g, '$1n name');
      }),
    );
    t.is(shapes[0], shapes[1]);
  }
});
