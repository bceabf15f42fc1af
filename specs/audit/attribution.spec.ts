/**
 * Who did what: sessions of several clients, and the log that tells of them, read back.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import type { Config } from '../../src/config/config.ts';
import type { Client } from '../../src/net/client.ts';
import { VirtualServer } from '../net/virtual-server.ts';
import { World } from '../replication/world.ts';
import { MemoryServer } from '../support/reduce.ts';
import { encodeCommand } from '../support/resp-client.ts';
import { assertChained, eventsIn, MemoryLog, shown } from './memory-log.ts';

/** `ann: SET k v` is what the client of that name sends, `+100` winds the clock. */
const story = (steps: readonly string[], config: Partial<Config> = {}): readonly string[] => {
  const server = new MemoryServer({ config: { 'audit-trail': true, ...config }, nowMs: 1_700_000_000_000 });
  const { services } = server.server;
  const log = new MemoryLog(services);
  const clients = new Map<string, Client>();
  for (const step of steps) {
    if (/^\+\d+$/.test(step)) {
      server.advance(Number(step));
      continue;
    }
    const [, name = '', command = ''] = /^(\w+): (.*)$/.exec(step) ?? [];
    const client = clients.get(name) ?? server.connect();
    clients.set(name, client);
    client.name = name;
    server.raw(command, client);
    log.commit();
  }
  const segment = log.seal();
  assertChained(segment);
  return eventsIn(segment).map(shown);
};

const tells = test.macro<[steps: readonly string[], log: readonly string[], config?: Partial<Config>]>({
  exec: (t, steps, log, config) => t.deepEqual(story(steps, config), log),
  title: (title) => title ?? '',
});

test(
  'each write is its client’s',
  tells,
  ['ann: SET k 1', 'bob: INCR k', 'ann: DEL k'],
  ['ann: SET k 1', 'bob: INCR k', 'ann: DEL k'],
);

test('a command that changes nothing is nobody’s write', tells, ['ann: DEL k', 'ann: GET k'], []);

test(
  'what was sent stands beside an effect that differs',
  tells,
  ['ann: SET k v EX 10', 'ann: EXPIRE k 100', 'bob: INCRBYFLOAT n 1.5'],
  [
    'ann: SET k v PXAT 1700000010000 <- SET k v EX 10',
    'ann: PEXPIREAT k 1700000100000 <- EXPIRE k 100',
    'bob: SET n 1.5 KEEPTTL <- INCRBYFLOAT n 1.5',
  ],
);

test(
  'a transaction is whole, and each of its commands is told as it was sent',
  tells,
  ['ann: MULTI', 'ann: SET a 1', 'bob: SET b 1', 'ann: SET c v PX 5', 'ann: EXPIRE a 1', 'ann: EXEC'],
  [
    'bob: SET b 1',
    'ann: SET a 1',
    'ann: SET c v PXAT 1700000000005 <- SET c v PX 5',
    'ann: PEXPIREAT a 1700000001000 <- EXPIRE a 1',
  ],
);

test(
  'a key that has expired is removed by the server itself, whoever meets it',
  tells,
  ['ann: SET k v PX 5', '+10', 'bob: GET k', 'ann: SET k w PX 5', '+10', 'bob: APPEND k x'],
  [
    'ann: SET k v PXAT 1700000000005 <- SET k v PX 5',
    'server: DEL k',
    'ann: SET k w PXAT 1700000000015 <- SET k w PX 5',
    'server: DEL k',
    'bob: APPEND k x',
  ],
);

test(
  'a blocked pop is its own client’s, not his whose push served it',
  tells,
  ['ann: BLPOP q 0', 'bob: BLMOVE q r LEFT RIGHT 0', 'cid: RPUSH q 1 2'],
  ['cid: RPUSH q 1 2', 'ann: LPOP q <- BLPOP q 0', 'bob: LMOVE q r LEFT RIGHT <- BLMOVE q r LEFT RIGHT 0'],
);

test(
  'a client is known under the name and the user that it has at the time',
  tells,
  ['ann: SET k 1', 'ann: CLIENT SETNAME eve', 'eve: SET k 2'],
  ['ann: SET k 1', 'eve: SET k 2'],
);

test(
  'without the audit trail nobody is named',
  tells,
  ['ann: SET k v EX 10', 'bob: FLUSHALL'],
  ['?: SET k v PXAT 1700000010000', '?: FLUSHALL'],
  { 'audit-trail': false },
);

test(
  'values as they were sent can be left out',
  tells,
  ['ann: SET k secret EX 10', 'ann: SETEX key 10 hidden', 'ann: GETEX k PERSIST', 'ann: INCRBYFLOAT n 1.5'],
  [
    'ann: SET k secret PXAT 1700000010000 <- SET k (value) EX 10',
    'ann: SET key hidden PXAT 1700000010000 <- SETEX key 10 (value)',
    'ann: PERSIST k <- GETEX k PERSIST',
    'ann: SET n 1.5 KEEPTTL <- INCRBYFLOAT n 1.5',
  ],
  { 'audit-trail-values': 'none' },
);

test(
  'or shown by their lengths',
  tells,
  ['ann: SET k secret EX 10'],
  ['ann: SET k secret PXAT 1700000010000 <- SET k "(6 bytes)" EX 10'],
  { 'audit-trail-values': 'length' },
);

