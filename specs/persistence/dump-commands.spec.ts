/**
 * DUMP and RESTORE: payloads, options, errors in Redis' order, events with absolute times.
 */
import test from 'ava';
import fc from 'fast-check';
import { MemoryServer, nothing } from '../support/reduce.ts';
import { decodeReply } from '../support/resp-client.ts';
import { anyValue } from './keyspaces.ts';

/** What DUMP answers for a value. */
const payloadOf = (value: string | Uint8Array): Uint8Array => {
  const server = new MemoryServer();
  server.raw(['SET', 'k', value]);
  const reply = decodeReply(server.raw('DUMP k'));
  if (reply.type !== 'bulk') throw new Error('DUMP answered no bulk string');
  return new Uint8Array(reply.bytes);
};

const HELLO_PAYLOAD = payloadOf('hello');

const OK = '+OK';
const error = (text: string) => ({ reply: `-${text}`, events: nothing });

test('a payload is type, value, version 10 and a checksum', (t) => {
  const redisAnswers = Buffer.from('\x00\x05hello\x0a\x00cr\xdfve4 \x0a', 'latin1');
  t.deepEqual(Buffer.from(HELLO_PAYLOAD), redisAnswers);
});

test('a missing key has no payload', (t) => {
  t.deepEqual(new MemoryServer().run('DUMP k'), { reply: '$-1', events: nothing });
});

test('RESTORE of what DUMP gave is the same value, with or without compression', (t) => {
  fc.assert(
    fc.property(anyValue, fc.boolean(), (text, compress) => {
      const value = Buffer.from(text, 'latin1');
      const server = new MemoryServer({ config: { rdbcompression: compress } });
      server.raw(['SET', 'k', value]);
      const dumped = decodeReply(server.raw('DUMP k'));
      if (dumped.type !== 'bulk') return t.fail();
      t.is(server.run(['RESTORE', 'copy', '0', dumped.bytes]).reply, OK);
      t.deepEqual(server.raw('GET copy'), server.raw('GET k'));
      t.deepEqual(server.raw('OBJECT ENCODING copy'), server.raw('OBJECT ENCODING k'));
      t.is(server.run('TTL copy').reply, ':-1');
    }),
    { numRuns: 100 },
  );
});

test('a damaged payload is refused, wherever the wrong bit is', (t) => {
  const server = new MemoryServer();
  for (let at = 0; at < HELLO_PAYLOAD.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = HELLO_PAYLOAD.slice();
      damaged[at] ^= 1 << bit;
      t.deepEqual(server.run(['RESTORE', 'k', '0', damaged]), error('ERR DUMP payload version or checksum are wrong'));
    }
  }
  for (let length = 0; length < HELLO_PAYLOAD.length; length++) {
    const { reply } = server.run(['RESTORE', 'k', '0', HELLO_PAYLOAD.subarray(0, length)]);
    t.is(reply, '-ERR DUMP payload version or checksum are wrong');
  }
});

test('a payload with the right checksum around no value is refused', (t) => {
  const server = new MemoryServer();
  server.server.services.persistence.skipChecksumValidation = true;
  const footer = [10, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const body of [[], [0], [0, 5, 65], [0, 0xc4], [99, 1], [1, 1], [0, 0xc3, 1, 9, 0]]) {
    t.deepEqual(
      server.run(['RESTORE', 'k', '0', Uint8Array.from([...body, ...footer])]),
      error('ERR Bad data format'),
      String(body),
    );
  }
  t.is(server.run('EXISTS k').reply, ':0');
});

test('a payload of a later version is refused, even without validation', (t) => {
  const server = new MemoryServer();
  server.server.services.persistence.skipChecksumValidation = true;
  const payload = HELLO_PAYLOAD.slice();
  payload[payload.length - 10] = 13;
  t.deepEqual(server.run(['RESTORE', 'k', '0', payload]), error('ERR DUMP payload version or checksum are wrong'));
});

/** RESTORE with the payload of "hello" in place of `P`; events show it as `P` again. */
const restore = (given: readonly string[], when: string, nowMs = 0, config = {}) => {
  const server = new MemoryServer({ nowMs, config });
  for (const step of given) server.raw(step);
  const words = when.split(' ').map((word) => (word === 'P' ? HELLO_PAYLOAD : word));
  const { reply, events } = server.run(words);
  const shown = events.map((event) => event.replace(/"\\x00\\x05hello(?:[^"\\]|\\.)*"/, 'P'));
  return { reply, events: shown, server };
};

