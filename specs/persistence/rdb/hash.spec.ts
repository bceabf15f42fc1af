/**
 * Hashes in payloads: every encoding of every version, damaged ones, and what redis-server makes of the same bytes.
 */
import test from 'ava';
import fc from 'fast-check';
import { Crc64 } from '../../../src/persistence/rdb/crc64.ts';
import { oracleTest } from '../../support/oracle-test.ts';
import { startRedis } from '../../support/process-server.ts';
import { MemoryServer } from '../../support/reduce.ts';
import { decodeReply, show } from '../../support/reply.ts';
import { connect } from '../../support/resp-client.ts';

const HASH = 4;
const ZIPMAP = 9;
const ZIPLIST = 13;
const LISTPACK = 16;
const FOOTER_BYTES = 10;

type Pairs = readonly (readonly [field: string, value: string])[];

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

const plainBody = (pairs: Pairs): Buffer =>
  Buffer.concat([lengthOf(pairs.length), ...pairs.flat().map((text) => stringOf(latin1(text)))]);

const zipmapLength = (length: number): Buffer => {
  if (length < 254) return Buffer.of(length);
  const long = Buffer.alloc(5, 254);
  long.writeUInt32LE(length, 1);
  return long;
};

const zipmap = (pairs: Pairs): Buffer =>
  Buffer.concat([
    Buffer.of(Math.min(pairs.length, 254)),
    ...pairs.flatMap(([field, value]) => [
      zipmapLength(field.length),
      latin1(field),
      zipmapLength(value.length),
      Buffer.of(0),
      latin1(value),
    ]),
    Buffer.of(255),
  ]);

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

const forms: readonly (readonly [name: string, make: (pairs: Pairs) => Buffer])[] = [
  ['fields and values', (pairs) => payload(HASH, plainBody(pairs))],
  ['a zipmap', (pairs) => payload(ZIPMAP, stringOf(zipmap(pairs)))],
  ['a ziplist', (pairs) => payload(ZIPLIST, stringOf(ziplist(pairs.flat())))],
  ['a listpack', (pairs) => payload(LISTPACK, stringOf(listpack(pairs.flat())))],
];

const DEBUG = { 'enable-debug-command': 'yes' } as const;

const numbered = (count: number): Pairs => Array.from({ length: count }, (_, i) => [`f${i}`, String(i * 1000 - 50)]);
const restore = (server: MemoryServer, bytes: Uint8Array): string =>
  server.run(['RESTORE', 'h', '0', bytes, 'REPLACE']).reply;

const BAD = '-ERR Bad data format';

for (const [name, make] of forms) {
  test(`RESTORE reads a hash that came as ${name}`, (t) => {
    for (const [count, encoding] of [
      [1, 'listpack'],
      [40, 'listpack'],
      [512, 'listpack'],
      [513, 'hashtable'],
      [3000, 'hashtable'],
    ] as const) {
      const server = new MemoryServer();
      const pairs = numbered(count);
      t.is(restore(server, make(pairs)), '+OK');
      t.is(server.run('HLEN h').reply, `:${count}`);
      for (const [field, value] of pairs) t.is(server.run(['HGET', 'h', field]).reply, `"${value}"`);
      t.is(server.run('OBJECT ENCODING h').reply, `"${encoding}"`);
    }
  });

  test(`a hash that came as ${name} is refused when it is empty, or has a field twice`, (t) => {
    const server = new MemoryServer();
    t.is(restore(server, make([])), BAD);
    for (const count of [2, 20, 100, 600, 2000]) {
      const pairs = [...numbered(count)];
      pairs[count - 1] = ['f0', 'again'];
      t.is(restore(server, make(pairs)), BAD, `${count} fields`);
    }
    t.is(server.run('DBSIZE').reply, ':0');
  });

  test(`damage in a hash that comes as ${name} neither breaks anything nor takes memory for good`, (t) => {
    const server = new MemoryServer({ config: { ...DEBUG, 'hash-max-listpack-entries': 8 } });
    server.server.services.persistence.skipChecksumValidation = true;
    server.run('SET h v');
    server.run('DEL h');
    const { arena } = server.keyspace;
    const before = arena.usedBytes;
    const whole = [make(numbered(3)), make(numbered(12)), make([['f', 'v'.repeat(60)]])];
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
            const fields = decodeReply(server.raw('HKEYS h'));
            if (fields.type !== 'array') throw new Error(show(fields));
            const texts = fields.items.map(show);
            if (texts.length === 0 || new Set(texts).size !== texts.length) throw new Error('fields that are no set');
            for (const item of fields.items) {
              if (item.type !== 'bulk' || server.run(['HEXISTS', 'h', item.bytes]).reply !== ':1') {
                throw new Error(`${show(item)} is there and is not found`);
              }
            }
            server.run('DUMP h');
            if (!server.run('DEBUG DIGEST-VALUE h').reply.startsWith('[+')) throw new Error('no digest');
            server.run('DEL h');
            while (server.keyspace.reclaim(1000));
          } else if (reply !== BAD) throw new Error(reply);
          if (arena.usedBytes !== before) throw new Error(`${arena.usedBytes - before} bytes are lost`);
        },
      ),
      { numRuns: 3000 },
    );
    t.pass();
  });
}

