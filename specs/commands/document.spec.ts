/**
 * docs/commands.md: that it is what the command table says, and that its list of missing commands is true.
 *
 * `UPDATE_DOCS=1` writes docs/commands.md anew instead of comparing it.
 * @since 0.1.0
 */
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { MISSING_COMMANDS, REDIS_COMMANDS } from '../../src/commands/docs/missing.ts';
import { groupsWithoutSection, knownNames, renderCommands, usage } from '../../src/commands/document.ts';
import { set } from '../../src/commands/string.ts';

const FILE = 'docs/commands.md';

test('docs/commands.md is what the command table says', (t) => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, renderCommands());
  const hint = 'the command table has changed: run this spec once with UPDATE_DOCS=1';
  t.true(readFileSync(FILE, 'utf8') === renderCommands(), hint);
});

test('docs/commands.md has a section for every group of the table', (t) => {
  t.deepEqual(groupsWithoutSection(), []);
});

test('no command is both in the table and in the list of missing commands', (t) => {
  const known = new Set(knownNames());
  const missing = Object.values(MISSING_COMMANDS).flat();
  t.deepEqual(
    missing.filter((name) => known.has(name)),
    [],
  );
});

test('the table and the list of missing commands together are all commands of Redis 7.2', (t) => {
  const all = new Set([...knownNames(), ...Object.values(MISSING_COMMANDS).flat()]);
  t.is(all.size, REDIS_COMMANDS);
});

test('usage is written as redis-cli writes it', (t) => {
  t.is(
    usage(set.docs.arguments),
    'key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]',
  );
});
