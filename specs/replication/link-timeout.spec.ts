import test from 'ava';
import { retry, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { LinkSilent, linkTimeout } from '../../src/replication/link-timeout.ts';

test('a link that is silent for the whole time-out fails, counted from its last bytes', (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(actual, expected));
  scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
    const bytes$ = hot(' a-b------');
    const expected = '   a-b--#   '; // 3 ms after b
    const subscribed = ' ^----!   ';
    expectObservable(bytes$.pipe(linkTimeout(3, scheduler))).toBe(expected, undefined, new LinkSilent(3));
    expectSubscriptions(bytes$.subscriptions).toBe(subscribed);
  });
});

test('a link that never says anything fails after the time-out', (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(actual, expected));
  scheduler.run(({ cold, expectObservable }) => {
    expectObservable(cold('-----').pipe(linkTimeout(4, scheduler))).toBe('----#', undefined, new LinkSilent(4));
  });
});

test('bytes in time keep the link, and its end is passed on at once', (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(actual, expected));
  scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
    const bytes$ = hot(' a-b-c-d|');
    expectObservable(bytes$.pipe(linkTimeout(3, scheduler))).toBe('a-b-c-d|');
    expectSubscriptions(bytes$.subscriptions).toBe('^------!');
  });
});

test('whoever unsubscribes leaves no timer behind', (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(actual, expected));
  scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
    const bytes$ = hot(' a--------');
    expectObservable(bytes$.pipe(linkTimeout(3, scheduler)), '^-!').toBe('a--');
    expectSubscriptions(bytes$.subscriptions).toBe('^-!');
  });
});

test('a silent link is made anew after the pause, for as long as somebody wants it', (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(actual, expected));
  scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
    const attempt$ = cold('a--------');
    const link$ = attempt$.pipe(linkTimeout(3, scheduler), retry({ delay: () => timer(2, scheduler) }));
    expectObservable(link$, '^-----------!').toBe('a----a----a--');
    expectSubscriptions(attempt$.subscriptions).toBe(['^--!', '-----^--!', '----------^-!']);
  });
});
