/**
 * Lists in payloads: every encoding of every version, damaged ones, and what redis-server makes of the same bytes.
 */
import test from 'ava';
import fc from 'fast-check';
import { Encoding } from '../../../src/keyspace/entry.ts';
import { Crc64 } from '../../../src/persistence/rdb/crc64.ts';
import { oracleTest } from '../../support/oracle-test.ts';
import { startRedis } from '../../support/process-server.ts';
import { MemoryServer } from '../../support/reduce.ts';
import { decodeReply, show } from '../../support/reply.ts';
import { connect } from '../../support/resp-client.ts';
import { textsOfChain } from '../../values/chain.ts';

const LIST = 1;
const ZIPLIST = 10;
const QUICKLIST = 14;
const QUICKLIST_2 = 18;
const PLAIN = 1;
const PACKED = 2;
const FOOTER_BYTES = 10;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A payload of version 10 with the right checksum. */
const payload = (type: number, body: Uint8Array): Buffer => {
  const bytes = Buffer.concat([Buffer.of(type), body, Buffer.of(10, 0), Buffer.alloc(8)]);
  const crc = new Crc64();
  crc.update(bytes, 0, bytes.length - 8);
  crc.writeTo(bytes, bytes.length - 8);
  return bytes;
};

const lengthOf = (length: number): Buffer => {
  if (length < 64) return Buffer.of(length);
  if (length < 16384) return Buffer.of(0x40 | (length >>> 8), length & 255);
  const long = Buffer.alloc(5, 0x80);
  long.writeUInt32BE(length, 1);
  return long;
};
const stringOf = (bytes: Uint8Array): Buffer => Buffer.concat([lengthOf(bytes.length), bytes]);

/** All texts as strings of up to 63 bytes. */
const ziplist = (texts: readonly string[]): Buffer => {
  let before = 0;
  let tail = 10;
  let at = 10;
  const entries = texts.map((text) => {
    const entry = Buffer.concat([Buffer.of(before, text.length), latin1(text)]);
    before = entry.length;
    tail = at;
    at += entry.length;
    return entry;
  });
  const header = Buffer.alloc(10);
  header.writeUInt32LE(at + 1, 0);
  header.writeUInt32LE(tail, 4);
  header.writeUInt16LE(texts.length, 8);
  return Buffer.concat([header, ...entries, Buffer.of(255)]);
};

/** All texts as strings of up to 63 bytes. */
const listpack = (texts: readonly string[]): Buffer => {
  const elements = texts.map((text) =>
    Buffer.concat([Buffer.of(0x80 | text.length), latin1(text), Buffer.of(text.length + 1)]),
  );
  const body = Buffer.concat([...elements, Buffer.of(255)]);
  const header = Buffer.alloc(6);
  header.writeUInt32LE(body.length + 6, 0);
  header.writeUInt16LE(texts.length, 4);
  return Buffer.concat([header, body]);
};

/** Pieces of up to seven. */
const pieces = (texts: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.ceil(texts.length / 7) }, (_, i) => texts.slice(i * 7, i * 7 + 7));

const nodes = (of: readonly Buffer[]): Buffer => Buffer.concat([lengthOf(of.length), ...of]);
const packedNode = (texts: readonly string[]): Buffer => Buffer.concat([Buffer.of(PACKED), stringOf(listpack(texts))]);
const plainNode = (text: string): Buffer => Buffer.concat([Buffer.of(PLAIN), stringOf(latin1(text))]);

const forms: readonly (readonly [name: string, make: (texts: readonly string[]) => Buffer])[] = [
  ['elements', (texts) => payload(LIST, nodes(texts.map((text) => stringOf(latin1(text)))))],
  ['a ziplist', (texts) => payload(ZIPLIST, stringOf(ziplist(texts)))],
  ['nodes of ziplists', (texts) => payload(QUICKLIST, nodes(pieces(texts).map((few) => stringOf(ziplist(few)))))],
  ['nodes of listpacks', (texts) => payload(QUICKLIST_2, nodes(pieces(texts).map(packedNode)))],
  ['one listpack', (texts) => payload(QUICKLIST_2, nodes([packedNode(texts)]))],
  [
    'listpacks and long elements in turn',
    (texts) =>
      payload(
        QUICKLIST_2,
        nodes(pieces(texts).flatMap(([first, ...rest]) => [plainNode(first ?? ''), packedNode(rest)])),
      ),
  ],
];

