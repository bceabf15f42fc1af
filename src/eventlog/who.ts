/**
 * Who changed a key: its last changes, with what it held before and after each.
 *
 * In:     a folder, a key. Out: changes, newest first.
 * Memory: one segment's index, and the events that the answer depends on: those of the key back to one that made it anew,
 *         and of the keys whose values went into it (RENAME, COPY, SUNIONSTORE ...).
 *
 * @since 0.3.0
 */
import { basename, dirname } from 'node:path';
import * as E from 'fp-ts/Either';
import type { Config } from '../config/table.ts';
import { type Effect, effectOf, type KeyName } from './dependence.ts';
import type { LoggedEvent } from './event.ts';
import { LogFolder } from './files.ts';
import { backwards, type HistoryOptions, WantedKeys } from './history-walk.ts';
import { KeyFold } from './key-fold.ts';
import { type KeyValue, NO_VALUE, sameValue } from './key-value.ts';
import { baseBefore, type Chain, chainsOf } from './log-chains.ts';
import { readLog } from './past-plan.ts';
import { LogError, listSegments, type Segment } from './segments.ts';

export interface Change {
  readonly event: LoggedEvent;
  /** Missing where the log does not tell: it begins later, or looking so far back is too much. */
  readonly before?: KeyValue;
  readonly after?: KeyValue;
}

export interface WhoOptions extends HistoryOptions {
  readonly db?: number;
  /** How many changes, the last ones; 10. */
  readonly count?: number;
  /** False leaves `before` and `after` out, which is faster for keys that are changed very often. */
  readonly values?: boolean;
  /** Thresholds of encodings and the like; they do not show in values. */
  readonly config?: Config;
}

const COUNT = 10;
/** Events that are looked at for the sake of values. */
const EVENTS_MAX = 100_000;
/** Keys whose values go into those of others. */
const KEYS_MAX = 1000;

const nameOf = ({ db, key }: KeyName): string => `${db}:${key}`;
const isFlushed = ({ flushed }: Effect, { db }: KeyName): boolean => flushed === 'all' || flushed === db;
const otherOf = ([a, b]: readonly [number, number], db: number): number => (db === a ? b : db === b ? a : db);

/** Keys by their names. */
class KeySet {
  private readonly names = new Map<string, KeyName>();

  get size(): number {
    return this.names.size;
  }

  has(key: KeyName): boolean {
    return this.names.has(nameOf(key));
  }

  add(key: KeyName): void {
    this.names.set(nameOf(key), { db: key.db, key: key.key });
  }

  delete(key: KeyName): void {
    this.names.delete(nameOf(key));
  }

  all(): readonly KeyName[] {
    return [...this.names.values()];
  }

  /** SWAPDB, in either direction. */
  swap(databases: readonly [number, number]): void {
    const all = this.all();
    this.names.clear();
    for (const { db, key } of all) this.add({ db: otherOf(databases, db), key });
  }
}

/** Whether an event may have changed a key. */
const changes = (effect: Effect, key: KeyName): boolean =>
  effect.touched.some((touched) => touched.db === key.db && touched.key === key.key) ||
  isFlushed(effect, key) ||
  effect.swapped?.includes(key.db) === true;

/** What was found in one chain of the log. */
interface Stretch {
  readonly chain: Chain | undefined;
  /** Events that the answer consists of, or depends on, newest first. */
  readonly needed: LoggedEvent[];
  /** Keys whose values are older than all of these. */
  open: readonly KeyName[];
}

/** The way back: which events the answer consists of, and which it depends on. */
class Search {
  readonly shown = new Set<LoggedEvent>();
  readonly stretches: Stretch[] = [];
  readonly wanted = new WantedKeys();
  /** All keys whose values count, or have counted. */
  readonly seen = new KeySet();
  /** It was too much. */
  isCut = false;
  /** Keys whose values are still to be found, further back. */
  private readonly open = new KeySet();
  private readonly target: KeyName;
  private readonly count: number;
  private readonly withValues: boolean;
  private counted = 0;
  private events = 0;

  constructor(target: KeyName, count: number, withValues: boolean) {
    this.target = target;
    this.count = count;
    this.withValues = withValues;
    this.want(target);
  }

  get isShownComplete(): boolean {
    return this.counted >= this.count;
  }

  /** Goes back into another chain: what is known of keys there says nothing of later ones. */
  enter(chain: Chain | undefined): void {
    this.leave();
    this.stretches.push({ chain, needed: [], open: [] });
    for (const key of this.open.all()) this.open.delete(key);
    this.want(this.target);
  }

  leave(): void {
    const stretch = this.stretches.at(-1);
    if (stretch !== undefined) stretch.open = this.open.all();
  }

  /** Takes the next event back. False when it is enough. */
  take(event: LoggedEvent): boolean {
    const { target, open } = this;
    const effect = effectOf(event);
    const isShown = !this.isShownComplete && changes(effect, target);
    if (!isShown && !open.all().some((key) => changes(effect, key))) return true;
    this.stretches.at(-1)?.needed.push(event);
    this.events++;
    if (isShown) {
      this.shown.add(event);
      // What changes everything need not have changed this key: it is left out later if it did not.
      if (effect.flushed === undefined && effect.swapped === undefined) this.counted++;
    }
    if (this.withValues) this.lookFurther(effect, isShown);
    if (this.isShownComplete && (open.size === 0 || !this.withValues)) return false;
    this.isCut = this.events >= EVENTS_MAX || this.seen.size >= KEYS_MAX;
    return !this.isCut;
  }

