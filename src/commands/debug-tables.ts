/**
 * DEBUG HTSTATS and HTSTATS-KEY: the shape of a dictionary, in Redis' words.
 *
 * @since 0.1.0
 */
import type { Database } from '../keyspace/database.ts';
import { NEXT } from '../keyspace/entry.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';

/** Longest chain that is counted by its length; longer ones are counted together. */
const CHAIN_MAX = 50;

const heading = 'Hash table 0 stats (main hash table):\n';
const EMPTY = `${heading}No stats available for empty dictionaries\n`;

const sizes = (slots: number, elements: number): string =>
  `${heading} table size: ${slots}\n number of elements: ${elements}\n`;

/** How many buckets have chains of each length, the last one and longer together. */
const chainLengths = ({ dict, arena }: Keyspace, header: number): Float64Array => {
  const counts = new Float64Array(CHAIN_MAX + 1);
  const buckets = dict.bucketCount(header);
  for (let bucket = 0; bucket < buckets; bucket++) {
    let length = 0;
    let ref = dict.firstInBucket(header, bucket);
    while (ref !== 0) {
      length++;
      ref = arena.words[ref >>> 16][((ref & 0xffff) << 2) + NEXT];
    }
    counts[Math.min(length, CHAIN_MAX)]++;
  }
  return counts;
};

const distribution = (keyspace: Keyspace, header: number): string => {
  const buckets = keyspace.dict.bucketCount(header);
  const counts = chainLengths(keyspace, header);
  const used = buckets - (counts[0] ?? 0);
  const longest = counts.findLastIndex((count) => count > 0);
  const mean = (keyspace.dict.count(header) / Math.max(used, 1)).toFixed(2);
  const lines = [...counts].flatMap((count, length) => {
    if (count === 0) return [];
    const name = length === CHAIN_MAX ? '>= ' : '';
    return [`   ${name}${length}: ${count} (${((count * 100) / buckets).toFixed(2)}%)\n`];
  });
  return [
    ` different slots: ${used}\n`,
    ` max chain length: ${longest}\n`,
    ` avg chain length (counted): ${mean}\n`,
    ` avg chain length (computed): ${mean}\n`,
    ' Chain length distribution:\n',
    ...lines,
  ].join('');
};

/** The report on a dictionary; `full` counts the chains, which takes time. */
export const describeTable = (keyspace: Keyspace, header: number, full: boolean): string => {
  const elements = keyspace.dict.count(header);
  if (elements === 0) return EMPTY;
  return `${sizes(keyspace.dict.bucketCount(header), elements)}${full ? distribution(keyspace, header) : ''}`;
};

/** The report on a database. Expiries are a heap, not a table. */
export const describeTables = (db: Database, full: boolean): string => {
  const { count } = db.expiries;
  const keys = describeTable(db.keyspace, db.header, full);
  return `[Dictionary HT]\n${keys}[Expires HT]\n${count === 0 ? EMPTY : sizes(count, count)}`;
};
