/**
 * Words for directives: mostly such as they accept, and some that they should refuse.
 * @since 0.1.0
 */
import fc from 'fast-check';
import type { AnyDirective } from '../../src/config/directive.ts';
import { directives, type Name } from '../../src/config/table.ts';

const anyText = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Words that mean something somewhere. */
export const oddWord = fc.constantFrom(
  '',
  '0',
  '1',
  '-1',
  '7',
  '200',
  '511',
  '1024',
  '65536',
  '2147483648',
  '01',
  '+5',
  '1.5',
  '5%',
  '101%',
  '1k',
  '64mb',
  '3GB',
  'b',
  'yes',
  'No',
  'YES',
  'always',
  'local',
  'save',
  'nosave',
  'now',
  'default',
  'KEA',
  'nK',
  'g$lshzxetdmn',
  '99.9',
  'abc',
  'a/b',
  'a b',
  '{title} {port}',
  '{x}',
);

const number = fc.oneof(fc.nat(), fc.nat(300), fc.integer()).map(String);

const special: Partial<Record<Name, fc.Arbitrary<readonly string[]>>> = {
  save: fc
    .array(fc.tuple(fc.integer({ min: 1 }), fc.nat()), { minLength: 1, maxLength: 3 })
    .map((pairs) => pairs.flat().map(String)),
  'client-output-buffer-limit': fc
    .tuple(fc.constantFrom('normal', 'slave', 'replica', 'PubSub'), fc.nat(), fc.nat(), fc.nat())
    .map((words) => words.map(String)),
  bind: fc.array(fc.ipV4(), { minLength: 1, maxLength: 17 }),
  replicaof: fc.oneof(
    fc.tuple(
      fc.ipV4(),
      fc.nat(65535).map((port) => String(port)),
    ),
    fc.constant(['no', 'one']),
  ),
  'rename-command': fc.tuple(anyText, anyText),
  user: fc.array(anyText, { minLength: 1, maxLength: 4 }),
  loadmodule: fc.array(anyText, { minLength: 1, maxLength: 4 }),
  'oom-score-adj-values': fc.array(fc.integer({ min: -2000, max: 2000 }).map(String), { minLength: 3, maxLength: 3 }),
  'latency-tracking-info-percentiles': fc.array(fc.double({ min: 0, max: 100, noNaN: true }).map(String), {
    maxLength: 4,
  }),
  'notify-keyspace-events': fc
    .array(fc.constantFrom(...'Ag$lshzxeKEtmdn'), { maxLength: 8 })
    .map((letters) => [letters.join('')]),
};

/** The words of one line of a directive. */
export const wordsFor = (name: Name): fc.Arbitrary<readonly string[]> => {
  const directive: AnyDirective = directives[name];
  const values = /^one of (.*)$/.exec(directive.expectation)?.[1]?.split(', ') ?? [];
  const single = fc.oneof(oddWord, number, anyText, ...(values.length > 0 ? [fc.constantFrom(...values)] : []));
  const common = fc.oneof({ weight: 9, arbitrary: single.map((word) => [word]) }, fc.array(oddWord, { maxLength: 3 }));
  const own = special[name];
  return own === undefined ? common : fc.oneof({ weight: 4, arbitrary: own }, common);
};
