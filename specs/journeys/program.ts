/**
 * The program with exactly these arguments, as a shell or a supervisor starts it.
 *
 * In:  arguments, stdin, a working folder. Out: what it printed, and how it ended.
 * Memory: its output, as text.
 * @since 0.1.0
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { ferrousProgram } from '../support/process-server.ts';
import type { Teardown } from '../support/temp.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it until it ends by itself, or the test is over. */
export const runProgram = (
  t: Teardown,
  args: readonly string[],
  { input = '', cwd = process.cwd() }: { readonly input?: string; readonly cwd?: string } = {},
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [file = '', ...leading] = ferrousProgram();
    const child = spawn(file, [...leading, ...args], { cwd, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    t.teardown(() => child.kill('SIGKILL'));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on('error', () => {}); // it may have ended without reading
    child.stdin.end(input);
  });
