/**
 * DEBUG: what testing tools ask of a server. Subcommands of features that are not there yet come with them.
 *
 * In:  a subcommand and its arguments. Out: a reply; sleeping, reloading and populating change the server as asked, and
 * tell neither replicas nor files, as in Redis.
 *
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { parseMemory } from '../config/config.ts';
import { type Database, MISSING } from '../keyspace/database.ts';
import { Digest, digestEntry, digestKeyspace } from '../keyspace/digest.ts';
import { Encoding, encodingName, Type } from '../keyspace/entry.ts';
import { globMatch } from '../keyspace/glob.ts';
import { lruIdleSeconds } from '../keyspace/lfu.ts';
import { dictOf } from '../persistence/rdb/large.ts';
import { RdbOutput } from '../persistence/rdb/output.ts';
import { writeValue } from '../persistence/rdb/value.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { textEncoding } from '../string-encoding.ts';
import { isLocal } from './config.ts';
import type { Context } from './context.ts';
import { DEBUG_HELP } from './debug-help.ts';
import { replySample } from './debug-protocol.ts';
import { describeTable, describeTables } from './debug-tables.ts';
import * as described from './docs/server.ts';
import { NO_SUCH_KEY, NOT_AN_INTEGER, refuse } from './errors.ts';
import { accept, replyHelp } from './replies.ts';
import { type CommandSpec, command, Outcome, type Reducer } from './spec.ts';

const NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.';
const NOT_POSITIVE = 'ERR value is out of range, must be positive';
const DB_OUT_OF_RANGE = 'ERR Out of range database';
const RELOAD_OPTIONS = 'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.';
const LOADAOF_FAILED = 'ERR Error trying to load the AOF files, check server logs.';
const BAD_THRESHOLD = 'ERR argument must be a memory value bigger than 1 and smaller than 4gb';
const NO_TABLE = 'ERR The value stored at the specified key is not represented using an hash table';

const UINT32_MAX = 2 ** 32 - 1;

/** C's atoi and strtod: the number that a text begins with, or 0. */
const leadingNumber = (text: string): number => Number.parseFloat(text) || 0;

/** SLEEP seconds: the server stands still, its clients wait. */
const sleep: Reducer = (_db, cmd, reply) => {
  const ms = leadingNumber(cmd.text(2)) * 1000;
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return accept(reply);
};

const setActiveExpire: Reducer = (_db, cmd, reply, ctx) => {
  ctx.server.switches.activeExpire = Math.trunc(leadingNumber(cmd.text(2))) !== 0;
  return accept(reply);
};

const digest: Reducer = (_db, _cmd, reply, ctx) => {
  reply.simple(digestKeyspace(ctx.keyspace));
  return Outcome.Unchanged;
};

/** DIGEST-VALUE key ...: zeros for a missing key. */
const digestValue: Reducer = (db, cmd, reply) => {
  reply.array(cmd.argc - 2);
  const one = new Digest();
  for (let i = 2; i < cmd.argc; i++) {
    one.clear();
    const ref = db.find(cmd, i);
    if (ref !== MISSING) digestEntry(one, db, ref);
    reply.simple(one.toString());
  }
  return Outcome.Unchanged;
};

/** What OBJECT adds for a list in chunks. */
const describeChunks = (db: Database, ref: number): readonly string[] => {
  const { keyspace } = db;
  const root = db.root(ref);
  const words = keyspace.arena.words[root >>> 16];
  const at = (root & 0xffff) << 2;
  const [chunks, elements] = [words[at + 2] ?? 0, words[at + 3] ?? 0];
  return [
    `ql_nodes:${chunks}`,
    `ql_avg_node:${(elements / Math.max(1, chunks)).toFixed(2)}`,
    `ql_listpack_max:${keyspace.limits.listSize}`,
    'ql_compressed:0',
    `ql_uncompressed_size:${db.memoryBytes(ref)}`,
  ];
};

/** OBJECT key: where and how a value is kept. The address is that of the entry in the arena. */
const object: Reducer = (db, cmd, reply, ctx) => {
  const ref = db.find(cmd, 2);
  if (ref === MISSING) return refuse(reply, NO_SUCH_KEY);
  const output = new RdbOutput();
  output.compress = ctx.config.rdbcompression;
  writeValue(output, db, ref);
  const access = db.access(ref);
  const fields = [
    `at:0x${((ref >>> 0) * 16).toString(16).padStart(12, '0')}`,
    'refcount:1',
    `encoding:${encodingName(db.encoding(ref))}`,
    `serializedlength:${output.pos}`,
    `lru:${access}`,
    `lru_seconds_idle:${lruIdleSeconds(access, ctx.keyspace.lruClock)}`,
  ];
  if (db.encoding(ref) === Encoding.QuickList) fields.push(...describeChunks(db, ref));
  reply.simple(`Value ${fields.join(' ')}`);
  return Outcome.Unchanged;
};

