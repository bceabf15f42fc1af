/**
 * What every spec begins with: properties print what went wrong beside their seed, and draw the same inputs each time, so that
 * `npm test` says the same twice.
 *
 * FERROUS_SEED=n draws others, FERROUS_SEED=random and the long run others each time.
 */
import process from 'node:process';
import fc from 'fast-check';

const SEED = 20_261_122;
const asked = process.env.FERROUS_SEED ?? (process.env.FERROUS_LONG === '1' ? 'random' : String(SEED));

fc.configureGlobal({ includeErrorInReport: true, ...(asked === 'random' ? {} : { seed: Number(asked) }) });