const DEBUG = { 'enable-debug-command': 'yes' } as const;
const BAD = '-ERR Bad data format';

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => String(i * 1000 - 50));
const array = (texts: readonly string[]): string => `[${texts.map((text) => `"${text}"`).join(', ')}]`;
const restore = (server: MemoryServer, bytes: Uint8Array): string =>
  server.run(['RESTORE', 'l', '0', bytes, 'REPLACE']).reply;

/** The chain of a large list has to be sound. */
const checkChain = ({ keyspace }: MemoryServer): void => {
  const db = keyspace.databases[0]!;
  const ref = db.findKey(Buffer.from('l'), 0, 1);
  if (db.encoding(ref) === Encoding.QuickList) textsOfChain(keyspace, db.root(ref));
};

for (const [name, make] of forms) {
  test(`RESTORE reads a list that came as ${name}`, (t) => {
    for (const size of [-2, 4, 128]) {
      const server = new MemoryServer({ config: { 'list-max-listpack-size': size } });
      for (const count of [1, 4, 5, 100, 3000]) {
        const texts = numbered(count);
        t.is(restore(server, make(texts)), '+OK');
        t.is(server.run('LRANGE l 0 -1').reply, array(texts));
        t.is(server.run('RPUSH l x').reply, `:${count + 1}`);
        t.is(server.run('LINDEX l -2').reply, `"${texts[count - 1]}"`);
        checkChain(server);
      }
    }
  });

  test(`a list that came as ${name} is refused when it is empty`, (t) => {
    t.is(restore(new MemoryServer(), make([])), BAD);
  });

  test(`damage in a list that comes as ${name} neither breaks anything nor takes memory for good`, (t) => {
    const server = new MemoryServer({ config: { ...DEBUG, 'list-max-listpack-size': 3 } });
    server.server.services.persistence.skipChecksumValidation = true;
    server.run('SET l v');
    server.run('DEL l');
    const { arena } = server.keyspace;
    const before = arena.usedBytes;
    const whole = [make(numbered(3)), make(numbered(20)), make(['x'.repeat(60)])];
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(), { freq: 4 }),
        (bytes, changes, cut) => {
          const body = Uint8Array.from(bytes.subarray(0, bytes.length - FOOTER_BYTES));
          // The type stays: other types have readers of their own.
          for (const [at, byte] of changes) body[1 + (at % (body.length - 1))] = byte;
          const kept = cut === null ? body : body.subarray(0, 1 + (cut % body.length));
          const reply = restore(server, Buffer.concat([kept, bytes.subarray(bytes.length - FOOTER_BYTES)]));
          if (reply === '+OK') {
            checkChain(server);
            const length = server.run('LLEN l').reply;
            const elements = decodeReply(server.raw('LRANGE l 0 -1'));
            if (elements.type !== 'array') throw new Error(show(elements));
            if (elements.items.length === 0 || length !== `:${elements.items.length}`) throw new Error(length);
            for (const item of elements.items.slice(0, 5)) {
              if (item.type !== 'bulk') throw new Error(show(item));
              if (server.run(['LPOS', 'l', item.bytes]).reply === '$-1') throw new Error(`${show(item)} is not found`);
              server.run(['LREM', 'l', '1', item.bytes]);
            }
            server.run('DUMP l');
            server.run('DEBUG DIGEST-VALUE l');
            server.run('DEL l');
            while (server.keyspace.reclaim(1000));
          } else if (reply !== BAD) throw new Error(reply);
          if (arena.usedBytes !== before) throw new Error(`${arena.usedBytes - before} bytes are lost`);
        },
      ),
      { numRuns: 2000 },
    );
    t.pass();
  });
}

