/**
 * The progress bar: a line that fits, only where somebody sees it and only when it takes long.
 * @since 0.3.0
 */
import test from 'ava';
import { ProgressBar, progressLine, showBytes, showSeconds } from '../../src/cli/progress.ts';
import { fakeTerminal } from './fake-terminal.ts';

test('A line says how far it is and how long it takes', (t) => {
  const MIB = 1024 * 1024;
  t.is(progressLine(0, 4 * MIB, 0), '[------------------------]   0%  0 B of 4.0 MiB');
  t.is(progressLine(MIB, 4 * MIB, 2000), '[######------------------]  25%  1.0 MiB of 4.0 MiB  6 s left');
  t.is(progressLine(4 * MIB, 4 * MIB, 2000), '[########################] 100%  4.0 MiB of 4.0 MiB  0 s left');
  t.is(progressLine(MIB, 4 * MIB, 2000, 20), '[######------------');
});

test('Amounts are short', (t) => {
  t.deepEqual([0, 1023, 1024, 5e9, 1e15].map(showBytes), ['0 B', '1023 B', '1.0 KiB', '4.7 GiB', '909.5 TiB']);
  t.deepEqual([0.4, 59, 61, 3600 * 2 + 125].map(showSeconds), ['0 s', '59 s', '1 min 1 s', '2 h 2 min']);
});

test('A bar comes when work takes long, and goes before other output', async (t) => {
  let nowMs = 0;
  const terminal = fakeTerminal(80, { nowMs: () => nowMs });
  const bar = new ProgressBar(terminal);
  bar.update(1, 100);
  nowMs = 499;
  bar.update(2, 100);
  await bar.hide();
  t.is(terminal.err.text, '');
  nowMs = 500;
  bar.update(50, 100);
  nowMs = 550;
  bar.update(51, 100);
  t.is(terminal.err.text, '\r[############------------]  50%  50 B of 100 B  1 s left\x1b[K');
  await bar.hide();
  await bar.hide();
  t.true(terminal.err.text.endsWith('left\x1b[K\r\x1b[K'));
});

test('At the end of a log that is followed there is no bar', async (t) => {
  let nowMs = 0;
  const terminal = fakeTerminal(80, { nowMs: () => nowMs });
  const bar = new ProgressBar(terminal);
  nowMs = 1000;
  bar.update(100, 100);
  t.is(terminal.err.text, '');
});

test('Where there is no terminal there is no bar', (t) => {
  let nowMs = 0;
  const terminal = fakeTerminal(undefined, { nowMs: () => nowMs });
  const bar = new ProgressBar(terminal);
  nowMs = 5000;
  bar.update(50, 100);
  t.is(terminal.err.text, '');
});
