/**
 * FERROUS UNDO: the inverse of an event, as new events.
 *
 * In:     an offset, or a key. Out: the keys as they were before, by RESTORE and DEL, in one transaction of the stream.
 * Memory: the data of the moment before (a fold of the log), the keys that were changed since, and what is emitted.
 *
 * The client waits while the log is searched and folded, and others are served. What they change meanwhile is noted, so
 * that nothing is lost between the search and the change. Then the command runs again, and changes everything at once.
 *
 * A transaction is undone as a whole. A key that was changed again is refused: to undo in order is the caller's business.
 * SWAPDB is its own inverse and is left to the caller. A key whose time is over by now stays away.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { LoggedEvent } from '../eventlog/event.ts';
import { argumentsOf } from '../eventlog/live.ts';
import { formatMoment, type Moment, offsetMoment, parseMoment } from '../eventlog/moment.ts';
import type { Past } from '../eventlog/past.ts';
import { scanBatches } from '../eventlog/scan.ts';
import { type Touched, type TouchedKey, touchedBy, touches } from '../eventlog/touched.ts';
import { who } from '../eventlog/who.ts';
import { type Database, MISSING, NO_EXPIRY } from '../keyspace/database.ts';
import type { Client } from '../net/client.ts';
import { isSilent } from '../net/unblock.ts';
import { dump } from '../persistence/rdb/dump.ts';
import { Reply } from '../resp/reply.ts';
import { type CommandView, viewOf } from '../resp/view.ts';
import type { Context, Services } from './context.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/ferrous.ts';
import { restore } from './dump.ts';
import { refuse, SYNTAX_ERROR } from './errors.ts';
import { LOG_IS_OFF, textOf } from './ferrous-events.ts';
import { momentsOf } from './ferrous-past.ts';
import { del } from './keys.ts';
import { command, Outcome } from './spec.ts';

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const quoted = (key: string): string => JSON.stringify(key);
const idOf = ({ db, key }: TouchedKey): string => `${db} ${key}`;
const placeOf = (offset: number): string => formatMoment(offsetMoment(offset));

class Refusal extends Error {}

type Target = { readonly offset: number } | TouchedKey;

/** What happened in one go: an event, or a transaction. */
interface Unit {
  readonly start: number;
  readonly end: number;
  readonly touched: Touched;
}

const merged = (all: readonly Touched[]): Touched => ({
  keys: [...new Map(all.flatMap(({ keys }) => keys).map((key) => [idOf(key), key])).values()],
  databases: all.some(({ databases }) => databases === 'all')
    ? 'all'
    : [...new Set(all.flatMap(({ databases }) => (databases === 'all' ? [] : databases)))],
});

const startOf = ({ offset, transaction }: LoggedEvent): number => transaction ?? offset;

/** Changes that came behind the one to be undone. */
class Later {
  private readonly wanted: Touched;
  /** Where each key was changed first. */
  private readonly keys = new Map<string, number>();
  private readonly whole: { readonly touched: Touched; readonly offset: number }[] = [];

  constructor(wanted: Touched) {
    this.wanted = wanted;
  }

  note(touched: Touched, offset: number): void {
    for (const key of touched.keys) {
      const id = idOf(key);
      if (touches(this.wanted, key) && !this.keys.has(id)) this.keys.set(id, offset);
    }
    if (touched.databases.length > 0) this.whole.push({ touched: { ...touched, keys: [] }, offset });
  }

  /** Where a key was changed again; undefined where it was not. */
  changeOf(key: TouchedKey): number | undefined {
    const first = this.keys.get(idOf(key));
    return first ?? this.whole.find(({ touched }) => touches(touched, key))?.offset;
  }
}

/** Follows what is changed while the log is read. */
class Watch {
  private readonly seen: { readonly touched: Touched; readonly offset: number }[] = [];
  private readonly subscription;

  constructor({ writes, commands }: Services) {
    this.subscription = writes.events$.subscribe(({ db, buf, start, end, offset }) => {
      if (db < 0) return;
      this.seen.push({ touched: touchedBy(commands, { db, args: argumentsOf(buf, start, end) }), offset });
    });
  }

  /** Ends it, and tells what was seen. */
  end(later: Later | undefined): void {
    this.subscription.unsubscribe();
    for (const { touched, offset } of this.seen) later?.note(touched, offset);
  }
}

/** All that is needed to change everything at once. */
class Plan {
  readonly past: Past;
  readonly touched: Touched;
  readonly later: Later;
  readonly watch: Watch;

  constructor(past: Past, touched: Touched, later: Later, watch: Watch) {
    this.past = past;
    this.touched = touched;
    this.later = later;
    this.watch = watch;
  }
}

