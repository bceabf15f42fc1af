/**
 * Keyspaces for specs of persistence: made, changed, saved, loaded and compared without a server around them.
 *
 * In:  keys and values as latin1 text. Out: keyspaces; their contents as plain maps.
 * Memory: none kept.
 * @since 0.1.0
 */

import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { NEVER, VirtualTimeScheduler } from 'rxjs';
import type { Environment } from '../../src/environment.ts';
import type { Database } from '../../src/keyspace/database.ts';
import { MISSING, NO_EXPIRY } from '../../src/keyspace/database.ts';
import { Type } from '../../src/keyspace/entry.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import type { Transport } from '../../src/net/peer.ts';
import type { RdbError } from '../../src/persistence/rdb/input.ts';
import { RdbReader, type RdbReaderOptions } from '../../src/persistence/rdb/reader.ts';
import type { SnapshotOrigin } from '../../src/persistence/rdb/writer.ts';
import { type SnapshotSink, Snapshotter, type SnapshotterOptions } from '../../src/persistence/snapshot.ts';
import { encodingOfBytes } from '../../src/string-encoding.ts';

export const DATABASES = 4;
/** Where the clock stands in these specs. */
export const NOW_MS = 1_700_000_000_000;

export const emptyKeyspace = (nowMs = NOW_MS): Keyspace => {
  const keyspace = new Keyspace({ databases: DATABASES, random: () => 0.5, hashKey: [1, 2] });
  keyspace.setNow(nowMs);
  return keyspace;
};

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export const find = (db: Database, key: string): number => {
  const bytes = latin1(key);
  return db.findKey(bytes, 0, bytes.length);
};

/** SET key value [PXAT expireAtMs]. */
export const put = (db: Database, key: string, value: string | Uint8Array, expireAtMs = NO_EXPIRY): void => {
  const existing = find(db, key);
  if (existing !== MISSING) db.remove(existing);
  const keyBytes = latin1(key);
  const bytes = typeof value === 'string' ? latin1(value) : value;
  const encoding = encodingOfBytes(bytes, 0, bytes.length);
  const ref = db.create(keyBytes, 0, keyBytes.length, bytes.length, Type.String, encoding, expireAtMs !== NO_EXPIRY);
  db.valueBytes.set(bytes, db.valueAt);
  if (expireAtMs !== NO_EXPIRY) db.setExpiry(ref, expireAtMs);
};

/** `db key` → `value expiry`, all as latin1 text. */
export type Contents = ReadonlyMap<string, string>;

export const contents = (keyspace: Keyspace): Contents => {
  const found: [string, string][] = [];
  for (const db of keyspace.databases) {
    let cursor = 0;
    const visit = (ref: number): void => {
      db.loadKey(ref);
      const key = Buffer.from(db.keyBytes.slice(db.keyAt, db.keyAt + db.keyLength)).toString('latin1');
      db.loadValue(ref);
      const value = Buffer.from(db.valueBytes.slice(db.valueAt, db.valueAt + db.valueLength)).toString('latin1');
      found.push([`${db.index} ${key}`, `${value} ${db.expireAtMs(ref)}`]);
    };
    do cursor = keyspace.dict.scan(db.header, cursor, visit);
    while (cursor !== 0);
  }
  found.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(found);
};

const NO_NETWORK: Transport = {
  listen: () => {
    throw new Error('no network in this spec');
  },
  connect: () => {
    throw new Error('no network in this spec');
  },
};

/** An environment whose clock stands still and whose turns end when the spec says so. */
export class StillEnvironment implements Environment {
  readonly scheduler = new VirtualTimeScheduler();
  readonly transport = NO_NETWORK;
  readonly timeUs = (): number => this.scheduler.now() * 1000;
  readonly monotonicUs = (): number => 0;
  readonly random = (): number => 0.5;
  private readonly waiting: (() => void)[] = [];

  constructor(nowMs = NOW_MS) {
    this.scheduler.frame = nowMs;
  }

  readonly randomBytes = (count: number): Uint8Array => new Uint8Array(count);
  readonly atTurnEnd = (run: () => void): void => void this.waiting.push(run);

  /** Ends one turn; false when nobody waited for that. */
  endTurn(): boolean {
    const runs = this.waiting.splice(0);
    for (const run of runs) run();
    return runs.length > 0;
  }
}

