import test from 'ava';
import * as E from 'fp-ts/Either';
import { renamesOf } from '../../src/commands/renames.ts';

const NAMES = ['get', 'set', 'del'];

const renamed = test.macro<[lines: [from: string, to: string][], expected: Record<string, string> | string]>({
  exec: (t, lines, expected) => {
    const result = renamesOf(
      lines.map(([from, to]) => ({ from, to })),
      NAMES,
    );
    t.deepEqual(E.isLeft(result) ? result.left : Object.fromEntries(result.right), expected);
  },
  title: (_, lines) =>
    lines.map(([from, to]) => `rename-command ${from} ${JSON.stringify(to)}`).join(', ') || 'nothing',
});

test(renamed, [], {});
test(renamed, [['GET', 'Fetch']], { get: 'fetch' });
test(renamed, [['get', '']], { get: '' });
test(renamed, [['gett', 'x']], 'rename-command "gett" "x": No such command in rename-command');
test(renamed, [['get', 'SET']], 'rename-command "get" "SET": Target command name already exists');
test(
  renamed,
  [
    ['get', 'other'],
    ['get', 'x'],
  ],
  'rename-command "get" "x": No such command in rename-command',
);
test(
  renamed,
  [
    ['get', 'tmp'],
    ['set', 'get'],
    ['tmp', 'set'],
  ],
  { get: 'set', set: 'get' },
);
