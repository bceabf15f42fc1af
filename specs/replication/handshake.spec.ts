import test, { type ExecutionContext } from 'ava';
import * as E from 'fp-ts/Either';
import type { Config } from '../../src/config/config.ts';
import type { Peer } from '../../src/net/peer.ts';
import { encodeCommand } from '../support/reply.ts';
import { type Node, World } from './world.ts';

const REPLID = '1234567890abcdef1234567890abcdef12345678';
const MARK = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b';

/** A master that says what the spec tells it to. */
class ScriptedMaster {
  readonly port: number;
  private readonly world: World;
  private readonly peers: Peer[] = [];
  private received = '';

  constructor(world: World, port: number, peers$: { subscribe(next: (peer: Peer) => void): unknown }) {
    this.world = world;
    this.port = port;
    peers$.subscribe((peer) => {
      this.peers.push(peer);
      peer.chunks$.subscribe({
        next: ({ bytes, length }) => {
          this.received += Buffer.from(bytes.subarray(0, length)).toString('latin1');
        },
        error: () => {},
      });
    });
  }

  get connections(): number {
    return this.peers.length;
  }

  /** What the replica has sent since the last call, its requests as words. */
  heard(): string {
    this.world.settle();
    const words = this.received.split('\r\n').filter((line) => !/^[*$]\d+$/.test(line) && line !== '');
    this.received = '';
    return words.join(' ');
  }

  say(...parts: readonly (string | Uint8Array)[]): void {
    const peer = this.peers[this.peers.length - 1];
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
    peer?.write(bytes, 0, bytes.length);
    this.world.settle();
  }

  hangUp(): void {
    this.peers[this.peers.length - 1]?.close();
    this.world.settle();
  }
}

const scriptedWorld = async (
  t: ExecutionContext,
  config: Partial<Config> = {},
): Promise<{ world: World; master: ScriptedMaster; replica: Node }> => {
  const world = new World();
  t.teardown(() => world.close());
  const listener = await world.network.transport.listen({ kind: 'tcp', host: '127.0.0.1', port: 6000, backlog: 1 })();
  if (E.isLeft(listener)) throw new Error(listener.left.message);
  const master = new ScriptedMaster(world, 6000, listener.right.peers$);
  const replica = await world.node({ replicaof: { host: '127.0.0.1', port: 6000 }, ...config });
  return { world, master, replica };
};

/** The RDB of a server that holds k → v in database 2. */
const snapshotOf = async (t: ExecutionContext): Promise<Uint8Array> => {
  const world = new World({ seed: 99 });
  t.teardown(() => world.close());
  const node = await world.node();
  const client = world.client(node);
  client.send('SELECT', '2');
  client.send('SET', 'k', 'v');
  const chunks: Uint8Array[] = [];
  node.server.services.persistence.snapshotter.runToEnd((chunk) => chunks.push(chunk));
  return new Uint8Array(Buffer.concat(chunks));
};

/** Leads a replica to the point where it has sent PSYNC; answers what it asked for. */
const untilPsync = (master: ScriptedMaster): string => {
  master.heard();
  master.say('+PONG\r\n');
  master.heard();
  master.say('+OK\r\n');
  master.heard();
  master.say('+OK\r\n');
  return master.heard();
};

test('the handshake: PING, who it is, what it can do, PSYNC', async (t) => {
  const { master, replica } = await scriptedWorld(t);
  t.is(master.heard(), 'PING');
  master.say('+PONG\r\n');
  t.is(master.heard(), `REPLCONF listening-port ${replica.port}`);
  master.say('+OK\r\n');
  t.is(master.heard(), 'REPLCONF capa eof capa psync2');
  t.is(replica.server.services.replication.link.state, 'handshake');
  master.say('+OK\r\n');
  t.is(master.heard(), 'PSYNC ? -1');
  t.is(replica.server.services.replication.link.state, 'sync');
  t.is(replica.info('master_sync_in_progress'), '1');
});

