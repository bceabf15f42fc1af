/**
 * Pearson's chi-square test: whether counts of draws fit a uniform distribution.
 *
 * In:  how often each of `counts.length` equally likely outcomes was seen. Out: true when it fits.
 *
 * A fair source fails one time in about a million; specs use fixed seeds, so it is always or never.
 *
 * @since 0.1.0
 */

/** Standard normal quantile of 1 - 1e-6. */
const QUANTILE = 4.753;

/** The statistic: near the degrees of freedom when all outcomes are as likely. */
export const chiSquare = (counts: readonly number[]): number => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};

/** The value that a fair source passes once in a million, by the approximation of Wilson and Hilferty. */
export const chiSquareLimit = (degreesOfFreedom: number): number => {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + QUANTILE * Math.sqrt(spread)) ** 3;
};

export const isUniform = (counts: readonly number[]): boolean => chiSquare(counts) <= chiSquareLimit(counts.length - 1);
