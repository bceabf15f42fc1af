/**
 * A fair sample of a dictionary: every entry has the same chance, whatever the shape of the table.
 */
import test from 'ava';
import { HASH, META } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { chiSquare, chiSquareLimit, isUniform } from '../support/chi-square.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** A dictionary whose entries are numbers with hashes of the spec's choice. */
class Table {
  readonly keyspace = new Keyspace({ databases: 1, random: seededRandom(1), hashKey: [1, 2] });
  readonly header = this.keyspace.dict.create();
  readonly refs: number[] = [];

  add(hash: number): void {
    const { arena, dict } = this.keyspace;
    const ref = arena.allocate(16);
    const words = arena.words[ref >>> 16];
    const at = (ref & 0xffff) << 2;
    words[at + HASH] = hash;
    words[at + META] = 0;
    dict.link(this.header, ref);
    this.refs.push(ref);
  }

  removeLast(): void {
    const ref = this.refs.pop();
    if (ref === undefined) throw new Error('the table is empty');
    this.keyspace.dict.unlink(this.header, ref);
    this.keyspace.arena.free(ref);
  }

  /** How often each entry comes in so many draws. */
  draw(draws: number, random = seededRandom(42)): number[] {
    const numbers = new Map(this.refs.map((ref, i) => [ref, i]));
    const counts = this.refs.map(() => 0);
    for (let i = 0; i < draws; i++) {
      const number = numbers.get(this.keyspace.dict.sampleFairly(this.header, random));
      if (number === undefined) throw new Error('a sample that is not in the table');
      counts[number]++;
    }
    return counts;
  }
}

test('the test tells a fair source from one that is a little unfair', (t) => {
  t.true(isUniform([1000, 1020, 980, 1010, 990]));
  t.false(isUniform([1200, 980, 940, 960, 920]));
  // The limit for ten degrees of freedom lies at 46.9; the approximation is good to a few percent out there.
  t.true(Math.abs(chiSquareLimit(10) - 46.9) < 1.5);
  t.is(chiSquare([5, 5, 5]), 0);
});

test('an empty dictionary has no sample', (t) => {
  const table = new Table();
  t.is(table.keyspace.dict.sampleFairly(table.header, Math.random), 0);
});

for (const count of [1, 2, 3, 7, 100, 1000]) {
  test(`all of ${count} entries are as likely`, (t) => {
    const table = new Table();
    const hashes = seededRandom(count);
    for (let i = 0; i < count; i++) table.add(Math.floor(hashes() * 2 ** 32) | 0);
    const counts = table.draw(count * 200);
    t.true(count === 1 || isUniform(counts), counts.join());
  });
}

test('entries in a chain of hundreds are as likely as those that are alone', (t) => {
  const table = new Table();
  for (let i = 0; i < 300; i++) table.add(i * 0x9e3779b1);
  for (let i = 0; i < 300; i++) table.add(5);
  const counts = table.draw(120_000);
  t.true(isUniform(counts));
});

test('entries that all have the same hash are as likely', (t) => {
  const table = new Table();
  for (let i = 0; i < 200; i++) table.add(7);
  t.true(isUniform(table.draw(40_000)));
});

test('a table that has become sparse, with chains joined by merges, stays fair', (t) => {
  const table = new Table();
  const hashes = seededRandom(3);
  for (let i = 0; i < 150; i++) table.add(Math.floor(hashes() * 2 ** 32) | 0);
  for (let i = 0; i < 20_000; i++) table.add(Math.floor(hashes() * 2 ** 32) | 0);
  for (let i = 0; i < 20_000; i++) table.removeLast();
  t.true(isUniform(table.draw(30_000)));
});

test('merging makes chains longer than any insertion did, and the longest are drawn from', (t) => {
  const table = new Table();
  // Hashes that differ in their higher bits only: alone while the table is large, in one chain when it has shrunk.
  for (let i = 0; i < 8; i++) table.add(i << 6);
  for (let i = 0; i < 600; i++) table.add(i * 2 + 1);
  for (let i = 0; i < 600; i++) table.removeLast();
  t.true(isUniform(table.draw(8000)));
});

test('a table of several segments draws from groups of buckets, as fairly, and from chains again when it has shrunk', (t) => {
  const table = new Table();
  const hashes = seededRandom(4);
  const add = (count: number) => {
    for (let i = 0; i < count; i++) table.add(Math.floor(hashes() * 2 ** 32) | 0);
  };
  const remove = (count: number) => {
    for (let i = 0; i < count; i++) table.removeLast();
  };
  add(3001); // a last group that is not whole
  t.true(isUniform(table.draw(300_000)));
  add(5000);
  remove(5500);
  t.true(isUniform(table.draw(250_000)));
  remove(2400);
  t.true(isUniform(table.draw(20_000)));
  add(2500);
  t.true(isUniform(table.draw(260_000)));
});

test('a group of more entries than its byte can count stays fair', (t) => {
  const table = new Table();
  const hashes = seededRandom(5);
  for (let i = 0; i < 300; i++) table.add(77);
  for (let i = 0; i < 2500; i++) table.add(Math.floor(hashes() * 2 ** 32) | 0);
  t.true(isUniform(table.draw(56_000)));
  for (let i = 0; i < 2000; i++) table.removeLast();
  t.true(isUniform(table.draw(40_000)));
});

test('a source that always says the same does not keep it from ending', (t) => {
  const table = new Table();
  for (let i = 0; i < 50; i++) table.add(i * 0x9e3779b1);
  for (const constant of [0, 0.3, 0.999999]) {
    t.true(table.refs.includes(table.keyspace.dict.sampleFairly(table.header, () => constant)));
  }
});
