/**
 * CONFIG REWRITE: the file says what the server has, and keeps everything else that people wrote.
 * @since 0.1.0
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import * as TE from 'fp-ts/TaskEither';
import type { AnyDirective } from '../../src/config/directive.ts';
import { nodeReplaceFiles, replaceFile } from '../../src/config/files.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { rewriteConfig, SIGNATURE } from '../../src/config/rewrite.ts';
import { type Config, defaults, directives, names } from '../../src/config/table.ts';
import { wordsFor } from './arbitraries.ts';

const rewritten = test.macro<[title: string, old: string, changes: Partial<Config>, expected: string]>({
  exec: (t, _, old, changes, expected) => t.is(rewriteConfig(old, { ...defaults, ...changes }), expected),
  title: (_, title) => title,
});

test(
  rewritten,
  'A line that is no longer true is replaced in its place',
  '# a\n\nport 1\nhz 20\n',
  { port: 2, hz: 20 },
  '# a\n\nport 2\nhz 20\n',
);
test(
  rewritten,
  'A line that is still true stays as it was written',
  'MAXMEMORY   1024mb\n',
  { maxmemory: 1024 ** 3 },
  'MAXMEMORY   1024mb\n',
);
test(
  rewritten,
  'An old name gives way to the new one when its value changes',
  'slave-priority 5\n',
  { 'replica-priority': 6 },
  'replica-priority 6\n',
);
test(
  rewritten,
  'A missing value that is not the default follows at the end',
  'port 1',
  { port: 1, maxmemory: 100 * 1024 ** 2, requirepass: 'a"b' },
  `port 1\n\n${SIGNATURE}\nrequirepass "a\\"b"\nmaxmemory 100mb\n`,
);
test(
  rewritten,
  'The signature is written once',
  `port 1\n\n${SIGNATURE}\nhz 20\n`,
  { port: 1, hz: 20, timeout: 5 },
  `port 1\n\n${SIGNATURE}\nhz 20\ntimeout 5\n`,
);
test(rewritten, 'A missing value that is the default is not written', '# nothing\n', {}, '# nothing\n');
test(
  rewritten,
  'Fewer save points than lines: the rest goes',
  'save 1 1\n# between\nsave 2 2\nport 1\n',
  { port: 1, save: [{ seconds: 9, changes: 9 }] },
  'save 9 9\n# between\nport 1\n',
);
test(
  rewritten,
  'More save points than lines: they follow the last one',
  'save 1 1\nport 1\n',
  {
    port: 1,
    save: [
      { seconds: 1, changes: 1 },
      { seconds: 2, changes: 2 },
    ],
  },
  'save 1 1\nsave 2 2\nport 1\n',
);
test(rewritten, 'No save points are written as such', 'save 1 1\n', { save: [] }, 'save ""\n');
test(
  rewritten,
  'A replica that became a master has no replicaof line',
  'replicaof a 1\nport 1\n',
  { port: 1, replicaof: null },
  'port 1\n',
);
test(
  rewritten,
  'A master that became a replica gets one',
  '',
  { replicaof: { host: 'a', port: 1 } },
  `\n${SIGNATURE}\nreplicaof a 1\n`,
);
test(
  rewritten,
  'Includes, renamed commands and unknown lines stay',
  'include x.conf\nrename-command GET ""\nfoo bar\n"open\n',
  {},
  'include x.conf\nrename-command GET ""\nfoo bar\n"open\n',
);
test(
  rewritten,
  'Only the buffer limits that differ are written',
  '',
  {
    'client-output-buffer-limit': {
      ...defaults['client-output-buffer-limit'],
      replica: { hardBytes: 1024, softBytes: 0, softSeconds: 1024 },
    },
  },
  `\n${SIGNATURE}\nclient-output-buffer-limit replica 1kb 0 1024\n`,
);

/** Configurations that start-up could have read: each directive has what some line says, or its default. */
const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(
    ...names
      .filter((name) => name !== 'loadmodule' && name !== 'rename-command')
      .map((name) => fc.option(fc.tuple(fc.constant(name), wordsFor(name)))),
  )
  .map((chosen) => {
    const values = chosen.flatMap((one): readonly [string, unknown][] => {
      if (one === null) return [];
      const [name, words] = one;
      const directive: AnyDirective = directives[name];
      const decoded = directive.readLine(words, defaults[name], true);
      return E.isRight(decoded) ? [[name, decoded.right]] : [];
    });
    return { ...defaults, ...Object.fromEntries<unknown>(values) };
  });

const anyFile: fc.Arbitrary<string> = fc
  .tuple(anyConfig, fc.array(fc.constantFrom('', '# note', '  # indented', '#port 5'), { maxLength: 5 }))
  .chain(([config, comments]) => {
    const lines = rewriteConfig('', config)
      .split('\n')
      .filter((line) => line !== '' && line !== SIGNATURE);
    return fc.shuffledSubarray([...lines, ...comments]).map((chosen) => chosen.join('\n'));
  });

test('Parsing a rewritten file gives the configuration it was rewritten for', (t) => {
  fc.assert(
    fc.property(anyFile, anyConfig, (old, config) => {
      assert.deepEqual(parseConfig('law', rewriteConfig(old, config)), E.right(config));
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('Rewriting twice changes nothing more, and comments keep their order', (t) => {
  const comments = (text: string): readonly string[] =>
    text.split('\n').filter((line) => line.trim().startsWith('#') && line !== SIGNATURE);
  fc.assert(
    fc.property(anyFile, anyConfig, (old, config) => {
      const once = rewriteConfig(old, config);
      assert.equal(rewriteConfig(once, config), once);
      assert.deepEqual(comments(once), comments(old));
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('Rewriting conf/ferrous.conf for its own values leaves it untouched', (t) => {
  const text = readFileSync('conf/ferrous.conf', 'latin1');
  t.is(rewriteConfig(text, { ...defaults, bind: ['127.0.0.1', '-::1'] }), text);
});

test('A file is replaced as a whole and keeps its permissions', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrous-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.conf');
  writeFileSync(path, 'old', { mode: 0o600 });
  t.deepEqual(await replaceFile(nodeReplaceFiles, path, 'n\xffw', '1')(), E.right(undefined));
  t.deepEqual(readFileSync(path, 'latin1'), 'n\xffw');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder), ['a.conf']);
});

test('When the replacement fails, the old file stays and nothing is left behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrous-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.conf');
  writeFileSync(path, 'old');
  const failure = { code: 'ENOSPC', reason: 'No space left on device' };
  const files = { ...nodeReplaceFiles, rename: () => TE.left(failure) };
  t.deepEqual(await replaceFile(files, path, 'new', '1')(), E.left(failure));
  t.is(readFileSync(path, 'latin1'), 'old');
  t.deepEqual(readdirSync(folder), ['a.conf']);
});
