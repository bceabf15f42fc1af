/**
 * Looks at a key that came from bytes of nobody's making: whatever it is asked, it answers as a sound value does.
 *
 * In:  a server in memory that has the key `k`, and nothing else.
 * Out: nothing; an error that says which command was answered wrongly.
 * Memory: the key is changed, copied and removed in the end.
 * @since 0.2.0
 */
import assert from 'node:assert/strict';
import type { MemoryServer } from '../support/reduce.ts';
import { decodeReply, type Reply, show } from '../support/reply.ts';

type Words = readonly (string | Uint8Array)[];

const said = ([name, ...args]: Words): string => show.command([name ?? '', ...args]).slice(0, 200);

const ask = (server: MemoryServer, ...words: Words): Reply => {
  const raw = server.raw(words);
  assert.ok(raw.length > 0, `${said(words)}: no reply`);
  return decodeReply(raw);
};

/** A reply that is no error. */
const answer = (server: MemoryServer, ...words: Words): Reply => {
  const reply = ask(server, ...words);
  if (reply.type === 'error') throw new Error(`${said(words)}: ${reply.text}`);
  return reply;
};

const text = (server: MemoryServer, ...words: Words): string => show(answer(server, ...words));

const strings = (server: MemoryServer, ...words: Words): Buffer[] => {
  const reply = answer(server, ...words);
  if (reply.type !== 'array') throw new Error(`${said(words)}: ${show(reply)}`);
  return reply.items.map((item) => {
    if (item.type !== 'bulk') throw new Error(`${said(words)}: an element is ${show(item)}`);
    return Buffer.from(item.bytes);
  });
};

const everyOther = <T>(all: readonly T[], from: 0 | 1): T[] => all.filter((_, i) => i % 2 === from);

const areDifferent = (all: readonly Buffer[]): boolean =>
  new Set(all.map((one) => one.toString('latin1'))).size === all.length;

const LOOKED_AT_MAX = 8;

/** What reads of a value say of each other. */
const READS: Readonly<Record<string, (server: MemoryServer) => void>> = {
  '+string': (server) => {
    const reply = answer(server, 'GET', 'k');
    if (reply.type !== 'bulk') throw new Error(`GET: ${show(reply)}`);
    assert.equal(text(server, 'STRLEN', 'k'), `:${reply.bytes.length}`);
    answer(server, 'GETRANGE', 'k', '1', '-2');
  },
  '+list': (server) => {
    const all = strings(server, 'LRANGE', 'k', '0', '-1');
    const { length } = all;
    assert.ok(length > 0);
    assert.equal(text(server, 'LLEN', 'k'), `:${length}`);
    for (let i = 0; i < Math.min(length, LOOKED_AT_MAX); i++) {
      const reply = answer(server, 'LINDEX', 'k', String(-1 - i));
      assert.ok(reply.type === 'bulk' && reply.bytes.equals(all[length - 1 - i]!));
    }
    const last = all[length - 1]!;
    assert.equal(text(server, 'LPOS', 'k', last, 'RANK', '-1'), `:${length - 1}`);
  },
  '+set': (server) => {
    const all = strings(server, 'SMEMBERS', 'k');
    assert.ok(all.length > 0 && areDifferent(all));
    assert.equal(text(server, 'SCARD', 'k'), `:${all.length}`);
    for (const member of all.slice(0, LOOKED_AT_MAX)) assert.equal(text(server, 'SISMEMBER', 'k', member), ':1');
    answer(server, 'SRANDMEMBER', 'k', '-3');
    answer(server, 'SSCAN', 'k', '0');
    assert.equal(strings(server, 'SINTER', 'k', 'k').length, all.length);
  },
  '+zset': (server) => {
    const all = strings(server, 'ZRANGE', 'k', '0', '-1', 'WITHSCORES');
    const members = everyOther(all, 0);
    assert.ok(members.length > 0 && areDifferent(members));
    assert.equal(text(server, 'ZCARD', 'k'), `:${members.length}`);
    assert.equal(text(server, 'ZCOUNT', 'k', '-inf', '+inf'), `:${members.length}`);
    members.slice(0, LOOKED_AT_MAX).forEach((member, rank) => {
      const score = answer(server, 'ZSCORE', 'k', member);
      assert.ok(score.type === 'bulk' && score.bytes.equals(all[2 * rank + 1]!));
      assert.equal(text(server, 'ZRANK', 'k', member), `:${rank}`);
    });
    const backwards = strings(server, 'ZREVRANGEBYSCORE', 'k', '+inf', '-inf');
    assert.deepEqual(backwards.reverse(), members);
    answer(server, 'ZRANDMEMBER', 'k', '-3', 'WITHSCORES');
  },
  '+hash': (server) => {
    const all = strings(server, 'HGETALL', 'k');
    const fields = everyOther(all, 0);
    assert.ok(fields.length > 0 && areDifferent(fields));
    assert.equal(text(server, 'HLEN', 'k'), `:${fields.length}`);
    fields.slice(0, LOOKED_AT_MAX).forEach((field, i) => {
      const value = answer(server, 'HGET', 'k', field);
      assert.ok(value.type === 'bulk' && value.bytes.equals(all[2 * i + 1]!));
    });
    answer(server, 'HRANDFIELD', 'k', '-3', 'WITHVALUES');
    answer(server, 'HSCAN', 'k', '0');
  },
};

