/**
 * The few requests that replication itself writes, in RESP.
 *
 * @since 0.1.0
 */

/** A request from latin1 strings. */
export const request = (...args: readonly string[]): Uint8Array =>
  new Uint8Array(
    Buffer.from(`*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`, 'latin1'),
  );

export const line = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

export const PING = request('PING');
export const GETACK = request('REPLCONF', 'GETACK', '*');
export const NEWLINE = line('\n');
