/**
 * Directives about snapshots (RDB) and the append-only log (AOF).
 * @since 0.1.0
 */
import { integer, memory, oneOf, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { savePoints } from '../special.ts';
import { NO_APPEND_ONLY } from './effects.ts';

const isPath = (name: string): boolean => name.includes('/');

const refuseFileName = (name: string): string | undefined =>
  isPath(name) ? "dbfilename can't be a path, just a filename" : undefined;
const refuseLogName = (name: string): string | undefined => {
  if (name === '') return "appendfilename can't be empty";
  return isPath(name) ? "appendfilename can't be a path, just a filename" : undefined;
};
const refuseLogFolder = (name: string): string | undefined => {
  if (name === '') return "appenddirname can't be empty";
  return isPath(name) ? "appenddirname can't be a path, just a dirname" : undefined;
};

export const snapshotting = section('SNAPSHOTS', 'The dataset on disk, as one RDB file that Redis can read.', {
  save: directive(
    savePoints,
    [
      { seconds: 3600, changes: 1 },
      { seconds: 300, changes: 100 },
      { seconds: 60, changes: 10000 },
    ],
    {
      doc:
        'When to save in the background: after so many seconds, if there were at least so many changes. Several pairs ' +
        'may stand in one line or in several. save "" turns saving off.',
      repeat: 'adds',
      manyWords: true,
    },
  ),
  'stop-writes-on-bgsave-error': directive(yesNo, true, {
    doc: 'Refuse writes while the last background save failed, so that somebody notices.',
  }),
  rdbcompression: directive(yesNo, true, { doc: 'Compress strings in RDB files with LZF.' }),
  rdbchecksum: directive(yesNo, true, {
    doc: 'Put a CRC64 checksum at the end of RDB files, and check it on loading.',
    change: 'at start',
  }),
  'sanitize-dump-payload': directive(oneOf('no', 'yes', 'clients'), 'no', {
    doc: 'How thoroughly to check the payloads of RESTORE and of RDB files: no, yes, or clients (only RESTORE).',
    effect: 'payloads are always checked completely',
  }),
  dbfilename: directive(text('a file name', refuseFileName), 'dump.rdb', {
    doc: 'The name of the RDB file, inside dir.',
    change: 'protected',
    style: 'quoted',
  }),
  'rdb-del-sync-files': directive(yesNo, false, {
    doc: 'Remove RDB files that were only made for replication, on servers that keep nothing on disk.',
    effect: 'full syncs leave no files behind',
  }),
  'rdb-save-incremental-fsync': directive(yesNo, true, {
    doc: 'Flush an RDB file to disk piece by piece while it is written, to avoid one long flush at the end.',
  }),
  dir: directive(text('a folder'), './', {
    doc:
      'The folder for all files that the server writes. A relative one is resolved from where the server was started; ' +
      'one that is missing is created.',
    change: 'protected',
    deniedWhileLoading: true,
    style: 'quoted',
  }),
});

const planned = { effect: NO_APPEND_ONLY };

export const appendOnly = section('APPEND-ONLY LOG', 'Every write, logged as it happens.', {
  appendonly: directive(yesNo, false, { doc: 'Keep the log.', deniedWhileLoading: true, ...planned }),
  appendfilename: directive(text('a file name', refuseLogName), 'appendonly.aof', {
    doc: 'What the names of its files begin with.',
    change: 'at start',
    style: 'quoted',
    ...planned,
  }),
  appenddirname: directive(text('a folder name', refuseLogFolder), 'appendonlydir', {
    doc: 'The folder of its files, inside dir.',
    change: 'at start',
    style: 'quoted',
    ...planned,
  }),
  appendfsync: directive(oneOf('everysec', 'always', 'no'), 'everysec', {
    doc: 'When to flush it to disk: always (before a write is acknowledged), everysec, or no (when the system likes).',
    ...planned,
  }),
  'no-appendfsync-on-rewrite': directive(yesNo, false, {
    doc: 'Do not flush while a snapshot is written.',
    ...planned,
  }),
  'auto-aof-rewrite-percentage': directive(integer({ unit: 'a percentage' }), 100, {
    doc: 'Rewrite the log when it grew by this percentage since the last rewrite. 0 never does.',
    ...planned,
  }),
  'auto-aof-rewrite-min-size': directive(memory(), 64 * 1024 ** 2, {
    doc: 'Do not rewrite a log that is smaller than this.',
    style: 'memory',
    ...planned,
  }),
  'aof-load-truncated': directive(yesNo, true, {
    doc: 'Load a log whose last entry is cut off, as it is after a crash, instead of refusing to start.',
    ...planned,
  }),
  'aof-use-rdb-preamble': directive(yesNo, true, { doc: 'Begin a rewritten log with a snapshot.', ...planned }),
  'aof-timestamp-enabled': directive(yesNo, false, {
    doc: 'Put time stamps into the log, so that it can be cut back to a point in time.',
    ...planned,
  }),
  'aof-rewrite-incremental-fsync': directive(yesNo, true, {
    doc: 'Flush a log that is being rewritten piece by piece.',
    ...planned,
  }),
  'aof-disable-auto-gc': directive(yesNo, false, {
    doc: 'Keep log files that a rewrite made superfluous.',
    ...planned,
  }),
});