  private want(key: KeyName): void {
    this.open.add(key);
    this.seen.add(key);
    this.wanted.add(key);
  }

  /** Which values count before an event, given those that count behind it. */
  private lookFurther(effect: Effect, keepsTarget: boolean): void {
    const { open, target } = this;
    const isDependent = effect.touched.some((touched) => open.has(touched));
    for (const key of open.all()) {
      const isReset = effect.touched.some(({ db, key: name, isReset: is }) => is && db === key.db && name === key.key);
      if (isReset || isFlushed(effect, key)) open.delete(key);
    }
    if (isDependent) for (const source of effect.sources) this.want(source);
    if (effect.swapped !== undefined) {
      open.swap(effect.swapped);
      for (const key of open.all()) this.want(key);
    }
    if (keepsTarget) this.want(target);
  }
}

/** The way forward through the events of one chain: what is known of which key. */
class Telling {
  readonly changes: Change[] = [];
  private readonly fold: KeyFold;
  private readonly target: KeyName;
  /** Keys whose values nobody can tell. */
  private readonly unknown: KeySet;

  constructor(fold: KeyFold, target: KeyName, unknown: KeySet) {
    this.fold = fold;
    this.target = target;
    this.unknown = unknown;
  }

  take(event: LoggedEvent, isShown: boolean): void {
    const { fold, target, unknown } = this;
    const before = isShown && !unknown.has(target) ? fold.value(target) : undefined;
    const effect = effectOf(event);
    const isApplied = fold.apply(event);
    this.follow(effect, isApplied);
    if (!isShown) return;
    const after = unknown.has(target) ? undefined : fold.value(target);
    const isIncidental = effect.flushed !== undefined || effect.swapped !== undefined || before?.type === NO_VALUE.type;
    if (isIncidental && before !== undefined && after !== undefined && sameValue(before, after)) return;
    this.changes.push({
      event,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }

  private follow(effect: Effect, isApplied: boolean): void {
    const { unknown } = this;
    const isVague = effect.sources.some((source) => unknown.has(source));
    for (const key of unknown.all()) if (isFlushed(effect, key)) unknown.delete(key);
    if (effect.swapped !== undefined) unknown.swap(effect.swapped);
    for (const touched of effect.touched) {
      if (isVague || !isApplied) unknown.add(touched);
      else if (touched.isReset) unknown.delete(touched);
    }
  }
}

/** The chains of the log in a folder. */
const chainsIn = async (segments: readonly Segment[]): Promise<readonly Chain[]> => {
  const [first] = segments;
  if (first === undefined) return [];
  const place = dirname(first.path);
  const prefix = basename(first.path).replace(/\.\d+\.incr\.aof$/, '');
  const log = await readLog(new LogFolder({ dir: dirname(place), folder: basename(place), file: prefix }))();
  if (E.isLeft(log)) throw new LogError(place, 0, log.left.message);
  return chainsOf(log.right);
};

/** Goes forward through one stretch: its changes, oldest first. */
const tell = async (
  search: Search,
  stretch: Stretch,
  target: KeyName,
  config: Config | undefined,
): Promise<readonly Change[]> => {
  const { chain, open } = stretch;
  let events = [...stretch.needed].reverse();
  const oldest = events.find((event) => search.shown.has(event));
  if (oldest === undefined) return [];
  const fold = new KeyFold(config);
  const unknown = new KeySet();
  if (open.length > 0) {
    const base = chain === undefined || search.isCut ? undefined : baseBefore(chain, oldest.offset);
    if (base !== undefined) {
      events = events.filter(({ offset }) => offset >= base.offset);
      await fold.load(base.path, search.seen.all());
    } else if (search.isCut || chain?.beginsEmpty !== true) {
      for (const key of open) unknown.add(key);
    }
  }
  const telling = new Telling(fold, target, unknown);
  for (const event of events) telling.take(event, search.shown.has(event));
  return telling.changes;
};

/** The last changes of a key, newest first. Throws `LogError` where the log is damaged. */
export const who = async (
  folder: string,
  key: string | Uint8Array,
  { db = 0, count = COUNT, values = true, config, ...how }: WhoOptions = {},
): Promise<readonly Change[]> => {
  const target: KeyName = { db, key: typeof key === 'string' ? key : Buffer.from(key).toString('latin1') };
  const segments = await listSegments(folder);
  const chains = values ? await chainsIn(segments) : [];
  const search = new Search(target, count, values);
  let chain: Chain | undefined;
  let base: number | undefined;
  for await (const { event, segment } of backwards(segments, search.wanted, how)) {
    const own = chains.find(({ paths }) => paths.has(segment.path));
    if (search.stretches.length === 0 || own !== chain) {
      if (search.isShownComplete) break;
      search.enter(own);
      chain = own;
    }
    // Behind the base that the oldest change builds on there is nothing to look for.
    if (base !== undefined && event.offset < base) break;
    if (!search.take(event)) break;
    if (search.isShownComplete && chain !== undefined) base ??= baseBefore(chain, event.offset)?.offset;
  }
  search.leave();
  const stretches = search.stretches;
  if (!values) return stretches.flatMap(({ needed }) => needed.map((event) => ({ event })));
  const found: Change[] = [];
  for (const stretch of stretches) found.push(...[...(await tell(search, stretch, target, config))].reverse());
  return found;
};
