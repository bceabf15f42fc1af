/**
 * The stream of write events, seen from within the process: a server as a library.
 *
 *     node examples/run.mjs tail-writes.ts
 *
 * Builds a server on a free port, subscribes to what changes, lets a client write, and ends. Every event is a
 * deterministic command: what expires or depends on chance and time arrives as what it did.
 */
import { Redis } from 'ioredis';
import { defaults } from '../src/config/config.ts';
import { systemEnvironment } from '../src/environment.ts';
import type { WriteEvent } from '../src/events/write-stream.ts';
import { Logger } from '../src/log.ts';
import { buildServer, openListeners, serve } from '../src/server.ts';

/** An event is a loan, good until the subscriber returns: what is kept has to be copied, as a text is. */
const show = ({ db, offset, timeMs, buf, start, end }: WriteEvent): string => {
  const words = Buffer.from(buf.subarray(start, end)).toString('latin1').split('\r\n');
  const command = words.filter((_, i) => i > 0 && i % 2 === 0).join(' ');
  const where = db < 0 ? '   ' : `db${db}`;
  return `offset ${String(offset).padStart(4)}  ${where}  ${new Date(timeMs).toISOString()}  ${command}`;
};

const environment = systemEnvironment();
const server = buildServer({
  config: { ...defaults, bind: ['127.0.0.1'], port: 0, save: [] },
  configFile: '',
  executable: '',
  environment,
  log: new Logger(
    () => {},
    () => environment.scheduler.now(),
  ),
});

const write = async (port: number): Promise<void> => {
  const redis = new Redis(port, '127.0.0.1');
  await redis.set('greeting', 'hello', 'EX', 100); // EX becomes PXAT: the same whenever it is replayed
  await redis.incrbyfloat('pi', 3.14); // becomes the value that came out
  await redis.get('greeting'); // reads are no events
  await redis.select(3);
  await redis.mset('a', '1', 'b', '2');
  await redis.psetex('short', 1, 'lived');
  while ((await redis.exists('short')) === 1); // its end becomes a DEL
  await redis.flushdb();
  redis.disconnect();
};

const main = async (): Promise<void> => {
  await openListeners(server, true)();
  server.services.writes.events$.subscribe((event) => console.log(show(event)));
  serve(server).subscribe({
    next: (event) => {
      if (event !== 'loaded') return;
      void write(server.listeners.port).then(() =>
        server.lifecycle.shutdown({ save: 'no', now: true, force: true }, () => {}),
      );
    },
  });
};

void main();
