/**
 * Sorted sets from RDB input: every encoding of every version is read, what cannot be one is refused, and whatever was
 * made of damaged bytes is a sorted set in order.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import test from 'ava';
import fc from 'fast-check';
import { MISSING } from '../../../src/keyspace/database.ts';
import { Digest, digestEntry } from '../../../src/keyspace/digest.ts';
import { Encoding } from '../../../src/keyspace/entry.ts';
import { Keyspace } from '../../../src/keyspace/keyspace.ts';
import { dump, read } from '../../../src/persistence/rdb/dump.ts';
import { findMember, MemberCursor, memberCount, putFound, SortedSetBuilder } from '../../../src/values/sorted-set.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const TEXT_SCORES = 3;
const BINARY_SCORES = 5;
const ZIPLIST = 12;
const LISTPACK = 17;

type Pair = readonly [member: string, score: number];

const KEY = Buffer.from('key');
const FOOTER = Buffer.alloc(10);

const newKeyspace = (entriesMax = 128): Keyspace => {
  const keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [5, 6] });
  keyspace.limits.zsetEntries = entriesMax;
  return keyspace;
};

const short = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);

const textScore = (score: number): Buffer => {
  if (Number.isNaN(score)) return Buffer.of(253);
  if (score === Number.POSITIVE_INFINITY) return Buffer.of(254);
  return score === Number.NEGATIVE_INFINITY ? Buffer.of(255) : short(String(score));
};

const binaryScore = (score: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(score);
  return bytes;
};

const pairwise = (type: number, pairs: readonly Pair[], count = pairs.length): Buffer =>
  Buffer.concat([
    Buffer.of(type, count),
    ...pairs.flatMap(([member, score]) => [
      short(member),
      type === TEXT_SCORES ? textScore(score) : binaryScore(score),
    ]),
  ]);

/** A listpack of short strings and small integers, in any order, with any number of elements. */
const listpack = (row: readonly (string | number)[]): Buffer => {
  const elements = row.map((element) => {
    if (typeof element === 'number') return Buffer.of(element, 1);
    const { length } = element;
    return Buffer.concat([Buffer.of(0x80 | length), Buffer.from(element, 'latin1'), Buffer.of(length + 1)]);
  });
  const body = Buffer.concat(elements);
  const header = Buffer.alloc(6);
  header.writeUInt32LE(body.length + 7);
  header.writeUInt16LE(row.length, 4);
  return Buffer.concat([header, body, Buffer.of(255)]);
};

/** A ziplist of short strings. */
const ziplist = (row: readonly string[]): Buffer => {
  let before = 0;
  let last = 10;
  let end = 10;
  const entries = row.map((text) => {
    const entry = Buffer.concat([Buffer.of(before), short(text)]);
    before = entry.length;
    last = end;
    end += before;
    return entry;
  });
  const header = Buffer.alloc(10);
  header.writeUInt32LE(end + 1);
  header.writeUInt32LE(last, 4);
  header.writeUInt16LE(row.length, 8);
  return Buffer.concat([header, ...entries, Buffer.of(255)]);
};

const blob = (type: number, bytes: Buffer): Buffer => {
  const { length } = bytes;
  return Buffer.concat([Buffer.of(type, 0x40 | (length >> 8), length & 255), bytes]);
};

const cursor = new MemberCursor();

const contents = (keyspace: Keyspace, ref: number): Pair[] => {
  const pairs: Pair[] = [];
  cursor.open(keyspace.databases[0], ref, 0, false);
  while (cursor.next()) {
    const member = Buffer.from(cursor.bytes.slice(cursor.at, cursor.at + cursor.length)).toString('latin1');
    pairs.push([member, cursor.score]);
  }
  return pairs;
};

/** The entry that a payload without its footer becomes, or MISSING when it is refused. */
const restored = (keyspace: Keyspace, body: Buffer): number => {
  const bytes = Buffer.concat([body, FOOTER]);
  const builder = read(bytes, 0, bytes.length, keyspace.databases[0]);
  return builder === undefined ? MISSING : builder.finish(KEY, 0, KEY.length, false);
};

const PAIRS: readonly Pair[] = [
  ['c', 2],
  ['a', Number.POSITIVE_INFINITY],
  ['12', -1.5],
  ['', Number.NEGATIVE_INFINITY],
  ['b', 2],
  ['z', 1e300],
];
const IN_ORDER: readonly Pair[] = [
  ['', Number.NEGATIVE_INFINITY],
  ['12', -1.5],
  ['b', 2],
  ['c', 2],
  ['z', 1e300],
  ['a', Number.POSITIVE_INFINITY],
];
const ROW = ['', '-inf', '12', '-1.5', 'b', '2', 'c', '2', 'z', '1e300', 'a', 'inf'];