/** RELOAD [NOSAVE] [NOFLUSH] [MERGE]: saves, empties, loads; the server stands still meanwhile. */
const reload: Reducer = (_db, cmd, reply, ctx) => {
  let noSave = false;
  let noFlush = false;
  let merge = false;
  for (let i = 2; i < cmd.argc; i++) {
    if (cmd.equalsToken(i, 'NOSAVE')) noSave = true;
    else if (cmd.equalsToken(i, 'NOFLUSH')) noFlush = true;
    else if (cmd.equalsToken(i, 'MERGE')) merge = true;
    else return refuse(reply, RELOAD_OPTIONS);
  }
  const done = ctx.server.persistence.reload({ noSave, noFlush, merge });
  return E.isLeft(done) ? refuse(reply, done.left) : accept(reply);
};

/** LOADAOF: empties, and loads the log. */
const loadLog: Reducer = (_db, _cmd, reply, ctx) => {
  const { eventLog, log } = ctx.server;
  const flushed = eventLog.flush();
  if (E.isLeft(flushed)) log.warning(`Error writing to the AOF file: ${flushed.left}`);
  const { loader } = eventLog;
  if (E.isLeft(flushed) || loader === undefined) return refuse(reply, LOADAOF_FAILED);
  const loaded = loader.reload(eventLog.folder);
  return E.isLeft(loaded) ? refuse(reply, loaded.left) : accept(reply);
};

/** Adds `prefix:number` with the value `value:number`, cut or filled with zero bytes to `size` unless that is 0. */
const addSample = (db: Database, prefix: string, number: number, size: number): void => {
  const key = Buffer.from(`${prefix}:${number}`, 'latin1');
  if (db.findKey(key, 0, key.length) !== MISSING) return;
  const text = Buffer.from(`value:${number}`, 'latin1');
  const length = size === 0 ? text.length : size;
  const encoding = textEncoding(length);
  db.create(key, 0, key.length, length, Type.String, encoding);
  const { valueBytes, valueAt } = db;
  const copied = Math.min(text.length, length);
  valueBytes.set(text.subarray(0, copied), valueAt);
  valueBytes.fill(0, valueAt + copied, valueAt + length);
};

/** POPULATE count [prefix] [size]: keys that exist already stay as they are. */
const populate: Reducer = (db, cmd, reply, ctx) => {
  const count = cmd.integer(2);
  if (!(count >= 0)) return refuse(reply, NOT_POSITIVE);
  const prefix = cmd.argc > 3 ? cmd.text(3) : 'key';
  const size = cmd.argc > 4 ? cmd.integer(4) : 0;
  if (!(size >= 0 && size <= ctx.config['proto-max-bulk-len'])) return refuse(reply, NOT_POSITIVE);
  for (let number = 0; number < count; number++) addSample(db, prefix, number, size);
  return accept(reply);
};

const protocol: Reducer = (_db, cmd, reply) => {
  replySample(reply, cmd.text(2));
  return Outcome.Unchanged;
};

/** REPLYBUFFER PEAK-RESET-TIME time | RESIZING 0|1: accepted; clients here have no reply buffer of their own. */
const replyBuffer: Reducer = (_db, cmd, reply) => {
  if (cmd.equalsToken(2, 'RESIZING')) return accept(reply);
  if (!cmd.equalsToken(2, 'PEAK-RESET-TIME')) return unknown(cmd, reply);
  const isWord = cmd.equalsToken(3, 'NEVER') || cmd.equalsToken(3, 'RESET');
  return isWord || !Number.isNaN(cmd.integer(3)) ? accept(reply) : refuse(reply, NOT_AN_INTEGER);
};

/** HTSTATS dbid [FULL] */
const tableStats: Reducer = (_db, cmd, reply, ctx) => {
  const index = cmd.integer(2);
  if (!Number.isFinite(index)) return refuse(reply, NOT_AN_INTEGER);
  const db = ctx.keyspace.databases[index];
  if (db === undefined) return refuse(reply, DB_OUT_OF_RANGE);
  reply.verbatim(describeTables(db, cmd.argc > 3 && cmd.equalsToken(3, 'FULL')));
  return Outcome.Unchanged;
};