test('a user, a password and another address are told when they are configured', async (t) => {
  const { master } = await scriptedWorld(t, {
    masteruser: 'ada',
    masterauth: 'secret',
    'replica-announce-ip': '10.0.0.9',
    'replica-announce-port': 7777,
  });
  t.is(master.heard(), 'PING');
  master.say('-NOAUTH Authentication required.\r\n');
  t.is(master.heard(), 'AUTH ada secret');
  master.say('+OK\r\n');
  t.is(master.heard(), 'REPLCONF listening-port 7777');
  master.say('-ERR unknown command\r\n'); // a master of old: not critical
  t.is(master.heard(), 'REPLCONF ip-address 10.0.0.9');
  master.say('+OK\r\n');
  t.is(master.heard(), 'REPLCONF capa eof capa psync2');
});

for (const cut of [1, 3, 65536]) {
  test(`a snapshot up to a mark, then the stream, in chunks of at most ${cut} bytes`, async (t) => {
    const rdb = await snapshotOf(t);
    const { world, master, replica } = await scriptedWorld(t);
    t.is(untilPsync(master), 'PSYNC ? -1');
    const stream = Buffer.concat([encodeCommand(['SELECT', '1']), encodeCommand(['SET', 'a', 'b'])]);
    const whole = Buffer.concat([
      Buffer.from(`\n\n+FULLRESYNC ${REPLID} 1000\r\n\n$EOF:${MARK}\r\n`),
      rdb,
      Buffer.from(MARK),
      stream,
    ]);
    for (let at = 0; at < whole.length; at += cut) master.say(whole.subarray(at, at + cut));
    t.true(replica.isUp);
    t.is(replica.offset, 1000 + stream.length);
    t.is(replica.info('master_replid'), REPLID);
    t.regex(master.heard(), /^REPLCONF ACK 10\d\d/);
    const client = world.client(replica);
    client.send('SELECT', '2');
    t.deepEqual(client.send('GET', 'k'), ['"v"']);
    client.send('SELECT', '1');
    t.deepEqual(client.send('GET', 'a'), ['"b"']);
  });

  test(`a snapshot of known length, then the stream, in chunks of at most ${cut} bytes`, async (t) => {
    const rdb = await snapshotOf(t);
    const { master, replica } = await scriptedWorld(t);
    untilPsync(master);
    const stream = encodeCommand(['SET', 'a', 'b']);
    const whole = Buffer.concat([Buffer.from(`+FULLRESYNC ${REPLID} 7\r\n$${rdb.length}\r\n`), rdb, stream]);
    for (let at = 0; at < whole.length; at += cut) master.say(whole.subarray(at, at + cut));
    t.true(replica.isUp);
    t.is(replica.offset, 7 + stream.length);
  });
}

/** A replica that has the snapshot, at offset 0 of the stream. */
const connected = async (t: ExecutionContext) => {
  const rdb = await snapshotOf(t);
  const scripted = await scriptedWorld(t);
  untilPsync(scripted.master);
  scripted.master.say(`+FULLRESYNC ${REPLID} 0\r\n$${rdb.length}\r\n`, rdb);
  t.true(scripted.replica.isUp);
  scripted.master.heard();
  return scripted;
};

test('old data stay until the transfer begins; a transfer that breaks leaves nothing, and the next sync is a full one', async (t) => {
  const rdb = await snapshotOf(t);
  const { world, master, replica } = await connected(t);
  master.say(encodeCommand(['SET', 'old', 'x']));
  master.hangUp();
  world.advance(1100);
  t.regex(untilPsync(master), new RegExp(`^PSYNC ${REPLID} \\d+$`));
  master.say(`+FULLRESYNC ${REPLID} 5000\r\n\n\n`);
  const client = world.client(replica);
  t.deepEqual(client.send('GET', 'old'), ['"x"']);
  master.say(`$${rdb.length}\r\n`, rdb.subarray(0, rdb.length - 20));
  t.regex(client.send('GET', 'old')[0] ?? '', /^-LOADING /);
  t.is(replica.info('master_sync_total_bytes'), String(rdb.length));
  t.is(replica.info('master_sync_left_bytes'), '20');
  master.hangUp();
  t.deepEqual(client.send('DBSIZE'), [':0']);
  world.advance(1100);
  t.is(untilPsync(master), 'PSYNC ? -1');
});

