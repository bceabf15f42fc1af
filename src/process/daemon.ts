/**
 * `daemonize yes`: the server goes on without a terminal, the command that was typed comes back.
 *
 *   command ── starts itself again, detached ──▶ daemon
 *   command ◀── texts, then 'ready' ──────────── daemon
 *
 * Node cannot fork, so the same program is started a second time. The first one stays until the second one serves or
 * has failed, and passes on what it said: no start-up error is lost, and its exit code is true.
 *
 * @since 0.1.0
 */
import { spawn } from 'node:child_process';
import * as O from 'fp-ts/Option';

/** Set for the process that stays. */
const MARK = 'FERROUS_DAEMON';

/** Whether this process is the daemon that another one has started. */
export const isDaemon = (): boolean => process.env[MARK] === '1';

type Report = { readonly ready: true } | { readonly text: string };

const isReport = (message: unknown): message is Report =>
  typeof message === 'object' && message !== null && ('ready' in message || 'text' in message);

/**
 * Starts this program again as a daemon; resolves to the exit code of the command.
 *
 * @param input what was read from stdin, which the daemon is to read as well
 * @param say   where its start-up errors go
 */
export const startDaemon = (input: O.Option<string>, say: (text: string) => void): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: [O.isSome(input) ? 'pipe' : 'ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, [MARK]: '1' },
    });
    if (O.isSome(input)) child.stdin?.end(Buffer.from(input.value, 'latin1'));
    child.on('message', (message) => {
      if (!isReport(message)) return;
      if ('text' in message) say(message.text);
      else resolve(0);
    });
    child.on('error', (error) => {
      say(`Can't start the daemon: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });

const send = (report: Report): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(report, () => resolve());
  });

/** Tells the command why the daemon cannot start. Does nothing in any other process. */
export const reportText = (text: string): Promise<void> => send({ text });

/** Tells the command that the daemon serves, and lets it go. */
export const reportReady = async (): Promise<void> => {
  await send({ ready: true });
  if (process.connected) process.disconnect();
};
