/**
 * Bytes to a server and the bytes that come back, with nothing in between.
 *
 * In:  a port, bytes. Out: everything the server sends until the connection is over.
 * Memory: none kept.
 */
import { connect } from '../support/resp-client.ts';

export interface ExchangeOptions {
  /** Hang up (FIN) after the bytes; otherwise only the server does. Default true. */
  readonly hangUp?: boolean;
  /** 127.0.0.1 by default. */
  readonly host?: string;
}

/** Sends bytes on a connection of their own; resolves when the connection is over. */
export const exchange = async (
  port: number,
  bytes: string | Uint8Array,
  { hangUp = true, host = '127.0.0.1' }: ExchangeOptions = {},
): Promise<string> => {
  const client = await connect({ port, host });
  // A server that hangs up early fails the write, and has answered by then.
  client.write(bytes).catch(() => undefined);
  if (hangUp) client.end();
  const answer = await client.readToEnd();
  await client.close();
  return answer.toString('latin1');
};
