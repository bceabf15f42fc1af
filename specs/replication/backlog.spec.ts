import test from 'ava';
import fc from 'fast-check';
import { Backlog } from '../../src/replication/backlog.ts';

const START = 1000;

/** What a backlog has to be: the whole stream as an array, and how much of its end is held. */
class Model {
  readonly bytes: number[] = [];
  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte);
  }
  get end(): number {
    return START + this.bytes.length;
  }
  from(offset: number, count: number): number[] {
    return this.bytes.slice(offset - START, offset - START + count);
  }
}

type Step =
  | { readonly kind: 'append'; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly bytes: number }
  | { readonly kind: 'keep'; readonly back: number; readonly bytesMax: number }
  | { readonly kind: 'release' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append'), bytes: fc.uint8Array({ maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize'), bytes: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('keep'),
      back: fc.nat(30),
      bytesMax: fc.constantFrom(50, 200, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release') }) },
);

test('a size that no memory has is accepted, and as much kept as a ring can hold', (t) => {
  const backlog = new Backlog(10, START);
  backlog.append(Uint8Array.of(1, 2, 3), 0, 3);
  backlog.resize(100 * 2 ** 30);
  const target = new Uint8Array(3);
  t.is(backlog.copy(START, target), 3);
  t.deepEqual(target, Uint8Array.of(1, 2, 3));
});

test('whatever is appended, resized and kept: what the backlog holds is what the stream ended with', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(step, { maxLength: 60 }),
      fc.nat(70),
      (size, steps, piece) => {
        const backlog = new Backlog(size, START);
        const model = new Model();
        const target = new Uint8Array(piece + 1);
        for (const one of steps) {
          if (one.kind === 'append') {
            model.append(one.bytes);
            // Surrounded by other bytes, as an event is in its buffer.
            const buf = new Uint8Array(one.bytes.length + 4).fill(0xee);
            buf.set(one.bytes, 2);
            backlog.append(buf, 2, 2 + one.bytes.length);
          } else if (one.kind === 'resize') backlog.resize(one.bytes);
          else if (one.kind === 'keep')
            backlog.keepFrom(Math.max(backlog.firstOffset, model.end - one.back), one.bytesMax);
          else backlog.keepNothing();

          if (backlog.endOffset !== model.end || backlog.historyBytes > backlog.capacityBytes) return false;
          for (let offset = backlog.firstOffset; offset <= model.end; offset++) {
            const count = backlog.copy(offset, target);
            const wanted = model.from(offset, target.length);
            if (count !== wanted.length || wanted.some((byte, i) => byte !== target[i])) return false;
          }
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

test('it holds exactly the last bytes of its size', (t) => {
  const backlog = new Backlog(10, 0);
  backlog.append(new Uint8Array(7), 0, 7);
  t.deepEqual([backlog.firstOffset, backlog.historyBytes], [0, 7]);
  backlog.append(new Uint8Array(7), 0, 7);
  t.deepEqual([backlog.firstOffset, backlog.historyBytes], [4, 10]);
  t.false(backlog.holds(3));
  t.true(backlog.holds(4));
  t.true(backlog.holds(14), 'the end is held: nothing is missing behind it');
  t.false(backlog.holds(15));
});

test('while a full sync needs older bytes it grows, up to the limit and no further', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 50 }),
      fc.integer({ min: 20, max: 400 }),
      (sizes, max) => {
        const backlog = new Backlog(16, 0);
        backlog.keepFrom(0, max);
        let total = 0;
        for (const size of sizes) {
          backlog.append(new Uint8Array(size), 0, size);
          total += size;
          if (total <= max && !backlog.holds(0)) return false;
          if (backlog.capacityBytes > Math.max(max, 16)) return false;
        }
        backlog.keepNothing();
        return backlog.capacityBytes === 16;
      },
    ),
  );
  t.pass();
});
