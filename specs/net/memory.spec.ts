import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { MemoryNetwork } from '../../src/net/memory.ts';
import { type Peer, PeerError } from '../../src/net/peer.ts';

/** A network whose turns are run by hand. */
const networkOf = (cut?: (available: number) => number) => {
  const turns: (() => void)[] = [];
  const network = new MemoryNetwork({
    atTurnEnd: (run) => void turns.push(run),
    ...(cut === undefined ? {} : { cut }),
  });
  const settle = () => {
    while (turns.length > 0) for (const run of turns.splice(0)) run();
  };
  return { network, settle };
};

const listen = async (network: MemoryNetwork, port: number) => {
  const listener = await network.transport.listen({ kind: 'tcp', host: '127.0.0.1', port, backlog: 511 })();
  if (E.isLeft(listener)) throw new Error(listener.left.message);
  return listener.right;
};

interface Seen {
  bytes: Buffer;
  end: string;
}

const watch = (peer: Peer): Seen => {
  const seen: Seen = { bytes: Buffer.alloc(0), end: '' };
  peer.chunks$.subscribe({
    next: ({ bytes, length }) => {
      seen.bytes = Buffer.concat([seen.bytes, bytes.subarray(0, length)]);
    },
    error: (error: unknown) => {
      seen.end = error instanceof PeerError ? error.code : 'other';
    },
    complete: () => {
      seen.end = 'complete';
    },
  });
  return seen;
};

/** Both ends of a fresh connection. */
const pair = async (cut?: (available: number) => number) => {
  const { network, settle } = networkOf(cut);
  const listener = await listen(network, 7000);
  const ends: Peer[] = [];
  listener.peers$.subscribe((peer) => ends.push(peer));
  network.transport.connect({ host: 'localhost', port: 7000 }).subscribe((peer) => ends.push(peer));
  settle();
  const [far, near] = ends;
  if (far === undefined || near === undefined) throw new Error('no connection');
  return { network, settle, near, far };
};

const send = (peer: Peer, text: string): void => {
  const bytes = Buffer.from(text, 'latin1');
  peer.write(bytes, 0, bytes.length);
  bytes.fill(0); // what was written is the peer's own copy
};

test('however it is cut, what one end writes the other reads', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })),
      fc.array(fc.nat(5), { minLength: 1 }),
      async (texts, cuts) => {
        let at = 0;
        const { settle, near, far } = await pair(() => cuts[at++ % cuts.length] ?? 1);
        const seen = watch(far);
        for (const text of texts) send(near, text);
        settle();
        return seen.bytes.toString('latin1') === texts.join('') && near.pendingBytes === 0;
      },
    ),
  );
  t.pass();
});

test('each end knows its own address and that of the other', async (t) => {
  const { near, far } = await pair();
  t.is(near.remoteAddress, '127.0.0.1:7000');
  t.is(far.localAddress, near.remoteAddress);
  t.is(far.remoteAddress, near.localAddress);
});

test('a writer is told when everything has been taken, and a paused reader takes nothing', async (t) => {
  const { settle, near, far } = await pair();
  const seen = watch(far);
  let drains = 0;
  near.onDrain = () => drains++;
  far.pause();
  send(near, 'hello');
  settle();
  t.is(near.pendingBytes, 5);
  t.is(seen.bytes.length, 0);
  far.resume();
  settle();
  t.is(near.pendingBytes, 0);
  t.is(drains, 1);
  t.is(seen.bytes.toString(), 'hello');
});

test('close sends what was written first, then the other end completes', async (t) => {
  const { settle, near, far } = await pair(() => 1);
  const seen = watch(far);
  send(near, 'last words');
  near.close();
  settle();
  t.deepEqual([seen.bytes.toString(), seen.end], ['last words', 'complete']);
});

test('a broken link is an error at both ends, and what was under way is lost', async (t) => {
  const { network, settle, near, far } = await pair();
  const seen = [watch(near), watch(far)];
  settle();
  send(near, 'lost');
  t.is(network.breakLinks(7000), 1);
  settle();
  t.deepEqual(
    seen.map(({ end }) => end),
    ['ECONNRESET', 'ECONNRESET'],
  );
  t.is(seen[1]?.bytes.length, 0);
  t.is(network.breakLinks(), 0);
});

test('nobody listens: refused; isolated: refused until it rejoins; taken: EADDRINUSE', async (t) => {
  const { network, settle } = networkOf();
  const attempt = (): string => {
    let outcome = 'nothing';
    network.transport.connect({ host: '127.0.0.1', port: 7000 }).subscribe({
      next: () => {
        outcome = 'connected';
      },
      error: (error: unknown) => {
        outcome = error instanceof PeerError ? error.code : 'other';
      },
    });
    settle();
    return outcome;
  };
  t.is(attempt(), 'ECONNREFUSED');
  const listener = await listen(network, 7000);
  t.is(attempt(), 'connected');
  const taken = await network.transport.listen({ kind: 'tcp', host: '127.0.0.1', port: 7000, backlog: 1 })();
  t.is(E.isLeft(taken) ? taken.left.code : '', 'EADDRINUSE');
  network.isolate(7000);
  t.is(attempt(), 'ECONNREFUSED');
  network.rejoin(7000);
  t.is(attempt(), 'connected');
  listener.close();
  t.is(attempt(), 'ECONNREFUSED');
});
