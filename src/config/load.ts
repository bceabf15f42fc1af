/**
 * Start-up: command line, configuration file, stdin and includes become a `Config`.
 *
 * In:  the arguments behind the program's name, and `ConfigFiles`: every way in which the outside is read.
 * Out: what to do (serve, print help, print the version), or every error, ready to be rendered.
 * The order is Redis': file, stdin, options; the last word counts.
 * @since 0.1.0
 */
import { isAbsolute, join } from 'node:path';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as O from 'fp-ts/Option';
import * as TE from 'fp-ts/TaskEither';
import { splitArgs } from '../quoting.ts';
import type { ConfigError, Place } from './errors.ts';
import { globMatcher, isGlob } from './glob.ts';
import { type ConfigLine, foldLines, readLines } from './parse.ts';
import type { Config } from './table.ts';

/** Why a file could not be read. */
export interface FileError {
  /** As Node.js names it: ENOENT, EACCES, … */
  readonly code: string;
  readonly reason: string;
}

/** The outside, as start-up sees it. Paths are ordinary strings, contents latin1. */
export interface ConfigFiles {
  readonly readText: (path: string) => TE.TaskEither<FileError, string>;
  readonly readStdin: TE.TaskEither<FileError, string>;
  /** The names in a folder, in any order. */
  readonly listFolder: (path: string) => TE.TaskEither<FileError, readonly string[]>;
}

export interface LoadOptions {
  readonly files: ConfigFiles;
  readonly workingFolder: string;
  /** Where FILE is looked up when it is not found from the working folder. */
  readonly packageConf: string;
}

export type Invocation =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'serve';
      readonly file: O.Option<string>;
      readonly stdin: boolean;
      readonly lines: readonly ConfigLine[];
    };

export type Loaded =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'serve';
      readonly config: Config;
      /** The absolute path of the configuration file: what CONFIG REWRITE writes to. */
      readonly configFile: O.Option<string>;
    };

/** Bytes of UTF-8 as one character each, the form in which values are kept. */
export const toLatin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
/** Back from bytes to an ordinary string, as paths need it. */
export const fromLatin1 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const COMMAND_LINE: Place = { source: 'command line', line: null };

/** Files inside files: enough for any sensible tree, and the end of a file that includes itself. */
export const INCLUDE_LIMIT = 16;

/**
 * The options as lines. An argument that begins with -- names a directive, unless it is the first value of the one
 * before (a password may begin with --); `--save` without values turns saving off; `"--port 6380"` may be one argument.
 */
const optionLines = (args: readonly string[]): readonly ConfigLine[] => {
  const lines: { place: Place; directive: string; words: string[] }[] = [];
  let wantsValue = false;
  args.forEach((arg, index) => {
    const last = lines.at(-1);
    if (!arg.startsWith('--') || wantsValue) {
      if (last === undefined) lines.push({ place: COMMAND_LINE, directive: arg, words: [] });
      else last.words.push(arg);
      wantsValue = false;
      return;
    }
    const [directive = '', ...words] = O.getOrElse((): readonly string[] => [arg.slice(2)])(splitArgs(arg.slice(2)));
    const next = args[index + 1];
    const isBareSave = directive.toLowerCase() === 'save' && words.length === 0 && (next?.startsWith('--') ?? true);
    lines.push({ place: COMMAND_LINE, directive, words: isBareSave ? [''] : words });
    wantsValue = words.length === 0 && !isBareSave;
  });
  return lines;
};

/** Reads `[FILE] [-] [--directive value ...] [-]`, or --help, --version. */
export const readArguments = (argv: readonly string[]): Invocation => {
  const [first = ''] = argv;
  if (argv.length === 1 && (first === '--help' || first === '-h')) return { kind: 'help' };
  if (argv.length === 1 && (first === '--version' || first === '-v')) return { kind: 'version' };
  const args = argv.map(toLatin1);
  const hasFile = first !== '' && !first.startsWith('-');
  const rest = hasFile ? args.slice(1) : args;
  // As in Redis, a lone dash means stdin only at either end: in between it is a value.
  const isStdin = (index: number): boolean =>
    rest[index] === '-' && ((!hasFile && index === 0) || index === rest.length - 1);
  const options = rest.filter((_, index) => !isStdin(index));
  return {
    kind: 'serve',
    file: hasFile ? O.some(first) : O.none,
    stdin: options.length < rest.length,
    lines: optionLines(options),
  };
};

type Read<A> = TE.TaskEither<readonly ConfigError[], A>;

const unreadable =
  (path: string, place: Place | null) =>
  (error: FileError): readonly ConfigError[] => [{ tag: 'Unreadable', place, path, reason: error.reason }];

/** The files an include names: one, or those that match in alphabetical order (none is no error). */
const includedPaths = (options: LoadOptions, path: string, place: Place): Read<readonly string[]> => {
  if (!isGlob(path)) return TE.right([path]);
  const parts = path.split('/');
  return parts.slice(1).reduce(
    (found: Read<readonly string[]>, part) =>
      pipe(
        found,
        TE.chain(TE.traverseSeqArray((base) => matches(options, base, part, place))),
        TE.map((groups) => groups.flat()),
      ),
    matches(options, path.startsWith('/') ? '/' : '', path.startsWith('/') ? '' : (parts[0] ?? ''), place),
  );
};

