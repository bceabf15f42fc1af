/**
 * The configuration against a real redis-server: names, defaults, CONFIG GET, CONFIG SET and every error text.
 *
 * The oracle is Redis 7.0, Ferrous is compatible with 7.2: what differs between the two is listed here, and nothing else.
 * @since 0.1.0
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { renderConfFile } from '../../src/config/document.ts';
import { rewriteConfig } from '../../src/config/rewrite.ts';
import { ConfigStore } from '../../src/config/store.ts';
import { defaults, findDirective, ownNames } from '../../src/config/table.ts';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { plain, type RawClient, type Reply, show } from '../support/resp-client.ts';
import { oddWord } from './arbitraries.ts';

/** Directives that came with Redis 7.2, and those of Ferrous' own. */
const UNKNOWN_TO_IT = [
  ...ownNames,
  'cluster-announce-human-nodename',
  'locale-collate',
  'set-max-listpack-entries',
  'set-max-listpack-value',
];

/** What the spec itself says to the server, and where Ferrous has a default of its own. */
const SET_BY_THE_SPEC = ['bind', 'dir', 'port', 'save', 'enable-debug-command'];
const OTHER_DEFAULT = ['repl-diskless-sync-delay'];
const EXPECTED_TO_DIFFER = [...UNKNOWN_TO_IT, ...SET_BY_THE_SPEC, ...OTHER_DEFAULT];

/**
 * Not changed by these properties: because the spec would lose its connection, or because redis-server refuses for a
 * reason outside the configuration (open files, OpenSSL, jemalloc, privileges, a socket it would have to open).
 */
const LEFT_ALONE = [
  ...['bind', 'port', 'requirepass', 'timeout', 'client-output-buffer-limit', 'maxclients', 'maxmemory-clients'],
  ...['activedefrag', 'oom-score-adj', 'oom-score-adj-values', 'appendonly', 'ignore-warnings', 'watchdog-period'],
];

const pairsOf = (reply: Reply): ReadonlyMap<string, string> => {
  const flat = plain(reply);
  if (!Array.isArray(flat)) throw new Error(`expected names and values, got ${show(reply)}`);
  return new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), String(flat[i + 1])] as const] : [])));
};

const get = async (client: RawClient, ...patterns: readonly string[]) =>
  pairsOf(await client.send('CONFIG', 'GET', ...patterns));

/** Everything that both know, without what is expected to differ. */
const common = (values: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...values].filter(([name]) => !EXPECTED_TO_DIFFER.includes(name)).sort());

oracleTest('CONFIG GET * lists the names of redis-server, old ones included, those of 7.2 and our own', async (t) => {
  const client = await (await startRedis(t)).connect();
  const theirs = [...(await get(client, '*')).keys(), ...UNKNOWN_TO_IT].sort();
  const ours = new ConfigStore(defaults)
    .get(['*'])
    .map(([name]) => name)
    .sort();
  t.deepEqual(ours, theirs);
});

oracleTest('Defaults are those of redis-server, printed in the same way', async (t) => {
  const client = await (await startRedis(t)).connect();
  const theirs = common(await get(client, '*'));
  const ours = common(new Map(new ConfigStore(defaults).get(['*'])));
  t.deepEqual(ours, theirs);
});

oracleTest('Hidden directives of redis-server are answered by their names', async (t) => {
  const client = await (await startRedis(t)).connect();
  const hidden = ['watchdog-period', 'rdb-key-save-delay', 'key-load-delay', 'use-exit-on-panic'];
  const names = [...hidden, 'loading-process-events-interval-bytes'];
  t.deepEqual(
    Object.fromEntries(new ConfigStore(defaults).get(names)),
    Object.fromEntries(await get(client, ...names)),
  );
});

/** More of everything in `npm run test:long`. */
const TIMES = process.env['FERROUS_LONG'] === '1' ? 50 : 1;