/** HTSTATS-KEY key [FULL]: the dictionary of a large hash, set or sorted set. */
const keyTableStats: Reducer = (db, cmd, reply, ctx) => {
  const ref = db.find(cmd, 2);
  if (ref === MISSING) return refuse(reply, NO_SUCH_KEY);
  const encoding = db.encoding(ref);
  if (encoding !== Encoding.HashTable && encoding !== Encoding.SkipList) return refuse(reply, NO_TABLE);
  const header = dictOf(ctx.keyspace, encoding, db.root(ref));
  reply.verbatim(describeTable(ctx.keyspace, header, cmd.argc > 3 && cmd.equalsToken(3, 'FULL')));
  return Outcome.Unchanged;
};

const log: Reducer = (_db, cmd, reply, ctx) => {
  ctx.server.log.warning(`DEBUG LOG: ${cmd.text(2)}`);
  return accept(reply);
};

const error: Reducer = (_db, cmd, reply) => refuse(reply, cmd.text(2));

const quicklistPackedThreshold: Reducer = (_db, cmd, reply, ctx) => {
  const bytes = O.getOrElse(() => Number.NaN)(parseMemory(cmd.text(2)));
  if (!(bytes <= UINT32_MAX)) return refuse(reply, BAD_THRESHOLD);
  ctx.keyspace.packedThresholdBytes = bytes;
  return accept(reply);
};

const setSkipChecksumValidation: Reducer = (_db, cmd, reply, ctx) => {
  ctx.server.persistence.skipChecksumValidation = Math.trunc(leadingNumber(cmd.text(2))) !== 0;
  return accept(reply);
};

/** STRINGMATCH-LEN pattern string: 1 when the pattern matches all of the string, else 0. */
const stringMatch: Reducer = (_db, cmd, reply) => {
  const matches = globMatch(cmd.buf, cmd.offset(2), cmd.length(2), cmd.buf, cmd.offset(3), cmd.length(3), false);
  reply.integer(matches ? 1 : 0);
  return Outcome.Unchanged;
};

const changeReplicationId: Reducer = (_db, _cmd, reply, ctx) => {
  ctx.server.log.notice('Changing replication IDs after receiving change-repl-id');
  ctx.server.replication.changeReplicationId();
  return accept(reply);
};

const help: Reducer = (_db, _cmd, reply) => replyHelp(reply, 'DEBUG', DEBUG_HELP);

interface Subcommand {
  readonly argcMin: number;
  readonly argcMax: number;
  readonly reduce: Reducer;
}

const exactly = (argc: number, reduce: Reducer): Subcommand => ({ argcMin: argc, argcMax: argc, reduce });
const between = (argcMin: number, argcMax: number, reduce: Reducer): Subcommand => ({ argcMin, argcMax, reduce });
const atLeast = (argc: number, reduce: Reducer): Subcommand => between(argc, Number.POSITIVE_INFINITY, reduce);

/** By name in lower case. They are no commands of the table: COMMAND and ACL see one DEBUG. */
const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ['change-repl-id', exactly(2, changeReplicationId)],
  ['digest', exactly(2, digest)],
  ['digest-value', atLeast(2, digestValue)],
  ['error', exactly(3, error)],
  ['help', exactly(2, help)],
  ['htstats', atLeast(3, tableStats)],
  ['htstats-key', atLeast(3, keyTableStats)],
  ['loadaof', exactly(2, loadLog)],
  ['log', exactly(3, log)],
  ['object', atLeast(3, object)],
  ['populate', between(3, 5, populate)],
  ['protocol', exactly(3, protocol)],
  ['quicklist-packed-threshold', exactly(3, quicklistPackedThreshold)],
  ['reload', atLeast(2, reload)],
  ['replybuffer', exactly(4, replyBuffer)],
  ['set-active-expire', exactly(3, setActiveExpire)],
  ['set-skip-checksum-validation', exactly(3, setSkipChecksumValidation)],
  ['sleep', exactly(3, sleep)],
  ['stringmatch-len', exactly(4, stringMatch)],
]);

const unknown = (cmd: CommandView, reply: Reply): Outcome =>
  refuse(
    reply,
    `ERR unknown subcommand or wrong number of arguments for '${cmd.text(1).slice(0, 128)}'. Try DEBUG HELP.`,
  );

const isAllowed = (ctx: Context): boolean => {
  const access = ctx.config['enable-debug-command'];
  return access === 'yes' || (access === 'local' && isLocal(ctx));
};

/** DEBUG subcommand [arg ...]: where `enable-debug-command` allows it. */
export const debug = command({
  ...described.debug,
  reduce: (db, cmd, reply, ctx) => {
    if (!isAllowed(ctx)) return refuse(reply, NOT_ALLOWED);
    const found = SUBCOMMANDS.get(cmd.text(1).toLowerCase());
    if (found === undefined || cmd.argc < found.argcMin || cmd.argc > found.argcMax) return unknown(cmd, reply);
    return found.reduce(db, cmd, reply, ctx);
  },
});

export const debugCommands: readonly CommandSpec[] = [debug];