export const SETTINGS = { compress: true, checksum: true, access: 'none' } as const;

export const snapshotterOf = (keyspace: Keyspace, options: Partial<SnapshotterOptions> = {}): Snapshotter =>
  new Snapshotter({ environment: new StillEnvironment(), keyspace, settings: () => SETTINGS, ...options });

/** The RDB file of a keyspace, all at once. */
export const save = (
  keyspace: Keyspace,
  options: Partial<SnapshotterOptions> = {},
  origin: SnapshotOrigin = {},
): Uint8Array => {
  const chunks: Uint8Array[] = [];
  snapshotterOf(keyspace, options).runToEnd((chunk) => chunks.push(chunk), origin);
  return new Uint8Array(Buffer.concat(chunks));
};

/** A sink that keeps everything. */
export const memorySink = () => {
  const chunks: Uint8Array[] = [];
  const sink: SnapshotSink = { write: (chunk) => chunks.push(chunk) > 0, drain$: NEVER };
  return { ...sink, bytes: (): Uint8Array => Buffer.concat(chunks) };
};

export interface LoadResult {
  readonly keyspace: Keyspace;
  readonly reader: RdbReader;
  readonly error: RdbError | undefined;
}

/** Feeds chunks, each from a buffer that is overwritten afterwards, as those of a socket are. */
export const loadChunks = (chunks: readonly Uint8Array[], options: Partial<RdbReaderOptions> = {}): LoadResult => {
  const keyspace = options.keyspace ?? emptyKeyspace();
  const reader = new RdbReader({
    dropExpired: false,
    replaceExisting: false,
    verifyChecksum: true,
    ...options,
    keyspace,
  });
  for (const chunk of chunks) {
    const loan = chunk.slice();
    const fed = reader.feed(loan, 0, loan.length);
    loan.fill(0xaa);
    if (E.isLeft(fed)) return { keyspace, reader, error: fed.left };
  }
  const finished = reader.finish();
  return { keyspace, reader, error: E.isLeft(finished) ? finished.left : undefined };
};

export const load = (bytes: Uint8Array, options: Partial<RdbReaderOptions> = {}): LoadResult =>
  loadChunks([bytes], options);

// ── arbitraries ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Values in every encoding, and around its limits. */
export const anyValue: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.integer().map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('127', '128', '-128', '-129', '32767', '32768', '-32769', '2147483647', '2147483648'),
  },
  { weight: 1, arbitrary: fc.constantFrom('-2147483648', '-2147483649', '9223372036854775807', '007', '-0', '+1', '') },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.nat(400)).map(([s, n]) => s.repeat(n)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(20, 21, 63, 64, 255, 256, 2048, 2049, 16383, 16384)
      .map((n) => 'ab'.repeat(n).slice(0, n)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer(), fc.constantFrom(63, 64, 300, 16383, 16384, 70000, 200000))
      .map(([seed, bytes]) => noise(seed, bytes)),
  },
);

/** Text that LZF cannot pack. */
export const noise = (seed: number, bytes: number): string => {
  const out = Buffer.alloc(bytes);
  let state = seed | 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    out[i] = state >>> 24;
  }
  return out.toString('latin1');
};

export interface AnyKey {
  readonly db: number;
  readonly key: string;
  readonly value: string;
  readonly expireAtMs: number;
}

export const anyKey: fc.Arbitrary<AnyKey> = fc.record({
  db: fc.nat(DATABASES - 1),
  key: fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 8 }) },
    { weight: 2, arbitrary: fc.integer().map(String) },
    { weight: 1, arbitrary: fc.constantFrom('', 'long'.repeat(90), '\x00\xff\r\n') },
  ),
  value: anyValue,
  expireAtMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(NO_EXPIRY) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 10_000_000 }).map((ms) => NOW_MS + ms) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 32 - 1, 2 ** 32, NOW_MS - 1, 2 ** 52) },
  ),
});

export const keyspaceOf = (keys: readonly AnyKey[]): Keyspace => {
  const keyspace = emptyKeyspace(0); // so that nothing expires while it is made
  for (const { db, key, value, expireAtMs } of keys) {
    put(keyspace.databases[db]!, Buffer.from(key).toString('latin1'), Buffer.from(value, 'latin1'), expireAtMs);
  }
  return keyspace;
};
