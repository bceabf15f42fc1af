/**
 * Clients that wait for keys, beside redis-server: who gets what, in which order, and what the log says of it.
 *
 * A scenario is a row of commands, each sent by one of several clients when all that came before has settled: every client
 * is answered or waits. What still waits at the end is unblocked. Ours runs in memory, theirs over sockets.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { oracleTest } from '../support/oracle-test.ts';
import { type RunningServer, startRedis } from '../support/process-server.ts';
import { decodeReply, encodeCommand, plain, ReplyScanner, show } from '../support/reply.ts';
import type { RawClient } from '../support/resp-client.ts';
import { Room } from '../support/room.ts';
import type { Teardown } from '../support/temp.ts';

const isLong = process.env['FERROUS_LONG'] === '1';

/** Client 0, 1, … sends commands in one piece. `@2` stands for the id of client 2. */
type Step = readonly [client: number, ...commands: string[]];

interface Seen {
  /** By client. */
  readonly replies: readonly (readonly string[])[];
  /** Commands that changed something, in lower case and without the frames of transactions. */
  readonly events: readonly string[];
}

const FRAME = /^(\d+> )?(multi|exec)$/;

const comparable = (events: readonly string[]): string[] =>
  events.map((event) => event.toLowerCase()).filter((event) => !FRAME.test(event));

const withIds = (command: string, ids: readonly number[]): string =>
  command.replace(/@(\d)/g, (_, client: string) => String(ids[Number(client)]));

const countOf = (steps: readonly Step[]): number => Math.max(...steps.map(([client]) => client)) + 1;

const runOurs = (steps: readonly Step[]): Seen => {
  const room = new Room();
  const guests = room.guests(countOf(steps));
  const replies: string[][] = guests.map(() => []);
  const ids = guests.map(({ client }) => client.id);
  const collect = (): void => {
    for (const [i, guest] of guests.entries()) replies[i]?.push(...guest.replies());
  };
  const send = (client: number, ...commands: string[]): void => {
    guests[client]?.send(...commands.map((command) => withIds(command, ids))).forEach((reply) => {
      replies[client]?.push(reply);
    });
    collect();
  };
  for (const [client, ...commands] of steps) send(client, ...commands);
  const control = room.enter();
  while (room.blocked > 0) {
    for (const id of ids) control.send(`CLIENT UNBLOCK ${id}`);
    collect();
  }
  return { replies, events: comparable(room.events()) };
};

/** One connection to redis-server, and what came over it. */
class Line {
  readonly client: RawClient;
  readonly id: number;
  sent = 0;
  readonly replies: string[] = [];

  constructor(client: RawClient, id: number) {
    this.client = client;
    this.id = id;
  }

  send(commands: readonly string[]): void {
    for (const _ of commands) {
      this.sent++;
      this.client.readRaw().then(
        (reply) => this.replies.push(show(decodeReply(reply))),
        () => {},
      );
    }
    void this.client.write(Buffer.concat(commands.map((command) => encodeCommand(command.split(' ')))));
  }
}

/** A redis-server that writes its log before it replies. */
class Theirs {
  private readonly redis: RunningServer;
  private readonly control: RawClient;
  private readonly log: string;
  private readonly lines: Line[] = [];

  private constructor(redis: RunningServer, control: RawClient, log: string) {
    this.redis = redis;
    this.control = control;
    this.log = log;
  }

  static async start(t: Teardown): Promise<Theirs> {
    const redis = await startRedis(t, {
      args: ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'],
    });
    const folder = join(redis.dir, 'appendonlydir');
    const log = join(folder, readdirSync(folder).find((file) => file.endsWith('.incr.aof')) ?? '');
    return new Theirs(redis, await redis.connect(), log);
  }

