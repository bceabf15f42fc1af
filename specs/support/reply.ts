/**
 * Replies as values: decoding of RESP2 and RESP3, and a rendering for assertion messages.
 *
 * In:  bytes of one or more replies.
 * Out: `Reply` trees, their extent in the bytes, `show(reply)` and `plain(reply)`.
 * Memory: a decoded bulk points into the buffer it was read from.
 * @since 0.1.0
 */

/** What a command is made of: text is sent as latin1 when it fits, else as UTF-8; numbers in decimal. */
export type Arg = string | number | bigint | Uint8Array;

export type Reply =
  | { readonly type: 'simple'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'integer'; readonly value: number | bigint }
  | { readonly type: 'bulk'; readonly bytes: Buffer }
  /** `form` tells the three nulls apart: `$-1` and `*-1` of RESP2, `_` of RESP3. */
  | { readonly type: 'null'; readonly form: '$-1' | '*-1' | '_' }
  | { readonly type: 'array'; readonly items: readonly Reply[] }
  | { readonly type: 'set'; readonly items: readonly Reply[] }
  | { readonly type: 'push'; readonly items: readonly Reply[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [Reply, Reply])[] }
  | { readonly type: 'double'; readonly text: string; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'bignumber'; readonly text: string }
  | { readonly type: 'verbatim'; readonly format: string; readonly bytes: Buffer }
  | {
      readonly type: 'attribute';
      readonly entries: readonly (readonly [Reply, Reply])[];
      readonly of: Reply;
    };

export type Plain = string | number | bigint | boolean | null | Plain[] | { [field: string]: Plain };

const CR = 13;
const LF = 10;

const asArgBytes = (arg: Arg): Uint8Array => {
  if (typeof arg === 'string') {
    for (let i = 0; i < arg.length; i++) if (arg.charCodeAt(i) > 0xff) return Buffer.from(arg, 'utf8');
    return Buffer.from(arg, 'latin1');
  }
  return typeof arg === 'object' ? arg : Buffer.from(String(arg), 'latin1');
};

/** One command as the multi-bulk request that clients send. */
export const encodeCommand = (args: readonly Arg[]): Buffer => {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = asArgBytes(arg);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
};

const lineEnd = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf(CR, from); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    if (at + 1 >= bytes.length) return -1;
    if (bytes[at + 1] === LF) return at;
  }
  return -1;
};

/**
 * Finds where one reply ends without building it, and remembers how far it has looked: a large reply that arrives in
 * many pieces is walked once.
 */
export class ReplyScanner {
  #at = 0;
  #pending = 1;

