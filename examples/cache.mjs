/**
 * A cache in front of something slow, with ioredis.
 *
 *     npm start                    # in one terminal: serves on 6379
 *     node examples/cache.mjs      # in another one; PORT=7000 for another server
 *
 * Asks for a few reports twice: the first time each is computed, the second time it comes from the cache. Ends by
 * itself and leaves nothing behind.
 */
import process from 'node:process';
import { Redis } from 'ioredis';

const TTL_SECONDS = 60;
const redis = new Redis({ port: Number(process.env.PORT ?? 6379), retryStrategy: () => null });
redis.on('error', (error) => {
  console.error(`No server? Start one with "npm start". (${error.message})`);
  process.exit(1);
});

/** What takes its time: here, counting primes. */
const countPrimes = (limit) => {
  const composite = new Uint8Array(limit + 1);
  let primes = 0;
  for (let n = 2; n <= limit; n++) {
    if (composite[n] === 1) continue;
    primes++;
    for (let multiple = n * 2; multiple <= limit; multiple += n) composite[multiple] = 1;
  }
  return primes;
};

/** The answer from the cache, or else computed and kept for a minute. */
const cached = async (key, compute) => {
  const known = await redis.get(key);
  if (known !== null) return { value: JSON.parse(known), from: 'cache' };
  const value = compute();
  await redis.set(key, JSON.stringify(value), 'EX', TTL_SECONDS);
  return { value, from: 'computed' };
};

const limits = [1_000_000, 5_000_000, 10_000_000];
const keyOf = (limit) => `example:primes:${limit}`;
for (const round of ['first', 'second']) {
  for (const limit of limits) {
    const startedMs = performance.now();
    const { value, from } = await cached(keyOf(limit), () => countPrimes(limit));
    const tookMs = (performance.now() - startedMs).toFixed(1);
    console.log(`${round} time: ${value} primes up to ${limit}, ${from} in ${tookMs} ms`);
  }
}
await redis.unlink(...limits.map(keyOf));
await redis.quit();
