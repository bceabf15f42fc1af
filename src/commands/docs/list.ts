/**
 * Contracts and documentation of the list commands, as Redis 7.2 prints them.
 *
 * In: nothing. Out: one constant per command, which its command file spreads and completes with the reducer. The
 * constants are made once at start and shared; nobody changes them.
 *
 * @since 0.2.0
 */
import { type ArgumentDocs, oneKey } from '../spec.ts';
import { countedKeys, describe, everyKey, key, keysBeforeTimeout, token } from './describe.ts';

const leftOrRight: readonly ArgumentDocs[] = [token('left'), token('right')];

export const blmove = describe({
  name: 'blmove',
  arity: 6,
  flags: ['write', 'denyoom', 'blocking'],
  acl: ['write', 'list', 'slow', 'blocking'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['RW', 'insert'], 2)],
  docs: {
    summary:
      'Pops an element from a list, pushes it to another list and returns it. Blocks until an element is available otherwise. Deletes the list if the last element was moved.',
    since: '6.2.0',
    group: 'list',
    complexity: 'O(1)',
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
      { name: 'wherefrom', type: 'oneof', arguments: leftOrRight },
      { name: 'whereto', type: 'oneof', arguments: leftOrRight },
      { name: 'timeout', type: 'double' },
    ],
  },
});

export const blmpop = describe({
  name: 'blmpop',
  arity: -5,
  flags: ['write', 'blocking'],
  acl: ['write', 'list', 'slow', 'blocking'],
  keys: [countedKeys(['RW', 'access', 'delete'], 2)],
  docs: {
    summary:
      'Pops the first element from one of multiple lists. Blocks until an element is available otherwise. Deletes the list if the last element was popped.',
    since: '7.0.0',
    group: 'list',
    complexity: 'O(N+M) where N is the number of provided keys and M is the number of elements returned.',
    arguments: [
      { name: 'timeout', type: 'double' },
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'where', type: 'oneof', arguments: leftOrRight },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
  },
});

export const blpop = describe({
  name: 'blpop',
  arity: -3,
  flags: ['write', 'blocking'],
  acl: ['write', 'list', 'slow', 'blocking'],
  keys: [keysBeforeTimeout(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Removes and returns the first element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.',
    since: '2.0.0',
    group: 'list',
    complexity: 'O(N) where N is the number of provided keys.',
    history: [['6.0.0', '`timeout` is interpreted as a double instead of an integer.']],
    arguments: [everyKey, { name: 'timeout', type: 'double' }],
  },
});

export const brpop = describe({
  name: 'brpop',
  arity: -3,
  flags: ['write', 'blocking'],
  acl: ['write', 'list', 'slow', 'blocking'],
  keys: [keysBeforeTimeout(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Removes and returns the last element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.',
    since: '2.0.0',
    group: 'list',
    complexity: 'O(N) where N is the number of provided keys.',
    history: [['6.0.0', '`timeout` is interpreted as a double instead of an integer.']],
    arguments: [everyKey, { name: 'timeout', type: 'double' }],
  },
});

export const brpoplpush = describe({
  name: 'brpoplpush',
  arity: 4,
  flags: ['write', 'denyoom', 'blocking'],
  acl: ['write', 'list', 'slow', 'blocking'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['RW', 'insert'], 2)],
  docs: {
    summary:
      'Pops an element from a list, pushes it to another list and returns it. Block until an element is available otherwise. Deletes the list if the last element was popped.',
    since: '2.2.0',
    group: 'list',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments',
    history: [['6.0.0', '`timeout` is interpreted as a double instead of an integer.']],
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
      { name: 'timeout', type: 'double' },
    ],
  },
});

export const lindex = describe({
  name: 'lindex',
  arity: 3,
  flags: ['readonly'],
  acl: ['read', 'list', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns an element from a list by its index.',
    since: '1.0.0',
    group: 'list',
    complexity:
      'O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).',
    arguments: [key, { name: 'index', type: 'integer' }],
  },
});

export const linsert = describe({
  name: 'linsert',
  arity: 5,
  flags: ['write', 'denyoom'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: 'Inserts an element before or after another element in a list.',
    since: '2.2.0',
    group: 'list',
    complexity:
      'O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).',
    arguments: [
      key,
      { name: 'where', type: 'oneof', arguments: [token('before'), token('after')] },
      { name: 'pivot', type: 'string' },
      { name: 'element', type: 'string' },
    ],
  },
});

export const llen = describe({
  name: 'llen',
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['read', 'list', 'fast'],
  keys: [oneKey(['RO'])],
  docs: {
    summary: 'Returns the length of a list.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(1)',
    arguments: [key],
  },
});

export const lmove = describe({
  name: 'lmove',
  arity: 5,
  flags: ['write', 'denyoom'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['RW', 'insert'], 2)],
  docs: {
    summary:
      'Returns an element after popping it from one list and pushing it to another. Deletes the list if the last element was moved.',
    since: '6.2.0',
    group: 'list',
    complexity: 'O(1)',
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
      { name: 'wherefrom', type: 'oneof', arguments: leftOrRight },
      { name: 'whereto', type: 'oneof', arguments: leftOrRight },
    ],
  },
});

