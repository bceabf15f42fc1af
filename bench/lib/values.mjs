/**
 * The large values that the collection benches make: a million elements each, and many small hashes.
 *
 * In:  a number of elements. Out: the commands that add them one by one, in no order that would help.
 */
import { request } from './resp.mjs';

/** A fixed permutation of the numbers below 2^20 or so: neighbours in time are no neighbours in order. */
const scattered = (i) => (i * 611_953) % 1_048_573;
const digits = (i) => String(i).padStart(10, '0');

export const VALUES = [
  {
    name: 'hash',
    add: (i, key = 'big') => request('HSET', key, `field:${digits(scattered(i))}`, `value:${digits(i)}`),
    count: (key = 'big') => ['HLEN', key],
  },
  {
    name: 'set',
    add: (i, key = 'big') => request('SADD', key, `member:${digits(scattered(i))}`),
    count: (key = 'big') => ['SCARD', key],
  },
  {
    name: 'zset',
    add: (i, key = 'big') => request('ZADD', key, String(scattered(i)), `member:${digits(i)}`),
    count: (key = 'big') => ['ZCARD', key],
  },
  {
    name: 'list',
    add: (i, key = 'big') => request('RPUSH', key, `element:${digits(i)}`),
    count: (key = 'big') => ['LLEN', key],
  },
];
