/**
 * Watched keys: who has to be told that a key has changed (WATCH), so that its transaction comes to nothing.
 *
 * In:  WATCH, and what the keyspace says of keys that change. Out: `client.dirty`.
 * Memory: a copy of each key that is watched, once per database.
 *
 * A change looks its key up by the hash that the entry has anyway, so it costs the same however many keys and clients
 * there are; without a watched key it costs one look at a number.
 *
 * A key that was past its time already when it was watched is as good as missing: that it is removed changes nothing.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import { MISSING } from '../keyspace/database.ts';
import { HASH } from '../keyspace/entry.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Client } from '../net/client.ts';

/** One key of one database, and who watches it. */
interface WatchedKey {
  readonly db: Database;
  readonly hash: number;
  readonly bytes: Uint8Array;
  /** The clients, each with whether the key was past its time when it was watched. */
  readonly watchers: Map<Client, boolean>;
}

const sameBytes = (key: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean => {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[at + i]) return false;
  return true;
};

export class WatchedKeys {
  private readonly keyspace: Keyspace;
  /** By hash; those whose hashes are the same in one list. */
  private readonly keys = new Map<number, WatchedKey[]>();
  private readonly clients = new Map<Client, WatchedKey[]>();

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
    keyspace.onTouched = (db, ref) => this.touched(db, ref);
    keyspace.onReplaced = (db, by) => this.replaced(db, by);
  }

  /** Watches a key for a client, which may watch it already. */
  watch(client: Client, db: Database, bytes: Uint8Array, at: number, length: number): void {
    const hash = this.keyspace.dict.hash(bytes, at, length);
    let key = this.find(db, hash, bytes, at, length);
    if (key === undefined) {
      key = { db, hash, bytes: bytes.slice(at, at + length), watchers: new Map() };
      const others = this.keys.get(hash);
      if (others === undefined) this.keys.set(hash, [key]);
      else others.push(key);
      this.keyspace.watching++;
    } else if (key.watchers.has(client)) {
      return;
    }
    key.watchers.set(client, isExpiredIn(db, key));
    const watched = this.clients.get(client);
    if (watched === undefined) this.clients.set(client, [key]);
    else watched.push(key);
  }

  /** The client watches nothing any more. What it has heard stays with it. */
  forget(client: Client): void {
    const watched = this.clients.get(client);
    if (watched === undefined) return;
    this.clients.delete(client);
    for (const key of watched) {
      key.watchers.delete(client);
      if (key.watchers.size === 0) this.drop(key);
    }
  }

  /** Whether the time of a key came after the client began to watch it, and nobody has removed it yet. */
  hasExpired(client: Client): boolean {
    const watched = this.clients.get(client) ?? [];
    return watched.some((key) => key.watchers.get(client) === false && isExpiredIn(key.db, key));
  }

  /** How many keys a client watches. */
  countOf(client: Client): number {
    return this.clients.get(client)?.length ?? 0;
  }

  private touched(db: Database, ref: number): void {
    const { keyspace } = this;
    const candidates = this.keys.get(keyspace.arena.words[ref >>> 16][((ref & 0xffff) << 2) + HASH]);
    if (candidates === undefined) return;
    const { lens } = keyspace;
    lens.loadKey(ref);
    for (const key of candidates) {
      if (key.db !== db || !sameBytes(key.bytes, lens.keyBytes, lens.keyAt, lens.keyLength)) continue;
      // Nobody changes a key past its time but by removing it.
      const goes = db.isExpired(ref);
      for (const [client, wasExpired] of key.watchers) {
        if (wasExpired && goes) key.watchers.set(client, false);
        else this.soil(client);
      }
      return;
    }
  }

  /** Every key that is here, or comes in the place of one, changes. Watched keys are few, databases are not. */
  private replaced(db: Database, by: Database | undefined): void {
    for (const key of [...this.keys.values()].flat()) {
      if (key.db !== db) continue;
      const isHere = find(db, key) !== MISSING;
      const comes = by !== undefined && find(by, key) !== MISSING;
      if (!isHere && !comes) continue;
      const comesExpired = comes && isExpiredIn(by, key);
      for (const [client, wasExpired] of key.watchers) {
        // It was missing for the client, and still is.
        if (wasExpired && !comes) key.watchers.set(client, false);
        else if (comesExpired && (wasExpired || !isHere)) key.watchers.set(client, true);
        else this.soil(client);
      }
    }
  }

  /** The client's transaction has come to nothing; there is no need to watch on. */
  private soil(client: Client): void {
    client.dirty = true;
    this.forget(client);
  }

  private find(db: Database, hash: number, bytes: Uint8Array, at: number, length: number): WatchedKey | undefined {
    return this.keys.get(hash)?.find((key) => key.db === db && sameBytes(key.bytes, bytes, at, length));
  }

  private drop(key: WatchedKey): void {
    this.keyspace.watching--;
    const others = (this.keys.get(key.hash) ?? []).filter((other) => other !== key);
    if (others.length === 0) this.keys.delete(key.hash);
    else this.keys.set(key.hash, others);
  }
}

const find = (db: Database, { hash, bytes }: WatchedKey): number =>
  db.keyspace.dict.find(db.header, hash, bytes, 0, bytes.length);

const isExpiredIn = (db: Database, key: WatchedKey): boolean => {
  const ref = find(db, key);
  return ref !== MISSING && db.isExpired(ref);
};