/** Reads the log up to `to`, which is where the stream was when it was asked. */
class Search {
  private readonly server: Services;
  private readonly to: Moment;

  constructor(server: Services, offset: number) {
    this.server = server;
    this.to = offsetMoment(offset);
  }

  async *events(from?: number): AsyncGenerator<LoggedEvent> {
    const { folder } = this.server.eventLog;
    const start = from === undefined ? {} : { from: offsetMoment(from) };
    for await (const batch of scanBatches(folder.path, { ...start, to: this.to, classes: ['write'] })) yield* batch;
  }

  /** The event, or transaction, that begins or stands at an offset. */
  async unitAt(offset: number): Promise<Unit> {
    let first: LoggedEvent | undefined;
    for await (const event of this.events(offset)) {
      first = event;
      break;
    }
    if (first === undefined || (first.offset !== offset && first.transaction !== offset)) {
      throw new Refusal(`no event begins at ${placeOf(offset)}`);
    }
    const start = startOf(first);
    const touched: Touched[] = [];
    let { end } = first;
    for await (const event of this.events(start)) {
      if (startOf(event) !== start) break;
      if (Buffer.from(event.args[0]).toString('latin1').toLowerCase() === 'swapdb') {
        throw new Refusal('SWAPDB is its own inverse: send it once more');
      }
      touched.push(touchedBy(this.server.commands, event));
      end = event.end;
    }
    return { start, end, touched: merged(touched) };
  }

  /** The last event or transaction that changed a key. */
  async lastOf(key: TouchedKey): Promise<Unit> {
    const { folder } = this.server.eventLog;
    const [last] = await who(folder.path, key.key, { db: key.db, count: 1 });
    if (last === undefined) throw new Refusal(`no event in the log has changed the key ${quoted(key.key)}`);
    const { event } = last;
    return { start: startOf(event), end: event.end, touched: { keys: [key], databases: [] } };
  }

  async plan(target: Target, watch: Watch): Promise<Plan> {
    const { server } = this;
    const unit = 'key' in target ? await this.lastOf(target) : await this.unitAt(target.offset);
    const later = new Later(unit.touched);
    for await (const event of this.events(unit.end)) later.note(touchedBy(server.commands, event), event.offset);
    // Later than the search, so that what is refused anyway costs no fold.
    for (const key of unit.touched.keys) refuseChanged(later, key);
    const past = await momentsOf(server).fold(offsetMoment(unit.start));
    if (E.isLeft(past)) throw new Refusal(past.left.message);
    return new Plan(past.right, unit.touched, later, watch);
  }
}

const refuseChanged = (later: Later, key: TouchedKey): void => {
  const offset = later.changeOf(key);
  if (offset === undefined) return;
  throw new Refusal(`the key ${quoted(key.key)} of database ${key.db} was changed again at ${placeOf(offset)}`);
};

/** Keys to put back, each with the entry that it had. */
interface Inverse {
  readonly db: number;
  readonly key: Uint8Array;
  readonly ref: number;
}

const keyBytesOf = (db: Database, ref: number): Uint8Array => {
  db.loadKey(ref);
  return db.keyBytes.slice(db.keyAt, db.keyAt + db.keyLength);
};

const allOf = (db: Database): readonly Inverse[] => {
  const { dict } = db.keyspace;
  const found = new Map<number, Inverse>();
  let cursor = 0;
  do {
    cursor = dict.scan(db.header, cursor, (ref) => {
      if (!db.isExpired(ref)) found.set(ref, { db: db.index, key: keyBytesOf(db, ref), ref });
    });
  } while (cursor !== 0);
  return [...found.values()];
};

/** What has to be done; throws a refusal where it must not. */
const inversesOf = ({ past, touched, later }: Plan): readonly Inverse[] => {
  const { databases } = past.server.services.keyspace;
  const single = touched.keys.map(({ db, key }): Inverse => {
    const bytes = latin1(key);
    return { db, key: bytes, ref: databases[db].findKey(bytes, 0, bytes.length) };
  });
  const whole = touched.databases === 'all' ? databases : touched.databases.map((index) => databases[index]);
  const ids = new Set(touched.keys.map(idOf));
  const inverses = [...single];
  for (const inverse of whole.flatMap(allOf)) {
    if (!ids.has(idOf({ db: inverse.db, key: Buffer.from(inverse.key).toString('latin1') }))) inverses.push(inverse);
  }
  for (const { db, key } of inverses) refuseChanged(later, { db, key: Buffer.from(key).toString('latin1') });
  return inverses;
};

