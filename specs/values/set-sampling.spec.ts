/**
 * Chance: SPOP and SRANDMEMBER draw every member, and every choice of members, with the same probability, in every
 * encoding. Seeds are fixed, so a spec passes always or never.
 */
import test from 'ava';
import { isUniform } from '../support/chi-square.ts';
import { MemoryServer } from '../support/reduce.ts';
import { decodeReply } from '../support/reply.ts';

const SIZE = 6;

/** Members of each encoding; integers lie at different widths on purpose. */
const ENCODINGS = {
  intset: ['1', '2', '30', '-4', '50000', '6000000000'],
  listpack: ['a', '1', 'bcd', '30000', 'x'.repeat(60), '-7'],
  hashtable: ['a', '1', 'bcd', '30000', 'y'.repeat(65), '-7'],
};

const serverWith = (encoding: string, members: readonly string[]): MemoryServer => {
  const server = new MemoryServer();
  server.run(['SADD', 's', ...members]);
  const { reply } = server.run('OBJECT ENCODING s');
  if (reply !== `"${encoding}"`) throw new Error(`the set is a ${reply}`);
  return server;
};

const textsOf = (raw: Buffer): string[] => {
  const reply = decodeReply(raw);
  const items = reply.type === 'array' || reply.type === 'set' ? reply.items : [reply];
  return items.map((item) => (item.type === 'bulk' ? item.bytes.toString('latin1') : 'no member'));
};

/** How often each outcome comes, of those that there should be. */
const tally = (outcomes: readonly string[], draws: number, draw: () => string): number[] => {
  const counts = new Map(outcomes.map((outcome) => [outcome, 0]));
  for (let i = 0; i < draws; i++) {
    const outcome = draw();
    const count = counts.get(outcome);
    if (count === undefined) throw new Error(`${outcome} is no outcome`);
    counts.set(outcome, count + 1);
  }
  return [...counts.values()];
};

/** All choices of `count` members, in the order of the members. */
const choices = (members: readonly string[], count: number): string[] => {
  if (count === 0) return [''];
  return members.flatMap((member, i) =>
    choices(members.slice(i + 1), count - 1).map((rest) => (rest === '' ? member : `${member} ${rest}`)),
  );
};

for (const [encoding, members] of Object.entries(ENCODINGS)) {
  const inOrder = (chosen: readonly string[]): string => members.filter((member) => chosen.includes(member)).join(' ');

  test(`SRANDMEMBER draws every member as often (${encoding})`, (t) => {
    const server = serverWith(encoding, members);
    const counts = tally(members, 3000, () => textsOf(server.raw('SRANDMEMBER s'))[0] ?? '');
    t.true(isUniform(counts), counts.join());
  });

  test(`SRANDMEMBER with a negative count draws every pair as often (${encoding})`, (t) => {
    const server = serverWith(encoding, members);
    const pairs = members.flatMap((one) => members.map((other) => `${one} ${other}`));
    const counts = tally(pairs, 3600, () => textsOf(server.raw('SRANDMEMBER s -2')).join(' '));
    t.true(isUniform(counts), counts.join());
  });

  for (let count = 1; count < SIZE; count++) {
    test(`SRANDMEMBER makes every choice of ${count} as often (${encoding})`, (t) => {
      const server = serverWith(encoding, members);
      const outcomes = choices(members, count);
      const counts = tally(outcomes, 2000, () => inOrder(textsOf(server.raw(`SRANDMEMBER s ${count}`))));
      t.true(isUniform(counts), counts.join());
    });
  }

  for (const count of [1, 3, 5]) {
    test(`SPOP makes every choice of ${count} as often (${encoding})`, (t) => {
      const server = serverWith(encoding, members);
      const outcomes = choices(members, count);
      const counts = tally(outcomes, 1500, () => {
        const popped = textsOf(server.raw(`SPOP s ${count}`));
        server.raw(['SADD', 's', ...popped]);
        return inOrder(popped);
      });
      t.true(isUniform(counts), counts.join());
    });
  }

  test(`SPOP pops members in every order as often (${encoding})`, (t) => {
    const three = members.slice(-3);
    const server = serverWith(encoding, members);
    const orders = three.flatMap((one) =>
      three.flatMap((two) =>
        three.flatMap((last) => (new Set([one, two, last]).size === 3 ? [`${one} ${two} ${last}`] : [])),
      ),
    );
    const counts = tally(orders, 600, () => {
      const order: string[] = [];
      for (let i = 0; i < SIZE; i++) {
        const [popped] = textsOf(server.raw('SPOP s'));
        if (popped !== undefined && three.includes(popped)) order.push(popped);
      }
      server.raw(['SADD', 's', ...members]);
      return order.join(' ');
    });
    t.true(isUniform(counts), counts.join());
  });
}

test('a large set is drawn from fairly: alone, some, and most of it', (t) => {
  const members = Array.from({ length: 500 }, (_, i) => `member:${i}`);
  const server = serverWith('hashtable', members);
  const indexes = new Map(members.map((member, i) => [member, i]));
  for (const [command, draws] of [
    ['SRANDMEMBER s', 20_000],
    ['SRANDMEMBER s -100', 200],
    ['SRANDMEMBER s 50', 400],
    ['SRANDMEMBER s 166', 150],
    ['SRANDMEMBER s 250', 100],
  ] as const) {
    const counts = members.map(() => 0);
    for (let i = 0; i < draws; i++) for (const text of textsOf(server.raw(command))) counts[indexes.get(text)!]!++;
    t.true(isUniform(counts), command);
  }
});
