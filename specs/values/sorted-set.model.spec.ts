/**
 * Sorted sets against the simplest model: a Map from member to score. Limits are low, so that sets change their encoding
 * often; the bytes of a packed set are compared with a listpack written from nothing.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { type Database, MISSING } from '../../src/keyspace/database.ts';
import { Encoding } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { isSoundListpack } from '../../src/keyspace/listpack.ts';
import {
  createSortedSet,
  expectMembers,
  findMember,
  MemberCursor,
  memberCount,
  membersBelow,
  membersBelowLex,
  membersUpTo,
  membersUpToLex,
  putFound,
  rankOfFound,
  removeFound,
  removeRange,
  SortedSetBuilder,
} from '../../src/values/sorted-set.ts';
import { seededRandom } from '../support/seeded-random.ts';

type Pair = readonly [member: string, score: number];

const order = ([a, x]: Pair, [b, y]: Pair): number => (x < y ? -1 : x > y ? 1 : Buffer.compare(bytesOf(a), bytesOf(b)));
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const KEY = bytesOf('key');
const ENTRIES_MAX = 12;
const VALUE_BYTES_MAX = 10;

const newKeyspace = (): Keyspace => {
  const keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [3, 4] });
  keyspace.limits.zsetEntries = ENTRIES_MAX;
  keyspace.limits.zsetValueBytes = VALUE_BYTES_MAX;
  return keyspace;
};

const cursor = new MemberCursor();

/** Up from a rank, or down from it. */
const read = (db: Database, ref: number, rank: number, reverse: boolean): Pair[] => {
  const pairs: Pair[] = [];
  cursor.open(db, ref, rank, reverse);
  while (cursor.next()) {
    const member = Buffer.from(cursor.bytes.slice(cursor.at, cursor.at + cursor.length)).toString('latin1');
    pairs.push([member, cursor.score]);
  }
  return pairs;
};

/** The real thing beside the model. */
class Subject {
  readonly keyspace = newKeyspace();
  readonly db = this.keyspace.databases[0];
  readonly usedBefore = this.keyspace.arena.usedBytes;
  readonly model = new Map<string, number>();
  ref = MISSING;
  /** Whether it has been more than a listpack holds since it was made. */
  isLarge = false;

  find(member: string): number {
    const bytes = bytesOf(member);
    return findMember(this.db, this.ref, bytes, 0, bytes.length);
  }

  create(members: number, memberBytes: number): void {
    if (this.ref !== MISSING) return;
    this.ref = createSortedSet(this.db, KEY, 0, KEY.length, members, memberBytes);
    this.isLarge = members > ENTRIES_MAX || memberBytes > VALUE_BYTES_MAX;
  }

  put(member: string, score: number): void {
    this.create(1, member.length);
    const old = this.find(member);
    assert.equal(old, this.model.get(member) ?? Number.NaN);
    this.ref = putFound(this.db, score);
    if (old !== score) {
      // A listpack keeps -0 as 0.
      const isAdded = Number.isNaN(old);
      if (isAdded && (this.model.size >= ENTRIES_MAX || member.length > VALUE_BYTES_MAX)) this.isLarge = true;
      this.model.set(member, score === 0 && !this.isLarge ? 0 : score);
    }
    assert.equal(this.find(member), this.model.get(member));
  }

  remove(member: string): void {
    if (this.ref === MISSING) return;
    const old = this.find(member);
    assert.equal(old, this.model.get(member) ?? Number.NaN);
    if (Number.isNaN(old)) return;
    this.ref = removeFound(this.db);
    this.model.delete(member);
    this.dropIfEmpty();
  }

  dropIfEmpty(): void {
    if (this.ref === MISSING || this.model.size > 0) return;
    assert.equal(memberCount(this.db, this.ref), 0);
    this.db.remove(this.ref);
    this.ref = MISSING;
    while (this.keyspace.reclaim(1000));
    // The dictionary of keys keeps its few buckets.
    assert.equal(this.keyspace.arena.usedBytes, this.usedBefore);
  }

