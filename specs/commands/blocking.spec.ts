/**
 * Clients that wait for keys: who is served with what, in which order and when; and every way in which waiting ends.
 * The clock is virtual, so a timeout is seen to the millisecond.
 */
import test from 'ava';
import type { Config } from '../../src/config/config.ts';
import { decodeReply } from '../support/reply.ts';
import { type Guest, Room } from '../support/room.ts';

const NONE: readonly string[] = [];
const UNBLOCKED = '-UNBLOCKED client unblocked via CLIENT UNBLOCK';
const FORCED = '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

const roomOf = <N extends number>(count: N, config: Partial<Config> = {}): { room: Room; guests: Guest[] } => {
  const room = new Room(config);
  return { room, guests: room.guests(count) };
};

const info = (guest: Guest, field: string): string | undefined =>
  new RegExp(`${field}:(\\d+)`).exec(guest.send('INFO clients')[0] ?? '')?.[1];

// ── being served ──────────────────────────────────────────────────────────────────────────────────────────────────

test('a client that waits for a list gets the element that is pushed, and the list is gone', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  t.deepEqual(a!.send('BLPOP k 0'), NONE);
  t.deepEqual(b!.send('RPUSH k x', 'EXISTS k'), [':1', ':0']);
  t.deepEqual(a!.replies(), ['["k", "x"]']);
  t.deepEqual(room.events(), ['RPUSH k x', 'LPOP k']);
});

test('clients are served in the order in which they came, one element each', (t) => {
  const { room, guests } = roomOf(5);
  const [a, b, c, d, pusher] = guests;
  for (const guest of [c, a, d, b]) guest!.send('BLPOP k 0');
  t.deepEqual(pusher!.send('RPUSH k 1 2 3'), [':3']);
  t.deepEqual(
    [c, a, d, b].map((guest) => guest!.replies()),
    [['["k", "1"]'], ['["k", "2"]'], ['["k", "3"]'], []],
  );
  t.deepEqual(room.events(), ['RPUSH k 1 2 3', 'LPOP k', 'LPOP k', 'LPOP k']);
  t.deepEqual(pusher!.send('RPUSH k 4'), [':1']);
  t.deepEqual(b!.replies(), ['["k", "4"]']);
});

test('who waits is served before the next command of the client that pushed', (t) => {
  const { guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 0');
  t.deepEqual(b!.send('RPUSH k x', 'LPOP k', 'RPUSH k y', 'LPOP k'), [':1', '$-1', ':1', '"y"']);
  t.deepEqual(a!.replies(), ['["k", "x"]']);
});

test('a transaction is complete before anybody is served', (t) => {
  const { room, guests } = roomOf(4);
  const [a, b, c, pusher] = guests;
  for (const guest of [a, b, c]) guest!.send('BLPOP k 0');
  pusher!.send('MULTI', 'RPUSH k 1', 'RPUSH k 2', 'LPOP k', 'LPUSH k 0', 'EXEC');
  t.deepEqual(
    [a, b, c].map((guest) => guest!.replies()),
    [['["k", "0"]'], ['["k", "2"]'], []],
  );
  t.deepEqual(room.events().slice(-2), ['LPOP k', 'LPOP k']);
});

test('a key that a transaction fills and empties again wakes nobody up', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 0');
  b!.send('MULTI', 'RPUSH k 1', 'DEL k', 'EXEC');
  t.deepEqual(a!.replies(), NONE);
  t.is(room.blocked, 1);
});

