/**
 * Free loopback ports for servers that have to be told their port.
 *
 * In:  nothing.
 * Out: a TCP port that nobody listened on a moment ago.
 * Memory: the ports handed out by this process, so that it never hands one out twice.
 * @since 0.1.0
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the kernel's ephemeral range (32768-60999): an outgoing connection of another test cannot take it meanwhile.
const PORT_MIN = 10_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 200;

const handedOut = new Set<number>();

const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/**
 * Finds a port that can be listened on at `host`. Another process may still be faster: whoever starts a server with it
 * tries again with another port when the server says that the address is in use.
 */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`no free port found on ${host} between ${PORT_MIN} and ${PORT_MAX}`);
};
