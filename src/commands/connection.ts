/**
 * Commands on the client's own connection: PING ECHO SELECT AUTH HELLO QUIT RESET.
 *
 * In:  a request. Out: a reply, and a changed client. None of them touches the keyspace.
 *
 * @since 0.1.0
 */
import { ClientKind } from '../net/client.ts';
import { PONG, type Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { REDIS_VERSION } from '../version.ts';
import { DEFAULT_USER, isPasswordOf, logIn, logOut, WRONG_PASSWORD } from './authentication.ts';
import { clientNameRefusal } from './client-attributes.ts';
import type { Context } from './context.ts';
import * as described from './docs/connection.ts';
import { DB_OUT_OF_RANGE, NOT_AN_INT32, NOT_AN_INTEGER, refuse, SYNTAX_ERROR, wrongArity } from './errors.ts';
import { accept } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';
import { leaveTransaction } from './transactions.ts';

const NO_PASSWORD_CONFIGURED =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?';
const PROTOCOL_NOT_AN_INTEGER = 'ERR Protocol version is not an integer or out of range';
const UNSUPPORTED_PROTOCOL = 'NOPROTO unsupported protocol version';
const HELLO_NEEDS_AUTH =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';
const NOT_A_NORMAL_CLIENT = 'ERR can only reset normal client connections';

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/**
 * PING [message]: shows that the server answers.
 *
 * Reply:  PONG, or the message.
 * Source: https://redis.io/docs/latest/commands/ping/
 */
export const ping = command({
  ...described.ping,
  reduce: (_db, cmd, reply) => {
    if (cmd.argc === 1) reply.raw(PONG);
    else if (cmd.argc === 2) reply.bulk(cmd.buf, cmd.offset(1), cmd.length(1));
    else reply.error(wrongArity('ping'));
    return Outcome.Unchanged;
  },
});

/** ECHO message: replies the message. Source: https://redis.io/docs/latest/commands/echo/ */
export const echo = command({
  ...described.echo,
  reduce: (_db, cmd, reply) => {
    reply.bulk(cmd.buf, cmd.offset(1), cmd.length(1));
    return Outcome.Unchanged;
  },
});

/** SELECT index: the database of the commands that follow. Source: https://redis.io/docs/latest/commands/select/ */
export const select = command({
  ...described.select,
  reduce: (_db, cmd, reply, ctx) => {
    const index = cmd.integer(1);
    if (Number.isNaN(index)) return refuse(reply, NOT_AN_INTEGER);
    if (index < INT32_MIN || index > INT32_MAX) return refuse(reply, NOT_AN_INT32);
    if (index < 0 || index >= ctx.keyspace.databases.length) return refuse(reply, DB_OUT_OF_RANGE);
    ctx.client.db = index;
    return accept(reply);
  },
});

/**
 * AUTH [username] password: says who the client is.
 *
 * Errors: WRONGPASS for an unknown user or a wrong password; ERR where no password is asked for.
 * Source: https://redis.io/docs/latest/commands/auth/
 */
export const auth = command({
  ...described.auth,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc > 3) return refuse(reply, SYNTAX_ERROR);
    if (cmd.argc === 2 && ctx.config.requirepass === '') return refuse(reply, NO_PASSWORD_CONFIGURED);
    const user = cmd.argc === 2 ? DEFAULT_USER : cmd.text(1);
    if (!isPasswordOf(ctx, user, cmd.text(cmd.argc - 1))) return refuse(reply, WRONG_PASSWORD);
    logIn(ctx.client, user);
    return accept(reply);
  },
});

/** What a HELLO asks for; 0 and undefined stand for nothing. */
interface Greeting {
  readonly protocol: 0 | 2 | 3;
  readonly user: string | undefined;
  readonly password: string;
  readonly name: string | undefined;
}

