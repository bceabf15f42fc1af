/**
 * Asks a private server: runs commands that only read, and reads their replies.
 *
 * In:     the words of a command. Out: its reply as words, RESP2.
 * Memory: one reply buffer, as large as the largest reply.
 *
 * The server is one that nobody else talks to (past.ts, key-fold.ts): no gate, no statistics, no clients.
 *
 * @since 0.3.0
 */
import type { Context, Services } from '../commands/context.ts';
import type { Config } from '../config/table.ts';
import { Effects } from '../events/effects.ts';
import { ExpiryMode, type Keyspace } from '../keyspace/keyspace.ts';
import { Client, ClientKind } from '../net/client.ts';
import { NO_PEER } from '../net/peer.ts';
import { Reply } from '../resp/reply.ts';
import { viewOf } from '../resp/view.ts';

const REPLY_BYTES = 64 * 1024;
const CR = 13;
const DOLLAR = 36;
const STAR = 42;

class AskContext implements Context {
  nowMs = 0;
  readonly client: Client;
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly random: () => number;
  readonly effects = new Effects();
  changes = 1;
  readonly fromMaster = true;
  readonly inTransaction = false;
  readonly denyBlocking = true;
  readonly runQueue = (): void => {};
  readonly server: Services;

  constructor(server: Services) {
    this.server = server;
    this.keyspace = server.keyspace;
    this.config = server.config.config;
    this.random = server.environment.random;
    this.client = new Client(0, NO_PEER, { bulkBytesMax: 0 }, 0);
    this.client.kind = ClientKind.Master;
  }
}

export class Asker {
  private readonly server: Services;
  private readonly context: AskContext;
  private readonly reply = new Reply();

  constructor(server: Services) {
    this.server = server;
    this.context = new AskContext(server);
    const { reply } = this;
    reply.buf = new Uint8Array(REPLY_BYTES);
    reply.overflow = (needed) => {
      const wider = new Uint8Array(Math.max(reply.buf.length * 2, reply.pos + needed));
      wider.set(reply.buf.subarray(0, reply.pos));
      reply.buf = wider;
    };
  }

  /** The elements of an array, or the one word of anything else; none for a null. Throws what is an error reply. */
  words(db: number, args: readonly (string | Uint8Array)[]): readonly Uint8Array[] {
    this.run(db, args);
    const { buf, pos } = this.reply;
    const words: Uint8Array[] = [];
    for (let at = 0; at < pos; ) {
      const lineEnd = buf.indexOf(CR, at);
      if (buf[at] === STAR) {
        at = lineEnd + 2;
        continue;
      }
      if (buf[at] !== DOLLAR) {
        words.push(buf.slice(at + 1, lineEnd));
        at = lineEnd + 2;
        continue;
      }
      const bytes = Number(Buffer.from(buf.subarray(at + 1, lineEnd)).toString('latin1'));
      if (bytes >= 0) words.push(buf.slice(lineEnd + 2, lineEnd + 2 + bytes));
      at = lineEnd + 2 + (bytes < 0 ? 0 : bytes + 2);
    }
    return words;
  }

  text(db: number, args: readonly (string | Uint8Array)[]): string {
    return Buffer.from(this.words(db, args)[0] ?? []).toString('latin1');
  }

  integer(db: number, args: readonly (string | Uint8Array)[]): number {
    return Number(this.text(db, args));
  }

  private run(index: number, args: readonly (string | Uint8Array)[]): void {
    const { server, context, reply } = this;
    const { keyspace } = server;
    const view = viewOf(args);
    const reduce = server.commands.find(view)?.reduce;
    if (reduce === undefined) throw new Error(`nobody can be asked for ${String(args[0])}`);
    reply.pos = 0;
    const { errors } = reply;
    const mode = keyspace.expiryMode;
    // What the log has not deleted is there.
    keyspace.expiryMode = ExpiryMode.Ignore;
    context.client.db = index;
    reduce(keyspace.databases[index], view, reply, context);
    keyspace.expiryMode = mode;
    if (reply.errors !== errors) throw new Error(reply.lastError);
  }
}