test('a listpack with half a pair is refused', (t) => {
  const server = new MemoryServer();
  t.is(restore(server, payload(LISTPACK, stringOf(listpack(['f', 'v', 'g'])))), BAD);
  t.is(restore(server, payload(ZIPLIST, stringOf(ziplist(['f', 'v', 'g'])))), BAD);
});

test('an integer that came as a string in a listpack is found, changed and deleted', (t) => {
  const server = new MemoryServer();
  t.is(restore(server, payload(LISTPACK, stringOf(listpack(['12', '34', 'f', '56'])))), '+OK');
  t.is(server.run('HGET h 12').reply, '"34"');
  t.is(server.run('HINCRBY h 12 1').reply, ':35');
  t.is(server.run('HSET h 12 x').reply, ':0');
  t.is(server.run('HDEL h 12').reply, ':1');
  t.is(server.run('HGETALL h').reply, '["f", "56"]');
});

test('a long value makes a table of fields and values, and of a zipmap, but not of a listpack', (t) => {
  const server = new MemoryServer({ config: { 'hash-max-listpack-value': 5 } });
  const encodings = forms.map(([, make]) => {
    restore(server, make([['f', 'long-value']]));
    return server.run('OBJECT ENCODING h').reply;
  });
  t.deepEqual(encodings, ['"hashtable"', '"hashtable"', '"listpack"', '"listpack"']);
});

test('DUMP of a hash is what RESTORE makes the same hash of', (t) => {
  for (const count of [1, 10, 512, 513, 5000]) {
    const server = new MemoryServer({ config: DEBUG });
    server.run(['HSET', 'h', ...numbered(count).flat()]);
    const dumped = decodeReply(server.raw('DUMP h'));
    if (dumped.type !== 'bulk') return t.fail();
    const digest = server.run('DEBUG DIGEST-VALUE h').reply;
    t.is(restore(server, dumped.bytes), '+OK');
    t.is(server.run('DEBUG DIGEST-VALUE h').reply, digest);
  }
  return undefined;
});

oracleTest('redis-server reads the same hash from the same payload, and ours', async (t) => {
  const redis = await startRedis(t);
  const client = await connect({ port: redis.port });
  for (const count of [1, 7, 200, 600]) {
    for (const [name, make] of forms) {
      const server = new MemoryServer({ config: DEBUG });
      const bytes = make(numbered(count));
      t.is(restore(server, bytes), '+OK');
      t.is(show(await client.send('RESTORE', 'h', '0', bytes, 'REPLACE')), '+OK', name);
      const digest = show(await client.send('DEBUG', 'DIGEST-VALUE', 'h'));
      t.is(server.run('DEBUG DIGEST-VALUE h').reply, digest);
      t.is(server.run('OBJECT ENCODING h').reply, show(await client.send('OBJECT', 'ENCODING', 'h')));

      const dumped = decodeReply(server.raw('DUMP h'));
      if (dumped.type !== 'bulk') return t.fail();
      t.is(show(await client.send('RESTORE', 'h', '0', dumped.bytes, 'REPLACE')), '+OK', name);
      t.is(show(await client.send('DEBUG', 'DIGEST-VALUE', 'h')), digest);
    }
  }
  await client.close();
  return undefined;
});
