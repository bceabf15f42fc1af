/**
 * Which events somebody wants to see.
 *
 * In:     conditions, all of which have to hold. Out: judgements, the cheap ones first.
 * Memory: none per event.
 *
 * Patterns are globs as KEYS has them. A client's is matched against its address, the address without its port, its
 * name and its id; a command's against the effect and against what the client sent (`--command eval` finds what scripts
 * did). A range of time is a stretch of the log: from the first event that is as late to the last one before one that is
 * later, whatever the clock did in between.
 *
 * @since 0.3.0
 */
import { globMatch } from '../keyspace/glob.ts';
import { type CommandView, viewOf } from '../resp/view.ts';
import type { EventClient, LoggedEvent } from './event.ts';
import { EventKeys } from './event-keys.ts';
import { type EventClass, type Moment, splitArguments } from './format.ts';

export interface EventConditions {
  readonly from?: Moment;
  /** Up to and including this moment. */
  readonly to?: Moment;
  /** Writes of this database only. */
  readonly db?: number;
  /** Latin1, one character per byte. */
  readonly key?: string | Uint8Array;
  readonly user?: string;
  readonly client?: string;
  readonly command?: string;
  readonly classes?: readonly EventClass[];
}

const pattern = (glob: string | Uint8Array): Uint8Array =>
  typeof glob === 'string' ? new Uint8Array(Buffer.from(glob, 'latin1')) : glob;

const matchesText = (glob: Uint8Array, text: string, nocase: boolean): boolean => {
  const bytes = Buffer.from(text, 'latin1');
  return globMatch(glob, 0, glob.length, bytes, 0, bytes.length, nocase);
};

const withoutPort = (address: string): string => address.replace(/:\d+$/, '');

export class EventFilter {
  readonly from: Moment | undefined;
  readonly to: Moment | undefined;
  /** The condition on keys, as a pattern. */
  readonly key: Uint8Array | undefined;
  private readonly db: number | undefined;
  private readonly user: Uint8Array | undefined;
  private readonly clientGlob: Uint8Array | undefined;
  private readonly command: Uint8Array | undefined;
  private readonly classes: ReadonlySet<EventClass> | undefined;
  private readonly keys: EventKeys;

  constructor(conditions: EventConditions, keys = new EventKeys()) {
    const { from, to, db, key, user, client, command, classes } = conditions;
    this.from = from;
    this.to = to;
    this.db = db;
    this.key = key === undefined ? undefined : pattern(key);
    this.user = user === undefined ? undefined : pattern(user);
    this.clientGlob = client === undefined ? undefined : pattern(client);
    this.command = command === undefined ? undefined : pattern(command);
    this.classes = classes === undefined ? undefined : new Set(classes);
    this.keys = keys;
  }

  /** Whether there is a condition on clients, so that one has to know them. */
  get asksForClients(): boolean {
    return this.user !== undefined || this.clientGlob !== undefined;
  }

  /** Whether the log has reached `from`. */
  hasBegun(timeUs: number, offset: number): boolean {
    const { from } = this;
    if (from === undefined) return true;
    return from._tag === 'time' ? timeUs >= from.us : offset >= from.offset;
  }

  /** Whether the log has passed `to`. */
  isOver(timeUs: number, end: number): boolean {
    const { to } = this;
    if (to === undefined) return false;
    return to._tag === 'time' ? timeUs > to.us : end > to.offset;
  }

  /** Judges who caused an event and of what class it is. */
  acceptsOrigin(client: EventClient | undefined, kind: EventClass): boolean {
    if (this.classes !== undefined && !this.classes.has(kind)) return false;
    const { user, clientGlob } = this;
    if (user !== undefined && (client === undefined || !matchesText(user, client.user, false))) return false;
    if (clientGlob === undefined) return true;
    if (client === undefined) return false;
    const { address, name, id } = client;
    return [address, withoutPort(address), name, String(id)].some((text) => matchesText(clientGlob, text, false));
  }

  /** Judges a write. */
  acceptsWrite(db: number, view: CommandView, asSent: string | undefined): boolean {
    if (this.db !== undefined && db !== this.db) return false;
    return this.acceptsCommand(view, asSent) && this.acceptsKeys(view);
  }

  /** Judges something that is no write, by its words. */
  acceptsAudit(words: readonly (string | Uint8Array)[]): boolean {
    if (this.db !== undefined) return false;
    if (this.command === undefined && this.key === undefined) return true;
    const view = viewOf(words);
    return this.acceptsCommand(view, undefined) && this.acceptsKeys(view);
  }

  /** Judges an event as a whole, but for `from` and `to`. */
  accepts(event: LoggedEvent): boolean {
    if (!this.acceptsOrigin(event.client, event.class)) return false;
    if (event.class !== 'write') return this.acceptsAudit(event.args);
    if (this.command === undefined && this.key === undefined) return this.db === undefined || this.db === event.db;
    return this.acceptsWrite(event.db, viewOf(event.args), event.asSent);
  }

  private acceptsCommand(view: CommandView, asSent: string | undefined): boolean {
    const { command } = this;
    if (command === undefined) return true;
    if (globMatch(command, 0, command.length, view.buf, view.offset(0), view.length(0), true)) return true;
    return asSent !== undefined && matchesText(command, splitArguments(asSent)[0] ?? '', true);
  }

  private acceptsKeys(view: CommandView): boolean {
    const { key, keys } = this;
    if (key === undefined) return true;
    keys.find(view);
    for (let i = 0; i < keys.count; i++) {
      const index = keys.indexes[i];
      const bytes = view.length(index);
      // An empty key matches '*', although an empty text matches nothing but an empty pattern.
      if (globMatch(key, 0, key.length, view.buf, view.offset(index), bytes, false)) return true;
      if (bytes === 0 && key.length > 0 && key.every((byte) => byte === STAR)) return true;
    }
    return false;
  }
}

const STAR = 0x2a;
