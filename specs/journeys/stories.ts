/**
 * What the stories have in common: data in all databases, a client that writes all the time, and comparing two servers.
 *
 * In:  connections to servers of any make.
 * Out: promises for the moment something is so.
 * Memory: none.
 * @since 0.1.0
 */
import type { ExecutionContext } from 'ava';
import { type Arg, plain, type RawClient, show } from '../support/resp-client.ts';
import { eventually, info, untilCaughtUp } from '../support/wait.ts';

export const DATABASES = 16;

/** Strings of every encoding: 8, 16, 32 and 64 bit integers, short, long, compressible, binary and empty ones. */
export const VALUES: readonly Arg[] = [
  '0',
  '-128',
  '32767',
  '-2147483648',
  '9223372036854775807',
  '12345678901234567890123',
  'short',
  'x'.repeat(44),
  'y'.repeat(45),
  'compressible '.repeat(50),
  Uint8Array.from({ length: 300 }, (_, i) => (i * 7919) & 0xff),
  '',
];

/** Writes every kind of value into each database, some of them with a TTL that no test sees end. */
export const fill = async (client: RawClient, databases = DATABASES): Promise<void> => {
  for (let db = 0; db < databases; db++) {
    const commands: Arg[][] = [['SELECT', String(db)]];
    VALUES.forEach((value, i) => {
      commands.push(['SET', `plain:${i}`, value]);
      commands.push(['SET', `volatile:${i}:${db}`, value, 'PXAT', String(4_102_444_800_000 + 1000 * i + db)]);
    });
    const replies = await client.pipeline(commands);
    const wrong = replies.find((reply) => show(reply) !== '+OK');
    if (wrong !== undefined) throw new Error(`fill: ${show(wrong)}`);
  }
  await client.send('SELECT', '0');
};

export interface Writer {
  /** Stops after the writes under way; answers how many there were. */
  stop(): Promise<number>;
}

/** Keeps writing `during:n` into changing databases, batch by batch, from now until it is stopped. */
export const writing = (client: RawClient, databases = DATABASES): Writer => {
  let isOver = false;
  let count = 0;
  const run = async (): Promise<number> => {
    while (!isOver) {
      const commands: Arg[][] = [['SELECT', String(count % databases)]];
      for (let i = 0; i < 20; i++) {
        commands.push(['SET', `during:${count}`, `value ${count}`]);
        commands.push(['INCR', 'during']);
        if (i % 4 === 0) commands.push(['EXPIRE', `during:${count}`, '100000']);
        if (i % 5 === 0) commands.push(['DEL', `during:${count - 7}`]);
        count++;
      }
      await client.pipeline(commands);
    }
    return count;
  };
  const done = run();
  return {
    stop: () => {
      isOver = true;
      return done;
    },
  };
};

export const digest = async (client: RawClient): Promise<string> => show(await client.send('DEBUG', 'DIGEST'));

/** Waits until the replica has everything, and compares the two. Nobody may write meanwhile. */
export const sameData = async (t: ExecutionContext, master: RawClient, replica: RawClient): Promise<void> => {
  await untilCaughtUp(master, replica);
  t.is(await digest(replica), await digest(master));
};

/** Every key of every database, with its value and when it expires. Sorted. */
export const contents = async (client: RawClient, databases = DATABASES): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let db = 0; db < databases; db++) {
    await client.send('SELECT', String(db));
    const keys = plain(await client.send('KEYS', '*'));
    if (!Array.isArray(keys)) throw new Error('KEYS did not answer a list');
    const names = keys.map(String);
    const replies = await client.pipeline(
      names.flatMap((name) => [
        ['GET', name],
        ['PEXPIRETIME', name],
      ]),
    );
    names.forEach((name, i) => {
      found.push(`${db} ${name} ${show(replies[2 * i]!)} ${show(replies[2 * i + 1]!)}`);
    });
  }
  await client.send('SELECT', '0');
  return found.sort();
};

const SHOWN = 5;

/** Compares what `contents` found, and shows the first few differences. */
export const sameContents = (t: ExecutionContext, ours: readonly string[], expected: readonly string[]): void => {
  const [left, right] = [new Set(ours), new Set(expected)];
  t.deepEqual(
    {
      missing: expected.filter((line) => !left.has(line)).slice(0, SHOWN),
      unexpected: ours.filter((line) => !right.has(line)).slice(0, SHOWN),
    },
    { missing: [], unexpected: [] },
  );
};

/** Waits until a field of INFO has a value. */
export const untilField = (client: RawClient, section: string, field: string, value: string): Promise<unknown> =>
  eventually(
    () => info(client, section),
    (fields) => fields[field] === value,
  );
