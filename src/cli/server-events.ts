/**
 * Events from a server: the client's side of FERROUS EVENTS.
 *
 * In:  an address, credentials, conditions. Out: events in batches, as far as the reader takes them: who reads slowly makes
 * the server wait, which costs neither of them memory.
 *
 * @since 0.3.0
 */
import { connect, type Socket } from 'node:net';
import * as E from 'fp-ts/Either';
import { EventJson, type LoggedEvent } from '../eventlog/event.ts';
import type { EventConditions } from '../eventlog/filter.ts';
import { formatMoment } from '../eventlog/moment.ts';
import { Failure } from './failure.ts';
import { type Address, formatStart, type Start, showAddress } from './options.ts';
import { ReplyError, ReplyReader, type ServerReply } from './reply-reader.ts';

export interface Login {
  readonly user?: string;
  readonly password: string;
}

export interface ServerEventsOptions extends Omit<EventConditions, 'from'> {
  readonly address: Address;
  readonly login?: Login;
  readonly from?: Start;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** The oldest event that the server keeps, as XRANGE says it. */
const OLDEST = '-';

/** The words of the command. Bytes are latin1. */
export const eventsCommand = (
  options: Omit<ServerEventsOptions, 'address' | 'login' | 'signal'>,
): readonly string[] => {
  const { from, to, key, db, user, client, command, follow } = options;
  const pair = (word: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [word, value];
  return [
    'FERROUS',
    'EVENTS',
    'FROM',
    from === undefined ? OLDEST : formatStart(from),
    ...pair('TO', to === undefined ? undefined : formatMoment(to)),
    ...pair('MATCH', typeof key === 'object' ? Buffer.from(key).toString('latin1') : key),
    ...pair('DB', db === undefined ? undefined : String(db)),
    ...pair('USER', user),
    ...pair('CLIENT', client),
    ...pair('COMMAND', command),
    ...(follow ? ['FOLLOW'] : []),
  ];
};

export const encodeCommand = (words: readonly string[]): Buffer =>
  Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`, 'latin1');

const open = (address: Address): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = address._tag === 'unix' ? connect(address.path) : connect(address.port, address.host);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const shown = (reply: ServerReply): string =>
  reply.kind === 'status' || reply.kind === 'error' || reply.kind === 'text' ? reply.text : JSON.stringify(reply);

const eventOf = (text: string): LoggedEvent => {
  const decoded = E.tryCatch(
    () => EventJson.decode(JSON.parse(text)),
    () => [],
  );
  if (E.isRight(decoded) && E.isRight(decoded.right)) return decoded.right.right;
  throw new ReplyError(`expected an event, got ${text.slice(0, 200)}`);
};

/** What one message of the stream says: an event, or that it was the last one. */
const messageOf = (reply: ServerReply): LoggedEvent | 'end' => {
  if (reply.kind === 'error') throw new Failure(`the server ended the stream: ${reply.text}`);
  const [kind, value] = reply.kind === 'list' ? reply.items : [];
  if (kind?.kind === 'text' && kind.text === 'end') return 'end';
  if (kind?.kind !== 'text' || kind.text !== 'event' || value?.kind !== 'text') {
    throw new ReplyError(`expected an event, got ${shown(reply)}`);
  }
  return eventOf(value.text);
};

/** Events of a server, in batches as they come. Throws `Failure`. */
export async function* serverEvents(options: ServerEventsOptions): AsyncGenerator<readonly LoggedEvent[]> {
  const { address, login, follow, signal, classes } = options;
  const where = showAddress(address);
  const socket = await open(address).catch((error: unknown) => {
    throw new Failure(`cannot connect to ${where}: ${textOf(error)}`);
  });
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const auth = login === undefined ? [] : [['AUTH', ...(login.user === undefined ? [] : [login.user]), login.password]];
  const expected = [...auth, eventsCommand(options)];
  let answered = 0;
  let place: number | undefined;
  const reader = new ReplyReader();
  try {
    for (const words of expected) socket.write(encodeCommand(words));
    for await (const chunk of socket) {
      const batch: LoggedEvent[] = [];
      for (const reply of reader.feed(Buffer.from(chunk))) {
        if (answered < expected.length) {
          if (reply.kind === 'error') throw new Failure(`${where}: ${reply.text}`);
          answered++;
          continue;
        }
        const message = messageOf(reply);
        if (message === 'end') {
          if (batch.length > 0) yield batch;
          return;
        }
        place = message.end;
        if (classes === undefined || classes.includes(message.class)) batch.push(message);
      }
      if (batch.length > 0) yield batch;
    }
    if (signal.aborted) return;
    throw new Failure(lost(where, follow, place));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ReplyError) throw new Failure(`${where}: ${error.message}`);
    if (error instanceof Failure) throw error;
    throw new Failure(`${lost(where, follow, place)} (${textOf(error)})`);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

const lost = (where: string, follow: boolean, place: number | undefined): string => {
  const goOn = place === undefined ? '' : `; go on with --from offset:${place}${follow ? ' --follow' : ''}`;
  return `the connection to ${where} was lost${goOn}`;
};
