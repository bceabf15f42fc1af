/**
 * Directives about clients and memory: limits, eviction, lazy freeing.
 * @since 0.1.0
 */
import { integer, longInteger, memory, memoryOrPercent, oneOf, unsignedMemory, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { UINT_MAX } from '../numbers.ts';
import { bufferLimits, defaultBufferLimits, oomScores } from '../special.ts';
import { KERNEL, NO_EVICTION, NO_TRACKING } from './effects.ts';

const MEGABYTE = 1024 ** 2;

export const clients = section('CLIENTS', 'How many clients there may be, and how much each may take.', {
  maxclients: directive(integer({ unit: 'clients', min: 1, max: UINT_MAX }), 10000, {
    doc: 'How many clients may be connected at once; further ones get an error. Replicas count too.',
  }),
  'client-query-buffer-limit': directive(memory({ min: MEGABYTE }), 1024 * MEGABYTE, {
    doc: 'Close a client that sent more than this without completing a request.',
    style: 'memory',
  }),
  'client-output-buffer-limit': directive(bufferLimits, defaultBufferLimits, {
    doc:
      'Close a client that does not read its replies: at once when more than the first size waits, or when more than ' +
      'the second size waits for that many seconds. For the classes normal, replica (or slave) and pubsub; 0 is no limit.',
    repeat: 'merges',
    manyWords: true,
    style: 'memory',
  }),
  'maxmemory-clients': directive(
    memoryOrPercent,
    { kind: 'bytes', bytes: 0 },
    {
      doc: 'Close the largest clients when all of them use more than this, in bytes or as a percentage of maxmemory. 0 never does.',
      effect: NO_EVICTION,
    },
  ),
  'proto-max-bulk-len': directive(memory({ min: MEGABYTE }), 512 * MEGABYTE, {
    doc: 'The longest string, as an argument or as a value.',
    style: 'memory',
  }),
  'tracking-table-max-keys': directive(longInteger({ unit: 'keys' }), 1_000_000, {
    doc: 'How many keys the server remembers for client-side caching. 0 is no limit.',
    effect: NO_TRACKING,
  }),
});

export const memoryManagement = section('MEMORY', 'How much memory the dataset may take, and what happens then.', {
  maxmemory: directive(unsignedMemory, 0, {
    doc: 'How much memory the dataset may take; beyond that, writes that need memory get an error. 0 is no limit.',
    style: 'memory',
  }),
  'maxmemory-policy': directive(
    oneOf(
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ),
    'noeviction',
    {
      doc:
        'What to evict then: among the keys with a TTL volatile-lru (least recently used), volatile-lfu (least ' +
        'frequently used), volatile-random or volatile-ttl (next to expire); among all keys allkeys-lru, allkeys-lfu or ' +
        'allkeys-random; or noeviction: writes that need memory get an error.',
      effect: NO_EVICTION,
    },
  ),
  'maxmemory-samples': directive(integer({ unit: 'keys', min: 1 }), 5, {
    doc: 'How many keys to compare for one eviction. More is more exact and slower.',
    effect: NO_EVICTION,
  }),
  'maxmemory-eviction-tenacity': directive(integer({ unit: 'a tenacity', max: 100 }), 10, {
    doc: 'How long eviction may hold up clients: 0 hardly, 100 without limit.',
    effect: NO_EVICTION,
  }),
  'lfu-log-factor': directive(integer({ unit: 'a factor' }), 10, {
    doc: 'How slowly the access counter of a key saturates: higher is slower.',
  }),
  'lfu-decay-time': directive(integer({ unit: 'minutes' }), 1, {
    doc: 'After how many minutes the access counter of a key is lowered by one. 0 never lowers it.',
  }),
  'active-expire-effort': directive(integer({ unit: 'an effort', min: 1, max: 10 }), 1, {
    doc: 'How much time to spend on finding expired keys: 1 is little, 10 a lot.',
    effect: 'an index knows which keys are due: nothing is searched for',
  }),
});

const ALWAYS_LAZY = 'always so: large values are freed in slices';
const lazy = (doc: string) => directive(yesNo, false, { doc, effect: ALWAYS_LAZY });
/** Memory comes back in slices either way; what replicas are told differs. */
const told = (when: string) =>
  directive(yesNo, false, {
    doc: `${when} Replicas are told UNLINK instead of DEL; memory is freed in slices either way.`,
  });

export const lazyFreeing = section('LAZY FREEING', 'Whether large values are freed at once or bit by bit.', {
  'lazyfree-lazy-eviction': lazy('When a key is evicted.'),
  'lazyfree-lazy-expire': told('When a key expires.'),
  'lazyfree-lazy-server-del': told('When RESTORE replaces a value by one that is past its time.'),
  'lazyfree-lazy-user-del': told('When GETDEL removes a key.'),
  'lazyfree-lazy-user-flush': lazy('When a client calls FLUSHALL or FLUSHDB without SYNC or ASYNC.'),
});

export const outOfMemory = section('OUT OF MEMORY', 'Which process the kernel kills first when memory runs out.', {
  'oom-score-adj': directive(oneOf('no', 'yes', 'relative', 'absolute'), 'no', {
    doc: 'Tell the kernel: no, yes or relative (to the score at start), or absolute.',
    effect: KERNEL,
  }),
  'oom-score-adj-values': directive(oomScores, [0, 200, 800], {
    doc: 'The scores of a master, of a replica and of background children, from -2000 to 2000.',
    manyWords: true,
    effect: KERNEL,
  }),
});
