/**
 * Crashes: a server that is killed under load, again and again, has every write that it acknowledged (law 5).
 *
 * A few kills in an ordinary run; FERROUS_LONG=1 has fifty.
 */
import test from 'ava';
import { type RunningServer, startFerrous } from '../support/process-server.ts';
import { type RawClient, show } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';

const kills = process.env['FERROUS_LONG'] === '1' ? 50 : 3;
const CLIENTS = 4;

/** Increments a counter of its own, adds to a list of its own and a pair in a transaction, until the server dies. */
class Writer {
  /** How many rounds were acknowledged, and how many were begun. */
  acknowledged = 0;
  begun = 0;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  async run(client: RawClient): Promise<void> {
    try {
      for (;;) {
        this.begun++;
        const { id, begun } = this;
        const replies = await client.pipeline([
          ['SET', `last:${id}`, String(begun)],
          ['RPUSH', `all:${id}`, String(begun)],
          ['MULTI'],
          ['INCR', `left:${id}`],
          ['INCR', `right:${id}`],
          ['EXEC'],
        ]);
        if (replies.some((reply) => reply.type === 'error'))
          throw new Error(replies.map((reply) => show(reply)).join(' '));
        this.acknowledged = begun;
      }
    } catch (error) {
      if (error instanceof Error && /^-/.test(error.message)) throw error;
    }
  }
}

const numberOf = async (client: RawClient, ...command: string[]): Promise<number> => {
  const reply = await client.send(...command);
  if (reply.type === 'bulk') return Number(Buffer.from(reply.bytes).toString());
  if (reply.type === 'integer') return Number(reply.value);
  return 0;
};

for (const trail of ['no', 'yes']) {
  test(`a server that is killed again and again has all that it acknowledged under appendfsync always (audit-trail ${trail})`, async (t) => {
    t.timeout(600_000);
    const dir = await makeTempDir(t);
    const args = [
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--audit-trail', trail],
      // Rewrites happen meanwhile.
      ...['--auto-aof-rewrite-percentage', '50', '--auto-aof-rewrite-min-size', '20kb'],
    ];
    const writers = Array.from({ length: CLIENTS }, (_, id) => new Writer(id));
    const start = (): Promise<RunningServer> => startFerrous(undefined, { dir, args });
    let server = await start();
    t.teardown(() => server.kill());
    for (let kill = 0; kill < kills; kill++) {
      const client = await server.connect();
      const goal = writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0) + 20 + 37 * (kill % 7);
      let failure: unknown;
      const running = writers.map(async (writer) => {
        const connection = await server.connect();
        await writer.run(connection).catch((error: unknown) => {
          failure = error;
        });
      });
      // As long as they write there is something to see.
      for (let done = 0; done < goal; ) {
        if (failure !== undefined) throw failure;
        done = 0;
        for (const { id } of writers) done += await numberOf(client, 'LLEN', `all:${id}`);
      }
      await server.kill();
      await Promise.all(running);
      server = await start();
      const reader = await server.connect();
      for (const writer of writers) {
        const { id, acknowledged, begun } = writer;
        const all = await reader.send('LRANGE', `all:${id}`, '0', '-1');
        const rounds = all.type === 'array' ? all.items.map((item) => Number(show(item).slice(1, -1))) : [];
        const { length } = rounds;
        t.deepEqual(
          rounds,
          Array.from({ length }, (_, index) => index + 1),
        );
        t.true(length >= acknowledged && length <= begun, `${acknowledged} <= ${length} <= ${begun}`);
        const last = await numberOf(reader, 'GET', `last:${id}`);
        t.true(last === length || last === length + 1, `last ${last} of ${length}`);
        const left = await numberOf(reader, 'GET', `left:${id}`);
        t.is(await numberOf(reader, 'GET', `right:${id}`), left);
        t.true(left <= length, `${left} transactions in ${length} rounds`);
        writer.acknowledged = length;
        writer.begun = length;
      }
    }
  });
}
