/**
 * An event as the outside sees it: what the command line, FERROUS EVENTS and the library hand out.
 *
 * In:     events, or JSON of any origin. Out: JSON values, or events.
 * Memory: events own their bytes.
 *
 * Arguments are bytes. In JSON an argument that is valid UTF-8 is a string, any other `{"base64": "..."}`, so that
 * `decode(encode(event))` is the event. Texts of clients are latin1, one character per byte.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import * as t from 'io-ts';
import { type EventClass, eventClasses, isEventClass } from './format.ts';

/** Who caused an event. Id 0 is the server itself, -1 our master's stream; they have no other fields. */
export interface EventClient {
  readonly id: number;
  readonly address: string;
  readonly name: string;
  readonly user: string;
}

export interface LoggedEvent {
  /** Offset in the replication stream of the event's first byte; where it stands, for what is no write. */
  readonly offset: number;
  /** Offset behind its last byte: where to go on reading. */
  readonly end: number;
  /** µs since 1970. */
  readonly timeUs: number;
  readonly db: number;
  readonly class: EventClass;
  /** The effect, name first. For what is no write, the command as it was sent, secrets left out. */
  readonly args: readonly Uint8Array[];
  /** Missing where there is no audit trail. */
  readonly client?: EventClient;
  /** The command as the client sent it, quoted, where it differs from the effect. */
  readonly asSent?: string;
  /** Offset of the MULTI that the event is part of. */
  readonly transaction?: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type ArgumentJson = string | { readonly base64: string };

const encodeArgument = (bytes: Uint8Array): ArgumentJson => {
  try {
    return utf8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
  }
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const Base64 = t.type({ base64: t.string });

const isBytes = (u: unknown): u is Uint8Array => u instanceof Uint8Array;

/** One argument: bytes, as a string or base64 in JSON. */
const Argument = new t.Type<Uint8Array, ArgumentJson>(
  'text or {"base64": text}',
  isBytes,
  (u, context) => {
    if (typeof u === 'string') return t.success(new Uint8Array(Buffer.from(u, 'utf8')));
    if (!Base64.is(u) || !BASE64.test(u.base64)) return t.failure(u, context);
    return t.success(new Uint8Array(Buffer.from(u.base64, 'base64')));
  },
  encodeArgument,
);

const natural = new t.Type<number>(
  'an integer >= 0',
  (u): u is number => Number.isSafeInteger(u) && Number(u) >= 0,
  (u, context) => (Number.isSafeInteger(u) && Number(u) >= 0 ? t.success(Number(u)) : t.failure(u, context)),
  t.identity,
);

const Class = new t.Type<EventClass>(
  eventClasses.join(' | '),
  (u): u is EventClass => typeof u === 'string' && isEventClass(u),
  (u, context) => (typeof u === 'string' && isEventClass(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
);

const Client = t.readonly(t.type({ id: t.Int, address: t.string, name: t.string, user: t.string }));

const EventCodec = t.intersection([
  t.type({
    offset: natural,
    end: natural,
    timeUs: natural,
    db: natural,
    class: Class,
    args: t.readonlyArray(Argument),
  }),
  t.partial({ client: Client, asSent: t.string, transaction: natural }),
]);

/** The JSON form of an event. */
export interface EventJson {
  readonly offset: number;
  readonly end: number;
  readonly timeUs: number;
  readonly db: number;
  readonly class: EventClass;
  readonly args: readonly ArgumentJson[];
  readonly client?: EventClient;
  readonly asSent?: string;
  readonly transaction?: number;
}

/** A fresh record with the known fields in one order, and without those that are undefined. */
const rebuilt = <Arg>(event: Omit<LoggedEvent, 'args'>, args: readonly Arg[]) => ({
  offset: event.offset,
  end: event.end,
  timeUs: event.timeUs,
  db: event.db,
  class: event.class,
  args,
  ...(event.client === undefined
    ? {}
    : {
        client: {
          id: event.client.id,
          address: event.client.address,
          name: event.client.name,
          user: event.client.user,
        },
      }),
  ...(event.asSent === undefined ? {} : { asSent: event.asSent }),
  ...(event.transaction === undefined ? {} : { transaction: event.transaction }),
});

/** `EventJson.decode` takes parsed JSON, `EventJson.encode` gives a value for JSON.stringify with its fields in order. */
export const EventJson = new t.Type<LoggedEvent, EventJson>(
  'Event',
  (u): u is LoggedEvent => EventCodec.is(u),
  (u, context) => {
    const decoded = EventCodec.validate(u, context);
    return E.isLeft(decoded) ? decoded : t.success(rebuilt(decoded.right, decoded.right.args));
  },
  (event) => rebuilt(event, event.args.map(encodeArgument)),
);

/** One line of JSON, without its line end. */
export const eventLine = (event: LoggedEvent): string => JSON.stringify(EventJson.encode(event));