test('bytes that are no RDB: the link says so and starts again', async (t) => {
  const { world, master, replica } = await scriptedWorld(t);
  untilPsync(master);
  master.say(`+FULLRESYNC ${REPLID} 0\r\n$20\r\n`, 'this is not an RDB!!');
  t.is(replica.logged(/Failed trying to load the MASTER synchronization DB from socket/), 1);
  world.advance(1100);
  t.is(master.connections, 2);
});

test('a transaction is applied in one go, and counted when it is complete', async (t) => {
  const { world, master, replica } = await connected(t);
  const client = world.client(replica);
  const block = [['SELECT', '2'], ['MULTI'], ['SET', 'x', '1'], ['SELECT', '3'], ['SET', 'y', '2'], ['EXEC']].map(
    (words) => encodeCommand(words),
  );
  master.say(...block.slice(0, 5));
  client.send('SELECT', '2');
  t.deepEqual(client.send('EXISTS', 'x'), [':0']);
  t.is(replica.info('slave_repl_offset'), String(block[0]?.length));
  t.is(replica.info('slave_read_repl_offset'), String(Buffer.concat(block.slice(0, 5)).length));
  master.say(...block.slice(5));
  t.deepEqual(client.send('GET', 'x'), ['"1"']);
  client.send('SELECT', '3');
  t.deepEqual(client.send('GET', 'y'), ['"2"']);
  t.is(replica.offset, Buffer.concat(block).length);
});

test('a link that breaks within a transaction asks for it again, and selects what was selected', async (t) => {
  const { world, master, replica } = await connected(t);
  const select = encodeCommand(['SELECT', '9']);
  master.say(select, encodeCommand(['MULTI']), encodeCommand(['SET', 'x', '1']));
  master.hangUp();
  world.advance(1100);
  t.is(untilPsync(master), `PSYNC ${REPLID} ${select.length + 1}`);
  master.say('+CONTINUE\r\n', encodeCommand(['SET', 'z', '1']));
  const client = world.client(replica);
  client.send('SELECT', '9');
  t.deepEqual(client.send('KEYS', '*'), ['["z"]']);
});

test('a command of the master that this server does not know is told once, and the stream goes on', async (t) => {
  const { world, master, replica } = await connected(t);
  master.say(
    encodeCommand(['NOSUCHCOMMAND', 'k']),
    encodeCommand(['nosuchcommand', 'l']),
    encodeCommand(['INCR', 'n', 'too', 'many']),
    encodeCommand(['SET', 'after', '1']),
  );
  t.is(replica.logged(/== CRITICAL == The master sends the command 'nosuchcommand'/), 1);
  t.is(replica.logged(/== CRITICAL == This replica is sending an error to its master/), 1);
  t.deepEqual(world.client(replica).send('GET', 'after'), ['"1"']);
  t.true(replica.isUp);
});

test('REPLCONF GETACK is answered at once with what is applied so far; without it an ACK goes out every second', async (t) => {
  const { world, master, replica } = await connected(t);
  master.say(encodeCommand(['SET', 'k', 'v']));
  const applied = replica.offset;
  master.say(encodeCommand(['REPLCONF', 'GETACK', '*']));
  t.is(master.heard(), `REPLCONF ACK ${applied}`);
  world.advance(2000);
  const acks = master.heard().match(/REPLCONF ACK \d+/g) ?? [];
  t.is(acks.length, 2);
  t.is(acks[0], `REPLCONF ACK ${replica.offset}`);
});