/** Writes that a value takes whatever it holds; a number out of range is refused, and that is all right. */
const WRITES: Readonly<Record<string, readonly Words[]>> = {
  '+string': [
    ['INCRBY', 'k', '7'],
    ['APPEND', 'k', 'more'],
    ['SETRANGE', 'k', '9', 'x'],
    ['INCRBYFLOAT', 'k', '0.5'],
  ],
  '+list': [
    ['LSET', 'k', '0', 'first'],
    ['LSET', 'k', '-1', '4096'],
    ['LINSERT', 'k', 'BEFORE', 'first', 'before'],
    ['RPUSH', 'k', '1', 'x'.repeat(70), '3'],
    ['LPUSH', 'k', 'a', '-5'],
    ['LREM', 'k', '0', 'a'],
    ['RPOPLPUSH', 'k', 'k'],
    ['LTRIM', 'k', '1', '-2'],
    ['LPOP', 'k'],
    ['RPOP', 'k', '2'],
  ],
  '+set': [
    ['SADD', 'k', '5', '-70000', '9223372036854775807'],
    ['SADD', 'k', 'a', 'new'],
    ['SREM', 'k', 'a', '5'],
    ['SPOP', 'k'],
    ['SADD', 'k', 'x'.repeat(70)],
    ['SPOP', 'k', '2'],
  ],
  '+zset': [
    ['ZADD', 'k', '1', 'a', '-3.5', 'new', 'inf', '12'],
    ['ZINCRBY', 'k', '2.5', 'a'],
    ['ZREM', 'k', 'new'],
    ['ZADD', 'k', '0', 'x'.repeat(70), '0', ''],
    ['ZREMRANGEBYRANK', 'k', '1', '1'],
    ['ZPOPMIN', 'k'],
    ['ZPOPMAX', 'k', '1'],
    ['ZREMRANGEBYSCORE', 'k', '(5', '7'],
  ],
  '+hash': [
    ['HSET', 'k', 'a', '1', 'new', 'x'.repeat(30), '', ''],
    ['HINCRBY', 'k', 'a', '5'],
    ['HDEL', 'k', 'new', 'bc'],
    ['HSET', 'k', 'long', 'y'.repeat(90)],
    ['HINCRBYFLOAT', 'k', 'a', '0.5'],
    ['HDEL', 'k', 'long'],
  ],
};

const digestOf = (server: MemoryServer, key: string): string => text(server, 'DEBUG', 'DIGEST-VALUE', key);

/** DUMP gives a payload that is the same value again. */
const dumpsAndRestores = (server: MemoryServer): void => {
  const payload = answer(server, 'DUMP', 'k');
  if (payload.type !== 'bulk') throw new Error('DUMP: no payload');
  answer(server, 'RESTORE', 'again', '0', Buffer.from(payload.bytes));
  assert.equal(digestOf(server, 'again'), digestOf(server, 'k'), 'DUMP and RESTORE');
  answer(server, 'DEL', 'again');
};

/** Reads, changes and removes `k`; throws when anything is not as it should be. */
export const examine = (server: MemoryServer): void => {
  const type = text(server, 'TYPE', 'k');
  const read = READS[type];
  const writes = WRITES[type];
  if (read === undefined || writes === undefined) throw new Error(`TYPE: ${type}`);
  answer(server, 'OBJECT', 'ENCODING', 'k');
  read(server);
  dumpsAndRestores(server);
  const before = digestOf(server, 'k');
  answer(server, 'COPY', 'k', 'copy');
  for (const words of writes) {
    const reply = ask(server, ...words);
    if (reply.type === 'error') assert.match(reply.text, /not an integer|not a valid float|overflow|no such key|NaN/);
  }
  if (text(server, 'EXISTS', 'k') === ':1') {
    read(server);
    dumpsAndRestores(server);
  }
  assert.equal(digestOf(server, 'copy'), before, 'the copy of what was changed');
  answer(server, 'DEL', 'k', 'copy');
};
