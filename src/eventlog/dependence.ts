/**
 * What an event does to keys, as far as one has to know to look back: which it makes anew, and which it reads to do so.
 *
 * In:     a write. Out: per key whether its old value still counts, and on which others its new one depends.
 * Memory: small values per event; this is for the few events that speak of a key, not for all of a log.
 *
 * In doubt the old value counts and the other keys do, too: then one looks further back than necessary, never too short.
 *
 * @since 0.3.0
 */
import { keysOf } from '../commands/keys-of.ts';
import { type CommandView, viewOf } from '../resp/view.ts';
import { commandTable } from './command-table.ts';
import type { LoggedEvent } from './event.ts';

/** A key of a database. Keys are latin1 texts here, one character per byte. */
export interface KeyName {
  readonly db: number;
  readonly key: string;
}

export interface Touched extends KeyName {
  /** Its value before does not matter for its value after. */
  readonly isReset: boolean;
}

export interface Effect {
  readonly touched: readonly Touched[];
  /** Keys whose values matter for the others. */
  readonly sources: readonly KeyName[];
  /** FLUSHALL, or FLUSHDB and its database. */
  readonly flushed: 'all' | number | undefined;
  readonly swapped: readonly [number, number] | undefined;
}

/** Commands whose first key is gone, or anew, behind them, although their key specs do not say so. */
const RESETS: ReadonlySet<string> = new Set([
  'set',
  'rename',
  'renamenx',
  'move',
  'getdel',
  'restore',
  'getset',
  'msetnx',
]);

const NOTHING: Effect = { touched: [], sources: [], flushed: undefined, swapped: undefined };

const has = (view: CommandView, from: number, token: string): boolean => {
  for (let i = from; i < view.argc; i++) if (view.equalsToken(i, token)) return true;
  return false;
};

/** The database that the option or argument of MOVE and COPY names. */
const targetDb = (view: CommandView, name: string, db: number): number => {
  if (name === 'move' && view.argc > 2) return view.integer(2);
  if (name !== 'copy') return db;
  for (let i = 3; i + 1 < view.argc; i++) if (view.equalsToken(i, 'DB')) return view.integer(i + 1);
  return db;
};

/** What a write does to keys. */
export const effectOf = ({ db, args }: Pick<LoggedEvent, 'db' | 'args'>): Effect => {
  const view = viewOf(args);
  const commands = commandTable();
  let command = commands.find(view);
  if (command?.subcommands !== undefined && view.argc > 1) command = commands.findSubcommand(command, view) ?? command;
  if (command === undefined) {
    return view.argc < 2 ? NOTHING : { ...NOTHING, touched: [{ db, key: view.text(1), isReset: false }] };
  }
  const name = command.fullName;
  if (name === 'flushall') return { ...NOTHING, flushed: 'all' };
  if (name === 'flushdb') return { ...NOTHING, flushed: db };
  if (name === 'swapdb' && view.argc === 3) return { ...NOTHING, swapped: [view.integer(1), view.integer(2)] };

  const keys = keysOf(command.spec, view) ?? [];
  const other = targetDb(view, name, db);
  const touched: Touched[] = [];
  const sources: KeyName[] = [];
  keys.forEach(({ index, flags }, at) => {
    const key = view.text(index);
    const isFirst = at === 0;
    const keepsExpiry = name === 'set' && has(view, 3, 'KEEPTTL');
    const isReset = flags.includes('OW') || flags.includes('RM') || (isFirst && RESETS.has(name));
    // COPY writes its second key to another database.
    const keyDb = name === 'copy' && at === 1 ? other : db;
    touched.push({ db: keyDb, key, isReset: isReset && !keepsExpiry });
    if (keys.length > 1 && flags.includes('access')) sources.push({ db: keyDb, key });
    if (name === 'move') {
      touched.push({ db: other, key, isReset: true });
      sources.push({ db, key });
    }
  });
  return { touched, sources, flushed: undefined, swapped: undefined };
};