for (const [name, body] of [
  ['scores as text', pairwise(TEXT_SCORES, PAIRS)],
  ['scores as binary', pairwise(BINARY_SCORES, PAIRS)],
  ['a ziplist', blob(ZIPLIST, ziplist(ROW))],
  ['a listpack', blob(LISTPACK, listpack(ROW.map((text) => (text === '12' || text === '2' ? Number(text) : text))))],
] as const) {
  test(`${name}: read in order, packed up to the limit and not above it`, (t) => {
    for (const [entriesMax, encoding] of [
      [6, Encoding.ListPack],
      [5, Encoding.SkipList],
    ] as const) {
      const keyspace = newKeyspace(entriesMax);
      const [db] = keyspace.databases;
      const before = keyspace.arena.usedBytes;
      const ref = restored(keyspace, body);
      t.not(ref, MISSING);
      t.is(db.encoding(ref), encoding);
      t.deepEqual(contents(keyspace, ref), [...IN_ORDER]);
      db.remove(ref);
      t.is(keyspace.arena.usedBytes, before);
    }
  });

  test(`${name}: cut anywhere it is refused, and nothing stays behind`, (t) => {
    const keyspace = newKeyspace(5);
    const before = keyspace.arena.usedBytes;
    for (let length = 0; length < body.length; length++) {
      t.is(restored(keyspace, body.subarray(0, length)), MISSING, `${length} bytes`);
      t.is(keyspace.arena.usedBytes, before);
    }
  });
}

const twice: readonly Pair[] = [
  ['a', 1],
  ['b', 2],
  ['a', 3],
];

for (const [why, body] of [
  ['a member twice, scores as text', pairwise(TEXT_SCORES, twice)],
  ['a member twice, scores as binary', pairwise(BINARY_SCORES, twice)],
  ['a member twice in a listpack', blob(LISTPACK, listpack(['a', 1, 'b', 2, 'a', 3]))],
  ['a member twice in a listpack, once as an integer', blob(LISTPACK, listpack(['7', 1, 'b', 2, 7, 3]))],
  [
    'a member twice in a long listpack',
    blob(LISTPACK, listpack([...Array.from({ length: 99 }, (_, i) => [`m${i + 1}`, i]).flat(), 'm50', 100])),
  ],
  ['a member twice in a ziplist', blob(ZIPLIST, ziplist(['a', '1', 'b', '2', 'a', '3']))],
  ['a score that is not a number, as text', pairwise(TEXT_SCORES, [['a', Number.NaN]])],
  ['a score that is not a number, as binary', pairwise(BINARY_SCORES, [['a', Number.NaN]])],
  ['a score that is no number at all, as text', Buffer.concat([Buffer.of(3, 1), short('a'), short('1.2.3')])],
  ['a score of no text', Buffer.concat([Buffer.of(3, 1), short('a'), short('')])],
  ['nan in a listpack', blob(LISTPACK, listpack(['a', 'nan']))],
  ['text for a score in a listpack', blob(LISTPACK, listpack(['a', 'b']))],
  ['text for a score in a ziplist', blob(ZIPLIST, ziplist(['a', 'b']))],
  ['scores in the wrong order', blob(LISTPACK, listpack(['a', 2, 'b', 1]))],
  ['members in the wrong order', blob(LISTPACK, listpack(['b', 1, 'a', 1]))],
  ['a member that has no score', blob(LISTPACK, listpack(['a', 1, 'b']))],
  ['a member that has no score in a ziplist', blob(ZIPLIST, ziplist(['a', '1', 'b']))],
  ['no members, scores as binary', pairwise(BINARY_SCORES, [])],
  ['no members in a listpack', blob(LISTPACK, listpack([]))],
  ['no members in a ziplist', blob(ZIPLIST, ziplist([]))],
  ['fewer members than it says', pairwise(BINARY_SCORES, PAIRS, 7)],
] as const) {
  test(`refused: ${why}`, (t) => {
    const keyspace = newKeyspace();
    const before = keyspace.arena.usedBytes;
    t.is(restored(keyspace, body), MISSING);
    while (keyspace.reclaim(1000));
    t.is(keyspace.arena.usedBytes, before);
  });
}

test('whatever a damaged payload becomes is a sorted set in order that can be changed, written and freed', (t) => {
  const keyspace = newKeyspace(8);
  const [db] = keyspace.databases;
  const before = keyspace.arena.usedBytes;
  const rows = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), fc.double({ noNaN: true })), {
    minLength: 1,
    maxLength: 12,
    selector: ([member]) => member,
  });
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  let accepted = 0;
  fc.assert(
    fc.property(rows, fc.boolean(), mutations, (pairs, isOld, changes) => {
      const builder = new SortedSetBuilder().begin(db);
      for (const [member, score] of pairs) builder.add(Buffer.from(member), 0, Buffer.byteLength(member), score);
      const ref = builder.finish(KEY, 0, KEY.length);
      const output = dump(db, ref, false);
      let body: Buffer = Buffer.from(output.buf.slice(0, output.pos - FOOTER.length));
      db.remove(ref);
      if (isOld) body = pairwise(TEXT_SCORES, pairs);
      for (const [at, byte] of changes) body[1 + (at % (body.length - 1))] = byte;
      const made = restored(keyspace, body);
      if (made !== MISSING) {
        accepted++;
        const all = contents(keyspace, made);
        assert.equal(all.length, memberCount(db, made));
        assert.equal(new Set(all.map(([member]) => member)).size, all.length);
        for (let i = 1; i < all.length; i++) {
          const [[a, x], [b, y]] = [all[i - 1], all[i]];
          assert.ok(x < y || (x === y && Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')) < 0));
        }
        digestEntry(new Digest(), db, made);
        dump(db, made, false);
        findMember(db, made, KEY, 0, KEY.length);
        db.remove(putFound(db, 0.5));
      }
      while (keyspace.reclaim(1000));
      assert.equal(keyspace.arena.usedBytes, before);
    }),
    { numRuns: process.env['FERROUS_LONG'] === '1' ? 50_000 : 3000 },
  );
  t.true(accepted > 100);
});
