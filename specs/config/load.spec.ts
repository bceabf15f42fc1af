/**
 * Start-up: what the command line, files, stdin and includes say together, and how errors are told.
 * @since 0.1.0
 */
import test from 'ava';
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import * as TE from 'fp-ts/TaskEither';
import { renderError } from '../../src/config/errors.ts';
import { type ConfigFiles, type Loaded, loadConfig, toLatin1, usage } from '../../src/config/load.ts';
import type { Config } from '../../src/config/table.ts';

/** A file system that consists of these files. */
const files = (texts: Readonly<Record<string, string>>, stdin = ''): ConfigFiles => ({
  readText: (path) =>
    texts[path] === undefined
      ? TE.left({ code: 'ENOENT', reason: 'No such file or directory' })
      : TE.right(texts[path]),
  readStdin: TE.right(stdin),
  listFolder: (folder) => {
    const prefix = folder.endsWith('/') ? folder : `${folder}/`;
    const inside = Object.keys(texts).filter((path) => path.startsWith(prefix));
    return inside.length === 0
      ? TE.left({ code: 'ENOENT', reason: 'No such file or directory' })
      : TE.right([...new Set(inside.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))]);
  },
});

const load = (argv: readonly string[], texts: Readonly<Record<string, string>> = {}, stdin = '') =>
  loadConfig(argv, { files: files(texts, stdin), workingFolder: '/here', packageConf: '/package/conf' })();

const served = async (
  argv: readonly string[],
  texts: Readonly<Record<string, string>> = {},
  stdin = '',
): Promise<Extract<Loaded, { kind: 'serve' }>> => {
  const loaded = await load(argv, texts, stdin);
  if (E.isLeft(loaded)) throw new Error(loaded.left.map(renderError).join('; '));
  if (loaded.right.kind !== 'serve') throw new Error(`expected to serve, got ${loaded.right.kind}`);
  return loaded.right;
};

const config = async (argv: readonly string[], texts?: Readonly<Record<string, string>>, stdin?: string) =>
  (await served(argv, texts, stdin)).config;

const refuses = test.macro<[argv: readonly string[], texts: Readonly<Record<string, string>>, ...errors: string[]]>({
  exec: async (t, argv, texts, ...errors) => {
    const loaded = await load(argv, texts);
    t.deepEqual(E.isLeft(loaded) ? loaded.left.map(renderError) : [], errors);
  },
  title: (_, argv, texts) => `${argv.join(' ')} ${JSON.stringify(texts)} is refused`,
});

const UNKNOWN = 'expected a directive that Redis 7.2 knows';

test(
  refuses,
  ['replica.conf'],
  { '/here/replica.conf': '# one\n\nrepl-timeout "soon"\n' },
  'replica.conf:3: repl-timeout: expected seconds > 0, got "soon"',
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'port 1\nmaxclient 5\nzzz\nport 99999\nappendonly maybe\n' },
  `a.conf:2: maxclient: ${UNKNOWN} (did you mean maxclients?)`,
  `a.conf:3: zzz: ${UNKNOWN}`,
  'a.conf:4: port: expected a port from 0 to 65535, got "99999"',
  'a.conf:5: appendonly: expected yes or no, got "maybe"',
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'requirepass "x\n' },
  'a.conf:1: expected balanced quotes, got requirepass "x',
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'timeout 5 # seconds\n' },
  'a.conf:1: timeout: expected seconds >= 0 (one value), got "5" "#" "seconds" (a comment needs a line of its own)',
);
test(refuses, ['no.conf'], {}, "can't read the configuration file no.conf: No such file or directory");
test(refuses, ['--timeout'], {}, 'command line: timeout: expected seconds >= 0 (one value), got nothing');
test(refuses, ['--timeout', '1', '2'], {}, 'command line: timeout: expected seconds >= 0 (one value), got "1" "2"');
test(refuses, ['--timeout=5'], {}, `command line: timeout=5: ${UNKNOWN} (did you mean timeout?)`);
test(refuses, ['-x'], {}, `command line: -x: ${UNKNOWN}`);
test(
  refuses,
  ['--port', '--timeout', '5'],
  {},
  'command line: port: expected a port from 0 to 65535 (one value), got "--timeout" "5"',
);
test(refuses, ['--replicaof', 'a'], {}, 'command line: replicaof: expected a host and a port, or no one, got "a"');
test(
  refuses,
  ['--loglevel', 'loud'],
  {},
  'command line: loglevel: expected one of debug, verbose, notice, warning, got "loud"',
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'include b.conf', '/here/b.conf': '\nhz x' },
  'b.conf:2: hz: expected times per second >= 0, got "x"',
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'include b.conf' },
  "a.conf:1: can't read the configuration file b.conf: No such file or directory",
);
test(
  refuses,
  ['a.conf'],
  { '/here/a.conf': 'include a.conf' },
  'a.conf:1: include: expected at most 16 files inside one another',
);
test(refuses, ['--include', 'a', 'b'], {}, 'command line: include: expected one path, got "a" "b"');

