/**
 * Directives about the cluster, threads and modules: known, so that a redis.conf loads, without an effect so far.
 * @since 0.1.0
 */
import { integer, longInteger, oneOf, port, text, unsignedMemory, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { wordLines } from '../special.ts';
import { NO_AFFINITY, NO_CLUSTER, NO_MODULES, ONE_THREAD } from './effects.ts';

const planned = { effect: NO_CLUSTER };

const refuseHostname = (hostname: string): string | undefined => {
  if (hostname.length >= 256) return 'Hostnames must be less than 256 characters';
  return /^[A-Za-z0-9.-]*$/.test(hostname)
    ? undefined
    : 'Hostnames may only contain alphanumeric characters, hyphens or dots';
};

/** What a nodename may contain: printable characters, but none that separate fields in nodes.conf. */
const refuseNodeName = (name: string): string | undefined => {
  if (name.length >= 256) return 'Hostnames must be less than 256 characters';
  return /^[A-Za-z0-9.-]*$/.test(name) ? undefined : 'Announced human node name contained invalid character';
};

export const cluster = section('CLUSTER', 'Sharding over several servers.', {
  'cluster-enabled': directive(yesNo, false, { doc: 'Be a node of a cluster.', change: 'at start', ...planned }),
  'cluster-config-file': directive(text('a file name'), 'nodes.conf', {
    doc: 'The file in which a node keeps what it knows about the cluster.',
    change: 'at start',
    style: 'quoted',
    ...planned,
  }),
  'cluster-port': directive(port, 0, {
    doc: 'The port of the cluster bus. 0: 10000 above the port of clients.',
    change: 'at start',
    ...planned,
  }),
  'cluster-node-timeout': directive(longInteger({ unit: 'milliseconds' }), 15000, {
    doc: 'After how many silent milliseconds a node counts as failed.',
    ...planned,
  }),
  'cluster-replica-validity-factor': directive(integer({ unit: 'a factor' }), 10, {
    doc: 'How old the data of a replica may be for it to take over, in node timeouts. 0 is no limit.',
    aliases: ['cluster-slave-validity-factor'],
    ...planned,
  }),
  'cluster-migration-barrier': directive(integer({ unit: 'replicas' }), 1, {
    doc: 'How many replicas a master keeps before one may move to a master without any.',
    ...planned,
  }),
  'cluster-allow-replica-migration': directive(yesNo, true, {
    doc: 'Let replicas move to masters without any.',
    ...planned,
  }),
  'cluster-require-full-coverage': directive(yesNo, true, {
    doc: 'Answer no queries while a hash slot is not served by anybody.',
    ...planned,
  }),
  'cluster-replica-no-failover': directive(yesNo, false, {
    doc: 'Never let this replica take over by itself.',
    aliases: ['cluster-slave-no-failover'],
    ...planned,
  }),
  'cluster-allow-reads-when-down': directive(yesNo, false, {
    doc: 'Answer reads while the cluster is down.',
    ...planned,
  }),
  'cluster-allow-pubsubshard-when-down': directive(yesNo, true, {
    doc: 'Allow sharded pub/sub while the cluster is down.',
    ...planned,
  }),
  'cluster-link-sendbuf-limit': directive(unsignedMemory, 0, {
    doc: 'Close a link of the cluster bus when more than this waits to be sent. 0 is no limit.',
    style: 'memory',
    ...planned,
  }),
  'cluster-announce-hostname': directive(text('a host name', refuseHostname), '', {
    doc: 'The host name this node announces.',
    style: 'quoted',
    ...planned,
  }),
  'cluster-announce-human-nodename': directive(text('a node name', refuseNodeName), '', {
    doc: 'A name for this node in log lines.',
    style: 'quoted',
    ...planned,
  }),
  'cluster-announce-ip': directive(text('an address'), '', {
    doc: 'The address this node announces.',
    style: 'quoted',
    ...planned,
  }),
  'cluster-announce-port': directive(port, 0, { doc: 'The port this node announces.', ...planned }),
  'cluster-announce-tls-port': directive(port, 0, { doc: 'The TLS port this node announces.', ...planned }),
  'cluster-announce-bus-port': directive(port, 0, { doc: 'The port of its bus that this node announces.', ...planned }),
  'cluster-preferred-endpoint-type': directive(oneOf('ip', 'hostname', 'unknown-endpoint'), 'ip', {
    doc: 'What to send clients to: ip, hostname or unknown-endpoint (the address they used).',
    ...planned,
  }),
});

const cpuList = (whose: string) =>
  directive(text('a list of CPUs'), '', {
    doc: `The CPUs for ${whose}.`,
    change: 'at start',
    effect: NO_AFFINITY,
    style: 'quoted',
  });

export const threads = section('THREADS AND CPUS', 'Who computes where.', {
  'io-threads': directive(integer({ unit: 'threads', min: 1, max: 128 }), 1, {
    doc: 'How many threads read and write sockets.',
    change: 'at start',
    effect: ONE_THREAD,
  }),
  'io-threads-do-reads': directive(yesNo, false, {
    doc: 'Let those threads read, too.',
    change: 'at start',
    effect: ONE_THREAD,
  }),
  server_cpulist: cpuList('the server'),
  bio_cpulist: cpuList('background threads'),
  aof_rewrite_cpulist: cpuList('rewriting the log'),
  bgsave_cpulist: cpuList('background saves'),
});

export const modules = section('MODULES', 'Native extensions of Redis.', {
  loadmodule: directive(wordLines('a path and arguments'), [], {
    doc: 'Loads a module.',
    repeat: 'adds',
    fileOnly: true,
    effect: NO_MODULES,
    example: '/path/to/module.so',
  }),
});