const anyPattern = fc.oneof(
  fc.constantFrom('timeout', 'TIMEOUT', 'slaveof', 'SLAVE-Priority', 'nothing', 'rdb-key-save-delay', 'user', ''),
  fc.constantFrom(
    'slave-*',
    '*max*',
    'TIMEOU?',
    '[st]*-l*',
    '[^a-s]*',
    'h\\z',
    'h[z',
    '*-\\[x',
    'rdb-key*',
    '?z',
    '[]*',
    '[z-a]z',
  ),
);

oracleTest('CONFIG GET finds what redis-server finds, whatever the patterns', async (t) => {
  const client = await (await startRedis(t)).connect();
  await fc.assert(
    fc.asyncProperty(fc.array(anyPattern, { minLength: 1, maxLength: 4 }), async (patterns) => {
      const [ours, theirs] = [
        new ConfigStore(defaults).get(patterns).map(([name]) => name),
        await get(client, ...patterns),
      ];
      const known = ours.filter((name) => !UNKNOWN_TO_IT.includes(name));
      assert.deepEqual(
        known.map((name) => name.toLowerCase()).sort(),
        [...theirs.keys()].map((name) => name.toLowerCase()).sort(),
      );
    }),
    { numRuns: 200 * TIMES },
  );
  t.pass();
});

const settable = new ConfigStore(defaults)
  .get(['*'])
  .map(([name]) => name)
  .filter((name) => ![...UNKNOWN_TO_IT, ...LEFT_ALONE].includes(name) && !name.startsWith('tls-'));

/** A value for a name: something odd, a number, or a word that the directive knows. */
const valueFor = (name: string): fc.Arbitrary<string> => {
  const values = /^one of (.*)$/.exec(findDirective(name)?.directive.expectation ?? '')?.[1]?.split(', ') ?? [];
  const any = fc.oneof(
    oddWord,
    fc.integer({ min: -5, max: 70000 }).map(String),
    ...values.map((value) => fc.constant(value)),
  );
  // Redis forgets the n behind an A; Ferrous prints it.
  return name === 'notify-keyspace-events' ? any.filter((value) => !value.includes('n')) : any;
};

const anySetting = fc
  .oneof(
    { weight: 30, arbitrary: fc.constantFrom(...settable) },
    fc.constantFrom('nonex', 'user', 'HZ', 'Slave-Priority'),
  )
  .chain((name) => fc.tuple(fc.constant(name), valueFor(name)));

oracleTest('CONFIG SET answers as redis-server does, and leaves the same values behind', async (t) => {
  const client = await (await startRedis(t)).connect();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anySetting, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (program) => {
        const store = new ConfigStore(defaults);
        const touched = [...new Set(program.flat().flatMap(([name]) => findDirective(name)?.name ?? []))];
        const before = store.get(touched);
        for (const [name, value] of before) await client.send('CONFIG', 'SET', name, value);
        for (const pairs of program) {
          const ours = store.set(pairs);
          const theirs = await client.send('CONFIG', 'SET', ...pairs.flat());
          assert.equal(E.isLeft(ours) ? `-${ours.left}` : '+OK', show(theirs));
          const left = await get(client, 'hz', ...touched);
          for (const [name, value] of store.get(touched)) {
            if (!SET_BY_THE_SPEC.includes(name)) assert.equal(`${name} ${value}`, `${name} ${left.get(name)}`);
          }
        }
      },
    ),
    { numRuns: 600 * TIMES },
  );
  t.pass();
});

