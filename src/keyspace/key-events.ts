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

export class KeyEvents {
  /** Classes that somebody wants to hear of; 0 = none. */
  flags = 0;
  private readonly subject = new Subject<KeyEvent>();
  readonly events$: Observable<KeyEvent> = this.subject.asObservable();

  emit(eventClass: KeyEventClass, name: string, db: number, bytes: Uint8Array, at: number, length: number): void {
    this.subject.next({ class: eventClass, name, db, bytes, at, length });
  }
}
