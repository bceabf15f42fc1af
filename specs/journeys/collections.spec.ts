/**
 * Lists, hashes, sets and sorted sets as programs use them, with the client libraries: a job queue whose workers crash, a
 * leaderboard, tagged articles, money that moves between accounts. One story at a time.
 */
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { startFerrous } from '../support/process-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { eventually, info } from '../support/wait.ts';

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** An ioredis client that comes back at once when it is thrown out; closed with the test. */
const ioredis = (t: ExecutionContext, port: number): Redis => {
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 1, maxRetriesPerRequest: null });
  redis.on('error', () => {}); // while it is away
  t.teardown(() => redis.disconnect());
  return redis;
};

test.serial('a job queue loses no job when one worker crashes and another one is thrown out', async (t) => {
  const server = await startFerrous(t);
  const watcher = await server.connect();
  const main = ioredis(t, server.port);
  const untilBlocked = (count: number): Promise<unknown> =>
    eventually(
      () => info(watcher, 'clients'),
      (fields) => fields['blocked_clients'] === String(count),
    );

  /** Takes jobs into a list of its own, which keeps each until it is done. */
  const work = async (name: string, redis: Redis): Promise<number> => {
    for (let jobs = 0; ; jobs++) {
      const job = await redis.blmove('jobs', `taken:${name}`, 'LEFT', 'RIGHT', 0);
      if (job === 'stop') return jobs;
      await redis
        .multi()
        .lrem(`taken:${name}`, 1, job ?? '')
        .rpush('results', `${job} by ${name}`)
        .exec();
    }
  };
  const steady = work('steady', ioredis(t, server.port));
  const unlucky = ioredis(t, server.port);
  const thrownOut = await unlucky.client('ID');
  const stubborn = work('stubborn', unlucky);
  const doomed = ioredis(t, server.port);
  const crash = doomed.blmove('jobs', 'taken:doomed', 'LEFT', 'RIGHT', 0).finally(() => doomed.disconnect());
  await untilBlocked(3);

  t.is(await main.client('KILL', 'ID', thrownOut), 1);
  await untilBlocked(3); // its library sends the command again

  const jobs = range(200).map((n) => `job ${n}`);
  await main.rpush('jobs', ...jobs);
  const lost = await crash;
  if (lost === null) throw new Error('no job for the doomed worker');
  t.deepEqual(await main.lrange('taken:doomed', 0, -1), [lost]);
  t.is(await main.lmove('taken:doomed', 'jobs', 'LEFT', 'LEFT'), lost);

  const collector = ioredis(t, server.port);
  const done = new Set<string>();
  for (const _ of jobs) {
    const [key, result = ''] = (await collector.blpop('nothing', 'results', 0)) ?? [];
    t.is(key, 'results');
    done.add(result.replace(/ by .*/, ''));
  }
  t.deepEqual([...done].sort(), [...jobs].sort());
  await main.rpush('jobs', 'stop', 'stop');
  const [first, second] = await Promise.all([steady, stubborn]);
  t.is(first + second, jobs.length);
  t.is(await main.exists('jobs', 'results', 'taken:doomed'), 0);
  await untilBlocked(0);
});

