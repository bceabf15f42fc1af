/**
 * The server's log, in Redis' line format:
 *
 *   1234:M 22 Nov 2026 10:42:00.123 * Ready to accept connections tcp
 *
 * Role: M master, S replica, C not serving yet. Marks: . debug, - verbose, * notice, # warning.
 *
 * @since 0.1.0
 */

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning' | 'nothing';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, verbose: 1, notice: 2, warning: 3, nothing: 4 };
const MARK: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#', nothing: '#' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

/** "22 Nov 2026 10:42:00.123" in local time. */
export const timestamp = (ms: number): string => {
  const date = new Date(ms);
  const day = `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

export class Logger {
  level: LogLevel = 'notice';
  role: 'M' | 'S' | 'C' | 'X' = 'C';
  private readonly write: (line: string) => void;
  private readonly nowMs: () => number;

  constructor(write: (line: string) => void, nowMs: () => number) {
    this.write = write;
    this.nowMs = nowMs;
  }

  debug(text: string): void {
    this.log('debug', text);
  }

  verbose(text: string): void {
    this.log('verbose', text);
  }

  notice(text: string): void {
    this.log('notice', text);
  }

  warning(text: string): void {
    this.log('warning', text);
  }

  log(level: LogLevel, text: string): void {
    if (RANK[level] < RANK[this.level] || this.level === 'nothing') return;
    this.write(`${process.pid}:${this.role} ${timestamp(this.nowMs())} ${MARK[level]} ${text}\n`);
  }

  /** Text as it is, such as the banner. */
  raw(text: string): void {
    if (this.level !== 'nothing') this.write(text);
  }
}
