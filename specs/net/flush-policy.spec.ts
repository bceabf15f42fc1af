import test from 'ava';
import { FlushPolicy } from '../../src/net/flush-policy.ts';

/** A policy over a loop whose turns are ended by hand; `log` tells when it flushed. */
const arrange = () => {
  const log: string[] = [];
  const waiting: (() => void)[] = [];
  let place = '';
  const policy = new FlushPolicy(
    () => log.push(place),
    (run) => waiting.push(run),
  );
  const chunk = (writes = true): void => {
    place = 'chunk';
    policy.chunkBegins();
    if (writes) policy.request();
    policy.chunkEnds();
  };
  const endTurn = (): void => {
    place = 'turn';
    for (const run of waiting.splice(0)) run();
  };
  /** One client that waits for each reply, for that many turns. */
  const lonely = (turns: number): void => {
    for (let i = 0; i < turns; i++) {
      chunk();
      endTurn();
    }
  };
  const take = (): string[] => log.splice(0);
  return { policy, chunk, endTurn, lonely, take };
};

test('many clients are flushed once, at the end of the turn', (t) => {
  const { chunk, endTurn, take } = arrange();
  for (let turn = 0; turn < 100; turn++) {
    chunk();
    chunk();
    chunk();
    t.deepEqual(take(), []);
    endTurn();
    t.deepEqual(take(), ['turn']);
  }
});

test('a client that waits for each reply is soon flushed at the end of its chunk', (t) => {
  const { lonely, take, chunk } = arrange();
  lonely(16);
  t.true(take().every((place) => place === 'turn'));
  chunk();
  t.deepEqual(take(), ['chunk']);
});

test('every so often a turn is gathered, and a second client in it ends the direct flushes', (t) => {
  const { lonely, chunk, endTurn, take } = arrange();
  lonely(16 + 16);
  take();
  chunk();
  t.deepEqual(take(), [], 'this turn is gathered');
  chunk();
  endTurn();
  t.deepEqual(take(), ['turn']);
  chunk();
  t.deepEqual(take(), [], 'and so are the next ones');
  endTurn();
  t.deepEqual(take(), ['turn']);
});

test('what is written outside of a chunk is flushed at the end of the turn, whoever is connected', (t) => {
  const { policy, lonely, endTurn, take } = arrange();
  lonely(20);
  take();
  policy.request();
  t.deepEqual(take(), []);
  endTurn();
  t.deepEqual(take(), ['turn']);
});

test('a chunk that writes nothing flushes nothing', (t) => {
  const { lonely, chunk, endTurn, take } = arrange();
  lonely(20);
  take();
  chunk(false);
  endTurn();
  t.deepEqual(take(), []);
});
