/**
 * INFO: sections, and figures that are true.
 */
import test from 'ava';
import { humanBytes } from '../../src/commands/info-memory.ts';
import { REDIS_VERSION } from '../../src/version.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, plain } from '../support/reply.ts';

const text = (server: MemoryServer, command: string): string => String(plain(decodeReply(server.raw(command))));

const titles = (info: string): readonly string[] => [...info.matchAll(/^# (.*)\r$/gm)].map(([, title = '']) => title);

const figures = (server: MemoryServer, section: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text(server, `INFO ${section}`).matchAll(/^([^#:\r\n]+):(.*)\r$/gm)].map(([, k, v]) => [k, v]),
  );

const DEFAULT = 'Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace'.split(
  ' ',
);
const ALL =
  'Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster Keyspace'.split(
    ' ',
  );

test('INFO prints the sections asked for, in its own order', (t) => {
  const server = new MemoryServer();
  t.deepEqual(titles(text(server, 'INFO')), DEFAULT);
  t.deepEqual(titles(text(server, 'INFO default')), DEFAULT);
  t.deepEqual(titles(text(server, 'INFO all')), ALL);
  t.deepEqual(titles(text(server, 'INFO EVERYTHING')), ALL);
  t.deepEqual(titles(text(server, 'INFO keyspace cpu CPU nonsense')), ['CPU', 'Keyspace']);
  t.deepEqual(
    titles(text(server, 'INFO default commandstats')),
    ALL.filter((title) => title !== 'Latencystats'),
  );
  t.is(text(server, 'INFO nonsense'), '');
});

test('sections are divided by an empty line', (t) => {
  t.is(text(new MemoryServer(), 'INFO modules cluster'), '# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n');
});

test('INFO server says which Redis it is compatible with and how long it has run', (t) => {
  const server = new MemoryServer({ nowMs: 5000 });
  server.advance(3 * 86_400_000 + 4000);
  const info = figures(server, 'server');
  t.is(info['redis_version'], REDIS_VERSION);
  t.is(info['uptime_in_seconds'], String(3 * 86400 + 4));
  t.is(info['uptime_in_days'], '3');
  t.regex(info['run_id'] ?? '', /^[0-9a-f]{40}$/);
});

test('INFO keyspace counts keys and expiries and averages what is left to live', (t) => {
  const server = new MemoryServer();
  for (const command of ['SET a 1', 'SET b 1 PX 1000', 'SET c 1 PX 3000', 'SELECT 9', 'SET d 1']) server.raw(command);
  server.advance(500);
  t.is(
    text(server, 'INFO keyspace'),
    '# Keyspace\r\ndb0:keys=3,expires=2,avg_ttl=1500\r\ndb9:keys=1,expires=0,avg_ttl=0\r\n',
  );
});

test('INFO commandstats counts calls, failures and refusals by command', (t) => {
  const server = new MemoryServer();
  for (const command of ['SET a x', 'GET a', 'GET a', 'INCR a', 'GET', 'CONFIG GET hz']) server.raw(command);
  const stats = figures(server, 'commandstats');
  const counts = (name: string): string =>
    (stats[`cmdstat_${name}`] ?? '').replace(/usec=\d+,usec_per_call=[\d.]+/, 'T');
  t.is(counts('get'), 'calls=2,T,rejected_calls=1,failed_calls=0');
  t.is(counts('incr'), 'calls=1,T,rejected_calls=0,failed_calls=1');
  t.is(counts('config|get'), 'calls=1,T,rejected_calls=0,failed_calls=0');
  t.false('cmdstat_append' in stats);
});

test('INFO errorstats counts errors by their code', (t) => {
  const server = new MemoryServer({ config: { requirepass: 'secret' } });
  for (const command of ['GET a', 'AUTH x', 'AUTH y', 'AUTH secret', 'NONSENSE']) server.raw(command);
  t.deepEqual(figures(server, 'errorstats'), {
    errorstat_NOAUTH: 'count=1',
    errorstat_WRONGPASS: 'count=2',
    errorstat_ERR: 'count=1',
  });
  t.is(figures(server, 'stats')['acl_access_denied_auth'], '2');
});

test('used_memory follows the data and its peak stays', (t) => {
  const server = new MemoryServer();
  const used = () => Number(figures(server, 'memory')['used_memory']);
  const before = used();
  server.raw(['SET', 'a', 'x'.repeat(100_000)]);
  t.true(used() - before >= 100_000);
  server.raw('DEL a');
  t.is(used(), before);
  const memory = figures(server, 'memory');
  const figure = (name: string) => Number(memory[name]);
  t.true(figure('used_memory_peak') >= before + 100_000);
  t.true(figure('used_memory_startup') <= before);
  t.is(figure('used_memory_dataset'), figure('used_memory') - figure('used_memory_overhead'));
});

test('bytes are printed as people read them', (t) => {
  t.is(humanBytes(0), '0B');
  t.is(humanBytes(1023), '1023B');
  t.is(humanBytes(1536), '1.50K');
  t.is(humanBytes(25_276_510_208), '23.54G');
});