  async run(steps: readonly Step[]): Promise<Seen> {
    await this.control.send('FLUSHALL');
    const from = readFileSync(this.log).length;
    const { lines } = this;
    while (lines.length < countOf(steps)) {
      const client = await this.redis.connect();
      const id = await client.send('CLIENT', 'ID');
      lines.push(new Line(client, id.type === 'integer' ? Number(id.value) : -1));
    }
    for (const line of lines) {
      line.send(['RESET']);
      await this.settle();
      line.sent = 0;
      line.replies.length = 0;
    }
    const ids = lines.map(({ id }) => id);
    for (const [client, ...commands] of steps) {
      lines[client]?.send(commands.map((command) => withIds(command, ids)));
      await this.settle();
    }
    while (lines.some(({ sent, replies }) => sent > replies.length)) {
      for (const id of ids) {
        await this.control.send('CLIENT', 'UNBLOCK', String(id));
        await this.settle();
      }
    }
    const replies = lines.slice(0, countOf(steps)).map((line) => [...line.replies]);
    return { replies, events: this.eventsFrom(from) };
  }

  /** Every client has its replies, or waits. */
  private async settle(): Promise<void> {
    for (;;) {
      const list = String(plain(await this.control.send('CLIENT', 'LIST')));
      const waits = (id: number): boolean => new RegExp(`\\bid=${id} .*? flags=\\w*b`).test(list);
      if (this.lines.every(({ id, sent, replies }) => replies.length === sent || waits(id))) return;
    }
  }

  private eventsFrom(from: number): string[] {
    const log = readFileSync(this.log).subarray(from);
    const events: string[] = [];
    let db = '0';
    for (let at = 0; at < log.length; ) {
      const rest = log.subarray(at);
      const bytes = new ReplyScanner().scan(rest);
      const command = decodeReply(rest.subarray(0, bytes));
      at += bytes;
      if (command.type !== 'array') throw new Error(`no command: ${show(command)}`);
      const words = command.items.map((item) => (item.type === 'bulk' ? item.bytes : show(item)));
      const text = show.command(words);
      const select = /^select (\d+)$/i.exec(text);
      if (select === null) events.push(`${db === '0' ? '' : `${db}> `}${text}`);
      else db = select[1] ?? db;
    }
    return comparable(events);
  }
}

const written = (steps: readonly Step[]): string =>
  steps.map(([client, ...commands]) => `  [${client}] ${commands.join(' ; ')}`).join('\n');

/** What HELLO says is each server's own. */
const withoutVersion = (reply: string): string => (reply.includes('"proto"') ? 'hello' : reply);

const shown = ({ replies, events }: Seen): string =>
  [
    ...replies.map((all, client) => `  [${client}] ${all.map(withoutVersion).join(' ; ')}`),
    ...events.map((one) => `  > ${one}`),
  ].join('\n');

const compare = async (theirs: Theirs, steps: readonly Step[]): Promise<void> => {
  const wanted = shown(await theirs.run(steps));
  const found = shown(runOurs(steps));
  if (found === wanted) return;
  throw new Error(`for\n${written(steps)}\nferrous says\n${found}\nredis-server says\n${wanted}`);
};

// ── scenarios ─────────────────────────────────────────────────────────────────────────────────────────────────────

