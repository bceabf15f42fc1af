/**
 * CLIENT: connections seen from the inside, named, listed, silenced and ended.
 *
 * In:  a request. Out: a reply, and changed clients. Nothing here touches the keyspace.
 *
 * @since 0.1.0
 */
import { type Client, ClientKind } from '../net/client.ts';
import type { CommandView } from '../resp/view.ts';
import { DEFAULT_USER } from './authentication.ts';
import { clientLine, clientNameRefusal, isAttribute } from './client-attributes.ts';
import { clientUnblock } from './client-unblock.ts';
import type { Context } from './context.ts';
import * as described from './docs/client.ts';
import { refuse, SYNTAX_ERROR } from './errors.ts';
import { accept, replyHelp } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const INVALID_ID = 'ERR Invalid client ID';
const ID_NOT_POSITIVE = 'ERR client-id should be greater than 0';
const NO_SUCH_CLIENT = 'ERR No such client';

/** The kinds that TYPE names; `pubsub` is no kind of its own as long as nobody subscribes. */
type Kind = ClientKind | 'pubsub';

const kindNamed = (name: string): Kind | undefined => {
  switch (name.toLowerCase()) {
    case 'normal':
      return ClientKind.Normal;
    case 'slave':
    case 'replica':
      return ClientKind.Replica;
    case 'master':
      return ClientKind.Master;
    case 'pubsub':
      return 'pubsub';
    default:
      return undefined;
  }
};

const unknownKind = (name: string): string => `ERR Unknown client type '${name}'`;

/** CLIENT ID: the connection's number; numbers only grow. Source: https://redis.io/docs/latest/commands/client-id/ */
export const clientId = command({
  ...described.clientId,
  reduce: (_db, _cmd, reply, ctx) => {
    reply.integer(ctx.client.id);
    return Outcome.Unchanged;
  },
});

/** CLIENT GETNAME: the name, or null. Source: https://redis.io/docs/latest/commands/client-getname/ */
export const clientGetname = command({
  ...described.clientGetname,
  reduce: (_db, _cmd, reply, ctx) => {
    if (ctx.client.name === '') reply.null();
    else reply.bulkText(ctx.client.name);
    return Outcome.Unchanged;
  },
});

/** CLIENT SETNAME name: an empty name takes it away. Source: https://redis.io/docs/latest/commands/client-setname/ */
export const clientSetname = command({
  ...described.clientSetname,
  reduce: (_db, cmd, reply, ctx) => {
    const name = cmd.text(2);
    const refusal = clientNameRefusal(name);
    if (refusal !== undefined) return refuse(reply, refusal);
    ctx.client.name = name;
    return accept(reply);
  },
});

/** CLIENT SETINFO LIB-NAME|LIB-VER value. Source: https://redis.io/docs/latest/commands/client-setinfo/ */
export const clientSetinfo = command({
  ...described.clientSetinfo,
  reduce: (_db, cmd, reply, ctx) => {
    const isName = cmd.equalsToken(2, 'LIB-NAME');
    if (!isName && !cmd.equalsToken(2, 'LIB-VER')) return refuse(reply, `ERR Unrecognized option '${cmd.text(2)}'`);
    const value = cmd.text(3);
    if (!isAttribute(value)) {
      return refuse(reply, `ERR ${cmd.text(2)} cannot contain spaces, newlines or special characters.`);
    }
    if (isName) ctx.client.libName = value;
    else ctx.client.libVersion = value;
    return accept(reply);
  },
});

/** CLIENT INFO: the line of CLIENT LIST about this connection. Source: https://redis.io/docs/latest/commands/client-info/ */
export const clientInfo = command({
  ...described.clientInfo,
  reduce: (_db, cmd, reply, ctx) => {
    reply.verbatim(`${clientLine(ctx.client, ctx.nowMs, cmd.end - cmd.start)}\n`);
    return Outcome.Unchanged;
  },
});

