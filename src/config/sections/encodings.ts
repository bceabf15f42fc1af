/**
 * Directives about the encodings of small values, and about background work.
 * @since 0.1.0
 */
import { integer, longInteger, memory, signedInteger, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { INT_MIN } from '../numbers.ts';
import { NO_JEMALLOC, NO_TYPE_YET } from './effects.ts';

const planned = { effect: NO_TYPE_YET };
const entries = longInteger({ unit: 'entries' });

export const encodings = section('ENCODINGS', 'Up to which size a value is kept in its compact form.', {
  'hash-max-listpack-entries': directive(entries, 512, {
    doc: 'A hash with up to so many fields is a listpack.',
    aliases: ['hash-max-ziplist-entries'],
  }),
  'hash-max-listpack-value': directive(memory(), 64, {
    doc: 'A hash whose fields and values have up to so many bytes is a listpack.',
    aliases: ['hash-max-ziplist-value'],
    style: 'memory',
  }),
  'list-max-listpack-size': directive(signedInteger('entries, or -1 to -5'), -2, {
    doc: 'How large a list may be to be one listpack, and each chunk of a larger one: a number of entries (and 8 kilobytes), or -1 to -5 for 4, 8, 16, 32 or 64 kilobytes.',
    aliases: ['list-max-ziplist-size'],
  }),
  'list-compress-depth': directive(integer({ unit: 'chunks' }), 0, {
    doc: 'How many chunks at either end of a list stay uncompressed. 0 compresses none.',
    effect: 'chunks are not compressed in memory',
  }),
  'set-max-intset-entries': directive(entries, 512, {
    doc: 'A set of up to so many integers is an intset.',
  }),
  'set-max-listpack-entries': directive(entries, 128, {
    doc: 'A set of up to so many members is a listpack.',
  }),
  'set-max-listpack-value': directive(memory(), 64, {
    doc: 'A set whose members have up to so many bytes is a listpack.',
    style: 'memory',
  }),
  'zset-max-listpack-entries': directive(entries, 128, {
    doc: 'A sorted set of up to so many members is a listpack.',
    aliases: ['zset-max-ziplist-entries'],
  }),
  'zset-max-listpack-value': directive(memory(), 64, {
    doc: 'A sorted set whose members have up to so many bytes is a listpack.',
    aliases: ['zset-max-ziplist-value'],
    style: 'memory',
  }),
  'hll-sparse-max-bytes': directive(memory(), 3000, {
    doc: 'A HyperLogLog of up to so many bytes is kept in its sparse form.',
    style: 'memory',
    ...planned,
  }),
  'stream-node-max-bytes': directive(memory(), 4096, {
    doc: 'How many bytes one block of a stream may have. 0 is no limit.',
    style: 'memory',
    ...planned,
  }),
  'stream-node-max-entries': directive(entries, 100, {
    doc: 'How many entries one block of a stream may have. 0 is no limit.',
    ...planned,
  }),
});

const clampHz = (hz: number): number => Math.min(Math.max(hz, 1), 500);

export const background = section('BACKGROUND WORK', 'How often the server looks after itself.', {
  hz: directive(integer({ unit: 'times per second', adjust: clampHz }), 10, {
    doc: 'How many times per second to look for expired keys, idle clients and so on, from 1 to 500.',
  }),
  'dynamic-hz': directive(yesNo, true, {
    doc: 'Do it more often when there are many clients.',
    effect: 'the work is sliced by time, not by the number of clients',
  }),
  activerehashing: directive(yesNo, true, {
    doc: 'Use idle moments to complete the growth of a dictionary.',
    effect: 'dictionaries grow bucket by bucket: nothing is left to complete',
  }),
  activedefrag: directive(yesNo, false, { doc: 'Defragment memory in the background.', effect: NO_JEMALLOC }),
  'active-defrag-ignore-bytes': directive(memory({ min: 1 }), 100 * 1024 ** 2, {
    doc: 'How many bytes may be wasted before it begins.',
    style: 'memory',
    effect: NO_JEMALLOC,
  }),
  'active-defrag-threshold-lower': directive(integer({ unit: 'a percentage', max: 1000 }), 10, {
    doc: 'Which percentage may be wasted before it begins.',
    effect: NO_JEMALLOC,
  }),
  'active-defrag-threshold-upper': directive(integer({ unit: 'a percentage', max: 1000 }), 100, {
    doc: 'From which percentage it works at full effort.',
    effect: NO_JEMALLOC,
  }),
  'active-defrag-cycle-min': directive(integer({ unit: 'a percentage', min: 1, max: 99 }), 1, {
    doc: 'The least share of time for it, in percent.',
    effect: NO_JEMALLOC,
  }),
  'active-defrag-cycle-max': directive(integer({ unit: 'a percentage', min: 1, max: 99 }), 25, {
    doc: 'The largest share of time for it, in percent.',
    effect: NO_JEMALLOC,
  }),
  'active-defrag-max-scan-fields': directive(longInteger({ unit: 'fields', min: 1 }), 1000, {
    doc: 'Values with more fields than this are worked on in slices.',
    effect: NO_JEMALLOC,
  }),
  'jemalloc-bg-thread': directive(yesNo, true, {
    doc: 'Let jemalloc give memory back in a thread of its own.',
    effect: NO_JEMALLOC,
  }),
});

const DEBUGGING = 'a debugging aid of Redis itself';
/** Microseconds per key; below zero it is keys per microsecond. */
const delay = integer({ unit: 'microseconds', min: INT_MIN });

export const debugging = section('DEBUGGING', 'Aids for tests. CONFIG GET answers them by their exact names only.', {
  'watchdog-period': directive(
    integer({ unit: 'milliseconds', adjust: (ms) => (ms === 0 ? 0 : Math.max(ms, 200)) }),
    0,
    {
      doc: 'Log what the server does when it does not answer for so many milliseconds.',
      hidden: true,
      effect: DEBUGGING,
    },
  ),
  'rdb-key-save-delay': directive(delay, 0, {
    doc: 'Slow saving down by so many microseconds per key.',
    hidden: true,
    effect: DEBUGGING,
  }),
  'key-load-delay': directive(delay, 0, {
    doc: 'Slow loading down by so many microseconds per key.',
    hidden: true,
    effect: DEBUGGING,
  }),
  'loading-process-events-interval-bytes': directive(
    integer({ unit: 'bytes', min: 1024, max: 2147483647 }),
    2 * 1024 ** 2,
    {
      doc: 'How often clients get a turn while a dataset is loaded, in bytes.',
      hidden: true,
      effect: DEBUGGING,
    },
  ),
  'use-exit-on-panic': directive(yesNo, false, {
    doc: 'Exit instead of aborting when something impossible happened.',
    hidden: true,
    effect: DEBUGGING,
  }),
  'debug-context': directive(text('a text'), '', {
    doc: 'What a debugging session is about, for log lines.',
    hidden: true,
    style: 'quoted',
    effect: DEBUGGING,
  }),
  'enable-debug-assert': directive(yesNo, false, {
    doc: 'Check more invariants.',
    change: 'at start',
    hidden: true,
    effect: DEBUGGING,
  }),
});
