/**
 * The manifest of an append-only file: which files make the current state, in Redis' own format.
 *
 * In:  the text of `appendonly.aof.manifest`. Out: a `Manifest`, or what is wrong, where, in Redis' words; and back.
 *
 *   file appendonly.aof.2.base.rdb seq 2 type b
 *   file appendonly.aof.1.incr.aof seq 1 type h
 *   file appendonly.aof.2.incr.aof seq 2 type i
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { quoteIfNeeded, splitArgs } from '../quoting.ts';

export interface ManifestFile {
  readonly name: string;
  readonly seq: number;
}

export interface Manifest {
  /** What the state begins with. */
  readonly base: ManifestFile | undefined;
  /** Segments that follow on it, in order. */
  readonly incrs: readonly ManifestFile[];
  /** Files that are no part of the state any more and wait to be removed. */
  readonly history: readonly ManifestFile[];
}

export const NO_FILES: Manifest = { base: undefined, incrs: [], history: [] };

export interface ManifestError {
  readonly _tag: 'ManifestError';
  /** Line of the manifest, counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

const LINE_BYTES_MAX = 1024;
const INVALID = 'Invalid AOF manifest file format';

const lineOf = ({ name, seq }: ManifestFile, type: 'b' | 'i' | 'h'): string =>
  `file ${quoteIfNeeded(name)} seq ${seq} type ${type}\n`;

/** The text of a manifest, as Redis writes it: the base, what is history, the segments. */
export const renderManifest = ({ base, incrs, history }: Manifest): string =>
  [
    ...(base === undefined ? [] : [lineOf(base, 'b')]),
    ...history.map((file) => lineOf(file, 'h')),
    ...incrs.map((file) => lineOf(file, 'i')),
  ].join('');

interface Line extends ManifestFile {
  readonly type: string;
}

/** Pairs of a key and a value, in any order; keys that nobody knows are skipped. */
const parseLine = (text: string): E.Either<string, Line> => {
  const words = splitArgs(text);
  if (O.isNone(words) || words.value.length < 6 || words.value.length % 2 === 1) return E.left(INVALID);
  const fields = new Map<string, string>();
  for (let i = 0; i < words.value.length; i += 2) fields.set(words.value[i].toLowerCase(), words.value[i + 1]);
  const name = fields.get('file') ?? '';
  const seq = Number.parseInt(fields.get('seq') ?? '', 10);
  const type = fields.get('type')?.charAt(0) ?? '';
  if (name.includes('/')) return E.left("File can't be a path, just a filename");
  if (name === '' || !(seq > 0) || type === '') return E.left(INVALID);
  return E.right({ name, seq, type });
};

/** Reads a manifest. */
export const parseManifest = (text: string): E.Either<ManifestError, Manifest> => {
  const wrong = (line: number, lineText: string, reason: string): E.Either<ManifestError, never> =>
    E.left({ _tag: 'ManifestError', line, text: lineText, reason });
  if (text === '') return wrong(0, '', 'Found an empty AOF manifest');
  let base: ManifestFile | undefined;
  const incrs: ManifestFile[] = [];
  const history: ManifestFile[] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    if (line.startsWith('#')) continue;
    if (line.length >= LINE_BYTES_MAX) return wrong(number, line, 'The AOF manifest file contains too long line');
    const parsed = parseLine(line);
    if (E.isLeft(parsed)) return wrong(number, line, parsed.left);
    const { name, seq, type } = parsed.right;
    const file = { name, seq };
    if (type === 'b') {
      if (base !== undefined) return wrong(number, line, 'Found duplicate base file information');
      base = file;
    } else if (type === 'h') {
      history.push(file);
    } else if (type === 'i') {
      const before = incrs.at(-1);
      if (before !== undefined && seq <= before.seq)
        return wrong(number, line, 'Found a non-monotonic sequence number');
      incrs.push(file);
    } else {
      return wrong(number, line, 'Unknown AOF file type');
    }
  }
  return E.right({ base, incrs, history });
};
