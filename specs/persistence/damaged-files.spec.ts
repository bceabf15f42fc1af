/**
 * RDB files that somebody has tampered with, in chunks cut anywhere: the reader loads or says where the damage is, whatever
 * the chunks are, and what was read comes back to the last byte.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import test from 'ava';
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import type { Keyspace } from '../../src/keyspace/keyspace.ts';
import { isRdbError } from '../../src/persistence/rdb/input.ts';
import { rdbHugeLength, rdbLength, rdbString } from '../support/packed-bytes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { emptyKeyspace, load, loadChunks, NOW_MS, save } from './keyspaces.ts';
import { corpus, damagedBody, INTERESTING_BYTES, type Random, type Sample } from './payload-corpus.ts';

const isLong = process.env['FERROUS_LONG'] === '1';
const FILES = isLong ? 20_000 : 700;
const CUTS_PER_SAMPLE = isLong ? 40 : 3;

const HEADER = Buffer.from('REDIS0011');
const HEADER_BYTES = HEADER.length;
const END = Buffer.alloc(9, 0);
END[0] = 0xff;

const samples = corpus();
const below = (random: Random, n: number): number => Math.floor(random() * n);
const sampleOf = (random: Random): Sample => samples[below(random, samples.length)]!;

const milliseconds = (ms: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(ms));
  return bytes;
};

/** The record of a key, with what may stand before it. */
const record = (key: string, body: Buffer, random: Random): Buffer =>
  Buffer.concat([
    random() < 0.2 ? Buffer.concat([Buffer.of(0xfc), milliseconds(NOW_MS + 1_000_000)]) : Buffer.alloc(0),
    random() < 0.1 ? Buffer.concat([Buffer.of(0xf8), rdbLength(500)]) : Buffer.alloc(0),
    random() < 0.1 ? Buffer.of(0xf9, 100) : Buffer.alloc(0),
    body.subarray(0, 1),
    rdbString(key),
    body.subarray(1),
  ]);

/** A file of some samples in two databases; one of them may be damaged before it goes in. */
const fileOf = (random: Random, isDamaged: boolean): Buffer => {
  const count = 1 + below(random, 6);
  const which = isDamaged ? below(random, count) : -1;
  const records = Array.from({ length: count }, (_, i) => {
    const sample = sampleOf(random);
    const body = i === which ? damagedBody(sample, random, sampleOf(random)) : sample.body;
    return Buffer.concat([i === 3 ? Buffer.of(0xfe, 2) : Buffer.alloc(0), record(`key:${i}`, body, random)]);
  });
  return Buffer.concat([
    HEADER,
    Buffer.of(0xfa),
    rdbString('redis-ver'),
    rdbString('7.2.0'),
    Buffer.of(0xfe, 0, 0xfb, count, 0),
    ...records,
    END,
  ]);
};

/** Some bytes of a file changed, taken out or put in. */
const damagedFile = (file: Buffer, random: Random): Buffer => {
  let bytes = Buffer.from(file);
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const at = HEADER_BYTES + below(random, bytes.length - HEADER_BYTES);
    const kind = below(random, 5);
    if (kind === 0) bytes[at]! ^= 1 << below(random, 8);
    else if (kind === 1) bytes[at] = below(random, 256);
    else if (kind === 2) bytes[at] = INTERESTING_BYTES[below(random, INTERESTING_BYTES.length)]!;
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(random, 4))]);
    else
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 1 + below(random, 9)), bytes.subarray(at)]);
    if (bytes.length <= HEADER_BYTES) break;
  }
  return bytes;
};

const cutAnywhere = (bytes: Buffer, random: Random): Uint8Array[] => {
  const longest = [1, 3, 20, 200][below(random, 4)]!;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + below(random, longest);
    chunks.push(new Uint8Array(bytes.subarray(at, at + length)));
    at += length;
  }
  return chunks;
};

const OPTIONS = { verifyChecksum: false } as const;

/** Thresholds that make nearly everything large, or the usual ones. */
const keyspaceOf = (isLow: boolean): Keyspace => {
  const keyspace = emptyKeyspace();
  if (isLow) {
    Object.assign(keyspace.limits, {
      hashEntries: 4,
      hashValueBytes: 20,
      intsetEntries: 3,
      setEntries: 4,
      setValueBytes: 20,
      zsetEntries: 4,
      zsetValueBytes: 20,
      listSize: 4,
    });
  }
  return keyspace;
};

