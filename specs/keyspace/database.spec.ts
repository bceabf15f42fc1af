/**
 * Databases against Maps: values that grow and shrink over every border of the layout, expiries that come and go, keys
 * that move and are copied, in two databases over one arena.
 */
import test from 'ava';
import fc from 'fast-check';
import { type Database, MISSING, NO_EXPIRY } from '../../src/keyspace/database.ts';
import { Encoding, Type } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { seededRandom } from '../support/seeded-random.ts';

interface Value {
  readonly bytes: Buffer;
  readonly encoding: Encoding;
  readonly expireAtMs: number;
}

const newKeyspace = (): Keyspace => new Keyspace({ databases: 2, random: seededRandom(1), hashKey: [1, 2] });

/** Keys at the borders of the narrow and the wide form. */
const KEYS = [0, 1, 16, 254, 255, 256, 3000].map((length, i) => Buffer.alloc(length, 97 + i));
const key = fc.nat(KEYS.length - 1);

/** Around one byte of length (255), the longest inline value (2048) and the longest block in a span (512 KiB). */
const valueLength = fc.oneof(
  { weight: 4, arbitrary: fc.nat(80) },
  { weight: 4, arbitrary: fc.integer({ min: 250, max: 260 }) },
  { weight: 4, arbitrary: fc.integer({ min: 2040, max: 2056 }) },
  { weight: 2, arbitrary: fc.nat(6000) },
  { weight: 1, arbitrary: fc.integer({ min: 524_280, max: 524_296 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_048_576, 1_100_000) },
);

const encoding = fc.constantFrom(Encoding.Raw, Encoding.Int, Encoding.EmbStr);

const change = fc.record({
  kind: fc.constantFrom('store', 'store', 'grow', 'expire', 'expire', 'persist', 'remove', 'move', 'copy'),
  key,
  other: key,
  db: fc.nat(1),
  otherDb: fc.nat(1),
  length: valueLength,
  encoding,
  keep: fc.boolean(),
  slack: fc.boolean(),
  expires: fc.boolean(),
  expireAtMs: fc.nat(1_000_000),
});

type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

class Pair {
  readonly keyspace = newKeyspace();
  readonly models: readonly Map<number, Value>[] = [new Map(), new Map()];
  private stamp = 0;

  find(db: number, index: number): number {
    const bytes = KEYS[index];
    return this.keyspace.databases[db].findKey(bytes, 0, bytes.length);
  }

  apply(change: Change): void {
    const { kind, key: index, other, db: dbIndex, otherDb } = change;
    const db = this.keyspace.databases[dbIndex];
    const model = this.models[dbIndex];
    const ref = this.find(dbIndex, index);
    const value = model.get(index);
    if ((ref === MISSING) !== (value === undefined))
      throw new Error(`key ${index} is ${ref === MISSING ? 'not ' : ''}there`);
    if (kind === 'store') {
      this.store(db, model, ref, change);
    } else if (ref === MISSING || value === undefined) {
      return;
    } else if (kind === 'grow') {
      this.store(db, model, ref, {
        ...change,
        length: value.bytes.length + (change.length % 300),
        keep: true,
        slack: true,
      });
    } else if (kind === 'expire') {
      db.setExpiry(ref, change.expireAtMs);
      model.set(index, { ...value, expireAtMs: change.expireAtMs });
    } else if (kind === 'persist') {
      if (db.clearExpiry(ref) !== (value.expireAtMs !== NO_EXPIRY)) throw new Error('clearExpiry told a lie');
      model.set(index, { ...value, expireAtMs: NO_EXPIRY });
    } else if (kind === 'remove') {
      db.remove(ref);
      model.delete(index);
    } else {
      if (this.find(otherDb, other) !== MISSING) return;
      const bytes = KEYS[other];
      const target = this.keyspace.databases[otherDb];
      if (kind === 'move') {
        db.moveTo(ref, target, bytes, 0, bytes.length);
        model.delete(index);
      } else {
        db.copyTo(ref, target, bytes, 0, bytes.length);
      }
      this.models[otherDb].set(other, value);
    }
  }

  private store(db: Database, model: Map<number, Value>, ref: number, change: Change): void {
    const { key: index, length, encoding: tag, keep, slack, expires } = change;
    const old = model.get(index);
    const fill = ++this.stamp & 0xff;
    let kept = 0;
    if (ref === MISSING) {
      db.create(KEYS[index], 0, KEYS[index].length, length, Type.String, tag, expires);
    } else {
      if (db.resize(ref, length, tag, keep, slack) !== this.find(db.index, index))
        throw new Error('resize lost the entry');
      kept = keep && old !== undefined ? Math.min(old.bytes.length, length) : 0;
    }
    if (db.valueLength !== length) throw new Error(`room for ${db.valueLength} instead of ${length} bytes`);
    db.valueBytes.fill(fill, db.valueAt + kept, db.valueAt + length);
    const bytes = Buffer.alloc(length, fill);
    old?.bytes.copy(bytes, 0, 0, kept);
    model.set(index, { bytes, encoding: tag, expireAtMs: old?.expireAtMs ?? NO_EXPIRY });
  }

  check(): void {
    for (const [dbIndex, model] of this.models.entries()) {
      const db = this.keyspace.databases[dbIndex];
      if (db.size !== model.size) throw new Error(`db ${dbIndex} has ${db.size} keys instead of ${model.size}`);
      const expiring = [...model.values()].filter((value) => value.expireAtMs !== NO_EXPIRY);
      if (db.expiries.count !== expiring.length) throw new Error('the expiry index has another size');
      const earliest = Math.min(Number.POSITIVE_INFINITY, ...expiring.map((value) => value.expireAtMs));
      if (db.expiries.earliestMs() !== earliest) throw new Error('the expiry index has another minimum');
      for (const [index, value] of model) this.checkEntry(db, index, value);
    }
  }

  private checkEntry(db: Database, index: number, value: Value): void {
    const ref = this.find(db.index, index);
    if (ref === MISSING) throw new Error(`key ${index} is lost`);
    db.loadKey(ref);
    const { keyBytes, keyAt, keyLength } = db;
    if (!KEYS[index].equals(keyBytes.subarray(keyAt, keyAt + keyLength))) throw new Error(`key ${index} is damaged`);
    db.loadValue(ref);
    const { valueBytes, valueAt, valueLength: length } = db;
    if (!value.bytes.equals(valueBytes.subarray(valueAt, valueAt + length)))
      throw new Error(`value ${index} is damaged`);
    if (db.encoding(ref) !== value.encoding || db.type(ref) !== Type.String)
      throw new Error('another type or encoding');
    if (db.expireAtMs(ref) !== value.expireAtMs) throw new Error(`expires at ${db.expireAtMs(ref)}`);
    if (db.memoryBytes(ref) < length + keyLength) throw new Error('memoryBytes is too small');
  }
}

test('two databases behave as Maps of values with an expiry, and return their memory', (t) => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
      const pair = new Pair();
      const before = pair.keyspace.arena.usedBytes;
      for (const step of changes) pair.apply(step);
      pair.check();
      for (const [dbIndex, model] of pair.models.entries()) {
        for (const index of model.keys()) pair.keyspace.databases[dbIndex].remove(pair.find(dbIndex, index));
      }
      const left = pair.keyspace.databases.reduce((sum, db) => sum + db.expiries.count + db.size, 0);
      for (const db of pair.keyspace.databases) db.expiries.destroy();
      // The tables may have grown by a few buckets.
      return left === 0 && pair.keyspace.arena.usedBytes - before <= 256;
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('a value that grows byte by byte is seldom moved', (t) => {
  const keyspace = newKeyspace();
  const db = keyspace.databases[0];
  const bytes = Buffer.from('key');
  let ref = db.create(bytes, 0, 3, 1, Type.String, Encoding.Raw);
  let moves = 0;
  for (let length = 2; length <= 20_000; length++) {
    const next = db.resize(ref, length, Encoding.Raw, true, true);
    if (next !== ref) moves++;
    ref = next;
  }
  t.true(moves <= 16, `${moves} moves`);
});

test('a flushed database gives everything back, slice by slice', (t) => {
  const keyspace = newKeyspace();
  const [db] = keyspace.databases;
  const before = keyspace.arena.usedBytes;
  for (let i = 0; i < 5000; i++) {
    const bytes = Buffer.from(`key:${i}`);
    const ref = db.create(bytes, 0, bytes.length, i % 3000, Type.String, Encoding.Raw);
    if (i % 2 === 0) db.setExpiry(ref, i);
  }
  t.is(keyspace.flush(db), 5000);
  t.is(db.size, 0);
  t.is(db.expiries.earliestMs(), Number.POSITIVE_INFINITY);
  let slices = 0;
  while (keyspace.reclaim(100)) slices++;
  t.true(slices >= 50);
  t.is(keyspace.arena.usedBytes, before);
});

test('the keys that are over are removed, the oldest first, as many as asked for', (t) => {
  const keyspace = newKeyspace();
  const told: string[] = [];
  keyspace.onExpired = (db) => {
    told.push(`${db.index}:${Buffer.from(db.keyBytes.slice(db.keyAt, db.keyAt + db.keyLength)).toString()}`);
  };
  for (const [name, index, ms] of [
    ['c', 0, 30],
    ['a', 0, 10],
    ['b', 0, 20],
    ['d', 1, 5],
    ['e', 1, 50],
  ] as const) {
    const db = keyspace.databases[index];
    db.setExpiry(db.create(Buffer.from(name), 0, 1, 0, Type.String, Encoding.Raw), ms);
  }
  keyspace.setNow(31);
  t.is(keyspace.earliestExpiryMs(), 5);
  t.is(keyspace.expireDue(2), 2);
  t.is(keyspace.expireDue(100), 2);
  t.deepEqual(told, ['0:a', '0:b', '0:c', '1:d']);
  t.is(keyspace.earliestExpiryMs(), 50);
  t.is(keyspace.expired, 4);
});
