/**
 * Torn or damaged: whether a command that leads beyond the end of the file has a wrong length.
 *
 * A file that a crash has cut ends in the middle of a command. A flipped bit in a length looks the same, but then what the
 * command seems to swallow are other commands, which must not be cut off. A value may hold anything, commands too; so this
 * asks whether another length, one digit of it being different, would fit what stands behind it.
 *
 * @since 0.3.0
 */

const CR = 13;
const LF = 10;
const HASH = 35;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

/** Where a header line ends: behind its LF; -1 where it is not complete. */
const lineEnd = (tail: Uint8Array, at: number): number => {
  const end = tail.indexOf(LF, at);
  return end === -1 ? -1 : end + 1;
};

const numberIn = (tail: Uint8Array, from: number, to: number): number => {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + tail[i] - ZERO;
  return value;
};

/** Lengths that differ from this one in a digit. */
const variants = (length: number): readonly number[] => {
  const text = String(length);
  const found: number[] = [];
  for (let i = 0; i < text.length; i++) {
    for (let digit = 0; digit <= 9; digit++) {
      const other = Number(`${text.slice(0, i)}${digit}${text.slice(i + 1)}`);
      if (other < length) found.push(other);
    }
  }
  return found;
};

/** Whether an argument may end here: a line end, and behind it what follows an argument. */
const isEnd = (tail: Uint8Array, at: number, isLast: boolean): boolean => {
  // At the end of the file nothing could be lost but this command.
  if (at + 2 >= tail.length || tail[at] !== CR || tail[at + 1] !== LF) return false;
  const next = tail[at + 2];
  return isLast ? next === STAR || next === HASH : next === DOLLAR;
};

/** Where in a command that is not complete its wrong length stands; undefined where it is torn. */
export const wrongLength = (tail: Uint8Array): number | undefined => {
  if (tail[0] !== STAR) return undefined;
  let at = lineEnd(tail, 0);
  if (at === -1) return undefined;
  const count = numberIn(tail, 1, at - 2);
  for (let i = 0; i < count; i++) {
    const from = lineEnd(tail, at);
    if (from === -1) return undefined;
    const length = numberIn(tail, at + 1, from - 2);
    if (from + length + 2 > tail.length) {
      return variants(length).some((other) => isEnd(tail, from + other, i === count - 1)) ? at : undefined;
    }
    at = from + length + 2;
  }
  return undefined;
};
