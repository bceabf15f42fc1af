/**
 * A sub-command that cannot do what it was asked for, in words for the person who asked.
 *
 * @since 0.3.0
 */
import { LogError } from '../eventlog/segments.ts';

export class Failure extends Error {
  override readonly name = 'Failure';
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  ENOSPC: 'no space left on the device',
  EISDIR: 'is a folder',
};

/** The sentence for an error that has a reason outside of the program; undefined for a bug. */
export const failureText = (error: unknown): string | undefined => {
  if (error instanceof Failure) return error.message;
  if (error instanceof LogError) return `${error.path}: at byte ${error.position}: ${error.reason}`;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  if (!('syscall' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return `${path}${REASONS[error.code] ?? error.message}`;
};