test('+CONTINUE with another id: the history goes on under it, and the old one is remembered', async (t) => {
  const { world, master, replica } = await connected(t);
  const other = 'f'.repeat(40);
  master.hangUp();
  world.advance(1100);
  t.is(untilPsync(master), `PSYNC ${REPLID} 1`);
  master.say(`+CONTINUE ${other}\r\n`);
  t.true(replica.isUp);
  t.is(replica.info('master_replid'), other);
  t.is(replica.info('master_replid2'), REPLID);
  t.is(replica.info('second_repl_offset'), '1');
});

const failures: readonly (readonly [reply: string, logged: RegExp])[] = [
  ['-LOADING Redis is loading the dataset in memory\r\n', /currently unable to PSYNC but should be in the future/],
  ["-NOMASTERLINK Can't SYNC while not connected with my master\r\n", /currently unable to PSYNC/],
  ['-NOAUTH Authentication required.\r\n', /see masterauth and masteruser/],
  ['+FULLRESYNC short 1\r\n', /wrong \+FULLRESYNC syntax/],
  [`+FULLRESYNC ${REPLID} 0\r\n-ERR no memory\r\n`, /MASTER aborted replication with an error: -ERR no memory/],
  [`+FULLRESYNC ${REPLID} 0\r\nHTTP/1.1\r\n`, /the first byte is not '\$'/],
];

for (const [reply, logged] of failures) {
  test(`after PSYNC ${JSON.stringify(reply)}: one line that says why, and another attempt a second later`, async (t) => {
    const { world, master, replica } = await scriptedWorld(t);
    untilPsync(master);
    master.say(reply);
    t.is(replica.logged(logged), 1);
    t.is(replica.info('master_link_status'), 'down');
    world.advance(900);
    t.is(master.connections, 1);
    world.advance(200);
    t.is(master.connections, 2);
  });
}

test('a master that knows no PSYNC is asked with SYNC', async (t) => {
  const rdb = await snapshotOf(t);
  const { world, master, replica } = await scriptedWorld(t);
  untilPsync(master);
  master.say("-ERR unknown command 'PSYNC'\r\n");
  t.is(master.heard(), 'SYNC');
  master.say(`$${rdb.length}\r\n`, rdb, encodeCommand(['SET', 'k', 'w']));
  t.true(replica.isUp);
  t.deepEqual(world.client(replica).send('GET', 'k'), ['"w"']);
});

// ── the master's side of the wire ─────────────────────────────────────────────────────────────────────────────────

test('a replica that knows the mark gets +FULLRESYNC, the snapshot between marks, and the stream after its first ACK', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const writer = world.client(master);
  writer.send('SET', 'k', 'v');
  const offset = master.offset;
  const replica = world.client(master);
  t.deepEqual(replica.send('REPLCONF', 'listening-port', '7000'), ['+OK']);
  t.deepEqual(replica.send('REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'future'), ['+OK']);
  replica.write(encodeCommand(['PSYNC', '?', '-1']));
  world.settle();
  const bytes = replica.take().toString('latin1');
  const [, replid, at, mark = ''] =
    /^\+FULLRESYNC ([0-9a-f]{40}) (\d+)\r\n\$EOF:([0-9a-f]{40})\r\nREDIS0010/.exec(bytes) ?? [];
  t.is(replid, master.info('master_replid'));
  t.is(at, String(offset));
  t.true(bytes.endsWith(mark));
  writer.send('SET', 'k', 'w');
  t.is(replica.take().length, 0);
  replica.write(encodeCommand(['REPLCONF', 'ACK', String(offset)]));
  world.settle();
  t.is(
    replica.take().toString(),
    Buffer.concat([encodeCommand(['SELECT', '0']), encodeCommand(['SET', 'k', 'w'])]).toString(),
  );
  t.is(master.info('slave0'), `ip=127.0.0.1,port=7000,state=online,offset=${offset},lag=0`);
});

test('SYNC and replicas of old get the snapshot by length, and the stream right behind it', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const writer = world.client(master);
  writer.send('SET', 'k', 'v');
  const replica = world.client(master);
  replica.write(Buffer.from('SYNC\r\n'));
  world.settle();
  writer.send('SET', 'k', 'w');
  const bytes = replica.take();
  const [head = '', length = ''] = /^\n*\$(\d+)\r\n/.exec(bytes.toString('latin1')) ?? [];
  t.is(bytes.subarray(head.length, head.length + 5).toString(), 'REDIS');
  t.is(
    bytes.subarray(head.length + Number(length)).toString(),
    Buffer.concat([encodeCommand(['SELECT', '0']), encodeCommand(['SET', 'k', 'w'])]).toString(),
  );
});

