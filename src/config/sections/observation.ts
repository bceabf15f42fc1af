/**
 * Directives about scripts, the slow log, latency and notifications.
 * @since 0.1.0
 */
import { longInteger, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { eventClasses, percentiles } from '../special.ts';
import { NO_MONITORING, NO_NOTIFICATIONS, NO_SCRIPTS } from './effects.ts';

export const scripting = section('SCRIPTS', 'Lua scripts and functions.', {
  'busy-reply-threshold': directive(longInteger({ unit: 'milliseconds' }), 5000, {
    doc: 'After how many milliseconds of a script other clients get a BUSY error instead of waiting. 0 is never.',
    aliases: ['lua-time-limit'],
    effect: NO_SCRIPTS,
  }),
});

export const slowLog = section('SLOW LOG', 'Commands that took long.', {
  'slowlog-log-slower-than': directive(longInteger({ unit: 'microseconds', min: -1 }), 10000, {
    doc: 'Log commands that took longer than this many microseconds. 0 logs all, -1 none.',
    effect: NO_MONITORING,
  }),
  'slowlog-max-len': directive(longInteger({ unit: 'entries' }), 128, {
    doc: 'How many commands the slow log keeps.',
    effect: NO_MONITORING,
  }),
});

export const latency = section('LATENCY', 'How long commands and events take.', {
  'latency-monitor-threshold': directive(longInteger({ unit: 'milliseconds' }), 0, {
    doc: 'Record events that took longer than this many milliseconds. 0 records none.',
    effect: NO_MONITORING,
  }),
  'latency-tracking': directive(yesNo, true, {
    doc: 'Keep a histogram of the duration of every command.',
    effect: NO_MONITORING,
  }),
  'latency-tracking-info-percentiles': directive(percentiles, [50, 99, 99.9], {
    doc: 'The percentiles that INFO latencystats prints.',
    manyWords: true,
    effect: NO_MONITORING,
  }),
});

export const notifications = section('KEYSPACE NOTIFICATIONS', 'Messages to subscribers about changes of keys.', {
  'notify-keyspace-events': directive(eventClasses, '', {
    doc:
      'Which events to publish: K (to __keyspace@<db>__), E (to __keyevent@<db>__), and the classes g (generic), ' +
      '$ (strings), l (lists), s (sets), h (hashes), z (sorted sets), x (expired), e (evicted), t (streams), d (modules), ' +
      'm (misses), n (new keys), A (g$lshzxetd). Empty: none.',
    style: 'quoted',
    effect: NO_NOTIFICATIONS,
  }),
});
