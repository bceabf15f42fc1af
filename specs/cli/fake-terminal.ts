/**
 * A terminal for specs: what a sub-command writes, and a reader that may go away.
 * @since 0.3.0
 */
import type { Output, Terminal } from '../../src/cli/terminal.ts';

export class FakeOutput implements Output {
  text = '';
  isTerminal: boolean;
  columns: number | undefined;
  /** After so many writes the reader has gone. */
  writesMax = Number.POSITIVE_INFINITY;
  writes = 0;
  private readonly waiters = new Set<() => void>();

  constructor(columns?: number) {
    this.isTerminal = columns !== undefined;
    this.columns = columns;
  }

  write(text: string): Promise<boolean> {
    this.writes++;
    if (this.writes > this.writesMax) return Promise.resolve(false);
    this.text += text;
    for (const check of [...this.waiters]) check();
    return Promise.resolve(true);
  }

  get lines(): readonly string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** Resolves when so many lines are there. */
  untilLines(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.lines.length < count) return;
        this.waiters.delete(check);
        resolve();
      };
      this.waiters.add(check);
      check();
    });
  }
}

export interface FakeTerminal extends Terminal {
  readonly out: FakeOutput;
  readonly err: FakeOutput;
}

/** With the width of a terminal, or a pipe where none is given. */
export const fakeTerminal = (
  columns?: number,
  options: { readonly env?: Readonly<Record<string, string>>; readonly nowMs?: () => number } = {},
): FakeTerminal => ({
  out: new FakeOutput(columns),
  err: new FakeOutput(columns),
  env: options.env ?? {},
  nowMs: options.nowMs ?? (() => 0),
});
