import test from 'ava';
import fc from 'fast-check';
import {
  LFU_COUNTER_MAX,
  LFU_INIT_VAL,
  LRU_CLOCK_MAX,
  lfuCounter,
  lfuDecay,
  lfuElapsedMinutes,
  lfuIdle,
  lfuIncrement,
  lfuInitial,
  lfuMinutes,
  lfuPack,
  lfuTouch,
  lruClock,
  lruFromIdle,
  lruIdleSeconds,
} from '../../src/keyspace/lfu.ts';

const minute = fc.nat(0xffff);
const counter = fc.nat(255);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the LRU clock is the unix time modulo 2^24 and never negative', (t) => {
  t.is(lruClock(0), 0);
  t.is(lruClock(LRU_CLOCK_MAX), LRU_CLOCK_MAX);
  t.is(lruClock(LRU_CLOCK_MAX + 1), 0);
  t.is(lruClock(5_000_000_000), 5_000_000_000 % 2 ** 24); // a time past 2^32
});

test('a key is idle for the seconds since its use, across one turn of the clock', (t) => {
  t.is(lruIdleSeconds(100, 130), 30);
  t.is(lruIdleSeconds(LRU_CLOCK_MAX - 10, 5), 15);
});

test('an idle time that fits the clock is given back; an older one becomes half a turn', (t) => {
  fc.assert(
    fc.property(fc.nat(LRU_CLOCK_MAX), fc.nat(LRU_CLOCK_MAX), (clock, idle) =>
      idle <= clock
        ? lruIdleSeconds(lruFromIdle(idle, clock), clock) === idle
        : Math.abs(lruIdleSeconds(lruFromIdle(idle, clock), clock) - LRU_CLOCK_MAX / 2) <= 1,
    ),
  );
  t.pass();
});

test('minutes and counter share 24 bits without touching each other', (t) => {
  fc.assert(
    fc.property(minute, counter, minute, (written, count, now) => {
      const field = lfuPack(written, count);
      const elapsed = lfuElapsedMinutes(field, now);
      return field <= LRU_CLOCK_MAX && lfuCounter(field) === count && elapsed >= 0 && elapsed <= 0xffff;
    }),
  );
  t.is(lfuCounter(lfuInitial(77)), LFU_INIT_VAL);
  t.is(lfuMinutes(65_536 + 7), 7);
});

test('the counter loses one per decay time and stops at zero', (t) => {
  t.is(lfuDecay(lfuPack(10, 100), 10, 1), 100);
  t.is(lfuDecay(lfuPack(10, 100), 13, 1), 97);
  t.is(lfuDecay(lfuPack(10, 100), 13, 2), 99);
  t.is(lfuDecay(lfuPack(10, 3), 500, 1), 0);
  t.is(lfuDecay(lfuPack(10, 100), 60_000, 0), 100); // never
  t.is(lfuIdle(lfuPack(10, 100), 13, 1), 255 - 97);
});

test('the counter decays across the turn of the minute clock', (t) => {
  t.is(lfuDecay(lfuPack(0xffff, 100), 4, 1), 96);
});

test('a use adds one with probability 1 / ((counter - 5) * factor + 1)', (t) => {
  fc.assert(
    fc.property(counter, fc.nat(100), random, (count, factor, r) => {
      const next = lfuIncrement(count, factor, r);
      if (count === LFU_COUNTER_MAX) return next === LFU_COUNTER_MAX;
      const odds = Math.max(count - LFU_INIT_VAL, 0) * factor + 1;
      return next === (r * odds < 1 ? count + 1 : count);
    }),
  );
  t.is(lfuIncrement(3, 10, 0.999), 4); // a fresh or decayed key always climbs
  t.is(lfuIncrement(LFU_COUNTER_MAX, 0, 0), LFU_COUNTER_MAX);
});

test('a touch stamps the time, and the counter never leaves 0-255', (t) => {
  fc.assert(
    fc.property(minute, counter, minute, fc.nat(10), fc.nat(100), random, (written, count, now, decay, factor, r) => {
      const field = lfuTouch(lfuPack(written, count), now, decay, factor, r);
      return field >>> 8 === now && lfuCounter(field) <= 255 && lfuElapsedMinutes(field, now) === 0;
    }),
  );
  t.pass();
});

/** The table of the documentation: with factor 10 a million hits saturate, a hundred give about 10. */
test('with the default factor about a thousand uses give about 18, a million 255', (t) => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let count = LFU_INIT_VAL;
  for (let i = 0; i < 1000; i++) count = lfuIncrement(count, 10, next());
  t.true(count >= 14 && count <= 24, String(count));
  for (let i = 0; i < 999_000; i++) count = lfuIncrement(count, 10, next());
  t.is(count, LFU_COUNTER_MAX);
});
