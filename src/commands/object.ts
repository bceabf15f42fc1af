/**
 * OBJECT: what the server knows of a value beside its bytes.
 *
 * @since 0.1.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Encoding, encodingName, Type } from '../keyspace/entry.ts';
import { lfuDecay, lfuMinutes, lruClock, lruIdleSeconds } from '../keyspace/lfu.ts';
import { parseInteger } from '../resp/numbers.ts';
import type { Context } from './context.ts';
import * as described from './docs/object.ts';
import { refuse } from './errors.ts';
import { replyHelp } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const SWITCHING =
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';
const LFU_SELECTED = `ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`;
const LFU_NOT_SELECTED = `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`;

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;

/** Redis keeps one object for each of the integers below this, and counts no references to it. */
const SHARED_INTEGERS = 10_000;
const SHARED_REFCOUNT = 2 ** 31 - 1;

const HELP = [
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
];

const usesLfu = (ctx: Context): boolean => ctx.config['maxmemory-policy'].endsWith('-lfu');

/** Whether a value would be one of Redis' shared integers. LRU and LFU need an object, and its clock, per key. */
const isShared = (db: Database, ref: number, ctx: Context): boolean => {
  if (db.type(ref) !== Type.String || db.encoding(ref) !== Encoding.Int) return false;
  const policy = ctx.config['maxmemory-policy'];
  if (ctx.config.maxmemory > 0 && (policy.endsWith('-lru') || policy.endsWith('-lfu'))) return false;
  db.loadValue(ref);
  const value = parseInteger(db.valueBytes, db.valueAt, db.valueLength);
  return value >= 0 && value < SHARED_INTEGERS;
};

/** OBJECT ENCODING key: how Redis would keep the value; null when missing. */
export const objectEncoding = command({
  ...described.objectEncoding,
  reduce: (db, cmd, reply) => {
    const ref = db.find(cmd, 2);
    if (ref === MISSING) reply.null();
    else reply.bulkText(encodingName(db.encoding(ref)));
    return Outcome.Unchanged;
  },
});

/** OBJECT REFCOUNT key: 1, or 2147483647 for what Redis shares between keys; null when missing. */
export const objectRefcount = command({
  ...described.objectRefcount,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.find(cmd, 2);
    if (ref === MISSING) reply.null();
    else reply.integer(isShared(db, ref, ctx) ? SHARED_REFCOUNT : 1);
    return Outcome.Unchanged;
  },
});

/** OBJECT IDLETIME key: seconds since the last access; null when missing, an error under an LFU policy. */
export const objectIdletime = command({
  ...described.objectIdletime,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.find(cmd, 2);
    if (ref !== MISSING && usesLfu(ctx)) return refuse(reply, LFU_SELECTED);
    if (ref === MISSING) reply.null();
    else reply.integer(lruIdleSeconds(db.access(ref), lruClock(Math.floor(ctx.nowMs / MS_PER_SECOND))));
    return Outcome.Unchanged;
  },
});

/** OBJECT FREQ key: the access counter, 0 to 255; null when missing, an error unless the policy is LFU. */
export const objectFreq = command({
  ...described.objectFreq,
  reduce: (db, cmd, reply, ctx) => {
    const ref = db.find(cmd, 2);
    if (ref !== MISSING && !usesLfu(ctx)) return refuse(reply, LFU_NOT_SELECTED);
    if (ref === MISSING) {
      reply.null();
    } else {
      const minutes = lfuMinutes(Math.floor(ctx.nowMs / MS_PER_MINUTE));
      reply.integer(lfuDecay(db.access(ref), minutes, ctx.config['lfu-decay-time']));
    }
    return Outcome.Unchanged;
  },
});

export const objectHelp = command({
  ...described.objectHelp,
  reduce: (_db, _cmd, reply) => replyHelp(reply, 'OBJECT', HELP),
});

/** OBJECT: looks at values. Source: https://redis.io/docs/latest/commands/object/ */
export const object = command({
  ...described.object,
  subcommands: [objectEncoding, objectFreq, objectHelp, objectIdletime, objectRefcount],
});

export const objectCommands: readonly CommandSpec[] = [object];
