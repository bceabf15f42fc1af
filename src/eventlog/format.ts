/**
 * The annotation lines of the log: what stands between the commands of the replication stream and says whose they are.
 *
 * In:     lines (latin1 texts, with or without their line end), or values. Out: values, or lines with their line end.
 * Memory: plain values, owned by the caller.
 *
 *   #F:1 <replid> <offset> <timeUs> <hash>            head of a segment
 *   #TS:<seconds>                                     aof-timestamp-enabled, as Redis writes it
 *   #C:<id> <address> <name> <user>                   a client, before the first record of its own in a segment
 *   #W:<timeUs> <clientId> <hash>                     begins a record of writes
 *   #A:<text>                                         the next command as the client sent it
 *   #X:<timeUs> <clientId> <class> <hash> <text>      a record of something that is no write
 *   #S:<offset> <timeUs> <hash>                       seal: the last line of a segment
 *
 * Redis' loader and redis-check-aof skip lines that begin with '#'; a line without CRLF or above 1024 bytes stops them.
 * Annotation lines do not count as bytes of the stream: the offset of a byte is the offset in the head plus the bytes
 * before it that are none of an annotation. Times are µs since 1970. Hashes are explained in chain.ts.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import * as O from 'fp-ts/Option';
import { quoteIfNeeded, splitArgs } from '../quoting.ts';
import { isHash } from './chain.ts';

export * from './chain.ts';
export * from './moment.ts';

/** An annotation line is at most this long, its line end included. */
export const ANNOTATION_BYTES_MAX = 1000;
/** Texts of #A and #X lines are cut at this length. */
export const TEXT_BYTES_MAX = 900;
/** The only version of the format. */
export const FORMAT_VERSION = 1;

/** Client id of what the server does itself: expiry, eviction. */
export const SERVER_ITSELF = 0;
/** Client id of what the stream of our own master says. */
export const OUR_MASTER = -1;

/** What kinds of events there are. */
export const eventClasses = ['write', 'auth', 'admin', 'read', 'replica'] as const;
export type EventClass = (typeof eventClasses)[number];
export type AuditClass = Exclude<EventClass, 'write'>;

export const isEventClass = (text: string): text is EventClass => eventClasses.some((known) => known === text);
const isAuditClass = (text: string): text is AuditClass => text !== 'write' && isEventClass(text);

export interface Head {
  readonly _tag: 'Head';
  /** The history that the stream belongs to: 40 hexadecimal digits. */
  readonly replid: string;
  /** Offset in the stream of the segment's first byte. */
  readonly offset: number;
  readonly timeUs: number;
  /** The hash of the record before: the seal of the segment before. */
  readonly hash: string;
}

export interface NamedClient {
  readonly _tag: 'Client';
  readonly id: number;
  readonly address: string;
  readonly name: string;
  readonly user: string;
}

export interface RecordHead {
  readonly _tag: 'Record';
  readonly timeUs: number;
  readonly clientId: number;
  readonly hash: string;
}

export interface AsSent {
  readonly _tag: 'AsSent';
  readonly text: string;
}

export interface Audit {
  readonly _tag: 'Audit';
  readonly timeUs: number;
  readonly clientId: number;
  readonly class: AuditClass;
  readonly hash: string;
  readonly text: string;
}

export interface Seal {
  readonly _tag: 'Seal';
  /** Offset in the stream behind the segment's last byte. */
  readonly offset: number;
  readonly timeUs: number;
  readonly hash: string;
}

export interface Timestamp {
  readonly _tag: 'Timestamp';
  readonly seconds: number;
}

/** A line of somebody else's, which is skipped. */
export interface Comment {
  readonly _tag: 'Comment';
  /** Without the '#'. */
  readonly text: string;
}

export type Annotation = Head | NamedClient | RecordHead | AsSent | Audit | Seal | Timestamp | Comment;

const EMPTY = '-';