export const lmpop = describe({
  name: 'lmpop',
  arity: -4,
  flags: ['write'],
  acl: ['write', 'list', 'slow'],
  keys: [countedKeys(['RW', 'access', 'delete'])],
  docs: {
    summary:
      'Returns multiple elements from a list after removing them. Deletes the list if the last element was popped.',
    since: '7.0.0',
    group: 'list',
    complexity: 'O(N+M) where N is the number of provided keys and M is the number of elements returned.',
    arguments: [
      { name: 'numkeys', type: 'integer' },
      everyKey,
      { name: 'where', type: 'oneof', arguments: leftOrRight },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
  },
});

export const lpop = describe({
  name: 'lpop',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  docs: {
    summary: 'Returns the first elements in a list after removing it. Deletes the list if the last element was popped.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) where N is the number of elements returned',
    history: [['6.2.0', 'Added the `count` argument.']],
    arguments: [key, { name: 'count', type: 'integer', since: '6.2.0', flags: ['optional'] }],
  },
});

export const lpos = describe({
  name: 'lpos',
  arity: -3,
  flags: ['readonly'],
  acl: ['read', 'list', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns the index of matching elements in a list.',
    since: '6.0.6',
    group: 'list',
    complexity:
      'O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.',
    arguments: [
      key,
      { name: 'element', type: 'string' },
      { name: 'rank', type: 'integer', token: 'RANK', flags: ['optional'] },
      { name: 'num-matches', type: 'integer', token: 'COUNT', flags: ['optional'] },
      { name: 'len', type: 'integer', token: 'MAXLEN', flags: ['optional'] },
    ],
  },
});

export const lpush = describe({
  name: 'lpush',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: "Prepends one or more elements to a list. Creates the key if it doesn't exist.",
    since: '1.0.0',
    group: 'list',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    history: [['2.4.0', 'Accepts multiple `element` arguments.']],
    arguments: [key, { name: 'element', type: 'string', flags: ['multiple'] }],
  },
});

export const lpushx = describe({
  name: 'lpushx',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: 'Prepends one or more elements to a list only when the list exists.',
    since: '2.2.0',
    group: 'list',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    history: [['4.0.0', 'Accepts multiple `element` arguments.']],
    arguments: [key, { name: 'element', type: 'string', flags: ['multiple'] }],
  },
});

export const lrange = describe({
  name: 'lrange',
  arity: 4,
  flags: ['readonly'],
  acl: ['read', 'list', 'slow'],
  keys: [oneKey(['RO', 'access'])],
  docs: {
    summary: 'Returns a range of elements from a list.',
    since: '1.0.0',
    group: 'list',
    complexity:
      'O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.',
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  },
});

export const lrem = describe({
  name: 'lrem',
  arity: 4,
  flags: ['write'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary: 'Removes elements from a list. Deletes the list if the last element was removed.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N+M) where N is the length of the list and M is the number of elements removed.',
    arguments: [key, { name: 'count', type: 'integer' }, { name: 'element', type: 'string' }],
  },
});

export const lset = describe({
  name: 'lset',
  arity: 4,
  flags: ['write', 'denyoom'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'update'])],
  docs: {
    summary: 'Sets the value of an element in a list by its index.',
    since: '1.0.0',
    group: 'list',
    complexity:
      'O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).',
    arguments: [key, { name: 'index', type: 'integer' }, { name: 'element', type: 'string' }],
  },
});

export const ltrim = describe({
  name: 'ltrim',
  arity: 4,
  flags: ['write'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'delete'])],
  docs: {
    summary: 'Removes elements from both ends a list. Deletes the list if all elements were trimmed.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) where N is the number of elements to be removed by the operation.',
    arguments: [key, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  },
});

export const rpop = describe({
  name: 'rpop',
  arity: -2,
  flags: ['write', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'access', 'delete'])],
  docs: {
    summary: 'Returns and removes the last elements of a list. Deletes the list if the last element was popped.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) where N is the number of elements returned',
    history: [['6.2.0', 'Added the `count` argument.']],
    arguments: [key, { name: 'count', type: 'integer', since: '6.2.0', flags: ['optional'] }],
  },
});

export const rpoplpush = describe({
  name: 'rpoplpush',
  arity: 3,
  flags: ['write', 'denyoom'],
  acl: ['write', 'list', 'slow'],
  keys: [oneKey(['RW', 'access', 'delete']), oneKey(['RW', 'insert'], 2)],
  docs: {
    summary:
      'Returns the last element of a list after removing and pushing it to another list. Deletes the list if the last element was popped.',
    since: '1.2.0',
    group: 'list',
    complexity: 'O(1)',
    docFlags: ['deprecated'],
    deprecatedSince: '6.2.0',
    replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments',
    arguments: [
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'destination', type: 'key', keySpecIndex: 1 },
    ],
  },
});

export const rpush = describe({
  name: 'rpush',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: "Appends one or more elements to a list. Creates the key if it doesn't exist.",
    since: '1.0.0',
    group: 'list',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    history: [['2.4.0', 'Accepts multiple `element` arguments.']],
    arguments: [key, { name: 'element', type: 'string', flags: ['multiple'] }],
  },
});

export const rpushx = describe({
  name: 'rpushx',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  acl: ['write', 'list', 'fast'],
  keys: [oneKey(['RW', 'insert'])],
  docs: {
    summary: 'Appends an element to a list only when the list exists.',
    since: '2.2.0',
    group: 'list',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    history: [['4.0.0', 'Accepts multiple `element` arguments.']],
    arguments: [key, { name: 'element', type: 'string', flags: ['multiple'] }],
  },
});
