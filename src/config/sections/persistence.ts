/**
 * Directives about snapshots (RDB) and the append-only log (AOF).
 * @since 0.1.0
 */
import { integer, memory, oneOf, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { savePoints } from '../special.ts';

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

export const appendOnly = section(
  'APPEND-ONLY LOG',
  "Every write, logged as it happens, in files that Redis 7 can load. The lines with # in them are Ferrous' own.",
  {
    appendonly: directive(yesNo, false, {
      doc:
        'Keep the log, and load it at start. Where there is none yet, the RDB file is loaded and becomes its base; with ' +
        'CONFIG SET the data in memory do.',
      deniedWhileLoading: true,
    }),
    appendfilename: directive(text('a file name', refuseLogName), 'appendonly.aof', {
      doc: 'What the names of its files begin with.',
      change: 'at start',
      style: 'quoted',
    }),
    appenddirname: directive(text('a folder name', refuseLogFolder), 'appendonlydir', {
      doc: 'The folder of its files, inside dir.',
      change: 'at start',
      style: 'quoted',
    }),
    appendfsync: directive(oneOf('everysec', 'always', 'no'), 'everysec', {
      doc:
        'When to flush it to disk: always (before a write is acknowledged; all writes of a turn of the event loop share ' +
        'one flush), everysec, or no (when the system likes).',
    }),
    'no-appendfsync-on-rewrite': directive(yesNo, false, {
      doc: 'Do not flush while a snapshot is written.',
    }),
    'auto-aof-rewrite-percentage': directive(integer({ unit: 'a percentage' }), 100, {
      doc: 'Rewrite the log when it grew by this percentage since the last rewrite. 0 never does.',
    }),
    'auto-aof-rewrite-min-size': directive(memory(), 64 * 1024 ** 2, {
      doc: 'Do not rewrite a log that is smaller than this.',
      style: 'memory',
    }),
    'aof-load-truncated': directive(yesNo, true, {
      doc: 'Load a log whose last entry is cut off, as it is after a crash, instead of refusing to start.',
    }),
    'aof-use-rdb-preamble': directive(yesNo, true, {
      doc: 'Begin a rewritten log with a snapshot; with no it begins with commands, which takes twice the time.',
    }),
    'aof-timestamp-enabled': directive(yesNo, false, {
      doc: "Put Redis' time stamps into the log, so that redis-check-aof can cut it back to a point in time.",
    }),
    'aof-rewrite-incremental-fsync': directive(yesNo, true, {
      doc: 'Flush a log that is being rewritten piece by piece.',
    }),
    'aof-disable-auto-gc': directive(yesNo, false, {
      doc: 'Keep log files that a rewrite made superfluous, in the manifest as Redis does.',
    }),
  },
);