  get sorted(): Pair[] {
    return [...this.model].sort(order);
  }

  check(): void {
    const { db, ref, keyspace } = this;
    if (ref === MISSING) return;
    const all = this.sorted;
    assert.equal(memberCount(db, ref), all.length);
    assert.equal(db.encoding(ref), this.isLarge ? Encoding.SkipList : Encoding.ListPack);
    assert.deepEqual(read(db, ref, 0, false), all);
    assert.deepEqual(read(db, ref, all.length - 1, true), all.toReversed());
    if (this.isLarge) return;
    db.loadValue(ref);
    assert.ok(isSoundListpack(db.valueBytes, db.valueAt, db.valueLength));
    const written = Buffer.from(db.valueBytes.slice(db.valueAt, db.valueAt + db.valueLength));
    // The same members, put together in one go.
    const other = newKeyspace();
    other.limits.zsetEntries = keyspace.limits.zsetEntries + 1;
    const builder = new SortedSetBuilder().begin(other.databases[0]);
    for (const [member, score] of this.model) builder.add(bytesOf(member), 0, member.length, score);
    const [otherDb] = other.databases;
    otherDb.loadValue(builder.finish(KEY, 0, KEY.length));
    const { valueBytes, valueAt, valueLength } = otherDb;
    assert.deepEqual(Buffer.from(valueBytes.slice(valueAt, valueAt + valueLength)), written);
  }
}

const members = fc.oneof(
  fc.nat(30).map((n) => `m${n}`),
  fc.nat(30).map(String),
  fc.constantFrom('', '-1', '007', '9223372036854775807', '70000', '-3000000', '\0', '\xff', 'a member past 10'),
);
const scores = fc.oneof(
  { arbitrary: fc.integer({ min: -5, max: 5 }), weight: 4 },
  { arbitrary: fc.double({ noNaN: true, min: -3, max: 3 }), weight: 2 },
  { arbitrary: fc.double({ noNaN: true }), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      2 ** 53 + 2,
      -(2 ** 61),
      2 ** 62,
      2 ** 63,
      1e-7,
      5e-324,
      1.7976931348623157e308,
      0.1 + 0.2,
      9223372036854775000,
    ),
    weight: 2,
  },
);

