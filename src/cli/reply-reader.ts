/**
 * Replies of a server, as a client reads them: RESP2, and of RESP3 what a stream of events needs.
 *
 * In:  bytes, however they are cut. Out: replies as values.
 * Memory: the bytes of a reply that is not complete.
 *
 * @since 0.3.0
 */
export type ServerReply =
  | { readonly kind: 'status' | 'error' | 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly ServerReply[] };

/** The server said what is no RESP. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

interface Read {
  readonly reply: ServerReply;
  /** Behind the reply. */
  readonly end: number;
}

/** How many bytes there have to be before it is worth looking again. */
class Missing {
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }
}

const LF = 10;
const NULL: ServerReply = { kind: 'null' };
const DEPTH_MAX = 16;

const read = (buf: Buffer, at: number, depth: number): Read | Missing => {
  const lineEnd = buf.indexOf(LF, at);
  if (lineEnd < 0) return new Missing(buf.length + 1);
  const rest = buf.toString('latin1', at + 1, lineEnd - 1);
  const end = lineEnd + 1;
  const type = String.fromCharCode(buf[at]);
  const number = Number(rest);
  switch (type) {
    case '+':
      return { reply: { kind: 'status', text: rest }, end };
    case '-':
      return { reply: { kind: 'error', text: rest }, end };
    case ':':
      return { reply: { kind: 'number', value: number }, end };
    case '_':
      return { reply: NULL, end };
    case '$':
    case '*':
    case '>':
    case '%':
      break;
    default:
      throw new ReplyError(`expected a reply of a Redis server, got ${JSON.stringify(type + rest)}`);
  }
  if (!Number.isSafeInteger(number)) {
    throw new ReplyError(`expected a length, got ${JSON.stringify(rest)}`);
  }
  if (number < 0) return { reply: NULL, end };
  if (type === '$') {
    if (buf.length < end + number + 2) return new Missing(end + number + 2);
    return { reply: { kind: 'text', text: buf.toString('utf8', end, end + number) }, end: end + number + 2 };
  }
  return list(buf, end, type === '%' ? 2 * number : number, depth);
};

const list = (buf: Buffer, from: number, count: number, depth: number): Read | Missing => {
  if (depth >= DEPTH_MAX) throw new ReplyError('expected a reply, got one that is nested too deep');
  const items: ServerReply[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const item = at < buf.length ? read(buf, at, depth + 1) : new Missing(at + 1);
    if (item instanceof Missing) return item;
    items.push(item.reply);
    at = item.end;
  }
  return { reply: { kind: 'list', items }, end: at };
};

export class ReplyReader {
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private neededBytes = 1;

  /** The replies that are complete by now. */
  feed(chunk: Buffer): readonly ServerReply[] {
    this.pieces.push(chunk);
    this.pendingBytes += chunk.length;
    // A long reply is put together once, not with every piece of it.
    if (this.pendingBytes < this.neededBytes) return [];
    const buf = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces);
    const replies: ServerReply[] = [];
    let at = 0;
    this.neededBytes = 1;
    while (at < buf.length) {
      const found = read(buf, at, 0);
      if (found instanceof Missing) {
        this.neededBytes = found.bytes - at;
        break;
      }
      replies.push(found.reply);
      at = found.end;
    }
    this.pieces = at < buf.length ? [buf.subarray(at)] : [];
    this.pendingBytes = buf.length - at;
    return replies;
  }
}
