/**
 * Versions: ours, and the Redis version whose behaviour we keep.
 *
 * @since 0.1.0
 */

/** Put in by build.mjs from package.json. */
declare const FERROUS_VERSION: string;

export const VERSION: string = FERROUS_VERSION;
/** What INFO, HELLO and RDB files call redis_version. */
export const REDIS_VERSION = '7.2.4';
