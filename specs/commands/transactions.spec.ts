/**
 * Transactions as sessions: what each client sends, in order, and what it is answered; then what stands on the stream.
 */
import test from 'ava';
import type { CommandEvent } from '../../src/commands/dispatch.ts';
import type { Client } from '../../src/net/client.ts';
import { MemoryServer, type Settings } from '../support/reduce.ts';
import { decodeReply, ReplyScanner, show } from '../support/reply.ts';
import { record } from '../support/write-stream.ts';

/** `b: GET k` is what a second client sends, `+100` winds the clock; an empty reply is none. */
type Step = readonly [sends: string, reply?: string];

/** All replies to one command: CLIENT REPLY makes their number differ from one. */
const showAll = (bytes: Buffer): string => {
  const replies: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = new ReplyScanner().scan(bytes.subarray(at));
    if (length <= 0) return `${replies.join(' ')} half of ${show.bytes(bytes.subarray(at))}`.trim();
    replies.push(show(decodeReply(bytes.subarray(at, at + length))));
    at += length;
  }
  return replies.join(' ');
};

class Sessions {
  readonly server: MemoryServer;
  readonly stream: (readonly string[])[];
  private readonly clients = new Map<string, Client>();

  constructor(settings?: Settings) {
    this.server = new MemoryServer({ ...settings, config: { 'enable-debug-command': 'yes', ...settings?.config } });
    this.clients.set('a', this.server.client);
    this.stream = record(this.server.server.services.writes);
  }

  send(line: string): string | undefined {
    if (/^\+\d+$/.test(line)) {
      this.server.advance(Number(line));
      return undefined;
    }
    const [, name = 'a', command = ''] = /^(?:(\w): )?(.*)$/.exec(line) ?? [];
    let client = this.clients.get(name);
    if (client === undefined) {
      client = this.server.connect();
      this.clients.set(name, client);
    }
    return showAll(this.server.raw(command, client));
  }
}

const goes = test.macro<[steps: readonly Step[], stream: readonly string[], settings?: Settings]>({
  exec: (t, steps, stream, settings) => {
    const sessions = new Sessions(settings);
    for (const [line, expected = '+OK'] of steps) {
      const reply = sessions.send(line);
      if (reply !== undefined) t.is(reply, expected, line);
    }
    t.deepEqual(
      sessions.stream.map((words) => show.command(words)),
      stream,
    );
  },
  title: (title) => title ?? '',
});

const ABORTED = '-EXECABORT Transaction discarded because of previous errors.';
const Q = '+QUEUED';

// ── queueing ────────────────────────────────────────────────────────────────────────────────────────────────────

test(
  'commands since MULTI run with EXEC and are one transaction on the stream',
  goes,
  [['MULTI'], ['SET k 1', Q], ['INCR k', Q], ['GET k', Q], ['b: GET k', '$-1'], ['EXEC', '[+OK, :2, "2"]']],
  ['SELECT 0', 'MULTI', 'SET k 1', 'INCR k', 'EXEC'],
);

test(
  'a transaction with one write is emitted without MULTI and EXEC',
  goes,
  [['MULTI'], ['GET k', Q], ['SET k 1', Q], ['SETNX k 2', Q], ['EXEC', '[$-1, +OK, :0]']],
  ['SELECT 0', 'SET k 1'],
);

test(
  'a transaction that changes nothing leaves no trace on the stream',
  goes,
  [['MULTI'], ['GET k', Q], ['DEL k', Q], ['EXEC', '[$-1, :0]'], ['MULTI'], ['EXEC', '[]']],
  [],
);

test(
  'SELECT within a transaction holds for the commands behind it, on the stream too',
  goes,
  [
    ['SET k 0'],
    ['MULTI'],
    ['SET a 1', Q],
    ['SELECT 3', Q],
    ['SET b 2', Q],
    ['SET c 3', Q],
    ['EXEC', '[+OK, +OK, +OK, +OK]'],
    ['GET b', '"2"'],
  ],
  ['SELECT 0', 'SET k 0', 'MULTI', 'SET a 1', 'SELECT 3', 'SET b 2', 'SET c 3', 'EXEC'],
);

