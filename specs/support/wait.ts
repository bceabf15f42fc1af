/**
 * Waiting for another process to get somewhere, and reading INFO, which mostly tells whether it did.
 *
 * In:  a question that can be asked again and again.
 * Out: the first answer that is right; an error that shows the last wrong one.
 * Memory: none.
 * @since 0.1.0
 */
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { plain, type RawClient } from './resp-client.ts';

const PATIENCE_MS = 30_000;
const BETWEEN_MS = 5;

/** Asks until the answer is right. The patience is no expectation, only the end of hope. */
export const eventually = async <T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> => {
  const giveUpAtMs = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > giveUpAtMs) throw new Error(`still wrong after ${patienceMs} ms: ${inspect(answer)}`);
    await pause(BETWEEN_MS); // the other side is a process: nothing tells us when it has moved
  }
};

/** INFO as fields: `(await info(client, 'replication'))['master_link_status']`. */
export const info = async (client: RawClient, section = 'default'): Promise<Readonly<Record<string, string>>> => {
  const text = plain(await client.send('INFO', section));
  if (typeof text !== 'string') throw new Error(`INFO ${section} answered ${inspect(text)}`);
  const fields = text.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return Object.fromEntries(fields);
};

/** Waits until a replica says that its link to the master is up and the first sync is over. */
export const untilLinkUp = (replica: RawClient): Promise<Readonly<Record<string, string>>> =>
  eventually(
    () => info(replica, 'replication'),
    (fields) => fields['master_link_status'] === 'up',
  );

/** Waits until the replica has applied all that the master had written when this was called. */
export const untilCaughtUp = async (master: RawClient, replica: RawClient): Promise<void> => {
  const offset = Number((await info(master, 'replication'))['master_repl_offset']);
  await eventually(
    () => info(replica, 'replication'),
    (fields) => fields['master_link_status'] === 'up' && Number(fields['slave_repl_offset']) >= offset,
  );
};