/** The clients that CLIENT LIST's options choose, or the error text. */
const listed = (cmd: CommandView, ctx: Context): readonly Client[] | string => {
  const { clients } = ctx.server;
  if (cmd.argc === 2) return [...clients.all()];
  if (cmd.argc === 4 && cmd.equalsToken(2, 'TYPE')) {
    const kind = kindNamed(cmd.text(3));
    return kind === undefined ? unknownKind(cmd.text(3)) : [...clients.all()].filter((client) => client.kind === kind);
  }
  if (cmd.argc > 3 && cmd.equalsToken(2, 'ID')) {
    const found: Client[] = [];
    for (let i = 3; i < cmd.argc; i++) {
      const id = cmd.integer(i);
      if (Number.isNaN(id)) return INVALID_ID;
      const client = clients.byId(id);
      if (client !== undefined) found.push(client);
    }
    return found;
  }
  return SYNTAX_ERROR;
};

/** CLIENT LIST [TYPE type] [ID id ...]. Source: https://redis.io/docs/latest/commands/client-list/ */
export const clientList = command({
  ...described.clientList,
  reduce: (_db, cmd, reply, ctx) => {
    const clients = listed(cmd, ctx);
    if (typeof clients === 'string') return refuse(reply, clients);
    const own = cmd.end - cmd.start;
    const lines = clients.map((client) => `${clientLine(client, ctx.nowMs, client === ctx.client ? own : 0)}\n`);
    reply.verbatim(lines.join(''));
    return Outcome.Unchanged;
  },
});

/** Which clients CLIENT KILL means; what is undefined does not matter. */
interface KillFilter {
  id?: number;
  kind?: Kind;
  address?: string;
  localAddress?: string;
  user?: string;
  skipMe: boolean;
}

/** The filters of CLIENT KILL's newer form, or the error text. */
const readKillFilter = (cmd: CommandView): KillFilter | string => {
  const filter: KillFilter = { skipMe: true };
  for (let i = 2; i < cmd.argc; i += 2) {
    if (i + 1 === cmd.argc) return SYNTAX_ERROR;
    const value = cmd.text(i + 1);
    if (cmd.equalsToken(i, 'ID')) {
      const id = cmd.integer(i + 1);
      if (!(id >= 1)) return ID_NOT_POSITIVE;
      filter.id = id;
    } else if (cmd.equalsToken(i, 'TYPE')) {
      const kind = kindNamed(value);
      if (kind === undefined) return unknownKind(value);
      filter.kind = kind;
    } else if (cmd.equalsToken(i, 'ADDR')) {
      filter.address = value;
    } else if (cmd.equalsToken(i, 'LADDR')) {
      filter.localAddress = value;
    } else if (cmd.equalsToken(i, 'USER')) {
      if (value !== DEFAULT_USER) return `ERR No such user '${value}'`;
      filter.user = value;
    } else if (cmd.equalsToken(i, 'SKIPME')) {
      if (cmd.equalsToken(i + 1, 'YES')) filter.skipMe = true;
      else if (cmd.equalsToken(i + 1, 'NO')) filter.skipMe = false;
      else return SYNTAX_ERROR;
    } else {
      return SYNTAX_ERROR;
    }
  }
  return filter;
};

const isMeant = (client: Client, filter: KillFilter, self: Client): boolean => {
  const { id, kind, address, localAddress, user, skipMe } = filter;
  if (address !== undefined && client.peer.remoteAddress !== address) return false;
  if (localAddress !== undefined && client.peer.localAddress !== localAddress) return false;
  if (kind !== undefined && client.kind !== kind) return false;
  if (id !== undefined && client.id !== id) return false;
  if (user !== undefined && client.user !== user) return false;
  return !(skipMe && client === self);
};

/** Ends the clients and returns how many; the one that asks goes after its reply. */
const killAll = (ctx: Context, filter: KillFilter): number => {
  const { clients } = ctx.server;
  const meant = [...clients.all()].filter((client) => isMeant(client, filter, ctx.client));
  for (const client of meant) {
    if (client === ctx.client) client.closeAfterReply = true;
    else clients.kill(client);
  }
  return meant.length;
};

/**
 * CLIENT KILL address, or CLIENT KILL filter value [filter value ...]: ends connections.
 *
 * Reply:  OK or ERR in the older form, the number of connections in the newer one.
 * Source: https://redis.io/docs/latest/commands/client-kill/
 */
