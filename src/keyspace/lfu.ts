/**
 * The 24 bits every key keeps for eviction: when it was used last (LRU) or how often (LFU).
 *
 * In:     the 24-bit field, the time in whole seconds or minutes, a random number in [0, 1).
 * Out:    the next field, or an estimate made from it.
 * Memory: none; pure int32 arithmetic.
 *
 *   LRU    23 ............................ 0   seconds, modulo 2^24 (194 days)
 *   LFU    23 .............. 8   7 ....... 0
 *          minutes, mod 2^16     counter        minutes: of the last decay; counter: 0-255, logarithmic
 *
 * Source: https://redis.io/docs/latest/develop/reference/eviction/
 * @since 0.1.0
 */

/** The largest LRU clock; the clock runs modulo this plus one. */
export const LRU_CLOCK_MAX = 0xffffff;
/** What a new key's counter starts from, so that it is not evicted before it had a chance. */
export const LFU_INIT_VAL = 5;
export const LFU_COUNTER_MAX = 255;

const MINUTES_MASK = 0xffff;
const COUNTER_MASK = 0xff;

/** The LRU clock at a unix time in seconds (which may be past int32). */
export const lruClock = (nowSeconds: number): number => (nowSeconds % (LRU_CLOCK_MAX + 1)) | 0;

/** Seconds a key has been idle, right as long as it is less than one turn of the clock. */
export const lruIdleSeconds = (lru: number, clock: number): number =>
  clock >= lru ? clock - lru : clock + (LRU_CLOCK_MAX - lru);

/** The LRU field of a key that is said to have been idle for so long (RESTORE IDLETIME, RDB). */
export const lruFromIdle = (idleSeconds: number, clock: number): number => {
  const lru = clock - idleSeconds;
  // A key older than the clock's turn gets the oldest time that can be told apart, half a turn ago.
  return lru < 0 ? (clock + (LRU_CLOCK_MAX >> 1)) % LRU_CLOCK_MAX : lru;
};

/** The 16-bit minute clock at a unix time in minutes. */
export const lfuMinutes = (nowMinutes: number): number => (nowMinutes % (MINUTES_MASK + 1)) | 0;

/** The LFU field of `counter` at the time `minutes` (as `lfuMinutes` gives it). */
export const lfuPack = (minutes: number, counter: number): number => (minutes << 8) | counter;

/** The LFU field of a key that is created now. */
export const lfuInitial = (minutes: number): number => lfuPack(minutes, LFU_INIT_VAL);

/** The counter as it was stored, not decayed. */
export const lfuCounter = (field: number): number => field & COUNTER_MASK;

/** Minutes since the field was written, right as long as they are less than one turn of the minute clock. */
export const lfuElapsedMinutes = (field: number, minutes: number): number => {
  const written = (field >>> 8) & MINUTES_MASK;
  return minutes >= written ? minutes - written : MINUTES_MASK - written + minutes;
};

/** The counter now: one less for every `lfu-decay-time` minutes gone by; 0 for that setting means never. */
export const lfuDecay = (field: number, minutes: number, decayTimeMinutes: number): number => {
  const counter = field & COUNTER_MASK;
  if (decayTimeMinutes <= 0) return counter;
  const periods = (lfuElapsedMinutes(field, minutes) / decayTimeMinutes) | 0;
  return periods >= counter ? 0 : counter - periods;
};

/** The counter after one more use: the higher it is and the larger `lfu-log-factor`, the less likely it grows. */
export const lfuIncrement = (counter: number, logFactor: number, random: number): number => {
  if (counter >= LFU_COUNTER_MAX) return LFU_COUNTER_MAX;
  const base = counter > LFU_INIT_VAL ? counter - LFU_INIT_VAL : 0;
  return random * (base * logFactor + 1) < 1 ? counter + 1 : counter;
};

/** The LFU field after a use: decayed, perhaps incremented, stamped with the time. */
export const lfuTouch = (
  field: number,
  minutes: number,
  decayTimeMinutes: number,
  logFactor: number,
  random: number,
): number => lfuPack(minutes, lfuIncrement(lfuDecay(field, minutes, decayTimeMinutes), logFactor, random));

/** How good a victim the key is under an LFU policy, on the scale on which the idle time stands for LRU. */
export const lfuIdle = (field: number, minutes: number, decayTimeMinutes: number): number =>
  LFU_COUNTER_MAX - lfuDecay(field, minutes, decayTimeMinutes);
