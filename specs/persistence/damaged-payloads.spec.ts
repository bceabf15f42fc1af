/**
 * Payloads that somebody has tampered with: RESTORE takes a sound value or refuses, and nothing else happens.
 *
 * The damage is always the same: numbered seeds, and every position of every sample in the long run.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import test, { type ExecutionContext } from 'ava';
import type { Database } from '../../src/keyspace/database.ts';
import { isRdbError, RdbInput, SHORT } from '../../src/persistence/rdb/input.ts';
import { readerOf, type ValueBuilder } from '../../src/persistence/rdb/value.ts';
import { LOW_THRESHOLDS } from '../support/arbitrary-collections.ts';
import { listpack, rdbHugeLength, rdbLength, rdbString, ziplist, zipmap } from '../support/packed-bytes.ts';
import { MemoryServer } from '../support/reduce.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { examine } from './examine.ts';
import { corpus, damagedBody, everyDamage, largeCorpus, payloadOf, type Sample } from './payload-corpus.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
/** Per sample. */
const MUTATIONS = isLong ? 1000 : 70;

const REFUSED = '-ERR Bad data format\r\n';
const TAKEN = '+OK\r\n';

const samples = corpus();
const largeSamples = largeCorpus();

const input = new RdbInput();

/** Reads a body step by step, without making a key of it: no step reads nothing, so they come to an end. */
const readInSteps = (db: Database, body: Uint8Array): void => {
  input.over(body, 0, body.length);
  let builder: ValueBuilder | undefined;
  try {
    const type = input.byte();
    builder = readerOf(type)?.begin(input, db, type);
    for (let steps = 0; builder !== undefined && builder.left > 0; steps++) {
      assert.ok(steps < body.length, 'it takes more steps than there are bytes');
      builder.step(input);
    }
  } catch (error) {
    if (error !== SHORT && !isRdbError(error)) throw error;
  }
  builder?.discard();
};

/** RESTOREs bodies into an empty server, and looks whether it is empty again afterwards, to the last byte. */
class Bench {
  taken = 0;
  refused = 0;
  private readonly server: MemoryServer;
  private readonly emptyBytes: number;

  constructor(config = {}) {
    this.server = new MemoryServer({ config: { ...config, 'enable-debug-command': 'yes' } });
    // What is allocated once and kept is there from now on.
    this.server.raw('MSET k v copy v again v');
    this.server.raw('DEL k copy again');
    this.emptyBytes = this.usedBytes();
  }

  /** Whether the body was taken for a value. */
  run(body: Uint8Array): boolean {
    readInSteps(this.server.keyspace.databases[0], body);
    assert.equal(this.usedBytes(), this.emptyBytes, 'memory of what was given up');
    const payload = payloadOf(body);
    const reply = this.server.raw(['RESTORE', 'k', '0', payload]).toString('latin1');
    if (reply === TAKEN) examine(this.server);
    else assert.equal(reply, REFUSED);
    assert.equal(this.server.keyspace.databases[0].size, 0);
    assert.equal(this.usedBytes(), this.emptyBytes, 'memory that was not given back');
    if (reply === TAKEN) this.taken++;
    else this.refused++;
    return reply === TAKEN;
  }

  get heldBytes(): number {
    return this.server.keyspace.arena.heldBytes;
  }

  private usedBytes(): number {
    const { keyspace } = this.server;
    while (keyspace.reclaim(1000));
    return keyspace.arena.usedBytes;
  }
}

const benches = (): readonly [Bench, Bench] => [new Bench(), new Bench(LOW_THRESHOLDS)];

/** Says which body it was. */
const run = (bench: Bench, body: Uint8Array, how: string): boolean => {
  try {
    return bench.run(body);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`${how}: ${Buffer.from(body).toString('hex')}: ${what}`);
  }
};

const logged = (t: ExecutionContext, all: readonly Bench[]): void => {
  const sum = (field: 'taken' | 'refused') => all.reduce((total, bench) => total + bench[field], 0);
  t.log(`${sum('taken') + sum('refused')} payloads, ${sum('taken')} of them were values`);
};

test('every sample is taken and is a value that works', (t) => {
  for (const bench of benches()) {
    for (const { name, body } of [...samples, ...largeSamples]) t.true(run(bench, body, name), name);
  }
});

test('the samples have every value type', (t) => {
  const types = new Set(samples.map(({ body }) => body[0]));
  t.deepEqual(
    [...types].sort((a, b) => a! - b!),
    [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20],
  );
});

const otherOf = (random: () => number): Sample => samples[Math.floor(random() * samples.length)]!;

const damage = (both: readonly [Bench, Bench], sample: Sample, firstSeed: number, mutations: number): void => {
  for (let seed = firstSeed; seed < firstSeed + mutations; seed++) {
    const random = seededRandom(seed);
    run(both[seed & 1]!, damagedBody(sample, random, otherOf(random)), `${sample.name}, seed ${seed}`);
  }
};

test('a damaged payload is refused, or is a value that works and that can be removed', (t) => {
  const both = benches();
  samples.forEach((sample, number) => {
    damage(both, sample, number * 1_000_000, MUTATIONS);
  });
  logged(t, both);
  t.true(both[0].taken > 0 && both[0].refused > 0);
});

test('a damaged payload of many elements is refused, or is a value that works and that can be removed', (t) => {
  const both = benches();
  largeSamples.forEach((sample, number) => {
    damage(both, sample, number * 1_000_000 + 500_000, MUTATIONS / 2);
  });
  logged(t, both);
  t.true(both[0].taken > 0 && both[0].refused > 0);
});

