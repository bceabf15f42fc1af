/**
 * Sets from RDB input: every encoding of every version is read, what cannot be one is refused, and whatever was made of
 * damaged bytes is a set.
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
import { addMember, hasMember, setSize } from '../../../src/values/set.ts';
import { SetBuilder } from '../../../src/values/set-builder.ts';
import { SetWalk } from '../../../src/values/set-walk.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const MEMBERS = 2;
const INTSET = 11;
const LISTPACK = 20;

const KEY = Buffer.from('key');
const FOOTER = Buffer.alloc(10);

interface Limits {
  readonly integers?: number;
  readonly entries?: number;
  readonly bytes?: number;
}

const newKeyspace = ({ integers = 512, entries = 128, bytes = 64 }: Limits = {}): Keyspace => {
  const keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [5, 6] });
  keyspace.limits.intsetEntries = integers;
  keyspace.limits.setEntries = entries;
  keyspace.limits.setValueBytes = bytes;
  return keyspace;
};

const short = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);

const memberwise = (members: readonly string[], count = members.length): Buffer =>
  Buffer.concat([Buffer.of(MEMBERS, count), ...members.map(short)]);

const blob = (type: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.of(type, 0x40 | (bytes.length >> 8), bytes.length & 255), bytes]);

/** A listpack of short strings and small integers, in any order. */
const listpack = (row: readonly (string | number)[], count = row.length): Buffer => {
  const elements = row.map((element) => {
    if (typeof element === 'number') return Buffer.of(element, 1);
    const { length } = element;
    return Buffer.concat([Buffer.of(0x80 | length), Buffer.from(element, 'latin1'), Buffer.of(length + 1)]);
  });
  const body = Buffer.concat(elements);
  const header = Buffer.alloc(6);
  header.writeUInt32LE(body.length + 7);
  header.writeUInt16LE(count, 4);
  return blob(LISTPACK, Buffer.concat([header, body, Buffer.of(255)]));
};

const intset = (width: number, integers: readonly bigint[], count = integers.length): Buffer => {
  const bytes = Buffer.alloc(8 + integers.length * width);
  bytes.writeUInt32LE(width, 0);
  bytes.writeUInt32LE(count, 4);
  integers.forEach((integer, i) => {
    const at = 8 + i * width;
    if (width === 8) bytes.writeBigInt64LE(integer, at);
    else bytes.writeIntLE(Number(integer), at, width);
  });
  return blob(INTSET, bytes);
};

const walk = new SetWalk();

const contents = (keyspace: Keyspace, ref: number): string[] => {
  const members: string[] = [];
  walk.over(keyspace.databases[0], ref);
  while (walk.step()) {
    members.push(Buffer.from(walk.bytes.slice(walk.at, walk.at + walk.length)).toString('latin1'));
  }
  return members.sort();
};

/** The entry that a payload without its footer becomes, or MISSING when it is refused. */
const restored = (keyspace: Keyspace, body: Buffer): number => {
  const bytes = Buffer.concat([body, FOOTER]);
  const builder = read(bytes, 0, bytes.length, keyspace.databases[0]);
  return builder === undefined ? MISSING : builder.finish(KEY, 0, KEY.length, false);
};

const MIXED = ['', '1', '12', 'abc', 'b'];
const { IntSet, ListPack, HashTable } = Encoding;

for (const [name, body, members, limits, encoding] of [
  ['members that are integers', memberwise(['3', '-1', '70000']), ['-1', '3', '70000'], {}, IntSet],
  ['as many integers as there may be', memberwise(['3', '1']), ['1', '3'], { integers: 2 }, IntSet],
  ['too many integers', memberwise(['3', '1', '2']), ['1', '2', '3'], { integers: 2 }, HashTable],
  ['members of any kind', memberwise(['b', 'abc', '', '12', '1']), MIXED, {}, ListPack],
  ['a string after integers', memberwise(['1', '12', '', 'abc', 'b']), MIXED, {}, ListPack],
  ['more members than a listpack may have', memberwise(['b', 'abc', '', '12', '1']), MIXED, { entries: 4 }, HashTable],
  ['a member that is too long', memberwise(['b', 'abc', '', '12', '1']), MIXED, { bytes: 2 }, HashTable],
  ['an intset', intset(2, [-5n, 0n, 7n]), ['-5', '0', '7'], {}, IntSet],
  ['an intset of 32 bits', intset(4, [-70_000n, 7n]), ['-70000', '7'], {}, IntSet],
  [
    'an intset of 64 bits',
    intset(8, [-(2n ** 63n), 2n ** 63n - 1n]),
    [String(-(2n ** 63n)), String(2n ** 63n - 1n)],
    {},
    IntSet,
  ],
  ['a large intset', intset(2, [-5n, 0n, 7n]), ['-5', '0', '7'], { integers: 2 }, HashTable],
  ['a listpack', listpack(['b', 'abc', '', 12, 1]), MIXED, {}, ListPack],
  ['a large listpack', listpack(['b', 'abc', '', 12, 1]), MIXED, { entries: 4 }, HashTable],
] as const) {
  test(`read: ${name}`, (t) => {
    const keyspace = newKeyspace(limits);
    const [db] = keyspace.databases;
    const before = keyspace.arena.usedBytes;
    const ref = restored(keyspace, body);
    t.not(ref, MISSING);
    t.is(Encoding[db.encoding(ref)], Encoding[encoding]);
    t.deepEqual(contents(keyspace, ref), [...members].sort());
    db.remove(ref);
    t.is(keyspace.arena.usedBytes, before);
  });

  test(`cut anywhere it is refused, and nothing stays behind: ${name}`, (t) => {
    const keyspace = newKeyspace(limits);
    const before = keyspace.arena.usedBytes;
    for (let length = 0; length < body.length; length++) {
      t.is(restored(keyspace, body.subarray(0, length)), MISSING, `${length} bytes`);
      t.is(keyspace.arena.usedBytes, before);
    }
  });
}

