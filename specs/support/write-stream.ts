/**
 * Write streams as commands: what a server appends to its log or sends to its replicas, made comparable.
 *
 * In:  bytes of a stream, of ours or of redis-server's. Out: commands, and whether two lists of them say the same.
 * Memory: none.
 * @since 0.2.0
 */
import type { WriteStream } from '../../src/events/write-stream.ts';
import { decodeReply, ReplyScanner, show } from './reply.ts';

/** Two servers do not run a command in the same millisecond. */
const SLACK_MS = 10_000;
const A_TIME = /^\d{12,}$/;

export type Words = readonly string[];

/** The commands in a log or in a replication stream, their names in upper case. */
export const commandsIn = (stream: Uint8Array): Words[] => {
  const commands: Words[] = [];
  for (let at = 0; at < stream.length; ) {
    const rest = Buffer.from(stream.subarray(at));
    const bytes = new ReplyScanner().scan(rest);
    const command = decodeReply(rest.subarray(0, bytes));
    if (command.type !== 'array') throw new Error(`no command: ${show(command)}`);
    const [name = '', ...args] = command.items.map((item) =>
      item.type === 'bulk' ? item.bytes.toString('latin1') : show(item),
    );
    commands.push([name.toUpperCase(), ...args]);
    at += bytes;
  }
  return commands;
};

/** Collects what a stream of ours emits from now on: SELECT, MULTI and EXEC included. */
export const record = (writes: WriteStream): Words[] => {
  const commands: Words[] = [];
  writes.events$.subscribe(({ buf, start, end }) => void commands.push(...commandsIn(buf.slice(start, end))));
  return commands;
};

const isSameWord = (a: string, b: string | undefined): boolean =>
  a === b || (b !== undefined && A_TIME.test(a) && A_TIME.test(b) && Math.abs(Number(a) - Number(b)) < SLACK_MS);

export const isSameStream = (ours: readonly Words[], theirs: readonly Words[]): boolean =>
  ours.length === theirs.length &&
  ours.every(
    (words, i) => words.length === theirs[i]?.length && words.every((word, j) => isSameWord(word, theirs[i]?.[j])),
  );

export const showStream = (commands: readonly Words[]): string =>
  commands.map((words) => `  ${show.command(words)}`).join('\n');