/** The arguments of HELLO, or the error text. */
const readHello = (cmd: CommandView): Greeting | string => {
  let protocol: Greeting['protocol'] = 0;
  if (cmd.argc >= 2) {
    const asked = cmd.integer(1);
    if (Number.isNaN(asked)) return PROTOCOL_NOT_AN_INTEGER;
    if (asked !== 2 && asked !== 3) return UNSUPPORTED_PROTOCOL;
    protocol = asked;
  }
  let user: string | undefined;
  let password = '';
  let name: string | undefined;
  for (let i = 2; i < cmd.argc; i++) {
    const more = cmd.argc - 1 - i;
    if (cmd.equalsToken(i, 'AUTH') && more >= 2) {
      user = cmd.text(i + 1);
      password = cmd.text(i + 2);
      i += 2;
    } else if (cmd.equalsToken(i, 'SETNAME') && more >= 1) {
      name = cmd.text(i + 1);
      const refusal = clientNameRefusal(name);
      if (refusal !== undefined) return refusal;
      i += 1;
    } else {
      return `ERR Syntax error in HELLO option '${cmd.text(i)}'`;
    }
  }
  return { protocol, user, password, name };
};

const replyHello = (reply: Reply, ctx: Context): void => {
  reply.map(7);
  reply.bulkText('server');
  reply.bulkText('redis');
  reply.bulkText('version');
  reply.bulkText(REDIS_VERSION);
  reply.bulkText('proto');
  reply.integer(ctx.client.resp);
  reply.bulkText('id');
  reply.integer(ctx.client.id);
  reply.bulkText('mode');
  reply.bulkText('standalone');
  reply.bulkText('role');
  reply.bulkText(ctx.server.replication.isReplica ? 'replica' : 'master');
  reply.bulkText('modules');
  reply.array(0);
};

/**
 * HELLO [protover [AUTH username password] [SETNAME clientname]]: chooses the protocol and introduces both sides.
 *
 * Reply:  map about server and connection, already in the chosen protocol.
 * Errors: NOPROTO, WRONGPASS, NOAUTH; then nothing has changed, except that a good AUTH stands.
 * Source: https://redis.io/docs/latest/commands/hello/
 */
export const hello = command({
  ...described.hello,
  reduce: (_db, cmd, reply, ctx) => {
    const { client } = ctx;
    const greeting = readHello(cmd);
    if (typeof greeting === 'string') return refuse(reply, greeting);
    const { protocol, user, password, name } = greeting;
    if (user !== undefined) {
      if (!isPasswordOf(ctx, user, password)) return refuse(reply, WRONG_PASSWORD);
      logIn(client, user);
    }
    if (!client.authenticated) return refuse(reply, HELLO_NEEDS_AUTH);
    if (name !== undefined) client.name = name;
    if (protocol !== 0) {
      client.resp = protocol;
      reply.version = protocol;
    }
    replyHello(reply, ctx);
    return Outcome.Unchanged;
  },
});

/** QUIT: closes the connection after the reply. Source: https://redis.io/docs/latest/commands/quit/ */
export const quit = command({
  ...described.quit,
  reduce: (_db, _cmd, reply, ctx) => {
    ctx.client.closeAfterReply = true;
    return accept(reply);
  },
});

/**
 * RESET: makes the connection what it was when it was new; the library's name and version stay.
 *
 * Source: https://redis.io/docs/latest/commands/reset/
 */
export const reset = command({
  ...described.reset,
  reduce: (_db, _cmd, reply, ctx) => {
    const { client } = ctx;
    if (client.kind !== ClientKind.Normal) return refuse(reply, NOT_A_NORMAL_CLIENT);
    client.db = 0;
    client.name = '';
    client.resp = 2;
    client.replyOff = false; // a CLIENT REPLY SKIP before it still counts, as in Redis
    client.noEvict = false;
    client.noTouch = false;
    leaveTransaction(client, ctx.server.watchedKeys);
    logOut(ctx);
    reply.version = 2;
    reply.simple('RESET');
    return Outcome.Unchanged;
  },
});

export const connectionCommands: readonly CommandSpec[] = [auth, echo, hello, ping, quit, reset, select];
