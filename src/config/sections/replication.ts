/**
 * Directives about masters and replicas.
 * @since 0.1.0
 */
import { integer, longInteger, memory, oneOf, port, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { masterAddress } from '../special.ts';
import { NO_EVICTION } from './effects.ts';

/** Redis' smallest backlog. */
const MIN_BACKLOG_BYTES = 16 * 1024;

export const replication = section('REPLICATION', 'A replica keeps a live copy of its master.', {
  replicaof: directive(masterAddress, null, {
    doc: 'Be a replica of the master at this host and port. The REPLICAOF command changes it at run time.',
    aliases: ['slaveof'],
    change: 'at start',
    manyWords: true,
    example: '127.0.0.1 6379',
  }),
  masterauth: directive(text('a password'), '', {
    doc: 'The password the master asks for. When it is empty, requirepass is tried.',
    secret: true,
    example: 'change-me',
    style: 'quoted',
  }),
  masteruser: directive(text('a user name'), '', {
    doc: 'The user to authenticate as, when it is not the default user.',
    secret: true,
    example: 'replica-user',
    style: 'quoted',
  }),
  'replica-serve-stale-data': directive(yesNo, true, {
    doc: 'Answer clients while the link to the master is down. If not, most commands get an error.',
    aliases: ['slave-serve-stale-data'],
  }),
  'replica-read-only': directive(yesNo, true, {
    doc: 'Refuse writes of clients on a replica.',
    aliases: ['slave-read-only'],
  }),
  'repl-diskless-sync': directive(yesNo, true, {
    doc: 'Stream a full sync to the replica straight from memory.',
    effect: 'always so: a snapshot needs no file',
  }),
  'repl-diskless-sync-delay': directive(integer({ unit: 'seconds' }), 0, {
    doc:
      'How long to wait for more replicas before a full sync begins. Redis waits 5 seconds by default, to share a fork; ' +
      'here a snapshot costs no fork.',
  }),
  'repl-diskless-sync-max-replicas': directive(integer({ unit: 'replicas' }), 0, {
    doc: 'Do not wait any longer when so many replicas are there. 0 waits all the time.',
  }),
  'repl-diskless-load': directive(oneOf('disabled', 'on-empty-db', 'swapdb'), 'disabled', {
    doc: 'How a replica loads a full sync: disabled (from a file), on-empty-db, or swapdb (straight from the socket).',
    effect: 'always straight from the socket, into an empty keyspace',
  }),
  'repl-ping-replica-period': directive(integer({ unit: 'seconds', min: 1 }), 10, {
    doc: 'Seconds between the PINGs of a master to its replicas.',
    aliases: ['repl-ping-slave-period'],
  }),
  'repl-timeout': directive(integer({ unit: 'seconds', min: 1 }), 60, {
    doc: 'Give a replication link up after so many silent seconds. It should be larger than repl-ping-replica-period.',
  }),
  'repl-disable-tcp-nodelay': directive(yesNo, false, {
    doc: 'Collect small packets to replicas: less bandwidth, up to 40 ms more delay.',
    effect: 'writes to replicas are always collected, for one turn of the event loop',
  }),
  'repl-backlog-size': directive(memory({ min: 1, adjust: (bytes) => Math.max(bytes, MIN_BACKLOG_BYTES) }), 1024 ** 2, {
    doc: 'How many bytes of writes to keep for replicas that lost their link, so that they need no full sync.',
    style: 'memory',
  }),
  'repl-backlog-ttl': directive(longInteger({ unit: 'seconds' }), 3600, {
    doc: 'Free the backlog when there was no replica for so many seconds. 0 never does.',
  }),
  'replica-priority': directive(integer({ unit: 'a priority' }), 100, {
    doc: 'Sentinel promotes the replica with the lowest number. 0 is never promoted.',
    aliases: ['slave-priority'],
  }),
  'propagation-error-behavior': directive(oneOf('ignore', 'panic', 'panic-on-replicas'), 'ignore', {
    doc: 'What to do when a command of the master fails on the replica: ignore, panic, panic-on-replicas.',
    effect: 'the error is always logged, and the replica goes on',
  }),
  'replica-ignore-disk-write-errors': directive(yesNo, false, {
    doc: 'Go on as a replica when the disk fails, instead of ending the process.',
    effect: 'a replica always goes on and logs the error',
  }),
  'replica-announced': directive(yesNo, true, {
    doc: 'Let Sentinel list this replica.',
  }),
  'min-replicas-to-write': directive(integer({ unit: 'replicas' }), 0, {
    doc: 'Refuse writes with fewer replicas than this. 0 never does.',
    aliases: ['min-slaves-to-write'],
  }),
  'min-replicas-max-lag': directive(integer({ unit: 'seconds' }), 10, {
    doc: 'How many seconds a replica may lag and still count for min-replicas-to-write.',
    aliases: ['min-slaves-max-lag'],
  }),
  'replica-announce-ip': directive(text('an address'), '', {
    doc: 'The address a replica tells its master, behind NAT or in containers. Empty: that of the connection.',
    aliases: ['slave-announce-ip'],
    example: '5.5.5.5',
    style: 'quoted',
  }),
  'replica-announce-port': directive(port, 0, {
    doc: 'The port a replica tells its master. 0: the one it listens on.',
    aliases: ['slave-announce-port'],
  }),
  'replica-ignore-maxmemory': directive(yesNo, true, {
    doc: 'Leave eviction to the master.',
    aliases: ['slave-ignore-maxmemory'],
    effect: NO_EVICTION,
  }),
  'replica-lazy-flush': directive(yesNo, false, {
    doc: 'Free the old dataset in slices when a full sync replaces it.',
    aliases: ['slave-lazy-flush'],
    effect: 'always so',
  }),
});