test('of several keys the first that holds something is popped from', (t) => {
  const { guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP x y z 0');
  t.deepEqual(c!.send('RPUSH y 1'), [':1']);
  t.deepEqual(a!.replies(), ['["y", "1"]']);
  b!.send('BLPOP x y x z 0');
  c!.send('MULTI', 'RPUSH z 1', 'RPUSH x 2', 'EXEC');
  t.deepEqual(b!.replies(), ['["x", "2"]']);
  t.deepEqual(c!.send('LRANGE z 0 -1'), ['["1"]']);
});

test('what a served client pushes serves who waits for that', (t) => {
  const { room, guests } = roomOf(4);
  const [a, b, c, pusher] = guests;
  a!.send('BLMOVE x y LEFT RIGHT 0');
  b!.send('BLMOVE y z LEFT RIGHT 0');
  c!.send('BLPOP z 0');
  t.deepEqual(pusher!.send('RPUSH x 1', 'DBSIZE'), [':1', ':0']);
  t.deepEqual(
    [a, b, c].map((guest) => guest!.replies()),
    [['"1"'], ['"1"'], ['["z", "1"]']],
  );
  t.deepEqual(room.events(), ['RPUSH x 1', 'LMOVE x y LEFT RIGHT', 'LMOVE y z LEFT RIGHT', 'LPOP z']);
});

test('a list that is moved onto itself serves each client once', (t) => {
  const { guests } = roomOf(3);
  const [a, b, pusher] = guests;
  a!.send('BRPOPLPUSH k k 0');
  b!.send('BLPOP k 0');
  pusher!.send('RPUSH k 1');
  t.deepEqual([a!.replies(), b!.replies()], [['"1"'], ['["k", "1"]']]);
});

test('commands behind the one that waits run when it is answered, and after those of the client that pushed', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  t.deepEqual(a!.send('BLPOP k 0', 'APPEND log a', 'BLPOP l 0', 'PING'), NONE);
  b!.send('RPUSH k 1', 'APPEND log b');
  t.deepEqual(a!.replies(), ['["k", "1"]', ':2']);
  t.deepEqual(room.events(), ['RPUSH k 1', 'LPOP k', 'APPEND log b', 'APPEND log a']);
  b!.send('RPUSH l 1');
  t.deepEqual(a!.replies(), ['["l", "1"]', '+PONG']);
});

test('a value of another type leaves who waits alone', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k 0');
  b!.send('BZPOPMIN k 0');
  c!.send('SET k v', 'DEL k', 'HSET k f v', 'DEL k');
  t.is(room.blocked, 2);
  c!.send('ZADD k 1 m');
  t.deepEqual([a!.replies(), b!.replies()], [[], ['["k", "m", "1"]']]);
  c!.send('RPUSH k x');
  t.deepEqual(a!.replies(), ['["k", "x"]']);
});

test('an error that the command meets when it runs again is its reply', (t) => {
  const { guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLMOVE k d LEFT LEFT 0');
  b!.send('SET d v', 'RPUSH k 1');
  t.regex(a!.replies()[0] ?? '', /^-WRONGTYPE/);
  t.deepEqual(b!.send('LRANGE k 0 -1'), ['["1"]']);
});

test('sorted sets are waited for as lists are', (t) => {
  const { room, guests } = roomOf(4);
  const [a, b, c, pusher] = guests;
  a!.send('BZPOPMIN z 0');
  b!.send('BZPOPMAX y z 0');
  c!.send('BZMPOP 0 2 y z MIN COUNT 10');
  pusher!.send('ZADD z 1 a 2 b 3 c 4 d');
  t.deepEqual(
    [a, b, c].map((guest) => guest!.replies()),
    [['["z", "a", "1"]'], ['["z", "d", "4"]'], ['["z", [["b", "2"], ["c", "3"]]]']],
  );
  t.deepEqual(room.events(), ['ZADD z 1 a 2 b 3 c 4 d', 'ZPOPMIN z', 'ZPOPMAX z', 'ZPOPMIN z 2']);
});

test('a BLMPOP takes as many as it asked for', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLMPOP 0 2 x k RIGHT COUNT 2');
  b!.send('RPUSH k 1 2 3');
  t.deepEqual(a!.replies(), ['["k", ["3", "2"]]']);
  t.deepEqual(room.events(), ['RPUSH k 1 2 3', 'RPOP k 2']);
});

const WAYS: readonly (readonly [way: string, ...commands: string[]])[] = [
  ['LPUSH', 'LPUSH k x'],
  ['RPUSH', 'RPUSH k x'],
  ['LMOVE', 'RPUSH other x', 'LMOVE other k LEFT LEFT'],
  ['RPOPLPUSH', 'RPUSH other x', 'RPOPLPUSH other k'],
  ['RENAME', 'RPUSH other x', 'RENAME other k'],
  ['RENAMENX', 'RPUSH other x', 'RENAMENX other k'],
  ['RENAME in the place of a string', 'SET k v', 'RPUSH other x', 'RENAME other k'],
  ['COPY', 'RPUSH other x', 'COPY other k'],
  ['COPY from another database', 'SELECT 1', 'RPUSH other x', 'COPY other k DB 0'],
  ['MOVE', 'SELECT 1', 'RPUSH k x', 'MOVE k 0'],
  ['SORT STORE', 'RPUSH other x', 'SORT other ALPHA STORE k'],
  ['SWAPDB', 'SELECT 1', 'RPUSH k x', 'SWAPDB 0 1'],
  ['SWAPDB the other way round', 'SELECT 1', 'RPUSH k x', 'SWAPDB 1 0'],
  ['MULTI', 'MULTI', 'RPUSH k x', 'EXEC'],
];

