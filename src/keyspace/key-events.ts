/**
 * Key events: what happened to which key, in the words of Redis' keyspace notifications.
 *
 * In:  `emit` by whoever changes a key, after a look at `flags`. Out: `events$`.
 * With no flag set, which is the default, nothing is made and nothing is called.
 *
 * An event is a loan, and so are the key's bytes in it: both are good until `next` returns.
 *
 * @since 0.2.0
 */
import { type Observable, Subject } from 'rxjs';

/** Classes as bits, in the order in which Redis numbers them; the first two say where events are published. */
export enum KeyEventClass {
  Keyspace = 1,
  Keyevent = 2,
  Generic = 4,
  String = 8,
  List = 16,
  Set = 32,
  Hash = 64,
  SortedSet = 128,
  Expired = 256,
  Evicted = 512,
  Stream = 1024,
  KeyMiss = 2048,
  Module = 8192,
  New = 16384,
}

/** The classes by the letters of notify-keyspace-events. */
const CLASS_OF_LETTER: ReadonlyMap<string, KeyEventClass> = new Map([
  ['K', KeyEventClass.Keyspace],
  ['E', KeyEventClass.Keyevent],
  ['g', KeyEventClass.Generic],
  ['$', KeyEventClass.String],
  ['l', KeyEventClass.List],
  ['s', KeyEventClass.Set],
  ['h', KeyEventClass.Hash],
  ['z', KeyEventClass.SortedSet],
  ['x', KeyEventClass.Expired],
  ['e', KeyEventClass.Evicted],
  ['t', KeyEventClass.Stream],
  ['m', KeyEventClass.KeyMiss],
  ['d', KeyEventClass.Module],
  ['n', KeyEventClass.New],
]);

/** What the letter A stands for: neither misses nor new keys, which are many. */
const ALL_LETTERS = 'g$lshzxetd';

/**
 * The flags that the letters of notify-keyspace-events stand for. Without K or E nothing is published, and so nothing is
 * wanted: 0.
 */
export const keyEventFlags = (letters: string): number => {
  let flags = 0;
  for (const letter of letters.replace('A', ALL_LETTERS)) flags |= CLASS_OF_LETTER.get(letter) ?? 0;
  const isPublished = (flags & (KeyEventClass.Keyspace | KeyEventClass.Keyevent)) !== 0;
  return isPublished ? flags : 0;
};

/** Read-only for consumers; the fields are used again for the next event. */
export interface KeyEvent {
  readonly class: KeyEventClass;
  /** As Redis names it: "lpush", "expired", "rename_from". */
  readonly name: string;
  /** Database number. */
  readonly db: number;
  /** The key: bytes[at, at + length). */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
}

const NO_BYTES = new Uint8Array(0);

class ReusedEvent implements KeyEvent {
  class = KeyEventClass.Generic;
  name = '';
  db = 0;
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  length = 0;
}

export class KeyEvents {
  /** Classes that somebody wants to hear of; 0 = none. */
  flags = 0;
  private readonly subject = new Subject<KeyEvent>();
  readonly events$: Observable<KeyEvent> = this.subject.asObservable();

  private readonly event = new ReusedEvent();

  /** Tells of an event of a class whose flag is set. Consumers change nothing, so no event comes within another. */
  emit(eventClass: KeyEventClass, name: string, db: number, bytes: Uint8Array, at: number, length: number): void {
    const { event } = this;
    event.class = eventClass;
    event.name = name;
    event.db = db;
    event.bytes = bytes;
    event.at = at;
    event.length = length;
    this.subject.next(event);
    event.bytes = NO_BYTES; // they may be large ones
  }
}
