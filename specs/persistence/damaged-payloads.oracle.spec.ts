/**
 * Damaged payloads beside redis-server: what is taken here, it takes, too, and it finds the same value in it. (It takes more:
 * it reads on into the footer of a payload, and does not look at the order of packed sorted sets.)
 */
import process from 'node:process';
import { oracleTest } from '../support/oracle-test.ts';
import { startRedis } from '../support/process-server.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, show } from '../support/reply.ts';
import type { RawClient } from '../support/resp-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { corpus, damagedBody, payloadOf, type Sample } from './payload-corpus.ts';

/** Per sample. */
const MUTATIONS = process.env['FERROUS_LONG'] === '1' ? 400 : 30;
/** Redis 7.0 does not know sets as listpacks. */
const SET_LISTPACK = 20;
const FOOTER_BYTES = 10;

const texts = (count: number, pattern: string): string[] => Array.from({ length: count }, (_, i) => `${pattern}${i}`);
const scored = (members: readonly string[]): string[] => members.flatMap((member, i) => [String(i % 7), member]);

/** What redis-server dumps of a few values. */
const samplesOf = async (client: RawClient): Promise<Sample[]> => {
  const samples: Sample[] = [];
  for (const words of [
    ['SET', 'k', 'x'.repeat(200)],
    ['RPUSH', 'k', ...texts(9, '')],
    ['RPUSH', 'k', 'x'.repeat(9000), 'small', 'y'.repeat(3000), '17'],
    ['RPUSH', 'k', ...texts(60, 'element ')],
    ['SADD', 'k', '1', '-70000'],
    ['SADD', 'k', ...texts(9, 'member')],
    ['ZADD', 'k', ...scored(texts(9, 'm'))],
    ['ZADD', 'k', ...scored(texts(150, 'm'))],
    ['HSET', 'k', ...texts(10, 'f')],
    ['HSET', 'k', 'long', 'x'.repeat(100), '1', '2'],
  ]) {
    await client.send('DEL', 'k');
    await client.send(...words);
    const dumped = await client.send('DUMP', 'k');
    if (dumped.type !== 'bulk') throw new Error(show(dumped));
    samples.push({
      name: `${words[0]} of redis-server`,
      body: Buffer.from(dumped.bytes.subarray(0, -FOOTER_BYTES)),
    });
  }
  return samples;
};

oracleTest('a damaged payload that is taken here is the same value to redis-server', async (t) => {
  const client = await (await startRedis(t)).connect();
  await client.send('CONFIG', 'SET', 'sanitize-dump-payload', 'yes');
  const ours = new MemoryServer({ config: { 'enable-debug-command': 'yes' } });
  const samples = [...corpus(), ...(await samplesOf(client))];
  let taken = 0;
  for (const [number, sample] of samples.entries()) {
    for (let i = 0; i <= MUTATIONS; i++) {
      const seed = number * 1_000_000 + 500_000 + i;
      const random = seededRandom(seed);
      const other = samples[Math.floor(random() * samples.length)]!;
      // The first one of each sample is as it was.
      const body = i === 0 ? sample.body : damagedBody(sample, random, other);
      const payload = payloadOf(body);
      const reply = decodeReply(ours.raw(['RESTORE', 'k', '0', payload, 'REPLACE']));
      if (reply.type === 'error' || body[0] === SET_LISTPACK) continue;
      taken++;
      const how = `${sample.name}, seed ${seed}: ${body.toString('hex')}`;
      t.is(show(await client.send('RESTORE', 'k', '0', payload, 'REPLACE')), '+OK', how);
      t.is(show(await client.send('DEBUG', 'DIGEST-VALUE', 'k')), ours.run('DEBUG DIGEST-VALUE k').reply, how);
    }
  }
  t.log(`${taken} damaged payloads were values`);
  t.true(taken > samples.length);
});
