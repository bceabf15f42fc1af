/**
 * Replies that may be as long as a client says: where they are broken off.
 *
 * In:  the context of the running command. Out: how much may be gathered for its client.
 *
 * Replies are written to nobody before the command is over, so a count like -10^12 would gather all of it in memory. As
 * redis-server does, we give up a client whose output goes beyond client-output-buffer-limit while it is being made.
 *
 * @since 0.2.0
 */
import type { Context } from './context.ts';

/** Bytes of output that the running command may gather for its client; Infinity where nothing limits it. */
export const replyBytesMax = ({ config }: Context): number =>
  config['client-output-buffer-limit'].normal.hardBytes || Number.POSITIVE_INFINITY;

/** Whether the reply has come to that, and is to be broken off: its client is closed with the next flush then. */
export const isTooLong = ({ client }: Context, bytesMax: number): boolean => {
  if (client.queuedBytes < bytesMax) return false;
  client.isOverfull = true;
  return true;
};