const matches = (options: LoadOptions, base: string, part: string, place: Place): Read<readonly string[]> => {
  const under = (name: string): string => (base === '' || base.endsWith('/') ? `${base}${name}` : `${base}/${name}`);
  if (!isGlob(part)) return TE.right([part === '' ? base : under(part)]);
  const isMatch = globMatcher(part, { ignoreCase: false });
  return pipe(
    options.files.listFolder(resolve(options, base)),
    TE.map((names) =>
      names
        .filter((name) => isMatch(name) && (part.startsWith('.') || !name.startsWith('.')))
        .sort()
        .map(under),
    ),
    TE.orElse((error) =>
      error.code === 'ENOENT' || error.code === 'ENOTDIR' ? TE.right([]) : TE.left(unreadable(base, place)(error)),
    ),
  );
};

const resolve = (options: LoadOptions, path: string): string =>
  isAbsolute(path) ? path : join(options.workingFolder, path);

/** The lines of a text, with those of the files it includes in their places. */
const expand = (options: LoadOptions, source: string, text: string, depth: number): Read<readonly ConfigLine[]> => {
  const { lines, errors } = readLines(source, text);
  if (errors.length > 0) return TE.left(errors);
  return pipe(
    lines,
    TE.traverseSeqArray((line) => expandLine(options, line, depth)),
    TE.map((groups) => groups.flat()),
  );
};

const expandLine = (options: LoadOptions, line: ConfigLine, depth: number): Read<readonly ConfigLine[]> => {
  const { place, directive, words } = line;
  if (directive.toLowerCase() !== 'include') return TE.right([line]);
  const [path] = words;
  if (path === undefined || words.length > 1) {
    return TE.left([{ tag: 'BadValue', place, directive, expected: 'one path', found: words }]);
  }
  if (depth >= INCLUDE_LIMIT) return TE.left([{ tag: 'TooManyIncludes', place, limit: INCLUDE_LIMIT }]);
  return pipe(
    includedPaths(options, fromLatin1(path), place),
    TE.chain(
      TE.traverseSeqArray((found) =>
        pipe(
          options.files.readText(resolve(options, found)),
          TE.mapLeft(unreadable(found, place)),
          TE.chain((text) => expand(options, found, text, depth + 1)),
        ),
      ),
    ),
    TE.map((groups) => groups.flat()),
  );
};

interface FoundFile {
  readonly path: string;
  readonly text: string;
}

/** Reads FILE from the working folder, or else from the package's conf/. */
const readConfigFile = (options: LoadOptions, path: string): Read<FoundFile> => {
  const read = (candidate: string) =>
    pipe(
      options.files.readText(candidate),
      TE.map((text): FoundFile => ({ path: candidate, text })),
    );
  const here = read(resolve(options, path));
  return pipe(
    here,
    TE.orElse((error) =>
      error.code === 'ENOENT' && !isAbsolute(path) ? read(join(options.packageConf, path)) : TE.left(error),
    ),
    TE.mapLeft(unreadable(path, null)),
  );
};

/** Everything that start-up reads, as one configuration. */
export const loadConfig = (argv: readonly string[], options: LoadOptions): Read<Loaded> => {
  const invocation = readArguments(argv);
  if (invocation.kind !== 'serve') return TE.right(invocation);
  const { file, stdin, lines } = invocation;
  const fromFile: Read<{ readonly path: O.Option<string>; readonly lines: readonly ConfigLine[] }> = O.isNone(file)
    ? TE.right({ path: O.none, lines: [] })
    : pipe(
        readConfigFile(options, file.value),
        TE.chain(({ path, text }) =>
          pipe(
            expand(options, file.value, text, 0),
            TE.map((found) => ({ path: O.some(path), lines: found })),
          ),
        ),
      );
  const fromStdin: Read<readonly ConfigLine[]> = stdin
    ? pipe(
        options.files.readStdin,
        TE.mapLeft(unreadable('stdin', null)),
        TE.chain((text) => expand(options, 'stdin', text, 0)),
      )
    : TE.right([]);
  const fromOptions = pipe(
    lines,
    TE.traverseSeqArray((line) => expandLine(options, line, 0)),
    TE.map((groups) => groups.flat()),
  );
  return pipe(
    TE.Do,
    TE.apS('file', fromFile),
    TE.apS('input', fromStdin),
    TE.apS('options', fromOptions),
    TE.chainEitherK((found) =>
      pipe(
        foldLines([...found.file.lines, ...found.input, ...found.options]),
        E.map((config): Loaded => ({ kind: 'serve', config, configFile: found.file.path })),
      ),
    ),
  );
};

/** What --help prints. */
export const usage = (program: string): string =>
  [
    `Usage: ${program} [FILE] [--directive value ...] [-]`,
    `       ${program} -                  read the configuration from stdin`,
    `       ${program} -v, --version      print the version`,
    `       ${program} -h, --help         print this text`,
    '',
    'FILE is a configuration in the syntax of redis.conf. When it is not found from the working folder, it is looked up',
    'among those that come along: ferrous.conf, master.conf, replica.conf.',
    '',
    'Examples:',
    `       ${program}`,
    `       ${program} replica.conf`,
    `       ${program} --port 7777 --replicaof 127.0.0.1 8888`,
    `       echo 'maxclients 100' | ${program} -`,
    `       ${program} /etc/ferrous.conf --loglevel verbose -`,
    '',
  ].join('\n');
