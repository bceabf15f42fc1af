import test from 'ava';
import * as E from 'fp-ts/Either';
import * as TE from 'fp-ts/TaskEither';
import { NEVER, Subject } from 'rxjs';
import { type Config, defaults } from '../../src/config/config.ts';
import { Listeners } from '../../src/net/listeners.ts';
import { type Endpoint, NO_PEER, type Peer, type Transport } from '../../src/net/peer.ts';

/** A transport in which every address that is not taken can be listened on; peers come when a spec says so. */
class World implements Transport {
  readonly open = new Map<string, Subject<Peer>>();
  readonly taken = new Set<string>();
  /** Called after each address was opened. */
  onListen: (address: string) => void = () => {};

  listen(endpoint: Endpoint): ReturnType<Transport['listen']> {
    const address = endpoint.kind === 'tcp' ? `${endpoint.host} ${endpoint.port}` : endpoint.path;
    if (this.taken.has(address) || this.open.has(address)) {
      return TE.left({ _tag: 'ListenError', endpoint, code: 'EADDRINUSE', message: 'in use' });
    }
    return async () => {
      const peers$ = new Subject<Peer>();
      this.open.set(address, peers$);
      queueMicrotask(() => this.onListen(address));
      return E.right({
        port: endpoint.kind === 'tcp' ? endpoint.port : 0,
        peers$,
        close: () => void this.open.delete(address),
      });
    };
  }

  connect(): ReturnType<Transport['connect']> {
    return NEVER;
  }

  peer(address: string, name: string): void {
    this.open.get(address)?.next({ ...NO_PEER, remoteAddress: name });
  }
}

const config = (changes: Partial<Config>): Config => ({ ...defaults, bind: ['a', 'b'], port: 1, ...changes });

const setUp = () => {
  const world = new World();
  return { world, listeners: new Listeners(world) };
};

test('Peers that come before the server serves are served, in order', async (t) => {
  const { world, listeners } = setUp();
  world.onListen = (address) => setImmediate(() => world.peer(address, `early at ${address}`));
  await listeners.listenTcp(config({}), false)();
  await new Promise(setImmediate);
  const seen: string[] = [];
  listeners.peers$.subscribe((peer) => seen.push(peer.remoteAddress));
  world.peer('b 1', 'late');
  t.deepEqual(seen, ['early at a 1', 'early at b 1', 'late']);
});

test('When one address fails none is kept', async (t) => {
  const { world, listeners } = setUp();
  world.taken.add('b 1');
  t.true(E.isLeft(await listeners.listenTcp(config({}), false)()));
  t.deepEqual([...world.open.keys()], []);
  t.is(listeners.port, 0);
});

test('A move to another port closes the old addresses when the new ones are open', async (t) => {
  const { world, listeners } = setUp();
  await listeners.listenTcp(config({}), false)();
  world.onListen = () => t.true(world.open.has('a 1'));
  await listeners.listenTcp(config({ port: 2 }), false)();
  t.deepEqual([...world.open.keys()], ['a 2', 'b 2']);
  t.is(listeners.port, 2);
  await listeners.listenTcp(config({ port: 0 }), false)();
  t.deepEqual([...world.open.keys()], []);
  t.is(listeners.port, 0);
});

test('A failed move keeps the old addresses', async (t) => {
  const { world, listeners } = setUp();
  await listeners.listenTcp(config({}), false)();
  world.taken.add('b 2');
  t.true(E.isLeft(await listeners.listenTcp(config({ port: 2 }), false)()));
  t.deepEqual([...world.open.keys()], ['a 1', 'b 1']);
  t.is(listeners.port, 1);
});

test('At the end everything is closed, and nobody is left waiting', async (t) => {
  const { world, listeners } = setUp();
  await listeners.listenTcp(config({ unixsocket: '/s' }), false)();
  await listeners.listenUnix(config({ unixsocket: '/s' }))();
  t.deepEqual([...world.open.keys()], ['a 1', 'b 1', '/s']);
  let aborted = 0;
  world.open.get('/s')?.next({ ...NO_PEER, abort: () => aborted++ });
  listeners.closeAll();
  t.deepEqual([...world.open.keys()], []);
  t.is(aborted, 1);
});
