/**
 * Error replies that several command families share, byte for byte as Redis 7.2 words them.
 *
 * @since 0.1.0
 */
import type { Reply } from '../resp/reply.ts';
import { Outcome } from './spec.ts';

export const WRONGTYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';
export const SYNTAX_ERROR = 'ERR syntax error';
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
export const NOT_A_FLOAT = 'ERR value is not a valid float';
export const NOT_AN_INT32 = 'ERR value is out of range, value must between -2147483648 and 2147483647';
export const NOT_A_LONG = 'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';
export const NOT_POSITIVE = 'ERR value is out of range, must be positive';
export const NO_NUMKEYS = 'ERR numkeys should be greater than 0';
export const NO_COUNT = 'ERR count should be greater than 0';
export const NO_SUCH_KEY = 'ERR no such key';
export const SAME_OBJECT = 'ERR source and destination objects are the same';
export const DB_OUT_OF_RANGE = 'ERR DB index is out of range';
export const OVERFLOW = 'ERR increment or decrement would overflow';
export const STRING_TOO_LONG = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)';

export const invalidExpireTime = (command: string): string => `ERR invalid expire time in '${command}' command`;
export const wrongArity = (command: string): string => `ERR wrong number of arguments for '${command}' command`;

/** Replies with an error; the command has changed nothing. */
export const refuse = (reply: Reply, error: string): Outcome => {
  reply.error(error);
  return Outcome.Unchanged;
};
