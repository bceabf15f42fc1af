/**
 * What a client says of itself, and how the server describes it: names and the line of CLIENT LIST.
 *
 * @since 0.1.0
 */
import { type Client, ClientKind } from '../net/client.ts';

const PRINTABLE = /^[!-~]*$/;

export const BAD_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.';

/** Whether a text can stand in a line of CLIENT LIST without being mistaken for two. */
export const isAttribute = (text: string): boolean => PRINTABLE.test(text);

/** The error for a name that cannot be one, or undefined. An empty name is none, and allowed. */
export const clientNameRefusal = (name: string): string | undefined => (isAttribute(name) ? undefined : BAD_NAME);

/** CLIENT LIST's flags; N when there are none. */
const flagsOf = (client: Client): string => {
  let flags = '';
  if (client.kind === ClientKind.Replica) flags += 'S';
  if (client.kind === ClientKind.Master) flags += 'M';
  if (client.transaction !== undefined) flags += 'x';
  const isOver = client.blocked?.isOver === true;
  if (client.blocked !== undefined && !isOver) flags += 'b';
  if (client.dirty) flags += 'd';
  if (client.closeAfterReply) flags += 'c';
  if (isOver) flags += 'u';
  if (client.peer.isUnixSocket) flags += 'U';
  if (client.noEvict) flags += 'e';
  if (client.noTouch) flags += 'T';
  return flags === '' ? 'N' : flags;
};

const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000));

/**
 * The line of CLIENT LIST and CLIENT INFO about a client, without a line end.
 *
 * Fields that speak of buffers mean ours: qbuf is what came of a request that is not complete, obl what waits in the
 * outbox, omem what the system has not taken yet. There is no reply buffer per client (rbs, rbp).
 * `argvBytes` is the size of the request that is running, 0 for any client but the one that asks.
 */
export const clientLine = (client: Client, nowMs: number, argvBytes = 0): string => {
  const { peer, decoder } = client;
  const { pendingBytes, heldBytes } = decoder;
  const { transaction } = client;
  const queueBytes = transaction?.bytes ?? 0;
  const events = `${client.paused ? '' : 'r'}${peer.pendingBytes > 0 ? 'w' : ''}`;
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', peer.remoteAddress],
    ['laddr', peer.localAddress],
    ['fd', peer.descriptor],
    ['name', client.name],
    ['age', seconds(nowMs - client.createdMs)],
    ['idle', seconds(nowMs - client.lastActiveMs)],
    ['flags', flagsOf(client)],
    ['db', client.db],
    ['sub', 0],
    ['psub', 0],
    ['ssub', 0],
    ['multi', transaction?.commands.length ?? -1],
    ['qbuf', pendingBytes],
    ['qbuf-free', heldBytes - pendingBytes],
    ['argv-mem', argvBytes],
    ['multi-mem', queueBytes],
    ['rbs', 0],
    ['rbp', 0],
    ['obl', client.queuedBytes],
    ['oll', 0],
    ['omem', peer.pendingBytes],
    ['tot-mem', heldBytes + queueBytes + client.outputBytes],
    ['events', events],
    ['cmd', client.lastCommand],
    ['user', client.user],
    ['redir', -1],
    ['resp', client.resp],
    ['lib-name', client.libName],
    ['lib-ver', client.libVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
};