for (const [way, ...commands] of WAYS) {
  test(`a key that comes into being by ${way} is served`, (t) => {
    const { room, guests } = roomOf(2);
    const [a, b] = guests;
    a!.send('BLPOP k 0');
    b!.send(...commands);
    t.deepEqual(a!.replies(), ['["k", "x"]']);
    t.is(room.blocked, 0);
  });
}

test('a key that comes into being by RESTORE is served', (t) => {
  const { guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 0');
  b!.send('RPUSH other x');
  const before = b!.peer.receivedBytes;
  b!.send('DUMP other');
  const dumped = decodeReply(Buffer.from(b!.peer.received, 'latin1').subarray(before));
  const payload = dumped.type === 'bulk' ? dumped.bytes : '';
  b!.send(['RESTORE', 'k', '0', payload]);
  t.deepEqual(a!.replies(), ['["k", "x"]']);
});

test('SWAPDB serves who waits in either database', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k l 0');
  b!.send('SELECT 1', 'BLPOP l 0');
  c!.send('SELECT 1', 'RPUSH k in-1', 'SELECT 0', 'RPUSH other in-0', 'SWAPDB 0 1');
  t.deepEqual(a!.replies(), ['["k", "in-1"]']);
  t.deepEqual(b!.replies(), NONE);
  c!.send('SELECT 1', 'RENAME other l');
  t.deepEqual(b!.replies(), ['["l", "in-0"]']);
  t.is(room.blocked, 0);
});

test('a key of the same name in another database is another key', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 0');
  b!.send('SELECT 1', 'RPUSH k x', 'FLUSHALL', 'RPUSH k x');
  t.deepEqual(a!.replies(), NONE);
  t.is(room.blocked, 1);
});

test('keys are bytes, of any length', (t) => {
  const { guests } = roomOf(2);
  const [a, b] = guests;
  const long = Buffer.alloc(100_000, 0xff);
  a!.send(['BLPOP', Buffer.from([0, 13, 10]), '', long, '0']);
  b!.send(['RPUSH', long, 'x']);
  t.regex(a!.replies()[0] ?? '', /"x"\]$/);
});

test('what is over when its turn comes is not served', (t) => {
  const { guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 0');
  b!.send('MULTI', 'RPUSH k x', 'PEXPIRE k -1', 'EXEC');
  t.deepEqual(a!.replies(), NONE);
});

// ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const TIMEOUTS: readonly (readonly [seconds: string, ms: number])[] = [
  ['1', 1000],
  ['0.1', 100],
  ['0.0001', 1],
  ['1e-30', 1],
  ['0.123', 123],
  ['1.2345', 1235],
  ['0x1p-1', 500],
  ['+.5', 500],
  ['10000000', 1e10],
];

for (const [seconds, ms] of TIMEOUTS) {
  test(`a timeout of ${seconds} seconds is over after ${ms} ms, and not before`, (t) => {
    const { room, guests } = roomOf(1);
    const [a] = guests;
    a!.send(`BLPOP k ${seconds}`, 'PING');
    room.advance(ms - 1);
    t.deepEqual(a!.replies(), NONE);
    room.advance(1);
    t.deepEqual(a!.replies(), ['*-1', '+PONG']);
    t.is(room.blocked, 0);
  });
}

// In the arithmetic of a long double, -0.001 seconds are a little less than a millisecond below 0.
for (const seconds of ['0', '-0', '0.0', '-0.0005', '-0.001', '0e5']) {
  test(`a timeout of ${seconds} seconds never ends`, (t) => {
    const { room, guests } = roomOf(1);
    guests[0]!.send(`BLPOP k ${seconds}`);
    room.advance(1e12);
    t.is(room.blocked, 1);
  });
}

const NOT_A_FLOAT = '-ERR timeout is not a float or out of range';
const NEGATIVE = '-ERR timeout is negative';
const OUT_OF_RANGE = '-ERR timeout is out of range';

