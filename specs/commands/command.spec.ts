/**
 * COMMAND: the table as clients see it, and the keys of commands.
 */
import test from 'ava';
import { allCommands } from '../../src/commands/all.ts';
import { SYNTAX_ERROR } from '../../src/commands/errors.ts';
import { keysOf, legacyRange } from '../../src/commands/keys-of.ts';
import { type CommandSpec, command, type KeySpec, manyKeys, oneKey } from '../../src/commands/spec.ts';
import { viewOf } from '../../src/resp/view.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';
import { decodeReply, plain } from '../support/reply.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });

test(reduces, [], 'COMMAND COUNT', says(`:${allCommands.length}`));
test(reduces, [], 'COMMAND LIST x', error(SYNTAX_ERROR));
test(reduces, [], 'COMMAND LIST FILTERBY x y', error(SYNTAX_ERROR));
test(reduces, [], 'COMMAND LIST FILTERBY PATTERN', error(SYNTAX_ERROR));
test(reduces, [], 'COMMAND LIST FILTERBY MODULE any', says('[]'));
test(reduces, [], 'COMMAND LIST FILTERBY ACLCAT nonsense', says('[]'));
test(reduces, [], 'COMMAND LIST FILTERBY PATTERN GETE*', says('["getex"]'));
test(reduces, [], 'COMMAND LIST FILTERBY PATTERN client|k*', says('["client|kill"]'));

test(reduces, [], 'COMMAND GETKEYS nonsense x', error('ERR Invalid command specified'));
test(reduces, [], 'COMMAND GETKEYS object nonsense x', error('ERR Invalid command specified'));
test(reduces, [], 'COMMAND GETKEYS ping x', error('ERR The command has no key arguments'));
test(reduces, [], 'COMMAND GETKEYS get a b', error('ERR Invalid number of arguments specified for command'));
test(reduces, [], 'COMMAND GETKEYS get a', says('["a"]'));
test(reduces, [], 'COMMAND GETKEYS OBJECT encoding a', says('["a"]'));
test(reduces, [], 'COMMAND GETKEYS mset a 1 b 2', says('["a", "b"]'));
test(reduces, [], 'COMMAND GETKEYSANDFLAGS set a b', says('[["a", [+OW, +update]]]'));
test(reduces, [], 'COMMAND GETKEYSANDFLAGS set a b get', says('[["a", [+RW, +access, +update]]]'));
test(reduces, [], 'COMMAND INFO nonsense get|x', says('[$-1, $-1]'));
test(reduces, [], 'COMMAND DOCS nonsense', says('[]'));

const ask = (text: string) => plain(decodeReply(new MemoryServer({ resp: 3 }).raw(text)));

test('COMMAND INFO tells arity, flags, keys, categories, tips and key specs', (t) => {
  t.deepEqual(ask('COMMAND INFO get'), [
    [
      'get',
      2,
      ['readonly', 'fast'],
      1,
      1,
      1,
      ['@read', '@string', '@fast'],
      [],
      [
        {
          flags: ['RO', 'access'],
          begin_search: { type: 'index', spec: { index: 1 } },
          find_keys: { type: 'range', spec: { lastkey: 0, keystep: 1, limit: 0 } },
        },
      ],
      [],
    ],
  ]);
});

test('COMMAND DOCS shows a text for every argument but groups', (t) => {
  t.deepEqual(ask('COMMAND DOCS getset'), {
    getset: {
      summary: 'Returns the previous string value of a key after setting it to a new value.',
      since: '1.0.0',
      group: 'string',
      complexity: 'O(1)',
      doc_flags: ['deprecated'],
      deprecated_since: '6.2.0',
      replaced_by: '`SET` with the `!GET` argument',
      arguments: [
        { name: 'key', type: 'key', display_text: 'key', key_spec_index: 0 },
        { name: 'value', type: 'string', display_text: 'value' },
      ],
    },
  });
});

test('COMMAND without arguments, COMMAND INFO and COMMAND DOCS tell all commands', (t) => {
  const names = allCommands.map(({ name }) => name);
  for (const text of ['COMMAND', 'COMMAND INFO']) {
    const told = ask(text);
    t.deepEqual(Array.isArray(told) && told.map((one) => Array.isArray(one) && one[0]), names);
  }
  t.deepEqual(Object.keys(Object(ask('COMMAND DOCS'))), names);
});

