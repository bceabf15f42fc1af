/**
 * Law 7 for collections: HSCAN, SSCAN and ZSCAN return every element that was there throughout, whatever is added, removed or
 * converted meanwhile; and nothing that was never there.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply, type Reply, show } from '../support/reply.ts';

const LIMITS = {
  'hash-max-listpack-entries': 8,
  'set-max-intset-entries': 8,
  'set-max-listpack-entries': 8,
  'zset-max-listpack-entries': 8,
};

interface Family {
  readonly scan: string;
  readonly add: (element: string) => readonly string[];
  readonly remove: string;
  /** How many texts of the reply belong to one element. */
  readonly stride: number;
}

const FAMILIES: readonly Family[] = [
  { scan: 'HSCAN', add: (element) => ['HSET', 'key', element, 'v'], remove: 'HDEL', stride: 2 },
  { scan: 'SSCAN', add: (element) => ['SADD', 'key', element], remove: 'SREM', stride: 1 },
  { scan: 'ZSCAN', add: (element) => ['ZADD', 'key', String(element.length), element], remove: 'ZREM', stride: 2 },
];

const texts = (reply: Reply | undefined): readonly string[] =>
  reply?.type === 'array' ? reply.items.map((item) => (item.type === 'bulk' ? item.bytes.toString() : show(item))) : [];

const MORE = 2000;

for (const { scan, add, remove, stride } of FAMILIES) {
  test(`${scan} returns every element that was there throughout`, (t) => {
    const story = fc.record({
      stay: fc.integer({ min: 1, max: 200 }),
      come: fc.array(fc.integer({ min: 0, max: MORE }), { maxLength: 300, size: 'max' }),
      go: fc.array(fc.integer({ min: 0, max: MORE }), { maxLength: 300, size: 'max' }),
      perStep: fc.constantFrom(0, 1, 7, 60),
      count: fc.constantFrom(1, 3, 10),
    });
    fc.assert(
      fc.property(story, ({ stay, come, go, perStep, count }) => {
        const server = new MemoryServer({ config: LIMITS });
        const staying = Array.from({ length: stay }, (_, i) => `stay:${i}`);
        for (const element of staying) server.raw(add(element));
        for (const number of go) server.raw(add(`go:${number}`));
        const coming = [...come];
        const going = [...go];
        const seen = new Set<string>();
        let cursor = '0';
        let steps = 0;
        do {
          const reply = decodeReply(server.raw([scan, 'key', cursor, 'COUNT', String(count)]));
          assert.ok(reply.type === 'array');
          const [next, found] = reply.items;
          cursor = next?.type === 'bulk' ? next.bytes.toString() : '';
          texts(found).forEach((text, i) => void (i % stride === 0 && seen.add(text)));
          for (let i = 0; i < perStep; i++) {
            const added = coming.pop();
            if (added !== undefined) server.raw(add(`come:${added}`));
            const removed = going.pop();
            if (removed !== undefined) server.raw([remove, 'key', `go:${removed}`]);
          }
          assert.ok(++steps < 20_000, 'the scan does not end');
        } while (cursor !== '0');
        for (const element of staying) assert.ok(seen.has(element), `${element} was not returned`);
        for (const element of seen) assert.match(element, /^(stay|come|go):\d+$/);
      }),
      { numRuns: 50 },
    );
    t.pass();
  });
}