const TEXTS: readonly (readonly [name: string, value: string])[] = [
  ['client-output-buffer-limit', 'normal 1 2'],
  ['client-output-buffer-limit', 'foo 1 2 3'],
  ['client-output-buffer-limit', 'master 1 2 3'],
  ['client-output-buffer-limit', 'normal -1 2 3'],
  ['client-output-buffer-limit', 'normal 1 2 -3'],
  ['client-output-buffer-limit', 'normal 1.5 2 3'],
  ['client-output-buffer-limit', 'pubsub 1mb 2kb 3 replica 0 0 0'],
  ['client-output-buffer-limit', ''],
  ['oom-score-adj-values', '1 2'],
  ['oom-score-adj-values', '1 2 3000'],
  ['oom-score-adj-values', '1 2 x'],
  ['oom-score-adj-values', '-5 6 7'],
  ['latency-tracking-info-percentiles', '50 101'],
  ['latency-tracking-info-percentiles', '50 a'],
  ['latency-tracking-info-percentiles', '0.1 33.333333333 1e1'],
  ['save', '1 2 3'],
  ['save', '0 1'],
  ['save', '1 -1'],
  ['save', '900 1  300 10'],
  ['save', '900 1 300 10'],
  ['save', ''],
  ['bind', Array.from({ length: 17 }, (_, i) => `127.0.0.${i + 1}`).join(' ')],
  ['maxmemory', '18446744073709551616'],
  ['maxmemory', '9223372036854775807'],
  ['maxmemory-clients', '101%'],
  ['maxmemory-clients', '-5%'],
  ['maxmemory-clients', '0%'],
  ['maxmemory-clients', '5%'],
  ['repl-backlog-size', '0'],
  ['repl-backlog-size', '9223372036854775807'],
  ['repl-backlog-size', '9223372036854775808'],
  ['slowlog-max-len', '9223372036854775807'],
  ['slowlog-max-len', '9223372036854775808'],
  ['slowlog-log-slower-than', '-2'],
  ['shutdown-on-sigterm', 'save nosave'],
  ['shutdown-on-sigterm', 'force now'],
  ['shutdown-on-sigint', ''],
  ['notify-keyspace-events', 'q'],
  ['notify-keyspace-events', 'tdnKEm'],
  ['cluster-announce-hostname', 'a'.repeat(256)],
  ['cluster-announce-hostname', 'a b'],
  ['dbfilename', 'x'],
  ['watchdog-period', '0'],
  ['key-load-delay', '-99999999999'],
];

oracleTest('Odd values of odd directives are answered as redis-server does', async (t) => {
  const client = await (await startRedis(t)).connect();
  const store = new ConfigStore(defaults);
  for (const [name, value] of TEXTS) {
    const ours = store.set([[name, value]]);
    const theirs = await client.send('CONFIG', 'SET', name, value);
    t.is(E.isLeft(ours) ? `-${ours.left}` : '+OK', show(theirs), `CONFIG SET ${name} "${value}"`);
    if (name !== 'bind' && name !== 'save') {
      t.deepEqual(new Map(store.get([name])), await get(client, name), `CONFIG GET ${name} after "${value}"`);
    }
  }
});

oracleTest('redis-server reads what CONFIG REWRITE wrote, and has the same values then', async (t) => {
  const store = new ConfigStore(defaults);
  store.set([
    ['maxmemory', '100mb'],
    ['save', '900 1 300 10'],
    ['client-output-buffer-limit', 'replica 1mb 1kb 7'],
    ['masterauth', 'a"b\\c\n\x00\xff'.replace('\\x00', '\x01')],
    ['latency-tracking-info-percentiles', '50 99.5'],
    ['notify-keyspace-events', 'KEA'],
    ['shutdown-on-sigterm', 'nosave now'],
    ['oom-score-adj-values', '1 2 3'],
    ['maxmemory-clients', '5%'],
  ]);
  const conf = rewriteConfig('# a comment\nhz 5\nslave-priority 7\n', store.config);
  const client = await (await startRedis(t, { conf: `${conf}bind 127.0.0.1\n` })).connect();
  t.deepEqual(common(await get(client, '*')), common(new Map(store.get(['*']))));
  t.is((await get(client, 'save')).get('save'), '900 1 300 10');
});

oracleTest('conf/ferrous.conf is a configuration that redis-server takes, new directives aside', async (t) => {
  const known = renderConfFile()
    .split('\n')
    .filter((line) => ![...UNKNOWN_TO_IT, 'debug-context', 'enable-debug-assert'].some((name) => line.startsWith(name)))
    .filter((line) => !line.startsWith('enable-debug-command'));
  const client = await (await startRedis(t, { conf: known.join('\n') })).connect();
  const theirs = common(await get(client, '*'));
  t.deepEqual(theirs, common(new Map(new ConfigStore(defaults).get(['*']))));
});
