/**
 * A job queue that loses nothing, with ioredis: workers wait for jobs, and one of them crashes.
 *
 *     npm start                    # in one terminal: serves on 6379
 *     node examples/queue.mjs      # in another one; PORT=7000 for another server
 *
 * BLMOVE waits for a job and moves it to a list of the worker in one step, so it is never only in a program's memory.
 * A transaction takes it from there together with writing down the result. What a crashed worker had begun is still in
 * its list and goes back to the queue. Ends by itself and leaves nothing behind.
 */
import process from 'node:process';
import { Redis } from 'ioredis';

const QUEUE = 'example:jobs';
const RESULTS = 'example:results';
const begunBy = (name) => `example:begun:${name}`;

/** A blocking command keeps its connection busy: each worker has one of its own. */
const connect = () => {
  const redis = new Redis({ port: Number(process.env.PORT ?? 6379), retryStrategy: () => null });
  redis.on('error', (error) => {
    console.error(`No server? Start one with "npm start". (${error.message})`);
    process.exit(1);
  });
  return redis;
};

const work = async (name, { crashesAt } = {}) => {
  const redis = connect();
  for (;;) {
    const job = await redis.blmove(QUEUE, begunBy(name), 'LEFT', 'RIGHT', 0);
    if (job === crashesAt) {
      console.log(`${name} crashes with ${job} in its hands`);
      return redis.disconnect();
    }
    if (job === 'go home') {
      await redis.lrem(begunBy(name), 1, job);
      return redis.quit();
    }
    await redis
      .multi()
      .lrem(begunBy(name), 1, job)
      .hset(RESULTS, job, `${job.length} letters, counted by ${name}`)
      .exec();
  }
};

const main = connect();
const jobs = ['apple', 'banana', 'cherry', 'date', 'elderberry', 'fig', 'grape', 'honeydew'];
await main.rpush(QUEUE, ...jobs);

await work('Charlie', { crashesAt: 'cherry' });
while ((await main.lmove(begunBy('Charlie'), QUEUE, 'RIGHT', 'LEFT')) !== null) {
  console.log('what Charlie had begun goes back to the queue');
}

const workers = [work('Alice'), work('Bob')];
await main.rpush(QUEUE, ...workers.map(() => 'go home'));
await Promise.all(workers);

for (const [job, result] of Object.entries(await main.hgetall(RESULTS)).sort()) console.log(`  ${job}: ${result}`);
console.log(`${await main.llen(QUEUE)} jobs left`);
await main.unlink(RESULTS);
await main.quit();
