/**
 * What INFO persistence says of the event log, field by field in Redis' order.
 *
 * @since 0.3.0
 */
import type { InfoFields } from '../persistence/service.ts';
import type { Rewriter } from './rewrite.ts';
import type { LogWriter } from './writer.ts';

/** What is said in any case. */
export const rewriteFields = (isEnabled: boolean, isWritable: boolean, rewriter: Rewriter): InfoFields => [
  ['aof_enabled', isEnabled ? 1 : 0],
  ['aof_rewrite_in_progress', rewriter.isRunning ? 1 : 0],
  ['aof_rewrite_scheduled', rewriter.isScheduled ? 1 : 0],
  ['aof_last_rewrite_time_sec', rewriter.lastSeconds],
  ['aof_current_rewrite_time_sec', rewriter.currentSeconds],
  ['aof_last_bgrewrite_status', rewriter.lastStatus],
  ['aof_rewrites', rewriter.rewrites],
  ['aof_rewrites_consecutive_failures', rewriter.consecutiveFailures],
  ['aof_last_write_status', isWritable ? 'ok' : 'err'],
  ['aof_last_cow_size', 0],
];

export interface LogSizes {
  /** Bytes of all files that make the current state. */
  readonly currentBytes: number;
  /** The same after the last rewrite or start. */
  readonly rewrittenBytes: number;
}

/** What is said while the log is on. */
export const writerFields = (
  { currentBytes, rewrittenBytes }: LogSizes,
  rewriter: Rewriter,
  writer: LogWriter,
): InfoFields => [
  ['aof_current_size', currentBytes],
  ['aof_base_size', rewrittenBytes],
  ['aof_pending_rewrite', rewriter.isScheduled ? 1 : 0],
  ['aof_buffer_length', writer.pendingBytes],
  ['aof_pending_bio_fsync', writer.isSyncing ? 1 : 0],
  ['aof_delayed_fsync', writer.delayedSyncs],
];
