/**
 * The chain of records that makes a log tamper-evident.
 *
 * In:     the bytes of a log, record by record. Out: hashes, as the text that stands in annotation lines.
 * Memory: the state of one SHA-256.
 *
 * A record begins with an #F, #W, #X or #S line and goes on to the next one of these, so every byte of a segment belongs
 * to exactly one record. The hash of a record is the SHA-256 of its bytes, and the line that begins the next record
 * holds it. So each hash covers all records before: whoever changes, removes or moves one has to change every hash behind
 * it, and the last one is known elsewhere. A segment's head holds the hash of the seal before it. Where there is no
 * audit trail the head's record is the whole segment, and the seal holds the SHA-256 of the file up to the seal.
 *
 * @since 0.3.0
 */
import { createHash, type Hash, hash } from 'node:crypto';

/** Characters of a hash: 32 bytes in base64url. */
export const HASH_CHARACTERS = 43;

/** What the first head of the first segment names as the hash before it. */
export const NO_HASH = 'A'.repeat(HASH_CHARACTERS);

const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Whether a text can be a hash: 43 characters in the one spelling that 32 bytes have. */
export const isHash = (text: string): boolean => HASH.test(text);

/** The hash of a record whose bytes lie together: half the cost of a `Chain`. */
export const hashOf = (record: Uint8Array): string => hash('sha256', record, 'base64url');

/** The hash of records that come in pieces. */
export class Chain {
  private state: Hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.state.update(bytes);
  }

  /** Ends the record, and begins the next one with what comes: the hash that its first line is to hold. */
  turn(): string {
    const text = this.state.digest('base64url');
    this.state = createHash('sha256');
    return text;
  }

  /** The hash as if the record ended here; it goes on. */
  peek(): string {
    return this.state.copy().digest('base64url');
  }
}
