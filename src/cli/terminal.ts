/**
 * What a sub-command has of the process: two places to write to, an environment and a clock.
 *
 * In:  texts. Out: the same, written in order; `false` from the moment on when nobody reads any more (`| head`).
 *
 * @since 0.3.0
 */
import type { WriteStream } from 'node:tty';

export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal. Elsewhere lines may be as long as they like. */
  readonly columns: number | undefined;
  /** Resolves when the text is on its way. False: the reader has gone. Rejects when it cannot be written, as on a full disk. */
  write(text: string): Promise<boolean>;
}

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only grows. */
  readonly nowMs: () => number;
}

/** Exit codes of all sub-commands. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The reader of a pipe has ended. That is his good right and no failure of ours. */
const isReaderGone = (error: unknown): boolean => ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(codeOf(error));

type Stream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

class StreamOutput implements Output {
  private readonly stream: Stream;
  private isGone = false;

  constructor(stream: Stream) {
    this.stream = stream;
    // Every write is told how it went; a stream without a listener would end the process besides.
    stream.on('error', () => {});
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  get columns(): number | undefined {
    return this.isTerminal ? this.stream.columns : undefined;
  }

  write(text: string): Promise<boolean> {
    if (this.isGone) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.stream.write(text, (error) => {
        if (error === null || error === undefined) resolve(true);
        else if (isReaderGone(error)) {
          this.isGone = true;
          resolve(false);
        } else reject(error);
      });
    });
  }
}

/** The terminal, or whatever stands in its place, of this process. */
export const processTerminal = (): Terminal => ({
  out: new StreamOutput(process.stdout),
  err: new StreamOutput(process.stderr),
  env: process.env,
  nowMs: () => performance.now(),
});
