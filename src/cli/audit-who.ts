/**
 * `ferrous audit who`: the last changes of a key, with what it held before and after each.
 *
 * In:  a folder, a key. Out: the changes, newest first: a table with the values below each row, or lines of JSON.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as t from 'io-ts';
import { toLatin1 } from '../config/config.ts';
import { changeLine } from '../eventlog/change-json.ts';
import type { KeyValue } from '../eventlog/key-value.ts';
import { isoTime } from '../eventlog/moment.ts';
import { type Change, who } from '../eventlog/who.ts';
import { quoteIfNeeded } from '../quoting.ts';
import { type CommandSpec, subCommand } from './command.ts';
import { EventTable, showArguments } from './event-table.ts';
import { type Format, formatOf, wantsJson } from './events.ts';
import { segmentsOf } from './log-source.ts';
import { PROGRAM } from './manual.ts';
import { count, Path } from './options.ts';
import { ProgressBar } from './progress.ts';
import { EXIT_DONE, type Terminal } from './terminal.ts';

export interface WhoRequest {
  readonly folder: string;
  /** Latin1, one character per byte. */
  readonly key: string;
  readonly db: number;
  readonly countMax: number;
  readonly values: boolean;
  readonly save: boolean;
  readonly format: Format;
}

const COUNT = 10;

const props = {
  dir: Path,
  db: count(0, 'the number of a database'),
  count: count(1, 'a number of changes'),
  brief: t.boolean,
  'no-index': t.boolean,
  json: t.boolean,
  table: t.boolean,
};

// ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────────────

const US_PER_MS = 1000;
const VALUE_CHARACTERS_MAX = 4096;
const VALUE_INDENT = '    ';

/** `string "hello"`, `hash of 2: name Ann age 40, expires 2026-03-01T10:42:00.000000Z`, `no key` */
export const showValue = (value: KeyValue | undefined, charactersMax = VALUE_CHARACTERS_MAX): string => {
  if (value === undefined) return 'not known';
  const { type, length, expireAtMs, value: words, isCut } = value;
  if (type === 'none') return 'no key';
  const head = type === 'string' ? 'string ' : `${type} of ${length}: `;
  const size = type === 'string' && isCut ? ` (${length} bytes)` : '';
  const tail = `${size}${expireAtMs === undefined ? '' : `, expires ${isoTime(expireAtMs * US_PER_MS)}`}`;
  const room = Math.max(20, charactersMax - head.length - tail.length);
  const dots = isCut ? ' ...' : '';
  const shown = showArguments(words, room - dots.length);
  // A value that was cut already says so, even where there is room for all that is left of it.
  return head + shown + (shown.endsWith('..."') || shown.endsWith('...') ? '' : dots) + tail;
};

const showChange = ({ before, after }: Change, columns: number | undefined): string => {
  const room = columns === undefined ? undefined : columns - VALUE_INDENT.length - 'before  '.length;
  return `${VALUE_INDENT}before  ${showValue(before, room)}\n${VALUE_INDENT}after   ${showValue(after, room)}\n`;
};

/** A table with two lines below each row. */
export const changesTable = (changes: readonly Change[], values: boolean, columns: number | undefined): string => {
  const table = new EventTable(columns);
  // All widths are known before the first line is written.
  const rows = table.rows(changes.map(({ event }) => event)).split('\n');
  const blocks = changes.map((change, at) => `${rows[at]}\n${values ? showChange(change, columns) : ''}`);
  return table.header() + blocks.join('');
};

const run = async (request: WhoRequest, terminal: Terminal): Promise<number> => {
  const { folder, key, db, countMax, values, save, format } = request;
  const { out, err } = terminal;
  await segmentsOf(folder);
  const progress = new ProgressBar(terminal);
  const changes = await who(folder, key, {
    db,
    count: countMax,
    values,
    save,
    onProgress: progress.update,
  }).finally(() => progress.hide());
  if (changes.length === 0) {
    await err.write(`ferrous audit who: no change of ${quoteIfNeeded(key)} in database ${db} is in the log\n`);
    return EXIT_DONE;
  }
  await out.write(
    wantsJson(format, terminal)
      ? changes.map((change) => `${changeLine(change)}\n`).join('')
      : changesTable(changes, values, out.columns),
  );
  return EXIT_DONE;
};

// ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const auditWhoSpec: CommandSpec<typeof props, WhoRequest> = {
  props,
  help: {
    dir: {
      value: 'DIR',
      short: 'd',
      text: 'The folder of the log, or the one it lies in ("dir" of the server). The default is the working folder.',
    },
    db: { value: 'N', text: 'The database of the key. The default is 0.' },
    count: { value: 'N', short: 'n', text: `How many changes, the last ones. The default is ${COUNT}.` },
    brief: { text: 'Leave out what the key held before and after. That is faster for keys that change very often.' },
    'no-index': { text: 'Write no index files. They are not written anyway where the folder cannot be written to.' },
    json: { text: 'One JSON object a line, also on a terminal.' },
    table: { text: 'A table, also where the output is no terminal.' },
  },
  manual: {
    name: 'audit who',
    summary: 'show who changed a key last, and what it held before and after',
    synopsis: ['[--dir DIR] [--db N] [--count N] [--brief] [--no-index] [--json | --table] KEY'],
    description: [
      'Prints the last changes of a key, the newest first: when, by which client and user, with which command; and below each, the value before and after it. A change is an event that names the key, or a FLUSHDB, FLUSHALL or SWAPDB that concerned it.',
      'The values are found by applying the events of the log to nothing but this key and those whose values went into it (RENAME, COPY, SUNIONSTORE ...), back to where it was made anew or to a snapshot. "not known" stands where the log does not reach back far enough, "no key" where there was none. Of long values the beginning is shown.',
      'Times to the microsecond, clients and users are in the log with "audit-trail yes".',
      "Beside each segment an index of its keys is kept (*.index), so that the second question takes a fraction of the first one's time. An index can be removed at any time. The log itself is only read; it may be that of a running server, or a copy.",
      'As JSON a change is its event, as "ferrous events" has it, with the fields before and after: type, length, value (the words of the value: of a hash field and value in turns, of a sorted set member and score), isCut, and expireAtMs if it expires.',
    ],
    examples: [
      { text: 'Who changed this key?', command: `${PROGRAM} audit who -d /var/lib/ferrous user:1000` },
      {
        text: 'The last hundred writers of a counter, without its values:',
        command: `${PROGRAM} audit who -d /data --brief -n 100 counter --json | jq .client.name`,
      },
      { text: 'A key whose name begins with a dash:', command: `${PROGRAM} audit who -d /data -- -strange-` },
    ],
    exitCodes: [
      [0, 'The changes were printed, or there are none in the log.'],
      [1, 'The log cannot be read: it is missing or damaged. The reason is on stderr.'],
      [2, 'The options are wrong.'],
    ],
    files: [
      ['DIR/appendonlydir/*.incr.aof', 'The segments of the log.'],
      [
        'DIR/appendonlydir/*.incr.aof.index',
        'Which part of a segment may speak of which keys. Made anew when missing.',
      ],
    ],
    seeAlso: ['ferrous events', 'ferrous audit verify', 'ferrous restore', 'docs/operations.md'],
  },
  read: ({ options, operands }) =>
    pipe(
      formatOf(options),
      E.chain((format): E.Either<string, WhoRequest> => {
        const { dir = '.', db = 0, count: countMax = COUNT, brief = false, 'no-index': noIndex = false } = options;
        const [key, ...more] = operands;
        if (key === undefined) return E.left('expected a KEY');
        if (more.length > 0)
          return E.left(`expected one KEY, got ${operands.map((word) => JSON.stringify(word)).join(' ')}`);
        return E.right({ folder: dir, key: toLatin1(key), db, countMax, values: !brief, save: !noIndex, format });
      }),
    ),
  run,
};

export const auditWho = subCommand(auditWhoSpec);
