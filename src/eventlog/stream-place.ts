/**
 * Where in the replication stream a fold stands: what one file of a log hands on to the next.
 *
 * @since 0.3.0
 */

export class StreamPlace {
  /** Offset behind the last command that was applied. */
  offset = 0;
  /** Offset behind the last command that was read: ahead of `offset` within a transaction, behind it while skipping. */
  counted = 0;
  /** A file has said which offset it is; without one they are counted from 0. */
  isKnown = false;
  /** Only the base was read so far, and it says where it stands. */
  isAtBase = false;
  /** Commands that end here or before are part of the base already; 0 when there are none. */
  skipTo = 0;
  /** µs since 1970 of what was applied last, as far as the log says. */
  timeUs = 0;
  /** The history that the stream belongs to. */
  replid: string | undefined = undefined;
  /** Hash of the last record of the file before; undefined where it has none. */
  hash: string | undefined = undefined;
  keysLoaded = 0;
  /** Commands that were applied. */
  commands = 0;
}