export const clientKill = command({
  ...described.clientKill,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc === 3) {
      const killed = killAll(ctx, { address: cmd.text(2), skipMe: false });
      return killed === 0 ? refuse(reply, NO_SUCH_CLIENT) : accept(reply);
    }
    const filter = readKillFilter(cmd);
    if (typeof filter === 'string') return refuse(reply, filter);
    reply.integer(killAll(ctx, filter));
    return Outcome.Unchanged;
  },
});

/** ON or OFF at argument 2; undefined for anything else. */
const readSwitch = (cmd: CommandView): boolean | undefined => {
  if (cmd.equalsToken(2, 'ON')) return true;
  return cmd.equalsToken(2, 'OFF') ? false : undefined;
};

/** CLIENT NO-EVICT ON|OFF. Source: https://redis.io/docs/latest/commands/client-no-evict/ */
export const clientNoEvict = command({
  ...described.clientNoEvict,
  reduce: (_db, cmd, reply, ctx) => {
    const on = readSwitch(cmd);
    if (on === undefined) return refuse(reply, SYNTAX_ERROR);
    ctx.client.noEvict = on;
    return accept(reply);
  },
});

/** CLIENT NO-TOUCH ON|OFF: whether this client's look-ups count as use. Source: https://redis.io/docs/latest/commands/client-no-touch/ */
export const clientNoTouch = command({
  ...described.clientNoTouch,
  reduce: (_db, cmd, reply, ctx) => {
    const on = readSwitch(cmd);
    if (on === undefined) return refuse(reply, SYNTAX_ERROR);
    ctx.client.noTouch = on;
    return accept(reply);
  },
});

/**
 * CLIENT REPLY ON|OFF|SKIP: whether this client gets replies. OFF and SKIP get none themselves.
 *
 * Source: https://redis.io/docs/latest/commands/client-reply/
 */
export const clientReply = command({
  ...described.clientReply,
  reduce: (_db, cmd, reply, ctx) => {
    const { client } = ctx;
    if (cmd.equalsToken(2, 'ON')) {
      client.replyOff = false;
      client.replySkip = 0;
      reply.ok();
    } else if (cmd.equalsToken(2, 'OFF')) {
      client.replyOff = true;
    } else if (cmd.equalsToken(2, 'SKIP')) {
      // While replies are off there is nothing to skip. Dispatch counts down once per silenced command, and this one
      // is among them when an earlier SKIP covers it.
      if (!client.replyOff) client.replySkip = client.replySkip > 0 ? 2 : 1;
    } else {
      reply.error(SYNTAX_ERROR);
    }
    return Outcome.Unchanged;
  },
});

const HELP = [
  'CACHING (YES|NO)',
  '    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are:',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made from the specified address',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made to specified local address',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Kill connections by type.',
  '    * USER <username>',
  '      Kill connections authenticated by <username>.',
  '    * SKIPME (YES|NO)',
  '      Skip killing current connection (default: yes).',
  'LIST [options ...]',
  '    Return information about client connections. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Return clients of specified type.',
  'UNPAUSE',
  '    Stop the current client pause, resuming traffic.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Suspend all, or just write, clients for <timeout> milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'SETINFO <option> <value>',
  '    Set client meta attr. Options are:',
  '    * LIB-NAME: the client lib name.',
  '    * LIB-VER: the client lib version.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    Unblock the specified blocked client.',
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Control server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
  'NO-EVICT (ON|OFF)',
  '    Protect current client connection from eviction.',
  'NO-TOUCH (ON|OFF)',
  '    Will not touch LRU/LFU stats when this mode is on.',
];

/** CLIENT HELP. Source: https://redis.io/docs/latest/commands/client-help/ */
export const clientHelp = command({
  ...described.clientHelp,
  reduce: (_db, _cmd, reply) => replyHelp(reply, 'CLIENT', HELP),
});

export const client = command({
  ...described.client,
  subcommands: [
    clientGetname,
    clientHelp,
    clientId,
    clientInfo,
    clientKill,
    clientList,
    clientNoEvict,
    clientNoTouch,
    clientReply,
    clientSetinfo,
    clientSetname,
    clientUnblock,
  ],
});

export const clientCommands: readonly CommandSpec[] = [client];
