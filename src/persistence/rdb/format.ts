/**
 * The RDB format: opcodes, value types, length marks and limits.
 *
 * In:     nothing. Out: constants, and names for error texts.
 * Memory: none.
 *
 * A file is `REDIS` and four digits of version, then records, then EOF and (from version 5 on) eight bytes of CRC64. A
 * record is an opcode with its operands, or a value type with a key and a value. Lengths take 1, 2, 5 or 9 bytes:
 *
 *   00llllll                     6 bits          10000000 + 4 bytes    32 bits, big-endian
 *   01llllll llllllll           14 bits          10000001 + 8 bytes    64 bits, big-endian
 *   11eeeeee                    not a length: a string in encoding e
 *
 * @since 0.1.0
 */

export const MAGIC = 'REDIS';
export const HEADER_BYTES = 9;
/** What we write: redis-server 7.0 and everything later loads it. */
export const VERSION_WRITTEN = 10;
export const VERSION_READ_MIN = 1;
export const VERSION_READ_MAX = 12;
/** From this version on, a checksum follows the EOF opcode. */
export const VERSION_WITH_CHECKSUM = 5;

export const OPCODE_SLOT_INFO = 244;
export const OPCODE_FUNCTION2 = 245;
export const OPCODE_FUNCTION_PRE_GA = 246;
export const OPCODE_MODULE_AUX = 247;
export const OPCODE_IDLE = 248;
export const OPCODE_FREQ = 249;
export const OPCODE_AUX = 250;
export const OPCODE_RESIZEDB = 251;
export const OPCODE_EXPIRETIME_MS = 252;
export const OPCODE_EXPIRETIME = 253;
export const OPCODE_SELECTDB = 254;
export const OPCODE_EOF = 255;

export const TYPE_STRING = 0;
export const TYPE_LIST = 1;
export const TYPE_SET = 2;
export const TYPE_ZSET = 3;
export const TYPE_HASH = 4;
export const TYPE_ZSET_2 = 5;
export const TYPE_HASH_ZIPMAP = 9;
export const TYPE_LIST_ZIPLIST = 10;
export const TYPE_SET_INTSET = 11;
export const TYPE_ZSET_ZIPLIST = 12;
export const TYPE_HASH_ZIPLIST = 13;
export const TYPE_LIST_QUICKLIST = 14;
export const TYPE_HASH_LISTPACK = 16;
export const TYPE_ZSET_LISTPACK = 17;
export const TYPE_LIST_QUICKLIST_2 = 18;
export const TYPE_SET_LISTPACK = 20;

/** Value types by number, as error texts name them. */
const VALUE_TYPE_NAMES: readonly (string | undefined)[] = [
  'string',
  'list',
  'set',
  'zset',
  'hash',
  'zset-2',
  'module',
  'module-2',
  undefined,
  'hash-zipmap',
  'list-ziplist',
  'set-intset',
  'zset-ziplist',
  'hash-ziplist',
  'list-quicklist',
  'stream',
  'hash-listpack',
  'zset-listpack',
  'list-quicklist-2',
  'stream-2',
  'set-listpack',
  'stream-3',
  'hash-with-field-ttls-pre-release',
  'hash-listpack-with-field-ttls-pre-release',
  'hash-with-field-ttls',
  'hash-listpack-with-field-ttls',
];

/** The name of a value type, or undefined when no version has such a type. */
export const valueTypeName = (type: number): string | undefined => VALUE_TYPE_NAMES[type];

export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;
/** Both upper bits set: the rest says how a string is encoded. */
export const ENCODED = 0xc0;
export const ENCODED_INT8 = 0;
export const ENCODED_INT16 = 1;
export const ENCODED_INT32 = 2;
export const ENCODED_LZF = 3;

/** Strings up to this length may be stored as integers, longer ones than the next may be compressed. */
export const INTEGER_TEXT_BYTES_MAX = 11;
export const UNCOMPRESSED_BYTES_MAX = 20;

export const TWO_32 = 4294967296;