const SCENARIOS: readonly (readonly [title: string, steps: readonly Step[]])[] = [
  [
    'one waits, one pushes',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH a 1'],
      [0, 'EXISTS a'],
    ],
  ],
  [
    'three wait, two elements come',
    [
      [1, 'BLPOP a 0'],
      [2, 'BRPOP a 0'],
      [3, 'BLPOP a 0'],
      [0, 'RPUSH a 1 2'],
    ],
  ],
  [
    'the order is that of coming',
    [
      [3, 'BLPOP a 0'],
      [1, 'BLPOP a 0'],
      [2, 'BLPOP a 0'],
      [0, 'RPUSH a 1 2 3 4'],
    ],
  ],
  [
    'one pipeline pushes and pops',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH a 1', 'LPOP a', 'RPUSH a 2', 'LPOP a'],
    ],
  ],
  [
    'a transaction pushes, pops and pushes',
    [
      [1, 'BLPOP a 0'],
      [2, 'BLPOP a 0'],
      [0, 'MULTI', 'RPUSH a 1 2 3', 'RPOP a', 'LPUSH a 0', 'EXEC'],
    ],
  ],
  [
    'a transaction pushes and deletes',
    [
      [1, 'BLPOP a 0'],
      [0, 'MULTI', 'RPUSH a 1', 'DEL a', 'EXEC'],
      [0, 'DBSIZE'],
    ],
  ],
  [
    'a transaction replaces a list by a sorted set',
    [
      [1, 'BLPOP a 0'],
      [2, 'BZPOPMIN a 0'],
      [0, 'MULTI', 'RPUSH a 1', 'DEL a', 'ZADD a 1 m', 'EXEC'],
    ],
  ],
  [
    'a chain of moves',
    [
      [1, 'BLMOVE a b LEFT RIGHT 0'],
      [2, 'BLMOVE b c RIGHT LEFT 0'],
      [3, 'BLPOP c 0'],
      [0, 'RPUSH a 1', 'DBSIZE'],
    ],
  ],
  [
    'a chain of moves, listed backwards',
    [
      [3, 'BLPOP c 0'],
      [2, 'BRPOPLPUSH b c 0'],
      [1, 'BRPOPLPUSH a b 0'],
      [0, 'RPUSH a 1 2 3'],
      [0, 'LRANGE a 0 -1'],
    ],
  ],
  [
    'a list moved onto itself',
    [
      [1, 'BRPOPLPUSH a a 0'],
      [2, 'BRPOPLPUSH a a 0'],
      [0, 'RPUSH a 1 2'],
      [0, 'LRANGE a 0 -1'],
    ],
  ],
  [
    'a move onto a string',
    [
      [1, 'BLMOVE a s LEFT LEFT 0'],
      [2, 'BLPOP a 0'],
      [0, 'SET s v'],
      [0, 'RPUSH a 1'],
    ],
  ],
  [
    'a string comes',
    [
      [1, 'BLPOP a 0'],
      [0, 'SET a v'],
      [0, 'DEL a'],
      [0, 'RPUSH a 1'],
    ],
  ],
  [
    'a list comes to who wants a sorted set',
    [
      [1, 'BZPOPMIN a 0'],
      [0, 'RPUSH a 1'],
      [0, 'DEL a'],
      [0, 'ZADD a 1 m'],
    ],
  ],
  [
    'RENAME',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH b 1'],
      [0, 'RENAME b a'],
    ],
  ],
  [
    'RENAME over a string',
    [
      [1, 'BLPOP a 0'],
      [0, 'SET a v'],
      [0, 'RPUSH b 1'],
      [0, 'RENAME b a'],
    ],
  ],
  [
    'RENAMENX',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH b 1'],
      [0, 'RENAMENX b a'],
    ],
  ],
  [
    'COPY',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH b 1 2'],
      [0, 'COPY b a'],
      [0, 'LRANGE a 0 -1'],
    ],
  ],
  [
    'COPY REPLACE',
    [
      [1, 'BLPOP a 0'],
      [0, 'SET a v'],
      [0, 'RPUSH b 1 2'],
      [0, 'COPY b a REPLACE'],
    ],
  ],
  [
    'COPY to another database',
    [
      [1, 'SELECT 1', 'BLPOP a 0'],
      [0, 'RPUSH b 1'],
      [0, 'COPY b a DB 1'],
    ],
  ],
  [
    'MOVE',
    [
      [1, 'SELECT 1', 'BLPOP a 0'],
      [0, 'RPUSH a 1'],
      [0, 'MOVE a 1'],
    ],
  ],
  [
    'SORT STORE',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH b 2 1'],
      [0, 'SORT b STORE a'],
      [0, 'LRANGE a 0 -1'],
    ],
  ],
  [
    'LMOVE',
    [
      [1, 'BLPOP a 0'],
      [0, 'RPUSH b 2 1'],
      [0, 'LMOVE b a LEFT LEFT'],
    ],
  ],
  [
    'ZUNIONSTORE',
    [
      [1, 'BZPOPMAX a 0'],
      [0, 'ZADD b 1 x 2 y'],
      [0, 'ZUNIONSTORE a 1 b'],
      [0, 'ZCARD a'],
    ],
  ],
  [
    'ZRANGESTORE',
    [
      [1, 'BZPOPMAX a 0'],
      [0, 'ZADD b 1 x 2 y'],
      [0, 'ZRANGESTORE a b 0 0'],
    ],
  ],
  [
    'SWAPDB',
    [
      [1, 'BLPOP a 0'],
      [2, 'SELECT 1', 'BLPOP b 0'],
      [0, 'RPUSH b 1', 'SELECT 1', 'RPUSH a 2'],
      [0, 'SWAPDB 0 1'],
    ],
  ],
  [
    'SWAPDB in a transaction',
    [
      [1, 'BLPOP a 0'],
      [0, 'MULTI', 'SELECT 1', 'RPUSH a 2', 'SWAPDB 1 0', 'EXEC'],
      [0, 'DBSIZE'],
    ],
  ],
  [
    'another database',
    [
      [1, 'BLPOP a 0'],
      [0, 'SELECT 1', 'RPUSH a 1', 'FLUSHALL'],
    ],
  ],
  [
    'several keys',
    [
      [1, 'BLPOP a b c 0'],
      [2, 'BLPOP c b a 0'],
      [0, 'RPUSH b 1'],
      [0, 'RPUSH a 2'],
    ],
  ],
  [
    'a key named twice',
    [
      [1, 'BLPOP a b a 0'],
      [2, 'BLPOP a 0'],
      [0, 'RPUSH a 1 2'],
    ],
  ],
  [
    'BLMPOP',
    [
      [1, 'BLMPOP 0 2 b a LEFT COUNT 2'],
      [2, 'BLMPOP 0 1 a RIGHT'],
      [0, 'RPUSH a 1 2 3 4'],
      [0, 'LRANGE a 0 -1'],
    ],
  ],
  [
    'BZMPOP',
    [
      [1, 'BZMPOP 0 2 b a MIN COUNT 2'],
      [2, 'BZMPOP 0 1 a MAX'],
      [0, 'ZADD a 1 w 2 x 3 y 4 z'],
    ],
  ],
  [
    'BZPOPMIN and BZPOPMAX',
    [
      [1, 'BZPOPMIN a 0'],
      [2, 'BZPOPMAX a 0'],
      [0, 'ZADD a 1.5 w 2 x 3e20 y'],
    ],
  ],
  [
    'a sorted set in RESP3',
    [
      [1, 'HELLO 3', 'BZPOPMIN a 0'],
      [2, 'HELLO 3', 'BZMPOP 0 1 a MAX'],
      [3, 'HELLO 3', 'BLMOVE l m LEFT LEFT 0'],
      [0, 'ZADD a 1.5 w 2 x'],
      [0, 'ZCARD a'],
    ],
  ],
  [
    'commands behind the one that waits',
    [
      [1, 'BLPOP a 0', 'APPEND s 1', 'BLPOP b 0', 'PING'],
      [0, 'RPUSH a 1', 'APPEND s 0'],
      [0, 'RPUSH b 1'],
    ],
  ],
  [
    'within a transaction nobody waits',
    [[1, 'MULTI', 'BLPOP a 0', 'BLMOVE a b LEFT LEFT 0', 'BZPOPMIN a 0', 'RPUSH a 1', 'BLPOP a 0', 'EXEC']],
  ],
  [
    'UNBLOCK',
    [
      [1, 'BLPOP a 0', 'PING'],
      [2, 'BLMOVE a b LEFT LEFT 0'],
      [0, 'CLIENT UNBLOCK @1', 'CLIENT UNBLOCK @1', 'CLIENT UNBLOCK @2 ERROR', 'RPUSH a 1'],
    ],
  ],
  [
    'UNBLOCK of WAIT',
    [
      [1, 'WAIT 1 0', 'PING'],
      [2, 'WAIT 1 0'],
      [0, 'CLIENT UNBLOCK @1 ERROR', 'CLIENT UNBLOCK @2'],
    ],
  ],
  [
    'an expired list',
    [
      [1, 'BLPOP a 0'],
      [0, 'MULTI', 'RPUSH a 1', 'PEXPIRE a -1', 'EXEC'],
    ],
  ],
];

