/**
 * Law 7: the off-heap table behaves as a Map, and SCAN returns every element that was there throughout, whatever is
 * inserted, deleted or resized meanwhile.
 */
import test from 'ava';
import fc from 'fast-check';
import { type Database, MISSING } from '../../src/keyspace/database.ts';
import { Encoding, Type } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { seededRandom } from '../support/seeded-random.ts';

const newKeyspace = (seed = 1): Keyspace =>
  new Keyspace({ databases: 1, random: seededRandom(seed), hashKey: [seed, ~seed] });

/** A table with numbers for keys; a value is the number of the change that set it. */
class Table {
  readonly keyspace: Keyspace;
  readonly db: Database;

  constructor(keyspace = newKeyspace()) {
    this.keyspace = keyspace;
    this.db = keyspace.databases[0];
  }

  private find(key: number): number {
    const bytes = Buffer.from(`key:${key}`);
    return this.db.findKey(bytes, 0, bytes.length);
  }

  set(key: number, value: number): void {
    const { db } = this;
    const text = Buffer.from(String(value));
    const bytes = Buffer.from(`key:${key}`);
    const ref = this.find(key);
    if (ref === MISSING) db.create(bytes, 0, bytes.length, text.length, Type.String, Encoding.Raw);
    else db.resize(ref, text.length, Encoding.Raw, false, false);
    db.valueBytes.set(text, db.valueAt);
  }

  get(key: number): number | undefined {
    const ref = this.find(key);
    if (ref === MISSING) return undefined;
    this.db.loadValue(ref);
    const { valueBytes, valueAt, valueLength } = this.db;
    return Number(Buffer.from(valueBytes.slice(valueAt, valueAt + valueLength)).toString());
  }

  delete(key: number): boolean {
    const ref = this.find(key);
    if (ref !== MISSING) this.db.remove(ref);
    return ref !== MISSING;
  }

  keyOf(ref: number): number {
    this.db.loadKey(ref);
    const { keyBytes, keyAt, keyLength } = this.db;
    return Number(Buffer.from(keyBytes.slice(keyAt + 4, keyAt + keyLength)).toString());
  }

  /** One step of a scan: the keys it visits, and the next cursor. */
  scan(cursor: number): { readonly next: number; readonly keys: number[] } {
    const keys: number[] = [];
    const next = this.keyspace.dict.scan(this.db.header, cursor, (ref) => keys.push(this.keyOf(ref)));
    return { next, keys };
  }

  scanAll(): number[] {
    const keys: number[] = [];
    let cursor = 0;
    do {
      const step = this.scan(cursor);
      keys.push(...step.keys);
      cursor = step.next;
    } while (cursor !== 0);
    return keys;
  }
}

/** A change of a run of keys: many at once, so that the table grows and shrinks over all its borders. */
const change = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete', 'delete'),
  first: fc.nat(600),
  count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 600 })),
});

test('it behaves as a Map while it grows and shrinks', (t) => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40, size: 'max' }), fc.nat(), (changes, seed) => {
      const table = new Table(newKeyspace(seed));
      const model = new Map<number, number>();
      for (const [number, { kind, first, count }] of changes.entries()) {
        for (let key = first; key < first + count; key++) {
          if (kind === 'set') {
            table.set(key, number);
            model.set(key, number);
          } else if (table.delete(key) !== model.delete(key)) {
            throw new Error(`key ${key} was ${model.has(key) ? '' : 'not '}there`);
          }
        }
        if (table.db.size !== model.size) throw new Error(`size ${table.db.size} instead of ${model.size}`);
      }
      for (let key = 0; key < 1200; key++) {
        if (table.get(key) !== model.get(key))
          throw new Error(`key ${key} is ${table.get(key)}, not ${model.get(key)}`);
      }
      const scanned = table.scanAll().sort((a, b) => a - b);
      const expected = [...model.keys()].sort((a, b) => a - b);
      if (scanned.join() !== expected.join()) throw new Error('a scan at rest meets every key once');
      return true;
    }),
  );
  t.pass();
});

test('SCAN returns whatever was there throughout, and nothing that never was', (t) => {
  const meanwhile = fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), meanwhile, fc.nat(), (stay, batches, seed) => {
      const table = new Table(newKeyspace(seed));
      // Keys that stay are negative, those that come and go are not.
      for (let i = 1; i <= stay; i++) table.set(-i, 0);
      const ever = new Set<number>();
      const seen = new Set<number>();
      let cursor = 0;
      let steps = 0;
      do {
        const step = table.scan(cursor);
        for (const key of step.keys) seen.add(key);
        cursor = step.next;
        for (const { kind, first, count } of batches[steps] ?? []) {
          for (let key = first; key < first + count; key++) {
            if (kind === 'set') {
              table.set(key, 0);
              ever.add(key);
            } else {
              table.delete(key);
            }
          }
        }
        if (++steps > 100_000) throw new Error('the scan does not end');
      } while (cursor !== 0);
      for (let i = 1; i <= stay; i++) if (!seen.has(-i)) throw new Error(`key ${-i} was there throughout`);
      for (const key of seen) if (key >= 0 && !ever.has(key)) throw new Error(`key ${key} was never there`);
      return true;
    }),
  );
  t.pass();
});

test('a table of two hundred thousand keys keeps its chains short and returns its memory', (t) => {
  const table = new Table();
  const { dict, arena } = table.keyspace;
  const before = arena.usedBytes;
  const count = 200_000;
  for (let key = 0; key < count; key++) table.set(key, key);
  t.is(table.db.size, count);
  const buckets = dict.bucketCount(table.db.header);
  t.true(buckets >= count && buckets <= count * 2 + 1);
  for (let key = 0; key < count; key += 997) t.is(table.get(key), key);
  t.is(new Set(table.scanAll()).size, count);

  for (let key = 0; key < count; key++) table.delete(key);
  t.is(table.db.size, 0);
  t.true(dict.bucketCount(table.db.header) <= 4);
  // The first segment keeps the size it had grown to; directory and all other segments are given back or kept small.
  t.true(arena.usedBytes - before < 64 * 1024, `${arena.usedBytes - before} bytes are still used`);
});

test('a sample is any of the keys', (t) => {
  const table = new Table();
  t.is(table.keyspace.dict.sample(table.db.header, Math.random), 0);
  for (let key = 0; key < 50; key++) table.set(key, key);
  const random = seededRandom(7);
  const seen = new Set<number>();
  for (let i = 0; i < 2000; i++) seen.add(table.keyOf(table.keyspace.dict.sample(table.db.header, random)));
  t.is(seen.size, 50);
});