const scratch = new Reply();
scratch.buf = new Uint8Array(1024);
scratch.overflow = (needed) => {
  scratch.buf = new Uint8Array(Math.max(needed, scratch.buf.length));
  scratch.pos = 0;
};

/** The command that puts a key back; it is run as if it had been sent. */
const inverseView = ({ key, ref }: Inverse, past: Database, nowMs: number, compress: boolean): CommandView => {
  if (ref === MISSING) return viewOf(['DEL', key]);
  const expireAtMs = past.expireAtMs(ref);
  if (expireAtMs !== NO_EXPIRY && expireAtMs <= nowMs) return viewOf(['DEL', key]);
  const { buf, pos } = dump(past, ref, compress);
  const ttl = expireAtMs === NO_EXPIRY ? '0' : String(expireAtMs);
  return viewOf(['RESTORE', key, ttl, buf.slice(0, pos), 'REPLACE', 'ABSTTL']);
};

const apply = (plan: Plan, reply: Reply, ctx: Context): Outcome => {
  const { effects, keyspace, nowMs } = ctx;
  const { databases } = plan.past.server.services.keyspace;
  plan.watch.end(plan.later);
  let changed = 0;
  for (const inverse of inversesOf(plan)) {
    const db = keyspace.databases[inverse.db];
    const view = inverseView(inverse, databases[inverse.db], nowMs, ctx.config.rdbcompression);
    scratch.pos = 0;
    const outcome = view.argc > 2 ? restore.reduce(db, view, scratch, ctx) : del.reduce(db, view, scratch, ctx);
    if (outcome === Outcome.AsReceived) effects.command(db.index, view.buf, view.start, view.end);
    if (outcome !== Outcome.Unchanged) changed++;
  }
  ctx.changes = changed;
  reply.integer(changed);
  return changed > 0 ? Outcome.Rewritten : Outcome.Unchanged;
};

/** Plans that are ready, for the clients whose commands are run again now. */
const ready = new WeakMap<Client, Plan>();

const targetOf = (cmd: CommandView, client: Client): E.Either<string, Target> => {
  if (cmd.argc === 4 && cmd.equalsToken(2, 'KEY')) {
    return E.right({ db: client.db, key: Buffer.from(cmd.bytes(3)).toString('latin1') });
  }
  if (cmd.argc !== 3) return E.left(SYNTAX_ERROR);
  const text = cmd.text(2);
  const moment = parseMoment(/^\d+$/.test(text) ? `offset:${text}` : text);
  if (E.isRight(moment) && moment.right._tag === 'offset') return E.right(moment.right);
  return E.left('ERR FERROUS UNDO expects the offset of an event (N or offset:N), or KEY and a key');
};

const prepare = (target: Target, cmd: CommandView, ctx: Context): Outcome => {
  const { client, server } = ctx;
  const { blocking, environment, eventLog, writes } = server;
  eventLog.commit();
  const view = cmd.detach();
  const silent = isSilent(client);
  const watch = new Watch(server);
  const answer = answerLater(ctx);
  const { blocked } = client;
  new Search(server, writes.offset).plan(target, watch).then(
    (plan) =>
      environment.atTurnEnd(() => {
        if (client.closed || client.blocked !== blocked) {
          watch.end(undefined);
          return;
        }
        ready.set(client, plan);
        blocking.again(client, view, silent);
      }),
    (error: unknown) => {
      watch.end(undefined);
      answer((reply) => reply.error(`ERR ${textOf(error)}`));
    },
  );
  return Outcome.Unchanged;
};

/**
 * FERROUS UNDO [offset:]<n> | KEY key: puts the keys that an event (or the last change of a key) changed back to what they
 * were before it.
 *
 * Reply:  integer, how many keys were changed.
 * Errors: when there is no such event, when a later event changed one of the keys, when the log is off or does not reach
 *         back so far.
 * Event:  `RESTORE key ms payload REPLACE ABSTTL` and `DEL key`, in MULTI and EXEC where they are several.
 */
export const undo = command({
  ...described.undo,
  reduce: (_db, cmd, reply, ctx) => {
    const { client, server } = ctx;
    const plan = ready.get(client);
    if (plan !== undefined) {
      ready.delete(client);
      try {
        return apply(plan, reply, ctx);
      } catch (error) {
        if (error instanceof Refusal) return refuse(reply, `ERR ${error.message}`);
        throw error;
      }
    }
    const target = targetOf(cmd, client);
    if (E.isLeft(target)) return refuse(reply, target.left);
    if (!server.eventLog.isEnabled) return refuse(reply, LOG_IS_OFF);
    return prepare(target.right, cmd, ctx);
  },
});
