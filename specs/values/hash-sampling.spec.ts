/**
 * HRANDFIELD is fair: every field, and every choice of several fields, has the same chance. Chi-square with a fixed seed.
 */
import test from 'ava';
import { isUniform } from '../support/chi-square.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply } from '../support/reply.ts';

const DRAWS = 20_000;

const textsOf = (raw: Buffer): string[] => {
  const reply = decodeReply(raw);
  const items = reply.type === 'array' ? reply.items : [reply];
  return items.map((item) => (item.type === 'bulk' ? item.bytes.toString('latin1') : ''));
};

const hashOf = (fields: number, entriesMax: number): MemoryServer => {
  const server = new MemoryServer({ config: { 'hash-max-listpack-entries': entriesMax } });
  for (let i = 0; i < fields; i++) server.run(`HSET h f${i} ${i}`);
  return server;
};

for (const [kind, entriesMax] of [
  ['listpack', 512],
  ['table', 0],
] as const) {
  for (const fields of [2, 7, 50, 97]) {
    for (const form of ['HRANDFIELD h', 'HRANDFIELD h -10']) {
      test(`${form} draws each of the ${fields} fields of a ${kind} as often`, (t) => {
        const server = hashOf(fields, entriesMax);
        const counts = new Map<string, number>(Array.from({ length: fields }, (_, i) => [`f${i}`, 0]));
        let drawn = 0;
        while (drawn < DRAWS) {
          for (const name of textsOf(server.raw(form))) {
            counts.set(name, (counts.get(name) ?? 0) + 1);
            drawn++;
          }
        }
        t.is(counts.size, fields);
        t.true(isUniform([...counts.values()]));
      });
    }
  }

  // 2 of 8: drawn until they differ (a table), or picked on a walk; 5 of 6 is always picked.
  for (const [count, fields, choices] of [
    [2, 8, 28],
    [5, 6, 6],
  ] as const) {
    test(`HRANDFIELD h ${count} makes each choice among the ${fields} fields of a ${kind} as often`, (t) => {
      const server = hashOf(fields, entriesMax);
      const counts = new Map<string, number>();
      for (let i = 0; i < DRAWS; i++) {
        const names = textsOf(server.raw(`HRANDFIELD h ${count}`));
        t.is(new Set(names).size, count);
        const choice = names.sort().join(' ');
        counts.set(choice, (counts.get(choice) ?? 0) + 1);
      }
      t.is(counts.size, choices);
      t.true(isUniform([...counts.values()]));
    });
  }
}

test('fields come with their own values, in every way in which they are drawn', (t) => {
  for (const entriesMax of [512, 0]) {
    const server = hashOf(40, entriesMax);
    for (const count of [-30, 3, 20, 39, 40, 50]) {
      const words = textsOf(server.raw(`HRANDFIELD h ${count} WITHVALUES`));
      t.is(words.length, Math.min(Math.abs(count), 40) * 2);
      for (let i = 0; i < words.length; i += 2) t.is(words[i], `f${words[i + 1]}`);
    }
  }
});
