/**
 * Temporary directories of specs.
 *
 * In:  an execution context (anything with ava's `teardown`), or nothing.
 * Out: the path of a fresh, empty directory; removed with the test when a context was given.
 * Memory: none kept.
 * @since 0.1.0
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of ava's ExecutionContext that fixtures need: run `undo` when the test is over. */
export interface Teardown {
  teardown(undo: () => unknown): void;
}

/** Removes a directory and all that is in it; one that is gone already is fine. */
export const removeDir = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true, maxRetries: 3 });

/** Makes an empty directory under the system's temporary folder. */
export const makeTempDir = async (t?: Teardown): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'ferrous-spec-'));
  t?.teardown(() => removeDir(dir));
  return dir;
};
