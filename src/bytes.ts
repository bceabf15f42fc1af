/**
 * Copying bytes without a native call where a loop is faster, which it is for short ranges.
 *
 * @since 0.1.0
 */

const LOOP_BYTES_MAX = 96;

/** Copies `length` bytes; the ranges must not overlap unless the target begins first. */
export const copyBytes = (
  source: Uint8Array,
  sourceAt: number,
  target: Uint8Array,
  targetAt: number,
  length: number,
): void => {
  if (length <= LOOP_BYTES_MAX) {
    for (let i = 0; i < length; i++) target[targetAt + i] = source[sourceAt + i];
    return;
  }
  target.set(source.subarray(sourceAt, sourceAt + length), targetAt);
};