test('switching the trail on and off leaves one unbroken chain', (t) => {
  t.deepEqual(
    story([
      'ann: SET a 1',
      'ann: CONFIG SET audit-trail no',
      'bob: SET b 1',
      'ann: CONFIG SET audit-trail yes',
      'bob: SET c 1',
      'ann: CONFIG SET audit-trail-events auth',
      'bob: SET d 1',
    ]),
    [
      'ann: SET a 1',
      'ann: admin CONFIG SET audit-trail no (pending)',
      'ann: admin CONFIG SET audit-trail no (ok)',
      '?: SET b 1',
      'bob: SET c 1',
      'ann: admin CONFIG SET audit-trail-events auth (pending)',
      'ann: admin CONFIG SET audit-trail-events auth (ok)',
      '?: SET d 1',
    ],
  );
});

test('a replica’s log says that its master did it, and what came of the link', (t) => {
  const world = new World();
  t.teardown(() => world.close());
  return (async () => {
    const config = {
      'audit-trail': true,
      'audit-trail-events': ['write', 'replica'] as const,
      'repl-diskless-sync-delay': 0,
    };
    const master = await world.node(config);
    const above = new MemoryLog(master.server.services);
    const replica = await world.node({ ...config, replicaof: { host: '127.0.0.1', port: master.port } });
    const below = new MemoryLog(replica.server.services);
    world.advance(2000);
    t.true(replica.isUp);
    const client = world.client(master);
    client.send('SET', 'k', 'v', 'EX', '100');
    world.advance(100);
    const told = (log: MemoryLog) => {
      const segment = log.seal();
      assertChained(segment);
      return eventsIn(segment).map((event) => shown(event).replace(/\d{5,}|\b[0-9a-f]{40}\b/g, '#'));
    };
    t.deepEqual(
      told(above).map((line) => line.replace(/REPLICA \S+/, 'REPLICA r')),
      ['1: replica REPLICA r full-sync offset:0', '1: replica REPLICA r online', '2: SET k v PXAT # <- SET k v EX 100'],
    );
    t.deepEqual(
      told(below).map((line) => line.replace(/MASTER \S+/, 'MASTER m')),
      ['server: replica MASTER m up full-sync # offset:0', 'master: SET k v PXAT #'],
    );
  })();
});

/** Clients that send whole pipelines, cut and mixed in any way. */
const session = fc.array(
  fc.record({
    client: fc.nat(4),
    count: fc.integer({ min: 1, max: 6 }),
    kind: fc.constantFrom('plain', 'rewritten', 'multi', 'silent'),
    rest: fc.boolean(),
    waitMs: fc.constantFrom(0, 0, 0, 1, 60),
    commit: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test('however pipelines of clients mix: every write is told as its own client’s, once and in order', (t) => {
  fc.assert(
    fc.property(session, (turns) => {
      const server = new VirtualServer({ 'audit-trail': true, save: [] });
      const { services } = server.server;
      const log = new MemoryLog(services);
      const peers = Array.from({ length: 5 }, () => server.connect());
      const expected: string[] = [];
      let serial = 0;
      for (const { client, count, kind, rest, waitMs, commit } of turns) {
        const pipeline: Uint8Array[] = [];
        const send = (...args: string[]): void => void pipeline.push(encodeCommand(args));
        if (kind === 'multi') send('MULTI');
        for (let i = 0; i < count; i++) {
          const key = `c${client}:${serial++}`;
          if (kind === 'silent') send('GET', key);
          else if (kind === 'rewritten') send('SETRANGE', key, '0', 'v');
          else if (i % 2 === 0) send('SET', key, 'v');
          else send('SET', key, 'v', 'EX', '1000');
          if (kind !== 'silent') expected.push(key);
        }
        if (kind === 'multi') send('EXEC');
        peers[client]?.send(new Uint8Array(Buffer.concat(pipeline)));
        if (rest) server.turn();
        if (waitMs > 0) server.advance(waitMs);
        if (commit) log.commit();
      }
      const segment = log.seal();
      assertChained(segment);
      const events = eventsIn(segment);
      assert.deepEqual(
        events.map(({ args }) => Buffer.from(args[1] ?? []).toString()),
        expected,
      );
      for (const { args, asSent, client, offset, end } of events) {
        const key = Buffer.from(args[1] ?? []).toString();
        assert.equal(`c${(client?.id ?? 0) - 1}`, key.split(':')[0]);
        assert.equal(asSent, args.length > 3 && args[3]?.length === 4 ? `SET ${key} v EX 1000` : undefined);
        assert.ok(end > offset);
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('without a trail a record ends when it is a second old, and the last one when the writing rests', (t) => {
  const server = new MemoryServer({ nowMs: 1_700_000_000_000 });
  const { services } = server.server;
  const log = new MemoryLog(services);
  const client = server.connect();
  const set = (value: string, afterMs: number): void => {
    server.advance(afterMs);
    server.raw(`SET k ${value}`, client);
    log.commit();
  };
  const lines = (): readonly string[] => {
    const segment = log.seal().toString('latin1');
    return segment.split('\r\n').flatMap((line) => {
      if (line.startsWith('#')) return [line.slice(0, 3) + (line.startsWith('#W') ? line.split(' ')[0].slice(12) : '')];
      return /^\d$/.test(line) ? [line] : [];
    });
  };
  const rest = (): void => {
    log.annotator.rest(services.writes.timeUs());
    log.commit();
  };
  rest();
  set('1', 0);
  set('2', 999);
  set('3', 1);
  set('4', 999);
  rest();
  rest();
  set('5', 1);
  t.deepEqual(lines(), ['#F:', '0', '1', '2', '#W:1000000', '3', '4', '#W:1999000', '5', '#S:']);
});
