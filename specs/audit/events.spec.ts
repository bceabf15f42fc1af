/**
 * The audit of what is no write: what is told of, in which words, and what never is.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { redactionOf } from '../../src/audit/redaction.ts';
import type { Config } from '../../src/config/config.ts';
import type { Client } from '../../src/net/client.ts';
import { splitArgs } from '../../src/quoting.ts';
import { viewOf } from '../../src/resp/view.ts';
import { MemoryServer, type Words } from '../support/reduce.ts';
import { assertChained, eventsIn, MemoryLog, shown } from './memory-log.ts';

const ALL = ['write', 'admin', 'auth', 'read', 'replica'] as const;

class Session {
  readonly server: MemoryServer;
  readonly log: MemoryLog;
  private readonly clients = new Map<string, Client>();

  constructor(config: Partial<Config> = {}) {
    this.server = new MemoryServer({ config: { 'audit-trail': true, 'enable-debug-command': 'yes', ...config } });
    this.log = new MemoryLog(this.server.server.services);
  }

  send(name: string, command: Words): void {
    const client = this.clients.get(name) ?? this.server.connect();
    this.clients.set(name, client);
    client.name = name;
    this.server.raw(command, client);
    this.log.commit();
  }

  segment(): Buffer {
    const segment = this.log.seal();
    assertChained(segment);
    return segment;
  }
}

const tells = test.macro<[steps: readonly string[], log: readonly string[], config?: Partial<Config>]>({
  exec: (t, steps, log, config) => {
    const session = new Session(config);
    for (const step of steps) {
      const [, name = '', command = ''] = /^(\w+): (.*)$/.exec(step) ?? [];
      session.send(name, command);
    }
    t.deepEqual(eventsIn(session.segment()).map(shown), log);
  },
  title: (title) => title ?? '',
});

test(
  'administration is told, with how it went',
  tells,
  [
    'ann: CONFIG SET maxmemory 100mb',
    'ann: config set maxmemory lots',
    'bob: CLIENT KILL ID 999',
    'bob: DEBUG SLEEP 0',
    'bob: REPLICAOF NO ONE',
    'ann: CONFIG RESETSTAT',
    'ann: CONFIG REWRITE',
    'ann: CONFIG GET requirepass',
    'ann: CONFIG SET maxmemory',
  ],
  [
    'ann: admin CONFIG SET maxmemory 100mb (ok)',
    'ann: admin config set maxmemory lots (failed:ERR)',
    'bob: admin CLIENT KILL ID 999 (ok)',
    'bob: admin DEBUG SLEEP 0 (pending)',
    'bob: admin DEBUG SLEEP 0 (ok)',
    'bob: admin REPLICAOF NO ONE (ok)',
    'ann: admin CONFIG RESETSTAT (ok)',
    'ann: admin CONFIG REWRITE (failed:ERR)',
    'ann: admin CONFIG GET requirepass (ok)',
    'ann: admin CONFIG SET maxmemory (failed:ERR)',
  ],
);

test(
  'FLUSHALL is a write and an act of administration',
  tells,
  ['ann: SET k v', 'bob: FLUSHALL', 'bob: FLUSHDB'],
  ['ann: SET k v', 'bob: FLUSHALL', 'bob: admin FLUSHALL (ok)', 'bob: FLUSHDB', 'bob: admin FLUSHDB (ok)'],
);

test(
  'logins are told, failed ones too, and the first attempt without one',
  tells,
  [
    'eve: GET secret-key',
    'eve: GET secret-key',
    'eve: CONFIG GET requirepass',
    'eve: AUTH wrong',
    'eve: AUTH root wrong',
    'eve: HELLO 3 AUTH default wrong SETNAME eve',
    'eve: AUTH sesame',
    'ann: HELLO 3 AUTH default sesame SETNAME ann',
    'ann: HELLO 2',
  ],
  [
    'eve: auth GET (failed:NOAUTH)',
    'eve: admin CONFIG GET requirepass (failed:NOAUTH)',
    'eve: auth AUTH (redacted) (failed:WRONGPASS)',
    'eve: auth AUTH root (redacted) (failed:WRONGPASS)',
    'eve: auth HELLO 3 AUTH default (redacted) SETNAME eve (failed:WRONGPASS)',
    'eve: auth AUTH (redacted) (ok)',
    'ann: auth HELLO 3 AUTH default (redacted) SETNAME ann (ok)',
  ],
  { requirepass: 'sesame' },
);

test(
  'reads are told when somebody asks for them',
  tells,
  ['ann: GET k', 'ann: MGET a b', 'ann: EXISTS k', 'ann: PING', 'ann: SET k v', 'bob: GET k'],
  [
    'ann: read GET k (ok)',
    'ann: read MGET a b (ok)',
    'ann: read EXISTS k (ok)',
    'ann: SET k v',
    'bob: read GET k (ok)',
  ],
  { 'audit-trail-events': ['write', 'read'] },
);

test('what nobody asks for is not told', tells, ['ann: CONFIG SET hz 20', 'ann: AUTH x', 'ann: GET k'], [], {
  'audit-trail-events': ['write'],
});

test(
  'what runs in a transaction is told when it runs',
  tells,
  ['ann: MULTI', 'ann: CONFIG SET hz 20', 'ann: SET k v', 'ann: EXEC'],
  ['ann: admin CONFIG SET hz 20 (ok)', 'ann: SET k v'],
);

test('a shutdown is told before it begins', tells, ['ann: SHUTDOWN NOSAVE'], ['ann: admin SHUTDOWN NOSAVE (pending)']);

test(
  'a command is told under its own name, whatever secret one it has been given',
  tells,
  ['ann: s3cr3t SET hz 20', 'ann: CONFIG SET hz 30'],
  ['ann: admin CONFIG SET hz 20 (ok)'],
  { 'rename-command': [{ from: 'CONFIG', to: 's3cr3t' }] },
);

// ── secrets ───────────────────────────────────────────────────────────────────────────────────────────────────────

const redacts = test.macro<[name: string, command: string, shown: string]>({
  exec: (t, name, command, expected) => {
    const words = splitArgs(command);
    const view = viewOf(words._tag === 'Some' ? words.value : []);
    const redact = redactionOf(name);
    const left: string[] = [];
    for (let i = 0; i < view.argc; i++) left.push(redact?.(view, i) ?? view.text(i));
    t.is(left.join(' '), expected.replaceAll('***', '(redacted)'));
  },
  title: (_, __, command) => command,
});

test(redacts, 'auth', 'AUTH pass', 'AUTH ***');
test(redacts, 'auth', 'AUTH user pass', 'AUTH user ***');
test(redacts, 'auth', 'AUTH same same', 'AUTH *** ***');
test(redacts, 'auth', 'AUTH user pass more', 'AUTH *** *** ***');
test(redacts, 'hello', 'HELLO', 'HELLO');
test(redacts, 'hello', 'HELLO 3 SETNAME me AUTH user pass', 'HELLO 3 SETNAME me AUTH user ***');
test(redacts, 'hello', 'HELLO 3 AUTH pass', 'HELLO 3 AUTH ***');
test(redacts, 'hello', 'HELLO 3 AUTH pass SETNAME me', 'HELLO 3 AUTH *** *** me');
test(redacts, 'hello', 'HELLO 3 AUTH same same', 'HELLO 3 AUTH *** ***');
test(redacts, 'hello', 'HELLO 3 pass AUTH user', 'HELLO 3 *** *** ***');
test(redacts, 'config|set', 'CONFIG SET requirepass x maxmemory 1', 'CONFIG SET requirepass *** maxmemory 1');
test(redacts, 'config|set', 'CONFIG SET MASTERAUTH x masteruser y', 'CONFIG SET MASTERAUTH *** masteruser ***');
test(redacts, 'config|set', 'CONFIG SET tls-key-file-pass x', 'CONFIG SET tls-key-file-pass ***');
test(redacts, 'config|set', 'CONFIG SET tls-client-key-file-pass x', 'CONFIG SET tls-client-key-file-pass ***');
test(redacts, 'config|set', 'CONFIG SET requirepas x', 'CONFIG SET *** ***');
test(redacts, 'config|set', 'CONFIG SET hz 10 requirepass', 'CONFIG SET hz 10 requirepass');
test(redacts, 'config|set', 'CONFIG SET hz requirepass secret', 'CONFIG SET hz requirepass ***');
test(redacts, 'config|set', 'CONFIG SET hz requirepass hz secret', 'CONFIG SET hz requirepass hz secret');
test(
  redacts,
  'acl|setuser',
  'ACL SETUSER bob on >pass <old #0123 !4567 ~k:* %R~x &ch +@read -get|x (+get ~y) nopass word',
  'ACL SETUSER bob on >*** <*** #*** !*** ~k:* %R~x &ch +@read -get|x (+get ~y) nopass ***',
);
test(redacts, 'migrate', 'MIGRATE h 1 k 0 5 AUTH pass', 'MIGRATE h 1 k 0 5 AUTH ***');
test(
  redacts,
  'migrate',
  'MIGRATE h 1 "" 0 5 REPLACE AUTH2 user pass KEYS AUTH b',
  'MIGRATE h 1  0 5 REPLACE AUTH2 user *** KEYS AUTH b',
);

/** Longer than anything that stands in a log by chance. */
const secret = fc.stringMatching(/^[A-Za-z0-9!$<>#"\\ ]{1,20}$/).map((rest) => `s3cret${rest}`);

const SECRET_DIRECTIVES = ['requirepass', 'masterauth', 'masteruser', 'tls-key-file-pass', 'tls-client-key-file-pass'];

/** Commands with a secret, well and badly formed. */
const commandWith = (hidden: string): fc.Arbitrary<readonly string[]> => {
  const word = fc.constantFrom('3', '2', 'AUTH', 'SETNAME', 'default', 'hz', '10', hidden);
  return fc.oneof(
    fc.constantFrom(
      ['AUTH', hidden],
      ['AUTH', 'default', hidden],
      ['auth', 'a', hidden, 'c'],
      ['HELLO', '3', 'AUTH', 'default', hidden],
      ['HELLO', '3', 'AUTH', 'default', hidden, 'SETNAME', 'x'],
      ['HELLO', '3', 'SETNAME', 'x', 'AUTH', 'default', hidden],
      ['HELLO', '3', 'AUTH', hidden],
      ['CONFIG', 'SET', 'requirepas', hidden],
      ['CONFIG', 'STE', 'requirepass', hidden],
      ['CONFIG', 'SET', 'requirepass', hidden, 'hz'],
      ['ACL', 'SETUSER', 'bob', `>${hidden}`, 'on'],
      ['MIGRATE', 'h', '1', 'k', '0', '5', 'AUTH', hidden],
      ['NOSUCHCOMMAND', hidden],
    ),
    fc
      .constantFrom(...SECRET_DIRECTIVES)
      .map((name): readonly string[] => ['CONFIG', 'SET', 'hz', '10', name.toUpperCase(), hidden]),
    fc.array(word, { maxLength: 5 }).map((words): readonly string[] => ['AUTH', ...words, hidden]),
  );
};

test('after a session full of secrets, no secret stands anywhere in the log', (t) => {
  const sessions = secret.chain((hidden) =>
    fc.tuple(
      fc.constant(hidden),
      fc.array(fc.tuple(fc.constantFrom('ann', 'bob'), commandWith(hidden), fc.boolean()), {
        minLength: 1,
        maxLength: 12,
      }),
    ),
  );
  fc.assert(
    fc.property(sessions, ([hidden, commands]) => {
      const session = new Session({ 'audit-trail-events': ALL, requirepass: hidden });
      for (const [name, command, within] of commands) {
        session.send(name, ['AUTH', hidden]);
        if (within) session.send(name, 'MULTI');
        session.send(name, command);
        if (within) session.send(name, 'EXEC');
      }
      const text = session.segment().toString('latin1');
      assert.ok(
        !text.includes('s3cret'),
        text.split('\r\n').find((line) => line.includes('s3cret')),
      );
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('where values are left out, none stands in an annotation', (t) => {
  const written = fc.constantFrom(
    ['SET', 'k', 's3cret', 'EX', '100'],
    ['SETEX', 'k', '100', 's3cret'],
    ['PSETEX', 'k', '100', 's3cret'],
    ['SET', 'k', 's3cret', 'XX', 'GET', 'PX', '100'],
    ['GETSET', 'k', 's3cret'],
    ['HSET', 'h', 'field', 's3cret'],
    ['RPUSH', 'l', 's3cret', 's3cret'],
    ['SADD', 's', 's3cret'],
    ['ZADD', 'z', '1', 's3cret'],
    ['ZADD', 'z', 'INCR', '1', 's3cret'],
    ['SPOP', 's', '1'],
    ['LINSERT', 'l', 'BEFORE', 's3cret', 's3cret'],
    ['BLPOP', 'l', '0'],
    ['APPEND', 'k', 's3cret'],
    ['SETRANGE', 'k', '2', 's3cret'],
    ['SMISMEMBER', 's', 's3cret'],
    ['LPOS', 'l', 's3cret', 'RANK', '1'],
  );
  fc.assert(
    fc.property(fc.array(written, { maxLength: 12 }), fc.constantFrom('none', 'length'), (commands, values) => {
      const session = new Session({ 'audit-trail-events': ALL, 'audit-trail-values': values });
      for (const command of commands) session.send('ann', command);
      for (const line of session.segment().toString('latin1').split('\r\n')) {
        if (line.startsWith('#')) assert.ok(!line.includes('s3cret'), line);
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});
