/**
 * CONFIG GET and CONFIG SET: what they answer, that a SET is all or nothing, and who is told.
 * @since 0.1.0
 */
import test from 'ava';
import * as E from 'fp-ts/Either';
import { type ConfigChange, ConfigStore, LOADING } from '../../src/config/store.ts';
import { defaults } from '../../src/config/table.ts';

type Pairs = readonly (readonly [string, string])[];

const failed = (name: string, reason: string): string =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;

const refuses = test.macro<[pairs: Pairs, error: string]>({
  exec: (t, pairs, error) => {
    const store = new ConfigStore(defaults);
    t.deepEqual(store.set(pairs), E.left(error));
    t.is(store.config, defaults);
  },
  title: (_, pairs) =>
    `CONFIG SET ${pairs
      .flat()
      .map((word) => JSON.stringify(word))
      .join(' ')} is refused`,
});

const NOT_AN_INTEGER = "argument couldn't be parsed into an integer";

test(refuses, [['nonex', '1']], "ERR Unknown option or number of arguments for CONFIG SET - 'nonex'");
test(refuses, [['rename-command', 'x']], "ERR Unknown option or number of arguments for CONFIG SET - 'rename-command'");
test(refuses, [['timeout', 'x']], failed('timeout', NOT_AN_INTEGER));
test(refuses, [['TIMEOUT', 'x']], failed('timeout', NOT_AN_INTEGER));
test(refuses, [['slave-priority', 'x']], failed('slave-priority', NOT_AN_INTEGER));
test(refuses, [['timeout', '-1']], failed('timeout', 'argument must be between 0 and 2147483647 inclusive'));
test(refuses, [['maxclients', '0']], failed('maxclients', 'argument must be between 1 and 4294967295 inclusive'));
test(refuses, [['appendonly', 'x']], failed('appendonly', "argument must be 'yes' or 'no'"));
test(refuses, [['maxmemory', 'x']], failed('maxmemory', 'argument must be a memory value'));
test(
  refuses,
  [['maxmemory-clients', '101%']],
  failed('maxmemory-clients', 'percentage argument must be less or equal to 100'),
);
test(
  refuses,
  [['appendfsync', 'x']],
  failed('appendfsync', 'argument(s) must be one of the following: everysec, always, no'),
);
test(refuses, [['databases', '1']], failed('databases', "can't set immutable config"));
test(refuses, [['DATABASES', '1']], failed('DATABASES', "can't set immutable config"));
test(refuses, [['dir', '/']], failed('dir', "can't set protected config"));
test(
  refuses,
  [
    ['timeout', '1'],
    ['TIMEOUT', '2'],
  ],
  failed('TIMEOUT', 'duplicate parameter'),
);
test(
  refuses,
  [
    ['timeout', 'x'],
    ['databases', '1'],
  ],
  failed('databases', "can't set immutable config"),
);
test(
  refuses,
  [
    ['databases', '1'],
    ['nonex', '1'],
  ],
  failed('databases', "can't set immutable config"),
);
test(
  refuses,
  [
    ['timeout', '5'],
    ['hz', 'x'],
  ],
  failed('hz', NOT_AN_INTEGER),
);
test(refuses, [['save', '1 2 3']], failed('save', 'Invalid save parameters'));

test('An old name and its new one may be set together, and the later one counts', (t) => {
  const store = new ConfigStore(defaults);
  t.deepEqual(
    store.set([
      ['slave-priority', '1'],
      ['replica-priority', '2'],
    ]),
    E.right(['replica-priority']),
  );
  t.is(store.config['replica-priority'], 2);
});

test('Buffer limits of one class leave the others alone', (t) => {
  const store = new ConfigStore(defaults);
  store.set([['client-output-buffer-limit', 'normal 1mb 2mb 3']]);
  store.set([['client-output-buffer-limit', 'replica 4 5 6']]);
  t.deepEqual(store.get(['client-output-buffer-limit']), [
    ['client-output-buffer-limit', 'normal 1048576 2097152 3 slave 4 5 6 pubsub 33554432 8388608 60'],
  ]);
});