oracleTest.serial('clients are served as by redis-server', async (t) => {
  const theirs = await Theirs.start(t);
  for (const [title, steps] of SCENARIOS) await t.notThrowsAsync(compare(theirs, steps), title);
});

// ── any row of commands ───────────────────────────────────────────────────────────────────────────────────────────

// No client waits for two keys that come at once: 7.0 serves it from the one that came first, 7.2 from the one that it
// names first.
const list = fc.constantFrom('a', 'b', 'c', 'd', 'e');
/** What waiting clients move elements between; nobody waits for several of these. */
const moved = fc.constantFrom('c', 'd', 'e');
const zset = fc.constantFrom('y', 'z');
const side = fc.constantFrom('LEFT', 'RIGHT');
const lists = fc.oneof(
  fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }).map((keys) => keys.join(' ')),
  moved,
);
const zsets = fc.array(zset, { minLength: 1, maxLength: 2 }).map((keys) => keys.join(' '));
const words = fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join(' '));
const members = fc
  .array(fc.tuple(fc.nat(9), fc.constantFrom('m', 'n', 'o', 'p')), { minLength: 1, maxLength: 3 })
  .map((pairs) => pairs.map((pair) => pair.join(' ')).join(' '));
const several = (keys: string): string => `${keys.split(' ').length} ${keys}`;
const text = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.filter((part) => part !== '').join(' '));
const name = (...names: string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
const howMany = name('', '', 'COUNT 2', 'COUNT 5');

const onList = (key: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: text(name('RPUSH', 'LPUSH', 'rpushx'), key, words) },
    text(name('LPOP', 'RPOP', 'LLEN', 'DEL'), key),
  );