for (const [seconds, error] of [
  ['abc', NOT_A_FLOAT],
  ['""', NOT_A_FLOAT],
  ['" 1"', NOT_A_FLOAT],
  ['"1 "', NOT_A_FLOAT],
  ['nan', NOT_A_FLOAT],
  ['-1', NEGATIVE],
  ['-0.002', NEGATIVE],
  ['-inf', NEGATIVE],
  ['inf', OUT_OF_RANGE],
  ['1e400', OUT_OF_RANGE],
  ['9223372036854775807', OUT_OF_RANGE],
] as const) {
  test(`a timeout of ${seconds} is refused`, (t) => {
    const { guests } = roomOf(1);
    t.deepEqual(guests[0]!.send(`BLPOP k ${seconds}`), [error]);
  });
}

for (const command of [
  'BLPOP k 1',
  'BRPOP k 1',
  'BRPOPLPUSH k d 1',
  'BLMOVE k d LEFT LEFT 1',
  'BLMPOP 1 1 k LEFT',
  'BZPOPMIN k 1',
  'BZPOPMAX k 1',
  'BZMPOP 1 1 k MIN',
]) {
  const isBulk = command.includes(' d ');
  test(`${command} ends with a null array; where it may not wait, with ${isBulk ? 'a null' : 'a null array'}`, (t) => {
    const { room, guests } = roomOf(2);
    const [a, b] = guests;
    b!.send('HELLO 3');
    a!.send(command);
    b!.send(command);
    room.advance(1000);
    t.deepEqual([a!.replies(), b!.replies()], [['*-1'], ['_']]);
    t.deepEqual(a!.send('MULTI', command, 'EXEC').at(-1), isBulk ? '[$-1]' : '[*-1]');
    t.deepEqual(b!.send('MULTI', command, 'EXEC').at(-1), '[_]');
    t.is(room.blocked, 0);
  });
}

test('a client that was answered is not answered again when its time is up', (t) => {
  const { room, guests } = roomOf(2);
  const [a, b] = guests;
  a!.send('BLPOP k 1');
  b!.send('RPUSH k x');
  room.advance(2000);
  t.deepEqual(a!.replies(), ['["k", "x"]']);
});

test('a client whose time is up does not take what comes later', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k 1');
  b!.send('BLPOP k 2');
  room.advance(1000);
  c!.send('RPUSH k x');
  t.deepEqual([a!.replies(), b!.replies()], [['*-1'], ['["k", "x"]']]);
});

// ── other ends ────────────────────────────────────────────────────────────────────────────────────────────────────

test('a client that leaves while it waits takes nothing', (t) => {
  const { room, guests } = roomOf(4);
  const [a, b, c, d] = guests;
  for (const guest of [a, b, c]) guest!.send('BLPOP k l 0');
  a!.leave();
  t.deepEqual(d!.send(`CLIENT KILL ID ${b!.client.id}`, 'RPUSH k x'), [':1', ':1']);
  t.deepEqual([a!.replies(), b!.replies(), c!.replies()], [[], [], ['["k", "x"]']]);
  t.is(info(d!, 'blocked_clients'), '0');
  t.is(info(d!, 'total_blocking_keys'), '0');
  t.is(room.server.server.services.keyspace.waiting, 0);
});

test('CLIENT UNBLOCK ends the waiting as if the time was up, or with an error', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k 0', 'PING');
  b!.send('BLMOVE k l LEFT LEFT 10', 'PING');
  const [first, second] = [a!.client.id, b!.client.id];
  t.deepEqual(c!.send(`CLIENT UNBLOCK ${first}`, `CLIENT UNBLOCK ${first}`, 'RPUSH other x', 'ECHO e'), [
    ':1',
    ':0',
    ':1',
    '"e"',
  ]);
  t.deepEqual(a!.replies(), ['*-1', '+PONG']);
  t.deepEqual(c!.send(`CLIENT UNBLOCK ${second} ERROR`, 'RPUSH k x'), [':1', ':1']);
  t.deepEqual(b!.replies(), [UNBLOCKED, '+PONG']);
  room.advance(20_000);
  t.deepEqual(b!.replies(), NONE);
});

