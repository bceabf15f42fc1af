/**
 * Directives of Ferrous' own: the audit trail, how long the log is kept, and going back in it.
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { parseMoment } from '../../eventlog/moment.ts';
import { longInteger, memory, oneOf, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { auditEvents } from '../special.ts';

const refuseMoment = (word: string): string | undefined => {
  if (word === '') return undefined;
  const moment = parseMoment(word);
  return E.isLeft(moment) ? moment.left : undefined;
};

export const audit = section(
  'AUDIT TRAIL AND LOG',
  "Who did what, and the way back in time. These directives are Ferrous' own: redis-server does not know them, so a " +
    'configuration file that names them is no file for Redis. They have an effect while appendonly is yes.',
  {
    'audit-trail': directive(yesNo, false, {
      doc:
        'Write into the append-only log who caused each change (client, address, name, user), when to the microsecond, ' +
        'and what the client had sent; and who did what audit-trail-events names besides. The records are chained by ' +
        'SHA-256, so that a later change of the files shows. Redis ignores these lines when it loads the log.',
    }),
    'audit-trail-events': directive(auditEvents, ['write', 'admin', 'auth'], {
      doc:
        'What to record, any of: write (changes of the data), admin (CONFIG SET, CLIENT KILL, DEBUG, REPLICAOF, FLUSHALL, ' +
        'SHUTDOWN and other commands for administrators, refused ones too), auth (logins, failed ones too, and ' +
        'connections that try without), read (every command that reads keys: this costs), replica (links to replicas and ' +
        'to the master). Passwords are never recorded.',
      manyWords: true,
    }),
    'audit-trail-values': directive(oneOf('full', 'length', 'none'), 'full', {
      doc:
        'How the trail shows the values in commands as clients sent them: full, length (how many bytes), or none. Keys ' +
        'are always shown. This is about the trail only: the log itself holds the values, because they are the data.',
    }),
    'log-retention-time': directive(longInteger({ unit: 'seconds' }), 0, {
      doc:
        'For how many seconds to keep files of the log that the state of today does not need any more: as far back can ' +
        'the past be looked at and restored. 0: no limit in time if log-retention-size is set, else they go at once.',
    }),
    'log-retention-size': directive(memory(), 0, {
      doc:
        'How many bytes of such files to keep: above it the oldest go. 0: no limit in size if log-retention-time is set, ' +
        'else they go at once.',
      style: 'memory',
    }),
    'recover-to': directive(text('a moment', refuseMoment), '', {
      doc:
        'Start with the data as they were at this moment: seconds since 1970 (1700000000.25), a time ' +
        '(2026-03-01T10:42:00Z), or offset:N. What came after it is kept aside, not lost. Empty: with the newest.',
      change: 'at start',
      style: 'quoted',
    }),
  },
);