for (const RESP of [2, 3] as const) {
  test.serial(`node-redis over RESP${RESP}: a leaderboard that three clients write at once`, async (t) => {
    const server = await startFerrous(t);
    const connect = async () => {
      const client = createClient({ socket: { port: server.port }, RESP });
      await client.connect();
      t.teardown(() => client.destroy());
      return client;
    };
    const client = await connect();
    const random = seededRandom(RESP);
    const scores = new Map<string, number>();
    const play = async (player: Awaited<ReturnType<typeof connect>>): Promise<unknown> =>
      Promise.all(
        range(500).map(() => {
          const name = `player:${Math.floor(random() * 300)}`;
          const points = Math.floor(random() * 100) / 4; // quarters add up exactly, in any order
          scores.set(name, (scores.get(name) ?? 0) + points);
          return player.zIncrBy('board', points, name);
        }),
      );
    await Promise.all([play(client), play(await connect()), play(await connect())]);

    // As a sorted set orders them: by score, then by name.
    const ranking = [...scores]
      .map(([value, score]) => ({ value, score }))
      .sort((a, b) => b.score - a.score || (a.value < b.value ? 1 : -1));
    const best = (count: number) => ranking.slice(0, count);
    t.deepEqual(await client.zRangeWithScores('board', 0, -1, { REV: true }), ranking);
    t.is(await client.objectEncoding('board'), 'skiplist');
    const middle = ranking[100];
    if (middle === undefined) throw new Error('hardly anybody played');
    t.is(await client.zRevRank('board', middle.value), 100);
    t.is(await client.zScore('board', middle.value), middle.score);
    t.is(
      await client.zCount('board', `(${middle.score}`, '+inf'),
      best(100).filter(({ score }) => score > middle.score).length,
    );
    t.deepEqual(
      await client.zRange('board', '+inf', '-inf', { BY: 'SCORE', REV: true, LIMIT: { offset: 95, count: 10 } }),
      ranking.slice(95, 105).map(({ value }) => value),
    );

    t.is(await client.zRemRangeByRank('board', 0, -11), ranking.length - 10);
    await client.zAdd('bonus', [
      { value: best(1)[0]?.value ?? '', score: 0.5 },
      { value: 'newcomer', score: Infinity },
    ]);
    t.is(
      await client.zUnionStore('total', [
        { key: 'board', weight: 2 },
        { key: 'bonus', weight: 1 },
      ]),
      11,
    );
    t.deepEqual(await client.zPopMaxCount('total', 2), [
      { value: 'newcomer', score: Infinity },
      { value: best(1)[0]?.value, score: 2 * (best(1)[0]?.score ?? 0) + 0.5 },
    ]);
    t.deepEqual(await client.zDiff(['board', 'total']), [best(1)[0]?.value]);
    t.is(await client.zmPop(['none', 'total'], 'MAX').then((popped) => popped?.members[0]?.value), best(2)[1]?.value);
    t.is(await client.zScore('total', 'nobody'), null);
  });

  test.serial(`node-redis over RESP${RESP}: every blocking command waits until there is something`, async (t) => {
    const server = await startFerrous(t);
    const waiting = createClient({ socket: { port: server.port }, RESP });
    const client = createClient({ socket: { port: server.port }, RESP });
    for (const one of [waiting, client]) {
      await one.connect();
      t.teardown(() => one.destroy());
    }
    const list = () => client.rPush('list', ['a', 'b', 'c']);
    const zset = () =>
      client.zAdd('zset', [
        { value: 'low', score: -0.5 },
        { value: 'high', score: 2.5 },
      ]);
    const stories: readonly (readonly [ask: () => Promise<unknown>, fill: () => Promise<unknown>, answer: unknown])[] =
      [
        [() => waiting.blPop(['none', 'list'], 0), list, { key: 'list', element: 'a' }],
        [() => waiting.brPop(['none', 'list'], 0), list, { key: 'list', element: 'c' }],
        [() => waiting.blMove('list', 'other', 'LEFT', 'RIGHT', 0), list, 'a'],
        [() => waiting.brPopLPush('list', 'other', 0), list, 'c'],
        [() => waiting.blmPop(0, ['none', 'list'], 'RIGHT', { COUNT: 2 }), list, ['list', ['c', 'b']]],
        [() => waiting.bzPopMin(['none', 'zset'], 0), zset, { key: 'zset', value: 'low', score: -0.5 }],
        [() => waiting.bzPopMax(['none', 'zset'], 0), zset, { key: 'zset', value: 'high', score: 2.5 }],
        [
          () => waiting.bzmPop(0, ['none', 'zset'], 'MIN', { COUNT: 5 }),
          zset,
          {
            key: 'zset',
            members: [
              { value: 'low', score: -0.5 },
              { value: 'high', score: 2.5 },
            ],
          },
        ],
      ];
    const id = await waiting.clientId();
    for (const [ask, fill, answer] of stories) {
      const asked = ask();
      await eventually(
        () => client.info('clients'),
        (text) => text.includes('blocked_clients:1'),
      );
      await fill();
      t.deepEqual(await asked, answer);
      await client.flushAll();

      const inVain = ask();
      await eventually(
        () => client.clientUnblock(id),
        (unblocked) => unblocked === 1,
      );
      t.is(await inVain, null);
    }
  });
}