const restores = test.macro<
  [given: readonly string[], when: string, seen: { reply: string; events: readonly string[] }, nowMs?: number]
>({
  exec: (t, given, when, seen, nowMs) => {
    const { reply, events } = restore(given, when, nowMs);
    t.deepEqual({ reply, events }, seen);
  },
  title: (_, given, when) => `${when} | given ${given.join('; ') || 'an empty db'}`,
});

test(restores, [], 'RESTORE k 0 P', { reply: OK, events: ['RESTORE k 0 P'] });
test(restores, [], 'RESTORE-ASKING k 0 P', { reply: OK, events: ['RESTORE-ASKING k 0 P'] });
test(restores, [], 'RESTORE k 100 P', { reply: OK, events: ['RESTORE k 600 P ABSTTL'] }, 500);
test(restores, ['SET k v'], 'RESTORE k 100 P replace', { reply: OK, events: ['RESTORE k 600 P replace ABSTTL'] }, 500);
test(restores, [], 'RESTORE k 900 P ABSTTL', { reply: OK, events: ['RESTORE k 900 P ABSTTL'] }, 500);
test(restores, ['SET k v'], 'RESTORE k 0 P', error('BUSYKEY Target key name already exists.'));
test(restores, ['SET k v'], 'RESTORE k x P', error('BUSYKEY Target key name already exists.'));
test(restores, ['SET k v'], 'RESTORE k 0 P REPLACE', { reply: OK, events: ['RESTORE k 0 P REPLACE'] });
test(restores, [], 'RESTORE k 400 P ABSTTL', { reply: OK, events: nothing }, 500);
test(restores, [], 'RESTORE k 500 P ABSTTL', { reply: OK, events: nothing }, 500);
test(restores, ['SET k v'], 'RESTORE k 400 P ABSTTL REPLACE', { reply: OK, events: ['DEL k'] }, 500);
test(restores, [], 'RESTORE k -1 P', error('ERR Invalid TTL value, must be >= 0'));
test(restores, [], 'RESTORE k -9223372036854775808 P', error('ERR Invalid TTL value, must be >= 0'));
test(restores, [], 'RESTORE k x P', error('ERR value is not an integer or out of range'));
test(restores, [], 'RESTORE k 0 x', error('ERR DUMP payload version or checksum are wrong'));
test(restores, [], 'RESTORE k -1 x', error('ERR Invalid TTL value, must be >= 0'));
test(restores, [], 'RESTORE k 0 P IDLETIME -1', error('ERR Invalid IDLETIME value, must be >= 0'));
test(restores, [], 'RESTORE k 0 P IDLETIME x', error('ERR value is not an integer or out of range'));
test(restores, [], 'RESTORE k 0 P IDLETIME', error('ERR syntax error'));
test(restores, [], 'RESTORE k 0 P FREQ 256', error('ERR Invalid FREQ value, must be >= 0 and <= 255'));
test(restores, [], 'RESTORE k 0 P FREQ -1', error('ERR Invalid FREQ value, must be >= 0 and <= 255'));
test(restores, [], 'RESTORE k 0 P FREQ 1 IDLETIME 1', error('ERR syntax error'));
test(restores, [], 'RESTORE k 0 P IDLETIME 1 FREQ 1', error('ERR syntax error'));
test(restores, ['SET k v'], 'RESTORE k 0 P NONSENSE', error('ERR syntax error'));
test(restores, [], 'RESTORE k 0', error("ERR wrong number of arguments for 'restore' command"));
test(restores, [], 'RESTORE k 0 P IDLETIME 1000', { reply: OK, events: ['RESTORE k 0 P IDLETIME 1000'] });

test('RESTORE sets the idle time it is told', (t) => {
  const { server } = restore([], 'RESTORE k 0 P IDLETIME 1000', 1_700_000_000_000);
  t.is(server.run('OBJECT IDLETIME k').reply, ':1000');
});

test('RESTORE sets the frequency it is told under an LFU policy', (t) => {
  const { server } = restore([], 'RESTORE k 0 P FREQ 200', 1_700_000_000_000, { 'maxmemory-policy': 'allkeys-lfu' });
  t.is(server.run('OBJECT FREQ k').reply, ':200');
});

test('a restored key has its value and its time to live', (t) => {
  const { server } = restore(['SET k v EX 1'], 'RESTORE k 5000 P REPLACE', 1000);
  t.is(server.run('GET k').reply, '"hello"');
  t.is(server.run('PTTL k').reply, ':5000');
});