test('PSYNC with a known id and offset goes on from there; with any other it is a full sync', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node();
  const writer = world.client(master);
  const first = world.client(master);
  first.send('PSYNC', '?', '-1'); // makes the backlog
  writer.send('SET', 'k', 'v');
  const replid = master.info('master_replid');
  const stream = Buffer.concat([encodeCommand(['SELECT', '0']), encodeCommand(['SET', 'k', 'v'])]);

  const ask = (id: string, offset: string, ...capabilities: string[]): Buffer => {
    const client = world.client(master);
    if (capabilities.length > 0) client.send('REPLCONF', ...capabilities);
    client.take();
    client.write(encodeCommand(['PSYNC', id, offset]));
    world.settle();
    return client.take();
  };
  t.is(ask(replid, '1').toString(), `+CONTINUE\r\n${stream.toString()}`);
  t.is(ask(replid, '24', 'capa', 'psync2').toString(), `+CONTINUE ${replid}\r\n${stream.subarray(23).toString()}`);
  t.is(ask(replid.toUpperCase(), String(master.offset + 1)).toString(), '+CONTINUE\r\n');
  for (const [id, offset] of [
    [replid, String(master.offset + 2)],
    [replid, '0'],
    ['0'.repeat(40), '1'],
    ['?', '-1'],
  ] as const) {
    t.regex(ask(id, offset).toString('latin1'), /^\+FULLRESYNC /, `${id} ${offset}`);
  }
});

test('REPLCONF: what it refuses', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const client = world.client(await world.node());
  t.deepEqual(client.send('REPLCONF', 'listening-port'), ['-ERR syntax error']);
  t.deepEqual(client.send('REPLCONF', 'listening-port', 'x'), ['-ERR value is not an integer or out of range']);
  t.deepEqual(client.send('REPLCONF', 'nonsense', '1'), ['-ERR Unrecognized REPLCONF option: nonsense']);
  t.deepEqual(client.send('REPLCONF', 'ip-address', 'x'.repeat(300)), [
    '-ERR REPLCONF ip-address provided by replica instance is too long: 300 bytes',
  ]);
  t.deepEqual(client.send('REPLCONF', 'ACK', '5'), [], 'an acknowledgement has no reply');
  t.deepEqual(client.send('PSYNC', '?', 'x'), ['-ERR value is not an integer or out of range']);
});

test('a replica that reads too slowly falls out of the backlog: it is dropped, and comes back for a full sync', async (t) => {
  const world = new World();
  t.teardown(() => world.close());
  const master = await world.node({ 'repl-backlog-size': 16_384 });
  const writer = world.client(master);
  const replica = await world.node({ replicaof: { host: '127.0.0.1', port: master.port } });
  t.true(world.until(() => replica.isUp, 1000));
  const link = master.server.services.replication.replicas()[0]?.client.peer;
  if (link === undefined) throw new Error('no replica');
  // Its socket is full: nothing drains any more.
  Object.defineProperty(link, 'pendingBytes', { value: 1, configurable: true, writable: true });
  for (let i = 0; i < 40; i++) writer.send('SET', `k${i}`, 'x'.repeat(1000));
  link.onDrain();
  Object.defineProperty(link, 'pendingBytes', { value: 0, configurable: true, writable: true });
  link.onDrain();
  t.is(master.logged(/scheduled to be closed ASAP for overcoming of output buffer limits/), 1);
  t.true(world.until(() => replica.isUp && replica.offset === master.offset, 3000));
  t.is(replica.digest(), master.digest());
  t.is(master.server.services.stats.fullSyncs, 2);
});