test('CLIENT UNBLOCK ends a WAIT', (t) => {
  const { guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('WAIT 1 0');
  b!.send('WAIT 1 0', 'PING');
  t.deepEqual(c!.send(`CLIENT UNBLOCK ${a!.client.id} timeout`, `CLIENT UNBLOCK ${b!.client.id} error`), [':1', ':1']);
  t.deepEqual([a!.replies(), b!.replies()], [[':0'], [UNBLOCKED, '+PONG']]);
});

for (const [command, reply] of [
  ['CLIENT UNBLOCK', "-ERR wrong number of arguments for 'client|unblock' command"],
  ['CLIENT unBlock 1 2 3', "-ERR unknown subcommand or wrong number of arguments for 'unBlock'. Try CLIENT HELP."],
  ['CLIENT UNBLOCK abc', '-ERR value is not an integer or out of range'],
  ['CLIENT UNBLOCK 1 x', '-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR'],
  ['CLIENT UNBLOCK x y', '-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR'],
  ['CLIENT UNBLOCK 999999', ':0'],
  ['CLIENT UNBLOCK -1 error', ':0'],
  ['CLIENT UNBLOCK 1', ':0'],
] as const) {
  test(`${command} is answered with ${reply}`, (t) => {
    t.deepEqual(roomOf(1).guests[0]!.send(command), [reply]);
  });
}

test('a master that becomes a replica sends those away who wait', (t) => {
  const { room, guests } = roomOf(4);
  const [a, b, c, d] = guests;
  a!.send('BLPOP k 0', 'PING');
  b!.send('BZPOPMIN k 7');
  c!.send('WAIT 1 0');
  t.deepEqual(d!.send('REPLICAOF 127.0.0.1 1'), ['+OK']);
  t.deepEqual([a!.replies(), b!.replies(), c!.replies()], [[FORCED], [FORCED], [FORCED]]);
  t.is(room.server.clients, 1);
  t.is(room.server.server.services.keyspace.waiting, 0);
});

test('who does not want a reply is served in silence', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('CLIENT REPLY OFF', 'BLPOP k 0');
  b!.send('CLIENT REPLY SKIP', 'BLPOP k 0', 'PING');
  c!.send('RPUSH k 1 2');
  t.deepEqual([a!.replies(), b!.replies()], [[], ['+PONG']]);
  a!.send('BLPOP k 1');
  b!.send('CLIENT REPLY SKIP', 'BLPOP k 1', 'PING');
  room.advance(1000);
  t.deepEqual([a!.replies(), b!.replies()], [[], ['+PONG']]);
  a!.send('BLPOP k 1');
  b!.send('CLIENT REPLY SKIP', 'BLPOP k 1', 'PING');
  c!.send(`CLIENT UNBLOCK ${a!.client.id}`, `CLIENT UNBLOCK ${b!.client.id} ERROR`);
  t.deepEqual([a!.replies(), b!.replies()], [[], ['+PONG']]);
  t.deepEqual(a!.send('CLIENT REPLY ON', 'LLEN k'), ['+OK', ':0']);
});

test('INFO and CLIENT LIST show who waits', (t) => {
  const { guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k l 0');
  b!.send('BLPOP k 7');
  t.is(info(c!, 'blocked_clients'), '2');
  t.is(info(c!, 'clients_in_timeout_table'), '1');
  t.is(info(c!, 'total_blocking_keys'), '2');
  t.regex(c!.send(`CLIENT LIST ID ${a!.client.id}`)[0] ?? '', / flags=b .* cmd=blpop /);
  c!.send('RPUSH k 1 2');
  t.is(info(c!, 'blocked_clients'), '0');
  t.regex(c!.send(`CLIENT LIST ID ${a!.client.id}`)[0] ?? '', / flags=N /);
});

test('a command that waits is counted once, whether it is served or not', (t) => {
  const { room, guests } = roomOf(3);
  const [a, b, c] = guests;
  a!.send('BLPOP k 0');
  b!.send('BLPOP k 1');
  c!.send('RPUSH k x');
  room.advance(1000);
  t.regex(c!.send('INFO commandstats')[0] ?? '', /cmdstat_blpop:calls=2,/);
});

test('a client that waits is not idle: timeout leaves it alone', (t) => {
  const { room, guests } = roomOf(1, { timeout: 1 });
  guests[0]!.send('BLPOP k 0');
  room.advance(10_000);
  room.server.server.services.clients.sweep(10_000);
  t.is(room.server.clients, 1);
});