test('nodes without elements are passed over, nodes without bytes and of an unknown form are refused', (t) => {
  const server = new MemoryServer();
  t.is(restore(server, payload(QUICKLIST_2, nodes([packedNode([]), packedNode(['a']), packedNode([])]))), '+OK');
  t.is(server.run('LRANGE l 0 -1').reply, '["a"]');
  t.is(restore(server, payload(QUICKLIST, nodes([stringOf(ziplist([])), stringOf(ziplist(['b']))]))), '+OK');
  t.is(server.run('LRANGE l 0 -1').reply, '["b"]');
  t.is(restore(server, payload(QUICKLIST_2, nodes([packedNode([])]))), BAD);
  t.is(restore(server, payload(QUICKLIST_2, nodes([plainNode('')]))), BAD);
  t.is(restore(server, payload(QUICKLIST_2, nodes([Buffer.concat([Buffer.of(3), stringOf(latin1('x'))])]))), BAD);
});

test('a list is packed or a chain by the limits of the server that loads it', (t) => {
  const encodings = (size: number, texts: readonly string[]): string[] => {
    const server = new MemoryServer({ config: { 'list-max-listpack-size': size } });
    return forms.slice(0, 2).map(([, make]) => {
      restore(server, make(texts));
      return server.run('OBJECT ENCODING l').reply;
    });
  };
  t.deepEqual(encodings(4, numbered(4)), ['"listpack"', '"listpack"']);
  t.deepEqual(encodings(4, numbered(5)), ['"quicklist"', '"quicklist"']);
  t.deepEqual(encodings(-2, numbered(1000)), ['"listpack"', '"listpack"']);
  t.deepEqual(encodings(-2, numbered(3000)), ['"quicklist"', '"quicklist"']);
});

test('an integer that came as a string in a listpack is found and removed', (t) => {
  const server = new MemoryServer();
  t.is(restore(server, payload(QUICKLIST_2, nodes([packedNode(['12', 'x', '12'])]))), '+OK');
  t.is(server.run('LPOS l 12 RANK 2').reply, ':2');
  t.is(server.run('LINSERT l AFTER 12 y').reply, ':4');
  t.is(server.run('LREM l 0 12').reply, ':2');
  t.is(server.run('LRANGE l 0 -1').reply, '["y", "x"]');
});

test('DUMP of a list is what RESTORE makes the same list of', (t) => {
  for (const count of [1, 10, 1000, 5000]) {
    const server = new MemoryServer({ config: DEBUG });
    server.run(['RPUSH', 'l', ...numbered(count)]);
    server.run(['LPUSH', 'l', 'x'.repeat(10_000)]);
    const dumped = decodeReply(server.raw('DUMP l'));
    if (dumped.type !== 'bulk') return t.fail();
    const digest = server.run('DEBUG DIGEST-VALUE l').reply;
    t.is(restore(server, dumped.bytes), '+OK');
    t.is(server.run('DEBUG DIGEST-VALUE l').reply, digest);
  }
  return undefined;
});

oracleTest('redis-server reads the same list from the same payload, and ours', async (t) => {
  const redis = await startRedis(t);
  const client = await connect({ port: redis.port });
  for (const count of [1, 7, 200, 3000]) {
    for (const [name, make] of forms) {
      const server = new MemoryServer({ config: DEBUG });
      const bytes = make(numbered(count));
      t.is(restore(server, bytes), '+OK');
      t.is(show(await client.send('RESTORE', 'l', '0', bytes, 'REPLACE')), '+OK', name);
      const digest = show(await client.send('DEBUG', 'DIGEST-VALUE', 'l'));
      t.is(server.run('DEBUG DIGEST-VALUE l').reply, digest);

      server.run(['LINSERT', 'l', 'BEFORE', '-50', 'x'.repeat(5000)]);
      const dumped = decodeReply(server.raw('DUMP l'));
      if (dumped.type !== 'bulk') return t.fail();
      t.is(show(await client.send('RESTORE', 'l', '0', dumped.bytes, 'REPLACE')), '+OK', name);
      t.is(show(await client.send('DEBUG', 'DIGEST-VALUE', 'l')), server.run('DEBUG DIGEST-VALUE l').reply);
    }
  }
  await client.close();
  return undefined;
});