const moving = fc.oneof(
  text(name('LMOVE'), list, list, side, side),
  text(name('RPOPLPUSH', 'RENAME', 'RENAMENX', 'COPY'), list, list),
);
const onZset = fc.oneof(
  { weight: 3, arbitrary: text(name('ZADD'), zset, members) },
  text(name('ZPOPMIN', 'ZPOPMAX', 'ZCARD', 'DEL'), zset),
  text(name('RENAME', 'COPY'), zset, zset),
);
const waiting = fc.oneof(
  { weight: 3, arbitrary: text(name('BLPOP', 'BRPOP'), lists, name('0')) },
  { weight: 3, arbitrary: text(name('BLMOVE'), moved, moved, side, side, name('0')) },
  text(name('BRPOPLPUSH'), moved, moved, name('0')),
  text(name('BLMPOP 0'), lists.map(several), side, howMany),
  { weight: 2, arbitrary: text(name('BZPOPMIN', 'BZPOPMAX'), zsets, name('0')) },
  text(name('BZMPOP 0'), zsets.map(several), name('MIN', 'MAX'), howMany),
  name('WAIT 1 0'),
);
const ending = text(name('CLIENT UNBLOCK'), name('@0', '@1', '@2', '@3', '@4'), name('', 'ERROR', 'TIMEOUT'));

/** Of one list only. */
const transaction = list.chain((key) =>
  fc
    .array(fc.oneof(onList(fc.constant(key)), fc.constant(`BLPOP ${key} 0`)), { minLength: 1, maxLength: 5 })
    .map((commands) => ['MULTI', ...commands, 'EXEC']),
);

const client = fc.nat(4);
const pipeline = fc.array(fc.oneof(onList(list), onZset, moving), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(client, waiting).map((one): Step => one) },
  { weight: 5, arbitrary: fc.tuple(client, pipeline).map(([on, all]): Step => [on, ...all]) },
  { weight: 2, arbitrary: fc.tuple(client, transaction).map(([on, all]): Step => [on, ...all]) },
  { weight: 1, arbitrary: fc.tuple(client, ending).map((one): Step => one) },
);

oracleTest.serial('whoever sends what, everybody is served as by redis-server', async (t) => {
  const theirs = await Theirs.start(t);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25, size: 'max' }), (steps) =>
      // Client 0 never waits, so that there is one who pushes.
      compare(theirs, [[4, 'PING'], ...steps.filter(([on, first]) => on !== 0 || !/^(B|WAIT)/.test(first ?? ''))]),
    ),
    { numRuns: isLong ? 3000 : 150 },
  );
  t.pass();
});
