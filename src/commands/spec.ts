/**
 * What a command is: one value that holds its contract (arity, flags, keys), its documentation and its reducer.
 *
 * Dispatch, COMMAND, ACL categories, propagation, the documentation and the oracle's generators all read the table
 * these values form (table.ts), so no second list of command names exists that could forget one.
 *
 * @since 0.1.0
 */
import type { Database } from '../keyspace/database.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { Context } from './context.ts';

/** Flags as COMMAND prints them, except `movablekeys`, which is derived from the key specs. */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'may_replicate'
  | 'no_mandatory_keys'
  | 'no_async_loading'
  | 'no_multi'
  | 'protected'
  | 'sentinel'
  | 'only_sentinel'
  | 'allow_busy';

/** Key spec flags as COMMAND prints them. */
export type KeyFlag =
  | 'RW'
  | 'RO'
  | 'OW'
  | 'RM'
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'not_key'
  | 'incomplete'
  | 'variable_flags';

/** Where the keys of a command begin: at an argument index, behind a keyword, or nowhere one could tell. */
export type BeginSearch =
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'keyword'; readonly keyword: string; readonly startFrom: number }
  | { readonly kind: 'unknown' };

/** How the keys go on from there: a range, a counted list, or nothing one could tell. */
export type FindKeys =
  | { readonly kind: 'range'; readonly lastKey: number; readonly step: number; readonly limit: number }
  | { readonly kind: 'keynum'; readonly keyNumIndex: number; readonly firstKey: number; readonly step: number }
  | { readonly kind: 'unknown' };

export interface KeySpec {
  readonly notes?: string;
  readonly flags: readonly KeyFlag[];
  readonly begin: BeginSearch;
  readonly find: FindKeys;
}

/** One argument as COMMAND DOCS prints it. */
export interface ArgumentDocs {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  readonly displayText?: string;
  readonly keySpecIndex?: number;
  readonly token?: string;
  readonly summary?: string;
  readonly since?: string;
  readonly deprecatedSince?: string;
  readonly flags?: readonly ('optional' | 'multiple' | 'multiple_token')[];
  readonly arguments?: readonly ArgumentDocs[];
}

/** What COMMAND DOCS says of a command beyond its contract. */
export interface CommandDocs {
  readonly summary: string;
  readonly since: string;
  readonly group: string;
  readonly complexity?: string;
  readonly docFlags?: readonly ('deprecated' | 'syscmd')[];
  readonly deprecatedSince?: string;
  readonly replacedBy?: string;
  readonly history?: readonly (readonly [version: string, change: string])[];
  readonly arguments?: readonly ArgumentDocs[];
}

/** What a reducer did to the keyspace. */
export enum Outcome {
  /** Nothing changed: no write event. */
  Unchanged = 0,
  /** Something changed, and the command as the client sent it says deterministically what. */
  AsReceived = 1,
  /** Something changed; `ctx.effects` holds the deterministic command(s) that say what. */
  Rewritten = 2,
}

/**
 * Runs one command to its end without waiting. Every check comes before the first change; time and chance come from
 * `ctx`; exactly one reply is written (unless the client asked for none).
 */
export type Reducer = (db: Database, cmd: CommandView, reply: Reply, ctx: Context) => Outcome;

/** Yields the argument indexes of the keys of one concrete command where the key specs alone cannot tell. */
export type GetKeys = (cmd: CommandView) => readonly { readonly index: number; readonly flags: readonly KeyFlag[] }[];

export interface CommandSpec {
  /** Lower case; a subcommand's own name without its container's. */
  readonly name: string;
  /** Number of arguments with the name (and the subcommand's name) counted; negative = at least. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** ACL categories without '@', in the order Redis prints them. */
  readonly acl: readonly string[];
  readonly keys: readonly KeySpec[];
  readonly tips?: readonly string[];
  readonly docs: CommandDocs;
  readonly getKeys?: GetKeys;
  readonly subcommands?: readonly CommandSpec[];
  /** Missing only for a container whose work is done by its subcommands. */
  readonly reduce?: Reducer;
}

/** Names a literal as a command; the identity at run time. */
export const command = <S extends CommandSpec>(spec: S): S => spec;

const index = (at: number): BeginSearch => ({ kind: 'index', index: at });
const range = (lastKey: number, step = 1): FindKeys => ({ kind: 'range', lastKey, step, limit: 0 });

/** One key at argument `at` with the given flags. */
export const oneKey = (flags: readonly KeyFlag[], at = 1): KeySpec => ({ flags, begin: index(at), find: range(0) });
/** Keys from argument `at` to the last argument, every `step`-th. */
export const manyKeys = (flags: readonly KeyFlag[], at = 1, step = 1): KeySpec => ({
  flags,
  begin: index(at),
  find: range(-1, step),
});
