/**
 * SORT and SORT_RO against redis-server: any collection, any options, replies and what is stored.
 *
 * Left out is what Redis leaves open: the order of elements whose texts under BY … ALPHA are equal, and that of a set
 * which is not sorted.
 */
import fc from 'fast-check';
import { startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';

const elements = ['1', '2', '3', '10', '-5', '007', '2.50', 'a', 'B', 'ab', 'a\0b', 'é', ''];
const integers = ['1', '2', '3', '10', '-5', '70000', '9223372036854775807'];
const weights = ['1', '2', '2', '10', '-3', '0.5', '1e3', 'inf', ' 4', '0x20', '', 'x', 'a\0b', 'nan', '1e999'];

type Words = readonly string[];

/** Distinct elements, so that every type holds the same. */
const chosen = (from: Words): fc.Arbitrary<string[]> => fc.shuffledSubarray([...from], { minLength: 1, maxLength: 7 });

const filled = (type: string, texts: Words): Words[] => {
  if (type === 'list') return [['RPUSH', 'k', ...texts]];
  if (type === 'set') return [['SADD', 'k', ...texts]];
  return [['ZADD', 'k', ...texts.flatMap((text, i) => [String(i % 3), text])]];
};

/** What keys named after some of the elements hold. */
const weighing = (texts: Words): fc.Arbitrary<Words[]> =>
  fc.array(fc.tuple(fc.nat(texts.length - 1), fc.constantFrom(...weights), fc.nat(5)), { maxLength: 10 }).map((rows) =>
    rows.map(([index, weight, kind]): Words => {
      const text = texts[index]!;
      if (kind === 0) return ['RPUSH', `list_${text}`, weight];
      return kind < 3 ? ['HSET', `h_${text}`, 'f', weight, 'g', text] : ['SET', `w_${text}`, weight];
    }),
  );

const direction = fc.constantFrom<Words[]>([], ['ASC'], ['desc'], ['DESC', 'ASC']);
const limit = fc.oneof(
  fc.constant<Words>([]),
  fc
    .tuple(fc.integer({ min: -2, max: 9 }), fc.integer({ min: -2, max: 9 }))
    .map(([skipped, count]): Words => ['LIMIT', String(skipped), String(count)]),
);
const patterns = [
  '#',
  'w_*',
  'h_*->f',
  'h_*->g',
  'h_*->none',
  'none_*',
  'constant',
  'list_*',
  '*',
  'h_*->',
  'w_*x*',
  '',
];
const gets = fc.array(
  fc.constantFrom(...patterns).map((pattern): Words => ['GET', pattern]),
  { maxLength: 3 },
);
const store = fc.constantFrom<Words[]>([], [], ['STORE', 'd'], ['store', 'k'], ['STORE', 'w_1']);
const alpha = fc.constantFrom<Words[]>([], ['ALPHA']);

interface Sorting {
  readonly type: string;
  readonly texts: Words;
  readonly by: Words;
  readonly alpha: Words;
}

const isOpen = ({ type, texts, by, alpha: letters }: Sorting, stores: boolean): boolean => {
  // Without STORE a NUL ends a text, so these two are equal; a list keeps their order.
  const hasEqualTexts = texts.includes('a') && texts.includes('a\0b');
  if (letters.length > 0 && type !== 'list' && !stores && hasEqualTexts) return true;
  if (by.length === 0) return false;
  if (by[1]?.includes('*')) return letters.length > 0;
  return type === 'set' && !stores && texts.some((text) => !integers.includes(text));
};

const scripts = fc
  .tuple(fc.constantFrom('list', 'set', 'zset'), fc.oneof(chosen(elements), chosen(integers)))
  .chain(([type, texts]) =>
    fc
      .tuple(
        weighing(texts),
        fc.constantFrom<Words[]>([], [], ['BY', 'w_*'], ['BY', 'h_*->f'], ['BY', 'nosort'], ['by', '#']),
        alpha,
        direction,
        limit,
        gets,
        store,
        fc.boolean(),
      )
      .filter(
        ([, by, letters, , , , stored, reads]) =>
          !isOpen({ type, texts, by, alpha: letters }, stored.length > 0 && !reads),
      )
      .map(([keys, by, letters, order, range, got, stored, reads]) => {
        const options = [...by, ...letters, ...order, ...range, ...got.flat()];
        const command = reads ? ['SORT_RO', 'k', ...options] : ['SORT', 'k', ...options, ...stored];
        return [...filled(type, texts), ...keys, command, ['LRANGE', 'd', '0', '-1'], ['TYPE', 'k']];
      }),
  );

oracleTest('any sorting by numbers or by the elements is that of redis-server', async (t) => {
  const pair = await startPair(t);
  await fc.assert(
    fc.asyncProperty(scripts, fc.constantFrom(2 as const, 3 as const), (script, protocol) =>
      pair.check(script, { protocol }),
    ),
    { numRuns: 800 },
  );
  t.pass();
});

oracleTest('sorting by texts that are all different is that of redis-server', async (t) => {
  const pair = await startPair(t);
  const texts = ['e1', 'e2', 'e3', 'e4', 'e5'];
  const sortings = fc
    .tuple(
      fc.constantFrom('list', 'set', 'zset'),
      fc.shuffledSubarray(['a', 'B', 'ab', 'é', 'b', '', '10', '9'], { minLength: 5, maxLength: 5 }),
      fc.nat(4),
      direction,
      limit,
      store,
    )
    .map(([type, words, missing, order, range, stored]) => [
      ...filled(type, texts),
      ...texts.map((text, i) => ['SET', `w_${text}`, words[i]!]),
      ['DEL', `w_${texts[missing]!}`],
      ['SORT', 'k', 'BY', 'w_*', 'ALPHA', ...order, ...range, 'GET', '#', 'GET', 'w_*', ...stored],
      ['LRANGE', 'd', '0', '-1'],
    ]);
  await fc.assert(
    fc.asyncProperty(sortings, (script) => pair.check(script)),
    { numRuns: 200 },
  );
  t.pass();
});

oracleTest('stored lists of any length are those of redis-server', async (t) => {
  const pair = await startPair(t);
  for (const size of ['4', '-2']) {
    for (const count of [1, 4, 5, 200]) {
      const texts = Array.from({ length: count }, (_, i) => String((i * 37) % 201));
      await pair.check([
        ['CONFIG', 'SET', 'list-max-listpack-size', size],
        ['RPUSH', 'k', ...texts],
        ['SORT', 'k', 'STORE', 'd'],
        ['LRANGE', 'd', '0', '-1'],
        ['SORT', 'k', 'GET', 'none_*', 'STORE', 'e'],
        ['LRANGE', 'e', '0', '-1'],
      ]);
    }
  }
  t.pass();
});

oracleTest('errors of SORT are those of redis-server', async (t) => {
  const pair = await startPair(t);
  for (const options of [
    'LIMIT',
    'LIMIT 1',
    'LIMIT a 1',
    'LIMIT 1 a',
    'LIMIT 9223372036854775808 1',
    'LIMIT 9223372036854775807 9223372036854775807',
    'LIMIT -9223372036854775808 -9223372036854775808',
    'BY',
    'GET',
    'STORE',
    'ALPHA ASC UP',
    'ALPHA LIMIT 0 1 2',
    'BY w_* GET',
  ]) {
    for (const name of ['SORT', 'SORT_RO']) {
      for (const key of ['k', 'none', 'text', 'hash']) {
        await pair.check([
          ['RPUSH', 'k', 'b', 'a'],
          ['SET', 'text', 'x'],
          ['HSET', 'hash', 'f', 'v'],
          [name, key, ...options.split(' ')],
          [name, key, 'STORE', 'd'],
          [name, key],
        ]);
      }
    }
  }
  t.pass();
});
