/**
 * A progress bar: how far a scan has come, and how long it will take.
 *
 * In:  bytes done and in all. Out: one line of a terminal, written over and over, and removed before anything else is written.
 * Nothing is shown where there is no terminal, or when the work is done before anybody would ask.
 *
 * @since 0.3.0
 */
import type { Terminal } from './terminal.ts';

/** Shorter work needs no bar. */
const PATIENCE_MS = 500;
const BETWEEN_MS = 100;
const BAR_CHARACTERS = 24;
const DEFAULT_COLUMNS = 80;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 MiB` */
export const showBytes = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
};

/** `42 s`, `3 min 20 s`, `1 h 5 min` */
export const showSeconds = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

/** `[############------------]  50%  1.5 MiB of 3.0 MiB  2 s left` */
export const progressLine = (done: number, total: number, elapsedMs: number, columns = DEFAULT_COLUMNS): string => {
  const part = total <= 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(part * BAR_CHARACTERS);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARACTERS - filled)}]`;
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  const left = done <= 0 ? '' : `  ${showSeconds((elapsedMs * (total - done)) / done / 1000)} left`;
  // The last column stays free: some terminals begin a new line there.
  return `${bar} ${percent}  ${showBytes(done)} of ${showBytes(total)}${left}`.slice(0, Math.max(0, columns - 1));
};

export class ProgressBar {
  private readonly terminal: Terminal;
  private readonly beganMs: number;
  private shownMs: number;
  private isShown = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.beganMs = terminal.nowMs();
    this.shownMs = this.beganMs + PATIENCE_MS - BETWEEN_MS;
  }

  /** May be called as often as one likes. */
  readonly update = (done: number, total: number): void => {
    const { err, nowMs } = this.terminal;
    if (!err.isTerminal) return;
    if (done >= total) {
      // Nothing is left but to wait for more, if anything.
      void this.hide().catch(() => {});
      return;
    }
    const now = nowMs();
    if (now - this.shownMs < BETWEEN_MS) return;
    this.shownMs = now;
    this.isShown = true;
    void err.write(`\r${progressLine(done, total, now - this.beganMs, err.columns)}\x1b[K`).catch(() => {});
  };

  /** Removes the bar, as before a line of output. It comes back with the next update. */
  async hide(): Promise<void> {
    if (!this.isShown) return;
    this.isShown = false;
    await this.terminal.err.write('\r\x1b[K');
  }
}