test('Options count more than stdin, and stdin more than the file', async (t) => {
  const texts = { '/here/a.conf': 'timeout 1\nhz 11\nport 1' };
  const { timeout, hz, port } = await config(['a.conf', '--port', '3', '-'], texts, 'hz 22\nport 2\n');
  t.deepEqual([timeout, hz, port], [1, 22, 3]);
});

test('A lone dash reads the whole configuration from stdin', async (t) => {
  t.is((await config(['-'], {}, 'maxclients 7\n')).maxclients, 7);
});

test('A dash in between is a value', async (t) => {
  t.is((await config(['--masterauth', '-', '--port', '1'])).masterauth, '-');
});

test('A file that is not in the working folder is looked up among those of the package', async (t) => {
  const { config: found, configFile } = await served(['replica.conf'], { '/package/conf/replica.conf': 'port 6380' });
  t.is(found.port, 6380);
  t.deepEqual(configFile, O.some('/package/conf/replica.conf'));
});

test('A file in the working folder comes before one of the package', async (t) => {
  const texts = { '/package/conf/a.conf': 'port 1', '/here/a.conf': 'port 2' };
  const { config: found, configFile } = await served(['a.conf'], texts);
  t.is(found.port, 2);
  t.deepEqual(configFile, O.some('/here/a.conf'));
});

test('An include stands for its lines, and later lines win', async (t) => {
  const texts = { '/here/a.conf': 'port 1\ninclude b.conf\nhz 33', '/here/b.conf': 'port 2\nhz 22' };
  const { port, hz } = await config(['a.conf'], texts);
  t.deepEqual([port, hz], [2, 33]);
});

test('An include with a pattern reads all that match in alphabetical order, without hidden files', async (t) => {
  const texts = {
    '/here/a.conf': 'include conf.d/*.conf\ninclude nothing/*.conf',
    '/here/conf.d/20.conf': 'port 20',
    '/here/conf.d/10.conf': 'port 10\nhz 10',
    '/here/conf.d/.30.conf': 'port 30',
    '/here/conf.d/README': 'nonsense',
  };
  const { port, hz } = await config(['a.conf'], texts);
  t.deepEqual([port, hz], [20, 10]);
});

const saves = (points: Config['save']): string =>
  points.map(({ seconds, changes }) => `${seconds} ${changes}`).join(' ');

const savesAre = test.macro<[argv: readonly string[], file: string, save: string]>({
  exec: async (t, argv, file, save) => t.is(saves((await config(argv, { '/here/a.conf': file })).save), save),
  title: (_, argv, file) => `save points of ${JSON.stringify([...argv])} with ${JSON.stringify(file)}`,
});

// What redis-server 7 does.
test(savesAre, [], '', '3600 1 300 100 60 10000');
test(savesAre, ['a.conf'], 'save 1 2\nsave 3 4', '1 2 3 4');
test(savesAre, ['a.conf'], 'save 1 2\nsave ""\nsave 3 4', '3 4');
test(savesAre, ['a.conf', '--save', '5', '6'], 'save 1 2', '1 2 5 6');
test(savesAre, ['a.conf', '--save', ''], 'save 1 2', '');
test(savesAre, ['--save', '5', '6', '--save', '7', '8'], '', '5 6 7 8');
test(savesAre, ['--save', '5 6  7 8'], '', '5 6 7 8');
test(savesAre, ['a.conf'], 'save "5 6"', '5 6');
test(savesAre, ['--save'], '', '');
test(savesAre, ['--save', '--port', '1'], '', '');

test('The first value of an option may begin with two dashes', async (t) => {
  t.is((await config(['--requirepass', '--secret', '--port', '1'])).requirepass, '--secret');
});

test('The words of an option may be one argument', async (t) => {
  const { replicaof, bind } = await config(['--replicaof', '10.0.0.1 7000', '--bind', '127.0.0.1 ::1']);
  t.deepEqual(replicaof, { host: '10.0.0.1', port: 7000 });
  t.deepEqual(bind, ['127.0.0.1', '::1']);
});

test('An option and its value may be one argument', async (t) => {
  t.is((await config(['--port 6380', '--hz', '20'])).port, 6380);
});

test('Values of the command line are bytes of UTF-8', async (t) => {
  t.is((await config(['--requirepass', 'pässword'])).requirepass, toLatin1('pässword'));
});

test('Names are found in any case, with CRLF line ends, and old names still work', async (t) => {
  const text = 'PORT 5\r\nslaveof 127.0.0.1 6379\r\n"hz" "30"\r\nlist-max-ziplist-entries 5\r\n';
  const { port, replicaof, hz } = await config(['a.conf'], { '/here/a.conf': text });
  t.deepEqual([port, replicaof, hz], [5, { host: '127.0.0.1', port: 6379 }, 30]);
});

for (const [args, kind] of [
  [['--help'], 'help'],
  [['-h'], 'help'],
  [['--version'], 'version'],
  [['-v'], 'version'],
] as const) {
  test(`${args.join(' ')} asks for the ${kind}`, async (t) => t.deepEqual(await load(args), E.right({ kind })));
}

test('The help names the program', (t) => t.regex(usage('ferrous'), /^Usage: ferrous \[FILE\]/));