test('damage at every position is survived', (t) => {
  const both = benches();
  let i = 0;
  for (const sample of samples) {
    for (const body of everyDamage(sample)) {
      i++;
      if (isLong || i % 97 === 0) run(both[i & 1]!, body, `${sample.name}, damage ${i}`);
    }
  }
  logged(t, both);
  t.pass();
});

test('an element that comes twice is refused, however many there are', (t) => {
  const bench = new Bench();
  const packed = (type: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.of(type), rdbString(bytes)]);
  for (const count of [2, 31, 32, 33, 34, 200]) {
    const texts = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `m${1000 + i}` : String(1000 + i)));
    const pairs = texts.flatMap((text, i) => [text, String(i)]);
    for (const [i, text] of [
      [0, texts[count - 1]!],
      [0, texts[count >> 1]!],
      [count - 1, texts[count - 2]!],
    ] as const) {
      if (texts[i] === text) continue;
      const twice = texts.with(i, text);
      const pairsTwice = pairs.with(2 * i, text);
      for (const [type, good, bad] of [
        [20, listpack(texts), listpack(twice)],
        [16, listpack(pairs), listpack(pairsTwice)],
        [13, ziplist(pairs), ziplist(pairsTwice)],
        [9, zipmap(pairs), zipmap(pairsTwice)],
        [17, listpack(pairs), listpack(pairsTwice)],
        [12, ziplist(pairs), ziplist(pairsTwice)],
      ] as const) {
        t.true(run(bench, packed(type, good), `type ${type}`), `type ${type}, ${count}`);
        t.false(run(bench, packed(type, bad), `type ${type}`), `type ${type}, ${count}: ${i} is ${text}`);
      }
      const elements = (all: readonly string[]) => Buffer.concat([rdbLength(count), ...all.map(rdbString)]);
      t.false(run(bench, Buffer.concat([Buffer.of(2), elements(twice)]), 'type 2'));
      t.false(run(bench, Buffer.concat([Buffer.of(4), elements(pairsTwice)]), 'type 4'));
    }
  }
});

const HUGE: readonly bigint[] = [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 60n, 2n ** 64n - 1n];

/** What a payload claims beyond what it holds: elements, the bytes of a string, packed bytes, unpacked bytes. */
const CLAIMS: readonly (readonly [string, (huge: bigint) => Buffer])[] = [
  ...[1, 2, 3, 4, 5, 14, 18].map((type): readonly [string, (huge: bigint) => Buffer] => [
    `elements of type ${type}`,
    (huge) => Buffer.concat([Buffer.of(type), rdbHugeLength(huge), rdbString('a'), rdbString('1')]),
  ]),
  ...[0, 9, 10, 11, 12, 13, 16, 17, 20].map((type): readonly [string, (huge: bigint) => Buffer] => [
    `bytes of type ${type}`,
    (huge) => Buffer.concat([Buffer.of(type), rdbHugeLength(huge), Buffer.from('abc')]),
  ]),
  [
    'packed bytes',
    (huge) => Buffer.concat([Buffer.of(0, 0xc3), rdbHugeLength(huge), rdbLength(100), Buffer.of(0, 97)]),
  ],
  ['unpacked bytes', (huge) => Buffer.concat([Buffer.of(0, 0xc3, 2), rdbHugeLength(huge), Buffer.of(0, 97)])],
  [
    'packed and unpacked bytes',
    (huge) => Buffer.concat([Buffer.of(0, 0xc3), rdbHugeLength(huge), rdbHugeLength(huge), Buffer.of(0, 97)]),
  ],
];

/** A field of four bytes in a packed value that says more than there is. */
const INSIDE: readonly (readonly [string, Buffer])[] = [10, 14, 12, 13, 16, 17, 20, 18, 11].flatMap((type) => {
  const isZiplist = type >= 10 && type <= 14 && type !== 11;
  const bytes = isZiplist ? ziplist(['a', '1']) : listpack(['a', '1']);
  const before = type === 14 ? [14, 1] : type === 18 ? [18, 1, 2] : [type];
  return [0x7fffffff, 0x80000000, 0xffffffff].flatMap((claim) =>
    [0, 4].map((at): readonly [string, Buffer] => {
      const copy = type === 11 ? Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, 5, 0]) : Buffer.from(bytes);
      copy.writeUInt32LE(claim, at);
      return [`type ${type}, byte ${at}: ${claim}`, Buffer.concat([Buffer.from(before), rdbString(copy)])];
    }),
  );
});

const LITTLE_BYTES = 4 * 1024 * 1024;

test('a payload that claims to be huge is refused, and nothing is allocated for it', (t) => {
  const bench = new Bench();
  const heldBytes = bench.heldBytes;
  const refuses = (body: Buffer, how: string): void => {
    const { arrayBuffers } = process.memoryUsage();
    t.false(run(bench, body, how), how);
    // What was garbage before may be gone now, so this says nothing when it is negative.
    t.true(process.memoryUsage().arrayBuffers - arrayBuffers < LITTLE_BYTES, how);
    t.is(bench.heldBytes, heldBytes, how);
  };
  for (const huge of HUGE) {
    for (const [what, claim] of CLAIMS) refuses(claim(huge), `${huge} ${what}`);
  }
  for (const [how, body] of INSIDE) refuses(body, how);
});
