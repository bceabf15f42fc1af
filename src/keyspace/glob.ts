/**
 * Glob patterns as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules understand them.
 *
 * In:     a range of pattern bytes and a range of text bytes.
 * Out:    whether the pattern matches the whole text.
 * Memory: none; no allocation, no recursion.
 *
 *   *       any bytes, none included          [abc]   one of these; [a-z] a range, [^…] none of these
 *   ?       any one byte                      \x      x itself, in brackets too
 *
 * Only the last star ever has to be reconsidered: when what follows it matches nowhere in the rest of the text, giving
 * an earlier star more bytes cannot help. So the work is at most pattern bytes × text bytes, whatever the pattern.
 *
 * Redis' corner cases are kept, because scripts depend on them: bytes are signed in ranges, a range may be written
 * backwards, a bracket that is never closed ends with the pattern, and an empty text matches an empty pattern only
 * (not even `*`; KEYS and PSUBSCRIBE know that pattern themselves).
 * Source: https://redis.io/docs/latest/commands/keys/
 * @since 0.1.0
 */

/** Redis gives up on a pattern that has to place more stars than this. */
const STARS_MAX = 1000;

const STAR = 0x2a;
const DASH = 0x2d;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const CARET = 0x5e;

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** A byte as the signed char that Redis compares. */
const signed = (byte: number): number => (byte << 24) >> 24;

/** The offset of the bracket's last byte: its `]`, or the pattern's last byte when there is none. */
const bracketEnd = (pattern: Uint8Array, open: number, end: number): number => {
  let at = open + 1;
  if (at < end && pattern[at] === CARET) at++;
  while (at < end) {
    const byte = pattern[at];
    if (byte === BACKSLASH && at + 1 < end) at += 2;
    else if (byte === CLOSE) return at;
    else if (at + 2 < end && pattern[at + 1] === DASH) at += 3;
    else at++;
  }
  return end - 1;
};

/** Whether the bracket at `open`, which closes at `close`, accepts the byte. */
const bracketAccepts = (
  pattern: Uint8Array,
  open: number,
  close: number,
  end: number,
  byte: number,
  nocase: boolean,
): boolean => {
  let at = open + 1;
  const not = at < end && pattern[at] === CARET;
  if (not) at++;
  const stop = pattern[close] === CLOSE ? close : end;
  const folded = nocase ? lower(byte) : byte;
  let match = false;
  while (at < stop) {
    const candidate = pattern[at]!;
    if (candidate === BACKSLASH && at + 1 < end) {
      // Escaped bytes are compared with their case even where case does not count, as Redis does.
      if (pattern[at + 1] === byte) match = true;
      at += 2;
    } else if (at + 2 < end && pattern[at + 1] === DASH) {
      let from = signed(candidate);
      let to = signed(pattern[at + 2]!);
      if (from > to) {
        const swap = from;
        from = to;
        to = swap;
      }
      if (nocase) {
        from = lower(from);
        to = lower(to);
      }
      const value = signed(folded);
      if (value >= from && value <= to) match = true;
      at += 3;
    } else {
      if ((nocase ? lower(candidate) : candidate) === folded) match = true;
      at++;
    }
  }
  return match !== not;
};

/** Whether `pLen` pattern bytes at `pOff` match all of the `tLen` text bytes at `tOff`. */
export const globMatch = (
  pattern: Uint8Array,
  pOff: number,
  pLen: number,
  text: Uint8Array,
  tOff: number,
  tLen: number,
  nocase: boolean,
): boolean => {
  if (tLen === 0) return pLen === 0;
  const pEnd = pOff + pLen;
  const tEnd = tOff + tLen;
  let p = pOff;
  let t = tOff;
  let stars = 0;
  let afterStar = -1; // where the pattern goes on behind the last star …
  let starText = 0; //   … and the text offset where that part was tried last

  while (t < tEnd) {
    let accepted = false;
    let next = p;
    if (p < pEnd) {
      const byte = pattern[p]!;
      if (byte === STAR) {
        while (p < pEnd && pattern[p] === STAR) p++;
        if (p === pEnd) return true;
        if (++stars > STARS_MAX) return false;
        afterStar = p;
        starText = t;
        continue;
      }
      if (byte === QUESTION) {
        accepted = true;
      } else if (byte === OPEN) {
        next = bracketEnd(pattern, p, pEnd);
        accepted = bracketAccepts(pattern, p, next, pEnd, text[t]!, nocase);
      } else {
        if (byte === BACKSLASH && p + 1 < pEnd) next = p + 1;
        const wanted = pattern[next]!;
        const found = text[t]!;
        accepted = wanted === found || (nocase && lower(wanted) === lower(found));
      }
    }
    if (accepted) {
      p = next + 1;
      t++;
    } else {
      if (afterStar < 0) return false;
      p = afterStar;
      t = ++starText;
    }
  }
  while (p < pEnd && pattern[p] === STAR) p++;
  return p === pEnd;
};

/** Whether the pattern has no special bytes, so that it matches itself and nothing else. */
export const isLiteral = (pattern: Uint8Array, off: number, len: number): boolean => {
  for (let at = off; at < off + len; at++) {
    const byte = pattern[at];
    if (byte === STAR || byte === QUESTION || byte === OPEN || byte === BACKSLASH) return false;
  }
  return true;
};