for (const [why, body] of [
  ['a member twice', memberwise(['a', 'b', 'a'])],
  ['an integer twice', memberwise(['1', '2', '1'])],
  ['an integer twice, and a string', memberwise(['1', 'a', '1'])],
  ['a member twice in a listpack', listpack(['a', 'b', 'a'])],
  ['a member twice in a listpack, once as an integer', listpack(['7', 'b', 7])],
  ['a member twice in a long listpack', listpack([...Array.from({ length: 99 }, (_, i) => `m${i}`), 'm50'])],
  ['a listpack of another count', listpack(['a', 'b'], 3)],
  ['integers that are not in order', intset(2, [1n, 3n, 2n])],
  ['an integer twice in an intset', intset(2, [1n, 2n, 2n])],
  ['integers of 64 bits that are not in order', intset(8, [2n ** 40n, 1n])],
  ['an intset of another count', intset(2, [1n, 2n], 3)],
  ['an intset of a width that there is not', intset(3, [1n, 2n])],
  ['no members', memberwise([])],
  ['no members in a listpack', listpack([])],
  ['no integers in an intset', intset(2, [])],
  ['an intset of no bytes', blob(INTSET, Buffer.alloc(0))],
  ['a listpack of no bytes', blob(LISTPACK, Buffer.alloc(0))],
  ['fewer members than it says', memberwise(['a', 'b'], 3)],
] as const) {
  test(`refused: ${why}`, (t) => {
    for (const limits of [{}, { integers: 1, entries: 1 }]) {
      const keyspace = newKeyspace(limits);
      const before = keyspace.arena.usedBytes;
      t.is(restored(keyspace, body), MISSING);
      while (keyspace.reclaim(1000));
      t.is(keyspace.arena.usedBytes, before);
    }
  });
}

test('whatever a damaged payload becomes is a set that can be changed, written and freed', (t) => {
  const keyspace = newKeyspace({ integers: 6, entries: 8 });
  const [db] = keyspace.databases;
  const before = keyspace.arena.usedBytes;
  const member = fc.oneof(fc.string({ maxLength: 5 }), fc.integer().map(String), fc.nat(20).map(String));
  const rows = fc.oneof(
    fc.uniqueArray(member, { minLength: 1, maxLength: 12 }),
    fc.uniqueArray(fc.integer().map(String), { minLength: 1, maxLength: 6 }),
  );
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  let accepted = 0;
  fc.assert(
    fc.property(rows, fc.boolean(), mutations, (members, asListpack, changes) => {
      const builder = new SetBuilder().begin(keyspace, Encoding.IntSet);
      for (const one of members) builder.add(Buffer.from(one), 0, Buffer.byteLength(one));
      const ref = builder.finish(db, KEY, 0, KEY.length);
      const output = dump(db, ref, false);
      let body: Buffer = Buffer.from(output.buf.slice(0, output.pos - FOOTER.length));
      db.remove(ref);
      if (asListpack) body = listpack(members);
      for (const [at, byte] of changes) body[1 + (at % (body.length - 1))] = byte;
      const made = restored(keyspace, body);
      if (made !== MISSING) {
        accepted++;
        const all = contents(keyspace, made);
        assert.equal(all.length, setSize(db, made));
        assert.equal(new Set(all).size, all.length);
        for (const one of all) assert.ok(hasMember(db, made, Buffer.from(one, 'latin1'), 0, one.length));
        digestEntry(new Digest(), db, made);
        dump(db, made, false);
        const added = addMember(db, made, KEY, 0, KEY.length);
        db.remove(added === MISSING ? made : added);
      }
      while (keyspace.reclaim(1000));
      assert.equal(keyspace.arena.usedBytes, before);
    }),
    { numRuns: process.env['FERROUS_LONG'] === '1' ? 50_000 : 3000 },
  );
  t.true(accepted > 100);
});
