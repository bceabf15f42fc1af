/**
 * Which keys an event changes.
 *
 * In:     an event's database and arguments. Out: keys, or whole databases.
 * Memory: a few values per event; for commands on the log, not for the hot path.
 *
 * @since 0.3.0
 */
import { keysOf } from '../commands/keys-of.ts';
import type { CommandTable } from '../commands/table.ts';
import { viewOf } from '../resp/view.ts';
import type { LoggedEvent } from './event.ts';

export interface TouchedKey {
  readonly db: number;
  /** Latin1. */
  readonly key: string;
}

export interface Touched {
  readonly keys: readonly TouchedKey[];
  /** Databases of which any key may be another. */
  readonly databases: readonly number[] | 'all';
}

const latin1 = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '' : Buffer.from(bytes).toString('latin1');

/** The database that COPY or MOVE names. */
const targetOf = (
  name: string,
  args: readonly Uint8Array[],
): { readonly db: number; readonly at: number } | undefined => {
  if (name === 'move') return { db: Number(latin1(args[2])), at: 1 };
  if (name !== 'copy') return undefined;
  const option = args.findIndex((arg, index) => index > 2 && latin1(arg).toLowerCase() === 'db');
  return option === -1 ? undefined : { db: Number(latin1(args[option + 1])), at: 2 };
};

export const touchedBy = (commands: CommandTable, { db, args }: Pick<LoggedEvent, 'db' | 'args'>): Touched => {
  const view = viewOf(args);
  const name = latin1(args[0]).toLowerCase();
  if (name === 'flushall') return { keys: [], databases: 'all' };
  if (name === 'flushdb') return { keys: [], databases: [db] };
  if (name === 'swapdb') return { keys: [], databases: [Number(latin1(args[1])), Number(latin1(args[2]))] };
  const command = commands.find(view);
  const found =
    command === undefined
      ? [1]
      : (keysOf(command.spec, view) ?? []).filter(({ flags }) => !flags.includes('RO')).map(({ index }) => index);
  const keys = found.map((index): TouchedKey => ({ db, key: latin1(args[index]) }));
  const target = targetOf(name, args);
  if (target !== undefined) {
    const key = { db: target.db, key: latin1(args[target.at]) };
    return { keys: name === 'move' ? [...keys, key] : [key], databases: [] };
  }
  return { keys, databases: [] };
};

/** Whether an event may change a key. */
export const touches = ({ keys, databases }: Touched, wanted: TouchedKey): boolean =>
  databases === 'all' ||
  databases.includes(wanted.db) ||
  keys.some(({ db, key }) => db === wanted.db && key === wanted.key);