  /** The number of bytes of the first reply in `bytes`, or -1 when it is not complete yet. */
  scan(bytes: Buffer): number {
    while (this.#pending > 0) {
      const end = lineEnd(bytes, this.#at);
      if (end === -1) return -1;
      const mark = String.fromCharCode(bytes[this.#at]!);
      let next = end + 2;
      let children = 0;
      if ('$=!'.includes(mark) || '*~>%|'.includes(mark)) {
        const count = Number(bytes.toString('latin1', this.#at + 1, end));
        if (!Number.isInteger(count)) throw new Error(`bad reply header: ${show.bytes(bytes.subarray(this.#at, end))}`);
        if ('$=!'.includes(mark)) next = count < 0 ? next : next + count + 2;
        else if (mark === '%') children = 2 * count;
        else if (mark === '|') children = 2 * count + 1;
        else children = Math.max(count, 0);
      } else if (!'+-:_,#('.includes(mark)) {
        throw new Error(`no reply begins with ${show.bytes(bytes.subarray(this.#at, Math.min(end, this.#at + 40)))}`);
      }
      if (next > bytes.length) return -1;
      this.#at = next;
      this.#pending += children - 1;
    }
    const total = this.#at;
    this.#at = 0;
    this.#pending = 1;
    return total;
  }
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #line(): string {
    const end = lineEnd(this.#bytes, this.at);
    if (end === -1) throw new Error('the reply is cut short');
    const line = this.#bytes.toString('latin1', this.at, end);
    this.at = end + 2;
    return line;
  }

  #blob(length: number): Buffer {
    const blob = this.#bytes.subarray(this.at, this.at + length);
    if (this.at + length + 2 > this.#bytes.length) throw new Error('the reply is cut short');
    this.at += length + 2;
    return blob;
  }

  #items(count: number): Reply[] {
    return Array.from({ length: count }, () => this.read());
  }

  #entries(count: number): (readonly [Reply, Reply])[] {
    return Array.from({ length: count }, () => [this.read(), this.read()] as const);
  }

  read(): Reply {
    const line = this.#line();
    const rest = line.slice(1);
    const count = Number(rest);
    switch (line[0]) {
      case '+':
        return { type: 'simple', text: rest };
      case '-':
        return { type: 'error', text: rest };
      case ':':
        return { type: 'integer', value: Number.isSafeInteger(count) ? count : BigInt(rest) };
      case '$':
        return count < 0 ? { type: 'null', form: '$-1' } : { type: 'bulk', bytes: this.#blob(count) };
      case '*':
        return count < 0 ? { type: 'null', form: '*-1' } : { type: 'array', items: this.#items(count) };
      case '_':
        return { type: 'null', form: '_' };
      case '~':
        return { type: 'set', items: this.#items(count) };
      case '>':
        return { type: 'push', items: this.#items(count) };
      case '%':
        return { type: 'map', entries: this.#entries(count) };
      case '|':
        return { type: 'attribute', entries: this.#entries(count), of: this.read() };
      case ',':
        return { type: 'double', text: rest, value: doubleOf(rest) };
      case '#':
        return { type: 'boolean', value: rest === 't' };
      case '(':
        return { type: 'bignumber', text: rest };
      case '!':
        return { type: 'error', text: this.#blob(count).toString('latin1') };
      case '=': {
        const blob = this.#blob(count);
        return { type: 'verbatim', format: blob.toString('latin1', 0, 3), bytes: blob.subarray(4) };
      }
      default:
        throw new Error(`no reply begins with ${JSON.stringify(line.slice(0, 40))}`);
    }
  }
}

const doubleOf = (text: string): number =>
  text === 'inf' ? Number.POSITIVE_INFINITY : text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);

/** Decodes one whole reply. Throws when bytes are missing, left over or no RESP. */
export const decodeReply = (bytes: Buffer): Reply => {
  const reader = new Reader(bytes);
  const reply = reader.read();
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes after the reply`);
  return reply;
};

/** Bytes in quotes as redis-cli prints and reads them. */
const showBytes = (bytes: Uint8Array): string => {
  let text = '"';
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte === LF) text += '\\n';
    else if (byte === CR) text += '\\r';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
};

const showEntries = (entries: readonly (readonly [Reply, Reply])[]): string =>
  `{${entries.map(([field, value]) => `${showReply(field)}: ${showReply(value)}`).join(', ')}}`;

const showReply = (reply: Reply): string => {
  switch (reply.type) {
    case 'simple':
      return `+${reply.text}`;
    case 'error':
      return `-${reply.text}`;
    case 'integer':
      return `:${reply.value}`;
    case 'bulk':
      return showBytes(reply.bytes);
    case 'null':
      return reply.form;
    case 'array':
      return `[${reply.items.map(showReply).join(', ')}]`;
    case 'set':
      return `~[${reply.items.map(showReply).join(', ')}]`;
    case 'push':
      return `>[${reply.items.map(showReply).join(', ')}]`;
    case 'map':
      return showEntries(reply.entries);
    case 'attribute':
      return `|${showEntries(reply.entries)} ${showReply(reply.of)}`;
    case 'double':
      return `,${reply.text}`;
    case 'boolean':
      return reply.value ? '#t' : '#f';
    case 'bignumber':
      return `(${reply.text}`;
    case 'verbatim':
      return `=${reply.format}:${showBytes(reply.bytes)}`;
  }
};

/**
 * One reply on one line, with RESP's own marks: `+OK`, `-ERR syntax error`, `:1`, `"bulk\x00"`, `$-1`, `["a", :1]`,
 * `{"field": "value"}`, `~[...]` for a set, `>[...]` for a push.
 * `show.bytes` quotes bytes and `show.command` a command, both so that redis-cli can read them.
 */
export const show = Object.assign(showReply, {
  bytes: showBytes,
  command: (args: readonly Arg[]): string =>
    args
      .map((arg) => {
        const bytes = asArgBytes(arg);
        const text = Buffer.from(bytes).toString('latin1');
        return /^[\w.:*?[\]@,/()+-]+$/.test(text) ? text : showBytes(bytes);
      })
      .join(' '),
});

/**
 * A reply as simple JavaScript, for `t.deepEqual`: bulks and texts as latin1 strings, integers as numbers, maps as
 * records, sets and pushes as arrays, an error as `{ error: text }`.
 */
export const plain = (reply: Reply): Plain => {
  switch (reply.type) {
    case 'simple':
      return reply.text;
    case 'error':
      return { error: reply.text };
    case 'integer':
    case 'double':
    case 'boolean':
      return reply.value;
    case 'bulk':
    case 'verbatim':
      return reply.bytes.toString('latin1');
    case 'null':
      return null;
    case 'bignumber':
      return BigInt(reply.text);
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(plain);
    case 'map':
      return Object.fromEntries(reply.entries.map(([field, value]) => [String(plain(field)), plain(value)]));
    case 'attribute':
      return plain(reply.of);
  }
};