test.serial('ioredis: tagged articles are found, sorted, and read while they change', async (t) => {
  const server = await startFerrous(t);
  const redis = ioredis(t, server.port);
  const pipeline = redis.pipeline();
  for (const id of range(300)) {
    pipeline.hset(`article:${id}`, { title: `Title ${id}`, views: (id * 7919) % 1000 });
    for (const divisor of [2, 3, 5]) if (id % divisor === 0) pipeline.sadd(`tag:${divisor}`, id);
  }
  await pipeline.exec();

  const numbers = (texts: readonly string[]): readonly number[] => texts.map(Number).sort((a, b) => a - b);
  t.deepEqual(
    numbers(await redis.sinter('tag:2', 'tag:3', 'tag:5')),
    range(10).map((n) => n * 30),
  );
  t.is(await redis.sintercard(2, 'tag:2', 'tag:5', 'LIMIT', 7), 7);
  t.is(await redis.sunionstore('any', 'tag:2', 'tag:3', 'tag:5'), 220);
  t.is(await redis.sdiffstore('odd', 'any', 'tag:2'), 70);
  t.deepEqual(await redis.smismember('odd', 9, 10), [1, 0]);
  await redis.sinterstore('both', 'tag:3', 'tag:5');
  const byViews = range(20)
    .map((n) => n * 15)
    .sort((a, b) => ((b * 7919) % 1000) - ((a * 7919) % 1000));
  t.deepEqual(
    await redis.sort('both', 'BY', 'article:*->views', 'LIMIT', 0, 3, 'GET', '#', 'GET', 'article:*->title', 'DESC'),
    byViews.slice(0, 3).flatMap((id) => [String(id), `Title ${id}`]),
  );
  t.deepEqual(await redis.hmget('article:7', 'title', 'none'), ['Title 7', null]);
  t.is(await redis.hincrby('article:7', 'views', 5), 438);

  // What is there all the time is seen, whatever comes and goes meanwhile.
  const everyId = new Set(range(300).map(String));
  await redis.sadd('big', ...everyId);
  await redis.hset('table', ...[...everyId].flatMap((id) => [id, `value ${id}`]));
  await redis.zadd('order', ...[...everyId].flatMap((id) => [id, id]));
  const scans = [
    { scan: () => redis.sscanStream('big', { count: 20 }), step: 1, add: (id: string) => redis.sadd('big', id) },
    {
      scan: () => redis.hscanStream('table', { count: 20 }),
      step: 2,
      add: (id: string) => redis.hset('table', id, 'x'),
    },
    { scan: () => redis.zscanStream('order', { count: 20 }), step: 2, add: (id: string) => redis.zadd('order', 1, id) },
  ];
  for (const { scan, step, add } of scans) {
    const seen = new Set<string>();
    let round = 0;
    for await (const batch of scan()) {
      for (let i = 0; i < batch.length; i += step) seen.add(String(batch[i]));
      await Promise.all(range(100).map((n) => add(`new:${round}:${n}`)));
      if (++round === 5) await redis.srem('big', '1', '2', '3'); // those need not be seen
    }
    t.deepEqual(
      [...everyId].filter((id) => !seen.has(id) && !['1', '2', '3'].includes(id)),
      [],
    );
  }
});

test.serial('ioredis: money moves between accounts under WATCH, and none is lost or made', async (t) => {
  const server = await startFerrous(t);
  const connections = range(4).map(() => ioredis(t, server.port));
  const [redis] = connections;
  if (redis === undefined) throw new Error('no connection');
  const accounts = ['account:0', 'account:1', 'account:2'];
  for (const account of accounts) await redis.hset(account, { balance: 100, version: 0 });

  const transfer = async (connection: Redis, from: string, to: string, amount: number): Promise<number> => {
    for (let tries = 1; ; tries++) {
      await connection.watch(from, to);
      const balance = Number(await connection.hget(from, 'balance'));
      if (balance < amount) {
        await connection.unwatch();
        return tries;
      }
      const done = await connection
        .multi()
        .hset(from, 'balance', balance - amount)
        .hincrby(to, 'balance', amount)
        .hincrby(from, 'version', 1)
        .rpush('history', JSON.stringify({ from, to, amount }))
        .zincrby('volume', amount, from)
        .exec();
      if (done !== null) return tries;
    }
  };
  const run = async (connection: Redis, seed: number): Promise<number> => {
    const random = seededRandom(seed);
    let tries = 0;
    for (let i = 0; i < 25; i++) {
      const from = Math.floor(random() * 3);
      const to = (from + 1 + Math.floor(random() * 2)) % 3;
      tries += await transfer(connection, `account:${from}`, `account:${to}`, 1 + Math.floor(random() * 60));
    }
    return tries;
  };
  const tries = await Promise.all(connections.map(run));

  const balances = new Map(accounts.map((account) => [account, 100]));
  const volumes = new Map<string, number>();
  for (const line of await redis.lrange('history', 0, -1)) {
    const { from, to, amount }: { from: string; to: string; amount: number } = JSON.parse(line);
    balances.set(from, (balances.get(from) ?? 0) - amount);
    balances.set(to, (balances.get(to) ?? 0) + amount);
    volumes.set(from, (volumes.get(from) ?? 0) + amount);
    t.true((balances.get(from) ?? -1) >= 0, 'nobody spends what is not there');
  }
  for (const account of accounts) {
    t.is(Number(await redis.hget(account, 'balance')), balances.get(account) ?? -1);
    t.is(Number(await redis.zscore('volume', account)), volumes.get(account) ?? 0);
  }
  t.log(`${tries.reduce((sum, n) => sum + n)} attempts for 100 transfers`);
});