const emptyBytes = (() => {
  const keyspace = emptyKeyspace();
  save(keyspace); // whoever saves has a database of its own to look through
  return keyspace.arena.usedBytes;
})();

/** What a load came to; everything it took is given back. */
const outcomeOf = (chunks: readonly Uint8Array[], bytes: number, isLow: boolean, replaceExisting: boolean): string => {
  const { keyspace, reader, error } = loadChunks(chunks, { ...OPTIONS, keyspace: keyspaceOf(isLow), replaceExisting });
  reader.close();
  const digest = digestKeyspace(keyspace);
  if (error !== undefined) {
    assert.ok(isRdbError(error));
    assert.ok(error.offset >= 0 && error.offset <= bytes, `offset ${error.offset} of ${bytes}`);
    assert.ok(error.reason.length > 0);
  }
  // What was loaded is as good as what a server makes: it can be saved, and loaded again. With the same thresholds, for
  // a sorted set that becomes a listpack forgets the sign of -0.
  const again = load(save(keyspace), { keyspace: keyspaceOf(isLow) });
  assert.equal(again.error, undefined);
  assert.equal(digestKeyspace(again.keyspace), digest);
  for (const db of keyspace.databases) keyspace.flush(db);
  while (keyspace.reclaim(1000));
  assert.equal(keyspace.arena.usedBytes, emptyBytes, 'memory that was not given back');
  return `${error === undefined ? 'loaded' : `${error.reason}, at offset ${error.offset}`}; ${digest}`;
};

test('a damaged file is loaded or refused where the damage is, and its chunks make no difference', (t) => {
  let loaded = 0;
  for (let seed = 0; seed < FILES; seed++) {
    const random = seededRandom(seed);
    const isInside = random() < 0.5;
    const file = fileOf(random, isInside);
    const bytes = isInside ? file : damagedFile(file, random);
    const isLow = random() < 0.5;
    const replaces = random() < 0.5;
    try {
      const whole = outcomeOf([new Uint8Array(bytes)], bytes.length, isLow, replaces);
      assert.equal(outcomeOf(cutAnywhere(bytes, random), bytes.length, isLow, replaces), whole);
      if (whole.startsWith('loaded')) loaded++;
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`seed ${seed}: ${bytes.toString('hex')}: ${what}`);
    }
  }
  t.log(`${FILES} files, ${loaded} of them were loaded`);
  t.true(loaded > 0 && loaded < FILES);
});

test('every sample in a file is loaded as RESTORE takes it, cut anywhere', (t) => {
  for (const [number, { name, body }] of samples.entries()) {
    const file = Buffer.concat([HEADER, record('k', body, () => 0.5), END]);
    const whole = outcomeOf([new Uint8Array(file)], file.length, false, false);
    t.true(whole.startsWith('loaded'), `${name}: ${whole}`);
    for (let i = 0; i < CUTS_PER_SAMPLE; i++) {
      t.is(outcomeOf(cutAnywhere(file, seededRandom(number * 1000 + i)), file.length, false, false), whole, name);
    }
  }
});

test('a value that is given up in the middle gives its memory back', (t) => {
  for (const { name, body } of samples) {
    const file = Buffer.concat([HEADER, record('k', body, () => 0.5), END]);
    const step = isLong ? 1 : 1 + Math.floor(file.length / 12);
    for (let length = HEADER_BYTES; length < file.length; length += step) {
      for (const isLow of [false, true]) {
        const outcome = outcomeOf([new Uint8Array(file.subarray(0, length))], length, isLow, false);
        t.regex(outcome, /^the file ends in the middle/, name);
      }
    }
  }
});

test('a file that claims to be huge waits for more, and takes no memory for that', (t) => {
  for (const huge of [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 60n, 2n ** 64n - 1n]) {
    for (const type of [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20]) {
      const file = Buffer.concat([
        HEADER,
        Buffer.of(type),
        rdbString('k'),
        rdbHugeLength(huge),
        ...Array.from({ length: 50 }, (_, i) => Buffer.concat([rdbString(`m${i}`), rdbString('1')])),
      ]);
      for (const size of [file.length, 1, 7]) {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < file.length; at += size) chunks.push(new Uint8Array(file.subarray(at, at + size)));
        const { arrayBuffers } = process.memoryUsage();
        const outcome = outcomeOf(chunks, file.length, false, false);
        t.notRegex(outcome, /^loaded/);
        t.true(process.memoryUsage().arrayBuffers - arrayBuffers < 8 * 1024 * 1024, `type ${type}, ${huge}`);
      }
    }
  }
});
