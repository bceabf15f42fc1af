/**
 * The stream of events, seen from within the process: a server as a library.
 *
 *     node examples/run.mjs tail-writes.ts
 *
 * Starts a server on a free port, subscribes to what changes, lets a client write, and ends. Every event is a
 * deterministic command: what expires or depends on chance and time arrives as what it did, with what the client sent
 * beside it. The same lines come from `FERROUS EVENTS` and from `ferrous events` where the server has a log.
 *
 * A program outside of this repository imports all this from 'ferrous'.
 */
import { Redis } from 'ioredis';
import { eventLine, start } from '../src/library.ts';

const write = async (port: number): Promise<void> => {
  const redis = new Redis(port, '127.0.0.1', { connectionName: 'example' });
  await redis.set('greeting', 'hello', 'EX', 100); // EX becomes PXAT: the same whenever it is replayed
  await redis.incrbyfloat('pi', 3.14); // becomes the value that came out
  await redis.get('greeting'); // reads are no events
  await redis.select(3);
  await redis.multi().set('a', '1').set('b', '2').exec(); // two events of one transaction
  await redis.psetex('short', 1, 'lived');
  while ((await redis.exists('short')) === 1); // its end becomes a DEL, which nobody sent
  await redis.flushdb();
  redis.disconnect();
};

const main = async (): Promise<void> => {
  const { events$, port, stop } = await start();
  events$.subscribe((event) => console.log(eventLine(event)));
  await write(port);
  await stop();
};

void main();