test(
  'rewritten commands stand in a transaction as they were rewritten',
  goes,
  [['MULTI'], ['SET k 1 EX 10', Q], ['INCRBYFLOAT k 1.5', Q], ['EXPIRE k 20', Q], ['EXEC', '[+OK, "2.5", :1]']],
  ['SELECT 0', 'MULTI', 'SET k 1 PXAT 10000', 'SET k 2.5 KEEPTTL', 'PEXPIREAT k 20000', 'EXEC'],
);

test(
  'an expired key and the command that met it are one transaction, with EXEC or without',
  goes,
  [
    ['SET k 1 PX 10'],
    ['SET l 1 PX 10'],
    ['SET m 1 PX 10'],
    ['+11'],
    ['GET k', '$-1'],
    ['SET l 2'],
    ['MULTI'],
    ['GET m', Q],
    ['SET n 1', Q],
    ['EXEC', '[$-1, +OK]'],
  ],
  [
    'SELECT 0',
    'SET k 1 PXAT 10',
    'SET l 1 PXAT 10',
    'SET m 1 PXAT 10',
    'DEL k',
    'MULTI',
    'DEL l',
    'SET l 2',
    'EXEC',
    'MULTI',
    'DEL m',
    'SET n 1',
    'EXEC',
  ],
);

test(
  'a command that fails within EXEC does not stop the others',
  goes,
  [
    ['MULTI'],
    ['SET k x', Q],
    ['INCR k', Q],
    ['SET k y', Q],
    ['EXEC', '[+OK, -ERR value is not an integer or out of range, +OK]'],
    ['GET k', '"y"'],
  ],
  ['SELECT 0', 'MULTI', 'SET k x', 'SET k y', 'EXEC'],
);

test(
  'a queued command keeps its bytes, whatever is sent behind it',
  goes,
  [
    ['MULTI'],
    ['SET key-of-some-length value-of-some-length', Q],
    ['SET k 1', Q],
    ['EXEC', '[+OK, +OK]'],
    ['GET key-of-some-length', '"value-of-some-length"'],
  ],
  ['SELECT 0', 'MULTI', 'SET key-of-some-length value-of-some-length', 'SET k 1', 'EXEC'],
);

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

test(
  'MULTI within MULTI and WATCH within MULTI are refused, and the transaction goes on',
  goes,
  [
    ['MULTI'],
    ['MULTI', '-ERR MULTI calls can not be nested'],
    ['WATCH k', '-ERR WATCH inside MULTI is not allowed'],
    ['SET k 1', Q],
    ['EXEC', '[+OK]'],
  ],
  ['SELECT 0', 'SET k 1'],
);

test(
  'EXEC and DISCARD without MULTI are errors, UNWATCH is none',
  goes,
  [['EXEC', '-ERR EXEC without MULTI'], ['DISCARD', '-ERR DISCARD without MULTI'], ['UNWATCH']],
  [],
);