const every = (specs: readonly CommandSpec[]): readonly CommandSpec[] =>
  specs.flatMap((spec) => [spec, ...every(spec.subcommands ?? [])]);

test('every command of the table is named once, documented, and has a reducer or subcommands', (t) => {
  const names = allCommands.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  for (const { name, docs, acl, reduce, subcommands } of every(allCommands)) {
    t.is(name, name.toLowerCase());
    t.true(docs.summary !== '' && docs.since !== '' && docs.group !== '', name);
    t.true(acl.includes('fast') !== acl.includes('slow'), name);
    t.true(reduce !== undefined || (subcommands ?? []).length > 0, name);
  }
});

test('the legacy range joins neighbouring keys and admits when it cannot tell', (t) => {
  const ro = ['RO'] as const;
  const keynum: KeySpec = {
    flags: ro,
    begin: { kind: 'index', index: 2 },
    find: { kind: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 },
  };
  t.deepEqual(legacyRange([]), { first: 0, last: 0, step: 0, movable: false });
  t.deepEqual(legacyRange([oneKey(ro)]), { first: 1, last: 1, step: 1, movable: false });
  t.deepEqual(legacyRange([manyKeys(ro, 1, 2)]), { first: 1, last: -1, step: 2, movable: false });
  t.deepEqual(legacyRange([oneKey(ro), oneKey(ro, 2)]), { first: 1, last: 2, step: 1, movable: false });
  t.deepEqual(legacyRange([oneKey(ro), manyKeys(ro, 2)]), { first: 1, last: -1, step: 1, movable: false });
  t.deepEqual(legacyRange([oneKey(ro), oneKey(ro, 4)]), { first: 1, last: 1, step: 1, movable: true });
  t.deepEqual(legacyRange([keynum]), { first: 0, last: 0, step: 0, movable: true });
  t.deepEqual(legacyRange([oneKey(ro), keynum]), { first: 1, last: 1, step: 1, movable: true });
  t.true(legacyRange([{ ...oneKey(ro), flags: ['RO', 'incomplete'] }]).movable);
});

const withKeys = (...keys: readonly KeySpec[]): CommandSpec =>
  command({
    name: 'x',
    arity: -1,
    flags: [],
    acl: [],
    keys,
    docs: { summary: '', since: '', group: '' },
  });

const keysIn = (spec: CommandSpec, words: string) => keysOf(spec, viewOf(words.split(' ')))?.map(({ index }) => index);

test('keys are found behind counts and keywords, and not at all where a call does not fit', (t) => {
  const ro = ['RO'] as const;
  const counted = withKeys({
    flags: ro,
    begin: { kind: 'index', index: 1 },
    find: { kind: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 },
  });
  t.deepEqual(keysIn(counted, 'x 2 a b c'), [2, 3]);
  t.is(keysIn(counted, 'x 3 a b'), undefined);
  t.is(keysIn(counted, 'x 0 a'), undefined);
  t.is(keysIn(counted, 'x many a'), undefined);

  const streams = withKeys({
    flags: ro,
    begin: { kind: 'keyword', keyword: 'STREAMS', startFrom: 1 },
    find: { kind: 'range', lastKey: -1, step: 1, limit: 2 },
  });
  t.deepEqual(keysIn(streams, 'x COUNT 5 streams a b 0 0'), [4, 5]);
  t.deepEqual(keysIn(streams, 'x COUNT 5'), []);

  const fromEnd = withKeys({
    flags: ro,
    begin: { kind: 'keyword', keyword: 'KEYS', startFrom: -2 },
    find: { kind: 'range', lastKey: -1, step: 1, limit: 0 },
  });
  t.deepEqual(keysIn(fromEnd, 'x KEYS a b c'), [2, 3, 4]);

  t.is(keysIn(withKeys({ flags: ro, begin: { kind: 'unknown' }, find: { kind: 'unknown' } }), 'x a'), undefined);
  t.deepEqual(keysIn(withKeys({ ...oneKey(ro), flags: ['not_key'] }), 'x a'), []);
});