test('Protected directives can be set where enable-protected-configs allows it', (t) => {
  const local = new ConfigStore({ ...defaults, 'enable-protected-configs': 'local' });
  t.deepEqual(local.set([['dir', '/a']], { isLocal: false }), E.left(failed('dir', "can't set protected config")));
  t.deepEqual(local.set([['dir', '/a']], { isLocal: true }), E.right(['dir']));
  const open = new ConfigStore({ ...defaults, 'enable-protected-configs': 'yes' });
  t.deepEqual(open.set([['dir', '/a']]), E.right(['dir']));
});

test('Some directives cannot be set while a dataset is loading', (t) => {
  const store = new ConfigStore(defaults);
  t.deepEqual(store.set([['appendonly', 'yes']], { isLoading: true }), E.left(LOADING));
  t.deepEqual(store.set([['timeout', '5']], { isLoading: true }), E.right(['timeout']));
});

test('Subscribers hear once of every change that went through, with what really changed', (t) => {
  const store = new ConfigStore(defaults);
  const heard: ConfigChange[] = [];
  store.changes$.subscribe((change) => heard.push(change));
  store.set([
    ['timeout', '5'],
    ['hz', '10'],
  ]);
  store.set([['timeout', '5']]);
  store.set([['timeout', 'x']]);
  store.assign({ replicaof: { host: 'a', port: 1 } });
  store.assign({ replicaof: { host: 'a', port: 1 } });
  t.deepEqual(
    heard.map(({ names }) => names),
    [['timeout'], ['replicaof']],
  );
  t.is(heard[0]?.config.timeout, 5);
});

test('A hook that refuses undoes the whole SET, those before it included', (t) => {
  const store = new ConfigStore(defaults);
  const calls: string[] = [];
  const heard: ConfigChange[] = [];
  store.changes$.subscribe((change) => heard.push(change));
  store.onApply(['timeout'], ({ timeout }) => {
    calls.push(`timeout ${timeout}`);
    return undefined;
  });
  store.onApply(['hz'], () => {
    calls.push('hz');
    return undefined;
  });
  store.onApply(['port', 'bind'], ({ port }) => {
    calls.push(`port ${port}`);
    return port === 1 ? 'Unable to listen on this port. Check server logs.' : undefined;
  });
  const refused = store.set([
    ['timeout', '5'],
    ['port', '1'],
  ]);
  t.deepEqual(refused, E.left(failed('port', 'Unable to listen on this port. Check server logs.')));
  t.deepEqual(calls, ['timeout 5', 'port 1', 'port 6379', 'timeout 0']);
  t.is(store.config, defaults);
  t.deepEqual(heard, []);
});

test('A hook that is taken away is not called any more', (t) => {
  const store = new ConfigStore(defaults);
  const stop = store.onApply(['timeout'], () => 'no');
  stop();
  t.deepEqual(store.set([['timeout', '5']]), E.right(['timeout']));
});

test('CONFIG GET answers a plain name as it was asked for, and each name once', (t) => {
  const store = new ConfigStore(defaults);
  t.deepEqual(store.get(['slave-r*', 'timeou?', 'TIMEOUT', 'SLAVE-Priority', 'nothing', 'user']), [
    ['slave-read-only', 'yes'],
    ['timeout', '0'],
    ['SLAVE-Priority', '100'],
  ]);
});

test('Debugging aids are answered by their exact names only', (t) => {
  const store = new ConfigStore(defaults);
  t.deepEqual(store.get(['rdb-key*']), []);
  t.deepEqual(store.get(['rdb-key-save-delay']), [['rdb-key-save-delay', '0']]);
});

test('Percentiles, event classes and shutdown words are answered in their canonical form', (t) => {
  const store = new ConfigStore(defaults);
  store.set([
    ['notify-keyspace-events', 'mEK$tdnx'],
    ['latency-tracking-info-percentiles', '1e1 33.333333333 99.90'],
    ['shutdown-on-sigterm', 'NOW nosave'],
  ]);
  t.deepEqual(store.get(['notify-keyspace-events', 'latency-tracking-info-percentiles', 'shutdown-on-sigterm']), [
    ['notify-keyspace-events', '$xtdnKEm'],
    ['latency-tracking-info-percentiles', '10 33.333333 99.9'],
    ['shutdown-on-sigterm', 'nosave now'],
  ]);
});