/** Bytes that can stand in a field as they are: printable ASCII without blanks and '%'. */
const escapeField = (field: string): string => {
  if (field === '') return EMPTY;
  if (field === EMPTY) return '%2D';
  return field.replace(
    /[^!-$&-~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
};

const unescapeField = (field: string): string =>
  field === EMPTY
    ? ''
    : field.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Fields of a client are cut, so that the line keeps its limit whatever they hold. */
const FIELD_CHARACTERS_MAX = 300;

const clientField = (field: string): string => {
  const escaped = escapeField(field);
  // Never within an escape.
  return escaped.length <= FIELD_CHARACTERS_MAX
    ? escaped
    : escaped.slice(0, FIELD_CHARACTERS_MAX).replace(/%[^%]?$/, '');
};

export const renderHead = ({ replid, offset, timeUs, hash }: Omit<Head, '_tag'>): string =>
  `#F:${FORMAT_VERSION} ${replid} ${offset} ${timeUs} ${hash}\r\n`;

/** Address, name and user are latin1 texts; what is above 300 characters is cut. */
export const renderClient = ({ id, address, name, user }: Omit<NamedClient, '_tag'>): string =>
  `#C:${id} ${clientField(address)} ${clientField(name)} ${clientField(user)}\r\n`;

export const renderRecord = ({ timeUs, clientId, hash }: Omit<RecordHead, '_tag'>): string =>
  `#W:${timeUs} ${clientId} ${hash}\r\n`;

/** The text has to be one of `renderArguments`. */
export const renderAsSent = ({ text }: Omit<AsSent, '_tag'>): string => `#A:${text}\r\n`;

/** The text has to be one of `renderArguments`. */
export const renderAudit = (audit: Omit<Audit, '_tag'>): string =>
  `#X:${audit.timeUs} ${audit.clientId} ${audit.class} ${audit.hash} ${audit.text}\r\n`;

export const renderSeal = ({ offset, timeUs, hash }: Omit<Seal, '_tag'>): string =>
  `#S:${offset} ${timeUs} ${hash}\r\n`;

export const renderTimestamp = ({ seconds }: Omit<Timestamp, '_tag'>): string => `#TS:${seconds}\r\n`;

export const renderAnnotation = (annotation: Annotation): string => {
  switch (annotation._tag) {
    case 'Head':
      return renderHead(annotation);
    case 'Client':
      return renderClient(annotation);
    case 'Record':
      return renderRecord(annotation);
    case 'AsSent':
      return renderAsSent(annotation);
    case 'Audit':
      return renderAudit(annotation);
    case 'Seal':
      return renderSeal(annotation);
    case 'Timestamp':
      return renderTimestamp(annotation);
    case 'Comment':
      return `#${annotation.text}\r\n`;
  }
};

const CUT = '...';

/**
 * The words of a command as redis-cli reads them. Above `bytesMax` the last word that fits in part ends with "...", and
 * those behind it are left out; the text can be split again (`splitArguments`) whatever was cut.
 */
export const renderArguments = (words: Iterable<string>, bytesMax = TEXT_BYTES_MAX): string => {
  let text = '';
  for (const word of words) {
    const room = bytesMax - text.length - (text === '' ? 0 : 1);
    // No word becomes shorter by being quoted, so a long one need not be quoted as a whole.
    const quoted = word.length > room ? undefined : quoteIfNeeded(word);
    if (quoted !== undefined && quoted.length <= room) {
      text += text === '' ? quoted : ` ${quoted}`;
      continue;
    }
    let shown = Math.max(0, Math.min(word.length, room) - CUT.length);
    let cut = quoteIfNeeded(word.slice(0, shown) + CUT);
    while (cut.length > room && shown > 0) {
      // A character takes four at most.
      shown -= Math.max(1, Math.floor((cut.length - room) / 4));
      if (shown < 0) shown = 0;
      cut = quoteIfNeeded(word.slice(0, shown) + CUT);
    }
    if (cut.length <= room) return text === '' ? cut : `${text} ${cut}`;
    return text.endsWith('"') || text === '' ? text : `${text}${CUT}`;
  }
  return text;
};

/** The words of a text that `renderArguments` made; one word where it is none. */
export const splitArguments = (text: string): readonly string[] => {
  const words = splitArgs(text);
  return O.isNone(words) ? [text] : words.value;
};

const INTEGER = /^(0|-?[1-9]\d*)$/;

const isCount = (text: string): boolean => INTEGER.test(text) && Number.isSafeInteger(Number(text)) && text[0] !== '-';
const isId = (text: string): boolean => INTEGER.test(text) && Number.isSafeInteger(Number(text));
const isReplid = (text: string): boolean => /^[0-9a-fA-F]{40}$/.test(text);

const wrong = (line: string, expected: string): E.Either<string, never> =>
  E.left(`expected ${expected}, got ${JSON.stringify(line)}`);

const parseHead = (line: string, rest: string): E.Either<string, Head> => {
  const [version, replid, offset, timeUs, hash, ...more] = rest.split(' ');
  if (version !== String(FORMAT_VERSION)) return wrong(line, `a head of format ${FORMAT_VERSION}`);
  if (hash === undefined || more.length > 0) return wrong(line, '#F:1 <replid> <offset> <timeUs> <hash>');
  if (!isReplid(replid) || !isCount(offset) || !isCount(timeUs) || !isHash(hash)) {
    return wrong(line, '#F:1 <replid> <offset> <timeUs> <hash>');
  }
  return E.right({ _tag: 'Head', replid, offset: Number(offset), timeUs: Number(timeUs), hash });
};

const parseClient = (line: string, rest: string): E.Either<string, NamedClient> => {
  const [id, address, name, user, ...more] = rest.split(' ');
  if (user === undefined || more.length > 0 || !isId(id)) return wrong(line, '#C:<id> <address> <name> <user>');
  return E.right({
    _tag: 'Client',
    id: Number(id),
    address: unescapeField(address),
    name: unescapeField(name),
    user: unescapeField(user),
  });
};

const parseRecord = (line: string, rest: string): E.Either<string, RecordHead> => {
  const [timeUs, clientId, hash, ...more] = rest.split(' ');
  if (hash === undefined || more.length > 0 || !isCount(timeUs) || !isId(clientId) || !isHash(hash)) {
    return wrong(line, '#W:<timeUs> <clientId> <hash>');
  }
  return E.right({ _tag: 'Record', timeUs: Number(timeUs), clientId: Number(clientId), hash });
};

const AUDIT = /^(\d+) (-?\d+) (\w+) (\S+) (.*)$/s;

const parseAudit = (line: string, rest: string): E.Either<string, Audit> => {
  const parts = AUDIT.exec(rest);
  if (parts === null) return wrong(line, '#X:<timeUs> <clientId> <class> <hash> <text>');
  const [, timeUs, clientId, kind, hash, text] = parts;
  if (!isCount(timeUs) || !isId(clientId) || !isAuditClass(kind) || !isHash(hash)) {
    return wrong(line, '#X:<timeUs> <clientId> <class> <hash> <text>');
  }
  return E.right({ _tag: 'Audit', timeUs: Number(timeUs), clientId: Number(clientId), class: kind, hash, text });
};

const parseSeal = (line: string, rest: string): E.Either<string, Seal> => {
  const [offset, timeUs, hash, ...more] = rest.split(' ');
  if (hash === undefined || more.length > 0 || !isCount(offset) || !isCount(timeUs) || !isHash(hash)) {
    return wrong(line, '#S:<offset> <timeUs> <hash>');
  }
  return E.right({ _tag: 'Seal', offset: Number(offset), timeUs: Number(timeUs), hash });
};

/** Reads one line; Left says what was expected and what was found. */
export const parseAnnotation = (line: string): E.Either<string, Annotation> => {
  const text = line.endsWith('\r\n') ? line.slice(0, -2) : line;
  const rest = text.slice(3);
  switch (text.slice(0, 3)) {
    case '#F:':
      return parseHead(text, rest);
    case '#C:':
      return parseClient(text, rest);
    case '#W:':
      return parseRecord(text, rest);
    case '#A:':
      return E.right({ _tag: 'AsSent', text: rest });
    case '#X:':
      return parseAudit(text, rest);
    case '#S:':
      return parseSeal(text, rest);
    case '#TS':
      return text[3] === ':' && isCount(rest.slice(1))
        ? E.right({ _tag: 'Timestamp', seconds: Number(rest.slice(1)) })
        : wrong(text, '#TS:<seconds>');
    default:
      return text.startsWith('#') ? E.right({ _tag: 'Comment', text: text.slice(1) }) : wrong(text, 'a line with #');
  }
};
