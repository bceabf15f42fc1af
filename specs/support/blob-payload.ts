/**
 * DUMP payloads whose value is one string: packed encodings, sound or damaged, as RESTORE takes them.
 *
 * In:  the value type, the bytes. Out: a payload with version and checksum.
 * @since 0.2.0
 */
import { CRC64_BYTES, Crc64 } from '../../src/persistence/rdb/crc64.ts';

/** Read by every version that has these encodings. */
const VERSION = 9;

/** `leading` stands between the value type and the string. */
export const blobPayload = (rdbType: number, blob: Uint8Array, leading: readonly number[] = []): Buffer => {
  const length = Buffer.alloc(5);
  length[0] = 0x80;
  length.writeUInt32BE(blob.length, 1);
  const body = Buffer.concat([Buffer.of(rdbType, ...leading), length, blob, Buffer.of(VERSION, 0)]);
  const crc = new Crc64();
  crc.reset();
  crc.update(body, 0, body.length);
  const sum = Buffer.alloc(CRC64_BYTES);
  crc.writeTo(sum, 0);
  return Buffer.concat([body, sum]);
};