for (const [what, command, error] of [
  ['an unknown command', 'NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['an unknown subcommand', 'CLIENT NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."],
  ['a wrong arity', 'GET', "-ERR wrong number of arguments for 'get' command"],
  ['a container without its subcommand', 'CONFIG', "-ERR wrong number of arguments for 'config' command"],
  ['a wrong arity of MULTI', 'MULTI x', "-ERR wrong number of arguments for 'multi' command"],
  ['a wrong arity of DISCARD', 'DISCARD x', "-ERR wrong number of arguments for 'discard' command"],
  ['a wrong arity of WATCH', 'WATCH', "-ERR wrong number of arguments for 'watch' command"],
  ['a command that no transaction may have', 'SAVE', '-ERR Command not allowed inside a transaction'],
  ['SHUTDOWN', 'SHUTDOWN NOSAVE', '-ERR Command not allowed inside a transaction'],
  ['PSYNC', 'PSYNC ? -1', '-ERR Command not allowed inside a transaction'],
] as const) {
  test(
    `${what} aborts the transaction`,
    goes,
    [
      ['MULTI'],
      ['SET k 1', Q],
      [command, error],
      ['SET k 2', Q],
      ['EXEC', ABORTED],
      ['EXEC', '-ERR EXEC without MULTI'],
      ['GET k', '$-1'],
    ],
    [],
  );
}

test(
  'EXEC with a wrong arity discards the transaction and says why',
  goes,
  [
    ['EXEC x', "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"],
    ['MULTI'],
    ['SET k 1', Q],
    ['EXEC x', "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"],
    ['EXEC', '-ERR EXEC without MULTI'],
  ],
  [],
);

test(
  'DISCARD and RESET forget the transaction',
  goes,
  [
    ['MULTI'],
    ['SET k 1', Q],
    ['DISCARD'],
    ['EXEC', '-ERR EXEC without MULTI'],
    ['MULTI'],
    ['SET k 1', Q],
    ['RESET', '+RESET'],
    ['EXEC', '-ERR EXEC without MULTI'],
    ['GET k', '$-1'],
  ],
  [],
);

const FULL = "-OOM command not allowed when used memory > 'maxmemory'.";

test(
  'nothing is queued, and nothing that takes memory is run, while memory is short',
  goes,
  [
    ['MULTI'],
    ['SET k 1', Q],
    ['b: CONFIG SET maxmemory 1'],
    ['EXEC', "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."],
    ['MULTI'],
    ['GET k', FULL],
    ['EXEC', ABORTED],
    ['WATCH k'],
    ['MULTI'],
    ['MULTI', FULL],
    ['WATCH k', FULL],
    ['UNWATCH', FULL],
    ['DISCARD'],
    ['b: CONFIG SET maxmemory 0'],
    ['MULTI'],
    ['GET k', Q],
    ['b: CONFIG SET maxmemory 1'],
    ['EXEC', '[$-1]'],
  ],
  [],
);

test(
  'memory that runs short within EXEC stops nothing',
  goes,
  [['MULTI'], ['CONFIG SET maxmemory 1', Q], ['SET k 1', Q], ['EXEC', '[+OK, +OK]']],
  ['SELECT 0', 'SET k 1'],
);

test('a master that became a replica refuses a transaction with writes at EXEC', (t) => {
  const sessions = new Sessions();
  const { dispatcher } = sessions.server.server;
  const gate = {
    readOnlyReplica: true,
    stale: false,
    loading: false,
    snapshotsFail: false,
    tooFewReplicas: false,
    writesHeld: false,
  };
  for (const line of ['MULTI', 'SET k 1', 'b: MULTI', 'b: GET k']) sessions.send(line);
  dispatcher.setGate(gate);
  t.is(
    sessions.send('EXEC'),
    "-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.",
  );
  t.is(sessions.send('b: EXEC'), '[$-1]');
  sessions.send('MULTI');
  t.is(sessions.send('SET k 1'), "-READONLY You can't write against a read only replica.");
  t.is(sessions.send('EXEC'), ABORTED);

  for (const line of ['MULTI', 'GET k', 'b: MULTI', 'b: INFO server']) sessions.send(line);
  dispatcher.setGate({ ...gate, loading: true });
  t.is(sessions.send('b: PING'), '-LOADING Redis is loading the dataset in memory');
  t.is(sessions.send('b: EXEC'), ABORTED);
  t.is(
    sessions.send('EXEC'),
    '-EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in memory',
  );

  dispatcher.setGate({ ...gate, readOnlyReplica: false });
  for (const line of ['MULTI', 'PING', 'b: MULTI', 'b: SET k 1']) sessions.send(line);
  dispatcher.setGate({ ...gate, readOnlyReplica: false, snapshotsFail: true });
  t.is(sessions.send('EXEC'), '[+PONG]');
  t.regex(sessions.send('b: EXEC') ?? '', /^-EXECABORT Transaction discarded because of: MISCONF Redis is configured/);
});

test('a transaction with writes waits with the writes, one without runs', (t) => {
  const sessions = new Sessions();
  const { dispatcher } = sessions.server.server;
  const gate = {
    readOnlyReplica: false,
    stale: false,
    loading: false,
    snapshotsFail: false,
    tooFewReplicas: false,
    writesHeld: true,
  };
  for (const line of ['MULTI', 'SET k 1', 'SET l 2', 'b: MULTI', 'b: GET k']) sessions.send(line);
  dispatcher.setGate(gate);
  t.is(sessions.send('EXEC'), '');
  t.is(sessions.send('b: EXEC'), '[$-1]');
  t.deepEqual(sessions.stream, []);
  dispatcher.setGate({ ...gate, writesHeld: false });
  t.is(sessions.send('b: PING'), '+PONG [+OK, +OK]');
  t.deepEqual(
    sessions.stream.map(([name]) => name),
    ['SELECT', 'MULTI', 'SET', 'SET', 'EXEC'],
  );
});

test(
  'a client that is not logged in is told so, and EXEC is too',
  goes,
  [
    ['MULTI', '-NOAUTH Authentication required.'],
    ['EXEC', '-EXECABORT Transaction discarded because of: NOAUTH Authentication required.'],
  ],
  [],
  { config: { requirepass: 'secret' } },
);

// ── WATCH ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Each of these, sent by `who`, makes a watched key `w` differ from what it was. `given` comes before WATCH. */
for (const [change, ...given] of [
  ['SET w 1'],
  ['SET w 1', 'SET w 1'],
  ['DEL w', 'SET w 1'],
  ['UNLINK w', 'SET w 1'],
  ['GETDEL w', 'SET w 1'],
  ['APPEND w x', 'SET w 1'],
  ['INCR w', 'SET w 1'],
  ['SETRANGE w 1 x', 'SET w 1'],
  ['MSET v 1 w 1'],
  ['EXPIRE w 100', 'SET w 1'],
  ['EXPIRE w -1', 'SET w 1'],
  ['PERSIST w', 'SET w 1 EX 100'],
  ['GETEX w PERSIST', 'SET w 1 EX 100'],
  ['RENAME w v', 'SET w 1'],
  ['RENAME v w', 'SET v 1'],
  ['RENAMENX v w', 'SET v 1'],
  ['COPY v w', 'SET v 1'],
  ['COPY v w REPLACE', 'SET v 1', 'SET w 1'],
  ['MOVE w 1', 'SET w 1'],
  ['FLUSHALL', 'SET w 1'],
  ['FLUSHDB', 'SET w 1'],
  ['SWAPDB 0 1', 'SET w 1'],
  ['SWAPDB 1 0', 'SET w 1'],
  ['SWAPDB 0 1', 'MOVE w 1'],
  ['RESTORE w 0 "\\x00\\xc1\\x39\\x30\\x0a\\x00\\x9d\\x94\\xea\\x27\\x93\\xfc\\x08\\xb9"'],
] as const) {
  const before = given.flatMap((line) => (line === 'MOVE w 1' ? ['SET w 1', 'MOVE w 1'] : [line]));
  for (const who of ['', 'b: ']) {
    test(`${who}${change} keeps EXEC from running when w is watched | given ${given.join('; ')}`, (t) => {
      const sessions = new Sessions();
      for (const line of before) sessions.send(line);
      t.is(sessions.send('WATCH x w'), '+OK');
      t.notRegex(sessions.send(`${who}${change}`) ?? '', /^-/);
      t.is(sessions.send('MULTI'), '+OK');
      t.is(sessions.send('SET never 1'), Q);
      t.is(sessions.send('EXEC'), '*-1');
      t.is(sessions.send('EXISTS never'), ':0');
      // It was told once.
      t.is(sessions.send('MULTI'), '+OK');
      t.is(sessions.send('EXEC'), '[]');
    });
  }
}

/** None of these changes w. */
for (const [change, ...given] of [
  ['GET w', 'SET w 1'],
  ['SET v 1', 'SET w 1'],
  ['DEL w'],
  ['SETNX w 2', 'SET w 1'],
  ['SET w 2 XX'],
  ['PERSIST w', 'SET w 1'],
  ['TOUCH w', 'SET w 1'],
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['SWAPDB 0 1', 'SET v 1'],
  ['SWAPDB 0 0', 'SET w 1'],
  ['SWAPDB 1 2', 'SET w 1'],
  ['COPY w v', 'SET w 1'],
  ['RENAME w w', 'SET w 1'],
  // It is converted for what may come, and nothing comes.
  ['ZADD w XX 1 b 1 c', 'CONFIG SET zset-max-listpack-entries 1', 'ZADD w 1 a'],
  ['ZADD w NX 1 a 2 a', 'CONFIG SET zset-max-listpack-entries 1', 'ZADD w 1 a'],
  ['DEBUG RELOAD NOSAVE', 'SET w 1', 'DEBUG DIGEST'],
] as const) {
  test(`b: ${change} lets EXEC run when w is watched | given ${given.join('; ')}`, (t) => {
    const sessions = new Sessions();
    for (const line of given) sessions.send(line);
    t.is(sessions.send('WATCH w'), '+OK');
    sessions.send(`b: ${change}`);
    t.is(sessions.send('MULTI'), '+OK');
    t.is(sessions.send('PING'), Q);
    t.is(sessions.send('EXEC'), '[+PONG]');
  });
}

test(
  'a key is watched in its own database only',
  goes,
  [
    ['WATCH w'],
    ['b: SELECT 1'],
    ['b: SET w 1'],
    ['MULTI'],
    ['EXEC', '[]'],
    ['WATCH w'],
    ['SELECT 1'],
    ['b: SELECT 0'],
    ['b: SET w 1'],
    ['MULTI'],
    ['EXEC', '*-1'],
  ],
  ['SELECT 1', 'SET w 1', 'SELECT 0', 'SET w 1'],
);

for (const forget of ['UNWATCH', 'DISCARD', 'EXEC', 'RESET'] as const) {
  test(`${forget} forgets what was watched, changed or not`, (t) => {
    const sessions = new Sessions();
    const { keyspace } = sessions.server;
    for (const changed of [true, false]) {
      t.is(sessions.send('WATCH u v w'), '+OK');
      t.is(keyspace.watching, 3);
      if (changed) sessions.send('b: SET v 1');
      if (forget === 'DISCARD' || forget === 'EXEC') sessions.send('MULTI');
      sessions.send(forget);
      t.is(keyspace.watching, 0);
      sessions.send('b: SET w 1');
      t.is(sessions.send('MULTI'), '+OK');
      t.is(sessions.send('EXEC'), '[]');
    }
  });
}

test('a connection that ends watches nothing any more', (t) => {
  const sessions = new Sessions();
  const { clients } = sessions.server.server.services;
  sessions.send('b: WATCH w');
  sessions.send('WATCH w v');
  t.is(sessions.server.keyspace.watching, 2);
  for (const client of [...clients.all()]) clients.remove(client);
  t.is(sessions.server.keyspace.watching, 0);
});

test(
  'several clients watch one key, and each is told',
  goes,
  [['WATCH w'], ['b: WATCH w w'], ['c: SET w 1'], ['MULTI'], ['EXEC', '*-1'], ['b: MULTI'], ['b: EXEC', '*-1']],
  ['SELECT 0', 'SET w 1'],
);

test(
  'commands of the transaction itself do not keep it from running',
  goes,
  [['WATCH w'], ['MULTI'], ['SET w 1', Q], ['SET w 2', Q], ['EXEC', '[+OK, +OK]']],
  ['SELECT 0', 'MULTI', 'SET w 1', 'SET w 2', 'EXEC'],
);

test(
  'a watched key whose time comes keeps EXEC from running, whether somebody met it or not',
  goes,
  [
    ['SET w 1 PX 10'],
    ['WATCH w'],
    ['+11'],
    ['MULTI'],
    ['EXEC', '*-1'],
    ['SET w 1 PX 10'],
    ['WATCH w'],
    ['+11'],
    ['b: GET w', '$-1'],
    ['MULTI'],
    ['EXEC', '*-1'],
  ],
  ['SELECT 0', 'SET w 1 PXAT 10', 'MULTI', 'DEL w', 'SET w 1 PXAT 21', 'EXEC', 'DEL w'],
);

test(
  'a key that was past its time when it was watched is missing: its removal changes nothing',
  goes,
  [['SET w 1 PX 10'], ['+11'], ['WATCH w'], ['b: GET w', '$-1'], ['MULTI'], ['EXEC', '[]']],
  ['SELECT 0', 'SET w 1 PXAT 10', 'DEL w'],
);

test(
  'a key that was past its time when it was watched, then removed and set again, has changed',
  goes,
  [['SET w 1 PX 10'], ['+11'], ['WATCH w'], ['b: SET w 2'], ['MULTI'], ['EXEC', '*-1']],
  ['SELECT 0', 'SET w 1 PXAT 10', 'MULTI', 'DEL w', 'SET w 2', 'EXEC'],
);

for (const [change, reply] of [
  ['FLUSHALL', '[]'],
  ['SWAPDB 0 1', '[]'],
  ['DEL w', '[]'],
] as const) {
  test(`${change} is no change for a key that was past its time when it was watched`, (t) => {
    const sessions = new Sessions();
    sessions.send('SET w 1 PX 10');
    sessions.send('+11');
    sessions.send('WATCH w');
    sessions.send(`b: ${change}`);
    sessions.send('MULTI');
    t.is(sessions.send('EXEC'), reply);
  });
}

test('RESP3 has its own null for a transaction that did not run', (t) => {
  const sessions = new Sessions({ resp: 3 });
  for (const line of ['WATCH w', 'SET w 1', 'MULTI']) sessions.send(line);
  t.is(sessions.server.raw('EXEC').toString(), '_\r\n');
});

test(
  'an error in the queue comes before a watched key',
  goes,
  [['WATCH w'], ['SET w 1'], ['MULTI'], ['GET', "-ERR wrong number of arguments for 'get' command"], ['EXEC', ABORTED]],
  ['SELECT 0', 'SET w 1'],
);

// ── what runs within EXEC ───────────────────────────────────────────────────────────────────────────────────────

test(
  'nothing waits within EXEC',
  goes,
  [['MULTI'], ['WAIT 1 0', Q], ['BGSAVE', Q], ['PING', Q], ['EXEC', '[:0, +Background saving scheduled, +PONG]']],
  [],
);

test(
  'CLIENT REPLY acts within EXEC from where it stands',
  goes,
  [
    ['MULTI'],
    ['PING', Q],
    ['CLIENT REPLY SKIP', Q],
    ['PING', Q],
    ['EXEC', 'half of "*3\\r\\n+PONG\\r\\n+PONG\\r\\n"'],
    ['PING', ''],
    ['PING', '+PONG'],
    ['CLIENT REPLY OFF', ''],
    ['MULTI', ''],
    ['PING', ''],
    ['CLIENT REPLY ON', ''],
    ['PING', ''],
    ['CLIENT REPLY OFF', ''],
    ['PING', ''],
    ['EXEC', '+OK +PONG'],
    ['CLIENT REPLY ON'],
    ['CLIENT REPLY SKIP', ''],
    ['MULTI', ''],
    ['PING', Q],
    ['CLIENT REPLY SKIP', Q],
    ['EXEC', 'half of "*2\\r\\n+PONG\\r\\n"'],
    ['PING 1', ''],
    ['PING 2', '"2"'],
  ],
  [],
);

test('CLIENT LIST shows transactions and changed keys', (t) => {
  const sessions = new Sessions();
  const about = (line: string): string[] =>
    (sessions.send(line) ?? '').split(' ').filter((field) => /^(flags|multi|multi-mem|tot-mem)=/.test(field));
  t.deepEqual(about('CLIENT INFO').slice(0, 3), ['flags=N', 'multi=-1', 'multi-mem=0']);
  for (const line of ['WATCH w', 'SET w 1']) sessions.send(line);
  t.deepEqual(about('CLIENT INFO').slice(0, 2), ['flags=d', 'multi=-1']);
  for (const line of ['UNWATCH', 'MULTI', 'CLIENT INFO', 'SET k 1']) sessions.send(line);
  const [flags, multi, memory, total] = about('b: CLIENT LIST ID 1');
  t.is(`${flags} ${multi}`, 'flags=x multi=2');
  t.true(Number(memory?.split('=')[1]) > 60);
  t.true(Number(total?.split('=')[1]) >= Number(memory?.split('=')[1]));
  t.regex(sessions.send('EXEC') ?? '', / flags=x .* multi=2 .* cmd=exec /);
  t.deepEqual(about('CLIENT INFO').slice(0, 2), ['flags=N', 'multi=-1']);
});

test('a queue counts as a request that is not complete: who sends too much is closed', (t) => {
  const sessions = new Sessions({ config: { 'client-query-buffer-limit': 1024 * 1024 } });
  const { clients } = sessions.server.server.services;
  sessions.send('MULTI');
  const value = 'x'.repeat(100_000);
  for (let i = 0; i < 10; i++) sessions.send(`SET k ${value}`);
  t.false(clients.checkQueryBuffer(sessions.server.client));
  sessions.send(`SET k ${value}`);
  t.true(clients.checkQueryBuffer(sessions.server.client));
});

test('commands are counted when EXEC runs them, each for itself, and EXEC for itself', (t) => {
  const sessions = new Sessions();
  sessions.send('CONFIG RESETSTAT');
  for (const line of ['MULTI', 'INCR k', 'APPEND k x', 'INCR k', 'GET']) sessions.send(line);
  const { commands, stats } = sessions.server.server.services;
  const of = (name: string) => {
    const found = commands.byName(name)?.stats;
    return [found?.calls, found?.rejected, found?.failed];
  };
  t.deepEqual(of('incr'), [0, 0, 0]);
  t.deepEqual(of('get'), [0, 1, 0]);
  sessions.send('EXEC');
  t.deepEqual(of('exec'), [1, 0, 1]);
  for (const line of ['MULTI', 'INCR k', 'APPEND k x', 'INCR k', 'EXEC']) sessions.send(line);
  t.deepEqual(of('incr'), [2, 0, 1]);
  t.deepEqual(of('append'), [1, 0, 0]);
  t.deepEqual(of('exec'), [2, 0, 1]);
  t.deepEqual(of('multi'), [2, 0, 0]);
  t.deepEqual(
    [...stats.errors],
    [
      ['ERR', 2],
      ['EXECABORT', 1],
    ],
  );
  t.is(stats.commandsProcessed, 8); // CONFIG RESETSTAT itself is the first
});

test('consumers hear of the commands when they run, and of EXEC behind them', (t) => {
  const sessions = new Sessions();
  const heard: string[] = [];
  sessions.server.server.dispatcher.commands$.subscribe(({ view, inTransaction, failed, db }: CommandEvent) => {
    heard.push(`${db}> ${view.text(0)}${inTransaction ? ' in transaction' : ''}${failed ? ' failed' : ''}`);
  });
  for (const line of ['MULTI', 'SELECT 2', 'SET k x', 'INCR k', 'EXEC', 'GET k']) sessions.send(line);
  t.deepEqual(heard, [
    '0> MULTI',
    '0> SELECT in transaction',
    '2> SET in transaction',
    '2> INCR in transaction failed',
    '0> EXEC',
    '2> GET',
  ]);
});

test('events tell which transaction they are part of', (t) => {
  const sessions = new Sessions();
  const { writes } = sessions.server.server.services;
  const seen: [name: string, offset: number, transactionOffset: number][] = [];
  writes.events$.subscribe(({ buf, start, end, offset, transactionOffset }) => {
    const [, , name = ''] = Buffer.from(buf.slice(start, end)).toString().split('\r\n');
    seen.push([name, offset, transactionOffset]);
  });
  for (const line of ['SET k 1', 'MULTI', 'SET k 2', 'SET k 3', 'EXEC', 'SET k 4']) sessions.send(line);
  const multi = seen.find(([name]) => name === 'MULTI')?.[1] ?? -2;
  t.deepEqual(
    seen.map(([name, , transaction]) => [name, transaction]),
    [
      ['SELECT', -1],
      ['SET', -1],
      ['MULTI', multi],
      ['SET', multi],
      ['SET', multi],
      ['EXEC', multi],
      ['SET', -1],
    ],
  );
});

test('time stands still for the whole of EXEC', (t) => {
  const sessions = new Sessions();
  const { environment } = sessions.server.server.services;
  // Every look at the clock of the machine takes ten milliseconds.
  let us = 0;
  Object.assign(environment, {
    monotonicUs: () => {
      us += 10_000;
      sessions.server.advance(10);
      return us;
    },
  });
  for (const line of ['MULTI', 'SET k 1 PX 5', 'GET k', 'PTTL k', 'TIME', 'EXISTS k', 'TIME']) sessions.send(line);
  const reply = sessions.send('EXEC') ?? '';
  t.regex(reply, /^\[\+OK, "1", :5, (\[.*\]), :1, \1\]$/);
});