interface Step {
  readonly text: string;
  readonly run: (subject: Subject) => void;
}
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(members, scores).map(([member, score]) => ({
      text: `put ${JSON.stringify(member)} ${score}`,
      run: (s: Subject) => s.put(member, score),
    })),
  },
  {
    weight: 4,
    arbitrary: members.map((member) => ({
      text: `remove ${JSON.stringify(member)}`,
      run: (s: Subject) => s.remove(member),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(30), fc.nat(30)).map(([start, count]) => ({
      text: `removeRange ${start} ${count}`,
      run: (s: Subject) => {
        const all = s.sorted;
        const real = Math.min(count, all.length - start);
        if (s.ref === MISSING || real <= 0) return;
        s.ref = removeRange(s.db, s.ref, start, real);
        for (const [member] of all.slice(start, start + real)) s.model.delete(member);
        s.dropIfEmpty();
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(15).map((count) => ({
      text: `expect ${count}`,
      run: (s: Subject) => {
        if (s.ref === MISSING) return;
        s.ref = expectMembers(s.db, s.ref, count);
        if (count > ENTRIES_MAX) s.isLarge = true;
      },
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(scores, members, fc.nat(40)).map(([score, member, rank]) => ({
      text: `look ${score} ${JSON.stringify(member)} ${rank}`,
      run: (s: Subject) => {
        if (s.ref === MISSING) return;
        const all = s.sorted;
        assert.equal(membersBelow(s.db, s.ref, score), all.filter(([, there]) => there < score).length);
        assert.equal(membersUpTo(s.db, s.ref, score), all.filter(([, there]) => there <= score).length);
        assert.deepEqual(read(s.db, s.ref, rank, false), all.slice(rank));
        assert.deepEqual(read(s.db, s.ref, rank, true), rank < all.length ? all.slice(0, rank + 1).reverse() : []);
        if (!Number.isNaN(s.find(member))) {
          assert.equal(
            rankOfFound(s.db),
            all.findIndex(([there]) => there === member),
          );
        }
      },
    })),
  },
);

const programs = fc.array(
  steps.map((step) => ({ ...step, toString: () => step.text })),
  { maxLength: 80, size: 'max' },
);

test('a sorted set behaves as a map in order, in each encoding, and gives its memory back', (t) => {
  fc.assert(
    fc.property(programs, (program) => {
      const subject = new Subject();
      for (const step of program) {
        step.run(subject);
        subject.check();
      }
      for (const member of [...subject.model.keys()]) subject.remove(member);
      assert.equal(subject.ref, MISSING);
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('bounds by member alone, where all scores are equal', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(members, { maxLength: 30, size: 'max' }),
      fc.array(members, { maxLength: 10 }),
      (list, bounds) => {
        const subject = new Subject();
        for (const member of list) subject.put(member, 3);
        if (subject.ref === MISSING) return;
        const { db, ref } = subject;
        for (const bound of bounds) {
          const bytes = bytesOf(bound);
          const comparisons = list.map((member) => Buffer.compare(bytesOf(member), bytes));
          assert.equal(membersBelowLex(db, ref, bytes, 0, bytes.length), comparisons.filter((c) => c < 0).length);
          assert.equal(membersUpToLex(db, ref, bytes, 0, bytes.length), comparisons.filter((c) => c <= 0).length);
        }
      },
    ),
  );
  t.pass();
});

test('a builder ends in the encoding that Redis chooses, whatever the way there', (t) => {
  const changes = fc.array(fc.tuple(members, scores, fc.constantFrom('put', 'put', 'put', 'remove')), {
    maxLength: 40,
    size: 'max',
  });
  const builder = new SortedSetBuilder();
  fc.assert(
    fc.property(changes, fc.boolean(), fc.boolean(), (list, sortsAtOnce, finishes) => {
      const keyspace = newKeyspace();
      const [db] = keyspace.databases;
      const before = keyspace.arena.usedBytes;
      const model = new Map<string, number>();
      builder.begin(db, sortsAtOnce);
      for (const [member, score, kind] of list) {
        const bytes = bytesOf(member);
        assert.equal(builder.find(bytes, 0, bytes.length), model.get(member) ?? Number.NaN);
        if (kind === 'put') {
          builder.put(score);
          model.set(member, score);
        } else if (model.delete(member)) {
          builder.removeFound();
        }
        assert.equal(builder.count, model.size);
      }
      const isLarge = model.size > ENTRIES_MAX || [...model.keys()].some((member) => member.length > VALUE_BYTES_MAX);
      const pairs = [...model].sort(order);
      if (finishes) {
        const ref = builder.finish(KEY, 0, KEY.length);
        if (model.size === 0) assert.equal(ref, MISSING);
        else {
          assert.equal(db.encoding(ref), isLarge ? Encoding.SkipList : Encoding.ListPack);
          const expected = pairs.map(([member, score]): Pair => [member, isLarge || score !== 0 ? score : 0]);
          assert.deepEqual(read(db, ref, 0, false), expected);
          db.remove(ref);
        }
      } else {
        builder.sort();
        const built: Pair[] = [];
        cursor.openBuilt(builder, 0, false);
        while (cursor.next()) {
          const member = Buffer.from(cursor.bytes.slice(cursor.at, cursor.at + cursor.length)).toString('latin1');
          built.push([member, cursor.score]);
        }
        assert.deepEqual(built, pairs);
        builder.discard();
      }
      while (keyspace.reclaim(1000));
      assert.equal(keyspace.arena.usedBytes, before);
    }),
  );
  t.pass();
});
