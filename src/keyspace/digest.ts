/**
 * The digest of a keyspace: 20 bytes that are equal exactly where the data is equal, on any Redis-compatible server.
 *
 * In:     a keyspace, or one entry. Out: the digest, in hexadecimal.
 * Memory: a few fixed buffers per walk.
 *
 * Two operations on a 20-byte state carry it, with SHA-1: `add` xors in the hash of some bytes, so the order of additions
 * does not matter; `mix` adds and hashes the state again, so that it does. A key is a state of its own (key, type and
 * value mixed, the mark of an expiry added) that is added to the whole; the numbers of the databases are mixed in.
 *
 * Source: what DEBUG DIGEST of a real redis-server answers.
 * @since 0.1.0
 */
import { formatDouble17 } from '../resp/double.ts';
import { field, HashWalk, value } from '../values/hash.ts';
import { End } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';
import { SetWalk } from '../values/set-walk.ts';
import { MemberCursor } from '../values/sorted-set.ts';
import { type Database, NO_EXPIRY } from './database.ts';
import { NEXT, Type } from './entry.ts';
import type { Keyspace } from './keyspace.ts';
import { Element } from './listpack.ts';
import { SHA1_BYTES, sha1 } from './sha1.ts';

const hash = new Uint8Array(SHA1_BYTES);
const number = new Uint8Array(4);
const numberView = new DataView(number.buffer);

export class Digest {
  readonly bytes = new Uint8Array(SHA1_BYTES);

  /** Xors in the hash of a range: several additions commute. */
  add(bytes: Uint8Array, offset: number, length: number): void {
    sha1(bytes, offset, length, hash);
    for (let i = 0; i < SHA1_BYTES; i++) this.bytes[i] ^= hash[i];
  }

  /** Adds a range and hashes the state: several mixtures keep their order. */
  mix(bytes: Uint8Array, offset: number, length: number): void {
    this.add(bytes, offset, length);
    sha1(this.bytes, 0, SHA1_BYTES, this.bytes);
  }

  /** Mixes in an int32, in network order. */
  mixNumber(value: number): void {
    numberView.setInt32(0, value);
    this.mix(number, 0, number.length);
  }

  /** Adds another digest. */
  addDigest(other: Digest): void {
    this.add(other.bytes, 0, SHA1_BYTES);
  }

  clear(): void {
    this.bytes.fill(0);
  }

  toString(): string {
    return Buffer.from(this.bytes).toString('hex');
  }
}

/** Puts a value into a digest; one per type. */
type ValueDigest = (digest: Digest, db: Database, ref: number) => void;

const digestString: ValueDigest = (digest, db, ref) => {
  db.loadValue(ref);
  digest.mix(db.valueBytes, db.valueAt, db.valueLength);
};

const element = new Digest();
const hashWalk = new HashWalk();

/** Each field with its value is a state of its own: their order is no part of the value. */
const digestHash: ValueDigest = (digest, db, ref) => {
  hashWalk.start(db, ref);
  while (hashWalk.next()) {
    element.clear();
    element.mix(field.bytes, field.at, field.length);
    element.mix(value.bytes, value.at, value.length);
    digest.addDigest(element);
  }
};

const listCursor = new ListCursor();
const listElement = new Element();

/** The elements, in their order. */
const digestList: ValueDigest = (digest, db, ref) => {
  listCursor.seekEnd(db, ref, End.Left);
  do {
    listElement.read(listCursor.buf, listCursor.pos);
    digest.mix(listElement.bytes, listElement.at, listElement.length);
  } while (listCursor.next(db));
};

const member = new MemberCursor();

/** Each member with the 17 digits of its score is a state of its own. */
const digestSortedSet: ValueDigest = (digest, db, ref) => {
  member.open(db, ref, 0, false);
  while (member.next()) {
    element.clear();
    element.mix(member.bytes, member.at, member.length);
    const score = Buffer.from(formatDouble17(member.score));
    element.mix(score, 0, score.length);
    digest.addDigest(element);
  }
};

const setWalk = new SetWalk();

/** The members, whose order is no part of the value. */
const digestSet: ValueDigest = (digest, db, ref) => {
  setWalk.over(db, ref);
  while (setWalk.step()) digest.add(setWalk.bytes, setWalk.at, setWalk.length);
};

const VALUE_DIGESTS: Readonly<Partial<Record<Type, ValueDigest>>> = {
  [Type.String]: digestString,
  [Type.List]: digestList,
  [Type.Set]: digestSet,
  [Type.SortedSet]: digestSortedSet,
  [Type.Hash]: digestHash,
};

const EXPIRY_MARK = new Uint8Array(Buffer.from('!!expire!!'));

/** Puts type, value and the presence of an expiry into a digest; what DEBUG DIGEST-VALUE shows of a key. */
export const digestEntry = (digest: Digest, db: Database, ref: number): void => {
  const type = db.type(ref);
  const digestValue = VALUE_DIGESTS[type];
  if (digestValue === undefined) throw new Error(`digest: no digest for values of type ${Type[type]}`);
  digest.mixNumber(type);
  digestValue(digest, db, ref);
  if (db.expireAtMs(ref) !== NO_EXPIRY) digest.add(EXPIRY_MARK, 0, EXPIRY_MARK.length);
};

/** The digest of all databases; keys that are past their time count until they are removed. */
export const digestKeyspace = (keyspace: Keyspace): string => {
  const { dict, arena } = keyspace;
  const whole = new Digest();
  const one = new Digest();
  for (const db of keyspace.databases) {
    if (db.size === 0) continue;
    whole.mixNumber(db.index);
    const buckets = dict.bucketCount(db.header);
    for (let bucket = 0; bucket < buckets; bucket++) {
      let ref = dict.firstInBucket(db.header, bucket);
      while (ref !== 0) {
        one.clear();
        db.loadKey(ref);
        one.mix(db.keyBytes, db.keyAt, db.keyLength);
        digestEntry(one, db, ref);
        whole.addDigest(one);
        ref = arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
      }
    }
  }
  return whole.toString();
};
