/**
 * `ferrous audit verify`: whether a log is as it was written.
 *
 * In:  a folder, and perhaps a hash that was seen before. Out: what was verified, or the first flaw.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as t from 'io-ts';
import { HASH_CHARACTERS, isHash } from '../eventlog/chain.ts';
import { describeFlaw, type Verified, verify } from '../eventlog/verify.ts';
import { type CommandSpec, noOperands, subCommand } from './command.ts';
import { showTime } from './event-table.ts';
import { segmentsOf } from './log-source.ts';
import { PROGRAM } from './manual.ts';
import { fromText, Path, said } from './options.ts';
import { ProgressBar, showBytes } from './progress.ts';
import { EXIT_DONE, EXIT_FAILED, type Terminal } from './terminal.ts';

export interface VerifyRequest {
  readonly folder: string;
  readonly known?: string;
  readonly json: boolean;
}

const HashText = fromText('a hash', t.string.is, (text) =>
  isHash(text)
    ? E.right(text)
    : E.left(`expected a hash of ${HASH_CHARACTERS} characters, got ${JSON.stringify(text)}`),
);

const props = { dir: Path, known: HashText, json: t.boolean };

const end = ({ isSealed, tornAt }: Verified): string => {
  if (isSealed) return 'sealed';
  return tornAt === undefined ? 'open: being written, or left by a crash' : `within a command, at byte ${tornAt}`;
};

/** What was verified, a line for each thing to know. */
export const verifiedText = (verified: Verified): string => {
  const { segments, unchained, records, commands, bytes, from, to, fromUs, toUs, isWhole, lastHash } = verified;
  const lines: readonly (readonly [string, string])[] = [
    ['segments', String(segments)],
    ...(unchained === 0
      ? []
      : [['without a chain', `${unchained} (redis-server's: nothing vouches for them)`] as const]),
    ['records', `${records} with ${commands} commands, ${showBytes(bytes)}`],
    ['offsets', `${from} to ${to}`],
    ['times', `${showTime(fromUs)} to ${showTime(toUs)}`],
    ['beginning', isWhole ? 'the first segment there ever was' : 'an older part is not kept any more'],
    ['end', end(verified)],
    ['last hash', lastHash],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return `The log is as it was written.\n${lines.map(([name, text]) => `  ${name.padEnd(width)}${text}\n`).join('')}`;
};

const run = async ({ folder, known, json }: VerifyRequest, terminal: Terminal): Promise<number> => {
  await segmentsOf(folder);
  const progress = new ProgressBar(terminal);
  const result = await verify(folder, {
    ...said({ known }),
    onProgress: progress.update,
  }).finally(() => progress.hide());
  const text = E.isRight(result)
    ? json
      ? `${JSON.stringify({ intact: true, ...result.right })}\n`
      : verifiedText(result.right)
    : json
      ? `${JSON.stringify({ intact: false, ...result.left })}\n`
      : `${describeFlaw(result.left)}\n`;
  await terminal.out.write(text);
  return E.isRight(result) ? EXIT_DONE : EXIT_FAILED;
};

export const auditVerifySpec: CommandSpec<typeof props, VerifyRequest> = {
  props,
  help: {
    dir: {
      value: 'DIR',
      short: 'd',
      text: 'The folder of the log, or the one it lies in ("dir" of the server). The default is the working folder.',
    },
    known: {
      value: 'HASH',
      text: 'A last hash that was noted before. Some record has to have it: else what it vouched for was removed or written anew.',
    },
    json: {
      text: 'One JSON object: {"intact": true, ...} with what was verified, or {"intact": false, ...} with the flaw.',
    },
  },
  manual: {
    name: 'audit verify',
    summary: 'find out whether a log is as it was written',
    synopsis: ['[--dir DIR] [--known HASH] [--json]'],
    description: [
      'Reads a whole log and checks the chain of hashes in it: each record holds the SHA-256 of the one before, and a segment that is closed ends with a seal that the next one names. The first record that was changed, removed, added or moved is named, with file, place, offset and time.',
      'A record is what one client did in one turn of the server, when "audit-trail" is on. Without it a segment is a single record, and only sealed segments can be checked.',
      'A chain cannot show by itself that its very end was cut off, or that somebody wrote everything anew from a place on. So the last hash is printed: note it elsewhere, and give it with --known the next time.',
      'The folder is only read; it may be that of a running server, or a copy. While a long log is read, stderr shows how far it is, if it is a terminal.',
    ],
    examples: [
      { text: 'Verify the log of a server:', command: `${PROGRAM} audit verify --dir /var/lib/ferrous` },
      {
        text: 'Every night, with the hash of the night before:',
        command: `${PROGRAM} audit verify -d /data --json \\\n    --known "$(cat /safe/hash)" > /tmp/verified &&\n  jq -r .lastHash /tmp/verified > /safe/hash`,
      },
    ],
    exitCodes: [
      [0, 'The log is as it was written.'],
      [1, 'It is not, or it cannot be read.'],
      [2, 'The options are wrong.'],
    ],
    files: [
      ['DIR/appendonlydir/*.incr.aof', 'The segments of the log.'],
      ['DIR/appendonlydir/appendonly.aof.history', 'Which segments there have to be, and their seals.'],
    ],
    seeAlso: ['ferrous audit who', 'ferrous events', 'docs/operations.md'],
  },
  read: ({ options: { dir = '.', known, json = false }, operands }) =>
    pipe(
      noOperands(operands),
      E.map(() => ({ folder: dir, json, ...said({ known }) })),
    ),
  run,
};

export const auditVerify = subCommand(auditVerifySpec);
